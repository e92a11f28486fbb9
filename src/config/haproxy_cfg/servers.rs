//! `server`, `server-template`, `default-server` and `bind` (HAProxy 2.6 manual 4.2, 5.1 and 5.2).

use super::keywords::{BIND, SERVER};
use super::proxy::{Bind, Proxy};
use super::table::Treatment;
use super::values::{Address, MOST, address, name, one_of, time, time_above_zero, whole};
use super::words::{Args, Refusal, refuse};
use super::{MOST_SERVERS, ServerAddress};
use crate::infra::{Observe, OnError, Server};

const WHERE: &str = "an address and a port, such as 10.0.30.11:8000 or app-1:8000";
const OBSERVE: [(&str, Observe); 2] = [("layer4", Observe::Layer4), ("layer7", Observe::Layer7)];
const ON_ERROR: [(&str, OnError); 4] = [
    ("fastinter", OnError::Fastinter),
    ("fail-check", OnError::FailCheck),
    ("sudden-death", OnError::SuddenDeath),
    ("mark-down", OnError::MarkDown),
];

/// `default-server <parameters>`
pub(super) fn default_server(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    let mut server = proxy.settings.default_server.clone();
    let mut ssl = proxy.settings.default_ssl;
    parameters(proxy, &mut server, &mut ssl, args)?;
    proxy.settings.default_server = server;
    proxy.settings.default_ssl = ssl;
    Ok(())
}

/// `server <name> <address>:<port> <parameters>`
pub(super) fn server(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    let name = name(args, "server")?;
    add(proxy, &[name], args)
}

/// `server-template <prefix> <number or range> <name>:<port> <parameters>`
pub(super) fn server_template(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    let prefix = name(args, "server")?;
    let allowed = "a number of servers such as 3, or a range such as 1-3";
    let range = args.value(allowed)?;
    let (first, last) = range.split_once('-').unwrap_or(("1", range));
    let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) else {
        return refuse(range, allowed);
    };
    if first > last || last - first >= MOST_SERVERS {
        return refuse(range, allowed);
    }
    let reason =
        "each server of a template is a machine of its own: DNS between them is not modelled";
    proxy.notes.not_modelled(args.line, &args.text(), reason);
    let names: Vec<String> = (first..=last).map(|number| format!("{prefix}{number}")).collect();
    add(proxy, &names, args)
}

fn add(proxy: &mut Proxy, names: &[String], args: &mut Args<'_>) -> Result<(), Refusal> {
    let found = args.value(WHERE)?;
    let (line, text) = (args.line, args.text());
    if proxy.servers.len() + names.len() > MOST_SERVERS {
        return refuse(&text, format!("at most {MOST_SERVERS} servers"));
    }
    let (host, port) = match address(found) {
        Some(Address::Inet { host, port: Some(port), range: false }) if !host.is_empty() => {
            (host, port)
        }
        Some(Address::Local) => {
            proxy.notes.not_modelled(line, &text, "servers are reached over the network");
            return Ok(());
        }
        _ => return refuse(found, WHERE),
    };
    let mut template = proxy.settings.default_server.clone();
    let mut ssl = proxy.settings.default_ssl;
    parameters(proxy, &mut template, &mut ssl, args)?;
    // Of the two alone, or of a greater minconn, HAProxy makes a fixed limit.
    if template.minconn > template.maxconn {
        template.maxconn = template.minconn;
        template.minconn = 0;
    }
    for name in names {
        if proxy.servers.iter().any(|server| &server.name == name) {
            return refuse(name, "a name that no other server of the backend has");
        }
        let server = Server { name: name.clone(), host: host.clone(), port, ..template.clone() };
        proxy.servers.push(server);
        proxy.ssl.push(ssl);
        proxy.addresses.push(ServerAddress {
            backend: proxy.name.clone(),
            server: name.clone(),
            address: host.clone(),
            port,
            template: names.len() > 1,
        });
    }
    Ok(())
}

/// `ssl` is not the server's own in the model: the line that says it is kept beside.
fn parameters(
    proxy: &mut Proxy,
    server: &mut Server,
    ssl: &mut Option<usize>,
    args: &mut Args<'_>,
) -> Result<(), Refusal> {
    let place = "a parameter of `server`";
    while let Some(word) = args.next() {
        let Some((treatment, valued)) = SERVER.find(word) else {
            // `no-` undoes what is not modelled either, but only what there is.
            return refuse(word, SERVER.instead_of(word, place));
        };
        let value = match (treatment, valued) {
            (Treatment::Modelled, _) if word == "ssl" => {
                *ssl = Some(args.line);
                continue;
            }
            (Treatment::Modelled, _) if word == "no-ssl" => {
                *ssl = None;
                continue;
            }
            (Treatment::Modelled, _) => {
                parameter(server, word, args)?;
                continue;
            }
            (_, true) => args.value("a value")?,
            (_, false) => "",
        };
        if let Some(undone) = word.strip_prefix("no-")
            && SERVER.find(undone).is_none()
        {
            return refuse(word, SERVER.instead_of(word, place));
        }
        let directive = format!("{word} {value}");
        match treatment {
            Treatment::NotModelled(reason) => {
                proxy.notes.not_modelled(args.line, directive.trim_end(), reason);
            }
            _ => proxy.notes.without_effect(args.line, directive.trim_end()),
        }
    }
    Ok(())
}

fn parameter(server: &mut Server, word: &str, args: &mut Args<'_>) -> Result<(), Refusal> {
    match word {
        "weight" => server.weight = whole(args, word, 0, 256)?,
        "backup" => server.backup = true,
        "no-backup" => server.backup = false,
        "disabled" => server.disabled = true,
        "enabled" => server.disabled = false,
        "cookie" => {
            let allowed = "the server's value in the cookie, at most 200 bytes";
            match args.value(allowed)? {
                value if value.len() <= 200 => server.cookie = Some(value.to_owned()),
                value => return refuse(value, allowed),
            }
        }
        "maxconn" => server.maxconn = whole(args, word, 0, MOST)?,
        "minconn" => server.minconn = whole(args, word, 0, MOST)?,
        "maxqueue" => server.maxqueue = whole(args, word, 0, MOST)?,
        "slowstart" => server.slowstart = Some(time(args, word)?).filter(|time| time.as_ns() > 0),
        "check" => server.check = true,
        "no-check" => server.check = false,
        "inter" => server.inter = time_above_zero(args, word)?,
        "fastinter" => server.fastinter = Some(time_above_zero(args, word)?),
        "downinter" => server.downinter = Some(time_above_zero(args, word)?),
        "rise" => server.rise = whole(args, word, 1, MOST)?,
        "fall" => server.fall = whole(args, word, 1, MOST)?,
        "observe" => server.observe = Some(one_of(args, word, &OBSERVE)?),
        "error-limit" => server.error_limit = whole(args, word, 1, MOST)?,
        "on-error" => server.on_error = one_of(args, word, &ON_ERROR)?,
        "on-marked-down" => {
            server.shutdown_sessions = one_of(args, word, &[("shutdown-sessions", true)])?;
        }
        "on-marked-up" => {
            server.shutdown_backup_sessions =
                one_of(args, word, &[("shutdown-backup-sessions", true)])?;
        }
        _ => return refuse(word, SERVER.instead_of(word, "a parameter of `server`")),
    }
    Ok(())
}

/// `bind <address>[,...] <parameters>`
pub(super) fn bind(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    const ALLOWED: &str = "an address and a port, such as :443 or 203.0.113.10:443";
    let line = args.line;
    let addresses = args.value(ALLOWED)?;
    let (mut ssl, mut oldest) = (false, false);
    let (mut gives_no_tickets, mut tls_ticket_keys) = (false, false);
    while let Some(word) = args.next() {
        let Some((treatment, valued)) = BIND.find(word) else {
            return refuse(word, BIND.instead_of(word, "a parameter of `bind`"));
        };
        let value = if valued { args.value("a value")? } else { "" };
        let directive = format!("{word} {value}");
        gives_no_tickets |= word == "no-tls-tickets";
        match (treatment, word) {
            (Treatment::Modelled, "ssl") => ssl = true,
            (Treatment::Modelled, "ssl-max-ver") => oldest |= value != "TLSv1.3",
            (Treatment::Modelled, "tls-ticket-keys") => tls_ticket_keys = true,
            (Treatment::Modelled, _) => oldest = true,
            (_, "verify") if value == "none" => {
                proxy.notes.without_effect(line, directive.trim_end());
            }
            (Treatment::WithoutEffect, _) => proxy.notes.without_effect(line, directive.trim_end()),
            (Treatment::NotModelled(reason), _) => {
                proxy.notes.not_modelled(line, directive.trim_end(), reason);
            }
        }
    }
    for found in addresses.split(',') {
        match address(found) {
            Some(Address::Inet { port: Some(port), range, .. }) => {
                if range {
                    proxy.notes.not_modelled(line, found, "clients use the first port alone");
                }
                let tls_round_trips = u32::from(ssl) + u32::from(ssl && oldest);
                let text = format!("bind {found}");
                proxy.binds.push(Bind {
                    line,
                    text,
                    port,
                    tls_round_trips,
                    gives_no_tickets,
                    tls_ticket_keys,
                });
            }
            Some(Address::Local) => {
                proxy.notes.not_modelled(line, found, "clients come over the network");
            }
            _ => return refuse(found, ALLOWED),
        }
    }
    Ok(())
}
