//! Small charts of the last minute: what is looked at every second, and its drawing.

use std::fmt::Write;

use super::CHART_SECONDS;
use crate::infra::{Infrastructure, Place, Service};
use crate::kernel::small::{decimal, fixed};
use crate::kernel::{SimDuration, SimTime};
use crate::run::Run;
use crate::sim::MessageKind;
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
    ways: Vec<Way>,
}

/// What set out from one place to another in the second before.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// Both ends, as [`place`] counts them.
    ends: [usize; 2],
    /// Requests, and what they caused; those that meet silence are among them.
    sent: u32,
    lost: u32,
    /// Errors on their way back.
    errors: u32,
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
            ways: ways(run),
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

fn ways(run: &Run) -> Vec<Way> {
    let simulation = run.simulation();
    let infrastructure = &simulation.plan().infrastructure;
    let (now, second) = (simulation.now(), SimDuration::from_secs(1));
    let mut ways: Vec<Way> = Vec::new();
    let recent = simulation.messages().rev();
    for message in recent.take_while(|message| now.since(message.sent_at) < second) {
        let ends = [place(infrastructure, &message.from), place(infrastructure, &message.to)];
        let known = ways.iter().position(|way| way.ends == ends).unwrap_or(ways.len());
        if known == ways.len() {
            ways.push(Way { ends, sent: 0, lost: 0, errors: 0 });
        }
        match message.kind {
            MessageKind::Request => ways[known].sent += 1,
            MessageKind::Lost => {
                ways[known].sent += 1;
                ways[known].lost += 1;
            }
            MessageKind::Error => ways[known].errors += 1,
            MessageKind::Answer => {}
        }
    }
    ways
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
    /// The top of the scale at least.
    top: f64,
}

/// The last minute of a machine, or of the site if none is named.
pub(super) fn charts(infrastructure: &Infrastructure, samples: &[Sample], host: &str) -> String {
    let from = samples.len().saturating_sub(CHART_SECONDS + 1);
    let until = SimTime::from_ms(samples.len().saturating_sub(1) as u64 * 1_000);
    let samples = &samples[from..];
    let index = infrastructure.hosts.iter().position(|known| known.name == host);
    let lines = match index {
        Some(index) => machine(&infrastructure.hosts[index].services, samples, index),
        None => site(samples),
    };
    let whose = if host.is_empty() { "the site" } else { host };
    lines.iter().map(|line| figure(line, whose, until)).collect()
}

/// The last minute of what went between the places that `is_its` names by their numbers, from the first to the second.
pub(super) fn of_ways(
    samples: &[Sample],
    whose: &str,
    is_its: &dyn Fn(usize, usize) -> bool,
) -> String {
    let from = samples.len().saturating_sub(CHART_SECONDS + 1);
    let until = SimTime::from_ms(samples.len().saturating_sub(1) as u64 * 1_000);
    let line = |name, value: &dyn Fn(&Way) -> u32| {
        let sum = |sample: &Sample| {
            let its = sample.ways.iter().filter(|way| is_its(way.ends[0], way.ends[1]));
            f64::from(its.map(value).sum::<u32>())
        };
        Line { name, unit: "/s", top: 1.0, values: samples[from..].iter().map(sum).collect() }
    };
    let lines = [
        line("Requests", &|way| way.sent),
        line("Met silence", &|way| way.lost),
        line("Errors", &|way| way.errors),
    ];
    lines.iter().map(|line| figure(line, whose, until)).collect()
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

/// The least end of a scale that holds this value: 1, 2 or 5, or so many tens, hundreds and so on.
fn end_of_scale(most: f64) -> f64 {
    let mut end = 1.0;
    for factor in [2.0, 2.5, 2.0].into_iter().cycle().take(36) {
        // A worker that was busy all the time is so by a sum of fractions.
        if most <= end * 1.001 {
            break;
        }
        end *= factor;
    }
    end
}

/// The end of a scale as it stands beside the chart, where there is room for some seven letters.
fn tick(end: f64, unit: &str) -> String {
    if unit == " ms" && end >= 1_000.0 {
        format!("{} s", decimal(end / 1_000.0, 0))
    } else {
        format!("{}{unit}", decimal(end, 0))
    }
}

/// One line, drawn in the inner picture, which is stretched; the outer one holds the scales, whose letters are not. The figures stand beside
/// it in words.
fn figure(line: &Line, whose: &str, until: SimTime) -> String {
    let now = line.values.last().copied().unwrap_or(0.0);
    let most = line.values.iter().copied().fold(0.0, f64::max);
    let end = end_of_scale(most.max(line.top));
    let step = WIDTH / CHART_SECONDS as f64;
    let left = WIDTH - step * line.values.len().saturating_sub(1) as f64;
    let mut points = String::new();
    for (index, value) in line.values.iter().enumerate() {
        let (x, y) = (left + step * index as f64, HEIGHT - 1.0 - (HEIGHT - 2.0) * value / end);
        let _ = write!(points, "{},{} ", decimal(x, 1), decimal(y, 1));
    }
    let written = |value: f64| format!("{}{}", fixed(value, u32::from(value < 10.0)), line.unit);
    let clock = until.clock();
    let until = clock.split('.').next().unwrap_or_default();
    format!(
        "<figure class=\"chart\"><svg role=\"img\" fill=\"currentColor\" font-size=\"0.8em\" \
         aria-label=\"{name} of {whose} over the last minute: now {now}, at most {most}. Scale from 0 to {top}, from 60 s before {until} to {until}\">\
         <g text-anchor=\"end\"><text x=\"34%\" y=\"14%\" dy=\"0.35em\">{top}</text><text x=\"34%\" y=\"74%\" dy=\"0.35em\">0</text>\
         <text x=\"98%\" y=\"95%\">{until}</text></g><text x=\"36%\" y=\"95%\">\u{2212}60 s</text>\
         <g stroke=\"currentColor\" opacity=\"0.5\"><line x1=\"36%\" x2=\"98%\" y1=\"14%\" y2=\"14%\" stroke-dasharray=\"2\"/>\
         <line x1=\"36%\" x2=\"98%\" y1=\"74%\" y2=\"74%\"/><line x1=\"36%\" x2=\"36%\" y1=\"14%\" y2=\"74%\"/></g>\
         <svg x=\"36%\" y=\"12%\" width=\"62%\" height=\"64%\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\">\
         <polyline points=\"{points}\"/></svg></svg>\
         <figcaption>{name} <b>{now}</b> <span class=\"muted\">max {most}</span></figcaption></figure>",
        name = line.name,
        whose = escape_html(whose),
        now = written(now),
        most = written(most),
        top = tick(end, line.unit),
        points = points.trim_end(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_ends_at_a_round_number_that_is_not_exceeded() {
        for (most, end) in [
            (0.0, 1.0),
            (1.0, 1.0),
            (1.1, 2.0),
            (2.0, 2.0),
            (4.0, 5.0),
            (50.0, 50.0),
            (51.0, 100.0),
            (100.000_000_1, 100.0),
            (101.0, 200.0),
            (14_999.0, 20_000.0),
        ] {
            assert!((end_of_scale(most) - end).abs() < 1e-9, "{most}: {}", end_of_scale(most));
        }
        assert!(end_of_scale(f64::INFINITY).is_finite());
    }

    /// What stands beside a chart is short, since a chart may be 9 rem wide.
    #[test]
    fn a_tick_is_short_and_has_its_unit() {
        for (end, unit, shown) in [
            (100.0, " %", "100 %"),
            (50.0, " ms", "50 ms"),
            (500.0, " ms", "500 ms"),
            (1_000.0, " ms", "1 s"),
            (20_000.0, " ms", "20 s"),
            (5.0, "", "5"),
            (2_000.0, "/s", "2000/s"),
        ] {
            assert_eq!(tick(end, unit), shown);
        }
    }

    /// The scales are drawn, and told to who does not see them; the line lies within them.
    #[test]
    fn a_chart_has_scales() {
        let values = vec![0.0, 40.0, 130.0, 70.0];
        let line = Line { name: "p95", unit: " ms", values, top: 50.0 };
        let markup = figure(&line, "the site", SimTime::from_ms(63_000));
        let document = roxmltree::Document::parse(&markup).unwrap();
        let texts: Vec<&str> = document
            .descendants()
            .filter(|node| node.has_tag_name("text"))
            .filter_map(|node| node.text())
            .collect();
        assert_eq!(texts, ["200 ms", "0", "01:03", "\u{2212}60 s"]);
        let picture = document.descendants().find(|node| node.has_tag_name("svg")).unwrap();
        let said = picture.attribute("aria-label").unwrap();
        assert_eq!(
            said,
            "p95 of the site over the last minute: now 70 ms, at most 130 ms. Scale from 0 to 200 ms, from 60 s before 01:03 to 01:03"
        );
        let drawn = document.descendants().find(|node| node.has_tag_name("polyline")).unwrap();
        let points = drawn.attribute("points").unwrap();
        assert_eq!(points, "114,29 116,23.4 118,10.8 120,19.2");
    }
}
