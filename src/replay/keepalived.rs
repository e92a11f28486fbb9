//! Group G: two nodes with keepalived, two virtual addresses. A node fails and heals again and again; each time the
//! recording tells how long after the event, and after the last advert, the other node served the address. The model gets
//! the recorded configuration and goes through the same events, each at its recorded phase after an advert.

mod conf;
mod model;

use serde_json::Value;

use crate::infra::{Component, Infrastructure, Keepalived, Preset, Service};
use crate::sim::Action;

use super::Verdict;
use model::Replayed;

/// Nodes `a` and `b` of the recordings.
const NODES: [&str; 2] = ["lb-1", "lb-2"];

/// Runs a trace of group G against the model.
///
/// # Errors
/// A field that is missing or is not what it should be.
pub(super) fn replay(trace: &Value) -> Result<Verdict, String> {
    let nodes = [
        conf::read(text(trace, "/keepalived_conf/a")?)?,
        conf::read(text(trace, "/keepalived_conf/b")?)?,
    ];
    let deed = text(trace, "/action/do")?;
    let node = match text(trace, "/action/node")? {
        "a" => 0,
        "b" => 1,
        other => return Err(format!("action.node: found {other}; allowed: a, b")),
    };
    let host = Component::host(NODES[node]);
    let service = |name: &str| Component::service(NODES[node], name);
    let (fail, heal) = match deed {
        // A node whose cable is pulled hears and says nothing, as one without power; its timers start anew with the link.
        "cut" | "node" => (Action::Kill(host.clone()), Action::Restore(host)),
        "kill" => (Action::Kill(service("keepalived")), Action::Restore(service("keepalived"))),
        "stop" | "term" => {
            (Action::Stop(service("keepalived")), Action::Restore(service("keepalived")))
        }
        "haproxy" => (Action::Kill(service("haproxy")), Action::Restore(service("haproxy"))),
        "haproxy-stop" | "haproxy_stop" => {
            (Action::Stop(service("haproxy")), Action::Restore(service("haproxy")))
        }
        _ => return Ok(Verdict::Unsupported(format!("action {deed}"))),
    };
    let vip = text(trace, "/action/vip")?;
    let infrastructure = infrastructure(nodes);
    if !infrastructure.vips.iter().any(|known| known.name == vip) {
        return Err(format!("action.vip: found {vip}; allowed: an instance of keepalived_conf"));
    }
    let mut replayed = match Replayed::start(infrastructure, vip, node) {
        Ok(replayed) => replayed,
        Err(invalid) => return Ok(Verdict::Unsupported(invalid)),
    };
    if let Some(difference) = replayed.compare_start(trace)? {
        return Ok(Verdict::Differs(difference));
    }
    let reps = trace.pointer("/reps").and_then(Value::as_array).ok_or("reps: a list is missing")?;
    for (index, rep) in reps.iter().enumerate() {
        let next = reps.get(index + 1).and_then(|next| next.pointer("/fail/t"));
        let ends = next.and_then(Value::as_f64);
        let told = replayed.repeat(trace, rep, ends, [&fail, &heal])?;
        if let Some(difference) = told {
            return Ok(Verdict::Differs(format!("rep {}, {difference}", index + 1)));
        }
    }
    Ok(Verdict::Ok)
}

/// The two nodes before servers that always answer; nobody comes but the recording's probes, which are looked at directly.
fn infrastructure(nodes: [Keepalived; 2]) -> Infrastructure {
    let mut infrastructure = Preset::Brief.infrastructure();
    let names: Vec<String> = nodes[0].instances.iter().map(|own| own.vip.clone()).collect();
    infrastructure.vips.truncate(names.len());
    for (vip, name) in infrastructure.vips.iter_mut().zip(names) {
        vip.name = name;
    }
    for (host, node) in infrastructure.hosts.iter_mut().zip(nodes) {
        for service in &mut host.services {
            match service {
                Service::Keepalived(keepalived) => *keepalived = node.clone(),
                Service::Haproxy(haproxy) => {
                    let servers = haproxy.backends.iter_mut().flat_map(|of| &mut of.servers);
                    servers.for_each(|server| server.check = false);
                }
                _ => {}
            }
        }
    }
    infrastructure
}

fn text<'a>(trace: &'a Value, pointer: &str) -> Result<&'a str, String> {
    let found = trace.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| format!("{pointer}: a text is missing"))
}

fn number(trace: &Value, pointer: &str) -> Result<f64, String> {
    optional(trace, pointer)?.ok_or_else(|| format!("{pointer}: a number is missing"))
}

fn optional(trace: &Value, pointer: &str) -> Result<Option<f64>, String> {
    match trace.pointer(pointer) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64() {
            Some(number) => Ok(Some(number)),
            None => Err(format!("{pointer}: found {value}; allowed: a number")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! traces {
        ($($name:literal)*) => {
            [$(($name, include_str!(concat!("../../tests/golden/traces/", $name, ".json")))),*]
        };
    }

    const TRACES: [(&str, &str); 7] = traces!(
        "G-haproxy-kill" "G-haproxy-kill-noweight" "G-keepalived-kill" "G-node-cut" "G-node-cut-advert2-v2"
        "G-node-cut-b" "G-node-cut-prio200_199"
    );

    fn recorded(name: &str) -> Value {
        let (_, text) = TRACES.iter().find(|(known, _)| *known == name).unwrap();
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_model_does_what_every_recording_of_keepalived_does() {
        for (name, _) in TRACES {
            assert_eq!(replay(&recorded(name)), Ok(Verdict::Ok), "{name}");
        }
    }

    /// The same events in keepalived of other figures are told apart.
    #[test]
    fn another_configuration_differs() {
        for (name, from, to) in [
            ("G-node-cut", "priority 100", "priority 130"),
            ("G-node-cut-advert2-v2", "vrrp_version 2", "vrrp_version 3"),
            ("G-haproxy-kill", "weight -60", "weight 0"),
            ("G-haproxy-kill", "weight -60", "weight -40"),
            ("G-haproxy-kill-noweight", "fall 2", "fall 3"),
            ("G-haproxy-kill-noweight", "rise 2", "rise 1"),
            ("G-haproxy-kill-noweight", "interval 1", "interval 2"),
            ("G-keepalived-kill", "advert_int 1", "advert_int 2"),
        ] {
            let mut trace = recorded(name);
            for node in ["a", "b"] {
                let conf = &mut trace["keepalived_conf"][node];
                let text = conf.as_str().unwrap().replace(from, to);
                *conf = Value::from(text);
            }
            let verdict = replay(&trace);
            assert!(matches!(verdict, Ok(Verdict::Differs(_))), "{name}, {to}: {verdict:?}");
        }
    }

    #[test]
    fn what_is_not_there_or_not_known_is_told() {
        let mut trace = recorded("G-node-cut");
        trace["action"]["do"] = Value::from("flood");
        assert_eq!(replay(&trace), Ok(Verdict::Unsupported("action flood".to_owned())));
        trace["action"]["do"] = Value::from("cut");
        trace["reps"][1]["fail"]["t"] = Value::from("soon");
        assert_eq!(replay(&trace).unwrap_err(), "/fail/t: found \"soon\"; allowed: a number");
        trace["action"] = Value::Null;
        assert_eq!(replay(&trace).unwrap_err(), "/action/do: a text is missing");
    }

    /// What is known of keepalived besides the recordings: asked to end, its address is taken after the skew; with
    /// `nopreempt` it stays there; in version 3 everything is measured in adverts.
    #[test]
    fn figures_measured_elsewhere_agree() {
        let mut stopped = recorded("G-keepalived-kill");
        stopped["action"]["do"] = Value::from("stop");
        for rep in stopped["reps"].as_array_mut().unwrap() {
            let phase = rep["fail"]["since_last_advert"].as_f64().unwrap();
            rep["fail"]["takeover_from_event"] = Value::from(0.614);
            rep["fail"]["takeover_from_last_advert"] = Value::from(0.614 + phase);
            rep["fail"]["prio0_advert"] = Value::from(0.003);
            rep["fail"]["outage"] = Value::from(0.611);
        }
        assert_eq!(replay(&stopped), Ok(Verdict::Ok));

        let mut stays = recorded("G-node-cut");
        for node in ["a", "b"] {
            let conf = &mut stays["keepalived_conf"][node];
            let text = conf.as_str().unwrap().replace("state MASTER", "state BACKUP");
            *conf = Value::from(text.replace("advert_int", "nopreempt\n  advert_int"));
        }
        for rep in stays["reps"].as_array_mut().unwrap() {
            rep["heal"]["takeover_from_event"] = Value::Null;
        }
        assert_eq!(replay(&stays), Ok(Verdict::Ok));
    }
}
