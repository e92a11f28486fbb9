//! Whoever is drawn is drawn from end to end, at every speed that is offered.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use foobar_lab::diagram::{Layout, Orientation, followed, movers};
use foobar_lab::infra::{Place, Preset};
use foobar_lab::kernel::{SimDuration, SimTime};
use foobar_lab::run::{Playback, Run, SPEEDS};
use foobar_lab::sim::{History, MESSAGE_LIMIT, Message, Plan};

/// The ways of a request, link by link, in order.
type Ways = BTreeMap<u64, Vec<(Place, Place, SimTime)>>;

fn note(ways: &mut Ways, message: &Message) {
    let way = ways.entry(message.request).or_default();
    let link = (message.from.clone(), message.to.clone(), message.sent_at);
    if !way.contains(&link) {
        way.push(link);
    }
}

#[test]
fn the_whole_way_of_a_request_is_drawn_at_every_speed() {
    for (speed, named) in SPEEDS.iter().enumerate() {
        let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
        plan.workload.rate = 50.0;
        let layout = Layout::new(&plan.infrastructure, Orientation::Landscape);
        let mut run = Run::new(plan, History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(5_000));
        let playback = Playback { is_playing: true, speed };
        let (shortest, from) = (playback.shortest_leg(), run.simulation().counts().issued);
        let watched: Vec<u64> =
            (from + 1..).filter(|request| playback.draws(*request)).take(3).collect();
        // Twenty frames a second, until the last of them has been home for long.
        let frame = SimDuration::from_secs_f64(named.factor / 20.0);
        let (mut sent, mut seen) = (Ways::new(), Ways::new());
        let mut is_over_at = None;
        while is_over_at.is_none_or(|at| run.now() < at) {
            let next = run.now() + frame;
            run.advance_to(next);
            let messages: Vec<&Message> =
                run.simulation().messages().map(|message| &**message).collect();
            for message in messages.iter().filter(|message| watched.contains(&message.request)) {
                note(&mut sent, message);
            }
            for request in &watched {
                let place = followed(&layout, &messages, run.now(), shortest, *request);
                if let Some((_, message, false)) = place {
                    note(&mut seen, message);
                }
            }
            let ended = run.simulation().records().filter(|it| watched.contains(&it.request));
            if is_over_at.is_none() && ended.count() == watched.len() {
                is_over_at = Some(run.now() + shortest * 14);
            }
        }
        assert_eq!(sent.len(), watched.len());
        assert_eq!(seen, sent, "{}", named.name);
        assert!(sent.values().all(|way| way.len() >= 4), "{sent:?}");
    }
}

/// As many marks move at the fast speeds as in real time, and what is kept for them is bounded.
#[test]
fn what_moves_is_as_much_at_every_fast_speed_and_what_is_kept_is_bounded() {
    let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
    plan.workload.rate = 200.0;
    let layout = Layout::new(&plan.infrastructure, Orientation::Landscape);
    let mut run = Run::new(plan, History::Recent).unwrap();
    run.advance_to(SimTime::from_ms(600_000));
    let messages: Vec<&Message> = run.simulation().messages().map(|message| &**message).collect();
    assert!(messages.len() <= 4 * MESSAGE_LIMIT, "{}", messages.len());
    assert!(messages.is_sorted_by_key(|message| message.sent_at));
    let moving = |speed: usize| {
        let playback = Playback { is_playing: true, speed };
        let drawn = messages.iter().copied().filter(|message| playback.draws(message.request));
        movers(&layout, &drawn.collect::<Vec<_>>(), run.now(), playback.shortest_leg()).len() as f64
    };
    let in_real_time = moving(3);
    assert!(in_real_time > 300.0, "{in_real_time}");
    for fast in [4, 5, 6] {
        let share = moving(fast) / in_real_time;
        assert!((0.7..1.3).contains(&share), "{}: {share}", SPEEDS[fast].name);
    }
}
