//! Every directive beside those of keepalived and the timeouts (`effects.rs`): what it does to a run, and to its users where that is cheap
//! to see.

use foobar_lab::infra::Preset;
use foobar_lab::run::Run;
use foobar_lab::sim::{History, ServerView, TimedAction};

use super::{at, edited};

/// A minute with these edits, in which these things are done.
fn played(preset: Preset, edits: &[&str], deeds: &[(u64, &str)]) -> Run {
    let timed = deeds
        .iter()
        .map(|(second, deed)| TimedAction { at: at(*second), action: deed.parse().unwrap() });
    let plan = edited(preset, edits);
    let mut run = Run::with_actions(plan, timed.collect(), History::Recent).unwrap();
    run.advance_to(at(60));
    run
}

/// Two runs of the same users and the same deeds, one with this setting besides the others, differ.
#[track_caller]
fn differs(preset: Preset, setting: &str, others: &[&str], deeds: &[(u64, &str)]) {
    let with: Vec<&str> = [others, &[setting]].concat();
    let [with, without] = [&with[..], others]
        .map(|edits| played(preset, edits, deeds).simulation().digest().to_string());
    assert_ne!(with, without, "{setting}");
}

/// Requests that a server of the backend `app` has got from both balancers.
fn served(run: &Run, server: &str) -> u64 {
    let servers = run.simulation().snapshot().servers;
    servers.iter().filter(|own| own.name == server).map(|own| own.requests).sum()
}

const TROUBLE: [(u64, &str); 6] = [
    (1, "balance leastconn"),
    (10, "degrade app-1/app:hang"),
    (20, "restore app-1/app"),
    (25, "kill app-2"),
    (40, "restore app-2"),
    (45, "degrade app-1/app:errors=0.5"),
];

#[test]
fn checks_and_retries_change_the_run() {
    for setting in
        ["haproxy.redispatch:lb-1=-1", "haproxy.httpchk:lb-1=off", "haproxy.check:lb-1=off"]
    {
        differs(Preset::Brief, setting, &[], &TROUBLE);
    }
    let [cookie, dead] = [(1, "cookie SRV insert indirect nocache"), (10, "kill app-2")];
    let last = ["haproxy.redispatch:lb-1=-1"];
    differs(Preset::Brief, "haproxy.redispatch:lb-1=1", &last, &[cookie, dead]);
    differs(Preset::Brief, "haproxy.persist:lb-1=on", &[], &[cookie, dead]);
    differs(Preset::Brief, "app.health_time:app-1=1500ms", &[], &[]);
}

/// A file of Nginx's own is there while the application behind it is dead; its page is not, and the balancer knows.
#[test]
fn a_check_of_the_page_behind_finds_what_a_file_hides() {
    let status = |edits: &[&str]| {
        let run = played(Preset::Literal, edits, &[(20, "kill app-1")]);
        let servers = run.simulation().snapshot().servers;
        servers.iter().map(ServerView::status_word).collect::<Vec<_>>()
    };
    assert_eq!(status(&[]), ["UP", "UP"]);
    assert_eq!(status(&["haproxy.httpchk_uri:lb-1=/health"]), ["DOWN", "DOWN"]);
}

#[test]
fn limits_that_grow_change_the_run() {
    let limit = ["haproxy.maxconn:lb-1=2"];
    differs(Preset::Brief, "haproxy.minconn:lb-1=1", &limit, &TROUBLE);
    let limits = ["haproxy.maxconn:lb-1=2", "haproxy.minconn:lb-1=1"];
    differs(Preset::Brief, "haproxy.fullconn:lb-1=3", &limits, &TROUBLE);
}

/// A backup waits for the others to be gone; of several only the first works then, or all.
#[test]
fn backup_servers_wait_for_the_others() {
    let backup = ["add-app", "server.backup:app-2=on", "server.backup:app-3=on"];
    let counts = |edits: &[&str], deeds: &[(u64, &str)]| {
        let run = played(Preset::Brief, edits, deeds);
        ["app-1", "app-2", "app-3"].map(|server| served(&run, server))
    };
    let [one, two, three] = counts(&backup, &[]);
    assert!(one > 500 && (two, three) == (0, 0), "{one} {two} {three}");
    let dead = [(10, "kill app-1")];
    let [_, two, three] = counts(&backup, &dead);
    assert!(two > 300 && three == 0, "{two} {three}");
    let all = [&backup[..], &["haproxy.allbackups:lb-1=on"]].concat();
    let [_, two, three] = counts(&all, &dead);
    assert!(two > 150 && three > 150, "{two} {three}");
    let back = [(10, "kill app-1"), (15, "slow app-2 x300"), (20, "restore app-1")];
    let one = ["server.backup:app-2=on"];
    differs(Preset::Brief, "haproxy.on_marked_up:lb-1=on", &one, &back);
}

#[test]
fn a_weight_is_a_share() {
    let run = played(Preset::Brief, &["server.weight:app-2=3"], &[]);
    let [one, two] = ["app-1", "app-2"].map(|server| served(&run, server));
    assert!(two > 2 * one && one > 100, "{one} {two}");
    let slow = [(5, "slow app-2 x5")];
    differs(Preset::Extended, "upstream.weight:app-2=3", &[], &slow);
    differs(Preset::Extended, "upstream.backup:app-2=on", &[], &slow);
    let random = [(1, "balance random(2)"), (5, "slow app-1 x5")];
    differs(Preset::Brief, "haproxy.hash_balance_factor:lb-1=110", &[], &random);
    let ring = [(1, "balance source"), (1, "hash-type consistent"), (5, "slow app-1 x5")];
    differs(Preset::Brief, "haproxy.hash_balance_factor:lb-1=110", &[], &ring);
}

#[test]
fn tables_change_who_serves_whom() {
    let slow = [(5, "slow app-2 x8")];
    let table = ["haproxy.stick_on:lb-1=src"];
    differs(Preset::Brief, table[0], &[], &slow);
    differs(Preset::Brief, "haproxy.stick_size:lb-1=1", &table, &slow);
    differs(Preset::Brief, "haproxy.stick_expire:lb-1=1s", &table, &slow);
    let takeover = [(5, "slow app-2 x8"), (20, "kill lb-1")];
    differs(Preset::Brief, "haproxy.peers:lb-1=on", &table, &takeover);
}

#[test]
fn what_takes_time_takes_as_long_as_is_set() {
    for (setting, others) in [
        ("haproxy.processing_time:lb-1=1ms", &[][..]),
        ("haproxy.ssl_max_ver:lb-1=TLSv1.2", &[][..]),
        ("haproxy.resumed_percent:lb-1=0", &["tls:on"][..]),
        ("haproxy.full_work:lb-1=5ms", &["tls:on"][..]),
        ("haproxy.resumed_work:lb-1=5ms", &["tls:on"][..]),
        ("app.service_distribution:app-1=constant", &[][..]),
        ("app.service_distribution:app-1=erlang 4", &[][..]),
        ("app.service_distribution:app-1=hyperexponential 4", &[][..]),
        ("nginx.service_distribution:web-1=constant", &[][..]),
        ("mysql.service_distribution:db-1=constant", &[][..]),
        ("network.internet_latency:site=100ms", &[][..]),
        ("network.lan_latency:site=5ms", &[][..]),
    ] {
        differs(Preset::Brief, setting, others, &[]);
    }
    let failed = |edits: &[&str]| {
        let run = played(Preset::Brief, edits, &[(20, "cut uplink uplink-1")]);
        run.simulation().counts().failed
    };
    let [usual, late] = [failed(&[]), failed(&["network.routing_time:site=20s"])];
    assert!(usual > 0 && late > 5 * usual, "{usual} {late}");
}

/// Every 5 s the agents are asked, and 10 s must it be so.
#[test]
fn an_alert_comes_when_the_monitoring_says() {
    let told = |edits: &[&str]| {
        let run = played(Preset::Brief, edits, &[(11, "kill app-1")]);
        let mut facts = run.simulation().facts().iter();
        let first = facts.find(|fact| fact.kind.name() == "alert-fired" && fact.subject == "app-1");
        first.unwrap().at
    };
    assert_eq!(told(&[]), at(25));
    assert_eq!(told(&["monitoring.alert_for:site=0s"]), at(15));
    assert_eq!(told(&["monitoring.scrape_interval:site=1s"]), at(21));
}
