//! The design weighed: what was before, which tier grows first and when, and what there was to learn.

use super::super::Task;
use super::super::block::{Item, Table};
use super::super::figures::{app_rate, count, list, mysql_rate, nginx_rate, number};
use super::super::reading::{
    Role, agents, applications, claims, database, ends_tls, haproxy, has_borders, is_guarded,
    names, running, tier, webs,
};
use crate::infra::{Host, Infrastructure, Service};
use crate::sim::Workload;

/// What was there before this task and what is there now; nothing was before the first.
pub(in super::super) fn before_and_after(infrastructure: &Infrastructure) -> Option<Table> {
    let before = match Task::of(infrastructure) {
        Task::Simple => return None,
        Task::Distributed => ["1", "none", "1", "1", "1", "none", "none", "none"],
        Task::Secured => ["3", "1", "2", "2", "2, one a replica", "none", "none", "none"],
        Task::ScaleUp => [
            "3",
            "1",
            "2, on shared machines",
            "2, on shared machines",
            "2, one a replica, on shared machines",
            "HTTPS",
            "before 3 machines",
            "3 agents",
        ],
    };
    let stand = |hosts: &[&Host]| match hosts.len() {
        0 => "none".to_owned(),
        n => format!("{n} ({})", list(&names(hosts))),
    };
    let balancers: Vec<&Host> = infrastructure.balancers().collect();
    let databases = running(infrastructure, |service| service.as_mysql().is_some());
    let guarded: Vec<&Host> =
        infrastructure.hosts.iter().filter(|host| is_guarded(infrastructure, host)).collect();
    let watching = agents(infrastructure);
    let after = [
        infrastructure.hosts.len().to_string(),
        stand(&balancers),
        stand(&webs(infrastructure)),
        stand(&applications(infrastructure)),
        stand(&databases),
        if ends_tls(infrastructure) { "HTTPS" } else { "none" }.to_owned(),
        if has_borders(infrastructure) {
            format!("before {}", count(guarded.len(), "machine", "machines"))
        } else {
            "none".to_owned()
        },
        match watching.len() {
            0 => "none".to_owned(),
            n => count(n, "agent", "agents"),
        },
    ];
    let what = [
        "Machines",
        "Load balancers",
        "Web servers",
        "Application servers",
        "Databases",
        "Encryption",
        "Firewall",
        "Monitoring",
    ];
    let mut table = Table::new(&["Part", "Before", "After"]);
    for ((what, before), after) in what.into_iter().zip(before).zip(after) {
        table.row([what.to_owned(), before.to_owned(), after]);
    }
    Some(table)
}

/// Where a tier reaches its limit, in requests a second of the lab's usual users.
pub(super) struct Limit {
    pub(super) tier: &'static str,
    pub(super) requests: f64,
    grows: &'static str,
}

/// The sum over all services of what they do in a second.
fn sum(infrastructure: &Infrastructure, rate: impl Fn(&Host, &Service) -> Option<f64>) -> f64 {
    let mut total = 0.0;
    for host in &infrastructure.hosts {
        for service in &host.services {
            total += rate(host, service).unwrap_or(0.0);
        }
    }
    total
}

/// The limits of the tiers, the lowest first.
pub(super) fn limits(infrastructure: &Infrastructure) -> Vec<Limit> {
    let statics = Workload::default().static_share;
    let files = sum(infrastructure, |_, service| service.as_nginx().map(nginx_rate));
    let pages = sum(infrastructure, |host, service| {
        service.as_app().map(|app| app_rate(app, database(infrastructure, host)))
    });
    let queries = sum(infrastructure, |_, service| service.as_mysql().map(mysql_rate));
    let limit = |tier, requests, grows| Limit { tier, requests, grows };
    let out = "out, by another server of its kind";
    let mut all = vec![
        limit("web tier", files / statics, out),
        limit("application tier", pages / (1.0 - statics), out),
        limit(
            "database",
            queries / (1.0 - statics),
            "up, since one machine takes every write; reads can move to replicas",
        ),
    ];
    all.retain(|limit| limit.requests > 0.0);
    all.sort_by(|a, b| a.requests.total_cmp(&b.requests));
    all
}

/// Which tier grows first, when, and in which direction.
pub(in super::super) fn growth(infrastructure: &Infrastructure) -> String {
    let limits = limits(infrastructure);
    let [first, rest @ ..] = &limits[..] else {
        return "Nothing here works on requests.".to_owned();
    };
    let round = |value: f64| number(libm::round(value));
    let statics = round(Workload::default().static_share * 100.0);
    let later: Vec<String> = rest
        .iter()
        .map(|limit| format!("the {} at {}", limit.tier, round(limit.requests)))
        .collect();
    let later = if later.is_empty() { String::new() } else { format!("; then {}", list(&later)) };
    let is_shared = !tier(infrastructure, Role::Mixed).is_empty();
    let grows = if is_shared {
        "with its whole machine: a bigger one, or another with everything on it"
    } else {
        first.grows
    };
    let shared = if is_shared {
        " Components that share a machine also share its cores, so the true limit is lower."
    } else {
        ""
    };
    format!(
        "With {statics} % of the requests for static files, the {} is full first, on paper at about {} requests a \
         second{later}. It grows {}. When: before its busy share at the daily peak passes {} %.{shared}",
        first.tier,
        round(first.requests),
        grows,
        number(libm::round(busy_limit(infrastructure)))
    )
}

/// The busy share, in percent, beyond which the application servers could not carry one death; four fifths of one alone.
pub(super) fn busy_limit(infrastructure: &Infrastructure) -> f64 {
    match applications(infrastructure).len() {
        0 | 1 => 80.0,
        n => (n - 1) as f64 / n as f64 * 100.0,
    }
}

/// What the exercise wants learned, and where it is shown here.
pub(in super::super) fn objectives(infrastructure: &Infrastructure) -> Vec<Item> {
    let owners: Vec<String> = infrastructure
        .vips
        .iter()
        .filter_map(|vip| {
            claims(infrastructure, vip)
                .first()
                .map(|claim| format!("{} on {}", vip.name, claim.host.name))
        })
        .collect();
    let points: Vec<String> =
        infrastructure.single_points_of_failure().into_iter().map(|point| point.host).collect();
    let single = if points.is_empty() { "see above".to_owned() } else { list(&points) };
    let moving = if owners.is_empty() {
        "No address can move here".to_owned()
    } else {
        format!("Addresses that can move ({})", list(&owners))
    };
    vec![
        Item::new(
            "Understand scalable architecture",
            "Which tier grows, in which direction and why: horizontal and vertical scaling, performance.",
        ),
        Item::new(
            "Master load-balancing concepts",
            if haproxy(infrastructure).is_some() {
                "Algorithm, health checks, retries, persistence and pools: the load balancer's section."
            } else {
                "Not here: one server needs no load balancer. What it cannot do without one is told as its issues."
            },
        ),
        Item::new(
            "Learn component separation",
            format!(
                "{} with what runs on it, its reason and its cost.",
                count(infrastructure.hosts.len(), "machine", "machines, each")
            ),
        ),
        Item::new(
            "Implement high availability",
            format!("{moving}; what is still single: {single}."),
        ),
    ]
}
