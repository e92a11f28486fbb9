//! Plan files: what `foobar-lab plan` writes can be run again, and what cannot be run is refused with the field's path, what was found
//! and what is allowed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "plan_file/refused.rs"]
mod refused;

use std::path::PathBuf;
use std::process::{Command, Output};

use foobar_lab::kernel::SimDuration;
use serde_json::{Value, json};

fn lab(line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foobar-lab")).args(line.split_whitespace()).output().unwrap()
}

fn done(line: &str) -> String {
    let output = lab(line);
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A file of this name with this text.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn hash(report: &str) -> String {
    let report: Value = serde_json::from_str(report).unwrap();
    report["hash"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_written_is_read_and_runs_the_same() {
    let options = "--preset extended --seed 9 --rate 35 --write-share 0.5 --for 50s --kill app-1@20s \
         --slow db-1:3@10s --promote db-2@30s --stop lb-1@35s --cut-heartbeat 5s \
         --heal-heartbeat 7s --slow-clients 0.1:2s";
    let path = file("round.json", &done(&format!("plan {options}")));
    let path = path.display();
    let direct = done(&format!("simulate {options} --format json"));
    let from_file = done(&format!("simulate --plan {path} --format json"));
    assert_eq!(hash(&direct), hash(&from_file));
    assert_eq!(done(&format!("plan --plan {path}")), done(&format!("plan {options}")));
    let other = done(&format!("simulate --plan {path} --seed 10 --format json"));
    assert_ne!(hash(&other), hash(&from_file), "options change what the file says");
    let why = done(&format!("why --plan {path} --request 40"));
    assert!(why.starts_with("request 40, "), "{why}");
}

#[test]
fn the_plan_of_a_report_is_a_plan_file_and_so_are_a_few_words() {
    let report = done("simulate --preset literal --seed 4 --format json");
    let plan: Value = serde_json::from_str::<Value>(&report).unwrap()["plan"].clone();
    let path = file("of_report.json", &plan.to_string());
    let again = done(&format!("simulate --plan {} --format json", path.display()));
    assert_eq!(hash(&report), hash(&again));
    let text = r#"{"preset": "literal", "seed": 4, "actions": [{"at": "20s", "action": {"kill": "app-1"}}]}"#;
    let path = file("short.json", text);
    let short = done(&format!("simulate --plan {} --format json", path.display()));
    let long = done("simulate --preset literal --seed 4 --kill app-1@20s --format json");
    assert_eq!(hash(&short), hash(&long));
}

/// What is said when a plan of the literal preset is changed so.
fn refusal(name: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut plan: Value = serde_json::from_str(&done("plan --preset literal")).unwrap();
    change(&mut plan);
    let path = file(&format!("{name}.json"), &plan.to_string());
    let output = lab(&format!("simulate --plan {}", path.display()));
    assert_eq!(output.status.code(), Some(2), "{name}");
    assert!(output.stdout.is_empty(), "{name}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[test]
fn contradictions_are_refused_with_field_found_and_allowed() {
    let host = |plan: &mut Value, index: usize, field: &str, value: Value| {
        plan["infrastructure"]["hosts"][index][field] = value;
    };
    let service = |plan: &mut Value, index: usize, name: &str, field: &str, value: Value| {
        plan["infrastructure"]["hosts"][index]["services"][0][name][field] = value;
    };
    let refused = [
        (
            refusal("address_twice", |plan| host(plan, 3, "address", json!("10.0.20.11"))),
            "hosts[3].address: found `10.0.20.11`; allowed: a value of its own (hosts[2].address has this one)",
        ),
        (
            refusal("vip_twice", |plan| {
                let vips = &mut plan["infrastructure"]["vips"];
                let mut second = vips[0].clone();
                second["name"] = json!("VIP B");
                vips.as_array_mut().unwrap().push(second);
            }),
            "vips[1].address: found `203.0.113.10`; allowed: a value of its own (vips[0].address has this one)",
        ),
        (
            refusal("no_servers", |plan| {
                let backends = json!([]);
                plan["infrastructure"]["hosts"][0]["services"][0]["haproxy"]["backends"][0]["servers"] =
                    backends;
            }),
            "infrastructure.hosts[0].services[0].haproxy.backends[0].servers: found `[]`; allowed: at least one server",
        ),
        (
            refusal("no_upstream", |plan| {
                plan["infrastructure"]["hosts"][2]["services"][0]["nginx"]["proxy_pass"]["upstream"]
                    ["servers"] = json!([]);
            }),
            "hosts[2].services[0].nginx.proxy_pass.upstream.servers: found `[]`; allowed: at least one server",
        ),
        (
            refusal("rule_to_nowhere", |plan| {
                plan["infrastructure"]["rules"][1]["to"] = json!({"zone": "cellar"});
            }),
            "rules[1].to: found `zone cellar`; allowed: a zone or host of this infrastructure",
        ),
        (
            refusal("replica_of_itself", |plan| {
                let replica = json!({"source": "db-1", "lag": "1s"});
                service(plan, 4, "mysql", "replica", replica);
            }),
            "hosts[4].services[0].mysql.replica.source: found `db-1`; allowed: another host, with a mysql that is no replica itself",
        ),
        (
            refusal("no_workers", |plan| service(plan, 3, "app", "workers", json!(0))),
            "hosts[3].services[0].app.workers: found `0`; allowed: 1 to 64",
        ),
        (
            refusal("rate", |plan| plan["workload"]["rate"] = json!(-3)),
            ": workload.rate: found -3; allowed: 0.001 to 1000000 requests per second",
        ),
    ];
    for (said, wanted) in refused {
        assert!(said.contains(wanted), "{said}\nis not\n{wanted}");
    }
}

#[test]
fn names_networks_and_routers_are_in_range_and_used_once() {
    let refused = [
        (
            refusal("router_twice", |plan| {
                let vips = &mut plan["infrastructure"]["vips"];
                let mut second = vips[0].clone();
                (second["name"], second["address"]) = (json!("VIP B"), json!("203.0.113.11"));
                vips.as_array_mut().unwrap().push(second);
            }),
            "vips[1].virtual_router_id: found `51`; allowed: a value of its own (vips[0].virtual_router_id has this one)",
        ),
        (
            refusal("no_router", |plan| {
                plan["infrastructure"]["vips"][0]["virtual_router_id"] = json!(0);
            }),
            "vips[0].virtual_router_id: found `0`; allowed: 1 to 255",
        ),
        (
            refusal("subnet_twice", |plan| {
                plan["infrastructure"]["zones"][4]["subnet"] = json!("10.0.10.0/24");
            }),
            "zones[4].subnet: found `10.0.10.0/24`; allowed: a network of its own (zones[0] has 10.0.10.0/24)",
        ),
        (
            refusal("no_subnet", |plan| {
                plan["infrastructure"]["zones"][4]["subnet"] = json!("10.0.99.0");
            }),
            "zones[4].subnet: found `10.0.99.0`; allowed: ADDRESS/BITS, as 10.0.10.0/24",
        ),
        (
            refusal("no_name", |plan| plan["infrastructure"]["name"] = json!("")),
            "name: found ``; allowed: 1 to 60 printable characters",
        ),
        (
            refusal("long_name", |plan| plan["infrastructure"]["name"] = json!("x".repeat(61))),
            "; allowed: 1 to 60 printable characters",
        ),
        (
            refusal("hidden_name", |plan| {
                plan["infrastructure"]["name"] = json!("brief\u{202e}fdp");
            }),
            "name: found `brief\u{fffd}fdp`; allowed: 1 to 60 printable characters",
        ),
        (
            refusal("blank_name", |plan| plan["infrastructure"]["name"] = json!("   ")),
            "name: found `   `; allowed: 1 to 60 printable characters, not only blanks",
        ),
        (
            refusal("unseen_name", |plan| {
                plan["infrastructure"]["name"] = json!("\u{ad}\u{3164}\u{115f}");
            }),
            "name: found `\u{fffd}\u{fffd}\u{fffd}`; allowed: 1 to 60 printable characters",
        ),
    ];
    for (said, wanted) in refused {
        assert!(said.contains(wanted), "{said}\nis not\n{wanted}");
    }
}

#[test]
fn what_is_no_plan_is_refused_with_its_place() {
    let said = refusal("misspelt", |plan| plan["workload"]["ratte"] = json!(3));
    assert!(said.contains("workload.ratte: found a field that is not known; allowed: "), "{said}");
    let said = refusal("port", |plan| {
        plan["infrastructure"]["hosts"][4]["services"][0]["mysql"]["port"] = json!(70_000);
    });
    let wanted = "infrastructure.hosts[4].services[0].mysql.port: found `70000`; allowed: a whole number, 0 to 65535";
    assert!(said.contains(wanted), "{said}");
    let said = refusal("address", |plan| {
        plan["infrastructure"]["hosts"][4]["address"] = json!("cellar");
    });
    let wanted =
        "infrastructure.hosts[4].address: found `\"cellar\"`; allowed: an IPv4 address, such as ";
    assert!(said.contains(wanted), "{said}");
    let said = refusal("no_zone", |plan| {
        plan["infrastructure"]["hosts"][4].as_object_mut().unwrap().remove("zone");
    });
    let wanted = "infrastructure.hosts[4]: found no field `zone`; allowed: one, as ";
    assert!(said.contains(wanted), "{said}");
    let said = refusal("no_time", |plan| plan["for"] = json!("soon"));
    assert!(said.contains("for: found `\"soon\"`; allowed: a number and a unit "), "{said}");
    let said = refusal("neither", |plan| {
        plan.as_object_mut().unwrap().remove("infrastructure");
    });
    assert!(said.contains("preset, infrastructure: found neither; allowed: "), "{said}");
    let said = refusal("both", |plan| plan["preset"] = json!("brief"));
    assert!(said.contains("preset, infrastructure: found both; allowed: "), "{said}");
    let said = refusal("unknown_preset", |plan| *plan = json!({"preset": "breif"}));
    assert!(said.contains("the presets are: simple, distributed"), "{said}");
    let said = refusal("action", |plan| {
        plan["actions"] = json!([{"at": "1s", "action": {"kill": "app-9"}}]);
    });
    assert!(said.contains("actions[0].action: there is no `app-9` here"), "{said}");
    let said = refusal("promote", |plan| {
        plan["actions"] = json!([{"at": "1s", "action": {"promote": {"host": "db-1"}}}]);
    });
    assert!(said.contains("`db-1` has no replica to promote; allowed: none"), "{said}");
    for text in ["", "{", "[]", "7", "{\"preset\": 7}", "{\"preset\": \"brief\"} {}", "\u{0}"] {
        let path = file("nonsense.json", text);
        let output = lab(&format!("simulate --plan {}", path.display()));
        assert_eq!(output.status.code(), Some(2), "{text}");
    }
    assert_eq!(lab("simulate --plan nowhere.json").status.code(), Some(1));
    assert_eq!(lab("simulate --plan a.json --preset brief").status.code(), Some(2));
}

/// Every leaf of a value, by its path.
fn leaves(value: &Value, path: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                leaves(value, &format!("{path}/{key}"), into);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                leaves(value, &format!("{path}/{index}"), into);
            }
        }
        _ => into.push(path.to_owned()),
    }
}

/// What a refusal says: the path of the field, and what was found there.
fn told(said: &str) -> Option<(&str, &str)> {
    let (before, after) = said.split_once(": found ")?;
    let found = after.split("; allowed").next()?;
    Some((before.rsplit(": ").next()?, found.trim_matches('`')))
}

/// What stands at a path such as `infrastructure.hosts[2].name`.
fn at<'a>(plan: &'a Value, path: &str) -> Option<&'a Value> {
    let parts = path.split('.').flat_map(|part| part.split('['));
    let pointer: String = parts.map(|part| format!("/{}", part.trim_end_matches(']'))).collect();
    plan.pointer(&pointer)
}

/// Whether a refusal shows this very value.
fn is_shown(value: &Value, found: &str) -> bool {
    let time = |text: &str| text.parse::<SimDuration>().ok();
    match value {
        Value::Object(_) | Value::Array(_) => true,
        Value::Number(number) => {
            let (number, found) = (number.as_f64().unwrap(), found.parse::<f64>().ok());
            found.is_some_and(|found| (found - number).abs() <= number.abs() * 1e-9)
        }
        Value::String(text) => {
            let shown = text.replace(char::is_control, "\u{fffd}");
            let is_time = time(text).is_some() && time(text) == time(found);
            found == shown || is_time || is_json(found, value)
        }
        Value::Null | Value::Bool(_) => is_json(found, value),
    }
}

/// Whether a text is this value, as JSON writes it.
fn is_json(text: &str, value: &Value) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|read| read == *value)
}

/// Whatever stands in a field, the answer is a run or a refusal, never a panic. A refusal names a field that is in the file, and what stands
/// there; nothing of it moves a terminal's cursor.
#[test]
fn no_figure_makes_it_panic() {
    let plan: Value = serde_json::from_str(&done("plan --preset extended --for 1s")).unwrap();
    let mut paths = Vec::new();
    leaves(&plan, "", &mut paths);
    assert!(paths.len() > 400, "{}", paths.len());
    let values = [
        json!(0),
        json!(4_294_967_295_u32),
        json!(""),
        json!("0s"),
        json!("9000h"),
        json!("\u{1b}[31m/"),
        json!(null),
    ];
    for (leaf, value) in paths.iter().flat_map(|leaf| values.iter().map(move |value| (leaf, value)))
    {
        let mut changed = plan.clone();
        *changed.pointer_mut(leaf).unwrap() = value.clone();
        let path = file("leaf.json", &changed.to_string());
        let output = lab(&format!("simulate --plan {} --for 1s", path.display()));
        let code = output.status.code();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(code, Some(0 | 2)), "{leaf} = {value}: {code:?} {said}");
        assert!(!said.contains("panicked") && !said.contains('\u{1b}'), "{leaf} = {value}: {said}");
        if code == Some(2) {
            let (field, found) = told(&said).unwrap();
            let there = at(&changed, field);
            let is_right = there.is_some_and(|there| is_shown(there, found));
            assert!(is_right, "{leaf} = {value}: {there:?}: {said}");
            assert!(said.contains("; allowed: "), "{leaf} = {value}: {said}");
        }
    }
}
