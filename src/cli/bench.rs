//! `foobar-lab bench`: the model's speed beside that of a minimal loop over the same queueing network, in one run.
//!
//! The network: Poisson arrivals, in turn to two application servers of four workers, each holding its worker while a database of
//! eight connections answers; 70 % of the workers are busy.

#![allow(
    clippy::disallowed_types,
    reason = "a benchmark measures the wall clock; what it measures never reads it"
)]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Instant;

use crate::kernel::{Chance, SimDuration};
use crate::run::Run;
use crate::run::bench_network::{
    APP_TIME, CONNECTIONS, QUERY_TIME, SEED, SERVERS, WORKERS, advance_until, plan, rate,
};
use crate::sim::{History, PlanError};

/// Requests in one measurement.
pub const REQUESTS: u64 = 1_000_000;

/// What was measured.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Bench {
    /// Seconds the full model took.
    pub model_s: f64,
    /// Seconds the minimal loop took.
    pub loop_s: f64,
    /// The one by the other.
    pub ratio: f64,
    /// Requests that each of them served.
    pub requests: u64,
    /// Mean response time in the model, in milliseconds: the two are the same network.
    pub model_mean_ms: f64,
    /// The same in the minimal loop.
    pub loop_mean_ms: f64,
    /// Events of the model.
    pub events: u64,
    /// Time for one event with 1,000 servers, by that with 10.
    pub cost_1000_by_10: f64,
}

/// Measures both, alternately, and keeps the fastest run of each.
///
/// # Errors
/// If the plan of the network cannot be run.
pub fn measure(runs: u32) -> Result<Bench, PlanError> {
    let (mut model_s, mut loop_s) = (f64::INFINITY, f64::INFINITY);
    let (mut events, mut model_mean_ms, mut loop_mean_ms) = (0, 0.0, 0.0);
    let mut requests = 0;
    for _ in 0..runs {
        let started = Instant::now();
        loop_mean_ms = minimal_loop(REQUESTS);
        loop_s = f64::min(loop_s, started.elapsed().as_secs_f64());
        let started = Instant::now();
        let run = model(REQUESTS)?;
        model_s = f64::min(model_s, started.elapsed().as_secs_f64());
        events = run.simulation().events();
        requests = run.simulation().counts().ok;
        let times = run.simulation().response_times();
        model_mean_ms = times.sum().as_ms_f64() / times.count().max(1) as f64;
    }
    let per_event = |servers| cost_per_event(servers, runs);
    let cost_1000_by_10 = per_event(1000)? / per_event(10)?;
    Ok(Bench {
        model_s,
        loop_s,
        ratio: model_s / loop_s,
        requests,
        model_mean_ms,
        loop_mean_ms,
        events,
        cost_1000_by_10,
    })
}

/// The full model, until so many users have come.
fn model(requests: u64) -> Result<Run, PlanError> {
    let mut run = Run::new(plan(SERVERS), History::Off)?;
    advance_until(&mut run, requests);
    Ok(run)
}

/// Seconds for an event with so many servers: the fastest of some runs of a tenth of the requests.
fn cost_per_event(servers: usize, runs: u32) -> Result<f64, PlanError> {
    let mut fastest = f64::INFINITY;
    for _ in 0..runs {
        let mut run = Run::new(plan(servers), History::Off)?;
        let started = Instant::now();
        advance_until(&mut run, REQUESTS / 10);
        let took = started.elapsed().as_secs_f64();
        fastest = fastest.min(took / run.simulation().events() as f64);
    }
    Ok(fastest)
}

/// What happens in the minimal loop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Arrival,
    AppDone(usize, u64),
    QueryDone(usize, u64),
}

/// The same network by hand: a heap of events, a queue for each server, and nothing else. Returns the mean response time in
/// milliseconds.
fn minimal_loop(requests: u64) -> f64 {
    let chance = Chance::new(SEED);
    let mean_gap = SimDuration::from_secs_f64(1.0 / rate(SERVERS));
    let mut heap = BinaryHeap::new();
    let mut sequence = 0_u64;
    let mut waiting: [VecDeque<u64>; SERVERS] = [const { VecDeque::new() }; SERVERS];
    let mut busy = [0_u32; SERVERS];
    let mut queries = 0_u32;
    let mut asking: VecDeque<(usize, u64)> = VecDeque::new();
    let mut started: Vec<u64> = Vec::with_capacity(requests as usize);
    let (mut done, mut total_ns, mut next_server) = (0_u64, 0_u64, 0);
    heap.push(Reverse((chance.draw(1, 0).exponential(mean_gap).as_ns(), 0, Happening::Arrival)));
    while let Some(Reverse((now, _, happening))) = heap.pop() {
        let mut at = |delay: SimDuration, happening| {
            sequence += 1;
            heap.push(Reverse((now + delay.as_ns(), sequence, happening)));
        };
        match happening {
            Happening::Arrival => {
                let number = started.len() as u64;
                started.push(now);
                if number + 1 < requests {
                    let gap = chance.draw(1, number + 1).exponential(mean_gap);
                    at(gap, Happening::Arrival);
                }
                let server = next_server;
                next_server = (next_server + 1) % SERVERS;
                if busy[server] < WORKERS {
                    busy[server] += 1;
                    let time = chance.draw(2, number).exponential(APP_TIME);
                    at(time, Happening::AppDone(server, number));
                } else {
                    waiting[server].push_back(number);
                }
            }
            Happening::AppDone(server, number) => {
                if queries < CONNECTIONS {
                    queries += 1;
                    let time = chance.draw(3, number).exponential(QUERY_TIME);
                    at(time, Happening::QueryDone(server, number));
                } else {
                    asking.push_back((server, number));
                }
            }
            Happening::QueryDone(server, number) => {
                done += 1;
                total_ns += now - started[number as usize];
                if let Some((server, number)) = asking.pop_front() {
                    let time = chance.draw(3, number).exponential(QUERY_TIME);
                    at(time, Happening::QueryDone(server, number));
                } else {
                    queries -= 1;
                }
                if let Some(number) = waiting[server].pop_front() {
                    let time = chance.draw(2, number).exponential(APP_TIME);
                    at(time, Happening::AppDone(server, number));
                } else {
                    busy[server] -= 1;
                }
            }
        }
    }
    total_ns as f64 / done as f64 / 1e6
}
