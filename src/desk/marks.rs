//! What is marked on the timeline near an instant, and why: what happened, since when, what caused it, and the directive that sets how
//! long it takes, with its control where the page has one.

use std::fmt::Write;

use super::{begun, causes, followed, whys};
use crate::infra::Infrastructure;
use crate::kernel::{SimDuration, SimTime, small};
use crate::page;
use crate::run::{Run, Span, Why};
use crate::sim::{Fact, FactKind, Plan, RequestRecord, TimedAction};
use crate::submission::escape_html;

/// So many marks are told at once, and so much of what followed a deed.
const MOST_TOLD: usize = 4;
const MOST_FOLLOWED: usize = 10;

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Where on the timeline.
    pub(super) at: SimTime,
    /// How far to both sides; no time: the nearest mark, however far.
    within: SimDuration,
    /// How far the run has come.
    pub(super) until: SimTime,
}

impl Asked {
    /// Reads `AT WITHIN UNTIL`, three times such as `20s`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let at = words.next()?.parse().ok()?;
        let within = words.next()?.parse().ok()?;
        let until = words.next()?.parse().ok()?;
        Some(Self { at, within, until })
    }
}

/// What a run has told up to where it has come.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) plan: Plan,
    pub(super) actions: Vec<TimedAction>,
    pub(super) facts: Vec<Fact>,
    /// The requests that failed, of those that the history keeps.
    pub(super) failed: Vec<RequestRecord>,
    pub(super) blind: Vec<Span>,
    pub(super) until: SimTime,
}

/// Something on the timeline.
#[derive(Clone, Copy, Debug)]
enum Mark<'a> {
    /// Somebody did something; its place among the actions.
    Deed(usize),
    /// An address moved, a server went DOWN or UP, the memory ran out; its place among the facts.
    Event(usize),
    Blind(&'a Span),
    /// A request failed.
    Failure(usize),
}

impl Told {
    /// By this run.
    pub(super) fn by(run: &Run) -> Self {
        Self {
            plan: run.plan().clone(),
            actions: run.all_actions().to_vec(),
            facts: run.simulation().facts().to_vec(),
            failed: run
                .simulation()
                .records()
                .filter(|own| !own.outcome.is_ok())
                .cloned()
                .collect(),
            blind: run.timeline(1).blind,
            until: run.now(),
        }
    }

    /// Everything on the timeline, with its begin and end.
    fn marks(&self) -> Vec<(SimTime, SimTime, Mark<'_>)> {
        let mut marks: Vec<_> = self
            .actions
            .iter()
            .enumerate()
            .map(|(place, own)| (own.at, own.at, Mark::Deed(place)))
            .collect();
        for (index, fact) in self.facts.iter().enumerate() {
            match fact.kind {
                FactKind::VipTaken { .. }
                | FactKind::ServerDown { .. }
                | FactKind::ServerUp { .. }
                | FactKind::OutOfMemory { .. } => {
                    marks.push((fact.at, fact.at, Mark::Event(index)));
                }
                FactKind::RequestFailed { .. } => {
                    marks.push((fact.at, fact.at, Mark::Failure(index)));
                }
                _ => {}
            }
        }
        marks.extend(self.blind.iter().map(|span| (span.from, span.to, Mark::Blind(span))));
        marks
    }

    /// Those that were asked about, the nearest first; of failed requests only the nearest.
    fn chosen(&self, asked: Asked) -> Vec<Mark<'_>> {
        let mut marks = self.marks();
        let away = |from: SimTime, to: SimTime| {
            asked.at.since(to).max(from.since(asked.at)) // one of them is none
        };
        // Of failed requests only the nearest counts.
        let is_failure = |mark: &Mark<'_>| matches!(mark, Mark::Failure(_));
        let failures = marks.iter().filter(|(.., mark)| is_failure(mark));
        let failure = failures.map(|(from, ..)| (away(*from, *from), *from)).min();
        let mut is_there = false;
        marks.retain(|(from, _, mark)| {
            let is_it = !is_there && Some(*from) == failure.map(|(_, nearest)| nearest);
            is_there |= is_failure(mark) && is_it;
            !is_failure(mark) || is_it
        });
        let far = if asked.within == SimDuration::ZERO {
            let nearest = marks.iter().map(|(from, ..)| away(*from, *from)).min();
            marks.retain(|(from, ..)| Some(away(*from, *from)) == nearest);
            SimDuration::from_ns(u64::MAX)
        } else {
            asked.within
        };
        marks.retain(|(from, to, _)| away(*from, *to) <= far);
        // Of a window it is the begin that counts; one that began elsewhere comes last.
        small::sort_by_key(&mut marks, |(from, _, mark)| {
            let away = away(*from, *from);
            (away > far, away, mark.rank())
        });
        marks.into_iter().take(MOST_TOLD).map(|(.., mark)| mark).collect()
    }

    /// The instants of the nearest marks before and after this one; of a storm of failures only its begin.
    fn neighbours(&self, at: SimTime) -> [Option<SimTime>; 2] {
        let mut last = None;
        let mut instants = Vec::new();
        for (from, _, mark) in self.marks() {
            let goes_on = matches!(mark, Mark::Failure(_))
                && last
                    .replace(from)
                    .is_some_and(|last| from.since(last) < SimDuration::from_secs(1));
            if !goes_on {
                instants.push(from);
            }
        }
        let before = instants.iter().copied().filter(|instant| *instant < at).max();
        let after = instants.iter().copied().filter(|instant| *instant > at).min();
        [before, after]
    }
}

impl Mark<'_> {
    const fn rank(self) -> u8 {
        match self {
            Self::Deed(_) => 0,
            Self::Event(_) => 1,
            Self::Blind(_) => 2,
            Self::Failure(_) => 3,
        }
    }

    fn at(self, told: &Told) -> SimTime {
        match self {
            Self::Deed(place) => told.actions[place].at,
            Self::Event(index) | Self::Failure(index) => told.facts[index].at,
            Self::Blind(span) => span.from,
        }
    }
}

/// The marks that were asked about with what caused them, as markup; nothing if there are none. `stands`: what stands there at that
/// instant, with what reloads have changed by then.
pub(super) fn marks(told: &Told, stands: &Infrastructure, asked: Asked) -> String {
    let chosen = told.chosen(asked);
    let Some(first) = chosen.first().map(|mark| mark.at(told)) else { return String::new() };
    let named = page::Named::new(stands, "why");
    let mut answer = Page { told, stands, named, markup: String::new() };
    let button = |to: Option<SimTime>, words: &str| {
        to.map_or_else(String::new, |to| {
            format!("<button data-do=\"mark\" data-on=\"{to}\">{words}</button>")
        })
    };
    // A window is meant wherever it was tapped; anything else has but one instant.
    let at = match chosen.first() {
        Some(Mark::Blind(span)) if asked.within > SimDuration::ZERO => {
            asked.at.max(span.from).min(span.to)
        }
        _ => first,
    };
    let [before, after] = told.neighbours(at);
    let _ = write!(
        answer.markup,
        "<section id=\"mark\" data-at=\"{at}\" tabindex=\"-1\" aria-labelledby=\"mark-title\">\
         <div class=\"title\"><h2 id=\"mark-title\">Why, at {}</h2><button data-do=\"unfollow\">Close</button></div>\
         <div class=\"actions\">{}{}</div>",
        at.clock(),
        button(before, "Mark before"),
        button(after, "Mark after"),
    );
    for mark in chosen {
        answer.tell(mark);
    }
    answer.markup.push_str("</section>");
    answer.markup
}

/// The answer as it grows.
struct Page<'a> {
    told: &'a Told,
    stands: &'a Infrastructure,
    /// The controls of the directives that are named.
    named: page::Named<'a>,
    markup: String,
}

impl Page<'_> {
    fn heading(&mut self, at: SimTime, words: &str) {
        let _ = write!(self.markup, "<h3>{} {}</h3>", at.clock(), escape_html(words));
    }

    fn paragraph(&mut self, words: &str) {
        let _ = write!(self.markup, "<p>{}</p>", page::with_code(words));
    }

    fn tell(&mut self, mark: Mark<'_>) {
        let at = mark.at(self.told);
        match mark {
            Mark::Deed(place) => {
                self.heading(at, &self.told.actions[place].action.told());
                self.deed(place);
            }
            Mark::Event(index) => {
                self.heading(at, &self.told.facts[index].to_string());
                self.cause(&causes::of_event(self.told, self.stands, index));
            }
            Mark::Blind(span) => {
                self.heading(at, &format!("{} is dead, and nobody knows", span.component));
                self.cause(&causes::of_blind_window(self.told, self.stands, span));
            }
            Mark::Failure(index) => {
                self.heading(at, &self.told.facts[index].to_string());
                self.failure(index);
            }
        }
    }

    fn cause(&mut self, cause: &causes::Cause) {
        let markup = cause.markup(&mut Vec::new(), &mut self.named);
        self.markup.push_str(&markup);
    }

    /// What a person did, and what followed from that: what has another cause is not told here.
    fn deed(&mut self, place: usize) {
        let (told, stands) = (self.told, self.stands);
        let timed = &told.actions[place];
        if followed::is_repeat(told, place) {
            self.paragraph(&format!(
                "As a command: `{}`. It changed nothing: the same is done at this instant once more, and what followed is told there.",
                timed.action
            ));
            return;
        }
        self.paragraph(&format!(
            "As a command: `{}`. What followed from it, up to where the run has come to:",
            timed.action
        ));
        self.markup.push_str("<ol>");
        let all = followed::facts(told, stands, place);
        for fact in all.iter().take(MOST_FOLLOWED) {
            let sentence = escape_html(&fact.to_string());
            let _ = write!(self.markup, "<li>{} {sentence}</li>", fact.at.clock());
        }
        if let more @ 1.. = all.len().saturating_sub(MOST_FOLLOWED) {
            let _ = write!(self.markup, "<li>And {more} more.</li>");
        }
        let failed = followed::failures(told, stands, place);
        let requests = if failed == 1 { "request" } else { "requests" };
        let _ = write!(self.markup, "<li>{failed} {requests} failed.</li></ol>");
    }

    /// The chain of causes of a failed request, with every choice of a server on its way.
    fn failure(&mut self, index: usize) {
        let fact = &self.told.facts[index];
        let Some(request) = causes::request(fact) else { return };
        let end = fact.at + SimDuration::from_ns(1);
        let (plan, actions) = (self.told.plan.clone(), self.told.actions.clone());
        let why = match Why::of(plan, actions, request, end) {
            Ok(why) => why,
            Err(error) => {
                self.paragraph(&(begun(&error.to_string()) + "."));
                return;
            }
        };
        let chain = whys::chain(&why, &mut self.named);
        self.markup.push_str(&chain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Desk;

    /// Killed at 20 s and seen by both balancers; the address of a balancer moved; a request failed.
    const LINK: &str = "run/1/brief;seed=1;at=50s;20s+kill+app-1;40s+kill+lb-1";

    fn ask(link: &str, about: &str) -> String {
        let markup = Desk::default().answer("marks", link, about).unwrap();
        let document = format!("<root>{markup}</root>");
        assert!(roxmltree::Document::parse(&document).is_ok(), "{markup}");
        markup
    }

    fn told() -> Told {
        let run = crate::run::permalink::read(LINK, crate::sim::History::Recent).unwrap();
        Told::by(&run)
    }

    fn when(is_it: impl Fn(&FactKind) -> bool) -> SimTime {
        told().facts.into_iter().find(|fact| is_it(&fact.kind)).unwrap().at
    }

    #[test]
    fn a_deed_is_told_with_what_followed_and_the_window_that_it_opened() {
        let markup = ask(LINK, "20s 1s 50s");
        assert!(markup.contains("<h3>00:20.000 You killed app-1</h3>"), "{markup}");
        assert!(markup.contains("app-1 lost power."));
        assert!(markup.contains("app-1 is dead, and nobody knows"));
        assert!(markup.contains("known at 00:2"), "{markup}");
        for directive in ["inter", "fall"] {
            let control = format!("data-edit=\"backend app: default-server {directive} \"");
            assert!(markup.contains(&control), "{directive}: {markup}");
        }
    }

    #[test]
    fn a_server_that_went_down_names_its_death_its_checks_and_its_directives() {
        let at = when(|kind| matches!(kind, FactKind::ServerDown { .. }));
        let markup = ask(LINK, &format!("{at} 0s 50s"));
        assert!(markup.contains("marks app-1 DOWN"), "{markup}");
        assert!(markup.contains(
            "at 00:20.000: app-1 lost power. You killed app-1 (<code>kill app-1</code>)."
        ));
        assert!(markup.contains("Its first check failed at"));
        // A machine without power answers nothing: each of the three checks takes its time.
        assert!(markup.contains("7 to 9 s"), "{markup}");
        assert_eq!(markup.matches("data-edit=\"backend app: default-server fall \"").count(), 1);
    }

    #[test]
    fn an_address_that_moved_names_who_had_it_and_the_timers() {
        let at = when(|kind| matches!(kind, FactKind::VipTaken { .. }));
        let markup = ask(LINK, &format!("{at} 0s 50s"));
        assert!(markup.contains("lb-2 took over"), "{markup}");
        assert!(
            markup.contains(
                "at 00:40.000: lb-1 lost power. You killed lb-1 (<code>kill lb-1</code>)."
            )
        );
        assert!(markup.contains("<code>advert_int</code> (1 s)") && markup.contains("3.609 s"));
    }

    #[test]
    fn a_failed_request_has_its_chain_and_the_choices_of_servers() {
        let at = when(|kind| matches!(kind, FactKind::RequestFailed { .. }));
        let markup = ask(LINK, &format!("{at} 0s 50s"));
        assert!(
            markup.contains("Cause: ") && markup.contains("What would have changed it"),
            "{markup}"
        );
        assert!(markup.contains("balance roundrobin"), "{markup}");
    }

    /// From mark to mark and back, past all of them.
    #[test]
    fn every_mark_can_be_walked_to() {
        let told = told();
        let mut at = SimTime::ZERO;
        let mut walked = 0;
        while let [_, Some(next)] = told.neighbours(at) {
            assert_eq!(told.neighbours(next)[0], Some(at).filter(|at| *at > SimTime::ZERO));
            at = next;
            walked += 1;
        }
        assert!(walked >= 5, "{walked}");
    }

    /// A run stops before what happens at the instant it goes to.
    #[test]
    fn the_last_mark_of_a_run_is_told_and_can_be_walked_to() {
        let link = "run/1/brief;seed=1;at=60s;20s+kill+app-1;40s+restore+app-1";
        let run = crate::run::permalink::read(link, crate::sim::History::Recent).unwrap();
        let told = Told::by(&run);
        // An alert has no mark.
        let is_alert = |kind: &FactKind| {
            matches!(kind, FactKind::AlertFired { .. } | FactKind::AlertResolved { .. })
        };
        let marked = told.facts.iter().rfind(|fact| !is_alert(&fact.kind)).unwrap();
        assert!(matches!(marked.kind, FactKind::ServerUp { .. }));
        let last = marked.at;
        let [Some(before), None] = told.neighbours(last) else { panic!("{last} is not the last") };
        let markup = ask(link, &format!("{before} 0s {last}"));
        assert!(markup.contains(&format!("data-on=\"{last}\">Mark after")), "{markup}");
        let markup = ask(link, &format!("{last} 0s {last}"));
        assert!(markup.contains("lb-2 marks app-1 UP"), "{markup}");
        assert!(markup.contains(&format!("Why, at {}", last.clock())), "{markup}");
    }

    /// A window over the place is no reason to go to where it began.
    #[test]
    fn a_click_beside_a_mark_tells_of_it_first_and_walks_from_there() {
        let down = when(|kind| matches!(kind, FactKind::ServerDown { .. }));
        let at = down + SimDuration::from_ms(10);
        let markup = ask(LINK, &format!("{at} 100ms 50s"));
        assert!(markup.contains(&format!("Why, at {}", down.clock())), "{markup}");
        let [before, after] = told().neighbours(down).map(Option::unwrap);
        assert!(markup.contains(&format!("data-on=\"{before}\">Mark before")), "{markup}");
        assert!(markup.contains(&format!("data-on=\"{after}\">Mark after")), "{markup}");
        let window = markup.find("app-1 is dead, and nobody knows").unwrap();
        assert!(markup.find("marks app-1 DOWN").unwrap() < window, "{markup}");
        // From the nearest mark, however far, it goes on to the next.
        assert!(!ask(LINK, "5s 0s 50s").contains("data-on=\"20s\""));
    }

    /// So that the clock can go to what was meant.
    #[test]
    fn an_answer_names_its_instant_to_the_nanosecond_and_a_window_the_place_that_was_asked() {
        let at = when(|kind| matches!(kind, FactKind::ServerDown { .. }));
        let beside = SimTime::from_ns(at.as_ns() + 1_000);
        let markup = ask(LINK, &format!("{beside} 5ms 50s"));
        assert!(markup.contains(&format!("data-at=\"{at}\"")), "{markup}");
        assert!(markup.contains(&format!("Why, at {}<", at.clock())), "{markup}");
        let markup = ask(LINK, "21s 1ms 50s");
        assert!(markup.contains("data-at=\"21s\"") && markup.contains("nobody knows"), "{markup}");
    }

    #[test]
    fn where_nothing_is_marked_nothing_is_told_and_nonsense_is_refused() {
        assert_eq!(ask(LINK, "5s 100ms 50s"), "");
        assert_eq!(ask("run/1/brief;seed=1;at=5s", "5s 0s 5s"), "");
        // Nearest, however far: the first deed.
        assert!(ask(LINK, "5s 0s 50s").contains("kill app-1"));
        for about in ["", "5s", "5s 0s", "now 0s 5s"] {
            assert!(Desk::default().answer("marks", LINK, about).is_err(), "{about}");
        }
    }

    /// Whatever is marked in runs full of faults is told, well formed.
    #[test]
    fn whatever_happens_has_words() {
        for (preset, deeds) in [
            (
                "extended",
                "5s+stop+lb-1;20s+restore+lb-1;30s+kill+lb-1/haproxy;45s+degrade+app-1/app:leak%3D64",
            ),
            ("secured", "5s+kill+server-2/app;15s+restore+server-2/app;25s+kill+server-1"),
            ("literal", "5s+kill+lb-1/keepalived;20s+slow+app-1+x50"),
        ] {
            let link = format!("run/1/{preset};seed=2;at=60s;{deeds}");
            let run = crate::run::permalink::read(&link, crate::sim::History::Recent).unwrap();
            let told = Told::by(&run);
            let mut at = SimTime::ZERO;
            for _ in 0..40 {
                let [_, Some(next)] = told.neighbours(at) else { break };
                at = next;
                let markup = ask(&link, &format!("{at} 0s 60s"));
                assert!(markup.contains("<h3>"), "{preset}, {at}: {markup}");
            }
        }
    }
}
