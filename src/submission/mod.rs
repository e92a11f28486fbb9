//! Explanations, scaling rationale and technical documentation of an infrastructure, and their packaging as Markdown
//! and as static HTML. Everything that can be derived is derived from the [`Infrastructure`], so text and diagram never
//! disagree. A document is built as blocks of plain text; two writers escape and format it. Knows no screens.

mod archive;
mod block;
mod check;
mod document;
mod escape;
mod evidence;
mod figures;
mod hand_in;
mod html_page;
mod of_run;
mod own_words;
mod reading;
mod section_id;
mod slots;
mod tables;
mod to_html;
mod to_markdown;
mod wording;

#[cfg(test)]
mod tests;

pub use archive::{ArchiveError, ArchiveParts, archive_files, diagram_file, zip};
pub use check::{Finding, Report, Section, Tally, Task, UnknownTask, Verdict, check};
pub use escape::{escape_html, escape_markdown};
pub use figures::time;
pub use hand_in::{Document, Length, document};
pub use own_words::read_own_words;
pub use section_id::{SectionId, UnknownSection};

use crate::infra::Infrastructure;
use crate::kernel::SimDuration;

/// A heading and what is said under it, in plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What it is about.
    pub heading: String,
    /// What is said, a paragraph each.
    pub paragraphs: Vec<String>,
}

/// A component explained, in plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentExplanation {
    /// A host's name, or `vips`, `firewall`, `tls`, `monitoring`.
    pub name: String,
    /// Its heading.
    pub title: String,
    /// What it is and does here.
    pub what: String,
    /// Why it was added.
    pub why_added: String,
    /// What users lose without it.
    pub without_it: String,
    /// What it costs.
    pub cost: String,
}

/// A run, told in figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// What its infrastructure is called, such as `brief`.
    pub plan: String,
    /// The seed.
    pub seed: u64,
    /// Requests a second.
    pub rate: f64,
    /// How long it ran.
    pub duration: SimDuration,
    /// What was done, such as `00:20.000 kill app-1`.
    pub actions: Vec<String>,
    /// Requests sent by users.
    pub issued: u64,
    /// Answered well.
    pub ok: u64,
    /// Ended otherwise.
    pub failed: u64,
    /// Not ended yet.
    pub in_flight: u64,
    /// How many requests ended in each way.
    pub outcomes: Vec<(String, u64)>,
    /// Median response time.
    pub p50_ms: Option<f64>,
    /// 95th percentile of the response time.
    pub p95_ms: Option<f64>,
    /// 99th percentile of the response time.
    pub p99_ms: Option<f64>,
    /// What happened: a clock and a sentence each.
    pub events: Vec<(String, String)>,
    /// The digest of the run.
    pub hash: String,
    /// The command line that makes it again.
    pub command: String,
}

/// Who hands it in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// As typed; may be empty.
    pub name: String,
}

/// Every component explained: the hosts in order, then the site's addresses, and what is there of zones and firewall,
/// TLS, monitoring.
pub fn components(infrastructure: &Infrastructure) -> Vec<ComponentExplanation> {
    use wording::{components as parts, hosts};
    let mut all: Vec<_> =
        infrastructure.hosts.iter().map(|host| hosts::explain(infrastructure, host)).collect();
    all.push(parts::cluster(infrastructure));
    all.extend(parts::firewall(infrastructure));
    all.extend(parts::tls(infrastructure));
    all.extend(parts::monitoring(infrastructure));
    all
}

/// Why the infrastructure is scaled as it is, with its single points of failure and the next step last.
pub fn rationale(infrastructure: &Infrastructure) -> Vec<Explanation> {
    wording::rationale::all(infrastructure)
}

/// Workflow, components and rationale as a fragment of static HTML, from `h2` down: for the page before the lab runs.
pub fn html_sections(infrastructure: &Infrastructure) -> String {
    to_html::write(&document::reading(infrastructure))
}
