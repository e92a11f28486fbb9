//! The links and what they speak.

use super::pen::Pen;
use super::{Picture, slug};
use crate::diagram::geometry::{Point, written};
use crate::diagram::layout::Route;
use crate::diagram::scene::{Group, Look, Mark};
use crate::infra::{Place, Purpose};
use crate::run::LinkFlow;
use crate::sim::{Condition, ServerStatus};

/// How far the arrow head reaches back.
const HEAD: f64 = 7.0;
/// A link's width at rest, and the most a rate adds.
const THIN: f64 = 1.5;
const MOST: f64 = 4.5;

impl Picture<'_> {
    pub(super) fn links(&self, rates: &[LinkFlow]) -> Vec<Group> {
        self.layout.routes.iter().map(|route| self.link(route, rates)).collect()
    }

    fn link(&self, route: &Route, rates: &[LinkFlow]) -> Group {
        let is_out = self.is_out(route);
        let (kind, look) = match (route.purpose, is_out) {
            (Purpose::Requests, false) => ("link", Look::Link),
            (Purpose::Requests, true) => ("link", Look::LinkOut),
            (Purpose::Vrrp, false) => ("vrrp", Look::Vrrp),
            (Purpose::Vrrp, true) => ("vrrp", Look::VrrpOut),
        };
        let width = width(route, rates);
        let is_wide = !is_out && width > THIN;
        let stroke = Mark::Path { d: route.path(), width: is_wide.then_some(width), look };
        let mut marks = vec![stroke];
        if route.purpose == Purpose::Requests {
            marks.extend(head(route, if is_wide { width } else { THIN }));
        }
        let (from, to) = (name(&route.from), name(&route.to));
        let remark = if is_out { ", nothing is sent" } else { "" };
        Group {
            key: format!("{kind}-{}-{}", slug(from), slug(to)),
            class: if is_out { "wire out" } else { "wire" }.to_owned(),
            title: Some(format!("{from} to {to}, {}{remark}", route.protocol)),
            marks,
        }
    }

    /// Whether nothing is sent over a link: its sender is down or has no virtual address, or its balancer has taken the
    /// server out.
    fn is_out(&self, route: &Route) -> bool {
        let Some(snapshot) = self.snapshot else { return false };
        let is_down = |name: &str| self.condition(name) == Condition::Down;
        match (&route.from, &route.to, route.purpose) {
            (Place::Host(from), Place::Host(to), Purpose::Vrrp) => is_down(from) && is_down(to),
            (Place::Users, Place::Host(to), _) => self.owned(to).is_empty(),
            (Place::Host(from), Place::Host(to), Purpose::Requests) => {
                let lines = self.infrastructure.host(from).and_then(|host| host.haproxy());
                let lines = lines.into_iter().flat_map(|haproxy| &haproxy.backends);
                let mut known = lines
                    .flat_map(|backend| backend.servers.iter().map(move |line| (backend, line)))
                    .filter(|(_, line)| &line.host == to)
                    .filter_map(|(backend, line)| {
                        snapshot.servers.iter().find(|server| {
                            &server.balancer == from
                                && server.backend == backend.name
                                && server.name == line.name
                        })
                    })
                    .peekable();
                let is_taken_out = known.peek().is_some()
                    && known.all(|server| match server.status {
                        Some(
                            ServerStatus::Down | ServerStatus::GoingUp { .. } | ServerStatus::Maint,
                        ) => true,
                        Some(
                            ServerStatus::Up
                            | ServerStatus::GoingDown { .. }
                            | ServerStatus::Nolb
                            | ServerStatus::Drain
                            | ServerStatus::NoCheck,
                        )
                        | None => false,
                    });
                is_down(from) || is_taken_out
            }
            (_, Place::Users, _) => false,
        }
    }

    /// What the links speak, beside their ends.
    pub(super) fn labels(&self) -> Vec<Group> {
        let label = |label: &crate::diagram::LinkLabel| {
            let pen = Pen::muted(self.metrics.label);
            Group {
                key: format!("label-{}", slug(&label.key)),
                class: "label".to_owned(),
                title: None,
                marks: vec![pen.anchored(label.at, label.anchor, &label.text, f64::MAX)],
            }
        };
        self.layout.labels.iter().map(label).collect()
    }
}

/// A place's name for people.
pub(super) fn name(place: &Place) -> &str {
    match place {
        Place::Users => "users",
        Place::Host(name) => name,
    }
}

/// The wider the more goes over it; four times as much, twice as wide.
fn width(route: &Route, rates: &[LinkFlow]) -> f64 {
    let is_its = |rate: &&LinkFlow| {
        (rate.from == route.from && rate.to == route.to)
            || (rate.from == route.to && rate.to == route.from)
    };
    let per_second: f64 = rates.iter().filter(is_its).map(|rate| rate.per_second).sum();
    let more = if per_second > 0.0 { (per_second.sqrt() * 0.45).min(MOST) } else { 0.0 };
    // In steps, so that a stage does not redraw for nothing.
    THIN + (more * 4.0).round() / 4.0
}

/// The arrow head at the end that accepts the connection.
fn head(route: &Route, width: f64) -> Option<Mark> {
    let [.., before, tip] = route.corners() else { return None };
    let half = 2.5 + width / 2.0;
    let back = tip.towards(*before, HEAD / tip.distance(*before).max(HEAD));
    let side = Point::new((tip.y - back.y) / HEAD * half, (tip.x - back.x) / HEAD * half);
    let [tip_x, tip_y, a_x, a_y, b_x, b_y] =
        [tip.x, tip.y, back.x - side.x, back.y - side.y, back.x + side.x, back.y + side.y]
            .map(written);
    let d = format!("M{tip_x} {tip_y}L{a_x} {a_y}L{b_x} {b_y}z");
    Some(Mark::Path { d, width: None, look: Look::Head })
}
