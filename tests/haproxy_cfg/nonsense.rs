//! Whatever a file holds: no panic, no hang, and errors that name a line of it.

use std::time::{Duration, Instant};

use foobar_lab::config::haproxy_cfg::{ConfigError, MOST_BYTES, read, site};
use proptest::prelude::*;

use super::{HEAD, reading, refused};

const REAL: &str = include_str!("site.cfg");
const WORDS: [&str; 40] = [
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "peers",
    "from",
    "server",
    "bind",
    "balance",
    "uri",
    "len",
    "hash-type",
    "consistent",
    "cookie",
    "insert",
    "acl",
    "use_backend",
    "if",
    "unless",
    "{",
    "}",
    "!",
    "or",
    "path_beg",
    "-i",
    "--",
    "/static/",
    "option",
    "no",
    "httpchk",
    "timeout",
    "connect",
    "5s",
    "4294967296",
    "a:80",
    "stick-table",
    "size",
    "int(1)",
    "server-template",
];

fn is_sound(text: &str) {
    let started = Instant::now();
    match read("haproxy.cfg", text) {
        Ok(reading) => {
            let last = text.lines().count();
            assert!(reading.not_modelled.iter().all(|entry| (1..=last).contains(&entry.line)));
            assert!(reading.without_effect.iter().all(|(line, _)| (1..=last).contains(line)));
            let infrastructure = site(&reading);
            assert!(
                infrastructure.is_ok_and(|made| made.validate().is_empty())
                    || text.contains("rise")
                    || text.contains("fall")
            );
        }
        Err(errors) => {
            let last = text.lines().count().max(1);
            let is_there = |error: &ConfigError| (1..=last).contains(&error.line);
            assert!(!errors.is_empty() && errors.iter().all(is_there), "{errors:?}");
            assert!(errors.iter().all(|error| error.to_string().len() < 2000), "{errors:?}");
        }
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{} bytes", text.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        is_sound(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn characters(text in "(\\PC|[ \\t\n'\"\\\\#${}]){0,300}") {
        is_sound(&text);
        is_sound(&format!("{HEAD}backend be\n server a a:80\n{text}\n"));
    }

    #[test]
    fn words_of_the_language(lines in prop::collection::vec(prop::collection::vec(0..WORDS.len(), 1..8), 0..30)) {
        let line = |line: &Vec<usize>| line.iter().map(|word| WORDS[*word]).collect::<Vec<_>>().join(" ");
        let text: String = lines.iter().map(|words| line(words) + "\n").collect();
        is_sound(&text);
        is_sound(&format!("{HEAD}backend be\n server a a:80\n{text}"));
    }

    #[test]
    fn a_real_file_cut_and_joined(cuts in prop::collection::vec((0..REAL.len(), 0usize..60, 0..REAL.len()), 1..6)) {
        let mut text = REAL.to_owned();
        for (from, length, to) in cuts {
            let from = from.min(text.len());
            let piece: String = text.chars().skip(from).take(length).collect();
            text = text.replacen(&piece, "", 1);
            let to = (0..=to.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            text.insert_str(to, &piece);
        }
        is_sound(&text);
    }

    #[test]
    fn a_real_file_with_lines_moved(moves in prop::collection::vec((0usize..100, 0usize..100), 1..8)) {
        let mut lines: Vec<&str> = REAL.lines().collect();
        for (from, to) in moves {
            let line = lines.remove(from % lines.len());
            lines.insert(to % (lines.len() + 1), line);
        }
        is_sound(&(lines.join("\n") + "\n"));
    }
}

#[test]
fn a_file_too_large_for_a_plan_is_refused() {
    let large = "#".repeat(MOST_BYTES + 1);
    assert!(refused(&large)[0].contains("at most 1048576 bytes"));
    let template = format!("{HEAD}backend be\n server-template a 4097 a:80\n");
    assert!(refused(&template)[0].contains("a number of servers"));
    let servers: String = (0..4097).map(|number| format!(" server s{number} a:80\n")).collect();
    assert!(refused(&format!("{HEAD}backend be\n{servers}"))[0].contains("at most 4096 servers"));
    let some = |count: usize| -> String {
        (0..count).map(|number| format!("backend b{number}\n server-template s 1 a:80\n")).collect()
    };
    assert_eq!(
        reading(&format!("{HEAD}backend be\n server a a:80\n{}", some(255))).haproxy.backends.len(),
        256
    );
    assert!(
        refused(&format!("{HEAD}backend be\n server a a:80\n{}", some(256)))[0]
            .contains("at most 256 backends")
    );
    let many = format!("{HEAD}backend be\n server-template a 4096 a:80\n");
    assert_eq!(site(&reading(&many)).unwrap().hosts.len(), 4096 + 3);
}

#[test]
fn the_longest_files_are_read_in_time() {
    for line in [
        "bogus\n",
        "acl a path /\n",
        " server a a:80\n",
        "backend b\n",
        "a\n",
        "'\n",
        "peers p\n",
        "defaults\n",
    ] {
        let body = line.repeat((MOST_BYTES - 1000) / line.len());
        is_sound(&format!("{HEAD}backend be\n server a a:80\n{body}"));
    }
    is_sound(&"x".repeat(MOST_BYTES));
    is_sound(&" \\".repeat(MOST_BYTES / 2));
}
