//! What a run is asked afterwards: why a request ended so, and with which command it can be had again.

use std::fs;

use serde_json::Value;

use super::{done, fresh, lab, text};

#[test]
fn why_tells_the_chain_of_a_request_and_what_would_have_changed_it() {
    let run = "--seed 1 --for 30s --kill app-1@20s";
    let log = done(&format!("simulate {run}"));
    let line = log.lines().find(|line| line.contains(" failed: 503 ")).unwrap();
    let number = line.split("request ").nth(1).unwrap().split(' ').next().unwrap();
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
