//! The links and what they speak.

use super::pen::Pen;
use super::{Picture, slug};
use crate::diagram::geometry::{Point, written};
use crate::diagram::layout::Route;
use crate::diagram::scene::{Group, Look, Mark};
use crate::infra::{Place, Purpose, Vip};
use crate::run::LinkFlow;
use crate::sim::{Condition, ServerStatus, ServerView};

/// How far the arrow head reaches back.
const HEAD: f64 = 7.0;
/// A link's width at rest, what a rate adds for each time that it is e times as high, and the most that it adds: at 10,000 a second.
const THIN: f64 = 1.5;
const WIDER: f64 = 0.49;
const MOST: f64 = 4.5;

impl Picture<'_> {
    pub(super) fn links(&self, flows: &[LinkFlow]) -> Vec<Group> {
        self.layout.routes.iter().map(|route| self.link(route, flows)).collect()
    }

    /// What goes over a link, either way, if something does and it is in use.
    pub(super) fn flow(&self, route: &Route, flows: &[LinkFlow]) -> Option<LinkFlow> {
        let flow = over(route, flows);
        let is_cut = self.trouble(route) == Some("cut");
        let is_used = flow.per_second > 0.0 && !is_cut && !self.is_out(route, true);
        is_used.then_some(flow)
    }

    fn link(&self, route: &Route, flows: &[LinkFlow]) -> Group {
        let per_second = over(route, flows).per_second;
        let flow = self.flow(route, flows);
        let trouble = self.trouble(route);
        let is_idle = self.is_out(route, per_second > 0.0);
        let is_out = is_idle || trouble == Some("cut");
        let unheard = self.unheard(route);
        let has_silence = !unheard.is_empty();
        let fails = flow.as_ref().is_some_and(|flow| flow.failed_per_second > 0.0 || has_silence);
        let look = match (route.purpose, is_out) {
            (Purpose::Requests, false) if fails => Look::LinkFailing,
            (Purpose::Requests, false) => Look::Link,
            (Purpose::Requests, true) => Look::LinkOut,
            (Purpose::Vrrp | Purpose::Replication, false) => Look::Vrrp,
            (Purpose::Vrrp | Purpose::Replication, true) => Look::VrrpOut,
        };
        let width = width(per_second);
        let is_wide = !is_out && width > THIN;
        let stroke = Mark::Path { d: route.path(), width: is_wide.then_some(width), look };
        let mut marks = vec![stroke];
        if route.purpose != Purpose::Vrrp {
            marks.extend(head(route, if is_wide { width } else { THIN }));
        }
        let (from, to) = (route.from.name(), route.to.name());
        let remark = if is_idle {
            format!(", {}", self.idle(route))
        } else if has_silence {
            format!(", nobody answers at {}", unheard.join(", "))
        } else {
            String::new()
        };
        let mut told = trouble.map(|word| format!(", {word}")).unwrap_or_default();
        for word in flow.iter().flat_map(LinkFlow::words).filter(|word| !word.is_empty()) {
            told.push_str(&format!(", {word}"));
        }
        for server in self.seen_by(from, to) {
            let out = server.out();
            if !out.is_empty() {
                told.push_str(&format!(", {out}"));
            }
            if server.weight != 1 && server.status.is_some() {
                told.push_str(&format!(", weight {}", server.weight));
            }
        }
        Group {
            key: route.key(),
            class: if is_out { "wire out" } else { "wire" }.to_owned(),
            title: Some(format!("{from} to {to}, {}{told}{remark}", route.protocol)),
            marks,
            of: format!("{from} {to}"),
            guard: String::new(),
        }
    }

    /// The `server` lines of a balancer that lead to a host, as it sees them.
    fn seen_by(&self, balancer: &str, host: &str) -> Vec<&ServerView> {
        let mut views = self.seen(host);
        views.retain(|view| view.balancer == balancer);
        views
    }

    /// The virtual addresses over this link that users turn to though nobody has them.
    pub(super) fn unheard(&self, route: &Route) -> Vec<&str> {
        if self.snapshot.is_none() || route.from != Place::Users {
            return Vec::new();
        }
        let to = Some(route.to.name());
        let is_it = |vip: &&Vip| self.owner(vip).is_none() && self.leads_to(vip) == to;
        self.infrastructure.vips.iter().filter(is_it).map(|vip| vip.name.as_str()).collect()
    }

    /// What is said of a link that carries no requests: HAProxy goes on checking whom it has taken out or has nothing for, but not in
    /// maintenance.
    fn idle(&self, route: &Route) -> &'static str {
        let (from, to) = (route.from.name(), route.to.name());
        let is_checked = |server: &&ServerView| {
            !matches!(server.status, None | Some(ServerStatus::Maint | ServerStatus::NoCheck))
        };
        let checks = self.condition(from) != Condition::Down
            && self.seen_by(from, to).iter().any(is_checked);
        if checks { "only checks" } else { "nothing is sent" }
    }

    /// Whether a machine may get requests that it could pass on: a virtual address leads there, or a machine of which the same can be said, but
    /// for those of `known`, which ask each other in a circle.
    fn is_asked<'a>(&'a self, machine: &'a str, known: &mut Vec<&'a str>) -> bool {
        if known.contains(&machine) {
            return false;
        }
        known.push(machine);
        let leads_here = |vip: &Vip| self.leads_to(vip) == Some(machine);
        let mut asks = |route: &'a Route| {
            let from = route.from.name();
            matches!(route.from, Place::Host(_))
                && route.purpose == Purpose::Requests
                && route.to.name() == machine
                && self.condition(from) != Condition::Down
                && !self.is_taken_out(from, machine, false)
                && self.is_asked(from, known)
        };
        self.infrastructure.vips.iter().any(leads_here) || self.layout.routes.iter().any(&mut asks)
    }

    /// Whether a balancer gives a machine no requests: each of its `server` lines for it is out.
    fn is_taken_out(&self, balancer: &str, machine: &str, has_flow: bool) -> bool {
        let known = self.seen_by(balancer, machine);
        let is_out = |server: &&ServerView| match server.status {
            Some(ServerStatus::Down | ServerStatus::GoingUp { .. } | ServerStatus::Maint) => true,
            // Clients that are bound to it may still reach it: then its link is in use. HAProxy that does not run (`None`) may have an
            // old process that ends what it has.
            Some(ServerStatus::Nolb | ServerStatus::Drain) | None => !has_flow,
            Some(ServerStatus::Up | ServerStatus::GoingDown { .. } | ServerStatus::NoCheck) => {
                server.weight == 0 && !has_flow
            }
        };
        !known.is_empty() && known.iter().all(is_out)
    }

    /// Whether a link carries no requests, or no adverts: its sender is down or gets none itself, no virtual address leads users there, or
    /// its balancer has taken the server out.
    fn is_out(&self, route: &Route, has_flow: bool) -> bool {
        if self.snapshot.is_none() {
            return false;
        }
        let is_down = |name: &str| self.condition(name) == Condition::Down;
        match (&route.from, &route.to, route.purpose) {
            (Place::Host(from), Place::Host(to), Purpose::Vrrp) => is_down(from) && is_down(to),
            (Place::Host(from), Place::Host(to), Purpose::Replication) => {
                is_down(from) || is_down(to)
            }
            (Place::Users, Place::Host(to), _) => {
                !self.infrastructure.vips.iter().any(|vip| self.leads_to(vip) == Some(to.as_str()))
            }
            (Place::Host(from), Place::Host(to), Purpose::Requests) => {
                is_down(from)
                    || self.is_taken_out(from, to, has_flow)
                    || !has_flow && !self.is_asked(from, &mut Vec::new())
            }
            (_, Place::Users, _) => false,
        }
    }

    /// What the links speak, beside their ends.
    pub(super) fn labels(&self) -> Vec<Group> {
        let mut adverts = self.layout.routes.iter().filter(|route| route.purpose == Purpose::Vrrp);
        let vrrp = adverts.find_map(|route| self.trouble(route));
        let label = |label: &crate::diagram::LinkLabel| {
            let pen = Pen::muted(self.metrics.label);
            let word = vrrp.filter(|_| label.text == "VRRP");
            let text = word.map_or_else(|| label.text.clone(), |word| format!("VRRP: {word}"));
            Group {
                key: format!("label-{}", slug(&label.key)),
                class: "label".to_owned(),
                marks: vec![pen.anchored(label.at, label.anchor, &text, f64::MAX)],
                ..Group::default()
            }
        };
        self.layout.labels.iter().map(label).collect()
    }
}

impl Route {
    /// The key of its group in every picture.
    pub fn key(&self) -> String {
        let kind = match self.purpose {
            Purpose::Requests => "link",
            Purpose::Vrrp => "vrrp",
            Purpose::Replication => "replication",
        };
        format!("{kind}-{}-{}", slug(name(&self.from)), slug(name(&self.to)))
    }
}

/// A place's name for people.
pub(super) fn name(place: &Place) -> &str {
    match place {
        Place::Users => "users",
        Place::Host(name) => name,
    }
}

/// What goes over a link, either way.
fn over(route: &Route, flows: &[LinkFlow]) -> LinkFlow {
    let mut all = LinkFlow {
        from: route.from.clone(),
        to: route.to.clone(),
        per_second: 0.0,
        failed_per_second: 0.0,
    };
    for flow in flows {
        let is_there = flow.from == route.from && flow.to == route.to;
        if is_there || (flow.from == route.to && flow.to == route.from) {
            all.per_second += flow.per_second;
            all.failed_per_second += flow.failed_per_second;
        }
    }
    all
}

/// The wider the more goes over it: ten times as much adds as many units, from a few requests a second to thousands.
fn width(per_second: f64) -> f64 {
    let more = (libm::log(1.0 + per_second) * WIDER).min(MOST);
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
