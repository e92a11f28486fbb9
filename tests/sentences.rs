//! What stands alone as a sentence begins as one: the paragraphs and captions that the desk answers, the lines of the log, refusals and notices.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

use std::fs;
use std::path::Path;

use foobar_lab::desk::Desk;
use foobar_lab::diagram::{Layout, Orientation, compose};
use foobar_lab::infra::{Infrastructure, Preset};
use foobar_lab::page;
use foobar_lab::run::permalink;
use foobar_lab::sim::{Action, History, Plan};

/// What is written small wherever it stands: a program, and the name of an address.
const SMALL: [&str; 2] = ["keepalived", "www"];

/// Whether words begin with a capital, a number, or a name such as `lb-1`.
fn is_begun(words: &str) -> bool {
    let first = words.split_whitespace().next().unwrap_or_default();
    let first = first.trim_end_matches([',', ':', '.']);
    let is_name = !first.chars().all(char::is_alphabetic) || SMALL.contains(&first);
    is_name || !first.starts_with(char::is_lowercase)
}

/// The texts of the elements of these names that do not begin as sentences do.
fn unbegun(markup: &str, names: &[&str]) -> Vec<String> {
    let document = format!("<root>{markup}</root>");
    let document = roxmltree::Document::parse(&document).unwrap();
    let elements = document.descendants().filter(|node| names.contains(&node.tag_name().name()));
    let text = |node: roxmltree::Node<'_, '_>| {
        let texts = node.descendants().filter(roxmltree::Node::is_text);
        texts.filter_map(|text| text.text().map(str::to_owned)).collect::<String>()
    };
    // A directive is written as in its file.
    let is_directive = |node: &roxmltree::Node<'_, '_>| {
        node.first_child().is_some_and(|own| own.has_tag_name("code"))
    };
    elements.filter(|node| !is_directive(node)).map(text).filter(|words| !is_begun(words)).collect()
}

/// A run of a preset in which its second machine dies, or its only one.
fn troubled(preset: Preset) -> (Infrastructure, String) {
    let infrastructure = preset.infrastructure();
    let host = infrastructure.hosts.get(1).or(infrastructure.hosts.first()).unwrap();
    let link = format!("run/1/{};seed=1;at=20s;10s+kill+{}", preset.name(), host.name);
    (infrastructure, link)
}

/// Whatever is asked about a run, but for what is typed into the terminal: that answers as the real programs do.
fn questions(infrastructure: &Infrastructure) -> Vec<(&'static str, String)> {
    let alone = ["edits", "firewall", "links", "states", "partition", "help", "reading", "charts"];
    let mut all: Vec<_> = alone.iter().map(|kind| (*kind, String::new())).collect();
    for host in &infrastructure.hosts {
        for kind in ["settings", "sizes", "charts", "around", "explained", "statistics"] {
            all.push((kind, host.name.clone()));
        }
        all.push(("part", format!("why-{}", host.name)));
    }
    all.extend(["app", "defaults"].map(|section| ("directives", section.to_owned())));
    let layout = Layout::new(infrastructure, Orientation::Landscape);
    for group in compose(infrastructure, None, &layout, &[]).groups {
        let firewall = (!group.guard.is_empty()).then(|| page::firewall_of(&group.key));
        for key in [Some(group.key), firewall].into_iter().flatten() {
            all.push(("part", key.clone()));
            all.push(("traffic", key));
        }
    }
    for number in ["1", "99999"] {
        all.push(("part", format!("request-{number}")));
        all.push(("why", number.to_owned()));
    }
    all.push(("marks", "10s 0s 20s".to_owned()));
    all.push(("check", "3\nThere are 3 load balancers.".to_owned()));
    all
}

#[test]
fn every_paragraph_of_the_desk_begins_as_a_sentence() {
    for preset in Preset::ALL {
        let (infrastructure, link) = troubled(preset);
        let mut desk = Desk::default();
        for (kind, about) in questions(&infrastructure) {
            let markup = desk.answer(kind, &link, &about).unwrap();
            let wrong = unbegun(&markup, &["p", "caption"]);
            assert!(wrong.is_empty(), "{preset}, {kind} {about}: {wrong:?}");
        }
    }
}

/// What is under way has its steps as lines of their own; a kept run that cannot be made again is told in its line.
#[test]
fn every_line_of_a_request_and_of_what_is_kept_begins_as_a_sentence() {
    let mut desk = Desk::default();
    let link = "run/1/brief;seed=1;at=5s;2s+kill+app-1";
    let run = permalink::read(link, History::Recent).unwrap();
    let issued = run.simulation().counts().issued;
    let under_way = (1..=issued).filter(|own| run.simulation().steps_of(*own).is_some());
    let mut markups: Vec<String> =
        under_way.map(|request| desk.answer("why", link, &request.to_string()).unwrap()).collect();
    assert!(!markups.is_empty());
    markups.push(desk.answer("kept", link, "run/9/nothing").unwrap());
    for markup in markups {
        let wrong = unbegun(&markup, &["p", "li"]);
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

#[test]
fn every_line_of_the_log_begins_as_a_sentence() {
    for preset in Preset::ALL {
        let (_, link) = troubled(preset);
        let run = permalink::read(&link, History::Recent).unwrap();
        let facts = run.simulation().facts();
        assert!(!facts.is_empty(), "{preset}");
        for fact in facts {
            assert!(is_begun(&fact.to_string()), "{preset}: {fact}");
        }
    }
}

#[test]
fn every_refusal_begins_as_a_sentence() {
    let plan = Plan::new(Preset::Brief.infrastructure(), 1);
    for edit in [
        "rule:deny:zone/web:zone/web:tcp/80:1",
        "rule:deny:zone/web:zone/app:tcp/x:1",
        "mysql.max_connections:db-1=0",
        "haproxy.maxqueue:lb-1=5",
        "tea",
        "add-app",
    ] {
        let said = page::refusal(&plan, edit);
        let (_, words) = said.split_once('\n').unwrap();
        assert!(is_begun(words), "{edit}: {words}");
    }
}

/// A notice stands alone: an error in it follows what was not done.
#[test]
fn every_notice_begins_as_a_sentence() {
    let deed: Action = "backend app: balance leastconn".parse().unwrap();
    for later in 0..3 {
        assert!(is_begun(&page::told_of(std::slice::from_ref(&deed), later).unwrap()));
    }
    let mut count = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for told in text.split(".tell(").skip(1) {
            count += 1;
            let told = told.trim_start().trim_start_matches("format!(").trim_start();
            let wrong = told.starts_with("error")
                || told
                    .strip_prefix('"')
                    .is_some_and(|words| words.starts_with(char::is_lowercase));
            assert!(!wrong, "{}: {}", path.display(), &told[..told.len().min(60)]);
        }
    }
    assert!(count > 10, "{count}");
}
