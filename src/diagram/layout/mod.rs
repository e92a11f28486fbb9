//! Where everything stands: zones as bands in layers by their distance from the users, hosts as cards on a grid of 8,
//! links as orthogonal lines in the gutters between. It depends on the infrastructure alone, never on how things go,
//! so that nothing jumps while a run is watched.

mod kept;
mod landscape;
mod lanes;
mod legend;
mod metrics;
mod paper;
mod portrait;
mod upright;
mod ways;
mod wires;
mod zones;

pub(super) use landscape::USERS_PAD;
pub(super) use legend::LegendItem;
pub(super) use metrics::Metrics;

use super::geometry::{self, Point, Rect, Size};
use super::scene::Anchor;
use crate::infra::{Infrastructure, Place, Purpose};

/// Which way the requests run across the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// Users on the left, the database on the right.
    Landscape,
    /// Users at the top, the database at the bottom, 360 units wide: a phone.
    Portrait,
    /// As in landscape, with larger letters and fewer words, for those in the last row of a hall.
    Projector,
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Which way it runs.
    pub orientation: Orientation,
    /// The whole sheet, with title and legend.
    pub size: Size,
    /// The part between title and legend: what a stage shows that has a title and a legend of its own.
    pub stage: Rect,
    /// The users.
    pub users: Rect,
    /// Every host, in the order of the infrastructure.
    pub hosts: Vec<HostBox>,
    /// Every zone, in the order of the infrastructure.
    pub zones: Vec<ZoneBand>,
    /// Where each balancer shows the virtual addresses it owns.
    pub vips: Vec<VipSlots>,
    /// The ways between them.
    pub routes: Vec<Route>,
    /// What the links speak.
    pub labels: Vec<LinkLabel>,
    metrics: &'static Metrics,
    /// The single points of failure, by name: as built, whatever is out for a while.
    pub(super) single: Vec<String>,
    pub(super) legend: Vec<(LegendItem, Point)>,
    pub(super) caption: Vec<(String, Point)>,
}

/// A host's card.
#[derive(Clone, Debug, PartialEq)]
pub struct HostBox {
    /// The host.
    pub name: String,
    /// Its card.
    pub rect: Rect,
}

/// A zone's band.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneBand {
    /// The zone.
    pub name: String,
    /// Its band.
    pub rect: Rect,
    /// Whether it is a thin strip, because no host stands in it.
    pub is_strip: bool,
}

/// Where a balancer shows the virtual addresses it owns.
#[derive(Clone, Debug, PartialEq)]
pub struct VipSlots {
    /// The balancer.
    pub balancer: String,
    /// A place for each virtual address of the infrastructure, the nearest to the card first.
    pub slots: Vec<Rect>,
}

/// The way between two places.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Where it begins.
    pub from: Place,
    /// Where it ends.
    pub to: Place,
    /// What it is for.
    pub purpose: Purpose,
    /// What it speaks, such as `HTTP 8000`.
    pub protocol: String,
    /// Its line, corners rounded, as points to move along.
    pub points: Vec<Point>,
    corners: Vec<Point>,
    radius: f64,
}

/// What a link speaks, written beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkLabel {
    /// The link's end it stands at: a host's or a zone's name.
    pub key: String,
    /// The text, such as `HTTP 8000`.
    pub text: String,
    /// The end of its baseline that `anchor` names.
    pub at: Point,
    /// Which end `at` is.
    pub anchor: Anchor,
}

impl Layout {
    /// Where everything of this infrastructure stands. What its preset has stands where it stands in that, with others below it.
    pub fn new(infrastructure: &Infrastructure, orientation: Orientation) -> Self {
        match orientation {
            Orientation::Landscape | Orientation::Projector => {
                landscape::layout(infrastructure, Metrics::of(orientation))
            }
            Orientation::Portrait => portrait::layout(infrastructure),
        }
    }

    /// Where everything stands in a file, which may be printed: as on the screen in landscape, as long as its letters have 7 points on
    /// A4. If not, they are larger; and where that does not suffice, zones that stood above one another stand side by side.
    pub fn on_paper(infrastructure: &Infrastructure) -> Self {
        let usual = Self::new(infrastructure, Orientation::Landscape);
        if paper::is_legible(&usual) {
            return usual;
        }
        let crowded =
            |are_apart| landscape::arranged(infrastructure, Metrics::crowded(), are_apart, None);
        let larger = crowded(false);
        if paper::is_legible(&larger) { larger } else { crowded(true) }
    }

    /// The card of the host of this name.
    pub fn host(&self, name: &str) -> Option<Rect> {
        self.hosts.iter().find(|host| host.name == name).map(|host| host.rect)
    }

    /// The nearest machine from the machine of this name in a direction: `(1, 0)` is to the right, `(0, 1)` down. What lies more aside
    /// than ahead is not in that direction. Where requests go from left to right, only what has a link with it is to its right or left.
    pub fn neighbour(&self, name: &str, direction: (f64, f64)) -> Option<&HostBox> {
        let is_along = self.orientation == Orientation::Landscape && direction.0.abs() > 0.5;
        let joins = |name: &str, other: Option<&str>| {
            let is_end = |route: &Route, name: &str| {
                let mut ends = [&route.from, &route.to].into_iter();
                ends.any(|end| matches!(end, Place::Host(own) if own == name))
            };
            let mut routes = self.routes.iter();
            routes
                .any(|route| is_end(route, name) && other.is_none_or(|other| is_end(route, other)))
        };
        let is_met = |host: &HostBox| {
            let other = host.name.as_str();
            !is_along || joins(name, Some(other)) || !joins(name, None) || !joins(other, None)
        };
        self.ahead(self.host(name)?.center(), direction, is_met)
    }

    /// The nearest machine from any point in a direction.
    pub fn nearest(&self, from: Point, direction: (f64, f64)) -> Option<&HostBox> {
        self.ahead(from, direction, |_| true)
    }

    fn ahead(
        &self,
        from: Point,
        (right, down): (f64, f64),
        is_met: impl Fn(&HostBox) -> bool,
    ) -> Option<&HostBox> {
        let mut nearest: Option<(f64, &HostBox)> = None;
        for host in self.hosts.iter().filter(|host| is_met(host)) {
            let to = host.rect.center();
            let (x, y) = (to.x - from.x, to.y - from.y);
            let ahead = x * right + y * down;
            let aside = (x * down - y * right).abs();
            let far = ahead + 2.0 * aside;
            if ahead > 1.0 && aside <= 3.0 * ahead && nearest.is_none_or(|(least, _)| far < least) {
                nearest = Some((far, host));
            }
        }
        nearest.map(|(_, host)| host)
    }

    /// The way requests take between two places, whichever of them it is drawn from: compare its `from`.
    pub fn route(&self, from: &Place, to: &Place) -> Option<&Route> {
        let joins = |route: &&Route| {
            (&route.from == from && &route.to == to) || (&route.from == to && &route.to == from)
        };
        let mut routes = self.routes.iter().filter(joins);
        routes.clone().find(|route| route.purpose == Purpose::Requests).or_else(|| routes.next())
    }

    /// An empty sheet.
    fn empty(metrics: &'static Metrics) -> Self {
        Self {
            orientation: metrics.orientation,
            metrics,
            size: Size::default(),
            stage: Rect::default(),
            users: Rect::default(),
            hosts: Vec::new(),
            zones: Vec::new(),
            vips: Vec::new(),
            routes: Vec::new(),
            labels: Vec::new(),
            single: Vec::new(),
            legend: Vec::new(),
            caption: Vec::new(),
        }
    }

    pub(super) const fn metrics(&self) -> &'static Metrics {
        self.metrics
    }

    /// The card of a place, if it stands here.
    fn place(&self, place: &Place) -> Option<Rect> {
        match place {
            Place::Users => Some(self.users),
            Place::Host(name) => self.host(name),
        }
    }
}

impl Route {
    /// Where something is that has gone this fraction (0 to 1) of the way, against the line's own direction if so wished.
    pub fn at(&self, fraction: f64, is_reversed: bool) -> Point {
        geometry::along(&self.points, if is_reversed { 1.0 - fraction } else { fraction })
    }

    /// The line as the `d` of a path.
    pub fn path(&self) -> String {
        geometry::rounded_path(&self.corners, self.radius)
    }

    /// The line's corners, ends included, before rounding.
    pub fn corners(&self) -> &[Point] {
        &self.corners
    }

    fn new(wire: &wires::Wire, corners: Vec<Point>, radius: f64) -> Self {
        let corners = straightened(corners);
        Self {
            from: wire.from.clone(),
            to: wire.to.clone(),
            purpose: wire.purpose,
            protocol: wire.protocols.join(", "),
            points: geometry::rounded(&corners, radius),
            corners,
            radius,
        }
    }
}

/// The same line without the corners that are none.
fn straightened(corners: Vec<Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::with_capacity(corners.len());
    for corner in corners {
        if kept.last().is_some_and(|last| last.distance(corner) < 0.01) {
            continue;
        }
        if let [.., before, last] = kept[..] {
            let level = (before.y - last.y).abs() < 0.01 && (last.y - corner.y).abs() < 0.01;
            let upright = (before.x - last.x).abs() < 0.01 && (last.x - corner.x).abs() < 0.01;
            if level || upright {
                kept.pop();
            }
        }
        kept.push(corner);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    /// To the right of a machine is what it has a link to; below it is its neighbour.
    #[test]
    fn arrows_follow_the_links_where_requests_go_from_left_to_right() {
        let layout = Layout::new(&Preset::Brief.infrastructure(), Orientation::Landscape);
        for (from, direction, to) in [
            ("lb-1", (1.0, 0.0), Some("web-1")),
            ("web-1", (1.0, 0.0), None),
            ("web-1", (0.0, 1.0), Some("app-1")),
            ("app-1", (1.0, 0.0), Some("db-1")),
            ("db-1", (-1.0, 0.0), Some("app-1")),
            ("app-2", (-1.0, 0.0), Some("lb-2")),
        ] {
            let found = layout.neighbour(from, direction).map(|host| host.name.as_str());
            assert_eq!(found, to, "{from} {direction:?}");
        }
    }

    /// Every machine can be come to from every other by arrows, in each preset and orientation.
    #[test]
    fn arrows_lead_to_every_machine() {
        const ARROWS: [(f64, f64); 4] = [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)];
        for preset in Preset::ALL {
            for orientation in
                [Orientation::Landscape, Orientation::Portrait, Orientation::Projector]
            {
                let layout = Layout::new(&preset.infrastructure(), orientation);
                for start in &layout.hosts {
                    let mut seen = vec![start.name.clone()];
                    let mut next = 0;
                    while next < seen.len() {
                        let from = seen[next].clone();
                        let to = ARROWS.iter().filter_map(|arrow| layout.neighbour(&from, *arrow));
                        for host in to {
                            if !seen.contains(&host.name) {
                                seen.push(host.name.clone());
                            }
                        }
                        next += 1;
                    }
                    assert_eq!(
                        seen.len(),
                        layout.hosts.len(),
                        "{preset} {orientation:?} from {}",
                        start.name
                    );
                }
            }
        }
    }
}
