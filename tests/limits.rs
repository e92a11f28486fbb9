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
use std::thread::{self, JoinHandle};
use std::time::Duration;

use foobar_lab::infra::{App, Haproxy, Preset, Service};
use foobar_lab::kernel::{SimDuration, SimTime};
use foobar_lab::run::Run;
use foobar_lab::sim::{History, Plan};
use given::{
    Balancer, Database, Greeting, Gunicorn, Hanging, Pages, ask, greeting, request, until,
    wait_until_it_keeps,
};

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
    let port = balancer.port;
    let some =
        |clients| (0..clients).map(|_| thread::spawn(move || request(port))).collect::<Vec<_>>();
    let mut clients = some(4);
    wait_until_it_keeps(hanging.port(), 4);
    clients.extend(some(8));
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

/// Asks for a page so many times at once.
fn ask_at_once(port: u16, path: &'static str, count: usize) -> Vec<JoinHandle<u16>> {
    (0..count).map(|_| thread::spawn(move || ask(port, path))).collect()
}

/// The brief's site, asked so many times a second for pages alone, with these application servers and this `HAProxy`.
fn pages(rate: f64, app: impl Fn(&mut App), haproxy: impl Fn(&mut Haproxy)) -> Plan {
    let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
    (plan.workload.rate, plan.workload.static_share) = (rate, 0.0);
    for service in plan.infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        match service {
            Service::App(own) => app(own),
            Service::Haproxy(own) => {
                own.backends[1].servers.iter_mut().for_each(|server| server.check = false);
                haproxy(own);
            }
            _ => {}
        }
    }
    plan
}

/// A real application server has room for its workers, its backlog and one more; the kernel is silent to the rest (503 sC).
#[test]
#[ignore = "starts the installed gunicorn and HAProxy"]
fn an_application_server_has_room_for_workers_backlog_and_one() {
    let gunicorn = Gunicorn::start(1, &["--backlog", "2"]);
    let balancer = Balancer::start(gunicorn.port, "timeout connect 300ms\nretries 0\n");
    let mut clients = ask_at_once(balancer.port, "/hold", 1);
    until(|| gunicorn.said("begin") == 1);
    clients.extend(ask_at_once(balancer.port, "/hold", 3));
    wait_until_it_keeps(gunicorn.port, 3);
    clients.extend(ask_at_once(balancer.port, "/hold", 4));
    assert_eq!(balancer.log(4), ["/hold 503 sC"; 4]);
    gunicorn.let_go();
    for client in clients {
        client.join().unwrap();
    }
    let expected = [["/hold 200 "; 4], ["/hold 503 sC"; 4]].concat();
    assert_eq!(balancer.log(8), expected);
    // The same in the model: a worker that never ends, and who comes while four are there gets no answer.
    let model = pages(
        40.0,
        |app| (app.workers, app.backlog, app.service_time) = (1, 2, SimDuration::from_secs(3600)),
        |haproxy| {
            (haproxy.timeouts.connect, haproxy.retries.retries) = (SimDuration::from_ms(300), 0);
        },
    );
    let mut run = Run::new(model, History::Off).unwrap();
    run.advance_to(SimTime::from_ms(5_000));
    // Two servers with four each.
    let counts = run.simulation().counts();
    let silent = run.simulation().outcomes().find(|(outcome, _)| outcome.to_string() == "503 sC");
    let connecting = counts.in_flight - 8;
    assert_eq!(silent.unwrap().1 + connecting + 8, counts.issued, "{counts:?}");
}

/// HAProxy gives up waiting (504 sH); the application knows nothing of it and works on every request to its end.
#[test]
#[ignore = "starts the installed gunicorn and HAProxy"]
fn an_application_works_on_for_nobody() {
    let gunicorn = Gunicorn::start(2, &[]);
    let balancer = Balancer::start(gunicorn.port, "timeout server 500ms\n");
    let clients = ask_at_once(balancer.port, "/hold", 8);
    assert_eq!(balancer.log(8), ["/hold 504 sH"; 8]);
    assert!(clients.into_iter().all(|client| client.join().unwrap() == 504));
    assert_eq!(gunicorn.said("end"), 0, "nobody waits any more, and nothing has ended");
    gunicorn.let_go();
    until(|| gunicorn.said("end") == 8);
    // In the model a server serves more than its balancer answered.
    let model = pages(
        60.0,
        |app| app.workers = 1,
        |haproxy| haproxy.timeouts.server = SimDuration::from_ms(500),
    );
    let mut run = Run::new(model, History::Off).unwrap();
    run.advance_to(SimTime::from_ms(20_000));
    let served: u64 =
        ["app-1", "app-2"].map(|host| run.simulation().effort(host).unwrap().served).iter().sum();
    assert!(served > 2 * run.simulation().counts().ok, "{served} {:?}", run.simulation().counts());
}

/// What fails inside a request: an error of the application and a refused allocation are 500; a worker that the kernel kills is 502 SH, and its
/// arbiter has another at once.
#[test]
#[ignore = "starts the installed gunicorn and HAProxy"]
fn errors_are_500_and_a_killed_worker_is_502() {
    let gunicorn = Gunicorn::start(1, &[]);
    let balancer = Balancer::start(gunicorn.port, "retries 0\n");
    let statuses = ["/raise", "/eat/1000", "/die", "/sleep/0"].map(|path| ask(balancer.port, path));
    assert_eq!(statuses, [500, 500, 502, 200]);
    let log = balancer.log(4);
    assert_eq!(log, ["/die 502 SH", "/eat/1000 500 ", "/raise 500 ", "/sleep/0 200 "]);
    assert_eq!(gunicorn.said("ready"), 2, "one worker after the other");
}

/// A worker that hangs is killed by its arbiter, which looks once a second: the client gets 502 SH between `timeout` and a second
/// later, and who waited is answered by the next worker.
#[test]
#[allow(clippy::disallowed_types, reason = "it is the real program's clock that is judged")]
#[ignore = "starts the installed gunicorn and HAProxy"]
fn the_arbiter_kills_a_worker_that_hangs() {
    let gunicorn = Gunicorn::start(1, &["--timeout", "1"]);
    let balancer = Balancer::start(gunicorn.port, "retries 0\n");
    let port = balancer.port;
    let mut killed = 0;
    let mut kill = || {
        let began = std::time::Instant::now();
        let hanging = thread::spawn(move || (ask(port, "/sleep/60"), began.elapsed()));
        until(|| gunicorn.said("begin") == 2 * killed + 1);
        assert_eq!(ask(port, "/sleep/0"), 200);
        let (status, after) = hanging.join().unwrap();
        assert_eq!(status, 502);
        assert!(after >= Duration::from_secs(1), "{after:?}");
        killed += 1;
        after
    };
    // A machine that is busy can only make it later: the shortest of a few is the arbiter's own time.
    let is_in_time = (0..5).any(|_| kill() < Duration::from_millis(2200));
    assert!(is_in_time, "the arbiter looks later than a second after the timeout");
    let expected = [vec!["/sleep/0 200 "; killed], vec!["/sleep/60 502 SH"; killed]].concat();
    assert_eq!(balancer.log(2 * killed), expected);
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
