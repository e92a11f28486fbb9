//! Zones, users, and the virtual addresses.

use super::pen::{self, Pen};
use super::troubles::{firewall_told, rules_out};
use super::{Picture, slug};
use crate::diagram::geometry::{Point, Rect};
use crate::diagram::layout::{Orientation, USERS_PAD, ZoneBand};
use crate::diagram::scene::{Group, Icon, Look, Mark};
use crate::infra::{Vip, Zone};
use crate::sim::Condition;

impl Picture<'_> {
    pub(super) fn zones(&self) -> Vec<Group> {
        let named = |band: &ZoneBand| self.infrastructure.zone(&band.name);
        self.layout
            .zones
            .iter()
            .filter_map(|band| named(band).map(|zone| self.zone(zone, band)))
            .collect()
    }

    fn zone(&self, zone: &Zone, band: &ZoneBand) -> Group {
        let metrics = self.metrics;
        let rect = band.rect;
        let has_border =
            self.infrastructure.has_firewall() && !self.infrastructure.guards_each_host();
        let mut marks = vec![pen::block(rect, 8.0, Look::Band)];
        let inflow = if band.is_strip { 0.0 } else { metrics.inflow };
        let height = if band.is_strip { metrics.strip } else { metrics.header - inflow };
        let baseline = rect.y + height / 2.0 + metrics.text * 0.36;
        let taken = self
            .layout
            .labels
            .iter()
            .filter(|label| label.key == zone.name && inflow == 0.0)
            .map(|label| Pen::muted(metrics.label).width(&label.text) + 8.0)
            .fold(18.0, |sum, width| sum + width);
        let room = rect.width - 2.0 * metrics.card_pad - taken;
        let out = self.rules_out(&zone.name, None);
        let name = if metrics.orientation == Orientation::Projector {
            zone.title.clone()
        } else if out == 0 {
            format!("{} · VLAN {}", zone.title, zone.vlan)
        } else {
            // There is no room for both; the group's title has the VLAN.
            format!("{} · {}", zone.title, rules_out(out))
        };
        let pen = Pen::bold(metrics.text);
        let x = rect.x + metrics.card_pad;
        marks.push(pen.write(x, baseline, &name, room));
        if band.is_strip {
            let after = pen.width(&name) + metrics.text * 0.6;
            let muted = Pen::muted(metrics.text);
            let remark = self.strip_remark(zone);
            let short =
                remark.strip_prefix("an ").filter(|_| muted.width(&remark) > room - after - 8.0);
            if after + 40.0 < room {
                let remark = short.unwrap_or(&remark);
                marks.push(muted.write(x + after, baseline, remark, room - after));
            }
        }
        if has_border {
            if !band.is_strip {
                let (top, bottom) = (rect.y + 8.0, rect.bottom() - 8.0);
                let (from, to) = (Point::new(rect.x, top), Point::new(rect.x, bottom));
                let look = if out == 0 { Look::Border } else { Look::LinkOut };
                marks.push(pen::line(from, to, look));
            }
            let x = rect.right() - metrics.band_pad - 14.0;
            marks.extend(pen::guard(x, rect.y + height / 2.0 - 8.0, out == 0));
        }
        let hosts = self.infrastructure.hosts_in(&zone.name).map(|host| host.name.as_str());
        let hosts = hosts.collect::<Vec<_>>().join(" ");
        Group {
            key: format!("zone-{}", slug(&zone.name)),
            class: "zone".to_owned(),
            title: Some(self.zone_title(zone)),
            marks,
            of: if hosts.is_empty() { "*".to_owned() } else { hosts },
            guard: if has_border {
                firewall_told(&format!("the {} zone", zone.title), out)
            } else {
                String::new()
            },
        }
    }

    pub(super) fn users(&self) -> Group {
        let rect = self.layout.users;
        let mut marks = vec![pen::block(rect, 8.0, Look::Card(Condition::Up))];
        match self.layout.orientation {
            Orientation::Landscape | Orientation::Projector => self.users_upright(rect, &mut marks),
            Orientation::Portrait => self.users_flat(rect, &mut marks),
        }
        Group {
            key: "users".to_owned(),
            class: "users".to_owned(),
            title: Some(self.users_title()),
            marks,
            of: "*".to_owned(),
            guard: String::new(),
        }
    }

    fn users_upright(&self, rect: Rect, marks: &mut Vec<Mark>) {
        let metrics = self.metrics;
        let (x, room) = (rect.x + USERS_PAD, rect.width - 2.0 * USERS_PAD);
        marks.push(pen::icon(x, rect.y + 16.0, metrics.icon, Icon::Users));
        let (beside, inset) = (x + metrics.icon + 8.0, metrics.icon + 8.0);
        marks.push(Pen::bold(metrics.name).write(beside, rect.y + 38.0, "Users", room - inset));
        let lines = [self.infrastructure.domain.clone(), self.records(), self.distance()];
        // In a hall nothing is cut short that can be left out.
        let is_said = |line: &&String| {
            metrics.inflow == 0.0
                || Pen::ink(metrics.text).width(line) <= room
                || *line == &lines[0]
        };
        for (line, y) in lines.iter().filter(is_said).zip([70.0, 92.0, 114.0]) {
            let pen = if y < 80.0 { Pen::ink(metrics.text) } else { Pen::muted(metrics.text) };
            marks.push(pen.write(x, rect.y + y, line, room));
        }
        for (index, uplink) in self.infrastructure.uplinks.iter().enumerate() {
            let y = rect.bottom() + 24.0 + index as f64 * 20.0;
            let (look, word) = match (self.is_broken(&uplink.name), index) {
                (true, _) => (Look::LinkOut, "broken"),
                (false, 0) => (Look::Link, "uplink"),
                (false, _) => (Look::Vrrp, "uplink"),
            };
            marks.push(pen::line(Point::new(x, y - 4.5), Point::new(x + 24.0, y - 4.5), look));
            if word == "broken" {
                marks.push(pen::state(Point::new(x + 12.0, y - 4.5), 5.0, Condition::Down));
            }
            let text = format!("{} {word}", uplink.role);
            // `broken` is the wider word, and runs a little way into the gutter.
            let room = room - if word == "broken" { 16.0 } else { 24.0 };
            marks.push(Pen::muted(metrics.label).write(x + 32.0, y, &text, room));
        }
    }

    fn users_flat(&self, rect: Rect, marks: &mut Vec<Mark>) {
        let metrics = self.metrics;
        let (x, room) = (rect.x + metrics.card_pad, rect.width - 2.0 * metrics.card_pad);
        marks.push(pen::icon(x, rect.y + 8.0, metrics.icon, Icon::Users));
        let (beside, inset) = (x + metrics.icon + 8.0, metrics.icon + 8.0);
        marks.push(Pen::bold(metrics.name).write(beside, rect.y + 23.0, "Users", room - inset));
        let domain = format!("{} · {}", self.infrastructure.domain, self.records());
        marks.push(Pen::ink(metrics.text).write(beside, rect.y + 39.0, &domain, room - inset));
        let uplinks = self.uplinks();
        marks.push(Pen::muted(metrics.text).write(beside, rect.y + 53.0, &uplinks, room - inset));
    }

    /// The virtual addresses, each above the card of its owner, in a split brain above those of all who claim it; without one
    /// where users look for it in vain, undocked.
    pub(super) fn vips(&self) -> Vec<Group> {
        let place = |vip: &Vip| {
            let holders = self.holders(vip);
            if holders.is_empty() { self.leads_to(vip).into_iter().collect() } else { holders }
        };
        let places: Vec<Vec<&str>> = self.infrastructure.vips.iter().map(place).collect();
        let owners: Vec<&str> =
            self.layout.vips.iter().map(|slots| slots.balancer.as_str()).collect();
        let mut groups = Vec::new();
        for (index, vip) in self.infrastructure.vips.iter().enumerate() {
            let count = self.holders(vip).len();
            let mut marks = Vec::new();
            for place in &places[index] {
                let here =
                    |others: &[Vec<&str>]| others.iter().filter(|own| own.contains(place)).count();
                // Below one another the last is the nearest to the card; side by side the first.
                let is_stack = self.metrics.pills_in_row == 1;
                let at = here(if is_stack { &places[index + 1..] } else { &places[..index] });
                let slots = self.layout.vips.iter().find(|slots| slots.balancer == *place);
                let slot = slots.and_then(|slots| slots.slots.get(at)).copied();
                marks.extend(slot.map(|slot| self.pill(vip, count, slot)).unwrap_or_default());
            }
            groups.push(Group {
                key: format!("vip-{}", slug(&vip.name)),
                class: if count == 1 { "vip" } else { "vip lost" }.to_owned(),
                title: Some(self.vip_title(vip)),
                marks,
                of: owners.join(" "),
                guard: String::new(),
            });
        }
        groups
    }

    /// An address that so many machines have.
    fn pill(&self, vip: &Vip, holders: usize, slot: Rect) -> Vec<Mark> {
        let metrics = self.metrics;
        let baseline = slot.y + slot.height / 2.0 + metrics.text * 0.36;
        let pad = metrics.pill_pad;
        let (x, room) = (slot.x + pad, slot.width - 2.0 * pad);
        let radius = slot.height / 2.0;
        if holders == 1 {
            let stem = slot.x + 24.0;
            let (from, to) = (slot.bottom(), slot.bottom() + metrics.pill_gap);
            let whole = format!("{} {}", vip.name, vip.address);
            let is_whole = self.shown.addresses
                && (metrics.inflow == 0.0 || Pen::ink(metrics.text).width(&whole) <= room);
            let text = if is_whole { whole } else { vip.name.clone() };
            vec![
                pen::line(Point::new(stem, from), Point::new(stem, to), Look::Link),
                pen::block(slot, radius, Look::Pill),
                Pen::ink(metrics.text).write(x, baseline, &text, room + 1.0),
            ]
        } else {
            let sign = Point::new(x + metrics.text * 0.36, slot.y + slot.height / 2.0);
            let (condition, text) = match holders {
                0 => (Condition::Down, format!("{}: no owner", vip.name)),
                _ => (Condition::Degraded, format!("{}: {holders} owners", vip.name)),
            };
            vec![
                pen::block(slot, radius, Look::PillLost),
                pen::state(sign, metrics.text * 0.36, condition),
                Pen::ink(metrics.text).write(
                    x + metrics.text + 2.0,
                    baseline,
                    &text,
                    room - metrics.text - 1.0,
                ),
            ]
        }
    }
}
