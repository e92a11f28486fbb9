//! The text of HAProxy's configuration for the `config` of a trace, line by line as the golden traces have it. Addresses
//! and ports are the golden ones; what a recording really uses is put in their place at its start.

use serde_json::Value;

/// The log line of each request: what a trace tells of it.
const LOG_FORMAT: &str = "REQ n=%[var(txn.n)] srv=%s term=%tsc rc=%rc sq=%sq bq=%bq TR=%TR Tw=%Tw Tc=%Tc Tr=%Tr Ta=%Ta bc=%bc sc=%sc";
/// Where the golden configurations have the stats socket.
pub(crate) const SOCKET: &str = "/run/golden.sock";
/// Where they send their log.
pub(crate) const LOG: &str = "127.0.0.1:5140";
/// Where they take requests.
pub(crate) const FRONTEND: &str = "127.0.0.1:8000";

/// The configuration file.
pub(crate) fn of(config: &Value) -> String {
    let mut lines: Vec<String> = vec![
        "global".into(),
        format!("  stats socket {SOCKET} mode 600 level admin"),
        format!("  log {LOG} len 2048 format raw local0"),
        format!("  nbthread {}", config["nbthread"]),
        "  maxconn 4000".into(),
        "  tune.pool-low-fd-ratio 80".into(),
        "defaults".into(),
        "  mode http".into(),
        "  log global".into(),
        "  option log-health-checks".into(),
    ];
    for name in ["connect", "client", "server", "queue", "check"] {
        if let Some(ms) = config["timeouts"][name].as_u64() {
            lines.push(format!("  timeout {name} {ms}ms"));
        }
    }
    lines.extend([
        "frontend fe".into(),
        format!("  bind {FRONTEND}"),
        "  http-request set-var(txn.n) req.hdr(X-N)".into(),
        format!("  log-format \"{LOG_FORMAT}\""),
        "  default_backend be".into(),
        "backend be".into(),
    ]);
    lines.extend(backend(config).into_iter().map(|line| format!("  {line}")));
    lines.push(String::new());
    lines.join("\n")
}

fn backend(config: &Value) -> Vec<String> {
    let text = |name: &str| config[name].as_str();
    let mut lines = vec![format!("balance {}", text("balance").unwrap_or("roundrobin"))];
    lines.extend(text("hash_type").map(|kind| format!("hash-type {kind}")));
    lines.push(format!("retries {}", config["retries"]));
    lines.push(match &config["redispatch"] {
        Value::Bool(false) | Value::Null => "no option redispatch".into(),
        Value::Bool(true) => "option redispatch".into(),
        interval => format!("option redispatch {interval}"),
    });
    lines.extend(text("cookie").map(|cookie| format!("cookie {cookie}")));
    lines.extend(text("httpchk").map(|check| format!("option httpchk {check}")));
    let options = config["options"].as_array().into_iter().flatten();
    lines.extend(options.filter_map(Value::as_str).map(str::to_owned));
    if config["default_server"].is_object() {
        lines.push(format!("default-server{}", words(&config["default_server"])));
    }
    for server in config["servers"].as_array().into_iter().flatten() {
        let (name, port) = (server["name"].as_str().unwrap_or_default(), &server["port"]);
        lines.push(format!("server {name} 127.0.0.1:{port}{}", words(server)));
    }
    lines
}

/// The keywords of a server or of `default-server`.
fn words(server: &Value) -> String {
    let mut out = String::new();
    for (key, value) in server.as_object().into_iter().flatten() {
        let keyword = key.replace('_', "-");
        match (key.as_str(), value) {
            ("name" | "port", _) | (_, Value::Null | Value::Bool(false)) => {}
            (_, Value::Bool(true)) => out += &format!(" {keyword}"),
            ("inter" | "fastinter" | "downinter" | "slowstart", ms) => {
                out += &format!(" {keyword} {ms}ms");
            }
            (_, Value::String(word)) => out += &format!(" {keyword} {word}"),
            (_, number) => out += &format!(" {keyword} {number}"),
        }
    }
    out
}
