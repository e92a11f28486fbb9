//! Zones, users, and the virtual addresses.

use super::pen::{self, Pen};
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
        let height = if band.is_strip { metrics.strip } else { metrics.header };
        let baseline = rect.y + height / 2.0 + metrics.text * 0.36;
        let taken = self
            .layout
            .labels
            .iter()
            .filter(|label| label.key == zone.name)
            .map(|label| Pen::muted(metrics.label).width(&label.text) + 8.0)
            .fold(18.0, |sum, width| sum + width);
        let room = rect.width - 2.0 * metrics.card_pad - taken;
        let name = format!("{} · VLAN {}", zone.title, zone.vlan);
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
                marks.push(pen::line(from, to, Look::Border));
            }
            let x = rect.right() - metrics.band_pad - 14.0;
            marks.push(pen::shield(x, rect.y + height / 2.0 - 8.0));
        }
        Group {
            key: format!("zone-{}", slug(&zone.name)),
            class: "zone".to_owned(),
            title: Some(self.zone_title(zone)),
            marks,
        }
    }

    pub(super) fn users(&self) -> Group {
        let rect = self.layout.users;
        let mut marks = vec![pen::block(rect, 8.0, Look::Card(Condition::Up))];
        match self.layout.orientation {
            Orientation::Landscape => self.users_upright(rect, &mut marks),
            Orientation::Portrait => self.users_flat(rect, &mut marks),
        }
        Group {
            key: "users".to_owned(),
            class: "users".to_owned(),
            title: Some(self.users_title()),
            marks,
        }
    }

    fn users_upright(&self, rect: Rect, marks: &mut Vec<Mark>) {
        let metrics = self.metrics;
        let (x, room) = (rect.x + USERS_PAD, rect.width - 2.0 * USERS_PAD);
        marks.push(pen::icon(x, rect.y + 16.0, metrics.icon, Icon::Users));
        let (beside, inset) = (x + metrics.icon + 8.0, metrics.icon + 8.0);
        marks.push(Pen::bold(metrics.name).write(beside, rect.y + 38.0, "Users", room - inset));
        let lines = [self.infrastructure.domain.clone(), self.records(), self.distance()];
        for (line, y) in lines.iter().zip([70.0, 92.0, 114.0]) {
            let pen = if y < 80.0 { Pen::ink(metrics.text) } else { Pen::muted(metrics.text) };
            marks.push(pen.write(x, rect.y + y, line, room));
        }
        for (index, uplink) in self.infrastructure.uplinks.iter().enumerate() {
            let y = rect.bottom() + 24.0 + index as f64 * 20.0;
            let look = if index == 0 { Look::Link } else { Look::Vrrp };
            marks.push(pen::line(Point::new(x, y - 4.5), Point::new(x + 24.0, y - 4.5), look));
            let text = format!("{} uplink", uplink.role);
            marks.push(Pen::muted(metrics.label).write(x + 32.0, y, &text, room - 24.0));
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
        marks.push(Pen::muted(metrics.text).write(beside, rect.y + 54.0, &uplinks, room - inset));
    }

    /// The virtual addresses, each above the card of its owner; without one at its home, undocked.
    pub(super) fn vips(&self) -> Vec<Group> {
        let place = |vip: &Vip| self.owner(vip).or_else(|| self.home(vip)).unwrap_or_default();
        let places: Vec<&str> = self.infrastructure.vips.iter().map(place).collect();
        let mut groups = Vec::new();
        for (index, vip) in self.infrastructure.vips.iter().enumerate() {
            let owner = self.owner(vip);
            let here =
                |others: &[&str]| others.iter().filter(|name| **name == places[index]).count();
            // Below one another the last is the nearest to the card; side by side the first.
            let is_stack = self.metrics.pills_in_row == 1;
            let at = here(if is_stack { &places[index + 1..] } else { &places[..index] });
            let slots = self.layout.vips.iter().find(|slots| slots.balancer == places[index]);
            let slot = slots.and_then(|slots| slots.slots.get(at)).copied();
            let marks = slot.map(|slot| self.pill(vip, owner.is_some(), slot)).unwrap_or_default();
            let class = if owner.is_some() { "vip" } else { "vip lost" };
            groups.push(Group {
                key: format!("vip-{}", slug(&vip.name)),
                class: class.to_owned(),
                title: Some(self.vip_title(vip)),
                marks,
            });
        }
        groups
    }

    fn pill(&self, vip: &Vip, has_owner: bool, slot: Rect) -> Vec<Mark> {
        let metrics = self.metrics;
        let baseline = slot.y + slot.height / 2.0 + metrics.text * 0.36;
        let pad = metrics.pill_pad;
        let (x, room) = (slot.x + pad, slot.width - 2.0 * pad);
        let radius = slot.height / 2.0;
        if has_owner {
            let stem = slot.x + 24.0;
            let (from, to) = (slot.bottom(), slot.bottom() + metrics.pill_gap);
            let text = if self.shown.addresses {
                format!("{} {}", vip.name, vip.address)
            } else {
                vip.name.clone()
            };
            vec![
                pen::line(Point::new(stem, from), Point::new(stem, to), Look::Link),
                pen::block(slot, radius, Look::Pill),
                Pen::ink(metrics.text).write(x, baseline, &text, room + 1.0),
            ]
        } else {
            let sign = Point::new(x + metrics.text * 0.36, slot.y + slot.height / 2.0);
            let text = format!("{}: no owner", vip.name);
            vec![
                pen::block(slot, radius, Look::PillLost),
                pen::state(sign, metrics.text * 0.36, Condition::Down),
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
