//! What becomes of the site when one thing is killed: the table of the exercise's third task, cell by cell, for the five machines of
//! `literal` and the eight of `extended`. Each function is a row; each says what is the same in both and what is not.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::{Infrastructure, Peer, Policy, Preset, Protocol, Rule, Service};
use foobar_lab::run::Run;
use foobar_lab::sim::{
    Action, DYNAMIC_PATH, Outcome, Plan, STATIC_PATH, Step, Termination, WRITE_PATH,
};
use given::{at, facts, kill, restore, run};

const BOTH: [Preset; 2] = [Preset::Literal, Preset::Extended];
const PATHS: [&str; 3] = [STATIC_PATH, DYNAMIC_PATH, WRITE_PATH];

/// What is done is done at this second.
const DEED: f64 = 20.0;

fn plan(infrastructure: Infrastructure, seed: u64) -> Plan {
    let mut plan = Plan::new(infrastructure, seed);
    plan.workload.rate = 40.0;
    plan
}

fn after(preset: Preset, deed: Action, until: f64) -> Run {
    run(plan(preset.infrastructure(), 1), &[(DEED, deed)], until)
}

/// How the requests for a path ended that were sent from one second to another, without repetition.
fn outcomes(run: &Run, path: &str, [from, to]: [f64; 2]) -> Vec<String> {
    let records = run.simulation().records().filter(|record| record.path == path);
    let records =
        records.filter(|record| record.started_at >= at(from) && record.started_at < at(to));
    let mut outcomes: Vec<String> = records.map(|record| record.outcome.to_string()).collect();
    outcomes.sort();
    outcomes.dedup();
    outcomes
}

#[track_caller]
fn all_end(run: &Run, path: &str, span: [f64; 2], wanted: &[&str]) {
    assert_eq!(outcomes(run, path, span), wanted, "{path} from {span:?}");
}

#[track_caller]
fn nothing_visible(run: &Run, span: [f64; 2]) {
    for path in PATHS {
        all_end(run, path, span, &["200"]);
    }
}

/// The alerts that were raised, by the machine.
fn alerts(run: &Run) -> Vec<String> {
    facts(run, "alert-fired", 0.0).into_iter().map(|(_, subject)| subject).collect()
}

#[test]
fn before_anything_is_done_everything_is_well() {
    for preset in BOTH {
        let run = run(plan(preset.infrastructure(), 3), &[], 60.0);
        nothing_visible(&run, [0.0, 55.0]);
        assert!(alerts(&run).is_empty(), "{preset}");
    }
}

/// Row 1: the address moves in 2.6 to 3.6 s; what was open is lost; then it is as before.
#[test]
fn the_active_balancers_machine() {
    for preset in BOTH {
        let mut dropped = 0;
        for seed in 1..=10 {
            let plan = plan(preset.infrastructure(), seed);
            let run = run(plan, &[(DEED, kill("lb-1"))], 60.0);
            let taken = facts(&run, "vip-taken", DEED);
            let [(taken_at, _)] = &taken[..] else { panic!("{preset}: {taken:?}") };
            assert!((2.6..3.7).contains(&(taken_at - DEED)), "{preset}: {taken_at}");
            let records = run.simulation().records();
            dropped += records.filter(|record| record.outcome == Outcome::NoAnswer).count();
            nothing_visible(&run, [taken_at + 0.1, 55.0]);
        }
        assert!(dropped > 0, "{preset}: open connections hear nothing any more");
    }
}

/// Row 2: without a script keepalived still has the address, and clients are refused.
#[test]
fn the_process_of_the_active_balancer_without_a_script() {
    for preset in BOTH {
        let mut infrastructure = preset.infrastructure();
        for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
            if let Service::Keepalived(keepalived) = service {
                keepalived.track_script = None;
            }
        }
        let run = run(plan(infrastructure, 1), &[(DEED, kill("lb-1/haproxy"))], 60.0);
        assert_eq!(facts(&run, "vip-taken", DEED), [], "{preset}: no failover");
        let late = run.simulation().records().filter(|record| record.started_at > at(DEED));
        for record in late {
            assert_eq!(record.outcome, Outcome::NoConnection, "{preset}");
            let refused = |step: &Step| matches!(step, Step::AddressRefused { .. });
            assert!(record.steps.iter().any(refused), "{preset}: {:?}", record.steps);
        }
        // With the script it is another story.
        let run = after(preset, kill("lb-1/haproxy"), 60.0);
        assert_eq!(facts(&run, "vip-taken", DEED).len(), 1, "{preset}");
        nothing_visible(&run, [DEED + 5.0, 55.0]);
    }
}

/// Row 3: each believes that it is alone, and both claim the address.
#[test]
fn the_heartbeat_link() {
    for preset in BOTH {
        let run = after(preset, Action::CutHeartbeat, 60.0);
        assert_eq!(facts(&run, "split-brain-began", DEED).len(), 1, "{preset}");
    }
}

/// Row 4: no user notices; the redundancy is gone, and only an alert tells.
#[test]
fn the_passive_balancer() {
    for preset in BOTH {
        let run = after(preset, kill("lb-2"), 60.0);
        nothing_visible(&run, [0.0, 55.0]);
        assert_eq!(alerts(&run), ["lb-2"], "{preset}");
    }
}

/// Row 5: after 4 to 6 s of checks the balancer answers 503 at once; or the other web server takes everything. If the whole machine
/// is gone each of the three checks runs into its timeout of 1 s, and it takes so much longer.
#[test]
fn the_web_server() {
    for (victim, detection) in [("web-1/nginx", 4.0..6.1), ("web-1", 7.0..9.1)] {
        let literal = after(Preset::Literal, kill(victim), 60.0);
        let extended = after(Preset::Extended, kill(victim), 60.0);
        for run in [&literal, &extended] {
            let down = facts(run, "server-down", DEED);
            assert_eq!(down.len(), 2, "both balancers see it: {down:?}");
            assert!(down.iter().all(|(time, _)| detection.contains(&(time - DEED))), "{down:?}");
        }
        for path in PATHS {
            all_end(&literal, path, [DEED + 9.1, 55.0], &["503 SC"]);
        }
        nothing_visible(&extended, [DEED + 9.1, 55.0]);
    }
}

/// Row 6: Nginx goes on serving files; pages end in 502 if the process died and in 504 if the machine did. With a second application
/// Nginx turns to that one.
#[test]
fn the_application_server() {
    for (victim, status) in [("app-1/app", "502 --"), ("app-1", "504 --")] {
        let literal = after(Preset::Literal, kill(victim), 60.0);
        all_end(&literal, STATIC_PATH, [DEED + 1.0, 55.0], &["200"]);
        for path in [DYNAMIC_PATH, WRITE_PATH] {
            all_end(&literal, path, [DEED + 1.0, 55.0], &[status]);
        }
        let extended = after(Preset::Extended, kill(victim), 60.0);
        nothing_visible(&extended, [DEED + 1.0, 55.0]);
        let records = extended.simulation().records();
        let again = |step: &Step| matches!(step, Step::PassedOn { again: true, .. });
        let passed_on = records.filter(|record| record.steps.iter().any(again)).count();
        assert!(passed_on > 0, "{victim}: proxy_next_upstream");
    }
}

/// Row 7: files are served, pages that need the database fail. With a replica reads go on, and writes fail until it is promoted.
#[test]
fn the_primary_database() {
    for victim in ["db-1/mysql", "db-1"] {
        let literal = after(Preset::Literal, kill(victim), 60.0);
        all_end(&literal, STATIC_PATH, [DEED + 1.0, 55.0], &["200"]);
        for path in [DYNAMIC_PATH, WRITE_PATH] {
            let ends = outcomes(&literal, path, [DEED + 1.0, 55.0]);
            assert!(!ends.contains(&"200".to_owned()), "{victim}: {ends:?}");
            assert!(!ends.is_empty(), "{victim}");
        }
    }
    // A dead process refuses at once: the application is free to say so. A dead machine says nothing, every worker waits for its
    // connect timeout, and most requests do not even get to a worker.
    let quick = after(Preset::Literal, kill("db-1/mysql"), 60.0);
    all_end(&quick, DYNAMIC_PATH, [DEED + 1.0, 55.0], &["500 --"]);
    let slow = outcomes(&after(Preset::Literal, kill("db-1"), 60.0), DYNAMIC_PATH, [25.0, 55.0]);
    assert!(slow.contains(&"504 --".to_owned()), "{slow:?}");
    let deeds = [(DEED, kill("db-1/mysql")), (40.0, Action::Promote { host: "db-2".into() })];
    let extended = run(plan(Preset::Extended.infrastructure(), 1), &deeds, 70.0);
    for path in [STATIC_PATH, DYNAMIC_PATH] {
        all_end(&extended, path, [DEED + 1.0, 65.0], &["200"]);
    }
    all_end(&extended, WRITE_PATH, [DEED + 1.0, 39.0], &["500 --"]);
    all_end(&extended, WRITE_PATH, [40.1, 65.0], &["200"]);
}

/// What the replica had not copied when the primary died is lost, and the log says how much: the writes of the last half second.
#[test]
fn what_a_promotion_loses() {
    let mut infrastructure = Preset::Extended.infrastructure();
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Mysql(mysql) = service
            && let Some(replica) = &mut mysql.replica
        {
            replica.promote_after = Some(foobar_lab::kernel::SimDuration::from_secs(5));
        }
    }
    let mut plan = plan(infrastructure, 1);
    plan.workload.static_share = 0.0;
    plan.workload.write_share = 1.0;
    let told = |deed: Action| {
        let run = run(plan.clone(), &[(DEED, deed)], 60.0);
        let all = run.simulation().facts();
        let promoted = all.iter().find(|fact| fact.kind.name() == "promoted").unwrap().clone();
        (promoted.at.as_secs_f64(), promoted.to_string())
    };
    let (promoted_at, text) = told(kill("db-1"));
    assert!((promoted_at - DEED - 5.0).abs() < 1e-6, "{promoted_at}");
    let lost: u64 = text.split(' ').find_map(|word| word.parse().ok()).unwrap();
    // 40 writes a second, half a second behind.
    assert!((8..=35).contains(&lost), "{text}");
    let (_, orderly) = told(Action::Stop("db-1".parse().unwrap()));
    assert!(orderly.contains(" 0 changes"), "{orderly}");
}

/// Only writes come, 40 a second, and db-2 is promoted then: how many of them it had not copied.
fn lost_when_promoted(
    infrastructure: Infrastructure,
    deeds: &[(f64, Action)],
    promoted_at: f64,
) -> u64 {
    let mut plan = plan(infrastructure, 1);
    (plan.workload.static_share, plan.workload.write_share) = (0.0, 1.0);
    let mut deeds = deeds.to_vec();
    deeds.push((promoted_at, Action::Promote { host: "db-2".into() }));
    let run = run(plan, &deeds, promoted_at + 1.0);
    let all = run.simulation().facts();
    let told = all.iter().find(|fact| fact.kind.name() == "promoted").unwrap().to_string();
    told.split(' ').find_map(|word| word.parse().ok()).unwrap()
}

/// While their link is cut nothing is copied: what was written since is lost to whoever promotes the replica, though the primary lives.
#[test]
fn a_link_between_the_databases() {
    let link = |state: &str| Action::Link(state.parse().unwrap());
    let lost = |deeds: &[(f64, Action)], promoted_at: f64| {
        lost_when_promoted(Preset::Extended.infrastructure(), deeds, promoted_at)
    };
    assert_eq!(lost(&[], 50.0), 0, "a primary that lives hands over what is missing");
    for cut in ["db-1:db-2:cut", "db-1>db-2:cut", "db-2>db-1:cut", "db-1:db-2:loss=1"] {
        let lost = lost(&[(DEED, link(cut))], 50.0);
        assert!((1000..=1400).contains(&lost), "{cut}: {lost}, of 40 a second for 30 s");
    }
    // Healed after 10 s; what was sent into the cut is sent again after 12.6 s.
    let healed = [(DEED, link("db-1:db-2:cut")), (DEED + 10.0, link("db-1:db-2:whole"))];
    let before = lost(&healed, DEED + 12.5);
    assert!((420..=620).contains(&before), "{before}, of 40 a second for 13 s");
    assert_eq!(lost(&healed, DEED + 13.0), 0);
    // A slow link makes the replica so much later, and a lossy one waits for what is sent again.
    let dies = |state: &str| lost(&[(DEED, link(state)), (50.0, kill("db-1/mysql"))], 50.5);
    let slow = dies("db-1>db-2:delay=10s");
    assert!((340..=500).contains(&slow), "{slow}, of 40 a second for 10.5 s");
    let (whole, lossy) = (dies("db-1:db-2:whole"), dies("db-1>db-2:loss=0.5"));
    assert!(lossy > 2 * whole, "{whole} {lossy}");
    assert_eq!(dies("db-2>db-1:delay=10s"), whole, "the way back holds nothing up");
}

/// A replica in another zone needs a rule that lets it connect. Who takes the rule out stops the next connection, not the one that is open.
#[test]
fn a_rule_between_the_databases() {
    let mut apart = Preset::Extended.infrastructure();
    let db_2 = apart.hosts.iter_mut().find(|host| host.name == "db-2").unwrap();
    (db_2.zone, db_2.address) = ("web".to_owned(), [10, 0, 20, 99].into());
    let lost = |deeds: &[(f64, Action)]| lost_when_promoted(apart.clone(), deeds, 100.0);
    let never = lost(&[]);
    assert!(never > 3500, "{never}: no rule lets it connect");
    apart.rules.push(Rule {
        name: "copying".to_owned(),
        from: Peer::Host("db-2".to_owned()),
        to: Peer::Host("db-1".to_owned()),
        protocol: Protocol::Tcp(vec![3306]),
        policy: Policy::Allow,
        reason: "the replica copies the primary".to_owned(),
        disabled: false,
    });
    let lost = |deeds: &[(f64, Action)]| lost_when_promoted(apart.clone(), deeds, 100.0);
    let without_rule = (10.0, Action::DropRule { rule: "copying".to_owned() });
    assert_eq!(lost(&[]), 0);
    assert_eq!(lost(std::slice::from_ref(&without_rule)), 0, "what is open stays open");
    // The primary is away from 12 s to 26 s; its replica tries to connect at 72 s.
    let away = [(12.0, kill("db-1/mysql")), (20.0, restore("db-1/mysql"))];
    assert_eq!(lost(&away), 0);
    let [killed, restored] = away;
    let dropped = lost(&[without_rule, killed, restored]);
    assert!(dropped > 2500, "{dropped}");
}

/// Row 8: reads move to the primary.
#[test]
fn the_replica() {
    let run = after(Preset::Extended, kill("db-2/mysql"), 60.0);
    nothing_visible(&run, [DEED + 1.0, 55.0]);
    let elsewhere = |step: &Step| matches!(step, Step::ReadElsewhere { .. });
    let late = run.simulation().records().filter(|record| record.started_at > at(DEED + 1.0));
    for record in late.filter(|record| record.path == DYNAMIC_PATH) {
        assert!(record.steps.iter().any(elsewhere), "{:?}", record.steps);
    }
}

/// Row 9: no user notices; what goes wrong on that machine afterwards nobody is told of.
#[test]
fn one_monitoring_agent() {
    for preset in BOTH {
        let deeds = [(DEED, kill("lb-2/agent")), (40.0, kill("lb-2/haproxy"))];
        let run = run(plan(preset.infrastructure(), 1), &deeds, 80.0);
        nothing_visible(&run, [0.0, 75.0]);
        let all = run.simulation().facts().iter();
        let told: Vec<String> =
            all.filter(|fact| fact.kind.name() == "alert-fired").map(ToString::to_string).collect();
        let silent =
            "Alert: lb-2: its agent is silent; it is dead, or the machine is, or its network.";
        assert_eq!(told, [silent], "{preset}: that HAProxy is dead nobody says");
    }
}

/// A database that crashed repairs its data before it takes connections; one that was shut down in order need not.
#[test]
fn a_crash_costs_the_recovery_too() {
    let back_after = |deed: Action| {
        let deeds = [(DEED, deed), (30.0, restore("db-1/mysql"))];
        let run = run(plan(Preset::Literal.infrastructure(), 1), &deeds, 60.0);
        let ok = run.simulation().records().filter(|record| record.outcome.is_ok());
        let mut pages = ok.filter(|record| record.path == DYNAMIC_PATH);
        let first = pages.find(|record| record.started_at > at(30.0)).unwrap();
        first.started_at.as_secs_f64() - 30.0
    };
    let crashed = back_after(kill("db-1/mysql"));
    assert!((6.0..6.5).contains(&crashed), "{crashed}");
    let ended = back_after(Action::Stop("db-1/mysql".parse().unwrap()));
    assert!(ended < 0.5, "{ended}");
}

/// The simple web stack has no balancer: who kills it kills everything, and who kills Nginx alone has clients refused at once.
#[test]
fn the_simple_stack() {
    let dead = after(Preset::Simple, kill("server-1"), 60.0);
    let nginx = after(Preset::Simple, kill("server-1/nginx"), 60.0);
    let app = after(Preset::Simple, kill("server-1/app"), 60.0);
    for path in PATHS {
        all_end(&dead, path, [DEED + 0.5, 55.0], &["no connection"]);
        all_end(&nginx, path, [DEED + 0.5, 55.0], &["no connection"]);
    }
    all_end(&app, STATIC_PATH, [DEED + 0.5, 55.0], &["200"]);
    all_end(&app, DYNAMIC_PATH, [DEED + 0.5, 55.0], &["502 --"]);
    let normal = Outcome::Status { status: 502, termination: Termination::Normal };
    assert!(app.simulation().records().any(|record| record.outcome == normal));
}
