//! The command: what it prints, and how it ends: 0 all right, 1 something failed, 2 it could not be read.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

fn lab(line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foobar-lab")).args(line.split_whitespace()).output().unwrap()
}

fn ended(line: &str) -> (Option<i32>, String, String) {
    let output = lab(line);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn kept(name: &str) -> String {
    format!("{}/tests/check/{name}.md", env!("CARGO_MANIFEST_DIR"))
}

/// A file of this name with these bytes.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn what_is_right_ends_with_0() {
    for (task, name) in [(0, "simple"), (1, "distributed"), (2, "secured"), (3, "scale_up")] {
        let (code, told, error) = ended(&format!("check --task {task} --text {}", kept(name)));
        assert_eq!((code, error.as_str()), (Some(0), ""), "{told}");
        assert_eq!(ended(&format!("check --task {task}")).0, Some(0));
    }
    let (_, told, _) = ended(&format!("check --task 3 --text {}", kept("scale_up")));
    assert_eq!(told.lines().last(), Some("5 of 5 graded points"));
}

#[test]
fn what_fails_ends_with_1_and_is_told_whole() {
    let (code, told, error) = ended("check --task 3 --preset distributed");
    assert_eq!((code, error.as_str()), (Some(1), ""));
    assert!(told.contains("fail") && told.contains("do:  add a second HAProxy"), "{told}");

    let path = file("check_wrong.md", b"All SPOFs have been removed.");
    let line = format!("check --task 3 --text {} --format json", path.display());
    let (code, told, _) = ended(&line);
    assert_eq!(code, Some(1));
    let report: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(report["task"], 3);
    assert_eq!(report["infrastructure"], "brief");
    assert_eq!(report["graded"]["of"], 5);
    let findings = report["findings"].as_array().unwrap();
    let single = findings.iter().find(|finding| finding["id"] == "C3-5").unwrap();
    assert_eq!(single["verdict"], "fail");
    assert_eq!(single["section"], "correctness");
    for key in ["found", "why", "todo"] {
        assert!(!single[key].as_str().unwrap().is_empty(), "{single}");
    }
}

#[test]
fn a_plan_from_a_file_is_checked() {
    let plan = file("check_plan.json", br#"{"preset": "literal"}"#);
    let (code, told, _) = ended(&format!("check --task 3 --plan {}", plan.display()));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.starts_with("task 3, scale up: the plan literal without a text\n"), "{told}");
}

#[test]
fn what_cannot_be_read_ends_with_2_and_says_why() {
    let binary = file("check_binary.md", &[0xff, 0xfe, 0x00]);
    let no_plan = file("check_no_plan.json", b"{}");
    for (line, why) in [
        ("check".to_owned(), "--task"),
        ("check --task 4".to_owned(), "the tasks are: 0, 1, 2, 3"),
        ("check --task -1".to_owned(), "the tasks are: 0, 1, 2, 3"),
        ("check --task 3 --preset nope".to_owned(), "the presets are:"),
        ("check --task 3 --preset brief --plan x".to_owned(), "--plan"),
        ("check --task 3 --plan no/such.json".to_owned(), "no/such.json"),
        ("check --task 3 --text no/such.md".to_owned(), "no/such.md"),
        (format!("check --task 3 --text {}", binary.display()), "UTF-8"),
        (format!("check --task 3 --plan {}", no_plan.display()), "preset, infrastructure"),
        ("check --task 3 --format xml".to_owned(), "json"),
    ] {
        let (code, told, error) = ended(&line);
        assert_eq!((code, told.as_str()), (Some(2), ""), "{line}: {error}");
        assert!(error.contains(why), "{line}: {error}");
    }
}
