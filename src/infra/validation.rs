//! Whether an infrastructure can stand: every name resolves, every address is used once, every figure is in its range. A refusal names the
//! field by its path in a plan file, what was found and what is allowed. All of this is for what comes from outside. Presets and their edits
//! are held to it by tests; the little that an edit can break is checked alone, so that the browser need not carry the rest.

mod balancing;
mod faults;
mod keepalived;

use std::net::Ipv4Addr;

use crate::kernel::SimDuration;

use super::{
    App, COLLECTOR_END, Figure, Host, Infrastructure, LinkChange, Mysql, Peer, Protocol, Service,
    Setting, USERS_END, Vip,
};
use faults::{DAY, Faults, HOUR, LONG_NAME, MINUTE, MS, SECOND, each, is_label, join};

/// What is wrong with an infrastructure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: found {found}; allowed: {allowed}")]
pub struct Invalid {
    /// The path of the field in a plan file, such as `infrastructure.hosts[2].address`.
    pub field: String,
    /// What stood there.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
}

impl Infrastructure {
    /// Checks everything; the list is empty if it can stand.
    pub fn validate(&self) -> Vec<Invalid> {
        let mut faults = Faults::new();
        self.check_names(&mut faults);
        self.check_zones(&mut faults);
        for (index, host) in self.hosts.iter().enumerate() {
            let back = faults.enter_item("hosts", index);
            self.check_host(host, &mut faults);
            faults.leave(back);
        }
        self.check_rules(&mut faults);
        self.check_network(&mut faults);
        if let Some(monitoring) = self.monitoring {
            let back = faults.enter("monitoring");
            let least = SimDuration::from_ms(100);
            faults.time("scrape_interval", monitoring.scrape_interval, least, HOUR);
            faults.time("alert_for", monitoring.alert_for, SimDuration::ZERO, DAY);
            let thresholds = monitoring.thresholds;
            let back_again = faults.enter("thresholds");
            faults.set("errors_percent", thresholds.errors_percent, Setting::AlertErrors);
            faults.time("latency_p95", thresholds.latency_p95, MS, HOUR);
            faults.set("busy_percent", thresholds.busy_percent, Setting::AlertRate);
            faults.set("waiting_percent", thresholds.waiting_percent, Setting::AlertWaiting);
            faults.time("replica_lag", thresholds.replica_lag, SECOND, DAY);
            faults.leave(back_again);
            faults.leave(back);
        }
        self.check_the_way_in(&mut faults);
        faults.found
    }

    /// The first that is wrong of what an edit can break: sides of rules, memory, keepalived's figures, which depend on each other. Every
    /// other figure has its range in the edit, and what comes and goes is put in its place.
    pub(super) fn validate_edited(&self) -> Option<Invalid> {
        let mut faults = Faults::new();
        for (index, host) in self.hosts.iter().enumerate() {
            let back = faults.enter_item("hosts", index);
            for (index, service) in host.services.iter().enumerate() {
                let back = faults.enter_item("services", index);
                faults.enter(service.name());
                if let Service::Keepalived(keepalived) = service {
                    self.check_keepalived(keepalived, &mut faults);
                } else if let Service::Mysql(mysql) = service {
                    check_pool(host, mysql, &mut faults);
                }
                faults.leave(back);
            }
            faults.leave(back);
        }
        self.check_sides(&mut faults);
        faults.found.into_iter().next()
    }

    fn check_names(&self, faults: &mut Faults) {
        faults.short_name("name", &self.name);
        faults.line("title", &self.title);
        let is_domain = self.domain.len() <= 253 && self.domain.split('.').all(is_label);
        let allowed = "a DNS name, such as www.foobar.com";
        faults.expect(is_domain, "domain", &self.domain, allowed);
        faults.unique(each("hosts", "name", &self.hosts, |host| host.name.clone()));
        faults.unique(each("zones", "name", &self.zones, |zone| zone.name.clone()));
        faults.unique(each("zones", "vlan", &self.zones, |zone| zone.vlan.to_string()));
        faults.unique(each("vips", "name", &self.vips, |vip| vip.name.clone()));
        faults.unique(each("rules", "name", &self.rules, |rule| rule.name.clone()));
        faults.unique(each("uplinks", "name", &self.uplinks, |uplink| uplink.name.clone()));
        let mut addresses = each("hosts", "address", &self.hosts, |host| host.address.to_string());
        addresses.extend(each("vips", "address", &self.vips, |vip| vip.address.to_string()));
        faults.unique(addresses);
        // An address that never moves has no use for one.
        let ids =
            each("vips", "virtual_router_id", &self.vips, |vip| vip.virtual_router_id.to_string());
        let moved = ids.into_iter().zip(&self.vips).filter(|(_, vip)| vip.host.is_none());
        faults.unique(moved.map(|(id, _)| id).collect());
        for (index, uplink) in self.uplinks.iter().enumerate() {
            let back = faults.enter_item("uplinks", index);
            faults.short_name("name", &uplink.name);
            faults.line("role", &uplink.role);
            faults.leave(back);
        }
    }

    fn check_zones(&self, faults: &mut Faults) {
        for (index, zone) in self.zones.iter().enumerate() {
            let back = faults.enter_item("zones", index);
            faults.short_name("name", &zone.name);
            faults.line("title", &zone.title);
            faults.count("vlan", u32::from(zone.vlan), 1, 4094);
            let is_network = zone.network().is_some();
            faults.expect(is_network, "subnet", &zone.subnet, "ADDRESS/BITS, as 10.0.10.0/24");
            if let Some(first) = self.zones[..index].iter().position(|of| of.overlaps(zone)) {
                let taken = &self.zones[first].subnet;
                let allowed = format!("a network of its own (zones[{first}] has {taken})");
                faults.expect(false, "subnet", &zone.subnet, &allowed);
            }
            faults.leave(back);
        }
    }

    fn check_rules(&self, faults: &mut Faults) {
        self.check_sides(faults);
        for (index, rule) in self.rules.iter().enumerate() {
            let back = faults.enter_item("rules", index);
            faults.name("name", &rule.name, LONG_NAME);
            faults.line("reason", &rule.reason);
            if let Protocol::Tcp(ports) = &rule.protocol {
                let allowed = "TCP ports 1 to 65535, one or more";
                faults.expect(!ports.is_empty(), "protocol.tcp", &"[]", allowed);
                for (index, port) in ports.iter().enumerate().filter(|(_, port)| **port == 0) {
                    faults.expect(false, &format!("protocol.tcp[{index}]"), port, allowed);
                }
            }
            faults.leave(back);
        }
    }

    /// Both sides of each rule are there.
    fn check_sides(&self, faults: &mut Faults) {
        for (index, rule) in self.rules.iter().enumerate() {
            let back = faults.enter_item("rules", index);
            for (side, peer) in [("from", &rule.from), ("to", &rule.to)] {
                let known = match peer {
                    Peer::Internet | Peer::Any => true,
                    Peer::Zone(name) => self.zone(name).is_some(),
                    Peer::Host(name) => self.host(name).is_some(),
                };
                faults.expect(known, side, peer, "a zone or host of this infrastructure");
            }
            faults.leave(back);
        }
    }

    fn check_network(&self, faults: &mut Faults) {
        let network = &self.network;
        let back = faults.enter("network");
        for (field, time, most) in [
            ("internet_latency", network.internet_latency, MINUTE),
            ("lan_latency", network.lan_latency, MINUTE),
            ("routing_time", network.routing_time, HOUR),
        ] {
            faults.time(field, time, SimDuration::ZERO, most);
        }
        for (index, link) in network.links.iter().enumerate() {
            let back = faults.enter_item("links", index);
            for (end, name, other) in [("from", &link.from, &link.to), ("to", &link.to, &link.from)]
            {
                faults.expect(self.is_link_end(name, other), end, name, Self::LINK_ENDS);
            }
            let is_between = link.from != link.to;
            faults.expect(is_between, "to", &link.to, "another host than `from`");
            let is_same = |of: &LinkChange| {
                let is_back = (&of.from, &of.to) == (&link.to, &link.from);
                (&of.from, &of.to) == (&link.from, &link.to)
                    || (is_back && !(of.one_way && link.one_way))
            };
            if let Some(first) = network.links[..index].iter().position(is_same) {
                let allowed = format!("a link of its own (links[{first}] is this one already)");
                faults.expect(false, "to", &link.to, &allowed);
            }
            if let Some((field, found, allowed)) = link.state.fault() {
                faults.expect(false, &format!("state.{field}"), &found, allowed);
            }
            faults.leave(back);
        }
        faults.leave(back);
    }

    /// Users come by an address to a balancer, or to Nginx.
    fn check_the_way_in(&self, faults: &mut Faults) {
        let at_the_door = |host: &Host| {
            host.haproxy().is_some() || host.services.iter().any(|own| own.as_nginx().is_some())
        };
        let allowed =
            "at least one host with the service haproxy, or with nginx if there is no balancer";
        let some = self.hosts.iter().any(at_the_door);
        faults.expect(some, "hosts", &"no HAProxy and no Nginx", allowed);
        let allowed = "at least one address that users can reach";
        faults.expect(!self.vips.is_empty(), "vips", &"[]", allowed);
        for (index, vip) in self.vips.iter().enumerate() {
            let back = faults.enter_item("vips", index);
            faults.short_name("name", &vip.name);
            self.check_address_of(vip, faults);
            let is_claimed = self.hosts.iter().any(|host| claims(host, vip));
            if let Some(name) = &vip.host {
                let allowed = "a host with the service haproxy or nginx";
                faults.expect(self.host(name).is_some_and(at_the_door), "host", name, allowed);
                let allowed = "null: keepalived moves this address";
                faults.expect(!is_claimed, "host", name, allowed);
            } else {
                let allowed = "the host that has it, or an instance of keepalived that claims it";
                faults.expect(is_claimed, "host", &"null", allowed);
                let id = vip.virtual_router_id;
                faults.expect(id > 0, "virtual_router_id", &id, "1 to 255");
            }
            faults.leave(back);
        }
    }

    /// An address of an internal network is reached in that network alone.
    fn check_address_of(&self, vip: &Vip, faults: &mut Faults) {
        expect_usable(vip.address, faults);
        for zone in self.zones.iter().filter(|zone| zone.holds(vip.address)) {
            let holds = |host: &&Host| vip.host.as_ref() == Some(&host.name) || claims(host, vip);
            if let Some(host) = self.hosts.iter().filter(holds).find(|host| host.zone != zone.name)
            {
                let allowed = format!(
                    "an address outside of zone {}, {}: {} stands in zone {}",
                    zone.name, zone.subnet, host.name, host.zone
                );
                faults.expect(false, "address", &vip.address, &allowed);
            }
        }
    }

    fn check_host(&self, host: &Host, faults: &mut Faults) {
        let allowed = "a DNS label: 1 to 63 letters, digits and hyphens, no hyphen at its ends";
        faults.expect(is_label(&host.name), "name", &host.name, allowed);
        let is_host = ![USERS_END, COLLECTOR_END].contains(&host.name.as_str());
        let allowed = "another name: this one is that of an end of links";
        faults.expect(is_host, "name", &host.name, allowed);
        for (field, text) in [("title", &host.title), ("role", &host.role), ("disk", &host.disk)] {
            faults.line(field, text);
        }
        for figure in Figure::ALL {
            let (least, most) = figure.range();
            faults.count(figure.name(), figure.at(host), least, most);
        }
        expect_usable(host.address, faults);
        match self.zone(&host.zone) {
            Some(zone) if zone.holds(host.address) => {}
            Some(zone) => {
                let allowed = format!("an address of zone {}, {}", zone.name, zone.subnet);
                faults.expect(false, "address", &host.address, &allowed);
            }
            None => {
                let names = join(self.zones.iter().map(|zone| &zone.name));
                faults.expect(false, "zone", &host.zone, &names);
            }
        }
        let services = host.services.iter().enumerate();
        let names =
            services.clone().map(|(at, own)| (own.name().to_owned(), format!("services[{at}]")));
        faults.unique(names.collect());
        let ports = services.flat_map(|(at, own)| {
            let path = move |field: &str| format!("services[{at}].{}.{field}", own.name());
            own.ports().into_iter().zip(PORTS).map(move |(port, of)| (port.to_string(), path(of)))
        });
        faults.unique(ports.collect());
        self.check_cluster(host, faults);
        for (index, service) in host.services.iter().enumerate() {
            let back = faults.enter_item("services", index);
            faults.enter(service.name());
            for (port, field) in service.ports().into_iter().zip(PORTS) {
                faults.count(field, u32::from(port), 1, 65_535);
            }
            match service {
                Service::Haproxy(haproxy) => self.check_haproxy(haproxy, faults),
                Service::Keepalived(keepalived) => self.check_keepalived(keepalived, faults),
                Service::Nginx(nginx) => self.check_nginx(nginx, faults),
                Service::App(app) => self.check_app(app, faults),
                Service::Mysql(mysql) => self.check_mysql(host, mysql, faults),
                Service::Agent => {}
            }
            faults.leave(back);
        }
    }

    fn check_app(&self, app: &App, faults: &mut Faults) {
        faults.distribution(app.service_distribution);
        faults.set("workers", app.workers, Setting::Workers);
        faults.count("backlog", app.backlog, 0, Setting::Backlog.range().1);
        faults.set("worker_mib", app.worker_mib, Setting::WorkerMib);
        for (field, time, least, most) in [
            ("service_time", app.service_time, SimDuration::ZERO, MINUTE),
            ("health_time", app.health_time, SimDuration::ZERO, MINUTE),
            ("timeout", app.timeout, SECOND, HOUR),
            ("database_connect_timeout", app.database_connect_timeout, MS, HOUR),
            ("database_read_timeout", app.database_read_timeout, MS, HOUR),
        ] {
            faults.time(field, time, least, most);
        }
        let names = [("database", Some(&app.database)), ("reads_from", app.reads_from.as_ref())];
        for (field, name) in names {
            let Some(name) = name else { continue };
            let is_known = self.database_port(name) != 0;
            faults.expect(is_known, field, name, "a host with the service mysql");
        }
    }

    fn check_mysql(&self, host: &Host, mysql: &Mysql, faults: &mut Faults) {
        faults.distribution(mysql.service_distribution);
        faults.set("max_connections", mysql.max_connections, Setting::MaxConnections);
        faults.set("threads", mysql.threads, Setting::ThreadConcurrency);
        faults.set("connection_mib", mysql.connection_mib, Setting::ConnectionMib);
        faults.set("innodb_buffer_pool_mib", mysql.innodb_buffer_pool_mib, Setting::BufferPool);
        faults.time("service_time", mysql.service_time, SimDuration::ZERO, MINUTE);
        faults.time("recovery_time", mysql.recovery_time, SimDuration::ZERO, HOUR);
        check_pool(host, mysql, faults);
        // A replica copies a primary on another machine.
        let Some(replica) = &mysql.replica else { return };
        let source = &replica.source;
        let services = self.host(source).into_iter().flat_map(|host| &host.services);
        let is_primary = services.filter_map(Service::as_mysql).any(|own| own.replica.is_none());
        let allowed = "another host, with a mysql that is no replica itself";
        faults.expect(*source != host.name && is_primary, "replica.source", source, allowed);
        faults.time("replica.lag", replica.lag, SimDuration::ZERO, HOUR);
        faults.time("replica.promote_after", replica.promote_after.unwrap_or(MS), MS, HOUR);
    }
}

/// The fields of the ports that a service listens on, in its order.
const PORTS: [&str; 2] = ["port", "stats_port"];

/// Whether keepalived on this machine claims an address.
fn claims(host: &Host, vip: &Vip) -> bool {
    let mut instances = host.keepalived().into_iter().flat_map(|own| &own.instances);
    instances.any(|own| own.vip == vip.name)
}

/// An address that one machine can have.
fn expect_usable(address: Ipv4Addr, faults: &mut Faults) {
    let is_none = address.is_unspecified() || address.is_loopback();
    let is_many = address.is_multicast() || address.is_broadcast();
    let allowed = "the address of one machine, such as 10.0.10.11";
    faults.expect(!is_none && !is_many, "address", &address, allowed);
}

fn check_pool(host: &Host, mysql: &Mysql, faults: &mut Faults) {
    let (pool, memory) = (mysql.innodb_buffer_pool_mib, host.memory_gib.saturating_mul(1024));
    if pool > memory {
        let allowed = format!("at most the memory of {}, {memory} MiB", host.name);
        faults.expect(false, "innodb_buffer_pool_mib", &pool, &allowed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{Distribution, Preset};

    #[test]
    fn every_preset_can_stand() {
        for preset in Preset::ALL {
            assert_eq!(preset.infrastructure().validate(), [], "{preset}");
        }
    }

    #[test]
    fn a_preset_survives_being_written_and_read() {
        let infrastructure = Preset::Brief.infrastructure();
        let text = serde_json::to_string(&infrastructure).unwrap();
        assert_eq!(serde_json::from_str::<Infrastructure>(&text).unwrap(), infrastructure);
    }

    #[track_caller]
    fn refused(break_it: impl FnOnce(&mut Infrastructure), message: &str) {
        let mut infrastructure = Preset::Brief.infrastructure();
        break_it(&mut infrastructure);
        let messages: Vec<String> =
            infrastructure.validate().iter().map(Invalid::to_string).collect();
        assert!(messages.iter().any(|found| found == message), "{messages:?}");
    }

    #[test]
    fn what_cannot_stand_is_refused_with_field_found_and_allowed() {
        refused(
            |infrastructure| infrastructure.hosts[3].address = infrastructure.hosts[2].address,
            "infrastructure.hosts[3].address: found `10.0.20.11`; allowed: a value of its own (hosts[2].address has this one)",
        );
        refused(
            |infrastructure| infrastructure.hosts[5].zone = "cellar".into(),
            "infrastructure.hosts[5].zone: found `cellar`; allowed: edge, web, app, db, mgmt",
        );
        refused(
            |infrastructure| {
                let Service::Mysql(mysql) = &mut infrastructure.hosts[5].services[0] else {
                    return;
                };
                mysql.service_distribution = Distribution::Hyperexponential { squared_cv: 0.5 };
            },
            "infrastructure.hosts[5].services[0].mysql.service_distribution.hyperexponential.squared_cv: found `0.5`; allowed: 1 to 100",
        );
        refused(
            |infrastructure| {
                let Service::Nginx(nginx) = &mut infrastructure.hosts[2].services[0] else {
                    return;
                };
                nginx.service_distribution = Distribution::Erlang { stages: 0 };
            },
            "infrastructure.hosts[2].services[0].nginx.service_distribution.erlang.stages: found `0`; allowed: 1 to 100",
        );
        refused(
            |infrastructure| infrastructure.zones[0].vlan = 5000,
            "infrastructure.zones[0].vlan: found `5000`; allowed: 1 to 4094",
        );
        refused(
            |infrastructure| infrastructure.zones[1].subnet = "10.0.0.0/16".into(),
            "infrastructure.zones[1].subnet: found `10.0.0.0/16`; allowed: a network of its own (zones[0] has 10.0.10.0/24)",
        );
        refused(
            |infrastructure| infrastructure.vips[1].virtual_router_id = 51,
            "infrastructure.vips[1].virtual_router_id: found `51`; allowed: a value of its own (vips[0].virtual_router_id has this one)",
        );
        refused(
            |infrastructure| infrastructure.name = "a\u{1b}[2J".into(),
            "infrastructure.name: found `a\u{fffd}[2J`; allowed: 1 to 60 printable characters",
        );
        refused(
            |infrastructure| infrastructure.hosts.retain(|host| host.name != "db-1"),
            "infrastructure.hosts[3].services[0].app.database: found `db-1`; allowed: a host with the service mysql",
        );
        refused(
            |infrastructure| infrastructure.hosts.drain(..3).for_each(drop),
            "infrastructure.hosts: found `no HAProxy and no Nginx`; allowed: at least one host with the service haproxy, or with nginx if there is no balancer",
        );
    }

    #[test]
    fn whoever_has_an_address_is_there_alone_and_hears_its_rivals() {
        refused(
            |infrastructure| infrastructure.vips[0].host = Some("lb-1".into()),
            "infrastructure.vips[0].host: found `lb-1`; allowed: null: keepalived moves this address",
        );
        refused(
            |infrastructure| {
                for host in &mut infrastructure.hosts {
                    host.services.retain(|service| service.name() != "keepalived");
                }
            },
            "infrastructure.vips[0].host: found `null`; allowed: the host that has it, or an instance of keepalived that claims it",
        );
        refused(
            |infrastructure| {
                let lb_2 = &mut infrastructure.hosts[1];
                (lb_2.zone, lb_2.address) = ("web".into(), [10, 0, 20, 99].into());
            },
            "infrastructure.hosts[1].zone: found `web`; allowed: all balancers of a virtual address in one zone",
        );
        refused(
            |infrastructure| {
                let keepalived = infrastructure.hosts[1].services[1].clone();
                infrastructure.hosts[5].services.push(keepalived);
            },
            "infrastructure.hosts[5].services[2].keepalived: found `db-1`; allowed: a host with the service haproxy",
        );
        refused(
            |infrastructure| infrastructure.hosts[0].address = [10, 0, 99, 1].into(),
            "infrastructure.hosts[0].address: found `10.0.99.1`; allowed: an address of zone edge, 10.0.10.0/24",
        );
    }
}
