//! How much goes over the links and how much of it fails, in words beside them, as far as there is room. A link without room has its width and
//! dashes all the same, and its title says it.

use super::Picture;
use super::pen::Pen;
use crate::diagram::geometry::{Point, Rect};
use crate::diagram::layout::{HostBox, Orientation, Route};
use crate::diagram::scene::{Anchor, Group, Mark};
use crate::infra::Purpose;
use crate::run::LinkFlow;

/// From the middle of a link to words beside it.
const BESIDE: f64 = 8.0;
/// What words keep from the middle of every line, so that no moving mark lies over them, from edges, and from the tip of every arrow.
const FROM_LINES: f64 = 7.0;
const FROM_EDGES: f64 = 3.0;
const FROM_HEADS: f64 = 9.0;
/// From one line of words to the next, and how high one is, in type sizes.
const PITCH: f64 = 1.05;
const HEIGHT: f64 = 0.98;
/// How far apart the places are that are tried along a straight piece, as a share of it, and how many to each side of its middle.
const STEP: f64 = 0.05;
const STEPS: u32 = 9;
/// So many lines further from a link words may stand that say whose link it is.
const FURTHER: u32 = 5;
/// How far from its link anything can be that is in the way of its words.
const AROUND: f64 = 130.0;

/// What words must not touch.
struct Room {
    taken: Vec<Rect>,
    /// Words are in these or outside, not across an edge.
    frames: Vec<Rect>,
    inside: Rect,
}

impl Picture<'_> {
    /// The words beside the links; `drawn` is what the picture shows besides, from the back to the front.
    pub(super) fn rates(&self, flows: &[LinkFlow], drawn: &[Group]) -> Group {
        let mut marks = Vec::new();
        let pen = Pen::ink(self.metrics.label);
        let carries = |route: &&Route| route.purpose == Purpose::Requests;
        let mut all = if flows.is_empty() { Room::none() } else { self.room(drawn) };
        let mut silent = Vec::new();
        let told = |route| {
            let flow = self.flow(route, flows)?;
            let [rate, mut errors] = flow.words();
            if self.is_unheard(route) {
                "nobody answers".clone_into(&mut errors);
            }
            Some(Told { route, flow, words: [rate, errors] })
        };
        let told: Vec<Told<'_>> =
            self.layout.routes.iter().filter(carries).filter_map(told).collect();
        for (index, first) in told.iter().enumerate() {
            // All that come to one machine at once: they lie beside each other.
            let is_beside = |other: &&Told<'_>| other.route.to == first.route.to;
            if told[..index].iter().any(|before| is_beside(&before)) {
                continue;
            }
            let its: Vec<&Told<'_>> = told[index..].iter().filter(is_beside).collect();
            // In portrait the card says it.
            let may_join = self.layout.orientation != Orientation::Portrait;
            for (flow, place) in placed(&its, pen, &all, may_join) {
                let Some((at, lines)) = place else {
                    silent.push(flow);
                    continue;
                };
                all.taken.push(grown(at, 1.0));
                for (index, line) in lines.iter().enumerate() {
                    let y = at.y + pen.size * (0.76 + PITCH * index as f64);
                    marks.push(pen.write(at.x, y, line, f64::MAX));
                }
            }
        }
        if self.layout.orientation == Orientation::Portrait {
            marks.extend(self.layout.hosts.iter().filter_map(|host| self.incoming(host, &silent)));
        }
        let class = "rates".to_owned();
        Group { key: class.clone(), class, marks, ..Group::default() }
    }

    /// Whether no address has an owner that leads users over this link.
    fn is_unheard(&self, route: &Route) -> bool {
        let lead = self.infrastructure.vips.iter();
        let lead = lead.filter(|vip| self.leads_to(vip) == Some(route.to.name())).count();
        lead > 0 && self.unheard(route).len() == lead
    }

    /// In portrait there is hardly any room beside links: what comes to a machine over those without words is told on its card, between its name
    /// and how it stands.
    fn incoming(&self, host: &HostBox, silent: &[LinkFlow]) -> Option<Mark> {
        let all = sum(silent.iter().filter(|flow| flow.to.name() == host.name))?;
        let metrics = self.metrics;
        let (pen, name) = (Pen::ink(metrics.text), Pen::bold(metrics.name));
        let state = Pen::bold(metrics.text).width(self.condition(&host.name).word());
        let beside = metrics.card_pad + metrics.icon + 8.0;
        let left = host.rect.x + beside + name.width(&host.name) + 8.0;
        let right = host.rect.right() - metrics.card_pad - state - metrics.text - 14.0;
        let [rate, errors] = all.words();
        let rate = format!("in {rate}");
        let both = format!("{rate}, {errors}");
        let choices = if errors.is_empty() { vec![rate] } else { vec![both, errors, rate] };
        let told = choices.into_iter().find(|words| pen.width(words) <= right - left)?;
        let at = Point::new(right, host.rect.y + 21.0);
        Some(pen.anchored(at, Anchor::End, &told, f64::MAX))
    }

    fn room(&self, drawn: &[Group]) -> Room {
        let layout = self.layout;
        let mut room = Room { taken: self.taken(), frames: Vec::new(), inside: layout.stage };
        for zone in &layout.zones {
            room.taken.push(Rect { height: self.metrics.header, ..zone.rect });
        }
        for route in &layout.routes {
            for pair in route.corners().windows(2) {
                room.taken.push(grown(around(pair), FROM_LINES));
            }
            // Its arrow head.
            if let [.., tip] = route.corners() {
                room.taken.push(grown(around(&[*tip]), FROM_HEADS));
            }
        }
        for mark in drawn.iter().flat_map(|group| &group.marks) {
            match mark {
                Mark::Box { at, .. } => room.frames.push(*at),
                Mark::Text { at, anchor, size, bold, content, .. } => {
                    let width = Pen { size: *size, bold: *bold, ..Pen::ink(0.0) }.width(content);
                    let left = match anchor {
                        Anchor::Start => at.x,
                        Anchor::Middle => at.x - width / 2.0,
                        Anchor::End => at.x - width,
                    };
                    let own = Rect::new(left, at.y - 0.76 * size, width, HEIGHT * size);
                    room.taken.push(grown(own, 1.0));
                }
                Mark::Dot { .. } | Mark::Path { .. } | Mark::Icon { .. } => {}
            }
        }
        let edge = self.metrics.margin.min(9.0);
        let right = room.inside.right().min(layout.size.width - edge);
        let left = room.inside.x.max(edge);
        (room.inside.x, room.inside.width) = (left, right - left);
        room
    }
}

impl Room {
    const fn none() -> Self {
        let inside = Rect::new(0.0, 0.0, 0.0, 0.0);
        Self { taken: Vec::new(), frames: Vec::new(), inside }
    }

    /// What of it may be in the way of a link's words.
    fn around(&self, route: &Route) -> Self {
        let near = grown(around(route.corners()), AROUND);
        let of = |all: &[Rect]| all.iter().copied().filter(|rect| rect.overlaps(&near)).collect();
        Self { taken: of(&self.taken), frames: of(&self.frames), inside: self.inside }
    }

    fn is_free(&self, rect: &Rect) -> bool {
        let clear = grown(*rect, FROM_EDGES);
        self.inside.contains(rect)
            && !self.taken.iter().any(|taken| taken.overlaps(rect))
            && self.frames.iter().all(|frame| frame.contains(&clear) || !frame.overlaps(&clear))
    }
}

/// Words and where they are written; `None`: there is no room.
type Placed = Option<(Rect, Vec<String>)>;

/// A link that says how much it carries: the rate, and what fails of it.
struct Told<'a> {
    route: &'a Route,
    flow: LinkFlow,
    words: [String; 2],
}

/// Whether words say where their link begins. Those of several links at once stand beside the end of one, and nowhere else.
#[derive(Clone, Copy, PartialEq)]
enum Naming {
    Never,
    IfNeeded,
    Always,
    Joined,
}

/// What comes over several links to one machine, all in all.
fn sum<'a>(mut flows: impl Iterator<Item = &'a LinkFlow>) -> Option<LinkFlow> {
    let mut all = flows.next()?.clone();
    for flow in flows {
        all.per_second += flow.per_second;
        all.failed_per_second += flow.failed_per_second;
    }
    Some(all)
}

/// The words of links that end beside each other. If those of one need its name, all have theirs: else it were not clear whose the others are.
/// What fails takes more words: where there is no room for those of each, what comes over all of them is told at once, as on a card.
fn placed(its: &[&Told<'_>], pen: Pen, all: &Room, may_join: bool) -> Vec<(LinkFlow, Placed)> {
    let attempt = |naming: Naming| {
        let mut taken: Vec<Rect> = Vec::new();
        let mut places: Vec<(LinkFlow, Placed)> = Vec::with_capacity(its.len());
        for one in its {
            let mut room = all.around(one.route);
            room.taken.extend(&taken);
            let place = words(one.route, &one.words, naming, pen, &room);
            taken.extend(place.iter().map(|(at, _)| grown(*at, 1.0)));
            places.push((one.flow.clone(), place));
        }
        let count = places.iter().filter(|(_, place)| place.is_some()).count();
        (count, places)
    };
    if its.len() == 1 {
        return attempt(Naming::IfNeeded).1;
    }
    let (fitting, plain) = attempt(Naming::Never);
    if fitting == its.len() {
        return plain;
    }
    let is_failing = its.iter().any(|one| !one.words[1].is_empty());
    if may_join
        && is_failing
        && let Some(joined) = joined(its, pen, all)
    {
        return vec![joined];
    }
    let (named, places) = attempt(Naming::Always);
    if named >= fitting { places } else { plain }
}

/// What comes over several links, told beside the lowest that has room.
fn joined(its: &[&Told<'_>], pen: Pen, all: &Room) -> Option<(LinkFlow, Placed)> {
    let flow = sum(its.iter().map(|one| &one.flow))?;
    let [rate, errors] = flow.words();
    let told = [format!("in {rate}"), errors];
    let mut from_below = its.iter().rev();
    let place = from_below
        .find_map(|one| words(one.route, &told, Naming::Joined, pen, &all.around(one.route)))?;
    Some((flow, Some(place)))
}

/// The words of a link and where they have room: beside its end, a little further off with the name of where it begins, or elsewhere beside it.
fn words(
    route: &Route,
    [rate, errors]: &[String; 2],
    naming: Naming,
    pen: Pen,
    room: &Room,
) -> Placed {
    let named = format!("{}: {rate}", route.from.name());
    let own = if naming == Naming::Always { &named } else { rate };
    let place = |rate: &str, pair: &[Point], off: f64| {
        blocks(rate, errors).into_iter().find_map(|lines| {
            let mut places = beside(pair, extent(&lines, pen), off);
            places.find(|rect| room.is_free(rect)).map(|rect| (rect, lines))
        })
    };
    let mut pieces = route.corners().windows(2).rev();
    let last = pieces.next()?;
    let further = |line: u32| place(&named, last, BESIDE + pen.size * PITCH * f64::from(line));
    let lines = match naming {
        Naming::Never | Naming::Joined => 0,
        Naming::IfNeeded | Naming::Always => FURTHER + 1,
    };
    let mut elsewhere = pieces.filter(|_| naming != Naming::Joined);
    place(own, last, BESIDE)
        .or_else(|| (0..lines).find_map(further))
        .or_else(|| elsewhere.find_map(|pair| place(own, pair, BESIDE)))
}

/// The same words in one line or in two, the best first.
fn blocks(rate: &str, errors: &str) -> Vec<Vec<String>> {
    let Some((share, word)) = errors.rsplit_once(' ') else { return vec![vec![rate.to_owned()]] };
    let begin = format!("{rate},");
    let short = if word == "errors" {
        vec![begin.clone(), format!("{share} fail")]
    } else {
        [begin.as_str(), share, word].map(str::to_owned).into()
    };
    vec![vec![format!("{begin} {errors}")], vec![begin, errors.to_owned()], short]
}

/// How much room lines take: width and height.
fn extent(lines: &[String], pen: Pen) -> (f64, f64) {
    let width = lines.iter().map(|line| pen.width(line)).fold(0.0, f64::max);
    let more = lines.len().saturating_sub(1) as f64;
    (width, pen.size * (HEIGHT + PITCH * more))
}

/// Where something of this size can be so far beside a straight piece of a link, the middle first, on either side.
fn beside(
    pair: &[Point],
    (width, height): (f64, f64),
    off: f64,
) -> impl Iterator<Item = Rect> + use<> {
    let (from, to) = (pair[0], pair[1]);
    let is_level = (from.y - to.y).abs() < 0.01;
    (0..=2 * STEPS).flat_map(move |step| {
        let side = if step % 2 == 0 { STEP } else { -STEP };
        let on = from.towards(to, 0.5 + side * f64::from(step.div_ceil(2)));
        let [first, second] = if is_level {
            let x = on.x - width / 2.0;
            [Point::new(x, on.y + off), Point::new(x, on.y - off - height)]
        } else {
            let y = on.y - height / 2.0;
            [Point::new(on.x + off, y), Point::new(on.x - off - width, y)]
        };
        [first, second].map(|at| Rect::new(at.x, at.y, width, height))
    })
}

fn around(points: &[Point]) -> Rect {
    let least = |of: fn(&Point) -> f64| points.iter().map(of).fold(f64::MAX, f64::min);
    let most = |of: fn(&Point) -> f64| points.iter().map(of).fold(f64::MIN, f64::max);
    let (x, y) = (least(|point| point.x), least(|point| point.y));
    Rect::new(x, y, most(|point| point.x) - x, most(|point| point.y) - y)
}

fn grown(rect: Rect, by: f64) -> Rect {
    Rect::new(rect.x - by, rect.y - by, rect.width + 2.0 * by, rect.height + 2.0 * by)
}
