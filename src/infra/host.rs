//! The infrastructure as a whole: machines, the zones they stand in, the addresses users reach, and the links that
//! follow from who talks to whom.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::{Backend, LinkChange, Monitoring, Peer, Policy, Rule, Service, USERS_END};
use crate::kernel::SimDuration;

/// Everything that stands there. Plain data; [`Infrastructure::validate`](Self::validate) tells whether it can stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Infrastructure {
    /// The short name, such as `brief`.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// The name users ask for.
    pub domain: String,
    /// From the users' side to the database.
    pub zones: Vec<Zone>,
    /// The machines, in the order of the zones.
    pub hosts: Vec<Host>,
    /// The virtual addresses behind `domain`, one A record each.
    pub vips: Vec<Vip>,
    /// Ways in from the internet, the one in use first.
    pub uplinks: Vec<Uplink>,
    /// What may pass between zones, the first match deciding; nothing matches: denied.
    pub rules: Vec<Rule>,
    /// Travel times.
    pub network: Network,
    /// Who watches over the machines. `None`: nobody does.
    #[serde(default)]
    pub monitoring: Option<Monitoring>,
}

/// A VLAN and the policy at its border.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Short name, such as `edge`.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// IEEE 802.1Q VLAN identifier, 1 to 4094.
    pub vlan: u16,
    /// The network in CIDR notation.
    pub subnet: String,
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Its name, unique, such as `app-1`.
    pub name: String,
    /// What the exercise calls it, such as `Server 2`.
    pub title: String,
    /// Its part in a few words.
    pub role: String,
    /// The zone it stands in.
    pub zone: String,
    /// Its own address.
    pub address: Ipv4Addr,
    /// Processor cores.
    pub cores: u32,
    /// Memory in GiB.
    pub memory_gib: u32,
    /// Disk, in a few words.
    pub disk: String,
    /// Writes that its disk makes durable in a second, one after the other (`fsync`).
    #[serde(default = "ssd")]
    pub disk_iops: u32,
    /// What its network card sends, in megabits a second.
    #[serde(default = "gigabit")]
    pub network_mbit: u32,
    /// The programs on it.
    pub services: Vec<Service>,
}

const fn gigabit() -> u32 {
    Host::NETWORK_MBIT
}

const fn ssd() -> u32 {
    Host::DISK_IOPS
}

/// A virtual address that a balancer owns and another takes over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vip {
    /// Its name, such as `VIP A`.
    pub name: String,
    /// The address of the A record.
    pub address: Ipv4Addr,
    /// VRRP virtual router identifier, 1 to 255 (RFC 9568 5.2.3).
    pub virtual_router_id: u8,
    /// The machine that has it as a plain address, and keeps it. `None`: keepalived decides who has it.
    #[serde(default)]
    pub host: Option<String>,
}

/// A way in from the internet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uplink {
    /// Its name.
    pub name: String,
    /// Which of the uplinks it is, in words.
    pub role: String,
}

/// Travel times, one way, and the links that differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// Between a user and the edge.
    pub internet_latency: SimDuration,
    /// Between two hosts inside.
    pub lan_latency: SimDuration,
    /// How long routing takes until users come by another uplink when one breaks.
    #[serde(default = "routing_time")]
    pub routing_time: SimDuration,
    /// The links between hosts that are not as the others are from the start: slower, lossy, cut.
    #[serde(default)]
    pub links: Vec<LinkChange>,
}

const fn routing_time() -> SimDuration {
    Network::ROUTING_TIME
}

impl Network {
    /// A site that watches its uplinks closely (BFD) needs less, one that waits for BGP's hold timer 90 s and more (RFC 4271 10).
    pub const ROUTING_TIME: SimDuration = SimDuration::from_secs(5);
}

/// One end of a link: the users, or a host by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Place {
    /// The users on the internet.
    Users,
    /// A machine.
    Host(String),
}

impl Place {
    /// Its name, as an end of links.
    pub fn name(&self) -> &str {
        match self {
            Self::Users => USERS_END,
            Self::Host(name) => name,
        }
    }
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Purpose {
    /// Users' requests and everything they cause.
    Requests,
    /// Changes of the data, from a primary database to its replica.
    Replication,
    /// VRRP adverts between the balancers.
    Vrrp,
}

/// Who talks to whom, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// Who opens the connection.
    pub from: Place,
    /// Who accepts it.
    pub to: Place,
    /// Protocol and port in words, such as `HTTP 8000`.
    pub protocol: String,
    /// What it is for.
    pub purpose: Purpose,
}

impl Infrastructure {
    /// The host of this name.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| host.name == name)
    }

    /// Whether a firewall stands here: at the borders between zones, or because a rule drops something. A single zone whose rules only tell
    /// what its public address takes has none.
    pub fn has_firewall(&self) -> bool {
        let has_borders = self.zones.len() > 1 && !self.rules.is_empty();
        has_borders || self.rules.iter().any(|rule| rule.policy == Policy::Deny)
    }

    /// Whether each machine has a firewall of its own, rather than each zone one at its border: a rule lets somebody in to one machine alone.
    pub fn guards_each_host(&self) -> bool {
        let names_host =
            |rule: &Rule| rule.policy == Policy::Allow && matches!(rule.to, Peer::Host(_));
        self.has_firewall() && self.rules.iter().any(names_host)
    }

    /// The zone of this name.
    pub fn zone(&self, name: &str) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.name == name)
    }

    /// The hosts of a zone, in order.
    pub fn hosts_in<'a>(&'a self, zone: &'a str) -> impl Iterator<Item = &'a Host> {
        self.hosts.iter().filter(move |host| host.zone == zone)
    }

    /// The balancers: hosts that run `HAProxy`.
    pub fn balancers(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter().filter(|host| host.haproxy().is_some())
    }

    /// The backends as the first balancer has them: the balancers of a cluster carry the same configuration.
    pub fn backends(&self) -> impl Iterator<Item = &Backend> {
        self.balancers()
            .next()
            .and_then(Host::haproxy)
            .into_iter()
            .flat_map(|haproxy| &haproxy.backends)
    }

    /// Who talks to whom, derived from the services' configuration: users to balancers (or, without one, to the web server),
    /// balancers to servers, Nginx to the applications, applications to their databases, a primary to its replica, and the
    /// adverts of balancers with keepalived. What stays within a machine is no link.
    pub fn links(&self) -> Vec<Link> {
        let mut links = self.links_to_plain_web_servers();
        for balancer in self.balancers() {
            let Some(haproxy) = balancer.haproxy() else { continue };
            let from = Place::Host(balancer.name.clone());
            let scheme = if haproxy.tls_round_trips > 0 { "HTTPS" } else { "HTTP" };
            links.push(Link {
                from: Place::Users,
                to: from.clone(),
                protocol: format!("{scheme} {}", haproxy.port),
                purpose: Purpose::Requests,
            });
            for server in haproxy.backends.iter().flat_map(|backend| &backend.servers) {
                links.push(Link {
                    from: from.clone(),
                    to: Place::Host(server.host.clone()),
                    protocol: format!("HTTP {}", server.port),
                    purpose: Purpose::Requests,
                });
            }
        }
        for host in &self.hosts {
            for service in &host.services {
                self.links_of(host, service, &mut links);
            }
        }
        let claimants = self.balancers().filter(|host| host.keepalived().is_some());
        let names: Vec<&String> = claimants.map(|host| &host.name).collect();
        for pair in names.windows(2) {
            links.push(Link {
                from: Place::Host(pair[0].clone()),
                to: Place::Host(pair[1].clone()),
                protocol: "VRRP (IP protocol 112)".to_owned(),
                purpose: Purpose::Vrrp,
            });
        }
        links
    }

    /// Users reach a web server that has an address of its own without a balancer.
    fn links_to_plain_web_servers(&self) -> Vec<Link> {
        let plain = self.vips.iter().filter_map(|vip| self.host(vip.host.as_ref()?));
        let web = plain.filter(|host| host.haproxy().is_none());
        web.filter_map(|host| {
            let nginx = host.services.iter().find_map(Service::as_nginx)?;
            Some(Link {
                from: Place::Users,
                to: Place::Host(host.name.clone()),
                protocol: format!("HTTP {}", nginx.port),
                purpose: Purpose::Requests,
            })
        })
        .collect()
    }

    /// What Nginx, an application or a replica on this host talks to on others.
    fn links_of(&self, host: &Host, service: &Service, links: &mut Vec<Link>) {
        let mut link = |from: &str, to: &str, protocol: String, purpose: Purpose| {
            if from != to {
                let (from, to) = (Place::Host(from.to_owned()), Place::Host(to.to_owned()));
                links.push(Link { from, to, protocol, purpose });
            }
        };
        match service {
            Service::Nginx(nginx) => {
                for server in nginx.upstream_servers() {
                    let protocol = format!("HTTP {}", server.port);
                    link(&host.name, &server.host, protocol, Purpose::Requests);
                }
            }
            Service::App(app) => {
                for database in std::iter::once(&app.database).chain(&app.reads_from) {
                    let protocol = format!("MySQL {}", self.database_port(database));
                    link(&host.name, database, protocol, Purpose::Requests);
                }
            }
            Service::Mysql(mysql) => {
                if let Some(replica) = &mysql.replica {
                    let protocol = "replication".to_owned();
                    link(&replica.source, &host.name, protocol, Purpose::Replication);
                }
            }
            Service::Haproxy(_) | Service::Keepalived(_) | Service::Agent => {}
        }
    }

    /// The port of the database on this host; 0 if there is none.
    pub fn database_port(&self, host: &str) -> u16 {
        let services = self.host(host).into_iter().flat_map(|host| &host.services);
        services.filter_map(Service::as_mysql).map(|mysql| mysql.port).next().unwrap_or(0)
    }
}

impl Zone {
    /// Whether an address is of its network; one that is not written as ADDRESS/BITS holds none.
    pub fn holds(&self, address: Ipv4Addr) -> bool {
        let is_of = |(network, bits): (u32, u32)| {
            let differing = network ^ address.to_bits();
            differing.leading_zeros() >= bits
        };
        self.network().is_some_and(is_of)
    }

    /// Whether its network and another's have an address in common.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let both = self.network().zip(other.network());
        both.is_some_and(|((one, bits), (two, more))| (one ^ two).leading_zeros() >= bits.min(more))
    }

    /// An address of its network, and how many of its first bits are the network's; `None` if it is not written as ADDRESS/BITS.
    pub(super) fn network(&self) -> Option<(u32, u32)> {
        let (network, bits) = self.subnet.split_once('/')?;
        let (network, bits) = (network.parse::<Ipv4Addr>().ok()?, bits.parse::<u32>().ok()?);
        (bits <= 32).then(|| (network.to_bits(), bits))
    }
}

impl Host {
    /// What a plain SSD without a battery-backed cache does.
    pub const DISK_IOPS: u32 = 500;
    /// What a network card of a gigabit sends, in megabits a second.
    pub const NETWORK_MBIT: u32 = 1000;

    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name() == name)
    }

    /// Its `HAProxy`, if it runs one.
    pub fn haproxy(&self) -> Option<&super::Haproxy> {
        self.services.iter().find_map(Service::as_haproxy)
    }

    /// Its keepalived, if it runs one.
    pub fn keepalived(&self) -> Option<&super::Keepalived> {
        self.services.iter().find_map(Service::as_keepalived)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    #[test]
    fn users_speak_what_the_balancer_listens_for_and_adverts_need_keepalived() {
        for (preset, entrances, adverts) in [
            (Preset::Simple, vec!["HTTP 80"], 0),
            (Preset::Distributed, vec!["HTTP 80"], 0),
            (Preset::Secured, vec!["HTTPS 443"], 0),
            (Preset::Brief, vec!["HTTPS 443"; 2], 1),
        ] {
            let links = preset.infrastructure().links();
            let from_users = links.iter().filter(|link| link.from == Place::Users);
            let told: Vec<&str> = from_users.map(|link| link.protocol.as_str()).collect();
            assert_eq!(told, entrances, "{preset}");
            let between = links.iter().filter(|link| link.purpose == Purpose::Vrrp);
            assert_eq!(between.count(), adverts, "{preset}");
        }
        let mut apart = Preset::Brief.infrastructure();
        apart.hosts[1].services.retain(|service| service.as_keepalived().is_none());
        assert!(apart.links().iter().all(|link| link.purpose != Purpose::Vrrp));
    }
}
