//! `foobar-lab check`: a plan and a text against a task of the exercise. Reads the files; the judge is `submission::check`.

use std::io::{Read, Write};
use std::path::Path;

use super::arguments::{Check as Arguments, Format};
use super::commands::Failure;
use super::plan_file;
use crate::sim::Plan;
use crate::submission::check as judge;

/// The most bytes of a text that are read: a long submission has a tenth of it.
const MOST_BYTES: u64 = 1 << 20;

/// Checks, and ends with 1 if something that is graded or has to be right failed.
pub(super) fn check(arguments: &Arguments) -> Result<(), Failure> {
    let plan = if let Some(path) = &arguments.plan {
        plan_file::read(path).map_err(unreadable)?.plan
    } else {
        let preset = arguments.preset.unwrap_or(arguments.task.preset());
        Plan::new(preset.infrastructure(), 1)
    };
    plan.validate()?;
    let text = arguments.text.as_deref().map(read_text).transpose()?;
    let report = judge(arguments.task, &plan.infrastructure, text.as_deref());
    let mut out = std::io::stdout().lock();
    match arguments.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
        Format::Text => out.write_all(report.to_text().as_bytes())?,
    }
    if report.passes() { Ok(()) } else { Err(Failure::Told(1)) }
}

fn read_text(path: &Path) -> Result<String, Failure> {
    let refuse = |reason: String| Failure::Unreadable { path: path.to_owned(), reason };
    let file = std::fs::File::open(path).map_err(|error| refuse(error.to_string()))?;
    let mut bytes = Vec::new();
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| refuse(error.to_string()))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(refuse(format!("it is larger than {MOST_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| refuse("it is not text in UTF-8".to_owned()))
}

/// A file that cannot be opened is bad usage here: 1 means that the check failed.
fn unreadable(failure: Failure) -> Failure {
    match failure {
        Failure::File { path, error } => Failure::Unreadable { path, reason: error.to_string() },
        other => other,
    }
}
