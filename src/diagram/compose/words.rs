//! The picture in words: readings on the cards, titles of the groups, and the description that says everything again.

use super::Picture;
use super::servers::algorithms;
use super::troubles::rules_out;
use crate::infra::{Host, Peer, Policy, Purpose, Service, Uplink, Vip, Zone};
use crate::kernel::small::decimal;
use crate::sim::Condition;

impl Picture<'_> {
    /// One live reading, or what holds at rest; empty if that is an address and none are shown.
    pub(super) fn reading(&self, host: &Host) -> String {
        if host.haproxy().is_some() {
            let owned = self.owned(&host.name);
            let names: Vec<&str> = owned.iter().map(|vip| vip.name.as_str()).collect();
            return if names.is_empty() {
                "owns no VIP".to_owned()
            } else {
                format!("owns {}", names.join(", "))
            };
        }
        let load = self.view(&host.name).filter(|view| view.condition != Condition::Down);
        match load.and_then(|view| view.load) {
            Some(load) => {
                format!("{} of {} busy, {} waiting", load.busy, load.workers, load.queue)
            }
            None if self.condition(&host.name) == Condition::Down => "no answer".to_owned(),
            None if self.shown.addresses => host.address.to_string(),
            None => String::new(),
        }
    }

    /// Why a host is not quite itself, or else what runs on it; `said` is on the card already.
    pub(super) fn note(&self, host: &Host, said: &str) -> String {
        match self.condition(&host.name) {
            Condition::Down => String::new(),
            Condition::Degraded => self.ailing(&host.name),
            Condition::Up | Condition::Drain | Condition::Maint => {
                let programs = programs(host).into_iter().filter(|title| !said.contains(title));
                programs.collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// What is wrong with a degraded host; else nothing.
    fn ailing(&self, host: &str) -> String {
        let view = self.view(host).filter(|view| view.condition == Condition::Degraded);
        let all = view.map(|view| [slowness(view), self.lack(host)]);
        let all = all.into_iter().flatten().filter(|word| !word.is_empty());
        all.collect::<Vec<_>>().join(", ")
    }

    pub(super) fn host_title(&self, host: &Host) -> String {
        let condition = self.condition(&host.name);
        let mut title =
            format!("{}, {}, {}, {}", host.name, host.title, host.role, condition.word());
        let ailing = self.ailing(&host.name);
        if !ailing.is_empty() {
            title = format!("{title}: {ailing}");
        }
        if host.haproxy().is_some() {
            title = format!("{title}, {}, {}", self.reading(host), algorithms(host).join(", "));
        }
        let orders = self.orders(&host.name);
        if !orders.is_empty() {
            title = format!("{title}, {orders}");
        }
        if self.is_single(host) {
            title.push_str(", single point of failure");
        }
        if self.infrastructure.guards_each_host() {
            title.push_str(", with a firewall");
        }
        title
    }

    pub(super) fn vip_title(&self, vip: &Vip) -> String {
        let told = match (self.vip_view(vip), self.owner(vip)) {
            (Some(view), _) => view.told(),
            (None, Some(owner)) => format!("owned by {owner}"),
            (None, None) => "no owner".to_owned(),
        };
        format!("{} {}, {told}", vip.name, vip.address)
    }

    pub(super) fn zone_title(&self, zone: &Zone) -> String {
        let mut title = format!("{} zone, VLAN {}, {}", zone.title, zone.vlan, zone.subnet);
        if !self.infrastructure.has_firewall() {
            return title;
        }
        title.push_str(if self.infrastructure.guards_each_host() {
            ". A firewall on each host, default deny"
        } else {
            ". Firewall at its border, default deny"
        });
        let enters = |peer: &Peer| match peer {
            Peer::Zone(name) => name == &zone.name,
            Peer::Host(name) => {
                self.infrastructure.host(name).is_some_and(|host| host.zone == zone.name)
            }
            Peer::Any => true,
            Peer::Internet => false,
        };
        for (policy, words) in [(Policy::Deny, "dropped"), (Policy::Allow, "let in")] {
            let rules = self.infrastructure.rules.iter().filter(|rule| {
                rule.policy == policy
                    && !rule.disabled
                    && enters(&rule.to)
                    && rule.from != Peer::Zone(zone.name.clone())
            });
            let rules: Vec<String> =
                rules.map(|rule| format!("{} from {}", rule.protocol, rule.from)).collect();
            if !rules.is_empty() {
                title = format!("{title}; {words}: {}", rules.join("; "));
            }
        }
        match self.rules_out(&zone.name, None) {
            0 => title,
            count => format!("{title}; {}", rules_out(count)),
        }
    }

    pub(super) fn users_title(&self) -> String {
        format!("Users, {}, {}, {}", self.infrastructure.domain, self.records(), self.uplinks())
    }

    /// How many addresses the domain has.
    pub(super) fn records(&self) -> String {
        match self.infrastructure.vips.len() {
            1 => "1 A record".to_owned(),
            count => format!("{count} A records"),
        }
    }

    /// How far away the users are.
    pub(super) fn distance(&self) -> String {
        format!("{} ms away", decimal(self.infrastructure.network.internet_latency.as_ms_f64(), 1))
    }

    /// The ways in.
    pub(super) fn uplinks(&self) -> String {
        let role = |uplink: &Uplink| {
            let word = if self.is_broken(&uplink.name) { " (broken)" } else { "" };
            format!("{}{word}", uplink.role)
        };
        let roles: Vec<String> = self.infrastructure.uplinks.iter().map(role).collect();
        match roles.len() {
            0 => "no uplink".to_owned(),
            1 => format!("uplink: {}", roles[0]),
            _ => format!("uplinks: {}", roles.join(", ")),
        }
    }

    /// What is said of a zone without hosts: the one that may reach everything is there to manage and to watch.
    pub(super) fn strip_remark(&self, zone: &Zone) -> String {
        let is_manager = self.infrastructure.rules.iter().any(|rule| {
            rule.policy == Policy::Allow
                && rule.from == Peer::Zone(zone.name.clone())
                && rule.to == Peer::Any
        });
        if is_manager { self.monitoring() } else { "no hosts".to_owned() }
    }

    /// Where the monitoring agents are.
    fn monitoring(&self) -> String {
        let has_agent = |host: &&Host| host.service(Service::Agent.name()).is_some();
        let hosts = &self.infrastructure.hosts;
        match hosts.iter().filter(has_agent).count() {
            0 => "no agents".to_owned(),
            count if count == hosts.len() => "an agent on every host".to_owned(),
            1 => "an agent on one host".to_owned(),
            count => format!("agents on {count} hosts"),
        }
    }

    /// Everything the picture shows, as text.
    pub(super) fn description(&self) -> String {
        let infrastructure = self.infrastructure;
        let vips: Vec<String> = infrastructure.vips.iter().map(|vip| self.vip_title(vip)).collect();
        let mut sentences = vec![format!(
            "Users reach {}: {}; {}.",
            infrastructure.domain,
            vips.join("; "),
            self.uplinks()
        )];
        for zone in &infrastructure.zones {
            let hosts: Vec<String> =
                infrastructure.hosts_in(&zone.name).map(|host| self.host_title(host)).collect();
            let hosts = if hosts.is_empty() { self.strip_remark(zone) } else { hosts.join("; ") };
            sentences.push(format!("{} zone (VLAN {}): {hosts}.", zone.title, zone.vlan));
        }
        let routes = self.layout.routes.iter();
        let links: Vec<String> = routes
            .map(|route| {
                let between = if route.purpose == Purpose::Vrrp { "and" } else { "to" };
                let trouble = self.trouble(route).map(|word| format!(", {word}"));
                let (from, to) = (route.from.name(), route.to.name());
                let trouble = trouble.unwrap_or_default();
                format!("{from} {between} {to}, {}{trouble}", route.protocol)
            })
            .collect();
        sentences.push(format!("Links: {}.", links.join("; ")));
        sentences.join(" ")
    }
}

/// The programs on a host that the requests meet.
fn programs(host: &Host) -> Vec<&'static str> {
    let is_shown = |service: &&Service| !matches!(service, Service::Agent);
    host.services.iter().filter(is_shown).map(Service::title).collect()
}

/// What is wrong with a degraded host.
fn slowness(view: &crate::sim::HostView) -> String {
    if view.slow_factor > 1.0 {
        return format!("{}x slower", decimal(view.slow_factor, 1));
    }
    let mut ill = view.services.iter().filter_map(|own| Some((own, own.ailment?)));
    if let Some((service, gray)) = ill.find(|(service, _)| service.is_up) {
        return format!("{} {}", service.title, gray.word());
    }
    let missing: Vec<&str> = view
        .services
        .iter()
        .filter(|service| !service.is_up)
        .map(|service| service.title)
        .collect();
    if missing.is_empty() { String::new() } else { format!("{} down", missing.join(", ")) }
}
