//! A whole file as people write it: what is run, what is named, and that no line is passed over in silence.

use foobar_lab::config::haproxy_cfg::{read, site};
use foobar_lab::infra::{Balance, HashMethod, OnError, Peer, RetryOn};
use foobar_lab::kernel::SimDuration;

use super::reading;

const TEXT: &str = include_str!("site.cfg");

#[test]
fn what_the_model_covers_is_run() {
    let haproxy = reading(TEXT).haproxy;
    assert_eq!((haproxy.port, haproxy.tls_round_trips, haproxy.maxconn), (443, 1, 10_000));
    assert_eq!(
        (haproxy.stats_port, haproxy.peers, haproxy.default_backend.as_str()),
        (8405, true, "app")
    );
    let rules: Vec<(&str, &str)> = haproxy
        .path_rules
        .iter()
        .map(|rule| (rule.path_beg.as_str(), rule.backend.as_str()))
        .collect();
    let expected =
        [("/static/", "static"), ("/images/", "static"), ("/feed/", "feed"), ("/rss/", "feed")];
    assert_eq!(rules, expected);
    assert_eq!(haproxy.timeouts.queue, Some(SimDuration::from_secs(20)));
    assert_eq!(haproxy.timeouts.http_request, Some(SimDuration::from_secs(10)));
    assert_eq!(haproxy.timeouts.check, Some(SimDuration::from_ms(1500)));
    assert_eq!(haproxy.timeouts.server, SimDuration::from_secs(50));
    assert_eq!((haproxy.retries.retries, haproxy.retries.redispatch), (2, Some(-1)));
    assert_eq!(haproxy.retries.retry_on.last(), Some(&RetryOn::Status(503)));

    let names: Vec<&str> = haproxy.backends.iter().map(|backend| backend.name.as_str()).collect();
    assert_eq!(names, ["static", "app", "feed", "api"]);
    let [files, app, feed, api] = haproxy.backends.as_slice() else { panic!("{names:?}") };
    assert!(matches!(&files.balance, Balance::Uri(part) if part.depth == 2));
    assert_eq!(files.hash_type.method, HashMethod::Consistent);
    assert_eq!(app.httpchk.as_ref().unwrap().path, "/health");
    assert_eq!(
        (app.fullconn, app.abortonclose, app.priority_classes[0].class),
        (Some(500), true, -10)
    );
    assert_eq!(app.servers[0].slowstart, Some(SimDuration::from_secs(20)));
    assert_eq!((app.servers[1].on_error, app.servers[1].error_limit), (OnError::MarkDown, 5));
    assert!(app.servers[2].backup);
    for server in haproxy.backends.iter().flat_map(|backend| &backend.servers) {
        assert_eq!((server.inter, server.fall, server.rise), (SimDuration::from_secs(3), 2, 4));
    }
    let table = feed.stick_table.unwrap();
    assert_eq!((table.size, table.expire), (10_240, Some(SimDuration::from_secs(1800))));
    assert!(!feed.servers[0].check && feed.servers[1].disabled);
    assert_eq!(
        api.servers.iter().map(|server| server.name.as_str()).collect::<Vec<_>>(),
        ["api1", "api2", "api3"]
    );
}

#[test]
fn what_it_does_not_cover_is_named_with_its_line() {
    let named: Vec<String> = reading(TEXT)
        .not_modelled
        .iter()
        .map(|entry| format!("{}: {} ({})", entry.line, entry.directive, entry.reason))
        .collect();
    insta::assert_snapshot!("not-modelled", named.join("\n"));
}

/// Taking out a line that nothing is said about changes what is run, or makes the file wrong.
#[test]
fn no_line_is_passed_over_in_silence() {
    let whole = reading(TEXT);
    let mut silent = Vec::new();
    let lines: Vec<&str> = TEXT.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let number = index + 1;
        let is_empty = line.trim().is_empty() || line.trim().starts_with('#');
        let is_named = whole.not_modelled.iter().any(|entry| entry.line == number)
            || whole.without_effect.iter().any(|(line, _)| *line == number);
        if is_empty || is_named {
            continue;
        }
        let rest: String = lines
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != index)
            .map(|(_, line)| format!("{line}\n"))
            .collect();
        let is_same = read("haproxy.cfg", &rest).is_ok_and(|other| {
            other.haproxy == whole.haproxy && other.addresses == whole.addresses
        });
        if is_same {
            silent.push(format!("{number}: {line}"));
        }
    }
    // Without its header a section would be part of the one before, which is left out as a whole; `stats uri` alone opens the
    // page, too. The others stand in sections that are named as a whole, by the line of the header.
    let inside = [
        "frontend www",
        "	stats enable",
        "\tbind *:80",
        "\thttp-request redirect scheme https unless { ssl_fc }",
        "\tpeer lb-1 10.0.10.11:10000",
        "\tpeer lb-2 10.0.10.12:10000",
        "\tnameserver one 10.0.0.53:53",
    ];
    silent.retain(|line| !inside.iter().any(|inside| line.ends_with(inside)));
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn its_servers_have_machines_that_the_balancers_reach() {
    let made = site(&reading(TEXT)).unwrap();
    assert_eq!(made.validate(), []);
    let names: Vec<&str> = made.hosts.iter().map(|host| host.name.as_str()).collect();
    let expected = [
        "lb-1", "lb-2", "web-1", "app-1", "app-2", "old", "feed-1", "feed-2", "api1", "api2",
        "api3", "db-1",
    ];
    assert_eq!(names, expected);
    assert_eq!(made.host("app-2").unwrap().address.to_string(), "10.0.30.12");
    assert!(made.host("old").unwrap().role.contains("192.168.7.3:8080"));
    for balancer in ["lb-1", "lb-2"] {
        let haproxy = made.host(balancer).unwrap().haproxy().unwrap();
        for server in haproxy.backends.iter().flat_map(|backend| &backend.servers) {
            let from = Peer::Host(balancer.to_owned());
            assert!(
                made.reach(&from, &server.host, server.port).unwrap().is_open(),
                "{}",
                server.name
            );
        }
        assert!(made.reach(&Peer::Internet, balancer, haproxy.port).unwrap().is_open());
        assert!(made.reach(&Peer::Zone("mgmt".to_owned()), balancer, 8405).unwrap().is_open());
    }
}
