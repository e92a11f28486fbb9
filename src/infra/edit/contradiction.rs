//! What an edit may not leave: directives that contradict one another, which the real programs refuse or take for something else.

use super::apply::Refusal;
use crate::infra::{Backend, Infrastructure, Server, Service};

impl Infrastructure {
    /// The first contradiction between directives: what was found, and what is allowed.
    pub(super) fn contradiction(&self) -> Option<Refusal> {
        for service in self.hosts.iter().flat_map(|host| &host.services) {
            match service {
                Service::Haproxy(haproxy) => {
                    let of_backend = |own: &Backend| of_servers(&own.servers, &own.name);
                    if let Some(found) = haproxy.backends.iter().find_map(of_backend) {
                        return Some(found);
                    }
                }
                // Nginx would not start: it counts those that are no backup alone.
                Service::Nginx(nginx) => {
                    let servers = nginx.upstream_servers();
                    if !servers.is_empty() && servers.iter().all(|own| own.backup) {
                        return Some(idle("upstream"));
                    }
                }
                Service::Keepalived(_) | Service::App(_) | Service::Mysql(_) | Service::Agent => {}
            }
        }
        None
    }
}

fn of_servers(servers: &[Server], backend: &str) -> Option<Refusal> {
    if !servers.is_empty() && servers.iter().all(|own| own.backup || own.weight == 0) {
        return Some(idle(&format!("backend {backend}")));
    }
    for Server { name, minconn, maxconn, check, observe, .. } in servers {
        // HAProxy takes such a minconn for a limit that never grows.
        if minconn > maxconn {
            let found = format!("`minconn` {minconn} beside `maxconn` {maxconn} of {name}");
            return Some((found, "`minconn` 0, or up to `maxconn`".to_owned()));
        }
        if observe.is_some() && !check {
            let found = format!("`observe` without `check` of {name}");
            return Some((found, "`check` as long as a server is observed".to_owned()));
        }
    }
    None
}

/// Nobody is left for the usual day.
fn idle(of: &str) -> Refusal {
    let found = format!("every server of {of} a `backup`, or of `weight` 0");
    (found, "at least one that is neither".to_owned())
}
