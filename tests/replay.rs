//! Recorded truth: `foobar-lab replay` on every trace of the real programs, and on traces that were tampered with.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn traces(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn replay(files: &[PathBuf]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foobar-lab")).arg("replay").args(files).output().unwrap()
}

fn lines(output: &Output) -> Vec<&str> {
    std::str::from_utf8(&output.stdout).unwrap().lines().collect()
}

/// Each is named ok, and nothing else is said.
fn agree(files: &[PathBuf]) {
    let output = replay(files);
    let expected: Vec<String> = files
        .iter()
        .map(|file| format!("ok {}", file.file_stem().unwrap().to_str().unwrap()))
        .collect();
    assert_eq!(lines(&output), expected);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_model_does_what_was_recorded_in_every_group() {
    let files = traces("traces");
    for group in 'A'..='H' {
        let is_of =
            |file: &&PathBuf| file.file_stem().unwrap().to_str().unwrap().starts_with(group);
        assert!(files.iter().any(|file| is_of(&file)), "{group}");
    }
    agree(&files);
}

/// Cases in which the live judge once found the model to differ.
#[test]
fn the_model_does_what_the_live_judge_recorded() {
    agree(&traces("live"));
}

/// A copy of a trace with one thing in it changed.
fn changed(trace: &str, from: &str, to: &str) -> PathBuf {
    let file = traces("traces").into_iter().find(|file| file.ends_with(trace)).unwrap();
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{trace} has no {from}");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay");
    fs::create_dir_all(&folder).unwrap();
    let copy = folder.join(format!("{}-{trace}", from.len() * 1000 + to.len()));
    fs::write(&copy, text.replacen(from, to, 1)).unwrap();
    copy
}

#[test]
fn what_differs_first_is_told_and_the_other_files_are_played_all_the_same() {
    let files = [
        changed("A-rr-w5_1_1.json", r#""server":"s1""#, r#""server":"s3""#),
        traces("traces")[0].clone(),
    ];
    let output = replay(&files);
    let [first, second] = lines(&output)[..] else { panic!("{output:?}") };
    assert!(first.starts_with("DIFFERS ") && first.contains(": request 0 at "), "{first}");
    assert!(first.ends_with("server: recorded s3, model s1"), "{first}");
    assert!(second.starts_with("ok "), "{second}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn what_is_not_modelled_is_named() {
    let file = changed("A-rr-w5_1_1.json", "balance roundrobin", "balance rdp-cookie");
    let output = replay(&[file]);
    let [line] = lines(&output)[..] else { panic!("{output:?}") };
    assert!(line.starts_with("unsupported ") && line.contains("rdp-cookie"), "{line}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_file_that_is_no_trace_is_refused_with_its_place() {
    let file = changed("A-rr-w5_1_1.json", r#""requests""#, r#""requests" oops"#);
    let output = replay(std::slice::from_ref(&file));
    let told = String::from_utf8(output.stderr).unwrap();
    let place = format!("{}:", file.display());
    let rest = told.split_once(&place).unwrap_or_else(|| panic!("{told}")).1;
    let (line, rest) = rest.split_once(':').unwrap();
    assert!(line.parse::<usize>().unwrap() > 1, "{told}");
    assert!(rest.contains("found") && rest.contains("allowed"), "{told}");
    assert_eq!(output.status.code(), Some(2));
}
