//! Directives that are given another value: they hold, they are checked, they do what they say, and they stand in the exported files.

use foobar_lab::config::export::files;
use foobar_lab::infra::{Edit, Infrastructure, Preset, Setting};
use foobar_lab::run::{Run, permalink};
use foobar_lab::sim::{History, Plan};

use super::{at, edited, refusal};

/// Another value than this one, in its range.
fn another(setting: Setting, now: u32) -> u32 {
    let (_, most) = setting.range();
    match setting.words().len() as u32 {
        // VRRP's version 2 counts whole seconds.
        0 if setting == Setting::AdvertInt => now + 1000,
        0 if now < most => now + 1,
        0 => now - 1,
        words => (now + 1) % words,
    }
}

/// The file that holds the directives of a service on this machine.
fn file(infrastructure: &Infrastructure, host: &str, service: &str) -> String {
    let name = match service {
        "nginx" => "nginx.conf",
        "app" => "foobar-app.service",
        "haproxy" => "haproxy.cfg",
        "keepalived" => "keepalived.conf",
        _ => "my.cnf",
    };
    let path = match service {
        "agent" => "config/monitoring/alerts.yml".to_owned(),
        _ => format!("config/{host}/{name}"),
    };
    let file = files(infrastructure).into_iter().find(|file| file.path == path);
    file.unwrap_or_else(|| panic!("{path}")).text
}

#[test]
fn every_directive_can_be_set_stands_in_its_file_and_can_be_set_back() {
    let mut seen = Vec::new();
    for preset in Preset::ALL {
        let mut plain = preset.infrastructure();
        // With a cache and a limit, so that what belongs to them is there, too.
        for host in preset.infrastructure().hosts {
            for setting in [Setting::CacheValid, Setting::Maxconn] {
                if setting.at(&host).is_some() {
                    Edit::Tune(setting, host.name.clone(), 5).apply(&mut plain).unwrap();
                }
            }
        }
        for host in &plain.hosts {
            for setting in Setting::ALL {
                let Some(now) = setting.held(&plain, host) else { continue };
                seen.push(setting);
                let value = another(setting, now);
                let mut changed = plain.clone();
                let edit = Edit::Tune(setting, host.name.clone(), value);
                edit.apply(&mut changed).unwrap();
                assert_eq!(setting.held(&changed, changed.host(&host.name).unwrap()), Some(value));
                let [before, after] =
                    [&plain, &changed].map(|of| file(of, &host.name, setting.service()));
                assert_ne!(before, after, "{preset}: {edit} changes no file");
                assert!(Run::new(Plan::new(changed.clone(), 1), History::Off).is_ok(), "{edit}");
                Edit::Tune(setting, host.name.clone(), now).apply(&mut changed).unwrap();
                assert_eq!(changed, plain, "{preset}: {edit}, taken back");
            }
        }
    }
    for setting in Setting::ALL {
        assert!(seen.contains(&setting), "no preset has {setting:?}");
    }
}

#[test]
fn a_value_is_written_as_the_program_writes_it() {
    for (edit, host, line) in [
        ("nginx.worker_processes:web-1=8", "web-1", "worker_processes 8;"),
        ("nginx.worker_connections:web-1=64", "web-1", "worker_connections 64;"),
        ("nginx.backlog:web-1=100", "web-1", "listen 80 backlog=100;"),
        ("nginx.max_fails:web-1=3", "web-1", "max_fails=3 fail_timeout=10s"),
        ("nginx.fail_timeout:web-1=30s", "web-1", "max_fails=1 fail_timeout=30s"),
        ("nginx.proxy_connect_timeout:web-1=250ms", "web-1", "proxy_connect_timeout 250ms;"),
        ("nginx.proxy_next_upstream:web-1=off", "web-1", "proxy_next_upstream off;"),
        ("nginx.proxy_cache_valid:web-1=1m", "web-1", "proxy_cache_valid 200 60s;"),
        ("app.workers:app-1=8", "app-1", "--workers 8 "),
        ("app.timeout:app-1=10", "app-1", "--timeout 10 "),
        ("app.sessions:app-1=local", "app-1", "Environment=SESSION_STORE=local"),
        ("app.read_timeout:app-1=9s", "app-1", "Environment=DB_READ_TIMEOUT=9"),
        ("mysql.max_connections:db-1=300", "db-1", "max_connections = 300"),
        ("mysql.innodb_buffer_pool_size:db-1=2048M", "db-1", "innodb_buffer_pool_size = 2048M"),
        ("mysql.innodb_thread_concurrency:db-1=4", "db-1", "innodb_thread_concurrency = 4"),
        ("keepalived.advert_int:lb-1=2s", "lb-1", "advert_int 2\n"),
        ("keepalived.priority:lb-1=150", "lb-1", "priority 150\n"),
        ("keepalived.nopreempt:lb-1=on", "lb-1", "nopreempt\n"),
        ("keepalived.preempt_delay:lb-1=30s", "lb-1", "preempt_delay 30\n"),
        ("keepalived.interval:lb-1=2s", "lb-1", "interval 2\n"),
        ("keepalived.fall:lb-1=3", "lb-1", "fall 3\n"),
        ("keepalived.rise:lb-1=4", "lb-1", "rise 4\n"),
        ("keepalived.weight:lb-1=-60", "lb-1", "weight -60\n"),
        ("haproxy.frontend_maxconn:lb-2=20", "lb-1", "maxconn 20\n"),
        ("haproxy.timeout_server:lb-1=5s", "lb-1", "timeout server 5s\n"),
        ("haproxy.timeout_client:lb-1=5s", "lb-1", "timeout client 5s\n"),
        ("haproxy.timeout_http_request:lb-1=3s", "lb-1", "timeout http-request 3s\n"),
        ("haproxy.fastinter:lb-1=500ms", "lb-1", "fastinter 500ms "),
        ("haproxy.on_marked_down:lb-1=on", "lb-1", "on-marked-down shutdown-sessions"),
        ("haproxy.retry_on:lb-1=all-retryable-errors", "lb-1", "retry-on conn-failure empty-"),
    ] {
        let infrastructure = edited(Preset::Literal, &[edit]).infrastructure;
        let service = edit.split('.').next().unwrap();
        let text = file(&infrastructure, host, service);
        assert!(text.contains(line), "{edit}: no `{line}` in:\n{text}");
    }
}

#[test]
fn units_may_be_left_out() {
    for (short, long) in [
        ("app.timeout:app-1=10", "app.timeout:app-1=10s"),
        ("nginx.proxy_read_timeout:web-1=1500", "nginx.proxy_read_timeout:web-1=1.5s"),
        ("mysql.innodb_buffer_pool_size:db-1=64", "mysql.innodb_buffer_pool_size:db-1=64M"),
        ("keepalived.advert_int:lb-1=3000", "keepalived.advert_int:lb-1=3s"),
    ] {
        assert_eq!(short.parse::<Edit>(), long.parse::<Edit>());
        assert!(short.parse::<Edit>().is_ok(), "{short}");
    }
}

#[test]
fn what_cannot_be_set_is_refused_with_what_may_be() {
    for (preset, edit, part) in [
        (Preset::Brief, "nginx.worker_processes:web-1=0", "found 0; allowed: 1 to 64"),
        (Preset::Brief, "nginx.worker_processes:web-1=two", "found `two`; allowed: 1 to 64"),
        (Preset::Brief, "app.timeout:app-1=500ms", "found `500ms`; allowed: 1s to 60m"),
        (Preset::Brief, "app.sessions:app-1=nowhere", "allowed: shared, local"),
        (Preset::Brief, "app.workers:web-1=2", "no service on web-1"),
        (Preset::Brief, "app.workers:app-9=2", "no `app-9` here"),
        (Preset::Brief, "nginx.max_fails:web-1=2", "no service on web-1"),
        (Preset::Brief, "mysql.lag:db-1=1s", "no service on db-1"),
        (Preset::Literal, "nginx.proxy_cache_use_stale:web-1=off", "no service on web-1"),
        (
            Preset::Brief,
            "mysql.innodb_buffer_pool_size:db-1=40960M",
            "hosts[5].services[0].mysql.innodb_buffer_pool_mib",
        ),
        (Preset::Brief, "mysql.sort_buffer_size:db-1=1", "SERVICE.DIRECTIVE:HOST=VALUE"),
        (
            Preset::Brief,
            "keepalived.advert_int:lb-2=500ms",
            "hosts[1].services[1].keepalived.advert_int: found `500ms`; allowed: 1s to 255s in whole seconds",
        ),
        (Preset::Brief, "keepalived.weight:lb-1=-254", "allowed: -253 to 253"),
        (Preset::Brief, "keepalived.weight:lb-1=254", "found 254; allowed: -253 to 253"),
        (Preset::Brief, "keepalived.priority:lb-1=255", "found 255; allowed: 1 to 254"),
        (Preset::Brief, "keepalived.priority:web-1=100", "no service on web-1"),
        (Preset::Literal, "keepalived.priority_2:lb-1=90", "no service on lb-1"),
        (Preset::Secured, "keepalived.nopreempt:lb-1=on", "no service on lb-1"),
        (Preset::Brief, "haproxy.maxqueue:lb-1=5", "no service on lb-1"),
        (Preset::Distributed, "haproxy.tls_ticket_keys:lb-1=on", "no service on lb-1"),
        (Preset::Brief, "haproxy.timeout_server:web-1=5s", "no service on web-1"),
    ] {
        let message = refusal(preset, edit);
        assert!(message.contains(part), "{edit}: {message}");
    }
}

#[test]
fn a_directive_that_is_set_twice_counts_once() {
    let edits = ["app.workers:app-1=2", "app.workers:app-1=6", "app.workers:app-2=6"];
    let plan = edited(Preset::Brief, &edits);
    assert_eq!(plan.edits.len(), 2);
}

/// A script, or a cache, that is taken away and put back is as new, also when the link with these edits is opened.
#[test]
fn what_was_taken_away_comes_back_as_new() {
    let script = ["keepalived.fall:lb-1=5", "keepalived.track_script:lb-1=off"];
    let cache = [
        "nginx.proxy_cache_valid:web-1=5s",
        "nginx.proxy_cache_use_stale:web-1=error timeout http_500 http_502 http_504",
        "nginx.proxy_cache_valid:web-1=0s",
    ];
    for (edits, again, setting, machine, new) in [
        (&script[..], "keepalived.track_script:lb-1=on", Setting::Fall, "lb-1", 2),
        (&cache[..], "nginx.proxy_cache_valid:web-1=5s", Setting::CacheUseStale, "web-1", 0),
    ] {
        let mut plan = edited(Preset::Literal, edits);
        assert_eq!(setting.at(plan.infrastructure.host(machine).unwrap()), None);
        plan.edit(again.parse().unwrap()).unwrap();
        assert_eq!(setting.at(plan.infrastructure.host(machine).unwrap()), Some(new));
        let run = Run::new(plan, History::Off).unwrap();
        let opened = permalink::read(&permalink::write(&run).unwrap(), History::Off).unwrap();
        assert_eq!(opened.plan(), run.plan());
    }
}

/// Links of earlier versions say `workers` and `max_connections` without the service.
#[test]
fn the_old_spelling_sets_the_same_directive() {
    for (old, new) in [
        ("workers:app-1=2", "app.workers:app-1=6"),
        ("max_connections:db-1=20", "mysql.max_connections:db-1=300"),
    ] {
        let plain = new.split('=').next().unwrap();
        let value = old.split('=').nth(1).unwrap();
        assert_eq!(old.parse::<Edit>(), format!("{plain}={value}").parse::<Edit>());
        let link = format!("run/1/brief;edit={old};edit={new};seed=1;at=0s");
        let run = permalink::read(&link, History::Off).unwrap();
        assert_eq!(run.plan().edits, [new.parse::<Edit>().unwrap()], "{old}");
        let written = permalink::write(&run).unwrap();
        assert_eq!(written, format!("run/1/brief;edit={new};seed=1;at=0s"));
    }
    assert!(refusal(Preset::Brief, "workers:app-1=two").contains("found `two`; allowed: 1 to 64"));
}

/// One connection for all: whoever comes second is refused.
#[test]
fn a_directive_does_what_it_says() {
    let failed = |edits: &[&str]| {
        let mut run = Run::new(edited(Preset::Brief, edits), History::Recent).unwrap();
        run.advance_to(at(60));
        let steps = run.simulation().records().flat_map(|record| &record.steps);
        let refused = steps.filter(|step| step.to_string().contains("error 1040")).count();
        (refused, run.simulation().counts().failed)
    };
    assert_eq!(failed(&[]), (0, 0));
    let (refused, all) = failed(&["mysql.max_connections:db-1=1"]);
    assert!(refused > 10 && all >= 10, "{refused} {all}");
}

/// keepalived says "preempt_delay is incompatible with nopreempt mode" and resets it; here the one that is set second is refused.
#[test]
fn what_keepalived_would_reset_is_refused() {
    for [first, second] in [
        ["keepalived.nopreempt:lb-1=on", "keepalived.preempt_delay:lb-1=5s"],
        ["keepalived.preempt_delay:lb-1=5s", "keepalived.nopreempt:lb-1=on"],
    ] {
        let mut plan = edited(Preset::Brief, &[first]);
        let error = plan.edit(second.parse().unwrap()).unwrap_err().to_string();
        let told = "hosts[0].services[1].keepalived.instances[0].preempt_delay: found `5s`; allowed: 0s beside nopreempt";
        assert!(error.contains(told), "{error}");
    }
    // Version 3 knows hundredths of a second, and version 2 is refused while there are some.
    let edits = ["keepalived.vrrp_version:lb-1=3", "keepalived.advert_int:lb-1=250ms"];
    let mut plan = edited(Preset::Brief, &edits);
    let back: Edit = "keepalived.vrrp_version:lb-1=2".parse().unwrap();
    let error = plan.edit(back).unwrap_err().to_string();
    assert!(error.contains("advert_int: found `250ms`; allowed: 1s to 255s"), "{error}");
}

/// The balancers of a cluster carry the same `haproxy.cfg`; each keepalived has its own file.
#[test]
fn haproxy_is_set_on_every_balancer_and_keepalived_on_one() {
    let edits = ["haproxy.timeout_check:lb-2=700ms", "keepalived.fall:lb-2=5"];
    let infrastructure = edited(Preset::Brief, &edits).infrastructure;
    let at = |setting: Setting| {
        ["lb-1", "lb-2"].map(|name| setting.at(infrastructure.host(name).unwrap()))
    };
    assert_eq!(at(Setting::TimeoutCheck), [Some(700); 2]);
    assert_eq!(at(Setting::Fall), [Some(2), Some(5)]);
}
