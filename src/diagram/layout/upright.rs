//! Links between two neighbours of one zone: straight down from card to card, beside the virtual addresses.

use super::wires::Wire;
use super::zones::Site;
use super::{Layout, LinkLabel, Orientation, Route};
use crate::diagram::geometry::Point;
use crate::diagram::scene::Anchor;
use crate::infra::{Place, Purpose};

/// The names of two neighbours that this wire joins, the upper one first.
fn neighbours<'a>(site: &Site<'a>, wire: &Wire) -> Option<(&'a str, &'a str)> {
    let (Place::Host(from), Place::Host(to)) = (&wire.from, &wire.to) else { return None };
    if wire.purpose == Purpose::Requests {
        return None;
    }
    let zone = &site.infrastructure.host(from)?.zone;
    let hosts: Vec<&str> =
        site.infrastructure.hosts_in(zone).map(|host| host.name.as_str()).collect();
    let pair = hosts
        .windows(2)
        .find(|pair| (pair[0] == from && pair[1] == to) || (pair[0] == to && pair[1] == from))?;
    Some((pair[0], pair[1]))
}

/// Whether this wire is drawn that way.
pub(super) fn is_upright(site: &Site<'_>, wire: &Wire) -> bool {
    neighbours(site, wire).is_some()
}

/// Draws them all.
pub(super) fn place(site: &Site<'_>, layout: &mut Layout) {
    let metrics = site.metrics;
    let inset = match layout.orientation {
        Orientation::Landscape | Orientation::Projector => 20.0,
        Orientation::Portrait => 8.0,
    };
    for wire in site.wires {
        let Some((upper, lower)) = neighbours(site, wire) else { continue };
        let (Some(above), Some(below)) = (layout.host(upper), layout.host(lower)) else { continue };
        let x = above.right() - inset;
        let mut corners = vec![Point::new(x, above.bottom()), Point::new(x, below.y)];
        if wire.from == Place::Host(lower.to_owned()) {
            corners.reverse();
        }
        // The short name; the legend and the title say the rest.
        let text = wire.protocols.join(", ");
        let text = text.split(" (").next().unwrap_or_default().to_owned();
        let middle = above.bottom() + site.gap_height(upper, lower) / 2.0;
        let at = Point::new(x - 8.0, middle + metrics.label * 0.36);
        let key = format!("{upper}-{lower}");
        layout.labels.push(LinkLabel { key, text, at, anchor: Anchor::End });
        layout.routes.push(Route::new(wire, corners, metrics.radius));
    }
}
