//! Where every request is at an instant: a pure function of the messages. Hops inside take a fifth of a millisecond, too
//! quick for the eye, so the legs of one request are drawn one after the other, none before it happened and none shorter
//! than a wished length. Without such a length they are drawn as they are: what is really under way at that instant.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::sync::Arc;

use super::geometry::Point;
use super::layout::{Layout, Route};
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{Message, MessageKind};

/// How long after it has come, in legs of the shortest length, a message may still be on the screen.
const LEGS_SHOWN: u64 = 24;

/// Something that is drawn moving.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mover {
    /// The request it belongs to.
    pub request: u64,
    /// Where it is.
    pub at: Point,
    /// What it is.
    pub kind: MessageKind,
    /// Whether it has arrived and stays: the mark of a message that got lost.
    pub arrived: bool,
}

/// When a leg is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Leg {
    start: SimTime,
    end: SimTime,
}

impl Leg {
    fn of(message: &Message, before: SimTime, shortest: SimDuration) -> Self {
        let is_drawn_out = shortest > SimDuration::ZERO;
        let start = if is_drawn_out { message.sent_at.max(before) } else { message.sent_at };
        Self { start, end: start + message.due_at.since(message.sent_at).max(shortest) }
    }
}

/// Where every message is at `now`. The messages of one request are drawn one after the other, in the order in which they
/// were sent: leg i from `start(i) = max(sent_at(i), end(i - 1))` to `end(i) = start(i) + max(due_at - sent_at, shortest)`.
/// A lost one leaves a mark at its end for another two `shortest`. If `shortest` is zero, each is drawn from `sent_at` to `due_at`. What joins
/// no two places of the layout is not drawn.
pub fn movers<M: Borrow<Message>>(
    layout: &Layout,
    messages: &[M],
    now: SimTime,
    shortest: SimDuration,
) -> Vec<Mover> {
    let legs = legs(messages, shortest);
    legs.into_iter()
        .filter_map(|(message, leg)| {
            let route = layout.route(&message.from, &message.to)?;
            let of = (message.request, message.kind);
            mover(route, route.from != message.from, of, leg, now, shortest)
        })
        .collect()
}

/// What may be on the screen, kept from one painting to the next: only what has set out since is reckoned anew.
#[derive(Debug, Default)]
pub struct Legs {
    /// The drawing and the shortest leg that they are for.
    of: Option<(u32, SimDuration)>,
    at: SimTime,
    /// The newest message that was seen.
    last: Option<Arc<Message>>,
    ends: Vec<(u64, SimTime)>,
    drawn: VecDeque<Drawn>,
}

/// A message that sets out, is under way, or has just arrived.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    request: u64,
    leg: Leg,
    kind: MessageKind,
    /// Its place among the drawing's routes, and whether it goes against it.
    route: usize,
    is_back: bool,
}

impl Legs {
    /// As [`movers`]. `messages`: all that the run keeps, in the order of setting out; `drawing` names the layout: under the same name it is
    /// the same.
    pub fn movers<'a>(
        &mut self,
        (layout, drawing): (&Layout, u32),
        messages: impl DoubleEndedIterator<Item = &'a Arc<Message>>,
        now: SimTime,
        shortest: SimDuration,
    ) -> Vec<Mover> {
        let of = Some((drawing, shortest));
        let mut fresh = Vec::new();
        let mut newest = None;
        let mut goes_on = false;
        for message in messages.rev() {
            goes_on = self.last.as_ref().is_some_and(|last| Arc::ptr_eq(last, message));
            if goes_on && self.of == of && self.at <= now {
                break;
            }
            goes_on = false;
            newest = newest.or(Some(message));
            if message.due_at + shortest * LEGS_SHOWN >= now {
                fresh.push(message);
            }
        }
        if !goes_on {
            *self = Self { of, ..Self::default() };
        }
        self.at = now;
        if let Some(newest) = newest {
            self.last = Some(Arc::clone(newest));
        }
        for message in fresh.into_iter().rev() {
            self.add(layout, message, shortest);
        }
        // Whoever has arrived sets out again when it does.
        self.ends.retain(|(_, end)| *end > now);
        while self
            .drawn
            .front()
            .is_some_and(|first| first.leg.end + stays(first.kind, shortest) <= now)
        {
            self.drawn.pop_front();
        }
        let shown = |drawn: &Drawn| {
            let Drawn { request, leg, kind, route, is_back } = *drawn;
            mover(layout.routes.get(route)?, is_back, (request, kind), leg, now, shortest)
        };
        self.drawn.iter().filter_map(shown).collect()
    }

    fn add(&mut self, layout: &Layout, message: &Message, shortest: SimDuration) {
        let leg = next_leg(&mut self.ends, message, shortest);
        let Some(route) = layout.route(&message.from, &message.to) else { return };
        let place = layout.routes.iter().position(|other| std::ptr::eq(other, route));
        let is_back = route.from != message.from;
        let (request, kind) = (message.request, message.kind);
        self.drawn.extend(place.map(|route| Drawn { request, leg, kind, route, is_back }));
    }
}

/// Every message with its leg. The messages are in the order of setting out.
fn legs<M: Borrow<Message>>(messages: &[M], shortest: SimDuration) -> Vec<(&Message, Leg)> {
    let mut legs: Vec<(&Message, Leg)> = Vec::with_capacity(messages.len());
    // The end of each request's last leg, by request: a new one mostly belongs at the end.
    let mut ends: Vec<(u64, SimTime)> = Vec::new();
    for message in messages.iter().map(Borrow::borrow) {
        legs.push((message, next_leg(&mut ends, message, shortest)));
    }
    legs
}

/// The leg of a message after those before it; `ends`: when each request's last one ends.
fn next_leg(ends: &mut Vec<(u64, SimTime)>, message: &Message, shortest: SimDuration) -> Leg {
    let place = ends.binary_search_by_key(&message.request, |(request, _)| *request);
    let free = place.map_or(SimTime::ZERO, |place| ends[place].1);
    let leg = Leg::of(message, free, shortest);
    match place {
        Ok(place) => ends[place].1 = leg.end,
        Err(place) => ends.insert(place, (message.request, leg.end)),
    }
    leg
}

/// How long a message is seen where it has come.
fn stays(kind: MessageKind, shortest: SimDuration) -> SimDuration {
    match kind {
        MessageKind::Lost => shortest * 2,
        MessageKind::Request | MessageKind::Answer | MessageKind::Error => SimDuration::ZERO,
    }
}

fn mover(
    route: &Route,
    is_back: bool,
    (request, kind): (u64, MessageKind),
    leg: Leg,
    now: SimTime,
    shortest: SimDuration,
) -> Option<Mover> {
    if now < leg.start || now >= leg.end + stays(kind, shortest) {
        return None;
    }
    let arrived = now >= leg.end;
    let whole = leg.end.since(leg.start).as_ns() as f64;
    let fraction = if arrived { 1.0 } else { now.since(leg.start).as_ns() as f64 / whole };
    Some(Mover { request, at: route.at(fraction, is_back), kind, arrived })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::Orientation;
    use crate::infra::{Place, Preset, Purpose};
    use proptest::prelude::*;

    const KINDS: [MessageKind; 4] =
        [MessageKind::Request, MessageKind::Answer, MessageKind::Error, MessageKind::Lost];

    fn layout() -> Layout {
        Layout::new(&Preset::Brief.infrastructure(), Orientation::Landscape)
    }

    /// Messages along the brief's links, either way, of a few requests.
    fn messages() -> impl Strategy<Value = Vec<Message>> {
        let wires: Vec<(Place, Place)> = layout()
            .routes
            .iter()
            .filter(|route| route.purpose == Purpose::Requests)
            .flat_map(|route| {
                [(route.from.clone(), route.to.clone()), (route.to.clone(), route.from.clone())]
            })
            .collect();
        let message = (0..4_u64, 0..wires.len(), 0..500_u64, 0..50_u64, 0..4_usize);
        let message = message.prop_map(move |(request, wire, sent, takes, kind)| Message {
            request,
            from: wires[wire].0.clone(),
            to: wires[wire].1.clone(),
            sent_at: SimTime::from_ms(sent),
            due_at: SimTime::from_ms(sent + takes),
            kind: KINDS[kind],
        });
        prop::collection::vec(message, 0..20)
    }

    fn distance_to_line(at: Point, points: &[Point]) -> f64 {
        let to_piece = |pair: &[Point]| {
            let (a, b) = (pair[0], pair[1]);
            let long = a.distance(b).max(1e-12);
            let along = ((at.x - a.x) * (b.x - a.x) + (at.y - a.y) * (b.y - a.y)) / long / long;
            at.distance(a.towards(b, crate::kernel::small::within(along, 0.0, 1.0)))
        };
        points.windows(2).map(to_piece).fold(f64::MAX, f64::min)
    }

    proptest! {
        #[test]
        fn no_leg_is_drawn_before_it_happened_nor_too_quickly_nor_beside_its_neighbour(
            messages in messages(),
            shortest in (1..40_u64).prop_map(SimDuration::from_ms),
        ) {
            let legs = legs(&messages, shortest);
            prop_assert_eq!(legs.len(), messages.len());
            for (message, leg) in &legs {
                prop_assert!(leg.start >= message.sent_at);
                prop_assert!(leg.end.since(leg.start) >= shortest);
                prop_assert!(leg.end >= message.due_at);
            }
            for pair in legs.windows(2).filter(|pair| pair[0].0.request == pair[1].0.request) {
                prop_assert!(pair[1].1.start >= pair[0].1.end);
            }
        }

        #[test]
        fn whatever_moves_is_on_a_line_and_the_same_every_time(
            messages in messages(),
            now in (0..1500_u64).prop_map(SimTime::from_ms),
        ) {
            let (layout, shortest) = (layout(), SimDuration::from_ms(20));
            let found = movers(&layout, &messages, now, shortest);
            prop_assert_eq!(&found, &movers(&layout, &messages, now, shortest));
            for mover in found {
                let lines = layout.routes.iter().map(|route| distance_to_line(mover.at, &route.points));
                prop_assert!(lines.fold(f64::MAX, f64::min) < 1e-6);
                prop_assert!(!mover.arrived || mover.kind == MessageKind::Lost);
            }
        }

        /// Painted now and then while time goes on, what is kept shows what reckoning it all anew would.
        #[test]
        fn what_is_kept_from_painting_to_painting_is_what_there_is(
            mut messages in messages(),
            paintings in prop::collection::vec(0..900_u64, 1..12),
        ) {
            messages.sort_by_key(|message| message.sent_at);
            let messages: Vec<Arc<Message>> = messages.into_iter().map(Arc::new).collect();
            let (layout, shortest) = (layout(), SimDuration::from_ms(40));
            let mut kept = Legs::default();
            // Mostly forth, now and then back.
            let mut instants = paintings;
            let half = instants.len() / 2;
            instants[half..].sort_unstable();
            for now in instants.into_iter().map(SimTime::from_ms) {
                let known: Vec<&Arc<Message>> =
                    messages.iter().filter(|message| message.sent_at <= now).collect();
                let found = kept.movers((&layout, 1), known.iter().copied(), now, shortest);
                let known: Vec<&Message> = known.into_iter().map(|message| &**message).collect();
                prop_assert_eq!(found, movers(&layout, &known, now, shortest));
            }
        }

        /// With no time for the eye it is what is under way, neither more nor less, and where it is.
        #[test]
        fn at_a_standstill_only_what_is_under_way_is_drawn(
            messages in messages(),
            now in (0..600_u64).prop_map(SimTime::from_ms),
        ) {
            let layout = layout();
            let mut expected = Vec::new();
            for message in messages.iter().filter(|it| it.sent_at <= now && now < it.due_at) {
                let route = layout.route(&message.from, &message.to).unwrap();
                let whole = message.due_at.since(message.sent_at).as_ns() as f64;
                let fraction = now.since(message.sent_at).as_ns() as f64 / whole;
                let at = route.at(fraction, route.from != message.from);
                let request = message.request;
                expected.push(Mover { request, at, kind: message.kind, arrived: false });
            }
            prop_assert_eq!(movers(&layout, &messages, now, SimDuration::ZERO), expected);
        }

        #[test]
        fn nothing_is_drawn_before_its_start_or_after_its_end(messages in messages()) {
            let (layout, shortest) = (layout(), SimDuration::from_ms(20));
            let Some(first) = messages.iter().map(|message| message.sent_at).min() else { return Ok(()) };
            let last = legs(&messages, shortest).into_iter().map(|(_, leg)| leg.end).max();
            let last = last.unwrap_or_default() + shortest * 2;
            prop_assert_eq!(movers(&layout, &messages, last, shortest), []);
            if first > SimTime::ZERO {
                let before = SimTime::from_ns(first.as_ns() - 1);
                prop_assert_eq!(movers(&layout, &messages, before, shortest), []);
            }
        }
    }

    #[test]
    fn a_lost_message_leaves_its_mark_at_the_end_for_a_while() {
        let layout = layout();
        let (from, to) = (Place::Host("lb-1".into()), Place::Host("app-1".into()));
        let message = Message {
            request: 1,
            from: from.clone(),
            to: to.clone(),
            sent_at: SimTime::from_ms(100),
            due_at: SimTime::from_ms(101),
            kind: MessageKind::Lost,
        };
        let at = |ms| {
            movers(
                &layout,
                std::slice::from_ref(&message),
                SimTime::from_ms(ms),
                SimDuration::from_ms(10),
            )
        };
        let end = *layout.route(&from, &to).unwrap().points.last().unwrap();
        assert_eq!(at(99), []);
        assert!(!at(109)[0].arrived);
        for ms in [110, 129] {
            assert!(at(ms)[0].arrived && at(ms)[0].at.distance(end) < 1e-9);
        }
        assert_eq!(at(130), []);
    }

    #[test]
    fn an_answer_goes_the_way_back() {
        let layout = layout();
        let (lb, app) = (Place::Host("lb-2".into()), Place::Host("app-2".into()));
        let message = Message {
            request: 1,
            from: app.clone(),
            to: lb.clone(),
            sent_at: SimTime::ZERO,
            due_at: SimTime::from_ms(1),
            kind: MessageKind::Answer,
        };
        let found = movers(&layout, &[message], SimTime::ZERO, SimDuration::from_ms(10));
        let end = *layout.route(&lb, &app).unwrap().points.last().unwrap();
        assert!(found[0].at.distance(end) < 1e-9, "it sets out where the request ended");
    }
}
