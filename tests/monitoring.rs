//! The collector: what it tells of what the agents measure, from which threshold on, and of a machine that it does not hear.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::{Edit, Infrastructure, Peer, Policy, Preset, Protocol, Rule, Service};
use foobar_lab::kernel::SimDuration;
use foobar_lab::run::Run;
use foobar_lab::sim::{Action, Alarm, FactKind, Plan};
use given::{kill, restore, run};

const DEED: f64 = 20.0;

/// The alerts of a kind: when they were raised or were over, on which machine.
fn told(run: &Run, wanted: Alarm, over: bool) -> Vec<(f64, String)> {
    let facts = run.simulation().facts().iter().filter(|fact| match fact.kind {
        FactKind::AlertFired { alarm } => alarm == wanted && !over,
        FactKind::AlertResolved { alarm } => alarm == wanted && over,
        _ => false,
    });
    facts.map(|fact| (fact.at.as_secs_f64(), fact.subject.clone())).collect()
}

fn of(infrastructure: Infrastructure, rate: f64, deeds: &[(f64, Action)], until: f64) -> Run {
    let mut plan = Plan::new(infrastructure, 1);
    plan.workload.rate = rate;
    run(plan, deeds, until)
}

/// No page has its data: within a scrape and the delay of 10 s both balancers' share of errors is told, and when a minute has passed without
/// any it is over.
#[test]
fn a_share_of_errors() {
    let deeds = [(DEED, kill("db-1/mysql")), (40.0, restore("db-1/mysql"))];
    let run = of(Preset::Brief.infrastructure(), 40.0, &deeds, 140.0);
    let fired = told(&run, Alarm::Errors(5), false);
    assert_eq!(fired.len(), 2, "{fired:?}");
    assert!(fired.iter().all(|(time, _)| (DEED + 10.0..DEED + 25.0).contains(time)), "{fired:?}");
    let over = told(&run, Alarm::Errors(5), true);
    assert_eq!(over.len(), 2, "{over:?}");
    assert!(over.iter().all(|(time, _)| (95.0..115.0).contains(time)), "{over:?}");
}

/// Two workers that need 20 ms for a file serve 100 a second.
#[test]
fn too_many_requests_a_second_for_a_web_server() {
    let with = |rate: f64| {
        let mut infrastructure = Preset::Brief.infrastructure();
        for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
            if let Service::Nginx(nginx) = service {
                nginx.service_time = SimDuration::from_ms(20);
            }
        }
        let mut plan = Plan::new(infrastructure, 1);
        (plan.workload.rate, plan.workload.static_share) = (rate, 1.0);
        let run = run(plan, &[], 60.0);
        let fired = told(&run, Alarm::Rate(80), false).into_iter();
        let mut hosts: Vec<String> = fired.map(|(_, host)| host).collect();
        hosts.dedup();
        hosts
    };
    assert!(with(60.0).is_empty());
    assert_eq!(with(95.0), ["web-1"]);
}

#[test]
fn requests_that_wait_before_an_application() {
    // Nobody takes it out.
    let mut unchecked = Preset::Brief.infrastructure();
    for service in unchecked.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Haproxy(haproxy) = service {
            let servers = haproxy.backends.iter_mut().flat_map(|backend| &mut backend.servers);
            servers.for_each(|server| server.check = false);
        }
    }
    let deeds = [(DEED, Action::Slow { host: "app-1".into(), factor: 20.0 })];
    let run = of(unchecked, 40.0, &deeds, 60.0);
    let waiting = told(&run, Alarm::Waiting(100), false);
    assert!(waiting.iter().any(|(_, host)| host == "app-1"), "{waiting:?}");
    let well = of(Preset::Brief.infrastructure(), 40.0, &[], 60.0);
    assert_eq!(told(&well, Alarm::Waiting(100), false), []);
}

/// No user notices any of these.
#[test]
fn a_replica_without_its_source_and_a_full_disk() {
    let deeds = [(DEED, Action::Link("db-1:db-2:cut".parse().unwrap()))];
    let run = of(Preset::Extended.infrastructure(), 40.0, &deeds, 120.0);
    let lost = told(&run, Alarm::Replica(SimDuration::from_secs(10)), false);
    assert_eq!(lost.len(), 1, "{lost:?}");
    // It gives its source up after a minute without a word.
    assert!(lost[0].1 == "db-2" && (DEED + 60.0..DEED + 80.0).contains(&lost[0].0), "{lost:?}");
    let full = Action::Degrade {
        component: "db-1/mysql".parse().unwrap(),
        gray: "disk-full".parse().unwrap(),
    };
    let run = of(Preset::Extended.infrastructure(), 40.0, &[(DEED, full)], 60.0);
    let told = told(&run, Alarm::DiskFull, false);
    assert_eq!(told.iter().map(|(_, host)| host.as_str()).collect::<Vec<_>>(), ["db-1"]);
}

/// Whoever hangs at no network any more is silent, though it runs; one link that is whole is enough.
#[test]
fn a_machine_that_no_link_leads_to() {
    let cut = |others: &[&str]| {
        let link =
            |other: &&str| (DEED, Action::Link(format!("web-1:{other}:cut").parse().unwrap()));
        let deeds: Vec<(f64, Action)> = others.iter().map(link).collect();
        let run = of(Preset::Brief.infrastructure(), 20.0, &deeds, 60.0);
        told(&run, Alarm::Silent, false).into_iter().map(|(_, host)| host).collect::<Vec<_>>()
    };
    assert!(cut(&["lb-1", "lb-2", "app-1", "app-2"]).is_empty());
    assert_eq!(cut(&["lb-1", "lb-2", "app-1", "app-2", "db-1"]), ["web-1"]);
}

fn edited(edits: &[&str]) -> Infrastructure {
    let mut infrastructure = Preset::Brief.infrastructure();
    for edit in edits {
        edit.parse::<Edit>().unwrap().apply(&mut infrastructure).unwrap();
    }
    infrastructure
}

/// A database 50 times slower: one page in two takes longer than 400 ms. When a minute has passed without that it is over.
#[test]
fn the_p95_of_the_site() {
    let slow = |factor| Action::Slow { host: "db-1".into(), factor };
    let deeds = [(DEED, slow(50.0)), (50.0, slow(1.0))];
    let p95 = |infrastructure: Infrastructure, most: u64, over: bool| {
        let run = of(infrastructure, 20.0, &deeds, 160.0);
        told(&run, Alarm::Latency(SimDuration::from_ms(most)), over)
    };
    let wide = edited(&["monitoring.alert_latency:site=400ms"]);
    let fired = p95(wide.clone(), 400, false);
    assert_eq!(fired.len(), 1, "{fired:?}");
    assert_eq!(fired[0].1, "www.foobar.com");
    // Until they are five of the last minute's hundred, and `for`.
    assert!((DEED + 10.0..DEED + 27.0).contains(&fired[0].0), "{fired:?}");
    let over = p95(wide, 400, true);
    assert!(over.len() == 1 && (90.0..122.0).contains(&over[0].0), "{over:?}");
    // As far as a minute and more of patience goes nobody is told.
    assert_eq!(p95(edited(&["monitoring.alert_latency:site=1h"]), 3_600_000, false), []);
}

/// Who sets the threshold lower or the delay longer is told of less or later.
#[test]
fn thresholds_and_the_delay_are_as_they_are_set() {
    let deeds = [(DEED, kill("db-1/mysql"))];
    let fired = |edits: &[&str], most: u32| {
        told(&of(edited(edits), 40.0, &deeds, 120.0), Alarm::Errors(most), false)
    };
    assert_eq!(fired(&[], 5).len(), 2);
    // Two fifths of the requests are for files, which need no database.
    assert_eq!(fired(&["monitoring.alert_errors:site=75"], 75), []);
    let late = fired(&["monitoring.alert_for:site=40s"], 5);
    assert!(late.iter().all(|(time, _)| (DEED + 40.0..DEED + 55.0).contains(time)), "{late:?}");
    assert_eq!(late.len(), 2);
    let words = Alarm::Errors(75).to_string();
    assert_eq!(words, "over 75 % of the last minute's answers are errors");
}

/// The collector stands outside: while routing has not found another uplink it hears nobody, and if there is none it says so.
#[test]
fn a_site_without_a_way_out() {
    let cut = |uplink: &str| (DEED, Action::CutUplink { uplink: uplink.into() });
    let one = of(Preset::Brief.infrastructure(), 20.0, &[cut("uplink-1")], 60.0);
    assert_eq!(told(&one, Alarm::Silent, false), [], "the backup is there in 5 s");
    let both = of(Preset::Brief.infrastructure(), 20.0, &[cut("uplink-1"), cut("uplink-2")], 60.0);
    assert_eq!(told(&both, Alarm::Silent, false).len(), 6);
    // What is not measured is neither wrong nor well.
    assert_eq!(told(&both, Alarm::Errors(5), false), []);
}

/// The way of one machine to the collector: its link, and a rule for what goes out.
#[test]
fn a_machine_without_a_way_to_the_collector() {
    let silent = |infrastructure: Infrastructure, deeds: &[(f64, Action)]| {
        let run = of(infrastructure, 20.0, deeds, 60.0);
        told(&run, Alarm::Silent, false).into_iter().map(|(_, host)| host).collect::<Vec<_>>()
    };
    for (change, wanted) in [
        ("web-1:collector:cut", &["web-1"][..]),
        ("web-1>collector:cut", &["web-1"]),
        ("collector>web-1:cut", &["web-1"]),
        ("web-1:collector:loss=1", &["web-1"]),
        // The agent has 5 s, as long as from scrape to scrape.
        ("web-1:collector:delay=3s", &["web-1"]),
        ("web-1:collector:delay=2s", &[]),
    ] {
        let deed = (DEED, Action::Link(change.parse().unwrap()));
        assert_eq!(silent(Preset::Brief.infrastructure(), &[deed]), wanted, "{change}");
    }
    let mut guarded = Preset::Brief.infrastructure();
    guarded.rules.push(Rule {
        name: "nothing-out".to_owned(),
        from: Peer::Zone("app".to_owned()),
        to: Peer::Internet,
        protocol: Protocol::Any,
        policy: Policy::Deny,
        reason: "nothing leaves".to_owned(),
        disabled: false,
    });
    assert_eq!(silent(guarded.clone(), &[]), ["app-1", "app-2"]);
    let open = Action::DropRule { rule: "nothing-out".to_owned() };
    assert!(silent(guarded, &[(0.0, open)]).is_empty());
}
