//! What keeps a site alive: who watches what and what is done about it, replication, backups.

use super::super::block::Item;
use super::super::figures::{list, number, of_many, time};
use super::super::reading::{
    agents, applications, ends_tls, movers, names, primaries, replicas, running, servers,
};
use super::design::busy_limit;
use crate::infra::{Host, Infrastructure, Peer, Policy, Service};

/// How figures get from the machines to whoever looks at them.
pub(in super::super) fn collecting(infrastructure: &Infrastructure) -> Vec<Item> {
    let agents = agents(infrastructure);
    let Some(monitoring) = infrastructure.monitoring.filter(|_| !agents.is_empty()) else {
        return vec![Item::new(
            "Missing",
            "Nothing is monitored: nobody collects figures, so users are the first to notice what is broken or slow.",
        )];
    };
    vec![
        Item::new(
            "Collecting",
            format!(
                "The {} on {} {} logs and figures, and {} them when the collector asks, every {}.",
                of_many(agents.len(), "agent", "agents"),
                list(&names(&agents)),
                of_many(agents.len(), "collects", "collect"),
                of_many(agents.len(), "sends", "send"),
                time(monitoring.scrape_interval)
            ),
        ),
        Item::new(
            "Alerting",
            format!(
                "What has been wrong for {} raises an alert; one missed answer raises none.",
                time(monitoring.alert_for)
            ),
        ),
        Item::new(
            "The collector",
            if infrastructure.has_firewall() {
                "It is not a machine of this design; wherever it stands, its way to the agents needs a firewall rule of \
                 its own."
            } else {
                "It is not a machine of this design; wherever it stands, it needs a way to the agents."
            },
        ),
    ]
}

/// What is watched, where the figure comes from, when somebody is called, what is done then: rows of four. None where
/// nobody watches.
pub(in super::super) fn watched(infrastructure: &Infrastructure) -> Vec<[String; 4]> {
    if agents(infrastructure).is_empty() {
        return Vec::new();
    }
    let apps = applications(infrastructure).len();
    let row = |cells: [&str; 4]| cells.map(str::to_owned);
    let mut rows = Vec::new();
    if !servers(infrastructure).is_empty() {
        rows.push(row([
            "state of each server",
            "HAProxy statistics",
            "a server is DOWN, though users notice nothing",
            "look at its last check, restart it or drain it",
        ]));
    }
    if !movers(infrastructure).is_empty() {
        rows.push(row([
            "owner of each virtual address",
            "keepalived",
            "an address is not on its usual MASTER, or on two",
            "repair the usual MASTER; look at the link between the balancers",
        ]));
    }
    rows.push(row([
        "requests a second (QPS)",
        "Nginx stub_status: difference of its total over time",
        "beyond half of what the tier takes, or far from the usual",
        "add a server to the tier that is full first",
    ]));
    rows.push(row([
        "errors and response time",
        "HAProxy statistics, access log",
        "more than 1 % of 5xx, or p95 doubled, for 5 min",
        "find the tier that is slow; take back the last release",
    ]));
    let busy = number(libm::round(busy_limit(infrastructure)));
    let why = if apps > 1 { ": the others could not carry one death" } else { "" };
    rows.push(row([
        "busy application workers",
        "agent",
        &format!("more than {busy} %{why}"),
        "add an application server",
    ]));
    rows.extend(watched_databases(infrastructure));
    rows.push(row([
        "disk and memory",
        "agent",
        "disk over 80 %, or swapping",
        "make room before the service stops",
    ]));
    if ends_tls(infrastructure) {
        rows.push(row([
            "certificate",
            "agent",
            "it ends within 21 days",
            "renew it on every balancer",
        ]));
    }
    rows
}

fn watched_databases(infrastructure: &Infrastructure) -> Vec<[String; 4]> {
    let row = |cells: [&str; 4]| cells.map(str::to_owned);
    let mut rows = Vec::new();
    for host in running(infrastructure, |service| service.as_mysql().is_some()) {
        for mysql in host.services.iter().filter_map(Service::as_mysql) {
            rows.push(row([
                &format!("connections to {}", host.name),
                "agent",
                &format!(
                    "more than {} of {}",
                    u64::from(mysql.max_connections) * 4 / 5,
                    mysql.max_connections
                ),
                "find slow queries; fewer workers or a larger max_connections",
            ]));
            if let Some(replica) = &mysql.replica {
                rows.push(row([
                    &format!("lag of {}", host.name),
                    "agent",
                    &format!("more than twice the usual {}", time(replica.lag)),
                    "look for a long write; promote nothing meanwhile",
                ]));
            }
        }
    }
    rows
}

/// Who takes writes, who copies, and how the data survives a mistake.
pub(in super::super) fn data(infrastructure: &Infrastructure) -> Vec<Item> {
    let [primaries, replicas] = [primaries(infrastructure), replicas(infrastructure)];
    let all: Vec<&Host> = primaries.iter().chain(&replicas).copied().collect();
    let copied = if replicas.is_empty() {
        "No replica: one MySQL keeps the only copy that is up to date.".to_owned()
    } else {
        format!(
            "{} {} what {} commits (asynchronous replication) and {} reads; only the primary takes writes.",
            list(&names(&replicas)),
            of_many(replicas.len(), "copies", "copy"),
            list(&names(&primaries)),
            of_many(replicas.len(), "answers", "answer")
        )
    };
    let allows = infrastructure.rules.iter().filter(|rule| rule.policy == Policy::Allow);
    let opens = allows.filter(|rule| {
        all.iter().any(|host| {
            matches!(&rule.from, Peer::Zone(zone) if *zone == host.zone)
                || matches!(&rule.from, Peer::Host(name) if *name == host.name)
        })
    });
    let rule = match opens.count() {
        _ if !infrastructure.has_firewall() => "",
        0 => {
            "; no rule lets a database open a connection to another zone, so the copy is fetched from outside or needs a \
             rule of its own"
        }
        _ => "; a rule for the way to its store has to be added to those that are there",
    };
    vec![
        Item::new("Replication", copied),
        Item::new(
            "Backups",
            format!(
                "{}: a full copy each night and the binary log in between, kept away from the site, a restore \
                 rehearsed each month{rule}. Neither mirrored disks nor a replica is a backup: both repeat a \
                 mistaken deletion.",
                list(&names(&primaries))
            ),
        ),
    ]
}
