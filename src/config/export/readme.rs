//! `README.md`: which file goes where, how it is checked and loaded, in which order, and what has to be changed first.

use super::text::token;
use super::{Kind, Piece, app, haproxy, keepalived, monitoring, mysql, netplan, nftables, nginx};
use crate::infra::{Host, Infrastructure, Network, Peer, Policy, Protocol, Service, Tls};

/// The README of all files.
pub(super) fn write(infrastructure: &Infrastructure, pieces: &[Piece]) -> String {
    let domain = token(&infrastructure.domain);
    let mut text = format!("# Configurations of {domain}\n\n");
    text.push_str(
        "Written from the same data as the simulation. Each machine has a folder; each file says in comments why it says what it says.\n\n\
         ## What goes where\n\n\
         | machine | file | place on the machine | check | load |\n|---|---|---|---|---|\n",
    );
    for piece in pieces {
        let Piece { folder, kind, .. } = piece;
        let Kind { file, to, check, load } = kind;
        text.push_str(&format!("| {folder} | `{file}` | {to} | `{check}` | `{load}` |\n"));
    }
    text.push_str("\nCheck first, load after: a program that refuses its new file keeps the old one running.\n");
    text.push_str("\n## In which order\n\n");
    for (index, step) in steps(infrastructure, pieces).iter().enumerate() {
        text.push_str(&format!("{}. {step}\n", index + 1));
    }
    text.push_str("\n## What the lab reckons with\n\n");
    let Network { internet_latency: internet, lan_latency: inside, routing_time: routing, .. } =
        &infrastructure.network;
    text.push_str(&format!(
        "No file sets the network: {internet:#} from a user to the site and {inside:#} from machine to machine, one way; {routing:#} until users come by the other uplink when one breaks.\n"
    ));
    text.push_str("\n## What to change first\n\n");
    for change in changes(infrastructure, pieces) {
        text.push_str(&format!("- {change}\n"));
    }
    text
}

/// From what nobody waits for to what everybody comes in by.
fn steps(infrastructure: &Infrastructure, pieces: &[Piece]) -> Vec<String> {
    let on = |kind: Kind| {
        let mut folders: Vec<&str> = Vec::new();
        for piece in pieces.iter().filter(|piece| piece.kind.file == kind.file) {
            folders.push(&piece.folder);
        }
        folders.join(", ")
    };
    let parts = [
        (netplan::KIND, "the network"),
        (nftables::KIND, "the firewall, from the machine's own console: a mistake locks out"),
        (mysql::KIND, "the databases, a primary before its replica"),
        (app::KIND, "the application, which asks the database"),
        (nginx::KIND, "the web servers"),
        (haproxy::KIND, "the balancers; their checks find the servers"),
        (keepalived::KIND, "the virtual addresses: now users come"),
        (monitoring::AGENT, "the monitoring agents, and the collector"),
    ];
    let all = infrastructure.hosts.len();
    let steps = parts.into_iter().filter_map(|(kind, what)| {
        let machines = on(kind);
        let file = kind.file;
        if machines.is_empty() {
            return None;
        }
        let is_everywhere = machines.split(", ").count() == all;
        let machines = if is_everywhere { "every machine" } else { machines.as_str() };
        Some(format!("`{file}` on {machines}: {what}."))
    });
    steps.collect()
}

/// What the plan cannot know.
fn changes(infrastructure: &Infrastructure, pieces: &[Piece]) -> Vec<String> {
    let has = |kind: Kind| pieces.iter().any(|piece| piece.kind.file == kind.file);
    let public = infrastructure.vips.iter().map(|vip| vip.address.to_string());
    let public = public.collect::<Vec<_>>().join(", ");
    let mut list = vec![format!(
        "Addresses: what the A records say ({public}) is a placeholder; put the addresses there that are yours. Each zone's router is a guess. \
         The network card is called `eth0` until you name yours."
    )];
    let ends_tls =
        |of: &Host| of.haproxy().is_some_and(|own| own.tls_round_trips > 0 || own.tls.is_some());
    let named: Vec<String> = infrastructure
        .balancers()
        .filter(|host| ends_tls(host))
        .map(|host| token(&host.name))
        .collect();
    if !named.is_empty() {
        let (certificate, named) = (haproxy::certificate(infrastructure), named.join(", "));
        list.push(format!(
            "Certificate: put yours with its chain and its private key into `{certificate}` on {named}, readable by root alone."
        ));
    }
    let encrypts = |tls: Tls| tls.to_servers;
    let mut balancers = infrastructure.balancers().filter_map(Host::haproxy);
    if balancers.any(|haproxy| haproxy.tls.is_some_and(encrypts)) {
        list.push("Certificates of the servers: the balancers encrypt again, and trust `/etc/haproxy/certs/servers-ca.pem`.".to_owned());
    }
    if has(mysql::KIND) {
        list.push("Passwords: none stands in these files. Each `my.cnf` says which accounts there are; the application's is in `/etc/foobar/app.env`.".to_owned());
    }
    if has(app::KIND) {
        list.push("The application: `app:application` in `/srv/foobar`, a user `foobar`, and the variables that it reads.".to_owned());
    }
    if infrastructure.has_firewall() {
        if !lets_administrators_in(infrastructure) {
            list.push("Administration: no rule of the plan lets SSH in, so the firewall does not. Keep a console, or add a rule.".to_owned());
        }
    } else {
        list.push("Firewall: none stands in this plan, so there is no `nftables.conf`. Whatever listens answers everybody who gets as far as the machine.".to_owned());
    }
    let watched = infrastructure.hosts.iter().any(|host| host.services.contains(&Service::Agent));
    if watched {
        let place = monitoring::zone(infrastructure).map(|zone| token(&zone.name));
        let place = place.map_or_else(|| "somewhere".to_owned(), |zone| format!("in zone {zone}"));
        list.push(format!("The collector is no machine of the plan: it stands {place}."));
    }
    list
}

fn lets_administrators_in(infrastructure: &Infrastructure) -> bool {
    infrastructure.rules.iter().any(|rule| {
        let is_ssh = match &rule.protocol {
            Protocol::Tcp(ports) => ports.contains(&22),
            Protocol::Any => true,
        };
        is_ssh && !rule.disabled && rule.policy == Policy::Allow && rule.to != Peer::Internet
    })
}
