//! A law about whatever a person is offered: what can be pressed changes the run. What would change nothing is disabled or pressed already, since it
//! would only be one more edit to take back.

use super::tests::keys;
use super::*;
use crate::infra::{Preset, Purpose};
use crate::kernel::{SimDuration, SimTime};
use crate::page::{Controls, bindings, host_panel, order};
use crate::sim::{History, Plan, ServerView};

/// States worth looking at: all is well; and for each kind of thing that can be broken, all of that kind.
fn states(infrastructure: &Infrastructure) -> Vec<Vec<String>> {
    let hosts = || infrastructure.hosts.iter();
    let named = |verb: &str, names: Vec<String>| -> Vec<String> {
        names.iter().map(|name| format!("{verb} {name}")).collect()
    };
    let of_service = |name: &str| -> Vec<String> {
        let has = hosts().filter(|host| host.service(name).is_some());
        has.map(|host| format!("{}/{name}", host.name)).collect()
    };
    let all = hosts().map(|host| host.name.clone()).collect::<Vec<_>>();
    let first = all.first().cloned().into_iter().collect();
    let mut links = Vec::new();
    for link in infrastructure.links() {
        if let (Place::Host(from), Place::Host(to)) = (&link.from, &link.to)
            && link.purpose != Purpose::Vrrp
        {
            links.push(format!("link {from}:{to}:cut"));
        }
    }
    let rules = infrastructure.rules.iter().map(|rule| rule.name.clone()).collect();
    let uplinks = infrastructure.uplinks.iter().map(|uplink| uplink.name.clone()).collect();
    let slow = all.iter().map(|name| format!("slow {name} x5")).collect();
    let mut states = vec![
        Vec::new(),
        named("kill", first),
        named("kill", all),
        named("kill", of_service("keepalived")),
        named("kill", of_service("haproxy")),
        named("kill", of_service("app")),
        named("drop rule", rules),
        named("cut uplink", uplinks),
        links,
        slow,
    ];
    if !of_service("keepalived").is_empty() {
        states.push(vec!["cut heartbeat".to_owned()]);
    }
    states
}

/// What the buttons do that can be pressed, as actions.
fn deeds_of(run: &Run, markup: &str, values: &[(String, String)]) -> Vec<String> {
    let markup = format!("<root>{markup}</root>");
    let document = roxmltree::Document::parse(&markup).unwrap();
    let is_disabled = |key: &str| values.iter().any(|(own, value)| own == key && value == "yes");
    let mut found = Vec::new();
    for button in document.descendants().filter(|node| node.has_tag_name("button")) {
        let bound = button.attribute("data-disabled-of").is_some_and(is_disabled);
        if bound || button.has_attribute("disabled") {
            continue;
        }
        let on = button.attribute("data-on").unwrap_or_default();
        match button.attribute("data-do").unwrap_or_default() {
            "deed" => found.push(on.to_owned()),
            "order" => {
                found.push(order(run, &run.simulation().snapshot(), on).unwrap().to_string());
            }
            verb @ ("kill" | "restore") => found.push(format!("{verb} {on}")),
            "slow" => found.push(format!("slow {on} x{}", page::SLOW_FACTOR)),
            "toggle" => {
                let verb = values.iter().find(|(key, _)| *key == format!("{on}-verb"));
                let verb = verb.map_or("kill", |(_, verb)| verb.as_str());
                found.push(format!("{} {on}", verb.to_lowercase()));
            }
            _ => {}
        }
    }
    found
}

/// How a run stands a moment later, if this is done to it. A server that is DOWN stays DOWN when it is ordered to drain, and the order stands.
fn after(run: &Run, deed: &str) -> (crate::sim::Snapshot, Infrastructure, Vec<String>) {
    let mut run = run.clone();
    for deed in deed.split(';').filter(|deed| !deed.is_empty()) {
        run.act(deed.parse().unwrap()).unwrap_or_else(|error| panic!("{deed}: {error}"));
    }
    run.advance_to(run.now() + SimDuration::from_ms(1));
    let (snapshot, infrastructure) =
        (run.simulation().snapshot(), run.simulation().plan().infrastructure.clone());
    let ordered = |server: &ServerView| {
        format!("{:?}", run.ordered(&server.balancer, &server.backend, &server.name, 1))
    };
    let orders = snapshot.servers.iter().map(ordered).collect();
    (snapshot, infrastructure, orders)
}

#[test]
fn whatever_can_be_pressed_changes_the_run() {
    let mut count = 0;
    for preset in Preset::ALL {
        let infrastructure = preset.infrastructure();
        let mut parts = keys(&infrastructure);
        parts.sort();
        parts.dedup();
        for state in states(&infrastructure) {
            let plan = Plan::new(infrastructure.clone(), 1);
            let mut run = Run::new(plan, History::Off).unwrap();
            run.advance_to(SimTime::from_ms(1_000));
            for deed in &state {
                run.act(deed.parse().unwrap()).unwrap_or_else(|error| panic!("{deed}: {error}"));
            }
            run.advance_to(SimTime::from_ms(6_000));
            let controls = Controls { may_act: true, may_run: true, ..Controls::default() };
            let snapshot = run.simulation().snapshot();
            let values = bindings(&run, &snapshot, &run.readings(), &controls);
            let values: Vec<_> = values.into_iter().map(|one| (one.key, one.value)).collect();
            let mut markup: String = parts.iter().map(|key| part(&run, key)).collect();
            markup.push_str(&partition(&run));
            markup
                .extend(infrastructure.hosts.iter().map(|host| host_panel(&infrastructure, host)));
            let mut deeds = deeds_of(&run, &markup, &values);
            deeds.sort();
            deeds.dedup();
            let idle = after(&run, "");
            for deed in deeds {
                assert!(after(&run, &deed) != idle, "{preset}, {state:?}: {deed} does nothing");
                count += 1;
            }
        }
    }
    assert!(count > 1_000, "{count}");
}

/// A machine without power starts no keepalived: what its own panel disables, that of its address disables as well, and says why.
#[test]
fn keepalived_of_a_dead_machine_cannot_be_restored_from_its_address() {
    for (deed, disabled) in [("kill lb-1", true), ("kill lb-1/keepalived", false)] {
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        let mut run = Run::new(plan, History::Recent).unwrap();
        run.act(deed.parse().unwrap()).unwrap();
        run.advance_to(SimTime::from_ms(3_000));
        let key = part_key("vip", &run.plan().infrastructure.vips[0].name);
        let panel = part(&run, &key);
        let button = panel.split("<button").find(|own| own.contains("lb-1/keepalived")).unwrap();
        assert_eq!(button.contains("disabled=\"\""), disabled, "{deed}: {button}");
        assert!(button.contains(">Restore</button>") && !panel.contains("Start"), "{button}");
        let why = "nothing runs on lb-1: restore the machine";
        assert_eq!(panel.contains(why), disabled, "{deed}: {panel}");
    }
}
