//! The built program as people and scripts meet it: what it prints, the files it writes, how it ends. Exit 0 done, 1 the thing
//! asked for failed, 2 bad usage with the valid names listed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

#[path = "cli/evidence.rs"]
mod evidence;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use foobar_lab::infra::Preset;
use foobar_lab::run::SELF_CHECKS;
use serde_json::Value;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_foobar-lab"))
}

/// Arguments as a shell tells them apart: by spaces, but for those in double quotes.
fn words(arguments: &str) -> Vec<&str> {
    let parts = arguments.split('"').enumerate();
    parts
        .flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        })
        .collect()
}

fn lab(arguments: &str) -> Output {
    program().args(words(arguments)).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What the program prints where it does what was asked.
fn done(arguments: &str) -> String {
    let output = lab(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn simulate(arguments: &str) -> Value {
    serde_json::from_str(&done(&format!("simulate {arguments} --format json"))).unwrap()
}

/// A path of its own for each test, with nothing there.
fn fresh(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    path
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no count"))
}

/// The facts of a kind: nanoseconds and subject.
fn facts<'a>(report: &'a Value, kind: &str) -> Vec<(u64, &'a str)> {
    let facts = report["facts"].as_array().unwrap().iter();
    facts
        .filter(|fact| fact["kind"] == kind)
        .map(|fact| (count(&fact["t_ns"]), fact["subject"].as_str().unwrap()))
        .collect()
}

const PLANS: [&str; 6] = [
    "",
    "--seed 7 --rate 0.5 --for 10s",
    "--rate 400 --for 20s",
    "--for 0s",
    "--seed 2 --rate 50 --kill app-1@10s --kill lb-1@15s --restore app-1@30s --slow app-2:3@12s",
    "--rate 80 --for 40s --kill db-1@5s --kill lb-2/haproxy@10s --kill web-1/nginx@12s",
];

#[test]
fn presets_are_listed_with_what_they_are() {
    let listed = done("presets");
    for preset in Preset::ALL {
        let line = listed.lines().find(|line| line.starts_with(preset.name())).unwrap();
        assert!(line.contains(&preset.infrastructure().title), "{line}");
    }
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split(' ').next()).collect();
    let ladder = ["simple", "distributed", "secured", "literal", "brief", "extended"];
    assert_eq!(names, ladder);
}

#[test]
fn the_report_has_the_shape_that_programs_rely_on() {
    let report = simulate("--kill app-1@20s");
    for key in ["plan", "requests", "latency_ms", "servers", "facts", "engine", "hash"] {
        assert!(keys(&report).contains(&key), "{key} is missing");
    }
    assert_eq!(report["plan"]["infrastructure"]["name"], "brief");
    assert_eq!(report["plan"]["seed"], 1);
    assert_eq!(keys(&report["requests"]), ["by_outcome", "failed", "in_flight", "issued", "ok"]);
    assert_eq!(keys(&report["latency_ms"]), ["max", "p50", "p95", "p99"]);
    let latency =
        ["p50", "p95", "p99", "max"].map(|key| report["latency_ms"][key].as_f64().unwrap());
    assert!(latency.is_sorted() && latency[0] > 0.0, "{latency:?}");
    for server in report["servers"].as_array().unwrap() {
        let told = ["name", "backend", "status"].map(|key| server[key].as_str().unwrap());
        assert!(told.iter().all(|word| !word.is_empty()) && count(&server["requests"]) > 0);
    }
    let facts = report["facts"].as_array().unwrap();
    assert!(facts.is_sorted_by_key(|fact| count(&fact["t_ns"])));
    for fact in facts {
        let told = ["kind", "subject", "text"].map(|key| fact[key].as_str().unwrap());
        assert!(told.iter().all(|word| !word.is_empty()), "{fact}");
    }
    assert!(count(&report["engine"]["events"]) > 1000);
    assert!(report["engine"]["wall_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(report["hash"].as_str().unwrap().len(), 16);
}

#[test]
fn every_request_is_accounted_for() {
    for plan in PLANS {
        let report = simulate(plan);
        let requests = &report["requests"];
        let [issued, ok, failed, in_flight] =
            ["issued", "ok", "failed", "in_flight"].map(|key| count(&requests[key]));
        assert_eq!(issued, ok + failed + in_flight, "{plan}");
        let by_outcome = requests["by_outcome"].as_object().unwrap();
        assert_eq!(by_outcome.values().map(count).sum::<u64>(), ok + failed, "{plan}");
        assert_eq!(by_outcome.get("200").map_or(0, count), ok, "{plan}");
    }
}

#[test]
fn the_same_plan_gives_the_same_hash_and_another_plan_another() {
    let mut hashes: Vec<String> = PLANS.map(|plan| simulate(plan)["hash"].to_string()).to_vec();
    assert_eq!(hashes, PLANS.map(|plan| simulate(plan)["hash"].to_string()));
    hashes.push(simulate("--seed 2")["hash"].to_string());
    hashes.sort();
    let all = hashes.len();
    hashes.dedup();
    assert_eq!(hashes.len(), all, "{hashes:?}");
}

/// The commands that the browser's check page shows are the runs whose hashes it shows.
#[test]
fn the_self_check_plans_run_here_as_in_the_library() {
    for check in SELF_CHECKS {
        let command = check.command();
        let arguments = command.strip_prefix("foobar-lab simulate ").unwrap();
        assert_eq!(simulate(arguments)["hash"], check.hash().unwrap(), "{command}");
    }
}

#[test]
fn what_is_killed_dies_and_what_is_restored_returns() {
    let dead = simulate("--kill app-1@20s");
    assert_eq!(facts(&dead, "host-died"), [(20_000_000_000, "app-1")]);
    assert!(count(&dead["requests"]["failed"]) > 0);
    let status = |report: &Value| -> Vec<String> {
        let servers = report["servers"].as_array().unwrap().iter();
        servers
            .filter(|server| server["name"] == "app-1")
            .map(|server| server["status"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(status(&dead), ["DOWN", "DOWN"]);

    let back = simulate("--restore app-1@40s --kill app-1@20s");
    assert_eq!(facts(&back, "host-returned"), [(40_000_000_000, "app-1")]);
    assert_eq!(status(&back), ["UP", "UP"]);

    let process = simulate("--kill lb-1/haproxy@1500ms");
    assert_eq!(facts(&process, "service-died").len(), 1);
    assert_eq!(facts(&process, "service-died")[0].0, 1_500_000_000);
    assert!(!facts(&process, "vip-taken").is_empty());
}

#[test]
fn what_is_stopped_ends_in_order_and_a_cut_heartbeat_splits() {
    let stopped = simulate("--stop lb-1/keepalived@20s");
    assert_eq!(facts(&stopped, "stopped"), [(20_000_000_000, "lb-1/keepalived")]);
    assert_eq!(facts(&stopped, "vip-dropped"), [(20_000_000_000, "VIP A")]);
    // (256 - 100) / 256 s after the good-bye, which takes 200 us.
    assert_eq!(facts(&stopped, "vip-taken"), [(20_609_575_000, "VIP A")]);

    let split = simulate("--heal-heartbeat 40s --cut-heartbeat 20s");
    assert_eq!(facts(&split, "heartbeat-cut"), [(20_000_000_000, "heartbeat")]);
    assert_eq!(facts(&split, "heartbeat-healed"), [(40_000_000_000, "heartbeat")]);
    assert_eq!(facts(&split, "split-brain-began").len(), 2);
    assert_eq!(facts(&split, "split-brain-ended").len(), 2);
}

#[test]
fn what_is_slowed_is_slow_until_it_is_restored() {
    let p95 = |report: &Value| report["latency_ms"]["p95"].as_f64().unwrap();
    let calm = simulate("");
    let slow = simulate("--slow app-1:5@10s");
    let healed = simulate("--slow app-1:5@10s --restore app-1@15s");
    assert_eq!(facts(&slow, "host-slowed"), [(10_000_000_000, "app-1")]);
    assert!(p95(&slow) > p95(&healed) && p95(&healed) > p95(&calm));
}

#[test]
fn what_comes_after_the_end_is_said_to_change_nothing() {
    let output = lab("simulate --kill app-1@61s --format json");
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).contains("kill app-1 at 61s changes nothing"), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["hash"], simulate("")["hash"]);
    assert!(lab("simulate --kill app-1@60s").stderr.is_empty());
}

#[test]
fn bad_usage_ends_with_2_and_the_valid_names() {
    let hosts = ["lb-1", "lb-2", "web-1", "app-1", "app-2", "db-1"].as_slice();
    let services = ["lb-1/haproxy", "lb-1/keepalived", "web-1/nginx", "app-2/app", "db-1/mysql"];
    let units = ["us", "ms", "s", "m", "h"].as_slice();
    let rates = ["0.001 to 1000000"].as_slice();
    let cases: [(&str, &[&str]); 32] = [
        ("", &["presets", "simulate", "export"]),
        ("simulat", &["presets", "simulate", "export"]),
        ("kill app-1", &["presets", "simulate", "export"]),
        (
            "simulate --preset breif",
            &["`breif`", "presets are: simple, distributed, secured, literal, brief, extended"],
        ),
        (
            "export --out x --preset nope",
            &["`nope`", "presets are: simple, distributed, secured, literal, brief, extended"],
        ),
        ("simulate --sede 1", &["--preset", "--seed", "--rate", "--for", "--kill", "--format"]),
        ("simulate now", &["--preset", "--seed", "--rate", "--for", "--kill", "--format"]),
        ("export", &["--out <DIR>"]),
        ("simulate --format xml", &["text", "json"]),
        ("simulate --kill app-9@5s", hosts),
        ("simulate --restore app-9@5s", hosts),
        ("simulate --slow app-9:2@5s", hosts),
        ("simulate --stop app-9@5s", hosts),
        ("simulate --stop lb-1/keepalived", &["@T"]),
        ("simulate --cut-heartbeat soon", units),
        ("simulate --heal-heartbeat -5s", units),
        ("simulate --kill app-1/apache@5s", &services),
        ("export --out x --kill app-1/apache@5s", &services),
        ("simulate --kill app-1", &["@T"]),
        ("simulate --kill app-1@soon", units),
        ("simulate --kill app-1@-5s", units),
        ("simulate --kill @5s", &["HOST/SERVICE", "app-1/app"]),
        ("simulate --for 10", units),
        ("simulate --for -10s", units),
        ("simulate --rate 0", rates),
        ("simulate --rate -3", rates),
        ("simulate --rate NaN", rates),
        ("simulate --rate inf", rates),
        ("simulate --rate 1000001", rates),
        ("simulate --seed -1", &["0 to 18446744073709551615"]),
        ("simulate --slow app-1:NaN@5s", &["HOST:FACTOR", "app-1:5"]),
        ("simulate --slow app-1:0.5@5s", &["1 to 1000"]),
    ];
    for (arguments, valid) in cases {
        let output = lab(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {output:?}");
        assert!(output.stdout.is_empty(), "{arguments}: {output:?}");
        let told = text(&output.stderr);
        for name in valid {
            assert!(told.contains(name), "{arguments}: no {name} in: {told}");
        }
    }
}

/// A configuration in a file of its own.
fn config(name: &str, text: &str) -> String {
    let path = fresh(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

const CONFIG: &str = "defaults\n mode http\n timeout connect 1s\n timeout server 9s\n http-reuse never\n\
    frontend www\n bind :443 ssl crt www.pem\n use_backend files if { path_beg /static/ }\n default_backend app\n\
    backend files\n server web-1 10.0.20.11:80 check\n\
    backend app\n balance leastconn\n server one 192.0.2.1:8080 check fall 2\n server two 192.0.2.2:8080 check fall 2\n";

#[test]
fn a_configuration_of_haproxy_is_run() {
    let path = config("haproxy.cfg", CONFIG);
    let arguments = format!("simulate --config {path} --kill one@20s --format json");
    let output = lab(&arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = text(&output.stderr);
    let reason = "(each request has a connection of its own)";
    assert_eq!(told, format!("{path}:5: not modelled: http-reuse never {reason}\n"));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(facts(&report, "host-died"), [(20_000_000_000, "one")]);
    let servers = report["servers"].as_array().unwrap();
    let status = |name: &str| {
        servers.iter().find(|server| server["name"] == name).unwrap()["status"].clone()
    };
    assert_eq!(
        (status("one"), status("two"), status("web-1")),
        ("DOWN".into(), "UP".into(), "UP".into())
    );
    let balance =
        report["plan"]["infrastructure"]["hosts"][0]["services"][0]["haproxy"]["backends"][1]
            .clone();
    assert_eq!(balance["balance"], "leastconn");
    assert!(count(&report["requests"]["ok"]) > 1000);
    assert!(done(&format!("simulate --config {path}")).contains("lb-1/app/one"));
}

#[test]
fn a_wrong_configuration_ends_with_2_and_all_that_is_wrong() {
    let wrong = CONFIG
        .replace("leastconn", "fastest")
        .replace("check fall 2\n server two", "fall 0\n server two");
    let path = config("wrong.cfg", &wrong);
    let output = lab(&format!("simulate --config {path}"));
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{output:?}");
    let told = text(&output.stderr);
    assert!(
        told.contains(&format!("{path}:13: found `balance fastest`; allowed: roundrobin, ")),
        "{told}"
    );
    assert!(
        told.contains(&format!("{path}:14: found `fall 0`; allowed: a whole number, 1 to ")),
        "{told}"
    );

    let high = config("high.cfg", &CONFIG.replacen("fall 2", "fall 101", 1));
    let output = lab(&format!("simulate --config {high}"));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        text(&output.stderr).contains("servers.one.fall: found `101`; allowed: 1 to 100"),
        "{output:?}"
    );

    let both = lab(&format!("simulate --preset brief --config {path}"));
    assert_eq!(both.status.code(), Some(2));
    assert!(text(&both.stderr).contains("--config"), "{both:?}");
    let missing = lab("simulate --config no/such/haproxy.cfg");
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("no/such/haproxy.cfg"), "{missing:?}");
}

#[test]
fn help_and_version_are_no_errors() {
    assert!(done("--help").contains("simulate"));
    assert!(done("simulate --help").contains("--kill <HOST[/SERVICE]@T>"));
    assert_eq!(done("--version"), concat!("foobar-lab ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn what_cannot_be_written_ends_with_1_and_says_where() {
    let file = fresh("a-file");
    fs::write(&file, "in the way").unwrap();
    let output = program().args(["export", "--out"]).arg(file.join("below")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("a-file"), "{output:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "in the way");

    if let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") {
        let output = program().arg("presets").stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    for format in ["text", "json"] {
        // More than a pipe holds: the end of the reader is met for certain.
        let arguments = format!("simulate --rate 2000 --kill db-1@1s --format {format}");
        let mut command = program();
        command.args(arguments.split_whitespace());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    }
}

/// The two files of an export: the diagram and the submission.
fn export(name: &str, arguments: &[&str]) -> [String; 2] {
    let out = fresh(name).join("made");
    let output = program().args(["export", "--out"]).arg(&out).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let files = ["diagram.svg", "submission.md"].map(|file| out.join(file));
    let told: Vec<PathBuf> = text(&output.stdout).lines().map(PathBuf::from).collect();
    assert_eq!(told, files, "it says what it wrote");
    files.map(|file| fs::read_to_string(file).unwrap())
}

#[test]
fn an_export_holds_every_component_in_both_files() {
    let [diagram, submission] = export("all", &[]);
    assert!(diagram.len() < 20_000, "{} bytes", diagram.len());
    let drawing = roxmltree::Document::parse(&diagram).unwrap();
    assert!(drawing.root_element().has_tag_name(("http://www.w3.org/2000/svg", "svg")));
    let drawn: String = drawing.descendants().filter_map(|node| node.text()).collect();
    let infrastructure = Preset::Brief.infrastructure();
    let hosts = infrastructure.hosts.iter().map(|host| host.name.clone());
    let vips = infrastructure.vips.iter().map(|vip| vip.name.clone());
    for name in hosts.chain(vips) {
        assert!(drawn.contains(&name), "{name} is not drawn");
        assert!(submission.contains(&name), "{name} is not explained");
    }
    for service in infrastructure.hosts.iter().flat_map(|host| &host.services) {
        assert!(submission.contains(service.title()), "{} is not explained", service.title());
    }
    assert!(submission.contains("](diagram.svg)"), "the diagram is linked");
}

#[test]
fn the_command_in_a_submission_makes_its_run_again() {
    let deed = ["--rate", "35", "--kill", "lb-1@10s", "--slow", "app-2:2.5@1500ms"];
    let [_, submission] = export("again", &deed);
    let mut commands =
        submission.lines().filter_map(|line| line.strip_prefix("foobar-lab simulate "));
    let report = simulate(commands.next().unwrap());
    assert!(submission.contains(report["hash"].as_str().unwrap()), "{report}");
    assert!(submission.contains(&format!("| Failed | {} |", report["requests"]["failed"])));
}

#[test]
fn what_people_type_stays_text() {
    let name = "<script>alert(1)</script> [x](javascript:alert(1)) *b*";
    let [diagram, submission] = export("author", &["--author", name]);
    assert!(!submission.contains("<script") && !submission.contains("[x]("));
    let by = submission.lines().find(|line| line.starts_with("By ")).unwrap();
    assert_eq!(by, r"By &lt;script&gt;alert(1)&lt;/script&gt; \[x\](javascript:alert(1)) \*b\*");
    assert!(!diagram.contains("alert"));
    let [_, plain] = export("plain", &[]);
    assert_eq!(
        submission.replacen(&format!("{by}\n\n"), "", 1),
        plain,
        "the name changes one line"
    );
}

/// A line of a report without the one thing that differs from run to run.
fn untimed(line: &str) -> String {
    let timed = line.split_once(" events in ").zip(line.split_once(" ms, hash "));
    timed.map_or(line.to_owned(), |((events, _), (_, hash))| format!("{events} events, {hash}"))
}

/// Whether all of `printed` is shown; a line of dots stands for any lines.
fn is_shown(printed: &[String], shown: &[String]) -> bool {
    match shown {
        [] => printed.is_empty(),
        [dots, rest @ ..] if dots == "..." => {
            (0..=printed.len()).any(|skipped| is_shown(&printed[skipped..], rest))
        }
        [line, rest @ ..] => printed.first() == Some(line) && is_shown(&printed[1..], rest),
    }
}

/// The examples of the README are run, and print what it shows.
#[test]
fn the_readme_shows_what_the_program_prints() {
    let readme = include_str!("../README.md");
    let blocks =
        readme.split("```console\n").skip(1).map(|block| block.split("```").next().unwrap());
    let examples: Vec<(&str, &str)> = blocks
        .flat_map(|block| block.split("$ target/release/foobar-lab ").skip(1))
        .map(|example| example.split_once('\n').unwrap())
        .collect();
    assert!(examples.len() >= 2);
    for (arguments, shown) in examples {
        let printed: Vec<String> = done(arguments).lines().map(untimed).collect();
        let shown: Vec<String> = shown.lines().map(untimed).collect();
        assert!(is_shown(&printed, &shown), "{arguments} prints:\n{}", printed.join("\n"));
        let changed = [&["another line".to_owned()], &shown[1..]].concat();
        assert!(!is_shown(&printed, &changed), "a changed line is noticed");
    }
}

/// `docs/` is what the program writes today; where this fails, run the command.
#[test]
fn the_example_in_docs_is_what_the_program_writes() {
    let deed = "--kill app-1@20s --restore app-1@40s";
    let made = export("docs", &deed.split(' ').collect::<Vec<_>>());
    for (name, made) in ["diagram.svg", "submission.md"].iter().zip(made) {
        let kept = fs::read_to_string(format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR")));
        assert!(
            kept.unwrap_or_default() == made,
            "docs/{name} is out of date: cargo run --release -- export --out docs {deed}"
        );
    }
}
