//! The chain of causes of one request as markup: step by step, each choice of a server with its candidates, where the time went, the cause
//! and what would have changed it.

use std::fmt::Write;

use super::{begun, causes, parts};
use crate::infra::{Infrastructure, Place};
use crate::kernel::small::decimal;
use crate::kernel::{SimDuration, SimTime};
use crate::page::{Named, unbroken, with_code};
use crate::run::{Choice, Run, Why};
use crate::sim::{Spent, Step};

/// So many chains are kept: one that is open is asked for again whenever something else is.
const MOST_KEPT: usize = 8;

/// The chains that were told last, by the run and the request.
#[derive(Debug, Default)]
pub(super) struct Whys(Vec<(String, String)>);

impl Whys {
    /// The chain of a request of this run as markup, or why there is none. `place`: what the `id`s of its controls begin with.
    pub(super) fn of(&mut self, run: &Run, run_of: &str, about: &str, place: &str) -> String {
        // What is done by then may have changed the values that the controls show.
        let key = format!("{run_of} {} {place} {about}", run.actions().len());
        if let Some((_, markup)) = self.0.iter().find(|(known, _)| *known == key) {
            return markup.clone();
        }
        let request = about.parse().unwrap_or(0);
        // A run stops before what happens at the instant it goes to.
        let until = run.now() + SimDuration::from_ns(1);
        if let Some(steps) = run.simulation().steps_of(request) {
            return under_way(request, steps, run.simulation().tries_of(request));
        }
        match Why::of(run.plan().clone(), run.actions().to_vec(), request, until) {
            Ok(why) => {
                let stands = &run.simulation().plan().infrastructure;
                let markup = chain(&why, &mut Named::new(stands, &format!("{place}-{request}")));
                if self.0.len() == MOST_KEPT {
                    self.0.remove(0);
                }
                self.0.push((key, markup.clone()));
                markup
            }
            Err(error) => format!("<p>{}.</p>", with_code(&begun(&error.to_string()))),
        }
    }
}

/// Of a request that has not ended, its steps so far, and how many tries to reach a server its balancer has made, of so many at most.
fn under_way(request: u64, steps: &[Step], tries: Option<[usize; 2]>) -> String {
    let tries = tries.map_or_else(String::new, |[made, most]| {
        with_code(&format!(
            " HAProxy has made {made} of at most {most} tries to reach a server (`retries` {}).",
            most - 1
        ))
    });
    let step = |step: &Step| format!("<li>{}</li>", unbroken(&begun(&step.to_string())));
    let steps: String = steps.iter().map(step).collect();
    format!(
        "<p>Request {request} is still under way: let the run go on, and its end is told here.{tries}</p><ol>{steps}</ol>"
    )
}

/// A chain as markup, with the controls of the directives that it names.
pub(super) fn chain(why: &Why, named: &mut Named<'_>) -> String {
    let backend = causes::backend(&why.record);
    let mut controls = String::new();
    let mut turn = |sentence: &str| {
        controls.push_str(&named.controls(sentence, backend.as_deref()));
    };
    let mut markup = "<ol>".to_owned();
    for moment in &why.moments {
        let after = ms(moment.at.since(why.record.started_at));
        let _ = write!(markup, "<li>{after}: {}", unbroken(&moment.step.to_string()));
        if let Some(choice) = &moment.choice {
            tell_choice(&mut markup, &moment.step, choice, moment.at);
        }
        markup.push_str("</li>");
    }
    markup.push_str("</ol>");
    let explained = &why.explained;
    // What would have changed it comes first.
    turn(explained.cure.as_deref().unwrap_or_default());
    turn(explained.cause.as_deref().unwrap_or_default());
    for choice in why.moments.iter().filter_map(|moment| moment.choice.as_ref()) {
        turn(&choice.rule);
        for note in &choice.notes {
            turn(note);
        }
    }
    if let Some(cause) = &explained.cause {
        let _ = write!(markup, "<p>Cause: {}.</p>", with_code(cause));
    }
    if let Some(cure) = &explained.cure {
        let _ = write!(markup, "<p>What would have changed it: {}.</p>", with_code(cure));
    }
    if !explained.spent.is_empty() {
        let parts = explained.spent.iter().map(|Spent { on, place, takes, .. }| {
            let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
            format!("{} {on}{place}", ms(*takes))
        });
        let parts = parts.collect::<Vec<_>>().join("; ");
        let usual = ms(explained.usual);
        let _ =
            write!(markup, "<p>Its time: {}. Usual on this way: {usual}.</p>", with_code(&parts));
    }
    markup + &rules(why, named.stands()) + &controls
}

/// Buttons for the rules of the firewall that dropped something on the way, or would have let it in.
fn rules(why: &Why, stands: &Infrastructure) -> String {
    let mut buttons = String::new();
    for moment in &why.moments {
        let Step::Blocked { from, to, rule } = &moment.step else { continue };
        let host = stands.host(from).map(|host| Place::Host(host.name.clone()));
        let (from, to) = (host.unwrap_or(Place::Users), Place::Host(to.clone()));
        let more = parts::rules_of(stands, &from, &to, Some(rule.as_str()));
        if !buttons.contains(&more) {
            buttons.push_str(&more);
        }
    }
    if buttons.is_empty() {
        return buttons;
    }
    format!(
        "<div class=\"actions\" role=\"group\" aria-label=\"Rules of the firewall\">{buttons}</div>"
    )
}

fn tell_choice(markup: &mut String, step: &Step, choice: &Choice, at: SimTime) {
    let chosen = match step {
        Step::Picked { server, .. } | Step::PassedOn { server, .. } => Some(server),
        _ => None,
    };
    let mut sentence = format!("{} {}", at.clock(), choice.rule);
    for note in &choice.notes {
        let _ = write!(sentence, "; {note}");
    }
    let _ = write!(markup, "<p class=\"muted\">{}.</p><ul>", with_code(&sentence));
    for (name, figure) in &choice.figures {
        let view = choice.candidates.iter().find(|view| view.name == *name);
        let seen = view.map_or_else(String::new, |view| {
            format!("{}, works on {}, {} wait; ", view.status_word(), view.served, view.queued)
        });
        let mark = if chosen == Some(name) { " (chosen)" } else { "" };
        let _ = write!(markup, "<li>{}</li>", unbroken(&format!("{name}{mark}: {seen}{figure}")));
    }
    markup.push_str("</ul>");
}

fn ms(time: SimDuration) -> String {
    format!("{} ms", decimal(time.as_ms_f64(), 1))
}

#[cfg(test)]
mod tests {
    use crate::desk::Desk;

    const LINK: &str = "run/1/brief;seed=1;at=40s;20s+kill+app-1";

    fn ask(about: &str) -> String {
        let markup = Desk::default().answer("why", LINK, about).unwrap();
        let document = format!("<root>{markup}</root>");
        assert!(roxmltree::Document::parse(&document).is_ok(), "{markup}");
        markup
    }

    #[test]
    fn a_request_that_went_well_has_its_chain_and_its_time_and_no_cause() {
        let markup = ask("1");
        assert!(markup.contains("takes the connection") && markup.contains("Its time: "));
        assert!(!markup.contains("Cause: "), "{markup}");
    }

    #[test]
    fn a_failed_one_has_the_candidates_the_cause_and_the_directive() {
        let run = crate::run::permalink::read(LINK, crate::sim::History::Recent).unwrap();
        let failed = run.simulation().records().find(|record| !record.outcome.is_ok()).unwrap();
        let markup = ask(&failed.request.to_string());
        for words in ["Cause: ", "balance roundrobin", "(chosen)", "<code>option redispatch</code>"]
        {
            assert!(markup.contains(words), "{words}: {markup}");
        }
    }

    /// HAProxy connects once and `retries` times more; here a try takes a second (`timeout connect`).
    #[test]
    fn one_that_is_tried_again_says_how_often_and_how_often_at_most() {
        let link = "run/1/brief;seed=1;at=5s;2s+kill+app-1";
        let run = crate::run::permalink::read(link, crate::sim::History::Recent).unwrap();
        let simulation = run.simulation();
        let mut all = 1..=simulation.counts().issued;
        let request = all.find(|own| simulation.tries_of(*own).is_some_and(|[made, _]| made > 1));
        let request = request.unwrap().to_string();
        let markup = Desk::default().answer("why", link, &request).unwrap();
        let words =
            "HAProxy has made 3 of at most 4 tries to reach a server (<code>retries</code> 3).";
        assert!(markup.contains(words), "{markup}");
    }

    #[test]
    fn one_that_is_not_there_is_told_so() {
        assert!(ask("99999").contains("There is no request 99999"));
        assert!(ask("x").contains("There is no request 0"));
    }
}
