//! Whether a drawing can be read on paper: printed on A4 with its caption below, as the page of the submission does.

use super::Layout;
use crate::diagram::geometry::Size;

/// What the smallest letters have at least, in points.
const LEAST: f64 = 7.0;
/// The room for the drawing on a sheet that lies, in points: 285 x 165 mm.
const LYING: Size = Size { width: 807.8, height: 467.7 };
/// The same on one that stands: 198 x 250 mm.
const STANDING: Size = Size { width: 561.2, height: 708.6 };

/// Whether its smallest letters are large enough there.
pub(super) fn is_legible(layout: &Layout) -> bool {
    let (size, metrics) = (layout.size, layout.metrics);
    let room = if size.is_tower() { STANDING } else { LYING };
    let scale = (room.width / size.width).min(room.height / size.height);
    scale * metrics.text.min(metrics.label) >= LEAST
}
