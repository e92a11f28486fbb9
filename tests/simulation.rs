//! What the brief's infrastructure does when a part of it dies: judged by the closed forms.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "why/directives.rs"]
mod directives;
#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::Service;
use foobar_lab::kernel::SimDuration;
use foobar_lab::run::Run;
use foobar_lab::sim::{
    Action, Condition, DatabaseError, History, Outcome, ServerError, Step, Termination,
};
use foobar_lab::theory::{detection, vrrp};
use given::{SECOND, at, facts, failures, hash, kill, plan, restore, run};

#[test]
fn a_healthy_site_answers_everything() {
    let run = run(plan(1), &[], 60.0);
    let counts = run.simulation().counts();
    assert_eq!(counts.failed, 0);
    // Poisson: 1,200 expected, five standard deviations either way.
    assert!((1027..1373).contains(&counts.issued), "{counts:?}");
    assert!(counts.ok > counts.issued - 20, "{counts:?}");
}

/// Law 1. That the browser computes the same hashes is shown by the browser tests, with the plans of the self-check.
#[test]
fn the_same_plan_gives_the_same_hash_and_another_seed_another() {
    let actions = [(10.0, kill("app-1")), (40.0, restore("app-1"))];
    assert_eq!(hash(&run(plan(1), &actions, 60.0)), hash(&run(plan(1), &actions, 60.0)));
    assert_ne!(hash(&run(plan(1), &actions, 60.0)), hash(&run(plan(2), &actions, 60.0)));
    assert_ne!(hash(&run(plan(1), &actions, 60.0)), hash(&run(plan(1), &[], 60.0)));
}

/// Law 3: whatever is killed, the same users come at the same instants and ask for the same things.
#[test]
fn killing_a_server_never_changes_who_comes() {
    let users = |run: &Run| {
        let mut users: Vec<_> = run
            .simulation()
            .records()
            .filter(|record| record.started_at < at(40.0))
            .map(|record| (record.request, record.started_at, record.path))
            .collect();
        users.sort_unstable();
        users
    };
    let calm = run(plan(5), &[], 80.0);
    let storm =
        run(plan(5), &[(5.0, kill("db-1")), (8.0, kill("lb-2")), (12.0, kill("app-2/app"))], 80.0);
    assert_eq!(users(&calm), users(&storm));
}

/// A dead machine is silent: its checks run into `timeout connect`, three of them take it out, and no request goes there.
#[test]
fn a_dead_application_server_is_noticed_within_the_bounds_and_gets_nothing_after() {
    let checks = detection::down(3, SECOND * 2, SECOND * 2, SECOND);
    for seed in 0..20 {
        let run = run(plan(seed), &[(20.0, kill("app-1"))], 60.0);
        let down = facts(&run, "server-down", 20.0);
        assert_eq!(down.len(), 2, "both balancers notice: {down:?}");
        for (when, subject) in &down {
            assert!(subject.ends_with("/app/app-1"), "{subject}");
            let took = when - 20.0;
            let [shortest, longest] =
                [checks.shortest, checks.longest].map(SimDuration::as_secs_f64);
            assert!(
                took >= shortest - 0.01 && took <= longest + 0.01,
                "{took} outside {shortest}..{longest}"
            );
        }
        let noticed = down.iter().map(|(when, _)| *when).fold(0.0, f64::max);
        let late = run.simulation().records().filter(|record| record.started_at > at(noticed));
        for record in late {
            let to_dead = record
                .steps
                .iter()
                .any(|step| matches!(step, Step::Picked { server, .. } if server == "app-1"));
            assert!(!to_dead && record.outcome.is_ok(), "{record:?}");
        }
        assert!(failures(&run, "/") > 0, "the blind window costs something");
        assert_eq!(failures(&run, "/static/logo.png"), 0);
    }
}

#[test]
fn a_server_that_returns_takes_its_turn_again() {
    let run = run(plan(3), &[(10.0, kill("app-1/app")), (30.0, restore("app-1/app"))], 60.0);
    let up = facts(&run, "server-up", 30.0);
    assert_eq!(up.len(), 2, "{up:?}");
    let bounds = detection::up(2, SECOND * 2, SECOND * 2, SimDuration::ZERO);
    for (when, _) in &up {
        let took = when - 30.0;
        assert!(
            took >= bounds.shortest.as_secs_f64() - 0.01
                && took <= bounds.longest.as_secs_f64() + 0.01
        );
    }
    let records = run.simulation().records().filter(|record| record.started_at > at(36.0));
    let mut picks = [0_u32, 0];
    for step in records.flat_map(|record| &record.steps) {
        match step {
            Step::Picked { server, .. } if server == "app-1" => picks[0] += 1,
            Step::Picked { server, .. } if server == "app-2" => picks[1] += 1,
            _ => {}
        }
    }
    assert!(picks[0] > 0 && picks[0].abs_diff(picks[1]) <= 2, "{picks:?}");
}

/// A refused connection is tried again on the same server after one second, three times: 503 `SC` after three seconds.
#[test]
fn without_redispatch_a_refused_request_ends_503_after_three_pauses() {
    let run = run(plan(2), &[(20.0, kill("app-1/app"))], 60.0);
    let refused: Vec<_> = run
        .simulation()
        .records()
        .filter(|record| {
            record.outcome
                == Outcome::Status { status: 503, termination: Termination::ServerConnect }
        })
        .collect();
    assert!(!refused.is_empty());
    for record in refused {
        let attempts =
            record.steps.iter().filter(|step| matches!(step, Step::ServerRefused { .. })).count();
        assert_eq!(attempts, 4, "{record:?}");
        let took = record.response_time().as_secs_f64();
        assert!((3.0..3.2).contains(&took), "{took}");
    }
}

/// With `option redispatch` and roundrobin a crashed process costs nobody anything but the requests it held.
#[test]
fn with_redispatch_a_crashed_process_fails_no_new_request() {
    let mut plan = plan(2);
    for host in &mut plan.infrastructure.hosts {
        for service in &mut host.services {
            if let Service::Haproxy(haproxy) = service {
                haproxy.retries.redispatch = Some(-1);
            }
        }
    }
    let run = run(plan, &[(20.0, kill("app-1/app"))], 60.0);
    for record in run.simulation().records().filter(|record| record.started_at > at(20.0)) {
        assert!(record.outcome.is_ok(), "{record:?}");
    }
    let mut moved = run.simulation().records().flat_map(|record| &record.steps);
    assert!(moved.any(|step| matches!(step, Step::Picked { redispatched: true, .. })));
}

#[test]
fn the_dead_web_server_takes_static_files_down_and_nothing_else() {
    let run = run(plan(4), &[(10.0, kill("web-1"))], 60.0);
    assert!(failures(&run, "/static/logo.png") > 100);
    assert_eq!(failures(&run, "/"), 0);
    let late = run.simulation().records().rev().find(|record| !record.outcome.is_ok()).unwrap();
    assert_eq!(
        late.outcome,
        Outcome::Status { status: 503, termination: Termination::ServerConnect }
    );
    assert!(late.steps.contains(&Step::NoServer { backend: "static".into() }));
}

/// A crashed database process refuses at once: the application answers 500 and stays UP, since `/health` asks no database.
#[test]
fn a_crashed_database_turns_every_page_into_500_while_the_servers_stay_up() {
    let run = run(plan(4), &[(10.0, kill("db-1/mysql"))], 60.0);
    assert_eq!(failures(&run, "/static/logo.png"), 0);
    let late = run
        .simulation()
        .records()
        .filter(|record| record.started_at > at(11.0) && record.path == "/");
    for record in late {
        assert_eq!(
            record.outcome,
            Outcome::Status { status: 500, termination: Termination::Normal }
        );
    }
    assert!(facts(&run, "server-down", 10.0).is_empty());
}

/// A silent database machine holds every worker for the driver's timeout: the stations fill up, and then the checks,
/// which need a worker too, time out.
#[test]
fn a_silent_database_machine_drags_the_application_down_with_it() {
    let run = run(plan(4), &[(10.0, kill("db-1"))], 90.0);
    assert_eq!(failures(&run, "/static/logo.png"), 0);
    let late = run
        .simulation()
        .records()
        .filter(|record| record.started_at > at(11.0) && record.path == "/");
    assert!(late.clone().count() > 100);
    assert!(late.clone().all(|record| !record.outcome.is_ok()));
    let down = facts(&run, "server-down", 10.0);
    assert!(down.iter().any(|(_, subject)| subject.ends_with("/app/app-2")), "{down:?}");
}

/// The takeover of a dead balancer's address lies within one advert interval before the master-down interval.
#[test]
fn the_address_of_a_dead_balancer_moves_after_the_time_the_formula_gives() {
    let [shortest, longest] = vrrp::takeover_bounds(SECOND, 100).map(SimDuration::as_secs_f64);
    for seed in 0..40 {
        let run = run(plan(seed), &[(20.0, kill("lb-1"))], 40.0);
        let taken = facts(&run, "vip-taken", 20.0);
        assert_eq!(taken.len(), 1, "{taken:?}");
        let (when, subject) = &taken[0];
        assert_eq!(subject, "VIP A");
        let took = when - 20.0;
        assert!(took >= shortest - 0.001 && took <= longest + 0.001, "{took}");
        let owners: Vec<_> =
            run.simulation().snapshot().vips.into_iter().map(|vip| vip.owner).collect();
        assert_eq!(owners, [Some("lb-2".into()), Some("lb-2".into())]);
    }
}

/// A dead HAProxy process on a living machine: the tracked script gives the address up, and its priority 0 advert makes
/// the other wait only its skew.
#[test]
fn a_dead_haproxy_process_hands_its_address_over_through_the_tracked_script() {
    for seed in 0..20 {
        let run = run(plan(seed), &[(20.0, kill("lb-1/haproxy"))], 40.0);
        let (dropped, _) = facts(&run, "vip-dropped", 20.0)[0].clone();
        let (taken, _) = facts(&run, "vip-taken", 20.0)[0].clone();
        assert!((21.0..=22.0).contains(&dropped), "interval 1s, fall 2: {dropped}");
        let skew = vrrp::skew(100).as_secs_f64();
        assert!((taken - dropped - skew).abs() < 0.001, "{dropped} {taken}");
    }
}

#[test]
fn a_returning_balancer_gets_its_address_back_by_preemption() {
    let run = run(plan(1), &[(10.0, kill("lb-1")), (30.0, restore("lb-1"))], 50.0);
    let taken = facts(&run, "vip-taken", 30.0);
    assert_eq!(taken.len(), 1, "{taken:?}");
    let wait = vrrp::master_down_interval(SECOND, 101).as_secs_f64();
    assert!((taken[0].0 - 30.0 - wait).abs() < 0.001, "{taken:?}");
    let owners: Vec<_> =
        run.simulation().snapshot().vips.into_iter().map(|vip| vip.owner).collect();
    assert_eq!(owners, [Some("lb-1".into()), Some("lb-2".into())]);
}

/// While an address has no owner its clients wait, then try the other one: slower, but answered.
#[test]
fn clients_of_a_silent_address_turn_to_the_other_one() {
    let run = run(plan(1), &[(20.0, kill("lb-1"))], 60.0);
    let turned: Vec<_> = run
        .simulation()
        .records()
        .filter(|record| record.steps.contains(&Step::AddressSilent { vip: "VIP A".into() }))
        .collect();
    assert!(!turned.is_empty());
    for record in turned {
        assert!(record.outcome.is_ok(), "{record:?}");
        assert!(record.response_time() >= SECOND * 3);
    }
}

#[test]
fn both_balancers_dead_leaves_no_connection() {
    let run = run(plan(1), &[(10.0, kill("lb-1")), (10.0, kill("lb-2"))], 60.0);
    let late = run.simulation().records().filter(|record| record.started_at > at(10.0));
    assert!(late.clone().count() > 500);
    assert!(late.clone().all(|record| record.outcome == Outcome::NoConnection));
}

#[test]
fn a_slow_host_is_degraded_and_slow() {
    let slow = Action::Slow { host: "app-1".into(), factor: 10.0 };
    let run = run(plan(1), &[(10.0, slow)], 40.0);
    let calm = self::run(plan(1), &[], 40.0);
    let host =
        run.simulation().snapshot().hosts.into_iter().find(|host| host.name == "app-1").unwrap();
    assert_eq!(host.condition, Condition::Degraded);
    let p95 = |run: &Run| run.simulation().response_times().quantile(0.95).unwrap();
    assert!(p95(&run) > p95(&calm) * 2, "{} {}", p95(&run), p95(&calm));
}

#[test]
fn max_connections_refuses_with_1040_and_the_page_is_500() {
    let mut plan = plan(1);
    for host in &mut plan.infrastructure.hosts {
        for service in &mut host.services {
            if let Service::Mysql(mysql) = service {
                mysql.max_connections = 1;
                mysql.service_time = SimDuration::from_ms(200);
            }
        }
    }
    let run = run(plan, &[], 20.0);
    let refused = run.simulation().records().flat_map(|record| &record.steps).any(|step| {
        matches!(
            step,
            Step::Answered {
                status: 500,
                error: Some(ServerError::Database(DatabaseError::TooManyConnections)),
                ..
            }
        )
    });
    assert!(refused);
}

#[test]
fn every_failed_request_has_a_cause_and_a_cure() {
    let storm = [
        (5.0, kill("app-1")),
        (12.0, kill("db-1")),
        (20.0, kill("lb-1/haproxy")),
        (25.0, kill("web-1/nginx")),
    ];
    let run = run(plan(9), &storm, 60.0);
    let failed: Vec<_> =
        run.simulation().records().filter(|record| !record.outcome.is_ok()).collect();
    assert!(failed.len() > 100);
    for record in failed {
        assert!(!record.steps.is_empty());
        assert_ne!(foobar_lab::sim::cause(record), "nothing stood in its way", "{record:?}");
        let site = &run.simulation().plan().infrastructure;
        directives::check(&foobar_lab::sim::cure(record, site).unwrap(), record, site);
    }
}

#[test]
fn undo_is_the_run_without_the_last_action() {
    let mut undone = run(plan(1), &[(5.0, kill("web-1"))], 20.0);
    undone.act(kill("db-1")).unwrap();
    undone.advance_to(at(30.0));
    assert_eq!(undone.undo().unwrap().action, kill("db-1"));
    undone.advance_to(at(40.0));
    assert_eq!(hash(&undone), hash(&run(plan(1), &[(5.0, kill("web-1"))], 40.0)));
    undone.restart();
    undone.advance_to(at(40.0));
    assert_eq!(hash(&undone), hash(&run(plan(1), &[], 40.0)));
}

#[test]
fn an_action_on_what_is_not_there_is_refused_with_the_valid_names() {
    let mut run = run(plan(1), &[], 1.0);
    let message = run.act(kill("app-9")).unwrap_err().to_string();
    assert!(
        message.starts_with("there is no `app-9` here; the components are: lb-1, lb-1/haproxy"),
        "{message}"
    );
    assert!(run.act(kill("app-1/mysql")).is_err());
    assert!(run.act(Action::Slow { host: "app-1".into(), factor: f64::NAN }).is_err());
}

#[test]
fn a_workload_out_of_range_is_refused() {
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 2e6] {
        let mut plan = plan(1);
        plan.workload.rate = rate;
        assert!(Run::new(plan, History::Off).is_err(), "{rate}");
    }
}

/// A process just started takes its servers for UP, but one failed check is enough: what it knows is nothing yet.
#[test]
fn a_restarted_haproxy_gives_a_dead_server_up_at_its_first_check() {
    let actions =
        [(10.0, kill("app-1")), (30.0, kill("lb-1/haproxy")), (40.0, restore("lb-1/haproxy"))];
    let run = run(plan(1), &actions, 60.0);
    let down = facts(&run, "server-down", 40.0);
    assert_eq!(down.len(), 1, "{down:?}");
    let text = run
        .simulation()
        .facts()
        .iter()
        .find(|fact| fact.at >= at(40.0) && fact.kind.name() == "server-down");
    let text = text.unwrap().to_string();
    assert_eq!(
        text,
        "lb-1 marks app-1 DOWN: its first check failed (L4TOUT, no answer). It gets no new request."
    );
}

#[test]
fn a_dead_balancer_sees_nothing() {
    let run = run(plan(1), &[(10.0, kill("lb-1"))], 20.0);
    for server in run.simulation().snapshot().servers {
        assert_eq!(server.status.is_none(), server.balancer == "lb-1", "{server:?}");
    }
}
