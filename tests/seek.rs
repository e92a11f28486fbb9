//! Going back and forth in a run is the same as running it anew to that instant (law 1), and takes no time that is felt.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "the cases are made for the laws too")]
#![allow(clippy::disallowed_types, reason = "how long a leap takes is told by the wall clock")]

#[path = "laws/case.rs"]
mod case;
#[path = "laws/choices.rs"]
mod choices;
#[path = "laws/deeds.rs"]
mod deeds;
#[path = "simulation/given.rs"]
mod given;

use std::time::Instant;

use case::Case;
use choices::Choices;
use foobar_lab::kernel::SimTime;
use foobar_lab::run::{MOST_KEPT, Run};
use foobar_lab::sim::{History, MESSAGE_LIMIT, Plan, TimedAction};
use given::{at, kill, plan, restore};

/// A run to this instant, from the start.
fn fresh(plan: &Plan, actions: &[TimedAction], until: SimTime, history: History) -> Run {
    let mut run = Run::with_actions(plan.clone(), actions.to_vec(), history).unwrap();
    run.advance_to(until);
    run
}

#[track_caller]
fn assert_same(found: &Run, expected: &Run) {
    let [a, b] = [found.simulation(), expected.simulation()];
    assert_eq!(a.digest(), b.digest());
    assert_eq!(a.snapshot(), b.snapshot());
    assert_eq!(a.counts(), b.counts());
    assert_eq!(a.events(), b.events());
    assert_eq!(a.facts(), b.facts());
    assert_eq!(found.readings(), expected.readings());
    if b.messages().count() < MESSAGE_LIMIT {
        assert_eq!(found.link_flows(), expected.link_flows());
    }
    assert_eq!(found.actions(), expected.actions());
    let failed = |run: &Run| -> Vec<u64> {
        let records = run.simulation().records().filter(|record| !record.outcome.is_ok());
        records.map(|record| record.request).collect()
    };
    assert_eq!(failed(found), failed(expected));
}

#[test]
fn to_seek_is_to_run_anew() {
    for seed in 0..60 {
        let mut choices = Choices::of_seed(seed);
        let mut case = Case::new(&mut choices);
        // So many requests that states are kept.
        case.plan.workload.rate *= 10.0;
        let history = if seed % 5 == 0 { History::Off } else { History::Recent };
        let mut run = fresh(&case.plan, &case.actions, case.until, history);
        for _ in 0..4 {
            let until = SimTime::from_ms(choices.below(case.until.as_ns() / 1_000_000 + 1));
            run.seek(until);
            assert_same(&run, &fresh(&case.plan, &case.actions, until, history));
        }
        run.seek(case.until);
        assert_same(&run, &fresh(&case.plan, &case.actions, case.until, history));
    }
}

/// What is done after going back takes the place of what was done later; undo takes back what was done before.
#[test]
fn going_back_and_doing_something_else_is_another_run() {
    let mut busy = plan(7);
    busy.workload.rate = 300.0;
    let timed = |seconds, action| TimedAction { at: at(seconds), action };
    let mut run = Run::new(busy.clone(), History::Recent).unwrap();
    for (seconds, action) in [(4.0, kill("app-1")), (9.0, kill("db-1")), (14.0, restore("app-1"))] {
        run.advance_to(at(seconds));
        run.act(action).unwrap();
    }
    run.advance_to(at(30.0));
    run.seek(at(6.0));
    assert_eq!(run.actions().len(), 1);
    run.seek(at(12.0));
    let so_far = [timed(4.0, kill("app-1")), timed(9.0, kill("db-1"))];
    assert_same(&run, &fresh(&busy, &so_far, at(12.0), History::Recent));
    run.act(kill("web-1")).unwrap();
    run.seek(at(30.0));
    run.seek(at(20.0));
    let others = [so_far[0].clone(), so_far[1].clone(), timed(12.0, kill("web-1"))];
    assert_same(&run, &fresh(&busy, &others, at(20.0), History::Recent));
    // Taken back, the edit brings what it had dropped; made again, it drops it again.
    assert_eq!(run.undo().unwrap(), others[2]);
    let first = [so_far[0].clone(), so_far[1].clone(), timed(14.0, restore("app-1"))];
    assert_same(&run, &fresh(&busy, &first, at(20.0), History::Recent));
    run.redo().unwrap();
    assert_same(&run, &fresh(&busy, &others, at(20.0), History::Recent));
    run.undo().unwrap();
    assert_eq!(run.undo().unwrap(), first[2]);
    assert_eq!(run.undo().unwrap(), first[1]);
    assert_same(&run, &fresh(&busy, &others[..1], at(20.0), History::Recent));
    run.restart();
    run.advance_to(at(10.0));
    assert_same(&run, &fresh(&busy, &[], at(10.0), History::Recent));
    run.undo();
    assert_same(&run, &fresh(&busy, &others[..1], at(20.0), History::Recent));
    run.redo();
    assert_same(&run, &fresh(&busy, &[], at(10.0), History::Recent));
}

/// An action in the middle of an instant's events is told as it was done.
#[test]
fn what_is_done_between_two_frames_is_done_again_alike() {
    for budget in 1..200 {
        let mut run = Run::new(plan(3), History::Recent).unwrap();
        run.advance_within(at(5.0), budget * 7);
        run.act(kill("app-1")).unwrap();
        run.advance_to(at(6.0));
        let again = fresh(run.plan(), run.actions(), at(6.0), History::Recent);
        assert_same(&run, &again);
    }
}

/// Ten minutes at 200 requests a second, half of them with a dead database: the longest and the mean leap, and the memory.
#[test]
#[ignore = "measures: cargo test --release --test seek -- --ignored --nocapture"]
fn how_long_a_leap_takes() {
    let mut busy = plan(1);
    busy.workload.rate = 200.0;
    let memory = || {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
            / 1_000_000
    };
    for deaths in [vec![], vec![(300.0, kill("db-1"))]] {
        let timed = deaths
            .iter()
            .map(|(seconds, action)| TimedAction { at: at(*seconds), action: action.clone() });
        let before = memory();
        let began = Instant::now();
        let mut run = fresh(&busy, &timed.collect::<Vec<_>>(), at(600.0), History::Recent);
        let whole = began.elapsed();
        println!(
            "{} events in {whole:?}, {} MB, at most {MOST_KEPT} kept",
            run.simulation().events(),
            memory() - before
        );
        let mut choices = Choices::of_seed(1);
        let mut leaps: Vec<f64> = (0..300)
            .map(|_| {
                let until = SimTime::from_ms(choices.below(600_000));
                let began = Instant::now();
                run.seek(until);
                began.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        leaps.sort_by(f64::total_cmp);
        let mean = leaps.iter().sum::<f64>() / leaps.len() as f64;
        let [most, longest] = [leaps.len() * 95 / 100, leaps.len() - 1].map(|at| leaps[at]);
        println!(
            "a leap takes {mean:.1} ms, 95 of 100 at most {most:.1} ms, the longest {longest:.1} ms"
        );
    }
}
