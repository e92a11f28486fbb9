//! Every figure of an infrastructure is a directive that a person may turn, or it is said here why it is none. Whoever adds a field is asked.

use std::collections::BTreeSet;

use foobar_lab::infra::{
    Cookie, CookieMode, Edit, Figure, Infrastructure, LinkChange, LinkState, Preset, PriorityClass,
    Service, Setting,
};
use serde_json::Value;

use super::settings::complete;

const NAME: &str = "a name, or a line for people";
const PLACE: &str = "an address or a port: where somebody is found, not how it behaves";
const WHO: &str = "who stands there and who asks whom: machines added and taken away, routing";
const PANEL: &str = "turned in the panel Balancers, by a reload";
const RUN: &str = "done to a run, on the stage and in the terminal";
const FIREWALL: &str = "rules are put in and taken out";
const TLS: &str = "the edits tls:off, tls:on and tls:to-servers";
const NONE: &str = "of no effect here: the lab's applications set no cookie and answer no check 404, its users send no such header";
const FAULT: &str = "a fault of one balancer, not a setting; a plan file may say it";

/// What is no directive of the page, and why; `*`: and all that begins so.
const OTHERWISE: [(&str, &str); 61] = [
    ("name", NAME),
    ("title", NAME),
    ("domain", NAME),
    ("zones*", NAME),
    ("uplinks*", NAME),
    ("vips[].name", NAME),
    ("vips[].address", PLACE),
    ("vips[].virtual_router_id", PLACE),
    ("vips[].host", WHO),
    ("rules*", FIREWALL),
    ("network.links*", RUN),
    ("monitoring", WHO),
    ("hosts[].name", NAME),
    ("hosts[].title", NAME),
    ("hosts[].role", NAME),
    ("hosts[].disk", NAME),
    ("hosts[].zone", PLACE),
    ("hosts[].address", PLACE),
    ("hosts[].services[]", WHO),
    ("app.port", PLACE),
    ("app.database", WHO),
    ("app.reads_from", WHO),
    ("mysql.port", PLACE),
    ("mysql.replica", WHO),
    ("mysql.replica.source", WHO),
    ("nginx.port", PLACE),
    ("nginx.proxy_pass", WHO),
    ("nginx.proxy_pass.upstream.servers[].host", WHO),
    ("nginx.proxy_pass.upstream.servers[].port", PLACE),
    ("keepalived.instances[].vip", WHO),
    ("haproxy.port", PLACE),
    ("haproxy.stats_port", PLACE),
    ("haproxy.tls", TLS),
    ("haproxy.tls.to_servers", TLS),
    ("haproxy.tls.certificate", FAULT),
    ("haproxy.default_backend", WHO),
    ("haproxy.path_rules*", WHO),
    ("haproxy.timeouts.queue", PANEL),
    ("haproxy.retries.retries", PANEL),
    ("haproxy.backends[].name", NAME),
    ("haproxy.backends[].balance", PANEL),
    ("haproxy.backends[].hash_type.method", PANEL),
    ("haproxy.backends[].hash_type.function", PANEL),
    ("haproxy.backends[].hash_type.avalanche", PANEL),
    ("haproxy.backends[].cookie", PANEL),
    ("haproxy.backends[].cookie.name", NAME),
    ("haproxy.backends[].cookie.mode", NONE),
    ("haproxy.backends[].cookie.indirect", NONE),
    ("haproxy.backends[].cookie.nocache", NONE),
    ("haproxy.backends[].cookie.preserve", NONE),
    ("haproxy.backends[].disable_on_404", NONE),
    ("haproxy.backends[].priority_classes*", NONE),
    ("haproxy.backends[].servers[].name", NAME),
    ("haproxy.backends[].servers[].host", WHO),
    ("haproxy.backends[].servers[].port", PLACE),
    ("haproxy.backends[].servers[].cookie", NAME),
    ("haproxy.backends[].servers[].disabled", RUN),
    ("haproxy.backends[].servers[].slowstart", PANEL),
    ("haproxy.backends[].servers[].observe", PANEL),
    ("haproxy.backends[].servers[].error_limit", PANEL),
    ("haproxy.backends[].servers[].on_error", PANEL),
];

/// What every server is checked with, by the panel.
const CHECKS: [&str; 3] = ["inter", "rise", "fall"];

fn is_told(path: &str) -> bool {
    let own = path.strip_prefix("hosts[].services[].").unwrap_or(path);
    let is_it = |(known, _): &(&str, &str)| match known.strip_suffix('*') {
        Some(begin) => own.starts_with(begin),
        None => own == *known,
    };
    let of_checks = own.strip_prefix("haproxy.backends[].servers[].");
    of_checks.is_some_and(|name| CHECKS.contains(&name)) || OTHERWISE.iter().any(is_it)
}

/// The paths of everything in it that is a value; a list of values is one.
fn leaves(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, own) in fields {
                leaves(own, &below(path, name), found);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for own in items {
                leaves(own, &format!("{path}[]"), found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The paths of what differs.
fn differing(one: &Value, other: &Value, path: &str, found: &mut BTreeSet<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) if one.keys().eq(other.keys()) => {
            for (name, own) in one {
                differing(own, &other[name], &below(path, name), found);
            }
        }
        (Value::Array(one), Value::Array(other))
            if one.len() == other.len() && one.iter().any(Value::is_object) =>
        {
            for (own, other) in one.iter().zip(other) {
                differing(own, other, &format!("{path}[]"), found);
            }
        }
        _ => {
            if one != other {
                found.insert(path.to_owned());
            }
        }
    }
}

fn json(infrastructure: &Infrastructure) -> Value {
    serde_json::to_value(infrastructure).unwrap()
}

/// With everything that may be missing, so that its figures are seen.
fn rich(mut infrastructure: Infrastructure) -> Infrastructure {
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        let Service::Haproxy(haproxy) = service else { continue };
        for backend in &mut haproxy.backends {
            backend.cookie = Some(Cookie {
                name: "SRV".to_owned(),
                mode: CookieMode::Insert,
                indirect: true,
                nocache: true,
                preserve: false,
            });
            let header = "X-Paying".to_owned();
            backend.priority_classes = vec![PriorityClass { header, class: -10 }];
        }
    }
    let [from, to] = ["lb-1", "web-1"].map(str::to_owned);
    let link = LinkChange { from, to, one_way: false, state: LinkState::CUT };
    infrastructure.network.links.push(link);
    infrastructure
}

/// What edits of figures change, wherever they can be made.
fn turned(plain: &Infrastructure, found: &mut BTreeSet<String>) {
    let before = json(plain);
    let names = plain.hosts.iter().map(|host| host.name.as_str()).chain(["site"]);
    for name in names {
        let mut edits = Vec::new();
        for setting in Setting::ALL {
            let (least, most) = setting.range();
            edits.extend([least, least + 1, most].map(|to| Edit::Tune(setting, name.into(), to)));
        }
        edits.extend(Figure::ALL.map(|figure| {
            let other = figure.choices()[0] + 1;
            Edit::Set(figure, name.to_owned(), other)
        }));
        for edit in edits {
            let mut changed = plain.clone();
            if edit.apply(&mut changed).is_ok() {
                differing(&before, &json(&changed), "", found);
            }
        }
    }
}

#[test]
fn every_figure_is_a_directive_or_it_is_said_why_not() {
    let (mut all, mut covered) = (BTreeSet::new(), BTreeSet::new());
    for preset in Preset::ALL {
        let complete = complete(preset);
        for infrastructure in [preset.infrastructure(), complete.clone(), rich(complete.clone())] {
            leaves(&json(&infrastructure), "", &mut all);
        }
        turned(&preset.infrastructure(), &mut covered);
        turned(&complete, &mut covered);
    }
    let forgotten: Vec<&String> =
        all.iter().filter(|path| !covered.contains(*path) && !is_told(path)).collect();
    assert!(
        forgotten.is_empty(),
        "a figure without a control: give it a row in src/infra/edit/rows.rs, or say here why not: {forgotten:#?}"
    );
    // What has a row by now, or is no more, is not to be excused.
    for (known, why) in OTHERWISE {
        let is_it = |path: &&String| {
            let own = path.strip_prefix("hosts[].services[].").unwrap_or(path.as_str());
            match known.strip_suffix('*') {
                Some(begin) => own.starts_with(begin),
                None => own == known,
            }
        };
        let is_needed = all.iter().filter(is_it).any(|path| !covered.contains(path));
        assert!(is_needed, "{known} needs no excuse ({why})");
    }
}
