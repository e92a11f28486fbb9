//! One request, asked for by its number: how it ended and why, and which others are worth a look: those that failed as it did, the slowest lately,
//! its neighbours.

use std::fmt::Write;

use crate::kernel::small::fixed;
use crate::kernel::{SimDuration, small};
use crate::page::unbroken;
use crate::run::Run;
use crate::sim::{Fact, FactKind, Outcome, RequestRecord, method};

/// So many others are offered at most.
const MOST: usize = 24;
/// So many of the slowest.
const SLOWEST: usize = 3;
/// Lately is so long ago.
const LATELY: SimDuration = SimDuration::from_secs(60);

/// What the panel of a request says around its chain of causes.
pub(super) fn panel(run: &Run, number: u64, chain: &str) -> String {
    let record = run.simulation().records().rev().find(|record| record.request == number);
    let ended = record.map_or_else(String::new, ended);
    let count = run.simulation().counts().issued;
    let neighbours = [number.saturating_sub(1), number.saturating_add(1)];
    let neighbours = neighbours.into_iter().filter(|own| (1..=count).contains(own));
    let neighbours: String = neighbours.map(|own| choosing(own, "")).collect();
    format!(
        "{ended}{chain}{}{}<div class=\"actions\" role=\"group\" aria-label=\"Its neighbours\">{neighbours}</div>",
        others(run, number),
        slowest(run, number)
    )
}

fn ended(record: &RequestRecord) -> String {
    let took = fixed(record.response_time().as_ms_f64(), 0);
    let how = if record.outcome.is_ok() {
        "answered".to_owned()
    } else {
        format!("failed ({})", record.outcome)
    };
    let sentence = format!(
        "{} {}, sent at {}: {how} after {took} ms.",
        method(record.path),
        record.path,
        record.started_at.clock()
    );
    format!("<p><strong>{}</strong></p>", unbroken(&sentence))
}

/// A button that opens a request.
fn choosing(number: u64, after: &str) -> String {
    format!(
        "<button data-do=\"choose\" data-on=\"request-{number}\">Request {number}{after}</button>"
    )
}

/// Those that failed in the same way in the same storm, each with a button; nothing if there are none.
pub(super) fn others(run: &Run, number: u64) -> String {
    let facts = run.simulation().facts();
    let is_it = |fact: &Fact| of(fact).is_some_and(|(request, _)| request == number);
    let Some(place) = facts.iter().rposition(is_it) else { return String::new() };
    // A failed check ends no storm.
    let goes_on =
        |fact: &&Fact| of(fact).is_some() || matches!(fact.kind, FactKind::CheckFailed { .. });
    let before = facts[..place].iter().rev().take_while(goes_on).count();
    let storm = facts[place - before..].iter().take_while(goes_on).filter_map(of);
    let own = of(&facts[place]).map(|(_, outcome)| outcome);
    let alike = storm.filter(|(_, outcome)| Some(*outcome) == own);
    let mut alike: Vec<u64> = alike.map(|(request, _)| request).collect();
    let Some(middle) = alike.iter().position(|request| *request == number) else {
        return String::new();
    };
    alike.remove(middle);
    if alike.is_empty() {
        return String::new();
    }
    // Those around it.
    let from = middle.saturating_sub(MOST / 2).min(alike.len().saturating_sub(MOST));
    let shown = &alike[from..alike.len().min(from + MOST)];
    let buttons: String = shown.iter().map(|request| choosing(*request, "")).collect();
    let count = alike.len();
    let rest = match count - shown.len() {
        0 => String::new(),
        more => format!("<p class=\"muted\">And {more} further away.</p>"),
    };
    let requests = if count == 1 { "request" } else { "requests" };
    format!(
        "<details><summary>{count} more {requests} failed like it</summary><div class=\"actions\">{buttons}</div>{rest}</details>"
    )
}

/// The number of the request whose failure a fact tells, and how it ended.
fn of(fact: &Fact) -> Option<(u64, Outcome)> {
    let FactKind::RequestFailed { outcome, .. } = fact.kind else { return None };
    Some((super::causes::request(fact)?, outcome))
}

/// The slowest of those that ended lately.
fn slowest(run: &Run, number: u64) -> String {
    let now = run.now();
    let recent = run.simulation().records().rev();
    let recent = recent.take_while(|record| now.since(record.ended_at) <= LATELY);
    let mut slowest: Vec<(SimDuration, u64)> = Vec::new();
    for record in recent.filter(|record| record.request != number) {
        slowest.push((record.response_time(), record.request));
        small::sort_by_key(&mut slowest, |(took, request)| {
            std::cmp::Reverse((*took, std::cmp::Reverse(*request)))
        });
        slowest.truncate(SLOWEST);
    }
    let mut buttons = String::new();
    for (took, request) in slowest {
        let _ = write!(
            buttons,
            "{}",
            choosing(request, &format!(", {} ms", fixed(took.as_ms_f64(), 0)))
        );
    }
    if buttons.is_empty() {
        return buttons;
    }
    format!(
        "<p class=\"muted\">The slowest that ended in the last minute:</p><div class=\"actions\">{buttons}</div>"
    )
}

#[cfg(test)]
mod tests {
    use crate::desk::Desk;

    const LINK: &str = "run/1/brief;seed=1;at=40s;20s+kill+app-1";

    fn ask(kind: &str, about: &str) -> String {
        let markup = Desk::default().answer(kind, LINK, about).unwrap();
        let document = format!("<root>{markup}</root>");
        assert!(roxmltree::Document::parse(&document).is_ok(), "{markup}");
        markup
    }

    fn failed() -> Vec<u64> {
        let run = crate::run::permalink::read(LINK, crate::sim::History::Recent).unwrap();
        let records = run.simulation().records().filter(|record| !record.outcome.is_ok());
        records.map(|record| record.request).collect()
    }

    #[test]
    fn any_request_can_be_asked_for_answered_or_failed() {
        let answered = ask("part", "request-1");
        assert!(answered.contains("answered after") && answered.contains("Its time: "));
        assert!(answered.contains("The slowest that ended in the last minute"), "{answered}");
        assert!(answered.contains("data-on=\"request-2\"") && !answered.contains("request-0\""));
        let failed = ask("part", &format!("request-{}", failed()[0]));
        assert!(failed.contains("failed (") && failed.contains("Cause: "), "{failed}");
        for about in ["request-99999", "request-x", "request-"] {
            assert!(ask("part", about).contains("There is no request"), "{about}");
        }
    }

    /// The line of the log stands for many; each of them can be opened.
    #[test]
    fn the_others_of_a_storm_are_offered() {
        let all = failed();
        assert!(all.len() > 5, "{all:?}");
        let markup = ask("why", &all[0].to_string());
        assert!(markup.contains("failed like it"), "{markup}");
        assert!(markup.contains(&format!("data-on=\"request-{}\"", all[1])), "{markup}");
        assert!(!markup.contains(&format!("data-on=\"request-{}\"", all[0])), "{markup}");
    }

    #[test]
    fn one_that_is_under_way_has_its_steps_so_far() {
        let run = crate::run::permalink::read(LINK, crate::sim::History::Recent).unwrap();
        let issued = run.simulation().counts().issued;
        let number = (1..=issued).rev().find(|own| run.simulation().steps_of(*own).is_some());
        if let Some(number) = number {
            let markup = ask("part", &format!("request-{number}"));
            assert!(markup.contains("still under way"), "{markup}");
        }
    }
}
