//! Plans, actions and what is read off a run, for the tests of the simulation.

#![allow(dead_code, reason = "each test program uses a part of this")]

use foobar_lab::infra::Preset;
use foobar_lab::kernel::{SimDuration, SimTime};
use foobar_lab::run::Run;
use foobar_lab::sim::{Action, History, Plan, TimedAction};

pub(crate) const SECOND: SimDuration = SimDuration::from_secs(1);

pub(crate) fn at(seconds: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs_f64(seconds)
}

pub(crate) fn plan(seed: u64) -> Plan {
    Plan::new(Preset::Brief.infrastructure(), seed)
}

pub(crate) fn kill(component: &str) -> Action {
    Action::Kill(component.parse().unwrap())
}

pub(crate) fn restore(component: &str) -> Action {
    Action::Restore(component.parse().unwrap())
}

pub(crate) fn run(plan: Plan, actions: &[(f64, Action)], until: f64) -> Run {
    let timed = actions
        .iter()
        .map(|(seconds, action)| TimedAction { at: at(*seconds), action: action.clone() });
    let mut run = Run::with_actions(plan, timed.collect(), History::Recent).unwrap();
    run.advance_to(at(until));
    run
}

pub(crate) fn hash(run: &Run) -> String {
    run.simulation().digest().to_string()
}

/// When facts of a kind happened, after an instant, with their subjects.
pub(crate) fn facts(run: &Run, name: &str, after: f64) -> Vec<(f64, String)> {
    let facts = run.simulation().facts().iter();
    facts
        .filter(|fact| fact.kind.name() == name && fact.at >= at(after))
        .map(|fact| (fact.at.as_secs_f64(), fact.subject.clone()))
        .collect()
}

pub(crate) fn failures(run: &Run, path: &str) -> usize {
    let failed = run.simulation().records().filter(|record| !record.outcome.is_ok());
    failed.filter(|record| record.path == path).count()
}

/// How the requests for a path ended that were sent from one second to another, without repetition.
pub(crate) fn outcomes(run: &Run, path: &str, [from, to]: [f64; 2]) -> Vec<String> {
    let records = run.simulation().records().filter(|record| record.path == path);
    let records =
        records.filter(|record| record.started_at >= at(from) && record.started_at < at(to));
    let mut outcomes: Vec<String> = records.map(|record| record.outcome.to_string()).collect();
    outcomes.sort();
    outcomes.dedup();
    outcomes
}

#[track_caller]
pub(crate) fn all_end(run: &Run, path: &str, span: [f64; 2], wanted: &[&str]) {
    assert_eq!(outcomes(run, path, span), wanted, "{path} from {span:?}");
}
