//! The backends of `haproxy.cfg`: which server gets a request, when one is DOWN, who comes back to the same.

use super::text::{Text, name, time, token};
use super::{address, shares_tables};
use crate::infra::{
    Backend, Balance, CookieMode, Haproxy, HashFunction, HashType, Infrastructure, Observe,
    OnError, Server,
};
use crate::kernel::SimDuration;

/// One backend with its servers.
pub(super) fn backend(
    text: &mut Text,
    infrastructure: &Infrastructure,
    haproxy: &Haproxy,
    backend: &Backend,
) {
    text.part(&format!("backend {}", name(&backend.name)));
    balance(text, backend);
    checks(text, backend);
    persistence(text, haproxy, backend);
    queue(text, backend);
    servers(text, infrastructure, haproxy, backend);
}

fn balance(text: &mut Text, backend: &Backend) {
    text.note(1, why(&backend.balance));
    let algorithm = match &backend.balance {
        Balance::UrlParam { name: parameter } => format!("url_param {}", word(parameter)),
        Balance::Hdr { name: header } => format!("hdr({})", token(header)),
        other => other.to_string(),
    };
    text.line(1, &format!("balance {algorithm}"));
    let mut hash_type = backend.hash_type;
    if hash_type != HashType::default() {
        // HAProxy takes the modifier after a function alone.
        if hash_type.avalanche && hash_type.function.is_none() {
            hash_type.function = Some(HashFunction::Sdbm);
        }
        text.note(1, "How a hash finds its server: on a ring (consistent) a death moves the dead server's clients only.");
        text.line(1, &format!("hash-type {hash_type}"));
    }
    if backend.hash_balance_factor > 0 {
        text.note(1, "A server so many percent over its share hands on what its hash brings.");
        text.line(1, &format!("hash-balance-factor {}", backend.hash_balance_factor));
    }
}

const fn why(balance: &Balance) -> &'static str {
    match balance {
        Balance::Roundrobin => "In turn, by weight: fairest where all requests take about as long.",
        Balance::StaticRr => "In turn, by weights that stay as they are while it runs.",
        Balance::Leastconn => {
            "The server with the fewest connections for its weight: for work of very different length."
        }
        Balance::First => {
            "The first server that is not full, so that the others can be switched off when it is quiet."
        }
        Balance::Random { .. } => {
            "The less loaded of a few servers drawn by chance: good where several balancers share the servers."
        }
        Balance::Source => {
            "By the client's address: the same client meets the same server, for as long as all of them live."
        }
        Balance::Uri(_) => "By the path: each server's cache holds its own part of the site.",
        Balance::UrlParam { .. } => {
            "By a parameter of the query: requests that share it meet one server."
        }
        Balance::Hdr { .. } => "By a header: requests that share it meet one server.",
    }
}

fn checks(text: &mut Text, backend: &Backend) {
    if let Some(check) = &backend.httpchk {
        text.note(1, "A check asks for this path; any 2xx or 3xx is a good answer. An open port alone would prove little.");
        text.line(1, &format!("option httpchk GET {}", word(&check.path)));
    } else if backend.servers.iter().any(|server| server.check) {
        text.note(
            1,
            "A check only connects: a server that accepts and answers errors still counts as good.",
        );
    }
    if backend.disable_on_404 {
        text.note(1, "A check answered 404 is a wish, not a failure: no new clients, the old ones may finish.");
        text.line(1, "http-check disable-on-404");
    }
}

fn persistence(text: &mut Text, haproxy: &Haproxy, backend: &Backend) {
    if let Some(cookie) = &backend.cookie {
        text.note(1, "A cookie tells which server a client came from: for applications that keep sessions to themselves.");
        let mode = match cookie.mode {
            CookieMode::Insert => "insert",
            CookieMode::Prefix => "prefix",
            CookieMode::Rewrite => "rewrite",
        };
        let mut line = format!("cookie {} {mode}", word(&cookie.name));
        let flags = [
            (cookie.indirect, " indirect"),
            (cookie.nocache, " nocache"),
            (cookie.preserve, " preserve"),
        ];
        for (is_on, word) in flags {
            line.push_str(if is_on { word } else { "" });
        }
        text.line(1, &line);
    }
    if let Some(table) = backend.stick_table {
        text.note(1, "A table remembers which server each client's address had.");
        let expire = table.expire.map(|expire| format!(" expire {}", time(expire)));
        let peers = if shares_tables(haproxy) { " peers balancers" } else { "" };
        let expire = expire.unwrap_or_default();
        text.line(1, &format!("stick-table type ip size {}{expire}{peers}", table.size));
        text.line(1, "stick on src");
    }
    if backend.persist {
        text.note(1, "The server that a cookie names is tried even when it is DOWN.");
        text.line(1, "option persist");
    }
}

fn queue(text: &mut Text, backend: &Backend) {
    if backend.allbackups {
        text.note(1, "When all others are gone every backup server works, not the first alone.");
        text.line(1, "option allbackups");
    }
    if backend.abortonclose {
        text.note(1, "Whoever has left the queue is not served any more.");
        text.line(1, "option abortonclose");
    }
    if let Some(fullconn) = backend.fullconn.filter(|count| *count > 0) {
        text.note(1, "At so many sessions the servers' limits have grown from minconn to maxconn.");
        text.line(1, &format!("fullconn {fullconn}"));
    }
    if !backend.priority_classes.is_empty() {
        text.note(
            1,
            "Who carries one of these headers waits in another class; the lower one goes first.",
        );
    }
    for class in &backend.priority_classes {
        let (number, header) = (class.class, token(&class.header));
        let condition = format!("if {{ req.hdr({header}) -m found }}");
        text.line(1, &format!("http-request set-priority-class int({number}) {condition}"));
    }
}

fn servers(text: &mut Text, infrastructure: &Infrastructure, haproxy: &Haproxy, backend: &Backend) {
    let Some(first) = backend.servers.first() else { return };
    let common = manners(first);
    let is_common = backend.servers.iter().all(|server| manners(server) == common);
    text.blank();
    if backend.servers.iter().any(|server| server.check) {
        text.note(1, "Checked every `inter`: DOWN after `fall` failures in a row, UP again after `rise` successes in a row.");
    } else {
        text.note(
            1,
            "Nobody checks these servers: a dead one gets its share until somebody takes it out.",
        );
    }
    if is_common {
        text.line(1, &format!("default-server {}", common.join(" ")));
    }
    if haproxy.tls.is_some_and(|tls| tls.to_servers) {
        text.note(1, "Encrypted again on the way to the servers, whose certificates this authority has signed.");
        text.line(1, &format!("default-server ssl verify required ca-file {CA_FILE}"));
    }
    for server in &backend.servers {
        let place = format!("{}:{}", address(infrastructure, &server.host), server.port);
        let mut words = vec![format!("server {} {place}", name(&server.name))];
        words.extend(own(server));
        if !is_common {
            words.extend(manners(server));
        }
        text.line(1, &words.join(" "));
    }
}

/// The authority that signs the servers' certificates.
const CA_FILE: &str = "/etc/haproxy/certs/servers-ca.pem";

/// What a server line says of this server alone.
fn own(server: &Server) -> Vec<String> {
    let mut words = Vec::new();
    if server.check {
        words.push("check".to_owned());
    }
    if server.weight != 1 {
        words.push(format!("weight {}", server.weight));
    }
    if let Some(cookie) = &server.cookie {
        words.push(format!("cookie {}", word(cookie)));
    }
    for (is_on, word) in [(server.backup, "backup"), (server.disabled, "disabled")] {
        if is_on {
            words.push(word.to_owned());
        }
    }
    words
}

/// How a server is treated: mostly all servers of a backend alike.
fn manners(server: &Server) -> Vec<String> {
    let mut words = vec![format!("inter {}", time(server.inter))];
    let times = [
        ("fastinter", server.fastinter),
        ("downinter", server.downinter),
        ("slowstart", server.slowstart),
    ];
    for (name, value) in times {
        if let Some(value) = value.filter(|value| *value > SimDuration::ZERO) {
            words.push(format!("{name} {}", time(value)));
        }
    }
    words.push(format!("rise {} fall {}", server.rise, server.fall));
    let limits =
        [("maxconn", server.maxconn), ("minconn", server.minconn), ("maxqueue", server.maxqueue)];
    for (name, limit) in limits {
        if limit > 0 {
            words.push(format!("{name} {limit}"));
        }
    }
    if let Some(observe) = server.observe {
        words.push(match observe {
            Observe::Layer4 => "observe layer4".to_owned(),
            Observe::Layer7 => "observe layer7".to_owned(),
        });
    }
    let is_usual = server.error_limit == 10 && server.on_error == OnError::FailCheck;
    if server.observe.is_some() || !is_usual {
        let (limit, what) = (server.error_limit, server.on_error.word());
        words.push(format!("error-limit {limit} on-error {what}"));
    }
    if server.shutdown_sessions {
        words.push("on-marked-down shutdown-sessions".to_owned());
    }
    if server.shutdown_backup_sessions {
        words.push("on-marked-up shutdown-backup-sessions".to_owned());
    }
    words
}

/// A word as HAProxy reads it: what would end it or begin a comment, a quote or a variable is escaped.
pub(super) fn word(text: &str) -> String {
    let mut made = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        if " \\#\"'".contains(c) {
            made.push('\\');
        }
        made.push(c);
    }
    if made.is_empty() { "/".to_owned() } else { made }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_one_word() {
        assert_eq!(word("/a b#c\"d'e\\f\n"), r#"/a\ b\#c\"d\'e\\f"#);
        assert_eq!(word(""), "/");
    }

    #[test]
    fn a_server_says_only_what_is_not_usual() {
        let server = Server { check: true, ..Server::new("a", "a", 80) };
        assert_eq!(own(&server), ["check"]);
        assert_eq!(manners(&server), ["inter 2s", "rise 2 fall 3"]);
        let server = Server { on_error: OnError::MarkDown, maxconn: 5, ..server };
        assert_eq!(manners(&server)[2..], ["maxconn 5", "error-limit 10 on-error mark-down"]);
    }
}
