//! How long a death and a return go unnoticed, held against the brief's infrastructure: machines and programs killed and
//! brought back at random instants, so that they meet the checks and adverts at every phase.

use super::{Claim, Extent, Row, SEEDS, faults};
use crate::infra::{Component, Preset, Server, Service, Timeouts};
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{Action, Fact, FactKind, History, Plan, PlanError, Simulation};
use crate::theory::detection::{Bounds, Checks};
use crate::theory::vrrp;

const SECOND: SimDuration = SimDuration::from_secs(1);
const MS: fn(u64) -> SimDuration = SimDuration::from_ms;
/// Deaths of each run.
const DEATHS: u64 = 60;
/// A death comes in the first so many seconds of a cycle, the return in as many after its middle.
const CYCLE: SimDuration = SimDuration::from_secs(100);
const PHASE: SimDuration = SimDuration::from_secs(30);

/// Who dies, and what is looked at.
struct Watch {
    law: &'static str,
    victim: Component,
    plan: Plan,
    /// What notices the death, and how soon it should.
    death: Notice,
    /// The same for the return.
    back: Option<Notice>,
}

struct Notice {
    figure: &'static str,
    is_it: fn(&Fact) -> bool,
    bounds: Bounds,
}

/// How the victim dies, as a check sees it.
#[derive(Clone, Copy)]
enum Death {
    Refuses,
    Silent,
}

pub(super) fn prove() -> Result<Vec<Row>, PlanError> {
    let usual = |_: &mut Server, _: &mut Timeouts| {};
    let quick = |server: &mut Server, _: &mut Timeouts| {
        server.fastinter = Some(MS(500));
        server.downinter = Some(MS(5000));
    };
    let unbounded = |_: &mut Server, timeouts: &mut Timeouts| timeouts.check = None;
    let watches = [
        checked("inter 2s fall 3 rise 2, refused", Death::Refuses, usual),
        checked("inter 2s, silent, timeout connect 1s", Death::Silent, usual),
        checked("inter 2s, silent, no timeout check", Death::Silent, unbounded),
        checked("inter 2s fastinter 500ms downinter 5s, refused", Death::Refuses, quick),
        balancer(
            "VRRP, advert_int 1s, priority 100, master loses power",
            Component::host("lb-1"),
            vrrp::takeover_bounds(SECOND, 100),
        ),
        balancer(
            "VRRP, script interval 1s fall 2, HAProxy dies",
            Component::service("lb-1", "haproxy"),
            vrrp::tracked_takeover_bounds(SECOND, 2, 100),
        ),
    ];
    let rows: Result<Vec<_>, _> = watches.iter().map(Watch::prove).collect();
    Ok(rows?.concat())
}

/// The checks of app-1 alone, with some directives changed.
fn checked(law: &'static str, death: Death, change: impl Fn(&mut Server, &mut Timeouts)) -> Watch {
    let mut plan = quiet();
    let round_trip = plan.infrastructure.network.lan_latency * 2;
    let services = plan.infrastructure.hosts.iter().flat_map(|host| &host.services);
    let health_time = services.filter_map(Service::as_app).map(|app| app.health_time).max();
    let passes = round_trip * 2 + health_time.unwrap_or_default();
    let mut checks = None;
    for service in plan.infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        let Service::Haproxy(haproxy) = service else { continue };
        for server in haproxy.backends.iter_mut().flat_map(|backend| &mut backend.servers) {
            server.check = server.name == "app-1";
            if server.check {
                change(server, &mut haproxy.timeouts);
                let (inter, downinter) = (server.inter, server.downinter());
                // A connection that nobody answers is given up after the interval of the moment, or `timeout connect`.
                let patience =
                    haproxy.timeouts.check.map_or(inter, |_| inter.min(haproxy.timeouts.connect));
                let fails = if let Death::Silent = death { patience } else { round_trip };
                let (fall, rise, fastinter) = (server.fall, server.rise, server.fastinter());
                checks = Some(Checks { fall, rise, inter, fastinter, downinter, passes, fails });
            }
        }
    }
    let nothing = Bounds { shortest: MS(0), mean: MS(0), longest: MS(0) };
    let [down, up] = checks.map_or([nothing; 2], |checks| [checks.down(), checks.up()]);
    let victim = match death {
        Death::Silent => Component::host("app-1"),
        Death::Refuses => Component::service("app-1", "app"),
    };
    let is_down = |fact: &Fact| matches!(fact.kind, FactKind::ServerDown { .. });
    let is_up = |fact: &Fact| matches!(fact.kind, FactKind::ServerUp { .. });
    let death = Notice { figure: "death noticed after, s", is_it: is_down, bounds: down };
    let back = Notice { figure: "return noticed after, s", is_it: is_up, bounds: up };
    Watch { law, victim, plan, death, back: Some(back) }
}

/// A death on lb-1, whose address lb-2 takes over within these times.
fn balancer(law: &'static str, victim: Component, [shortest, longest]: [SimDuration; 2]) -> Watch {
    let bounds = Bounds { shortest, mean: (shortest + longest).scaled(0.5), longest };
    let is_it = |fact: &Fact| {
        fact.subject == "VIP A" && matches!(&fact.kind, FactKind::VipTaken { by } if by == "lb-2")
    };
    let death = Notice { figure: "address taken over after, s", is_it, bounds };
    Watch { law, victim, plan: quiet(), death, back: None }
}

/// The brief's infrastructure with hardly a user.
fn quiet() -> Plan {
    let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
    plan.workload.rate = 0.001;
    plan
}

impl Watch {
    fn prove(&self) -> Result<Vec<Row>, PlanError> {
        let runs: Result<Vec<_>, _> = (1..=SEEDS).map(|seed| self.run(seed)).collect();
        let runs = runs?;
        let deaths: Vec<Vec<f64>> = runs.iter().map(|run| run.after_death.clone()).collect();
        let returns: Vec<Vec<f64>> = runs.iter().map(|run| run.after_return.clone()).collect();
        let mut rows = vec![self.death.row(self.law, &deaths)];
        if let Some(back) = &self.back {
            rows.push(back.row(self.law, &returns));
        }
        Ok(rows)
    }

    fn run(&self, seed: u64) -> Result<Noticed, PlanError> {
        let plan = Plan { seed, ..self.plan.clone() };
        let mut simulation = Simulation::new(&plan, History::Off)?;
        let chance = faults(seed);
        let mut noticed = Noticed::default();
        for cycle in 0..DEATHS {
            let start = SimTime::ZERO + CYCLE * cycle + MS(5000);
            let death = start + chance.draw(1, cycle).uniform(PHASE);
            let back = start + CYCLE.scaled(0.5) + chance.draw(2, cycle).uniform(PHASE);
            simulation.advance_to(death);
            simulation.apply(&Action::Kill(self.victim.clone()))?;
            let seen = simulation.facts().len();
            simulation.advance_to(back);
            noticed.after_death.extend(times(&simulation.facts()[seen..], self.death.is_it, death));
            simulation.apply(&Action::Restore(self.victim.clone()))?;
            let seen = simulation.facts().len();
            simulation.advance_to(start + CYCLE);
            let is_back = self.back.iter().map(|back| back.is_it);
            let facts = &simulation.facts()[seen..];
            noticed.after_return.extend(is_back.flat_map(|is_it| times(facts, is_it, back)));
        }
        Ok(noticed)
    }
}

impl Notice {
    fn row(&self, law: &str, runs: &[Vec<f64>]) -> Row {
        let Bounds { shortest, mean, longest } = self.bounds;
        let means: Vec<f64> =
            runs.iter().map(|run| run.iter().sum::<f64>() / run.len() as f64).collect();
        let claim = Claim {
            law: law.to_owned(),
            figure: self.figure,
            closed_form: mean.as_secs_f64(),
            sharpness: 0.06,
        };
        let all = runs.iter().flatten().copied();
        let found = [all.clone().fold(f64::INFINITY, f64::min), all.clone().fold(0.0, f64::max)];
        let allowed = [shortest, longest].map(SimDuration::as_secs_f64);
        // The law knows no check or advert that is under way at the very instant.
        let extent = Some(Extent { allowed, slack: 0.005, found });
        Row { extent, ..claim.against(&means, all.count() as u64) }
    }
}

/// Seconds, of one run.
#[derive(Default)]
struct Noticed {
    after_death: Vec<f64>,
    after_return: Vec<f64>,
}

fn times(facts: &[Fact], is_it: fn(&Fact) -> bool, since: SimTime) -> Vec<f64> {
    let found = facts.iter().filter(|fact| is_it(fact));
    found.map(|fact| fact.at.since(since).as_secs_f64()).collect()
}
