//! A request that is followed is seen at every step for long enough, and what is seen of it is true.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use foobar_lab::infra::{Place, Preset};
use foobar_lab::kernel::{SimDuration, SimTime};
use foobar_lab::lesson::step_of;
use foobar_lab::run::{Playback, Run, Sight};
use foobar_lab::sim::{History, MessageKind, Plan};

/// Milliseconds of a frame on the wall.
const FRAME_MS: f64 = 16.0;
/// What a person needs to read a step, less a frame in which it may have begun.
const READ_MS: f64 = 700.0 - FRAME_MS;

/// For how long each of the six steps was shown, which they were, whether it was a file, how long it took on the wall, and for how long of that
/// time passed faster.
struct Watched {
    shown_ms: [f64; 6],
    steps: Vec<usize>,
    is_file: bool,
    wall_ms: f64,
    hurried_ms: f64,
}

/// Follows a request as the page does, from now on until it is home.
fn watch(run: &mut Run, request: u64) -> Watched {
    watch_at(run, request, 0.1)
}

/// The same at this speed.
fn watch_at(run: &mut Run, request: u64, factor: f64) -> Watched {
    let playback = Playback { is_playing: true, speed: Playback::nearest(factor) };
    let infrastructure = run.plan().infrastructure.clone();
    let is_file = run.simulation().is_static(request as u32);
    let mut sight = Sight::default();
    let (steps, wall_ms, hurried_ms) = (Vec::new(), 0.0, 0.0);
    let mut watched = Watched { shown_ms: [0.0; 6], steps, is_file, wall_ms, hurried_ms };
    for _ in 0..100_000 {
        let before = run.now();
        sight.learn(run.simulation(), request);
        assert!(sight.advance(run, request, playback, FRAME_MS, u32::MAX));
        let hurries = sight.hurries();
        let fastest = sight.playback(playback).target(before, FRAME_MS);
        sight.learn(run.simulation(), request);
        let now = run.now();
        assert!(before <= now && now <= fastest, "time is slower, but where it hurries");
        watched.wall_ms += FRAME_MS;
        watched.hurried_ms += if hurries { FRAME_MS } else { 0.0 };
        let Some(seen) = sight.seen(now, true) else { continue };
        // Nothing is shown before it has happened, and what is shown is hardly older than the eye can tell.
        let truth = sight.seen(now, false).unwrap();
        assert!(seen.message.sent_at <= now);
        assert!(!seen.has_arrived || seen.message.due_at <= now);
        assert!(seen.way.len() <= truth.way.len());
        if !seen.is_latest {
            let next = truth.way.get(seen.way.len()).map(|message| message.sent_at);
            let over = if seen.has_arrived { next.unwrap() } else { seen.message.due_at };
            assert!(now.since(over) <= SimDuration::from_ms(2), "{seen:?}");
        }
        let step = step_of(&infrastructure, seen.message, seen.has_arrived, is_file);
        if watched.steps.last() != Some(&step) {
            watched.steps.push(step);
        }
        watched.shown_ms[step] += FRAME_MS;
        if seen.has_arrived && seen.message.to == Place::Users {
            return watched;
        }
    }
    panic!("request {request} does not come home");
}

fn brief() -> Run {
    Run::new(Plan::new(Preset::Brief.infrastructure(), 1), History::Recent).unwrap()
}

#[test]
fn every_step_of_a_followed_request_is_shown_for_long_enough() {
    let mut run = brief();
    run.advance_to(SimTime::from_ms(2_000));
    let mut kinds = [0; 2];
    for _ in 0..8 {
        let request = run.simulation().counts().issued + 1;
        let Watched { shown_ms, steps, is_file, .. } = watch(&mut run, request);
        kinds[usize::from(is_file)] += 1;
        let expected: &[usize] = if is_file { &[0, 1, 2, 5] } else { &[0, 1, 3, 4, 5] };
        assert_eq!(steps, expected, "request {request}");
        for step in expected {
            assert!(shown_ms[*step] >= READ_MS, "request {request}: {step} of {shown_ms:?}");
        }
    }
    assert!(kinds.iter().all(|count| *count > 0), "files and pages: {kinds:?}");
}

/// Nobody looks for a minute at a request that waits for a dead server: it is shown that it waits, and its next step is as slow as all.
#[test]
fn a_request_that_only_waits_is_not_followed_at_a_tenth() {
    let mut run = brief();
    run.advance_to(SimTime::from_ms(2_000));
    run.act("kill app-1".parse().unwrap()).unwrap();
    let waited = (0..40).find_map(|_| {
        let request = run.simulation().counts().issued + 1;
        let watched = watch(&mut run, request);
        let record = run.simulation().records().rfind(|record| record.request == request).unwrap();
        let took_ms = record.response_time().as_ms_f64();
        (took_ms > 3_000.0).then_some((took_ms, watched))
    });
    let (took_ms, watched) = waited.expect("a request for a dead server");
    // At a tenth of real time it would be ten times as long, and what is read of each step besides.
    assert!(watched.wall_ms < 6.0 * took_ms, "{} for {took_ms}", watched.wall_ms);
    assert!(watched.hurried_ms > 0.0 && watched.hurried_ms < watched.wall_ms / 3.0);
    // An error of the balancer itself is one link away from home.
    for step in watched.steps.iter().filter(|step| **step < 5) {
        assert!(watched.shown_ms[*step] >= READ_MS, "{step} of {:?}", watched.shown_ms);
    }
}

#[test]
fn who_chose_to_see_time_itself_slower_sees_it_wait() {
    let mut run = brief();
    run.advance_to(SimTime::from_ms(2_000));
    run.act("kill app-1".parse().unwrap()).unwrap();
    let waits = (0..40).find(|_| {
        let request = run.simulation().counts().issued + 1;
        let mut twin = run.clone();
        let does = watch_at(&mut twin, request, 0.1).hurried_ms > 0.0;
        if does {
            assert!(watch_at(&mut run, request, 0.01).hurried_ms <= 0.0);
        } else {
            run = twin;
        }
        does
    });
    assert!(waits.is_some(), "a request for a dead server");
}

/// Whatever the eye has yet to see, at a standstill what is shown is what a run shows that was just brought there.
#[test]
fn without_pace_the_truth_is_shown() {
    let mut run = brief();
    run.advance_to(SimTime::from_ms(2_000));
    let request = run.simulation().counts().issued + 1;
    let mut sight = Sight::default();
    for ms in 2_000..2_400 {
        let now = SimTime::from_ms(ms);
        run.advance_to(now);
        sight.learn(run.simulation(), request);
        let mut other = brief();
        other.advance_to(now);
        let mut fresh = Sight::default();
        fresh.learn(other.simulation(), request);
        let mine = sight.seen(now, false).map(|seen| (seen.message.clone(), seen.has_arrived));
        let its = fresh.seen(now, false).map(|seen| (seen.message.clone(), seen.has_arrived));
        assert_eq!(mine, its, "{ms} ms");
    }
}

/// What the run has forgotten of its messages stays known of the request that is followed.
#[test]
fn the_way_of_a_request_that_waits_for_long_stays_known() {
    let mut run = brief();
    run.advance_to(SimTime::from_ms(2_000));
    let request = run.simulation().counts().issued + 1;
    let mut sight = Sight::default();
    for ms in (2_000..20_000).step_by(10) {
        run.advance_to(SimTime::from_ms(ms));
        sight.learn(run.simulation(), request);
    }
    assert!(run.simulation().messages().all(|message| message.request != request));
    let seen = sight.seen(run.now(), false).unwrap();
    assert_eq!(seen.way[0].from, Place::Users);
    assert_eq!((&seen.message.to, seen.message.kind), (&Place::Users, MessageKind::Answer));
}
