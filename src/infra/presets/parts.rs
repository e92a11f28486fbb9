//! What the ready-made infrastructures are put together from.

use std::net::Ipv4Addr;

use crate::infra::{
    App, Backend, Balance, Distribution, Haproxy, Host, HttpCheck, Infrastructure, Keepalived,
    Monitoring, Mysql, Network, Nginx, PathRule, Peer, Policy, Protocol, ProxyPass, Replica,
    Retries, Rule, Server, Service, SessionStore, Thresholds, Timeouts, TrackScript, Uplink,
    UpstreamServer, Vip, VrrpInstance, Zone,
};
use crate::kernel::SimDuration;

pub(super) const VIP_A: &str = "VIP A";
pub(super) const VIP_B: &str = "VIP B";

/// www.foobar.com with these machines; every other part is to be said.
pub(super) fn site(
    name: &str,
    title: &str,
    zones: Vec<Zone>,
    hosts: Vec<Host>,
    vips: Vec<Vip>,
) -> Infrastructure {
    let uplink = |name: &str, role: &str| Uplink { name: name.to_owned(), role: role.to_owned() };
    Infrastructure {
        name: name.to_owned(),
        title: format!("www.foobar.com, {title}"),
        domain: "www.foobar.com".to_owned(),
        zones,
        hosts,
        vips,
        uplinks: vec![uplink("uplink-1", "main"), uplink("uplink-2", "backup")],
        rules: Vec::new(),
        network: Network {
            internet_latency: SimDuration::from_ms(15),
            lan_latency: SimDuration::from_us(200),
            routing_time: Network::ROUTING_TIME,
            links: Vec::new(),
        },
        monitoring: None,
    }
}

/// A collector that asks every 5 seconds and tells of what has been wrong for 10.
pub(super) const fn monitoring() -> Monitoring {
    Monitoring {
        scrape_interval: SimDuration::from_secs(5),
        alert_for: SimDuration::from_secs(10),
        thresholds: Thresholds::USUAL,
    }
}

pub(super) fn zone(name: &str, title: &str, vlan: u16) -> Zone {
    Zone {
        name: name.to_owned(),
        title: title.to_owned(),
        vlan,
        subnet: format!("10.0.{vlan}.0/24"),
    }
}

/// Each tier in a zone of its own; `middle` is what the zones of web and application let in.
pub(super) fn in_tiers(
    name: &str,
    title: &str,
    middle: [Rule; 2],
    hosts: Vec<Host>,
    vips: Vec<Vip>,
) -> Infrastructure {
    let [first, second] = middle;
    let zones = vec![
        zone("edge", "Edge", 10),
        zone("web", "Web", 20),
        zone("app", "Application", 30),
        zone("db", "Database", 40),
        zone("mgmt", "Management", 99),
    ];
    Infrastructure {
        monitoring: Some(monitoring()),
        rules: vec![users_to_edge(), first, second, app_to_db(), admin()],
        ..site(name, title, zones, hosts, vips)
    }
}

/// A host of a tier that has a zone of its own, as big as its part asks for.
pub(super) fn host(
    name: &str,
    title: &str,
    role: &str,
    zone: &str,
    at: [u8; 2],
    service: Service,
) -> Host {
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
        disk_iops: Host::DISK_IOPS,
        network_mbit: 1000,
        services: vec![service, Service::Agent],
    }
}

/// A balancer of a pair, with its priority for each virtual address.
pub(super) fn balancer(
    name: &str,
    title: &str,
    last: u8,
    haproxy: Haproxy,
    claims: &[(&str, u8)],
) -> Host {
    let service = Service::Haproxy(haproxy);
    let mut balancer = host(name, title, "HAProxy and keepalived", "edge", [10, last], service);
    let instances = claims.iter().map(|(vip, priority)| VrrpInstance::new(vip, *priority));
    let keepalived = Keepalived {
        higher_prio_send_advert: true,
        track_script: Some(TrackScript::USUAL),
        ..Keepalived::new(instances.collect())
    };
    balancer.services.insert(1, Service::Keepalived(keepalived));
    balancer
}

/// A virtual address that keepalived moves.
pub(super) fn vip(name: &str, last: u8, virtual_router_id: u8) -> Vip {
    Vip {
        name: name.to_owned(),
        address: Ipv4Addr::new(203, 0, 113, last),
        virtual_router_id,
        host: None,
    }
}

/// An address that one machine has and keeps.
pub(super) fn plain_address(address: [u8; 4], host: &str) -> Vip {
    Vip {
        name: "www".to_owned(),
        address: address.into(),
        virtual_router_id: 1,
        host: Some(host.to_owned()),
    }
}

/// `HAProxy` with content switching: static files from the web server, pages from the applications.
pub(super) fn switching() -> Haproxy {
    Haproxy {
        path_rules: vec![PathRule {
            path_beg: "/static/".to_owned(),
            backend: "static".to_owned(),
        }],
        backends: vec![
            backend("static", "/static/health.txt", vec![server("web-1", 80)]),
            backend("app", "/health", vec![server("app-1", 8000), server("app-2", 8000)]),
        ],
        ..chaining("app", &[])
    }
}

/// `HAProxy` that sends everything to web servers, which pass on what is not theirs.
pub(super) fn chaining(name: &str, web: &[&str]) -> Haproxy {
    let servers = web.iter().map(|host| server(host, 80)).collect();
    Haproxy {
        port: 443,
        tls_round_trips: 1,
        tls: None,
        processing_time: SimDuration::from_us(100),
        maxconn: 0,
        path_rules: Vec::new(),
        default_backend: name.to_owned(),
        backends: vec![backend(name, "/static/health.txt", servers)],
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
    }
}

fn backend(name: &str, path: &str, servers: Vec<Server>) -> Backend {
    Backend {
        httpchk: Some(HttpCheck { path: path.to_owned() }),
        servers,
        ..Backend::new(name, Balance::Roundrobin)
    }
}

fn server(host: &str, port: u16) -> Server {
    Server { check: true, ..Server::new(host, host, port) }
}

/// Nginx that serves static files, and passes on to these applications if there are any.
pub(super) fn nginx(apps: &[&str]) -> Service {
    let servers: Vec<_> = apps.iter().map(|host| UpstreamServer::new(host, 8000)).collect();
    Service::Nginx(Nginx {
        port: 80,
        worker_processes: 2,
        backlog: 511,
        service_time: SimDuration::from_ms(2),
        service_distribution: Distribution::Exponential,
        worker_connections: Nginx::WORKER_CONNECTIONS,
        // Shorter than the balancer's own timeouts: Nginx turns to another application while the balancer still waits.
        proxy_pass: (!servers.is_empty()).then(|| ProxyPass {
            connect_timeout: SimDuration::from_secs(1),
            read_timeout: SimDuration::from_secs(8),
            ..ProxyPass::new(servers)
        }),
    })
}

/// An application server that writes to one database and reads there too, or from another.
pub(super) fn app(database: &str, reads_from: Option<&str>) -> Service {
    Service::App(App {
        port: 8000,
        workers: 4,
        backlog: 128,
        worker_mib: App::WORKER_MIB,
        service_time: SimDuration::from_ms(30),
        service_distribution: Distribution::Exponential,
        health_time: SimDuration::from_ms(1),
        timeout: SimDuration::from_secs(30),
        sessions: SessionStore::Shared,
        database: database.to_owned(),
        reads_from: reads_from.map(str::to_owned),
        keeps_connections: false,
        database_connect_timeout: SimDuration::from_secs(3),
        database_read_timeout: SimDuration::from_secs(5),
    })
}

pub(super) fn mysql() -> Mysql {
    Mysql {
        port: 3306,
        max_connections: 151,
        threads: 8,
        service_time: SimDuration::from_ms(10),
        service_distribution: Distribution::Exponential,
        innodb_buffer_pool_mib: 4096,
        connection_mib: Mysql::CONNECTION_MIB,
        recovery_time: SimDuration::from_secs(6),
        replica: None,
    }
}

/// A replica of the database on `source`, promoted by hand.
pub(super) fn replica(source: &str) -> Mysql {
    let lag = SimDuration::from_ms(500);
    Mysql {
        replica: Some(Replica { source: source.to_owned(), lag, promote_after: None }),
        ..mysql()
    }
}

pub(super) fn in_zone(name: &str) -> Peer {
    Peer::Zone(name.to_owned())
}

pub(super) fn allow(name: &str, from: Peer, to: Peer, ports: &[u16], reason: &str) -> Rule {
    Rule {
        name: name.to_owned(),
        from,
        to,
        protocol: Protocol::Tcp(ports.to_vec()),
        policy: Policy::Allow,
        reason: reason.to_owned(),
        disabled: false,
    }
}

/// Users reach the balancers.
pub(super) fn users_to_edge() -> Rule {
    let reason = "users reach the balancers, and nothing else";
    allow("users-to-edge", Peer::Internet, in_zone("edge"), &[443], reason)
}

/// Only the application asks the database.
pub(super) fn app_to_db() -> Rule {
    let reason = "queries: only the application talks to the database";
    allow("app-to-db", in_zone("app"), in_zone("db"), &[3306], reason)
}

/// Administrators reach everything.
pub(super) fn admin() -> Rule {
    let reason = "administration and the statistics page";
    allow("admin", in_zone("mgmt"), Peer::Any, &[22, 8404], reason)
}
