//! `haproxy.cfg` as HAProxy 2.6 reads it, and as [`haproxy_cfg`](crate::config::haproxy_cfg) reads it back to the same model. The
//! backends are in `servers.rs`.

use super::text::{Text, clean, name, time, token};
use super::{Kind, PEERS_PORT, servers, shares_tables};
use crate::config::tls_figures;
use crate::infra::{Haproxy, Host, Infrastructure, Retries, RetryOn, Tls};

pub(super) const KIND: Kind = Kind {
    file: "haproxy.cfg",
    to: "/etc/haproxy/haproxy.cfg",
    check: "haproxy -c -f /etc/haproxy/haproxy.cfg",
    load: "systemctl reload haproxy",
};

/// The configuration of one balancer.
pub(super) fn write(infrastructure: &Infrastructure, host: &Host, haproxy: &Haproxy) -> String {
    let title = format!("HAProxy on {} ({}): {}", host.name, host.title, infrastructure.title);
    let mut text = Text::new(&[
        &title,
        "Users come in at the frontend; a rule there chooses a backend, and the backend chooses one of its servers.",
    ]);
    global(&mut text, host, haproxy);
    defaults(&mut text, haproxy);
    peers(&mut text, infrastructure, haproxy);
    frontend(&mut text, infrastructure, haproxy);
    for backend in &haproxy.backends {
        servers::backend(&mut text, infrastructure, haproxy, backend);
    }
    text.part("frontend stats");
    text.note(1, "The page that shows every server's state and counters. It listens on this machine's own address, never on a");
    text.note(
        1,
        if infrastructure.has_firewall() {
            "virtual one, and the firewall says who may look."
        } else {
            "virtual one; no firewall keeps anybody from looking who gets that far."
        },
    );
    text.line(1, &format!("bind {}:{}", host.address, haproxy.stats_port));
    text.line(1, "stats enable");
    text.line(1, "stats uri /");
    text.line(1, "stats refresh 5s");
    text.finish()
}

fn global(text: &mut Text, host: &Host, haproxy: &Haproxy) {
    text.part("global");
    let work = haproxy.processing_time;
    text.note(
        1,
        &format!("The lab reckons with {work:#} of work for a request; no directive sets it."),
    );
    text.note(1, "One line per request, to the machine's own log.");
    text.line(1, "log /dev/log local0");
    text.note(1, "Ports below 1024 are opened as root; after that the process needs no more rights than this user's.");
    text.line(1, "user haproxy");
    text.line(1, "group haproxy");
    text.note(1, "Where an operator drains a server by hand, such as: echo \"disable server BACKEND/SERVER\" | socat stdio SOCKET");
    text.line(1, "stats socket /run/haproxy/admin.sock mode 660 level admin");
    if shares_tables(haproxy) {
        text.note(1, "Which of the peers below this machine is.");
        text.line(1, &format!("localpeer {}", token(&host.name)));
    }
    if resumes_nothing(haproxy) {
        text.note(1, "Nobody resumes an earlier TLS session: none is kept here, and none is given out as a ticket (see bind).");
        text.line(1, "tune.ssl.cachesize 0");
    }
}

/// Whether every handshake is a full one: the one share of resumed sessions that directives can make sure of.
fn resumes_nothing(haproxy: &Haproxy) -> bool {
    haproxy.tls.is_some_and(|tls| tls.resumed_percent == 0)
}

fn defaults(text: &mut Text, haproxy: &Haproxy) {
    let timeouts = &haproxy.timeouts;
    text.part("defaults");
    text.note(
        1,
        "HTTP is understood, not just passed on: paths, cookies and statuses can be looked at.",
    );
    text.line(1, "mode http");
    text.line(1, "log global");
    text.line(1, "option httplog");
    text.note(
        1,
        "Servers see the balancer as their client; this header tells them who it really was.",
    );
    text.line(1, "option forwardfor");
    text.blank();
    text.note(1, "How long to wait for whom, before a request is given up: an answer late is an answer lost.");
    text.line(1, &format!("timeout connect {}", time(timeouts.connect)));
    text.line(1, &format!("timeout server {}", time(timeouts.server)));
    let optional = [
        ("client", timeouts.client),
        ("queue", timeouts.queue),
        ("http-request", timeouts.http_request),
        ("check", timeouts.check),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            text.line(1, &format!("timeout {name} {}", time(value)));
        }
    }
    text.blank();
    retries(text, &haproxy.retries);
}

fn retries(text: &mut Text, retries: &Retries) {
    text.note(1, "An attempt that fails in one of these ways is repeated so often.");
    text.line(1, &format!("retries {}", retries.retries));
    let words: Vec<String> = retries.retry_on.iter().map(|on| failure(*on)).collect();
    let words = if words.is_empty() { "none".to_owned() } else { words.join(" ") };
    text.line(1, &format!("retry-on {words}"));
    match retries.redispatch {
        None | Some(0) => {
            text.note(1, "Every attempt goes to the same server: there is no `option redispatch` to send one elsewhere.");
        }
        Some(-1) => {
            text.note(1, "The last attempt may go to another server, even against a cookie.");
            text.line(1, "option redispatch");
        }
        Some(interval) => {
            text.note(1, "Some attempts may go to another server: n is every n-th, -n the n-th before the last.");
            text.line(1, &format!("option redispatch {interval}"));
        }
    }
}

fn failure(on: RetryOn) -> String {
    match on {
        RetryOn::ConnFailure => "conn-failure".to_owned(),
        RetryOn::EmptyResponse => "empty-response".to_owned(),
        RetryOn::JunkResponse => "junk-response".to_owned(),
        RetryOn::ResponseTimeout => "response-timeout".to_owned(),
        RetryOn::Status(status) => status.to_string(),
    }
}

fn peers(text: &mut Text, infrastructure: &Infrastructure, haproxy: &Haproxy) {
    if !shares_tables(haproxy) {
        return;
    }
    text.part("peers balancers");
    text.note(1, "What a balancer remembers of its clients it tells the others, so that a takeover forgets nobody.");
    for other in infrastructure.balancers() {
        text.line(1, &format!("peer {} {}:{PEERS_PORT}", token(&other.name), other.address));
    }
}

fn frontend(text: &mut Text, infrastructure: &Infrastructure, haproxy: &Haproxy) {
    text.part("frontend www");
    let domain = clean(&infrastructure.domain);
    let ends_tls = haproxy.tls_round_trips > 0 || haproxy.tls.is_some();
    text.note(1, "No address before the port: it answers on every address that the machine has, those that it takes over included.");
    if ends_tls {
        text.note(1, &format!("TLS ends here. The file holds the certificate of {domain}, its chain and its private key."));
        if haproxy.tls.is_some_and(|tls: Tls| !tls.certificate) {
            text.note(1, "In the plan this balancer's certificate is not this site's, or has expired, and users turn away: put the right one there. (Without any, HAProxy would not start.)");
        }
        bind_with_tls(text, haproxy, &certificate(infrastructure));
        text.note(1, "What follows is HTTP; this tells the servers that the user spoke HTTPS.");
        text.line(1, "http-request set-header X-Forwarded-Proto https");
    } else {
        text.note(
            1,
            &format!("Plain HTTP: whoever is on the way can read what users of {domain} send."),
        );
        text.line(1, &format!("bind :{}", haproxy.port));
    }
    if haproxy.maxconn > 0 {
        text.note(1, "So many connections at once; the next ones wait in the kernel, where nobody sees them.");
        text.line(1, &format!("maxconn {}", haproxy.maxconn));
    }
    text.blank();
    if !haproxy.path_rules.is_empty() {
        text.note(
            1,
            "The path says which servers a request is for; the first rule that fits decides.",
        );
    }
    for rule in &haproxy.path_rules {
        let (backend, path) = (name(&rule.backend), servers::word(&rule.path_beg));
        text.line(1, &format!("use_backend {backend} if {{ path_beg {path} }}"));
    }
    let what = if haproxy.path_rules.is_empty() { "Everything" } else { "Everything else" };
    text.note(1, &format!("{what} goes there."));
    text.line(1, &format!("default_backend {}", name(&haproxy.default_backend)));
}

/// The line where TLS ends, and what no directive says of it.
fn bind_with_tls(text: &mut Text, haproxy: &Haproxy, certificate: &str) {
    let mut bind = format!("bind :{} ssl crt {certificate}", haproxy.port);
    if haproxy.tls_round_trips > 1 {
        text.note(
            1,
            "Not newer than TLS 1.2: its handshake takes a round trip more than that of TLS 1.3.",
        );
        bind.push_str(" ssl-max-ver TLSv1.2");
    }
    if resumes_nothing(haproxy) {
        bind.push_str(" no-tls-tickets");
    }
    if haproxy.tls.is_some_and(|tls: Tls| tls.tls_ticket_keys) {
        text.note(1, "The same three keys or more on each balancer, a line each (openssl rand -base64 48): it resumes the sessions of the others.");
        bind.push_str(" tls-ticket-keys /etc/haproxy/ticket.keys");
    }
    if let Some(tls) = haproxy.tls {
        text.note(1, "What the lab reckons with, and no directive sets: HAProxy passes over this comment, the lab reads it back.");
        text.note(1, &tls_figures::write(tls));
    }
    text.line(1, &bind);
}

/// Where a balancer has the site's certificate.
pub(super) fn certificate(infrastructure: &Infrastructure) -> String {
    format!("/etc/haproxy/certs/{}.pem", token(&infrastructure.domain))
}
