//! Whether what a cure names stands in the plan, and on the way of the request.

#![allow(dead_code, reason = "each test program uses a part of this")]

use foobar_lab::infra::{Host, Infrastructure, Service};
use foobar_lab::sim::{RequestRecord, Step};

/// What a text names between backticks.
pub(crate) fn named(cure: &str) -> impl Iterator<Item = &str> {
    cure.split('`').skip(1).step_by(2)
}

/// Fails if a cure names something that is not on the way of the request.
pub(crate) fn check(cure: &str, record: &RequestRecord, site: &Infrastructure) {
    for name in named(cure) {
        assert!(
            is_on_the_way(name, record, site),
            "`{name}` is not on its way: {cure}\n{record:?}"
        );
    }
}

/// The machines that a request has come to.
fn touched<'a>(record: &RequestRecord, site: &'a Infrastructure) -> Vec<&'a Host> {
    let mut names: Vec<String> = Vec::new();
    let mut balancer = None;
    for step in &record.steps {
        match step {
            Step::Accepted { balancer: by } => {
                balancer = site.host(by).and_then(Host::haproxy);
                names.push(by.clone());
            }
            Step::Picked { backend, server, .. } => {
                let backends = balancer.iter().flat_map(|haproxy| &haproxy.backends);
                let mut lines =
                    backends.filter(|own| own.name == *backend).flat_map(|own| &own.servers);
                let line = lines.find(|line| line.name == *server).unwrap();
                names.push(line.host.clone());
            }
            Step::PassedOn { web, server, .. } => names.extend([web.clone(), server.clone()]),
            Step::Blocked { from, to, .. } => names.extend([from.clone(), to.clone()]),
            Step::ReadElsewhere { replica, .. } => names.push(replica.clone()),
            Step::At(stop) => {
                names.extend([stop.host.clone()].into_iter().chain(stop.from.clone()));
            }
            _ => {}
        }
    }
    site.hosts.iter().filter(|host| names.contains(&host.name)).collect()
}

/// The machines that may have an address which the request was sent to.
fn keepalived<'a>(record: &RequestRecord, site: &'a Infrastructure) -> Vec<&'a Host> {
    let dialled = |name: &String| {
        record.steps.iter().any(|step| matches!(step, Step::Dialled { vip } if vip == name))
    };
    let has = |host: &&Host| {
        host.keepalived().is_some_and(|own| own.instances.iter().any(|own| dialled(&own.vip)))
    };
    site.hosts.iter().filter(has).collect()
}

/// What HAProxy's configuration has: by whole name, or by its first word.
const OF_HAPROXY: [&str; 22] = [
    "option redispatch",
    "timeout connect",
    "timeout server",
    "timeout queue",
    "timeout http-request",
    "timeout client",
    "balance leastconn",
    "retries",
    "retry-on",
    "inter",
    "check",
    "maxconn",
    "maxqueue",
    "observe",
    "on-error",
    "error-limit",
    "on-marked-down",
    "on-marked-up",
    "crt",
    "bind",
    "tls-ticket-keys",
    "hash-type",
];
const OF_NGINX: [&str; 4] = ["upstream", "worker_connections", "worker_processes", "fail_timeout"];
const OF_APPLICATIONS: [&str; 5] =
    ["workers", "timeout", "read_timeout", "connect_timeout", "reads_from"];
const OF_MYSQL: [&str; 3] =
    ["max_connections", "innodb_thread_concurrency", "innodb_buffer_pool_size"];
/// Sizes of machines.
const OF_MACHINES: [&str; 3] = ["cores", "disk_iops", "network_mbit"];

fn is_on_the_way(name: &str, record: &RequestRecord, site: &Infrastructure) -> bool {
    let hosts = touched(record, site);
    let runs = |service: &str| hosts.iter().any(|host| host.service(service).is_some());
    let first = name.split(' ').next().unwrap();
    let mut keepalived = keepalived(record, site).into_iter().filter_map(Host::keepalived);
    if OF_HAPROXY.contains(&name) || OF_HAPROXY.contains(&first) {
        return runs("haproxy");
    }
    if OF_NGINX.contains(&name) || name.starts_with("proxy_") {
        return runs("nginx");
    }
    if OF_APPLICATIONS.contains(&name) {
        return runs("app");
    }
    if OF_MYSQL.contains(&name) {
        return runs("mysql");
    }
    match name {
        "server" | "weight" => runs("haproxy") || runs("nginx"),
        "backlog" => runs("app") || runs("nginx"),
        "promote_after" => site
            .hosts
            .iter()
            .flat_map(|host| &host.services)
            .any(|service| matches!(service, Service::Mysql(mysql) if mysql.replica.is_some())),
        "advert_int" | "track_script" => keepalived.next().is_some(),
        "vrrp_script" | "interval" => keepalived.any(|own| own.track_script.is_some()),
        // Of a check, and of the script that watches HAProxy.
        "fall" => runs("haproxy") || keepalived.any(|own| own.track_script.is_some()),
        "routing_time" => !site.uplinks.is_empty(),
        _ => OF_MACHINES.contains(&name),
    }
}
