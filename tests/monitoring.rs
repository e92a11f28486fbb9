//! The collector: what it tells of what the agents measure, and of a machine that no link leads to.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::{Infrastructure, Preset, Service};
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
    let fired = told(&run, Alarm::Errors, false);
    assert_eq!(fired.len(), 2, "{fired:?}");
    assert!(fired.iter().all(|(time, _)| (DEED + 10.0..DEED + 25.0).contains(time)), "{fired:?}");
    let over = told(&run, Alarm::Errors, true);
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
        let fired = told(&run, Alarm::Rate, false).into_iter();
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
    let waiting = told(&run, Alarm::Waiting, false);
    assert!(waiting.iter().any(|(_, host)| host == "app-1"), "{waiting:?}");
    let well = of(Preset::Brief.infrastructure(), 40.0, &[], 60.0);
    assert_eq!(told(&well, Alarm::Waiting, false), []);
}

/// No user notices any of these.
#[test]
fn a_replica_without_its_source_and_a_full_disk() {
    let deeds = [(DEED, Action::Link("db-1:db-2:cut".parse().unwrap()))];
    let run = of(Preset::Extended.infrastructure(), 40.0, &deeds, 120.0);
    let lost = told(&run, Alarm::Replica, false);
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
