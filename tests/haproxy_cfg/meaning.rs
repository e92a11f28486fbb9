//! What the language means: inheritance, conditions, differences that the model cannot hold, messages.

use foobar_lab::config::haproxy_cfg::{Reading, site};
use foobar_lab::infra::{Balance, RetryOn, Service, Tls};
use foobar_lab::kernel::SimDuration;

use super::{HEAD, reading, refused};

fn backend(lines: &str) -> Reading {
    reading(&format!("{HEAD}backend be\n{lines}\n"))
}

/// What is named as not modelled: line and directive.
fn named(reading: &Reading) -> Vec<(usize, &str)> {
    reading.not_modelled.iter().map(|entry| (entry.line, entry.directive.as_str())).collect()
}

#[test]
fn defaults_are_handed_on_by_name_and_by_order() {
    let text = "defaults base\n mode http\n timeout connect 1s\n timeout server 3s\n balance leastconn\n\
        default-server inter 5s\n\
        defaults quick from base\n retries 1\n timeout connect 200\n default-server fall 1\n\
        frontend fe from base\n bind :80\n default_backend be\n\
        backend be\n server a a:80\n default-server check\n server b b:80 inter 7s\n\
        backend other from base\n server a a:80\n\
        defaults\n mode http\n\
        backend bare\n server a a:80\n";
    let reading = reading(text);
    let haproxy = &reading.haproxy;
    assert_eq!((haproxy.retries.retries, haproxy.timeouts.connect), (1, SimDuration::from_ms(200)));
    let servers = &haproxy.backends[0].servers;
    assert_eq!(
        (servers[0].fall, servers[0].check, servers[0].inter),
        (1, false, SimDuration::from_secs(5))
    );
    assert_eq!(
        (servers[1].fall, servers[1].check, servers[1].inter),
        (1, true, SimDuration::from_secs(7))
    );
    assert_eq!(haproxy.backends[1].servers[0].fall, 3);
    assert_eq!(haproxy.backends[1].balance, Balance::Leastconn);
    assert_eq!(haproxy.backends[2].balance, Balance::Roundrobin);
    let expected = [
        (3, "timeout connect 1s"),
        (18, "no retries"),
        (22, "no retries"),
        (22, "no timeout connect"),
        (22, "no timeout server"),
    ];
    assert_eq!(named(&reading), expected);
}

/// Measured: 2.6.12 dies of a division by zero at the first retry.
#[test]
fn a_redispatch_that_the_real_one_does_not_survive_is_named() {
    for (retries, interval, expected) in
        [(1, -2, &[(11, "option redispatch -2")][..]), (1, -3, &[]), (2, -2, &[]), (0, -1, &[])]
    {
        let reading =
            backend(&format!(" retries {retries}\n option redispatch {interval}\n server a a:80"));
        assert_eq!(named(&reading), expected, "{retries} {interval}");
    }
}

#[test]
fn the_first_rule_without_a_condition_ends_the_rules() {
    let text = format!(
        "{HEAD} use_backend x if {{ path_beg /x }}\n use_backend x if {{ path_end .png }}\n \
        use_backend y if TRUE\n use_backend x if {{ path_beg /late }}\n\
        backend be\n server a a:80\nbackend x\n server a a:80\nbackend y\n server a a:80\n"
    );
    let reading = reading(&text);
    assert_eq!(reading.haproxy.default_backend, "y");
    assert_eq!(reading.haproxy.path_rules.len(), 1);
    assert_eq!(named(&reading), [(10, "use_backend x if { path_end .png }")]);
    let unreached: Vec<usize> = reading.without_effect.iter().map(|(line, _)| *line).collect();
    assert_eq!(unreached, [8, 12]);
}

#[test]
fn conditions_that_are_no_path_alone_choose_nothing() {
    for condition in [
        "if { path_beg /x } { hdr(host) a }",
        "unless { path_beg /x }",
        "if !{ path_beg /x }",
        "if ! is_x",
        "if METH_GET",
        "if is_x or { src 10.0.0.0/8 }",
        "if { path_beg -f /etc/paths }",
    ] {
        let rule = format!(" acl is_x path_beg /x\n use_backend be {condition}\n");
        let reading = reading(&format!("{HEAD}{rule}backend be\n server a a:80\n"));
        assert_eq!(reading.haproxy.path_rules, [], "{condition}");
        assert_eq!(named(&reading)[0].0, 10, "{condition}");
    }
}

#[test]
fn a_listen_section_is_both_sides() {
    let text = "defaults\n mode http\n timeout connect 1s\n timeout server 3s\n\
        listen web\n bind :443 ssl crt x.pem ssl-max-ver TLSv1.2\n maxconn 50\n server a 10.0.0.1:80\n\
        listen raw\n mode tcp\n bind :5432\n server db 10.0.0.2:5432\n\
        listen more\n bind :81\n server b 10.0.0.3:81\n";
    let reading = reading(text);
    let haproxy = &reading.haproxy;
    assert_eq!((haproxy.port, haproxy.tls_round_trips, haproxy.maxconn), (443, 2, 50));
    assert_eq!((haproxy.default_backend.as_str(), haproxy.backends.len()), ("web", 2));
    assert_eq!(named(&reading), [(9, "listen raw"), (13, "listen more")]);
    let made = site(&reading).unwrap();
    assert!(
        matches!(made.host("a").unwrap().services[0], Service::Nginx(_)),
        "the backend is called web"
    );
    assert!(matches!(made.host("b").unwrap().services[0], Service::App(_)));
}

/// A balancer whose users come by TLS.
fn secured(global: &str, bind: &str, backend: &str) -> Reading {
    reading(&format!(
        "global\n{global}\ndefaults\n mode http\n timeout connect 1s\n timeout server 3s\n\
        frontend fe\n bind :443 ssl crt x.pem{bind}\n default_backend be\nbackend be\n{backend}\n"
    ))
}

#[test]
fn tls_to_the_servers_is_for_all_of_them_or_named() {
    let plain = secured("", "", " server a a:80\n server b b:80");
    assert_eq!((plain.haproxy.tls, plain.haproxy.tls_round_trips), (None, 1));
    let to_servers = Some(Tls { to_servers: true, ..Tls::USUAL });
    for lines in [
        " server a a:80 ssl verify none\n server b b:80 ssl verify none",
        " default-server ssl\n server a a:80\n server b b:80 check",
        " server-template a 2 a:80 ssl",
    ] {
        let reading = secured("", "", lines);
        assert_eq!(reading.haproxy.tls, to_servers, "{lines}");
        assert!(reading.not_modelled.iter().all(|entry| entry.directive != "ssl"), "{lines}");
    }
    let some = secured("", "", " default-server ssl\n server a a:80\n server b b:80 no-ssl");
    assert_eq!((some.haproxy.tls, named(&some)), (None, vec![(11, "ssl")]));
    let inside_alone = backend(" server a a:80 ssl");
    assert_eq!((inside_alone.haproxy.tls, named(&inside_alone)), (None, vec![(10, "ssl")]));
}

#[test]
fn without_cache_and_tickets_nobody_resumes_a_session() {
    let (cache, options) = (" tune.ssl.cachesize 0", " ssl-default-bind-options no-tls-tickets");
    let tickets = " no-tls-tickets";
    let full = Some(Tls { resumed_percent: 0, ..Tls::USUAL });
    let both = format!("{cache}\n{options}");
    for (global, bind, tls, silent) in [
        (cache, tickets, full, 0),
        (both.as_str(), "", full, 0),
        (cache, "", None, 1),
        ("", tickets, None, 1),
        (options, tickets, None, 2),
        (" tune.ssl.cachesize 9", tickets, None, 2),
    ] {
        let reading = secured(global, bind, " server a a:80");
        assert_eq!(reading.haproxy.tls, tls, "{global} {bind}");
        let of_sessions = |text: &str| text.contains("tickets") || text.contains("cachesize");
        let noted = reading.without_effect.iter().filter(|(_, text)| of_sessions(text)).count();
        assert_eq!(noted, silent, "{global} {bind}: {:?}", reading.without_effect);
    }
}

#[test]
fn a_comment_of_the_lab_says_what_no_directive_does() {
    let figures = " # foobar-lab tls: resumed_percent=80 full_work=2ms certificate=false";
    let told = Tls {
        resumed_percent: 80,
        full_work: SimDuration::from_ms(2),
        certificate: false,
        ..Tls::USUAL
    };
    let reading = secured(figures, "", " server a a:80 ssl");
    assert_eq!(reading.haproxy.tls, Some(Tls { to_servers: true, ..told }));
    assert_eq!(secured(figures, "", " server a a:80").haproxy.tls, Some(told));
    let plain = backend(&format!("{figures}\n server a a:80"));
    assert_eq!((plain.haproxy.tls, named(&plain)), (None, vec![]));
    let wrong = secured(" # foobar-lab tls: resumed_percent=101", "", " server a a:80");
    assert_eq!(wrong.haproxy.tls, None);
    assert_eq!(named(&wrong), [(2, "# foobar-lab tls: resumed_percent=101")]);
    assert!(wrong.not_modelled[0].reason.contains("0 to 100"));
}

#[test]
fn what_backends_say_differently_is_named() {
    let text = format!(
        "{HEAD}backend be\n option redispatch\n server a a:80\n\
        backend x\n timeout server 9s\n retries 7\n option redispatch 2\n retry-on 500\n server a a:80\n"
    );
    let reading = reading(&text);
    assert_eq!(reading.haproxy.retries.retry_on, [RetryOn::ConnFailure]);
    let expected = [
        (13, "timeout server 9s"),
        (14, "retries 7"),
        (15, "option redispatch 2"),
        (16, "retry-on 500"),
    ];
    assert_eq!(named(&reading), expected);
}

#[test]
fn limits_are_made_as_haproxy_makes_them() {
    let reading = backend(
        " server a a:80 minconn 9\n server b b:80 minconn 9 maxconn 4\n server c c:80 minconn 4 maxconn 9",
    );
    let limits: Vec<(u32, u32)> = reading.haproxy.backends[0]
        .servers
        .iter()
        .map(|server| (server.minconn, server.maxconn))
        .collect();
    assert_eq!(limits, [(0, 9), (0, 9), (4, 9)]);
}

#[test]
fn two_servers_at_one_address_are_one_machine() {
    let text = format!(
        "{HEAD}backend be\n server a h:80\n server b h:80\n server c h:81\nbackend two\n server a k:80\n"
    );
    let made = site(&reading(&text)).unwrap();
    let servers: Vec<String> = made.host("lb-1").unwrap().haproxy().unwrap().backends[0]
        .servers
        .iter()
        .map(|server| format!("{} {}", server.host, server.port))
        .collect();
    assert_eq!(servers, ["a 80", "a 80", "c 81"]);
    assert!(made.host("a-2").is_some(), "the name was taken");
    let small =
        site(&backend(" server app-2 10.0.30.12:8000\n server x app-1:8000\n server y app-1:9"))
            .unwrap();
    let names: Vec<&str> = small.hosts.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(names, ["lb-1", "lb-2", "app-2", "app-1", "y", "db-1"]);
}

#[test]
fn errors_say_what_is_allowed() {
    let cases = [
        (
            " server a a:80 inter fast",
            "10: found `inter fast`; allowed: a time such as 500ms, 2s or 1m",
        ),
        (
            " server a a:80 wieght 2",
            "10: found `wieght`; allowed: a parameter of `server` of HAProxy 2.6; did you mean `weight`?",
        ),
        (
            " server a \"${HOST}:80\"",
            "allowed: the value itself: environment variables are not read",
        ),
        (" server a 10.0.0.1", "10: found `10.0.0.1`; allowed: an address and a port"),
        (
            " bal roundrobin",
            "10: found `bal`; allowed: a keyword of a `backend` section of HAProxy 2.6; did you mean `balance`?",
        ),
        (" balance fast", "10: found `balance fast`; allowed: roundrobin, static-rr, leastconn"),
        (".if defined(X)", "allowed: the lines that hold, without conditions around them"),
        ("backnd x", "10: found `backnd`"),
    ];
    for (line, message) in cases {
        let errors = refused(&format!("{HEAD}backend be\n{line}\n"));
        assert!(errors.iter().any(|error| error.contains(message)), "{line}: {errors:#?}");
    }
    let two = refused(&format!("{HEAD}backend be\n bal x\n server a a\n"));
    assert_eq!(two.len(), 2, "each wrong line is told");
}

#[test]
fn what_a_run_needs_is_asked_for() {
    let without =
        |line: &str| refused(&format!("{HEAD}backend be\n server a a:80\n").replace(line, ""));
    let connect = "haproxy.cfg:8: found no `timeout connect` above 0 for backend be; \
        allowed: `timeout connect 5s` in backend be or in its defaults section";
    assert_eq!(without(" timeout connect 1s\n"), [connect]);
    assert!(without(" timeout server 3s\n")[0].contains("`timeout server 30s`"));
    assert!(without(" mode http\n")[0].contains("in mode http"));
    assert!(without(" bind :80\n")[0].contains("bind :443"));
    assert!(without(" default_backend be\n")[0].contains("no frontend that leads to a backend"));
    assert!(without(" server a a:80\n")[0].contains("with servers"));
    assert_eq!(
        refused(""),
        [format!(
            "haproxy.cfg:1: found no frontend that leads to a backend; allowed: {}",
            "a frontend or listen section in mode http with bind, such as bind :443, and default_backend"
        )]
    );
}
