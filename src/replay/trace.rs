//! The format of a trace, as `tests/golden/README.md` tells it: only what is compared is read.

use serde::Deserialize;

use super::TraceError;

/// What a trace looks like.
pub(super) const FORMAT: &str = "a trace as described in tests/golden/README.md";

/// A recording of the real HAProxy.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Trace {
    pub(super) compare: Compare,
    pub(super) haproxy_cfg: String,
    #[serde(default)]
    pub(super) config: Config,
    #[serde(default)]
    pub(super) script: Vec<Deed>,
    #[serde(default)]
    pub(super) requests: Vec<Request>,
    #[serde(default)]
    pub(super) events: Vec<LogLine>,
    #[serde(default)]
    pub(super) reps: Vec<Repetition>,
    pub(super) summary: Option<Summary>,
    pub(super) distribution: Option<Distribution>,
    #[serde(default)]
    pub(super) t0_epoch: f64,
    /// The worst lateness of the recording machine, in seconds, as far as it was seen.
    #[serde(default)]
    pub(super) max_lag: f64,
}

/// How the model and the recording are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Compare {
    Exact,
    Times,
    Statistical,
    Irregular,
}

/// The little that the literal configuration does not say.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Config {
    /// How the network of a server is from the start.
    #[serde(default)]
    pub(super) initial_net: std::collections::BTreeMap<String, String>,
}

/// Something that was done to the recorded site.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Deed {
    pub(super) t: f64,
    #[serde(rename = "do")]
    pub(super) what: String,
    pub(super) server: Option<String>,
    pub(super) net: Option<String>,
    pub(super) traffic: Option<String>,
    pub(super) check: Option<String>,
    pub(super) cmd: Option<String>,
    pub(super) n: Option<u32>,
    pub(super) inflight: Option<u32>,
    pub(super) delay: Option<f64>,
}

/// A recorded request.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Request {
    pub(super) i: u32,
    pub(super) t: f64,
    pub(super) dur: Option<f64>,
    #[serde(default)]
    pub(super) src: String,
    #[serde(default)]
    pub(super) path: String,
    pub(super) cookie: Option<String>,
    #[serde(default)]
    pub(super) headers: std::collections::BTreeMap<String, String>,
    pub(super) status: Option<i32>,
    pub(super) server: Option<String>,
    /// When that server accepted the connection.
    pub(super) srv_t: Option<f64>,
    pub(super) set_cookie: Option<String>,
    pub(super) log: Option<Log>,
}

/// What HAProxy logged of a request; zeros and falsehoods are left out of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Log {
    #[serde(default)]
    pub(super) srv: String,
    #[serde(default)]
    pub(super) term: String,
    #[serde(default)]
    pub(super) retries: u32,
    #[serde(default)]
    pub(super) redisp: bool,
    #[serde(default)]
    pub(super) sq: u32,
    #[serde(default)]
    pub(super) bq: u32,
    /// How long the server took, in milliseconds, as HAProxy saw it.
    #[serde(default, rename = "Tr")]
    pub(super) response: i64,
    /// HAProxy's own measure of the whole, in milliseconds.
    #[serde(default, rename = "Ta")]
    pub(super) total: i64,
}

/// Another line of HAProxy's log.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LogLine {
    pub(super) t: f64,
    pub(super) msg: String,
}

impl LogLine {
    /// The server that a line about a health check tells of, and when the check began.
    pub(super) fn check(&self) -> Option<(&str, f64)> {
        let rest = self.msg.strip_prefix("Health check for ")?;
        let rest = rest.strip_prefix("backup ").unwrap_or(rest).strip_prefix("server ")?;
        let (name, rest) = rest.split_once(' ')?;
        let (_, took) = rest.split_once("check duration: ")?;
        let ms: f64 = took.split("ms").next()?.parse().ok()?;
        Some((name, self.t - ms / 1000.0))
    }
}

/// A failure and a return, timed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Repetition {
    pub(super) down: Timed,
    pub(super) up: Timed,
}

/// When in the period of the checks something was done, and how long the change of state took.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Timed {
    pub(super) phase: f64,
    pub(super) change: f64,
}

/// The ranges over all repetitions.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Summary {
    pub(super) down: Range,
    pub(super) up: Range,
}

/// A range, in seconds.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Range {
    pub(super) min: f64,
    pub(super) max: f64,
}

/// Who got how many of many requests.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Distribution {
    pub(super) counts: std::collections::BTreeMap<String, u64>,
}

/// Reads JSON, whatever it should hold.
///
/// # Errors
/// Where the text stops making sense.
pub(super) fn read<T: for<'a> Deserialize<'a>>(file: &str, text: &str) -> Result<T, TraceError> {
    serde_json::from_str(text).map_err(|error| TraceError {
        file: file.to_owned(),
        line: error.line().max(1),
        found: error.to_string(),
        allowed: FORMAT.to_owned(),
    })
}
