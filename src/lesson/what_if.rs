//! The what-ifs as data, and what is observed of a run.

use crate::infra::{Component, Preset};
use crate::kernel::{SimDuration, SimTime};
use crate::run::Run;
use crate::sim::{Action, FactKind, History, Plan, PlanError, Step, TimedAction};

/// The end of a run over which "what still works" is judged.
const SETTLED: SimDuration = SimDuration::from_secs(10);

/// An exercise: something dies, and the learner says beforehand what that does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhatIf {
    /// Its name in links.
    pub id: &'static str,
    /// The question.
    pub title: &'static str,
    /// What is about to happen, so that a prediction is possible.
    pub setting: &'static str,
    /// What dies.
    pub victim: &'static str,
    /// When it dies.
    pub at: SimTime,
    /// When the run ends and is judged.
    pub until: SimTime,
    /// The seed of its run.
    pub seed: u64,
    /// Why it goes as it goes.
    pub why: &'static str,
}

/// The first load does without these words: the desk tells them, when the exercise is open.
const fn told(words: &'static str) -> &'static str {
    if crate::IS_FIRST_LOAD { "" } else { words }
}

/// The exercises, in the order in which they teach.
pub const WHAT_IFS: [WhatIf; 3] = [
    WhatIf {
        id: "app-1-dies",
        title: "What if app-1 dies?",
        setting: told(
            "app-1 loses power after 10 seconds. app-2 lives on. Each balancer checks every server every 2 s, waits 1 s for an answer, and needs 3 failed checks (fall 3). Users send 20 requests a second; six in ten ask for dynamic pages. The run ends after 40 seconds.",
        ),
        victim: "app-1",
        at: SimTime::from_ms(10_000),
        until: SimTime::from_ms(40_000),
        seed: 1,
        why: told(
            "Between the death and the third failed check lies the blind window: the balancers still give app-1 every second dynamic request. A machine without power does not even refuse, so each attempt waits for timeout connect, four times, and ends 503 sC. After the third failed check app-2 gets everything and nothing fails any more.",
        ),
    },
    WhatIf {
        id: "lb-1-dies",
        title: "What if lb-1 dies?",
        setting: told(
            "lb-1, the owner of VIP A, loses power after 10 seconds. lb-2 owns VIP B. lb-2 hears an advert from lb-1 every second and takes VIP A over when it has heard none for 3.6 s. A client that gets no answer from one address tries the other after 3 seconds. The run ends after 40 seconds.",
        ),
        victim: "lb-1",
        at: SimTime::from_ms(10_000),
        until: SimTime::from_ms(40_000),
        seed: 3,
        why: told(
            "Requests that lb-1 held are lost with it: their clients wait for an answer that never comes. New clients of VIP A find it silent until lb-2 takes it over, about three seconds later; meanwhile they turn to VIP B, slower but answered. Two addresses and two balancers, and no server behind them noticed.",
        ),
    },
    WhatIf {
        id: "db-1-dies",
        title: "What if db-1 dies?",
        setting: told(
            "db-1, the only database, loses power after 10 seconds. Both application servers live on; their health check /health asks no database. Static files come from web-1. The run ends after 60 seconds.",
        ),
        victim: "db-1",
        at: SimTime::from_ms(10_000),
        until: SimTime::from_ms(60_000),
        seed: 1,
        why: told(
            "Every dynamic page needs the database, and there is only one. A silent machine makes it worse: each worker waits 3 s for a connection, all workers are soon waiting, the queues before them fill, and even the health checks get no worker in time. Static files never notice. db-1 is a single point of failure, and no balancer can change that.",
        ),
    },
];

/// What a run showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Requests that had failed at the end.
    pub failed: u64,
    /// For each virtual address, in order: whether clients were taken there at the end.
    pub addresses: Vec<(String, bool)>,
    /// Whether every static file asked for at the end was answered.
    pub static_files: bool,
    /// Whether every dynamic page asked for at the end was answered.
    pub dynamic_pages: bool,
    /// When a balancer first marked something DOWN or took an address over, after the death.
    pub noticed_at: Option<SimTime>,
    /// The number of the first request that failed: its chain tells the cause, and the directive that would have changed it.
    pub example: Option<u64>,
}

impl WhatIf {
    /// The exercise of this name.
    pub fn find(id: &str) -> Option<Self> {
        WHAT_IFS.into_iter().find(|what_if| what_if.id == id)
    }

    /// Its run at the start, with the death to come.
    ///
    /// # Errors
    /// If its data do not fit the infrastructure (a test shows that they do).
    pub fn run(&self) -> Result<Run, PlanError> {
        let plan = Plan::new(Preset::Brief.infrastructure(), self.seed);
        let death = TimedAction { at: self.at, action: Action::Kill(Component::host(self.victim)) };
        Run::with_actions(plan, vec![death], History::Recent)
    }

    /// What the run shows at its end.
    pub fn observe(&self, run: &Run) -> Observation {
        let simulation = run.simulation();
        let settled_from = SimTime::from_ns(run.now().as_ns().saturating_sub(SETTLED.as_ns()));
        let late = simulation.records().filter(|record| record.started_at >= settled_from);
        let served = |path: &str| {
            let mut asked = late.clone().filter(|record| record.path == path).peekable();
            asked.peek().is_some() && asked.all(|record| record.outcome.is_ok())
        };
        let taken = |vip: &str| {
            late.clone().any(|record| {
                let dialled =
                    record.steps.iter().rposition(|step| matches!(step, Step::Dialled { .. }));
                dialled.is_some_and(|index| {
                    matches!(&record.steps[index], Step::Dialled { vip: last } if last == vip)
                        && matches!(record.steps.get(index + 1), Some(Step::Accepted { .. }))
                })
            })
        };
        let vips = &run.plan().infrastructure.vips;
        let noticed = simulation.facts().iter().find(|fact| {
            fact.at >= self.at
                && matches!(fact.kind, FactKind::ServerDown { .. } | FactKind::VipTaken { .. })
        });
        let first_failed = simulation.records().find(|record| !record.outcome.is_ok());
        Observation {
            failed: simulation.counts().failed,
            addresses: vips.iter().map(|vip| (vip.name.clone(), taken(&vip.name))).collect(),
            static_files: served(crate::sim::STATIC_PATH),
            dynamic_pages: served(crate::sim::DYNAMIC_PATH),
            noticed_at: noticed.map(|fact| fact.at),
            example: first_failed.map(|record| record.request),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observe(id: &str) -> Observation {
        let what_if = WhatIf::find(id).unwrap();
        let mut run = what_if.run().unwrap();
        run.advance_to(what_if.until);
        what_if.observe(&run)
    }

    fn answering(observation: &Observation) -> Vec<bool> {
        observation.addresses.iter().map(|(_, answers)| *answers).collect()
    }

    #[test]
    fn a_dead_application_server_costs_requests_for_a_while_and_then_nothing() {
        let observation = observe("app-1-dies");
        assert!(observation.failed >= 10, "{observation:?}");
        assert!(observation.static_files && observation.dynamic_pages);
        assert_eq!(answering(&observation), [true, true]);
        let what_if = WhatIf::find("app-1-dies").unwrap();
        let mut run = what_if.run().unwrap();
        run.advance_to(what_if.until);
        let example = observation.example.unwrap();
        let record = run.simulation().records().find(|record| record.request == example);
        let told = crate::sim::cause(record.unwrap());
        assert_eq!(told, "app-1 does not answer the connection attempt");
    }

    #[test]
    fn a_dead_balancer_costs_what_it_held_and_its_address_moves() {
        let observation = observe("lb-1-dies");
        assert!((1..=10).contains(&observation.failed), "{observation:?}");
        assert!(observation.static_files && observation.dynamic_pages);
        assert_eq!(answering(&observation), [true, true]);
        let noticed = observation.noticed_at.unwrap().as_secs_f64() - 10.0;
        assert!((2.6..3.61).contains(&noticed), "{noticed}");
    }

    #[test]
    fn a_dead_database_takes_every_dynamic_page_and_no_static_file() {
        let observation = observe("db-1-dies");
        assert!(observation.failed > 100, "{observation:?}");
        assert!(observation.static_files && !observation.dynamic_pages);
        assert_eq!(answering(&observation), [true, true]);
    }

    /// An exercise that passes without the thing it teaches is hollow: without the death nothing fails.
    #[test]
    fn without_the_death_nothing_fails() {
        for what_if in WHAT_IFS {
            let plan = Plan::new(Preset::Brief.infrastructure(), what_if.seed);
            let mut run = Run::new(plan, History::Recent).unwrap();
            run.advance_to(what_if.until);
            assert_eq!(what_if.observe(&run).failed, 0, "{}", what_if.id);
        }
    }

    #[test]
    fn the_settings_tell_the_truth_about_the_infrastructure() {
        let infrastructure = Preset::Brief.infrastructure();
        let server = &infrastructure.backends().nth(1).unwrap().servers[0];
        let timeouts = infrastructure.balancers().next().unwrap().haproxy().unwrap().timeouts;
        assert_eq!((server.inter, server.fall), (SimDuration::from_secs(2), 3));
        assert_eq!(timeouts.check, Some(SimDuration::from_secs(1)));
        let workload = crate::sim::Workload::default();
        assert_eq!(workload.connect_timeout, SimDuration::from_secs(3));
        assert!((workload.rate - 20.0).abs() < 1e-9 && (workload.static_share - 0.4).abs() < 1e-9);
    }
}
