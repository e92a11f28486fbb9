//! The picture: infrastructure (and snapshot) -> layout -> scene (a flat list of resolved marks in keyed groups) -> SVG;
//! and where a request in flight is at an instant. Pure functions all: how the state came about is not known here.

mod compose;
mod font;
mod geometry;
mod layout;
mod movers;
mod palette;
mod scene;
mod write;

pub use compose::{Shown, compose, compose_shown, part_key};
pub use font::{FAMILY, text_width};
pub use geometry::{Point, Rect, Size};
pub use layout::{HostBox, Layout, LinkLabel, Orientation, Route, VipSlots, ZoneBand};
pub use movers::{Legs, Mover, movers};
pub use palette::{DARK, LIGHT, PROJECTOR, Palette, Role};
pub use scene::{Anchor, Group, Icon, Look, Mark, Paint, Scene};
pub use write::{Sheet, guard_reach, live_group, stage_group, to_svg, to_svg_on};
