//! The questions of the desk, and their answers.

use std::fmt::Write;

use super::chart::{self, Minute};
use super::marks::{self, Asked, Told};
use super::{Desk, DeskError, compare, findings, kept, log, parts, requests, stands, states};
use crate::haproxy::csv;
use crate::infra::Preset;
use crate::kernel::SimDuration;
use crate::lesson::{WHAT_IFS, WhatIf};
use crate::page;
use crate::run::{Run, permalink, terminal};
use crate::sim::{Action, Plan};
use crate::submission::{SectionId, Task, escape_html, html_sections};

/// So many of the events of one instant are told.
const MOST_TOLD: usize = 4;

impl Desk {
    /// Answers a question about the run that the link holds. By kind:
    ///
    /// - `terminal`: the line `about`; first line of the answer: the action it asks for, if any, then what is printed
    /// - `complete`: what the last word of `about` may become, one a line
    /// - `status`: markup with what a line that changes nothing prints
    /// - `statistics`: markup with the statistics page of the balancer `about`; `show-stat`: its figures as CSV, the header alone if its HAProxy
    ///   does not run
    /// - `edits`: markup with buttons for what can be built otherwise, and fields for the network and the monitoring; `sizes`: with fields for the sizes of the machine `about`, and how much slower it is
    /// - `settings`: markup with fields for the directives of the services on the machine `about`; `firewall`: with the rules, and a form for one more
    /// - `directives`: markup with fields for what a reload changes in the section `about` of HAProxy's configuration, a backend or `defaults`
    /// - `refusal`: why the edit, or the deed, `about` cannot be made: the name of the form's field that is wrong, if one is, and below it the words
    /// - `charts`: markup with the last minute of the machine `about`, or of the site if it is empty
    /// - `part`: markup with what the part of the drawing of the key `about` is, how it stands and what can be done to it, or with the request
    ///   `request-NUMBER`, or `why-MACHINE` with why that machine stands as it does; `traffic`: with what goes over the part; `around`: with
    ///   buttons for the parts that the machine `about` has to do with; `explained`: with what that machine is and why it is there
    /// - `partition`: markup with buttons that cut a zone off, each from all others
    /// - `log`: markup with the lines of the event log, `about`: `failures`, `deeds`, `machine` and its name, else all; `log-text`: the same as text
    /// - `check`: markup with what the checker finds, first what is to be put right; `about`: the task's number, and from the second line on the text
    /// - `kept`: markup with the runs that are kept as evidence, each with a button to remove it; `about`: their links, one a line
    /// - `compare`: markup with the run of the link `about` beside this one, figure by figure; or, if `about` is what is kept of this run with
    ///   its edits, with the run before the last of them
    /// - `states`: markup with runs that are worth opening, each with a button
    /// - `setting`: what is about to happen in the exercise of the name `about`; `lesson`: why it went as it went
    /// - `marks`: markup with what is marked on the timeline there, and why; `about`: the instant, how far to both sides (`0s`: the nearest
    ///   mark), and how far the run has come; nothing if nothing is marked
    /// - `why`: markup with the chain of causes of the request of the number `about`, and those that failed like it
    /// - `event`: in words what happens at the instant `about`, when the next event is due
    /// - `links`: markup with what goes over the links
    /// - `reading`: markup with what stands there explained, and what the explanations are of
    /// - `help`: markup with what every key does where, and what moves in the drawing
    /// - `steps`: markup with a button for each step of the lecture
    /// - `sections`: what people may add their own words to, one a line
    /// - `self-check`: markup with the hashes of the plans that every face runs alike, and whether they are the native program's; `about`: those,
    ///   one a line
    ///
    /// # Errors
    /// If the link holds no run, or the question is of no known kind.
    pub fn answer(&mut self, kind: &str, link: &str, about: &str) -> Result<String, DeskError> {
        match kind {
            "self-check" => Ok(page::check(about)),
            "help" => Ok(page::help()),
            "steps" => Ok(page::lecture_steps()),
            "sections" => {
                let names: Vec<_> = SectionId::ALL.iter().map(ToString::to_string).collect();
                Ok(names.join("\n"))
            }
            "kept" => Ok(kept::list(about, link)),
            "states" => Ok(states::list()),
            "setting" => Ok(of_exercise(about, |what_if| what_if.setting)),
            "lesson" => Ok(of_exercise(about, |what_if| what_if.why)),
            "compare" => Ok(compare::compare(link, about)?),
            "charts" => {
                let held = self.take_up(link)?;
                let minute = Minute::of(&held.run, &held.samples);
                Ok(chart::charts(&held.run.plan().infrastructure, &minute, about))
            }
            "part" => self.part(link, about),
            "traffic" => {
                let held = self.take_up(link)?;
                Ok(parts::traffic(&held.run, &held.samples, about))
            }
            "marks" => self.marks(link, about),
            "why" => self.why(link, about),
            "event" => {
                let link = format!("{};at={about}", permalink::without_instant(link));
                Ok(happenings(&self.take_up(&link)?.run))
            }
            "check" => {
                let (number, text) = about.split_once('\n').unwrap_or((about, ""));
                let task: Task = number
                    .parse()
                    .map_err(|_| DeskError::Task(number.chars().take(9).collect()))?;
                let run = &self.take_up(link)?.run;
                let text = Some(text).filter(|text| !text.trim().is_empty());
                let infrastructure = &run.plan().infrastructure;
                Ok(findings::findings(&crate::submission::check(task, infrastructure, text)))
            }
            _ => {
                let told = of_run(kind, &self.take_up(link)?.run, about);
                told.ok_or_else(|| DeskError::Kind(kind.chars().take(20).collect()))
            }
        }
    }

    /// The chain of causes of a request, as far as the run has come, and the others that failed like it.
    fn why(&mut self, link: &str, about: &str) -> Result<String, DeskError> {
        self.take_up(link)?;
        let Some(held) = &self.held else { return Ok(String::new()) };
        let chain = self.whys.of(&held.run, &held.run_of, about, "why");
        Ok(chain + &requests::others(&held.run, about.parse().unwrap_or(0)))
    }

    /// A part of the drawing, a request, or why a machine stands as it does.
    fn part(&mut self, link: &str, about: &str) -> Result<String, DeskError> {
        let run = &self.take_up(link)?.run;
        if let Some(machine) = about.strip_prefix("why-") {
            return Ok(stands::why(run, machine));
        }
        let Some(number) = about.strip_prefix("request-") else {
            return Ok(parts::part(run, about));
        };
        let Some(held) = &self.held else { return Ok(String::new()) };
        let chain = self.whys.of(&held.run, &held.run_of, number, "asked");
        Ok(requests::panel(&held.run, number.parse().unwrap_or(0), &chain))
    }

    /// What is marked on the timeline: all that the run has told is looked at from the instant that was asked about.
    fn marks(&mut self, link: &str, about: &str) -> Result<String, DeskError> {
        let asked = Asked::read(about);
        let asked = asked.ok_or_else(|| DeskError::Place(about.chars().take(40).collect()))?;
        let run_of = permalink::without_instant(link);
        // A run stops before what happens at the instant it goes to: the last fact is told past it.
        let until = (asked.until.max(asked.at) + SimDuration::from_ns(1)).min(permalink::LATEST);
        let told = Told::by(&self.take_up(&format!("{run_of};at={until}"))?.run);
        let run = &self.take_up(&format!("{run_of};at={}", asked.at))?.run;
        Ok(marks::marks(&told, &run.simulation().plan().infrastructure, asked))
    }
}

/// A paragraph about the exercise of this name.
fn of_exercise(id: &str, words: fn(&WhatIf) -> &'static str) -> String {
    let known = WHAT_IFS.iter().find(|what_if| what_if.id == id);
    known.map_or_else(String::new, |what_if| format!("<p>{}</p>", words(what_if)))
}

/// What is asked of a run as it stands; `None`: nobody knows this kind of question.
fn of_run(kind: &str, run: &Run, about: &str) -> Option<String> {
    let infrastructure = &run.plan().infrastructure;
    Some(match kind {
        "terminal" => {
            let answer = terminal::run_line(run.simulation(), about);
            let action = answer.action.map_or(String::new(), |action| action.to_string());
            format!("{action}\n{}", answer.text)
        }
        "status" => printed(about, &terminal::run_line(run.simulation(), about).text),
        "statistics" => {
            let rows = run.simulation().statistics(about);
            page::statistics(about, rows.as_deref())
        }
        "show-stat" => {
            let rows = run.simulation().statistics(about);
            csv(rows.as_deref().unwrap_or_default())
        }
        "edits" => {
            let markup = page::edits(infrastructure);
            let machines = if markup.is_empty() { nothing_to_build(run) } else { markup };
            format!("{machines}<div class=\"site\">{}</div>", page::site_settings(infrastructure))
        }
        "sizes" => page::sizes(infrastructure, about) + &parts::speed(run, about),
        "settings" => page::settings(infrastructure, about),
        // What reloads have changed by now.
        "directives" => page::directives(&run.simulation().plan().infrastructure, about),
        "firewall" => page::firewall(infrastructure),
        "refusal" => refusal(run, about),
        "complete" => terminal::complete(run.simulation(), about).join("\n"),
        "around" => parts::around(infrastructure, about),
        "explained" => parts::explained(infrastructure, about),
        "partition" => parts::partition(run),
        "log" => log::markup(run, about),
        "log-text" => log::text(run, about),
        "links" => parts::links(run),
        "reading" => reading(run.plan()),
        _ => return None,
    })
}

/// Why no machine can be added or taken away, and where that can be.
fn nothing_to_build(run: &Run) -> String {
    let (preset, seed) = (Preset::Distributed, run.plan().seed);
    format!(
        "<p class=\"muted\">No machine can be added here: nobody would send it anything, since no balancer shares requests between machines. And each one that is there is needed. \
         With a balancer before two servers both can be done.</p><button data-do=\"go\" data-on=\"#run/1/{preset};seed={seed}\">Open {}</button>",
        escape_html(page::preset_title(preset)),
    )
}

/// Why a deed cannot be done, or an edit not be made.
fn refusal(run: &Run, about: &str) -> String {
    let deeds: Vec<Action> = about.split(';').filter_map(page::deed).collect();
    let is_told = |deed: &Action| matches!(deed, Action::Reload { directive, .. } if directive.fault().is_some());
    if deeds.is_empty() || deeds.iter().any(is_told) {
        return page::refusal(run.plan(), about);
    }
    let why = run.clone().act_all(deeds).err().map_or_else(
        || "only the lab's own run can be changed; go back to the lab first".to_owned(),
        |error| error.to_string(),
    );
    format!("\nNot done: {why}.")
}

/// What a line prints, in a box that scrolls: the keyboard reaches it by the line's name.
fn printed(line: &str, text: &str) -> String {
    let lines: Vec<_> = text.lines().map(escape_html).collect();
    let (name, text) = (escape_html(line), lines.join("\n"));
    format!("<pre tabindex=\"0\" role=\"region\" aria-label=\"{name}\">{text}</pre>")
}

/// What happens at the next instant at which anything does, as one sentence.
fn happenings(run: &Run) -> String {
    let mut simulation = run.simulation().clone();
    let all = simulation.step_told();
    let more = all.len().saturating_sub(MOST_TOLD);
    let mut told = all.into_iter().take(MOST_TOLD).collect::<Vec<_>>().join("; ");
    if more > 0 {
        let _ = write!(told, "; and {more} more");
    }
    format!("At {}: {told}.", simulation.now().clock())
}

/// The explanations of what stands there, below a heading of the second rank, and what they are of.
fn reading(plan: &Plan) -> String {
    let infrastructure = &plan.infrastructure;
    let mut of = format!("<strong>{}</strong>", escape_html(&infrastructure.title));
    for (index, edit) in plan.edits.iter().enumerate() {
        let before = if index == 0 { "; built otherwise: " } else { ", " };
        let _ = write!(of, "{before}<code>{}</code>", escape_html(&edit.to_string()));
    }
    let mut sections = html_sections(infrastructure);
    for (rank, lower) in [("h3>", "h4>"), ("h2>", "h3>")] {
        sections = sections
            .replace(&format!("<{rank}"), &format!("<{lower}"))
            .replace(&format!("</{rank}"), &format!("</{lower}"));
    }
    format!(
        "<p class=\"muted\">About the infrastructure on the stage: {of}. It is told as it was built; what was done to it while it ran is \
         not in here. What you save says the same.</p>{sections}"
    )
}
