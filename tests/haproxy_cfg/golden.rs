//! The literal file of every recorded trace says what the trace's structured configuration says.

use std::fs;

use foobar_lab::config::haproxy_cfg::{Reading, read, site};
use foobar_lab::infra::{Backend, RetryOn, Server};
use serde_json::{Value, json};

fn ms(time: foobar_lab::kernel::SimDuration) -> u64 {
    time.as_ns() / 1_000_000
}

/// A value in the words of `kebab-case` serde.
fn word<T: serde::Serialize>(value: T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

fn balance(backend: &Backend) -> String {
    use foobar_lab::infra::Balance;
    match &backend.balance {
        Balance::Random { draws: 2 } => "random".to_owned(),
        Balance::Random { draws } => format!("random({draws})"),
        Balance::UrlParam { name } => format!("url_param {name}"),
        Balance::Hdr { name } => format!("hdr({name})"),
        Balance::Uri(part) => {
            let mut text = "uri".to_owned();
            text += if part.whole { " whole" } else { "" };
            text += if part.path_only { " path-only" } else { "" };
            text += &if part.len > 0 { format!(" len {}", part.len) } else { String::new() };
            text += &if part.depth > 0 { format!(" depth {}", part.depth) } else { String::new() };
            text
        }
        Balance::Roundrobin
        | Balance::StaticRr
        | Balance::Leastconn
        | Balance::First
        | Balance::Source => word(&backend.balance),
    }
}

fn hash_type(backend: &Backend) -> String {
    let made = backend.hash_type;
    let mut text = word(made.method);
    if let Some(function) = made.function {
        text += &format!(" {}", word(function));
    }
    text + if made.avalanche { " avalanche" } else { "" }
}

fn cookie(backend: &Backend) -> Value {
    backend.cookie.as_ref().map_or(Value::Null, |cookie| {
        let mut text = format!("{} {}", cookie.name, word(cookie.mode));
        text += if cookie.indirect { " indirect" } else { "" };
        text += if cookie.nocache { " nocache" } else { "" };
        text += if cookie.preserve { " preserve" } else { "" };
        json!(text)
    })
}

/// A server in the words of the traces; `None` is what the trace leaves out.
fn server(server: &Server, key: &str) -> Value {
    let flag = |set: bool| if set { json!(true) } else { Value::Null };
    let above_zero = |number: u32| if number > 0 { json!(number) } else { Value::Null };
    match key {
        "name" => json!(server.name),
        "port" => json!(server.port),
        "weight" => json!(server.weight),
        "maxconn" => above_zero(server.maxconn),
        "minconn" => above_zero(server.minconn),
        "maxqueue" => above_zero(server.maxqueue),
        "backup" => flag(server.backup),
        "disabled" => flag(server.disabled),
        "check" => flag(server.check),
        "cookie" => server.cookie.as_ref().map_or(Value::Null, |cookie| json!(cookie)),
        "inter" => json!(ms(server.inter)),
        "fall" => json!(server.fall),
        "rise" => json!(server.rise),
        "fastinter" => server.fastinter.map_or(Value::Null, |time| json!(ms(time))),
        "downinter" => server.downinter.map_or(Value::Null, |time| json!(ms(time))),
        "slowstart" => server.slowstart.map_or(Value::Null, |time| json!(ms(time))),
        "observe" => server.observe.map_or(Value::Null, |observe| json!(word(observe))),
        "error_limit" => json!(server.error_limit),
        "on_error" => json!(word(server.on_error)),
        "on_marked_down" if server.shutdown_sessions => json!("shutdown-sessions"),
        "on_marked_up" if server.shutdown_backup_sessions => json!("shutdown-backup-sessions"),
        "on_marked_down" | "on_marked_up" => Value::Null,
        other => panic!("the traces have a new word for servers: {other}"),
    }
}

/// The defaults that a trace may leave out.
fn unset(key: &str) -> Value {
    match key {
        "weight" => json!(1),
        "inter" => json!(2000),
        "fall" => json!(3),
        "rise" => json!(2),
        "error_limit" => json!(10),
        "on_error" => json!("fail-check"),
        _ => Value::Null,
    }
}

const SERVER_WORDS: [&str; 21] = [
    "name",
    "port",
    "weight",
    "maxconn",
    "minconn",
    "maxqueue",
    "backup",
    "disabled",
    "check",
    "cookie",
    "inter",
    "fall",
    "rise",
    "fastinter",
    "downinter",
    "slowstart",
    "observe",
    "error_limit",
    "on_error",
    "on_marked_down",
    "on_marked_up",
];

fn options(backend: &Backend, reading: &Reading, named: &[Value]) {
    let has = |line: &str| named.iter().any(|option| option == line);
    assert_eq!(backend.persist, has("option persist"));
    assert_eq!(backend.disable_on_404, has("http-check disable-on-404"));
    assert_eq!(backend.fullconn, has("fullconn 8").then_some(8));
    assert_eq!(backend.hash_balance_factor, if has("hash-balance-factor 150") { 150 } else { 0 });
    let table = has("stick on src").then_some((1024, Some(60_000)));
    assert_eq!(backend.stick_table.map(|table| (table.size, table.expire.map(ms))), table);
    let retry_on = if has("retry-on conn-failure empty-response response-timeout") {
        vec![RetryOn::ConnFailure, RetryOn::EmptyResponse, RetryOn::ResponseTimeout]
    } else {
        vec![RetryOn::ConnFailure]
    };
    assert_eq!(reading.haproxy.retries.retry_on, retry_on);
    let vip = named.iter().any(|option| option.as_str().unwrap().contains("set-priority-class"));
    let classes: Vec<(&str, i32)> =
        backend.priority_classes.iter().map(|made| (made.header.as_str(), made.class)).collect();
    assert_eq!(classes, if vip { vec![("X-Vip", -10)] } else { vec![] });
}

fn compare(trace: &Value) {
    let text = trace["haproxy_cfg"].as_str().unwrap();
    let config = &trace["config"];
    let reading = read("haproxy.cfg", text).unwrap();
    assert_eq!(reading.haproxy.backends.len(), 1);
    let backend = &reading.haproxy.backends[0];
    assert_eq!(json!(balance(backend)), config["balance"]);
    let hash = config.get("hash_type").cloned().unwrap_or(json!("map-based"));
    assert_eq!(json!(hash_type(backend)), hash);
    assert_eq!(cookie(backend), config["cookie"]);
    let httpchk = backend.httpchk.as_ref().map(|check| json!(format!("GET {}", check.path)));
    assert_eq!(httpchk.unwrap_or(Value::Null), config["httpchk"]);
    let named = config["options"].as_array().cloned().unwrap_or_default();
    options(backend, &reading, &named);

    let timeouts = reading.haproxy.timeouts;
    let told = [
        Some(timeouts.connect),
        timeouts.client,
        Some(timeouts.server),
        timeouts.queue,
        timeouts.check,
    ];
    for (key, time) in ["connect", "client", "server", "queue", "check"].iter().zip(told) {
        assert_eq!(
            time.map_or(Value::Null, |time| json!(ms(time))),
            config["timeouts"][key],
            "{key}"
        );
    }
    assert_eq!(json!(reading.haproxy.retries.retries), config["retries"]);
    let redispatch = match &config["redispatch"] {
        Value::Bool(on) => on.then_some(-1),
        interval => Some(i32::try_from(interval.as_i64().unwrap()).unwrap()),
    };
    assert_eq!(reading.haproxy.retries.redispatch, redispatch);
    assert_eq!((reading.haproxy.port, reading.haproxy.tls_round_trips), (8000, 0));
    assert_eq!(reading.haproxy.maxconn, 4000);

    let servers = config["servers"].as_array().unwrap();
    assert_eq!(backend.servers.len(), servers.len());
    for (read, told) in backend.servers.iter().zip(servers) {
        let keys = told.as_object().unwrap().keys().map(String::as_str);
        for key in keys.chain(SERVER_WORDS) {
            let own = told.get(key).filter(|value| !value.is_null());
            let of_all = config["default_server"].get(key).filter(|value| !value.is_null());
            let expected = own.or(of_all).cloned().unwrap_or(unset(key));
            assert_eq!(server(read, key), expected, "{} {key}", read.name);
        }
    }
    let threads =
        reading.not_modelled.iter().filter(|entry| entry.directive.starts_with("nbthread"));
    assert_eq!(threads.count(), reading.not_modelled.len(), "{:?}", reading.not_modelled);
    assert_eq!(site(&reading).unwrap().validate(), []);
}

#[test]
fn every_recorded_configuration_is_read_as_it_was_meant() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/traces");
    let mut compared = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let trace: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        if trace["haproxy_cfg"].is_string() {
            println!("{}", path.display());
            compare(&trace);
            compared += 1;
        }
    }
    assert_eq!(compared, 195);
}
