//! The prepared states: each opens, stands where its link says, and shows what its title and its words promise.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as expected"
)]

use foobar_lab::desk::{Desk, PREPARED, State};
use foobar_lab::kernel::SimTime;
use foobar_lab::run::{Run, permalink};
use foobar_lab::sim::{
    Condition, DYNAMIC_PATH, FactKind, History, RequestRecord, STATIC_PATH, WRITE_PATH,
};

fn all() -> impl Iterator<Item = &'static State> {
    PREPARED.into_iter().flat_map(|(_, states)| states)
}

/// The run of the state whose title begins so, as it is opened.
#[track_caller]
fn opened(title: &str) -> Run {
    let state = all().find(|state| state.title.starts_with(title)).unwrap();
    read(state.link)
}

#[track_caller]
fn read(link: &str) -> Run {
    permalink::read(link, History::Recent).unwrap()
}

/// The same state some time later.
fn later(mut run: Run, ms: u64) -> Run {
    run.advance_to(SimTime::from_ms(ms));
    run
}

fn failed(run: &Run) -> u64 {
    run.simulation().counts().failed
}

/// How a balancer sees a server.
#[track_caller]
fn seen(run: &Run, balancer: &str, server: &str) -> String {
    let servers = run.simulation().snapshot().servers;
    let view = servers.iter().find(|view| view.balancer == balancer && view.name == server);
    view.unwrap().status_word()
}

fn owners(run: &Run) -> Vec<Option<String>> {
    run.simulation().snapshot().vips.into_iter().map(|vip| vip.owner).collect()
}

fn count(run: &Run, is_it: impl Fn(&FactKind) -> bool) -> usize {
    run.simulation().facts().iter().filter(|fact| is_it(&fact.kind)).count()
}

fn is_down(kind: &FactKind) -> bool {
    matches!(kind, FactKind::ServerDown { .. })
}

fn is_death(kind: &FactKind) -> bool {
    matches!(kind, FactKind::HostDied | FactKind::ServiceDied)
}

/// What asked for this path from this instant on and has ended.
fn ended<'a>(run: &'a Run, path: &str, from_ms: u64) -> Vec<&'a RequestRecord> {
    let from = SimTime::from_ms(from_ms);
    let records = run.simulation().records();
    records.filter(|record| record.path == path && record.started_at >= from).collect()
}

/// Of how many ended requests how many were answered well.
fn answered(run: &Run, path: &str, from_ms: u64) -> (usize, usize) {
    let ended = ended(run, path, from_ms);
    (ended.iter().filter(|record| record.outcome.is_ok()).count(), ended.len())
}

#[test]
fn every_state_opens_as_its_link_is_written() {
    let mut titles = Vec::new();
    for State { title, told, link } in all() {
        let run = read(link);
        let look = permalink::look(link);
        assert_eq!(permalink::write_look(&run, &look).as_deref(), Some(*link), "{title}");
        assert!(!titles.contains(title), "{title}");
        titles.push(*title);
        assert!(told.len() < 200 && told.ends_with(['.', '?']), "{title}: {told}");
        // What is chosen is there to be chosen.
        let chosen = look.chosen.unwrap();
        if run.plan().infrastructure.host(&chosen).is_none() {
            let told = Desk::default().answer("part", link, &chosen).unwrap();
            assert!(!told.contains("does not stand here"), "{title}: {chosen}");
        }
    }
    assert!((8..=12).contains(&titles.len()), "{}", titles.len());
}

#[test]
fn the_list_has_a_button_for_each() {
    let markup = Desk::default().answer("states", "", "").unwrap();
    let tree = format!("<root>{markup}</root>");
    let tree = roxmltree::Document::parse(&tree).unwrap();
    let buttons = tree.descendants().filter(|node| node.attribute("data-do") == Some("go"));
    let found: Vec<_> =
        buttons.map(|node| (node.text().unwrap(), node.attribute("data-on").unwrap())).collect();
    let links: Vec<_> = all().map(|state| (state.title, format!("#{}", state.link))).collect();
    let wanted: Vec<_> = links.iter().map(|(title, link)| (*title, link.as_str())).collect();
    assert_eq!(found, wanted);
    assert_eq!(tree.descendants().filter(|node| node.has_tag_name("h3")).count(), PREPARED.len());
}

#[test]
fn a_dead_balancers_address_has_moved() {
    let run = opened("A balancer dies");
    assert_eq!(run.simulation().snapshot().hosts[0].condition, Condition::Down);
    assert_eq!(owners(&run), [Some("lb-2".to_owned()), Some("lb-2".to_owned())]);
    assert_eq!(count(&run, |kind| matches!(kind, FactKind::VipTaken { .. })), 1);
}

#[test]
fn a_dead_server_is_not_noticed_and_costs_requests() {
    let run = opened("A dead server");
    assert!(failed(&run) > 0);
    for balancer in ["lb-1", "lb-2"] {
        assert!(seen(&run, balancer, "app-1").starts_with("UP"));
    }
    assert_eq!(run.timeline(10).blind.len(), 1);
    assert_eq!(count(&later(run, 20_000), is_down), 2, "played on, it is noticed");
}

#[test]
fn without_a_database_every_page_fails_and_no_static_file() {
    let run = opened("The only database dies");
    assert!(failed(&run) > 20);
    let (pages, asked) = answered(&run, DYNAMIC_PATH, 10_000);
    assert!(pages == 0 && asked > 20, "{pages} of {asked}");
    let (files, asked) = answered(&run, STATIC_PATH, 10_000);
    assert!(files == asked && asked > 20, "{files} of {asked}");
    assert_eq!(seen(&run, "lb-1", "app-1"), "DOWN");
    assert_eq!(seen(&run, "lb-2", "app-2"), "DOWN");
}

#[test]
fn a_deploy_fails_requests_without_drain_and_none_with_it() {
    let run = opened("A rolling deploy");
    assert!(failed(&run) > 0);
    let waited = |run: &Run| run.simulation().response_times().quantile(0.95);
    let drained = read(
        "run/1/brief;seed=1;rate=100;at=17s;9s+set+server+app/app-1+state+drain;10s+stop+app-1/app;13s+restore+app-1/app;13s+set+server+app/app-1+state+ready;13s+set+server+app/app-2+state+drain;14s+stop+app-2/app;17s+restore+app-2/app",
    );
    assert_eq!(failed(&drained), 0);
    assert!(waited(&run) > waited(&drained));
}

#[test]
fn two_balancers_have_each_address_and_no_request_fails() {
    let run = opened("A split brain");
    assert!(run.simulation().snapshot().vips.iter().all(foobar_lab::sim::VipView::is_split));
    assert_eq!(failed(&run), 0);
}

#[test]
fn one_balancer_has_marked_a_server_down_that_the_other_uses() {
    let run = opened("A one-way partition");
    let before = failed(&run);
    assert!(before > 0);
    assert_eq!([seen(&run, "lb-1", "app-1"), seen(&run, "lb-2", "app-1")], ["DOWN", "UP"]);
    let served = |run: &Run| {
        let servers = run.simulation().snapshot().servers;
        let view = servers.into_iter().find(|view| view.balancer == "lb-2" && view.name == "app-1");
        view.unwrap().requests
    };
    let at_first = served(&run);
    assert!(served(&later(run, 25_000)) > at_first);
}

#[test]
fn the_check_connects_and_the_users_wait() {
    let run = opened("The TCP check");
    assert!(failed(&run) > 20);
    for balancer in ["lb-1", "lb-2"] {
        assert_eq!(seen(&run, balancer, "app-1"), "UP");
    }
    // The check that asks over HTTP finds it.
    let asked = read("run/1/brief;seed=1;at=25s;10s+degrade+app-1/app:hang");
    assert_eq!(seen(&asked, "lb-1", "app-1"), "DOWN");
}

#[test]
fn a_rule_is_out_and_every_machine_is_up() {
    let run = opened("A silent firewall rule");
    let snapshot = run.simulation().snapshot();
    assert!(snapshot.hosts.iter().all(|host| host.condition == Condition::Up));
    let rules = &run.simulation().plan().infrastructure.rules;
    assert!(rules.iter().any(|rule| rule.name == "app-to-db" && rule.disabled));
    let (pages, asked) = answered(&run, DYNAMIC_PATH, 10_000);
    assert!(pages == 0 && asked > 0, "{pages} of {asked}");
    assert!(
        ended(&run, DYNAMIC_PATH, 10_000)
            .iter()
            .all(|page| page.response_time().as_ms_f64() > 2_000.0)
    );
}

#[test]
fn half_of_the_pages_fail_and_nothing_is_down() {
    let run = opened("Half of the pages");
    let (pages, asked) = answered(&run, DYNAMIC_PATH, 10_000);
    let share = pages as f64 / asked as f64;
    assert!((0.35..0.65).contains(&share), "{pages} of {asked}");
    assert_eq!(
        count(&run, |kind| is_down(kind) || matches!(kind, FactKind::CheckFailed { .. })),
        0
    );
}

#[test]
fn a_full_database_fails_writes_and_answers_reads() {
    let run = opened("The database is full");
    let (written, asked) = answered(&run, WRITE_PATH, 10_000);
    assert!(written == 0 && asked > 0, "{written} of {asked}");
    let (read, asked) = answered(&run, DYNAMIC_PATH, 10_000);
    assert!(read == asked && asked > 20, "{read} of {asked}");
    assert_eq!(seen(&run, "lb-2", "app-1"), "DOWN");
}

#[test]
fn an_overload_looks_like_death() {
    let run = opened("More users");
    assert!(failed(&run) > 500);
    assert!(count(&run, is_down) > 1);
    assert_eq!(count(&run, is_death), 0);
}

#[test]
fn a_promoted_replica_takes_writes() {
    let run = opened("The primary database dies");
    let (written, asked) = answered(&run, WRITE_PATH, 20_000);
    assert!(written == asked && asked > 0, "{written} of {asked}");
    let before = ended(&run, WRITE_PATH, 10_000);
    assert!(before.iter().any(|write| !write.outcome.is_ok()));
    let (read, asked) = answered(&run, DYNAMIC_PATH, 10_000);
    assert!(read == asked && asked > 50, "{read} of {asked}");
}
