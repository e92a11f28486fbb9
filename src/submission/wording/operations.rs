//! The rest of the technical documentation: addresses, network, machines, monitoring, backups.

use super::super::block::Item;
use super::super::figures::{count, list, number, span, takeover, time, tracked_takeover};
use super::super::reading::{Role, claims, names, running, tier};
use crate::infra::{Infrastructure, Peer, Service};
use crate::theory::vrrp;

/// VRRP: how an address moves, with the formula and its numbers.
pub(in super::super) fn addresses(infrastructure: &Infrastructure) -> Vec<String> {
    let pair = infrastructure.vips.iter().find_map(|vip| match claims(infrastructure, vip)[..] {
        [master, backup, ..] => Some((master, backup)),
        _ => None,
    });
    let Some((master, backup)) = pair else {
        return vec!["No virtual address has a second claimant: nothing moves.".to_owned()];
    };
    let (advert, priority) = (backup.keepalived.advert_int, backup.priority);
    let mut paragraphs = vec![
        "The highest living priority is MASTER: it holds the address and sends adverts (IP protocol 112) to the others, \
         within their zone."
            .to_owned(),
        format!(
            "Master-down interval = 3 × advert_int + (256 − priority) / 256 s = 3 × {} + {} / 256 s = {} for priority \
             {priority}. The last advert may be {} old, so {} has the address {} after the machine dies.",
            time(advert),
            256 - u32::from(priority),
            time(vrrp::master_down_interval(advert, priority)),
            time(advert),
            backup.host.name,
            span(takeover(advert, priority))
        ),
    ];
    paragraphs.push(match master.keepalived.track_script {
        Some(script) => format!(
            "keepalived watches HAProxy too: every {}, and after {} the MASTER goes to FAULT, gives the address up \
             with priority 0, and the BACKUP waits only {}: {} in all.",
            time(script.interval),
            count(script.fall as usize, "failure", "failures in a row"),
            time(vrrp::skew(priority)),
            span(tracked_takeover(&script, priority))
        ),
        None => "HAProxy is not tracked: if only the program stops, the address stays where nobody answers.".to_owned(),
    });
    paragraphs
}

/// What the matrix of ports shows.
pub(in super::super) const MATRIX: &str =
    "What follows from them: the TCP ports that answer, by who opens (rows) and where (columns).";

/// Routing and the ways in.
pub(in super::super) fn network(infrastructure: &Infrastructure) -> Vec<Item> {
    let uplinks: Vec<String> = infrastructure
        .uplinks
        .iter()
        .map(|uplink| format!("{} ({})", uplink.name, uplink.role))
        .collect();
    let backup = if uplinks.len() > 1 {
        format!(
            "{}: when the one in use fails, traffic takes the next. Use different providers and cables. This model \
             has no uplink faults.",
            list(&uplinks)
        )
    } else {
        format!("One way in, {}: a second would be the next step.", list(&uplinks))
    };
    vec![
        Item::new(
            "Routing",
            format!(
                "Users reach the virtual addresses only. Between VLANs everything passes the firewall; machines of one \
                 VLAN talk directly. Answers go back through the balancer that accepted the request. Travel time, one \
                 way: {} outside, {} inside.",
                time(infrastructure.network.internet_latency),
                time(infrastructure.network.lan_latency)
            ),
        ),
        Item::new("Backup connectivity", backup),
    ]
}

/// What a service is tuned to on its machine.
pub(in super::super) fn tuning(service: &Service) -> Option<String> {
    match service {
        Service::Haproxy(of) => Some(format!(
            "timeout connect {}, timeout server {}{}",
            of.timeouts.connect,
            of.timeouts.server,
            of.timeouts.check.map(|check| format!(", timeout check {check}")).unwrap_or_default()
        )),
        Service::Keepalived(of) => Some(format!("advert_int {}", of.advert_int)),
        Service::Nginx(of) => {
            Some(format!("worker_processes {}, backlog {}", of.worker_processes, of.backlog))
        }
        Service::App(of) => Some(format!("workers {}, backlog {}", of.workers, of.backlog)),
        Service::Mysql(of) => {
            Some(format!("max_connections {}, {} threads", of.max_connections, of.threads))
        }
        Service::Agent => None,
    }
}

/// Why a machine of this part is built so.
pub(in super::super) fn sizing(role: Role) -> &'static str {
    match role {
        Role::Balancer => "network and processor for TLS; memory for connections",
        Role::Web => "network, and memory to keep files at hand",
        Role::App => "processor; workers bound its memory",
        Role::Database => "memory for the working set, fast safe disks",
        Role::Mixed => "the sum of its components",
        Role::Other => "room for what it collects",
    }
}

/// Whether the databases have room for every worker, and what the figures leave out.
pub(in super::super) fn capacity(infrastructure: &Infrastructure) -> String {
    let apps: Vec<_> = infrastructure
        .hosts
        .iter()
        .flat_map(|host| &host.services)
        .filter_map(Service::as_app)
        .collect();
    let workers: u32 = apps.iter().map(|app| app.workers).sum();
    let room: u32 = infrastructure
        .hosts
        .iter()
        .flat_map(|host| &host.services)
        .filter_map(Service::as_mysql)
        .map(|mysql| mysql.max_connections)
        .sum();
    let fits =
        if workers <= room { "they fit" } else { "they do not fit, and the rest is refused" };
    format!(
        "All application workers together need at most {workers} connections to MySQL, which takes {room}: {fits}. \
         Network capacity: 1 Gbit/s or more for each machine; this model limits time on the way, not bandwidth."
    )
}

/// What is watched, where the figure comes from, when somebody is called: rows of three.
pub(in super::super) fn watched(infrastructure: &Infrastructure) -> Vec<[String; 3]> {
    let apps = tier(infrastructure, Role::App).len();
    let busy = if apps > 1 { (apps - 1) as f64 / apps as f64 * 100.0 } else { 80.0 };
    let row = |what: &str, from: &str, alert: String| [what.to_owned(), from.to_owned(), alert];
    let mut rows = vec![
        row(
            "state of each server",
            "HAProxy statistics",
            "a server is DOWN, though users notice nothing".to_owned(),
        ),
        row(
            "owner of each virtual address",
            "keepalived",
            "an address is not on its usual MASTER".to_owned(),
        ),
        row(
            "requests a second (QPS)",
            "HAProxy statistics, Nginx stub_status",
            "far from the usual at this hour".to_owned(),
        ),
        row(
            "errors and response time",
            "HAProxy statistics",
            "more than 1 % of 5xx, or p95 doubled, for 5 min".to_owned(),
        ),
        row(
            "busy application workers",
            "agent",
            format!(
                "more than {} %{}",
                number(libm::round(busy)),
                if apps > 1 { ": the others could not carry one death" } else { "" }
            ),
        ),
    ];
    for host in running(infrastructure, |service| service.as_mysql().is_some()) {
        for mysql in host.services.iter().filter_map(Service::as_mysql) {
            rows.push(row(
                &format!("connections to {}", host.name),
                "agent",
                format!(
                    "more than {} of {}",
                    u64::from(mysql.max_connections) * 4 / 5,
                    mysql.max_connections
                ),
            ));
        }
    }
    rows.push(row(
        "disk, memory, certificate",
        "agent",
        "disk over 80 %, swapping, certificate ends within 21 days".to_owned(),
    ));
    rows
}

/// How readings leave the machines, and copies the database: what the rules allow.
pub(in super::super) fn upkeep(infrastructure: &Infrastructure) -> Vec<Item> {
    let collector = tier(infrastructure, Role::Other);
    let collecting = if collector.is_empty() {
        "The collector is not a machine of this design; wherever it stands, the agents' way to it needs a firewall rule \
         of its own."
            .to_owned()
    } else {
        format!("The agents report to {}.", list(&names(&collector)))
    };
    let databases = tier(infrastructure, Role::Database);
    let opens = infrastructure.rules.iter().filter(|rule| {
        databases.iter().any(|host| {
            matches!(&rule.from, Peer::Zone(zone) if *zone == host.zone)
                || matches!(&rule.from, Peer::Host(name) if *name == host.name)
        })
    });
    let rule = match opens.count() {
        0 => {
            "no rule lets the database open a connection, so the copy is fetched from outside or needs a rule of its own"
        }
        _ => "the rules let the database send it",
    };
    vec![
        Item::new("Collecting", collecting),
        Item::new(
            "Backups",
            format!(
                "{}: a full copy each night and the binary log in between, kept away from the site, a restore \
                 rehearsed each month; {rule}. Neither mirrored disks nor a replica is a backup: both repeat a \
                 mistaken deletion.",
                list(&names(&databases))
            ),
        ),
    ]
}
