//! The closed loop held against the simulation. Users here come and go, but the workers of an application that is never out
//! of work are a closed loop to the database: each "thinks" while it computes a page, then asks and waits for the answer.

use super::{Case, Claim, Room, Row, SEEDS, Tier};
use crate::infra::{Distribution, Service};
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{History, Plan, PlanError, Simulation};
use crate::theory::finite::{Closed, closed_loop};

const WORKERS: u32 = 10;
const PAGE: SimDuration = SimDuration::from_ms(100);
const QUERY: SimDuration = SimDuration::from_ms(5);
/// More requests than the workers can serve, and enough of them waiting that no worker is ever idle.
const RATE: f64 = 130.0;
const BACKLOG: u32 = 100;
const WARM_UP: SimDuration = SimDuration::from_secs(20);
const SPAN: SimDuration = SimDuration::from_secs(120);

pub(super) fn prove() -> Result<Vec<Row>, PlanError> {
    let runs: Result<Vec<_>, _> = (1..=SEEDS).map(run).collect();
    let runs = runs?;
    let samples = runs.iter().map(|run| run.served).sum();
    let Closed { response_time, throughput, in_station } =
        closed_loop(WORKERS, PAGE.as_secs_f64(), QUERY.as_secs_f64());
    let row = |figure, closed_form, measure: fn(&Queries) -> f64| {
        let law = "closed loop, N 10, Z 100 ms, S 5 ms, application and MySQL".to_owned();
        let values: Vec<f64> = runs.iter().map(measure).collect();
        Claim { law, figure, closed_form, sharpness: 0.03 }.against(&values, samples)
    };
    Ok(vec![
        row("R, ms", response_time * 1e3, |run| run.inside * 1e3 / run.served as f64),
        row("X, 1/s", throughput, |run| run.served as f64 / SPAN.as_secs_f64()),
        row("Q", in_station, |run| run.inside / SPAN.as_secs_f64()),
    ])
}

/// What the database did in one run.
struct Queries {
    served: u64,
    /// Seconds that they spent there, summed.
    inside: f64,
}

fn run(seed: u64) -> Result<Queries, PlanError> {
    let mut simulation = Simulation::new(&plan(seed), History::Off)?;
    simulation.advance_to(SimTime::ZERO + WARM_UP);
    let before = simulation.effort("db-1").unwrap_or_default();
    simulation.advance_to(SimTime::ZERO + WARM_UP + SPAN);
    let after = simulation.effort("db-1").unwrap_or_default();
    let inside = (after.busy + after.waited) - (before.busy + before.waited);
    Ok(Queries { served: after.served - before.served, inside: inside.as_secs_f64() })
}

fn plan(seed: u64) -> Plan {
    let case = Case {
        law: "",
        tier: Tier::App,
        servers: WORKERS,
        room: Room::For(WORKERS + BACKLOG),
        arrival_rate: RATE,
        service_time: PAGE,
        distribution: Distribution::Exponential,
        requests: 0,
        figures: &[],
    };
    let mut plan = case.plan(seed);
    for service in plan.infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Mysql(mysql) = service {
            mysql.threads = 1;
            mysql.service_time = QUERY;
            mysql.service_distribution = Distribution::Exponential;
        }
    }
    plan
}
