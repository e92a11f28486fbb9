//! What is not one machine: the site's addresses, the zones, TLS, monitoring; and the two kinds of server.

use super::super::figures::{count, list, of_many, time};
use super::super::reading::{
    Mode, Role, agents, applications, claims, encrypts_again, ends_tls, haproxy, has_borders, mode,
    names, open_ports, running, tier, webs,
};
use super::super::{ComponentExplanation, Explanation};
use crate::infra::{Host, Infrastructure, Peer};
use crate::kernel::SimDuration;

/// The addresses users reach, and who owns them.
pub(in super::super) fn cluster(infrastructure: &Infrastructure) -> ComponentExplanation {
    let owners: Vec<String> = infrastructure
        .vips
        .iter()
        .map(|vip| {
            let claims = claims(infrastructure, vip);
            let states = ["MASTER", "BACKUP"].iter().zip(&claims);
            let mut states: Vec<String> =
                states.map(|(state, claim)| format!("{state} {}", claim.host.name)).collect();
            states.extend(vip.host.as_ref().map(|host| format!("fixed on {host}")));
            let states = if states.is_empty() { "nobody's".to_owned() } else { states.join(", ") };
            format!("{} {} ({states})", vip.name, vip.address)
        })
        .collect();
    let records = count(infrastructure.vips.len(), "A record", "A records");
    let what = format!("{}: {records} of {}", list(&owners), infrastructure.domain);
    let explained = |title: &str, what: String, [why_added, without_it, cost]: [&str; 3]| {
        let [title, why_added, without_it, cost] =
            [title, why_added, without_it, cost].map(str::to_owned);
        ComponentExplanation { name: "vips".to_owned(), title, what, why_added, without_it, cost }
    };
    let moves = "DNS goes on naming a dead address; it only spreads users. VRRP moves the address itself to a living \
                 balancer, so that nothing changes for them.";
    let cost = "keepalived on each balancer. If they lose sight of each other while both live, both claim the address \
                (split brain).";
    match mode(infrastructure) {
        Mode::ActiveActive => explained(
            "Cluster addresses (VIPs)",
            format!("{what}, so every balancer works and stands in for another: active-active."),
            [
                moves,
                "A dead balancer's address would stay dead, and everyone whose DNS answer named it would wait.",
                cost,
            ],
        ),
        Mode::ActivePassive => explained(
            "Cluster addresses (VIPs)",
            format!("{what}, so one balancer works and another waits: active-passive."),
            [
                moves,
                "A dead balancer's address would stay dead, with the waiting balancer of no use to anybody.",
                cost,
            ],
        ),
        Mode::NoCluster => explained(
            "Address of the site",
            format!(
                "{what}. Nobody takes {} over: not a cluster.",
                of_many(infrastructure.vips.len(), "it", "every one of them")
            ),
            [
                "People remember a name, packets need an address: DNS translates the one into the other. An A record \
                 holds an IP address.",
                "Users could not reach the site: these are the addresses its name leads to.",
                "An address dies with its machine, and DNS goes on naming it.",
            ],
        ),
    }
}

/// The zones and what may pass between them, where borders lie between the machines.
pub(in super::super) fn firewall(infrastructure: &Infrastructure) -> Option<ComponentExplanation> {
    if !has_borders(infrastructure) {
        return None;
    }
    let zones = &infrastructure.zones;
    let titles: Vec<String> =
        zones.iter().map(|zone| format!("{} (VLAN {})", zone.title, zone.vlan)).collect();
    let entrances: Vec<String> = zones
        .iter()
        .map(|zone| (zone, open_ports(infrastructure, &Peer::Internet, &zone.name)))
        .filter(|(_, ports)| !ports.is_empty())
        .map(|(zone, ports)| format!("TCP {} of zone {}", list(&texts(&ports)), zone.name))
        .collect();
    let entrances = if entrances.is_empty() {
        "nothing".to_owned()
    } else {
        format!("only {}", list(&entrances))
    };
    let own = if infrastructure.guards_each_host() {
        " Each machine has a firewall of its own."
    } else {
        ""
    };
    Some(ComponentExplanation {
        name: "firewall".to_owned(),
        title: "Zones and firewall".to_owned(),
        what: format!(
            "{}: {}. {} who may open which port between them; the rest is dropped (default deny).{own}",
            count(zones.len(), "zone", "zones"),
            list(&titles),
            count(infrastructure.rules.len(), "rule says", "rules say"),
        ),
        why_added: format!(
            "Whoever breaks into one machine must not reach the next. The internet opens {entrances}; {}.",
            database_clients(infrastructure)
        ),
        without_it: "Users lose nothing at first. Whoever takes over one machine could try every port of all others, \
                     the database's first: a VLAN whose borders let all pass protects nothing."
            .to_owned(),
        cost: "Rules kept in step with the services: one missing rule is an outage. Each machine enforces those that lead \
               to it (nftables), so no firewall is single."
            .to_owned(),
    })
}

fn texts(ports: &[u16]) -> Vec<String> {
    ports.iter().map(u16::to_string).collect()
}

/// Which zones open the databases' port.
fn database_clients(infrastructure: &Infrastructure) -> String {
    let mut clients = Vec::new();
    for host in running(infrastructure, |service| service.as_mysql().is_some()) {
        let port = infrastructure.database_port(&host.name);
        for zone in infrastructure.zones.iter().filter(|zone| zone.name != host.zone) {
            let reach = infrastructure.reach(&Peer::Zone(zone.name.clone()), &host.name, port);
            if reach.is_some_and(|reach| reach.is_open()) && !clients.contains(&zone.name.as_str())
            {
                clients.push(&zone.name);
            }
        }
    }
    match clients[..] {
        [] => "no other zone opens the database's port".to_owned(),
        _ => format!("the database's port opens only to zone {}", list(&clients)),
    }
}

/// Where encryption ends.
pub(in super::super) fn tls(infrastructure: &Infrastructure) -> Option<ComponentExplanation> {
    let haproxy = haproxy(infrastructure).filter(|_| ends_tls(infrastructure))?;
    let balancers: Vec<_> = infrastructure.balancers().collect();
    let behind = if encrypts_again(infrastructure) {
        "HAProxy encrypts requests again on their way to the servers."
    } else {
        "Behind, requests travel as plain HTTP."
    };
    let trust = if encrypts_again(infrastructure) {
        "keys on the servers as well"
    } else {
        "trust in the inner network, or TLS to the servers as well"
    };
    let one_trip = infrastructure.network.internet_latency * 2;
    let handshake = one_trip * u64::from(haproxy.tls_round_trips);
    Some(ComponentExplanation {
        name: "tls".to_owned(),
        title: "TLS (HTTPS)".to_owned(),
        what: format!(
            "HTTPS ends at {}, port {}: {} the certificate of {} and its key. {behind}",
            list(&names(&balancers)),
            haproxy.port,
            of_many(balancers.len(), "it holds", "each holds"),
            infrastructure.domain
        ),
        why_added: "Nobody between a user and the site can read or change what they exchange. Ending it here lets \
                    HAProxy read the path and keeps the key in one zone."
            .to_owned(),
        without_it: "Passwords and pages could be read on the way.".to_owned(),
        cost: format!(
            "{} more before the first answer{}; a certificate to renew on {}; {trust}.",
            count(haproxy.tls_round_trips as usize, "round trip", "round trips"),
            if handshake == SimDuration::ZERO { String::new() } else { format!(" ({})", time(handshake)) },
            count(balancers.len(), "machine", "machines"),
        ),
    })
}

/// Who watches, if anybody does.
pub(in super::super) fn monitoring(
    infrastructure: &Infrastructure,
) -> Option<ComponentExplanation> {
    let watched = agents(infrastructure);
    if watched.is_empty() {
        return None;
    }
    let all = infrastructure.hosts.len();
    let on = if watched.len() == all { "each".to_owned() } else { watched.len().to_string() };
    let collector = infrastructure.monitoring.map_or_else(
        || "Nobody collects what they know.".to_owned(),
        |of| {
            format!(
                "It sends them when the collector asks, every {}; what stays wrong for {} raises an alert.",
                time(of.scrape_interval),
                time(of.alert_for)
            )
        },
    );
    Some(ComponentExplanation {
        name: "monitoring".to_owned(),
        title: "Monitoring".to_owned(),
        what: format!(
            "An agent on {on} of the {} ({}) collects load, memory, disk and the figures of its service. {collector}",
            count(all, "machine", "machines"),
            list(&names(&watched)),
        ),
        why_added: "People must learn that something is broken or slow before users tell them, and when a tier nears \
                    its limit."
            .to_owned(),
        without_it: "Users lose nothing at first. A dead spare goes unnoticed, and the second failure becomes the \
                     outage."
            .to_owned(),
        cost: "A little processor time on each machine, a place that collects, and alerts that somebody answers."
            .to_owned(),
    })
}

/// The difference the exercise asks about.
pub(in super::super) fn web_and_application(infrastructure: &Infrastructure) -> Explanation {
    let who = |hosts: &[&Host]| {
        if hosts.is_empty() { "none here".to_owned() } else { list(&names(hosts)) }
    };
    let apart = if tier(infrastructure, Role::Mixed).is_empty() {
        "They need different resources, so they are kept apart."
    } else {
        "They need different resources, and on one machine they compete for them."
    };
    Explanation {
        heading: "Web server and application server".to_owned(),
        paragraphs: vec![format!(
            "A web server ({}) answers HTTP with files as they lie on the disk, the same for everybody. An application \
             server ({}) runs code to make each answer, from the request and the data. {apart}",
            who(&webs(infrastructure)),
            who(&applications(infrastructure))
        )],
    }
}
