//! The strokes that every part of the picture is made of.

use crate::diagram::font;
use crate::diagram::geometry::{Point, Rect, written};
use crate::diagram::scene::{Anchor, Icon, Look, Mark};
use crate::sim::Condition;

/// Text of one size.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) look: Look,
}

impl Pen {
    pub(super) const fn ink(size: f64) -> Self {
        Self { size, bold: false, look: Look::Text }
    }

    pub(super) const fn bold(size: f64) -> Self {
        Self { size, bold: true, look: Look::Text }
    }

    pub(super) const fn muted(size: f64) -> Self {
        Self { size, bold: false, look: Look::Muted }
    }

    pub(super) fn width(self, text: &str) -> f64 {
        font::text_width(text, self.size, self.bold)
    }

    /// The text, cut to this width.
    pub(super) fn write(self, x: f64, y: f64, text: &str, width: f64) -> Mark {
        self.anchored(Point::new(x, y), Anchor::Start, text, width)
    }

    pub(super) fn anchored(self, at: Point, anchor: Anchor, text: &str, width: f64) -> Mark {
        let content = font::fit(text, self.size, self.bold, width);
        Mark::Text { at, anchor, size: self.size, bold: self.bold, content, look: self.look }
    }
}

pub(super) fn block(at: Rect, radius: f64, look: Look) -> Mark {
    Mark::Box { at, radius, look }
}

pub(super) fn path(d: String, look: Look) -> Mark {
    Mark::Path { d, width: None, look }
}

pub(super) fn icon(x: f64, y: f64, size: f64, icon: Icon) -> Mark {
    Mark::Icon { at: Point::new(x, y), size, icon }
}

/// A straight line.
pub(super) fn line(from: Point, to: Point, look: Look) -> Mark {
    let [x, y, to_x, to_y] = [from.x, from.y, to.x, to.y].map(written);
    let d = if y == to_y { format!("M{x} {y}H{to_x}") } else { format!("M{x} {y}V{to_y}") };
    path(d, look)
}

/// The shape of a state around its centre: circle, triangle, cross, a square with a bar.
pub(super) fn state(at: Point, radius: f64, condition: Condition) -> Mark {
    let look = Look::State(condition);
    match condition {
        Condition::Up => Mark::Dot { at, radius, look },
        Condition::Degraded => {
            let (x, y) = (written(at.x), written(at.y - radius * 1.1));
            let (half, height) = (written(radius * 1.2), written(radius * 2.1));
            path(format!("M{x} {y}l{half} {height}h-{}z", written(radius * 2.4)), look)
        }
        Condition::Down => {
            let r = radius * 0.85;
            let [left, right] = [at.x - r, at.x + r].map(written);
            let [top, bottom] = [at.y - r, at.y + r].map(written);
            path(format!("M{left} {top}L{right} {bottom}M{right} {top}L{left} {bottom}"), look)
        }
        Condition::Drain | Condition::Maint => {
            let [left, right] = [at.x - radius, at.x + radius].map(written);
            // The bar is what is left free across the square.
            let half = |top: f64| {
                let [top, bottom] = [top, top + radius * 0.75].map(written);
                format!("M{left} {top}H{right}V{bottom}H{left}z")
            };
            path(half(at.y - radius) + &half(at.y + radius * 0.25), look)
        }
    }
}

/// A shield, with a cross on it where a rule is out.
pub(super) fn guard(x: f64, y: f64, is_whole: bool) -> impl Iterator<Item = Mark> {
    let cross = (!is_whole).then(|| state(Point::new(x + 7.0, y + 8.0), 7.0, Condition::Down));
    std::iter::once(shield(x, y)).chain(cross)
}

/// The shield of a firewall, 14 wide and 16 high.
pub(super) fn shield(x: f64, y: f64) -> Mark {
    let [x, y] = [x, y + 2.5].map(written);
    path(format!("M{x} {y}l7-2.5l7 2.5v5c0 4-3 7-7 8.5c-4-1.5-7-4.5-7-8.5z"), Look::Shield)
}
