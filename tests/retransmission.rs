//! A connection request that meets silence is sent again after 1 s, 3 s, 7 s (RFC 6298), as long as somebody waits for it: a short
//! outage costs a second, not the whole `timeout connect`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::{Distribution, Haproxy, Infrastructure, Preset, Service};
use foobar_lab::kernel::SimDuration;
use foobar_lab::run::Run;
use foobar_lab::sim::{Action, DYNAMIC_PATH, Plan, Step};
use given::{SECOND, at, facts, kill, restore, run};

const DEED: f64 = 10.0;

fn changed(preset: Preset, change: impl Fn(&mut Service)) -> Infrastructure {
    let mut infrastructure = preset.infrastructure();
    infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services).for_each(change);
    infrastructure
}

/// The brief's infrastructure whose balancers wait so long for a connection; their checks come too seldom to matter.
fn patient(connect: SimDuration) -> Infrastructure {
    changed(Preset::Brief, |service| {
        let Service::Haproxy(haproxy) = service else { return };
        haproxy.timeouts.connect = connect;
        for server in servers(haproxy) {
            server.inter = SECOND * 20;
        }
    })
}

fn servers(haproxy: &mut Haproxy) -> impl Iterator<Item = &mut foobar_lab::infra::Server> {
    haproxy.backends.iter_mut().flat_map(|backend| &mut backend.servers)
}

/// So long a rule is away.
const BRIEFLY: f64 = 0.3;

fn without(infrastructure: Infrastructure, rule: &str) -> Run {
    let rule = rule.to_owned();
    outage(
        infrastructure,
        [Action::DropRule { rule: rule.clone() }, Action::RestoreRule { rule }],
        BRIEFLY,
    )
}

fn outage(infrastructure: Infrastructure, [begins, ends]: [Action; 2], lasts: f64) -> Run {
    let mut plan = Plan::new(infrastructure, 1);
    plan.workload.rate = 40.0;
    run(plan, &[(DEED, begins), (DEED + lasts, ends)], 30.0)
}

/// The longest that a page took that was sent in the outage or after it, in seconds; all have to succeed.
fn longest(run: &Run) -> f64 {
    let pages = run.simulation().records().filter(|page| page.path == DYNAMIC_PATH);
    let pages = pages.filter(|page| page.started_at >= at(DEED) && page.started_at < at(20.0));
    let times = pages.inspect(|page| assert!(page.outcome.is_ok(), "{page:?}"));
    times.map(|page| page.response_time().as_secs_f64()).fold(0.0, f64::max)
}

#[track_caller]
fn costs_a_second(run: &Run) {
    let longest = longest(run);
    assert!((1.0..1.9).contains(&longest), "{longest}");
    let mut steps = run.simulation().records().flat_map(|record| &record.steps);
    assert!(steps.any(|step| matches!(step, Step::SynAgain { .. })));
}

#[test]
fn a_rule_is_away_for_a_moment_before_a_server() {
    costs_a_second(&without(patient(SECOND * 8), "edge-to-app"));
    // Longer, and it is the second time that the SYN is sent again: 3 s after the first.
    let rule = || "edge-to-app".to_owned();
    let deeds = [Action::DropRule { rule: rule() }, Action::RestoreRule { rule: rule() }];
    let longer = longest(&outage(patient(SECOND * 8), deeds, 1.5));
    assert!((3.0..3.9).contains(&longer), "{longer}");
}

/// Whoever waits for no more than a second never sends it again.
#[test]
fn a_connect_timeout_of_a_second_comes_first() {
    let run = without(patient(SECOND), "edge-to-app");
    let mut steps = run.simulation().records().flat_map(|record| &record.steps);
    assert!(!steps.any(|step| matches!(step, Step::SynAgain { .. })));
    assert!(longest(&run) > 1.0, "the balancer tries again");
}

#[test]
fn a_link_is_cut_or_loses_everything_for_a_moment() {
    for state in ["cut", "loss=1"] {
        let link = |state: &str| Action::Link(format!("lb-1:app-1:{state}").parse().unwrap());
        let run = outage(patient(SECOND * 8), [link(state), link("whole")], 0.9);
        let again = run.simulation().records().filter(|record| {
            record.steps.iter().any(|step| matches!(step, Step::SynAgain { .. }))
                && record.outcome.is_ok()
        });
        let times: Vec<f64> = again.map(|page| page.response_time().as_secs_f64()).collect();
        assert!(!times.is_empty(), "{state}");
        assert!(times.iter().all(|time| (1.0..1.9).contains(time)), "{state}: {times:?}");
    }
}

#[test]
fn a_rule_is_away_for_a_moment_before_the_application() {
    let infrastructure = changed(Preset::Literal, |service| {
        let Service::Nginx(nginx) = service else { return };
        if let Some(proxy_pass) = &mut nginx.proxy_pass {
            proxy_pass.connect_timeout = SECOND * 8;
        }
    });
    costs_a_second(&without(infrastructure, "web-to-app"));
}

/// The driver waits 3 s: SYNs at 0 s and 1 s.
#[test]
fn a_rule_is_away_for_a_moment_before_the_database() {
    costs_a_second(&without(Preset::Brief.infrastructure(), "app-to-db"));
    let rule = "app-to-db".to_owned();
    let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
    plan.workload.rate = 5.0;
    let run = run(plan, &[(DEED, Action::DropRule { rule })], 20.0);
    let mut records = run.simulation().records();
    let failed = records.find(|record| record.outcome.to_string() == "500 --").unwrap();
    let took = failed.response_time().as_secs_f64();
    assert!(
        (3.0..3.5).contains(&took),
        "who stays silent is given up when the driver says: {took}"
    );
}

/// Linux sends seven SYNs, the last after 63 s, and 64 s later gives up, whatever the driver says.
#[test]
fn a_driver_that_waits_for_minutes_is_given_up_by_its_kernel() {
    let infrastructure = changed(Preset::Brief, |service| match service {
        Service::Haproxy(haproxy) => haproxy.timeouts.server = SECOND * 900,
        Service::App(app) => {
            (app.timeout, app.database_connect_timeout) = (SECOND * 3600, SECOND * 300);
        }
        _ => {}
    });
    let mut plan = Plan::new(infrastructure, 1);
    (plan.workload.rate, plan.workload.response_timeout) = (0.1, SECOND * 900);
    let run = run(plan, &[(DEED, Action::DropRule { rule: "app-to-db".to_owned() })], 500.0);
    let mut records = run.simulation().records();
    let failed = records.find(|record| record.outcome.to_string() == "500 --").unwrap();
    let took = failed.response_time().as_secs_f64();
    assert!((127.0..128.0).contains(&took), "{took}");
}

/// The same for HAProxy: `ETIMEDOUT` is an error of its socket, not its own timeout (`SC`, where `timeout connect` makes `sC`).
#[test]
fn a_balancer_that_waits_for_minutes_is_given_up_by_its_kernel() {
    for (connect, took, ended) in [(100, 100.0, "503 sC"), (300, 127.0, "503 SC")] {
        let infrastructure = changed(Preset::Brief, |service| {
            let Service::Haproxy(haproxy) = service else { return };
            haproxy.timeouts.connect = SECOND * connect;
            haproxy.retries.retries = 0;
            servers(haproxy).for_each(|server| server.check = false);
        });
        let mut plan = Plan::new(infrastructure, 1);
        (plan.workload.rate, plan.workload.static_share) = (0.1, 0.0);
        plan.workload.response_timeout = SECOND * 900;
        let drop = Action::DropRule { rule: "edge-to-app".to_owned() };
        let run = run(plan, &[(DEED, drop)], 400.0);
        let mut records = run.simulation().records();
        let failed = records.find(|record| !record.outcome.is_ok()).unwrap();
        assert_eq!(failed.outcome.to_string(), ended);
        let seconds = failed.response_time().as_secs_f64();
        assert!((took..took + 1.0).contains(&seconds), "{connect}: {seconds}");
        assert!(failed.steps.iter().any(|step| matches!(step, Step::ServerSilent { .. })));
    }
}

/// A user's kernel gives an address up after 127 s, however patient its user is.
#[test]
fn a_patient_user_is_given_up_by_its_kernel() {
    let mut infrastructure = Preset::Brief.infrastructure();
    infrastructure.vips.truncate(1);
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Keepalived(keepalived) = service {
            keepalived.instances.retain(|instance| instance.vip == "VIP A");
        }
    }
    let mut plan = Plan::new(infrastructure, 1);
    (plan.workload.rate, plan.workload.connect_timeout) = (0.1, SECOND * 600);
    let drop = Action::DropRule { rule: "users-to-edge".to_owned() };
    let run = run(plan, &[(DEED, drop)], 400.0);
    let mut records = run.simulation().records();
    let failed = records.find(|record| !record.outcome.is_ok()).unwrap();
    let took = failed.response_time().as_secs_f64();
    assert!((took - 127.0).abs() < 1e-6, "{took}");
}

/// Its kernel counts from when it sent the first SYN, not from when that arrived: over a link that is slow the second one is there a
/// second after the first all the same; and over one that takes longer than that it is under way before the first has arrived.
#[test]
fn a_syn_is_sent_again_by_the_senders_clock() {
    for (delay, away) in [(SimDuration::from_ms(400), 0.3), (SECOND * 2, 2.3)] {
        let mut infrastructure = patient(SECOND * 8);
        for server in ["app-1", "app-2"] {
            for balancer in ["lb-1", "lb-2"] {
                let link = format!("{balancer}>{server}:delay={delay}");
                infrastructure.network.links.push(link.parse().unwrap());
            }
        }
        let rule = || "edge-to-app".to_owned();
        let deeds = [Action::DropRule { rule: rule() }, Action::RestoreRule { rule: rule() }];
        let run = outage(infrastructure, deeds, away);
        let again = run.simulation().records().filter(|record| {
            record.outcome.is_ok()
                && record.steps.iter().any(|step| matches!(step, Step::SynAgain { .. }))
        });
        let times: Vec<f64> = again.map(|page| page.response_time().as_secs_f64()).collect();
        assert!(!times.is_empty(), "{delay}");
        // The SYN and the request cross it; the waits are 1 s and 3 s.
        let crossings = 2.0 * delay.as_secs_f64();
        let waits = if away > 1.0 { 1.0..3.9 } else { 1.0..1.9 };
        assert!(times.iter().all(|time| waits.contains(&(time - crossings))), "{delay}: {times:?}");
        let shortest = times.iter().copied().fold(f64::MAX, f64::min) - crossings;
        assert!(shortest < 1.3, "{delay}: {shortest}");
    }
}

/// The driver's `connect_timeout`, 3 s, counts what the link takes: 1.4 s each way is in time, 1.6 s is not.
#[test]
fn a_drivers_connect_timeout_counts_the_way_there_and_back() {
    let share = |delay: &str| {
        let mut infrastructure = changed(Preset::Brief, |service| {
            if let Service::App(app) = service {
                app.workers = 40;
            }
        });
        for app in ["app-1", "app-2"] {
            let link = format!("{app}:db-1:delay={delay}");
            infrastructure.network.links.push(link.parse().unwrap());
        }
        let mut plan = Plan::new(infrastructure, 1);
        (plan.workload.rate, plan.workload.static_share) = (5.0, 0.0);
        let run = run(plan, &[], 60.0);
        let records: Vec<_> = run.simulation().records().collect();
        let good = records.iter().filter(|record| record.outcome.is_ok()).count();
        good as f64 / records.len() as f64
    };
    assert!(share("1400ms") > 0.99);
    assert!(share("1600ms") < 0.01);
}

/// Connections that are open pass whatever the rules say now.
#[test]
fn kept_connections_to_the_database_outlive_a_rule() {
    let infrastructure = changed(Preset::Brief, |service| {
        if let Service::App(app) = service {
            app.keeps_connections = true;
        }
    });
    let run = without(infrastructure, "app-to-db");
    let pages = run.simulation().records().filter(|page| page.started_at >= at(DEED));
    let slow = pages.filter(|page| page.response_time() > SECOND).count();
    assert!(slow < 4, "{slow}: only where a worker has no connection yet");
}

/// One worker, no backlog, 300 ms of work: who finds no room comes again after 1 s, not after the 10 s of `timeout connect`.
#[test]
fn a_full_backlog_costs_a_second_or_three() {
    let infrastructure = changed(Preset::Brief, |service| match service {
        Service::Haproxy(haproxy) => {
            (haproxy.timeouts.connect, haproxy.timeouts.server) = (SECOND * 10, SECOND * 60);
            servers(haproxy).for_each(|server| server.check = false);
        }
        Service::App(app) => {
            (app.workers, app.backlog) = (1, 0);
            app.service_time = SimDuration::from_ms(300);
            app.service_distribution = Distribution::Constant;
        }
        _ => {}
    });
    let mut plan = Plan::new(infrastructure, 1);
    (plan.workload.rate, plan.workload.static_share) = (3.0, 0.0);
    plan.workload.response_timeout = SECOND * 60;
    let run = run(plan, &[], 200.0);
    let pages = run.simulation().records();
    let mut times: Vec<f64> = pages.map(|page| page.response_time().as_secs_f64()).collect();
    times.sort_by(f64::total_cmp);
    let p99 = times[times.len() * 99 / 100];
    assert!((1.0..4.5).contains(&p99), "{p99}");
}

/// A check that waits its whole `inter` of 20 s is let in by whichever of its SYNs comes next.
#[test]
fn a_check_is_let_in_when_its_syn_is_sent_again() {
    let infrastructure = changed(Preset::Brief, |service| {
        let Service::Haproxy(haproxy) = service else { return };
        haproxy.timeouts.check = None;
        for server in servers(haproxy) {
            (server.inter, server.rise, server.fall) = (SECOND * 20, 1, 1);
        }
    });
    for step in 0..10 {
        let back = 60.0 + 4.0 * f64::from(step);
        let mut plan = Plan::new(infrastructure.clone(), 1);
        plan.workload.rate = 0.01;
        let run = run(plan, &[(DEED, kill("app-1")), (back, restore("app-1"))], 145.0);
        let up = facts(&run, "server-up", back);
        assert_eq!(up.len(), 2, "{up:?}");
        // From check to check it is 40 s: SYNs at 0, 1, 3, 7 and 15 s of them.
        assert!(up.iter().all(|(time, _)| *time < back + 25.1), "{back}: {up:?}");
    }
}
