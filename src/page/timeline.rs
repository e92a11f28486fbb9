//! The timeline as a drawing: blind windows as shaded bands, failures as bars, and marks of a shape of their own for what was done and
//! what followed. Its control is the slider that lies over it.

use crate::kernel::small::decimal;
use crate::kernel::{SimDuration, SimTime};
use crate::run::{Mark, MarkKind, Timeline};
use crate::submission::escape_html;

/// The height of the drawing, in CSS pixels.
const HEIGHT: f64 = 44.0;
/// Where the line of time lies.
const LINE: f64 = 30.0;
/// The tallest bar of failures.
const TALLEST: f64 = 16.0;

/// So many lines a pointer is told at most.
const MOST_TOLD: usize = 8;

/// The timeline under its slider.
pub fn timeline_frame() -> &'static str {
    "<div id=\"timeline\" class=\"needs-script\" data-hidden-of=\"on-rails\"><div class=\"drawing\" aria-hidden=\"true\"></div>\
     <input id=\"scrub\" type=\"range\" min=\"0\" max=\"60000\" value=\"0\" step=\"1\" aria-label=\"Time: go back or forth; Enter tells why\" />\
     <button class=\"nudge\" data-do=\"nudge\" data-on=\"-1\">\u{2212}1s<span class=\"visually-hidden\"> back</span></button>\
     <button class=\"nudge\" data-do=\"nudge\" data-on=\"1\">+1s<span class=\"visually-hidden\"> forth</span></button>\
     <ul class=\"key\" aria-label=\"Marks on the timeline\"><li class=\"mark-action\">what you did</li><li class=\"mark-vip\">address moved</li>\
     <li class=\"mark-down\">DOWN</li><li class=\"mark-up\">UP</li><li class=\"mark-failures\">failed requests</li><li class=\"mark-blind\">dead, and nobody knows</li></ul></div>"
}

/// The drawing of a timeline so many CSS pixels wide.
pub fn timeline(timeline: &Timeline, width: f64) -> String {
    let x = |at: SimTime| at.as_ns() as f64 / timeline.end.as_ns() as f64 * width;
    let px = |value: f64| decimal(value, 1);
    let mut svg = format!("<svg width=\"{}\" height=\"{}\">", px(width), px(HEIGHT));
    for span in &timeline.blind {
        let (from, to) = (x(span.from), x(span.to));
        svg.push_str(&format!(
            "<rect class=\"blind\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
            px(from),
            px(LINE - TALLEST),
            px((to - from).max(1.0)),
            px(TALLEST),
            escape_html(&unnoticed(&span.component)),
        ));
    }
    svg.push_str(&format!("<path class=\"line\" d=\"M0 {}H{}\"/>", px(LINE), px(width)));
    let most = timeline.failures.iter().copied().max().unwrap_or(0).max(1);
    let share = width / timeline.failures.len().max(1) as f64;
    for (index, count) in timeline.failures.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = (f64::from(*count) / f64::from(most) * TALLEST).max(2.0);
        svg.push_str(&format!(
            "<rect class=\"failures\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            px(index as f64 * share),
            px(LINE - height),
            px(share.max(1.0)),
            px(height),
        ));
    }
    // As many times are named as there is room for.
    let seconds = timeline.end.as_ns() / 1_000_000_000;
    let room = (width / 56.0).max(1.0) as u64;
    let every =
        [10, 20, 30, 60, 120, 300, 600, 1800].into_iter().find(|step| seconds / step <= room);
    for second in (0..seconds).step_by(every.unwrap_or(3600) as usize) {
        let at = x(SimTime::from_ms(second * 1000));
        let (minute, second) = (second / 60, second % 60);
        svg.push_str(&format!(
            "<text x=\"{}\" y=\"{}\">{minute}:{second:02}</text>",
            px(at),
            px(HEIGHT)
        ));
    }
    for mark in &timeline.marks {
        svg.push_str(&shape(mark, x(mark.at)));
    }
    svg.push_str("</svg>");
    svg
}

fn shape(mark: &Mark, x: f64) -> String {
    let (class, path) = match mark.kind {
        MarkKind::Action => ("mark-action", "m0 0l-4.5-9h9z"),
        MarkKind::Vip => ("mark-vip", "m0-6l5 6l-5 6l-5-6z"),
        MarkKind::Down => ("mark-down", "m-4-4l8 8m0-8l-8 8"),
        MarkKind::Up => ("mark-up", "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0"),
    };
    // What was done stands above the line, what followed on it.
    let y = if mark.kind == MarkKind::Action { LINE - TALLEST - 1.0 } else { LINE };
    format!(
        "<path class=\"{class}\" data-do=\"mark\" data-on=\"{}\" d=\"M{} {}{path}\"><title>{} {}</title></path>",
        mark.at,
        decimal(x, 1),
        decimal(y, 1),
        mark.at.clock(),
        escape_html(&mark.text),
    )
}

/// What a screen reader says of the slider: the time, and the last thing that happened there.
pub fn timeline_value(timeline: &Timeline, now: SimTime) -> String {
    let last = timeline.marks.iter().filter(|mark| mark.at <= now).max_by_key(|mark| mark.at);
    let what = last.map_or(String::new(), |mark| format!(", after: {}", mark.text));
    format!("{} of {}{what}", now.clock(), timeline.end.clock())
}

/// What the pointer is told of the marks that lie no further from an instant than this, each as the log has it, and of what is dead there.
pub fn timeline_title(timeline: &Timeline, at: SimTime, near: SimDuration) -> String {
    let is_near = |mark: &&Mark| mark.at.since(at).max(at.since(mark.at)) <= near;
    let marks = timeline.marks.iter().filter(is_near);
    let blind = timeline.blind.iter().filter(|span| span.from <= at && at <= span.to);
    let marks = marks.map(|mark| format!("{} {}", mark.at.clock(), mark.text));
    let blind = blind.map(|span| unnoticed(&span.component));
    marks.chain(blind).take(MOST_TOLD).collect::<Vec<_>>().join("\n")
}

fn unnoticed(component: &str) -> String {
    format!("{component} is dead, and nobody knows")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::run::Run;
    use crate::sim::{History, Plan};

    #[test]
    fn a_timeline_is_well_formed_and_holds_every_mark() {
        let mut run =
            Run::new(Plan::new(Preset::Brief.infrastructure(), 1), History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(5_000));
        run.act("kill app-1".parse().unwrap()).unwrap();
        run.advance_to(SimTime::from_ms(150_000));
        let drawn = run.timeline(200);
        let svg = timeline(&drawn, 700.0);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let count = |class: &str| {
            document.descendants().filter(|node| node.attribute("class") == Some(class)).count()
        };
        assert_eq!((count("mark-action"), count("mark-down"), count("blind")), (1, 2, 1));
        assert!(
            count("failures") > 2 && document.descendants().any(|node| node.text() == Some("2:00"))
        );
        assert!(
            timeline_value(&drawn, SimTime::from_ms(5_100)).contains("after: You killed app-1")
        );
        assert!(roxmltree::Document::parse(timeline_frame()).is_ok());
    }

    /// Who points at a mark is told the line of the log; between marks, nothing, or what is dead and not noticed.
    #[test]
    fn a_pointer_is_told_what_is_marked_under_it() {
        let mut run =
            Run::new(Plan::new(Preset::Brief.infrastructure(), 1), History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(5_000));
        run.act("kill app-1".parse().unwrap()).unwrap();
        run.advance_to(SimTime::from_ms(60_000));
        let drawn = run.timeline(200);
        let told =
            |ms: u64| timeline_title(&drawn, SimTime::from_ms(ms), SimDuration::from_ms(500));
        let [dead, killed] = ["app-1 is dead, and nobody knows", "00:05.000 You killed app-1"];
        assert_eq!(told(4_400), "");
        assert_eq!(told(4_600), killed);
        assert_eq!(told(5_400), format!("{killed}\n{dead}"));
        assert_eq!(told(6_000), dead);
        assert_eq!(told(50_000), "");
        let noticed = drawn.marks.iter().find(|mark| mark.kind == MarkKind::Down).unwrap();
        let line = format!("{} {}", noticed.at.clock(), noticed.text);
        assert!(timeline_title(&drawn, noticed.at, SimDuration::ZERO).contains(&line), "{line}");
    }
}
