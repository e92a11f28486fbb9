//! Edits of what stands there: what they make can stand and answers everybody; they are read as they are written, they travel in links, and
//! they are taken back without a trace.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

#[path = "edits/differences.rs"]
mod differences;
#[path = "edits/effects.rs"]
mod effects;
#[path = "edits/rate.rs"]
mod rate;
#[path = "edits/rules.rs"]
mod rules;
#[path = "edits/settings.rs"]
mod settings;
#[path = "edits/tunables.rs"]
mod tunables;

use std::process::{Command, Output};

use foobar_lab::infra::{
    Edit, Figure, Infrastructure, NewRule, Part, Peer, Policy, Preset, Routing, Setting, TlsMode,
};
use foobar_lab::kernel::SimTime;
use foobar_lab::run::{Run, permalink};
use foobar_lab::sim::{History, Plan};
use proptest::prelude::*;

fn edited(preset: Preset, edits: &[&str]) -> Plan {
    let mut plan = Plan::new(preset.infrastructure(), 1);
    for edit in edits {
        plan.edit(edit.parse().unwrap()).unwrap();
    }
    plan
}

fn at(seconds: u64) -> SimTime {
    SimTime::from_ms(seconds * 1000)
}

fn run(plan: Plan, seconds: u64) -> Run {
    let mut run = Run::new(plan, History::Off).unwrap();
    run.advance_to(at(seconds));
    run
}

fn refusal(preset: Preset, edit: &str) -> String {
    let mut infrastructure = preset.infrastructure();
    let error = edit.parse::<Edit>().and_then(|edit| edit.apply(&mut infrastructure)).unwrap_err();
    assert_eq!(infrastructure, preset.infrastructure(), "{edit}: refused and yet made");
    error.to_string()
}

fn names(infrastructure: &Infrastructure) -> Vec<&str> {
    infrastructure.hosts.iter().map(|host| host.name.as_str()).collect()
}

#[test]
fn every_possible_edit_stands_and_answers_everybody() {
    for preset in Preset::ALL {
        for edit in Edit::possible(&preset.infrastructure()) {
            let plan = edited(preset, &[&edit.to_string()]);
            assert_eq!(plan.infrastructure.validate(), [], "{preset}: {edit}");
            let counts = run(plan, 20).simulation().counts();
            assert!(counts.ok > 300 && counts.failed == 0, "{preset}: {edit}: {counts:?}");
        }
    }
}

#[test]
fn every_size_that_is_offered_can_be_chosen() {
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        for host in &infrastructure.hosts {
            let sizes = Edit::sizes(&infrastructure, &host.name);
            assert!(sizes.len() > 10, "{preset}: {}: {sizes:?}", host.name);
            for edit in sizes {
                let plan = edited(preset, &[&edit.to_string()]);
                let Edit::Set(figure, name, value) = &edit else { panic!("{edit}") };
                let changed = plan.infrastructure.host(name).unwrap();
                assert_eq!(figure.at(changed), *value, "{preset}: {edit}");
                run(plan, 2);
            }
        }
    }
}

/// Two edits after one another, whatever they are.
#[test]
fn what_an_edit_makes_can_be_edited_again() {
    for preset in Preset::ALL {
        for first in Edit::possible(&preset.infrastructure()) {
            let mut plan = Plan::new(preset.infrastructure(), 1);
            plan.edit(first.clone()).unwrap();
            for second in Edit::possible(&plan.infrastructure) {
                let mut twice = plan.clone();
                twice.edit(second.clone()).unwrap();
                let faults = twice.infrastructure.validate();
                assert_eq!(faults, [], "{preset}: {first}, {second}");
                assert!(Run::new(twice, History::Off).is_ok(), "{preset}: {first}, {second}");
            }
        }
    }
}

#[test]
fn what_is_added_is_counted_on() {
    let plan = edited(Preset::Distributed, &["add-balancer", "add-balancer"]);
    let titles: Vec<&str> =
        plan.infrastructure.balancers().map(|host| host.title.as_str()).collect();
    assert_eq!(titles, ["Load balancer", "Load balancer 2", "Load balancer 3"]);
}

#[test]
fn a_new_application_server_takes_its_turn() {
    let plan = edited(Preset::Brief, &["add-app"]);
    let added = plan.infrastructure.host("app-3").unwrap().clone();
    assert_eq!(added.address, std::net::Ipv4Addr::new(10, 0, 30, 13));
    assert_eq!((added.title.as_str(), added.zone.as_str()), ("Server 5", "app"));
    assert!(plan.infrastructure.title.contains("3 application servers"));
    for balancer in plan.infrastructure.balancers() {
        let lines = &balancer.haproxy().unwrap().backends[1].servers;
        assert_eq!(lines.len(), 3, "{}", balancer.name);
        assert_eq!((lines[2].inter, lines[2].check), (lines[0].inter, lines[0].check));
    }
    let run = run(plan, 60);
    for balancer in ["lb-1", "lb-2"] {
        let rows = run.simulation().snapshot().servers;
        let counts: Vec<u64> = rows
            .iter()
            .filter(|row| row.balancer == balancer && row.name.starts_with("app-"))
            .map(|row| row.requests)
            .collect();
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(counts.len() == 3 && *least > 20 && most - least <= 1, "{balancer}: {counts:?}");
    }
}

#[test]
fn a_third_balancer_waits_behind_both() {
    let mut run = Run::new(edited(Preset::Brief, &["add-balancer"]), History::Off).unwrap();
    let owners = |run: &Run| -> Vec<Option<String>> {
        run.simulation().snapshot().vips.into_iter().map(|vip| vip.owner).collect()
    };
    let of = |name: &str| Some(name.to_owned());
    run.advance_to(at(5));
    assert_eq!(owners(&run), [of("lb-1"), of("lb-2")]);
    for balancer in ["kill lb-1", "kill lb-2"] {
        run.act(balancer.parse().unwrap()).unwrap();
    }
    run.advance_to(at(20));
    assert_eq!(owners(&run), [of("lb-3"), of("lb-3")]);
}

#[test]
fn a_lone_balancer_gets_somebody_to_take_over() {
    for preset in [Preset::Distributed, Preset::Secured] {
        let mut run = Run::new(edited(preset, &["add-balancer"]), History::Off).unwrap();
        run.advance_to(at(5));
        run.act("kill lb-1".parse().unwrap()).unwrap();
        run.advance_to(at(20));
        let before = run.simulation().counts();
        run.advance_to(at(40));
        assert_eq!(run.simulation().snapshot().vips[0].owner.as_deref(), Some("lb-2"), "{preset}");
        assert!(run.simulation().counts().ok > before.ok + 300, "{preset}");
    }
}

#[test]
fn one_balancer_carries_on_when_the_other_is_taken_away() {
    let plan = edited(Preset::Brief, &["remove:lb-1"]);
    let run = run(plan, 20);
    let vips = run.simulation().snapshot().vips;
    assert!(vips.iter().all(|vip| vip.owner.as_deref() == Some("lb-2")), "{vips:?}");
    assert_eq!(run.simulation().counts().failed, 0);
}

#[test]
fn a_replica_comes_and_goes() {
    let with = edited(Preset::Literal, &["add-replica"]);
    assert!(names(&with.infrastructure).contains(&"db-2"));
    assert!(with.infrastructure.links().iter().any(|link| link.protocol == "replication"));
    let without = edited(Preset::Literal, &["add-replica", "remove:db-2"]);
    let mut plain = without.infrastructure;
    plain.title = Preset::Literal.infrastructure().title;
    assert_eq!(plain, Preset::Literal.infrastructure());
}

#[test]
fn a_name_that_is_free_again_is_given_again_and_stands_where_it_stood() {
    let plan = edited(Preset::Brief, &["add-app", "remove:app-1", "add-app"]);
    assert_eq!(
        names(&plan.infrastructure),
        ["lb-1", "lb-2", "web-1", "app-1", "app-2", "app-3", "db-1"]
    );
}

/// Where single machines are let through, so is the new one, and nothing else is.
#[test]
fn the_firewall_lets_through_what_a_new_machine_needs() {
    let plan = edited(Preset::Secured, &["add-server", "add-balancer"]);
    let open = |from: &str, to: &str, port| {
        plan.infrastructure.reach(&Peer::Host(from.to_owned()), to, port).unwrap().is_open()
    };
    for balancer in ["lb-1", "lb-2"] {
        for server in ["server-1", "server-2", "server-3"] {
            assert!(open(balancer, server, 80), "{balancer} to {server}");
            assert!(!open(balancer, server, 3306), "{balancer} to {server}");
        }
    }
    assert!(open("server-3", "server-1", 3306));
}

#[test]
fn the_routing_can_be_changed_and_changed_back() {
    let chain = edited(Preset::Brief, &["routing:chain"]).infrastructure;
    assert_eq!(chain.backends().count(), 1);
    let from_web = Peer::Host("web-1".to_owned());
    assert!(chain.reach(&from_web, "app-1", 8000).unwrap().is_open());
    assert!(!chain.reach(&Peer::Host("lb-1".to_owned()), "app-1", 8000).unwrap().is_open());
    let back = edited(Preset::Brief, &["routing:chain", "routing:switching"]).infrastructure;
    let brief = Preset::Brief.infrastructure();
    for (back, brief) in back.balancers().zip(brief.balancers()) {
        assert_eq!(back.haproxy(), brief.haproxy());
    }
    let rules = |of: &Infrastructure| -> Vec<(String, Peer, Peer)> {
        of.rules
            .iter()
            .map(|rule| (rule.name.clone(), rule.from.clone(), rule.to.clone()))
            .collect()
    };
    assert_eq!(rules(&back), rules(&brief));
}

#[test]
fn plain_http_comes_by_port_80() {
    let plain = edited(Preset::Secured, &["tls:off"]).infrastructure;
    assert!(plain.reach(&Peer::Internet, "lb-1", 80).unwrap().is_open());
    assert!(plain.links().iter().any(|link| link.protocol == "HTTP 80"));
    assert!(!plain.links().iter().any(|link| link.protocol.starts_with("HTTPS")));
}

#[test]
fn what_cannot_be_is_refused_with_what_was_found_and_what_is_allowed() {
    let refused = |preset, edit: &str, parts: &[&str]| {
        let message = refusal(preset, edit);
        for part in parts.iter().chain([&"allowed"]) {
            assert!(message.contains(part), "{edit}: {message}");
        }
    };
    refused(Preset::Brief, "remove:web-1", &["the last web server"]);
    refused(Preset::Brief, "remove:db-1", &["db-1"]);
    refused(Preset::Brief, "remove:app-9", &["`app-9`", "app-1, app-2"]);
    refused(Preset::Brief, "add-server", &["no server with everything"]);
    refused(Preset::Extended, "add-replica", &["1 replica", "at most 1"]);
    refused(Preset::Simple, "add-app", &["no application server"]);
    refused(Preset::Simple, "tls:off", &["no balancer"]);
    refused(Preset::Literal, "routing:chain", &["already"]);
    refused(Preset::Distributed, "routing:switching", &["apart"]);
    refused(Preset::Brief, "cores:web-1=0", &["0", "1 to 64"]);
    refused(Preset::Brief, "workers:web-1=4", &["web-1"]);
    refused(Preset::Brief, "memory_gib:db-1=2", &["innodb_buffer_pool_mib"]);
    refused(Preset::Brief, "add-wonder", &["`add-wonder`", "add-app"]);
    let mut full = Preset::Brief.infrastructure();
    for _ in
        full.hosts.iter().filter(|host| Part::of(host) == Some(Part::App)).count()..Part::App.most()
    {
        Edit::Add(Part::App).apply(&mut full).unwrap();
    }
    assert!(Edit::Add(Part::App).apply(&mut full).is_err());
    assert!(!Edit::possible(&full).contains(&Edit::Add(Part::App)));
}

#[test]
fn a_plan_holds_so_many_edits_and_no_more() {
    let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
    for cores in 1..40 {
        plan.edit(Edit::Set(Figure::Cores, "web-1".to_owned(), cores)).unwrap();
    }
    assert_eq!(plan.edits.len(), 1, "only the last of them counts");
    let link = format!("run/1/brief{};at=0s", ";edit=add-app;edit=remove:app-3".repeat(17));
    let error = permalink::read(&link, History::Off).unwrap_err().to_string();
    assert!(error.contains("32 edits"), "{error}");
}

#[test]
fn a_link_holds_the_edits() {
    let plan = edited(Preset::Brief, &["add-app", "cores:web-1=4", "add-balancer", "tls:on"]);
    let mut run = Run::new(plan, History::Recent).unwrap();
    run.advance_to(at(5));
    run.act("kill app-3".parse().unwrap()).unwrap();
    run.advance_to(at(20));
    let link = permalink::write(&run).unwrap();
    assert!(link.starts_with("run/1/brief;edit=add-app;edit=cores:web-1=4;edit="), "{link}");
    let opened = permalink::read(&link, History::Recent).unwrap();
    assert_eq!(opened.plan(), run.plan());
    assert_eq!(opened.simulation().digest(), run.simulation().digest());
    assert_eq!(permalink::write(&opened).unwrap(), link);
}

#[test]
fn what_is_wrong_with_an_edit_in_a_link_is_named() {
    let refused = |link: &str| permalink::read(link, History::Off).unwrap_err().to_string();
    assert!(refused("run/1/brief;edit=dance").contains("`dance`"));
    assert!(refused("run/1/brief;edit=remove:db-1").contains("remove:db-1"));
    assert!(refused("run/1/simple;edit=add-app").contains("add-app"));
    assert!(refused("run/1/brief;edit=remove:app-2;5s+kill+app-2").contains("app-2"));
}

#[test]
fn an_edit_is_taken_back_without_a_trace_and_made_again() {
    let mut run = Run::new(Plan::new(Preset::Brief.infrastructure(), 7), History::Recent).unwrap();
    run.advance_to(at(5));
    run.act("kill app-2".parse().unwrap()).unwrap();
    run.advance_to(at(10));
    run.act("restore app-2".parse().unwrap()).unwrap();
    run.act("kill app-1".parse().unwrap()).unwrap();
    run.advance_to(at(20));
    let (link, digest) = (permalink::write(&run).unwrap(), run.simulation().digest());

    let made = run.edit("remove:app-2".parse().unwrap()).unwrap();
    let dropped: Vec<String> = made.dropped.iter().map(|timed| timed.action.to_string()).collect();
    assert_eq!(dropped, ["kill app-2", "restore app-2"]);
    assert!(made.has_arrived && run.now() == at(20));
    assert_eq!(run.all_actions().len(), 1);
    let (other, after) = (permalink::write(&run).unwrap(), run.simulation().digest());
    assert_ne!(digest, after);
    let opened = permalink::read(&other, History::Recent).unwrap();
    assert_eq!(opened.simulation().digest(), after);

    assert!(run.edit("remove:app-1".parse().unwrap()).is_err());
    run.undo();
    assert_eq!(permalink::write(&run).unwrap(), link);
    assert_eq!(run.simulation().digest(), digest);
    run.redo();
    assert_eq!(permalink::write(&run).unwrap(), other);
    assert_eq!(run.simulation().digest(), after);
    run.undo();
    run.undo();
    assert_eq!(run.all_actions().len(), 2, "the edit before is taken back as ever");
    run.advance_to(at(25));
}

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foobar-lab")).args(arguments).output().unwrap()
}

#[test]
fn the_command_line_edits_in_order() {
    let edits = ["--edit", "add-app", "--edit", "remove:app-1", "--for", "5s"];
    let written = program(&[&["plan", "--preset", "brief"][..], &edits].concat());
    let plan = String::from_utf8(written.stdout).unwrap();
    assert!(plan.contains("\"app-3\"") && !plan.contains("\"app-1\""), "{plan}");
    let told = program(&[&["simulate"][..], &edits].concat());
    assert!(told.status.success());
    assert!(String::from_utf8(told.stdout).unwrap().contains("lb-1/app/app-3"));
    for (edit, names) in [("dance", "add-app"), ("remove:db-1", "remove:db-1")] {
        let refused = program(&["simulate", "--edit", edit]);
        assert_eq!(refused.status.code(), Some(2), "{edit}");
        assert!(String::from_utf8(refused.stderr).unwrap().contains(names), "{edit}");
    }
}

/// Names of machines that some infrastructure has or may come to have, and others.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (prop::sample::select(vec!["lb", "web", "app", "db", "server"]), 1_u32..4)
            .prop_map(|(stem, number)| format!("{stem}-{number}")),
        2 => Just("site".to_owned()),
        1 => "[a-zA-Z0-9-]{1,20}",
    ]
}

fn any_peer() -> impl Strategy<Value = Peer> {
    let zones = vec!["edge", "web", "app", "db", "server", "servers", "site", "cellar"];
    prop_oneof![
        1 => Just(Peer::Internet),
        1 => Just(Peer::Any),
        4 => prop::sample::select(zones).prop_map(|name| Peer::Zone(name.to_owned())),
        2 => any_name().prop_map(Peer::Host),
    ]
}

fn any_rule() -> impl Strategy<Value = NewRule> {
    let port = prop_oneof![Just(80_u32), Just(8000), Just(3306), 0_u32..70_000, any::<u32>()];
    let ports = prop::option::weighted(0.8, prop::collection::vec(port, 0..4));
    let policy = prop::sample::select(vec![Policy::Allow, Policy::Deny]);
    let place = prop::option::of(0_u32..9);
    (policy, any_peer(), any_peer(), ports, place)
        .prop_map(|(policy, from, to, ports, place)| NewRule { policy, from, to, ports, place })
}

/// A setting with a value that can be written, in its range or not.
fn any_tune() -> impl Strategy<Value = Edit> {
    let value = prop_oneof![0_u32..70, any::<u32>()];
    let setting = prop::sample::select(Setting::ALL.to_vec());
    (setting, any_name(), value).prop_map(|(setting, name, value)| {
        let words = setting.words().len() as u32;
        Edit::Tune(setting, name, if words == 0 { value } else { value % words })
    })
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let figure = prop::sample::select(Figure::ALL.to_vec());
    let value = prop_oneof![1_u32..70, any::<u32>()];
    let tls = vec![TlsMode::Off, TlsMode::On, TlsMode::ToServers];
    let routing = vec![Routing::Chain, Routing::Switching];
    prop_oneof![
        1 => prop::sample::select(Part::ALL.to_vec()).prop_map(Edit::Add),
        1 => any_name().prop_map(Edit::Remove),
        1 => (figure, any_name(), value).prop_map(|(figure, name, to)| Edit::Set(figure, name, to)),
        1 => prop::sample::select(tls).prop_map(Edit::Tls),
        1 => prop::sample::select(routing).prop_map(Edit::Routing),
        2 => any_rule().prop_map(Edit::AddRule),
        1 => "[ -~]{1,40}|users-to-edge|app-to-db|admin".prop_map(Edit::RemoveRule),
        2 => any_tune(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edits_are_read_as_they_are_written(edit in any_edit()) {
        prop_assert_eq!(edit.to_string().parse::<Edit>(), Ok(edit.clone()));
        prop_assert!(!edit.words().is_empty());
    }

    #[test]
    fn any_text_is_an_edit_or_refused(text in ".{0,40}") {
        if let Ok(edit) = text.parse::<Edit>() {
            prop_assert!(edit.to_string().parse::<Edit>().is_ok());
        }
    }

    /// Whatever becomes of an edit on its way, it is one that is written and read alike, or it is refused; nothing panics.
    #[test]
    fn mutated_edits_are_edits_or_refused(
        edit in any_edit(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..5),
        preset in prop::sample::select(Preset::ALL.to_vec()),
    ) {
        let mut bytes = edit.to_string().into_bytes();
        for (index, byte, kind) in cuts {
            let place = index.index(bytes.len() + 1);
            match kind {
                0 if place < bytes.len() => bytes[place] = byte,
                1 if place < bytes.len() => {
                    bytes.remove(place);
                }
                _ => bytes.insert(place, byte),
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Ok(read) = text.parse::<Edit>() {
            prop_assert_eq!(read.to_string().parse::<Edit>(), Ok(read.clone()));
            let mut infrastructure = preset.infrastructure();
            if read.apply(&mut infrastructure).is_ok() {
                prop_assert_eq!(infrastructure.validate(), []);
            }
        }
        let link = format!("run/1/{};edit={text};at=0s", preset.name());
        if let Ok(run) = permalink::read(&link, History::Off) {
            let written = permalink::write(&run).unwrap();
            let again = permalink::read(&written, History::Off).unwrap();
            prop_assert_eq!(again.plan(), run.plan());
        }
    }

    /// Whatever is edited, in whatever order, stands; and nothing is changed by what is refused.
    #[test]
    fn any_edits_leave_what_can_stand(
        preset in prop::sample::select(Preset::ALL.to_vec()),
        edits in prop::collection::vec(any_edit(), 0..12),
    ) {
        let mut plan = Plan::new(preset.infrastructure(), 1);
        for edit in edits {
            let before = plan.clone();
            if plan.edit(edit).is_err() {
                prop_assert_eq!(&plan, &before);
            }
            prop_assert_eq!(plan.infrastructure.validate(), []);
        }
        let link = permalink::write(&Run::new(plan.clone(), History::Off).unwrap()).unwrap();
        let opened = permalink::read(&link, History::Off).unwrap();
        prop_assert_eq!(opened.plan(), &plan);
    }
}
