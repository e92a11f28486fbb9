//! Whether an infrastructure can stand: every name resolves, every address is used once, every figure is in its
//! range. A refusal names the field, what was found and what is allowed.

mod keepalived;

use std::fmt::Display;

use crate::kernel::{SimDuration, small};

use super::printable::{is_printable, is_visible};
use super::{
    App, Distribution, Haproxy, Host, Infrastructure, Mysql, Nginx, Peer, Server, Service,
};

/// What is wrong with an infrastructure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: found {found}; allowed: {allowed}")]
pub struct Invalid {
    /// The path of the field, such as `hosts[2].address`.
    pub field: String,
    /// What stood there.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
}

/// Collects what is wrong while walking the data. Every check is one call that makes no text while all is well: there are many.
#[derive(Default)]
struct Faults {
    found: Vec<Invalid>,
    /// Where the walk is, such as `hosts[2].services.app`.
    path: String,
}

const AT_LEAST_ONE: &str = "1 or more";

impl Faults {
    /// Goes down by a part of the path; what it returns is for [`leave`](Self::leave).
    fn enter(&mut self, part: &str) -> usize {
        let back = self.path.len();
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(part);
        back
    }

    /// Goes down to an item of a list.
    fn enter_item(&mut self, list: &str, index: usize) -> usize {
        let back = self.enter(list);
        self.path.push('[');
        self.path.push_str(&index.to_string());
        self.path.push(']');
        back
    }

    fn leave(&mut self, back: usize) {
        self.path.truncate(back);
    }

    #[inline(never)]
    fn expect(&mut self, holds: bool, field: &str, found: &dyn Display, allowed: &str) {
        if !holds {
            let back = self.enter(field);
            let found = found.to_string().chars().take(60).collect::<String>();
            let field = self.path.clone();
            self.leave(back);
            self.found.push(Invalid {
                field,
                found: format!("`{found}`"),
                allowed: allowed.to_owned(),
            });
        }
    }

    fn expect_some(&mut self, field: &str, count: u32) {
        self.expect(count > 0, field, &count, AT_LEAST_ONE);
    }

    fn expect_distribution(&mut self, distribution: Distribution) {
        if let Some((figure, found, allowed)) = distribution.fault() {
            let back = self.enter("service_distribution");
            self.expect(false, figure, &found, allowed);
            self.leave(back);
        }
    }

    /// Each value, with its field's path, stands once.
    fn expect_unique(&mut self, values: Vec<(String, String)>) {
        let mut seen: Vec<(String, String)> = Vec::new();
        for (value, field) in values {
            match small::find(&seen, &value) {
                Some(first) => {
                    let allowed = format!("a value of its own ({first} has this one)");
                    self.expect(false, &field, &value, &allowed);
                }
                None => seen.push((value, field)),
            }
        }
    }
}

/// The values of a field of every item of a list, with their paths.
fn each<T>(list: &str, own: &str, of: &[T], value: fn(&T) -> String) -> Vec<(String, String)> {
    let path = |index: usize| format!("{list}[{index}].{own}");
    of.iter().enumerate().map(|(index, one)| (value(one), path(index))).collect()
}

impl Infrastructure {
    /// Checks everything; the list is empty if it can stand.
    pub fn validate(&self) -> Vec<Invalid> {
        let mut faults = Faults::default();
        self.check_names(&mut faults);
        for (index, zone) in self.zones.iter().enumerate() {
            let back = faults.enter_item("zones", index);
            faults.expect((1..=4094).contains(&zone.vlan), "vlan", &zone.vlan, "1 to 4094");
            let is_network = zone.network().is_some();
            faults.expect(is_network, "subnet", &zone.subnet, "ADDRESS/BITS, as 10.0.10.0/24");
            if let Some(first) = self.zones[..index].iter().position(|of| of.overlaps(zone)) {
                let taken = &self.zones[first].subnet;
                let allowed = format!("a network of its own (zones[{first}] has {taken})");
                faults.expect(false, "subnet", &zone.subnet, &allowed);
            }
            faults.leave(back);
        }
        for (index, host) in self.hosts.iter().enumerate() {
            let back = faults.enter_item("hosts", index);
            self.check_host(host, &mut faults);
            faults.leave(back);
        }
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
        for (index, link) in self.network.links.iter().enumerate() {
            let back = faults.enter_item("network.links", index);
            for (end, name) in [("from", &link.from), ("to", &link.to)] {
                faults.expect(self.host(name).is_some(), end, name, "the name of a host");
            }
            let is_between = link.from != link.to;
            faults.expect(is_between, "to", &link.to, "another host than `from`");
            if let Some((found, allowed)) = link.state.fault() {
                faults.expect(false, "state.loss", &found, allowed);
            }
            faults.leave(back);
        }
        if let Some(monitoring) = self.monitoring {
            let back = faults.enter("monitoring");
            let interval = monitoring.scrape_interval;
            let is_allowed = interval >= SimDuration::from_ms(100);
            faults.expect(is_allowed, "scrape_interval", &interval, "100ms or more");
            faults.leave(back);
        }
        self.check_the_way_in(&mut faults);
        faults.found
    }

    fn check_names(&self, faults: &mut Faults) {
        let is_short = (1..=60).contains(&self.name.chars().count());
        let is_fine = is_short && self.name.chars().all(is_printable);
        let is_seen = self.name.chars().any(is_visible);
        let allowed = if is_fine {
            "1 to 60 printable characters, not only blanks"
        } else {
            "1 to 60 printable characters"
        };
        if !is_fine || !is_seen {
            let shown = |letter| if is_printable(letter) { letter } else { '\u{fffd}' };
            let found: String = self.name.chars().map(shown).collect();
            faults.expect(false, "name", &found, allowed);
        }
        faults.expect_unique(each("hosts", "name", &self.hosts, |host| host.name.clone()));
        faults.expect_unique(each("zones", "name", &self.zones, |zone| zone.name.clone()));
        faults.expect_unique(each("vips", "name", &self.vips, |vip| vip.name.clone()));
        faults.expect_unique(each("rules", "name", &self.rules, |rule| rule.name.clone()));
        let mut addresses = each("hosts", "address", &self.hosts, |host| host.address.to_string());
        addresses.extend(each("vips", "address", &self.vips, |vip| vip.address.to_string()));
        faults.expect_unique(addresses);
        // An address that never moves has no use for one.
        let ids =
            each("vips", "virtual_router_id", &self.vips, |vip| vip.virtual_router_id.to_string());
        let moved = ids.into_iter().zip(&self.vips).filter(|(_, vip)| vip.host.is_none());
        faults.expect_unique(moved.map(|(id, _)| id).collect());
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
        faults.expect(!self.vips.is_empty(), "vips", &"none", allowed);
        for (index, vip) in self.vips.iter().enumerate() {
            let back = faults.enter_item("vips", index);
            let claims = self.hosts.iter().filter_map(Host::keepalived);
            let mut claims = claims.flat_map(|keepalived| &keepalived.instances);
            let is_claimed = claims.any(|instance| instance.vip == vip.name);
            if let Some(name) = &vip.host {
                let allowed = "a host with the service haproxy or nginx";
                faults.expect(self.host(name).is_some_and(at_the_door), "host", name, allowed);
                let allowed = "nothing: keepalived moves this address";
                faults.expect(!is_claimed, "host", name, allowed);
            } else {
                let allowed = "the host that has it, or an instance of keepalived that claims it";
                faults.expect(is_claimed, "host", &"nothing", allowed);
                let id = vip.virtual_router_id;
                faults.expect(id > 0, "virtual_router_id", &id, "1 to 255");
            }
            faults.leave(back);
        }
    }

    fn check_host(&self, host: &Host, faults: &mut Faults) {
        faults.expect_some("cores", host.cores);
        faults.expect_some("network_mbit", host.network_mbit);
        faults.expect_some("memory_gib", host.memory_gib);
        faults.expect_some("disk_iops", host.disk_iops);
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
        let services = host.services.iter();
        let names = services.clone().map(|own| (own.name().to_owned(), "services".to_owned()));
        faults.expect_unique(names.collect());
        let ports = services.flat_map(|own| {
            let field = format!("services.{}.port", own.name());
            own.ports().into_iter().map(move |port| (port.to_string(), field.clone()))
        });
        faults.expect_unique(ports.collect());
        self.check_cluster(host, faults);
        for service in &host.services {
            let back = faults.enter("services");
            faults.enter(service.name());
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
        faults.expect_distribution(app.service_distribution);
        faults.expect_some("workers", app.workers);
        let names = [("database", Some(&app.database)), ("reads_from", app.reads_from.as_ref())];
        for (field, name) in names {
            let Some(name) = name else { continue };
            let is_known = self.database_port(name) != 0;
            faults.expect(is_known, field, name, "a host with the service mysql");
        }
    }

    fn check_mysql(&self, host: &Host, mysql: &Mysql, faults: &mut Faults) {
        faults.expect_distribution(mysql.service_distribution);
        faults.expect_some("max_connections", mysql.max_connections);
        faults.expect_some("threads", mysql.threads);
        let (pool, memory) = (mysql.innodb_buffer_pool_mib, host.memory_gib.saturating_mul(1024));
        let allowed = format!("at most the memory of {}, {memory} MiB", host.name);
        faults.expect(pool <= memory, "innodb_buffer_pool_mib", &pool, &allowed);
        // A replica copies a primary on another machine.
        let Some(replica) = &mysql.replica else { return };
        let source = &replica.source;
        let services = self.host(source).into_iter().flat_map(|host| &host.services);
        let is_primary = services.filter_map(Service::as_mysql).any(|own| own.replica.is_none());
        let allowed = "another host, with a mysql that is no replica itself";
        faults.expect(*source != host.name && is_primary, "replica.source", source, allowed);
    }

    fn check_nginx(&self, nginx: &Nginx, faults: &mut Faults) {
        faults.expect_distribution(nginx.service_distribution);
        faults.expect_some("worker_processes", nginx.worker_processes);
        faults.expect_some("worker_connections", nginx.worker_connections);
        let Some(proxy_pass) = &nginx.proxy_pass else { return };
        let back = faults.enter("proxy_pass");
        let servers = &proxy_pass.upstream.servers;
        faults.expect(!servers.is_empty(), "servers", &0, "at least one server");
        for (index, server) in servers.iter().enumerate() {
            let back = faults.enter_item("servers", index);
            let services = self.host(&server.host).into_iter().flat_map(|host| &host.services);
            let mut apps = services.filter_map(Service::as_app);
            let listens = apps.any(|app| app.port == server.port);
            let found = format!("{}:{}", server.host, server.port);
            faults.expect(listens, "host", &found, "a host where app listens on that port");
            let is_allowed = (1..=65_535).contains(&server.weight);
            faults.expect(is_allowed, "weight", &server.weight, "1 to 65535");
            faults.leave(back);
        }
        faults.leave(back);
    }

    fn check_haproxy(&self, haproxy: &Haproxy, faults: &mut Faults) {
        let named = haproxy.path_rules.iter().map(|rule| &rule.backend);
        for name in named.chain([&haproxy.default_backend]) {
            if !haproxy.backends.iter().any(|backend| &backend.name == name) {
                let backends = join(haproxy.backends.iter().map(|backend| &backend.name));
                faults.expect(false, "backend", name, &backends);
            }
        }
        if let Some(tls) = haproxy.tls {
            let percent = tls.resumed_percent;
            faults.expect(percent <= 100, "tls.resumed_percent", &percent, "0 to 100");
        }
        for backend in &haproxy.backends {
            let back = faults.enter("backends");
            faults.enter(&backend.name);
            faults.expect(!backend.servers.is_empty(), "servers", &0, "at least one server");
            for server in &backend.servers {
                let back = faults.enter("servers");
                faults.enter(&server.name);
                self.check_server(server, faults);
                faults.leave(back);
            }
            faults.leave(back);
        }
    }

    fn check_server(&self, server: &Server, faults: &mut Faults) {
        let services = self.host(&server.host).into_iter().flat_map(|host| &host.services);
        let listens = services.clone().any(|service| {
            matches!(service, Service::Nginx(_) | Service::App(_))
                && service.ports().contains(&server.port)
        });
        let found = format!("{}:{}", server.host, server.port);
        faults.expect(listens, "host", &found, "a host where nginx or app listens on that port");
        faults.expect(server.weight <= 256, "weight", &server.weight, "0 to 256");
        for (field, count) in [("rise", server.rise), ("fall", server.fall)] {
            faults.expect((1..=100).contains(&count), field, &count, "1 to 100");
        }
        for inter in [server.inter, server.fastinter(), server.downinter()] {
            faults.expect(inter.as_ns() >= 1_000_000, "inter", &inter, "1ms or more");
        }
    }
}

fn join<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

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
            "hosts[3].address: found `10.0.20.11`; allowed: a value of its own (hosts[2].address has this one)",
        );
        refused(
            |infrastructure| infrastructure.hosts[5].zone = "cellar".into(),
            "hosts[5].zone: found `cellar`; allowed: edge, web, app, db, mgmt",
        );
        refused(
            |infrastructure| {
                let Service::Mysql(mysql) = &mut infrastructure.hosts[5].services[0] else {
                    return;
                };
                mysql.service_distribution = Distribution::Hyperexponential { squared_cv: 0.5 };
            },
            "hosts[5].services.mysql.service_distribution.squared_cv: found `0.5`; allowed: 1 to 100",
        );
        refused(
            |infrastructure| {
                let Service::Nginx(nginx) = &mut infrastructure.hosts[2].services[0] else {
                    return;
                };
                nginx.service_distribution = Distribution::Erlang { stages: 0 };
            },
            "hosts[2].services.nginx.service_distribution.stages: found `0`; allowed: 1 to 100",
        );
        refused(
            |infrastructure| infrastructure.zones[0].vlan = 5000,
            "zones[0].vlan: found `5000`; allowed: 1 to 4094",
        );
        refused(
            |infrastructure| infrastructure.zones[1].subnet = "10.0.0.0/16".into(),
            "zones[1].subnet: found `10.0.0.0/16`; allowed: a network of its own (zones[0] has 10.0.10.0/24)",
        );
        refused(
            |infrastructure| infrastructure.vips[1].virtual_router_id = 51,
            "vips[1].virtual_router_id: found `51`; allowed: a value of its own (vips[0].virtual_router_id has this one)",
        );
        refused(
            |infrastructure| infrastructure.name = "a\u{1b}[2J".into(),
            "name: found `a\u{fffd}[2J`; allowed: 1 to 60 printable characters",
        );
        refused(
            |infrastructure| infrastructure.hosts.retain(|host| host.name != "db-1"),
            "hosts[3].services.app.database: found `db-1`; allowed: a host with the service mysql",
        );
        refused(
            |infrastructure| infrastructure.hosts.drain(..3).for_each(drop),
            "hosts: found `no HAProxy and no Nginx`; allowed: at least one host with the service haproxy, or with nginx if there is no balancer",
        );
        refused(
            |infrastructure| infrastructure.vips[0].host = Some("lb-1".into()),
            "vips[0].host: found `lb-1`; allowed: nothing: keepalived moves this address",
        );
        refused(
            |infrastructure| {
                for host in &mut infrastructure.hosts {
                    host.services.retain(|service| service.name() != "keepalived");
                }
            },
            "vips[0].host: found `nothing`; allowed: the host that has it, or an instance of keepalived that claims it",
        );
        refused(
            |infrastructure| {
                let lb_2 = &mut infrastructure.hosts[1];
                (lb_2.zone, lb_2.address) = ("web".into(), [10, 0, 20, 99].into());
            },
            "hosts[1].zone: found `web`; allowed: all balancers of a virtual address in one zone",
        );
        refused(
            |infrastructure| {
                let keepalived = infrastructure.hosts[1].services[1].clone();
                infrastructure.hosts[5].services.push(keepalived);
            },
            "hosts[5].services.keepalived: found `no haproxy beside it`; allowed: a host with the service haproxy",
        );
        refused(
            |infrastructure| infrastructure.hosts[0].address = [10, 0, 99, 1].into(),
            "hosts[0].address: found `10.0.99.1`; allowed: an address of zone edge, 10.0.10.0/24",
        );
    }
}
