//! What the settings of keepalived and HAProxy do to a run.

use foobar_lab::infra::Preset;
use foobar_lab::kernel::SimDuration;
use foobar_lab::run::Run;
use foobar_lab::sim::{History, SlowClients, TimedAction};

use super::{at, edited};

/// A run with these edits, in which these things are done.
fn played(edits: &[&str], deeds: &[(u64, &str)], until: u64) -> Run {
    let timed = deeds
        .iter()
        .map(|(second, deed)| TimedAction { at: at(*second), action: deed.parse().unwrap() });
    let plan = edited(Preset::Brief, edits);
    let mut run = Run::with_actions(plan, timed.collect(), History::Recent).unwrap();
    run.advance_to(at(until));
    run
}

/// When something of this kind happened first, in seconds, not before this one.
fn first(run: &Run, name: &str, from: u64) -> Option<f64> {
    let mut facts = run.simulation().facts().iter();
    let fact = facts.find(|fact| fact.kind.name() == name && fact.at >= at(from));
    fact.map(|fact| fact.at.as_secs_f64())
}

/// How long after `deed`, done at 20 s, the address is taken over.
fn takeover(edits: &[&str], deed: &str) -> Option<f64> {
    first(&played(edits, &[(20, deed)], 80), "vip-taken", 20).map(|when| when - 20.0)
}

/// Between two and three adverts of the dead one and the skew of priority 100 (RFC 3768 6.1), in version 3 scaled with the adverts.
#[test]
fn adverts_set_how_long_a_takeover_takes() {
    for (edits, adverts) in [
        (&[][..], 1.0),
        (&["keepalived.advert_int:lb-1=2s", "keepalived.advert_int:lb-2=2s"][..], 2.0),
    ] {
        let took = takeover(edits, "kill lb-1").unwrap();
        let skew = 156.0 / 256.0;
        assert!(
            (2.0 * adverts + skew - 0.01..=3.0 * adverts + skew + 0.01).contains(&took),
            "{took}"
        );
    }
    let quick = ["lb-1", "lb-2"].map(|name| {
        [format!("keepalived.vrrp_version:{name}=3"), format!("keepalived.advert_int:{name}=100ms")]
    });
    let quick: Vec<&str> = quick.iter().flatten().map(String::as_str).collect();
    let took = takeover(&quick, "kill lb-1").unwrap();
    assert!((0.2..0.4).contains(&took), "{took}");
}

/// Version 2 drops an advert with another `advert_int`: nobody hears the other, and both claim the addresses.
#[test]
fn balancers_that_do_not_agree_are_both_master() {
    for edit in ["keepalived.advert_int:lb-1=2s", "keepalived.vrrp_version:lb-2=3"] {
        assert!(first(&played(&[edit], &[], 20), "split-brain-began", 0).is_some(), "{edit}");
    }
    assert_eq!(first(&played(&[], &[], 20), "split-brain-began", 0), None);
}

/// The other balancer's priority for the first address is above, so the address is there from the start.
#[test]
fn the_priority_says_who_has_the_address() {
    let holders = |edits: &[&str]| {
        let vips = played(edits, &[], 10).simulation().snapshot().vips;
        vips.into_iter().map(|vip| vip.holders.join("+")).collect::<Vec<_>>()
    };
    assert_eq!(holders(&[]), ["lb-1", "lb-2"]);
    assert_eq!(holders(&["keepalived.priority:lb-2=200"]), ["lb-2", "lb-2"]);
    assert_eq!(holders(&["keepalived.priority_2:lb-1=200"]), ["lb-1", "lb-1"]);
}

#[test]
fn who_comes_back_waits_as_nopreempt_and_preempt_delay_say() {
    let deeds = [(20, "kill lb-1"), (40, "restore lb-1")];
    let back =
        |edits: &[&str]| first(&played(edits, &deeds, 80), "vip-taken", 40).map(|when| when - 40.0);
    let usual = back(&[]).unwrap();
    assert!(usual < 10.0, "{usual}");
    assert_eq!(back(&["keepalived.nopreempt:lb-1=on"]), None);
    let delayed = back(&["keepalived.preempt_delay:lb-1=15s"]).unwrap();
    assert!(delayed >= 15.0, "{usual} {delayed}");
}

/// `interval` times `fall` until HAProxy's death counts; with a weight that is not 0 the address goes by the priority.
#[test]
fn the_script_does_as_it_is_set() {
    let dead = "kill lb-1/haproxy";
    let usual = takeover(&[], dead).unwrap();
    assert!((1.6..=2.62).contains(&usual), "{usual}");
    let patient = takeover(&["keepalived.fall:lb-1=10"], dead).unwrap();
    assert!((9.6..=10.62).contains(&patient), "{patient}");
    let rare = takeover(&["keepalived.interval:lb-1=5s"], dead).unwrap();
    assert!((5.6..=10.62).contains(&rare), "{rare}");
    assert_eq!(takeover(&["keepalived.track_script:lb-1=off"], dead), None);
    assert_eq!(takeover(&["keepalived.weight:lb-1=-1"], dead), None);
    let weighed = takeover(&["keepalived.weight:lb-1=-60"], dead).unwrap();
    assert!(weighed > 3.6, "{weighed}");
    let back = |edits: &[&str]| {
        let deeds = [(20, dead), (30, "restore lb-1/haproxy")];
        first(&played(edits, &deeds, 80), "vip-taken", 30).unwrap()
    };
    assert!(back(&["keepalived.rise:lb-1=10"]) > back(&[]) + 6.0);
}

/// Two runs of the same users and the same deeds, one with this setting besides the others, differ.
#[track_caller]
fn makes_a_difference(setting: &str, others: &[&str], deeds: &[(u64, &str)]) {
    let with: Vec<&str> = [others, &[setting]].concat();
    let [with, without] =
        [&with[..], others].map(|edits| played(edits, deeds, 60).simulation().digest().to_string());
    assert_ne!(with, without, "{setting}");
}

#[test]
fn what_haproxy_is_set_to_changes_the_run() {
    let deeds = [
        (1, "balance leastconn"),
        (10, "degrade app-1/app:hang"),
        (20, "restore app-1/app"),
        (25, "kill app-2"),
        (40, "restore app-2"),
        (45, "degrade app-1/app:errors=0.5"),
    ];
    for setting in [
        "haproxy.frontend_maxconn:lb-1=1",
        "haproxy.timeout_connect:lb-1=300ms",
        "haproxy.timeout_server:lb-1=1s",
        "haproxy.timeout_check:lb-1=1500ms",
        "haproxy.retry_on:lb-1=all-retryable-errors",
        "haproxy.fastinter:lb-1=500ms",
        "haproxy.downinter:lb-1=500ms",
        "haproxy.maxconn:lb-1=1",
        "haproxy.on_marked_down:lb-1=on",
    ] {
        makes_a_difference(setting, &[], &deeds);
    }
    makes_a_difference("haproxy.maxqueue:lb-1=1", &["haproxy.maxconn:lb-1=1"], &deeds);
}

/// Users leave after 15 s; with `timeout queue` longer than that they leave the queue.
#[test]
fn whoever_has_left_is_taken_out_of_the_queue() {
    let deeds = [(5, "timeout queue 40s"), (10, "slow app-1 x50"), (10, "slow app-2 x50")];
    makes_a_difference("haproxy.abortonclose:lb-1=on", &["haproxy.maxconn:lb-1=1"], &deeds);
}

/// Who takes over knows the tickets of the one that is dead, or does not.
#[test]
fn shared_ticket_keys_outlive_a_takeover() {
    makes_a_difference("haproxy.tls_ticket_keys:lb-1=on", &["tls:on"], &[(20, "kill lb-1")]);
}

/// A quarter of the users stay silent, or dribble for 5 s.
#[test]
fn slow_users_get_408_as_soon_as_it_is_set() {
    let unready = |edits: &[&str], takes: Option<SimDuration>| {
        let mut plan = edited(Preset::Brief, edits);
        plan.workload.slow_clients = SlowClients { share: 0.25, takes };
        let mut run = Run::new(plan, History::Recent).unwrap();
        run.advance_to(at(8));
        run.simulation().records().filter(|record| !record.outcome.is_ok()).count()
    };
    assert_eq!(unready(&[], None), 0, "timeout client is 10 s");
    assert!(unready(&["haproxy.timeout_client:lb-1=2s"], None) > 5);
    let dribble = Some(SimDuration::from_secs(5));
    assert_eq!(unready(&["haproxy.timeout_client:lb-1=2s"], dribble), 0);
    assert!(unready(&["haproxy.timeout_http_request:lb-1=3s"], dribble) > 5);
}
