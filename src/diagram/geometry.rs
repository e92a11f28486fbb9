//! Points, sizes, rectangles, and orthogonal lines with rounded corners.

use crate::kernel::small::{decimal, within};

/// A place on the drawing, in user units from its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// Width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// An upright rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Its left edge.
    pub x: f64,
    /// Its top edge.
    pub y: f64,
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

impl Point {
    /// The point at these coordinates.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// This point moved towards `to` by a fraction of the way.
    #[must_use]
    pub fn towards(self, to: Self, fraction: f64) -> Self {
        Self::new(self.x + (to.x - self.x) * fraction, self.y + (to.y - self.y) * fraction)
    }

    /// How far away `to` is.
    pub fn distance(self, to: Self) -> f64 {
        let (dx, dy) = (to.x - self.x, to.y - self.y);
        (dx * dx + dy * dy).sqrt()
    }
}

impl Size {
    /// Whether it is so much higher than wide that a sheet of paper has to stand for it.
    pub fn is_tower(self) -> bool {
        self.height > 1.25 * self.width
    }
}

impl Rect {
    /// The rectangle with this top left corner and size.
    pub const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    /// Its right edge.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Its lower edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// Its middle.
    pub fn center(&self) -> Point {
        Point::new(self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Whether the two share more than an edge.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }

    /// Whether `inner` lies in it, edges included.
    pub fn contains(&self, inner: &Self) -> bool {
        self.x <= inner.x
            && self.y <= inner.y
            && inner.right() <= self.right()
            && inner.bottom() <= self.bottom()
    }
}

/// The number as it is written: at most two decimals, none where it is whole.
pub(super) fn written(value: f64) -> String {
    decimal(value, 2)
}

/// Pieces a drawn corner is cut into where something moves along it.
const CORNER_PIECES: u32 = 6;

/// How far before a corner its rounding sets in.
fn corner_radius(before: Point, corner: Point, after: Point, radius: f64) -> f64 {
    radius.min(corner.distance(before) / 2.0).min(corner.distance(after) / 2.0)
}

/// The line with its corners rounded, as points close enough together to move along.
pub(super) fn rounded(corners: &[Point], radius: f64) -> Vec<Point> {
    let mut points: Vec<Point> = corners.first().copied().into_iter().collect();
    for three in corners.windows(3) {
        let (before, corner, after) = (three[0], three[1], three[2]);
        let radius = corner_radius(before, corner, after, radius);
        let enter = corner.towards(before, radius / corner.distance(before).max(1e-9));
        let leave = corner.towards(after, radius / corner.distance(after).max(1e-9));
        for piece in 0..=CORNER_PIECES {
            let t = f64::from(piece) / f64::from(CORNER_PIECES);
            points.push(enter.towards(corner, t).towards(corner.towards(leave, t), t));
        }
    }
    points.extend(corners.last().copied().filter(|_| corners.len() > 1));
    points
}

/// The same line as the `d` of a path.
pub(super) fn rounded_path(corners: &[Point], radius: f64) -> String {
    let (Some(first), Some(last)) = (corners.first(), corners.last()) else { return String::new() };
    let mut pieces = vec![format!("M{} {}", written(first.x), written(first.y))];
    let mut at = *first;
    for three in corners.windows(3) {
        let (before, corner, after) = (three[0], three[1], three[2]);
        let radius = corner_radius(before, corner, after, radius);
        let enter = corner.towards(before, radius / corner.distance(before).max(1e-9));
        let leave = corner.towards(after, radius / corner.distance(after).max(1e-9));
        pieces.extend(straight(at, enter));
        let [x, y, to_x, to_y] = [corner.x, corner.y, leave.x, leave.y].map(written);
        pieces.push(format!("Q{x} {y} {to_x} {to_y}"));
        at = leave;
    }
    pieces.extend(straight(at, *last));
    pieces.concat()
}

/// A straight piece of a path; upright and level ones are written with the one coordinate that changes.
fn straight(from: Point, to: Point) -> Option<String> {
    let [from_x, from_y, x, y] = [from.x, from.y, to.x, to.y].map(written);
    match (from_x == x, from_y == y) {
        (true, true) => None,
        (false, true) => Some(format!("H{x}")),
        (true, false) => Some(format!("V{y}")),
        (false, false) => Some(format!("L{x} {y}")),
    }
}

/// The length of a line.
pub(super) fn length(points: &[Point]) -> f64 {
    points.windows(2).map(|pair| pair[0].distance(pair[1])).sum()
}

/// The point a fraction (0 to 1) of the way along a line.
pub(super) fn along(points: &[Point], fraction: f64) -> Point {
    let mut left = length(points) * within(fraction, 0.0, 1.0);
    for pair in points.windows(2) {
        let piece = pair[0].distance(pair[1]);
        if left <= piece {
            let part = if piece > 0.0 { left / piece } else { 0.0 };
            return pair[0].towards(pair[1], part);
        }
        left -= piece;
    }
    points.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORNERS: [Point; 3] =
        [Point::new(0.0, 0.0), Point::new(100.0, 0.0), Point::new(100.0, 50.0)];

    #[test]
    fn a_line_is_walked_from_end_to_end() {
        let points = rounded(&CORNERS, 8.0);
        assert_eq!(along(&points, 0.0), CORNERS[0]);
        assert!(along(&points, 1.0).distance(CORNERS[2]) < 1e-9);
        assert!(length(&points) < 150.0 && length(&points) > 145.0);
    }

    #[test]
    fn a_corner_is_written_as_a_curve() {
        assert_eq!(rounded_path(&CORNERS, 8.0), "M0 0H92Q100 0 100 8V50");
        assert_eq!(rounded_path(&CORNERS[..1], 8.0), "M0 0");
    }

    #[test]
    fn numbers_are_written_short() {
        assert_eq!([12.0, 0.125, -0.001, 1.0 / 3.0].map(written), ["12", "0.13", "0", "0.33"]);
    }
}
