//! Why chains: one request of a run told step by step, with the candidates of each choice; and asking changes nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

#[path = "why/causes.rs"]
mod causes;
#[path = "why/choices.rs"]
mod choices;
#[path = "why/delays.rs"]
mod delays;
#[path = "why/directives.rs"]
mod directives;
#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::{Balance, Directive};
use foobar_lab::run::{Moment, Why, WhyError};
use foobar_lab::sim::{Action, ServerView, Step, TimedAction};
use given::{at, kill, plan, run};

fn of(actions: &[(f64, Action)], request: u64, until: f64) -> Result<Why, WhyError> {
    let timed = actions
        .iter()
        .map(|(seconds, action)| TimedAction { at: at(*seconds), action: action.clone() });
    Why::of(plan(1), timed.collect(), request, at(until))
}

/// The last choice of a server.
fn last_choice(why: &Why) -> (&Moment, &[ServerView]) {
    let mut choices = why.moments.iter().rev().filter(|moment| moment.choice.is_some());
    let moment = choices.next().unwrap();
    (moment, &moment.choice.as_ref().unwrap().candidates)
}

#[test]
fn every_failed_request_has_a_chain_that_ends_as_its_record_does() {
    let deaths = [(20.0, kill("app-1")), (25.0, kill("lb-1")), (40.0, kill("db-1/mysql"))];
    let run = run(plan(1), &deaths, 60.0);
    let failed = run.simulation().records().filter(|record| !record.outcome.is_ok());
    let failed: Vec<_> = failed.collect();
    assert!(failed.len() > 20);
    for record in failed.iter().step_by(failed.len() / 12) {
        let why = of(&deaths, record.request, 60.0).unwrap();
        assert_eq!(&why.record, *record);
        let steps: Vec<&Step> = why.moments.iter().map(|moment| &moment.step).collect();
        assert_eq!(steps, record.steps.iter().collect::<Vec<_>>());
        let times: Vec<_> = why.moments.iter().map(|moment| moment.at).collect();
        assert!(times.is_sorted() && times[0] == record.started_at, "{times:?}");
        assert!(times.last().unwrap() <= &record.ended_at);
    }
}

#[test]
fn the_candidates_stand_as_they_stood_when_the_server_was_chosen() {
    let leastconn = Action::Reload {
        backend: Some("app".to_owned()),
        directive: Directive::Balance(Balance::Leastconn),
    };
    let actions = [(1.0, leastconn), (5.0, kill("app-1/app"))];
    let run = run(plan(1), &actions, 60.0);
    let mut seen = 0;
    for record in run.simulation().records().filter(|record| record.started_at > at(6.0)).take(40) {
        if record.path.starts_with("/static") {
            continue;
        }
        let why = of(&actions, record.request, 60.0).unwrap();
        let (moment, candidates) = last_choice(&why);
        let Step::Picked { server, .. } = &moment.step else { panic!("{moment:?}") };
        assert_eq!(
            moment.choice.as_ref().unwrap().rule.split(':').next(),
            Some("balance leastconn")
        );
        let names: Vec<&str> = candidates.iter().map(|view| view.name.as_str()).collect();
        assert_eq!(names, ["app-1", "app-2"]);
        let chosen = candidates.iter().find(|view| view.name == *server).unwrap();
        let up = |view: &&ServerView| view.status_word().starts_with("UP");
        let least = candidates.iter().filter(up).map(|view| view.served).min().unwrap();
        assert!(up(&chosen) && chosen.served == least, "{why:?}");
        seen += 1;
    }
    assert!(seen > 10);
}

/// Whoever the algorithm would have named next is the one it named, at the balancers and at Nginx.
#[test]
fn the_one_whose_turn_it_was_is_chosen() {
    let mut of_the_balancers = 0;
    let mut of_nginx = 0;
    for algorithm in [Balance::Roundrobin, Balance::Leastconn, Balance::StaticRr, Balance::First] {
        let reload = Action::Reload { backend: None, directive: Directive::Balance(algorithm) };
        let actions = [(1.0, reload), (5.0, kill("app-1/app"))];
        let mut extended = plan(1);
        extended.infrastructure = foobar_lab::infra::Preset::Extended.infrastructure();
        let run = run(extended.clone(), &actions, 20.0);
        let timed = actions.map(|(seconds, action)| TimedAction { at: at(seconds), action });
        for record in
            run.simulation().records().filter(|record| record.started_at > at(2.0)).step_by(9)
        {
            let why = Why::of(extended.clone(), timed.to_vec(), record.request, at(20.0)).unwrap();
            for moment in &why.moments {
                let Some(choice) = &moment.choice else { continue };
                match &moment.step {
                    Step::Picked { server, .. } => {
                        assert_eq!(choice.turns.first(), Some(server), "{why:?}");
                        of_the_balancers += 1;
                    }
                    Step::PassedOn { server, .. } => {
                        assert_eq!(choice.turns.first(), Some(server), "{why:?}");
                        of_nginx += 1;
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(of_the_balancers > 100 && of_nginx > 50, "{of_the_balancers} {of_nginx}");
}

/// A machine that is dead answers nothing: three retries at the same server, as `retries 3` says.
#[test]
fn a_retry_is_no_choice_of_the_algorithm() {
    let death = [(20.0, kill("app-1"))];
    let run = run(plan(1), &death, 30.0);
    let record = run.simulation().records().find(|record| !record.outcome.is_ok()).unwrap();
    let why = of(&death, record.request, 30.0).unwrap();
    let choices = why.moments.iter().filter(|moment| moment.choice.is_some()).count();
    let again = why.moments.iter().filter(|moment| matches!(moment.step, Step::TriedAgain { .. }));
    assert_eq!((choices, again.count()), (1, 3), "{why:?}");
}

#[test]
fn a_request_that_is_not_there_or_not_over_is_refused() {
    let error = of(&[], 5000, 10.0).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "there is no request 5000: they are numbered from 1, and by 00:10.000 users have sent "
        ),
        "{error}"
    );
    assert!(of(&[], 0, 10.0).is_err());
    let silent = [(1.0, kill("db-1"))];
    let open = run(plan(1), &silent, 3.0);
    let ended: Vec<u64> = open.simulation().records().map(|record| record.request).collect();
    let under_way = (1..1000).find(|request| !ended.contains(request)).unwrap();
    let error = of(&silent, under_way, 3.0).unwrap_err().to_string();
    assert!(error.contains("still under way at 00:03.000"), "{error}");
}

/// The run that is asked is the run that was: no draw, no order and no time is different.
#[test]
fn asking_changes_nothing() {
    let deaths = [(5.0, kill("app-1"))];
    let plain = run(plan(1), &deaths, 20.0);
    let last = plain.simulation().records().last().unwrap();
    let why = of(&deaths, last.request, 20.0).unwrap();
    assert_eq!(&why.record, last);
}
