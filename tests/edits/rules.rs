//! Rules of the firewall that are put in and taken out: they drop what they say and are named for it, they are checked, and they go as they came.

use foobar_lab::config::export::files;
use foobar_lab::infra::{Edit, Peer, Policy, Preset};
use foobar_lab::run::{Run, permalink};
use foobar_lab::sim::{History, Plan, RequestRecord, cause, cure};

use super::{at, edited, refusal};

/// So many seconds of it, with what each request met.
fn told(plan: Plan, seconds: u64) -> Run {
    let mut run = Run::new(plan, History::Recent).unwrap();
    run.advance_to(at(seconds));
    run
}

fn tells(run: &Run, words: &str) -> bool {
    let mut steps = run.simulation().records().flat_map(|record| &record.steps);
    steps.any(|step| step.to_string() == words)
}

#[test]
fn a_rule_drops_what_it_says_and_is_named() {
    for (preset, rule, words) in [
        (
            Preset::Literal,
            "rule:deny:zone/web:zone/app:tcp/8000:1",
            "the firewall drops what web-1 sends to app-1 (deny-web-to-app)",
        ),
        (
            Preset::Literal,
            "remove-rule:web-to-app",
            "the firewall drops what web-1 sends to app-1 (default deny)",
        ),
        (
            Preset::Brief,
            "rule:deny:host/lb-1:zone/app:any:1",
            "the firewall drops what lb-1 sends to app-2 (deny-lb-1-to-app)",
        ),
        (
            Preset::Brief,
            "rule:deny:zone/app:zone/db:tcp/3306,3307:1",
            "the firewall drops what app-1 sends to db-1 (deny-app-to-db)",
        ),
        (
            Preset::Brief,
            "rule:deny:internet:zone/edge:tcp/443:1",
            "the firewall drops what a user sends to lb-1 (deny-internet-to-edge)",
        ),
        (
            Preset::Simple,
            "rule:deny:any:any:any:1",
            "the firewall drops what a user sends to server-1 (deny-any-to-any)",
        ),
    ] {
        let whole = told(edited(preset, &[]), 20);
        assert_eq!(whole.simulation().counts().failed, 0, "{preset}");
        let run = told(edited(preset, &[rule]), 40);
        assert!(run.simulation().counts().failed > 50, "{preset}: {rule}");
        assert!(tells(&run, words), "{preset}: {rule}: nowhere `{words}`");
    }
}

/// Whoever asks why a request failed is led to the firewall, not to HAProxy.
#[test]
fn the_rule_is_what_would_have_changed_it() {
    let run = told(edited(Preset::Literal, &["rule:deny:zone/web:zone/app:tcp/8000:1"]), 30);
    let mut failed = run.simulation().records().filter(|record| !record.outcome.is_ok());
    let site = &run.simulation().plan().infrastructure;
    let told = cure(failed.next().unwrap(), site).unwrap();
    assert!(told.contains("firewall rule"), "{told}");
}

/// Who is dropped at one address, and then finds no application at the other, is not led to the firewall: that would have changed nothing.
#[test]
fn a_drop_that_a_client_got_around_is_not_what_would_have_changed_it() {
    let deny = "rule:deny:internet:host/lb-1:tcp/443:1";
    let mut run = told(edited(Preset::Brief, &[deny]), 5);
    assert!(tells(&run, "the firewall drops what a user sends to lb-1 (deny-internet-to-lb-1)"));
    assert_eq!(run.simulation().counts().failed, 0, "VIP B serves everybody");
    for app in ["kill app-1/app", "kill app-2/app"] {
        run.act(app.parse().unwrap()).unwrap();
    }
    run.advance_to(at(20));
    let empty = "backend app has no server that is UP";
    let of_empty = |record: &&RequestRecord| is_dropped(record) && cause(record) == empty;
    let records: Vec<&RequestRecord> = run.simulation().records().filter(of_empty).collect();
    assert!(records.len() > 10, "{}", records.len());
    for record in records {
        let told = cure(record, &run.simulation().plan().infrastructure).unwrap();
        assert!(told.contains("another `server` line"), "{record:?}: {told}");
    }
}

/// A read that is dropped on its way to the replica, and then fails at the primary, is told what it met at last; one that is dropped on both
/// ways, and a write, is led to the firewall.
#[test]
fn a_read_that_fails_at_the_primary_ends_for_what_it_met_there() {
    let cures = |deny: &str| {
        let mut plan = edited(Preset::Extended, &[deny]);
        plan.workload.rate = 1.0;
        let mut run = told(plan, 5);
        run.act("kill db-1/mysql".parse().unwrap()).unwrap();
        run.advance_to(at(60));
        let dropped = run.simulation().records().filter(|record| is_dropped(record));
        let failed = dropped.filter(|record| !record.outcome.is_ok() && record.started_at > at(5));
        let site = &run.simulation().plan().infrastructure;
        failed.filter_map(|record| cure(record, site)).collect::<Vec<_>>()
    };
    let replica = cures("rule:deny:zone/app:host/db-2:tcp/3306:1");
    assert!(replica.len() > 5, "{replica:?}");
    assert!(replica.iter().all(|told| told.contains("a replica to promote")), "{replica:?}");
    let both = cures("rule:deny:zone/app:zone/db:tcp/3306:1");
    assert!(both.len() > 5, "{both:?}");
    assert!(both.iter().all(|told| told.contains("firewall rule")), "{both:?}");
}

fn is_dropped(record: &RequestRecord) -> bool {
    record.steps.iter().any(|step| step.to_string().starts_with("the firewall drops"))
}

/// The exported firewall has the rule at its place: what drops stands before what lets in.
#[test]
fn a_rule_stands_in_the_exported_firewall() {
    let infrastructure =
        edited(Preset::Literal, &["rule:deny:zone/web:zone/app:tcp/8000,8001:1"]).infrastructure;
    let firewall = |host: &str| {
        let path = format!("config/{host}/nftables.conf");
        files(&infrastructure).into_iter().find(|file| file.path == path).unwrap().text
    };
    let own = firewall("app-1");
    let line = "ip saddr 10.0.20.0/24 tcp dport { 8000, 8001 } drop comment \"deny-web-to-app\"";
    let [drops, lets_in] = [line, "comment \"web-to-app\""].map(|text| own.find(text));
    assert!(drops.is_some() && drops < lets_in, "{own}");
    assert!(!firewall("db-1").contains("deny-web-to-app"));
}

/// What a rule does not speak of goes on.
#[test]
fn a_rule_drops_nothing_else() {
    let run = told(edited(Preset::Literal, &["rule:deny:zone/web:zone/app:tcp/8000:1"]), 40);
    let files = run.simulation().records().filter(|record| record.path.starts_with("/static"));
    let files: Vec<_> = files.collect();
    assert!(files.len() > 100 && files.iter().all(|record| record.outcome.is_ok()));
    for rule in ["rule:deny:zone/web:zone/app:tcp/22", "rule:allow:zone/web:zone/db:tcp/3306:1"] {
        let run = told(edited(Preset::Literal, &[rule]), 20);
        assert_eq!(run.simulation().counts().failed, 0, "{rule}");
    }
}

/// The first that matches decides, so a hole can be put before what closes it.
#[test]
fn the_place_decides() {
    let edits = ["rule:deny:zone/edge:zone/app:tcp/8000:1", "rule:allow:lb-1:zone/app:tcp/8000:1"];
    let infrastructure = edited(Preset::Brief, &edits).infrastructure;
    let open = |from: &str| {
        infrastructure.reach(&Peer::Host(from.to_owned()), "app-1", 8000).unwrap().is_open()
    };
    assert_eq!([open("lb-1"), open("lb-2")], [true, false]);
    let names: Vec<&str> =
        infrastructure.rules.iter().map(|rule| rule.name.as_str()).take(3).collect();
    assert_eq!(names, ["allow-lb-1-to-app", "deny-edge-to-app", "users-to-edge"]);
    let twice = ["rule:deny:any:zone/db:tcp/1:1", "rule:deny:any:zone/db:tcp/2:1"];
    let infrastructure = edited(Preset::Brief, &twice).infrastructure;
    assert_eq!(infrastructure.rules[0].name, "deny-any-to-db-rule-2");
}

#[test]
fn what_is_wrong_with_a_rule_is_named_with_its_field() {
    for (edit, parts) in [
        ("rule:deny:zone/cellar:zone/app:tcp/80", ["rules[5].from", "`zone cellar`"]),
        ("rule:deny:zone/web:host/app-9:tcp/80:1", ["rules[0].to", "`app-9`"]),
        ("rule:deny:zone/web:zone/app:tcp/70000", ["rules[5].protocol", "`70000`"]),
        ("rule:deny:zone/web:zone/app:tcp/80,0", ["rules[5].protocol", "1 to 65535"]),
        ("rule:deny:zone/web:zone/app:tcp/", ["rules[5].protocol", "`0 ports`"]),
        ("rule:deny:zone/web:zone/app:any:9", ["rules: found `place 9`", "place 1 to 6"]),
        ("rule:deny:zone/web:zone/app:any:0", ["rules: found `place 0`", "place 1 to 6"]),
        ("rule:deny:app-1:app-2:tcp/8000:1", ["rules[0].to", "within a zone"]),
        ("rule:deny:zone/app:internet:any:1", ["rules[0].to", "where it arrives"]),
        ("rule:allow:any:any:any:1", ["rules[0]: found", "default deny"]),
        (
            "rule:allow:zone/app:zone/db:tcp/3306:1",
            ["rules[0]: found", "rules[3], app-to-db, says"],
        ),
        ("rule:deny:zone/app:zone/db:tcp/3306", ["rules[5]: found", "app-to-db, decides"]),
        ("rule:deny:app-1:host/db-1:tcp/3306:5", ["rules[4]: found", "rules[3], app-to-db"]),
        ("remove-rule:edge-to-moon", ["no rule `edge-to-moon`", "users-to-edge, edge-to-web"]),
        ("rule:drop:zone/web:zone/app:tcp/80", ["is no edit", "rule:allow:FROM"]),
        ("rule:deny:zone/web:zone/app:tcp/80:1:2", ["is no edit", "rule:allow:FROM"]),
        ("rule:deny:zone/web:zone/app:udp/53", ["is no edit", "rule:allow:FROM"]),
        ("remove-rule:", ["is no edit", "remove-rule:NAME"]),
    ] {
        let message = refusal(Preset::Brief, edit);
        for part in parts {
            assert!(message.contains(part), "{edit}: {message}");
        }
    }
    let many: Vec<String> = (1..=16).map(|port| port.to_string()).collect();
    let many = format!("rule:deny:zone/web:zone/app:tcp/{}", many.join(","));
    assert!(refusal(Preset::Brief, &many).contains("16 ports"));
    let only = refusal(Preset::Simple, "remove-rule:users-to-server");
    assert!(only.contains("the only rule"), "{only}");
}

#[test]
fn in_every_preset_rules_come_and_go() {
    for preset in Preset::ALL {
        let plain = preset.infrastructure();
        for zone in &plain.zones {
            let edit = format!("rule:deny:any:zone/{}:any:1", zone.name);
            let mut infrastructure = edited(preset, &[&edit]).infrastructure;
            let name = infrastructure.rules[0].name.clone();
            Edit::RemoveRule(name).apply(&mut infrastructure).unwrap();
            assert_eq!(infrastructure, plain, "{preset}: {edit}");
        }
        for rule in plain.rules.iter().filter(|_| plain.rules.len() > 1) {
            let edit = format!("remove-rule:{}", rule.name);
            let rules = edited(preset, &[&edit]).infrastructure.rules;
            assert_eq!(rules.len() + 1, plain.rules.len(), "{preset}: {edit}");
        }
    }
}

#[test]
fn a_rule_is_taken_back_and_travels_in_a_link() {
    let mut run = Run::new(Plan::new(Preset::Brief.infrastructure(), 3), History::Recent).unwrap();
    run.advance_to(at(5));
    run.act("drop rule edge-to-web".parse().unwrap()).unwrap();
    run.advance_to(at(15));
    let (link, digest) = (permalink::write(&run).unwrap(), run.simulation().digest());
    let made = run.edit("remove-rule:edge-to-web".parse().unwrap()).unwrap();
    assert_eq!(made.dropped.len(), 1, "what speaks of the rule is gone");
    run.edit("rule:deny:host/lb-1:zone/app:tcp/8000:1".parse().unwrap()).unwrap();
    assert_eq!(run.now(), at(15));
    let other = permalink::write(&run).unwrap();
    assert!(other.contains(";edit=rule:deny:host/lb-1:zone/app:tcp/8000:1;"), "{other}");
    let opened = permalink::read(&other, History::Recent).unwrap();
    assert_eq!(opened.plan(), run.plan());
    assert_eq!(opened.simulation().digest(), run.simulation().digest());
    run.undo();
    run.undo();
    assert_eq!(permalink::write(&run).unwrap(), link);
    assert_eq!(run.simulation().digest(), digest);
}

/// A machine that is added is not let past a rule that somebody put in, and a way that moves is not the denied one.
#[test]
fn other_edits_leave_a_rule_alone() {
    let deny = "rule:deny:zone/web:zone/app:tcp/8000:1";
    let before = edited(Preset::Literal, &[deny]).infrastructure;
    let after = edited(Preset::Literal, &[deny, "add-web"]).infrastructure;
    assert_eq!(after.rules, before.rules);
    let deny = "rule:deny:zone/edge:zone/app:tcp/22:1";
    let chain = edited(Preset::Brief, &[deny, "routing:chain"]).infrastructure;
    let moved = chain.rules.iter().find(|rule| rule.name == "web-to-app").unwrap();
    assert_eq!(moved.policy, Policy::Allow);
    assert_eq!(chain.rules[0].name, "deny-edge-to-app");
}
