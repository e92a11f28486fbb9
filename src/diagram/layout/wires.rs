//! What is to be joined: the infrastructure's links without doubles, and the layers that follow from them.

use crate::infra::{Infrastructure, Place, Purpose, Zone};
use crate::kernel::small;

/// A link to be drawn: everything two places say to each other for one purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wire {
    pub(super) from: Place,
    pub(super) to: Place,
    pub(super) purpose: Purpose,
    pub(super) protocols: Vec<String>,
}

/// The links to be drawn, in order; a host's talk with itself is none.
pub(super) fn wires(infrastructure: &Infrastructure) -> Vec<Wire> {
    let stands = |place: &Place| match place {
        Place::Users => true,
        Place::Host(name) => infrastructure.host(name).is_some(),
    };
    let mut wires: Vec<Wire> = Vec::new();
    for link in infrastructure.links() {
        if link.from == link.to || !stands(&link.from) || !stands(&link.to) {
            continue;
        }
        let same = |wire: &&mut Wire| {
            wire.from == link.from && wire.to == link.to && wire.purpose == link.purpose
        };
        match wires.iter_mut().find(same) {
            Some(wire) if wire.protocols.contains(&link.protocol) => {}
            Some(wire) => wire.protocols.push(link.protocol),
            None => wires.push(Wire {
                from: link.from,
                to: link.to,
                purpose: link.purpose,
                protocols: vec![link.protocol],
            }),
        }
    }
    wires
}

/// The zones that hold hosts, layer by layer: how many borders the longest way from the users crosses.
pub(super) fn layers<'a>(infrastructure: &'a Infrastructure, wires: &[Wire]) -> Vec<Vec<&'a Zone>> {
    let zone_of = |place: &Place| match place {
        Place::Users => None,
        Place::Host(name) => infrastructure.host(name).map(|host| host.zone.as_str()),
    };
    let mut depth: Vec<(&str, usize)> = Vec::new();
    for host in &infrastructure.hosts {
        small::entry(&mut depth, host.zone.as_str(), || 1);
    }
    let deepest = depth.len();
    // As often as there are zones is often enough; a circle of links ends there too.
    for _ in 0..deepest {
        for wire in wires.iter().filter(|wire| wire.purpose == Purpose::Requests) {
            let (from, to) = (zone_of(&wire.from), zone_of(&wire.to));
            let before = from.and_then(|zone| small::find(&depth, &zone)).copied().unwrap_or(0);
            if let Some(zone) = to.filter(|_| from != to) {
                let after = small::entry(&mut depth, zone, || 1);
                *after = (*after).max(before + 1).min(deepest);
            }
        }
    }
    let at = |wanted: usize| -> Vec<&Zone> {
        let is_here = |zone: &&Zone| small::find(&depth, &zone.name.as_str()) == Some(&wanted);
        infrastructure.zones.iter().filter(is_here).collect()
    };
    (1..=deepest).map(at).filter(|layer| !layer.is_empty()).collect()
}
