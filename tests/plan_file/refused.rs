//! What the real programs would not take, or what contradicts itself, in a plan of the literal preset.

use serde_json::{Value, json};

use super::refusal;

const HAPROXY: &str = "infrastructure/hosts/0/services/0/haproxy/";
const SERVER: &str = "infrastructure/hosts/0/services/0/haproxy/backends/0/servers/0/";
const UPSTREAM: &str = "infrastructure/hosts/2/services/0/nginx/proxy_pass/upstream/";

/// Where, below which field, what is put there, and what is said: `haproxy -c` of 2.6.12, `nginx -t`, or the other field.
const NOT_TAKEN: [(&str, &str, &str, &str); 25] = [
    (
        HAPROXY,
        "backends/0/hash_balance_factor",
        "100",
        ".backends[0].hash_balance_factor: found `100`; allowed: 0, or more than 100",
    ),
    (
        HAPROXY,
        "timeouts/server",
        "\"0s\"",
        ".haproxy.timeouts.server: found `0s`; allowed: 1ms to 24h",
    ),
    (
        HAPROXY,
        "timeouts/connect",
        "\"0s\"",
        ".haproxy.timeouts.connect: found `0s`; allowed: 1ms to 24h",
    ),
    (
        HAPROXY,
        "retries/retries",
        "4000000000",
        ".haproxy.retries.retries: found `4000000000`; allowed: 0 to 100",
    ),
    (
        HAPROXY,
        "retries/retry_on",
        "[{\"status\": 200}]",
        ".retry_on[0].status: found `200`; allowed: 401, 403, ",
    ),
    (HAPROXY, "tls_round_trips", "3", ".haproxy.tls_round_trips: found `3`; allowed: 0 to 2"),
    (SERVER, "error_limit", "0", ".backends[0].servers[0].error_limit: found `0`; allowed: 1 to "),
    (SERVER, "fastinter", "\"0s\"", ".servers[0].fastinter: found `0s`; allowed: 1ms to 24h"),
    (
        SERVER,
        "name",
        "\"web/1\"",
        ".servers[0].name: found `web/1`; allowed: 1 to 200 letters, digits and - _ . :",
    ),
    (
        SERVER,
        "port",
        "81",
        ".servers[0].port: found `81`; allowed: 80, where nginx or app listens on web-1",
    ),
    (
        SERVER,
        "host",
        "\"db-1\"",
        ".servers[0].host: found `db-1`; allowed: a host with the service nginx or app",
    ),
    (
        UPSTREAM,
        "servers/0/backup",
        "true",
        ".upstream.servers[0].backup: found `true`; allowed: false for at least one server",
    ),
    (
        UPSTREAM,
        "servers/0/fail_timeout",
        "\"1500ms\"",
        ".fail_timeout: found `1500ms`; allowed: 1s to 1h in whole seconds",
    ),
    (
        UPSTREAM,
        "next_upstream",
        "[\"error\", {\"status\": 501}]",
        ".next_upstream[1].status: found `501`; allowed: 500, 502, 503, 504, 403, 404, 429",
    ),
    (
        "infrastructure/",
        "rules/0/protocol/tcp",
        "[]",
        ".rules[0].protocol.tcp: found `[]`; allowed: TCP ports 1 to 65535, one or more",
    ),
    (
        "infrastructure/",
        "rules/0/protocol/tcp",
        "[80, 0]",
        ".rules[0].protocol.tcp[1]: found `0`; allowed: TCP ports 1 to 65535",
    ),
    (
        "infrastructure/",
        "zones/1/vlan",
        "10",
        ".zones[1].vlan: found `10`; allowed: a value of its own (zones[0].vlan has this one)",
    ),
    (
        "infrastructure/",
        "network/links",
        "[{\"from\": \"lb-1\", \"to\": \"app-1\", \"state\": {\"delay\": \"2h\"}}]",
        ".network.links[0].state.delay: found `120m`; allowed: 0s to 1h",
    ),
    (
        "infrastructure/",
        "vips/0/address",
        "\"10.0.30.77\"",
        ".vips[0].address: found `10.0.30.77`; allowed: an address outside of zone app, 10.0.30.0/24: lb-1 stands in zone edge",
    ),
    (
        "infrastructure/",
        "domain",
        "\"\"",
        "infrastructure.domain: found ``; allowed: a DNS name, such as www.foobar.com",
    ),
    (
        "infrastructure/",
        "hosts/0/name",
        "\"\\u001b[31mX\\u0007\\n\"",
        "infrastructure.hosts[0].name: found `\u{fffd}[31mX\u{fffd}\u{fffd}`; allowed: a DNS label: 1 to 63 letters",
    ),
    (
        "infrastructure/",
        "hosts/0/cores",
        "4294967295",
        "infrastructure.hosts[0].cores: found `4294967295`; allowed: 1 to 64",
    ),
    (
        "workload/",
        "rate",
        "1e30",
        ": workload.rate: found 1e30; allowed: 0.001 to 1000000 requests per second",
    ),
    (
        "workload/",
        "response_timeout",
        "\"0s\"",
        ": workload.response_timeout: found 0s; allowed: 1ms to 24h",
    ),
    (
        "workload/",
        "slow_clients/share",
        "1.5",
        ": workload.slow_clients.share: found 1.5; allowed: 0 to 1",
    ),
];

#[test]
fn what_the_real_programs_would_not_take_is_refused() {
    for (place, field, value, wanted) in NOT_TAKEN {
        let said = refusal("not_taken", |plan| {
            let pointer = format!("/{place}{field}");
            *plan.pointer_mut(&pointer).unwrap() = serde_json::from_str(value).unwrap();
        });
        assert!(said.contains(wanted), "{said}\nis not\n{wanted}");
    }
}

/// A list's first item, put into it once more.
fn doubled(pointer: &str) -> String {
    refusal("twice", |plan| {
        let list = plan.pointer_mut(pointer).unwrap().as_array_mut().unwrap();
        let first = list[0].clone();
        list.insert(1, first);
    })
}

#[test]
fn what_is_there_twice_is_refused() {
    for (list, wanted) in [
        (
            "/infrastructure/hosts/0/services/0/haproxy/backends",
            ".haproxy.backends[1].name: found `web`; allowed: a value of its own (backends[0].name ",
        ),
        (
            "/infrastructure/hosts/0/services/0/haproxy/backends/0/servers",
            ".servers[1].name: found `web-1`; allowed: a value of its own (servers[0].name ",
        ),
        (
            "/infrastructure/hosts/0/services/1/keepalived/instances",
            ".instances[1].vip: found `VIP A`; allowed: a value of its own (instances[0].vip ",
        ),
        (
            "/infrastructure/uplinks",
            ".uplinks[1].name: found `uplink-1`; allowed: a value of its own (uplinks[0].name ",
        ),
    ] {
        let said = doubled(list);
        assert!(said.contains(wanted), "{said}\nis not\n{wanted}");
    }
}

/// Both ways once, or each way once: what is said twice could be said differently.
#[test]
fn a_link_is_said_once() {
    let link = |from: &str, to: &str, one_way: bool| json!({"from": from, "to": to, "one_way": one_way, "state": {"cut": true}});
    let links =
        |links: Value| refusal("links", |plan| plan["infrastructure"]["network"]["links"] = links);
    let there = [link("lb-1", "app-1", false), link("lb-1", "app-1", true)];
    let back = link("app-1", "lb-1", false);
    for first in there {
        let said = links(json!([first, back]));
        let wanted = ".network.links[1].to: found `lb-1`; allowed: a link of its own (links[0] is this one already)";
        assert!(said.contains(wanted), "{said}");
    }
    let one_way = json!([
        link("lb-1", "app-1", true),
        link("app-1", "lb-1", true),
        link("lb-1", "lb-1", true)
    ]);
    let said = links(one_way);
    assert!(
        said.contains(".network.links[2].to: found `lb-1`; allowed: another host than `from`"),
        "{said}"
    );
}

#[test]
fn traffic_is_observed_where_there_are_checks() {
    let said = refusal("observe", |plan| {
        let server = plan.pointer_mut(&format!("/{}", SERVER.trim_end_matches('/'))).unwrap();
        (server["observe"], server["check"]) = (json!("layer7"), json!(false));
    });
    let wanted = ".servers[0].observe: found `layer7`; allowed: null where `check` is false";
    assert!(said.contains(wanted), "{said}");
}
