//! The judge of the recorder: golden traces recorded again. What the recorder writes has to agree with what was recorded
//! before, request by request, as `tests/golden/README.md` says what agreement means.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::Value;

use crate::client::Request;
use crate::record::{Case, Deed, Step, Waits, When};

/// Where the golden traces are.
fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/traces")
}

/// Each trace of HAProxy there is.
pub(crate) fn all() -> io::Result<Vec<Value>> {
    let mut files: Vec<PathBuf> = fs::read_dir(directory())?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut traces = Vec::new();
    for file in files {
        let trace: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
        if trace["haproxy_cfg"].is_string() {
            traces.push(trace);
        }
    }
    Ok(traces)
}

/// The trace of this name.
pub(crate) fn read(name: &str) -> io::Result<Value> {
    let text = fs::read_to_string(directory().join(format!("{name}.json")))?;
    Ok(serde_json::from_str(&text)?)
}

/// What to do to record it again.
pub(crate) fn again(trace: &Value) -> Case {
    let script: Vec<&Value> = trace["script"].as_array().into_iter().flatten().collect();
    let number = |of: &Value| of.as_u64().unwrap_or(0);
    let sequential = |i: u64| {
        script.iter().any(|entry| {
            let first = number(&entry["first"]);
            entry["do"] == "requests" && (first..first + number(&entry["n"])).contains(&i)
        })
    };
    let mut steps = Vec::new();
    for told in trace["requests"].as_array().into_iter().flatten() {
        let waits = if sequential(number(&told["i"])) { Waits::Yes } else { Waits::No(0.0) };
        let request = Request {
            i: number(&told["i"]) as usize,
            src: told["src"]
                .as_str()
                .and_then(|src| src.parse().ok())
                .unwrap_or([127, 0, 0, 1].into()),
            path: told["path"].as_str().unwrap_or("/").to_owned(),
            cookie: told["cookie"].as_str().map(str::to_owned),
            headers: told["headers"].as_object().cloned().unwrap_or_default(),
        };
        steps.push((told["t"].as_f64().unwrap_or(0.0), Deed::Send(request, waits)));
    }
    for entry in script {
        let at = entry["t"].as_f64().unwrap_or(0.0);
        match entry["do"].as_str() {
            Some("mode") => steps.push((at, Deed::Mode(entry.clone()))),
            Some("cli") => {
                steps.push((at, Deed::Cli(entry["cmd"].as_str().unwrap_or_default().to_owned())));
            }
            _ => {}
        }
    }
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let text = |key: &str| trace[key].as_str().unwrap_or_default().to_owned();
    Case {
        name: text("name"),
        about: text("about"),
        config: trace["config"].clone(),
        cfg: text("haproxy_cfg"),
        steps: steps.into_iter().map(|(at, deed)| Step { when: When::At(at), deed }).collect(),
        settle: false,
    }
}

/// Where two recordings of the same differ.
pub(crate) fn differences(before: &Value, now: &Value) -> Vec<String> {
    let list = |trace: &Value| trace["requests"].as_array().cloned().unwrap_or_default();
    let (before, now) = (list(before), list(now));
    let mut out = Vec::new();
    if before.len() != now.len() {
        out.push(format!("{} requests, not {}", now.len(), before.len()));
    }
    for (a, b) in before.iter().zip(&now) {
        let i = &b["i"];
        let mut differs = |key: &str, a: &Value, b: &Value| {
            if a != b {
                out.push(format!("request {i}: {key} {b}, not {a}"));
            }
        };
        for key in ["i", "status", "server", "set_cookie"] {
            differs(key, &a[key], &b[key]);
        }
        for key in ["srv", "term", "retries", "redisp", "sq", "bq"] {
            differs(key, &a["log"][key], &b["log"][key]);
        }
        let (da, db) = (a["dur"].as_f64().unwrap_or(0.0), b["dur"].as_f64().unwrap_or(0.0));
        if (da - db).abs() > 0.03 {
            out.push(format!("request {i}: dur {db}, not {da}"));
        }
    }
    out
}
