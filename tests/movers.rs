//! What is drawn moving is true: nobody is drawn where nobody goes, and whoever is drawn is drawn from end to end.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use foobar_lab::diagram::{Layout, Mover, Orientation, Point, Route, movers};
use foobar_lab::infra::{Place, Preset};
use foobar_lab::kernel::{SimDuration, SimTime};
use foobar_lab::run::{Playback, Run, SPEEDS, permalink};
use foobar_lab::sim::{History, MESSAGE_LIMIT, Message, Plan, TimedAction};

fn plan(rate: f64) -> Plan {
    let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
    plan.workload.rate = rate;
    plan
}

fn layout() -> Layout {
    Layout::new(&Preset::Brief.infrastructure(), Orientation::Landscape)
}

fn messages(run: &Run) -> Vec<&Message> {
    run.simulation().messages().map(|message| &**message).collect()
}

/// All that is drawn at this speed.
fn drawn(run: &Run, playback: Playback) -> Vec<Mover> {
    if !playback.shows_requests() {
        return Vec::new();
    }
    movers(&layout(), &messages(run), run.now(), playback.shortest_leg())
}

/// Every way in which time passes or stands still.
fn playbacks() -> impl Iterator<Item = Playback> {
    let of = |speed| [true, false].map(|is_playing| Playback { is_playing, speed });
    (0..SPEEDS.len()).flat_map(of)
}

/// So much time, as a page lets it pass.
fn play(run: &mut Run, until: SimTime, playback: Playback) {
    while run.now() < until {
        let next = playback.target(run.now(), 16.0).min(until);
        run.advance_to(next);
    }
}

fn is_on(route: &Route, at: Point) -> bool {
    let to_piece = |pair: &[Point]| {
        let (a, b) = (pair[0], pair[1]);
        let around = a.distance(at) + at.distance(b) - a.distance(b);
        around.abs()
    };
    route.points.windows(2).any(|pair| to_piece(pair) < 1e-9)
}

/// app-1 has been dead for 23 s, and both balancers know: whatever the speed, nobody is drawn between it and the database.
#[test]
fn nobody_is_drawn_on_a_way_that_nobody_takes() {
    let kill = TimedAction { at: SimTime::from_ms(20_000), action: "kill app-1".parse().unwrap() };
    let mut run = Run::with_actions(plan(200.0), vec![kill], History::Recent).unwrap();
    run.advance_to(SimTime::from_ms(22_000));
    let fast = Playback { is_playing: true, speed: Playback::nearest(20.0) };
    play(&mut run, SimTime::from_ms(43_000), fast);
    let layout = layout();
    let [app, db] = ["app-1", "db-1"].map(|name| Place::Host(name.to_owned()));
    let route = layout.route(&app, &db).unwrap();
    for playback in playbacks() {
        let found = drawn(&run, playback);
        assert!(found.iter().all(|mover| !is_on(route, mover.at)), "{playback:?}");
    }
}

/// A pause shows what somebody sees who opens the link to that instant, at whatever speed it was come to.
#[test]
fn a_pause_shows_what_its_link_shows() {
    for (speed, named) in SPEEDS.iter().enumerate() {
        let playing = Playback { is_playing: true, speed };
        let mut run = Run::new(plan(200.0), History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(3_000));
        play(&mut run, SimTime::from_ms(3_900), playing);
        let opened = permalink::read(&permalink::write(&run).unwrap(), History::Recent).unwrap();
        let paused = Playback { is_playing: false, speed };
        let found = drawn(&run, paused);
        assert_eq!(found, drawn(&opened, Playback::default()), "{}", named.name);
        let is_under_way =
            |message: &&&Message| message.sent_at <= run.now() && run.now() < message.due_at;
        assert_eq!(found.len(), messages(&run).iter().filter(is_under_way).count());
        assert!(!found.is_empty(), "the users' handshakes alone take 60 ms");
    }
}

/// At each speed that draws single requests, a request's messages are kept until the last of its legs has been drawn.
#[test]
fn whoever_is_drawn_is_drawn_from_end_to_end() {
    let drawing = (0..SPEEDS.len()).map(|speed| Playback { is_playing: true, speed });
    for playback in drawing.filter(|playback| playback.shows_requests()) {
        let shortest = playback.shortest_leg();
        let mut run = Run::new(plan(50.0), History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(5_000));
        let request = run.simulation().counts().issued + 1;
        let way = |run: &Run| -> Vec<Message> {
            messages(run).into_iter().filter(|it| it.request == request).cloned().collect()
        };
        while !run.simulation().records().any(|record| record.request == request) {
            let next = run.now() + SimDuration::from_ms(5);
            run.advance_to(next);
        }
        let whole = way(&run);
        assert!(whole.len() >= 4, "{whole:?}");
        let mut end = SimTime::ZERO;
        for message in &whole {
            let takes = message.due_at.since(message.sent_at).max(shortest);
            end = message.sent_at.max(end) + takes;
        }
        run.advance_to(end.max(run.now()));
        assert_eq!(way(&run), whole, "{}", playback.speed().name);
    }
}

#[test]
fn many_move_in_real_time_and_what_is_kept_is_bounded() {
    let mut run = Run::new(plan(200.0), History::Recent).unwrap();
    run.advance_to(SimTime::from_ms(60_000));
    let messages = messages(&run);
    assert!(messages.len() <= MESSAGE_LIMIT, "{}", messages.len());
    assert!(messages.is_sorted_by_key(|message| message.sent_at));
    let moving = drawn(&run, Playback { is_playing: true, ..Playback::default() }).len();
    assert!(moving > 300, "{moving}");
}
