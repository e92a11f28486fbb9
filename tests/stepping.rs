//! Who steps from event to event is told what each was, whatever is built and whatever goes wrong, and being told changes nothing.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use foobar_lab::infra::Preset;
use foobar_lab::kernel::SimTime;
use foobar_lab::run::Run;
use foobar_lab::sim::{History, Plan, TimedAction};

/// A run of this preset up to an instant, with something that went wrong at 2 s each.
fn troubled(preset: Preset, action: &str, until: SimTime) -> Option<Run> {
    let plan = Plan::new(preset.infrastructure(), 1);
    let action = action.parse().unwrap();
    let timed = TimedAction { at: SimTime::from_ms(2_000), action };
    // Not every preset has every machine.
    let mut run = Run::with_actions(plan, vec![timed], History::Recent).ok()?;
    run.advance_to(until);
    Some(run)
}

#[test]
fn every_event_has_words_and_they_change_nothing() {
    let actions = [
        "kill app-1",
        "kill web-1",
        "kill db-1",
        "kill lb-1",
        "kill server-1/mysql",
        "kill lb-1/haproxy",
    ];
    for preset in Preset::ALL {
        for action in actions {
            let Some(mut run) = troubled(preset, action, SimTime::from_ms(1_900)) else { continue };
            let mut simulation = run.simulation().clone();
            let mut told = 0;
            while told < 3_000 && simulation.now() < SimTime::from_ms(2_000) {
                for words in simulation.step_told() {
                    told += 1;
                    let is_whole =
                        words.len() > 10 && !words.contains("LB") && !words.contains("SERVER");
                    assert!(is_whole && !words.contains("its Nginx"), "{preset}: `{words}`");
                }
            }
            assert!(told > 0, "{preset}");
            run.advance_to(SimTime::from_ms(6_000));
            let mut told = run.simulation().clone();
            let mut silent = run.clone();
            for _ in 0..2_000 {
                let words = told.step_told();
                assert!(words.iter().all(|words| words.len() > 10), "{preset} {action}: {words:?}");
                silent.step();
            }
            assert_eq!(told.events(), silent.simulation().events(), "{preset} {action}");
            assert_eq!(told.digest(), silent.simulation().digest(), "{preset} {action}");
        }
    }
}
