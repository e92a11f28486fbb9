//! Every preset in both lengths: the points of its own task, one page in brief, true of what stands there, with people's
//! own words kept.

use super::*;
use crate::kernel::SimTime;
use crate::run::Run;
use crate::sim::{Action, History, Plan, TimedAction};

const LENGTHS: [Length; 2] = [Length::Brief, Length::Full];

fn task_of(preset: Preset) -> Task {
    match preset {
        Preset::Simple => Task::Simple,
        Preset::Distributed => Task::Distributed,
        Preset::Secured => Task::Secured,
        Preset::Literal | Preset::Brief | Preset::Extended => Task::ScaleUp,
    }
}

/// Every preset in both lengths, as Markdown.
fn every() -> Vec<(Preset, Length, String)> {
    let both = |preset: Preset| {
        LENGTHS.map(|length| {
            let text = document(&preset.infrastructure(), length).to_markdown();
            (preset, length, text)
        })
    };
    Preset::ALL.into_iter().flat_map(both).collect()
}

#[test]
fn the_documents_read_like_this() {
    for preset in Preset::ALL {
        let text = document(&preset.infrastructure(), Length::Brief).to_markdown();
        insta::assert_snapshot!(format!("one_page_of_{preset}"), text);
    }
}

#[test]
fn each_infrastructure_is_the_answer_to_its_task() {
    for preset in Preset::ALL {
        assert_eq!(Task::of(&preset.infrastructure()), task_of(preset), "{preset}");
    }
    assert_eq!(Task::of(&without("lb-2")), Task::ScaleUp);
    for (preset, length, text) in every() {
        let task = task_of(preset);
        let said = format!("exercise {}: ", task.number());
        assert!(text.contains(&said), "{preset} {length:?}: {said}");
        for other in Task::ALL.into_iter().filter(|other| *other != task) {
            let other = format!("exercise {}", other.number());
            assert!(!text.contains(&other), "{preset} {length:?}: {other}");
        }
    }
}

#[test]
fn every_graded_point_is_earned_and_nothing_is_contradicted() {
    for (preset, length, text) in every() {
        let report = check(task_of(preset), &preset.infrastructure(), Some(&text));
        assert_eq!(report.graded.passed, report.graded.of, "{length:?}: {}", report.to_text());
        let failed: Vec<&Finding> = report.of(Verdict::Fail).collect();
        assert!(failed.is_empty(), "{preset} {length:?}: {failed:?}");
    }
}

#[test]
fn in_brief_it_is_about_one_page() {
    for (preset, length, text) in every() {
        let lines = text.lines().filter(|line| !line.starts_with("!["));
        let words: usize = lines.map(|line| line.split_whitespace().count()).sum();
        match length {
            Length::Brief => assert!((250..=550).contains(&words), "{preset}: {words} words"),
            Length::Full => assert!(words > 900, "{preset}: {words} words"),
        }
    }
}

#[test]
fn what_is_not_there_is_not_claimed() {
    for (preset, length, text) in every() {
        let infrastructure = preset.infrastructure();
        let absent = |all: &[&str]| {
            for what in all {
                assert!(!text.contains(what), "{preset} {length:?}: {what}");
            }
        };
        let runs =
            |name: &str| infrastructure.hosts.iter().any(|host| host.service(name).is_some());
        if !reading::ends_tls(&infrastructure) {
            let text = text.replace("(no HTTPS)", "");
            for what in ["TLS", "HTTPS", "SSL", "ertificate"] {
                assert!(!text.contains(what), "{preset} {length:?}: {what}");
            }
        }
        if !runs("keepalived") {
            absent(&["keepalived", "MASTER", "split brain", "virtual address"]);
        }
        if !runs("agent") {
            absent(&["An agent", "The agent", "stub_status"]);
        }
        if !runs("haproxy") {
            absent(&["HAProxy statistics", "Each balancer"]);
        }
        if infrastructure.balancers().count() < 2 {
            absent(&["Each balancer", "each balancer", "balancers carry"]);
        }
        if infrastructure.zones.len() < 2 {
            absent(&["firewalled", "with a policy each", "default deny"]);
        }
        absent(&["(none)", "no uplink faults", "(:"]);
    }
}

#[test]
fn one_and_several_are_told_apart() {
    let mut all: Vec<String> = every().into_iter().map(|(_, _, text)| text).collect();
    all.extend(super::all().iter().map(submission));
    for text in all {
        for wrong in [
            "1 rule say ",
            "1 rules",
            "1 server stand ",
            "1 servers",
            "1 machines",
            "1 machine hold ",
            "1 workers",
            "1 A records",
            "app-1 stay UP",
            "the backends web (web-1).",
            "1 firewalls",
            "lb-1 give ",
        ] {
            let begins = format!(" {wrong}");
            assert!(!text.contains(&begins), "{wrong}");
        }
    }
    let literal = submission(&Preset::Literal.infrastructure());
    assert!(literal.contains("over the backend web (web-1)."));
}

#[test]
fn own_words_end_their_section_and_none_is_lost() {
    let words = [
        (SectionId::Balancing, "I chose <b>turns</b>.\n\nThey are | fair.".to_owned()),
        (SectionId::Sessions, "# Mine".to_owned()),
        (SectionId::Tls, "Where there is none.".to_owned()),
    ];
    for preset in [Preset::Distributed, Preset::Brief] {
        for length in LENGTHS {
            let document = document(&preset.infrastructure(), length).with_own_words(&words);
            let text = document.to_markdown();
            let own =
                "In my own words:\n\nI chose &lt;b&gt;turns&lt;/b&gt;.\n\nThey are \\| fair.\n\n#";
            assert!(text.contains(own), "{preset} {length:?}: {text}");
            assert!(text.contains("\\# Mine") && text.contains("Where there is none."));
            let has_tls = document.sections().contains(&SectionId::Tls);
            assert_eq!(has_tls, preset == Preset::Brief && length == Length::Full);
            assert_eq!(text.contains("### On tls"), !has_tls);
            let html = document.to_html();
            assert!(html.contains("I chose &lt;b&gt;turns&lt;/b&gt;.") && !html.contains("<b>"));
        }
    }
}

#[test]
fn both_formats_hold_the_same_sections() {
    for (preset, length, text) in every() {
        let document = document(&preset.infrastructure(), length);
        let html = document.to_html();
        let tree = format!("<main>{html}</main>");
        roxmltree::Document::parse(&tree).unwrap();
        let headings =
            |mark: &str, of: &str| of.lines().filter(|line| line.starts_with(mark)).count();
        assert_eq!(headings("<h2>", &html), headings("## ", &text), "{preset} {length:?}");
        let sections = document.sections();
        let mut once = sections.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), sections.len(), "{preset} {length:?}: {sections:?}");
        assert!(document.with_diagram("a b.svg").to_markdown().contains("](a%20b.svg)"));
    }
}

/// How many requests fail from half a minute to a minute after this machine died: everything has noticed by then.
fn failures_after_the_death_of(infrastructure: &Infrastructure, victim: &str) -> u64 {
    let action = Action::Kill(crate::infra::Component::host(victim));
    let death = TimedAction { at: SimTime::from_ms(10_000), action };
    let plan = Plan::new(infrastructure.clone(), 1);
    let mut run = Run::with_actions(plan, vec![death], History::Off).unwrap();
    run.advance_to(SimTime::from_ms(40_000));
    let soon = run.simulation().counts().failed;
    run.advance_to(SimTime::from_ms(70_000));
    run.simulation().counts().failed - soon
}

/// What the documents say of single points of failure, and of benefits, is what the simulation does.
#[test]
fn who_is_single_is_missed_and_who_is_not_is_not() {
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        let single: Vec<String> =
            infrastructure.single_points_of_failure().into_iter().map(|point| point.host).collect();
        let is_copy = |host: &&Host| {
            reading::Role::of(host) == reading::Role::Database && !single.contains(&host.name)
        };
        // A silent replica keeps the workers waiting, as its explanation says.
        for host in infrastructure.hosts.iter().filter(|host| !is_copy(host)) {
            let later = failures_after_the_death_of(&infrastructure, &host.name);
            let is_missed = later > 0;
            assert_eq!(is_missed, single.contains(&host.name), "{preset}: {} {later}", host.name);
        }
    }
}

#[test]
fn every_benefit_names_its_command() {
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        let text = submission(&infrastructure);
        let rows = section(&text, "Benefits and their evidence");
        assert!(rows.len() > 3, "{preset}: {rows:?}");
        for row in rows.iter().skip(2) {
            let command = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
            assert!(command.starts_with("foobar-lab "), "{preset}: {row}");
            assert!(command.contains(&format!(" --preset {preset}")), "{preset}: {row}");
            if let Some(victim) = command.split("--kill ").nth(1) {
                let name = victim.split('@').next().unwrap();
                assert!(infrastructure.host(name).is_some(), "{preset}: {row}");
            }
        }
    }
}
