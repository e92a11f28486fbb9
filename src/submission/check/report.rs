//! The report as aligned plain text.

use super::{Finding, Report, Section, Verdict};

impl Report {
    /// The findings of a verdict, graded and correctness first.
    pub fn of(&self, verdict: Verdict) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.verdict == verdict)
    }

    /// Whether nothing that is graded or must be right failed.
    pub fn passes(&self) -> bool {
        self.of(Verdict::Fail).all(|finding| finding.section == Section::Extra)
    }

    /// The graded points in a few words, such as `5 of 5 graded points`.
    pub fn summary(&self) -> String {
        let open = self.of(Verdict::NotShown).filter(|found| found.section == Section::Graded);
        let wrong = self.of(Verdict::Fail).filter(|found| found.section == Section::Correctness);
        let graded = format!("{} of {} graded points", self.graded.passed, self.graded.of);
        let open = match open.count() {
            0 => String::new(),
            more => format!(", {more} not shown without a text"),
        };
        let wrong = match wrong.count() {
            0 => String::new(),
            1 => "; 1 thing is not correct".to_owned(),
            more => format!("; {more} things are not correct"),
        };
        format!("{graded}{open}{wrong}")
    }

    /// The report for people: a block for each section, a line for each finding, and why and what to do where it did not pass.
    pub fn to_text(&self) -> String {
        let text = if self.with_text { "with a text" } else { "without a text" };
        let mut out = format!(
            "task {}, {}: the plan {} {text}\n",
            self.task,
            self.task.title(),
            printable(&self.infrastructure)
        );
        let width = self.findings.iter().map(|finding| finding.id.len()).max().unwrap_or(0);
        for section in [Section::Graded, Section::Correctness, Section::Extra] {
            out.push_str(&format!("\n{}\n", section.title()));
            for finding in self.findings.iter().filter(|finding| finding.section == section) {
                let Finding { id, verdict, found, why, todo, .. } = finding;
                let (found, todo) = (printable(found), printable(todo));
                out.push_str(&format!("  {:<9}  {id:<width$}  {found}\n", verdict.word()));
                if *verdict != Verdict::Pass {
                    let indent = width + 15;
                    out.push_str(&format!("{:indent$}why: {why}\n", ""));
                    out.push_str(&format!("{:indent$}do:  {todo}\n", ""));
                }
            }
        }
        out.push_str(&format!("\n{}\n", self.summary()));
        out
    }
}

/// The text on one line and without what a terminal would obey: plans and texts come from anybody, and are quoted.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl Section {
    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Graded => "graded",
            Self::Correctness => "correctness",
            Self::Extra => "extra",
        }
    }
}

impl Verdict {
    /// It in a word or two.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Advice => "advice",
            Self::NotShown => "not shown",
        }
    }
}
