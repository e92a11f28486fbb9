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
        _ => "my.cnf",
    };
    let path = format!("config/{host}/{name}");
    let file = files(infrastructure).into_iter().find(|file| file.path == path);
    file.unwrap_or_else(|| panic!("{path}")).text
}

#[test]
fn every_directive_can_be_set_stands_in_its_file_and_can_be_set_back() {
    let mut seen = Vec::new();
    for preset in Preset::ALL {
        let mut plain = preset.infrastructure();
        // With a cache, so that what belongs to it is there, too.
        for host in preset.infrastructure().hosts {
            if Setting::CacheValid.at(&host).is_some() {
                Edit::Tune(Setting::CacheValid, host.name, 5).apply(&mut plain).unwrap();
            }
        }
        for host in &plain.hosts {
            for setting in Setting::ALL {
                let Some(now) = setting.at(host) else { continue };
                seen.push(setting);
                let value = another(setting, now);
                let mut changed = plain.clone();
                let edit = Edit::Tune(setting, host.name.clone(), value);
                edit.apply(&mut changed).unwrap();
                assert_eq!(setting.at(changed.host(&host.name).unwrap()), Some(value), "{edit}");
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
