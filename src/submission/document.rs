//! The submission put together: which part follows which, and the tables. Holds no prose beyond headings and column
//! titles, and no format.

use super::Explanation;
use super::block::{Block, Item, Slot, Table};
use super::figures::{Death, down, span, up};
use super::reading::{Role, claims, haproxy, open_ports, servers};
use super::wording::{balancing, components, graded, operations, rationale, workflow};
use crate::infra::{Infrastructure, Peer};

/// The whole submission.
pub(super) fn submission(infrastructure: &Infrastructure, diagram_file: &str) -> Vec<Block> {
    let mut blocks =
        vec![heading(1, &format!("Scaled web infrastructure of {}", infrastructure.domain))];
    blocks.push(Block::Slot(Slot::Author));
    blocks.push(Block::Paragraph(graded::SETTING.to_owned()));
    blocks.push(heading(2, "The five points that are graded"));
    blocks.push(Block::List(graded::points(infrastructure, diagram_file)));
    blocks.push(heading(2, "1. Infrastructure diagram"));
    blocks.push(Block::Image {
        alt: workflow::alt_text(infrastructure),
        file: diagram_file.to_owned(),
    });
    blocks.push(heading(3, "Machines"));
    blocks.push(Block::Table(machines(infrastructure)));
    blocks.push(heading(3, "Workflow"));
    blocks.push(Block::Steps(workflow::steps(infrastructure)));
    blocks.push(heading(2, "2. Component explanation"));
    explain_components(&mut blocks, infrastructure);
    blocks.push(heading(2, "3. Scaling rationale"));
    explain_all(&mut blocks, &rationale::all(infrastructure));
    blocks.push(heading(3, "Learning objectives"));
    blocks.push(Block::List(rationale::objectives(infrastructure)));
    blocks.push(heading(2, "4. Technical documentation"));
    document(&mut blocks, infrastructure);
    blocks.push(heading(2, "5. Evidence of a run"));
    blocks.push(Block::Slot(Slot::Evidence));
    blocks
}

/// What the page shows before the lab is there.
pub(super) fn reading(infrastructure: &Infrastructure) -> Vec<Block> {
    let mut blocks = vec![
        heading(2, "How a request travels"),
        Block::Steps(workflow::steps(infrastructure)),
        heading(2, "The machines"),
        Block::Table(machines(infrastructure)),
        heading(2, "What each component is for"),
    ];
    explain_components(&mut blocks, infrastructure);
    blocks.push(heading(2, "Why it is scaled this way"));
    explain_all(&mut blocks, &rationale::all(infrastructure));
    blocks
}

fn heading(level: u8, text: &str) -> Block {
    Block::Heading(level, text.to_owned())
}

fn explain_components(blocks: &mut Vec<Block>, infrastructure: &Infrastructure) {
    for component in super::components(infrastructure) {
        blocks.push(heading(3, &component.title));
        blocks.push(Block::Paragraph(component.what));
        blocks.push(Block::List(vec![
            Item::new("Why it was added", component.why_added),
            Item::new("Without it", component.without_it),
            Item::new("Cost", component.cost),
        ]));
    }
    explain_all(blocks, &[components::web_and_application(infrastructure)]);
}

fn explain_all(blocks: &mut Vec<Block>, explanations: &[Explanation]) {
    for explanation in explanations {
        blocks.push(heading(3, &explanation.heading));
        blocks.extend(explanation.paragraphs.iter().cloned().map(Block::Paragraph));
    }
}

fn document(blocks: &mut Vec<Block>, infrastructure: &Infrastructure) {
    if let Some(of) = haproxy(infrastructure) {
        blocks.push(heading(3, "Load balancer (HAProxy)"));
        blocks.push(Block::List(balancing::haproxy(infrastructure, of)));
        blocks.push(Block::Table(server_lines(infrastructure)));
    }
    blocks.push(heading(3, "Virtual addresses (VRRP, keepalived)"));
    blocks.push(Block::Table(priorities(infrastructure)));
    blocks.extend(operations::addresses(infrastructure).into_iter().map(Block::Paragraph));
    blocks.push(heading(3, "Network: VLANs and zones"));
    blocks.push(Block::Table(vlans(infrastructure)));
    blocks.push(Block::List(operations::network(infrastructure)));
    blocks.push(heading(3, "Network: firewall rules"));
    blocks.push(Block::Table(rules(infrastructure)));
    blocks.push(Block::Paragraph(operations::MATRIX.to_owned()));
    blocks.push(Block::Table(matrix(infrastructure)));
    blocks.push(heading(3, "Server requirements and specialization"));
    blocks.push(Block::Table(requirements(infrastructure)));
    blocks.push(Block::Paragraph(operations::capacity(infrastructure)));
    blocks.push(heading(3, "Monitoring and backups"));
    let mut watched = Table::new(&["Watched", "Read from", "Alert when"]);
    for row in operations::watched(infrastructure) {
        watched.row(row);
    }
    blocks.push(Block::Table(watched));
    blocks.push(Block::List(operations::upkeep(infrastructure)));
}

fn machines(infrastructure: &Infrastructure) -> Table {
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

fn server_lines(infrastructure: &Infrastructure) -> Table {
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
            span(up(server)),
        ]);
    }
    table
}

fn priorities(infrastructure: &Infrastructure) -> Table {
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

fn vlans(infrastructure: &Infrastructure) -> Table {
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

fn rules(infrastructure: &Infrastructure) -> Table {
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

fn matrix(infrastructure: &Infrastructure) -> Table {
    let zones = &infrastructure.zones;
    let mut head = vec!["From".to_owned()];
    head.extend(zones.iter().map(|zone| zone.name.clone()));
    let mut table = Table { head, rows: Vec::new() };
    let inside = zones.iter().map(|zone| Peer::Zone(zone.name.clone()));
    for from in std::iter::once(Peer::Internet).chain(inside) {
        let mut row = vec![from.to_string()];
        row.extend(zones.iter().map(|to| {
            let ports: Vec<String> =
                open_ports(infrastructure, &from, &to.name).iter().map(u16::to_string).collect();
            if ports.is_empty() { "none".to_owned() } else { ports.join(", ") }
        }));
        table.row(row);
    }
    table
}

fn requirements(infrastructure: &Infrastructure) -> Table {
    let mut table =
        Table::new(&["Machine", "CPU", "Memory", "Storage", "Sized for", "Tuned", "Agent"]);
    for host in &infrastructure.hosts {
        let tuned: Vec<String> = host.services.iter().filter_map(operations::tuning).collect();
        table.row([
            host.name.clone(),
            super::figures::count(host.cores as usize, "core", "cores"),
            format!("{} GiB", host.memory_gib),
            host.disk.clone(),
            operations::sizing(Role::of(host)).to_owned(),
            tuned.join("; "),
            if host.service("agent").is_some() { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table
}
