//! The checker against texts that are right, texts with one mistake each, and whatever else people may type.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

#[path = "check/command.rs"]
mod command;
#[path = "check/rules.rs"]
mod rules;
#[path = "check/ways.rs"]
mod ways;

use foobar_lab::infra::{Infrastructure, Preset, Service};
use foobar_lab::submission::{Finding, Length, Report, Section, Task, Verdict, check, document};
use proptest::prelude::*;

const TEXTS: [(Task, &str); 4] = [
    (Task::Simple, include_str!("check/simple.md")),
    (Task::Distributed, include_str!("check/distributed.md")),
    (Task::Secured, include_str!("check/secured.md")),
    (Task::ScaleUp, include_str!("check/scale_up.md")),
];

fn text_of(task: Task) -> &'static str {
    TEXTS.into_iter().find(|(own, _)| *own == task).unwrap().1
}

/// The findings that failed, by name.
fn failed(report: &Report) -> Vec<&'static str> {
    report.of(Verdict::Fail).map(|finding| finding.id).collect()
}

fn finding<'a>(report: &'a Report, id: &str) -> &'a Finding {
    report.findings.iter().find(|finding| finding.id == id).unwrap_or_else(|| panic!("no {id}"))
}

/// The task that a preset belongs to.
fn task_of(preset: Preset) -> Task {
    match preset {
        Preset::Simple => Task::Simple,
        Preset::Distributed => Task::Distributed,
        Preset::Secured => Task::Secured,
        Preset::Literal | Preset::Brief | Preset::Extended => Task::ScaleUp,
    }
}

#[test]
fn a_right_text_passes_everything_with_the_preset_of_its_task() {
    for (task, text) in TEXTS {
        let report = check(task, &task.preset().infrastructure(), Some(text));
        assert_eq!(failed(&report), [""; 0], "{}", report.to_text());
        assert_eq!(report.graded.passed, report.graded.of, "{}", report.to_text());
        assert!(report.passes() && report.of(Verdict::NotShown).next().is_none());
        let correct = report.findings.iter().filter(|one| one.section == Section::Correctness);
        for one in correct {
            assert_eq!(one.verdict, Verdict::Pass, "task {task}: {one:?}");
        }
    }
}

/// The project's own documents, in both lengths.
#[test]
fn the_documents_of_a_preset_contradict_nothing_and_earn_every_point() {
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        let task = task_of(preset);
        assert_eq!(Task::of(&infrastructure), task, "{preset}");
        for length in [Length::Brief, Length::Full] {
            let text = document(&infrastructure, length).to_markdown();
            let report = check(task, &infrastructure, Some(&text));
            assert_eq!(failed(&report), [""; 0], "{preset} {length:?}: {}", report.to_text());
            assert_eq!(report.graded.passed, report.graded.of, "{}", report.to_text());
        }
    }
}

#[test]
fn a_drawing_alone_shows_what_it_can_and_says_what_needs_words() {
    for (preset, drawn, words) in [
        (Preset::Simple, 4, 11),
        (Preset::Distributed, 3, 9),
        (Preset::Secured, 3, 10),
        (Preset::Literal, 3, 2),
        (Preset::Brief, 3, 2),
        (Preset::Extended, 3, 2),
    ] {
        let report = check(task_of(preset), &preset.infrastructure(), None);
        assert_eq!(failed(&report), [""; 0], "{preset}: {}", report.to_text());
        assert_eq!((report.graded.passed, report.graded.of), (drawn, drawn + words), "{preset}");
        let open = report.of(Verdict::NotShown).filter(|one| one.section == Section::Graded);
        assert_eq!(open.count(), words, "{preset}");
        assert!(report.passes() && !report.with_text);
    }
}

#[test]
fn graded_points_come_first_and_five_are_of_task_3() {
    let report = check(Task::ScaleUp, &Preset::Brief.infrastructure(), None);
    let ids: Vec<&str> = report.findings.iter().take(5).map(|one| one.id).collect();
    assert_eq!(ids, ["G3-1", "G3-2", "G3-3", "G3-4", "G3-7"]);
    for (task, text) in TEXTS {
        let report = check(task, &task.preset().infrastructure(), Some(text));
        let rank = |one: &Finding| match one.section {
            Section::Graded => 0,
            Section::Correctness => 1,
            Section::Extra => 2,
        };
        assert!(report.findings.iter().is_sorted_by_key(rank), "{}", report.to_text());
        for one in &report.findings {
            assert_eq!(one.todo.is_empty(), one.verdict == Verdict::Pass, "{one:?}");
            assert!(!one.found.is_empty() && !one.why.is_empty(), "{one:?}");
        }
    }
}

/// Task, what stands there, a sentence more, and the finding that it fails.
const MISTAKES: [(Preset, &str, &str); 27] = [
    (Preset::Simple, "The www record is a CNAME.", "C-cname"),
    (Preset::Simple, "There is no SPOF in this infrastructure.", "C-spof"),
    (Preset::Distributed, "The design has no single point of failure.", "C-spof"),
    (Preset::Distributed, "The load balancer is not a SPOF.", "C-one-balancer"),
    (Preset::Distributed, "The replica accepts reads and writes.", "C-replica-writes"),
    (Preset::Distributed, "The application writes to the replica as well.", "C-replica-writes"),
    (Preset::Distributed, "Both databases accept writes.", "C-replica-writes"),
    (Preset::Distributed, "Active-active is used for both databases.", "C-both-databases"),
    (Preset::Distributed, "We have three web servers.", "C-all-2"),
    (Preset::Distributed, "There are two load balancers.", "C-all-2"),
    (Preset::Distributed, "This design consists of seven servers.", "C-all-2"),
    (Preset::Distributed, "On server-1 and server-4 runs Nginx.", "C-all-3"),
    (Preset::Distributed, "The replica is automatically promoted to primary.", "C-promotion"),
    (Preset::Secured, "The application talks to MySQL over HTTPS.", "C-https-database"),
    (Preset::Secured, "We use HTTPS to the database.", "C-https-database"),
    (Preset::Secured, "All SPOFs are eliminated.", "C-spof"),
    (Preset::Brief, "In this version, all SPOFs have been removed.", "C3-5"),
    (Preset::Brief, "The whole system is free of single points of failure.", "C3-5"),
    (Preset::Brief, "There are three load balancers.", "C-all-2"),
    (Preset::Brief, "We use 4 web servers.", "C-all-2"),
    (Preset::Brief, "We have two databases.", "C-all-2"),
    (Preset::Brief, "The design contains nine machines in total.", "C-all-2"),
    (Preset::Brief, "Pages come from app-1, app-2 and app-3.", "C-all-3"),
    (Preset::Brief, "MySQL is reached over HTTPS.", "C-https-database"),
    (Preset::Literal, "The additional server can take over when another dies.", "C-takes-over"),
    (Preset::Extended, "The replica automatically becomes the primary.", "C-promotion"),
    (Preset::Extended, "All single points of failure have been eliminated.", "C3-5"),
];

/// A right text about a preset, as short as it can be where it is not the one of its task.
fn right(preset: Preset) -> String {
    match preset {
        Preset::Literal | Preset::Extended => {
            document(&preset.infrastructure(), Length::Full).to_markdown()
        }
        _ => text_of(task_of(preset)).to_owned(),
    }
}

#[test]
fn each_mistake_is_found_alone_and_quoted() {
    for (preset, sentence, id) in MISTAKES {
        let text = format!("{}\n\n## More\n\n{sentence}\n", right(preset));
        let report = check(task_of(preset), &preset.infrastructure(), Some(&text));
        let found: Vec<&str> = failed(&report);
        assert_eq!(found, [id], "{preset}: {sentence}");
        assert!(finding(&report, id).found.contains(sentence), "{:?}", finding(&report, id));
        assert!(!report.passes());
    }
}

#[test]
fn mode_and_algorithm_are_held_against_the_plan() {
    let instead = |task: Task, from: &str, to: &str| {
        let text = text_of(task).replace(from, to);
        failed(&check(task, &task.preset().infrastructure(), Some(&text)))
    };
    let mode = "configured active-active: lb-1";
    assert_eq!(instead(Task::ScaleUp, mode, "configured active-passive: lb-1"), ["C3-2"]);
    let mode = "are configured active-active.";
    assert_eq!(instead(Task::Distributed, mode, "are configured active-passive."), ["C-mode"]);
    for task in [Task::Distributed, Task::ScaleUp] {
        assert_eq!(instead(task, "round robin", "leastconn"), ["C-algorithm"], "{task}");
    }
}

/// What is true, or scoped, or only supposed, is no mistake.
#[test]
fn careful_sentences_raise_no_alarm() {
    for sentence in [
        "There is no SPOF at the entry any more.",
        "The load balancer is no longer a SPOF.",
        "This does not mean that there is no SPOF.",
        "With three load balancers the site would survive two failures.",
        "We could add two more web servers.",
        "If app-3 is added, it takes its share.",
        "Active-passive means that one of two load balancers waits.",
        "In an active-passive cluster one load balancer is idle, which is used elsewhere.",
        "Least connections would be an alternative to round robin.",
        "A replica never accepts writes.",
        "MySQL is not reached over HTTPS.",
        "The www record is an A record and not a CNAME.",
        "We have two application servers.",
        "There are six machines in total.",
        "A replica could be promoted automatically as a next step.",
    ] {
        let text = format!("{}\n\n## More\n\n{sentence}\n", text_of(Task::ScaleUp));
        let report = check(Task::ScaleUp, &Preset::Brief.infrastructure(), Some(&text));
        assert_eq!(failed(&report), [""; 0], "{sentence}");
    }
}

/// Texts as students hand them in, with what fails in each, in the order of the report.
const STUDENTS: [(Preset, &str, &[&str]); 5] = [
    (Preset::Literal, include_str!("check/students/careful.md"), &[]),
    (Preset::Literal, include_str!("check/students/usual.md"), &["C3-5", "C3-2"]),
    (Preset::Literal, include_str!("check/students/keywords.md"), &["G3-3", "G3-7", "G3-6"]),
    (
        Preset::Literal,
        include_str!("check/students/copied.md"),
        &["C-all-2", "C-https-database", "C-takes-over"],
    ),
    (Preset::Secured, include_str!("check/students/secured.md"), &["G2-8"]),
];

/// Honest English earns its points, whatever its quality; labels and lists earn none.
#[test]
fn texts_of_students_are_judged_as_a_reviewer_would() {
    for (preset, text, wrong) in STUDENTS {
        let report = check(task_of(preset), &preset.infrastructure(), Some(text));
        assert_eq!(failed(&report), wrong, "{}", report.to_text());
    }
    let careful = check(Task::ScaleUp, &Preset::Literal.infrastructure(), Some(STUDENTS[0].1));
    for id in ["C3-4", "C3-5", "C3-12", "X-checks", "X-next"] {
        assert_eq!(finding(&careful, id).verdict, Verdict::Pass, "{id}: {}", careful.to_text());
    }
    let keywords = check(Task::ScaleUp, &Preset::Literal.infrastructure(), Some(STUDENTS[2].1));
    for id in ["C3-4", "C3-12", "X-rationale", "X-checks", "X-backup"] {
        assert_eq!(finding(&keywords, id).verdict, Verdict::Advice, "{id}: {}", keywords.to_text());
    }
}

/// A line of the right text less, and the graded points that go with it.
#[test]
fn what_is_not_said_earns_no_point() {
    for (task, line, id) in [
        (Task::Simple, "The server is a machine in a data centre", "G0-5"),
        (Task::Simple, "DNS translates", "G0-7"),
        (Task::Simple, "The application server runs", "G0-9"),
        (Task::Simple, "The server is a single point", "G0-12"),
        (Task::Simple, "While new code", "G0-13"),
        (Task::Simple, "More traffic", "G0-14"),
        (Task::Simple, "![", "G-all-2"),
        (Task::Distributed, "HAProxy uses round robin", "G1-5"),
        (Task::Distributed, "Our web servers", "G1-6"),
        (Task::Distributed, "Every change", "G1-8"),
        (Task::Distributed, "There is no firewall", "G1-10"),
        (Task::Distributed, "There is no monitoring", "G1-11"),
        (Task::Secured, "Three firewalls", "G2-4"),
        (Task::Secured, "The requests per second", "G2-8"),
        (Task::Secured, "TLS ends", "G2-9a"),
        (Task::Secured, "Only one MySQL", "G2-9b"),
        (Task::ScaleUp, "![", "G3-7"),
        (Task::ScaleUp, "A second load balancer stands", "G3-3"),
    ] {
        let whole = text_of(task);
        let lines = whole.lines().filter(|own| !own.trim_start_matches("- ").starts_with(line));
        let text: String = lines.map(|line| format!("{line}\n")).collect();
        assert!(text.len() < whole.len(), "{line}");
        let report = check(task, &task.preset().infrastructure(), Some(&text));
        assert_eq!(finding(&report, id).verdict, Verdict::Fail, "{id}: {}", report.to_text());
        assert_eq!(report.graded.passed, report.graded.of - failed_graded(&report));
        assert!(!report.passes());
    }
}

fn failed_graded(report: &Report) -> usize {
    report.of(Verdict::Fail).filter(|one| one.section == Section::Graded).count()
}

fn without(preset: Preset, name: &str) -> Infrastructure {
    let mut infrastructure = preset.infrastructure();
    infrastructure.hosts.retain(|host| host.name != name);
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        if let Service::Haproxy(haproxy) = service {
            for backend in &mut haproxy.backends {
                backend.servers.retain(|server| server.host != name);
            }
        }
    }
    infrastructure
}

/// What the plan lacks, and the findings that fail without any text.
#[test]
fn a_plan_that_lacks_something_fails_its_point() {
    let drawn = |task, infrastructure: &Infrastructure| failed(&check(task, infrastructure, None));
    let one_balancer = without(Preset::Brief, "lb-2");
    assert_eq!(drawn(Task::ScaleUp, &one_balancer), ["G3-2", "G3-3"]);

    let mut crowded = without(Preset::Literal, "web-1");
    let nginx = Preset::Literal.infrastructure().host("web-1").unwrap().services[0].clone();
    let app = crowded.hosts.iter_mut().find(|host| host.name == "app-1").unwrap();
    app.services.push(nginx);
    let failures = drawn(Task::ScaleUp, &crowded);
    assert!(failures.contains(&"G3-1") && failures.contains(&"G3-4"), "{failures:?}");

    let one_server = without(Preset::Distributed, "server-2");
    assert_eq!(drawn(Task::Distributed, &one_server), ["G1-1", "G1-3"]);

    let mut blind = Preset::Brief.infrastructure();
    blind.hosts[0].services.retain(|service| !matches!(service, Service::Agent));
    assert_eq!(drawn(Task::ScaleUp, &blind), ["C3-10"]);

    let mut open = Preset::Secured.infrastructure();
    open.rules.clear();
    assert_eq!(drawn(Task::Secured, &open), ["G2-1", "C-way-users", "C-way-servers"]);

    let mut moved = Preset::Simple.infrastructure();
    moved.vips[0].address = [203, 0, 113, 10].into();
    assert_eq!(drawn(Task::Simple, &moved), ["G0-3"]);

    let two = Preset::Distributed.infrastructure();
    let failures = drawn(Task::Simple, &two);
    assert!(failures.contains(&"G0-1"), "{failures:?}");
}

#[test]
fn the_report_is_aligned_and_ends_with_the_summary() {
    let report = check(Task::ScaleUp, &without(Preset::Brief, "lb-2"), None);
    let text = report.to_text();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("task 3, scale up: the plan brief without a text"));
    assert_eq!(text.lines().last(), Some("2 of 5 graded points, 1 not shown without a text"));
    let starts: Vec<usize> =
        text.lines().filter_map(|line| line.find("why: ").or_else(|| line.find("do:  "))).collect();
    assert!(!starts.is_empty() && starts.iter().all(|start| *start == starts[0]), "{text}");
    let said = "Explain why each element was added: no diagram can show it";
    assert!(text.lines().any(|line| line.starts_with("  not shown  G3-6") && line.ends_with(said)));
}

proptest! {
    #[test]
    fn whatever_people_type_is_read(text in "(\\PC|\n){0,300}") {
        for task in Task::ALL {
            let report = check(task, &task.preset().infrastructure(), Some(&text));
            prop_assert!(report.to_text().contains("graded points"));
        }
    }

    /// Pieces of Markdown and of the field in any order.
    #[test]
    fn whatever_is_put_together_is_read(pieces in prop::collection::vec(0_usize..18, 0..60)) {
        const PIECES: [&str; 18] = [
            "# ", "\n", "| a | b |\n", "![x](", "[", "](", ")", "```", "<!--", "-->", "no SPOF ",
            "load balancer ", "three web servers. ", "app-9 ", "active-passive ", "ä€ß ", "- ", "1. ",
        ];
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        for task in Task::ALL {
            check(task, &task.preset().infrastructure(), Some(&text));
        }
    }
}
