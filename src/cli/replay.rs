//! `foobar-lab replay`: one line for each trace.

use std::io::Write;
use std::path::PathBuf;

use super::arguments::Replay;
use super::commands::Failure;
use crate::replay::{Verdict, replay as play};

/// Plays every file. All are played, whatever comes of the first.
pub(super) fn replay(of: &Replay) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let mut unreadable = None;
    let mut disagreements = 0;
    for path in &of.files {
        match play_file(path) {
            Ok(line) => {
                disagreements += usize::from(!line.starts_with("ok "));
                writeln!(out, "{line}")?;
            }
            Err(failure) => {
                eprintln!("foobar-lab: {failure}");
                unreadable = Some(failure);
            }
        }
    }
    match unreadable {
        Some(_) => Err(Failure::Told(2)),
        None if disagreements > 0 => Err(Failure::Told(1)),
        None => Ok(()),
    }
}

fn play_file(path: &PathBuf) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::File { path: path.clone(), error })?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let verdict = play(&path.display().to_string(), &text)?;
    Ok(match verdict {
        Verdict::Ok => format!("ok {name}"),
        Verdict::Differs(what) => format!("DIFFERS {name}: {what}"),
        Verdict::Unsupported(what) => format!("unsupported {name}: {what}"),
    })
}
