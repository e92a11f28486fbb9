//! Small charts of the last minute: what is looked at every second, and its drawing.

use std::fmt::Write;

use super::CHART_SECONDS;
use crate::infra::{Infrastructure, Service};
use crate::kernel::SimDuration;
use crate::kernel::small::{decimal, fixed};
use crate::run::Run;
use crate::submission::escape_html;

/// The site at a whole second.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    requests_per_s: f64,
    errors_per_s: f64,
    /// Milliseconds: the median, the 95th and the 99th percentile of the response time; 0 if nothing was answered well.
    percentiles: [f64; 3],
    /// In the order of the infrastructure.
    hosts: Vec<HostSample>,
}

/// A machine at a whole second.
#[derive(Clone, Copy, Debug, Default)]
struct HostSample {
    /// Since the start.
    served: u64,
    /// Since the start, in seconds over all workers.
    busy_s: f64,
    /// Since the start, in seconds over all jobs.
    waited_s: f64,
    queue: u32,
    workers: u32,
    /// Of a balancer: sessions and 5xx since its start.
    sessions: u64,
    errors: u64,
}

impl Sample {
    pub(super) fn of(run: &Run) -> Self {
        let simulation = run.simulation();
        let readings = run.readings();
        let ms = |time: Option<SimDuration>| time.map_or(0.0, SimDuration::as_ms_f64);
        let snapshot = simulation.snapshot();
        let hosts = snapshot.hosts.iter().map(|view| {
            let effort = simulation.effort(&view.name).unwrap_or_default();
            let load = view.load;
            let [sessions, errors] = frontend(run, &view.name);
            HostSample {
                served: effort.served,
                busy_s: effort.busy.as_secs_f64(),
                waited_s: effort.waited.as_secs_f64(),
                queue: load.map_or(0, |load| load.queue),
                workers: load.map_or(0, |load| load.workers),
                sessions,
                errors,
            }
        });
        Self {
            requests_per_s: readings.requests_per_s,
            errors_per_s: readings.errors_per_s,
            percentiles: [ms(readings.p50), ms(readings.p95), ms(readings.p99)],
            hosts: hosts.collect(),
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

/// A line of values, one a second, the newest last.
struct Line {
    name: &'static str,
    unit: &'static str,
    values: Vec<f64>,
    /// The top of the chart at least.
    top: f64,
}

/// The last minute of a machine, or of the site if none is named.
pub(super) fn charts(infrastructure: &Infrastructure, samples: &[Sample], host: &str) -> String {
    let from = samples.len().saturating_sub(CHART_SECONDS + 1);
    let samples = &samples[from..];
    let index = infrastructure.hosts.iter().position(|known| known.name == host);
    let lines = match index {
        Some(index) => machine(&infrastructure.hosts[index].services, samples, index),
        None => site(samples),
    };
    let whose = if host.is_empty() { "the site" } else { host };
    lines.iter().map(|line| figure(line, whose)).collect()
}

fn site(samples: &[Sample]) -> Vec<Line> {
    let line = |name, unit, top, value: &dyn Fn(&Sample) -> f64| Line {
        name,
        unit,
        top,
        values: samples.iter().map(value).collect(),
    };
    vec![
        line("Requests", "/s", 1.0, &|sample| sample.requests_per_s),
        line("Errors", "/s", 1.0, &|sample| sample.errors_per_s),
        line("p50", " ms", 50.0, &|sample| sample.percentiles[0]),
        line("p95", " ms", 50.0, &|sample| sample.percentiles[1]),
        line("p99", " ms", 50.0, &|sample| sample.percentiles[2]),
    ]
}

fn machine(services: &[Service], samples: &[Sample], index: usize) -> Vec<Line> {
    let at = |sample: &Sample| sample.hosts.get(index).copied().unwrap_or_default();
    // What a second brought; a process that began anew counts from nothing.
    let per_second = |value: &dyn Fn(HostSample) -> f64| -> Vec<f64> {
        let pairs = samples.windows(2);
        pairs.map(|pair| (value(at(&pair[1])) - value(at(&pair[0]))).max(0.0)).collect()
    };
    if services.iter().any(|service| matches!(service, Service::Haproxy(_))) {
        return vec![
            Line {
                name: "Sessions",
                unit: "/s",
                top: 1.0,
                values: per_second(&|host| host.sessions as f64),
            },
            Line {
                name: "5xx",
                unit: "/s",
                top: 1.0,
                values: per_second(&|host| host.errors as f64),
            },
        ];
    }
    let served = per_second(&|host| host.served as f64);
    let waited = per_second(&|host| host.waited_s);
    let waits =
        served.iter().zip(&waited).map(|(served, waited)| 1_000.0 * waited / served.max(1.0));
    let busy = per_second(&|host| host.busy_s);
    let workers = samples.iter().skip(1).map(|sample| f64::from(at(sample).workers.max(1)));
    vec![
        Line {
            name: "Utilisation",
            unit: " %",
            top: 100.0,
            values: busy
                .iter()
                .zip(workers)
                .map(|(busy, workers)| 100.0 * busy / workers)
                .collect(),
        },
        Line {
            name: "Queue",
            unit: "",
            top: 4.0,
            values: samples.iter().skip(1).map(|sample| f64::from(at(sample).queue)).collect(),
        },
        Line { name: "Mean wait", unit: " ms", top: 10.0, values: waits.collect() },
        Line { name: "Served", unit: "/s", top: 1.0, values: served },
    ]
}

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 30.0;

/// One line, drawn; its figures stand beside it in words.
fn figure(line: &Line, whose: &str) -> String {
    let now = line.values.last().copied().unwrap_or(0.0);
    let most = line.values.iter().copied().fold(0.0, f64::max);
    let top = most.max(line.top);
    let step = WIDTH / CHART_SECONDS as f64;
    let left = WIDTH - step * line.values.len().saturating_sub(1) as f64;
    let mut points = String::new();
    for (index, value) in line.values.iter().enumerate() {
        let (x, y) = (left + step * index as f64, HEIGHT - 1.0 - (HEIGHT - 2.0) * value / top);
        let _ = write!(points, "{},{} ", decimal(x, 1), decimal(y, 1));
    }
    let written = |value: f64| format!("{}{}", fixed(value, u32::from(value < 10.0)), line.unit);
    format!(
        "<figure class=\"chart\"><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{name} of {whose} over the last minute: now {now}, at most {most}\"><polyline points=\"{points}\"/></svg>\
         <figcaption>{name} <b>{now}</b> <span class=\"muted\">max {most}</span></figcaption></figure>",
        name = line.name,
        whose = escape_html(whose),
        now = written(now),
        most = written(most),
        points = points.trim_end(),
    )
}
