//! More of the technical documentation: addresses, network, machines.

use super::super::block::Item;
use super::super::figures::{count, list, span, takeover, time, tracked_takeover};
use super::super::reading::{Role, claims, has_borders};
use crate::infra::{App, Infrastructure, Service};
use crate::theory::vrrp;

/// VRRP: how an address moves, with the formula and its numbers.
pub(in super::super) fn addresses(infrastructure: &Infrastructure) -> Vec<String> {
    let pair = infrastructure.vips.iter().find_map(|vip| match claims(infrastructure, vip)[..] {
        [master, backup, ..] => Some((master, backup)),
        _ => None,
    });
    let Some((master, backup)) = pair else {
        let fixed = infrastructure.vips.iter().map(|vip| {
            let host = vip.host.as_ref().map_or_else(String::new, |host| format!(" on {host}"));
            format!("{}{host}", vip.address)
        });
        return vec![format!(
            "{}: no address has a second claimant, so nothing moves when its machine dies.",
            list(&fixed.collect::<Vec<_>>())
        )];
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
    let backup = match &infrastructure.uplinks[..] {
        [] => "No way in is named.".to_owned(),
        [_] => format!("One way in, {}: a second would be the next step.", list(&uplinks)),
        [first, ..] => format!(
            "{}: when the one in use breaks, routing finds the next within {}, and until then users get no answer. Use \
             different providers and cables. To see it: simulate with the option --cut-uplink {}@20s.",
            list(&uplinks),
            time(infrastructure.network.routing_time),
            first.name
        ),
    };
    let reached = if infrastructure.vips.iter().any(|vip| vip.host.is_none()) {
        "Users reach the virtual addresses only."
    } else {
        "Users reach the address of the site only."
    };
    let between = if has_borders(infrastructure) {
        "Between VLANs everything passes the firewall; machines of one VLAN talk directly."
    } else if infrastructure.hosts.len() > 1 {
        "All machines stand in one network and talk directly."
    } else {
        "What the programs say to each other stays on the machine."
    };
    let back = if infrastructure.balancers().next().is_some() {
        " Answers go back through the balancer that accepted the request."
    } else {
        ""
    };
    vec![
        Item::new(
            "Routing",
            format!(
                "{reached} {between}{back} Travel time, one way: {} outside, {} inside.",
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
        Role::Balancer => "network and processor; memory for connections",
        Role::Web => "network, and memory to keep files at hand",
        Role::App => "processor; workers bound its memory",
        Role::Database => "memory for the working set, fast safe disks",
        Role::Mixed => "the sum of its components",
        Role::Other => "room for what it collects",
    }
}

/// Whether the databases have room for every worker, and what the figures leave out.
pub(in super::super) fn capacity(infrastructure: &Infrastructure) -> String {
    let apps: Vec<&App> = infrastructure
        .hosts
        .iter()
        .flat_map(|host| &host.services)
        .filter_map(Service::as_app)
        .collect();
    let workers: u32 = apps.iter().map(|app| app.workers).sum();
    let mut fits = "they fit";
    let mut rooms = Vec::new();
    for host in &infrastructure.hosts {
        for mysql in host.services.iter().filter_map(Service::as_mysql) {
            let asks = |app: &&&App| {
                app.database == host.name || app.reads_from.as_ref() == Some(&host.name)
            };
            let asking: u32 = apps.iter().filter(asks).map(|app| app.workers).sum();
            if asking > mysql.max_connections {
                fits = "they do not fit, and the rest is refused";
            }
            rooms.push(format!("{} on {}", mysql.max_connections, host.name));
        }
    }
    let rooms = if rooms.is_empty() { "none".to_owned() } else { list(&rooms) };
    format!(
        "All application workers together need at most {workers} connections to one MySQL, and there is room for {rooms}: {fits}. \
         Network capacity: 1 Gbit/s or more for each machine; this model limits time on the way, not bandwidth."
    )
}
