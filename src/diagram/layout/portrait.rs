//! Users at the top, the database at the bottom, for a phone: one column of cards, the links in lanes on its left.

use super::lanes::{self, Trunk};
use super::metrics::Metrics;
use super::wires::{Wire, layers, wires};
use super::zones::Site;
use super::{Layout, LinkLabel, Orientation, Route, upright};
use crate::diagram::geometry::{Point, Rect};
use crate::diagram::scene::Anchor;
use crate::infra::{Infrastructure, Place, Zone};
use crate::kernel::small;

/// The width of the smallest phones.
const WIDTH: f64 = 360.0;
/// Height of the users' box.
const USERS_HEIGHT: f64 = 60.0;
/// Between the users' box and the first band.
const USERS_GAP: f64 = 20.0;

pub(super) fn layout(infrastructure: &Infrastructure) -> Layout {
    let wires = wires(infrastructure);
    let site = Site::new(infrastructure, Metrics::of(Orientation::Portrait), &wires);
    let layers = layers(infrastructure, &wires);
    // Heights do not depend on the lanes: a first pass counts them.
    let (_, lanes) = place(&site, &layers, 1);
    place(&site, &layers, lanes).0
}

/// The layout with room for so many lanes, and how many it has.
fn place(site: &Site<'_>, layers: &[Vec<&Zone>], room: usize) -> (Layout, usize) {
    let metrics = site.metrics;
    let mut layout = Layout::empty(metrics);
    let top = site.place_title(WIDTH, &mut layout);
    let across = WIDTH - 2.0 * metrics.margin;
    layout.users = Rect::new(metrics.margin, top, across, USERS_HEIGHT);
    let left = metrics.margin + (room as f64 + 0.5) * metrics.lane;
    let mut y = layout.users.bottom() + USERS_GAP;
    for zone in layers.iter().flatten() {
        let band = Rect::new(left, y, WIDTH - metrics.margin - left, site.height(zone));
        site.place_zone(zone, band, &mut layout);
        label(site, zone, band, &mut layout);
        y = band.bottom() + metrics.band_gap;
    }
    let lanes = place_routes(site, left, &mut layout);
    upright::place(site, &mut layout);
    site.place_foot(WIDTH, top, y - metrics.band_gap, &mut layout);
    (layout, lanes)
}

/// Writes what comes into a zone at the right end of its line.
fn label(site: &Site<'_>, zone: &Zone, band: Rect, layout: &mut Layout) {
    let text = site.spoken_into(zone);
    if !text.is_empty() {
        let metrics = site.metrics;
        let at = Point::new(band.right() - metrics.band_pad - 22.0, band.y + metrics.header * 0.67);
        layout.labels.push(LinkLabel { key: zone.name.clone(), text, at, anchor: Anchor::End });
    }
}

/// Where a wire meets a card's left edge: above what leaves comes what arrives, each source in its turn.
fn port(wires: &[&Wire], layout: &Layout, card: Rect, place: &Place, from: Option<&Place>) -> f64 {
    let arriving: Vec<&Place> =
        wires.iter().filter(|wire| &wire.to == place).map(|wire| &wire.from).collect();
    let leaves = wires.iter().any(|wire| &wire.from == place);
    let count = arriving.len() + usize::from(leaves);
    let index = match from {
        Some(from) => arriving.iter().position(|each| *each == from).unwrap_or(0),
        None => arriving.len(),
    };
    let last = count as f64 - 1.0;
    let pitch = layout.metrics().port.min((card.height - 20.0) / last.max(1.0));
    card.center().y + (index as f64 - last / 2.0) * pitch
}

/// Draws the links; the number of lanes they need is returned.
fn place_routes(site: &Site<'_>, left: f64, layout: &mut Layout) -> usize {
    let metrics = site.metrics;
    let wires: Vec<&Wire> =
        site.wires.iter().filter(|wire| !upright::is_upright(site, wire)).collect();
    let mut trunks: Vec<(&Place, Trunk)> = Vec::new();
    let mut planned = Vec::new();
    for wire in &wires {
        let (Some(from), Some(to)) = (layout.place(&wire.from), layout.place(&wire.to)) else {
            continue;
        };
        let enters = match wire.from {
            Place::Users => from.bottom(),
            Place::Host(_) => port(&wires, layout, from, &wire.from, None),
        };
        let leaves = port(&wires, layout, to, &wire.to, Some(&wire.from));
        let fresh = || Trunk { enters, leaves: Vec::new() };
        small::entry(&mut trunks, &wire.from, fresh).leaves.push(leaves);
        planned.push((*wire, from, enters, to, leaves));
    }
    small::sort_by_key(&mut trunks, |(place, _)| *place);
    let order = lanes::nested(&trunks.iter().map(|(_, trunk)| trunk.clone()).collect::<Vec<_>>());
    for (wire, from, enters, to, leaves) in planned {
        let trunk = trunks.iter().position(|(place, _)| *place == &wire.from);
        let lane = trunk.map_or(0, |trunk| order[trunk]);
        let x = left - (lane as f64 + 1.0) * metrics.lane;
        let start = match wire.from {
            Place::Users => x,
            Place::Host(_) => from.x,
        };
        let corners = vec![
            Point::new(start, enters),
            Point::new(x, enters),
            Point::new(x, leaves),
            Point::new(to.x, leaves),
        ];
        layout.routes.push(Route::new(wire, corners, metrics.radius));
    }
    order.iter().max().map_or(0, |lane| lane + 1)
}
