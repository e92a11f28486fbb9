//! The cause of a failed request, and the directive that would have changed it: of each kind of failure the right ones, and none that
//! would have changed nothing.

use foobar_lab::infra::{Haproxy, Infrastructure, Preset, RetryOn, Service};
use foobar_lab::kernel::SimDuration;
use foobar_lab::run::Run;
use foobar_lab::sim::{Action, Outcome, Plan, RequestRecord, Step, cause, cure};

use super::directives;
use super::given::{at, run};

fn preset(preset: Preset) -> Infrastructure {
    preset.infrastructure()
}

fn each_service(mut site: Infrastructure, change: impl Fn(&mut Service)) -> Infrastructure {
    site.hosts.iter_mut().flat_map(|host| &mut host.services).for_each(change);
    site
}

fn deed(text: &str) -> Action {
    text.parse().unwrap()
}

/// Cause and cure of the first request that failed so, sent after the last of the deeds.
fn failed(
    site: Infrastructure,
    deeds: &[(f64, &str)],
    until: f64,
    is_it: impl Fn(&RequestRecord) -> bool,
) -> (String, String) {
    let deeds: Vec<(f64, Action)> = deeds.iter().map(|(when, text)| (*when, deed(text))).collect();
    let last = deeds.iter().map(|(when, _)| *when).fold(0.0, f64::max);
    let run = run(Plan::new(site, 1), &deeds, until);
    let site = &run.simulation().plan().infrastructure;
    let mut records = run.simulation().records().filter(|record| !record.outcome.is_ok());
    let record = records.find(|record| record.started_at >= at(last) && is_it(record));
    let record = record.unwrap_or_else(|| panic!("{:?}", run.simulation().counts()));
    let told = cure(record, site).unwrap();
    directives::check(&told, record, site);
    (cause(record), told)
}

fn any(_: &RequestRecord) -> bool {
    true
}

fn is_status(wanted: u16) -> impl Fn(&RequestRecord) -> bool {
    move |record| matches!(record.outcome, Outcome::Status { status, .. } if status == wanted)
}

#[test]
fn where_one_machine_has_the_address_no_advert_would_have_moved_it() {
    let (told, cure) = failed(preset(Preset::Simple), &[(10.0, "kill server-1")], 30.0, |record| {
        record.outcome == Outcome::NoConnection
    });
    assert!(told.starts_with("www does not answer"), "{told}");
    assert!(!told.contains("next address"), "there is none: {told}");
    assert!(!cure.contains("advert_int") && cure.contains("a second web server"), "{cure}");
}

#[test]
fn a_broken_uplink_is_named_and_routing_is_what_takes_its_time() {
    let (told, cure) = failed(preset(Preset::Brief), &[(10.0, "cut uplink uplink-1")], 30.0, any);
    assert!(told.starts_with("uplink-1 is broken"), "{told}");
    assert!(cure.contains("`routing_time`") && !cure.contains("advert_int"), "{cure}");
    let both = [(10.0, "cut uplink uplink-1"), (10.0, "cut uplink uplink-2")];
    let (told, cure) = failed(preset(Preset::Brief), &both, 30.0, any);
    assert!(told.contains("no other uplink works"), "{told}");
    assert!(cure.contains("a further uplink"), "{cure}");
}

#[test]
fn an_untracked_haproxy_that_dies_keeps_its_address_for_want_of_a_track_script() {
    let untracked = each_service(preset(Preset::Literal), |service| {
        if let Service::Keepalived(keepalived) = service {
            keepalived.track_script = None;
        }
    });
    let dead = [(10.0, "kill lb-1/haproxy")];
    let (told, cure) = failed(untracked, &dead, 30.0, any);
    assert!(told.contains("refuses the connection"), "{told}");
    assert!(cure.starts_with("`track_script`"), "{cure}");
    let is_refused = |record: &RequestRecord| record.outcome == Outcome::NoConnection;
    let (_, cure) = failed(preset(Preset::Literal), &dead, 30.0, is_refused);
    assert!(cure.contains("`vrrp_script`"), "{cure}");
    let (told, cure) = failed(preset(Preset::Literal), &[(10.0, "kill lb-1")], 30.0, is_refused);
    assert!(told.contains("does not answer") && cure.starts_with("`advert_int`"), "{told}: {cure}");
    let both = [(10.0, "kill lb-1"), (10.0, "kill lb-2")];
    let (told, cure) = failed(preset(Preset::Literal), &both, 30.0, any);
    assert!(told.starts_with("every machine that may have VIP A is dead"), "{told}");
    assert!(cure.starts_with("one more balancer"), "{cure}");
}

#[test]
fn a_service_that_fails_by_itself_is_no_matter_of_databases() {
    let cases = [
        (Preset::Brief, "degrade app-1/app:errors=0.5", "`observe layer7`"),
        (Preset::Brief, "degrade web-1/nginx:errors=0.5", "`observe layer7`"),
        (Preset::Literal, "degrade app-1/app:errors=0.5", "`proxy_next_upstream http_500`"),
        (Preset::Simple, "degrade server-1/nginx:errors=0.5", "a second web server"),
    ];
    for (site, deed, expected) in cases {
        let (told, cure) = failed(preset(site), &[(5.0, deed)], 20.0, is_status(500));
        assert!(told.contains("it fails by itself"), "{deed}: {told}");
        assert!(cure.contains(expected) && !cure.contains("database"), "{deed}: {cure}");
    }
}

#[test]
fn a_database_without_a_connection_left_is_its_own_limit() {
    let small = each_service(preset(Preset::Brief), |service| {
        if let Service::Mysql(mysql) = service {
            mysql.max_connections = 1;
            mysql.service_time = SimDuration::from_ms(200);
        }
    });
    let (told, cure) = failed(small, &[], 20.0, is_status(500));
    assert!(told.contains("asks the database on db-1") && told.contains("1040"), "{told}");
    assert!(cure.starts_with("`max_connections` of db-1 (1)"), "{cure}");
}

#[test]
fn who_waits_for_a_lock_or_for_room_is_told_so() {
    let lock = [(5.0, "degrade db-1/mysql:lock")];
    let (told, cure) = failed(preset(Preset::Brief), &lock, 40.0, is_status(500));
    assert!(told.starts_with("it waits for a lock on db-1"), "{told}");
    assert!(cure.starts_with("the transaction on db-1 that holds the lock"), "{cure}");
    let full = [(5.0, "degrade db-1/mysql:disk-full")];
    let (told, cure) = failed(preset(Preset::Brief), &full, 40.0, is_status(500));
    assert!(told.starts_with("the disk of db-1 is full"), "{told}");
    assert!(cure.starts_with("a larger disk for db-1, or an alert"), "{cure}");
}

#[test]
fn a_worker_that_the_kernel_kills_died_of_the_memory() {
    let leak = [(5.0, "degrade server-1/app:leak=64")];
    let is_killed = |record: &RequestRecord| {
        record.steps.iter().any(|step| step.to_string().contains("the kernel kills"))
    };
    let (told, cure) = failed(preset(Preset::Simple), &leak, 60.0, is_killed);
    assert!(told.starts_with("the memory of server-1 is used up"), "{told}");
    // The largest process there is the database.
    assert!(cure.contains("a smaller `innodb_buffer_pool_size`"), "{cure}");
    assert!(cure.contains("fewer `workers` where an application runs there too"), "{cure}");
}

#[test]
fn nginx_without_a_connection_left_is_not_dead() {
    let small = each_service(preset(Preset::Literal), |service| {
        if let Service::Nginx(nginx) = service {
            nginx.worker_connections = 4;
        }
    });
    let (told, cure) = failed(small, &[(5.0, "slow app-1 x20")], 30.0, |record| {
        cause(record).contains("worker_connections")
    });
    assert!(!told.contains("dies"), "{told}");
    assert!(cure.starts_with("`worker_connections` of Nginx on web-1 (4"), "{cure}");
}

#[test]
fn the_load_of_an_application_behind_nginx_is_shared_in_the_upstream() {
    let small = each_service(preset(Preset::Literal), |service| {
        if let Service::App(app) = service {
            app.workers = 1;
        }
    });
    let slow = [(5.0, "slow app-1 x100")];
    let (told, cure) = failed(small, &slow, 60.0, |record| {
        cause(record).starts_with("every worker of the application on app-1 is busy")
    });
    assert!(told.contains("waits in the backlog"), "{told}");
    assert!(cure.contains("another `server` line in Nginx's `upstream`"), "{cure}");
}

/// Whoever waits longer for an application whose database is dead, or slow, gets no data either.
#[test]
fn who_waits_for_an_application_that_waits_for_its_database_is_told_of_that() {
    let dead = [(10.0, "kill db-1")];
    let (told, cure) = failed(preset(Preset::Brief), &dead, 60.0, |record| {
        is_status(504)(record) && cause(record).starts_with("app-")
    });
    assert!(told.contains("asks the database on db-1; app-"), "{told}");
    assert!(cure.contains("a second database host") && !cure.contains("timeout server"), "{cure}");
    let slow = [(5.0, "slow db-1 x300")];
    for (status, driver) in [(500, "a longer `read_timeout`"), (504, "a shorter `read_timeout`")] {
        let (told, cure) = failed(preset(Preset::Brief), &slow, 60.0, |record| {
            is_status(status)(record) && cause(record).starts_with("db-1 works on the query")
        });
        assert!(cure.contains("a faster db-1") && cure.contains(driver), "{told}: {cure}");
    }
}

/// A machine dies with requests in hand, without a word. A shorter `timeout server` makes the same error sooner, `retry-on` alone sends it
/// to the dead one again; both together with `option redispatch` save it, and that is what is named.
#[test]
fn what_would_have_saved_a_request_that_died_with_its_machine_is_named() {
    let after = |change: fn(&mut Haproxy)| {
        let site = each_service(preset(Preset::Brief), |service| {
            if let Service::Haproxy(haproxy) = service {
                change(haproxy);
            }
        });
        let mut plan = Plan::new(site, 1);
        plan.workload.rate = 80.0;
        run(plan, &[(20.12, deed("kill app-1"))], 60.0)
    };
    let fell_silent = |record: &&RequestRecord| {
        record.steps.iter().any(|step| matches!(step, Step::ServerTimedOut { .. }))
    };
    let kinds = |run: &Run| {
        let silent = run.simulation().records().filter(fell_silent);
        let mut kinds: Vec<String> = silent.map(|record| record.outcome.to_string()).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    let plain = after(|_| {});
    assert_eq!(kinds(&plain), ["504 sH"]);
    let site = &plain.simulation().plan().infrastructure;
    for record in plain.simulation().records().filter(fell_silent) {
        let told = cure(record, site).unwrap();
        directives::check(&told, record, site);
        let wanted = "`retry-on response-timeout`, with `option redispatch` to another: ";
        assert!(told.starts_with(wanted), "{told}");
    }
    let sooner = after(|haproxy| {
        haproxy.timeouts.server = SimDuration::from_secs(2);
    });
    assert_eq!(kinds(&sooner), ["504 sH"]);
    let alone = after(|haproxy| haproxy.retries.retry_on.push(RetryOn::ResponseTimeout));
    assert_eq!(kinds(&alone), ["503 sC"]);
    let site = &alone.simulation().plan().infrastructure;
    let record = alone.simulation().records().find(fell_silent).unwrap();
    assert!(cure(record, site).unwrap().starts_with("`option redispatch`"));
    let saved = after(|haproxy| {
        haproxy.retries.redispatch = Some(-1);
        haproxy.retries.retry_on.push(RetryOn::ResponseTimeout);
    });
    assert_eq!(kinds(&saved), ["200"]);
}

/// No server had it yet: `timeout server` would have changed nothing.
#[test]
fn who_gives_up_in_the_queue_is_told_of_the_queue() {
    let narrow = each_service(preset(Preset::Brief), |service| {
        let Service::Haproxy(haproxy) = service else { return };
        haproxy.timeouts.queue = Some(SimDuration::from_secs(90));
        for server in haproxy.backends.iter_mut().flat_map(|backend| &mut backend.servers) {
            server.maxconn = 1;
        }
    });
    let slow = [(5.0, "slow app-1 x100"), (5.0, "slow app-2 x100")];
    let (told, cure) = failed(narrow, &slow, 60.0, |record| {
        record.outcome == Outcome::NoAnswer
            && matches!(record.steps.last(), Some(Step::Queued { .. }))
    });
    assert!(told.contains("the request waits"), "{told}");
    assert!(cure.starts_with("`timeout queue`, `maxconn`"), "{cure}");
}

#[test]
fn nginx_that_has_nobody_left_to_ask_says_so() {
    let dead = [(10.0, "kill app-1/app"), (10.0, "kill app-2/app")];
    let (told, cure) = failed(preset(Preset::Extended), &dead, 20.0, |record| {
        record.steps.iter().any(|step| matches!(step, Step::NoLiveUpstream { .. }))
    });
    assert!(told.starts_with("Nginx on web-") && told.contains("has no server left"), "{told}");
    assert!(told.contains("; so web-"), "{told}");
    assert!(cure.starts_with("another `server` line in Nginx's `upstream`"), "{cure}");
}

#[test]
fn a_rule_that_drops_the_query_is_named_in_the_cause() {
    let dropped = [(20.0, "drop rule app-to-db")];
    let (told, cure) = failed(preset(Preset::Literal), &dropped, 40.0, is_status(500));
    assert!(told.starts_with("the firewall drops what app-1 sends to db-1 ("), "{told}");
    assert!(told.contains("; so app-1 answers 500"), "{told}");
    assert!(cure.contains("firewall rule"), "{cure}");
}

#[test]
fn a_full_backlog_and_a_cut_link_are_told_apart_from_a_dead_server() {
    let small = each_service(preset(Preset::Brief), |service| {
        if let Service::App(app) = service {
            (app.workers, app.backlog) = (1, 1);
        }
    });
    let slow = [(5.0, "slow app-1 x100"), (5.0, "slow app-2 x100")];
    let (told, cure) =
        failed(small, &slow, 40.0, |record| cause(record).contains("the backlog of"));
    assert!(told.contains("the backlog of the application on app-"), "{told}");
    assert!(cure.starts_with("more `workers` on app-"), "{cure}");
    let cut = [(20.0, "link lb-1:app-1:cut")];
    let (told, cure) = failed(preset(Preset::Brief), &cut, 30.0, any);
    assert!(told.starts_with("the link between lb-1 and app-1 carries nothing"), "{told}");
    assert!(cure.contains("the link between lb-1 and app-1"), "{cure}");
}
