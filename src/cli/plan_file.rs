//! Plan files: a run as JSON, in the words of `simulate --format json`, whose `plan` is one. What is left out is as usual; what is not
//! known, out of range or contradictory is refused with the field's path, what was found and what is allowed.

use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_path_to_error::Segment;

use super::commands::Failure;
use crate::infra::{Infrastructure, Preset};
use crate::kernel::SimDuration;
use crate::sim::{Plan, TimedAction, Workload};

/// The most bytes that are read: a site of a thousand machines needs less.
const MOST_BYTES: u64 = 4 << 20;

/// A run as a file says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PlanFile {
    /// A ready-made infrastructure, if `infrastructure` does not stand here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preset: Option<String>,
    /// What stands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    infrastructure: Option<Infrastructure>,
    /// What users do.
    #[serde(default)]
    workload: Workload,
    /// The seed of all chance.
    #[serde(default = "first_seed")]
    seed: u64,
    /// What is done, and when.
    #[serde(default)]
    actions: Vec<TimedAction>,
    /// How long it runs, if the command does not say.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    duration: Option<SimDuration>,
}

/// What a file says, ready to be run.
#[derive(Clone, Debug)]
pub(super) struct FromFile {
    pub(super) plan: Plan,
    pub(super) actions: Vec<TimedAction>,
    pub(super) duration: Option<SimDuration>,
}

impl FromFile {
    /// Whether it can be run.
    ///
    /// # Errors
    /// The first thing that is wrong, by its path in the file.
    pub(super) fn expect_sound(&self, path: &Path) -> Result<(), Failure> {
        self.plan.validate()?;
        self.expect_actions(path)
    }

    /// Whether all that it does can be done there.
    ///
    /// # Errors
    /// The first action that cannot, by its path in the file.
    pub(super) fn expect_actions(&self, path: &Path) -> Result<(), Failure> {
        for (index, timed) in self.actions.iter().enumerate() {
            self.plan.validate_action(&timed.action).map_err(|error| Failure::PlanFile {
                path: path.to_owned(),
                error: PlanFileError::Field {
                    field: format!("actions[{index}].action"),
                    reason: error.to_string(),
                },
            })?;
        }
        Ok(())
    }
}

/// Why a file is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PlanFileError {
    #[error("it is larger than {MOST_BYTES} bytes")]
    TooLarge,
    #[error("{field}: {reason}")]
    Field { field: String, reason: String },
    #[error("{field}: found a field that is not known; allowed: {allowed}")]
    Unknown { field: String, allowed: String },
    #[error(
        "preset, infrastructure: found {found}; allowed: one of them, `preset` with a name such as \"brief\" or `infrastructure` as in `plan` of `simulate --format json`"
    )]
    Site { found: &'static str },
}

const fn first_seed() -> u64 {
    1
}

impl PlanFile {
    /// A run as it stands, to be written.
    pub(super) fn new(plan: Plan, actions: Vec<TimedAction>, duration: SimDuration) -> Self {
        let Plan { infrastructure, workload, seed, edits: _ } = plan;
        let infrastructure = Some(infrastructure);
        Self { preset: None, infrastructure, workload, seed, actions, duration: Some(duration) }
    }
}

/// Reads a plan.
pub(super) fn read(path: &Path) -> Result<FromFile, Failure> {
    let fail = |error| Failure::File { path: path.to_owned(), error };
    let file = std::fs::File::open(path).map_err(fail)?;
    let mut text = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut text).map_err(fail)?;
    parse(&text).map_err(|error| Failure::PlanFile { path: path.to_owned(), error })
}

fn parse(text: &[u8]) -> Result<FromFile, PlanFileError> {
    if text.len() as u64 > MOST_BYTES {
        return Err(PlanFileError::TooLarge);
    }
    let mut reader = serde_json::Deserializer::from_slice(text);
    let file: PlanFile = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = match error.path().to_string().as_str() {
            "." | "?" => "the file".to_owned(),
            path => path.to_owned(),
        };
        let reason = reason(&found_at(text, error.path()), &error.inner().to_string());
        PlanFileError::Field { field, reason }
    })?;
    let whole = |reason: serde_json::Error| PlanFileError::Field {
        field: "the file".to_owned(),
        reason: reason.to_string(),
    };
    reader.end().map_err(whole)?;
    let given: Value = serde_json::from_slice(text).map_err(whole)?;
    let mut understood = serde_json::to_value(&file).map_err(whole)?;
    if let Value::Object(fields) = &mut understood {
        for optional in ["preset", "infrastructure", "for"] {
            fields.entry(optional).or_insert(Value::Null);
        }
    }
    expect_known("", &given, &understood)?;
    let infrastructure = match (file.preset, file.infrastructure) {
        (Some(name), None) => {
            name.parse::<Preset>().map(Preset::infrastructure).map_err(|error| {
                PlanFileError::Field { field: "preset".to_owned(), reason: error.to_string() }
            })?
        }
        (None, Some(infrastructure)) => infrastructure,
        (None, None) => return Err(PlanFileError::Site { found: "neither" }),
        (Some(_), Some(_)) => return Err(PlanFileError::Site { found: "both" }),
    };
    let plan = Plan { workload: file.workload, ..Plan::new(infrastructure, file.seed) };
    Ok(FromFile { plan, actions: file.actions, duration: file.duration })
}

/// What the reader allows by the names of its types, in words.
const TYPES: [(&str, &str); 8] = [
    ("u8", "a whole number, 0 to 255"),
    ("u16", "a whole number, 0 to 65535"),
    ("u32", "a whole number, 0 to 4294967295"),
    ("u64", "a whole number, 0 to 18446744073709551615"),
    ("i32", "a whole number, -2147483648 to 2147483647"),
    ("f64", "a number"),
    ("a boolean", "true or false"),
    ("a sequence", "a list"),
];
const ADDRESS: &str = "an IPv4 address, such as 10.0.10.11";
const WORD: &str = "a word or an object, as `foobar-lab plan` writes it";
const OBJECT: &str = "an object with its fields";

/// What was found, and what is allowed instead, of what the reader says about a value. What is no JSON is told as the reader tells it.
fn reason(found: &str, said: &str) -> String {
    let (what, place) = match said.rsplit_once(" at line ") {
        Some((what, place)) => (what, format!(" (line {place})")),
        None => (said, String::new()),
    };
    if let Some(field) = what.strip_prefix("missing field ") {
        let allowed = "one, as `foobar-lab plan` writes it";
        return format!("found no field {field}; allowed: {allowed}{place}");
    }
    if found.is_empty() {
        return said.to_owned();
    }
    // A time and the like say themselves how they are written.
    let allowed = match (what.rsplit_once(", expected "), what.rsplit_once(": write ")) {
        _ if what.ends_with("IPv4 address") || what.ends_with("IPv4 address syntax") => ADDRESS,
        (Some((_, kind)), _) if kind.starts_with("struct ") => OBJECT,
        (Some((_, kind)), _) => {
            TYPES.iter().find(|(name, _)| *name == kind).map_or(kind, |(_, words)| *words)
        }
        (None, Some((_, how))) => how,
        (None, None) if what == "expected value" => WORD,
        (None, None) => return format!("{found}: {what}{place}"),
    };
    format!("{found}; allowed: {allowed}{place}")
}

/// What stands at a path, in words, if the file is JSON at all.
fn found_at(text: &[u8], path: &serde_path_to_error::Path) -> String {
    let whole: Option<Value> = serde_json::from_slice(text).ok();
    let mut at = whole.as_ref();
    for segment in path {
        at = match segment {
            Segment::Map { key } | Segment::Enum { variant: key } => at.and_then(|at| at.get(key)),
            Segment::Seq { index } => at.and_then(|at| at.get(*index)),
            Segment::Unknown => None,
        };
    }
    match at {
        None => String::new(),
        Some(Value::Object(_)) => "found an object".to_owned(),
        Some(Value::Array(_)) => "found a list".to_owned(),
        Some(at) => {
            let beginning: String = at.to_string().chars().take(60).collect();
            format!("found `{beginning}`")
        }
    }
}

/// Every field that was given is one that was understood: a misspelt one would otherwise be left out in silence.
fn expect_known(path: &str, given: &Value, understood: &Value) -> Result<(), PlanFileError> {
    match (given, understood) {
        (Value::Object(given), Value::Object(understood)) => {
            for (key, value) in given {
                let field = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let Some(known) = understood.get(key) else {
                    let allowed: Vec<&str> = understood.keys().map(String::as_str).collect();
                    let allowed = allowed.join(", ");
                    return Err(PlanFileError::Unknown { field, allowed });
                };
                expect_known(&field, value, known)?;
            }
            Ok(())
        }
        (Value::Array(given), Value::Array(understood)) => {
            let mut pairs = given.iter().zip(understood).enumerate();
            pairs.try_for_each(|(index, (given, understood))| {
                expect_known(&format!("{path}[{index}]"), given, understood)
            })
        }
        _ => Ok(()),
    }
}
