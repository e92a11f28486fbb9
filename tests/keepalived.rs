//! The model against the real keepalived, in network namespaces: how long until another machine has the address, and until the first has
//! it back. Needs root; `make conformance` runs it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

#[path = "simulation/given.rs"]
mod given;

use std::process::Command;

use foobar_lab::infra::{Service, TrackScript};
use foobar_lab::sim::{Action, Plan};
use given::{facts, kill, plan, restore, run};
use serde_json::Value;

/// Something happens to lb-1 at this instant, and is over at that.
const DEED: f64 = 20.0;
const CURE: f64 = 40.0;
/// What starting takes in the real one, and how late a machine at work may see it, in seconds.
const START: f64 = 0.04;
const SLACK: f64 = 0.06;
/// The failure comes at so many instants of a second, with so many seeds each.
const INSTANTS: u32 = 20;
const SEEDS: u64 = 20;

fn stop(component: &str) -> Action {
    Action::Stop(component.parse().unwrap())
}

/// A plan with this weight of the tracked script. The seed says when scripts run and adverts are sent.
fn with_weight(seed: u64, weight: i32) -> Plan {
    let mut plan = plan(seed);
    for service in plan.infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Keepalived(keepalived) = service {
            keepalived.track_script =
                Some(TrackScript { fall: 2, rise: 2, weight, ..TrackScript::default() });
        }
    }
    plan
}

/// What happens in a scenario, how it ends, and what it adds to the way back that something is started.
fn scenario(name: &str, seed: u64) -> (Plan, Action, Action, f64) {
    let (haproxy, keepalived) = ("lb-1/haproxy", "lb-1/keepalived");
    match name {
        "kill" => (with_weight(seed, 0), kill(keepalived), restore(keepalived), START),
        "cut" => (with_weight(seed, 0), kill("lb-1"), restore("lb-1"), 0.0),
        "stop" => (with_weight(seed, 0), stop(keepalived), restore(keepalived), START),
        "script-0" => (with_weight(seed, 0), kill(haproxy), restore(haproxy), 0.0),
        "script-5" => (with_weight(seed, -5), kill(haproxy), restore(haproxy), 0.0),
        _ => panic!("{name} is no scenario"),
    }
}

/// The shortest and the longest that the address of lb-1 takes in the model until lb-2 has it, and until lb-1 has it back.
fn model(name: &str) -> [[f64; 2]; 2] {
    let mut spans = [[f64::INFINITY, 0.0]; 2];
    let instants = |seed| (0..INSTANTS).map(move |instant| (seed, instant));
    for (seed, instant) in (0..SEEDS).flat_map(instants) {
        let phase = f64::from(instant) / f64::from(INSTANTS);
        let (plan, deed, cure, start) = scenario(name, seed);
        let deeds = [(DEED + phase, deed), (CURE + phase, cure)];
        let run = run(plan, &deeds, 60.0);
        let taken = facts(&run, "vip-taken", 0.0);
        let [first, second] = taken.as_slice() else { panic!("{name}: {taken:?}") };
        for (span, took) in
            spans.iter_mut().zip([first.0 - DEED - phase, second.0 - CURE - phase + start])
        {
            *span = [span[0].min(took), span[1].max(took)];
        }
    }
    spans
}

#[test]
#[ignore = "starts the installed keepalived in network namespaces, as root, and takes half a minute"]
fn the_address_moves_when_the_model_says() {
    if Command::new("id").arg("-u").output().unwrap().stdout != b"0\n" {
        println!("keepalived: skipped, network namespaces need root");
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keepalived/times.py");
    let output = Command::new("python3").args([script, "2"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let mut compared = 0;
    for line in said.lines() {
        let measured: Value = serde_json::from_str(line).unwrap();
        let name = measured["scenario"].as_str().unwrap();
        for (key, [low, high]) in ["taken", "back"].into_iter().zip(model(name)) {
            let took = measured[key].as_f64().unwrap();
            println!(
                "keepalived, {name}: {key} after {took:.3} s, the model {low:.3} to {high:.3} s"
            );
            assert!((low - SLACK..=high + SLACK).contains(&took), "{name}, {key}: {took}");
            compared += 1;
        }
    }
    assert_eq!(compared, 20);
}
