//! The network on which speed is measured, natively (`foobar-lab bench`) and in a browser (`scripts/bench-web.mjs`): Poisson arrivals,
//! in turn to application servers of four workers, each holding its worker while a database answers; 70 % of the workers are busy.
//! No clock is read here.

use std::net::Ipv4Addr;

use super::Run;
use crate::infra::{Preset, Service};
use crate::kernel::{SimDuration, SimTime};
use crate::sim::Plan;

const UTILISATION: f64 = 0.7;
/// Application servers of the network.
pub const SERVERS: usize = 2;
/// Workers of each of them.
pub const WORKERS: u32 = 4;
/// Connections of the database.
pub const CONNECTIONS: u32 = 8;
/// Mean time of the application's own work.
pub const APP_TIME: SimDuration = SimDuration::from_ms(30);
/// Mean time of a query.
pub const QUERY_TIME: SimDuration = SimDuration::from_ms(10);
/// The seed of every measurement.
pub const SEED: u64 = 1;

/// The rate, in requests a second, at which so many workers are busy as asked for.
pub fn rate(servers: usize) -> f64 {
    let held = (APP_TIME + QUERY_TIME).as_secs_f64();
    UTILISATION * f64::from(WORKERS) * servers as f64 / held
}

/// The network as a site: one balancer, so that there is one order of servers, and no latency.
pub fn plan(servers: usize) -> Plan {
    let mut infrastructure = Preset::Brief.infrastructure();
    infrastructure.network.lan_latency = SimDuration::ZERO;
    infrastructure.network.internet_latency = SimDuration::ZERO;
    infrastructure.vips.truncate(1);
    infrastructure.hosts.retain(|host| host.name != "lb-2");
    let template = infrastructure.hosts.iter().position(|host| host.name == "app-1").unwrap_or(0);
    for zone in infrastructure.zones.iter_mut().filter(|zone| zone.name == "app") {
        // A /24 has no room for a thousand, and no other zone may lie within.
        "10.31.0.0/16".clone_into(&mut zone.subnet);
    }
    for index in 2..servers {
        let mut host = infrastructure.hosts[template].clone();
        host.name = format!("app-{}", index + 1);
        infrastructure.hosts.push(host);
    }
    let apps = infrastructure.hosts.iter_mut().filter(|host| host.zone == "app");
    for (host, number) in apps.zip(1..) {
        host.address = Ipv4Addr::from_bits(Ipv4Addr::new(10, 31, 0, 0).to_bits() + number);
    }
    for host in &mut infrastructure.hosts {
        // The loop that is compared with knows no cores.
        host.cores = u32::MAX;
        for service in &mut host.services {
            match service {
                Service::Haproxy(haproxy) => {
                    haproxy.tls_round_trips = 0;
                    haproxy.processing_time = SimDuration::ZERO;
                    let backend = &mut haproxy.backends[1];
                    for index in 2..servers {
                        let mut server = backend.servers[0].clone();
                        server.name = format!("app-{}", index + 1);
                        server.host.clone_from(&server.name);
                        backend.servers.push(server);
                    }
                }
                Service::Keepalived(keepalived) => keepalived.instances.truncate(1),
                Service::App(app) => {
                    app.workers = WORKERS;
                    app.service_time = APP_TIME;
                    app.backlog = 100_000;
                }
                Service::Mysql(mysql) => {
                    mysql.threads = CONNECTIONS * servers.div_ceil(SERVERS) as u32;
                    mysql.max_connections = mysql.threads;
                    mysql.service_time = QUERY_TIME;
                }
                Service::Nginx(_) | Service::Agent => {}
            }
        }
    }
    let mut plan = Plan::new(infrastructure, SEED);
    plan.workload.static_share = 0.0;
    plan.workload.rate = rate(servers);
    plan
}

/// Goes on until so many users have come.
pub fn advance_until(run: &mut Run, requests: u64) {
    let rate = run.plan().workload.rate;
    run.advance_to(SimTime::ZERO + SimDuration::from_secs_f64(requests as f64 / rate));
    while run.simulation().counts().issued < requests {
        let next = run.now() + SimDuration::from_secs(1);
        run.advance_to(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::History;

    #[test]
    fn the_network_stands_and_answers_with_few_servers_and_with_a_thousand() {
        for servers in [SERVERS, 10, 1000] {
            let plan = plan(servers);
            // A plan file may not say so much of these; the loop that is compared with knows no limit of them.
            let on_purpose = [".cores", ".backlog", ".threads"];
            let faults = plan.infrastructure.validate();
            let is_meant = |field: &str| on_purpose.iter().any(|end| field.ends_with(end));
            assert!(faults.iter().all(|fault| is_meant(&fault.field)), "{faults:?}");
            let mut run = Run::new(plan, History::Off).unwrap();
            advance_until(&mut run, 5_000);
            let counts = run.simulation().counts();
            assert_eq!(counts.failed, 0, "{servers} servers");
            assert!(counts.ok > 4_000, "{servers} servers: {}", counts.ok);
        }
    }
}
