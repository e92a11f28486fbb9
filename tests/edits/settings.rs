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
        // 1 to 100 percent of a share would be none.
        0 if setting == Setting::HashBalanceFactor => now + 150,
        // It may not be above maxconn.
        0 if setting == Setting::Minconn => now - 1,
        0 if now < most => now + 1,
        0 => now - 1,
        words => (now + 1) % words,
    }
}

/// The file that holds the directives of a service on this machine; of what is set elsewhere, all that may.
fn file(infrastructure: &Infrastructure, host: &str, service: &str) -> String {
    let all = |end: &str| {
        let files = files(infrastructure).into_iter();
        files.filter(|file| file.path.ends_with(end)).map(|file| file.text).collect::<String>()
    };
    let name = match service {
        "server" => return all("haproxy.cfg"),
        "upstream" => return all("nginx.conf"),
        "network" => return all("config/README.md"),
        "monitoring" => return all(".yml"),
        "nginx" => "nginx.conf",
        "app" => "foobar-app.service",
        "haproxy" => "haproxy.cfg",
        "keepalived" => "keepalived.conf",
        _ => "my.cnf",
    };
    let path = format!("config/{host}/{name}");
    let file = files(infrastructure).into_iter().find(|file| file.path == path);
    file.unwrap_or_else(|| panic!("{path}")).text
}

/// A preset with all that some directive needs: limits, a cache, a table, TLS whose work is counted, a backup server.
pub(super) fn complete(preset: Preset) -> Infrastructure {
    let mut infrastructure = preset.infrastructure();
    for edit in [
        "tls:on",
        "haproxy.maxconn:lb-1=5",
        "haproxy.minconn:lb-1=5",
        "haproxy.stick_on:lb-1=src",
        "server.backup:app-2=on",
        "server.backup:web-2=on",
        "server.backup:server-2=on",
        "nginx.proxy_cache_valid:web-1=5s",
    ] {
        // What some preset has not is refused.
        let _ = edit.parse::<Edit>().unwrap().apply(&mut infrastructure);
    }
    infrastructure
}

#[test]
fn every_directive_can_be_set_stands_in_its_file_and_can_be_set_back() {
    let mut seen = Vec::new();
    for preset in Preset::ALL {
        let plain = complete(preset);
        let names = plain.hosts.iter().map(|host| host.name.as_str()).chain(["site"]);
        for name in names {
            for setting in Setting::ALL {
                let Some(now) = setting.at(&plain, name) else { continue };
                let value = another(setting, now);
                let mut changed = plain.clone();
                let edit = Edit::Tune(setting, name.to_owned(), value);
                match edit.apply(&mut changed) {
                    Ok(()) => seen.push(setting),
                    // The only one that is no backup cannot become one.
                    Err(error) => {
                        assert!(error.to_string().contains("at least one that is neither"));
                        continue;
                    }
                }
                assert_eq!(setting.at(&changed, name), Some(value), "{edit}");
                assert_eq!(changed.validate(), [], "{edit}");
                let [before, after] =
                    [&plain, &changed].map(|of| file(of, name, setting.service()));
                assert_ne!(before, after, "{preset}: {edit} changes no file");
                assert!(Run::new(Plan::new(changed.clone(), 1), History::Off).is_ok(), "{edit}");
                Edit::Tune(setting, name.to_owned(), now).apply(&mut changed).unwrap();
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
        ("haproxy.ssl_max_ver:lb-1=TLSv1.2", "lb-1", "ssl-max-ver TLSv1.2"),
        ("haproxy.redispatch:lb-1=-1", "lb-1", "option redispatch\n"),
        ("haproxy.redispatch:lb-1=1", "lb-1", "option redispatch 1\n"),
        ("haproxy.httpchk_uri:lb-1=/health", "lb-1", "option httpchk GET /health\n"),
        ("haproxy.hash_balance_factor:lb-1=150", "lb-1", "hash-balance-factor 150\n"),
        ("haproxy.persist:lb-1=on", "lb-1", "option persist\n"),
        ("haproxy.stick_on:lb-1=src", "lb-1", "stick-table type ip size 102400 expire 1800s\n"),
        ("app.health_time:app-1=7ms", "app-1", "7 ms for a check"),
        ("app.service_distribution:app-1=constant", "app-1", "for a page (constant)"),
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
        (Preset::Brief, "nginx.max_fails:web-1=2", "without a `proxy_pass`"),
        (Preset::Brief, "mysql.lag:db-1=1s", "without a primary that it copies"),
        (Preset::Literal, "nginx.proxy_cache_use_stale:web-1=off", "without a `proxy_cache_valid`"),
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
        (Preset::Literal, "keepalived.priority_2:lb-1=90", "without a second virtual address"),
        (Preset::Secured, "keepalived.nopreempt:lb-1=on", "no service on lb-1"),
        (
            Preset::Brief,
            "haproxy.maxqueue:lb-1=5",
            "haproxy.maxqueue:lb-1=5: found that it has no effect without a `maxconn` of the servers; allowed: first haproxy.maxconn:lb-1=100",
        ),
        (Preset::Brief, "haproxy.minconn:lb-1=5", "first haproxy.maxconn:lb-1=100"),
        (Preset::Brief, "haproxy.fullconn:lb-1=5", "first haproxy.minconn:lb-1=5"),
        (Preset::Brief, "haproxy.peers:lb-1=on", "first haproxy.stick_on:lb-1=src"),
        (Preset::Brief, "haproxy.allbackups:lb-1=on", "first server.backup:app-2=on"),
        (Preset::Brief, "haproxy.httpchk_uri:lb-1=/health", "first routing:chain"),
        (Preset::Brief, "haproxy.hash_balance_factor:lb-1=100", "allowed: 0, or 101 to 1000000"),
        (
            Preset::Brief,
            "server.backup:web-1=on",
            "without a balancer that chooses between it and others",
        ),
        (
            Preset::Brief,
            "upstream.weight:app-1=2",
            "without an Nginx that chooses between it and others",
        ),
        (Preset::Distributed, "haproxy.tls_ticket_keys:lb-1=on", "first tls:on"),
        (Preset::Distributed, "monitoring.alert_for:site=5s", "without monitoring"),
        (Preset::Brief, "network.lan_latency:lb-1=1ms", "found `lb-1`; allowed: site"),
        (Preset::Brief, "haproxy.maxconn:site=1", "no `site` here"),
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
    let table =
        ["haproxy.stick_on:lb-1=src", "haproxy.stick_size:lb-1=7", "haproxy.stick_on:lb-1=off"];
    for (edits, again, setting, machine, new) in [
        (&script[..], "keepalived.track_script:lb-1=on", Setting::Fall, "lb-1", 2),
        (&cache[..], "nginx.proxy_cache_valid:web-1=5s", Setting::CacheUseStale, "web-1", 0),
        (&table[..], "haproxy.stick_on:lb-1=src", Setting::StickSize, "lb-1", 102_400),
    ] {
        let mut plan = edited(Preset::Literal, edits);
        assert_eq!(setting.at(&plan.infrastructure, machine), None);
        plan.edit(again.parse().unwrap()).unwrap();
        assert_eq!(setting.at(&plan.infrastructure, machine), Some(new));
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
    let at = |setting: Setting| ["lb-1", "lb-2"].map(|name| setting.at(&infrastructure, name));
    assert_eq!(at(Setting::TimeoutCheck), [Some(700); 2]);
    assert_eq!(at(Setting::Fall), [Some(2), Some(5)]);
}

/// What it says has to be done first is done: then the directive is there, whatever it was.
#[test]
fn the_cure_that_a_refusal_names_cures() {
    let mut cured = 0;
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        for host in &infrastructure.hosts {
            for setting in Setting::ALL {
                let mut changed = infrastructure.clone();
                // A cure may need one itself, as fullconn needs minconn, and minconn needs maxconn.
                let mut wanted = vec![Edit::Tune(setting, host.name.clone(), setting.range().1)];
                while let Some(next) = wanted.last() {
                    assert!(wanted.len() < 5, "{preset}: {wanted:?}");
                    let missing = match next {
                        Edit::Tune(setting, name, _) => setting.lacks(&changed, name),
                        _ => None,
                    };
                    match missing {
                        Some((_, Some(cure))) => wanted.push(cure.parse().unwrap()),
                        Some((_, None)) => break,
                        None => {
                            let Some(next) = wanted.pop() else { break };
                            if !wanted.is_empty() {
                                next.apply(&mut changed).unwrap();
                                cured += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(cured > 50, "{cured}");
}

/// What stands on no machine, or on another one, travels as all the rest does.
#[test]
fn a_link_holds_what_stands_elsewhere() {
    let edits = [
        "haproxy.httpchk_uri:lb-1=/health",
        "haproxy.redispatch:lb-1=-1",
        "app.service_distribution:app-1=erlang 4",
        "network.lan_latency:site=250us",
        "monitoring.alert_for:site=1m",
        "upstream.weight:app-2=3",
        "server.weight:web-2=0",
    ];
    let run = Run::new(edited(Preset::Extended, &edits), History::Off).unwrap();
    let written: Vec<String> = run.plan().edits.iter().map(ToString::to_string).collect();
    assert_eq!(written, edits);
    let opened = permalink::read(&permalink::write(&run).unwrap(), History::Off).unwrap();
    assert_eq!(opened.plan(), run.plan());
}

/// What contradicts what stands there already is refused in a sentence, whichever of the two is set second.
#[test]
fn directives_that_contradict_each_other_are_refused() {
    for (preset, edits, last, told) in [
        (
            Preset::Brief,
            &["haproxy.maxconn:lb-1=10"][..],
            "haproxy.minconn:lb-1=11",
            "found `minconn` 11 beside `maxconn` 10 of web-1; allowed: `minconn` 0, or up to `maxconn`",
        ),
        (
            Preset::Brief,
            &["haproxy.maxconn:lb-1=10", "haproxy.minconn:lb-1=5"][..],
            "haproxy.maxconn:lb-1=0",
            "found `minconn` 5 beside `maxconn` 0 of web-1",
        ),
        (
            Preset::Brief,
            &["server.backup:app-1=on"][..],
            "server.backup:app-2=on",
            "found every server of backend app a `backup`, or of `weight` 0; allowed: at least one that is neither",
        ),
        (
            Preset::Brief,
            &["server.backup:app-1=on"][..],
            "server.weight:app-2=0",
            "every server of",
        ),
        (Preset::Brief, &["server.backup:app-1=on"][..], "remove:app-2", "every server of"),
        (
            Preset::Literal,
            &["add-app", "upstream.backup:app-1=on"][..],
            "upstream.backup:app-2=on",
            "found every server of upstream a `backup`",
        ),
    ] {
        let mut plan = edited(preset, edits);
        let error = plan.edit(last.parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains(told), "{last}: {error}");
    }
}

/// A check that is taken away comes back with the page that whoever is checked has.
#[test]
fn a_check_that_is_put_back_asks_for_the_right_page() {
    for preset in Preset::ALL {
        let plain = preset.infrastructure();
        if plain.balancers().next().is_none() {
            continue;
        }
        let edits = ["haproxy.httpchk:lb-1=off", "haproxy.httpchk:lb-1=on"];
        let plan = edited(preset, &edits);
        assert_eq!(plan.edits.len(), 2, "{preset}");
        assert_eq!(plan.infrastructure, plain, "{preset}");
    }
}
