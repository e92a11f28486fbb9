//! The checker: a plan, and what a student wrote about it, against the exercise. The graded points come first, then what is correct
//! engineering, then what makes a document better. It judges what is certain: a false alarm is worse than a miss. Reads no files.

mod asked;
mod claims;
mod counts;
mod design;
mod drawn;
mod extras;
mod link;
mod plain;
mod point;
mod reasons;
mod report;
mod text;
mod ways;
mod words;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::reading::{Role, agents, ends_tls};
use crate::infra::{Infrastructure, Preset};
use text::Text;

/// A task of the exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "u8")]
pub enum Task {
    /// Task 0: everything on one server.
    Simple,
    /// Task 1: a balancer before two servers.
    Distributed,
    /// Task 2: the same with firewalls, encryption and monitoring.
    Secured,
    /// Task 3: a second balancer, and a server for each component.
    ScaleUp,
}

/// A number that no task has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no task `{found}`; the tasks are: 0, 1, 2, 3")]
pub struct UnknownTask {
    /// What was asked for.
    pub found: String,
}

/// Which part of the report a finding belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// A point that the exercise grades.
    Graded,
    /// Whether it is true, and text and diagram agree.
    Correctness,
    /// What the exercise does not ask for.
    Extra,
}

/// How a finding turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is there, and right.
    Pass,
    /// It is missing or wrong.
    Fail,
    /// It would be better with it; nothing is wrong.
    Advice,
    /// It needs words, and no text was given.
    NotShown,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its part of the report.
    pub section: Section,
    /// Its short name, such as `G3-1`.
    pub id: &'static str,
    /// How it turned out.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// Why it matters.
    pub why: &'static str,
    /// What to do; empty if it passed.
    pub todo: String,
}

/// How many graded points there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Those that passed.
    pub passed: usize,
    /// All.
    pub of: usize,
}

/// Everything that was looked at, the graded points first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The task.
    pub task: Task,
    /// The name of the infrastructure that was checked.
    pub infrastructure: String,
    /// Whether a text was checked with it.
    pub with_text: bool,
    /// The graded points in figures.
    pub graded: Tally,
    /// The findings: graded, correctness, extra.
    pub findings: Vec<Finding>,
}

/// Checks a plan, and the text about it if there is one, against a task.
pub fn check(task: Task, infrastructure: &Infrastructure, text: Option<&str>) -> Report {
    let read = text.map(Text::read);
    let text = read.as_ref();
    let mut findings = drawn::points(task, infrastructure, text);
    findings.extend(reasons::graded(task, text));
    findings.extend(asked::graded(task).iter().map(|point| point.judge(text)));
    findings.push(extras::diagram_link(task, text));
    findings.extend(ways::findings(infrastructure));
    findings.extend(design::findings(task, infrastructure));
    findings.extend(reasons::correctness(task, text));
    if let Some(text) = text {
        findings.extend(counts::findings(infrastructure, text));
        findings.extend(claims::findings(task, infrastructure, text));
    }
    findings.extend(extras::findings(text));
    let graded = findings.iter().filter(|finding| finding.section == Section::Graded);
    let passed = graded.clone().filter(|finding| finding.verdict == Verdict::Pass).count();
    Report {
        task,
        infrastructure: infrastructure.name.clone(),
        with_text: text.is_some(),
        graded: Tally { passed, of: graded.count() },
        findings,
    }
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Simple, Self::Distributed, Self::Secured, Self::ScaleUp];

    /// The task whose answer these machines resemble most.
    pub fn of(infrastructure: &Infrastructure) -> Self {
        let is_split = |role: Role| matches!(role, Role::Web | Role::App | Role::Database);
        let splits = infrastructure.hosts.iter().map(Role::of).any(is_split);
        match infrastructure.balancers().count() {
            _ if splits => Self::ScaleUp,
            0 => Self::Simple,
            1 if ends_tls(infrastructure) || !agents(infrastructure).is_empty() => Self::Secured,
            1 => Self::Distributed,
            _ => Self::ScaleUp,
        }
    }

    /// Its number in the exercise.
    pub const fn number(self) -> u8 {
        match self {
            Self::Simple => 0,
            Self::Distributed => 1,
            Self::Secured => 2,
            Self::ScaleUp => 3,
        }
    }

    /// What it is about.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Simple => "simple web stack",
            Self::Distributed => "distributed web infrastructure",
            Self::Secured => "secured and monitored web infrastructure",
            Self::ScaleUp => "scale up",
        }
    }

    /// The ready-made infrastructure that belongs to it.
    pub const fn preset(self) -> Preset {
        match self {
            Self::Simple => Preset::Simple,
            Self::Distributed => Preset::Distributed,
            Self::Secured => Preset::Secured,
            Self::ScaleUp => Preset::Brief,
        }
    }
}

impl From<Task> for u8 {
    fn from(task: Task) -> Self {
        task.number()
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

impl FromStr for Task {
    type Err = UnknownTask;

    fn from_str(text: &str) -> Result<Self, UnknownTask> {
        let refuse = || UnknownTask { found: text.chars().take(40).collect() };
        Self::ALL.into_iter().find(|task| task.to_string() == text).ok_or_else(refuse)
    }
}

impl Finding {
    /// Passed or failed; what to do is left out where it passed.
    fn judged(
        section: Section,
        id: &'static str,
        holds: bool,
        found: String,
        why: &'static str,
        todo: &str,
    ) -> Self {
        let verdict = if holds { Verdict::Pass } else { Verdict::Fail };
        Self { section, id, verdict, found, why, todo: String::new() }.with_todo(todo)
    }

    /// What to do about it, unless it passed.
    fn with_todo(mut self, todo: &str) -> Self {
        if self.verdict != Verdict::Pass {
            todo.clone_into(&mut self.todo);
        }
        self
    }
}
