//! Queueing theory held against the whole simulation: users, balancers and servers as always, but a network and proxies that
//! take no time, so that one station is all there is to wait for.

use super::Figure::{Blocked, InStation, Percentile95, ResponseTime, Utilisation, WaitingTime};
use super::{Case, Claim, Figure, Room, Row, SEEDS, Tier};
use crate::infra::{App, Distribution, Haproxy, Infrastructure, Mysql, Nginx, Preset, Service};
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{Effort, History, Plan, PlanError, Simulation};

/// Longer than any request takes here.
const LONG: SimDuration = SimDuration::from_secs(20);
/// As good as no limit.
const MANY: u32 = 100_000;

impl Case {
    /// Runs it and holds the closed forms against it.
    ///
    /// # Errors
    /// If its plan cannot be run.
    pub fn prove(&self) -> Result<Vec<Row>, PlanError> {
        let windows: Result<Vec<_>, _> = (1..=SEEDS).map(|seed| self.observe(seed)).collect();
        let windows = windows?;
        let samples = windows.iter().map(Window::ended).sum();
        let rows = self.figures.iter().filter_map(|(figure, sharpness)| {
            let values: Vec<f64> = windows.iter().map(|window| window.figure(*figure)).collect();
            let claim = Claim {
                law: self.law.to_owned(),
                figure: figure.name(),
                closed_form: self.closed_form(*figure)?,
                sharpness: *sharpness,
            };
            Some(claim.against(&values, samples))
        });
        Ok(rows.collect())
    }

    /// The brief's infrastructure with this station, and nothing else that takes time.
    pub fn plan(&self, seed: u64) -> Plan {
        let mut infrastructure = Preset::Brief.infrastructure();
        infrastructure.network.lan_latency = SimDuration::ZERO;
        infrastructure.network.internet_latency = SimDuration::ZERO;
        self.shape(&mut infrastructure);
        let mut plan = Plan::new(infrastructure, seed);
        plan.workload.rate = self.arrival_rate;
        plan.workload.static_share = if self.tier == Tier::Web { 1.0 } else { 0.0 };
        plan.workload.response_timeout = LONG;
        plan
    }

    fn shape(&self, infrastructure: &mut Infrastructure) {
        let waiting = match (self.room, self.tier) {
            (Room::Endless, _) => MANY,
            // `max_connections` counts those at work, too.
            (Room::For(capacity), Tier::Database) => capacity,
            // The kernel holds one more than the backlog says.
            (Room::For(capacity), Tier::App | Tier::Web) => capacity - self.servers - 1,
        };
        let station = (self.servers, waiting, self.service_time, self.distribution);
        let instant = (MANY, MANY, SimDuration::ZERO, Distribution::Constant);
        let at = |tier| if tier == self.tier { station } else { instant };
        // A core for everybody: what is shown is a station, not what stations take from each other.
        infrastructure.hosts.iter_mut().for_each(|host| host.cores = u32::MAX);
        for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
            match service {
                Service::Haproxy(haproxy) => self.make_transparent(haproxy),
                Service::Keepalived(keepalived) => {
                    keepalived.advert_int = SimDuration::from_secs(255);
                    keepalived.track_script = None;
                }
                Service::Nginx(Nginx {
                    worker_processes,
                    backlog,
                    service_time,
                    service_distribution,
                    ..
                }) => {
                    (*worker_processes, *backlog, *service_time, *service_distribution) =
                        at(Tier::Web);
                }
                Service::App(App {
                    workers, backlog, service_time, service_distribution, ..
                }) => {
                    (*workers, *backlog, *service_time, *service_distribution) = at(Tier::App);
                }
                Service::Mysql(Mysql {
                    threads,
                    max_connections,
                    service_time,
                    service_distribution,
                    ..
                }) => {
                    (*threads, *max_connections, *service_time, *service_distribution) =
                        at(Tier::Database);
                }
                Service::Agent => {}
            }
        }
    }

    /// No work, no checks, no second try, and one server for each backend.
    fn make_transparent(&self, haproxy: &mut Haproxy) {
        haproxy.processing_time = SimDuration::ZERO;
        haproxy.tls_round_trips = 0;
        haproxy.retries.retries = 0;
        haproxy.timeouts.server = LONG;
        haproxy.timeouts.client = Some(LONG);
        // A connection request that finds the backlog full is dropped: given up at once, it is lost.
        let is_bounded = self.room != Room::Endless;
        haproxy.timeouts.connect = if is_bounded { SimDuration::from_ms(1) } else { LONG };
        for backend in &mut haproxy.backends {
            backend.httpchk = None;
            backend.servers.truncate(1);
            for server in &mut backend.servers {
                server.check = false;
            }
        }
    }

    /// One run: a tenth of it to forget that it began empty, then a window to look at.
    fn observe(&self, seed: u64) -> Result<Window, PlanError> {
        let mut simulation = Simulation::new(&self.plan(seed), History::Off)?;
        let span = SimDuration::from_secs_f64(f64::from(self.requests) / self.arrival_rate);
        simulation.advance_to(SimTime::ZERO + span.scaled(0.1));
        let before = Totals::of(&simulation, self.host());
        simulation.advance_to(SimTime::ZERO + span.scaled(1.1));
        let after = Totals::of(&simulation, self.host());
        let p95 = simulation.response_times().quantile(0.95).unwrap_or_default();
        Ok(Window { before, after, p95, span, servers: self.servers })
    }
}

/// Counters at an instant.
#[derive(Clone, Copy, Debug)]
struct Totals {
    ok: u64,
    failed: u64,
    responses: SimDuration,
    station: Effort,
}

impl Totals {
    fn of(simulation: &Simulation, host: &str) -> Self {
        let counts = simulation.counts();
        Self {
            ok: counts.ok,
            failed: counts.failed,
            responses: simulation.response_times().sum(),
            station: simulation.effort(host).unwrap_or_default(),
        }
    }
}

/// What happened between two instants.
#[derive(Clone, Copy, Debug)]
struct Window {
    before: Totals,
    after: Totals,
    /// Of the whole run: its beginning is too short to matter.
    p95: SimDuration,
    span: SimDuration,
    servers: u32,
}

impl Window {
    const fn ended(&self) -> u64 {
        self.after.ok + self.after.failed - self.before.ok - self.before.failed
    }

    fn figure(&self, figure: Figure) -> f64 {
        let (before, after) = (self.before.station, self.after.station);
        let answered = (self.after.ok - self.before.ok) as f64;
        let served = (after.served - before.served) as f64;
        let busy = (after.busy - before.busy).as_secs_f64();
        let waited = (after.waited - before.waited).as_secs_f64();
        let span = self.span.as_secs_f64();
        match figure {
            ResponseTime => (self.after.responses - self.before.responses).as_ms_f64() / answered,
            // The histogram rounds up to the end of a bucket, 1/128 wide: half of one on average.
            Percentile95 => self.p95.as_ms_f64() / (1.0 + 0.5 / 128.0),
            WaitingTime => waited * 1e3 / served,
            InStation => (busy + waited) / span,
            Utilisation => busy / span / f64::from(self.servers),
            Blocked => (self.after.failed - self.before.failed) as f64 / self.ended() as f64,
        }
    }
}
