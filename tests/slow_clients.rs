//! Clients that do not send their request at once, and what that does to the others.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "simulation/given.rs"]
mod given;

use foobar_lab::haproxy::Termination;
use foobar_lab::infra::Service;
use foobar_lab::kernel::SimDuration;
use foobar_lab::run::Run;
use foobar_lab::sim::{Outcome, Plan, SlowClients, cause, cure};
use given::{SECOND, plan, run};

const NO_REQUEST: Outcome =
    Outcome::Status { status: 408, termination: Termination::TimeoutRequest };

fn with(
    slow_clients: SlowClients,
    [client, http_request]: [Option<SimDuration>; 2],
    maxconn: u32,
) -> Plan {
    let mut plan = plan(1);
    plan.workload.slow_clients = slow_clients;
    for host in &mut plan.infrastructure.hosts {
        for service in &mut host.services {
            if let Service::Haproxy(haproxy) = service {
                haproxy.timeouts.client = client;
                haproxy.timeouts.http_request = http_request;
                haproxy.maxconn = maxconn;
            }
        }
    }
    plan
}

/// How many ended so, and the shortest and the longest time in which they did, in seconds.
fn ended(run: &Run, outcome: Outcome) -> (usize, f64, f64) {
    let records = run.simulation().records().filter(|record| record.outcome == outcome);
    let times: Vec<f64> = records.map(|record| record.response_time().as_secs_f64()).collect();
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    (times.len(), least, times.iter().copied().fold(0.0, f64::max))
}

#[test]
fn the_silent_get_408_when_timeout_client_has_run_out_and_the_others_notice_nothing() {
    let silent = SlowClients { share: 0.25, takes: None };
    let run = run(with(silent, [Some(SECOND * 2), None], 0), &[], 60.0);
    let (count, least, most) = ended(&run, NO_REQUEST);
    let share = count as f64 / run.simulation().records().count() as f64;
    assert!((0.2..0.3).contains(&share), "{share}");
    // On the way there are the handshakes of TCP and TLS, and the way back.
    assert!(least > 2.0 && most < 2.2, "{least} to {most}");
    let (_, _, slowest) = ended(&run, Outcome::Ok);
    assert!(slowest < 1.0, "{slowest}");
}

#[test]
fn only_timeout_http_request_ends_those_who_dribble() {
    let dribbling = SlowClients { share: 0.25, takes: Some(SECOND * 5) };
    let patient = run(with(dribbling, [Some(SECOND), None], 0), &[], 60.0);
    assert_eq!(ended(&patient, NO_REQUEST).0, 0);
    assert!(ended(&patient, Outcome::Ok).2 > 5.0);
    let strict = run(with(dribbling, [Some(SECOND), Some(SECOND * 3)], 0), &[], 60.0);
    let (count, least, most) = ended(&strict, NO_REQUEST);
    assert!(count > 100 && least > 3.0 && most < 3.2, "{count}: {least} to {most}");
}

#[test]
fn the_cause_names_the_slow_client_and_the_cure_its_timeout() {
    let of = |takes, limits| {
        let run = run(with(SlowClients { share: 1.0, takes }, limits, 0), &[], 40.0);
        let record = run.simulation().records().last().unwrap().clone();
        let site = &run.simulation().plan().infrastructure;
        (record.outcome, cause(&record), cure(&record, site).unwrap_or_default())
    };
    for limits in [[Some(SECOND * 2), None], [None, None]] {
        let (outcome, cause, cure) = of(None, limits);
        assert_eq!(outcome, if limits[0].is_some() { NO_REQUEST } else { Outcome::NoAnswer });
        assert_eq!(cause, "the client does not send its request");
        assert!(cure.starts_with("`timeout http-request`"), "{cure}");
    }
    let (outcome, cause, _) = of(Some(SECOND * 20), [None, None]);
    assert_eq!(
        (outcome, cause.as_str()),
        (Outcome::NoAnswer, "the client takes 20 s to send its request")
    );
}

/// The attack called slowloris: few clients that hold connections keep all others out, unless they are thrown out in time.
#[test]
fn those_who_hold_connections_fill_the_frontend_unless_they_are_cut() {
    let holding = SlowClients { share: 0.3, takes: Some(SECOND * 14) };
    let lost = |limit| {
        let run = run(with(holding, [Some(SECOND * 10), limit], 12), &[], 60.0);
        ended(&run, Outcome::NoAnswer).0
    };
    let (without, with) = (lost(None), lost(Some(SECOND)));
    assert!(without > 100 && with == 0, "{without} lost without the timeout, {with} with it");
}
