//! What stood there stays there: machines keep the heights that they have in their preset when others are added or taken away. New
//! ones stand below those of their column, which grows downwards.

use super::Layout;
use super::zones::Site;
use super::{ZoneBand, zones};
use crate::diagram::geometry::Rect;
use crate::infra::{Host, Infrastructure, Zone};

/// Whether there are other machines than before, or in other zones.
pub(super) fn has_other_machines(before: &Infrastructure, now: &Infrastructure) -> bool {
    let is_same = |(one, other): (&Host, &Host)| one.name == other.name && one.zone == other.zone;
    before.hosts.len() != now.hosts.len() || !before.hosts.iter().zip(&now.hosts).all(is_same)
}

/// Whether the zones stand in the same columns as before.
pub(super) fn has_columns(before: &Layout, layers: &[Vec<&Zone>]) -> bool {
    let mut last = f64::MIN;
    for layer in layers {
        let mut lefts = layer.iter().map(|zone| band(before, zone).map(|band| band.rect.x));
        let Some(Some(left)) = lefts.next() else { return false };
        if left <= last || !lefts.all(|other| other == Some(left)) {
            return false;
        }
        last = left;
    }
    bands(before).count() == layers.iter().map(Vec::len).sum::<usize>()
}

/// How much lower everything stands than before.
pub(super) fn lower_by(before: &Layout, top: f64) -> f64 {
    top - zones::ABOVE - before.stage.y
}

/// The columns' bands and cards, between `top` and what is at least the bottom; they end at the returned height.
pub(super) fn place_columns(
    site: &Site<'_>,
    layers: &[Vec<&Zone>],
    columns: &[(f64, f64)],
    (top, least): (f64, f64),
    before: &Layout,
    layout: &mut Layout,
) -> f64 {
    let by = lower_by(before, top);
    let mut bottom = bands(before).map(|band| band.rect.bottom() + by).fold(least, f64::max);
    let mut last_of_columns = Vec::new();
    for (layer, (x, width)) in layers.iter().zip(columns) {
        let mut y = top;
        for zone in layer {
            let least = band(before, zone).map_or(y, |band| band.rect.bottom() + by);
            let mut rect = Rect::new(*x, y, *width, 0.0);
            rect.height = place_hosts(site, zone, rect, (before, by), layout).max(least) - y;
            layout.zones.push(ZoneBand { name: zone.name.clone(), rect, is_strip: false });
            y = rect.bottom() + site.metrics.band_gap;
        }
        last_of_columns.push(layout.zones.len() - 1);
        bottom = bottom.max(y - site.metrics.band_gap);
    }
    for index in last_of_columns {
        let rect = &mut layout.zones[index].rect;
        rect.height = bottom - rect.y;
    }
    bottom
}

/// The cards of a zone, from the top of its band on: each where it stood, or below the one above it. Their band ends at the returned height.
fn place_hosts(
    site: &Site<'_>,
    zone: &Zone,
    band: Rect,
    (before, by): (&Layout, f64),
    layout: &mut Layout,
) -> f64 {
    let hosts: Vec<&Host> = site.infrastructure.hosts_in(&zone.name).collect();
    let mut y = band.y + site.metrics.header;
    for (index, host) in hosts.iter().enumerate() {
        y += site.slots_height(host);
        y = before.host(&host.name).map_or(y, |card| y.max(card.y + by));
        y = site.place_host(host, band, y, layout);
        if let Some(next) = hosts.get(index + 1) {
            y += site.gap(host, next);
        }
    }
    y + site.metrics.band_pad
}

fn band<'a>(before: &'a Layout, zone: &Zone) -> Option<&'a ZoneBand> {
    bands(before).find(|band| band.name == zone.name)
}

fn bands(before: &Layout) -> impl Iterator<Item = &ZoneBand> {
    before.zones.iter().filter(|band| !band.is_strip)
}
