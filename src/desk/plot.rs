//! Small charts on one axis of time, with what is marked on the timeline in it; and the same figures as a table.

use std::fmt::Write;

use super::{CHART_SECONDS, begun, lines};
use crate::kernel::SimTime;
use crate::kernel::small::{decimal, fixed, within};
use crate::run::{Mark, MarkKind};
use crate::submission::escape_html;

/// So many marks are named below the charts: the last ones.
const MOST_NAMED: usize = 12;

/// The time that charts are of, and what is marked in it.
pub(super) struct Axis {
    /// Its end; it begins [`CHART_SECONDS`] before.
    pub(super) until: SimTime,
    pub(super) marks: Vec<Mark>,
}

/// How long a time each value of a chart is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// The instant at the end of its second.
    Moment,
    /// Its second.
    Second,
    /// The five seconds up to its own, as the readings of the site are ([`crate::run::Readings`]).
    Lately,
}

impl Of {
    /// What the last value is of, as it stands behind it, of charts that end at this clock.
    pub(super) fn last(self, until: &str) -> String {
        match self {
            Self::Moment => format!("at {until}"),
            Self::Second => "in the last full second".to_owned(),
            Self::Lately => "in the last 5 s".to_owned(),
        }
    }

    /// What every value is of.
    pub(super) const fn each(self) -> &'static str {
        match self {
            Self::Moment => "each at the end of its second",
            Self::Second => "each of one second",
            Self::Lately => "each of the 5 s up to it",
        }
    }
}

/// How the parts of a chart are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One above the other, under the line of the whole.
    Stack,
    /// A line for each, on one scale.
    Lines,
    /// The same on a scale whose steps are tens. It is shown on demand, and its figures are those of other charts.
    Log,
}

/// Values, one a second, the newest last.
pub(super) struct Chart {
    pub(super) name: &'static str,
    unit: &'static str,
    pub(super) of: Of,
    /// Which requests the values are of, if that is not plain: it stands before the span, and ends with a space.
    pub(super) whom: &'static str,
    /// The top of the scale at least.
    pub(super) top: f64,
    pub(super) shape: Shape,
    /// Whether it is as wide as those of several lines.
    is_wide: bool,
    /// Whether 0 says that there was no such figure, as of a time of which nothing came.
    has_gaps: bool,
    pub(super) parts: Vec<(String, Vec<f64>)>,
}

impl Chart {
    /// A line whose values are each of their second.
    pub(super) fn line(name: &'static str, unit: &'static str, top: f64, values: Vec<f64>) -> Self {
        Self::several(name, unit, top, vec![(String::new(), values)])
    }

    /// The same, but its values are of this.
    pub(super) const fn of(mut self, of: Of) -> Self {
        self.of = of;
        self
    }

    /// The same, of these requests: words that end with a space.
    pub(super) const fn whose(mut self, whom: &'static str) -> Self {
        self.whom = whom;
        self
    }

    /// The same, drawn so.
    pub(super) const fn drawn_as(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// The same, of whose values 0 says that there was no such figure.
    pub(super) const fn with_gaps(mut self) -> Self {
        self.has_gaps = true;
        self
    }

    /// The same, as wide as those of several lines.
    pub(super) const fn wide(mut self) -> Self {
        self.is_wide = true;
        self
    }

    /// Parts whose values are each of their second.
    pub(super) fn stacked(
        name: &'static str,
        unit: &'static str,
        top: f64,
        parts: Vec<(&'static str, Vec<f64>)>,
    ) -> Self {
        let parts = parts.into_iter().map(|(name, values)| (name.to_owned(), values));
        Self::several(name, unit, top, parts.collect())
    }

    /// Parts that have names of their own.
    pub(super) const fn several(
        name: &'static str,
        unit: &'static str,
        top: f64,
        parts: Vec<(String, Vec<f64>)>,
    ) -> Self {
        let (of, shape) = (Of::Second, Shape::Stack);
        let (is_wide, has_gaps) = (false, false);
        Self { name, unit, of, whom: "", top, shape, is_wide, has_gaps, parts }
    }

    /// All parts of a second together.
    fn whole(&self) -> Vec<f64> {
        let count = self.parts.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
        let at = |second: usize| {
            self.parts.iter().filter_map(|(_, values)| values.get(second)).sum::<f64>()
        };
        (0..count).map(at).collect()
    }

    /// Whether this value says that there was no such figure.
    pub(super) fn is_none(&self, value: f64) -> bool {
        self.has_gaps && value <= 0.0
    }

    pub(super) fn written(&self, value: f64) -> String {
        if self.is_none(value) {
            return "\u{2013}".to_owned();
        }
        format!("{}{}", fixed(value, u32::from(value < 10.0)), self.unit)
    }

    /// The end of a scale, as it stands beside the chart.
    pub(super) fn tick(&self, end: f64) -> String {
        tick(end, self.unit)
    }
}

pub(super) const WIDTH: f64 = 120.0;
pub(super) const HEIGHT: f64 = 30.0;
/// Where the axis of a chart stands that may be 9 rem wide, in percent of its width.
const LEFT: f64 = 36.0;

/// The least end of a scale that holds this value: 1, 2 or 5, or so many tens, hundreds and so on.
pub(super) fn end_of_scale(most: f64) -> f64 {
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
pub(super) fn tick(end: f64, unit: &str) -> String {
    if unit == " ms" && end >= 1_000.0 {
        format!("{} s", decimal(end / 1_000.0, 0))
    } else {
        format!("{}{unit}", decimal(end, 0))
    }
}

/// The charts, what is marked in them, and the figures as a table.
pub(super) fn drawn(charts: &[Chart], whose: &str, axis: &Axis) -> String {
    let figure = |chart: &Chart| match chart.shape {
        Shape::Stack => figure(chart, whose, axis),
        Shape::Lines | Shape::Log => lines::figure(chart, whose, axis),
    };
    let mut markup: String = charts.iter().map(figure).collect();
    let named = axis.marks.len().saturating_sub(MOST_NAMED);
    let marked: String = axis.marks[named..]
        .iter()
        .map(|mark| format!("<li>{} {}</li>", mark.at.clock(), escape_html(&mark.text)))
        .collect();
    markup.push_str("<div class=\"site\">");
    if !marked.is_empty() {
        let _ = write!(
            markup,
            "<p class=\"muted\">The upright lines (what you did is drawn through):</p><ul>{marked}</ul>"
        );
    }
    markup.push_str(&table(charts, whose, axis.until));
    markup.push_str("</div>");
    markup
}

/// Every figure of the charts, the newest first.
fn table(charts: &[Chart], whose: &str, until: SimTime) -> String {
    let (mut heads, mut columns) = (String::new(), Vec::new());
    // What is drawn once more on another scale has its columns already.
    let charts: Vec<&Chart> = charts.iter().filter(|chart| chart.shape != Shape::Log).collect();
    for chart in &charts {
        for (part, values) in &chart.parts {
            let name = if part.is_empty() {
                chart.name.to_owned()
            } else {
                format!("{}: {}", chart.name, escape_html(part))
            };
            let _ = write!(heads, "<th scope=\"col\">{name}</th>");
            columns.push((chart, values));
        }
    }
    let count = columns.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let mut rows = String::new();
    for ago in 0..count {
        let at = SimTime::from_ns(until.as_ns().saturating_sub(ago as u64 * 1_000_000_000));
        let clock = at.clock();
        let clock = clock.split('.').next().unwrap_or_default();
        let _ = write!(rows, "<tr><th scope=\"row\">{clock}</th>");
        for (chart, values) in &columns {
            let value = values.len().checked_sub(ago + 1).map(|place| chart.written(values[place]));
            let _ = write!(rows, "<td>{}</td>", value.unwrap_or_else(|| "\u{2013}".to_owned()));
        }
        rows.push_str("</tr>");
    }
    let (begun, whose) = (escape_html(&begun(whose)), escape_html(whose));
    let spans: String = [Of::Moment, Of::Lately].map(|of| told_of(&charts, of)).concat();
    format!(
        "<details><summary>Show as table</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Figures of {whose} as a table\">\
         <table><caption class=\"muted\">{begun}, second by second{spans}</caption><thead><tr><th scope=\"col\">Time</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )
}

/// Which charts have values that are not of their second, behind what says that the others are; nothing if none has.
fn told_of(charts: &[&Chart], of: Of) -> String {
    let names: Vec<&str> =
        charts.iter().filter(|chart| chart.of == of).map(|chart| chart.name).collect();
    if names.is_empty() {
        return String::new();
    }
    format!("; {} {}", names.join(", "), of.each())
}

/// How dark the parts of a stack are, from the lowest on: what is worse is darker, in every theme.
const SHADES: [&str; 3] = ["0.2", "0.5", "0.9"];

/// A piece of this shade, as it stands before the words in a key.
fn swatch(shade: &str) -> String {
    format!(
        "<svg width=\"12\" height=\"12\" fill=\"currentColor\" aria-hidden=\"true\"><rect width=\"12\" height=\"12\" \
         fill-opacity=\"{shade}\" stroke=\"currentColor\"/></svg> "
    )
}

/// The places of values in the inner picture.
fn points(values: &[f64], end: f64) -> Vec<String> {
    let step = WIDTH / CHART_SECONDS as f64;
    let left = WIDTH - step * values.len().saturating_sub(1) as f64;
    let point = |(index, value): (usize, &f64)| {
        let (x, y) = (left + step * index as f64, HEIGHT - 1.0 - (HEIGHT - 2.0) * value / end);
        format!("{},{}", decimal(x, 1), decimal(y, 1))
    };
    values.iter().enumerate().map(point).collect()
}

/// The areas of a stack, one above the other.
fn areas(chart: &Chart, end: f64) -> String {
    let mut markup = String::new();
    let mut below: Vec<f64> = vec![0.0; chart.whole().len()];
    for ((_, values), shade) in chart.parts.iter().zip(SHADES) {
        let above: Vec<f64> = below.iter().zip(values).map(|(below, own)| below + own).collect();
        let mut around = points(&above, end);
        around.extend(points(&below[..above.len()], end).into_iter().rev());
        let around = around.join(" ");
        let _ = write!(
            markup,
            "<polygon points=\"{around}\" fill=\"currentColor\" fill-opacity=\"{shade}\"/>"
        );
        below = above;
    }
    markup
}

/// Where something is marked: an upright line over the whole height, in a chart whose axis stands at so many percent of its width.
pub(super) fn upright(mark: &Mark, until: SimTime, left: f64) -> String {
    let ago = until.since(mark.at).as_secs_f64() / CHART_SECONDS as f64;
    let x = decimal(left + (98.0 - left) * within(1.0 - ago, 0.0, 1.0), 1);
    let stroke = match mark.kind {
        MarkKind::Action => "stroke-width=\"2\"",
        MarkKind::Vip | MarkKind::Down | MarkKind::Up => "stroke-dasharray=\"1 2\"",
    };
    format!("<line x1=\"{x}%\" x2=\"{x}%\" y1=\"12%\" y2=\"76%\" {stroke}/>")
}

/// One chart, drawn in the inner picture, which is stretched; the outer one holds the scales, whose letters are not. The figures stand beside
/// it in words.
fn figure(chart: &Chart, whose: &str, axis: &Axis) -> String {
    let whole = chart.whole();
    let now = whole.last().copied().unwrap_or(0.0);
    let most = whole.iter().copied().fold(0.0, f64::max);
    let end = end_of_scale(most.max(chart.top));
    let line = points(&whole, end).join(" ");
    let (left, class) = if chart.is_wide { (lines::LEFT, " wide") } else { (LEFT, "") };
    let uprights: String = axis.marks.iter().map(|mark| upright(mark, axis.until, left)).collect();
    let (mut areas_drawn, mut told, mut key) = (String::new(), String::new(), String::new());
    if chart.parts.len() > 1 {
        areas_drawn = areas(chart, end);
        let parts = chart.parts.iter().map(|(name, values)| {
            format!("{name} {}", chart.written(values.last().copied().unwrap_or(0.0)))
        });
        let parts = parts.collect::<Vec<_>>();
        told = format!(" ({})", parts.join(", "));
        let swatched =
            parts.iter().zip(SHADES).map(|(part, shade)| format!("; {}{part}", swatch(shade)));
        key = swatched.collect();
    }
    let clock = axis.until.clock();
    let until = clock.split('.').next().unwrap_or_default();
    format!(
        "<figure class=\"chart{class}\"><svg role=\"img\" fill=\"currentColor\" font-size=\"0.8em\" \
         aria-label=\"{name} of {whose} over the last minute: now {now}{told}, at most {most}, {whom}{each}. Scale from 0 to {top}, from 60 s before {until} to {until}\">\
         <g text-anchor=\"end\"><text x=\"{words}%\" y=\"14%\" dy=\"0.35em\">{top}</text><text x=\"{words}%\" y=\"74%\" dy=\"0.35em\">0</text>\
         <text x=\"98%\" y=\"95%\">{until}</text></g><text x=\"{left}%\" y=\"95%\">\u{2212}60 s</text>\
         <g stroke=\"currentColor\" opacity=\"0.5\"><line x1=\"{left}%\" x2=\"98%\" y1=\"14%\" y2=\"14%\" stroke-dasharray=\"2\"/>\
         <line x1=\"{left}%\" x2=\"98%\" y1=\"74%\" y2=\"74%\"/><line x1=\"{left}%\" x2=\"{left}%\" y1=\"14%\" y2=\"74%\"/></g>\
         <g stroke=\"currentColor\">{uprights}</g>\
         <svg x=\"{left}%\" y=\"12%\" width=\"{width}%\" height=\"64%\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\">\
         {areas_drawn}<polyline points=\"{line}\"/></svg></svg>\
         <figcaption>{name} <b>{now}</b> <span class=\"muted\">{whom}{last}; max {most}{key}</span></figcaption></figure>",
        words = left - 2.0,
        width = 98.0 - left,
        name = chart.name,
        whose = escape_html(whose),
        now = chart.written(now),
        most = chart.written(most),
        whom = chart.whom,
        each = chart.of.each(),
        last = chart.of.last(until),
        top = tick(end, chart.unit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(ms: u64, marks: Vec<Mark>) -> Axis {
        Axis { until: SimTime::from_ms(ms), marks }
    }

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
        let chart = Chart::line("p95", " ms", 50.0, values).of(Of::Lately);
        let markup = figure(&chart, "the site", &until(63_000, Vec::new()));
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
            "p95 of the site over the last minute: now 70 ms, at most 130 ms, each of the 5 s up to it. Scale from 0 to 200 ms, from 60 s before 01:03 to 01:03"
        );
        let drawn = document.descendants().find(|node| node.has_tag_name("polyline")).unwrap();
        let points = drawn.attribute("points").unwrap();
        assert_eq!(points, "114,29 116,23.4 118,10.8 120,19.2");
    }

    /// A bold figure stands beside tables of other spans: it says of how long a time it is, and so does its table.
    #[test]
    fn a_figure_says_which_span_it_is_of() {
        let axis = until(63_000, Vec::new());
        let charts = [
            Chart::line("Sessions", "/s", 1.0, vec![4.0]),
            Chart::line("p95", " ms", 50.0, vec![70.0]).of(Of::Lately),
            Chart::line("Queue", "", 4.0, vec![2.0]).of(Of::Moment),
        ];
        let markup = drawn(&charts, "lb-1", &axis);
        for said in [
            "Sessions <b>4.0/s</b> <span class=\"muted\">in the last full second; max 4.0/s",
            "p95 <b>70 ms</b> <span class=\"muted\">in the last 5 s; max 70 ms",
            "Queue <b>2.0</b> <span class=\"muted\">at 01:03; max 2.0",
            "at most 4.0/s, each of one second. ",
            "lb-1, second by second; Queue each at the end of its second; p95 each of the 5 s up to it</caption>",
        ] {
            assert!(markup.contains(said), "{said}: {markup}");
        }
    }

    /// What is stacked adds up, and what is marked stands at its second.
    #[test]
    fn parts_are_stacked_and_marks_stand_in_the_chart() {
        let parts = vec![("answered", vec![2.0, 4.0]), ("an error", vec![0.0, 4.0])];
        let chart = Chart::stacked("Requests", "/s", 1.0, parts);
        let text = "You killed app-1".to_owned();
        let mark = Mark { at: SimTime::from_ms(33_000), kind: MarkKind::Action, text };
        let axis = until(63_000, vec![mark]);
        let markup = figure(&chart, "app-2", &axis);
        assert!(
            markup.contains("now 8.0/s (answered 4.0/s, an error 4.0/s), at most 8.0/s"),
            "{markup}"
        );
        assert!(markup.contains("points=\"118,23.4 120,17.8 120,29 118,29\""), "{markup}");
        assert!(markup.contains("points=\"118,23.4 120,6.6 120,17.8 118,23.4\""), "{markup}");
        assert!(markup.contains("x1=\"67%\" x2=\"67%\""), "half a minute ago: {markup}");
        let all = drawn(&[chart], "app-2", &axis);
        assert!(all.contains("<li>00:33.000 You killed app-1</li>"), "{all}");
        assert!(all.contains("<th scope=\"row\">01:03</th><td>4.0/s</td><td>4.0/s</td>"), "{all}");
        assert!(all.contains("<th scope=\"row\">01:02</th><td>2.0/s</td><td>0.0/s</td>"), "{all}");
    }
}
