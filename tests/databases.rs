//! A primary database and its replica: what is copied, what a promotion loses, who takes writes, and what a database that crashed or hangs
//! means to an application.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::{Infrastructure, Peer, Policy, Preset, Protocol, Rule, Service};
use foobar_lab::kernel::SimDuration;
use foobar_lab::run::Run;
use foobar_lab::sim::{
    Action, DYNAMIC_PATH, Gray, Plan, RequestRecord, Step, WRITE_PATH, cause, cure,
};
use given::{all_end, at, kill, restore, run};

/// What is done is done at this second.
const DEED: f64 = 20.0;

fn plan(infrastructure: Infrastructure, seed: u64) -> Plan {
    let mut plan = Plan::new(infrastructure, seed);
    plan.workload.rate = 40.0;
    plan
}

/// Only writes come, 40 a second, and a watcher promotes db-2 when db-1 has been silent for 5 s: when that was, and how many of them db-2
/// had not copied.
fn promoted_by_a_watcher(deeds: &[(f64, Action)]) -> (f64, u64) {
    let mut infrastructure = Preset::Extended.infrastructure();
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Mysql(mysql) = service
            && let Some(replica) = &mut mysql.replica
        {
            replica.promote_after = Some(SimDuration::from_secs(5));
        }
    }
    let mut plan = plan(infrastructure, 1);
    plan.workload.static_share = 0.0;
    plan.workload.write_share = 1.0;
    let run = run(plan, deeds, 60.0);
    let all = run.simulation().facts();
    let promoted = all.iter().find(|fact| fact.kind.name() == "promoted").unwrap();
    let lost = promoted.to_string().split(' ').find_map(|word| word.parse().ok());
    (promoted.at.as_secs_f64(), lost.unwrap())
}

fn hang(component: &str) -> Action {
    Action::Degrade { component: component.parse().unwrap(), gray: Gray::Hang }
}

/// What the replica had not copied when the primary died, or hung, is lost, and the log says how much: the writes of the last half second.
#[test]
fn what_a_promotion_loses() {
    for deed in [kill("db-1"), kill("db-1/mysql"), hang("db-1/mysql")] {
        let (promoted_at, lost) = promoted_by_a_watcher(&[(DEED, deed.clone())]);
        assert!((promoted_at - DEED - 5.0).abs() < 1e-6, "{deed}: {promoted_at}");
        // 40 writes a second, half a second behind.
        assert!((8..=35).contains(&lost), "{deed}: {lost}");
    }
    let (_, orderly) = promoted_by_a_watcher(&[(DEED, Action::Stop("db-1".parse().unwrap()))]);
    assert_eq!(orderly, 0);
    // Somebody who promotes while the primary hangs gets no more from it either.
    let extended = Preset::Extended.infrastructure();
    let by_hand = lost_when_promoted(extended.clone(), &[(DEED, hang("db-1/mysql"))], 25.0);
    assert!((8..=35).contains(&by_hand), "{by_hand}");
    // Cured before, it goes on, and so does its replica.
    let cured = [(DEED, hang("db-1/mysql")), (25.0, restore("db-1/mysql"))];
    assert_eq!(lost_when_promoted(extended, &cured, 40.0), 0);
}

/// The watcher counts from when the primary became silent the last time, whatever became of it since.
#[test]
fn a_watcher_waits_for_silence_without_a_break() {
    let (hang, cure) = (hang("db-1/mysql"), restore("db-1/mysql"));
    let again = [(DEED, hang.clone()), (DEED + 2.0, cure), (DEED + 4.0, hang.clone())];
    let (promoted_at, _) = promoted_by_a_watcher(&again);
    assert!((promoted_at - DEED - 9.0).abs() < 1e-6, "{promoted_at}");
    // Somebody kills what hangs: it has been silent all the time.
    let (promoted_at, _) = promoted_by_a_watcher(&[(DEED, hang), (DEED + 3.0, kill("db-1"))]);
    assert!((promoted_at - DEED - 5.0).abs() < 1e-6, "{promoted_at}");
}

/// An application that may reach the old primary alone does not reach the new one.
#[test]
fn a_promotion_opens_no_firewall() {
    let mut infrastructure = Preset::Extended.infrastructure();
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::App(app) = service {
            app.reads_from = None;
        }
    }
    let rule = infrastructure.rules.iter_mut().find(|rule| rule.name == "app-to-db").unwrap();
    rule.to = Peer::Host("db-1".to_owned());
    let mut plan = plan(infrastructure, 1);
    // So few that workers which wait for their connection are enough.
    (plan.workload.rate, plan.workload.static_share, plan.workload.write_share) = (1.0, 0.0, 1.0);
    let deeds = [(DEED, kill("db-1")), (25.0, Action::Promote { host: "db-2".into() })];
    let run = run(plan, &deeds, 90.0);
    let late: Vec<_> =
        run.simulation().records().filter(|record| record.started_at > at(26.0)).collect();
    assert!(late.len() > 30);
    let site = &run.simulation().plan().infrastructure;
    for record in late {
        assert_eq!(record.outcome.to_string(), "500 --");
        let dropped = |step: &Step| matches!(step, Step::Blocked { to, rule, .. } if to == "db-2" && rule == "default deny");
        assert!(record.steps.iter().any(dropped), "{:?}", record.steps);
        assert!(cure(record, site).unwrap().contains("firewall rule"));
    }
}

/// An application whose `database` is the replica: it takes no writes (error 1290, `super_read_only`), until it is promoted.
#[test]
fn a_replica_takes_no_writes() {
    for keeps_connections in [false, true] {
        let mut infrastructure = Preset::Extended.infrastructure();
        for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
            if let Service::App(app) = service {
                app.database = "db-2".to_owned();
                app.keeps_connections = keeps_connections;
            }
        }
        let promote = Action::Promote { host: "db-2".into() };
        let run = run(plan(infrastructure, 1), &[(40.0, promote)], 70.0);
        all_end(&run, DYNAMIC_PATH, [0.0, 65.0], &["200"]);
        all_end(&run, WRITE_PATH, [0.0, 39.0], &["500 --"]);
        all_end(&run, WRITE_PATH, [40.1, 65.0], &["200"]);
        let mut writes = run.simulation().records().filter(|record| record.path == WRITE_PATH);
        let first = writes.next().unwrap();
        let site = &run.simulation().plan().infrastructure;
        assert!(cause(first).contains("error 1290"), "{}", cause(first));
        assert!(cure(first, site).unwrap().contains("`database` must be the primary"));
    }
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

/// What the table calls a fresh copy: a replica that returns needs none here, it goes on where it stopped; an old primary would need one,
/// and stays out of use, so that the promoted one stands alone.
#[test]
fn a_fresh_copy() {
    let back =
        [(DEED, kill("db-2/mysql")), (40.0, restore("db-2/mysql")), (100.0, kill("db-1/mysql"))];
    let lost = lost_when_promoted(Preset::Extended.infrastructure(), &back, 100.5);
    assert!((8..=35).contains(&lost), "{lost}: the last half second");
    let deeds = [
        (DEED, kill("db-1/mysql")),
        (25.0, Action::Promote { host: "db-2".into() }),
        (30.0, restore("db-1/mysql")),
        (50.0, kill("db-2/mysql")),
    ];
    let run = run(plan(Preset::Extended.infrastructure(), 1), &deeds, 70.0);
    for path in [DYNAMIC_PATH, WRITE_PATH] {
        all_end(&run, path, [26.0, 49.0], &["200"]);
        all_end(&run, path, [51.0, 65.0], &["500 --"]);
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

/// `MySQL` that hangs refuses nobody with error 1040, however many connections are open: the kernel takes them, and who connects waits for the
/// greeting, `connect_timeout`. A connection that was open waits for its answer, `read_timeout`.
#[test]
fn a_hung_database_says_nothing() {
    let played = |keeps_connections: bool| {
        let mut infrastructure = Preset::Brief.infrastructure();
        for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
            match service {
                Service::App(app) => app.keeps_connections = keeps_connections,
                Service::Mysql(mysql) => mysql.max_connections = 5,
                _ => {}
            }
        }
        let mut plan = Plan::new(infrastructure, 1);
        (plan.workload.rate, plan.workload.static_share) = (1.0, 0.0);
        let run = run(plan, &[(DEED, hang("db-1/mysql"))], 100.0);
        let late = run.simulation().records().filter(|record| record.started_at > at(DEED));
        let mut waits = Vec::new();
        for record in late {
            assert_eq!(record.outcome.to_string(), "500 --");
            assert!(cause(record).contains("the database does not answer"), "{}", cause(record));
            waits.push(record.response_time().as_secs_f64());
        }
        assert!(waits.len() > 30);
        waits
    };
    let connects = |wait: &f64| (3.0..4.0).contains(wait);
    let asks = |wait: &f64| (5.0..6.0).contains(wait);
    assert!(played(false).iter().all(connects));
    let kept = played(true);
    assert!(kept.iter().any(asks) && kept.iter().all(|wait| asks(wait) || connects(wait)));
    assert!(kept.last().is_some_and(connects), "what was kept is used up: {kept:?}");
}

/// `brief` at so many pages a second, whose applications keep their connections to the database, or do not.
fn asking(keeps_connections: bool, rate: f64) -> Plan {
    let mut infrastructure = Preset::Brief.infrastructure();
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::App(app) = service {
            app.keeps_connections = keeps_connections;
        }
    }
    let mut plan = Plan::new(infrastructure, 1);
    (plan.workload.rate, plan.workload.static_share) = (rate, 0.0);
    plan
}

/// A connection that was open stays open for the application when its link is cut or the machine behind it dies: TCP sends the query again and
/// again, the driver waits for the answer, `read_timeout`, and closes the connection. Who has none waits for one, `connect_timeout`.
#[test]
fn a_kept_connection_into_silence_waits_for_its_answer() {
    for deeds in [["link app-1:db-1:cut", "link app-2:db-1:cut"].as_slice(), &["kill db-1"]] {
        waits_for_its_answer(deeds);
    }
}

fn waits_for_its_answer(deeds: &[&str]) {
    let played = |keeps_connections: bool| {
        let plan = asking(keeps_connections, 1.0);
        let deeds: Vec<_> =
            deeds.iter().map(|deed| (DEED, deed.parse::<Action>().unwrap())).collect();
        let run = run(plan, &deeds, 100.0);
        let late = run.simulation().records().filter(|record| record.started_at > at(DEED));
        let waits: Vec<f64> = late.map(|record| record.response_time().as_secs_f64()).collect();
        assert!(waits.len() > 30);
        waits
    };
    let connects = |wait: &f64| (3.0..4.0).contains(wait);
    let asks = |wait: &f64| (5.0..6.0).contains(wait);
    assert!(played(false).iter().all(connects));
    let kept = played(true);
    assert!(kept.iter().all(|wait| asks(wait) || connects(wait)), "{kept:?}");
    // Each of the two applications has worked on one page at a time, as good as ever.
    let asked = kept.iter().filter(|wait| asks(wait)).count();
    assert!((2..6).contains(&asked), "{kept:?}");
    assert!(kept.last().is_some_and(connects), "what was kept is used up: {kept:?}");
}

/// What was kept open outlives neither a process nor a machine: a machine that comes back resets it at the next query, and where a process died
/// or ended, or a machine was shut down, the driver finds it closed. A pool that does not look fails once for each.
#[test]
fn a_kept_connection_from_before_the_database_went_away_fails_its_next_query() {
    let gone = |keeps_connections: bool, deeds: &[(f64, Action)]| {
        let plan = asking(keeps_connections, 20.0);
        let run = run(plan, deeds, 60.0);
        let site = &run.simulation().plan().infrastructure;
        let mut count = 0;
        for record in run.simulation().records() {
            if cause(record).contains("error 2013") {
                let took = record.response_time();
                assert!(took < SimDuration::from_ms(500), "at once, not {took}");
                assert!(cure(record, site).unwrap().contains("tests a connection"));
                count += 1;
            }
        }
        count
    };
    let back = DEED + 0.001;
    let stop = |name: &str| Action::Stop(name.parse().unwrap());
    for ends in [kill("db-1"), kill("db-1/mysql"), stop("db-1"), stop("db-1/mysql")] {
        let name = ends.to_string();
        let restored = name.split_once(' ').unwrap().1;
        let deeds = [(DEED, ends.clone()), (back, restore(restored))];
        let count = gone(true, &deeds);
        assert!((2..=16).contains(&count), "{name}: once for each that was open: {count}");
        assert_eq!(gone(false, &deeds), 0, "{name}");
    }
    // A firewall that began anew lets in what a rule lets in, and the rest meets silence.
    let rule = Action::DropRule { rule: "app-to-db".to_owned() };
    let deeds = [(DEED, rule), (DEED, kill("db-1")), (back, restore("db-1"))];
    assert_eq!(gone(true, &deeds), 0);
}

/// 4 pages a second, and half a second more between the applications and their database, so that queries and answers cross at the same time.
fn far_away(deeds: &[(f64, Action)]) -> Run {
    let mut plan = asking(true, 4.0);
    for service in plan.infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::App(app) = service {
            app.workers = 50;
        }
    }
    let link = |name: &str| (0.0, format!("link {name}:db-1:delay=500ms").parse().unwrap());
    let all = [&[link("app-1"), link("app-2")], deeds].concat();
    run(plan, &all, 60.0)
}

/// Whether a page took there and back again between its application and the database, and no more: a connection was there.
fn is_asked_at_once(record: &RequestRecord) -> bool {
    (1.0..2.0).contains(&record.response_time().as_secs_f64())
}

/// Two queries never share a connection: who finds none idle makes one, which takes a round trip more, and `MySQL` counts just those.
#[test]
fn a_kept_connection_is_taken_when_its_query_sets_out_and_free_when_the_answer_is_back() {
    let run = far_away(&[]);
    let all = run.simulation().records().count();
    let at_once = run.simulation().records().filter(|record| is_asked_at_once(record)).count();
    let connects = all - at_once;
    assert!(connects > 4 && at_once > 10 * connects, "{connects} of {all}");
    // Those under way at the end have connected, if at all, within the last seconds.
    let made = run.simulation().mysql_status("db-1").unwrap().connections;
    assert_eq!(made, connects as u64);
}

/// What crosses on an open connection when the process behind it dies is not refused: it was connected. Its driver finds the connection gone.
#[test]
fn a_query_that_crosses_when_the_database_dies_finds_its_connection_gone() {
    let run = far_away(&[(DEED, kill("db-1/mysql"))]);
    let crossed = |record: &&RequestRecord| {
        (at(DEED - 0.48)..at(DEED)).contains(&record.started_at) && is_asked_at_once(record)
    };
    let causes: Vec<_> = run.simulation().records().filter(crossed).map(cause).collect();
    assert!(
        !causes.is_empty() && causes.iter().all(|cause| cause.contains("error 2013")),
        "{causes:?}"
    );
    // On a machine that died with it, nobody answers until `read_timeout`.
    let run = far_away(&[(DEED, kill("db-1"))]);
    let failed = run.simulation().records().filter(|record| {
        (at(DEED - 0.48)..at(DEED)).contains(&record.started_at)
            && cause(record).contains("does not answer")
    });
    let waits: Vec<f64> = failed.map(|record| record.response_time().as_secs_f64()).collect();
    assert!(!waits.is_empty() && waits.iter().all(|wait| (5.0..5.5).contains(wait)), "{waits:?}");
}
