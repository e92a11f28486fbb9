//! What is full, as the real programs show it: MariaDB without a connection left, an application whose kernel takes no more, and what
//! HAProxy makes of both for its clients. The model says the same of each.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

#[path = "limits/given.rs"]
mod given;

use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use foobar_lab::infra::{Preset, Service};
use foobar_lab::kernel::{SimDuration, SimTime};
use foobar_lab::run::Run;
use foobar_lab::sim::{History, Plan};
use given::{Balancer, Database, Greeting, Hanging, Pages, greeting, request};

/// `max_connections` of the database under test.
const MOST: usize = 10;

/// One connection more than `max_connections` is let in, for an administrator; the next is refused with error 1040, and does not wait. One that
/// ends makes room again.
#[test]
#[ignore = "starts the installed MariaDB"]
fn the_database_refuses_with_1040() {
    let database = Database::start(MOST);
    let mut held: Vec<_> = (0..=MOST).map(|_| greeting(database.port)).collect();
    assert!(held.iter().all(|(said, _)| *said == Greeting::Welcome), "{held:?}");
    assert_eq!(greeting(database.port).0, Greeting::Error(1040));
    held.pop();
    let is_free = |_: usize| {
        thread::sleep(Duration::from_millis(10));
        greeting(database.port).0 == Greeting::Welcome
    };
    assert!((0..500).any(is_free), "a place that is free stays taken");
}

/// Pages that each hold a connection: those that get none end in 500, which HAProxy hands on as it is; and so in the model.
#[test]
#[ignore = "starts the installed MariaDB and HAProxy"]
fn pages_without_a_connection_are_500_through_haproxy() {
    let database = Database::start(MOST);
    let pages = Pages::start(database.port);
    let balancer = Balancer::start(pages.port, "");
    let count = 3 * MOST;
    let (told, statuses) = mpsc::channel();
    for _ in 0..count {
        let (told, port) = (told.clone(), balancer.port);
        thread::spawn(move || told.send(request(port)));
    }
    let next = || statuses.recv_timeout(Duration::from_secs(20)).unwrap();
    // Those that have a connection answer only when all others have been told that there is none.
    for _ in 0..count - MOST - 1 {
        assert_eq!(next(), 500);
    }
    pages.may_answer.store(true, Ordering::Relaxed);
    for _ in 0..=MOST {
        assert_eq!(next(), 200);
    }

    let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
    plan.workload.rate = 400.0;
    plan.workload.static_share = 0.0;
    plan.infrastructure.hosts.iter_mut().for_each(|host| host.cores = 1000);
    for service in plan.infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        match service {
            Service::App(app) => app.workers = 200,
            Service::Mysql(mysql) => {
                mysql.max_connections = MOST as u32;
                mysql.service_time = SimDuration::from_ms(300);
            }
            _ => {}
        }
    }
    let outcomes = outcomes(plan);
    assert!(outcomes.contains(&"500 --".to_owned()) && outcomes.len() == 2, "{outcomes:?}");
}

/// An application that takes nothing off its backlog: the kernel takes so many connections for it, whose requests are never answered
/// (504 sH); to those that follow it says nothing at all (503 sC).
#[test]
#[ignore = "starts the installed HAProxy"]
fn a_full_backlog_is_silence_and_haproxy_says_503() {
    let hanging = Hanging::listen(3);
    let balancer =
        Balancer::start(hanging.port(), "timeout connect 400ms\ntimeout server 3s\nretries 0\n");
    let clients: Vec<_> = (0..12)
        .map(|_| {
            let port = balancer.port;
            thread::spawn(move || request(port))
        })
        .collect();
    let statuses: Vec<u16> = clients.into_iter().map(|client| client.join().unwrap()).collect();
    // Linux keeps one connection more than the backlog says.
    assert_eq!(statuses.iter().filter(|status| **status == 504).count(), 4, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 8, "{statuses:?}");

    let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
    plan.workload.rate = 40.0;
    plan.workload.static_share = 0.0;
    for service in plan.infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        match service {
            Service::App(app) => {
                (app.workers, app.backlog, app.service_time) = (1, 3, SimDuration::from_secs(3600));
            }
            Service::Haproxy(haproxy) => {
                haproxy.timeouts.connect = SimDuration::from_ms(400);
                haproxy.timeouts.server = SimDuration::from_secs(3);
                haproxy.retries.retries = 0;
                haproxy.backends[1].servers.iter_mut().for_each(|server| server.check = false);
            }
            _ => {}
        }
    }
    assert_eq!(outcomes(plan), ["503 sC", "504 sH"]);
}

/// How requests end in the model.
fn outcomes(plan: Plan) -> Vec<String> {
    let mut run = Run::new(plan, History::Off).unwrap();
    run.advance_to(SimTime::from_ms(10_000));
    let mut outcomes: Vec<String> =
        run.simulation().outcomes().map(|(outcome, _)| outcome.to_string()).collect();
    outcomes.sort();
    outcomes
}
