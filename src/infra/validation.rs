//! Whether an infrastructure can stand: every name resolves, every address is used once, every figure is in its
//! range. A refusal names the field, what was found and what is allowed.

use crate::kernel::{SimDuration, small};

use super::{
    Distribution, Haproxy, Host, Infrastructure, Keepalived, Nginx, Peer, Server, Service,
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

/// Collects what is wrong while walking the data.
#[derive(Default)]
struct Faults(Vec<Invalid>);

impl Faults {
    #[allow(clippy::needless_pass_by_value, reason = "figures and texts are given alike")]
    fn expect(&mut self, holds: bool, field: &str, found: impl ToString, allowed: &str) {
        if !holds {
            let found = format!("`{}`", found.to_string().chars().take(60).collect::<String>());
            self.0.push(Invalid { field: field.to_owned(), found, allowed: allowed.to_owned() });
        }
    }

    fn expect_distribution(&mut self, field: &str, distribution: Distribution) {
        if let Some((figure, found, allowed)) = distribution.fault() {
            let field = format!("{field}.service_distribution.{figure}");
            self.expect(false, &field, found, allowed);
        }
    }

    /// Each value, with its field's path, stands once.
    fn expect_unique(&mut self, values: impl Iterator<Item = (String, String)>) {
        let mut seen: Vec<(String, String)> = Vec::new();
        for (value, field) in values {
            match small::find(&seen, &value) {
                Some(first) => {
                    let allowed = format!("a value of its own ({first} has this one)");
                    self.expect(false, &field, value, &allowed);
                }
                None => seen.push((value, field)),
            }
        }
    }
}

impl Infrastructure {
    /// Checks everything; the list is empty if it can stand.
    pub fn validate(&self) -> Vec<Invalid> {
        let mut faults = Faults::default();
        self.check_names(&mut faults);
        let zone_names = join(self.zones.iter().map(|zone| &zone.name));
        for (index, zone) in self.zones.iter().enumerate() {
            let vlan_ok = (1..=4094).contains(&zone.vlan);
            faults.expect(vlan_ok, &format!("zones[{index}].vlan"), zone.vlan, "1 to 4094");
        }
        for (index, host) in self.hosts.iter().enumerate() {
            let field = format!("hosts[{index}]");
            let zone_known = self.zone(&host.zone).is_some();
            faults.expect(zone_known, &format!("{field}.zone"), &host.zone, &zone_names);
            let cores = host.cores;
            faults.expect(cores > 0, &format!("{field}.cores"), cores, "1 or more");
            if let Some(zone) = self.zone(&host.zone) {
                let allowed = format!("an address of zone {}, {}", zone.name, zone.subnet);
                let is_in = zone.holds(host.address);
                faults.expect(is_in, &format!("{field}.address"), host.address, &allowed);
            }
            self.check_services(&field, host, &mut faults);
        }
        for (index, rule) in self.rules.iter().enumerate() {
            for (side, peer) in [("from", &rule.from), ("to", &rule.to)] {
                let known = match peer {
                    Peer::Internet | Peer::Any => true,
                    Peer::Zone(name) => self.zone(name).is_some(),
                    Peer::Host(name) => self.host(name).is_some(),
                };
                faults.expect(
                    known,
                    &format!("rules[{index}].{side}"),
                    peer,
                    "a zone or host of this infrastructure",
                );
            }
        }
        let at_the_door = |host: &Host| {
            host.haproxy().is_some() || host.services.iter().any(|own| own.as_nginx().is_some())
        };
        faults.expect(
            self.hosts.iter().any(at_the_door),
            "hosts",
            "no HAProxy and no Nginx",
            "at least one host with the service haproxy, or with nginx if there is no balancer",
        );
        faults.expect(
            !self.vips.is_empty(),
            "vips",
            "none",
            "at least one address that users can reach",
        );
        if let Some(monitoring) = self.monitoring {
            let interval = monitoring.scrape_interval;
            let allowed = "100ms or more";
            let is_allowed = interval >= SimDuration::from_ms(100);
            faults.expect(is_allowed, "monitoring.scrape_interval", interval, allowed);
        }
        for (index, vip) in self.vips.iter().enumerate() {
            let Some(name) = &vip.host else { continue };
            let field = format!("vips[{index}].host");
            let allowed = "a host with the service haproxy or nginx";
            faults.expect(self.host(name).is_some_and(at_the_door), &field, name, allowed);
            let claims = self.hosts.iter().filter_map(Host::keepalived);
            let mut claims = claims.flat_map(|keepalived| &keepalived.instances);
            let is_claimed = claims.any(|instance| instance.vip == vip.name);
            let allowed = "nothing: keepalived moves this address";
            faults.expect(!is_claimed, &field, name, allowed);
        }
        faults.0
    }

    fn check_names(&self, faults: &mut Faults) {
        fn each<'a, T>(
            list: &'a str,
            own: &'a str,
            of: &'a [T],
            value: impl Fn(&T) -> String + 'a,
        ) -> impl Iterator<Item = (String, String)> + 'a {
            let of = of.iter().enumerate();
            of.map(move |(index, one)| (value(one), format!("{list}[{index}].{own}")))
        }
        faults.expect_unique(each("hosts", "name", &self.hosts, |host| host.name.clone()));
        faults.expect_unique(each("zones", "name", &self.zones, |zone| zone.name.clone()));
        faults.expect_unique(each("vips", "name", &self.vips, |vip| vip.name.clone()));
        faults.expect_unique(each("rules", "name", &self.rules, |rule| rule.name.clone()));
        let hosts = each("hosts", "address", &self.hosts, |host| host.address.to_string());
        let vips = each("vips", "address", &self.vips, |vip| vip.address.to_string());
        faults.expect_unique(hosts.chain(vips));
    }

    fn check_services(&self, field: &str, host: &Host, faults: &mut Faults) {
        let own = host.services.iter();
        let name = |service: &Service| (service.name().to_owned(), format!("{field}.services"));
        faults.expect_unique(own.clone().map(name));
        let port = |service: &Service| {
            let field = format!("{field}.services.{}.port", service.name());
            service.ports().into_iter().map(move |port| (port.to_string(), field.clone()))
        };
        faults.expect_unique(own.flat_map(port));
        for service in &host.services {
            let field = format!("{field}.services.{}", service.name());
            match service {
                Service::Haproxy(haproxy) => self.check_haproxy(&field, haproxy, faults),
                Service::Keepalived(keepalived) => {
                    self.check_keepalived(&field, keepalived, faults);
                }
                Service::Nginx(nginx) => self.check_nginx(&field, nginx, faults),
                Service::App(app) => {
                    faults.expect_distribution(&field, app.service_distribution);
                    faults.expect(
                        app.workers > 0,
                        &format!("{field}.workers"),
                        app.workers,
                        "1 or more",
                    );
                    let port = self.database_port(&app.database);
                    let allowed = "a host with the service mysql";
                    faults.expect(port != 0, &format!("{field}.database"), &app.database, allowed);
                    if let Some(reads_from) = &app.reads_from {
                        let is_known = self.database_port(reads_from) != 0;
                        faults.expect(
                            is_known,
                            &format!("{field}.reads_from"),
                            reads_from,
                            allowed,
                        );
                    }
                }
                Service::Mysql(mysql) => {
                    faults.expect_distribution(&field, mysql.service_distribution);
                    let max = mysql.max_connections;
                    faults.expect(max > 0, &format!("{field}.max_connections"), max, "1 or more");
                    faults.expect(
                        mysql.threads > 0,
                        &format!("{field}.threads"),
                        mysql.threads,
                        "1 or more",
                    );
                    if let Some(replica) = &mysql.replica {
                        let field = format!("{field}.replica.source");
                        self.check_source(&field, host, &replica.source, faults);
                    }
                }
                Service::Agent => {}
            }
        }
    }

    fn check_nginx(&self, field: &str, nginx: &Nginx, faults: &mut Faults) {
        faults.expect_distribution(field, nginx.service_distribution);
        let (workers, connections) = (nginx.worker_processes, nginx.worker_connections);
        faults.expect(workers > 0, &format!("{field}.worker_processes"), workers, "1 or more");
        let own = format!("{field}.worker_connections");
        faults.expect(connections > 0, &own, connections, "1 or more");
        let Some(proxy_pass) = &nginx.proxy_pass else { return };
        let field = format!("{field}.proxy_pass");
        let upstream = &proxy_pass.upstream;
        let count = upstream.servers.len();
        faults.expect(count > 0, &format!("{field}.servers"), count, "at least one server");
        for (index, server) in upstream.servers.iter().enumerate() {
            let field = format!("{field}.servers[{index}]");
            let services = self.host(&server.host).into_iter().flat_map(|host| &host.services);
            let apps = services.filter_map(Service::as_app);
            let listens = apps.map(|app| app.port).any(|port| port == server.port);
            let found = format!("{}:{}", server.host, server.port);
            let allowed = "a host where app listens on that port";
            faults.expect(listens, &format!("{field}.host"), found, allowed);
            let weight = server.weight;
            let is_allowed = (1..=65_535).contains(&weight);
            faults.expect(is_allowed, &format!("{field}.weight"), weight, "1 to 65535");
        }
    }

    /// A replica copies a primary on another machine.
    fn check_source(&self, field: &str, host: &Host, source: &str, faults: &mut Faults) {
        let allowed = "another host, with a mysql that is no replica itself";
        let services = self.host(source).into_iter().flat_map(|host| &host.services);
        let is_primary = services.filter_map(Service::as_mysql).any(|own| own.replica.is_none());
        faults.expect(source != host.name && is_primary, field, source, allowed);
    }

    fn check_haproxy(&self, field: &str, haproxy: &Haproxy, faults: &mut Faults) {
        let backends = join(haproxy.backends.iter().map(|backend| &backend.name));
        let named = haproxy.path_rules.iter().map(|rule| &rule.backend);
        for name in named.chain([&haproxy.default_backend]) {
            let known = haproxy.backends.iter().any(|backend| &backend.name == name);
            faults.expect(known, &format!("{field}.backend"), name, &backends);
        }
        for backend in &haproxy.backends {
            let field = format!("{field}.backends.{}", backend.name);
            let count = backend.servers.len();
            faults.expect(count > 0, &format!("{field}.servers"), count, "at least one server");
            for server in &backend.servers {
                self.check_server(&format!("{field}.servers.{}", server.name), server, faults);
            }
        }
    }

    fn check_server(&self, field: &str, server: &Server, faults: &mut Faults) {
        let services = self.host(&server.host).into_iter().flat_map(|host| &host.services);
        let listens = services.clone().any(|service| {
            matches!(service, Service::Nginx(_) | Service::App(_))
                && service.ports().contains(&server.port)
        });
        let found = format!("{}:{}", server.host, server.port);
        faults.expect(
            listens,
            &format!("{field}.host"),
            found,
            "a host where nginx or app listens on that port",
        );
        faults.expect(server.weight <= 256, &format!("{field}.weight"), server.weight, "0 to 256");
        faults.expect(
            (1..=100).contains(&server.rise),
            &format!("{field}.rise"),
            server.rise,
            "1 to 100",
        );
        faults.expect(
            (1..=100).contains(&server.fall),
            &format!("{field}.fall"),
            server.fall,
            "1 to 100",
        );
        for inter in [server.inter, server.fastinter(), server.downinter()] {
            faults.expect(
                inter.as_ns() >= 1_000_000,
                &format!("{field}.inter"),
                inter,
                "1ms or more",
            );
        }
    }

    fn check_keepalived(&self, field: &str, keepalived: &Keepalived, faults: &mut Faults) {
        let vips = join(self.vips.iter().map(|vip| &vip.name));
        let (version, advert) = (keepalived.vrrp_version, keepalived.advert_int);
        faults.expect(
            matches!(version, 2 | 3),
            &format!("{field}.vrrp_version"),
            version,
            "2 or 3",
        );
        let steps_of = |step: u64, most: u64| {
            let ns = advert.as_ns();
            ns.is_multiple_of(step) && (1..=most).contains(&(ns / step))
        };
        let (advert_ok, allowed) = if version == 3 {
            (steps_of(10_000_000, 4095), "10ms to 40.95s in steps of 10ms (version 3)")
        } else {
            (steps_of(1_000_000_000, 255), "1s to 255s in whole seconds (version 2)")
        };
        faults.expect(advert_ok, &format!("{field}.advert_int"), advert, allowed);
        for instance in &keepalived.instances {
            let known = self.vips.iter().any(|vip| vip.name == instance.vip);
            faults.expect(known, &format!("{field}.instances.vip"), &instance.vip, &vips);
            let priority_ok = (1..=254).contains(&instance.priority);
            faults.expect(
                priority_ok,
                &format!("{field}.instances.priority"),
                instance.priority,
                "1 to 254",
            );
            faults.expect(
                instance.preempt_delay <= SimDuration::from_secs(1000),
                &format!("{field}.instances.preempt_delay"),
                instance.preempt_delay,
                "0s to 1000s",
            );
        }
        if let Some(script) = &keepalived.track_script {
            let interval = script.interval;
            faults.expect(
                interval.as_ns() >= 10_000_000,
                &format!("{field}.track_script.interval"),
                interval,
                "10ms or more",
            );
            let counts = [("fall", script.fall), ("rise", script.rise)];
            for (name, count) in counts {
                let field = format!("{field}.track_script.{name}");
                faults.expect(count >= 1, &field, count, "1 or more");
            }
            faults.expect(
                (-253..=253).contains(&script.weight),
                &format!("{field}.track_script.weight"),
                script.weight,
                "-253 to 253",
            );
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
            |infrastructure| infrastructure.hosts[0].address = [10, 0, 99, 1].into(),
            "hosts[0].address: found `10.0.99.1`; allowed: an address of zone edge, 10.0.10.0/24",
        );
    }
}
