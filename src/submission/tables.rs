//! The tables of the documents, each a reading of the infrastructure. Holds no prose beyond column titles, and no format.

use super::block::Table;
use super::figures::{Death, count, down, span, up};
use super::reading::{Role, claims, haproxy, open_ports, open_ports_at, servers};
use super::wording::operations;
use crate::infra::{Infrastructure, Peer};

pub(super) fn machines(infrastructure: &Infrastructure) -> Table {
    let mut table = Table::new(&["Machine", "In the exercise", "Part", "Address", "Zone", "Runs"]);
    for host in &infrastructure.hosts {
        let zone = infrastructure.zone(&host.zone).map_or_else(
            || host.zone.clone(),
            |zone| format!("{} (VLAN {})", zone.title, zone.vlan),
        );
        let runs: Vec<String> = host
            .services
            .iter()
            .map(|service| {
                let ports: Vec<String> = service.ports().iter().map(u16::to_string).collect();
                let ports = if ports.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", ports.join(", "))
                };
                format!("{}{ports}", service.title())
            })
            .collect();
        table.row([
            host.name.clone(),
            host.title.clone(),
            host.role.clone(),
            host.address.to_string(),
            zone,
            runs.join(", "),
        ]);
    }
    table
}

pub(super) fn server_lines(infrastructure: &Infrastructure) -> Table {
    let mut table = Table::new(&[
        "Server",
        "Backend",
        "Address",
        "weight",
        "inter",
        "fall",
        "rise",
        "DOWN if stopped",
        "DOWN if silent",
        "UP again",
    ]);
    for (backend, server) in servers(infrastructure) {
        let address = infrastructure
            .host(&server.host)
            .map_or_else(|| server.host.clone(), |host| host.address.to_string());
        let seen = |death: Death| {
            if !server.check {
                return "never: not checked".to_owned();
            }
            let timeouts = haproxy(infrastructure).map(|haproxy| haproxy.timeouts);
            timeouts.map_or_else(String::new, |timeouts| span(down(server, &timeouts, death)))
        };
        table.row([
            server.name.clone(),
            backend.name.clone(),
            format!("{address}:{}", server.port),
            server.weight.to_string(),
            server.inter.to_string(),
            server.fall.to_string(),
            server.rise.to_string(),
            seen(Death::Refuses),
            seen(Death::Silent),
            if server.check { span(up(server)) } else { String::new() },
        ]);
    }
    table
}

pub(super) fn priorities(infrastructure: &Infrastructure) -> Table {
    let balancers: Vec<_> = infrastructure.balancers().collect();
    let mut head =
        vec!["Virtual address".to_owned(), "Address".to_owned(), "virtual_router_id".to_owned()];
    head.extend(balancers.iter().map(|host| format!("priority on {}", host.name)));
    let mut table = Table { head, rows: Vec::new() };
    for vip in &infrastructure.vips {
        let claims = claims(infrastructure, vip);
        let mut row =
            vec![vip.name.clone(), vip.address.to_string(), vip.virtual_router_id.to_string()];
        row.extend(balancers.iter().map(|host| {
            let rank = claims.iter().position(|claim| claim.host.name == host.name);
            rank.map_or_else(String::new, |rank| {
                let state = if rank == 0 { "MASTER" } else { "BACKUP" };
                format!("{} ({state})", claims[rank].priority)
            })
        }));
        table.row(row);
    }
    table
}

pub(super) fn vlans(infrastructure: &Infrastructure) -> Table {
    let mut table = Table::new(&["Zone", "Title", "VLAN", "Subnet", "Machines"]);
    for zone in &infrastructure.zones {
        let hosts: Vec<&str> =
            infrastructure.hosts_in(&zone.name).map(|host| host.name.as_str()).collect();
        table.row([
            zone.name.clone(),
            zone.title.clone(),
            zone.vlan.to_string(),
            zone.subnet.clone(),
            if hosts.is_empty() { "none".to_owned() } else { hosts.join(", ") },
        ]);
    }
    table
}

pub(super) fn rules(infrastructure: &Infrastructure) -> Table {
    let mut table = Table::new(&["Rule", "From", "To", "What", "Policy", "Why"]);
    for rule in &infrastructure.rules {
        table.row([
            rule.name.clone(),
            rule.from.to_string(),
            rule.to.to_string(),
            rule.protocol.to_string(),
            rule.policy.to_string(),
            rule.reason.clone(),
        ]);
    }
    table.row(
        [
            "default deny",
            "anywhere",
            "anywhere",
            "anything",
            "deny",
            "the first rule that matches decides; nothing matched",
        ]
        .map(str::to_owned),
    );
    table
}

/// The ports that answer, by who opens: between zones, and machine by machine where a rule names one.
pub(super) fn matrix(infrastructure: &Infrastructure) -> Table {
    let names_host = |peer: &Peer| matches!(peer, Peer::Host(_));
    if infrastructure.rules.iter().any(|rule| names_host(&rule.from) || names_host(&rule.to)) {
        return matrix_of_hosts(infrastructure);
    }
    let zones = &infrastructure.zones;
    let mut head = vec!["From".to_owned()];
    head.extend(zones.iter().map(|zone| zone.name.clone()));
    let mut table = Table { head, rows: Vec::new() };
    let inside = zones.iter().map(|zone| Peer::Zone(zone.name.clone()));
    for from in std::iter::once(Peer::Internet).chain(inside) {
        let mut row = vec![from.to_string()];
        row.extend(zones.iter().map(|to| ports(&open_ports(infrastructure, &from, &to.name))));
        table.row(row);
    }
    table
}

fn matrix_of_hosts(infrastructure: &Infrastructure) -> Table {
    let hosts = &infrastructure.hosts;
    let mut head = vec!["From".to_owned()];
    head.extend(hosts.iter().map(|host| host.name.clone()));
    let mut table = Table { head, rows: Vec::new() };
    let empty = infrastructure
        .zones
        .iter()
        .filter(|zone| infrastructure.hosts_in(&zone.name).next().is_none())
        .map(|zone| Peer::Zone(zone.name.clone()));
    let inside = hosts.iter().map(|host| Peer::Host(host.name.clone()));
    for from in std::iter::once(Peer::Internet).chain(empty).chain(inside) {
        let mut row = vec![from.to_string()];
        row.extend(hosts.iter().map(|to| {
            if from == Peer::Host(to.name.clone()) {
                return "itself".to_owned();
            }
            ports(&open_ports_at(infrastructure, &from, to))
        }));
        table.row(row);
    }
    table
}

fn ports(open: &[u16]) -> String {
    let ports: Vec<String> = open.iter().map(u16::to_string).collect();
    if ports.is_empty() { "none".to_owned() } else { ports.join(", ") }
}

pub(super) fn requirements(infrastructure: &Infrastructure) -> Table {
    let mut table =
        Table::new(&["Machine", "CPU", "Memory", "Storage", "Sized for", "Tuned", "Agent"]);
    for host in &infrastructure.hosts {
        let tuned: Vec<String> = host.services.iter().filter_map(operations::tuning).collect();
        table.row([
            host.name.clone(),
            count(host.cores as usize, "core", "cores"),
            format!("{} GiB", host.memory_gib),
            host.disk.clone(),
            operations::sizing(Role::of(host)).to_owned(),
            tuned.join("; "),
            if host.service("agent").is_some() { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table
}
