//! What the charts are drawn from: the site as it is looked at every whole second.

use super::judged::Judged;
use super::tally::Tally;
use crate::infra::{Infrastructure, Place};
use crate::kernel::SimDuration;
use crate::run::Run;
use crate::sim::{AdvertCount, Copying, Outcome};

/// The site at a whole second.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// How requests ended since the start: answered well, with an error, or without an answer.
    pub(super) outcomes: [u64; 3],
    pub(super) requests_per_s: f64,
    pub(super) errors_per_s: f64,
    /// Milliseconds: the median, the 95th and the 99th percentile of the response time; 0 if nothing was answered well.
    pub(super) percentiles: [f64; 3],
    /// In the order of the infrastructure.
    pub(super) hosts: Vec<HostSample>,
    pub(super) ways: Vec<Way>,
    /// How many messages of the second before could not be read: its ways, and what the machines answered, are without them.
    pub(super) missed: u64,
    /// What the rules of the firewall decided about in the second before.
    pub(super) judged: Vec<Judged>,
    /// keepalived's adverts since the start.
    pub(super) adverts: Vec<AdvertCount>,
    /// How copying stands, by the replica as [`place`] counts it.
    pub(super) copies: Vec<(usize, Copying)>,
}

/// What set out from one place to another in the second before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// Both ends, as [`place`] counts them.
    pub(super) ends: [usize; 2],
    /// Of what was asked, what met silence.
    pub(super) lost: u32,
    /// Good answers on their way back.
    pub(super) answers: u32,
    /// Errors on their way back.
    pub(super) errors: u32,
}

/// A machine at a whole second.
#[derive(Clone, Debug, Default)]
pub(super) struct HostSample {
    /// Since the start, in seconds over all workers. Of a balancer: its cores, at TLS handshakes.
    pub(super) busy_s: f64,
    pub(super) queue: u32,
    /// Of a balancer: its cores; 0 where they are not counted.
    pub(super) workers: u32,
    /// Of a balancer: sessions and 5xx since its start.
    pub(super) sessions: u64,
    pub(super) errors: u64,
    /// Milliseconds that it took for its answers of the last seconds: the median, the 95th and the 99th percentile; 0 if it gave none. What
    /// it waited for behind it is part of that.
    pub(super) percentiles: [f64; 3],
}

impl Sample {
    /// Of a run at a whole second, whose messages the tally has read up to there.
    pub(super) fn of(run: &Run, tally: &mut Tally) -> Self {
        let simulation = run.simulation();
        let readings = run.readings();
        let ms = |time: Option<SimDuration>| time.map_or(0.0, SimDuration::as_ms_f64);
        let snapshot = simulation.snapshot();
        let second = tally.end_second(simulation.now());
        let hosts = snapshot.hosts.iter().zip(&second.percentiles).map(|(view, percentiles)| {
            let effort = simulation.effort(&view.name).unwrap_or_default();
            let load = view.load;
            let cores = simulation.core_time(&view.name).unwrap_or_default();
            let (busy, workers) = load.map_or(cores, |load| (effort.busy, load.workers));
            let [sessions, errors] = frontend(run, &view.name);
            let queued = snapshot.servers.iter().filter(|server| server.balancer == view.name);
            let queued: u32 = queued.map(|server| server.queued).sum();
            HostSample {
                busy_s: busy.as_secs_f64(),
                queue: load.map_or(queued, |load| load.queue),
                workers,
                sessions,
                errors,
                percentiles: *percentiles,
            }
        });
        let copies = snapshot.hosts.iter().enumerate();
        let copies =
            copies.filter_map(|(index, view)| Some((index + 1, simulation.copying(&view.name)?)));
        let mut outcomes = [0; 3];
        for (outcome, count) in simulation.outcomes() {
            let how = match outcome {
                Outcome::Ok => 0,
                Outcome::Status { status: 1.., .. } => 1,
                _ => 2,
            };
            outcomes[how] += count;
        }
        Self {
            outcomes,
            requests_per_s: readings.requests_per_s,
            errors_per_s: readings.errors_per_s,
            percentiles: [ms(readings.p50), ms(readings.p95), ms(readings.p99)],
            hosts: hosts.collect(),
            ways: second.ways,
            missed: second.missed,
            judged: second.judged,
            adverts: simulation.adverts(),
            copies: copies.collect(),
        }
    }
}

/// A place by its number: 0 are the users, from 1 on the machines in the order of the infrastructure.
pub(super) fn place(infrastructure: &Infrastructure, place: &Place) -> usize {
    match place {
        Place::Users => 0,
        Place::Host(name) => {
            let index = infrastructure.hosts.iter().position(|host| host.name == *name);
            index.map_or(usize::MAX, |index| index + 1)
        }
    }
}

/// Sessions and 5xx answers of a balancer's frontend, from its statistics page.
fn frontend(run: &Run, host: &str) -> [u64; 2] {
    let rows = run.simulation().statistics(host).unwrap_or_default();
    let front = rows.iter().find(|row| row.value("svname") == "FRONTEND");
    ["stot", "hrsp_5xx"]
        .map(|field| front.and_then(|row| row.value(field).parse().ok()).unwrap_or(0))
}
