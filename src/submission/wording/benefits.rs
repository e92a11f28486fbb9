//! What is won, what shows it and what to run to see it; and what was weighed.

use super::super::Task;
use super::super::block::{Item, Table};
use super::super::evidence::{kill_option, preset_option};
use super::super::figures::{Death, count, down, number, of_many, span, takeover, time};
use super::super::reading::{Mode, claims, ends_tls, haproxy, mode, primaries, replicas, servers};
use super::design::limits;
use crate::infra::{Infrastructure, Service};

/// What is won, what of the design shows it, and what to run to see it.
pub(in super::super) fn benefits(infrastructure: &Infrastructure) -> Table {
    let preset = preset_option(&infrastructure.name);
    let run = |deed: &str| format!("foobar-lab simulate{preset} --seed 1 --for 60s {deed}");
    let mut table = Table::new(&["Benefit", "What shows it", "Command"]);
    if mode(infrastructure) != Mode::NoCluster {
        for vip in infrastructure.vips.iter().take(1) {
            let claims = claims(infrastructure, vip);
            let [master, backup, ..] = claims[..] else { continue };
            let after = span(takeover(backup.keepalived.advert_int, backup.priority));
            table.row([
                "High availability of the entrance".to_owned(),
                format!(
                    "When {} dies, {} has {} after {after}.",
                    master.host.name, backup.host.name, vip.name
                ),
                run(&kill_option(&master.host.name)),
            ]);
        }
    }
    let mut pool = servers(infrastructure).into_iter();
    let spare = pool.find(|(backend, server)| backend.servers.len() > 1 && server.check);
    if let (Some((backend, server)), Some(of)) = (spare, haproxy(infrastructure)) {
        table.row([
            "High availability of the servers".to_owned(),
            format!(
                "When {} dies, it is out of rotation after {}, and the rest of backend {} carries on.",
                server.host,
                span(down(server, &of.timeouts, Death::Silent)),
                backend.name
            ),
            run(&kill_option(&server.host)),
        ]);
    }
    if let Some(first) = limits(infrastructure).first() {
        let most = libm::round(first.requests);
        table.row([
            "Performance".to_owned(),
            format!(
                "The {} takes about {} requests a second on paper; half of it leaves room.",
                first.tier,
                number(most)
            ),
            run(&format!("--rate {}", number(libm::round(most / 2.0)))),
        ]);
    }
    let asked = if ends_tls(infrastructure) { ", and where TLS ends" } else { "" };
    table.row([
        "Security".to_owned(),
        format!("The checker asks who could open the database's port{asked}."),
        format!("foobar-lab check --task {}{preset}", Task::of(infrastructure)),
    ]);
    for point in infrastructure.single_points_of_failure().into_iter().take(1) {
        table.row([
            "And its limit".to_owned(),
            format!("{} is a single point of failure: users lose what it serves.", point.host),
            run(&kill_option(&point.host)),
        ]);
    }
    table
}

/// What was weighed.
pub(in super::super) fn considerations(infrastructure: &Infrastructure) -> Vec<Item> {
    let cores: u32 = infrastructure.hosts.iter().map(|host| host.cores).sum();
    let memory: u32 = infrastructure.hosts.iter().map(|host| host.memory_gib).sum();
    let machines = infrastructure.hosts.len();
    let far = time(infrastructure.network.internet_latency);
    let mut items = vec![
        Item::new(
            "Money",
            format!(
                "{} with {} and {memory} GiB of memory in all: {} paid, patched, watched and replaced some day.",
                count(machines, "machine", "machines"),
                count(cores as usize, "core", "cores"),
                of_many(machines, "it is", "each is")
            ),
        ),
        Item::new(
            "Time on the way",
            if machines == 1 {
                format!(
                    "The way to the user costs {far} each way; the programs talk on the machine."
                )
            } else {
                let near = time(infrastructure.network.lan_latency);
                format!(
                    "Each hop between machines costs {near} each way; the way to the user, {far}, weighs more."
                )
            },
        ),
    ];
    if haproxy(infrastructure).is_some() {
        items.push(Item::new(
            "Detection",
            "Shorter checks (inter, fall) find a death sooner, and take a server out that was only slow.",
        ));
    }
    if infrastructure.balancers().count() > 1 {
        items.push(Item::new(
            "One configuration",
            "What differs between the balancers shows only when the other takes over: they are configured from one source.",
        ));
    }
    for host in replicas(infrastructure) {
        let mysql = host.services.iter().find_map(Service::as_mysql);
        if let Some(replica) = mysql.and_then(|mysql| mysql.replica.as_ref()) {
            items.push(Item::new(
                "Consistency",
                format!(
                    "{} copies {} without being waited for (asynchronous), {} behind: reads may be that old, and so much \
                     is lost when the primary dies.",
                    host.name,
                    replica.source,
                    time(replica.lag)
                ),
            ));
        }
    }
    if primaries(infrastructure).len() > 1 {
        items.push(Item::new(
            "Two writers",
            "Several databases take writes and do not know of each other: their data drifts apart.",
        ));
    }
    items
}
