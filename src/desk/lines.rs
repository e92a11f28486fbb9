//! A chart with several lines: machines beside each other, or percentiles, also on a scale whose steps are tens. Dash and word tell them apart, as in `both.rs`.

use std::fmt::Write;

use super::CHART_SECONDS;
use super::plot::{Axis, Chart, HEIGHT, Shape, WIDTH, end_of_scale, upright};
use crate::kernel::small::{decimal, within};
use crate::submission::escape_html;

/// So many lines at most, each drawn in a way of its own.
pub(super) const MOST: usize = 10;
const STROKES: [&str; MOST] = [
    "class=\"own\"",
    "class=\"own\" stroke-dasharray=\"5 4\"",
    "class=\"own\" stroke-dasharray=\"1 3\"",
    "class=\"own\" stroke-dasharray=\"9 3 2 3\"",
    "class=\"own\" stroke-dasharray=\"14 4\"",
    "class=\"other\"",
    "class=\"other\" stroke-dasharray=\"5 4\"",
    "class=\"other\" stroke-dasharray=\"1 3\"",
    "class=\"other\" stroke-dasharray=\"9 3 2 3\"",
    "class=\"other\" stroke-dasharray=\"14 4\"",
];
/// Where the axis stands, in percent: the chart is wider than those of one line.
pub(super) const LEFT: f64 = 22.0;

/// Which height a value has.
#[derive(Clone, Copy)]
enum Scale {
    /// From 0 to here.
    Even(f64),
    /// From 1 on, so many tens. What is less than 1 stands at the bottom.
    Tens(u32),
}

impl Scale {
    fn of(chart: &Chart, most: f64) -> Self {
        if chart.shape != Shape::Log {
            return Self::Even(end_of_scale(most.max(chart.top)));
        }
        let tens = libm::ceil(libm::log10(most.max(chart.top)) - 1e-9);
        Self::Tens(within(tens, 1.0, 12.0) as u32)
    }

    /// From 0 at the bottom to 1 at the top; `None`: on a scale of tens there is no 0.
    fn part(self, value: f64) -> Option<f64> {
        match self {
            Self::Even(end) => Some(value / end),
            Self::Tens(_) if value <= 0.0 => None,
            Self::Tens(tens) => Some(libm::log10(value).max(0.0) / f64::from(tens)),
        }
    }

    /// What stands beside it, each with its part of the height.
    fn ticks(self, chart: &Chart) -> Vec<(f64, String)> {
        match self {
            Self::Even(end) => vec![(0.0, "0".to_owned()), (1.0, chart.tick(end))],
            Self::Tens(tens) => {
                let mut value = 1.0;
                let mut ticks = Vec::new();
                for step in 0..=tens {
                    ticks.push((f64::from(step) / f64::from(tens), chart.tick(value)));
                    value *= 10.0;
                }
                ticks
            }
        }
    }
}

/// The line of these values, interrupted where there is none.
fn line(chart: &Chart, values: &[f64], scale: Scale, stroke: &str) -> String {
    let step = WIDTH / CHART_SECONDS as f64;
    let left = WIDTH - step * values.len().saturating_sub(1) as f64;
    let mut markup = String::new();
    let mut points: Vec<String> = Vec::new();
    let mut end = |points: &mut Vec<String>| {
        // A value alone is a line, too, as long as its second.
        if let [only] = points.as_slice() {
            let (x, y) = only.split_once(',').unwrap_or(("0", "0"));
            let begun = decimal(x.parse::<f64>().unwrap_or(0.0) - step, 1);
            let first = format!("{begun},{y}");
            points.insert(0, first);
        }
        if !points.is_empty() {
            let _ = write!(markup, "<polyline {stroke} points=\"{}\"/>", points.join(" "));
        }
        points.clear();
    };
    for (index, value) in values.iter().enumerate() {
        match scale.part(*value).filter(|_| !chart.is_none(*value)) {
            Some(part) => {
                let (x, y) = (left + step * index as f64, HEIGHT - 1.0 - (HEIGHT - 2.0) * part);
                points.push(format!("{},{}", decimal(x, 1), decimal(y, 1)));
            }
            None => end(&mut points),
        }
    }
    end(&mut points);
    markup
}

/// What stands beside the axis, with a line across for each.
fn ticks(chart: &Chart, scale: Scale) -> String {
    let mut markup = String::new();
    for (part, said) in scale.ticks(chart) {
        let y = decimal(74.0 - 60.0 * part, 1);
        let dash = if part > 0.0 { " stroke-dasharray=\"2\"" } else { "" };
        let _ = write!(
            markup,
            "<text x=\"{x}%\" y=\"{y}%\" dy=\"0.35em\" text-anchor=\"end\">{said}</text>\
             <line x1=\"{LEFT}%\" x2=\"98%\" y1=\"{y}%\" y2=\"{y}%\" stroke=\"currentColor\" opacity=\"0.5\"{dash}/>",
            x = decimal(LEFT - 2.0, 0),
        );
    }
    markup
}

/// One chart with a line for each part, and below it whose line is whose.
pub(super) fn figure(chart: &Chart, whose: &str, axis: &Axis) -> String {
    let peak = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let most = chart.parts.iter().map(|(_, values)| peak(values)).fold(0.0, f64::max);
    let scale = Scale::of(chart, most);
    let (mut drawn, mut told, mut key) = (String::new(), Vec::new(), String::new());
    for ((name, values), stroke) in chart.parts.iter().zip(STROKES) {
        let name = escape_html(name);
        let now = chart.written(values.last().copied().unwrap_or(0.0));
        let most = chart.written(peak(values));
        drawn.push_str(&line(chart, values, scale, stroke));
        told.push(format!("{name} now {now}, at most {most}"));
        let _ = write!(
            key,
            "<span class=\"unbroken\"><svg width=\"28\" height=\"8\" aria-hidden=\"true\"><polyline {stroke} points=\"0,4 28,4\"/></svg> {name} \
             <b>{now}</b> <span class=\"muted\">max {most}</span></span> "
        );
    }
    let uprights: String = axis.marks.iter().map(|mark| upright(mark, axis.until, LEFT)).collect();
    let clock = axis.until.clock();
    let until = clock.split('.').next().unwrap_or_default();
    let scale_told: Vec<String> = scale.ticks(chart).into_iter().map(|(_, said)| said).collect();
    let figure = format!(
        "<figure class=\"chart lines\"><svg role=\"img\" fill=\"currentColor\" font-size=\"0.8em\" \
         aria-label=\"{name} of {whose} over the last minute: {told}; {whom}{each}. Scale: {scale_told}, from 60 s before {until} to {until}\">\
         {ticks}<text x=\"98%\" y=\"95%\" text-anchor=\"end\">{until}</text><text x=\"{LEFT}%\" y=\"95%\">\u{2212}60 s</text>\
         <line x1=\"{LEFT}%\" x2=\"{LEFT}%\" y1=\"14%\" y2=\"74%\" stroke=\"currentColor\" opacity=\"0.5\"/><g stroke=\"currentColor\">{uprights}</g>\
         <svg x=\"{LEFT}%\" y=\"12%\" width=\"{width}%\" height=\"64%\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\">{drawn}</svg></svg>\
         <figcaption>{name} <span class=\"muted\">{whom}{last}:</span> {key}</figcaption></figure>",
        name = chart.name,
        whose = escape_html(whose),
        told = told.join("; "),
        whom = chart.whom,
        each = chart.of.each(),
        last = chart.of.last(until),
        scale_told = scale_told.join(", "),
        ticks = ticks(chart, scale),
        width = decimal(98.0 - LEFT, 0),
    );
    if chart.shape == Shape::Log {
        return format!("<details><summary>Latency on a log scale</summary>{figure}</details>");
    }
    figure
}

#[cfg(test)]
mod tests {
    use super::super::plot::Of;
    use super::*;
    use crate::kernel::SimTime;

    fn axis() -> Axis {
        Axis { until: SimTime::from_ms(63_000), marks: Vec::new() }
    }

    /// One scale for all; each line has a dash of its own, and its word stands beside the same dash.
    #[test]
    fn every_machine_has_a_line_and_a_word() {
        let parts =
            vec![("app-1".to_owned(), vec![0.0, 50.0]), ("app-2".to_owned(), vec![100.0, 25.0])];
        let chart = Chart::several("Utilisation of all servers", " %", 100.0, parts);
        let markup = figure(&chart.drawn_as(Shape::Lines), "the site", &axis());
        let document = roxmltree::Document::parse(&markup).unwrap();
        let picture = document.descendants().find(|node| node.attribute("role").is_some()).unwrap();
        assert_eq!(
            picture.attribute("aria-label"),
            Some(
                "Utilisation of all servers of the site over the last minute: app-1 now 50 %, at most 50 %; app-2 now 25 %, at most 100 %; \
                 each of one second. Scale: 0, 100 %, from 60 s before 01:03 to 01:03"
            )
        );
        let lines = picture.descendants().filter(|node| node.has_tag_name("polyline"));
        let lines: Vec<_> = lines
            .map(|line| (line.attribute("stroke-dasharray"), line.attribute("points").unwrap()))
            .collect();
        assert_eq!(lines, [(None, "118,29 120,15"), (Some("5 4"), "118,1 120,22")]);
        let caption = document.descendants().find(|node| node.has_tag_name("figcaption")).unwrap();
        let dashes: Vec<_> = caption
            .descendants()
            .filter(|node| node.has_tag_name("polyline"))
            .map(|line| line.attribute("stroke-dasharray"))
            .collect();
        assert_eq!(dashes, [None, Some("5 4")]);
    }

    /// No two of the lines are drawn alike.
    #[test]
    fn ways_to_draw_a_line_differ() {
        for (index, one) in STROKES.iter().enumerate() {
            assert!(STROKES[index + 1..].iter().all(|other| other != one), "{one}");
        }
    }

    /// Ten times as long is a step higher, a second without an answer interrupts the line, and less than a millisecond is at the bottom.
    #[test]
    fn a_scale_of_tens_has_a_step_for_each_ten() {
        let parts = vec![("p50".to_owned(), vec![10.0, 100.0, 0.0, 1_000.0, 0.5])];
        let chart = Chart::several("Latency", " ms", 50.0, parts).of(Of::Lately);
        let markup = figure(&chart.drawn_as(Shape::Log), "the site", &axis());
        let document = roxmltree::Document::parse(&markup).unwrap();
        let texts: Vec<&str> = document
            .descendants()
            .filter(|node| node.has_tag_name("text"))
            .filter_map(|node| node.text())
            .collect();
        assert_eq!(texts[..4], ["1 ms", "10 ms", "100 ms", "1 s"]);
        let lines: Vec<&str> = document
            .descendants()
            .filter(|node| node.has_tag_name("polyline"))
            .filter_map(|line| line.attribute("points"))
            .collect();
        assert_eq!(lines[..2], ["112,19.7 114,10.3", "118,1 120,29"]);
        assert!(
            markup.starts_with("<details><summary>Latency on a log scale</summary>"),
            "{markup}"
        );
    }
}
