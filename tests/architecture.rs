//! The laws of the house, read from the sources: who may use whom, what may stand where, and whether the documents name what
//! there is. A breach is told as `file:line: reason`. The checker is a handful of functions over text: small samples at
//! the end show that it finds what it is for.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

#[path = "architecture/rust.rs"]
mod rust;

use std::path::Path;
use std::process::Command;

use rust::{Source, paths};

/// The rooms in order, and what each must not know. A room may use the rooms above it, never one below.
const ROOMS: [(&str, &str); 16] = [
    ("kernel", "time, chance and queues know no networking word"),
    ("theory", "closed forms judge the simulation, so they use nothing but kernel"),
    ("infra", "what stands there knows nothing of behaviour, chance or screens"),
    ("config", "a configuration file tells what stands there, not how it behaves"),
    ("haproxy", "a proxy knows no network, no machine and no client: time in, effects out"),
    ("nginx", "a reverse proxy knows no network, no machine and no client either"),
    ("sim", "behaviour knows nothing of documents, lessons or screens"),
    ("run", "a run is a value and knows no screen"),
    ("replay", "a judge of the model knows no screen"),
    ("diagram", "how the state came about is not the picture's business"),
    ("lesson", "an exercise knows no screen"),
    ("submission", "a document knows no screen"),
    ("page", "the markup is made once for all faces, so it knows none of them"),
    ("desk", "an answer is the same wherever it is shown"),
    ("cli", "the two faces must not know each other"),
    ("ui", "the two faces must not know each other"),
];
const FACES: [&str; 2] = ["cli", "ui"];

/// Words that may stand in some rooms only: the words, the rooms (or files), the reason.
const WORDS: [(&[&str], &[&str], &str); 6] = [
    (
        &[
            "leptos",
            "web_sys",
            "js_sys",
            "wasm_bindgen",
            "wasm_bindgen_futures",
            "gloo",
            "gloo_timers",
        ],
        &["ui", "src/bin/desk.rs"],
        "the browser is known to ui and to the desk's worker alone",
    ),
    (
        &["target_arch", "target_family", "target_os"],
        &["ui", "src/lib.rs", "src/main.rs", "src/bin/desk.rs"],
        "the same code runs natively and in wasm (law 1): only lib.rs and the programs choose a face",
    ),
    (&["clap"], &["cli"], "the command line is known to cli alone"),
    (&["Instant", "SystemTime"], &FACES, "one clock (law 2): below the faces time is simulated"),
    (
        &["HashMap", "HashSet", "RandomState"],
        &FACES,
        "their order differs from run to run (law 1): use a BTreeMap or a Vec",
    ),
    (&["rand"], &["kernel"], "chance is addressed (law 3): draw from kernel::Chance"),
];
/// Modules of `std` through which a room would touch the world outside.
const OUTSIDE: [&str; 6] = ["env", "fs", "io", "os", "process", "thread"];
const LONGEST: usize = 500;

// --- the laws -----------------------------------------------------------------------------------------------------------------

/// Every breach in one file of `src`, as `file:line: reason`.
fn breaches(file: &str, text: &str) -> Vec<String> {
    let source = Source::read(text);
    let room = file.split('/').nth(1).unwrap_or("");
    let mut found = Vec::new();
    // lib.rs and main.rs stand before all rooms: they open them.
    if ROOMS.iter().any(|(name, _)| *name == room) {
        for (line, path) in paths(file, &source) {
            found.extend(misuse(room, &path).map(|reason| (line, reason)));
        }
    }
    for (i, (line, word)) in source.code.iter().enumerate() {
        found.extend(misplaced(file, room, word).map(|reason| (*line, reason)));
        let is_outside = source.follows(i, "std :: ?") && OUTSIDE.contains(&source.word(i + 2));
        if is_outside && !FACES.contains(&room) && file != "src/main.rs" {
            let reason =
                "below the faces everything is pure: no files, no input or output, no threads";
            found.push((*line, format!("std::{}: {reason}", source.word(i + 2))));
        }
        if ["todo", "unimplemented", "dbg"].contains(&word.as_str()) && source.word(i + 1) == "!" {
            found.push((*line, format!("{word}! is unfinished work")));
        }
    }
    for (line, comment) in &source.comments {
        let mark = ["FIXME", "TODO", "XXX"].into_iter().find(|mark| comment.contains(mark));
        found.extend(mark.map(|mark| (*line, format!("{mark}: open an issue instead"))));
    }
    if !text.starts_with("//!") {
        found.push((1, "a file begins with //! and what it is for".to_owned()));
    }
    let length = length(file, text, &source);
    if length > LONGEST {
        found.push((
            LONGEST,
            format!("{length} lines without its tests; find a seam below {LONGEST}"),
        ));
    }
    found.sort();
    found.dedup();
    found.into_iter().map(|(line, reason)| format!("{file}:{line}: {reason}")).collect()
}

/// Why a room may not use this path.
fn misuse(room: &str, path: &[String]) -> Option<String> {
    let place = |name: &str| ROOMS.iter().position(|(known, _)| *known == name);
    let names = |index: usize| path.get(index).map_or("", String::as_str);
    let to = names(0);
    // Which program this is, lib.rs knows and tells all.
    if to == room || path.is_empty() || to == "IS_FIRST_LOAD" {
        return None;
    }
    let Some(target) = place(to) else {
        return Some(format!("{room} uses `{}` of the crate: name a room", path.join("::")));
    };
    let because = ROOMS[place(room)?].1;
    let breach = format!("{room} may not use {}: ", path.join("::"));
    if Some(target) > place(room) || FACES.contains(&to) {
        return Some(format!("{breach}{because}"));
    }
    match (room, to) {
        ("sim", "theory") if names(1) != "vrrp" => Some(format!(
            "{breach}theory judges sim, which takes from it only theory::vrrp, the timers that the protocol itself defines"
        )),
        // A reading is a figure to be drawn, not a history.
        ("diagram", "run") if names(1) != "LinkFlow" => Some(format!("{breach}{because}")),
        ("infra", "kernel") if ["Agenda", "Chance", "Draw", "Station"].contains(&names(1)) => {
            Some(format!("{breach}{because}"))
        }
        _ => None,
    }
}

/// Why a word may not stand in this room.
fn misplaced(file: &str, room: &str, word: &str) -> Option<String> {
    let law = WORDS.iter().find(|(words, _, _)| words.contains(&word))?;
    let (_, places, because) = law;
    (!places.contains(&room) && !places.contains(&file)).then(|| format!("{word}: {because}"))
}

/// The lines of a file that are not tests.
fn length(file: &str, text: &str, source: &Source) -> usize {
    if file.contains("/tests/") {
        return 0;
    }
    let lines = text.lines().count();
    let starts = (0..source.code.len()).find(|i| source.follows(*i, "# [ cfg ( test ) ] mod ? {"));
    let Some(start) = starts else { return lines };
    let mut depth = 0;
    let end = (start..source.code.len()).find(|i| {
        depth += i32::from(source.word(*i) == "{") - i32::from(source.word(*i) == "}");
        depth == 0 && source.word(*i) == "}"
    });
    let line = |index: usize| source.code[index].0;
    lines - end.map_or(0, |end| line(end) + 1 - line(start))
}

// --- the documents ------------------------------------------------------------------------------------------------------------

/// The rooms of the table in ARCHITECTURE.md: rows that begin with a folder, such as "| `kernel/` |".
fn rooms_in_table(document: &str) -> Vec<&str> {
    let row = |line: &'_ str| line.strip_prefix("| `").and_then(|rest| rest.find("/` |"));
    let rows = document.lines().filter_map(|line| row(line).map(|end| &line[3..3 + end]));
    rows.collect()
}

/// What a document puts between single backticks, with its line; not what stands in its code blocks.
fn quoted(document: &str) -> Vec<(usize, &str)> {
    let mut in_block = false;
    let mut found = Vec::new();
    for (number, line) in document.lines().enumerate() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            found.extend(line.split('`').skip(1).step_by(2).map(|word| (number + 1, word)));
        }
    }
    found
}

/// Why something a document quotes is not there: a path of the repository, or a target of the Makefile.
fn missing(
    word: &str,
    folders: &[&str],
    makefile: &str,
    exists: impl Fn(&str) -> bool,
) -> Option<String> {
    if let Some(target) = word.strip_prefix("make ") {
        let target = target.split(' ').next().unwrap_or("");
        let is_there = makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
        return (!is_there).then(|| format!("`{word}`: the Makefile has no such target"));
    }
    let is_path =
        !word.contains(' ') && word.split_once('/').is_some_and(|(top, _)| folders.contains(&top));
    (is_path && !exists(word)).then(|| format!("`{word}` is not there"))
}

/// What tells on which machine, or behind which mirror, a file was made.
fn machine_words(text: &str) -> Vec<(usize, &'static str)> {
    const WORDS: [&str; 12] = [
        "/home/",
        "/root/",
        "/Users/",
        "/work/",
        "/workspace/",
        "C:\\Users",
        "registry.npmjs",
        "crates.io",
        "pypi.",
        "proxy.golang",
        "artifactory",
        "/tmp/",
    ];
    let lines = text.lines().enumerate();
    let found = lines.flat_map(|(number, line)| {
        WORDS.into_iter().filter(|word| line.contains(word)).map(move |word| (number + 1, word))
    });
    found.collect()
}

// --- the repository -----------------------------------------------------------------------------------------------------------

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The Rust files under a folder, as `src/sim/world.rs`, in order.
fn rust_files(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            files.extend(rust_files(&name));
        } else if entry.path().extension().is_some_and(|ending| ending == "rs") {
            files.push(name);
        }
    }
    files.sort();
    files
}

/// The files under version control; none where there is none (a copy of the sources).
fn tracked() -> Vec<String> {
    if !root().join(".git").exists() {
        return Vec::new();
    }
    let mut git = Command::new("git");
    let listed = git
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).unwrap();
    names.split_terminator('\0').map(str::to_owned).collect()
}

fn rooms_of_the_library() -> Vec<String> {
    let source = Source::read(&read("src/lib.rs"));
    let modules = (0..source.code.len()).filter(|i| source.follows(*i, "pub mod"));
    modules.map(|i| source.word(i + 2).to_owned()).collect()
}

fn none(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn every_file_keeps_the_laws() {
    let files = rust_files("src");
    assert!(files.len() > 50, "{files:?}");
    none(&files.iter().flat_map(|file| breaches(file, &read(file))).collect::<Vec<_>>());
}

#[test]
fn tests_and_benchmarks_say_what_they_are_for_and_are_finished() {
    let files = rust_files("tests").into_iter().chain(rust_files("benches"));
    let about =
        |breach: &String| ["//!", "unfinished", "issue"].iter().any(|part| breach.contains(part));
    none(&files.flat_map(|file| breaches(&file, &read(&file))).filter(about).collect::<Vec<_>>());
}

/// A file that has lost its tests passes without a word.
#[test]
fn every_spec_of_the_browser_has_tests() {
    let files = tracked();
    let specs: Vec<&String> = files.iter().filter(|file| file.ends_with(".spec.ts")).collect();
    assert!(specs.len() > 20, "{specs:?}");
    let is_idle =
        |file: &&&String| !read(file).lines().any(|line| line.trim_start().starts_with("test("));
    let idle: Vec<String> =
        specs.iter().filter(is_idle).map(|file| format!("{file}: no test in it")).collect();
    none(&idle);
}

#[test]
fn the_rooms_are_those_of_the_architecture() {
    let mut rooms = rooms_of_the_library();
    let document = read("ARCHITECTURE.md");
    let mut named = rooms_in_table(&document);
    let mut ordered: Vec<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    assert_eq!(named, ordered, "the table of ARCHITECTURE.md has the rooms in this order");
    rooms.sort();
    named.sort_unstable();
    ordered.sort_unstable();
    assert_eq!(rooms, named, "src/lib.rs and the table of ARCHITECTURE.md name the same rooms");
}

#[test]
fn what_the_documents_point_at_is_there() {
    let makefile = read("Makefile");
    let folders = ["src", "tests", "benches", "scripts", "style", "public", "docs", ".ci"];
    let mut found = Vec::new();
    for file in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let document = read(file);
        for (line, word) in quoted(&document) {
            let reason = missing(word, &folders, &makefile, |path| root().join(path).exists());
            found.extend(reason.map(|reason| format!("{file}:{line}: {reason}")));
        }
    }
    none(&found);
}

/// Lock files name where a package came from; this file names what it looks for.
#[test]
fn no_file_tells_on_which_machine_it_was_made() {
    let is_text = |file: &String| !file.contains("lock") && file != "tests/architecture.rs";
    let mut found = Vec::new();
    for file in tracked().into_iter().filter(is_text) {
        let Ok(text) = std::fs::read_to_string(root().join(&file)) else { continue };
        found.extend(
            machine_words(&text).iter().map(|(line, word)| format!("{file}:{line}: {word}")),
        );
    }
    none(&found);
}

// --- the checker finds what it is for -----------------------------------------------------------------------------------------

/// The reasons for which a file with this content is refused, each cut to what comes before the colon.
fn refused(file: &str, code: &str) -> Vec<String> {
    let found = breaches(file, &format!("//! A sample.\n{code}"));
    let reasons = found.iter().map(|breach| breach.split(": ").nth(1).unwrap().to_owned());
    reasons.collect()
}

#[test]
fn it_finds_an_import_against_the_direction() {
    let cases = [
        ("src/kernel/agenda.rs", "use crate::sim::Plan;", "kernel may not use sim::Plan"),
        ("src/theory/vrrp.rs", "use crate::infra::Host;", "theory may not use infra::Host"),
        ("src/theory/vrrp.rs", "use super::super::sim::World;", "theory may not use sim::World"),
        ("src/sim/haproxy/proxy.rs", "use super::super::super::run;", "sim may not use run"),
        (
            "src/sim/world.rs",
            "use crate::{\n    kernel::SimTime,\n    theory::{vrrp, queueing::Mmc},\n};",
            "sim may not use theory::queueing::Mmc",
        ),
        ("src/sim/world.rs", "use crate::theory;", "sim may not use theory"),
        ("src/sim/world.rs", "fn f() { let _ = crate::page::lab(); }", "sim may not use page::lab"),
        (
            "src/infra/host.rs",
            "use crate::kernel::{Chance, SimTime};",
            "infra may not use kernel::Chance",
        ),
        ("src/diagram/scene.rs", "use crate::run::Run as R;", "diagram may not use run::Run"),
        ("src/page/lab.rs", "use crate::cli;", "page may not use cli"),
        ("src/cli/mod.rs", "use crate::ui::start;", "cli may not use ui::start"),
        ("src/ui/app.rs", "use crate::cli::main;", "ui may not use cli::main"),
        (
            "src/sim/world.rs",
            "mod tests { use super::super::super::lesson::X; }",
            "sim may not use lesson::X",
        ),
        ("src/sim/world.rs", "use crate as lab;", "sim uses `*` of the crate"),
        ("src/sim/world.rs", "use crate::*;", "sim uses `*` of the crate"),
    ];
    for (file, code, reason) in cases {
        assert_eq!(refused(file, code), [reason], "{code}");
    }
}

#[test]
fn it_lets_pass_what_is_allowed() {
    let cases = [
        (
            "src/sim/world.rs",
            "use super::{Plan, wiring};\nuse crate::theory::vrrp::skew;\nuse crate::theory::vrrp;",
        ),
        (
            "src/submission/figures.rs",
            "use crate::theory::{detection, vrrp};\nuse crate::sim::Plan;",
        ),
        ("src/diagram/compose/links.rs", "use crate::run::LinkFlow;"),
        ("src/page/lab.rs", "mod tests { use super::super::lab; use crate::run::{self, Run}; }"),
        ("src/ui/app.rs", "use leptos::prelude::*;\nuse std::time::Instant;"),
        (
            "src/sim/world.rs",
            "/// Like [`crate::page::lab`].\nfn f<'a>(x: &'a str) -> char { let _ = \"use crate::ui;\"; let _ = r#\"\"crate::ui::x\"#; '\"' }",
        ),
        ("src/lib.rs", "#[cfg(target_arch = \"wasm32\")]\npub mod ui;"),
    ];
    for (file, code) in cases {
        assert_eq!(refused(file, code), [""; 0], "{code}");
    }
}

#[test]
fn it_finds_what_stands_in_the_wrong_room() {
    let cases = [
        ("src/page/lab.rs", "use web_sys::Element;", "web_sys"),
        ("src/run/mod.rs", "#[cfg(target_arch = \"wasm32\")] fn f() {}", "target_arch"),
        ("src/sim/world.rs", "use std::time::Instant;", "Instant"),
        ("src/infra/host.rs", "use std::collections::{BTreeMap, HashMap};", "HashMap"),
        ("src/sim/client.rs", "use rand::Rng;", "rand"),
        ("src/submission/mod.rs", "fn f() { std::fs::write(\"a\", \"b\"); }", "std::fs"),
        ("src/lesson/mod.rs", "use clap::Parser;", "clap"),
        ("src/run/mod.rs", "fn f() { todo!() }", "todo! is unfinished work"),
        ("src/run/mod.rs", "// FIXME later", "FIXME"),
    ];
    for (file, code, reason) in cases {
        assert_eq!(refused(file, code), [reason], "{code}");
    }
    assert_eq!(
        breaches("src/run/mod.rs", "\nuse crate::page;\n//! Late.")[1],
        "src/run/mod.rs:2: run may not use page: a run is a value and knows no screen"
    );
    assert!(
        breaches("src/run/mod.rs", "fn f() {}")[0]
            .starts_with("src/run/mod.rs:1: a file begins with //!")
    );
}

#[test]
fn it_counts_lines_without_tests() {
    let long = |lines: usize, tests: usize| {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "fn t() {}\n".repeat(tests));
        refused("src/run/mod.rs", &format!("{}{tests}", "fn f() {}\n".repeat(lines))).len()
    };
    assert_eq!([long(LONGEST - 1, 900), long(LONGEST, 0)], [0, 1]);
}

#[test]
fn it_finds_what_the_documents_get_wrong() {
    assert_eq!(
        rooms_in_table("| room | holds |\n| `kernel/` | time |\n| `sim/` | all |\n"),
        ["kernel", "sim"]
    );
    assert_eq!(quoted("a `b` c `d e`\n```\n`no`\n```\n"), [(1, "b"), (1, "d e")]);
    let missing =
        |word| missing(word, &["src"], "test: setup\n", |path| path == "src/lib.rs").is_some();
    assert_eq!(
        ["src/lib.rs", "src/gone.rs", "a/b", "make test", "make tea"].map(missing),
        [false, true, false, false, true]
    );
    assert_eq!(machine_words("ok\nsee /home/ann/lab\n"), [(2, "/home/")]);
    assert_eq!(machine_words("https://www.foobar.com/static/ and dist/\n"), []);
}
