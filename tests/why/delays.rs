//! Slow and redispatched requests that were answered all the same: where their time went, why, and what would have spared them that.

use foobar_lab::infra::{Host, Infrastructure, Preset, Service};
use foobar_lab::kernel::SimDuration;
use foobar_lab::run::Why;
use foobar_lab::sim::{
    Action, On, Plan, RequestRecord, SLOW_FACTOR, SlowClients, Spent, Step, TimedAction,
};

use super::directives;
use super::given::{SECOND, at, run};

fn brief(change: impl FnOnce(&mut Plan)) -> Plan {
    let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
    change(&mut plan);
    plan
}

fn each_service(site: &mut Infrastructure, change: impl Fn(&mut Service)) {
    site.hosts.iter_mut().flat_map(|host| &mut host.services).for_each(change);
}

fn host<'a>(plan: &'a mut Plan, name: &str) -> &'a mut Host {
    plan.infrastructure.hosts.iter_mut().find(|host| host.name == name).unwrap()
}

/// The chain of the slowest request that was answered well and is so.
fn slowest(
    plan: &Plan,
    deeds: &[(f64, &str)],
    until: f64,
    is_it: impl Fn(&RequestRecord) -> bool,
) -> Why {
    let deeds: Vec<(f64, Action)> =
        deeds.iter().map(|(when, text)| (*when, text.parse().unwrap())).collect();
    let run = run(plan.clone(), &deeds, until);
    let records = run.simulation().records();
    let well = records.filter(|record| record.outcome.is_ok() && is_it(record));
    let request = well.max_by_key(|record| record.response_time()).unwrap().request;
    let timed = deeds.into_iter().map(|(seconds, action)| TimedAction { at: at(seconds), action });
    let why = Why::of(plan.clone(), timed.collect(), request, at(until)).unwrap();
    let told = why.explained.cure.as_ref().unwrap_or_else(|| panic!("{why:?}"));
    directives::check(told, &why.record, &run.simulation().plan().infrastructure);
    let spent = why.explained.spent.iter();
    let sum = spent.fold(SimDuration::ZERO, |sum, part| sum + part.takes);
    assert_eq!(sum, why.record.response_time(), "every part of it is somebody's: {why:?}");
    why
}

/// That it is slow for this reason.
fn expect_slow(why: &Why, on: impl Fn(On) -> bool, [cause, cure]: [&str; 2]) {
    let explained = &why.explained;
    assert!(explained.is_slow, "{why:?}");
    assert!(why.record.response_time() > explained.usual * SLOW_FACTOR);
    let excess = |part: &&Spent| part.takes - part.usual;
    let worst = explained.spent.iter().max_by_key(excess).unwrap();
    assert!(on(worst.on), "{:?}", explained.spent);
    let told = explained.cause.as_ref().unwrap();
    assert!(told.starts_with("slow, ") && told.contains(cause), "{told}");
    assert!(explained.cure.as_ref().unwrap().contains(cure), "{explained:?}");
}

fn any(_: &RequestRecord) -> bool {
    true
}

#[test]
fn what_takes_its_usual_time_is_not_slow_and_has_no_cause() {
    let plan = brief(|_| {});
    let run = run(plan.clone(), &[], 20.0);
    let first = run.simulation().records().next().unwrap().request;
    let why = Why::of(plan, Vec::new(), first, at(20.0)).unwrap();
    assert!(why.explained.cause.is_none() && why.explained.cure.is_none(), "{why:?}");
}

/// Half a megabyte over cards of 200 Mbit/s: 21 ms at the server, and 21 ms at the balancer, for each request.
#[test]
fn the_time_of_the_network_cards_is_usual_where_answers_have_a_size() {
    let plan = brief(|plan| {
        (plan.workload.answer_kib, plan.workload.rate) = (500, 0.5);
        plan.infrastructure.hosts.iter_mut().for_each(|host| host.network_mbit = 200);
    });
    let run = run(plan.clone(), &[], 20.0);
    let first = run.simulation().records().next().unwrap().request;
    let why = Why::of(plan, Vec::new(), first, at(20.0)).unwrap();
    let mut links = why.explained.spent.iter().filter(|part| part.on == On::Link);
    let to_server = links.find(|part| !part.place.contains("db-1")).unwrap();
    assert!(to_server.takes <= to_server.usual + SimDuration::from_us(1), "{to_server:?}");
    assert!(to_server.usual > SimDuration::from_ms(21), "{to_server:?}");
    let answer = why.explained.spent.iter().find(|part| part.on == On::Answer).unwrap();
    assert!(answer.takes <= answer.usual + SimDuration::from_us(1), "{answer:?}");
    assert!(!why.explained.is_slow, "{why:?}");
}

#[test]
fn a_slow_machine_is_named_with_what_it_works_on() {
    let plan = brief(|_| {});
    let query = slowest(&plan, &[(10.0, "slow db-1 x20")], 30.0, any);
    let words = ["MySQL on db-1 worked on it, usually 10 ms", "`reads_from`"];
    expect_slow(&query, |on| matches!(on, On::Work(_)), words);
    let own = slowest(&plan, &[(10.0, "slow app-1 x10")], 30.0, any);
    let words = ["the application on app-1 worked on it, usually 30 ms", "`balance leastconn`"];
    expect_slow(&own, |on| matches!(on, On::Work(_)), words);
}

#[test]
fn waiting_for_a_worker_is_a_matter_of_workers() {
    let plan = brief(|plan| {
        plan.workload.rate = 60.0;
        each_service(&mut plan.infrastructure, |service| {
            if let Service::App(app) = service {
                app.workers = 1;
            }
        });
    });
    let why = slowest(&plan, &[], 20.0, any);
    let words = ["it waited for a worker of the application on app-", "more `workers` on app-"];
    expect_slow(&why, |on| matches!(on, On::Wait(_)), words);
}

#[test]
fn waiting_for_a_core_is_a_matter_of_cores() {
    let plan = brief(|plan| {
        plan.workload.rate = 90.0;
        for name in ["app-1", "app-2"] {
            host(plan, name).cores = 1;
        }
        // More workers than requests, so that nobody waits for one.
        each_service(&mut plan.infrastructure, |service| {
            if let Service::App(app) = service {
                app.workers = 16;
            }
        });
    });
    let why = slowest(&plan, &[], 20.0, any);
    let words = ["it waited for a core of app-", "more `cores` for app-"];
    expect_slow(&why, |on| matches!(on, On::Wait(_)), words);
}

#[test]
fn waiting_in_a_queue_is_a_matter_of_maxconn_and_lasts_as_long_as_the_chain_says() {
    let plan = brief(|plan| {
        plan.workload.rate = 60.0;
        each_service(&mut plan.infrastructure, |service| {
            let Service::Haproxy(haproxy) = service else { return };
            let servers = haproxy.backends.iter_mut().flat_map(|backend| &mut backend.servers);
            servers.for_each(|server| server.maxconn = 1);
        });
    });
    let why = slowest(&plan, &[(5.0, "slow app-1 x3"), (5.0, "slow app-2 x3")], 20.0, any);
    expect_slow(&why, |on| on == On::Queue, ["queue", "`maxconn`"]);
    let mut waited = SimDuration::ZERO;
    for pair in why.moments.windows(2) {
        if matches!(pair[0].step, Step::Queued { .. }) {
            waited = waited + pair[1].at.since(pair[0].at);
        }
    }
    let queues = why.explained.spent.iter().filter(|part| part.on == On::Queue);
    assert_eq!(queues.fold(SimDuration::ZERO, |sum, part| sum + part.takes), waited);
}

#[test]
fn queries_wait_for_one_another_for_the_disk_and_for_locks() {
    let threads = brief(|plan| {
        each_service(&mut plan.infrastructure, |service| {
            if let Service::Mysql(mysql) = service {
                (mysql.threads, mysql.service_time) = (1, SimDuration::from_ms(65));
            }
        });
    });
    let why = slowest(&threads, &[], 30.0, any);
    let words = ["its query waited for others on db-1", "`innodb_thread_concurrency`"];
    expect_slow(&why, |on| matches!(on, On::Wait(_)), words);
    let plain = brief(|plan| host(plan, "db-1").disk_iops = 2_000);
    let is_write = |record: &RequestRecord| record.path == foobar_lab::sim::WRITE_PATH;
    let why = slowest(&plain, &[(5.0, "degrade db-1/mysql:slow-disk=600")], 25.0, is_write);
    let words = ["the disk of db-1 made its change durable", "`disk_iops`"];
    expect_slow(&why, |on| on == On::Disk, words);
    let lock = [(5.0, "degrade db-1/mysql:lock"), (6.5, "restore db-1/mysql")];
    let why = slowest(&plain, &lock, 20.0, is_write);
    let words = ["it waited for a lock on db-1", "the transaction on db-1"];
    expect_slow(&why, |on| matches!(on, On::Wait(_)), words);
}

#[test]
fn a_long_way_is_the_links() {
    let far = [(5.0, "link lb-1:app-1:delay=150ms")];
    let why = slowest(&brief(|_| {}), &far, 20.0, any);
    let words = ["it was on its way between lb-1 and app-1", "the link between lb-1 and app-1"];
    expect_slow(&why, |on| on == On::Link, words);
    let far = [(5.0, "link app-1:db-1:delay=60ms")];
    let why = slowest(&brief(|_| {}), &far, 20.0, any);
    expect_slow(&why, |on| on == On::Link, ["between app-1 and db-1", "no directive: the link"]);
}

/// No advert would have moved the address: it is where it belongs, and far away.
#[test]
fn a_long_way_from_users_is_the_links() {
    let far = [(5.0, "link users:lb-1:delay=150ms")];
    let why = slowest(&brief(|_| {}), &far, 20.0, any);
    let words = ["it was connecting to lb-1", "the link between users and lb-1"];
    expect_slow(&why, |on| on == On::Connect, words);
}

#[test]
fn who_tries_in_vain_pays_for_it_whether_at_an_address_or_at_a_server() {
    let why = slowest(&brief(|_| {}), &[(10.0, "kill lb-1")], 30.0, any);
    expect_slow(&why, |on| on == On::Address, ["nobody answered at VIP A", "`advert_int`"]);
    let back = [(10.0, "kill app-1/app"), (11.5, "restore app-1/app")];
    let is_tried = |record: &RequestRecord| {
        record.steps.iter().any(|step| matches!(step, Step::TriedAgain { .. }))
    };
    let why = slowest(&brief(|_| {}), &back, 30.0, is_tried);
    let words = ["tries at app-1 came to nothing", "`option redispatch`"];
    expect_slow(&why, |on| on == On::Retry, words);
}

#[test]
fn slow_clients_and_full_balancers_are_told_as_such() {
    let slow = brief(|plan| {
        plan.workload.slow_clients = SlowClients { share: 0.2, takes: Some(SECOND) };
    });
    let why = slowest(&slow, &[], 10.0, any);
    let words = ["the client was sending its request", "`timeout http-request`"];
    expect_slow(&why, |on| on == On::Client, words);
    let full = brief(|plan| {
        plan.workload.rate = 14.0;
        each_service(&mut plan.infrastructure, |service| {
            if let Service::Haproxy(haproxy) = service {
                haproxy.maxconn = 1;
            }
        });
    });
    let why = slowest(&full, &[], 20.0, any);
    expect_slow(&why, |on| matches!(on, On::Wait(_)), ["to let its connection in", "`maxconn`"]);
}

/// A dead process refuses at once, a dead machine not at all: the one costs nothing to speak of, the other `timeout connect`.
#[test]
fn a_redispatched_request_is_told_why_it_moved_what_that_cost_and_what_would_have_spared_it() {
    let is_moved = |record: &RequestRecord| {
        let mut steps = record.steps.iter();
        steps.any(|step| matches!(step, Step::Picked { redispatched: true, .. }))
    };
    let quick = SimDuration::from_ms(200);
    let long = SECOND * 10;
    let cases = [
        ("kill app-1", long, "app-1 does not answer the connection attempt", "`timeout connect`"),
        ("kill app-1/app", quick, "app-1 refuses the connection", "`inter`"),
    ];
    for (deed, most, cause, cure) in cases {
        let deeds = [(1.0, "option redispatch"), (10.0, deed)];
        let is_it = |record: &RequestRecord| is_moved(record) && record.response_time() < most;
        let why = slowest(&brief(|_| {}), &deeds, 30.0, is_it);
        let told = why.explained.cause.as_ref().unwrap();
        assert!(told.contains(cause) && told.contains("so it went to app-2, "), "{deed}: {told}");
        let spares = why.explained.cure.as_ref().unwrap();
        assert!(spares.contains(cure) && spares.contains("`fall`"), "{deed}: {spares}");
    }
}

#[test]
fn what_nginx_passes_on_again_is_told_in_its_directives() {
    let plan = Plan::new(Preset::Extended.infrastructure(), 1);
    let is_again = |record: &RequestRecord| {
        record.steps.iter().any(|step| matches!(step, Step::PassedOn { again: true, .. }))
    };
    let why = slowest(&plan, &[(10.0, "kill app-1")], 40.0, is_again);
    let told = why.explained.cause.as_ref().unwrap();
    assert!(told.contains("does not answer in time; so it went to app-2, "), "{told}");
    assert!(why.explained.cure.as_ref().unwrap().contains("`proxy_connect_timeout`"), "{why:?}");
}

/// The chain names the application and the database with their times, and the steps are there in the order of the request's way.
#[test]
fn application_and_database_stand_in_the_chain_with_their_times() {
    let plan = Plan::new(Preset::Literal.infrastructure(), 1);
    let run = run(plan.clone(), &[], 10.0);
    let page = run.simulation().records().find(|record| record.path == "/").unwrap();
    let why = Why::of(plan, Vec::new(), page.request, at(10.0)).unwrap();
    let told: Vec<String> = why.moments.iter().map(|moment| moment.step.to_string()).collect();
    let mut rest = told.iter();
    for expected in [
        "Nginx on web-1 works on it: ",
        "the application on app-1 works on it: ",
        "app-1 asks the database on db-1",
        "db-1 works on the query: ",
        "the answer of db-1 is there",
        "app-1 answers 200",
        "web-1 answers 200",
    ] {
        assert!(rest.any(|line| line.starts_with(expected)), "{expected}: {told:#?}");
    }
}
