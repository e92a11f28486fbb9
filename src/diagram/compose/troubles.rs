//! What is wrong with the network, where it is: a sign and a word on the link.

use super::Picture;
use super::pen::{self, Pen};
use crate::diagram::geometry::{Point, Rect};
use crate::diagram::layout::{Orientation, Route, ZoneBand};
use crate::diagram::scene::{Group, Look};
use crate::infra::{LinkChange, Peer, Place, Purpose};
use crate::sim::Condition;

/// How far along its link a sign may stand, the best first: towards its end links have a line of their own.
const PLACES: [f64; 7] = [0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2];

impl Picture<'_> {
    /// The word for what is wrong with a link, if something is.
    pub(super) fn trouble(&self, route: &Route) -> Option<&'static str> {
        let outages = &self.snapshot?.outages;
        if outages.is_offline && route.from == Place::Users {
            return Some("cut");
        }
        if route.purpose == Purpose::Vrrp && outages.heartbeat_is_cut {
            return Some("cut");
        }
        let (from, to) = (route.from.name(), route.to.name());
        let joins = |link: &&LinkChange| {
            (link.from == from && link.to == to) || (link.from == to && link.to == from)
        };
        let mut words = outages.links.iter().filter(joins).map(|link| link.state.word());
        let first = words.next()?;
        // The two ways may differ: a cut is the worse.
        words.find(|word| *word == "cut").or(Some(first))
    }

    /// A sign on each link that is not whole, and a word: the adverts' label has theirs.
    pub(super) fn troubles(&self) -> Group {
        let pen = Pen::ink(self.metrics.label);
        let size = pen.size;
        let mut taken = self.taken();
        if self.layout.orientation != Orientation::Portrait {
            // Nothing is written on a firewall. In portrait there is no room for a word off it.
            let wall =
                |zone: &ZoneBand| Rect::new(zone.rect.x - 2.0, zone.rect.y, 4.0, zone.rect.height);
            taken.extend(self.layout.zones.iter().map(wall));
        }
        let mut marks = Vec::new();
        for route in &self.layout.routes {
            let Some(word) = self.trouble(route) else { continue };
            let is_said = route.purpose == Purpose::Vrrp;
            let width = if is_said { size } else { size + 4.0 + pen.width(word) };
            let place = |fraction: f64| {
                let on = route.at(fraction, false);
                let left = (on.x - width / 2.0).max(2.0);
                // A little lower than its link, above which a label may stand.
                Rect::new(left, on.y - size * 0.3, width, size * 1.1)
            };
            // Two links lie close to each other: the edges may touch.
            let is_free = |rect: &Rect| {
                let core = Rect::new(rect.x, rect.y + 4.0, rect.width, rect.height - 8.0);
                !taken.iter().any(|other| other.overlaps(&core))
            };
            let free = PLACES.into_iter().map(place).find(is_free);
            let rect = free.unwrap_or_else(|| place(PLACES[0]));
            taken.push(rect);
            let condition = if word == "cut" { Condition::Down } else { Condition::Degraded };
            let middle = rect.center().y;
            marks.push(pen::block(rect, 4.0, Look::Tag));
            marks.push(pen::state(Point::new(rect.x + size / 2.0, middle), size * 0.36, condition));
            if !is_said {
                marks.push(pen.write(rect.x + size + 2.0, middle + size * 0.36, word, f64::MAX));
            }
        }
        let class = "troubles".to_owned();
        Group { key: class.clone(), class, marks, ..Group::default() }
    }

    /// Whether an uplink is broken.
    pub(super) fn is_broken(&self, uplink: &str) -> bool {
        self.snapshot
            .is_some_and(|snapshot| snapshot.outages.uplinks.iter().any(|own| own == uplink))
    }

    /// How many rules of the firewall are out that say what may enter a zone, or of its hosts this one.
    pub(super) fn rules_out(&self, zone: &str, host: Option<&str>) -> usize {
        let is_in = |name: &str| self.infrastructure.host(name).is_some_and(|own| own.zone == zone);
        let enters = |peer: &Peer| match peer {
            Peer::Zone(name) => name == zone,
            Peer::Host(name) => host.map_or_else(|| is_in(name), |host| host == name),
            Peer::Any => true,
            Peer::Internet => false,
        };
        let rules = self.infrastructure.rules.iter();
        rules.filter(|rule| rule.disabled && enters(&rule.to)).count()
    }
}

/// What the firewall of a zone or of a machine is called, and how many of its rules are out.
pub(super) fn firewall_told(of: &str, out: usize) -> String {
    let told = if out == 0 { String::new() } else { format!(", {}", rules_out(out)) };
    format!("Firewall of {of}{told}")
}

/// So many rules, in words.
pub(super) fn rules_out(count: usize) -> String {
    if count == 1 { "1 rule out".to_owned() } else { format!("{count} rules out") }
}
