//! The hosts' cards.

use super::pen::{self, Pen};
use super::servers::algorithms;
use super::troubles::firewall_told;
use super::{Picture, slug};
use crate::diagram::font;
use crate::diagram::geometry::{Point, Rect};
use crate::diagram::layout::Orientation;
use crate::diagram::scene::{Anchor, Group, Icon, Look, Mark};
use crate::infra::{Host, Service};
use crate::sim::Condition;

/// Inside a remark, on both sides.
const TAG_PAD: f64 = 6.0;

impl Picture<'_> {
    /// A host's card; `None` if the layout has no place for it.
    pub(super) fn host(&self, host: &Host) -> Option<Group> {
        let card = self.layout.host(&host.name)?;
        let condition = self.condition(&host.name);
        let mut marks = vec![pen::block(card, 8.0, Look::Card(condition))];
        match self.layout.orientation {
            Orientation::Landscape => self.large_card(host, card, &mut marks),
            Orientation::Portrait => self.small_card(host, card, &mut marks),
            Orientation::Projector => self.bold_card(host, card, &mut marks),
        }
        let mut guard = String::new();
        if self.shown.zones && self.infrastructure.guards_each_host() {
            let out = self.rules_out(&host.zone, Some(&host.name));
            marks.extend(pen::guard(card.x - 7.0, card.y + 12.0, out == 0));
            guard = firewall_told(&host.name, out);
        }
        Some(Group {
            key: format!("host-{}", slug(&host.name)),
            class: format!("host {}", condition.word().to_ascii_lowercase()),
            title: Some(self.host_title(host)),
            marks,
            of: host.name.clone(),
            guard,
        })
    }

    /// Picture and name; what it is; how it stands; what it does; remarks.
    fn large_card(&self, host: &Host, card: Rect, marks: &mut Vec<Mark>) {
        let metrics = self.metrics;
        let (x, right) = (card.x + metrics.card_pad, card.right() - metrics.card_pad);
        let room = right - x;
        let beside = x + metrics.icon + 10.0;
        let (name, text) = (Pen::bold(metrics.name), Pen::ink(metrics.text));
        let muted = Pen::muted(metrics.text);
        marks.push(pen::icon(x, card.y + 14.0, metrics.icon, picture(host)));
        marks.push(name.write(beside, card.y + 29.0, &host.name, right - beside));
        let part = part(host, muted, right - beside);
        marks.push(muted.write(beside, card.y + 49.0, &part, right - beside));
        let used = self.state(host, x, card.y + 77.0, marks);
        let (note, orders) = (self.note(host, &part), self.orders(&host.name));
        let at = Point::new(right, card.y + 77.0);
        let beside_state = if orders.is_empty() {
            written(muted, at, &note, room - used - 8.0)
        } else {
            let room = room - used - 8.0;
            let width = tag_width(Pen::ink(metrics.label), &orders).min(room);
            self.tag(Point::new(right - width, card.y + 62.0), &orders, room, marks);
            None
        };
        let reading = self.reading_unless(host, beside_state.is_none(), note);
        marks.extend(beside_state);
        if !reading.is_empty() {
            marks.push(text.write(x, card.y + 99.0, &reading, room));
        }
        let mut y = card.y + 99.0;
        for line in algorithms(host) {
            y += metrics.algorithm;
            marks.push(muted.write(x, y, &line, room));
        }
        let remarks = self.remarks(host, room);
        let mut from = x;
        for remark in remarks {
            from += self.tag(Point::new(from, y + 11.0), &remark, room, marks) + 8.0;
        }
    }

    /// Picture, name and how it stands; what it is and runs; what it does and a remark.
    fn small_card(&self, host: &Host, card: Rect, marks: &mut Vec<Mark>) {
        let metrics = self.metrics;
        let (x, right) = (card.x + metrics.card_pad, card.right() - metrics.card_pad);
        let (text, muted) = (Pen::ink(metrics.text), Pen::muted(metrics.text));
        let beside = x + metrics.icon + 8.0;
        let word = self.condition(&host.name).word();
        let state = right - Pen::bold(metrics.text).width(word) - metrics.text - 6.0;
        marks.push(pen::icon(x, card.y + 8.0, metrics.icon, picture(host)));
        let name = Pen::bold(metrics.name);
        marks.push(name.write(beside, card.y + 22.0, &host.name, state - beside - 8.0));
        self.state(host, state, card.y + 21.0, marks);
        let part = part(host, muted, right - beside);
        marks.push(muted.write(beside, card.y + 38.0, &part, right - beside));
        let used = beside - x + muted.width(&part);
        let (note, orders) = (self.note(host, &part), self.orders(&host.name));
        let at = Point::new(right, card.y + 38.0);
        let room = right - x - used - 8.0;
        let beside_part = if orders.is_empty() {
            written(muted, at, &note, room)
        } else {
            marks.push(text.anchored(at, Anchor::End, &orders, room));
            None
        };
        let reading = self.reading_unless(host, beside_part.is_none(), note);
        marks.extend(beside_part);
        let remarks = self.remarks(host, 0.0).join(", ");
        let taken = if remarks.is_empty() { 0.0 } else { muted.width(&remarks) + 8.0 };
        if !reading.is_empty() {
            marks.push(text.write(beside, card.y + 53.0, &reading, right - beside - taken));
        }
        let at = Point::new(right, card.y + 53.0);
        marks.extend(written(muted, at, &remarks, right - beside));
        let mut y = card.y + 53.0;
        for line in algorithms(host) {
            y += metrics.algorithm;
            marks.push(muted.write(beside, y, &line, right - beside));
        }
    }

    /// Picture, name and a remark; how it stands; in two lines what is out of the ordinary, what it does, what it is, as far as there is room.
    fn bold_card(&self, host: &Host, card: Rect, marks: &mut Vec<Mark>) {
        let metrics = self.metrics;
        let (x, right) = (card.x + metrics.card_pad, card.right() - metrics.card_pad);
        let beside = x + metrics.icon + 8.0;
        let mut room = right - beside;
        let name = Pen::bold(metrics.name);
        if self.is_single(host) {
            let width = tag_width(Pen::ink(metrics.label), "SPOF");
            // The name comes first: beside a long one there is no room, but beside the state.
            let is_beside = name.width(&host.name) <= room - width - 6.0;
            let top = if is_beside { 11.0 } else { 42.0 };
            self.tag(Point::new(right - width, card.y + top), "SPOF", width, marks);
            if is_beside {
                room -= width + 6.0;
            }
        }
        marks.push(pen::icon(x, card.y + 8.0, metrics.icon, picture(host)));
        marks.push(name.write(beside, card.y + 31.0, &host.name, room));
        self.state(host, x, card.y + 60.0, marks);
        let note = self.note(host, &host.title);
        let orders = self.orders(&host.name);
        let text = Pen::ink(metrics.text);
        let reading = self.reading_unless(host, true, note);
        let reading = font::wrap(&reading, text.size, false, right - x);
        let muted = Pen::muted(metrics.text);
        let orders = Some(orders).into_iter().filter(|orders| !orders.is_empty());
        let lines = orders.chain(reading).map(|line| (text, line));
        let part = (muted, part(host, muted, right - x));
        for ((pen, line), y) in lines.chain([part]).zip([84.0, 108.0]) {
            marks.push(pen.write(x, card.y + y, &line, right - x));
        }
    }

    /// The reading; or what is wrong, which has to be said, where it has found no room elsewhere.
    fn reading_unless(&self, host: &Host, has_no_room: bool, note: String) -> String {
        let is_wrong = self.condition(&host.name) == Condition::Degraded && !note.is_empty();
        if has_no_room && is_wrong { note } else { self.reading(host) }
    }

    /// Shape and word; the width they take.
    fn state(&self, host: &Host, x: f64, baseline: f64, marks: &mut Vec<Mark>) -> f64 {
        let condition = self.condition(&host.name);
        let size = self.metrics.text;
        let pen = Pen::bold(size);
        let center = Point::new(x + size * 0.4, baseline - size * 0.365);
        marks.push(pen::state(center, size * 0.4, condition));
        let word = condition.word();
        let inset = size + 4.0;
        marks.push(pen.write(x + inset, baseline, word, pen.width(word) + 1.0));
        inset + pen.width(word)
    }

    fn tag(&self, at: Point, text: &str, room: f64, marks: &mut Vec<Mark>) -> f64 {
        let pen = Pen::ink(self.metrics.label);
        let width = tag_width(pen, text).min(room);
        let height = if pen.size > 16.0 { 23.5 } else { 20.0 };
        marks.push(pen::block(Rect::new(at.x, at.y, width, height), 4.0, Look::Tag));
        marks.push(pen.write(at.x + TAG_PAD, at.y + height - 5.5, text, width - 2.0 * TAG_PAD));
        width
    }

    /// Remarks that hold as long as the infrastructure does.
    fn remarks(&self, host: &Host, room: f64) -> Vec<String> {
        let mut remarks = Vec::new();
        let ends_tls = host.haproxy().is_some_and(|haproxy| haproxy.tls_round_trips > 0);
        if self.is_single(host) {
            let is_wide = !ends_tls && room > 0.0;
            remarks.push(if is_wide { "single point of failure" } else { "SPOF" }.to_owned());
        }
        if ends_tls {
            remarks.push("TLS ends here".to_owned());
        }
        remarks
    }
}

fn tag_width(pen: Pen, text: &str) -> f64 {
    (pen.width(text) + 2.0 * TAG_PAD).ceil()
}

/// The text before its right end, if there is any and room for it.
fn written(pen: Pen, right: Point, text: &str, room: f64) -> Option<Mark> {
    let fits = !text.is_empty() && pen.width(text) <= room;
    fits.then(|| pen.anchored(right, Anchor::End, text, room))
}

/// What the exercise calls the host, and its part if there is room.
fn part(host: &Host, pen: Pen, room: f64) -> String {
    let head = host.role.split([',', ':']).next().unwrap_or_default().trim();
    let short = head.strip_suffix(" server").unwrap_or(head);
    let both = format!("{} · {short}", host.title);
    if short.is_empty() || pen.width(&both) > room { host.title.clone() } else { both }
}

/// The picture for what runs on the host; a machine where that is several things.
fn picture(host: &Host) -> Icon {
    let icons = host.services.iter().filter_map(|service| match service {
        Service::Haproxy(_) => Some(Icon::Balancer),
        Service::Nginx(_) => Some(Icon::Web),
        Service::App(_) => Some(Icon::App),
        Service::Mysql(_) => Some(Icon::Database),
        Service::Keepalived(_) | Service::Agent => None,
    });
    let icons: Vec<Icon> = icons.collect();
    if let [only] = icons[..] { only } else { Icon::Machine }
}
