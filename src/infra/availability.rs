//! What still answers when a component is gone, and so which components are single points of failure: computed from
//! the infrastructure, never written down by hand.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Backend, Host, Infrastructure, Peer, Service};

/// Something that can be killed: a host, or one service on it. Written `app-1` and `app-1/app`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Component {
    /// The host's name.
    pub host: String,
    /// The service's name; `None` is the whole machine.
    pub service: Option<String>,
}

/// A text that names no component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` names no component: write HOST or HOST/SERVICE, such as app-1 or app-1/app")]
pub struct ParseComponentError {
    /// What stood there.
    pub found: String,
}

/// What users can get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// Whether static files are answered.
    pub static_files: bool,
    /// Whether dynamic pages are answered.
    pub dynamic_pages: bool,
}

/// A component without which users lose something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinglePoint {
    /// The host.
    pub host: String,
    /// What is still served without it.
    pub served_without: Served,
}

impl Component {
    /// A whole machine.
    pub fn host(name: &str) -> Self {
        Self { host: name.to_owned(), service: None }
    }

    /// One service on a machine.
    pub fn service(host: &str, service: &str) -> Self {
        Self { host: host.to_owned(), service: Some(service.to_owned()) }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.service {
            Some(service) => write!(f, "{}/{service}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

impl FromStr for Component {
    type Err = ParseComponentError;

    fn from_str(text: &str) -> Result<Self, ParseComponentError> {
        let is_name = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        let component = match text.split_once('/') {
            Some((host, service)) => Self::service(host, service),
            None => Self::host(text),
        };
        let well_formed =
            is_name(&component.host) && component.service.as_deref().is_none_or(is_name);
        if well_formed {
            Ok(component)
        } else {
            Err(ParseComponentError { found: text.chars().take(40).collect() })
        }
    }
}

impl TryFrom<String> for Component {
    type Error = ParseComponentError;
    fn try_from(text: String) -> Result<Self, ParseComponentError> {
        text.parse()
    }
}

impl From<Component> for String {
    fn from(component: Component) -> Self {
        component.to_string()
    }
}

impl Infrastructure {
    /// What users get, once every detection and takeover is over, with these components gone.
    pub fn served_without(&self, gone: &[Component]) -> Served {
        let balancers: Vec<&Host> = self
            .balancers()
            .filter(|host| runs(host, "haproxy", gone))
            .filter(|host| holds_an_address(host, gone))
            .collect();
        let serves = |path: &str| {
            balancers.iter().any(|host| {
                host.haproxy().and_then(|haproxy| haproxy.backend_for(path)).is_some_and(
                    |backend| {
                        backend.servers.iter().any(|server| {
                            let from = Peer::Host(host.name.clone());
                            self.reach(&from, &server.host, server.port)
                                .is_some_and(|reach| reach.is_open())
                                && self.answers(&server.host, gone)
                        })
                    },
                )
            })
        };
        Served { static_files: serves("/static/logo.png"), dynamic_pages: serves("/") }
    }

    /// The hosts without which users lose something, in order: the honest single points of failure.
    pub fn single_points_of_failure(&self) -> Vec<SinglePoint> {
        let whole = self.served_without(&[]);
        let without = |host: &Host| SinglePoint {
            host: host.name.clone(),
            served_without: self.served_without(&[Component::host(&host.name)]),
        };
        self.hosts.iter().map(without).filter(|point| point.served_without != whole).collect()
    }

    fn answers(&self, host: &str, gone: &[Component]) -> bool {
        let Some(host) = self.host(host) else { return false };
        host.services.iter().any(|service| match service {
            Service::Nginx(_) => runs(host, service.name(), gone),
            Service::App(app) => {
                let from = Peer::Host(host.name.clone());
                let port = self.database_port(&app.database);
                runs(host, service.name(), gone)
                    && self.host(&app.database).is_some_and(|db| runs(db, "mysql", gone))
                    && self.reach(&from, &app.database, port).is_some_and(|reach| reach.is_open())
            }
            Service::Haproxy(_) | Service::Keepalived(_) | Service::Mysql(_) | Service::Agent => {
                false
            }
        })
    }
}

/// Whether some virtual address is on this balancer: it claims one, or has one as a plain address.
fn holds_an_address(host: &Host, gone: &[Component]) -> bool {
    host.keepalived()
        .is_none_or(|keepalived| !keepalived.instances.is_empty() && runs(host, "keepalived", gone))
}

fn runs(host: &Host, service: &str, gone: &[Component]) -> bool {
    host.service(service).is_some()
        && !gone.contains(&Component::host(&host.name))
        && !gone.contains(&Component::service(&host.name, service))
}

impl super::Haproxy {
    /// The backend that serves this path.
    pub fn backend_for(&self, path: &str) -> Option<&Backend> {
        let by_rule = self.path_rules.iter().find(|rule| path.starts_with(&rule.path_beg));
        let name = by_rule.map_or(&self.default_backend, |rule| &rule.backend);
        self.backends.iter().find(|backend| &backend.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    #[test]
    fn web_and_database_are_the_single_points_of_the_brief() {
        let points = Preset::Brief.infrastructure().single_points_of_failure();
        assert_eq!(
            points,
            [
                SinglePoint {
                    host: "web-1".into(),
                    served_without: Served { static_files: false, dynamic_pages: true }
                },
                SinglePoint {
                    host: "db-1".into(),
                    served_without: Served { static_files: true, dynamic_pages: false }
                },
            ]
        );
    }

    #[test]
    fn both_balancers_gone_leaves_nothing() {
        let gone = [Component::host("lb-1"), Component::service("lb-2", "haproxy")];
        let served = Preset::Brief.infrastructure().served_without(&gone);
        assert_eq!(served, Served { static_files: false, dynamic_pages: false });
    }

    #[test]
    fn a_missing_rule_makes_a_reachable_host_useless() {
        let mut infrastructure = Preset::Brief.infrastructure();
        infrastructure.rules.retain(|rule| rule.name != "app-to-db");
        assert!(!infrastructure.served_without(&[]).dynamic_pages);
    }

    #[test]
    fn components_are_written_as_host_and_service() {
        for text in ["app-1", "app-1/app"] {
            assert_eq!(text.parse::<Component>().unwrap().to_string(), text);
        }
        for text in ["", "/app", "app-1/", "a/b/c", "app 1", "<b>"] {
            assert!(text.parse::<Component>().is_err(), "{text}");
        }
    }
}
