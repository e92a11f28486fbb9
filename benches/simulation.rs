//! The numbers the project promises, measured: `make bench` (or `cargo bench --bench simulation`). Each is run several
//! times; its median decides. Ends with 1 if one is over its target.

#![allow(
    clippy::disallowed_types,
    reason = "a benchmark measures the wall clock; what it measures never reads it"
)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use foobar_lab::diagram::{Layout, Orientation, compose, to_svg};
use foobar_lab::infra::{Infrastructure, Preset};
use foobar_lab::kernel::{SimDuration, SimTime};
use foobar_lab::run::Run;
use foobar_lab::sim::{History, Plan};

const MILLION: u64 = 1_000_000;
const UTILISATION: f64 = 0.7;

/// Something measured several times, and what it may come to.
struct Figure {
    what: String,
    unit: &'static str,
    /// In ascending order.
    runs: Vec<f64>,
    below: f64,
}

impl Figure {
    fn median(&self) -> f64 {
        self.runs[self.runs.len() / 2]
    }

    fn is_met(&self) -> bool {
        self.median() < self.below
    }

    fn print(&self) {
        println!(
            "{:<66} min {:>9.3} {unit}  median {:>9.3} {unit}  target < {} {unit}  {}",
            self.what,
            self.runs[0],
            self.median(),
            self.below,
            if self.is_met() { "ok" } else { "OVER" },
            unit = self.unit,
        );
    }
}

/// Runs something once to warm up, then so many times, and keeps the milliseconds each took.
fn measure<T>(what: &str, below_ms: f64, runs: usize, mut work: impl FnMut() -> T) -> Figure {
    black_box(work());
    let mut runs: Vec<f64> = (0..runs)
        .map(|_| {
            let started = Instant::now();
            black_box(work());
            started.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    Figure { what: what.to_owned(), unit: "ms", runs, below: below_ms }
}

/// What `foobar-lab simulate` runs when it is told nothing.
fn default_minute(infrastructure: &Infrastructure) -> Run {
    let mut run = start(Plan::new(infrastructure.clone(), 1));
    run.advance_to(SimTime::ZERO + SimDuration::from_secs(60));
    run
}

/// Dynamic pages at a rate that keeps the application workers this busy.
fn busy(infrastructure: &Infrastructure) -> Run {
    let mut plan = Plan::new(infrastructure.clone(), 1);
    plan.workload.static_share = 0.0;
    plan.workload.rate = rate_at(infrastructure, UTILISATION);
    start(plan)
}

/// The busy site until a million users have come.
fn million(infrastructure: &Infrastructure) -> Run {
    let mut run = busy(infrastructure);
    let whole = SimDuration::from_secs_f64(MILLION as f64 / run.plan().workload.rate);
    run.advance_to(SimTime::ZERO + whole);
    while run.simulation().counts().issued < MILLION {
        let next = run.now() + SimDuration::from_secs(1);
        run.advance_to(next);
    }
    run
}

#[allow(clippy::expect_used, reason = "a benchmark stops where the preset cannot be run")]
fn start(plan: Plan) -> Run {
    Run::new(plan, History::Off).expect("the preset can be run")
}

/// The rate of dynamic requests at a utilisation of the application workers: a worker is held for its own work, a new
/// connection to the database and the query (three times over the network, and once for the answer), and the query's time.
fn rate_at(infrastructure: &Infrastructure, utilisation: f64) -> f64 {
    let services = || infrastructure.hosts.iter().flat_map(|host| &host.services);
    let network = infrastructure.network.lan_latency * 4;
    let query = services().find_map(|service| service.as_mysql()).map(|mysql| mysql.service_time);
    services()
        .filter_map(|service| service.as_app())
        .map(|app| {
            let held = app.service_time + network + query.unwrap_or(SimDuration::ZERO);
            utilisation * f64::from(app.workers) / held.as_secs_f64()
        })
        .sum()
}

/// The share of application workers that are busy, over some thousand looks at the busy site.
fn observed_utilisation(infrastructure: &Infrastructure) -> f64 {
    let mut run = busy(infrastructure);
    let (mut busy, mut workers) = (0, 0);
    for second in 1..5000 {
        run.advance_to(SimTime::ZERO + SimDuration::from_secs(second));
        let hosts = run.simulation().snapshot().hosts;
        let app_servers = hosts.iter().filter(|host| host.name.starts_with("app-"));
        for load in app_servers.filter_map(|host| host.load) {
            busy += load.busy;
            workers += load.workers;
        }
    }
    f64::from(busy) / f64::from(workers)
}

fn draw(infrastructure: &Infrastructure) -> String {
    let layout = Layout::new(infrastructure, Orientation::Landscape);
    to_svg(&compose(infrastructure, None, &layout, &[]))
}

/// The largest preset as some seconds left it, for the drawing as it stands.
fn left_by_a_run() -> Run {
    let mut run = start(Plan::new(Preset::Extended.infrastructure(), 1));
    run.advance_to(SimTime::ZERO + SimDuration::from_secs(10));
    run
}

fn draw_as_it_stands(run: &Run) -> String {
    let infrastructure = &run.plan().infrastructure;
    let layout = Layout::new(infrastructure, Orientation::Landscape);
    to_svg(&compose(infrastructure, Some(&run.simulation().snapshot()), &layout, &[]))
}

fn main() -> ExitCode {
    let infrastructure = Preset::Brief.infrastructure();
    let mut figures = Vec::new();

    figures.push(measure("60 s of the default workload", 20.0, 51, || {
        default_minute(&infrastructure)
    }));

    let run = million(&infrastructure);
    let counts = run.simulation().counts();
    let rate = run.plan().workload.rate;
    figures.push(measure(
        &format!(
            "{} requests at {:.0} % utilisation ({rate:.1}/s)",
            counts.issued,
            100.0 * UTILISATION
        ),
        2000.0,
        5,
        || million(&infrastructure),
    ));
    let events = run.simulation().events();

    figures.push(measure("diagram: layout, compose, write", 1.0, 201, || draw(&infrastructure)));
    let left = left_by_a_run();
    figures.push(measure("diagram of the extended site as a run left it", 5.0, 201, || {
        draw_as_it_stands(&left)
    }));
    let bytes = draw(&infrastructure).len() as f64;
    figures.push(Figure {
        what: "diagram: size of the file".to_owned(),
        unit: "B ",
        runs: vec![bytes],
        below: 20_000.0,
    });

    for figure in &figures {
        figure.print();
    }
    let seconds = figures[1].median() / 1000.0;
    println!(
        "the million: {} ok, {} failed, {:.1} % of the workers busy, {events} events ({:.1} for each request), {:.1} million events a second",
        counts.ok,
        counts.failed,
        100.0 * observed_utilisation(&infrastructure),
        events as f64 / counts.issued as f64,
        events as f64 / 1e6 / seconds,
    );
    if figures.iter().all(Figure::is_met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
