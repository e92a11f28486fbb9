//! What a run is asked afterwards: why a request ended so, and with which command it can be had again.

use std::fs;

use foobar_lab::run::permalink;
use foobar_lab::sim::History;
use serde_json::Value;

use super::{done, fresh, lab, text};

#[test]
fn why_tells_the_chain_of_a_request_and_what_would_have_changed_it() {
    let run = "--seed 1 --for 30s --kill app-1@20s";
    let log = done(&format!("simulate {run}"));
    let line = log.lines().find(|line| line.contains(" failed: 503 ")).unwrap();
    let number = line.split("Request ").nth(1).unwrap().split(' ').next().unwrap();
    let told = done(&format!("why {run} --request {number}"));
    for expected in [
        &format!("request {number}, GET "),
        "balance roundrobin: ",
        "-> app-1 ",
        "cause: ",
        "what would have changed it: `option redispatch`",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let json: Value =
        serde_json::from_str(&done(&format!("why {run} --request {number} --format json")))
            .unwrap();
    assert_eq!(json["ok"], false);
    let steps = json["steps"].as_array().unwrap();
    let picked = steps.iter().find(|step| !step["choice"].is_null()).unwrap();
    assert_eq!(picked["choice"]["candidates"].as_array().unwrap().len(), 2);
    let refused = lab(&format!("why {run} --request 99999"));
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("there is no request 99999"));
}

/// It names what was typed, which requests there are, and what would help.
#[test]
fn why_refuses_a_number_that_no_request_has() {
    let numbers = ["requests are numbered from 1", "1 to 18446744073709551615"].as_slice();
    let later = ["a run that goes on for longer"].as_slice();
    for (typed, run, told) in [
        ("0", "", numbers),
        ("-1", "", numbers),
        ("1.5", "", numbers),
        ("first", "", numbers),
        ("99999999999999999999", "", numbers),
        ("999999999", "--for 10s", later),
        ("999999999", "--for 10s", ["numbered from 1, and by 00:10.000 users"].as_slice()),
        ("3", "--for 0s", ["by 00:00.000 users have sent none; let the run go on"].as_slice()),
    ] {
        let refused = lab(&format!("why {run} --request {typed}"));
        assert_eq!(refused.status.code(), Some(2), "{typed}");
        let said = text(&refused.stderr);
        for words in [typed].iter().chain(told) {
            assert!(said.contains(words), "{typed}: no {words} in: {said}");
        }
    }
}

#[test]
fn the_command_in_the_evidence_names_the_slow_clients() {
    let folder = fresh("slow-clients");
    done(&format!("export --for 20s --slow-clients 0.25:5s --out {}", folder.display()));
    let submission = fs::read_to_string(folder.join("submission.md")).unwrap();
    let command = submission.lines().find(|line| line.starts_with("foobar-lab simulate")).unwrap();
    assert!(command.contains(" --slow-clients 0.25:5s"), "{command}");
    let again = command[command.find("simulate").unwrap()..].trim_end_matches(['`', '.', ' ']);
    let hash = done(again).split("hash ").nth(1).unwrap().trim().to_owned();
    assert!(submission.contains(&hash), "{hash}");
}

const LINK: &str = "run/1/distributed;seed=7;at=15s;5s+kill+server-1";

/// The commands of a document, in order.
fn commands(document: &str) -> Vec<&str> {
    document.lines().filter(|line| line.starts_with("foobar-lab simulate")).collect()
}

#[test]
fn several_runs_are_told_each_with_the_command_that_makes_it_again() {
    let folder = fresh("several-runs");
    fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    fs::write(path("run.txt"), format!("{LINK}\n")).unwrap();
    fs::write(path("plan.json"), done("plan --preset extended --seed 9 --for 5s")).unwrap();
    done(&format!(
        "export --for 10s --kill app-1@2s --evidence https://example.org/lab/#{LINK} --evidence {} --evidence {} --out {} --format md,html,zip",
        path("run.txt"),
        path("plan.json"),
        folder.display()
    ));
    let document = fs::read_to_string(folder.join("submission.md")).unwrap();
    let told: Vec<&str> = document.lines().filter(|line| line.starts_with("| Run ")).collect();
    for (row, begins) in told.iter().skip(1).zip([
        "| Run 1 | brief | 1 | 10 s |",
        "| Run 2 | distributed | 7 | 15 s |",
        "| Run 3 | distributed | 7 | 15 s |",
        "| Run 4 | extended | 9 | 5 s |",
    ]) {
        assert!(row.starts_with(begins), "{row}");
    }
    assert_eq!(told.len(), 5, "a head and four runs: {told:#?}");
    let commands = commands(&document);
    assert_eq!(commands.len(), 4, "{commands:#?}");
    for command in &commands {
        let report = done(command.strip_prefix("foobar-lab ").unwrap());
        let hash = report.split("hash ").nth(1).unwrap().trim();
        assert!(document.contains(hash), "{command} gives {hash}");
    }
    assert!(
        document.contains(
            &permalink::read(LINK, History::Off).unwrap().simulation().digest().to_string()
        )
    );
    let page = fs::read_to_string(folder.join("submission.html")).unwrap();
    assert!(page.contains("<h3>Run 4</h3>") && page.contains("<h4>Figures of run 4</h4>"));
}

#[test]
fn what_is_no_run_is_refused_as_evidence() {
    let folder = fresh("no-run");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("poem.txt");
    fs::write(&file, "roses are red").unwrap();
    for (evidence, code, named) in [
        ("run/1/brief;5s+dance", 2, "`5s dance`"),
        (file.to_str().unwrap(), 2, "poem.txt"),
        ("no-such-file", 1, "no-such-file"),
    ] {
        let out = folder.join("out").display().to_string();
        let output = lab(&format!("export --for 1s --evidence {evidence} --out {out}"));
        assert_eq!(output.status.code(), Some(code), "{evidence}");
        assert!(text(&output.stderr).contains(named), "{evidence}: {}", text(&output.stderr));
    }
}

/// A diagram is its own source: what it was made from can be had back from it.
#[test]
fn a_diagram_keeps_the_run_that_it_shows() {
    let (first, second) = (fresh("kept-by-a-diagram"), fresh("read-from-a-diagram"));
    done(&format!("export --for 20s --kill app-1@5s --edit add-app --out {}", first.display()));
    let picture = first.join("diagram.svg");
    let svg = fs::read_to_string(&picture).unwrap();
    let link = permalink::within(&svg);
    let run = permalink::read(link, History::Off).unwrap();
    assert_eq!(run.plan().infrastructure.hosts.len(), 7);
    assert_eq!(run.all_actions().len(), 1);
    done(&format!("export --evidence {} --out {}", picture.display(), second.display()));
    let submission = fs::read_to_string(second.join("submission.md")).unwrap();
    let digest = run.simulation().digest().to_string();
    assert!(submission.contains(&digest), "{digest}");
    // What no link can say is not said wrongly.
    let plan = first.join("plan.json");
    let mut report: Value = serde_json::from_str(&done("simulate --for 1s --format json")).unwrap();
    report["plan"]["infrastructure"]["network"]["lan_latency"] = "9ms".into();
    fs::write(&plan, report["plan"].to_string()).unwrap();
    done(&format!("export --plan {} --out {}", plan.display(), second.display()));
    assert!(!fs::read_to_string(second.join("diagram.svg")).unwrap().contains("<metadata"));
}
