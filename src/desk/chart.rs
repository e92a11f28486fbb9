//! Which charts the last minute has: of the site, of a machine, of what goes between places. They are drawn in `plot.rs`.

use super::plot::{Axis, Chart, Of, Shape, drawn};
use super::samples::{HostSample, Sample, Way};
use super::{CHART_SECONDS, lines};
use crate::infra::{Infrastructure, Service};
use crate::kernel::SimTime;
use crate::run::Run;

/// The last minute: what was looked at every second, and what is marked in it.
pub(super) struct Minute<'a> {
    all: &'a [Sample],
    /// The first that is shown.
    from: usize,
    axis: Axis,
}

impl<'a> Minute<'a> {
    /// Of a run that was looked at every whole second.
    pub(super) fn of(run: &Run, samples: &'a [Sample]) -> Self {
        let until = SimTime::from_ms(samples.len().saturating_sub(1) as u64 * 1_000);
        let begin = until.as_ns().saturating_sub(CHART_SECONDS as u64 * 1_000_000_000);
        let mut marks = run.timeline(1).marks;
        marks.retain(|mark| mark.at <= until && mark.at.as_ns() >= begin);
        marks.sort_by_key(|mark| mark.at);
        let from = samples.len().saturating_sub(CHART_SECONDS + 1);
        Self { all: samples, from, axis: Axis { until, marks } }
    }

    pub(super) fn shown(&self) -> &'a [Sample] {
        &self.all[self.from..]
    }

    /// What each second brought, by a figure that counts from the start; what began anew counts from nothing.
    pub(super) fn grown(&self, value: &dyn Fn(&Sample) -> f64) -> Vec<f64> {
        let pairs = self.shown().windows(2);
        pairs.map(|pair| (value(&pair[1]) - value(&pair[0])).max(0.0)).collect()
    }

    /// A figure of each second, but for the first, of which nothing is known.
    pub(super) fn each(&self, value: &dyn Fn(&Sample) -> f64) -> Vec<f64> {
        self.shown().iter().skip(1).map(value).collect()
    }

    /// Of each second, something that is counted in it anew.
    pub(super) fn counted(&self, value: &dyn Fn(&Sample) -> u32) -> Vec<f64> {
        self.each(&|sample| f64::from(value(sample)))
    }

    /// These charts of it, what is marked in them, and the figures as a table.
    pub(super) fn drawn(&self, charts: &[Chart], whose: &str) -> String {
        drawn(charts, whose, &self.axis)
    }

    /// A paragraph that says of how many seconds not all messages could be read; nothing of none.
    pub(super) fn unread(&self) -> String {
        let seconds = self.shown().iter().filter(|sample| sample.missed > 0).count();
        if seconds == 0 {
            return String::new();
        }
        format!(
            "<p class=\"muted\">In {seconds} of these seconds more was sent than could be read: requests and errors were more than is \
             shown, and the times are of a part.</p>"
        )
    }
}

/// The utilisation of a balancer's cores.
const BY_TLS: &str = "Utilisation by TLS";
/// Why a balancer may have none.
const NO_CORES: &str = "<p class=\"muted\">No utilisation: what HAProxy does for a request is a time in the lab, and no work of a core. Handshakes are, once \
     the work of TLS is counted (\u{201c}Build it otherwise\u{201d}).</p>";

/// The last minute of a machine, or of the site if none is named.
pub(super) fn charts(infrastructure: &Infrastructure, minute: &Minute<'_>, host: &str) -> String {
    let index = infrastructure.hosts.iter().position(|known| known.name == host);
    let charts = match index {
        Some(index) => machine(&infrastructure.hosts[index].services, minute, index),
        None => site(infrastructure, minute),
    };
    let whose = if host.is_empty() { "the site" } else { host };
    // The figures of the site are not counted from messages.
    let unread = if index.is_some() { minute.unread() } else { String::new() };
    let is_balancer = index.is_some_and(|index| infrastructure.hosts[index].haproxy().is_some());
    let no_cores =
        if is_balancer && charts.iter().all(|chart| chart.name != BY_TLS) { NO_CORES } else { "" };
    minute.drawn(&charts, whose) + no_cores + &unread
}

/// The last minute of what went between the places that `is_its` names by their numbers, from the first to the second: stacked by what came back, so
/// that the whole is what went through.
pub(super) fn of_ways(
    minute: &Minute<'_>,
    whose: &str,
    is_its: &dyn Fn(usize, usize) -> bool,
) -> String {
    let went = |value: &dyn Fn(&Way) -> u32| {
        minute.counted(&|sample| {
            let its = sample.ways.iter().filter(|way| is_its(way.ends[0], way.ends[1]));
            its.map(value).sum()
        })
    };
    let answered = went(&|way| way.answers);
    let charts = requests(answered, went(&|way| way.errors), went(&|way| way.lost));
    minute.drawn(&charts, whose) + &minute.unread()
}

/// Requests by how they ended, and how many of them ended badly, in percent.
fn requests(answered: Vec<f64>, errors: Vec<f64>, silent: Vec<f64>) -> [Chart; 2] {
    let failed = answered.iter().zip(&errors).zip(&silent).map(|((answered, errors), silent)| {
        let bad = errors + silent;
        share(bad, answered + bad)
    });
    let failed = Chart::line("Errors", " %", 5.0, failed.collect());
    let parts = vec![("answered", answered), ("an error", errors), ("silence", silent)];
    [Chart::stacked("Requests", "/s", 1.0, parts), failed]
}

/// Whose times the site's percentiles are of: an error that comes at once would make them better.
const OF_GOOD: &str = "of good answers ";
/// And a machine's.
const OF_ALL: &str = "of all that it answered, errors too, ";
const PERCENTILES: [&str; 3] = ["p50", "p95", "p99"];

fn site(infrastructure: &Infrastructure, minute: &Minute<'_>) -> Vec<Chart> {
    let ended = |how: usize| minute.grown(&|sample| sample.outcomes[how] as f64);
    let failed = |sample: &Sample| share(sample.errors_per_s, sample.requests_per_s);
    let mut charts = vec![
        Chart::stacked(
            "Requests",
            "/s",
            1.0,
            vec![("answered", ended(0)), ("an error", ended(1)), ("no answer", ended(2))],
        )
        .wide(),
        Chart::line("Errors", " %", 5.0, minute.shown().iter().map(failed).collect())
            .of(Of::Lately)
            .wide(),
    ];
    let lately = |place: usize| {
        minute.shown().iter().map(|sample| sample.percentiles[place]).collect::<Vec<_>>()
    };
    let [even, tens] = percentiles(OF_GOOD, &lately);
    charts.push(even);
    charts.extend(of_all(infrastructure, minute));
    charts.push(tens);
    charts
}

/// The percentiles on one scale, and the same on a scale of tens.
fn percentiles(whom: &'static str, of: &dyn Fn(usize) -> Vec<f64>) -> [Chart; 2] {
    [Shape::Lines, Shape::Log].map(|shape| {
        let parts =
            PERCENTILES.into_iter().enumerate().map(|(place, name)| (name.to_owned(), of(place)));
        let latency = Chart::several("Latency", " ms", 50.0, parts.collect());
        latency.of(Of::Lately).whose(whom).drawn_as(shape).with_gaps()
    })
}

/// Utilisation and queue of all machines that work on requests, each a line; of many, those that were highest. Balancers and servers stand apart:
/// few lines in a chart are told apart better.
fn of_all(infrastructure: &Infrastructure, minute: &Minute<'_>) -> Vec<Chart> {
    let (mut used, mut queued) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for (index, host) in infrastructure.hosts.iter().enumerate() {
        let is_balancer = host.haproxy().is_some();
        let kind = usize::from(is_balancer);
        let works = minute
            .shown()
            .iter()
            .any(|sample| sample.hosts.get(index).is_some_and(|host| host.workers > 0));
        if works {
            used[kind].push((host.name.clone(), utilisation(minute, index)));
        }
        if works || is_balancer {
            queued[kind].push((host.name.clone(), queue(minute, index)));
        }
    }
    let lines = |name, unit, top, parts| {
        Chart::several(name, unit, top, highest(parts)).drawn_as(Shape::Lines)
    };
    let [used, used_by_tls] = used;
    let [queued, queued_at_balancers] = queued;
    let mut charts = vec![
        lines("Utilisation of all servers", " %", 100.0, used),
        lines("Utilisation of all balancers by TLS", " %", 100.0, used_by_tls),
        lines("Queue of all servers", "", 4.0, queued).of(Of::Moment),
        lines("Queue of all balancers", "", 4.0, queued_at_balancers).of(Of::Moment),
    ];
    charts.retain(|chart| !chart.parts.is_empty());
    charts
}

/// As many as can be told apart: those that were highest, in their order.
fn highest(mut parts: Vec<(String, Vec<f64>)>) -> Vec<(String, Vec<f64>)> {
    let peak = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    while parts.len() > lines::MOST {
        let mut least = 0;
        for (index, (_, values)) in parts.iter().enumerate() {
            if peak(values) <= peak(&parts[least].1) {
                least = index;
            }
        }
        parts.remove(least);
    }
    parts
}

/// How busy the workers of a machine were in each second, in percent.
fn utilisation(minute: &Minute<'_>, index: usize) -> Vec<f64> {
    let of = |sample: &Sample, value: &dyn Fn(&HostSample) -> f64| {
        sample.hosts.get(index).map_or(0.0, value)
    };
    let busy = minute.grown(&|sample| of(sample, &|host| host.busy_s));
    let workers = minute.each(&|sample| of(sample, &|host| f64::from(host.workers)).max(1.0));
    busy.iter().zip(&workers).map(|(busy, workers)| 100.0 * busy / workers).collect()
}

/// What waited at a machine at the end of each second.
fn queue(minute: &Minute<'_>, index: usize) -> Vec<f64> {
    minute.counted(&|sample| sample.hosts.get(index).map_or(0, |host| host.queue))
}

/// A part of a whole, in percent; of nothing, nothing.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { 0.0 }
}

fn machine(services: &[Service], minute: &Minute<'_>, index: usize) -> Vec<Chart> {
    let of = |sample: &Sample, value: &dyn Fn(&HostSample) -> f64| {
        sample.hosts.get(index).map_or(0.0, value)
    };
    let each = |value: &dyn Fn(&HostSample) -> f64| minute.each(&|sample| of(sample, value));
    let grown = |value: &dyn Fn(&HostSample) -> f64| minute.grown(&|sample| of(sample, value));
    // What came to it, and what it gave back: users and machines are counted from 0 and 1 on.
    let place = index + 1;
    let went = |end: usize, value: &dyn Fn(&Way) -> u32| {
        minute.counted(&|sample| {
            let its = sample.ways.iter().filter(|way| way.ends[end] == place);
            its.map(value).sum()
        })
    };
    let (answered, errors) = (went(0, &|way| way.answers), went(0, &|way| way.errors));
    let mut charts = Vec::from(requests(answered, errors, went(1, &|way| way.lost)));
    let [even, tens] = percentiles(OF_ALL, &|place| each(&|host| host.percentiles[place]));
    charts.push(even);
    let used = utilisation(minute, index);
    let is_balancer = services.iter().any(|service| matches!(service, Service::Haproxy(_)));
    if is_balancer {
        charts.push(Chart::line("Sessions", "/s", 1.0, grown(&|host| host.sessions as f64)));
        charts.push(Chart::line("5xx", "/s", 1.0, grown(&|host| host.errors as f64)));
        // What else HAProxy does for a request is a time in the model, and no work of a core.
        if minute.shown().iter().any(|sample| of(sample, &|host| f64::from(host.workers)) > 0.0) {
            charts.push(Chart::line(BY_TLS, " %", 100.0, used));
        }
    } else {
        charts.push(Chart::line("Utilisation", " %", 100.0, used));
    }
    charts.push(Chart::line("Queue", "", 4.0, queue(minute, index)).of(Of::Moment));
    charts.push(tens);
    charts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Desk;

    /// What is known to be too little is not told as if it were all.
    #[test]
    fn seconds_that_could_not_all_be_read_are_told() {
        let sample = |missed| Sample {
            outcomes: [0; 3],
            requests_per_s: 0.0,
            errors_per_s: 0.0,
            percentiles: [0.0; 3],
            hosts: Vec::new(),
            ways: Vec::new(),
            missed,
            judged: Vec::new(),
            adverts: Vec::new(),
            copies: Vec::new(),
        };
        for (missed, is_told) in [([0, 0, 0], false), ([0, 5, 7], true)] {
            let samples = missed.map(sample);
            let axis = Axis { until: SimTime::from_ms(2_000), marks: Vec::new() };
            let minute = Minute { all: &samples, from: 0, axis };
            let markup = of_ways(&minute, "this link", &|_, _| true);
            assert_eq!(markup.contains("In 2 of these seconds more was sent"), is_told, "{markup}");
        }
    }

    /// Every machine has what its users feel and what it works at; a dead server's errors are among it.
    #[test]
    fn every_machine_has_percentiles_and_errors() {
        let link = "run/1/brief;edit=tls:on;seed=1;at=30s;20s+kill+db-1";
        let mut desk = Desk::default();
        for (machine, names) in [
            ("lb-1", vec!["Sessions", "5xx", "Utilisation by TLS", "Queue"]),
            ("web-1", vec!["Utilisation", "Queue"]),
            ("app-2", vec!["Utilisation", "Queue"]),
            ("db-1", vec!["Utilisation", "Queue"]),
        ] {
            let markup = desk.answer("charts", link, machine).unwrap();
            let document = format!("<root>{markup}</root>");
            let document = roxmltree::Document::parse(&document).unwrap();
            let figures = document.descendants().filter(|node| node.has_tag_name("figcaption"));
            let found: Vec<&str> =
                figures.map(|node| node.first_child().unwrap().text().unwrap().trim()).collect();
            let first = ["Requests", "Errors", "Latency"];
            assert_eq!(found, [&first[..], names.as_slice(), &["Latency"]].concat(), "{machine}");
            assert!(markup.contains("of all that it answered, errors too, in the last 5 s:"));
            assert!(markup.contains("Show as table") && markup.contains("You killed db-1"));
        }
        let markup = desk.answer("charts", &link.replace("30s", "21s"), "db-1").unwrap();
        assert!(markup.contains("Errors of db-1 over the last minute: now 100 %"), "{markup}");
        let app = desk.answer("charts", &link.replace("30s", "19s"), "app-2").unwrap();
        assert!(app.contains("Latency of app-2 over the last minute: p50 now "), "{app}");
        assert!(!app.contains("p50 now \u{2013}"), "{app}");
    }

    /// The requests of the site are counted second by second, its errors and times are the readings.
    #[test]
    fn figures_of_a_second_and_of_five_are_told_apart() {
        let markup = Desk::default().answer("charts", "run/1/brief;seed=1;at=30s", "").unwrap();
        let document = format!("<root>{markup}</root>");
        let document = roxmltree::Document::parse(&document).unwrap();
        let captions = document.descendants().filter(|node| node.has_tag_name("figcaption"));
        let captions: Vec<String> = captions
            .map(|caption| {
                let words = caption.descendants().filter(roxmltree::Node::is_text);
                words.filter_map(|node| node.text()).collect()
            })
            .collect();
        assert!(captions[0].contains("/s in the last full second; max "), "{captions:?}");
        assert!(captions[1].contains(" in the last 5 s; max "), "{captions:?}");
        let latency = "Latency of good answers in the last 5 s:";
        assert!([2, 6].iter().all(|place| captions[*place].starts_with(latency)), "{captions:?}");
        assert!(captions[3].starts_with("Utilisation of all servers in the last full second:"));
        assert!(captions[4].starts_with("Queue of all servers at 00:30:"), "{captions:?}");
        assert!(captions[5].starts_with("Queue of all balancers at 00:30:"), "{captions:?}");
        assert_eq!(captions.len(), 7, "{captions:?}");
        let spans = "The site, second by second; Queue of all servers, Queue of all balancers each at the end of its second; Errors, Latency each of the 5 s up to it";
        assert!(markup.contains(spans), "{markup}");
    }

    /// Every machine that works has its line among all, and its column in the table; what a balancer's cores do is said.
    #[test]
    fn all_servers_stand_on_one_axis() {
        let link = "run/1/brief;edit=tls:on;seed=1;rate=200;at=40s;20s+kill+app-1";
        let markup = Desk::default().answer("charts", link, "").unwrap();
        let figure = |name: &str| {
            let from = markup.find(&format!("aria-label=\"{name} of the site")).unwrap();
            markup[from..].split("</figure>").next().unwrap()
        };
        for (figure_of, names) in [
            ("Utilisation of all servers", &["web-1", "app-1", "app-2", "db-1"][..]),
            ("Utilisation of all balancers by TLS", &["lb-1", "lb-2"]),
            ("Queue of all servers", &["web-1", "app-1", "app-2", "db-1"]),
            ("Queue of all balancers", &["lb-1", "lb-2"]),
            ("Latency", &["p50", "p95", "p99"]),
        ] {
            let markup_of = figure(figure_of);
            assert_eq!(markup_of.matches(" now ").count(), names.len(), "{markup_of}");
            for name in names {
                assert!(markup_of.contains(&format!("{name} now ")), "{name}: {markup_of}");
                let head = format!("<th scope=\"col\">{figure_of}: {name}</th>");
                assert_eq!(markup.matches(&head).count(), 1, "{head}");
            }
        }
        let used = figure("Utilisation of all servers");
        assert!(used.contains("app-1 now 0.0 %") && !used.contains("app-2 now 0.0 %"), "{used}");
        assert!(!figure("Utilisation of all balancers by TLS").contains("lb-1 now 0.0 %"));
        // Where no work of its cores is reckoned, a balancer has no utilisation, and says why.
        let plain = link.replace("edit=tls:on;", "");
        let site = Desk::default().answer("charts", &plain, "").unwrap();
        assert!(!site.contains("by TLS") && site.contains("lb-1 now "), "{site}");
        let balancer = Desk::default().answer("charts", &plain, "lb-1").unwrap();
        assert!(!balancer.contains(BY_TLS) && balancer.contains(NO_CORES), "{balancer}");
        let counted = Desk::default().answer("charts", link, "lb-1").unwrap();
        assert!(counted.contains(BY_TLS) && !counted.contains(NO_CORES), "{counted}");
    }

    /// Of more machines than lines can be told apart the idlest are left out, and the others keep their order.
    #[test]
    fn of_many_machines_the_highest_are_shown() {
        let parts: Vec<_> = (0..13)
            .map(|index| (format!("app-{index}"), vec![f64::from(index % 5), 0.0]))
            .collect();
        let shown: Vec<String> = highest(parts).into_iter().map(|(name, _)| name).collect();
        let kept = [1, 2, 3, 4, 6, 7, 8, 9, 11, 12].map(|index| format!("app-{index}"));
        assert_eq!(shown, kept);
    }

    /// What came back and what met silence adds up to what went through a link; no part is told twice.
    #[test]
    fn what_goes_over_a_link_is_stacked_by_what_came_of_it() {
        let mut desk = Desk::default();
        let link = "run/1/brief;seed=1;rate=200;at=25s;20s+kill+app-1/app";
        let markup = desk.answer("traffic", link, "link-lb-1-app-1").unwrap();
        let document = format!("<root>{markup}</root>");
        let document = roxmltree::Document::parse(&document).unwrap();
        let names: Vec<&str> = document
            .descendants()
            .filter(|node| node.has_tag_name("th") && node.attribute("scope") == Some("col"))
            .filter_map(|node| node.text())
            .collect();
        let parts = ["Requests: answered", "Requests: an error", "Requests: silence"];
        assert_eq!(names, [&["Time"][..], &parts, &["Errors"]].concat());
        let first = document
            .descendants()
            .find(|node| node.has_tag_name("svg") && node.attribute("role").is_some())
            .unwrap();
        let areas = first.descendants().filter(|node| node.has_tag_name("polygon")).count();
        assert_eq!(areas, 3, "{markup}");
        let said = first.attribute("aria-label").unwrap();
        assert!(said.starts_with("Requests of this link over the last minute: now "), "{said}");
        // A second in which all was well has answers, one after the kill has none.
        let row = |clock: &str| {
            let mut rows = document.descendants().filter(|node| node.has_tag_name("tr"));
            let row = rows.find(|row| {
                let head = row.first_element_child().and_then(|head| head.text());
                head == Some(clock)
            });
            let cells = row.unwrap().children().filter(|cell| cell.has_tag_name("td"));
            cells.filter_map(|cell| cell.text().map(str::to_owned)).collect::<Vec<_>>()
        };
        let well = row("00:19");
        assert!(well[0] != "0.0/s" && well[1..] == ["0.0/s", "0.0/s", "0.0 %"], "{well:?}");
        let dead = row("00:25");
        assert_eq!(dead[0], "0.0/s", "{dead:?}");
    }
}
