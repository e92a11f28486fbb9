//! A run as a value: plan + actions -> history. Undo and restart are "run it again" (law 1). Also the metrics series and
//! the arithmetic of playback. Knows no screen.

mod log;
mod orders;
mod playback;
pub mod proof;
mod report;
mod self_check;
mod series;

pub use log::{Gravity, LogLine, is_announced, log_lines};
pub use orders::Ordered;
pub use playback::{Playback, SPEEDS, Speed};
pub use report::{Engine, FactLine, Latency, Report, Requests, ServerLine};
pub use self_check::{SELF_CHECKS, SelfCheck};
pub use series::{LinkFlow, Readings, Series};

use crate::kernel::{SimDuration, SimTime, small};
use crate::sim::{Action, History, Plan, PlanError, Simulation, TimedAction};

/// A run: what determines it, and how far it has come.
#[derive(Clone, Debug)]
pub struct Run {
    plan: Plan,
    actions: Vec<TimedAction>,
    /// Actions already done: the first so many of `actions`, which are in order of time.
    done: usize,
    simulation: Simulation,
    series: Series,
    history: History,
}

impl Run {
    /// A run at its start.
    ///
    /// # Errors
    /// If the plan cannot be run.
    pub fn new(plan: Plan, history: History) -> Result<Self, PlanError> {
        Self::with_actions(plan, Vec::new(), history)
    }

    /// A run at its start, with what will be done to it.
    ///
    /// # Errors
    /// If the plan or one of the actions cannot be run.
    pub fn with_actions(
        plan: Plan,
        mut actions: Vec<TimedAction>,
        history: History,
    ) -> Result<Self, PlanError> {
        let simulation = Simulation::new(&plan, history)?;
        for timed in &actions {
            plan.validate_action(&timed.action)?;
        }
        small::sort_by_key(&mut actions, |timed| timed.at);
        let series = Series::default();
        Ok(Self { plan, actions, done: 0, simulation, series, history })
    }

    /// Does an action now; it becomes part of the run.
    ///
    /// # Errors
    /// If it names something that is not there; the run is then unchanged.
    pub fn act(&mut self, action: Action) -> Result<(), PlanError> {
        self.simulation.apply(&action)?;
        let at = self.simulation.now();
        self.actions.truncate(self.done);
        self.actions.push(TimedAction { at, action });
        self.done = self.actions.len();
        Ok(())
    }

    /// Takes the last action back: the run is run again to the same instant without it. Returns it.
    pub fn undo(&mut self) -> Option<TimedAction> {
        let last = self.actions.pop()?;
        let now = self.simulation.now();
        self.rewind();
        self.advance_to(now);
        Some(last)
    }

    /// Back to the start with the same seed and no actions: the same users will come.
    pub fn restart(&mut self) {
        self.actions.clear();
        self.rewind();
    }

    fn rewind(&mut self) {
        // The plan was valid when this run was made; it cannot have become invalid.
        if let Ok(simulation) = Simulation::new(&self.plan, self.history) {
            self.simulation = simulation;
            self.series = Series::default();
            self.done = 0;
        }
    }

    /// Makes everything happen that is due before `until`.
    pub fn advance_to(&mut self, until: SimTime) {
        self.advance_within(until, u32::MAX);
    }

    /// As [`advance_to`](Self::advance_to), but gives up after about `budget` events; whether it got there.
    pub fn advance_within(&mut self, until: SimTime, budget: u32) -> bool {
        let arrived = loop {
            let next = self.actions.get(self.done).map(|timed| timed.at).filter(|at| *at <= until);
            if !self.simulation.advance_within(next.unwrap_or(until), budget) {
                break false;
            }
            if next.is_none() {
                break true;
            }
            let applied = self.simulation.apply(&self.actions[self.done].action);
            debug_assert!(applied.is_ok(), "actions are validated before they are accepted");
            self.done += 1;
        };
        self.series.read(&self.simulation);
        arrived
    }

    /// Makes the next event happen, whatever it is, and everything due with it.
    pub fn step(&mut self) {
        if let Some(at) = self.simulation.next_event_at() {
            self.advance_to(at + SimDuration::from_ns(1));
        }
    }

    /// The plan.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was done, in order.
    pub fn actions(&self) -> &[TimedAction] {
        &self.actions[..self.done]
    }

    /// The world as it is now.
    pub const fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// Where the run has come to.
    pub const fn now(&self) -> SimTime {
        self.simulation.now()
    }

    /// The figures of the last seconds.
    pub fn readings(&self) -> Readings {
        self.series.readings(self.now())
    }

    /// How much goes over each link, over the last seconds.
    pub fn link_flows(&self) -> Vec<LinkFlow> {
        series::link_flows(&self.simulation)
    }
}
