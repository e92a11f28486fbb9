//! Where every request is at an instant: a pure function of the messages. Hops inside take a fifth of a millisecond, too
//! quick for the eye, so the legs of one request are drawn one after the other, none before it happened and none shorter
//! than a wished length.

use std::borrow::Borrow;

use super::geometry::Point;
use super::layout::Layout;
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{Message, MessageKind};

/// Something that is drawn moving.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mover {
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
        let start = message.sent_at.max(before);
        Self { start, end: start + message.due_at.since(message.sent_at).max(shortest) }
    }
}

/// Where every message is at `now`. The messages of one request are drawn one after the other, in the order in which they
/// were sent: leg i from `start(i) = max(sent_at(i), end(i - 1))` to `end(i) = start(i) + max(due_at - sent_at, shortest)`.
/// A lost one leaves a mark at its end for another two `shortest`. What joins no two places of the layout is not drawn.
pub fn movers<M: Borrow<Message>>(
    layout: &Layout,
    messages: &[M],
    now: SimTime,
    shortest: SimDuration,
) -> Vec<Mover> {
    let legs = legs(messages, shortest);
    legs.into_iter()
        .filter_map(|(message, leg)| mover(layout, message, leg, now, shortest))
        .collect()
}

/// Where one request is at `now`, its last message that has set out, and whether that has arrived; `None` before the first. Drawn in the same
/// time as [`movers`].
pub fn followed<'a, M: Borrow<Message>>(
    layout: &Layout,
    messages: &'a [M],
    now: SimTime,
    shortest: SimDuration,
    request: u64,
) -> Option<(Point, &'a Message, bool)> {
    let its: Vec<&'a Message> =
        messages.iter().map(Borrow::borrow).filter(|message| message.request == request).collect();
    let legs: Vec<Leg> = legs(&its, shortest).into_iter().map(|(_, leg)| leg).collect();
    let index = legs.iter().rposition(|leg| leg.start <= now)?;
    let (message, leg) = (its[index], legs[index]);
    let route = layout.route(&message.from, &message.to)?;
    let has_arrived = now >= leg.end;
    let whole = leg.end.since(leg.start).as_ns() as f64;
    let fraction = if has_arrived { 1.0 } else { now.since(leg.start).as_ns() as f64 / whole };
    Some((route.at(fraction, route.from != message.from), message, has_arrived))
}

/// Every message with its leg. The messages are in the order of setting out.
fn legs<M: Borrow<Message>>(messages: &[M], shortest: SimDuration) -> Vec<(&Message, Leg)> {
    let mut legs: Vec<(&Message, Leg)> = Vec::with_capacity(messages.len());
    // The end of each request's last leg, by request: a new one mostly belongs at the end.
    let mut ends: Vec<(u64, SimTime)> = Vec::new();
    for message in messages.iter().map(Borrow::borrow) {
        let place = ends.binary_search_by_key(&message.request, |(request, _)| *request);
        let free = place.map_or(SimTime::ZERO, |place| ends[place].1);
        let leg = Leg::of(message, free, shortest);
        match place {
            Ok(place) => ends[place].1 = leg.end,
            Err(place) => ends.insert(place, (message.request, leg.end)),
        }
        legs.push((message, leg));
    }
    legs
}

fn mover(
    layout: &Layout,
    message: &Message,
    leg: Leg,
    now: SimTime,
    shortest: SimDuration,
) -> Option<Mover> {
    let stays = match message.kind {
        MessageKind::Lost => shortest * 2,
        MessageKind::Request | MessageKind::Answer | MessageKind::Error => SimDuration::ZERO,
    };
    if now < leg.start || now >= leg.end + stays {
        return None;
    }
    let route = layout.route(&message.from, &message.to)?;
    let arrived = now >= leg.end;
    let whole = leg.end.since(leg.start).as_ns() as f64;
    let fraction = if arrived { 1.0 } else { now.since(leg.start).as_ns() as f64 / whole };
    let at = route.at(fraction, route.from != message.from);
    Some(Mover { at, kind: message.kind, arrived })
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
