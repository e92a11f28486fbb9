//! What still answers when a component is gone, and so which components are single points of failure: computed from
//! the infrastructure, never written down by hand.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Backend, Host, Infrastructure, Peer, Service, Vip};

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
    /// Whether what users write is stored.
    pub writes: bool,
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    File,
    Page,
    Write,
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
    /// What users get, once every detection and takeover is over, with these components gone, and before anybody has
    /// promoted a replica.
    pub fn served_without(&self, gone: &[Component]) -> Served {
        let serves = |wanted| self.vips.iter().any(|vip| self.serves(vip, wanted, gone));
        Served {
            static_files: serves(Wanted::File),
            dynamic_pages: serves(Wanted::Page),
            writes: serves(Wanted::Write),
        }
    }

    /// Whether a request to this address is answered.
    fn serves(&self, vip: &Vip, wanted: Wanted, gone: &[Component]) -> bool {
        let plain = vip.host.as_deref().and_then(|name| self.host(name));
        if let Some(web) = plain.filter(|host| host.haproxy().is_none()) {
            let mut ports = web.services.iter().filter_map(Service::as_nginx).map(|own| own.port);
            return ports.any(|port| self.passes(&Peer::Internet, &web.name, port, wanted, gone));
        }
        let has_it = |host: &&Host| match plain {
            Some(plain) => plain.name == host.name,
            None => host.keepalived().is_none_or(|keepalived| {
                let claims = keepalived.instances.iter().any(|instance| instance.vip == vip.name);
                claims && runs(host, "keepalived", gone)
            }),
        };
        let balancers = self.balancers().filter(|host| runs(host, "haproxy", gone));
        balancers.filter(has_it).any(|host| {
            let path = if wanted == Wanted::File { "/static/logo.png" } else { "/" };
            let backend = host.haproxy().and_then(|haproxy| haproxy.backend_for(path));
            let from = Peer::Host(host.name.clone());
            backend
                .into_iter()
                .flat_map(|backend| &backend.servers)
                .any(|server| self.passes(&from, &server.host, server.port, wanted, gone))
        })
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

    /// Whether what listens on this port can be reached, runs, and has what it needs to answer.
    fn passes(&self, from: &Peer, to: &str, port: u16, wanted: Wanted, gone: &[Component]) -> bool {
        let is_open = self.reach(from, to, port).is_some_and(|reach| reach.is_open());
        let Some(host) = self.host(to).filter(|_| is_open) else { return false };
        let Some(service) = host.services.iter().find(|own| own.ports().contains(&port)) else {
            return false;
        };
        let here = Peer::Host(host.name.clone());
        runs(host, service.name(), gone)
            && match service {
                Service::Nginx(nginx) => {
                    let servers = nginx.upstream_servers();
                    wanted == Wanted::File
                        || servers.is_empty()
                        || servers.iter().any(|server| {
                            self.passes(&here, &server.host, server.port, wanted, gone)
                        })
                }
                Service::App(app) => {
                    let reads_from = app.reads_from.as_ref().filter(|_| wanted != Wanted::Write);
                    std::iter::once(&app.database).chain(reads_from).any(|database| {
                        let port = self.database_port(database);
                        self.passes(&here, database, port, wanted, gone)
                    })
                }
                Service::Mysql(_) => true,
                Service::Haproxy(_) | Service::Keepalived(_) | Service::Agent => false,
            }
    }
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
                    served_without: Served {
                        static_files: false,
                        dynamic_pages: true,
                        writes: true
                    }
                },
                SinglePoint {
                    host: "db-1".into(),
                    served_without: Served {
                        static_files: true,
                        dynamic_pages: false,
                        writes: false
                    }
                },
            ]
        );
    }

    /// The hosts without which users lose something, and whether files, pages and writes are still served.
    fn points(preset: Preset) -> Vec<(String, [bool; 3])> {
        let all = preset.infrastructure().single_points_of_failure();
        let one = |point: SinglePoint| {
            let Served { static_files, dynamic_pages, writes } = point.served_without;
            (point.host, [static_files, dynamic_pages, writes])
        };
        all.into_iter().map(one).collect()
    }

    #[test]
    fn each_rung_of_the_ladder_has_its_own_single_points() {
        let own = |all: &[(&str, [bool; 3])]| -> Vec<(String, [bool; 3])> {
            all.iter().map(|(host, served)| ((*host).to_owned(), *served)).collect()
        };
        let [none, reads] = [[false; 3], [true, true, false]];
        assert_eq!(points(Preset::Simple), own(&[("server-1", none)]));
        assert_eq!(points(Preset::Distributed), own(&[("lb-1", none), ("server-1", reads)]));
        assert_eq!(points(Preset::Secured), points(Preset::Distributed));
        let files = [true, false, false];
        let literal = own(&[("web-1", none), ("app-1", files), ("db-1", files)]);
        assert_eq!(points(Preset::Literal), literal);
        assert_eq!(points(Preset::Extended), own(&[("db-1", reads)]));
    }

    #[test]
    fn both_balancers_gone_leaves_nothing() {
        let gone = [Component::host("lb-1"), Component::service("lb-2", "haproxy")];
        let served = Preset::Brief.infrastructure().served_without(&gone);
        assert_eq!(served, Served { static_files: false, dynamic_pages: false, writes: false });
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
