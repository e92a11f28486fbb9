//! Ready-made infrastructures. The addresses are documentation addresses outside (RFC 5737) and private ones
//! inside (RFC 1918).

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use super::{
    App, Backend, Balance, Distribution, Haproxy, Host, HttpCheck, Infrastructure, Keepalived,
    Mysql, Network, Nginx, PathRule, Peer, Policy, Protocol, Retries, Rule, Server, Service,
    Timeouts, TrackScript, Uplink, Vip, VrrpInstance, Zone,
};
use crate::kernel::SimDuration;

/// A ready-made infrastructure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// The infrastructure of the brief: six machines.
    Brief,
}

/// A name that no preset has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no preset `{found}`; the presets are: {}", Preset::names())]
pub struct UnknownPreset {
    /// What was asked for.
    pub found: String,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Brief];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brief => "brief",
        }
    }

    /// What it holds.
    pub fn infrastructure(self) -> Infrastructure {
        match self {
            Self::Brief => brief(),
        }
    }

    fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(name: &str) -> Result<Self, UnknownPreset> {
        let refuse = || UnknownPreset { found: name.chars().take(40).collect() };
        Self::ALL.into_iter().find(|preset| preset.name() == name).ok_or_else(refuse)
    }
}

fn brief() -> Infrastructure {
    Infrastructure {
        name: "brief".to_owned(),
        title: "www.foobar.com, scaled up: two balancers, one web server, two application servers, one database".to_owned(),
        domain: "www.foobar.com".to_owned(),
        zones: vec![
            zone("edge", "Edge", 10),
            zone("web", "Web", 20),
            zone("app", "Application", 30),
            zone("db", "Database", 40),
            zone("mgmt", "Management", 99),
        ],
        hosts: vec![
            balancer("lb-1", "Load balancer 1", 11, [101, 100]),
            balancer("lb-2", "Load balancer 2", 12, [100, 101]),
            host("web-1", "Server 1", "web server: static files", "web", [20, 11], nginx()),
            host("app-1", "Server 2", "application server", "app", [30, 11], app()),
            host("app-2", "Server 4", "application server, the additional one", "app", [30, 12], app()),
            host("db-1", "Server 3", "database server: all data", "db", [40, 11], mysql()),
        ],
        vips: vec![
            Vip { name: "VIP A".to_owned(), address: Ipv4Addr::new(203, 0, 113, 10), virtual_router_id: 51 },
            Vip { name: "VIP B".to_owned(), address: Ipv4Addr::new(203, 0, 113, 11), virtual_router_id: 52 },
        ],
        uplinks: vec![
            Uplink { name: "uplink-1".to_owned(), role: "main".to_owned() },
            Uplink { name: "uplink-2".to_owned(), role: "backup".to_owned() },
        ],
        rules: rules(),
        network: Network {
            internet_latency: SimDuration::from_ms(15),
            lan_latency: SimDuration::from_us(200),
        },
    }
}

fn zone(name: &str, title: &str, vlan: u16) -> Zone {
    Zone {
        name: name.to_owned(),
        title: title.to_owned(),
        vlan,
        subnet: format!("10.0.{vlan}.0/24"),
    }
}

fn host(name: &str, title: &str, role: &str, zone: &str, at: [u8; 2], service: Service) -> Host {
    let (cores, memory_gib, disk) = match &service {
        Service::Mysql(_) => (8, 32, "NVMe, mirrored"),
        Service::App(_) => (4, 8, "SSD"),
        _ => (2, 4, "SSD"),
    };
    Host {
        name: name.to_owned(),
        title: title.to_owned(),
        role: role.to_owned(),
        zone: zone.to_owned(),
        address: Ipv4Addr::new(10, 0, at[0], at[1]),
        cores,
        memory_gib,
        disk: disk.to_owned(),
        services: vec![service, Service::Agent],
    }
}

fn balancer(name: &str, title: &str, last: u8, priorities: [u8; 2]) -> Host {
    let mut balancer = host(name, title, "HAProxy and keepalived", "edge", [10, last], haproxy());
    let instances = ["VIP A", "VIP B"].into_iter().zip(priorities);
    let keepalived = Keepalived {
        higher_prio_send_advert: true,
        track_script: Some(TrackScript { fall: 2, rise: 2, ..TrackScript::default() }),
        ..Keepalived::new(
            instances.map(|(vip, priority)| VrrpInstance::new(vip, priority)).collect(),
        )
    };
    balancer.services.insert(1, Service::Keepalived(keepalived));
    balancer
}

fn haproxy() -> Service {
    let backend = |name: &str, path: &str, servers: Vec<Server>| Backend {
        httpchk: Some(HttpCheck { path: path.to_owned() }),
        servers,
        ..Backend::new(name, Balance::Roundrobin)
    };
    Service::Haproxy(Haproxy {
        port: 443,
        tls_round_trips: 1,
        processing_time: SimDuration::from_us(100),
        maxconn: 0,
        path_rules: vec![PathRule {
            path_beg: "/static/".to_owned(),
            backend: "static".to_owned(),
        }],
        default_backend: "app".to_owned(),
        backends: vec![
            backend("static", "/static/health.txt", vec![server("web-1", 80)]),
            backend("app", "/health", vec![server("app-1", 8000), server("app-2", 8000)]),
        ],
        timeouts: Timeouts {
            connect: SimDuration::from_secs(1),
            server: SimDuration::from_secs(10),
            client: Some(SimDuration::from_secs(10)),
            queue: None,
            http_request: None,
            check: Some(SimDuration::from_secs(1)),
        },
        retries: Retries::new(),
        peers: false,
        stats_port: 8404,
    })
}

fn server(host: &str, port: u16) -> Server {
    Server { check: true, ..Server::new(host, host, port) }
}

fn nginx() -> Service {
    Service::Nginx(Nginx {
        port: 80,
        worker_processes: 2,
        backlog: 511,
        service_time: SimDuration::from_ms(2),
        service_distribution: Distribution::Exponential,
    })
}

fn app() -> Service {
    Service::App(App {
        port: 8000,
        workers: 4,
        backlog: 128,
        service_time: SimDuration::from_ms(30),
        service_distribution: Distribution::Exponential,
        health_time: SimDuration::from_ms(1),
        database: "db-1".to_owned(),
        database_connect_timeout: SimDuration::from_secs(3),
        database_read_timeout: SimDuration::from_secs(5),
    })
}

fn mysql() -> Service {
    Service::Mysql(Mysql {
        port: 3306,
        max_connections: 151,
        threads: 8,
        service_time: SimDuration::from_ms(10),
        service_distribution: Distribution::Exponential,
    })
}

fn rules() -> Vec<Rule> {
    let zone = |name: &str| Peer::Zone(name.to_owned());
    let allow = |name: &str, from: Peer, to: Peer, ports: &[u16], reason: &str| Rule {
        name: name.to_owned(),
        from,
        to,
        protocol: Protocol::Tcp(ports.to_vec()),
        policy: Policy::Allow,
        reason: reason.to_owned(),
    };
    vec![
        allow(
            "users-to-edge",
            Peer::Internet,
            zone("edge"),
            &[443],
            "users reach the balancers, and nothing else",
        ),
        allow(
            "edge-to-web",
            zone("edge"),
            zone("web"),
            &[80],
            "requests and checks for static files",
        ),
        allow(
            "edge-to-app",
            zone("edge"),
            zone("app"),
            &[8000],
            "requests and checks for dynamic pages",
        ),
        allow(
            "app-to-db",
            zone("app"),
            zone("db"),
            &[3306],
            "queries: only the application talks to the database",
        ),
        allow(
            "admin",
            zone("mgmt"),
            Peer::Any,
            &[22, 8404],
            "administration and the statistics page",
        ),
    ]
}
