//! One line of a `defaults`, `frontend`, `backend` or `listen` section.

use super::keywords::{OPTION, PROXY, STATS, TIMEOUT};
use super::proxy::{At, Kind, Proxy, TIMEOUTS};
use super::table::Treatment;
use super::values::{MOST, time, whole};
use super::words::{Args, Line, Refusal, refuse};
use super::{balancing, checks, rules, servers};

/// What only a section with servers heeds. Elsewhere HAProxy warns and goes on.
const BACK: [&str; 27] = [
    "balance",
    "hash-type",
    "hash-balance-factor",
    "fullconn",
    "cookie",
    "stick",
    "server",
    "server-template",
    "default-server",
    "retries",
    "retry-on",
    "http-check",
    "timeout connect",
    "timeout server",
    "timeout queue",
    "timeout check",
    "option redispatch",
    "option httpchk",
    "option allbackups",
    "option persist",
    "option abortonclose",
    "option log-health-checks",
    "http-reuse",
    "use-server",
    "dispatch",
    "option prefer-last-server",
    "tcp-check",
];
/// What only a section with clients heeds.
const FRONT: [&str; 7] = [
    "bind",
    "maxconn",
    "use_backend",
    "default_backend",
    "timeout client",
    "timeout http-request",
    "monitor-uri",
];
/// What HAProxy refuses in a `defaults` section.
const NOT_IN_DEFAULTS: [&str; 8] = [
    "bind",
    "server",
    "server-template",
    "use_backend",
    "stick-table",
    "stick",
    "use-server",
    "dispatch",
];
/// Options that cannot be taken back with `no` (HAProxy says so).
const FINAL: [&str; 16] = [
    "httpchk",
    "httplog",
    "httpslog",
    "tcplog",
    "forwardfor",
    "originalto",
    "tcpka",
    "tcp-check",
    "ssl-hello-chk",
    "mysql-check",
    "pgsql-check",
    "redis-check",
    "smtpchk",
    "ldap-check",
    "spop-check",
    "external-check",
];
/// What HAProxy refuses in a frontend.
const NOT_IN_FRONTEND: [&str; 3] = ["server", "server-template", "default-server"];

/// Takes in one line.
pub(super) fn apply(proxy: &mut Proxy, line: &Line) -> Result<(), Refusal> {
    let mut args = line.args();
    let text = args.text();
    let keyword = args.next().unwrap_or("");
    let is_off = matches!(keyword, "no" | "default");
    let keyword = if is_off { args.value("option and its name")? } else { keyword };
    let place = format!("a keyword of a `{}` section", proxy.kind.name());
    let Some((treatment, _)) = PROXY.find(keyword) else {
        return refuse(keyword, PROXY.instead_of(keyword, &place));
    };
    if is_off && !["option", "log"].contains(&keyword) {
        return refuse(&text, "no before option and log alone");
    }
    if line.variable && treatment == Treatment::Modelled {
        return refuse(&text, "the value itself: environment variables are not read");
    }
    let full = format!("{keyword} {}", args.peek().unwrap_or(""));
    let is_among = |list: &[&str]| list.contains(&keyword) || list.contains(&full.as_str());
    if proxy.kind == Kind::Defaults && is_among(&NOT_IN_DEFAULTS) {
        return refuse(keyword, "this keyword in a frontend, backend or listen section");
    }
    if proxy.kind == Kind::Frontend && is_among(&NOT_IN_FRONTEND) {
        return refuse(keyword, "this keyword in a backend or listen section");
    }
    if (!proxy.kind.is_back() && is_among(&BACK)) || (!proxy.kind.is_front() && is_among(&FRONT)) {
        proxy.notes.without_effect(line.number, &format!("{text} (in a {})", proxy.kind.name()));
        return Ok(());
    }
    match treatment {
        Treatment::WithoutEffect => proxy.notes.without_effect(line.number, &text),
        Treatment::NotModelled(reason) => proxy.notes.not_modelled(line.number, &text, reason),
        Treatment::Modelled if keyword == "option" => option(proxy, &mut args, !is_off)?,
        Treatment::Modelled => modelled(proxy, keyword, &mut args)?,
    }
    Ok(())
}

fn modelled(proxy: &mut Proxy, keyword: &str, args: &mut Args<'_>) -> Result<(), Refusal> {
    let (line, text) = (args.line, args.text());
    match keyword {
        "mode" => match args.value("http")? {
            "http" => proxy.settings.http = true,
            "tcp" => proxy.settings.http = false,
            mode => return refuse(&format!("mode {mode}"), "mode http"),
        },
        "maxconn" => {
            let value = whole(args, keyword, 0, MOST)?;
            proxy.settings.maxconn = Some(At { line, text, value });
        }
        "default_backend" => {
            let value = args.value("a backend's name")?.to_owned();
            proxy.settings.default_backend = Some(At { line, text, value });
        }
        "hash-balance-factor" => match whole(args, keyword, 0, MOST)? {
            factor @ 1..=100 => {
                return refuse(&format!("{keyword} {factor}"), "0, or more than 100");
            }
            factor => proxy.settings.hash_balance_factor = factor,
        },
        "fullconn" => {
            let number = whole(args, keyword, 0, MOST)?;
            proxy.settings.fullconn = Some(number).filter(|number| *number > 0);
        }
        "retries" => {
            let value = whole(args, keyword, 0, MOST)?;
            proxy.settings.retries = Some(At { line, text, value });
        }
        "disabled" => proxy.settings.disabled = true,
        "enabled" => proxy.settings.disabled = false,
        "bind" => return servers::bind(proxy, args),
        "use_backend" => return rules::use_backend(proxy, args),
        "acl" if proxy.kind == Kind::Defaults => {
            proxy.notes.not_modelled(
                line,
                &text,
                "conditions are read in the section that uses them",
            );
            return Ok(());
        }
        "acl" => return rules::acl(proxy, args),
        "http-request" | "http-response" | "http-after-response" => {
            return rules::http_rule(proxy, args);
        }
        "balance" => return balancing::balance(proxy, args),
        "hash-type" => return balancing::hash_type(&mut proxy.settings, args),
        "cookie" => return balancing::cookie(proxy, args),
        "stick-table" => return balancing::stick_table(proxy, args),
        "stick" => return balancing::stick(proxy, args),
        "retry-on" => return balancing::retry_on(proxy, args),
        "server" => return servers::server(proxy, args),
        "server-template" => return servers::server_template(proxy, args),
        "default-server" => return servers::default_server(proxy, args),
        "timeout" => return timeout(proxy, args),
        "http-check" => return checks::http_check(proxy, args),
        "stats" => return stats(proxy, args),
        _ => return refuse(keyword, PROXY.allowed("a keyword")),
    }
    args.end()
}

/// `timeout <name> <time>`
fn timeout(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    let (line, text) = (args.line, args.text());
    let name = args.value("connect, server, client, queue, http-request or check")?;
    let Some((treatment, _)) = TIMEOUT.find(name) else {
        return refuse(&format!("timeout {name}"), TIMEOUT.instead_of(name, "a timeout"));
    };
    let value = time(args, name)?;
    args.end()?;
    match (treatment, TIMEOUTS.iter().position(|known| *known == name)) {
        (Treatment::NotModelled(reason), _) => proxy.notes.not_modelled(line, &text, reason),
        (_, Some(index)) => proxy.settings.timeouts[index] = Some(At { line, text, value }),
        (_, None) => proxy.notes.without_effect(line, &text),
    }
    Ok(())
}

/// `[no] option <name> ...`
fn option(proxy: &mut Proxy, args: &mut Args<'_>, on: bool) -> Result<(), Refusal> {
    let (line, text) = (args.line, args.text());
    let name = args.value("an option's name")?;
    let Some((treatment, _)) = OPTION.find(name) else {
        return refuse(&format!("option {name}"), OPTION.instead_of(name, "an option"));
    };
    if !on && FINAL.contains(&name) {
        return refuse(&text, "options that can be taken back with `no`");
    }
    if let Treatment::NotModelled(reason) = treatment {
        if name.ends_with("-check") || name.ends_with("chk") {
            proxy.settings.httpchk = None;
        }
        if on {
            proxy.notes.not_modelled(line, &text, reason);
            return Ok(());
        }
    }
    match name {
        "redispatch" => {
            let interval = match args.next().filter(|_| on) {
                None => -1,
                Some(word) => match word.parse() {
                    Ok(interval) => interval,
                    Err(_) => {
                        return refuse(&text, "a whole number after redispatch, such as 1 or -1");
                    }
                },
            };
            let value = Some(interval).filter(|interval| on && *interval != 0);
            proxy.settings.redispatch = Some(At { line, text, value });
        }
        "allbackups" => proxy.settings.allbackups = on,
        "persist" => proxy.settings.persist = on,
        "abortonclose" => proxy.settings.abortonclose = on,
        "httpchk" => checks::httpchk(proxy, args),
        _ => {
            proxy.notes.without_effect(line, &text);
            return Ok(());
        }
    }
    args.end()
}

/// `stats ...`: that there is a page.
fn stats(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    let (line, text) = (args.line, args.text());
    let word = args.value("enable")?;
    match STATS.find(word) {
        None => refuse(&format!("stats {word}"), STATS.instead_of(word, "a parameter of stats")),
        Some((Treatment::Modelled, _)) => {
            proxy.settings.stats = true;
            if word == "uri" {
                proxy.notes.without_effect(line, &text);
            }
            Ok(())
        }
        Some(_) => {
            proxy.notes.without_effect(line, &text);
            Ok(())
        }
    }
}
