//! `nftables.conf`: what may come in to a machine. The plan's rules whose destination it is, in their order, the first match
//! deciding as in the model; before them what needs no rule, after them nothing.

use super::text::{Subnet, Text, token};
use super::{AGENT_PORT, Kind, PEERS_PORT, monitoring, rivals, shares_tables};
use crate::infra::{
    Host, Infrastructure, Keepalived, Peer, Policy, Protocol, Rule, Service, VrrpInstance,
};
use crate::kernel::small;

pub(super) const KIND: Kind = Kind {
    file: "nftables.conf",
    to: "/etc/nftables.conf",
    check: "nft -c -f /etc/nftables.conf",
    load: "systemctl reload nftables",
};

/// Where the chain of what comes in begins, and with it the default deny.
const POLICY: &str = "type filter hook input priority filter; policy drop;";

/// The firewall of one machine.
pub(super) fn write(infrastructure: &Infrastructure, host: &Host) -> String {
    let title = format!("Firewall of {} ({}): {}", host.name, host.title, infrastructure.title);
    let mut text = Text::default();
    text.line(0, "#!/usr/sbin/nft -f");
    text.note(0, &title);
    text.note(0, "What is not let in by a line below is dropped without a word: whoever sent it waits in vain.");
    text.blank();
    text.note(0, "Begin anew: all rules of this machine are in this file.");
    text.line(0, "flush ruleset");
    let inside = inside(infrastructure);
    let rules: Vec<&Rule> =
        infrastructure.rules.iter().filter(|rule| leads_to(rule, host)).collect();
    if !inside.is_empty() && rules.iter().any(|rule| rule.from == Peer::Internet) {
        text.blank();
        text.note(
            0,
            "The networks of the site; whoever comes from none of them comes from the internet.",
        );
        text.line(0, &define(&inside));
    }
    text.part("table inet filter {");
    text.line(1, "chain input {");
    text.line(2, POLICY);
    needs_no_rule(&mut text);
    between_balancers(&mut text, infrastructure, host);
    same_zone(&mut text, infrastructure, host);
    for rule in rules {
        one(&mut text, infrastructure, rule, !inside.is_empty());
    }
    agent(&mut text, infrastructure, host);
    text.line(1, "}");
    text.blank();
    text.note(1, "This machine is no router.");
    text.line(1, "chain forward {");
    text.line(2, "type filter hook forward priority filter; policy drop;");
    text.line(1, "}");
    text.blank();
    text.note(
        1,
        "What goes out is judged where it arrives: a rule names who accepts a connection.",
    );
    text.line(1, "chain output {");
    text.line(2, "type filter hook output priority filter; policy accept;");
    text.line(1, "}");
    text.line(0, "}");
    text.finish()
}

/// What one rule becomes on every machine that it leads to, not indented; without a rule, the default deny.
pub(super) fn excerpt(infrastructure: &Infrastructure, rule: Option<&Rule>) -> String {
    let Some(rule) = rule else { return POLICY.to_owned() };
    let inside = inside(infrastructure);
    let mut text = Text::default();
    if rule.from == Peer::Internet && !rule.disabled && !inside.is_empty() {
        text.line(0, &define(&inside));
    }
    one(&mut text, infrastructure, rule, !inside.is_empty());
    let text = text.finish();
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn define(inside: &[String]) -> String {
    format!("define inside = {{ {} }}", inside.join(", "))
}

/// The networks of the zones; one that lies in another is left out.
fn inside(infrastructure: &Infrastructure) -> Vec<String> {
    let all: Vec<Subnet> = infrastructure.zones.iter().filter_map(Subnet::of).collect();
    let is_outermost = |index: &usize| {
        let own = all[*index];
        let hides = |(other, subnet): (usize, &Subnet)| {
            other != *index && subnet.covers(own) && (*subnet != own || other < *index)
        };
        !all.iter().enumerate().any(hides)
    };
    (0..all.len()).filter(is_outermost).map(|index| all[index].cidr()).collect()
}

pub(super) fn leads_to(rule: &Rule, host: &Host) -> bool {
    match &rule.to {
        Peer::Any => true,
        Peer::Internet => false,
        Peer::Zone(zone) => *zone == host.zone,
        Peer::Host(name) => *name == host.name,
    }
}

fn needs_no_rule(text: &mut Text) {
    text.blank();
    text.note(2, "Answers to what was let through before, with the errors that belong to it.");
    text.line(2, "ct state { established, related } accept");
    text.line(2, "ct state invalid drop");
    text.note(2, "What programs on this machine say to each other.");
    text.line(2, "iif \"lo\" accept");
}

/// VRRP between those that claim the same address, and the peers' port if they share their tables.
fn between_balancers(text: &mut Text, infrastructure: &Infrastructure, host: &Host) {
    let own: &[VrrpInstance] = host.keepalived().map_or(&[], |own| &own.instances);
    let claims = |other: &Keepalived| {
        other.instances.iter().any(|one| own.iter().any(|mine| mine.vip == one.vip))
    };
    let rivals: Vec<String> =
        rivals(infrastructure, host, claims).map(|other| other.address.to_string()).collect();
    if !rivals.is_empty() {
        text.blank();
        text.note(2, "keepalived's adverts (VRRP, IP protocol 112): without them each balancer believes it is alone.");
        text.line(2, &format!("ip saddr {{ {} }} ip protocol 112 accept", rivals.join(", ")));
    }
    if host.haproxy().is_some_and(shares_tables) {
        let others = infrastructure.balancers().filter(|other| other.name != host.name);
        let others: Vec<String> = others.map(|other| other.address.to_string()).collect();
        if !others.is_empty() {
            text.note(2, "HAProxy's peers share their stick tables.");
            let others = others.join(", ");
            text.line(2, &format!("ip saddr {{ {others} }} tcp dport {PEERS_PORT} accept"));
        }
    }
}

/// As in the model, no border lies between the machines of a zone.
fn same_zone(text: &mut Text, infrastructure: &Infrastructure, host: &Host) {
    let mut ports: Vec<u16> = host.services.iter().flat_map(Service::ports).collect();
    small::sort_by_key(&mut ports, |port| *port);
    ports.dedup();
    let zone = infrastructure.zone(&host.zone);
    let Some((zone, subnet)) = zone.and_then(|zone| Some((zone, Subnet::of(zone)?))) else {
        return;
    };
    if ports.is_empty() {
        return;
    }
    text.blank();
    text.note(
        2,
        &format!(
            "Neighbours in zone {} (VLAN {}) reach what listens here: no border lies between them.",
            zone.name, zone.vlan
        ),
    );
    text.line(2, &format!("ip saddr {} tcp dport {{ {} }} accept", subnet.cidr(), list(&ports)));
}

fn list(ports: &[u16]) -> String {
    ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

fn one(text: &mut Text, infrastructure: &Infrastructure, rule: &Rule, has_inside: bool) {
    let name = token(&rule.name);
    text.blank();
    text.note(2, &format!("Rule {}: {}.", rule.name, rule.reason));
    if rule.disabled {
        text.note(
            2,
            &format!(
                "It is out of force: {} {} from {} stands here no more.",
                rule.policy, rule.protocol, rule.from
            ),
        );
        return;
    }
    let from = match &rule.from {
        Peer::Internet if has_inside => Some("ip saddr != $inside ".to_owned()),
        Peer::Any | Peer::Internet => Some(String::new()),
        Peer::Zone(name) => {
            let subnet = infrastructure.zone(name).and_then(Subnet::of);
            subnet.map(|subnet| format!("ip saddr {} ", subnet.cidr()))
        }
        Peer::Host(name) => {
            infrastructure.host(name).map(|host| format!("ip saddr {} ", host.address))
        }
    };
    let mut ports = match &rule.protocol {
        Protocol::Tcp(ports) => ports.clone(),
        Protocol::Any => Vec::new(),
    };
    small::sort_by_key(&mut ports, |port| *port);
    ports.dedup();
    let (Some(from), true) = (from, rule.protocol == Protocol::Any || !ports.is_empty()) else {
        text.note(2, "It matches nobody, or no port, and so nothing stands here.");
        return;
    };
    let what =
        if ports.is_empty() { String::new() } else { format!("tcp dport {{ {} }} ", list(&ports)) };
    let verdict = match rule.policy {
        Policy::Allow => "accept",
        Policy::Deny => "drop",
    };
    text.line(2, &format!("{from}{what}{verdict} comment \"{name}\""));
}

/// The collector is no host of the plan, and so no rule of it names its port.
fn agent(text: &mut Text, infrastructure: &Infrastructure, host: &Host) {
    if infrastructure.monitoring.is_none() || !host.services.contains(&Service::Agent) {
        return;
    }
    text.blank();
    match monitoring::zone(infrastructure).and_then(|zone| Some((zone, Subnet::of(zone)?))) {
        Some((zone, subnet)) => {
            text.note(2, &format!("The collector in zone {} asks the monitoring agent. (Its port is no part of the plan.)", zone.name));
            text.line(2, &format!("ip saddr {} tcp dport {AGENT_PORT} accept", subnet.cidr()));
        }
        None => text.note(2, &format!("Let the collector in to the monitoring agent: ip saddr COLLECTOR tcp dport {AGENT_PORT} accept")),
    }
}
