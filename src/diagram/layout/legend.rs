//! What the legend says, and its lines.

use super::Metrics;
use crate::diagram::font::text_width;
use crate::diagram::geometry::Point;
use crate::infra::Infrastructure;
use crate::sim::Condition;

/// A sign that the legend explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::diagram) enum LegendItem {
    /// The shape of a state.
    State(Condition),
    /// The balancers' adverts.
    Vrrp,
    /// A zone's border.
    Firewall,
    /// A link that carries no requests: at most checks.
    Out,
    /// The width of a link.
    Rate,
    /// A single point of failure.
    SinglePoint,
}

impl LegendItem {
    /// What it says.
    pub(in crate::diagram) const fn text(self) -> &'static str {
        match self {
            Self::State(condition) => condition.word(),
            Self::Vrrp => "VRRP adverts (protocol 112)",
            Self::Out => "no requests",
            Self::Rate => "wider: more requests/s",
            Self::Firewall => "firewall: default deny",
            Self::SinglePoint => "SPOF: single point of failure",
        }
    }

    /// The width of its sign.
    pub(in crate::diagram) const fn sign(self, metrics: &Metrics) -> f64 {
        match self {
            Self::State(_) | Self::Firewall => 20.0,
            Self::Vrrp | Self::Out | Self::Rate => metrics.sample + 8.0,
            Self::SinglePoint => 0.0,
        }
    }
}

/// The signs this infrastructure needs, each with the beginning of its baseline, from `top` on.
pub(super) fn place(
    infrastructure: &Infrastructure,
    metrics: &Metrics,
    width: f64,
    top: f64,
) -> Vec<(LegendItem, Point)> {
    let mut items =
        [Condition::Up, Condition::Degraded, Condition::Down].map(LegendItem::State).to_vec();
    if infrastructure.balancers().nth(1).is_some() {
        items.push(LegendItem::Vrrp);
    }
    items.extend([LegendItem::Out, LegendItem::Rate]);
    if infrastructure.has_firewall() {
        items.push(LegendItem::Firewall);
    }
    if metrics.tag_height == 0.0 && !infrastructure.single_points_of_failure().is_empty() {
        items.push(LegendItem::SinglePoint);
    }
    let mut at = Point::new(metrics.margin, top + metrics.legend_line * 0.7);
    let mut placed = Vec::with_capacity(items.len());
    for item in items {
        let long = item.sign(metrics) + text_width(item.text(), metrics.label, false);
        if at.x > metrics.margin && at.x + long > width - metrics.margin {
            at = Point::new(metrics.margin, at.y + metrics.legend_line);
        }
        placed.push((item, at));
        at.x += long + metrics.legend_gap;
    }
    placed
}
