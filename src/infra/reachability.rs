//! "Can X open TCP port P on Y, and which rule says so?"

use super::{Infrastructure, Peer, Policy, Protocol};

/// The answer, with the rule that gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It connects.
    Open {
        /// The rule that lets it through.
        rule: String,
    },
    /// The packet gets there and is refused: nothing listens on that port.
    NothingListens {
        /// The rule that lets it through.
        rule: String,
    },
    /// The packet is dropped on the way; whoever sent it waits in vain.
    Blocked {
        /// The rule that drops it.
        rule: String,
    },
}

/// The name of what lets hosts of one zone talk: no border lies between them.
const SAME_ZONE: &str = "same zone";
/// The name of what drops everything that no rule lets through.
pub const DEFAULT_DENY: &str = "default deny";

impl Reach {
    /// Whether a connection comes about.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

impl Infrastructure {
    /// Can `from` open TCP `port` on the host `to`, and which rule says so? `None` if a name is unknown.
    ///
    /// Hosts of one zone reach each other without crossing a border. Between zones the first rule that matches decides;
    /// no match is `default deny`.
    pub fn reach(&self, from: &Peer, to: &str, port: u16) -> Option<Reach> {
        let target = self.host(to)?;
        let from_zone = match from {
            Peer::Host(name) => Some(self.host(name)?.zone.as_str()),
            Peer::Zone(name) => Some(self.zone(name)?.name.as_str()),
            Peer::Internet | Peer::Any => None,
        };
        let listens = target.services.iter().any(|service| service.ports().contains(&port));
        let through = |rule: String| {
            if listens { Reach::Open { rule } } else { Reach::NothingListens { rule } }
        };
        if from_zone == Some(&target.zone) {
            return Some(through(SAME_ZONE.to_owned()));
        }
        let names = |peer: &Peer, host: Option<&str>, zone: Option<&str>| match peer {
            Peer::Any => true,
            Peer::Internet => host.is_none() && zone.is_none(),
            Peer::Zone(name) => zone == Some(name),
            Peer::Host(name) => host == Some(name),
        };
        let from_host = if let Peer::Host(name) = from { Some(name.as_str()) } else { None };
        let matching = self.rules.iter().find(|rule| {
            let port_matches = match &rule.protocol {
                Protocol::Tcp(ports) => ports.contains(&port),
                Protocol::Any => true,
            };
            !rule.disabled
                && port_matches
                && names(&rule.from, from_host, from_zone)
                && names(&rule.to, Some(to), Some(&target.zone))
        });
        Some(match matching {
            Some(rule) if rule.policy == Policy::Allow => through(rule.name.clone()),
            Some(rule) => Reach::Blocked { rule: rule.name.clone() },
            None => Reach::Blocked { rule: DEFAULT_DENY.to_owned() },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    fn ask(from: &Peer, to: &str, port: u16) -> Reach {
        Preset::Brief.infrastructure().reach(from, to, port).unwrap()
    }

    #[test]
    fn only_the_applications_reach_the_database_and_the_rule_is_named() {
        let app = Peer::Host("app-1".into());
        assert_eq!(ask(&app, "db-1", 3306), Reach::Open { rule: "app-to-db".into() });
        for other in ["web-1", "lb-1"] {
            let blocked = Reach::Blocked { rule: "default deny".into() };
            assert_eq!(ask(&Peer::Host(other.into()), "db-1", 3306), blocked, "{other}");
        }
        assert!(!ask(&Peer::Internet, "db-1", 3306).is_open());
    }

    #[test]
    fn the_internet_reaches_the_balancers_alone() {
        let infrastructure = Preset::Brief.infrastructure();
        for host in &infrastructure.hosts {
            let open = infrastructure.reach(&Peer::Internet, &host.name, 443).unwrap().is_open();
            assert_eq!(open, host.haproxy().is_some(), "{}", host.name);
        }
    }

    #[test]
    fn an_allowed_port_without_a_listener_is_refused_not_dropped() {
        let lb_2 = Peer::Host("lb-2".into());
        let refused = Reach::NothingListens { rule: "same zone".into() };
        assert_eq!(ask(&lb_2, "lb-1", 22), refused);
    }

    #[test]
    fn an_unknown_host_has_no_answer() {
        let infrastructure = Preset::Brief.infrastructure();
        assert_eq!(infrastructure.reach(&Peer::Internet, "app-9", 80), None);
        assert_eq!(infrastructure.reach(&Peer::Host("app-9".into()), "db-1", 3306), None);
    }
}
