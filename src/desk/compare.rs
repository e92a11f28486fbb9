//! Two runs side by side, up to the same instant: what differs in what was built and done, and what came of it. The same users come in both, so
//! that a difference has a cause; a run compared with itself differs in nothing.

use std::fmt::Write;

use super::both::{self, Course};
use super::marks::Told;
use super::{before, causes, kept};
use crate::kernel::small::{decimal, fixed};
use crate::kernel::{SimDuration, SimTime};
use crate::page::with_code;
use crate::run::kept::link_before;
use crate::run::permalink::{self, LinkError};
use crate::run::{Run, Span};
use crate::sim::{FactKind, History};
use crate::submission::escape_html;

/// So finely an outage is measured.
const TICK: SimDuration = SimDuration::from_ms(100);

/// What is said where there is nothing to compare with.
const NOTHING: &str =
    "<p class=\"muted\">Nothing has been changed yet that could be taken back.</p>";

/// What a run came to by an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Figures {
    issued: u64,
    failed: u64,
    /// Of those that ended, in percent.
    failed_share: f64,
    /// The median, the 95th and the 99th percentile of the response time; `None` if nothing was answered well.
    percentiles: [Option<SimDuration>; 3],
    /// The longest time in which requests ended, and none of them well.
    outage: SimDuration,
    /// The longest time from a death to the next balancer's having the address; `None` if none moved for one.
    takeover: Option<SimDuration>,
    /// The longest time in which something was dead and nobody knew.
    blind: Option<SimDuration>,
}

/// Markup with the run that `about` holds beside the one of this link: `about` is a link, or what is kept of a run with its edits, of which
/// the last one is taken back.
///
/// # Errors
/// If one of the two cannot be made, or takes too long.
pub(super) fn compare(link: &str, about: &str) -> Result<String, LinkError> {
    let undone = link_before(about);
    let is_kept = !about.is_empty() && !about.contains('\n') && about != link;
    let Some(other) = undone.or(Some(about).filter(|_| is_kept)) else {
        return Ok(NOTHING.to_owned());
    };
    let here = permalink::instant(link)?;
    let until = if here > SimTime::ZERO { here } else { permalink::instant(other)? };
    let (one, before, its_course) = figures(other, until)?;
    let (two, now, own_course) = figures(link, until)?;
    let name = if undone.is_some() { "Before" } else { "Kept run" };
    let mut markup = told(&one, name, until) + &told(&two, "On the stage", until);
    markup.push_str(&differences(&one, &two, name));
    let heads = ["Figure", name, "On the stage", "Difference"];
    let heads = heads.map(|head| format!("<th scope=\"col\">{head}</th>")).concat();
    if before == now {
        markup.push_str("<p><strong>No figure differs.</strong></p>");
    }
    let rows: String = rows(&before, &now).iter().map(row).collect();
    let _ = write!(
        markup,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Two runs side by side\"><table>\
         <caption class=\"muted\">Both up to {}, on one clock</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>",
        until.clock()
    );
    markup.push_str(&both::charts([name, "On the stage"], [&its_course, &own_course]));
    Ok(markup)
}

/// A run up to an instant, what it came to, and how it came to it.
fn figures(link: &str, until: SimTime) -> Result<(Run, Figures, Course), LinkError> {
    let (mut run, _) = permalink::begin(link, History::Off)?;
    let mut course = Course::new(&run, until);
    let (mut outage, mut since) = (SimDuration::ZERO, None);
    let mut last = run.simulation().counts();
    while run.now() < until {
        let begun = run.now();
        let is_there = run.advance_within((begun + TICK).min(until), permalink::MOST_EVENTS);
        if !is_there || run.simulation().events() > u64::from(permalink::MOST_EVENTS) {
            return Err(LinkError::TooMuch);
        }
        let counts = run.simulation().counts();
        if counts.ok > last.ok {
            since = None;
        } else if counts.failed > last.failed {
            outage = outage.max(run.now().since(*since.get_or_insert(begun)));
        }
        last = counts;
        course.look(&run);
    }
    let times = run.simulation().response_times();
    let percentiles = [0.50, 0.95, 0.99].map(|share| times.quantile(share));
    let ended = last.ok + last.failed;
    let failed_share = if ended > 0 { 100.0 * last.failed as f64 / ended as f64 } else { 0.0 };
    let told = Told::by(&run);
    let figures = Figures {
        issued: last.issued,
        failed: last.failed,
        failed_share,
        percentiles,
        outage,
        takeover: takeover(&run, &told),
        blind: told.blind.iter().map(|span: &Span| span.to.since(span.from)).max(),
    };
    Ok((run, figures, course))
}

/// The longest time that an address took to move away from a balancer that had died.
fn takeover(run: &Run, told: &Told) -> Option<SimDuration> {
    let stands = &run.simulation().plan().infrastructure;
    let took = |index: usize| {
        let fact = &told.facts[index];
        let FactKind::VipTaken { by } = &fact.kind else { return None };
        let had = causes::holder(told, stands, index)?;
        let claim = causes::claim(stands, &had, &fact.subject);
        let is_tracked = claim.is_some_and(|(own, _)| own.track_script.is_some());
        let died = before::of_takeover(told, index, &had, by, is_tracked)?;
        before::is_death(&died.kind).then(|| fact.at.since(died.at))
    };
    (0..told.facts.len()).filter_map(took).max()
}

fn told(run: &Run, name: &str, until: SimTime) -> String {
    format!("<p><strong>{name}</strong>: {}.</p>", with_code(&kept::told(run, until)))
}

/// What was built or done in one of the two alone.
fn differences(one: &Run, two: &Run, name: &str) -> String {
    let all = |run: &Run| {
        let plan = run.plan();
        let edits = plan.edits.iter().map(|edit| format!("`{edit}`"));
        let done = run.all_actions().iter();
        let done = done.map(|timed| format!("`{}` at {}", timed.action, timed.at.clock()));
        let mut all: Vec<String> = edits.chain(done).collect();
        all.push(format!("seed {}", plan.seed));
        all.push(format!("{} requests/s", decimal(plan.workload.rate, 3)));
        all.push(format!("the infrastructure `{}`", plan.infrastructure.name));
        all
    };
    let (one, two) = (all(one), all(two));
    let mut markup = String::new();
    for (own, other, name) in [(&one, &two, name), (&two, &one, "On the stage")] {
        let alone: Vec<&str> =
            own.iter().filter(|what| !other.contains(what)).map(String::as_str).collect();
        if !alone.is_empty() {
            let _ = write!(markup, "<p>{name} alone: {}.</p>", with_code(&alone.join(", ")));
        }
    }
    if markup.is_empty() { "<p>Nothing differs between the two.</p>".to_owned() } else { markup }
}

/// A figure of both: its name, the two, and the difference.
type Row = (&'static str, [String; 3]);

fn row((name, cells): &Row) -> String {
    let cells = cells.each_ref().map(|cell| format!("<td>{}</td>", escape_html(cell))).concat();
    format!("<tr><th scope=\"row\">{name}</th>{cells}</tr>")
}

fn rows(before: &Figures, now: &Figures) -> Vec<Row> {
    let count = |name, of: &dyn Fn(&Figures) -> u64| -> Row {
        let (one, two) = (of(before), of(now));
        let difference = signed(two as f64 - one as f64, 0, "");
        (name, [one.to_string(), two.to_string(), difference])
    };
    let time = |name, of: &dyn Fn(&Figures) -> Option<SimDuration>, unit: &'static str| -> Row {
        let (scale, places) = if unit == " s" { (1.0, 1) } else { (1_000.0, 0) };
        let value = |own: &Figures| of(own).map(|time| time.as_secs_f64() * scale);
        let written = |value: Option<f64>| {
            value.map_or_else(|| "none".to_owned(), |value| fixed(value, places) + unit)
        };
        let (one, two) = (value(before), value(now));
        let difference = one.zip(two).map(|(one, two)| signed(two - one, places, unit));
        let same = if one.is_none() && two.is_none() {
            signed(0.0, 0, unit)
        } else {
            "\u{2013}".to_owned()
        };
        (name, [written(one), written(two), difference.unwrap_or(same)])
    };
    let share = |own: &Figures| fixed(own.failed_share, 2) + " %";
    let points = signed(now.failed_share - before.failed_share, 2, " points");
    vec![
        count("Requests", &|own| own.issued),
        count("Failed", &|own| own.failed),
        ("Failed, of those that ended", [share(before), share(now), points]),
        time("p50 of the response time", &|own| own.percentiles[0], " ms"),
        time("p95", &|own| own.percentiles[1], " ms"),
        time("p99", &|own| own.percentiles[2], " ms"),
        time("Longest outage (nothing answered well)", &|own| Some(own.outage), " s"),
        time("Longest takeover of an address", &|own| own.takeover, " s"),
        time("Longest death that nobody knew of", &|own| own.blind, " s"),
    ]
}

/// A difference with its sign; none is 0.
fn signed(value: f64, places: u32, unit: &str) -> String {
    let size = fixed(value.abs(), places);
    let sign = match value {
        _ if size == fixed(0.0, places) => "",
        value if value < 0.0 => "\u{2212}",
        _ => "+",
    };
    format!("{sign}{size}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Desk;

    const LINK: &str = "run/1/brief;seed=1;at=40s;10s%20kill%20lb-1;20s%20kill%20app-1";

    fn ask(link: &str, about: &str) -> String {
        let markup = Desk::default().answer("compare", link, about).unwrap();
        let document = format!("<root>{markup}</root>");
        assert!(roxmltree::Document::parse(&document).is_ok(), "{markup}");
        markup
    }

    fn cells<'a>(document: &'a roxmltree::Document<'_>, name: &str) -> Vec<&'a str> {
        let mut rows = document.descendants().filter(|node| node.has_tag_name("tr"));
        let row = rows.find(|row| row.first_child().and_then(|head| head.text()) == Some(name));
        let cells = row.unwrap().children().skip(1);
        cells.map(|cell| cell.text().unwrap()).collect()
    }

    /// R41: a run compared with one that is the same differs in nothing.
    #[test]
    fn the_same_run_has_no_differences() {
        let markup = ask(LINK, &LINK.replace("at=40s", "at=30s"));
        assert!(markup.contains("Nothing differs between the two."), "{markup}");
        assert!(markup.contains("No figure differs."), "{markup}");
        let (_, figures, _) = figures(LINK, SimTime::from_ms(40_000)).unwrap();
        for (name, [one, two, difference]) in rows(&figures, &figures) {
            assert_eq!(one, two, "{name}");
            let number = difference.split(' ').next().unwrap();
            assert_eq!(number.parse::<f64>().ok(), Some(0.0), "{name}: {difference}");
        }
    }

    #[test]
    fn a_changed_directive_is_named_and_what_it_changes_is_told() {
        let other = LINK.replace(
            ";seed",
            ";edit=keepalived.advert_int:lb-1=2s;edit=keepalived.advert_int:lb-2=2s;seed",
        );
        let markup = ask(&other, LINK);
        assert!(
            markup.contains("On the stage alone: <code>keepalived.advert_int:lb-1=2s</code>"),
            "{markup}"
        );
        assert!(!markup.contains("Kept run alone"), "{markup}");
        assert!(markup.contains("Both up to 00:40.000"), "{markup}");
        assert!(!markup.contains("No figure differs."), "{markup}");
        let document = format!("<root>{markup}</root>");
        let document = roxmltree::Document::parse(&document).unwrap();
        let takeover = cells(&document, "Longest takeover of an address");
        let seconds: Vec<f64> = takeover
            .iter()
            .map(|cell| cell.trim_end_matches(" s").trim_start_matches('+').parse().unwrap())
            .collect();
        assert!(seconds[0] < seconds[1] && seconds[2] > 0.0, "{takeover:?}");
        // Each figure that both have is one chart with both lines.
        let charts = document.descendants().filter(|node| node.has_tag_name("figure"));
        let lines: Vec<usize> = charts
            .map(|chart| {
                let lines = chart.descendants().filter(|node| node.has_tag_name("polyline"));
                lines.filter(|line| line.parent().unwrap().attribute("viewBox").is_some()).count()
            })
            .collect();
        assert_eq!(lines.len(), 5);
        assert!(lines.iter().all(|count| *count >= 2), "{lines:?}");
        assert_eq!(markup.matches("of both runs: Kept run at most").count(), 5, "{markup}");
        let requests = cells(&document, "Requests");
        assert_eq!(requests[0], requests[1], "the same users come");
        assert_eq!(requests[2], "0");
    }

    /// What is kept of a run tells what the last edit would bring back.
    #[test]
    fn before_is_the_run_without_the_last_edit() {
        let mut run = permalink::read(LINK, History::Recent).unwrap();
        run.act("restore app-1".parse().unwrap()).unwrap();
        run.advance_to(SimTime::from_ms(60_000));
        let kept = crate::run::kept::write(&run, &permalink::Look::default()).unwrap();
        let markup = ask(&permalink::write(&run).unwrap(), &kept);
        assert!(
            markup.contains("On the stage alone: <code>restore app-1</code> at 00:40.000"),
            "{markup}"
        );
        assert!(markup.contains("<strong>Before</strong>"), "{markup}");
        assert!(ask(LINK, LINK).contains("Nothing has been changed yet"));
        assert!(ask(LINK, "").contains("Nothing has been changed yet"));
    }

    /// A directive that was turned is an edit as a kill is: before is without it.
    #[test]
    fn before_a_changed_directive_is_the_run_without_it() {
        let mut run = permalink::read(LINK, History::Recent).unwrap();
        run.act("backend app: default-server maxconn 1".parse().unwrap()).unwrap();
        run.advance_to(SimTime::from_ms(60_000));
        let kept = crate::run::kept::write(&run, &permalink::Look::default()).unwrap();
        let markup = ask(&permalink::write(&run).unwrap(), &kept);
        let alone =
            "On the stage alone: <code>backend app: default-server maxconn 1</code> at 00:40.000";
        assert!(markup.contains(alone), "{markup}");
        assert!(markup.contains("<strong>Before</strong>") && !markup.contains("Before alone"));
    }

    #[test]
    fn an_outage_is_as_long_as_nothing_is_answered_well() {
        let link = "run/1/simple;seed=1;at=60s;20s+kill+server-1;40s+restore+server-1";
        let host = &crate::infra::Preset::Simple.infrastructure().hosts[0].name;
        let link = link.replace("server-1", host);
        let (_, figures, _) = figures(&link, SimTime::from_ms(60_000)).unwrap();
        let outage = figures.outage.as_secs_f64();
        assert!((10.0..60.0).contains(&outage), "{outage}");
        let (_, calm, _) = super::figures("run/1/simple;seed=1", SimTime::from_ms(20_000)).unwrap();
        assert_eq!((calm.outage, calm.takeover, calm.blind), (SimDuration::ZERO, None, None));
    }
}
