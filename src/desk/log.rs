//! The event log by what one looks for: the deeds, the failures, what names one machine; and as text to take along.

use std::fmt::Write;

use crate::page;
use crate::run::{Gravity, LogLine, Run, log_lines};
use crate::sim::{Fact, FactKind};

/// So many lines are shown; the text has all.
const LINES: usize = 200;

/// Which lines are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pick<'a> {
    All,
    Failures,
    Deeds,
    Machine(&'a str),
}

impl<'a> Pick<'a> {
    /// `failures`, `deeds`, `machine NAME`; anything else is all.
    fn read(about: &'a str) -> Self {
        match about.split_once(' ').unwrap_or((about, "")) {
            ("failures", _) => Self::Failures,
            ("deeds", _) => Self::Deeds,
            ("machine", name) => Self::Machine(name),
            _ => Self::All,
        }
    }

    /// What is said if there is no such line.
    fn empty(self) -> &'static str {
        match self {
            Self::All => "Nothing yet.",
            Self::Failures => "Nothing has failed yet.",
            Self::Deeds => "You have done nothing yet.",
            Self::Machine("") => "Choose a machine in the drawing.",
            Self::Machine(_) => "Nothing yet that names it.",
        }
    }
}

/// The lines, the oldest first.
fn lines(run: &Run, pick: Pick<'_>) -> Vec<LogLine> {
    let facts = run.simulation().facts();
    match pick {
        Pick::All => {
            let mut all = log_lines(facts, usize::MAX);
            all.extend(deeds(run));
            // Of one instant, what was done comes before what followed.
            all.sort_by_key(|line| (line.at, !line.text.starts_with("You ")));
            all
        }
        Pick::Failures => {
            let mut all = log_lines(facts, usize::MAX);
            all.retain(|line| line.gravity == Gravity::Bad);
            all
        }
        Pick::Deeds => deeds(run),
        Pick::Machine(name) => {
            let names = |fact: &&Fact| {
                !matches!(fact.kind, FactKind::RequestFailed { .. })
                    && is_named(&fact.to_string(), name)
            };
            let its: Vec<Fact> = facts.iter().filter(names).cloned().collect();
            log_lines(&its, usize::MAX)
        }
    }
}

/// Whether a sentence has this name in it as a word, or as the beginning of a service's: `app-1/app`.
fn is_named(sentence: &str, name: &str) -> bool {
    let is_between = |letter: char| !letter.is_alphanumeric() && letter != '-';
    !name.is_empty() && sentence.split(is_between).any(|word| word == name)
}

/// What was done, as lines.
fn deeds(run: &Run) -> Vec<LogLine> {
    let line = |timed: &crate::sim::TimedAction| LogLine {
        at: timed.at,
        text: format!("{}.", timed.action.told()),
        gravity: Gravity::Deed,
        count: 1,
        request: None,
    };
    run.actions().iter().map(line).collect()
}

/// How many more facts a line stands for.
fn more(line: &LogLine) -> String {
    let count = line.count.saturating_sub(1);
    if count == 0 { String::new() } else { format!(" And {count} more like it.") }
}

/// Markup with the lines of a list, the newest first.
pub(super) fn markup(run: &Run, about: &str) -> String {
    let pick = match Pick::read(about) {
        // A link or a zone is chosen, say.
        Pick::Machine(name) if run.plan().infrastructure.host(name).is_none() => Pick::Machine(""),
        pick => pick,
    };
    let lines = lines(run, pick);
    if lines.is_empty() {
        return format!("<li>{}</li>", pick.empty());
    }
    let filled = |line: &LogLine| {
        let place = "<span class=\"more\">";
        page::line(line).replace(place, &format!("{place}{}", more(line)))
    };
    lines.iter().rev().take(LINES).map(filled).collect()
}

/// The lines as text, the oldest first.
pub(super) fn text(run: &Run, about: &str) -> String {
    let mut text = String::new();
    for line in lines(run, Pick::read(about)) {
        let _ = writeln!(text, "{}  {}{}", line.at.clock(), line.text, more(&line));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::permalink;
    use crate::sim::History;

    fn run() -> Run {
        let link =
            "run/1/brief;seed=1;at=40s;10s%20kill%20app-1;20s%20kill%20web-1;30s%20restore%20app-1";
        permalink::read(link, History::Recent).unwrap()
    }

    #[test]
    fn deeds_failures_and_a_machine_have_their_own_lines() {
        let run = run();
        let of = |about: &str| lines(&run, Pick::read(about));
        let deeds = of("deeds");
        assert_eq!(deeds.len(), 3);
        assert!(deeds[0].text.starts_with("You ") && deeds[0].text.contains("app-1"));
        let failures = of("failures");
        assert!(failures.iter().all(|line| line.gravity == Gravity::Bad));
        assert!(failures.iter().any(|line| line.request.is_some() && line.count > 1));
        let machine = of("machine app-1");
        assert!(machine.iter().all(|line| is_named(&line.text, "app-1")) && machine.len() >= 4);
        assert!(of("machine app").is_empty() && of("machine ").is_empty());
        let all = of("all");
        assert!(all.len() >= deeds.len() + failures.len());
        assert!(all.is_sorted_by_key(|line| line.at));
        let death = all.iter().position(|line| line.text == "app-1 lost power.").unwrap();
        assert!(all[death - 1].text.starts_with("You "), "{}", all[death - 1].text);
    }

    #[test]
    fn the_text_has_a_line_for_each_and_the_markup_is_well_formed() {
        let run = run();
        let told = text(&run, "deeds");
        assert_eq!(told.lines().count(), 3);
        assert!(told.starts_with("00:10.000  You "), "{told}");
        assert!(text(&run, "failures").contains(" more like it."));
        for about in ["all", "failures", "deeds", "machine app-1", "machine ", "machine <b>"] {
            let markup = format!("<ol>{}</ol>", markup(&run, about));
            assert!(roxmltree::Document::parse(&markup).is_ok(), "{markup}");
        }
        for none in ["machine ", "machine zone-web"] {
            assert_eq!(markup(&run, none), "<li>Choose a machine in the drawing.</li>");
        }
    }
}
