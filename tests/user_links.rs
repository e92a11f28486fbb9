//! Links between users and the machines that they reach: the internet is not everywhere the same, nor the same both ways.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::Preset;
use foobar_lab::kernel::SimDuration;
use foobar_lab::run::Run;
use foobar_lab::sim::{Action, DYNAMIC_PATH, Plan, STATIC_PATH, Step};
use given::{at, run};

const DEED: f64 = 20.0;

fn link(change: &str) -> Action {
    Action::Link(change.parse().unwrap())
}

fn brief(deeds: &[(f64, Action)], until: f64) -> Run {
    let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
    plan.workload.rate = 40.0;
    run(plan, deeds, until)
}

/// The share of the requests for a path, sent in a span of time, that were answered.
fn ok(run: &Run, path: &str, [from, to]: [f64; 2]) -> f64 {
    let records = run.simulation().records().filter(|record| record.path == path);
    let records =
        records.filter(|record| record.started_at >= at(from) && record.started_at < at(to));
    let ended: Vec<bool> = records.map(|record| record.outcome.is_ok()).collect();
    assert!(ended.len() > 10, "{path}: only {} requests", ended.len());
    ended.iter().filter(|is_ok| **is_ok).count() as f64 / ended.len() as f64
}

/// The mean time of the requests that a balancer took, in seconds.
fn mean_at(run: &Run, balancer: &str) -> f64 {
    let is_its = |step: &Step| matches!(step, Step::Accepted { balancer: own } if own == balancer);
    let records = run.simulation().records().filter(|record| record.outcome.is_ok());
    let its = records.filter(|record| record.steps.iter().any(is_its));
    let times: Vec<f64> = its.map(|record| record.response_time().as_secs_f64()).collect();
    times.iter().sum::<f64>() / times.len() as f64
}

/// The internet is longer to one balancer, one way. TCP, TLS and the request make three crossings there, the answers three back.
#[test]
fn users_are_far_from_one_balancer() {
    let with = |change: &str| brief(&[(0.0, link(change))], 100.0);
    let whole = with("users:lb-1:whole");
    for one_way in ["users>lb-1:delay=100ms", "lb-1>users:delay=100ms"] {
        let slow = with(one_way);
        let more = mean_at(&slow, "lb-1") - mean_at(&whole, "lb-1");
        assert!((0.29..0.31).contains(&more), "{one_way}: {more}");
        let other = mean_at(&slow, "lb-2") - mean_at(&whole, "lb-2");
        assert!(other.abs() < 0.01, "{one_way}: {other}");
    }
    let both = mean_at(&with("users:lb-1:delay=100ms"), "lb-1") - mean_at(&whole, "lb-1");
    assert!((0.59..0.61).contains(&both), "{both}");
    let lossy = mean_at(&with("users:lb-1:loss=0.05"), "lb-1") - mean_at(&whole, "lb-1");
    assert!((0.03..0.3).contains(&lossy), "{lossy}");
}

/// Whether it is cut there or back, nobody gets a connection to that balancer; users turn to the other address.
#[test]
fn a_cut_between_users_and_one_balancer() {
    for cut in ["users:lb-1:cut", "users>lb-1:cut", "lb-1>users:cut"] {
        let run = brief(&[(DEED, link(cut))], 60.0);
        assert!(ok(&run, STATIC_PATH, [DEED + 0.1, 50.0]) > 0.999, "{cut}");
        let later = run.simulation().records().filter(|record| record.started_at > at(DEED));
        let steps: Vec<String> =
            later.flat_map(|record| &record.steps).map(Step::to_string).collect();
        let has = |part: &str| steps.iter().any(|step| step.contains(part));
        assert!(has("the link between users and lb-1 carries nothing"), "{cut}");
        assert!(!later_accepts(&run, "lb-1"), "{cut}");
    }
    let deeds = [(DEED, link("users:lb-1:cut")), (DEED, link("users:lb-2:cut"))];
    assert!(ok(&brief(&deeds, 60.0), STATIC_PATH, [DEED + 0.1, 50.0]) < 0.001);
    // What was asked before is answered when the link is whole again.
    let deeds = [(DEED, link("users:lb-1:cut")), (DEED + 1.0, link("users:lb-1:whole"))];
    assert!(ok(&brief(&deeds, 60.0), DYNAMIC_PATH, [DEED - 1.0, DEED]) > 0.999);
}

/// Where nearly every answer to a SYN is lost, nearly nobody gets a connection: that is as bad as a cut, and no worse.
#[test]
fn a_way_back_that_loses_nearly_all_is_no_worse_than_a_cut() {
    let share = |change: &str| {
        let run = brief(&[(DEED, link(change))], 80.0);
        ok(&run, STATIC_PATH, [DEED + 0.1, 50.0])
    };
    let (lossy, cut) = (share("lb-1>users:loss=0.99"), share("lb-1>users:cut"));
    assert!(lossy > cut - 0.03, "{lossy} instead of {cut}");
}

/// A connection is made when the answer to its SYN is there: users that are further away than their patience make none, whatever else is
/// wrong on the way.
#[test]
fn who_is_too_far_away_gets_no_connection() {
    for deeds in [vec![], vec![(0.0, link("users:lb-1:delay=1ms"))]] {
        let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
        plan.infrastructure.network.internet_latency = SimDuration::from_secs(2);
        let run = run(plan, &deeds, 60.0);
        let counts = run.simulation().counts();
        assert!(counts.ok == 0 && counts.failed > 500, "{counts:?}");
    }
}

/// Whether a balancer takes any request that is sent later than the deed.
fn later_accepts(run: &Run, balancer: &str) -> bool {
    let later = run.simulation().records().filter(|record| record.started_at > at(DEED));
    { later }
        .flat_map(|record| &record.steps)
        .any(|step| matches!(step, Step::Accepted { balancer: own } if own == balancer))
}

/// The client of a site without a balancer has the same link, to the web server.
#[test]
fn users_of_one_server_without_a_balancer() {
    let with = |change: &str| {
        let mut plan = Plan::new(Preset::Simple.infrastructure(), 1);
        (plan.workload.rate, plan.workload.static_share) = (5.0, 1.0);
        run(plan, &[(0.0, link(change))], 100.0)
    };
    let mean = |run: &Run| {
        let records = run.simulation().records().filter(|record| record.outcome.is_ok());
        let times: Vec<f64> = records.map(|record| record.response_time().as_secs_f64()).collect();
        times.iter().sum::<f64>() / times.len() as f64
    };
    let whole = mean(&with("users:server-1:whole"));
    // SYN and request there; its answer and the server's back.
    for one_way in ["users>server-1:delay=100ms", "server-1>users:delay=100ms"] {
        let more = mean(&with(one_way)) - whole;
        assert!((0.19..0.21).contains(&more), "{one_way}: {more}");
    }
    assert!(ok(&with("server-1>users:cut"), STATIC_PATH, [1.0, 80.0]) < 0.001);
}
