//! What takes room in a scene, and whether two things want the same room. Texts are as wide as `DejaVu Sans` makes them.

use foobar_lab::diagram::{Anchor, Look, Mark, Point, Rect, Scene, text_width};

/// A text with the room it takes.
pub(crate) struct TextBox {
    pub(crate) text: String,
    pub(crate) size: f64,
    pub(crate) room: Rect,
}

fn marks(scene: &Scene) -> impl Iterator<Item = &Mark> {
    scene.groups.iter().flat_map(|group| &group.marks)
}

pub(crate) fn texts(scene: &Scene) -> Vec<TextBox> {
    let room = |mark: &Mark| match mark {
        Mark::Text { at, anchor, size, bold, content, .. } => {
            let width = text_width(content, *size, *bold);
            let x = match anchor {
                Anchor::Start => at.x,
                Anchor::Middle => at.x - width / 2.0,
                Anchor::End => at.x - width,
            };
            let room = Rect::new(x, at.y - 0.76 * size, width, size * 0.98);
            Some(TextBox { text: content.clone(), size: *size, room })
        }
        Mark::Box { .. } | Mark::Dot { .. } | Mark::Path { .. } | Mark::Icon { .. } => None,
    };
    marks(scene).filter_map(room).collect()
}

/// Cards, bands, pills and remarks: a text is in them or outside.
pub(crate) fn boxes(scene: &Scene) -> Vec<Rect> {
    let room = |mark: &Mark| match mark {
        Mark::Box { at, .. } => Some(*at),
        Mark::Text { .. } | Mark::Dot { .. } | Mark::Path { .. } | Mark::Icon { .. } => None,
    };
    marks(scene).filter_map(room).collect()
}

/// Pictures and signs: nothing is written over them.
pub(crate) fn signs(scene: &Scene) -> Vec<Rect> {
    let room = |mark: &Mark| match mark {
        Mark::Dot { at, radius, .. } => {
            Some(Rect::new(at.x - radius, at.y - radius, 2.0 * radius, 2.0 * radius))
        }
        Mark::Icon { at, size, .. } => Some(Rect::new(at.x, at.y, *size, *size)),
        Mark::Path { d, look: Look::Shield, .. } => {
            start(d).map(|at| Rect::new(at.x, at.y - 2.5, 14.0, 16.0))
        }
        Mark::Path { d, look: Look::State(_), .. } => {
            let points = absolute(d);
            start(d).map(|at| {
                if points.len() > 2 {
                    around(&points)
                } else {
                    Rect::new(at.x - 6.0, at.y, 12.0, 12.0)
                }
            })
        }
        Mark::Path { .. } | Mark::Text { .. } | Mark::Box { .. } => None,
    };
    marks(scene).filter_map(room).collect()
}

/// The pieces of every line, each with half its width: links, their heads, borders, stems, samples in the legend.
pub(crate) fn lines(scene: &Scene) -> Vec<((Point, Point), f64)> {
    let mut pieces = Vec::new();
    for mark in marks(scene) {
        if let Mark::Path { d, look, width } = mark
            && !matches!(look, Look::Shield | Look::State(_))
        {
            let half = width.unwrap_or(look.paint().width) / 2.0;
            pieces.extend(absolute(d).windows(2).map(|pair| ((pair[0], pair[1]), half)));
        }
    }
    pieces
}

/// Where a path begins.
pub(crate) fn start(d: &str) -> Option<Point> {
    absolute(d).first().copied()
}

/// The points of a path as far as it is written in absolute coordinates.
fn absolute(d: &str) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    let mut rest = d;
    while let Some(command) = rest.chars().next().filter(char::is_ascii_uppercase) {
        let body = &rest[1..];
        let end = body.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(body.len());
        let numbers: Vec<f64> = body[..end].split(' ').filter_map(|n| n.parse().ok()).collect();
        let last = points.last().copied().unwrap_or_default();
        match command {
            'H' => points.push(Point::new(numbers[0], last.y)),
            'V' => points.push(Point::new(last.x, numbers[0])),
            'M' | 'L' | 'Q' => points.extend(numbers.chunks(2).map(|xy| Point::new(xy[0], xy[1]))),
            other => panic!("{other} in {d}"),
        }
        rest = &body[end..];
    }
    points
}

fn around(points: &[Point]) -> Rect {
    let least = |of: fn(&Point) -> f64| points.iter().map(of).fold(f64::MAX, f64::min);
    let most = |of: fn(&Point) -> f64| points.iter().map(of).fold(f64::MIN, f64::max);
    let (x, y) = (least(|p| p.x), least(|p| p.y));
    Rect::new(x, y, most(|p| p.x) - x, most(|p| p.y) - y)
}

/// Whether a level or upright piece runs through the inside of a rectangle.
pub(crate) fn runs_through(piece: (Point, Point), room: Rect) -> bool {
    let across = around(&[piece.0, piece.1]);
    across.x < room.right()
        && room.x < across.right()
        && across.y < room.bottom()
        && room.y < across.bottom()
        || (across.width < 1e-9
            && across.x > room.x
            && across.x < room.right()
            && across.y < room.bottom()
            && room.y < across.bottom())
        || (across.height < 1e-9
            && across.y > room.y
            && across.y < room.bottom()
            && across.x < room.right()
            && room.x < across.right())
}

/// The rectangle without its rim.
pub(crate) fn inside(room: Rect, rim: f64) -> Rect {
    Rect::new(room.x + rim, room.y + rim, room.width - 2.0 * rim, room.height - 2.0 * rim)
}

/// The whole sheet.
pub(crate) fn sheet(scene: &Scene) -> Rect {
    Rect::new(0.0, 0.0, scene.size.width, scene.size.height)
}
