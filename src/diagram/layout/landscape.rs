//! Users on the left, the database on the right: a column for every layer, a gutter before each, the links in the gutters.

use super::lanes::{self, Trunk};
use super::metrics::Metrics;
use super::ways::{Key, Way};
use super::wires::{layers, wires};
use super::zones::Site;
use super::{Layout, LinkLabel, Orientation, Route, kept, upright};
use crate::diagram::font::{fit, text_width};
use crate::diagram::geometry::{Point, Rect};
use crate::diagram::scene::Anchor;
use crate::infra::{Infrastructure, Place, Preset, Zone};
use crate::kernel::small;

/// From a column's edge to the first lane.
const LANE_INSET: f64 = 10.0;
/// From the last lane to the labels, and from the labels to the next column.
const LABEL_INSET: f64 = 6.0;
/// From the middle of a link up to its label: clear of the widest.
const LABEL_RISE: f64 = 8.0;
/// How far from its card's middle a link may set out.
const NUDGE: f64 = 28.0;
/// Room for title and legend where nothing stands.
const LEAST_WIDTH: f64 = 640.0;
/// A gutter without lanes.
const EMPTY_GUTTER: f64 = 32.0;
/// Inside the users' box, on both sides.
pub(in crate::diagram) const USERS_PAD: f64 = 8.0;
/// Height of the users' box, and of a line for each uplink below it.
const USERS_HEIGHT: f64 = 136.0;
const UPLINK_HEIGHT: f64 = 20.0;
/// More columns than these have narrower cards and gutters.
const ROOMY_COLUMNS: usize = 3;
/// So many times as wide as high is what a hall's screen leaves beside the lines of time.
const SCREEN: f64 = 2.12;

struct Router<'a> {
    metrics: &'static Metrics,
    ways: Vec<Way<'a>>,
    /// For every gutter its left edge and width.
    gutters: Vec<(f64, f64)>,
    /// The lanes' heights, in the order of the ways that use the corridor.
    corridor: f64,
}

pub(super) fn layout(infrastructure: &Infrastructure, metrics: &'static Metrics) -> Layout {
    let preset = infrastructure.name.parse::<Preset>().ok().map(Preset::infrastructure);
    let before = preset.filter(|preset| kept::has_other_machines(preset, infrastructure));
    let before = before.map(|preset| arranged(&preset, metrics, false, None));
    arranged(infrastructure, metrics, false, before.as_ref())
}

/// The same in other sizes; zones at one distance from the users stand above one another, or apart: side by side. What stood in `before`
/// keeps its height.
pub(super) fn arranged(
    infrastructure: &Infrastructure,
    metrics: &'static Metrics,
    are_apart: bool,
    before: Option<&Layout>,
) -> Layout {
    let wires = wires(infrastructure);
    let mut layers = layers(infrastructure, &wires);
    if are_apart {
        layers = layers.into_iter().flatten().map(|zone| vec![zone]).collect();
    }
    let metrics = metrics.narrow.filter(|_| layers.len() > ROOMY_COLUMNS).unwrap_or(metrics);
    let site = Site::new(infrastructure, metrics, &wires);
    let before = before.filter(|before| kept::has_columns(before, &layers));
    let mut layout = Layout::empty(metrics);
    let column = |place: &Place| column(infrastructure, &layers, place);
    let ways = wires
        .iter()
        .filter(|wire| !upright::is_upright(&site, wire))
        .map(|wire| Way::new(wire, (column(&wire.from), column(&wire.to))));
    let mut router = Router { metrics, ways: ways.collect(), gutters: Vec::new(), corridor: 0.0 };
    let users = text_width(&infrastructure.domain, metrics.text, false) + 2.0 * USERS_PAD;
    let users = small::within((users / 8.0).ceil(), 16.0, 28.0) * 8.0;
    let mut width = router.place_gutters(metrics.margin + users, layers.len());
    if metrics.orientation == Orientation::Projector {
        // What grows keeps its gutters.
        let height = before.map_or_else(|| needed(&site, &layers), |before| before.stage.height);
        width += router.widen(height * SCREEN - width);
    }
    let top = site.place_title(width, &mut layout);
    let bottom = match before {
        Some(before) => {
            let least = top + users_height(infrastructure);
            kept::place_columns(
                &site,
                &layers,
                &router.columns(),
                (top, least),
                before,
                &mut layout,
            )
        }
        None => place_columns(&site, &layers, &router, top, &mut layout),
    };
    if metrics.inflow > 0.0 {
        place_inflows(&site, &mut layout);
    }
    router.corridor = bottom + metrics.lane;
    let bottom = bottom + router.in_corridor() as f64 * metrics.lane;
    layout.users = Rect::new(metrics.margin, top, users, USERS_HEIGHT);
    layout.users.y = match before {
        Some(before) => before.users.y + kept::lower_by(before, top),
        None => users_top(&router, &layout, top, bottom - users_height(infrastructure)),
    };
    router.place_routes(&mut layout);
    upright::place(&site, &mut layout);
    site.place_foot(width, top, bottom, &mut layout);
    layout
}

fn column(infrastructure: &Infrastructure, layers: &[Vec<&Zone>], place: &Place) -> usize {
    let Place::Host(name) = place else { return 0 };
    let zone = infrastructure.host(name).map(|host| host.zone.as_str());
    let holds = |layer: &Vec<&Zone>| layer.iter().any(|each| Some(each.name.as_str()) == zone);
    layers.iter().position(holds).map_or(0, |layer| layer + 1)
}

/// The columns' bands and cards; they end at the returned height.
fn place_columns(
    site: &Site<'_>,
    layers: &[Vec<&Zone>],
    router: &Router<'_>,
    top: f64,
    layout: &mut Layout,
) -> f64 {
    let metrics = site.metrics;
    let height = layers
        .iter()
        .map(|layer| column_height(site, layer))
        .fold(users_height(site.infrastructure), f64::max);
    for (layer, (x, width)) in layers.iter().zip(router.columns()) {
        let more = (height - column_height(site, layer)) / layer.len() as f64;
        let mut y = top;
        for zone in layer {
            let band = Rect::new(x, y, width, site.height(zone) + more);
            site.place_zone(zone, band, layout);
            y = band.bottom() + metrics.band_gap;
        }
    }
    top + height
}

/// What the zones of a column need above one another.
fn column_height(site: &Site<'_>, layer: &[&Zone]) -> f64 {
    let bands: f64 = layer.iter().map(|zone| site.height(zone)).sum();
    bands + (layer.len() as f64 - 1.0) * site.metrics.band_gap
}

/// What the drawing needs in height, without title and legend.
fn needed(site: &Site<'_>, layers: &[Vec<&Zone>]) -> f64 {
    let users = users_height(site.infrastructure);
    let columns = layers.iter().map(|layer| column_height(site, layer)).fold(users, f64::max);
    let strips = site.infrastructure.zones.len() - layers.iter().map(Vec::len).sum::<usize>();
    columns + strips as f64 * (site.metrics.strip + site.metrics.band_gap) + 16.0
}

/// Writes below every zone's name what comes into it.
fn place_inflows(site: &Site<'_>, layout: &mut Layout) {
    let metrics = site.metrics;
    for band in &layout.zones {
        let zone = site.infrastructure.zone(&band.name);
        let text = zone.map(|zone| site.spoken_into(zone)).unwrap_or_default();
        let room = band.rect.width - 2.0 * metrics.card_pad;
        let text = fit(&text, metrics.label, false, room);
        if !text.is_empty() {
            let at = Point::new(band.rect.x + metrics.card_pad, band.rect.y + metrics.header - 9.0);
            layout.labels.push(LinkLabel {
                key: band.name.clone(),
                text,
                at,
                anchor: Anchor::Start,
            });
        }
    }
}

/// What the users and their uplinks need.
fn users_height(infrastructure: &Infrastructure) -> f64 {
    USERS_HEIGHT + UPLINK_HEIGHT * infrastructure.uplinks.len() as f64 + 8.0
}

/// The users stand at the height of what they reach, as far as that lies between `top` and `lowest`.
fn users_top(router: &Router<'_>, layout: &Layout, top: f64, lowest: f64) -> f64 {
    let reached = router.ways.iter().filter(|way| way.from == &Place::Users);
    let heights: Vec<f64> =
        reached.filter_map(|way| layout.place(way.to)).map(|card| card.center().y).collect();
    if heights.is_empty() {
        return top;
    }
    let middle = heights.iter().sum::<f64>() / heights.len() as f64;
    small::within(middle - USERS_HEIGHT / 2.0, top, lowest.max(top))
}

impl<'a> Router<'a> {
    /// Gives every gutter its place; the sheet has the returned width.
    fn place_gutters(&mut self, left: f64, columns: usize) -> f64 {
        let metrics = self.metrics;
        let mut x = left;
        for gutter in 0..=columns {
            let mut trunks: Vec<Key<'_>> = Vec::new();
            for way in &self.ways {
                let (first, last) = way.keys();
                let here = [Some(first), last].into_iter().flatten().filter(|key| key.0 == gutter);
                for key in here {
                    if !trunks.contains(&key) {
                        trunks.push(key);
                    }
                }
            }
            let arriving = self.ways.iter().filter(|way| way.arrives_through(gutter));
            let label = arriving
                .filter(|_| metrics.inflow == 0.0)
                .map(|way| text_width(&self.spoken(way.to), metrics.label, false))
                .fold(metrics.words, f64::max);
            let lanes = (trunks.len() as f64 - 1.0) * metrics.lane;
            let width = match (trunks.len(), gutter == columns) {
                (0, true) => 0.0,
                (0, false) => EMPTY_GUTTER,
                (_, true) => LANE_INSET + lanes + LABEL_INSET,
                (_, false) => LANE_INSET + lanes + 2.0 * LABEL_INSET + label,
            };
            let width = (width / 4.0).ceil() * 4.0;
            self.gutters.push((x, width));
            x += width;
            if gutter < columns {
                x += metrics.card_width + 2.0 * metrics.band_pad;
            }
        }
        (x + metrics.margin).max(LEAST_WIDTH)
    }

    /// Makes the gutters before the columns wider by so much together, if that is more than nothing; the sheet grows by as much.
    fn widen(&mut self, by: f64) -> f64 {
        let count = self.gutters.len().saturating_sub(1).max(1);
        let each = (by / count as f64 / 4.0).floor().max(0.0) * 4.0;
        for (index, (x, width)) in self.gutters.iter_mut().enumerate() {
            *x += each * index as f64;
            if index < count {
                *width += each;
            }
        }
        each * count as f64
    }

    /// For every column its left edge and width.
    fn columns(&self) -> Vec<(f64, f64)> {
        let width = self.metrics.card_width + 2.0 * self.metrics.band_pad;
        self.gutters.iter().map(|(x, gutter)| (x + gutter, width)).collect()
    }

    /// The lanes of the corridor: what goes from one place to one gutter shares one.
    fn in_corridor(&self) -> usize {
        let mut lanes: Vec<Key<'_>> = Vec::new();
        for lane in self.ways.iter().filter_map(|way| way.keys().1) {
            if !lanes.contains(&lane) {
                lanes.push(lane);
            }
        }
        lanes.len()
    }

    /// The height at which a way ends at its card.
    fn port(&self, layout: &Layout, index: usize) -> Option<f64> {
        let way = &self.ways[index];
        let card = layout.place(way.to)?;
        if !way.is_forward() {
            return Some(card.center().y + self.metrics.port);
        }
        let mut arriving: Vec<(usize, f64)> = Vec::new();
        for (other, each) in self.ways.iter().enumerate() {
            if each.to == way.to && each.is_forward() {
                let from = layout.place(each.from)?;
                // What comes from the corridor comes from below.
                let y = if each.is_long() { f64::MAX } else { from.center().y };
                arriving.push((other, y));
            }
        }
        small::sort_by_key(&mut arriving, |(_, y)| *y);
        let place = arriving.iter().position(|(other, _)| *other == index)?;
        let last = arriving.len() as f64 - 1.0;
        let pitch = self.metrics.port.min((card.height - 32.0) / last.max(1.0));
        Some(card.center().y + (place as f64 - last / 2.0) * pitch)
    }

    /// The height at which a way sets out: at its card's middle, or a little off so that it keeps clear of the lines that
    /// end in the same gutter, or in one with where it ends.
    fn exit(&self, layout: &Layout, way: &Way<'_>, card: Rect) -> f64 {
        let middle = card.center().y;
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for (index, each) in self.ways.iter().enumerate() {
            if each.arrives_through(way.columns.0) {
                let list = if each.from == way.from { &mut own } else { &mut others };
                list.extend(self.port(layout, index));
            }
        }
        let is_clear =
            |y: f64, list: &[f64]| list.iter().all(|port| (port - y).abs() >= self.metrics.lane);
        let straight = own.iter().copied().filter(|y| (y - middle).abs() <= NUDGE);
        let mut straight = straight.filter(|y| is_clear(*y, &others));
        let near = [0.0, -8.0, 8.0, -16.0, 16.0, -24.0, 24.0].map(|by| middle + by);
        let mut near = near.into_iter().filter(|y| is_clear(*y, &others) && is_clear(*y, &own));
        straight.next().or_else(|| near.next()).unwrap_or(middle)
    }

    fn place_routes(&self, layout: &mut Layout) {
        let mut trunks: Vec<(Key<'_>, Trunk)> = Vec::new();
        let mut long = 0.0;
        let mut planned = Vec::new();
        for (index, way) in self.ways.iter().enumerate() {
            let (Some(from), Some(port)) = (layout.place(way.from), self.port(layout, index))
            else {
                continue;
            };
            let start = self.exit(layout, way, from);
            let (first, last) = way.keys();
            let mut through = self.corridor + long * self.metrics.lane - self.metrics.lane / 2.0;
            let mut leaves = port;
            if let Some(last) = last {
                let known = trunks.len();
                let fresh = || Trunk { enters: through, leaves: Vec::new() };
                let trunk = small::entry(&mut trunks, last, fresh);
                trunk.leaves.push(port);
                (through, leaves) = (trunk.enters, trunk.enters);
                if trunks.len() > known {
                    long += 1.0;
                }
            }
            let fresh = || Trunk { enters: start, leaves: Vec::new() };
            small::entry(&mut trunks, first, fresh).leaves.push(leaves);
            planned.push((way, from, start, port, through));
        }
        small::sort_by_key(&mut trunks, |(key, _)| *key);
        let lanes = self.lanes(&trunks);
        for (way, from, start, port, through) in planned {
            let (first, last) = way.keys();
            let lane = small::find(&lanes, &first).copied().unwrap_or_default();
            let Some(card) = layout.place(way.to) else { continue };
            let end = if way.is_forward() { card.x } else { card.right() };
            let mut corners = vec![Point::new(from.right(), start), Point::new(lane, start)];
            if let Some(lane_after) = last.and_then(|last| small::find(&lanes, &last)) {
                corners.push(Point::new(lane, through));
                corners.push(Point::new(*lane_after, through));
                corners.push(Point::new(*lane_after, port));
            } else {
                corners.push(Point::new(lane, port));
            }
            corners.push(Point::new(end, port));
            if way.is_turned {
                corners.reverse();
            }
            self.label(layout, way, port);
            layout.routes.push(Route::new(way.wire, corners, self.metrics.radius));
        }
    }

    /// For every trunk where its lane is.
    fn lanes(&self, trunks: &[(Key<'a>, Trunk)]) -> Vec<(Key<'a>, f64)> {
        let mut lanes = Vec::new();
        for (gutter, (x, _)) in self.gutters.iter().enumerate() {
            let here: Vec<_> = trunks.iter().filter(|(key, _)| key.0 == gutter).collect();
            let order =
                lanes::order(&here.iter().map(|(_, trunk)| (*trunk).clone()).collect::<Vec<_>>());
            for ((key, _), lane) in here.into_iter().zip(order) {
                lanes.push((*key, x + LANE_INSET + lane as f64 * self.metrics.lane));
            }
        }
        lanes
    }

    /// What the links into a card speak.
    fn spoken(&self, to: &Place) -> String {
        let mut protocols: Vec<&str> = Vec::new();
        let arriving = self.ways.iter().filter(|way| way.to == to && way.is_forward());
        for protocol in arriving.flat_map(|way| &way.wire.protocols) {
            if !protocols.contains(&protocol.as_str()) {
                protocols.push(protocol);
            }
        }
        protocols.join(", ")
    }

    /// Writes what a card's links speak above the uppermost of them.
    fn label(&self, layout: &mut Layout, way: &Way<'_>, port: f64) {
        let (Place::Host(key), true) = (way.to, way.is_forward() && self.metrics.inflow == 0.0)
        else {
            return;
        };
        let (x, width) = self.gutters[way.columns.1 - 1];
        let at = Point::new(x + width - LABEL_INSET, port - LABEL_RISE);
        if let Some(label) = layout.labels.iter_mut().find(|label| &label.key == key) {
            label.at.y = label.at.y.min(at.y);
        } else {
            let text = self.spoken(way.to);
            layout.labels.push(LinkLabel { key: key.clone(), text, at, anchor: Anchor::End });
        }
    }
}
