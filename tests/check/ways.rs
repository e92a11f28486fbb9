//! The ways that a plan lives on: with each rule of the firewall out, with a rule that denies in, and with a link that is cut.

use foobar_lab::infra::{Infrastructure, LinkChange, LinkState, Peer, Policy, Protocol, Rule};

use super::{Preset, Report, Task, check, failed, finding, task_of};

fn checked(preset: Preset, infrastructure: &Infrastructure) -> Report {
    check(task_of(preset), infrastructure, None)
}

/// A preset without these rules.
fn without_rules(preset: Preset, names: &[&str]) -> Report {
    let mut infrastructure = preset.infrastructure();
    let before = infrastructure.rules.len();
    infrastructure.rules.retain(|rule| !names.contains(&rule.name.as_str()));
    assert_eq!(infrastructure.rules.len() + names.len(), before, "{preset}: {names:?}");
    checked(preset, &infrastructure)
}

fn deny(from: Peer, to: Peer, protocol: Protocol) -> Rule {
    Rule {
        name: "no-way".to_owned(),
        from,
        to,
        protocol,
        policy: Policy::Deny,
        reason: String::new(),
        disabled: false,
    }
}

fn zone(name: &str) -> Peer {
    Peer::Zone(name.to_owned())
}

/// Preset, the rule that is out, and what fails then.
const RULES: [(Preset, &str, &[&str]); 22] = [
    (Preset::Simple, "users-to-server", &["C-way-users"]),
    (Preset::Distributed, "users-to-balancer", &["C-way-users"]),
    (Preset::Secured, "users-to-edge", &["G2-1", "C-way-users"]),
    (Preset::Secured, "lb-1-to-server-1", &["C-way-servers"]),
    (Preset::Secured, "lb-1-to-server-2", &["G2-1", "C-way-servers"]),
    // Within a zone there is no border.
    (Preset::Secured, "server-2-to-server-1", &[]),
    (Preset::Secured, "admin", &[]),
    (Preset::Brief, "users-to-edge", &["C-way-users"]),
    (Preset::Brief, "edge-to-web", &["C-way-servers"]),
    (Preset::Brief, "edge-to-app", &["C-way-servers"]),
    (Preset::Brief, "app-to-db", &["C-way-db"]),
    (Preset::Brief, "admin", &[]),
    (Preset::Literal, "users-to-edge", &["C-way-users"]),
    (Preset::Literal, "edge-to-web", &["C-way-servers"]),
    (Preset::Literal, "web-to-app", &["C-way-apps"]),
    (Preset::Literal, "app-to-db", &["C-way-db"]),
    (Preset::Literal, "admin", &[]),
    (Preset::Extended, "users-to-edge", &["C-way-users"]),
    (Preset::Extended, "edge-to-web", &["C-way-servers"]),
    (Preset::Extended, "web-to-app", &["C-way-apps"]),
    (Preset::Extended, "app-to-db", &["C-way-db"]),
    (Preset::Extended, "admin", &[]),
];

#[test]
fn every_rule_is_missed_where_somebody_needs_it() {
    for (preset, rule, wrong) in RULES {
        let report = without_rules(preset, &[rule]);
        assert_eq!(failed(&report), wrong, "{preset} without {rule}: {}", report.to_text());
        assert_eq!(report.passes(), wrong.is_empty());
        for id in wrong.iter().filter(|id| id.starts_with("C-")) {
            let one = finding(&report, id);
            assert!(one.found.contains("default deny drops it"), "{one:?}");
            assert!(one.todo.contains("put in a rule of the firewall that allows it"), "{one:?}");
        }
    }
    let all = Preset::ALL.into_iter().map(|preset| preset.infrastructure().rules.len());
    assert_eq!(all.sum::<usize>(), RULES.len(), "every rule of every preset is tried");
}

/// A rule that is out of force is as one that is not there.
#[test]
fn a_site_that_serves_nobody_is_not_right() {
    let names = ["users-to-edge", "app-to-db", "edge-to-web", "edge-to-app"];
    let mut disabled = Preset::Brief.infrastructure();
    for rule in disabled.rules.iter_mut().filter(|rule| names.contains(&rule.name.as_str())) {
        rule.disabled = true;
    }
    for report in [without_rules(Preset::Brief, &names), checked(Preset::Brief, &disabled)] {
        assert_eq!(failed(&report), ["C-way-users", "C-way-servers", "C-way-db"]);
        for (id, said) in [
            (
                "C-way-users",
                "users cannot open TCP 443 on lb-1: default deny drops it; users cannot open TCP 443 on lb-2: default deny drops it",
            ),
            ("C-way-servers", "lb-1 and lb-2 cannot open TCP 80 on web-1: default deny drops it"),
            ("C-way-servers", "lb-1 and lb-2 cannot open TCP 8000 on app-2: default deny drops it"),
            ("C-way-db", "app-1 and app-2 cannot open TCP 3306 on db-1: default deny drops it"),
        ] {
            assert!(finding(&report, id).found.contains(said), "{:?}", finding(&report, id));
        }
        let told = report.to_text();
        assert!(
            !told.contains("every balancer reaches") && !told.contains("users reach"),
            "{told}"
        );
    }
}

#[test]
fn a_rule_that_denies_is_named_with_what_it_drops() {
    let tcp = |port| Protocol::Tcp(vec![port]);
    for (preset, rule, wrong, said) in [
        (
            Preset::Simple,
            deny(Peer::Internet, Peer::Any, tcp(80)),
            &["C-way-users"][..],
            "users cannot open TCP 80 on server-1: the rule no-way drops it",
        ),
        (
            Preset::Distributed,
            deny(Peer::Any, Peer::Host("lb-1".to_owned()), Protocol::Any),
            &["C-way-users"],
            "users cannot open TCP 80 on lb-1: the rule no-way drops it",
        ),
        (
            Preset::Brief,
            deny(Peer::Internet, Peer::Any, tcp(443)),
            &["C-way-users"],
            "users cannot open TCP 443 on lb-2: the rule no-way drops it",
        ),
        (
            Preset::Brief,
            deny(Peer::Host("lb-2".to_owned()), zone("web"), Protocol::Any),
            &["C-way-servers"],
            "lb-2 cannot open TCP 80 on web-1: the rule no-way drops it",
        ),
        (
            Preset::Literal,
            deny(zone("web"), Peer::Host("app-1".to_owned()), tcp(8000)),
            &["C-way-apps"],
            "web-1 cannot open TCP 8000 on app-1: the rule no-way drops it",
        ),
        (
            Preset::Extended,
            deny(Peer::Any, Peer::Host("db-2".to_owned()), tcp(3306)),
            &["C-way-db"],
            "app-1 and app-2 cannot open TCP 3306 on db-2: the rule no-way drops it",
        ),
        (
            Preset::Brief,
            deny(Peer::Any, Peer::Any, Protocol::Any),
            &["C-way-users", "C-way-servers", "C-way-db"],
            "users cannot open TCP 443 on lb-1: the rule no-way drops it",
        ),
    ] {
        let mut infrastructure = preset.infrastructure();
        infrastructure.rules.insert(0, rule.clone());
        let report = checked(preset, &infrastructure);
        assert_eq!(failed(&report), wrong, "{preset}: {}", report.to_text());
        let one = finding(&report, wrong[0]);
        assert!(one.found.contains(said), "{one:?}");
        assert!(one.todo.starts_with("take the rule no-way out"), "{one:?}");

        // Behind the rules that allow it drops what was dropped anyway.
        infrastructure.rules.remove(0);
        infrastructure.rules.push(rule);
        let last = checked(preset, &infrastructure);
        assert_eq!(failed(&last), [""; 0], "{preset}: {}", last.to_text());
    }
}

#[test]
fn a_replica_has_to_reach_its_source() {
    let mut apart = Preset::Extended.infrastructure();
    let replica = apart.hosts.iter_mut().find(|host| host.name == "db-2").unwrap();
    replica.zone = "mgmt".to_owned();
    let report = checked(Preset::Extended, &apart);
    assert_eq!(failed(&report), ["C-way-db", "C-way-replica"], "{}", report.to_text());
    let found = &finding(&report, "C-way-replica").found;
    assert_eq!(found, "db-2 cannot open TCP 3306 on db-1: default deny drops it");
    let right = checked(Preset::Extended, &Preset::Extended.infrastructure());
    let found = &finding(&right, "C-way-replica").found;
    assert_eq!(found, "every replica reaches its source, on db-1");
}

#[test]
fn a_link_that_is_cut_from_the_start_is_no_way() {
    let lost = LinkState { loss: 1.0, ..LinkState::WHOLE };
    let slow = LinkState { loss: 0.5, ..LinkState::WHOLE };
    for (from, to, one_way, state, wrong) in [
        ("lb-1", "web-1", false, LinkState::CUT, &["C-way-servers"][..]),
        ("lb-1", "web-1", true, LinkState::CUT, &["C-way-servers"]),
        ("web-1", "lb-1", true, lost, &["C-way-servers"]),
        ("app-2", "db-1", false, lost, &["C-way-db"]),
        ("lb-2", "lb-1", true, LinkState::CUT, &["C-way-vrrp"]),
        ("users", "lb-1", true, LinkState::CUT, &["C-way-users"]),
        ("lb-1", "web-1", false, slow, &[]),
        ("web-1", "db-1", false, LinkState::CUT, &[]),
    ] {
        let mut infrastructure = Preset::Brief.infrastructure();
        let (from, to) = (from.to_owned(), to.to_owned());
        let change = LinkChange { from, to, one_way, state };
        infrastructure.network.links.push(change.clone());
        let report = checked(Preset::Brief, &infrastructure);
        assert_eq!(failed(&report), wrong, "{change}: {}", report.to_text());
        for id in wrong {
            let one = finding(&report, id);
            assert!(one.found.contains("the link is cut from the start"), "{one:?}");
        }
    }
    let mut deaf = Preset::Brief.infrastructure();
    deaf.network.links.push("lb-1>lb-2:cut".parse().unwrap());
    let found = finding(&checked(Preset::Brief, &deaf), "C-way-vrrp").found.clone();
    assert_eq!(found, "lb-2 does not hear lb-1: the link is cut from the start");
}

/// Only what a plan has is looked at: one server has no way but that of its users.
#[test]
fn a_plan_is_asked_for_its_own_ways_alone() {
    for (preset, ways) in [
        (Preset::Simple, &["C-way-users"][..]),
        (Preset::Distributed, &["C-way-users", "C-way-servers", "C-way-db", "C-way-replica"]),
        (Preset::Brief, &["C-way-users", "C-way-servers", "C-way-db", "C-way-vrrp"]),
        (
            Preset::Extended,
            &[
                "C-way-users",
                "C-way-servers",
                "C-way-apps",
                "C-way-db",
                "C-way-replica",
                "C-way-vrrp",
            ],
        ),
    ] {
        let report = checked(preset, &preset.infrastructure());
        let ids = report.findings.iter().map(|one| one.id);
        let own: Vec<&str> = ids.filter(|id| id.starts_with("C-way-")).collect();
        assert_eq!(own, ways, "{preset}");
    }
}

/// Agents that nobody asks notice nothing.
#[test]
fn agents_need_a_collector() {
    let mut unheard = Preset::Brief.infrastructure();
    unheard.monitoring = None;
    let report = check(Task::ScaleUp, &unheard, None);
    assert_eq!(failed(&report), ["C3-10"], "{}", report.to_text());
}
