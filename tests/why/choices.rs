//! Why this server: the algorithm's figures at each choice, the hash and where it points, who is avoided, and Nginx's own candidates.

use foobar_lab::infra::Preset;
use foobar_lab::run::{Choice, Why};
use foobar_lab::sim::{Action, Plan, RequestRecord, Step, TimedAction};

use super::given::{at, run};

/// The choices of the first requests that are such, each with the server.
fn choices(
    preset: Preset,
    deeds: &[(f64, &str)],
    until: f64,
    is_it: impl Fn(&RequestRecord) -> bool,
) -> Vec<(String, Choice)> {
    let plan = Plan::new(preset.infrastructure(), 1);
    let deeds: Vec<(f64, Action)> =
        deeds.iter().map(|(when, text)| (*when, text.parse().unwrap())).collect();
    let run = run(plan.clone(), &deeds, until);
    let after = deeds.iter().map(|(when, _)| *when).fold(0.0, f64::max);
    let records = run.simulation().records().filter(|record| record.started_at > at(after));
    let mut found = Vec::new();
    for record in records.filter(|record| is_it(record)).take(6) {
        let timed = deeds
            .iter()
            .map(|(seconds, action)| TimedAction { at: at(*seconds), action: action.clone() });
        let why = Why::of(plan.clone(), timed.collect(), record.request, at(until)).unwrap();
        for moment in why.moments {
            if let (Step::Picked { server, .. } | Step::PassedOn { server, .. }, Some(choice)) =
                (moment.step, moment.choice)
            {
                found.push((server, choice));
            }
        }
    }
    assert!(found.len() > 2, "{}", found.len());
    found
}

fn is_page(record: &RequestRecord) -> bool {
    record.path == "/"
}

/// The figure of the server that was chosen.
fn figure<'a>(server: &str, choice: &'a Choice) -> &'a str {
    &choice.figures.iter().find(|(name, _)| name == server).unwrap().1
}

#[test]
fn a_hash_is_told_with_the_slot_or_the_point_that_it_leads_to() {
    for balance in ["backend app: balance source", "backend app: balance uri"] {
        for (server, choice) in choices(Preset::Brief, &[(1.0, balance)], 15.0, is_page) {
            let note = choice.notes.iter().find(|note| note.starts_with("hash 0x")).unwrap();
            let slot = note.rsplit(' ').next().unwrap();
            let slots = figure(&server, &choice).split(": ").nth(1).unwrap();
            assert!(slots.split(", ").any(|own| own == slot), "{server}: {choice:?}");
        }
    }
    let ring = [(1.0, "backend app: balance source"), (2.0, "backend app: hash-type consistent")];
    for (server, choice) in choices(Preset::Brief, &ring, 15.0, is_page) {
        let note = choice.notes.iter().find(|note| note.contains("on the ring")).unwrap();
        assert!(note.ends_with(&format!(", of {server}")), "{server}: {note}");
        assert!(figure(&server, &choice).contains("points on the ring"), "{choice:?}");
    }
}

#[test]
fn each_algorithm_tells_its_own_figures() {
    let cases = [
        ("backend app: balance roundrobin", "weight 16/16"),
        ("backend app: balance leastconn", "load "),
        ("backend app: balance static-rr", " slots: "),
        ("backend app: balance first", "place "),
        ("backend app: balance random(2)", "points on the ring"),
    ];
    for (balance, words) in cases {
        for (server, choice) in choices(Preset::Brief, &[(1.0, balance)], 15.0, is_page) {
            assert!(figure(&server, &choice).contains(words), "{balance}: {choice:?}");
            let names: Vec<_> = choice.figures.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["app-1", "app-2"]);
        }
    }
}

#[test]
fn a_redispatch_says_whom_it_avoids() {
    let deeds = [(1.0, "option redispatch"), (10.0, "kill app-1/app")];
    let is_moved = |record: &RequestRecord| {
        let mut steps = record.steps.iter();
        steps.any(|step| matches!(step, Step::Picked { redispatched: true, .. }))
    };
    let found = choices(Preset::Brief, &deeds, 30.0, is_moved);
    let avoids = |(server, choice): &&(String, Choice)| {
        server == "app-2"
            && choice.notes.iter().any(|note| note.starts_with("app-1 has just failed it"))
    };
    let moved: Vec<_> = found.iter().filter(avoids).collect();
    assert!(!moved.is_empty(), "{found:?}");
    assert!(moved.iter().all(|(_, choice)| choice.turns == ["app-2"]), "{moved:?}");
}

#[test]
fn nginx_shows_its_candidates_with_weights_and_failures() {
    let found = choices(Preset::Extended, &[(10.0, "kill app-1/app")], 30.0, is_page);
    let of_nginx = found.iter().filter(|(_, choice)| choice.rule.starts_with("upstream: "));
    let of_nginx: Vec<_> = of_nginx.collect();
    assert!(!of_nginx.is_empty());
    for (_, choice) in &of_nginx {
        let names: Vec<_> = choice.figures.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["app-1", "app-2"]);
        let tells = |words: &str| choice.figures.iter().all(|(_, figure)| figure.contains(words));
        assert!(tells("effective ") && tells("current ") && tells("max_fails 1"), "{choice:?}");
    }
    let is_left_out = |(_, choice): &&(String, Choice)| {
        choice.figures.iter().any(|(name, figure)| name == "app-1" && figure.contains("left out"))
    };
    assert!(of_nginx.into_iter().any(|found| is_left_out(&found)), "{found:?}");
}
