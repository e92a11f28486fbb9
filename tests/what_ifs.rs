//! What becomes of the site when one thing is killed: the table of the exercise's third task, cell by cell, for the five machines of
//! `literal` and the eight of `extended`. Each function is a row; each says what is the same in both and what is not.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::{Infrastructure, Preset, Service};
use foobar_lab::run::Run;
use foobar_lab::sim::{
    Action, DYNAMIC_PATH, Outcome, Plan, STATIC_PATH, Step, Termination, WRITE_PATH,
};
use given::{all_end, at, facts, kill, outcomes, run};

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

/// "Else half fails": each web server passes on to an application of its own. What the balancers check is a file, so none is taken out.
#[test]
fn an_application_server_that_one_web_server_alone_knows() {
    let mut infrastructure = Preset::Extended.infrastructure();
    for host in &mut infrastructure.hosts {
        let own = host.name.replace("web", "app");
        for service in &mut host.services {
            if let Service::Nginx(nginx) = service {
                let upstream = &mut nginx.proxy_pass.as_mut().unwrap().upstream;
                upstream.servers.retain(|server| server.host == own);
            }
        }
    }
    for (victim, status) in [("app-1/app", "502 --"), ("app-1", "504 --")] {
        let run = run(plan(infrastructure.clone(), 1), &[(DEED, kill(victim))], 60.0);
        assert_eq!(facts(&run, "server-down", DEED), []);
        let span = [DEED + 1.0, 45.0];
        all_end(&run, STATIC_PATH, span, &["200"]);
        all_end(&run, DYNAMIC_PATH, span, &["200", status]);
        all_end(&run, WRITE_PATH, span, &["200", status]);
        let pages = run.simulation().records().filter(|record| record.path == DYNAMIC_PATH);
        let pages = pages.filter(|record| (at(span[0])..at(span[1])).contains(&record.started_at));
        let (ok, failed): (Vec<_>, Vec<_>) = pages.partition(|record| record.outcome.is_ok());
        let share = failed.len() as f64 / (ok.len() + failed.len()) as f64;
        assert!((0.45..0.55).contains(&share), "{victim}: {share}");
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

/// Its whole machine: nobody refuses, so each read waits for the driver's `connect_timeout`, 3 s, before it moves. With few users that is
/// all; with many the workers that wait are too few for the others.
#[test]
fn the_replicas_machine() {
    let mut calm = plan(Preset::Extended.infrastructure(), 1);
    calm.workload.rate = 1.0;
    let calm = run(calm, &[(DEED, kill("db-2"))], 160.0);
    nothing_visible(&calm, [0.0, 150.0]);
    let late = calm.simulation().records().filter(|record| record.started_at > at(DEED));
    let reads = late.filter(|record| record.path == DYNAMIC_PATH);
    let waits: Vec<f64> = reads.map(|record| record.response_time().as_secs_f64()).collect();
    assert!(waits.len() > 30 && waits.iter().all(|wait| (3.0..4.0).contains(wait)), "{waits:?}");
    let busy = after(Preset::Extended, kill("db-2"), 60.0);
    let ends = outcomes(&busy, DYNAMIC_PATH, [DEED + 10.0, 45.0]);
    assert!(ends.iter().any(|end| end != "200"), "{ends:?}");
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
