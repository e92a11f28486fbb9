//! From names to indices: what the infrastructure says, resolved once, so that no name is looked up while time passes.
//! Every name has been validated; what does not resolve is left out.

use crate::haproxy::Proxy;
use crate::infra::{Infrastructure, Peer, ProxyPass, Service};
use crate::kernel::{SimDuration, SimTime, Station};

use super::balancer::{Balancer, Link};
use super::copying::Replication;
use super::cpu::Cores;
use super::database::Database;
use super::delivery::{Plain, Vip};
use super::ending::Ending;
use super::memory::Memory;
use super::origin::{AppFigures, Kind, Origin, Target};
use super::pool::Kept;
use super::relay::Relaying;
use super::track::Script;
use super::vrrp::{Instance, Keepalived};
use super::world::Host;

pub(super) struct Wired {
    pub(super) hosts: Vec<Host>,
    pub(super) balancers: Vec<Balancer>,
    pub(super) vips: Vec<Vip>,
    pub(super) origins: Vec<Origin>,
    pub(super) databases: Vec<Database>,
    pub(super) cores: Vec<Option<Cores>>,
    pub(super) memory: Vec<Memory>,
}

pub(super) fn wire(infrastructure: &Infrastructure) -> Wired {
    let hosts =
        infrastructure.hosts.iter().map(|_| Host { is_up: true, slow_factor: 1.0 }).collect();
    let databases = databases(infrastructure);
    let origins = origins(infrastructure, &databases);
    let balancers = balancers(infrastructure, &origins);
    let vips = vips(infrastructure, &balancers, &origins);
    let cores = infrastructure.hosts.iter().map(cores).collect();
    let memory = infrastructure.hosts.iter().map(Memory::new).collect();
    Wired { hosts, balancers, vips, origins, databases, cores, memory }
}

/// The cores of a machine, if its services can keep more workers busy than it has.
fn cores(host: &crate::infra::Host) -> Option<Cores> {
    let workers = host.services.iter().map(|service| match service {
        Service::Nginx(nginx) => nginx.worker_processes,
        Service::App(app) => app.workers,
        Service::Mysql(mysql) => mysql.threads,
        Service::Haproxy(_) | Service::Keepalived(_) | Service::Agent => 0,
    });
    let most = workers.fold(0, u32::saturating_add);
    // As many handshakes as there are connections may want a core at once.
    let shakes_hands = host.haproxy().is_some_and(|haproxy| haproxy.tls.is_some());
    (most > host.cores || shakes_hands).then(|| Cores::new(host.cores))
}

fn databases(infrastructure: &Infrastructure) -> Vec<Database> {
    let services =
        services(infrastructure).filter_map(|(host, service)| Some((host, service.as_mysql()?)));
    let hosts = services.clone();
    let primary_at =
        |name: &str| hosts.clone().position(|(host, _)| infrastructure.hosts[host].name == name);
    services
        .map(|(host, mysql)| Database {
            host,
            is_up: true,
            is_recovering: false,
            has_crashed: false,
            epoch: 0,
            silent_since: None,
            commit_time: SimDuration::from_ns(
                1_000_000_000 / u64::from(infrastructure.hosts[host].disk_iops),
            ),
            disk_free_at: SimTime::ZERO,
            buffer_pool_mib: mysql.innodb_buffer_pool_mib,
            connection_mib: mysql.connection_mib,
            recovery_time: mysql.recovery_time,
            replication: mysql.replica.as_ref().and_then(|replica| {
                primary_at(&replica.source).map(|source| Replication::new(source, replica))
            }),
            max_connections: mysql.max_connections,
            service_time: mysql.service_time,
            service_distribution: mysql.service_distribution,
            station: Station::new(mysql.threads, mysql.max_connections),
            queries: Vec::new(),
            free: Vec::new(),
            connections: 0,
            most_connections: 0,
            attempts: 0,
            refused: 0,
            started_at: SimTime::ZERO,
            stuck: 0,
            kept: Kept::default(),
        })
        .collect()
}

/// Connections that the kernel holds for a process that listens: it lets one in while there are not more than the backlog says (Linux,
/// `sk_acceptq_is_full`; measured with gunicorn, tests/limits.rs).
const fn held(backlog: u32) -> u32 {
    backlog.saturating_add(1)
}

fn origins(infrastructure: &Infrastructure, databases: &[Database]) -> Vec<Origin> {
    let mut origins = Vec::new();
    for (host, service) in services(infrastructure) {
        let (kind, station, port) = match service {
            Service::Nginx(nginx) => (
                Kind::Nginx {
                    service_time: nginx.service_time,
                    service_distribution: nginx.service_distribution,
                    connections: u64::from(nginx.worker_processes)
                        * u64::from(nginx.worker_connections),
                    proxy: None,
                },
                Station::new(nginx.worker_processes, held(nginx.backlog)),
                nginx.port,
            ),
            Service::App(app) => {
                let target = |name: &String| target(infrastructure, host, name, databases);
                let Some(database) = target(&app.database) else { continue };
                let replica = app.reads_from.as_ref().and_then(target);
                let app_figures = AppFigures::new(app, infrastructure.network.lan_latency);
                let kind = Kind::App { app: app_figures, database, replica };
                (kind, Station::new(app.workers, held(app.backlog)), app.port)
            }
            Service::Haproxy(_) | Service::Keepalived(_) | Service::Mysql(_) | Service::Agent => {
                continue;
            }
        };
        origins.push(Origin {
            host,
            port,
            kind,
            is_up: true,
            ending: Ending::No,
            has_lost_workers: false,
            epoch: 0,
            station,
            in_service: Vec::new(),
            served_before: 0,
            dropped: 0,
            warm: 0,
        });
    }
    let relaying: Vec<_> = services(infrastructure)
        .filter_map(|(host, service)| Some((host, service.as_nginx()?.proxy_pass.as_ref()?)))
        .map(|(host, config)| (host, relaying(infrastructure, host, config, &origins)))
        .collect();
    for (host, relaying) in relaying {
        for origin in origins.iter_mut().filter(|origin| origin.host == host) {
            if let Kind::Nginx { proxy, .. } = &mut origin.kind {
                *proxy = Some(Box::new(relaying.clone()));
            }
        }
    }
    origins
}

/// A database as the application on this host knows it.
fn target(
    infrastructure: &Infrastructure,
    from: usize,
    name: &str,
    databases: &[Database],
) -> Option<Target> {
    let is_it = |database: &Database| infrastructure.hosts[database.host].name == name;
    let database = databases.iter().position(is_it)?;
    let is_reachable = is_open(infrastructure, from, name, infrastructure.database_port(name));
    Some(Target { database, is_reachable })
}

fn relaying(
    infrastructure: &Infrastructure,
    from: usize,
    config: &ProxyPass,
    origins: &[Origin],
) -> Relaying {
    let links = config
        .upstream
        .servers
        .iter()
        .filter_map(|server| link(infrastructure, from, &server.host, server.port, origins));
    Relaying::new(config, links.collect())
}

/// The way from a host to what listens on a port of another.
fn link(
    infrastructure: &Infrastructure,
    from: usize,
    to: &str,
    port: u16,
    origins: &[Origin],
) -> Option<Link> {
    let is_it =
        |origin: &Origin| infrastructure.hosts[origin.host].name == to && origin.port == port;
    let origin = origins.iter().position(is_it)?;
    let host = origins[origin].host;
    Some(Link { origin, host, is_reachable: is_open(infrastructure, from, to, port) })
}

fn is_open(infrastructure: &Infrastructure, from: usize, to: &str, port: u16) -> bool {
    let from = Peer::Host(infrastructure.hosts[from].name.clone());
    infrastructure.reach(&from, to, port).is_some_and(|reach| reach.is_open())
}

/// The virtual addresses, with what has those that never move.
fn vips(infrastructure: &Infrastructure, balancers: &[Balancer], origins: &[Origin]) -> Vec<Vip> {
    let plain = |name: &String| {
        let host = infrastructure.hosts.iter().position(|host| host.name == *name)?;
        if let Some(balancer) = balancers.iter().position(|balancer| balancer.host == host) {
            return Some(Plain::Balancer(balancer));
        }
        let is_web =
            |origin: &Origin| origin.host == host && matches!(origin.kind, Kind::Nginx { .. });
        let origin = origins.iter().position(is_web)?;
        let reach = infrastructure.reach(&Peer::Internet, name, origins[origin].port);
        let is_reachable = reach.is_some_and(|reach| reach.is_open());
        Some(Plain::Web(Link { origin, host, is_reachable }))
    };
    let of = |vip: &crate::infra::Vip| {
        let plain = vip.host.as_ref().and_then(plain);
        Vip::new(plain)
    };
    infrastructure.vips.iter().map(of).collect()
}

fn balancers(infrastructure: &Infrastructure, origins: &[Origin]) -> Vec<Balancer> {
    let mut balancers = Vec::new();
    for (host, machine) in infrastructure.hosts.iter().enumerate() {
        let Some(haproxy) = machine.haproxy() else { continue };
        let servers = haproxy.backends.iter().flat_map(|backend| &backend.servers);
        let links = servers
            .filter_map(|server| link(infrastructure, host, &server.host, server.port, origins));
        let edge = infrastructure.reach(&Peer::Internet, &machine.name, haproxy.port);
        balancers.push(Balancer {
            host,
            proxy: Proxy::new(haproxy, SimTime::ZERO, SimDuration::ZERO),
            retired: Vec::new(),
            is_up: true,
            is_reachable: edge.is_some_and(|reach| reach.is_open()),
            epoch: 0,
            links: links.collect(),
            keepalived: keepalived(infrastructure, machine),
        });
    }
    balancers
}

fn keepalived(infrastructure: &Infrastructure, machine: &crate::infra::Host) -> Option<Keepalived> {
    let config = machine.keepalived()?;
    let instances = config.instances.iter().filter_map(|instance| {
        let vip = infrastructure.vips.iter().position(|vip| vip.name == instance.vip)?;
        Some(Instance::new(vip, instance, config.advert_int))
    });
    Some(Keepalived {
        instances: instances.collect(),
        config: config.clone(),
        is_up: true,
        epoch: 0,
        script: Script::default(),
    })
}

fn services(infrastructure: &Infrastructure) -> impl Iterator<Item = (usize, &Service)> + Clone {
    let hosts = infrastructure.hosts.iter().enumerate();
    hosts.flat_map(|(index, host)| host.services.iter().map(move |service| (index, service)))
}
