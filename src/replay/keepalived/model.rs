//! The model on its way through a recording: it fails and heals at the recorded phases, and what is then seen of the
//! address is compared.

use serde_json::Value;

use crate::infra::{Component, Infrastructure};
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{Action, History, LastAdvert, Plan, Simulation};

use super::{NODES, number, optional};

/// When both nodes are started.
const START: SimTime = SimTime::from_ms(20_000);
/// What may lie between a node's start and the zero of its recording, in seconds: the nodes are not started at one instant.
const START_SLACK: f64 = 0.5;
/// Where the moment of a failure decides which run of the script or which advert still sees it, a recorded phase may be
/// some milliseconds off.
const JITTERS: [f64; 7] = [0.0, 0.01, -0.01, 0.02, -0.02, 0.03, -0.03];

/// A model on its way through a recording.
#[derive(Clone)]
pub(super) struct Replayed {
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
    pub(super) fn start(
        infrastructure: Infrastructure,
        vip: &str,
        node: usize,
    ) -> Result<Self, String> {
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
    pub(super) fn compare_start(&mut self, trace: &Value) -> Result<Option<String>, String> {
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
    pub(super) fn repeat(
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
        let before = self.simulation.last_advert(&self.vip);
        act(&mut self.simulation, fail)?;
        let ends = ends.unwrap_or(healed_at.unwrap_or(failed_at) + 30.0);
        let broken_for =
            healed_at.map_or((ends - failed_at) / 2.0, |healed_at| healed_at - failed_at);
        let seen = self.watch(broken_for, 1 - self.node, before);
        if let Some(difference) = differs(rep, "fail", &seen)? {
            return Ok(Some(difference));
        }
        let before = self.simulation.last_advert(&self.vip);
        act(&mut self.simulation, heal)?;
        // Actions of the harness between the last probe and the next failure are not recorded: a second before it, enough is seen.
        let seen = self.watch((ends - failed_at - broken_for - 1.0).max(0.0), self.node, before);
        if healed_at.is_some() { differs(rep, "heal", &seen) } else { Ok(None) }
    }

    /// With `nopreempt` an address stays where it was taken: what the harness did to bring it back is not recorded. Here both
    /// nodes are started anew, and if that is not enough, the one that is not to have it once more.
    fn agree_on_owner(&mut self, trace: &Value, before: f64) -> Result<(), String> {
        if self.agrees(trace, before) {
            return Ok(());
        }
        self.start_anew(&NODES)?;
        if let Some(owner) = self.owner(&self.vip).filter(|_| !self.agrees(trace, before)) {
            self.start_anew(&[owner.as_str()])?;
        }
        self.zero = self.simulation.now().as_secs_f64() + 5.0 - before;
        Ok(())
    }

    /// Whether every address is where it was recorded to be then.
    fn agrees(&self, trace: &Value, before: f64) -> bool {
        let vips = self.simulation.snapshot().vips;
        vips.into_iter().all(|vip| match last_owner(trace, &vip.name, before) {
            Some("a") => vip.owner.as_deref() == Some(NODES[0]),
            Some(_) => vip.owner.as_deref() == Some(NODES[1]),
            None => true,
        })
    }

    fn start_anew(&mut self, nodes: &[&str]) -> Result<(), String> {
        let keepalived = |node: &&str| Component::service(node, "keepalived");
        for node in nodes {
            act(&mut self.simulation, &Action::Stop(keepalived(node)))?;
        }
        self.advance(2.0);
        for node in nodes {
            act(&mut self.simulation, &Action::Restore(keepalived(node)))?;
        }
        self.advance(10.0 + 5.0 * self.advert_int());
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
    fn watch(&mut self, seconds: f64, taker: usize, before: Option<LastAdvert>) -> Seen {
        let from = self.simulation.now();
        let until = at(from.as_secs_f64() + seconds);
        let mut seen = Seen::default();
        let since = |now: SimTime| now.as_secs_f64() - from.as_secs_f64();
        let respected = self.priority(1 - self.node);
        let others: Vec<String> =
            self.simulation.plan().infrastructure.vips.iter().map(|vip| vip.name.clone()).collect();
        let mut was_elsewhere = self.owner(&self.vip).as_deref() != Some(NODES[taker]);
        let mut last_advert = before;
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
