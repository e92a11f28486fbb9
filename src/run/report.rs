//! A run told to programs: the JSON of `foobar-lab simulate`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Run;
use crate::sim::{Plan, TimedAction};

/// Everything a run came to. `issued = ok + failed + in_flight`, always.
#[derive(Clone, Debug, Serialize)]
pub struct Report<'a> {
    /// What determines the run.
    pub plan: &'a Plan,
    /// What was done to it.
    pub actions: &'a [TimedAction],
    /// How its requests ended.
    pub requests: Requests,
    /// How often a user who had logged in was asked to log in again.
    pub logged_out: u64,
    /// Response times of the requests answered well, in milliseconds (within 1 %).
    pub latency_ms: Latency,
    /// Every server as every balancer sees it.
    pub servers: Vec<ServerLine>,
    /// What happened.
    pub facts: Vec<FactLine>,
    /// What it took to compute.
    pub engine: Engine,
    /// A digest of every fact and outcome: equal for equal runs, natively and in the browser.
    pub hash: String,
}

/// How the requests ended.
#[derive(Clone, Debug, Serialize)]
pub struct Requests {
    /// Sent by users.
    pub issued: u64,
    /// Answered well.
    pub ok: u64,
    /// Ended otherwise.
    pub failed: u64,
    /// Not ended yet.
    pub in_flight: u64,
    /// By how they ended: status and termination state, or what the client met.
    pub by_outcome: BTreeMap<String, u64>,
}

/// Response times in milliseconds; `null` if no request was answered well.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

/// A server as a balancer sees it.
#[derive(Clone, Debug, Serialize)]
pub struct ServerLine {
    /// Its name.
    pub name: String,
    /// Its backend.
    pub backend: String,
    /// Whose view it is.
    pub balancer: String,
    /// Its status, in the words of the statistics page.
    pub status: String,
    /// Connection attempts, retries included.
    pub requests: u64,
}

/// A fact.
#[derive(Clone, Debug, Serialize)]
pub struct FactLine {
    /// When, in nanoseconds from the start.
    pub t_ns: u64,
    /// What kind of thing happened, such as `server-down`.
    pub kind: &'static str,
    /// What it happened to.
    pub subject: String,
    /// The same in words.
    pub text: String,
}

/// What it took to compute.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Engine {
    /// Events that happened.
    pub events: u64,
    /// Milliseconds on the wall, as measured by the caller.
    pub wall_ms: f64,
}

impl Run {
    /// The run as it stands, told to programs. `wall_ms` is what the caller measured.
    pub fn report(&self, wall_ms: f64) -> Report<'_> {
        let simulation = self.simulation();
        let counts = simulation.counts();
        let times = simulation.response_times();
        let quantile = |share| times.quantile(share).map(crate::kernel::SimDuration::as_ms_f64);
        let by_outcome = simulation.outcomes().map(|(outcome, count)| (outcome.to_string(), count));
        let servers = simulation.snapshot().servers.into_iter().map(|server| ServerLine {
            status: server.status_word(),
            name: server.name,
            backend: server.backend,
            balancer: server.balancer,
            requests: server.requests,
        });
        let facts = simulation.facts().iter().map(|fact| FactLine {
            t_ns: fact.at.as_ns(),
            kind: fact.kind.name(),
            subject: fact.subject.clone(),
            text: fact.to_string(),
        });
        Report {
            plan: self.plan(),
            actions: self.actions(),
            logged_out: simulation.logged_out(),
            requests: Requests {
                issued: counts.issued,
                ok: counts.ok,
                failed: counts.failed,
                in_flight: counts.in_flight,
                by_outcome: by_outcome.collect(),
            },
            latency_ms: Latency {
                p50: quantile(0.50),
                p95: quantile(0.95),
                p99: quantile(0.99),
                max: quantile(1.0),
            },
            servers: servers.collect(),
            facts: facts.collect(),
            engine: Engine { events: simulation.events(), wall_ms },
            hash: simulation.digest().to_string(),
        }
    }
}
