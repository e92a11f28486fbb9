//! Traces recorded from the real programs, run against the model: same configuration, same script, and then what agrees
//! and what differs first. The format is told in `tests/golden/README.md`.

mod bench;
mod compare;
mod keepalived;
mod trace;

use std::fmt;

/// What comes of comparing the model with one trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that is compared agrees.
    Ok,
    /// The model does something else: what differs first.
    Differs(String),
    /// The trace uses something that is not modelled.
    Unsupported(String),
}

/// A trace that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: found {found}; allowed: {allowed}")]
pub struct TraceError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What stands there.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Differs(what) => write!(f, "DIFFERS: {what}"),
            Self::Unsupported(what) => write!(f, "unsupported: {what}"),
        }
    }
}

/// Plays a trace against the model. `name` stands in errors.
///
/// # Errors
/// If the text is no trace.
pub fn replay(name: &str, text: &str) -> Result<Verdict, TraceError> {
    let json: serde_json::Value = trace::read(name, text)?;
    if json.get("keepalived_conf").is_some() {
        return keepalived::replay(&json).map_err(|found| TraceError {
            file: name.to_owned(),
            line: 1,
            found,
            allowed: trace::FORMAT.to_owned(),
        });
    }
    let trace: trace::Trace = trace::read(name, text)?;
    let haproxy = match crate::config::haproxy_cfg::read(name, &trace.haproxy_cfg) {
        Ok(reading) => {
            if let Some(first) = reading.not_modelled.first() {
                return Ok(Verdict::Unsupported(first.directive.clone()));
            }
            reading.haproxy
        }
        Err(errors) => {
            let first = errors.first().map(ToString::to_string);
            return Ok(Verdict::Unsupported(first.unwrap_or_default()));
        }
    };
    Ok(compare::compare(&trace, &haproxy))
}
