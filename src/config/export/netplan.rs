//! `netplan.yaml`: the machine's VLAN, its address there, and the way out.

use std::net::Ipv4Addr;

use super::text::{Subnet, Text};
use super::{Kind, interface, plain_addresses};
use crate::infra::{Host, Infrastructure};

pub(super) const KIND: Kind = Kind {
    file: "netplan.yaml",
    to: "/etc/netplan/60-foobar.yaml",
    check: "netplan generate",
    load: "netplan apply",
};

/// The network of one machine.
pub(super) fn write(infrastructure: &Infrastructure, host: &Host) -> String {
    let title = format!("Network of {} ({}): {}", host.name, host.title, infrastructure.title);
    let mut text = Yaml(Text::new(&[&title]));
    let zone = infrastructure.zone(&host.zone);
    let subnet = zone.and_then(Subnet::of);
    let bits = subnet.map_or(32, |subnet| subnet.bits);
    text.line(0, "network:");
    text.line(1, "version: 2");
    text.line(1, "renderer: networkd");
    text.line(1, "ethernets:");
    text.note(2, "The card, without an address of its own. Give it the name that `ip link` shows.");
    text.line(2, "eth0:");
    text.line(3, "dhcp4: false");
    if let Some(zone) = zone {
        let (name, vlan) = (interface(infrastructure, host), zone.vlan);
        text.line(1, "vlans:");
        text.note(
            2,
            &format!("Zone {}: the switch keeps VLAN {vlan} apart from the others.", zone.name),
        );
        text.line(2, &format!("{name}:"));
        text.line(3, &format!("id: {vlan}"));
        text.line(3, "link: eth0");
    }
    text.line(3, "addresses:");
    text.line(4, &format!("- {}/{bits}", host.address));
    for vip in plain_addresses(infrastructure, host) {
        text.note(4, "What the domain's A record says. This machine has it and keeps it: nobody takes it over.");
        text.line(4, &format!("- {}/32", vip.address));
    }
    if host.keepalived().is_some_and(|keepalived| !keepalived.instances.is_empty()) {
        text.note(
            3,
            "The virtual addresses are not here: keepalived gives them to one machine at a time.",
        );
    }
    if let Some(gateway) = subnet.and_then(|subnet| gateway(infrastructure, subnet)) {
        text.note(3, "Other zones are behind the zone's router. Its address is no part of the plan: put yours here.");
        text.line(3, "routes:");
        text.line(4, "- to: default");
        text.line(4, &format!("  via: {gateway}"));
    }
    text.0.finish()
}

/// Lines two blanks deep a level, as YAML is mostly written.
struct Yaml(Text);

impl Yaml {
    fn line(&mut self, depth: usize, line: &str) {
        self.0.line(0, &format!("{}{line}", "  ".repeat(depth)));
    }

    fn note(&mut self, depth: usize, note: &str) {
        self.line(depth, &format!("# {}", super::text::clean(note)));
    }
}

/// The first address of the network that no machine has: by custom the router's.
fn gateway(infrastructure: &Infrastructure, subnet: Subnet) -> Option<Ipv4Addr> {
    let hosts = 32 - subnet.bits;
    let last: u32 = if hosts >= 16 { 1 << 16 } else { 1 << hosts };
    let first = subnet.network.to_bits();
    let mut places = (1..last - 1).map(|number| Ipv4Addr::from_bits(first.wrapping_add(number)));
    places.find(|place| {
        let taken = infrastructure.hosts.iter().map(|host| host.address);
        !taken.chain(infrastructure.vips.iter().map(|vip| vip.address)).any(|own| own == *place)
    })
}
