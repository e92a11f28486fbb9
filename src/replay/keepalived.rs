//! Group G: two nodes with keepalived, two virtual addresses. A node fails and heals again and again; each time the
//! recording tells how long after the event, and after the last advert, the other node served the address. The model gets
//! the recorded configuration and goes through the same events, each at its recorded phase after an advert.

use serde_json::Value;

use crate::infra::{Component, Infrastructure, Keepalived, Preset, Service};
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{Action, History, Plan, Simulation};

use super::Verdict;
use super::keepalived_conf as conf;

/// Nodes `a` and `b` of the recordings.
const NODES: [&str; 2] = ["lb-1", "lb-2"];
/// When both nodes are started.
const START: SimTime = SimTime::from_ms(20_000);
/// What may lie between a node's start and the zero of its recording, in seconds: the nodes are not started at one instant.
const START_SLACK: f64 = 0.5;
/// Where the moment of a failure decides which run of the script or which advert still sees it, a recorded phase may be
/// some milliseconds off.
const JITTERS: [f64; 7] = [0.0, 0.01, -0.01, 0.02, -0.02, 0.03, -0.03];

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

/// A model on its way through a recording.
#[derive(Clone)]
struct Replayed {
    simulation: Simulation,
    vip: String,
    /// The node that fails.
    node: usize,
    /// What of the model's time is zero in the recording.
    zero: f64,
}

/// What is seen of an address after an event, in seconds since it.
#[derive(Debug, Default)]
struct Seen {
    /// When the node in question served it.
    taken: Option<f64>,
    /// The last advert of the failing node that the other had to respect.
    last_advert: Option<f64>,
    goodbye: Option<f64>,
    outage: f64,
    other_outage: f64,
}

impl Replayed {
    /// Both nodes are started at one moment.
    fn start(infrastructure: Infrastructure, vip: &str, node: usize) -> Result<Self, String> {
        let mut plan = Plan::new(infrastructure, 1);
        plan.workload.rate = 0.001;
        let mut simulation =
            Simulation::new(&plan, History::Off).map_err(|invalid| invalid.to_string())?;
        for name in NODES {
            act(&mut simulation, &Action::Stop(Component::service(name, "keepalived")))?;
        }
        simulation.advance_to(START);
        for name in NODES {
            act(&mut simulation, &Action::Restore(Component::service(name, "keepalived")))?;
        }
        Ok(Self { simulation, vip: vip.to_owned(), node, zero: 0.0 })
    }

    /// From the start to the address being with its own node, which sets the clocks alike.
    fn compare_start(&mut self, trace: &Value) -> Result<Option<String>, String> {
        let first_event = number(trace, "/reps/0/fail/t")?;
        let own = ["a", "b"][self.node];
        let recorded = change(trace, &self.vip, own, first_event);
        let limit = START + SimDuration::from_secs(3600);
        let owner = NODES[self.node];
        while self.owner(&self.vip).as_deref() != Some(owner) && self.simulation.now() < limit {
            self.step(limit);
        }
        let model = self.simulation.now().as_secs_f64() - START.as_secs_f64();
        let Some(recorded) = recorded else {
            self.zero = START.as_secs_f64();
            return Ok(None);
        };
        self.zero = self.simulation.now().as_secs_f64() - recorded;
        let fits = (recorded - model).abs() <= START_SLACK;
        Ok((!fits).then(|| {
            format!(
                "start: {} with its own node after recorded {recorded:.3} s, model {model:.3} s",
                self.vip
            )
        }))
    }

    /// One failure and its end; `ends` is when the next one begins.
    fn repeat(
        &mut self,
        trace: &Value,
        rep: &Value,
        ends: Option<f64>,
        deeds: [&Action; 2],
    ) -> Result<Option<String>, String> {
        let is_seen_by_script = matches!(deeds[0], Action::Kill(at) | Action::Stop(at) if at.service.as_deref() == Some("haproxy"));
        let jitters = if is_seen_by_script { JITTERS.as_slice() } else { &JITTERS[..1] };
        let mut told = None;
        for jitter in jitters {
            let mut attempt = self.clone();
            let difference = attempt.once(trace, rep, ends, deeds, *jitter)?;
            if difference.is_none() {
                *self = attempt;
                return Ok(None);
            }
            told = told.or(difference);
        }
        Ok(told)
    }

    fn once(
        &mut self,
        trace: &Value,
        rep: &Value,
        ends: Option<f64>,
        [fail, heal]: [&Action; 2],
        jitter: f64,
    ) -> Result<Option<String>, String> {
        let (failed_at, phase) =
            (number(rep, "/fail/t")?, optional(rep, "/fail/since_last_advert")?);
        let healed_at = optional(rep, "/heal/t")?;
        self.agree_on_owner(trace, failed_at)?;
        self.go_to(self.zero + failed_at, phase.map(|phase| phase + jitter));
        let here = self.simulation.now().as_secs_f64();
        self.zero = here - failed_at;
        act(&mut self.simulation, fail)?;
        let ends = ends.unwrap_or(healed_at.unwrap_or(failed_at) + 30.0);
        let broken_for =
            healed_at.map_or((ends - failed_at) / 2.0, |healed_at| healed_at - failed_at);
        let seen = self.watch(broken_for, 1 - self.node);
        if let Some(difference) = differs(rep, "fail", &seen)? {
            return Ok(Some(difference));
        }
        act(&mut self.simulation, heal)?;
        // Actions of the harness between the last probe and the next failure are not recorded: a second before it, enough is seen.
        let seen = self.watch((ends - failed_at - broken_for - 1.0).max(0.0), self.node);
        if healed_at.is_some() { differs(rep, "heal", &seen) } else { Ok(None) }
    }

    /// With `nopreempt` the address stays where it was taken: what the harness did to bring it back is not recorded.
    fn agree_on_owner(&mut self, trace: &Value, before: f64) -> Result<(), String> {
        let Some(recorded) = last_owner(trace, &self.vip, before) else { return Ok(()) };
        let wanted = if recorded == "a" { NODES[0] } else { NODES[1] };
        let Some(owner) = self.owner(&self.vip) else { return Ok(()) };
        if owner != wanted {
            let keepalived = Component::service(&owner, "keepalived");
            act(&mut self.simulation, &Action::Stop(keepalived.clone()))?;
            self.advance(2.0);
            act(&mut self.simulation, &Action::Restore(keepalived))?;
            self.advance(30.0);
            self.zero = self.simulation.now().as_secs_f64() + 5.0 - before;
        }
        Ok(())
    }

    /// Goes to the moment nearest to `when` that lies `phase` after an advert.
    fn go_to(&mut self, when: f64, phase: Option<f64>) {
        let Some(phase) = phase else {
            self.simulation.advance_to(at(when));
            return;
        };
        let mut ahead = self.simulation.clone();
        let (now, until) = (ahead.now().as_secs_f64(), at(when + 2.0 * self.advert_int()));
        let mut best = when.max(now);
        let mut distance = f64::INFINITY;
        while ahead.now() < until {
            let next = ahead.next_event_at().map_or(until, at_end).min(until);
            ahead.advance_to(next);
            let Some(advert) = ahead.last_advert(&self.vip) else { continue };
            let candidate = advert.at.as_secs_f64() + phase;
            if candidate >= now && (candidate - when).abs() < distance {
                (best, distance) = (candidate, (candidate - when).abs());
            }
        }
        self.simulation.advance_to(at(best));
    }

    /// Looks on for so many seconds: when `taker` serves the address, and how long nobody does.
    fn watch(&mut self, seconds: f64, taker: usize) -> Seen {
        let from = self.simulation.now();
        let until = at(from.as_secs_f64() + seconds);
        let mut seen = Seen::default();
        let since = |now: SimTime| now.as_secs_f64() - from.as_secs_f64();
        let respected = self.priority(1 - self.node);
        let others: Vec<String> =
            self.simulation.plan().infrastructure.vips.iter().map(|vip| vip.name.clone()).collect();
        let mut was_elsewhere = self.owner(&self.vip).as_deref() != Some(NODES[taker]);
        let mut last_advert = self.simulation.last_advert(&self.vip);
        let mut respected_at = last_advert.clone().map(|advert| advert.at);
        loop {
            let is_served = self.serves(&self.vip);
            let owner = self.owner(&self.vip);
            let now = self.simulation.now();
            if was_elsewhere && owner.as_deref() == Some(NODES[taker]) && seen.taken.is_none() {
                seen.taken = Some(since(now));
                seen.last_advert = respected_at.map(|at| now.as_secs_f64() - at.as_secs_f64());
            }
            was_elsewhere |= owner.as_deref() != Some(NODES[taker]);
            let advert = self.simulation.last_advert(&self.vip);
            if advert != last_advert
                && advert.as_ref().is_some_and(|advert| advert.by == NODES[self.node])
            {
                match &advert {
                    Some(advert) if advert.priority == 0 => seen.goodbye = Some(since(advert.at)),
                    Some(advert) if advert.priority >= respected => respected_at = Some(advert.at),
                    _ => {}
                }
            }
            last_advert = advert;
            let other_is_served =
                others.iter().filter(|name| **name != self.vip).all(|name| self.serves(name));
            self.step(until);
            let passed = self.simulation.now().as_secs_f64() - now.as_secs_f64();
            seen.outage += if is_served { 0.0 } else { passed };
            seen.other_outage += if other_is_served { 0.0 } else { passed };
            if self.simulation.now() >= until {
                return seen;
            }
        }
    }

    /// To just after the next thing that happens, but not past `until`.
    fn step(&mut self, until: SimTime) {
        let next = self.simulation.next_event_at().map_or(until, at_end);
        self.simulation.advance_to(next.min(until));
    }

    fn advance(&mut self, seconds: f64) {
        self.simulation.advance_to(at(self.simulation.now().as_secs_f64() + seconds));
    }

    fn owner(&self, vip: &str) -> Option<String> {
        self.simulation.snapshot().vips.into_iter().find(|view| view.name == vip)?.owner
    }

    /// Whether a probe of the address is answered.
    fn serves(&self, vip: &str) -> bool {
        let snapshot = self.simulation.snapshot();
        let owner =
            snapshot.vips.iter().find(|view| view.name == vip).and_then(|view| view.owner.as_ref());
        let host = snapshot.hosts.iter().find(|host| Some(&host.name) == owner);
        host.is_some_and(|host| {
            host.services.iter().any(|service| service.name == "haproxy" && service.is_up)
        })
    }

    fn advert_int(&self) -> f64 {
        let host = self.simulation.plan().infrastructure.host(NODES[self.node]);
        let keepalived = host.and_then(|host| host.keepalived());
        keepalived.map_or(1.0, |keepalived| keepalived.advert_int.as_secs_f64())
    }

    /// The priority with which a node claims the address.
    fn priority(&self, node: usize) -> u8 {
        let host = self.simulation.plan().infrastructure.host(NODES[node]);
        let instances =
            host.and_then(|host| host.keepalived()).map(|keepalived| &keepalived.instances);
        instances
            .into_iter()
            .flatten()
            .find(|own| own.vip == self.vip)
            .map_or(0, |own| own.priority)
    }
}

/// The first of the recorded figures that the model does not have.
fn differs(rep: &Value, part: &str, seen: &Seen) -> Result<Option<String>, String> {
    let figures = [
        ("takeover_from_event", seen.taken, true),
        ("takeover_from_last_advert", seen.last_advert, false),
        ("prio0_advert", seen.goodbye, false),
        ("outage", Some(seen.outage), false),
        ("other_vip_outage", Some(seen.other_outage), false),
    ];
    for (name, model, must_be_absent_too) in figures {
        let recorded = optional(rep, &format!("/{part}/{name}"))?;
        let agrees = match (recorded, model) {
            (Some(recorded), Some(model)) => (recorded - model).abs() <= tolerance(recorded),
            (Some(_), None) => false,
            (None, Some(_)) => !must_be_absent_too,
            (None, None) => true,
        };
        if !agrees {
            let told = |figure: Option<f64>| {
                figure.map_or("never".to_owned(), |figure| format!("{figure:.3} s"))
            };
            return Ok(Some(format!(
                "{part}: {name} recorded {}, model {}",
                told(recorded),
                told(model)
            )));
        }
    }
    Ok(None)
}

/// 30 ms and 1 %.
fn tolerance(seconds: f64) -> f64 {
    0.03 + 0.01 * seconds
}

fn at(seconds: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs_f64(seconds)
}

/// Everything that is due at an instant has happened just after it.
fn at_end(instant: SimTime) -> SimTime {
    instant + SimDuration::from_ns(1)
}

fn act(simulation: &mut Simulation, action: &Action) -> Result<(), String> {
    simulation.apply(action).map_err(|error| error.to_string())
}

/// The recorded changes of an address before a time: when, and who answers it from then on.
fn changes<'a>(trace: &'a Value, vip: &str, before: f64) -> impl Iterator<Item = (f64, &'a str)> {
    let all = trace.pointer("/changes").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(move |change| {
        let when = change.pointer("/0")?.as_f64()?;
        let is_this = change.pointer("/1")?.as_str()? == vip && when < before;
        is_this.then_some((when, change.pointer("/2")?.as_str()?))
    })
}

fn change(trace: &Value, vip: &str, to: &str, before: f64) -> Option<f64> {
    changes(trace, vip, before).find(|(_, who)| *who == to).map(|(when, _)| when)
}

fn last_owner<'a>(trace: &'a Value, vip: &str, before: f64) -> Option<&'a str> {
    changes(trace, vip, before).map(|(_, who)| who).filter(|who| ["a", "b"].contains(who)).last()
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

    #[test]
    fn the_model_does_what_every_recording_of_keepalived_does() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/traces");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.starts_with("G-") {
                let trace = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
                assert_eq!(replay(&trace), Ok(Verdict::Ok), "{name}");
                count += 1;
            }
        }
        assert!(count >= 7, "{count}");
    }

    fn recorded(name: &str) -> Value {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/traces");
        serde_json::from_str(&std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap())
            .unwrap()
    }

    /// The same events in keepalived of other figures are told apart.
    #[test]
    fn another_configuration_differs() {
        for (name, from, to) in [
            ("G-node-cut", "priority 100", "priority 110"),
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
