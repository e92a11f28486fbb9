//! Reliability theory held against the simulation. First the structure: machines that fail and are repaired at random, and
//! the share of time in which a way through is left, by what the snapshot shows running. Then what users meet: the same less
//! the time that failures and returns go unnoticed, by how their requests end.

use super::{Claim, Row, SEEDS, faults};
use crate::infra::{Component, Distribution, Preset, Service};
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{Action, History, Plan, PlanError, Simulation};
use crate::theory::availability::{
    availability, k_of_n, noticed_late, parallel, series, taken_over_late,
};
use crate::theory::detection::Checks;

/// Ups and downs of each machine in each run.
const CYCLES: u64 = 250;
const FAILURE: &str = "share of time lost";

pub(super) fn prove() -> Result<Vec<Row>, PlanError> {
    let mut rows = structure()?;
    rows.push(return_noticed_late()?);
    rows.push(failure_noticed_late()?);
    Ok(rows)
}

/// Mean times to failure and to repair of every machine: hours in life, seconds here.
const MTBF: SimDuration = SimDuration::from_secs(80);
const MTTR: SimDuration = SimDuration::from_secs(20);

/// Six machines, each up and down by itself.
fn structure() -> Result<Vec<Row>, PlanError> {
    let machine = availability(MTBF.as_secs_f64(), MTTR.as_secs_f64());
    let pair = parallel(&[machine; 2]);
    let claims = [
        ("one machine", machine),
        ("two machines in parallel", pair),
        ("static files: balancers, web in series", series(&[pair, machine])),
        ("pages: balancers, applications, database in series", series(&[pair, pair, machine])),
        ("5 of 6 machines", k_of_n(5, 6, machine)),
    ];
    let runs: Result<Vec<_>, _> = (1..=SEEDS).map(structure_of).collect();
    let runs = runs?;
    let rows = claims.into_iter().enumerate().map(|(index, (law, works))| {
        let lost: Vec<f64> = runs.iter().map(|run| 1.0 - run[index]).collect();
        claim(law, 1.0 - works, 0.1).against(&lost, SEEDS * CYCLES * 4 / 5 * 6)
    });
    Ok(rows.collect())
}

/// The share of time in which each structure of [`structure`] stood, in one run.
fn structure_of(seed: u64) -> Result<[f64; 5], PlanError> {
    let plan = quiet(seed, |_| {});
    let infrastructure = &plan.infrastructure;
    let mut actions = Vec::new();
    for (index, host) in infrastructure.hosts.iter().enumerate() {
        let chance = faults(seed);
        let mut at = SimTime::ZERO;
        for cycle in 0..CYCLES {
            let mut draw = chance.draw(1 + index as u64, cycle);
            at += draw.exponential(MTBF);
            actions.push((at, Action::Kill(Component::host(&host.name))));
            at += draw.exponential(MTTR);
            actions.push((at, Action::Restore(Component::host(&host.name))));
        }
    }
    crate::kernel::small::sort_by_key(&mut actions, |(at, _)| *at);
    let mut simulation = Simulation::new(&plan, History::Off)?;
    let mut stood = [0.0; 5];
    let end = SimTime::ZERO + (MTBF + MTTR) * (CYCLES * 4 / 5);
    for (at, action) in actions.iter().filter(|(at, _)| *at < end) {
        add(&mut stood, &simulation, at.since(simulation.now()));
        simulation.advance_to(*at);
        simulation.apply(action)?;
    }
    add(&mut stood, &simulation, end.since(simulation.now()));
    Ok(stood.map(|seconds| seconds / end.as_secs_f64()))
}

/// What stands now stands for so long.
fn add(stood: &mut [f64; 5], simulation: &Simulation, span: SimDuration) {
    let snapshot = simulation.snapshot();
    let gone: Vec<Component> = snapshot
        .hosts
        .iter()
        .filter(|host| !host.is_well())
        .map(|host| Component::host(&host.name))
        .collect();
    let is_gone = |name: &str| gone.iter().any(|gone| gone.host == name);
    let served = simulation.plan().infrastructure.served_without(&gone);
    // Any machine is as good an example as the other, and so is any pair.
    let pairs = [["lb-1", "lb-2"], ["app-1", "app-2"], ["web-1", "db-1"]];
    let dead_pairs = pairs.iter().filter(|pair| pair.iter().all(|name| is_gone(name))).count();
    let stands = [
        1.0 - gone.len() as f64 / snapshot.hosts.len() as f64,
        1.0 - dead_pairs as f64 / pairs.len() as f64,
        f64::from(u8::from(served.static_files)),
        f64::from(u8::from(served.dynamic_pages)),
        f64::from(u8::from(gone.len() <= 1)),
    ];
    for (stood, stands) in stood.iter_mut().zip(stands) {
        *stood += stands * span.as_secs_f64();
    }
}

/// The only web server: after each repair users wait for the checks to notice.
fn return_noticed_late() -> Result<Row, PlanError> {
    let (mtbf, mttr) = (80.0, 20.0);
    let [_, up] = noticed();
    let lost = 1.0 - noticed_late(mtbf, mttr, up);
    let claim = claim("one web server, return noticed by checks", lost, 0.06);
    let (values, requests) = users_lose("web-1/nginx", 1.0)?;
    Ok(claim.against(&values, requests))
}

/// One of two application servers: until its failure is noticed it gets its half of the requests.
fn failure_noticed_late() -> Result<Row, PlanError> {
    let (mtbf, mttr) = (80.0, 20.0);
    let [down, _] = noticed();
    let lost = 1.0 - taken_over_late(mtbf, mttr, down, 0.5);
    let claim = claim("one application server of two, failure noticed by checks", lost, 0.08);
    let (values, requests) = users_lose("app-1/app", 0.0)?;
    Ok(claim.against(&values, requests))
}

/// Mean seconds until the brief's checks notice a refusing server and its return; their own length is set to nothing.
fn noticed() -> [f64; 2] {
    let (two, none) = (SimDuration::from_secs(2), SimDuration::ZERO);
    let checks = Checks {
        fall: 3,
        rise: 2,
        inter: two,
        fastinter: two,
        downinter: two,
        passes: none,
        fails: none,
    };
    [checks.down(), checks.up()].map(|bounds| bounds.mean.as_secs_f64())
}

/// The share of requests that fail while a program dies and returns, for each seed, and all requests. Every up and down is
/// longer than the checks need, or the closed form would not be exact: 60 s and 10 s, and 20 s and 10 s on average.
fn users_lose(victim: &str, static_share: f64) -> Result<(Vec<f64>, u64), PlanError> {
    let (host, service) = victim.split_once('/').unwrap_or((victim, ""));
    let victim = Component::service(host, service);
    let (mut shares, mut requests) = (Vec::new(), 0);
    for seed in 1..=SEEDS {
        let plan = quiet(seed, |plan| {
            plan.workload.rate = 1.5;
            plan.workload.static_share = static_share;
        });
        let mut simulation = Simulation::new(&plan, History::Off)?;
        let mut at = SimTime::ZERO;
        for cycle in 0..60 {
            let mut draw = faults(seed).draw(1, cycle);
            at += SimDuration::from_secs(60) + draw.exponential(SimDuration::from_secs(20));
            simulation.advance_to(at);
            simulation.apply(&Action::Kill(victim.clone()))?;
            at += SimDuration::from_secs(10) + draw.exponential(SimDuration::from_secs(10));
            simulation.advance_to(at);
            simulation.apply(&Action::Restore(victim.clone()))?;
        }
        let counts = simulation.counts();
        shares.push(counts.failed as f64 / (counts.ok + counts.failed) as f64);
        requests += counts.issued;
    }
    Ok((shares, requests))
}

/// The brief's infrastructure where nothing but faults takes time, and no failed connection is tried again.
fn quiet(seed: u64, change: impl Fn(&mut Plan)) -> Plan {
    let mut plan = Plan::new(Preset::Brief.infrastructure(), seed);
    plan.workload.rate = 0.001;
    plan.infrastructure.network.lan_latency = SimDuration::ZERO;
    for service in plan.infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        let (instant, constant) = (SimDuration::ZERO, Distribution::Constant);
        match service {
            Service::Haproxy(haproxy) => haproxy.retries.retries = 0,
            Service::Nginx(nginx) => {
                (nginx.service_time, nginx.service_distribution) = (instant, constant);
            }
            Service::App(app) => {
                app.health_time = instant;
                (app.service_time, app.service_distribution) = (instant, constant);
            }
            Service::Mysql(mysql) => {
                (mysql.service_time, mysql.service_distribution) = (instant, constant);
            }
            Service::Keepalived(_) | Service::Agent => {}
        }
    }
    change(&mut plan);
    plan
}

fn claim(law: &str, closed_form: f64, sharpness: f64) -> Claim {
    let law = format!("availability, {law}");
    Claim { law, figure: FAILURE, closed_form, sharpness }
}
