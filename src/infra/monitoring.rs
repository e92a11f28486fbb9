//! Who watches over the machines: a collector outside of the site, and from where on it calls something wrong.

use serde::{Deserialize, Serialize};

use super::{Infrastructure, Peer, Policy, Protocol};
use crate::kernel::SimDuration;

/// A collector outside of the site, such as a service on the internet, that asks every monitoring agent for its figures, and raises an alert
/// when something stays wrong. Named as Prometheus names its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitoring {
    /// `scrape_interval`: every agent is asked so often.
    pub scrape_interval: SimDuration,
    /// `for` of the alert rules: so long must something be wrong before anybody is told.
    pub alert_for: SimDuration,
    /// From where on it is wrong.
    #[serde(default)]
    pub thresholds: Thresholds,
}

/// The thresholds of the alert rules. What a file leaves out is as usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Percent of a balancer's answers in the last minute that are errors (5xx): more are wrong.
    pub errors_percent: u32,
    /// Of the last minute's good answers 95 of 100 take no longer than this, or it is wrong (p95).
    pub latency_p95: SimDuration,
    /// Percent of the requests a second that a web server's workers can serve: more are wrong.
    pub busy_percent: u32,
    /// Percent of an application's workers: as many requests that wait for one are wrong.
    pub waiting_percent: u32,
    /// How far a replica may be behind its source.
    pub replica_lag: SimDuration,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::USUAL
    }
}

impl Thresholds {
    /// As they are where nobody has said anything else.
    pub const USUAL: Self = Self {
        errors_percent: 5,
        latency_p95: SimDuration::from_secs(1),
        busy_percent: 80,
        waiting_percent: 100,
        replica_lag: SimDuration::from_secs(10),
    };
}

impl Infrastructure {
    /// Whether the firewall lets what a host tells the collector out to the internet, over TCP 443. What goes out passes, unless the first
    /// rule that speaks of it denies it.
    pub fn lets_out(&self, host: &str) -> bool {
        let zone = self.host(host).map(|host| host.zone.as_str());
        let is_its = |peer: &Peer| match peer {
            Peer::Any => true,
            Peer::Internet => false,
            Peer::Zone(name) => zone == Some(name),
            Peer::Host(name) => host == name,
        };
        let speaks = |protocol: &Protocol| match protocol {
            Protocol::Tcp(ports) => ports.contains(&443),
            Protocol::Any => true,
        };
        let first = self.rules.iter().find(|rule| {
            !rule.disabled
                && matches!(rule.to, Peer::Internet | Peer::Any)
                && is_its(&rule.from)
                && speaks(&rule.protocol)
        });
        first.is_none_or(|rule| rule.policy == Policy::Allow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{Preset, Rule};

    #[test]
    fn what_goes_out_passes_unless_a_rule_denies_it() {
        let mut infrastructure = Preset::Brief.infrastructure();
        assert!(infrastructure.hosts.iter().all(|host| infrastructure.lets_out(&host.name)));
        infrastructure.rules.push(Rule {
            name: "no-way-out".to_owned(),
            from: Peer::Zone("app".to_owned()),
            to: Peer::Internet,
            protocol: Protocol::Tcp(vec![443]),
            policy: Policy::Deny,
            reason: "a test".to_owned(),
            disabled: false,
        });
        assert!(!infrastructure.lets_out("app-1") && infrastructure.lets_out("web-1"));
        if let Some(rule) = infrastructure.rules.last_mut() {
            rule.disabled = true;
        }
        assert!(infrastructure.lets_out("app-1"));
    }
}
