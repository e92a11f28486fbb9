//! DNS and dialling: which address users come to, and how long a dead one costs them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "simulation/given.rs"]
mod given;

use foobar_lab::infra::Service;
use foobar_lab::kernel::SimDuration;
use foobar_lab::run::Run;
use foobar_lab::sim::{Dialling, Dns, Plan, RequestRecord, Step};
use given::{SECOND, at, hash, kill, plan, run};

fn with(seed: u64, dns: Dns) -> Plan {
    let mut plan = plan(seed);
    plan.workload.dns = dns;
    plan
}

/// No keepalived takes an address over within the run: a dead balancer's address stays dead, silent or refusing.
fn without_takeover(dns: Dns) -> Plan {
    let mut plan = with(1, dns);
    for host in &mut plan.infrastructure.hosts {
        for service in &mut host.services {
            if let Service::Keepalived(keepalived) = service {
                keepalived.advert_int = SECOND * 255;
                keepalived.track_script = None;
            }
        }
    }
    plan
}

fn first_address(record: &RequestRecord) -> &str {
    match record.steps.first() {
        Some(Step::Dialled { vip }) => vip,
        _ => "",
    }
}

/// The share of users whose first address was VIP A.
fn share_of_a(run: &Run) -> f64 {
    let records = run.simulation().records();
    let to_a = records.clone().filter(|record| first_address(record) == "VIP A").count();
    to_a as f64 / records.count() as f64
}

fn changes(run: &Run) -> usize {
    let mut records: Vec<_> = run.simulation().records().collect();
    records.sort_by_key(|record| record.request);
    records.windows(2).filter(|pair| first_address(pair[0]) != first_address(pair[1])).count()
}

/// The longest wait of the users who first came to VIP A after the death, in seconds, and of the others.
fn longest(run: &Run) -> [f64; 2] {
    ["VIP A", "VIP B"].map(|vip| {
        let records = run.simulation().records();
        let these =
            records.filter(|record| first_address(record) == vip && record.started_at > at(20.0));
        these.map(|record| record.response_time().as_secs_f64()).fold(0.0, f64::max)
    })
}

#[test]
fn without_a_cache_every_user_comes_to_the_other_address() {
    let calm = run(plan(1), &[], 60.0);
    assert!((share_of_a(&calm) - 0.5).abs() < 0.01);
    assert!(changes(&calm) + 2 > calm.simulation().record_count() as usize);
    let explicit = run(with(1, Dns { resolvers: 7, ..Dns::default() }), &[], 60.0);
    assert_eq!(hash(&calm), hash(&explicit), "caches make no difference without a ttl");
}

/// Behind one cache all users go to one address until the answer is too old.
#[test]
fn behind_one_cache_everybody_goes_to_one_address_for_the_ttl() {
    let dns = Dns { ttl: SECOND * 30, ..Dns::default() };
    let first = run(with(1, dns), &[], 25.0);
    assert_eq!(changes(&first), 0);
    assert!((share_of_a(&first) - 1.0).abs() < 1e-9);
    let second = run(with(1, dns), &[], 59.0);
    assert_eq!(changes(&second), 1);
    let long = run(with(1, dns), &[], 120.0);
    assert!((share_of_a(&long) - 0.5).abs() < 0.05, "{}", share_of_a(&long));
}

/// Many caches even it out again, unevenly.
#[test]
fn many_caches_share_the_users_out_again() {
    let dns = Dns { ttl: SECOND * 300, resolvers: 200, ..Dns::default() };
    let share = share_of_a(&run(with(1, dns), &[], 100.0));
    assert!((0.4..0.6).contains(&share), "{share}");
}

#[test]
fn a_silent_address_costs_the_connect_timeout_in_order_and_250_ms_with_happy_eyeballs() {
    let death = [(20.0, kill("lb-1"))];
    let in_order = run(without_takeover(Dns::default()), &death, 60.0);
    assert_eq!(in_order.simulation().counts().failed, 0);
    let [dead, living] = longest(&in_order);
    assert!((3.0..4.0).contains(&dead), "{dead}");
    assert!(living < 1.5, "{living}");

    let happy = Dns { dialling: Dialling::HappyEyeballs, ..Dns::default() };
    let beside = run(without_takeover(happy), &death, 60.0);
    assert_eq!(beside.simulation().counts().failed, 0);
    let these = beside.simulation().records();
    let mut these =
        these.filter(|record| first_address(record) == "VIP A" && record.started_at > at(20.0));
    assert!(these.clone().count() > 100);
    assert!(these.all(|record| {
        record.steps.contains(&Step::AddressSlow { vip: "VIP A".into() })
            && record.response_time() >= SimDuration::from_ms(250)
            && record.response_time() < SECOND * 2
    }));
}

/// A refusal is an answer: the next address is tried at once, whichever way the client dials.
#[test]
fn a_refusing_address_costs_one_round_trip() {
    let happy = Dns { dialling: Dialling::HappyEyeballs, ..Dns::default() };
    for dns in [Dns::default(), happy] {
        let run = run(without_takeover(dns), &[(20.0, kill("lb-1/haproxy"))], 60.0);
        let late = run
            .simulation()
            .records()
            .filter(|record| record.started_at > at(20.0) && first_address(record) == "VIP A");
        assert!(late.clone().count() > 100);
        assert!(late.clone().all(|record| record.outcome.is_ok()));
        assert!(
            late.clone()
                .all(|record| record.steps.contains(&Step::AddressRefused { vip: "VIP A".into() }))
        );
        assert!(late.clone().all(|record| record.response_time() < SECOND));
    }
}

/// The first address that answers is taken, and a slow answer of the other is nothing: no request counts twice.
#[test]
fn attempts_beside_one_another_end_in_one_answer() {
    let happy = Dns { dialling: Dialling::HappyEyeballs, ..Dns::default() };
    let death = [(20.0, kill("lb-1")), (40.0, kill("lb-2"))];
    let run = run(with(1, happy), &death, 90.0);
    let counts = run.simulation().counts();
    assert_eq!(counts.issued, counts.ok + counts.failed + counts.in_flight);
    // Both dead: the second attempt began 250 ms after the first and waited the connect timeout.
    let late = run.simulation().records().filter(|record| record.started_at > at(45.0));
    let wait = SimDuration::from_ms(3250);
    assert!(late.clone().count() > 100);
    assert!(late.clone().all(|record| record.response_time() == wait), "{:?}", late.clone().next());
}
