//! What the tiers do with TLS, sessions and a deploy.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::{
    Cookie, CookieMode, Distribution, Haproxy, Infrastructure, Preset, ProxyCache, Service,
    SessionStore, Tls,
};
use foobar_lab::kernel::SimDuration;
use foobar_lab::run::Run;
use foobar_lab::sim::{Action, DYNAMIC_PATH, Plan, WRITE_PATH};
use given::{at, facts, kill, restore, run};

fn with_haproxy(
    mut infrastructure: Infrastructure,
    change: impl Fn(&mut Haproxy),
) -> Infrastructure {
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Haproxy(haproxy) = service {
            change(haproxy);
        }
    }
    infrastructure
}

fn played(infrastructure: Infrastructure, rate: f64, deeds: &[(f64, Action)]) -> Run {
    let mut plan = Plan::new(infrastructure, 1);
    plan.workload.rate = rate;
    run(plan, deeds, 60.0)
}

fn median_ms(run: &Run) -> f64 {
    run.simulation().response_times().quantile(0.5).unwrap().as_ms_f64()
}

fn outcomes(run: &Run, wanted: &str) -> u64 {
    let all = run.simulation().outcomes();
    all.filter(|(outcome, _)| outcome.to_string() == wanted).map(|(_, count)| count).sum()
}

const FREE: Tls = Tls {
    resumed_percent: 0,
    full_work: SimDuration::ZERO,
    resumed_work: SimDuration::ZERO,
    ..Tls::USUAL
};

/// A round trip to the users is 30 ms: TLS 1.3 takes one more than TCP, 1.2 two, a resumed session of either one.
#[test]
fn handshakes_cost_round_trips() {
    let median = |round_trips: u32, resumed_percent: u32| {
        let infrastructure = with_haproxy(Preset::Brief.infrastructure(), |haproxy| {
            haproxy.tls_round_trips = round_trips;
            // Whichever balancer a client comes to, it knows the ticket of the other.
            haproxy.tls = Some(Tls { resumed_percent, tls_ticket_keys: true, ..FREE });
        });
        median_ms(&played(infrastructure, 20.0, &[]))
    };
    let (plain, tls_1_3, tls_1_2) = (median(0, 0), median(1, 0), median(2, 0));
    assert!((tls_1_3 - plain - 30.0).abs() < 2.0, "{plain} {tls_1_3}");
    assert!((tls_1_2 - plain - 60.0).abs() < 2.0, "{plain} {tls_1_2}");
    assert!((median(2, 100) - tls_1_3).abs() < 2.0);
    let usual = median_ms(&played(Preset::Brief.infrastructure(), 20.0, &[]));
    assert!((usual - tls_1_3).abs() < 1e-9, "the brief's balancers speak TLS 1.3");
}

/// So many requests a second for files that Nginx has at hand.
fn quick_files(infrastructure: Infrastructure, rate: f64) -> Plan {
    let mut plan = Plan::new(infrastructure, 1);
    (plan.workload.rate, plan.workload.static_share) = (rate, 1.0);
    for service in plan.infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Nginx(nginx) = service {
            nginx.service_time = SimDuration::from_us(10);
        }
    }
    plan
}

/// A full handshake is 0.75 ms of work for a core: two cores are done with 2,667 a second, and not with more.
#[test]
fn handshakes_keep_the_cores_busy() {
    let at_rate = |rate: f64, resumed_percent: u32| {
        let infrastructure = with_haproxy(Preset::Secured.infrastructure(), |haproxy| {
            haproxy.tls = Some(Tls { resumed_percent, ..Tls::USUAL });
        });
        median_ms(&run(quick_files(infrastructure, rate), &[], 3.0))
    };
    let (calm, busy) = (at_rate(100.0, 0), at_rate(3200.0, 0));
    assert!(busy > calm + 50.0, "{calm} {busy}");
    assert!(at_rate(3200.0, 100) < calm + 1.0, "resumed sessions are five times cheaper");
}

/// All clients bring a ticket, to balancers with keys of their own or from a file. TLS 1.2: a resumed session saves a round trip, 30 ms.
fn with_tickets(preset: Preset, tls_ticket_keys: bool, costs: Tls) -> Infrastructure {
    with_haproxy(preset.infrastructure(), |haproxy| {
        haproxy.tls_round_trips = 2;
        haproxy.tls = Some(Tls { resumed_percent: 100, tls_ticket_keys, ..costs });
    })
}

/// The response times of the requests that were sent from one second to another, in milliseconds, the shortest first.
fn times_between(run: &Run, [from, to]: [f64; 2]) -> Vec<f64> {
    let all = run.simulation().records();
    let sent = all.filter(|record| record.started_at >= at(from) && record.started_at < at(to));
    let times = sent.map(|record| record.ended_at.since(record.started_at).as_ms_f64());
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    times
}

fn median_between(run: &Run, span: [f64; 2]) -> f64 {
    let times = times_between(run, span);
    times[times.len() / 2]
}

/// lb-2 cannot open the tickets of lb-1: after the takeover each client makes one full handshake, unless both have the same keys.
#[test]
fn after_a_takeover_each_client_makes_a_full_handshake() {
    let medians = |tls_ticket_keys: bool| {
        let infrastructure = with_tickets(Preset::Literal, tls_ticket_keys, FREE);
        let mut plan = quick_files(infrastructure, 40.0);
        plan.workload.clients = 1000;
        let run = run(plan, &[(20.0, kill("lb-1"))], 80.0);
        [[5.0, 19.0], [24.5, 26.5], [70.0, 79.0]].map(|span| median_between(&run, span))
    };
    let [before, taken_over, later] = medians(false);
    assert!((taken_over - before - 30.0).abs() < 2.0, "{before} {taken_over}");
    assert!((later - before).abs() < 2.0, "{before} {later}: nearly all have a ticket of lb-2");
    let [before, taken_over, _] = medians(true);
    assert!((taken_over - before).abs() < 2.0, "{before} {taken_over}");
}

/// Who comes to the other address than the time before makes a full handshake: every second request, where both balancers are active.
#[test]
fn two_active_balancers_cannot_open_each_others_tickets() {
    let full = |tls_ticket_keys: bool| {
        let infrastructure = with_tickets(Preset::Brief, tls_ticket_keys, FREE);
        let run = run(quick_files(infrastructure, 40.0), &[], 60.0);
        let times = times_between(&run, [0.0, 59.0]);
        let longer = times.iter().filter(|time| **time > times[0] + 20.0).count();
        longer as f64 / times.len() as f64
    };
    let (own, shared) = (full(false), full(true));
    assert!((0.4..0.6).contains(&own), "{own}");
    assert!(shared < 0.01, "{shared}");
}

/// A process that was started anew opens no ticket, and 3,200 full handshakes a second are more than two cores can do.
#[test]
fn a_restart_is_a_burst_of_work_for_the_cores() {
    let after_a_restart = |tls_ticket_keys: bool| {
        let infrastructure = with_tickets(Preset::Secured, tls_ticket_keys, Tls::USUAL);
        let mut plan = quick_files(infrastructure, 3200.0);
        plan.workload.clients = 100_000;
        let deeds = [(0.5, kill("lb-1/haproxy")), (0.6, restore("lb-1/haproxy"))];
        median_between(&run(plan, &deeds, 3.5), [2.5, 3.0])
    };
    let (own, shared) = (after_a_restart(false), after_a_restart(true));
    assert!(own > shared + 50.0, "{own} {shared}");
}

#[test]
fn encrypting_again_costs_a_round_trip_inside() {
    let median = |to_servers: bool| {
        let mut infrastructure = with_haproxy(Preset::Brief.infrastructure(), |haproxy| {
            haproxy.tls = Some(Tls { to_servers, ..FREE });
        });
        infrastructure.network.lan_latency = SimDuration::from_ms(10);
        median_ms(&played(infrastructure, 20.0, &[]))
    };
    let more = median(true) - median(false);
    assert!((more - 20.0).abs() < 2.0, "{more}");
}

/// The second balancer's certificate has expired: nobody notices until it has to take over.
#[test]
fn a_certificate_that_is_right_on_one_balancer_only() {
    let mut infrastructure = with_haproxy(Preset::Literal.infrastructure(), |haproxy| {
        haproxy.tls = Some(Tls::USUAL);
    });
    for service in &mut infrastructure.hosts[1].services {
        if let Service::Haproxy(haproxy) = service {
            haproxy.tls = Some(Tls { certificate: false, ..Tls::USUAL });
        }
    }
    let well = played(infrastructure.clone(), 40.0, &[]);
    assert_eq!(well.simulation().counts().failed, 0);
    let taken_over = played(infrastructure, 40.0, &[(20.0, kill("lb-1"))]);
    assert!(outcomes(&taken_over, "wrong certificate") > 1000);
}

fn with_sessions(store: SessionStore, cookie: bool) -> Infrastructure {
    let mut infrastructure = Preset::Brief.infrastructure();
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        match service {
            Service::App(app) => app.sessions = store,
            Service::Haproxy(haproxy) if cookie => {
                let backend = &mut haproxy.backends[1];
                backend.cookie = Some(Cookie {
                    name: "SRV".to_owned(),
                    mode: CookieMode::Insert,
                    indirect: true,
                    nocache: true,
                    preserve: false,
                });
                for server in &mut backend.servers {
                    server.cookie = Some(server.name.clone());
                }
            }
            _ => {}
        }
    }
    infrastructure
}

/// Sessions that each server keeps to itself: users are logged out at every other page, unless a cookie binds them to their server; and
/// then too when it dies. In a shared store nobody is.
#[test]
fn persistence_matters_only_to_local_sessions() {
    let death = [(30.0, kill("app-1/app"))];
    let logged_out = |store, cookie, deeds: &[(f64, Action)]| {
        played(with_sessions(store, cookie), 60.0, deeds).simulation().logged_out()
    };
    assert_eq!(logged_out(SessionStore::Shared, false, &death), 0);
    assert!(logged_out(SessionStore::Local, false, &[]) > 500);
    // A user whose first two pages are on their way at once has no cookie yet.
    assert!(logged_out(SessionStore::Local, true, &[]) <= 3);
    let of_the_dead = logged_out(SessionStore::Local, true, &death);
    assert!((50..=130).contains(&of_the_dead), "half of the 200 users: {of_the_dead}");
}

/// A rolling deploy: each application is asked to end, and started again. It finishes what it has, so that nobody is lost; who drains it
/// first spares users the seconds of trying again.
#[test]
fn a_rolling_deploy_with_and_without_drain() {
    let order = |text: &str| Action::Command { balancer: None, command: text.parse().unwrap() };
    let mut careful = Vec::new();
    let mut careless = Vec::new();
    for (start, server) in [(10.0, "app-1"), (30.0, "app-2")] {
        let service = format!("{server}/app");
        careful.push((start, order(&format!("set server app/{server} state drain"))));
        careful.push((start + 5.0, stop(&service)));
        careful.push((start + 8.0, restore(&service)));
        careful.push((start + 13.0, order(&format!("set server app/{server} state ready"))));
        careless.push((start + 5.0, stop(&service)));
        careless.push((start + 8.0, restore(&service)));
    }
    let infrastructure = Preset::Brief.infrastructure();
    let careful = played(infrastructure.clone(), 60.0, &careful);
    assert_eq!(careful.simulation().counts().failed, 0);
    let careless = played(infrastructure, 60.0, &careless);
    let slowest = |run: &Run| run.simulation().response_times().max();
    assert!(slowest(&careful) < SimDuration::from_secs(1), "{}", slowest(&careful));
    // Whoever is refused meanwhile is tried again, a second after a second, until another server may take it.
    assert!(slowest(&careless) > SimDuration::from_secs(3), "{}", slowest(&careless));
}

/// Two pages a second that each take the application so long, with a worker and a core for everybody.
fn long_pages(preset: Preset, seconds: u64, seed: u64) -> Plan {
    let mut infrastructure = preset.infrastructure();
    for host in &mut infrastructure.hosts {
        for service in &mut host.services {
            if let Service::App(app) = service {
                (host.cores, app.workers) = (16, 16);
                app.service_time = SimDuration::from_secs(seconds);
                app.service_distribution = Distribution::Constant;
            }
        }
    }
    let mut plan = Plan::new(infrastructure, seed);
    (plan.workload.rate, plan.workload.static_share) = (2.0, 0.0);
    plan
}

/// How such pages ended that users asked for from one second to another, over ten seeds, without repetition.
fn ends_of_long_pages(
    (preset, seconds): (Preset, u64),
    deeds: &[(f64, Action)],
    [from, to]: [f64; 2],
) -> Vec<String> {
    let mut ends = Vec::new();
    for seed in 1..=10 {
        let run = run(long_pages(preset, seconds, seed), deeds, 40.0);
        let records = run.simulation().records();
        let sent = records.filter(|page| page.started_at >= at(from) && page.started_at < at(to));
        ends.extend(sent.map(|page| page.outcome.to_string()));
    }
    ends.sort();
    ends.dedup();
    ends
}

fn stop(service: &str) -> Action {
    Action::Stop(service.parse().unwrap())
}

/// Asked to end, an application finishes what its workers have (gunicorn, `graceful_timeout`). The kernel goes on taking connections for it
/// until the last worker has ended, and resets them then.
#[test]
fn an_application_that_is_asked_to_end_finishes_its_work() {
    let ends = |deed, span| ends_of_long_pages((Preset::Brief, 2), &[(20.0, deed)], span);
    assert_eq!(ends(stop("app-1/app"), [15.0, 19.8]), ["200"]);
    assert_eq!(ends(kill("app-1/app"), [15.0, 19.8]), ["200", "502 SH"]);
    assert!(ends(stop("app-1/app"), [20.1, 21.0]).contains(&"502 SH".to_owned()));
}

/// It runs until then, and who wants it back has it no sooner.
#[test]
fn an_application_is_started_again_when_it_has_ended() {
    let deeds = [(20.0, stop("app-1/app")), (20.5, restore("app-1/app"))];
    let mut latest = 0.0_f64;
    for seed in 1..=5 {
        let run = run(long_pages(Preset::Brief, 4, seed), &deeds, 40.0);
        assert_eq!(facts(&run, "stopped", 20.0).len(), 1);
        let returned = facts(&run, "service-returned", 20.0);
        assert_eq!(returned.len(), 1, "{returned:?}");
        assert!((20.5..24.3).contains(&returned[0].0) && returned[0].1 == "app-1/app");
        latest = latest.max(returned[0].0);
        let last = run.simulation().records().rfind(|page| page.started_at < at(30.0)).unwrap();
        assert!(last.outcome.is_ok(), "{last:?}");
    }
    assert!(latest > 22.0, "some have pages in their hands: {latest}");
}

/// Nginx, asked to end by Debian's unit, closes its port at once and has five seconds for what it holds.
#[test]
fn nginx_that_is_asked_to_end_finishes_its_work() {
    let ends =
        |seconds, deed, span| ends_of_long_pages((Preset::Literal, seconds), &[(20.0, deed)], span);
    assert_eq!(ends(2, stop("web-1/nginx"), [15.0, 19.8]), ["200"]);
    assert_eq!(ends(2, kill("web-1/nginx"), [15.0, 19.8]), ["200", "502 SH"]);
    assert_eq!(ends(2, stop("web-1/nginx"), [20.1, 35.0]), ["503 SC"]);
    assert_eq!(ends(7, stop("web-1/nginx"), [18.5, 19.8]), ["502 SH"]);
}

/// A megabyte for everybody: a card of 100 Mbit/s sends twelve a second, a gigabit card ten times as many.
#[test]
fn a_network_card_is_full_before_anything_else() {
    let median = |mbit: u32, kib: u32| {
        let mut infrastructure = Preset::Simple.infrastructure();
        infrastructure.hosts[0].network_mbit = mbit;
        let mut plan = Plan::new(infrastructure, 1);
        plan.workload.rate = 15.0;
        plan.workload.answer_kib = kib;
        median_ms(&run(plan, &[], 60.0))
    };
    let without = median(1000, 0);
    let gigabit = median(1000, 1024);
    assert!((5.0..15.0).contains(&(gigabit - without)), "8.4 ms and little waiting: {gigabit}");
    assert!(median(100, 1024) > 2000.0, "more than it can send");
}

/// A cache takes load off the applications, and with old pages hides their death.
#[test]
fn a_cache_hides_the_application() {
    let with_cache = |cache: Option<ProxyCache>| {
        let mut infrastructure = Preset::Literal.infrastructure();
        for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
            if let Service::Nginx(nginx) = service {
                nginx.proxy_pass.as_mut().unwrap().cache = cache;
            }
        }
        let mut plan = Plan::new(infrastructure, 1);
        plan.workload.write_share = 0.0;
        plan.workload.rate = 40.0;
        run(plan, &[(30.0, kill("app-1/app"))], 60.0)
    };
    let pages = |run: &Run| run.simulation().effort("app-1").unwrap().served;
    let valid = SimDuration::from_secs(1);
    let none = with_cache(None);
    let fresh = with_cache(Some(ProxyCache { valid, use_stale: false }));
    let stale = with_cache(Some(ProxyCache { valid, use_stale: true }));
    assert!(pages(&none) > 600 && pages(&fresh) < 100, "{} {}", pages(&none), pages(&fresh));
    assert!(outcomes(&none, "502 --") > 600 && outcomes(&fresh, "502 --") > 500);
    assert_eq!(stale.simulation().counts().failed, 0);
}

/// One disk makes one change durable after the other: 40 ms each, and 25 writes a second are all it can do.
#[test]
fn a_disk_is_saturated_by_writes_alone() {
    let median_of = |path: &str, rate: f64| {
        let mut infrastructure = Preset::Extended.infrastructure();
        infrastructure.hosts.iter_mut().for_each(|host| host.disk_iops = 25);
        let mut plan = Plan::new(infrastructure, 1);
        (plan.workload.rate, plan.workload.static_share) = (rate, 0.0);
        plan.workload.write_share = 0.5;
        let run = run(plan, &[], 30.0);
        let own = run.simulation().records().filter(|record| record.path == path);
        let mut times: Vec<f64> = own.map(|record| record.response_time().as_secs_f64()).collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let (calm, busy) = (median_of(WRITE_PATH, 20.0), median_of(WRITE_PATH, 48.0));
    assert!(busy > calm + 0.1, "{calm} {busy}");
    assert!(median_of(DYNAMIC_PATH, 20.0) < calm, "reads go elsewhere");
}

/// A connection that is kept saves the round trip of opening one; those that one application keeps another cannot have.
#[test]
fn a_pool_saves_a_round_trip_and_keeps_what_it_has() {
    let played_with = |keeps_connections: bool, max_connections: u32, deeds: &[(f64, Action)]| {
        let mut infrastructure = Preset::Brief.infrastructure();
        infrastructure.network.lan_latency = SimDuration::from_ms(5);
        infrastructure.hosts.iter_mut().for_each(|host| host.cores = 64);
        for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
            match service {
                Service::App(app) => (app.workers, app.keeps_connections) = (20, keeps_connections),
                Service::Mysql(mysql) => {
                    mysql.max_connections = max_connections;
                    mysql.service_time = SimDuration::from_ms(200);
                    mysql.threads = 64;
                }
                _ => {}
            }
        }
        let mut plan = Plan::new(infrastructure, 1);
        (plan.workload.rate, plan.workload.static_share) = (30.0, 0.0);
        run(plan, deeds, 60.0)
    };
    let saved = median_ms(&played_with(false, 151, &[])) - median_ms(&played_with(true, 151, &[]));
    assert!((6.0..14.0).contains(&saved), "two crossings of 5 ms: {saved}");
    // While app-2 is away app-1 needs them all, and keeps them. When app-2 is back it finds few left.
    let away = [(5.0, kill("app-2/app")), (30.0, restore("app-2/app"))];
    let failed = |keeps: bool| {
        let run = played_with(keeps, 16, &away);
        let late = run.simulation().records().filter(|record| record.started_at > at(40.0));
        late.filter(|record| record.outcome.to_string() == "500 --").count()
    };
    assert!(failed(true) > 2 * failed(false), "{} {}", failed(true), failed(false));
}
