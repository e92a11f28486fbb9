//! Two runs on one chart: each figure that both have is two lines on one scale and one clock. Dash and word tell the lines apart, since a colour
//! alone tells nothing to many eyes and on paper.

use std::fmt::Write;

use super::plot::{end_of_scale, tick};
use crate::kernel::small::{decimal, fixed};
use crate::kernel::{Histogram, SimDuration, SimTime};
use crate::run::Run;
use crate::sim::RequestCounts;

/// The time of both runs is cut into so many parts at most: more points are not told apart in a small chart.
const MOST_PARTS: u64 = 60;
/// Each part is so long at least: in a shorter one a rate is the chance of single requests.
const LEAST: SimDuration = SimDuration::from_secs(1);
/// What is drawn: its name, its unit, and the top of its scale at least.
const QUANTITIES: [(&str, &str, f64); 5] = [
    ("Requests", "/s", 1.0),
    ("Errors", " %", 5.0),
    ("p50", " ms", 50.0),
    ("p95", " ms", 50.0),
    ("p99", " ms", 50.0),
];
/// How the lines of the two runs are drawn: the first is dashed, and lies above the other, so that both are seen where they are one.
const STROKES: [&str; 2] = ["class=\"other\" stroke-dasharray=\"5 4\"", "class=\"own\""];
const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 30.0;

/// What a run brought, part by part of its time.
#[derive(Debug)]
pub(super) struct Course {
    /// How long a part is.
    length: SimDuration,
    until: SimTime,
    /// Where the part began that goes on, and how everything stood there.
    begun: SimTime,
    before: RequestCounts,
    times_before: Histogram,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    from: SimTime,
    to: SimTime,
    /// As in [`QUANTITIES`]; `None` where nothing ended that could have such a figure.
    values: [Option<f64>; 5],
}

impl Course {
    /// Of a run that stands at its start and is looked at up to an instant.
    pub(super) fn new(run: &Run, until: SimTime) -> Self {
        let whole = until.since(SimTime::ZERO).as_ns();
        Self {
            length: SimDuration::from_ns(whole.div_ceil(MOST_PARTS)).max(LEAST),
            until,
            begun: run.now(),
            before: run.simulation().counts(),
            times_before: Histogram::default(),
            parts: Vec::new(),
        }
    }

    /// Looks at the run where it stands now: a part ends if it is long enough; the last one may be shorter, but not by more than half.
    pub(super) fn look(&mut self, run: &Run) {
        let (now, counts) = (run.now(), run.simulation().counts());
        let took = now.since(self.begun);
        let is_last = now >= self.until && took * 2 >= self.length;
        if took < self.length && !is_last {
            return;
        }
        let [ok, failed] = [counts.ok - self.before.ok, counts.failed - self.before.failed]
            .map(|count| count as f64);
        let ended = ok + failed;
        let all = run.simulation().response_times();
        let times = all.since(&self.times_before);
        let [p50, p95, p99] =
            [0.50, 0.95, 0.99].map(|share| times.quantile(share).map(SimDuration::as_ms_f64));
        let rate = Some(ended / took.as_secs_f64());
        let errors = (ended > 0.0).then(|| 100.0 * failed / ended);
        let values = [rate, errors, p50, p95, p99];
        self.parts.push(Part { from: self.begun, to: now, values });
        (self.begun, self.before, self.times_before) = (now, counts, all.clone());
    }

    /// A sentence that says how long a time each value is of; the last one, which stands in bold, may be of a shorter one.
    fn spans(&self) -> String {
        let seconds = |part: Option<&Part>| {
            let length = part.map_or(self.length, |part| part.to.since(part.from));
            decimal(length.as_secs_f64(), 1)
        };
        let [each, last] = [self.parts.first(), self.parts.last()].map(seconds);
        let shorter = if each == last { String::new() } else { format!(", the last of {last} s") };
        format!("Each value is of {each} s{shorter}; in bold is the last.")
    }

    fn values(&self, quantity: usize) -> impl DoubleEndedIterator<Item = f64> {
        self.parts.iter().filter_map(move |part| part.values[quantity])
    }
}

/// A figure for each quantity with the lines of both runs, and the same as a table; nothing if there is no time to show.
pub(super) fn charts(names: [&str; 2], courses: [&Course; 2]) -> String {
    if courses.iter().any(|course| course.parts.is_empty()) {
        return String::new();
    }
    let mut markup =
        format!("<p class=\"muted\">{}</p><div class=\"charts both\">", courses[0].spans());
    for quantity in 0..QUANTITIES.len() {
        markup.push_str(&figure(quantity, names, courses));
    }
    let _ = write!(markup, "<div class=\"site\">{}</div></div>", table(names, courses));
    markup
}

fn written(value: Option<f64>, unit: &str) -> String {
    let number = |value: f64| format!("{}{unit}", fixed(value, u32::from(value < 10.0)));
    value.map_or_else(|| "none".to_owned(), number)
}

/// The line of a run, interrupted where it has no such figure.
fn line(course: &Course, quantity: usize, end: f64, stroke: &str) -> String {
    let whole = course.until.since(SimTime::ZERO).as_secs_f64();
    let place = |seconds: f64, value: f64| {
        let (x, y) = (WIDTH * seconds / whole, HEIGHT - 1.0 - (HEIGHT - 2.0) * value / end);
        format!("{},{} ", decimal(x, 1), decimal(y, 1))
    };
    let mut markup = String::new();
    for stretch in course.parts.split(|part| part.values[quantity].is_none()) {
        let mut points = String::new();
        for (index, part) in stretch.iter().enumerate() {
            let value = part.values[quantity].unwrap_or(0.0);
            let [from, to] = [part.from, part.to].map(SimTime::as_secs_f64);
            // From edge to edge, so that a single part is a line, too.
            if index == 0 {
                points.push_str(&place(from, value));
            }
            points.push_str(&place(f64::midpoint(from, to), value));
            if index + 1 == stretch.len() {
                points.push_str(&place(to, value));
            }
        }
        if !points.is_empty() {
            let _ = write!(markup, "<polyline {stroke} points=\"{}\"/>", points.trim_end());
        }
    }
    markup
}

/// One chart: the inner picture, which is stretched, holds the lines; the outer one the scales, whose letters are not. Below it stands whose
/// line is whose, with what it came to.
fn figure(quantity: usize, names: [&str; 2], courses: [&Course; 2]) -> String {
    let (name, unit, top) = QUANTITIES[quantity];
    let most = courses.map(|course| course.values(quantity).reduce(f64::max));
    let last = courses.map(|course| course.values(quantity).next_back());
    let end = end_of_scale(most.into_iter().flatten().fold(top, f64::max));
    let (mut told, mut key) = (String::new(), String::new());
    for (run, (whose, stroke)) in names.into_iter().zip(STROKES).enumerate() {
        let (most, last) = (written(most[run], unit), written(last[run], unit));
        let before = if run == 0 { "" } else { "; " };
        let _ = write!(told, "{before}{whose} at most {most}, last {last}");
        let _ = write!(
            key,
            "<span class=\"unbroken\"><svg width=\"28\" height=\"8\" aria-hidden=\"true\"><polyline {stroke} points=\"0,4 28,4\"/></svg> {whose} \
             <b>{last}</b></span> <span class=\"muted\">max {most}</span> "
        );
    }
    let until = courses[0].until.clock();
    let until = until.split('.').next().unwrap_or_default();
    let lines =
        line(courses[1], quantity, end, STROKES[1]) + &line(courses[0], quantity, end, STROKES[0]);
    format!(
        "<figure class=\"chart\"><svg role=\"img\" fill=\"currentColor\" font-size=\"0.8em\" \
         aria-label=\"{name} of both runs: {told}. Scale from 0 to {top}, from 00:00 to {until}\">\
         <g text-anchor=\"end\"><text x=\"23%\" y=\"14%\" dy=\"0.35em\">{top}</text><text x=\"23%\" y=\"74%\" dy=\"0.35em\">0</text>\
         <text x=\"98%\" y=\"95%\">{until}</text></g><text x=\"25%\" y=\"95%\">00:00</text>\
         <g stroke=\"currentColor\" opacity=\"0.5\"><line x1=\"25%\" x2=\"98%\" y1=\"14%\" y2=\"14%\" stroke-dasharray=\"2\"/>\
         <line x1=\"25%\" x2=\"98%\" y1=\"74%\" y2=\"74%\"/><line x1=\"25%\" x2=\"25%\" y1=\"14%\" y2=\"74%\"/></g>\
         <svg x=\"25%\" y=\"12%\" width=\"73%\" height=\"64%\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\">{lines}</svg></svg>\
         <figcaption>{name}: {key}</figcaption></figure>",
        top = tick(end, unit),
    )
}

/// Every figure of the charts, the newest first. Both runs were looked at at the same instants.
fn table(names: [&str; 2], courses: [&Course; 2]) -> String {
    let mut heads = String::new();
    for (quantity, _, _) in QUANTITIES {
        for name in names {
            let _ = write!(heads, "<th scope=\"col\">{quantity}: {name}</th>");
        }
    }
    let mut rows = String::new();
    for (one, two) in courses[0].parts.iter().zip(&courses[1].parts).rev() {
        let _ = write!(rows, "<tr><th scope=\"row\">{}</th>", one.to.clock());
        for (quantity, (_, unit, _)) in QUANTITIES.iter().enumerate() {
            for part in [one, two] {
                let _ = write!(rows, "<td>{}</td>", written(part.values[quantity], unit));
            }
        }
        rows.push_str("</tr>");
    }
    format!(
        "<details><summary>Show as table</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Figures of both runs as a table\">\
         <table><caption class=\"muted\">Both runs, each line up to its time</caption><thead><tr><th scope=\"col\">Time</th>{heads}</tr></thead>\
         <tbody>{rows}</tbody></table></div></details>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(rates: &[Option<f64>]) -> Course {
        let at = |second: usize| SimTime::from_ms(second as u64 * 1_000);
        let part = |(index, rate): (usize, &Option<f64>)| Part {
            from: at(index),
            to: at(index + 1),
            values: [*rate; 5],
        };
        Course {
            length: LEAST,
            until: at(rates.len()),
            begun: at(rates.len()),
            before: RequestCounts::default(),
            times_before: Histogram::default(),
            parts: rates.iter().enumerate().map(part).collect(),
        }
    }

    const NAMES: [&str; 2] = ["Before", "On the stage"];

    /// Both lines are on one scale, the first one dashed, and the words say which is which.
    #[test]
    fn both_lines_are_in_one_chart_and_told_apart_by_dash_and_word() {
        let one = course(&[Some(10.0), Some(20.0)]);
        let two = course(&[Some(40.0), Some(30.0)]);
        let markup = figure(0, NAMES, [&one, &two]);
        let document = roxmltree::Document::parse(&markup).unwrap();
        let pictures = document.descendants().filter(|node| node.attribute("role") == Some("img"));
        let pictures: Vec<_> = pictures.collect();
        assert_eq!(pictures.len(), 1);
        let lines = pictures[0].descendants().filter(|node| node.has_tag_name("polyline"));
        let lines: Vec<_> = lines
            .map(|line| (line.attribute("stroke-dasharray").is_some(), line.attribute("points")))
            .collect();
        assert_eq!(
            lines,
            [
                (false, Some("0,6.6 30,6.6 90,12.2 120,12.2")),
                (true, Some("0,23.4 30,23.4 90,17.8 120,17.8"))
            ]
        );
        assert_eq!(
            pictures[0].attribute("aria-label"),
            Some(
                "Requests of both runs: Before at most 20/s, last 20/s; On the stage at most 40/s, last 30/s. Scale from 0 to 50/s, from 00:00 to 00:02"
            )
        );
        let key = document.descendants().filter(|node| node.attribute("class") == Some("unbroken"));
        let key: Vec<(bool, String)> = key
            .map(|own| {
                let dashed = own.descendants().any(|it| it.attribute("stroke-dasharray").is_some());
                let words = own.descendants().filter(roxmltree::Node::is_text);
                (dashed, words.filter_map(|it| it.text()).collect::<String>())
            })
            .collect();
        let key: Vec<(bool, &str)> =
            key.iter().map(|(dashed, words)| (*dashed, words.trim())).collect();
        assert_eq!(key, [(true, "Before 20/s"), (false, "On the stage 30/s")]);
    }

    /// The bold figure is of a part of the time, not of all of it.
    #[test]
    fn the_charts_say_how_long_a_time_each_value_is_of() {
        let mut one = course(&[Some(10.0), Some(20.0)]);
        let markup = charts(NAMES, [&one, &one]);
        assert!(markup.contains("Each value is of 1 s; in bold is the last.</p>"), "{markup}");
        one.parts[1].to = SimTime::from_ms(1_600);
        assert_eq!(one.spans(), "Each value is of 1 s, the last of 0.6 s; in bold is the last.");
    }

    /// Where nothing was answered there is no percentile: not a 0, which would be the best of all.
    #[test]
    fn a_line_is_interrupted_where_there_is_no_figure() {
        let gapped = course(&[Some(50.0), None, Some(25.0)]);
        let markup = line(&gapped, 3, 50.0, STROKES[1]);
        assert_eq!(markup.matches("<polyline").count(), 2, "{markup}");
        assert!(markup.contains("points=\"0,1 20,1 40,1\""), "{markup}");
        let table = table(NAMES, [&gapped, &gapped]);
        let document = roxmltree::Document::parse(&table).unwrap();
        let rows = document.descendants().filter(|node| node.has_tag_name("tr")).skip(1);
        let rows: Vec<Vec<&str>> = rows
            .map(|row| row.children().filter_map(|cell| cell.text()).take(5).collect())
            .collect();
        assert_eq!(
            rows,
            [
                ["00:03.000", "25/s", "25/s", "25 %", "25 %"],
                ["00:02.000", "none", "none", "none", "none"],
                ["00:01.000", "50/s", "50/s", "50 %", "50 %"],
            ]
        );
    }
}
