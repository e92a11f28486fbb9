//! From names to indices: what the infrastructure says, resolved once, so that no name is looked up while time passes.
//! Every name has been validated; what does not resolve is left out.

use crate::haproxy::Proxy;
use crate::infra::{Infrastructure, Peer, Service};
use crate::kernel::{SimDuration, SimTime, Station};

use super::balancer::{Balancer, Link};
use super::database::Database;
use super::delivery::Vip;
use super::origin::{Kind, Origin};
use super::track::Script;
use super::vrrp::{Instance, Keepalived};
use super::world::Host;

pub(super) struct Wired {
    pub(super) hosts: Vec<Host>,
    pub(super) balancers: Vec<Balancer>,
    pub(super) vips: Vec<Vip>,
    pub(super) origins: Vec<Origin>,
    pub(super) databases: Vec<Database>,
}

pub(super) fn wire(infrastructure: &Infrastructure) -> Wired {
    let hosts =
        infrastructure.hosts.iter().map(|_| Host { is_up: true, slow_factor: 1.0 }).collect();
    let databases = databases(infrastructure);
    let origins = origins(infrastructure, &databases);
    let balancers = balancers(infrastructure, &origins);
    let vips = infrastructure.vips.iter().map(|_| Vip::default()).collect();
    Wired { hosts, balancers, vips, origins, databases }
}

fn databases(infrastructure: &Infrastructure) -> Vec<Database> {
    let services =
        services(infrastructure).filter_map(|(host, service)| Some((host, service.as_mysql()?)));
    services
        .map(|(host, mysql)| Database {
            host,
            is_up: true,
            max_connections: mysql.max_connections,
            service_time: mysql.service_time,
            service_distribution: mysql.service_distribution,
            station: Station::new(mysql.threads, mysql.max_connections),
            queries: Vec::new(),
            free: Vec::new(),
            connections: 0,
        })
        .collect()
}

fn origins(infrastructure: &Infrastructure, databases: &[Database]) -> Vec<Origin> {
    let mut origins = Vec::new();
    for (host, service) in services(infrastructure) {
        let (kind, station, port) = match service {
            Service::Nginx(nginx) => (
                Kind::Nginx {
                    service_time: nginx.service_time,
                    service_distribution: nginx.service_distribution,
                },
                Station::new(nginx.worker_processes, nginx.backlog),
                nginx.port,
            ),
            Service::App(app) => {
                let target = databases
                    .iter()
                    .position(|database| infrastructure.hosts[database.host].name == app.database);
                let from = Peer::Host(infrastructure.hosts[host].name.clone());
                let database_port = infrastructure.database_port(&app.database);
                let reach = infrastructure.reach(&from, &app.database, database_port);
                let kind = Kind::App {
                    app: app.clone(),
                    database: target.filter(|_| reach.is_some_and(|reach| reach.is_open())),
                };
                (kind, Station::new(app.workers, app.backlog), app.port)
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
            epoch: 0,
            station,
            in_service: Vec::new(),
        });
    }
    origins
}

fn balancers(infrastructure: &Infrastructure, origins: &[Origin]) -> Vec<Balancer> {
    let mut balancers = Vec::new();
    for (host, machine) in infrastructure.hosts.iter().enumerate() {
        let Some(haproxy) = machine.haproxy() else { continue };
        let from = Peer::Host(machine.name.clone());
        let servers = haproxy.backends.iter().flat_map(|backend| &backend.servers);
        let links = servers.filter_map(|server| {
            let origin = origins.iter().position(|origin| {
                infrastructure.hosts[origin.host].name == server.host && origin.port == server.port
            })?;
            let reach = infrastructure.reach(&from, &server.host, server.port);
            Some(Link { origin, is_reachable: reach.is_some_and(|reach| reach.is_open()) })
        });
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

fn services(infrastructure: &Infrastructure) -> impl Iterator<Item = (usize, &Service)> {
    let hosts = infrastructure.hosts.iter().enumerate();
    hosts.flat_map(|(index, host)| host.services.iter().map(move |service| (index, service)))
}
