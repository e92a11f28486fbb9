//! The firewall's part in an edit: what a new way needs is let through, where no rule does it yet.

use super::apply::free;
use crate::infra::{Infrastructure, Peer, Policy, Protocol, Reach, Rule, Service};

/// Lets through what this machine's services connect to, and who connects to them, unless a rule of its own drops it: a rule behind that
/// one would never be reached.
pub(super) fn open(infrastructure: &mut Infrastructure, host: &str) {
    for (from, to, port) in connections(infrastructure) {
        let client = match &from {
            Peer::Host(name) => name.as_str(),
            Peer::Internet | Peer::Zone(_) | Peer::Any => "users",
        };
        let is_its = client == host || to == host;
        let reach = infrastructure.reach(&from, &to, port);
        let is_taken = |name: &str| infrastructure.rules.iter().any(|rule| rule.name == name);
        let by_default = matches!(&reach, Some(Reach::Blocked { rule }) if !is_taken(rule));
        if !is_its || !by_default {
            continue;
        }
        let mut name = format!("{client}-to-{to}");
        if is_taken(&name) {
            name = free(&format!("{name}-port-{port}"), "-", &is_taken);
        }
        infrastructure.rules.push(Rule {
            name,
            protocol: Protocol::Tcp(vec![port]),
            policy: Policy::Allow,
            reason: format!("{to} is used by {client}"),
            to: Peer::Host(to),
            from,
            disabled: false,
        });
    }
}

/// Who has to be able to connect to which port of which machine.
fn connections(infrastructure: &Infrastructure) -> Vec<(Peer, String, u16)> {
    let mut all = Vec::new();
    for host in &infrastructure.hosts {
        let mut connect = |to: &str, port: u16| {
            all.push((Peer::Host(host.name.clone()), to.to_owned(), port));
        };
        let mut entrance = None;
        for service in &host.services {
            match service {
                Service::Haproxy(haproxy) => {
                    entrance = Some(haproxy.port);
                    for server in haproxy.backends.iter().flat_map(|backend| &backend.servers) {
                        connect(&server.host, server.port);
                    }
                }
                Service::Nginx(nginx) => {
                    for server in nginx.upstream_servers() {
                        connect(&server.host, server.port);
                    }
                }
                Service::App(app) => {
                    for database in std::iter::once(&app.database).chain(&app.reads_from) {
                        connect(database, infrastructure.database_port(database));
                    }
                }
                Service::Mysql(mysql) => {
                    if let Some(replica) = &mysql.replica {
                        connect(&replica.source, infrastructure.database_port(&replica.source));
                    }
                }
                Service::Keepalived(_) | Service::Agent => {}
            }
        }
        all.extend(entrance.map(|port| (Peer::Internet, host.name.clone(), port)));
    }
    all
}
