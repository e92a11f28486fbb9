//! Gray failures and half-broken networks: what is neither well nor dead, and what the tiers before it make of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::{
    Distribution, Infrastructure, LinkChange, LinkState, Preset, Service, Uplink,
};
use foobar_lab::kernel::SimDuration;
use foobar_lab::run::Run;
use foobar_lab::sim::{
    Action, DYNAMIC_PATH, Gray, Outcome, Plan, STATIC_PATH, Step, WRITE_PATH, cure,
};
use given::{at, facts, kill, restore, run};

const DEED: f64 = 20.0;

fn degrade(component: &str, gray: &str) -> Action {
    Action::Degrade { component: component.parse().unwrap(), gray: gray.parse().unwrap() }
}

fn link(change: &str) -> Action {
    Action::Link(change.parse().unwrap())
}

fn after(infrastructure: Infrastructure, deeds: &[(f64, Action)], until: f64) -> Run {
    let mut plan = Plan::new(infrastructure, 1);
    plan.workload.rate = 40.0;
    run(plan, deeds, until)
}

fn brief(deeds: &[(f64, Action)], until: f64) -> Run {
    after(Preset::Brief.infrastructure(), deeds, until)
}

/// The share of the requests for a path, sent in a span of time, that ended as wanted.
fn share(run: &Run, path: &str, [from, to]: [f64; 2], is: impl Fn(Outcome) -> bool) -> f64 {
    let records = run.simulation().records().filter(|record| record.path == path);
    let records =
        records.filter(|record| record.started_at >= at(from) && record.started_at < at(to));
    let ended: Vec<Outcome> = records.map(|record| record.outcome).collect();
    assert!(ended.len() > 20, "{path}: only {} requests", ended.len());
    ended.iter().filter(|outcome| is(**outcome)).count() as f64 / ended.len() as f64
}

fn ok(run: &Run, path: &str, span: [f64; 2]) -> f64 {
    share(run, path, span, Outcome::is_ok)
}

fn on_each_backend(change: impl Fn(&mut foobar_lab::infra::Backend)) -> Infrastructure {
    let mut infrastructure = Preset::Brief.infrastructure();
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Haproxy(haproxy) = service {
            haproxy.backends.iter_mut().for_each(&change);
        }
    }
    infrastructure
}

/// A check that only connects passes as long as the backlog has room, while every request of that server dies; a check that asks finds
/// out in a few seconds.
#[test]
fn a_tcp_check_passes_while_http_fails() {
    let deeds = [(DEED, degrade("app-1/app", "hang"))];
    let only_connects = after(on_each_backend(|backend| backend.httpchk = None), &deeds, 45.0);
    // Twelve pages a second come to it, four workers hang, and 128 fit into the backlog.
    let down = facts(&only_connects, "server-down", DEED);
    assert!(down.iter().all(|(time, _)| *time > DEED + 10.0), "{down:?}");
    let half = share(&only_connects, DYNAMIC_PATH, [DEED, 27.0], Outcome::is_ok);
    assert!(half < 0.65, "half of the pages hang: {half}");
    let asks = brief(&deeds, 60.0);
    let down = facts(&asks, "server-down", DEED);
    assert_eq!(down.len(), 2, "{down:?}");
    assert!(down.iter().all(|(time, _)| *time < DEED + 9.1), "{down:?}");
    assert!(ok(&asks, DYNAMIC_PATH, [DEED + 9.1, 55.0]) > 0.999);
}

/// Half of the requests failing is worse than all of them: the checks see nothing, and nobody takes the server out, unless somebody
/// watches the traffic (`observe layer7`).
#[test]
fn half_of_the_requests_fail_and_no_check_notices() {
    let deeds = [(DEED, degrade("app-1/app", "errors=0.5"))];
    let blind = brief(&deeds, 60.0);
    assert_eq!(facts(&blind, "server-down", DEED), []);
    let quarter = 1.0 - ok(&blind, DYNAMIC_PATH, [DEED, 55.0]);
    assert!((0.2..0.3).contains(&quarter), "half of one server of two: {quarter}");
    let watches = after(
        on_each_backend(|backend| {
            for server in &mut backend.servers {
                server.observe = Some(foobar_lab::infra::Observe::Layer7);
                server.error_limit = 2;
                server.on_error = foobar_lab::infra::OnError::MarkDown;
            }
        }),
        &deeds,
        60.0,
    );
    assert!(!facts(&watches, "server-down", DEED).is_empty());
    assert!(ok(&watches, DYNAMIC_PATH, [DEED, 55.0]) > 1.0 - quarter);
}

/// A service that flaps faster than `fall` checks need is never taken out: retries save its requests, a second later each.
#[test]
fn flapping_below_the_checks() {
    let slow = brief(&[(DEED, degrade("app-1/app", "flap=20s/20s"))], 50.0);
    assert!(!facts(&slow, "server-down", DEED).is_empty());
    let fast = brief(&[(DEED, degrade("app-1/app", "flap=2500ms/1500ms"))], 60.0);
    assert_eq!(facts(&fast, "server-down", DEED), []);
    assert!(facts(&fast, "service-died", DEED).len() >= 9);
    let late = |record: &&foobar_lab::sim::RequestRecord| {
        record.response_time() > SimDuration::from_ms(900) && record.started_at > at(DEED)
    };
    let late = fast.simulation().records().filter(late).count();
    assert!(late > 40, "{late} of about 500 pages of that server");
}

/// The arbiter kills a worker that hangs after `timeout`: the balancer sees the connection closed (502 SH), not its own timeout.
#[test]
fn hanging_workers_are_killed_before_the_balancer_gives_up_if_their_timeout_is_shorter() {
    let outcome = |timeout: u64| {
        let mut infrastructure = on_each_backend(|backend| backend.httpchk = None);
        for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
            if let Service::App(app) = service {
                app.timeout = SimDuration::from_secs(timeout);
            }
        }
        let deeds = [(DEED, degrade("app-1/app", "hang")), (DEED, degrade("app-2/app", "hang"))];
        let run = after(infrastructure, &deeds, 50.0);
        let mut records = run.simulation().records();
        let first =
            records.find(|record| record.started_at > at(DEED) && record.path == DYNAMIC_PATH);
        first.unwrap().outcome.to_string()
    };
    assert_eq!(outcome(5), "502 SH");
    assert_eq!(outcome(30), "504 sH");
}

/// A worker that works, or waits for the database, for longer than `timeout` is killed when the arbiter looks the next time, which it does once
/// a second (measured with gunicorn, tests/limits.rs); a quicker one is not.
#[test]
fn a_worker_that_takes_longer_than_its_timeout_is_killed() {
    let played = |own_ms: u64, query_ms: u64| {
        let mut infrastructure = on_each_backend(|backend| backend.httpchk = None);
        for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
            match service {
                Service::App(app) => {
                    app.service_time = SimDuration::from_ms(own_ms);
                    app.service_distribution = Distribution::Constant;
                    app.timeout = SimDuration::from_secs(2);
                }
                Service::Mysql(mysql) => {
                    mysql.service_time = SimDuration::from_ms(query_ms);
                    mysql.service_distribution = Distribution::Constant;
                }
                _ => {}
            }
        }
        let mut plan = Plan::new(infrastructure, 1);
        (plan.workload.rate, plan.workload.static_share) = (0.5, 0.0);
        run(plan, &[], 120.0)
    };
    for (own_ms, query_ms) in [(4000, 10), (10, 4000)] {
        let run = played(own_ms, query_ms);
        assert!(run.simulation().record_count() > 30);
        for record in run.simulation().records() {
            assert_eq!(record.outcome.to_string(), "502 SH");
            let took = record.response_time().as_secs_f64();
            assert!((2.0..3.3).contains(&took), "{took}");
            let told = record.steps.iter().map(Step::to_string).collect::<Vec<_>>().join("; ");
            assert!(told.contains("the arbiter on app-"), "{told}");
            let site = &run.simulation().plan().infrastructure;
            assert!(cure(record, site).unwrap().contains("`timeout` of the application's workers"));
        }
    }
    assert_eq!(played(1000, 500).simulation().counts().failed, 0);
}

/// A leak on a machine of its own: the kernel kills one worker after the other, and each takes the request with it that it holds.
#[test]
fn a_leak_ends_in_the_kernels_hands() {
    // 8 GiB and about 12 pages a second: the first after 10 s, then a worker with its fourth of it every 2.6 s.
    let run = brief(&[(5.0, degrade("app-1/app", "leak=64"))], 60.0);
    let killed = facts(&run, "out-of-memory", 0.0);
    assert!((10..=20).contains(&killed.len()), "{killed:?}");
    assert!(killed.iter().all(|(time, subject)| *time > 12.0 && subject == "app-1/app"));
    assert_eq!(facts(&run, "service-died", 0.0), []);
    let lost = run.simulation().records().filter(|record| record.outcome.to_string() == "502 SH");
    assert_eq!(lost.count(), killed.len());
}

/// The same leak on a machine that the database shares: the largest process is the database, and so it dies for what another took,
/// again and again, until somebody restarts the application.
#[test]
fn on_a_shared_machine_a_leak_kills_the_database() {
    let deeds = [(5.0, degrade("server-1/app", "leak=64")), (40.0, restore("server-1/app"))];
    let run = after(Preset::Simple.infrastructure(), &deeds, 70.0);
    let killed = facts(&run, "out-of-memory", 0.0);
    let database = killed.iter().filter(|(_, subject)| subject == "server-1/mysql").count();
    assert!(killed[0].1 == "server-1/mysql" && database > 3, "{killed:?}");
    let returned = facts(&run, "service-returned", 0.0);
    assert!((returned[0].0 - killed[0].0 - 1.0).abs() < 1e-6, "its supervisor waits a second");
    assert!(killed.iter().all(|(time, _)| *time <= 40.0), "{killed:?}");
    let recovered = facts(&run, "recovered", 0.0);
    assert_eq!(recovered.len(), 1, "{recovered:?}");
    assert!((46.0..48.0).contains(&recovered[0].0), "then it repairs its data: {recovered:?}");
    let without = ok(&run, DYNAMIC_PATH, [killed[0].0, recovered[0].0 - 1.0]);
    assert!(without < 0.05, "no page without it: {without}");
    assert!(ok(&run, DYNAMIC_PATH, [recovered[0].0, 68.0]) > 0.999);
}

/// More workers than there is memory for: nobody notices, until so many are busy at once.
#[test]
fn too_many_workers_for_the_memory_fail_only_under_load() {
    let killed = |memory_gib: u32, rate: f64| {
        let mut infrastructure = Preset::Brief.infrastructure();
        for host in &mut infrastructure.hosts {
            host.cores = 64;
            for service in &mut host.services {
                if let Service::App(app) = service {
                    (app.workers, app.worker_mib) = (40, 150);
                    host.memory_gib = memory_gib;
                }
            }
        }
        let mut plan = Plan::new(infrastructure, 1);
        (plan.workload.rate, plan.workload.static_share) = (rate, 0.0);
        // A slow database keeps workers busy.
        for service in plan.infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
            if let Service::Mysql(mysql) = service {
                (mysql.threads, mysql.service_time) = (64, SimDuration::from_ms(200));
            }
        }
        let run = run(plan, &[], 30.0);
        let busy = run.simulation().effort("app-1").unwrap().busy.as_secs_f64() / 30.0;
        (facts(&run, "out-of-memory", 0.0).len(), busy)
    };
    // 40 workers of 150 MiB take 5.9 GiB. At 100 pages a second about 12 of each server are busy, at 300 more than 27 (4 GiB).
    let figures = [killed(4, 60.0), killed(4, 250.0), killed(8, 250.0)];
    assert!(figures[0].0 == 0 && figures[1].0 > 3 && figures[2].0 == 0, "{figures:?}");
}

/// A lock that every write waits for: reads go on, until the writes that wait hold all connections; then nobody is served (1040).
#[test]
fn a_lock_takes_the_reads_down_in_the_end() {
    let mut infrastructure = Preset::Brief.infrastructure();
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        match service {
            Service::App(app) => {
                app.workers = 64;
                app.database_read_timeout = SimDuration::from_secs(2);
            }
            Service::Mysql(mysql) => mysql.max_connections = 60,
            _ => {}
        }
    }
    infrastructure.hosts.iter_mut().for_each(|host| host.cores = 64);
    let deeds = [(DEED, degrade("db-1/mysql", "lock")), (50.0, restore("db-1/mysql"))];
    let run = after(infrastructure, &deeds, 70.0);
    assert!(ok(&run, DYNAMIC_PATH, [DEED, DEED + 5.0]) > 0.99, "at first only writes wait");
    assert!(ok(&run, WRITE_PATH, [DEED, 45.0]) < 0.01);
    assert!(ok(&run, DYNAMIC_PATH, [40.0, 47.0]) < 0.01, "no connection is left");
    let too_many = run.simulation().records().flat_map(|record| &record.steps);
    let text = "error 1040, the database has too many connections";
    assert!(too_many.map(ToString::to_string).any(|step| step.contains(text)));
    for path in [DYNAMIC_PATH, WRITE_PATH] {
        assert!(ok(&run, path, [51.0, 65.0]) > 0.999, "{path} after the lock is gone");
    }
}

#[test]
fn a_slow_disk_slows_writes_and_a_full_one_stops_them() {
    let mean = |run: &Run, path: &str| {
        let records = run.simulation().records().filter(|record| record.path == path);
        let late = records.filter(|record| record.started_at > at(DEED) && record.outcome.is_ok());
        let times: Vec<f64> = late.map(|record| record.response_time().as_secs_f64()).collect();
        times.iter().sum::<f64>() / times.len() as f64
    };
    let well = after(Preset::Extended.infrastructure(), &[], 60.0);
    // Two milliseconds for a change, five changes a second: a hundred times slower the disk has no rest.
    let slow = [(DEED, degrade("db-1/mysql", "slow-disk=100"))];
    let slow = after(Preset::Extended.infrastructure(), &slow, 60.0);
    assert!(mean(&slow, WRITE_PATH) > mean(&well, WRITE_PATH) + 0.1);
    assert!(mean(&slow, DYNAMIC_PATH) < mean(&well, DYNAMIC_PATH) + 0.1, "reads are elsewhere");
    let full = [(DEED, degrade("db-1/mysql", "disk-full"))];
    let full = after(Preset::Extended.infrastructure(), &full, 40.0);
    assert!(ok(&full, WRITE_PATH, [DEED, 33.0]) < 0.01);
}

/// Cut off from one balancer only: that one takes the server out, the other goes on; each is right.
#[test]
fn a_partition_between_one_balancer_and_one_server() {
    let run = brief(&[(DEED, link("lb-1:app-1:cut")), (40.0, link("lb-1:app-1:whole"))], 70.0);
    let down = facts(&run, "server-down", DEED);
    assert_eq!(down.len(), 1, "{down:?}");
    assert_eq!(down[0].1, "lb-1/app/app-1");
    assert!(ok(&run, DYNAMIC_PATH, [DEED + 9.1, 40.0]) > 0.999);
    let up = facts(&run, "server-up", 40.0);
    assert_eq!(up.len(), 1, "{up:?}");
}

/// One way is enough: what the server answers does not arrive, and for the balancer it is silent.
#[test]
fn a_one_way_partition_looks_like_a_dead_machine_from_one_side() {
    let run = brief(&[(DEED, link("app-1>lb-1:cut"))], 60.0);
    let down = facts(&run, "server-down", DEED);
    assert_eq!(down.iter().map(|(_, who)| who.as_str()).collect::<Vec<_>>(), ["lb-1/app/app-1"]);
    let checks: Vec<String> = run
        .simulation()
        .facts()
        .iter()
        .filter(|fact| fact.kind.name() == "check-failed")
        .map(ToString::to_string)
        .collect();
    assert!(checks.iter().all(|text| text.contains("L4TOUT")), "{checks:?}");
    // The other balancer's adverts do not arrive one way: it is MASTER of both addresses in its own eyes.
    let run = brief(&[(DEED, link("lb-1>lb-2:cut"))], 60.0);
    let began = facts(&run, "split-brain-began", DEED);
    assert!(began.iter().any(|(_, vip)| vip == "VIP A"), "{began:?}");
}

/// Lost packets are sent again: the mean grows, and few requests fail.
#[test]
fn loss_delay_and_jitter() {
    let mean = |change: &str| {
        let deeds = [
            (0.0, link(&change.replace("TO", "app-1"))),
            (0.0, link(&change.replace("TO", "app-2"))),
        ];
        let run = brief(&deeds, 120.0);
        assert!(ok(&run, DYNAMIC_PATH, [0.0, 100.0]) > 0.97, "{change}");
        let records = run.simulation().records();
        let pages = records.filter(|record| record.path == DYNAMIC_PATH && record.outcome.is_ok());
        let times: Vec<f64> = pages.map(|record| record.response_time().as_secs_f64()).collect();
        times.iter().sum::<f64>() / times.len() as f64
    };
    let well = mean("db-1:TO:whole");
    // Connection, query, answer: four crossings.
    let delayed = mean("db-1:TO:delay=10ms") - well;
    assert!((0.03..0.055).contains(&delayed), "{delayed}");
    let jittery = mean("db-1:TO:jitter=20ms") - well;
    assert!((0.03..0.055).contains(&jittery), "{jittery}");
    // Of a hundred queries one loses its SYN (1 s), three something else (200 ms).
    let lossy = mean("db-1:TO:loss=0.01") - well;
    assert!((0.008..0.04).contains(&lossy), "{lossy}");
}

/// A rule that is gone drops in silence, and the chain of a request names what dropped it.
#[test]
fn a_missing_rule_is_named() {
    let deeds = [
        (DEED, Action::DropRule { rule: "edge-to-app".into() }),
        (40.0, Action::RestoreRule { rule: "edge-to-app".into() }),
    ];
    let run = brief(&deeds, 60.0);
    assert!(ok(&run, DYNAMIC_PATH, [DEED, 39.0]) < 0.01);
    assert!(ok(&run, STATIC_PATH, [DEED, 55.0]) > 0.999);
    assert!(ok(&run, DYNAMIC_PATH, [46.0, 55.0]) > 0.999);
    let steps = run.simulation().records().flat_map(|record| &record.steps);
    let blocked =
        Step::Blocked { from: "lb-1".into(), to: "app-1".into(), rule: "default deny".into() };
    assert!(steps.clone().any(|step| *step == blocked));
    let inner = after(
        Preset::Literal.infrastructure(),
        &[(DEED, Action::DropRule { rule: "web-to-app".into() })],
        40.0,
    );
    let steps = inner.simulation().records().flat_map(|record| &record.steps);
    let text = "the firewall drops what web-1 sends to app-1 (default deny)";
    assert!(steps.map(ToString::to_string).any(|step| step == text));
}

/// The main uplink breaks: nothing gets in until routing has found the other, and then everything does.
#[test]
fn the_backup_uplink_takes_over_after_the_routing_time() {
    let cut = Action::CutUplink { uplink: "uplink-1".into() };
    let run = brief(&[(DEED, cut.clone())], 60.0);
    let used = facts(&run, "uplink-used", 0.0);
    assert_eq!(used, [(DEED + 5.0, "uplink-2".to_owned())]);
    assert!(ok(&run, DYNAMIC_PATH, [DEED + 5.1, 55.0]) > 0.999);
    let records = run.simulation().records();
    let meanwhile =
        records.filter(|record| record.started_at > at(DEED) && record.started_at < at(DEED + 4.9));
    assert!(meanwhile.clone().count() > 150);
    assert!({ meanwhile }.all(|record| record.ended_at > at(DEED + 5.0)), "no way in, no way out");
    let both = brief(&[(DEED, cut), (DEED, Action::CutUplink { uplink: "uplink-2".into() })], 60.0);
    assert!(ok(&both, STATIC_PATH, [DEED + 0.1, 50.0]) < 0.01);
}

/// Routing begins anew only when its choice is another: a spare that breaks meanwhile is no matter to it, the way it was about to take is.
#[test]
fn an_uplink_that_nobody_needs_does_not_delay_routing() {
    let used = |second: &str| {
        let mut infrastructure = Preset::Brief.infrastructure();
        let spare = Uplink { name: "uplink-3".into(), role: "spare".into() };
        infrastructure.uplinks.push(spare);
        let cut = |uplink: &str| Action::CutUplink { uplink: uplink.into() };
        let deeds = [(DEED, cut("uplink-1")), (DEED + 4.0, cut(second))];
        facts(&after(infrastructure, &deeds, 40.0), "uplink-used", 0.0)
    };
    assert_eq!(used("uplink-3"), [(DEED + 5.0, "uplink-2".to_owned())]);
    assert_eq!(used("uplink-2"), [(DEED + 9.0, "uplink-3".to_owned())]);
}

/// The same load on one shared machine and on machines of their own: computing for each other's cores takes its time.
#[test]
fn sharing_a_machine_costs_time_and_separation_gives_it_back() {
    let p95 = |preset: Preset, rate: f64| {
        let mut plan = Plan::new(preset.infrastructure(), 1);
        plan.workload.rate = rate;
        let run = run(plan, &[], 120.0);
        run.simulation().response_times().quantile(0.95).unwrap().as_secs_f64()
    };
    // Two cores: 0.4 × 2 ms + 0.6 × (2 + 30 + 10) ms of work for a request, so 45 requests a second keep 0.59 of them busy.
    let (shared, separate) = (p95(Preset::Simple, 45.0), p95(Preset::Literal, 45.0));
    assert!(shared > separate + 0.02, "{shared} against {separate}");
    let (shared, separate) = (p95(Preset::Simple, 75.0), p95(Preset::Literal, 75.0));
    assert!(shared > separate * 3.0, "{shared} against {separate}");
}

/// To restore cures: what hung is started anew.
#[test]
fn restoring_cures() {
    let deeds = [(DEED, degrade("app-1/app", "hang")), (40.0, restore("app-1/app"))];
    let run = brief(&deeds, 70.0);
    assert!(ok(&run, DYNAMIC_PATH, [46.0, 65.0]) > 0.999);
    assert_eq!(facts(&run, "server-up", 40.0).len(), 2);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let plan = Plan::new(Preset::Brief.infrastructure(), 1);
    let refused = |action: Action| plan.validate_action(&action).unwrap_err().to_string();
    let hang = Action::Degrade { component: "app-1".parse().unwrap(), gray: Gray::Hang };
    assert!(refused(hang).starts_with("hang cannot happen to `app-1`: "));
    assert!(refused(degrade("app-1/app", "lock")).contains("HOST/SERVICE: mysql"));
    assert!(refused(degrade("app-1/app", "errors=1.5")).contains("found 1.5; allowed: 0 to 1"));
    let rule = refused(Action::DropRule { rule: "x".into() });
    assert!(rule.contains("no firewall rule `x` here; allowed: users-to-edge, "), "{rule}");
    let uplink = refused(Action::CutUplink { uplink: "x".into() });
    assert!(uplink.contains("allowed: uplink-1, uplink-2"), "{uplink}");
    let state = LinkState { loss: 2.0, ..LinkState::WHOLE };
    let change = LinkChange { from: "lb-1".into(), to: "lb-2".into(), one_way: false, state };
    assert!(refused(Action::Link(change)).contains("loss: found 2; allowed: 0 to 1"));
    assert!(refused(link("lb-1:app-9:cut")).contains("there is no `app-9` here"));
    assert!(refused(link("users:db-1:cut")).contains("no end of this link `users` here"));
    assert!(refused(link("collector:users:cut")).contains("no end of this link `collector` here"));
    assert!(refused(kill("app-1/mysql")).contains("there is no `app-1/mysql` here"));
}

/// What a link does adds up: a crossing that is slow and loses packets is both, and the plan can say so from the start.
#[test]
fn a_link_is_slow_and_lossy_at_once_from_the_start() {
    let with = |state: &str| {
        let mut infrastructure = Preset::Brief.infrastructure();
        let change = format!("app-1>db-1:{state}");
        infrastructure.network.links.push(change.parse().unwrap());
        let run = after(infrastructure, &[], 60.0);
        let pages = run.simulation().records().filter(|record| record.path == DYNAMIC_PATH);
        let mut times: Vec<f64> = pages.map(|page| page.response_time().as_secs_f64()).collect();
        times.sort_by(f64::total_cmp);
        (times[times.len() / 2], times[times.len() * 97 / 100])
    };
    let whole = with("whole");
    let slow = with("delay=80ms");
    let both = with("delay=80ms,loss=0.2");
    // A query crosses app-1>db-1 twice: to connect, and to ask. Half of the pages are app-1's.
    assert!(slow.1 > whole.1 + 0.1, "{slow:?} {whole:?}");
    assert!(both.1 > slow.1 + 0.2, "a lost packet costs 0.2 s or 1 s more: {both:?} {slow:?}");
}
