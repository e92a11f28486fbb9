//! Where a setting is looked for: at which machines, in which lines; and what is missing where nothing there has it.

use super::Setting;
use super::fields::{Act, Field};
use super::rows::SITE;
use crate::infra::{Host, Infrastructure, Nginx, Service};

impl Setting {
    /// Whether it is a figure of the whole site, which stands on no machine.
    pub fn is_of_site(self) -> bool {
        matches!(self.service(), "network" | "monitoring")
    }

    /// Whether it stands in the lines that name a machine, in the configuration of another that chooses between them.
    fn is_of_lines(self) -> bool {
        matches!(self.service(), "server" | "upstream")
    }

    /// Whether this machine has what the setting is of; whoever is chosen between may be any.
    pub(super) fn is_at(self, host: &Host) -> bool {
        self.is_of_lines() || host.service(self.service()).is_some()
    }

    /// Shows every field of it that an edit of the machine of this name means; that machine's own first.
    pub(super) fn places(self, name: &str, infrastructure: &mut Infrastructure, act: &mut Act<'_>) {
        if !self.is_of_site() {
            self.of_hosts(name, &mut infrastructure.hosts, act);
            return;
        }
        if name != SITE {
            return;
        }
        let network = &mut infrastructure.network;
        let field = match (self, &mut infrastructure.monitoring) {
            (Self::InternetLatency, _) => Field::Time(&mut network.internet_latency),
            (Self::LanLatency, _) => Field::Time(&mut network.lan_latency),
            (Self::RoutingTime, _) => Field::Time(&mut network.routing_time),
            (Self::ScrapeInterval, Some(own)) => Field::Time(&mut own.scrape_interval),
            (Self::AlertFor, Some(own)) => Field::Time(&mut own.alert_for),
            (Self::AlertErrors, Some(own)) => Field::Count(&mut own.thresholds.errors_percent),
            (Self::AlertLatency, Some(own)) => Field::Time(&mut own.thresholds.latency_p95),
            (Self::AlertRate, Some(own)) => Field::Count(&mut own.thresholds.busy_percent),
            (Self::AlertWaiting, Some(own)) => Field::Count(&mut own.thresholds.waiting_percent),
            (Self::AlertReplica, Some(own)) => Field::Time(&mut own.thresholds.replica_lag),
            _ => return,
        };
        act(field);
    }

    fn of_hosts(self, name: &str, hosts: &mut [Host], act: &mut Act<'_>) {
        let balances = |host: &Host| host.name == name && host.haproxy().is_some();
        let is_shared = self.service() == "haproxy" && hosts.iter().any(balances);
        // Only then there is another page to ask for than the web server's own.
        if self == Self::HttpchkUri && !hosts.iter().any(passes_on) {
            return;
        }
        for is_own in [true, false] {
            for host in hosts.iter_mut().filter(|host| (host.name == name) == is_own) {
                for service in &mut host.services {
                    if self.is_of_lines() {
                        self.of_lines(name, service, act);
                    } else if is_own || is_shared {
                        self.fields(service, act);
                    }
                }
            }
        }
    }

    /// The lines of a service that name this machine beside others: alone it gets everything, whatever its line says.
    fn of_lines(self, name: &str, service: &mut Service, act: &mut Act<'_>) {
        match service {
            Service::Haproxy(haproxy) => {
                let several = haproxy.backends.iter_mut().filter(|own| own.servers.len() > 1);
                let lines = several.flat_map(|own| &mut own.servers);
                for line in lines.filter(|line| line.host == name) {
                    match self {
                        Self::ServerWeight => act(Field::Count(&mut line.weight)),
                        Self::ServerBackup => act(Field::Flag(&mut line.backup)),
                        _ => {}
                    }
                }
            }
            Service::Nginx(Nginx { proxy_pass: Some(proxy_pass), .. }) => {
                let servers = &mut proxy_pass.upstream.servers;
                let is_alone = servers.len() < 2;
                for line in servers.iter_mut().filter(|line| !is_alone && line.host == name) {
                    match self {
                        Self::UpstreamWeight => act(Field::Count(&mut line.weight)),
                        Self::UpstreamBackup => act(Field::Flag(&mut line.backup)),
                        _ => {}
                    }
                }
            }
            Service::Nginx(_)
            | Service::Keepalived(_)
            | Service::App(_)
            | Service::Mysql(_)
            | Service::Agent => {}
        }
    }

    /// What it needs at this machine and does not find there, and the edit that gives it.
    pub fn lacks(
        self,
        infrastructure: &Infrastructure,
        name: &str,
    ) -> Option<(&'static str, Option<String>)> {
        let is_there =
            self.is_of_site() || infrastructure.host(name).is_some_and(|host| self.is_at(host));
        let lacks = is_there && self.at(infrastructure, name).is_none();
        lacks.then(|| self.needs(infrastructure, name))
    }

    /// Without what it has no effect, and the edit that gives it, if one can.
    pub(super) fn needs(
        self,
        infrastructure: &Infrastructure,
        name: &str,
    ) -> (&'static str, Option<String>) {
        // The first load does without the words: the page is told them by the desk.
        if crate::IS_FIRST_LOAD {
            return ("what is not there", None);
        }
        let (needed, cure) = match self {
            Self::Minconn | Self::Maxqueue => {
                ("a `maxconn` of the servers", "haproxy.maxconn:HOST=100")
            }
            Self::Fullconn => ("a `minconn` of the servers", "haproxy.minconn:HOST=5"),
            Self::StickSize | Self::StickExpire | Self::Peers => {
                ("`stick on`", "haproxy.stick_on:HOST=src")
            }
            Self::TlsTicketKeys | Self::ResumedPercent | Self::FullWork | Self::ResumedWork => {
                ("TLS whose work is counted", "tls:on")
            }
            Self::SslMaxVer => ("TLS", "tls:on"),
            Self::HttpchkUri if infrastructure.backends().any(|own| own.httpchk.is_none()) => {
                ("`option httpchk`", "haproxy.httpchk:HOST=on")
            }
            Self::HttpchkUri => ("a web server that passes pages on", "routing:chain"),
            Self::Allbackups | Self::OnMarkedUp => {
                let mut several = infrastructure.backends().filter(|own| own.servers.len() > 1);
                let last = several.next().and_then(|own| own.servers.last());
                let cure = last.map(|server| format!("server.backup:{}=on", server.host));
                return ("a `backup` server", cure);
            }
            Self::Interval | Self::Fall | Self::Rise | Self::Weight => {
                ("a `track_script`", "keepalived.track_script:HOST=on")
            }
            Self::SecondPriority => ("a second virtual address", ""),
            Self::CacheUseStale => ("a `proxy_cache_valid`", "nginx.proxy_cache_valid:HOST=10s"),
            Self::Lag | Self::PromoteAfter => ("a primary that it copies", ""),
            Self::ServerWeight | Self::ServerBackup => {
                ("a balancer that chooses between it and others", "")
            }
            Self::UpstreamWeight | Self::UpstreamBackup => {
                ("an Nginx that chooses between it and others", "")
            }
            _ if self.service() == "nginx" => ("a `proxy_pass`", "routing:chain"),
            _ if self.service() == "keepalived" => ("a virtual address", ""),
            _ => ("monitoring", ""),
        };
        (needed, (!cure.is_empty()).then(|| cure.replace("HOST", name)))
    }
}

/// Whether an Nginx there passes pages on.
fn passes_on(host: &Host) -> bool {
    host.services.iter().filter_map(Service::as_nginx).any(|own| own.proxy_pass.is_some())
}
