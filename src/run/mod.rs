//! A run as a value: plan + actions -> history. Undo and restart are "run it again" (law 1). Also the metrics series and
//! the arithmetic of playback. Knows no screen.

pub mod bench_network;
mod choice;
mod edits;
pub mod kept;
mod log;
mod option;
mod orders;
pub mod permalink;
mod playback;
pub mod proof;
mod report;
mod rewind;
mod self_check;
mod self_check_changes;
mod self_check_plans;
mod series;
mod sight;
pub mod terminal;
mod timeline;
mod why;

pub use choice::Choice;
pub use edits::{Edited, MOST_EDITS};
pub use log::{Gravity, LogLine, is_announced, is_important, log_lines};
pub use option::command_line_option;
pub use orders::Ordered;
pub use playback::{Playback, SPEEDS, Speed};
pub use report::{Engine, FactLine, Latency, Report, Requests, ServerLine};
pub use rewind::MOST_KEPT;
pub use self_check::{Deed, SELF_CHECKS, SelfCheck};
pub use series::{LinkFlow, Readings, Series};
pub use sight::{Seen, Sight};
pub use timeline::{Mark, MarkKind, Span, Timeline};
pub use why::{Moment, Why, WhyError};

use edits::Edits;
use rewind::{Dropped, Rewind};

use crate::kernel::{SimDuration, SimTime};
use crate::sim::{Action, History, Plan, PlanError, Simulation, TimedAction};

/// A run: what determines it, and how far it has come.
#[derive(Clone, Debug)]
pub struct Run {
    plan: Plan,
    actions: Vec<TimedAction>,
    edits: Edits,
    /// Actions already done: the first so many of `actions`, which are in order of time.
    done: usize,
    simulation: Simulation,
    series: Series,
    history: History,
    rewind: Rewind,
    /// The latest instant that was reached on this course.
    furthest: SimTime,
    /// Whether everything due before now has happened, and nothing due now.
    has_arrived: bool,
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
        actions: Vec<TimedAction>,
        history: History,
    ) -> Result<Self, PlanError> {
        let simulation = Simulation::new(&plan, history)?;
        for timed in &actions {
            plan.validate_action(&timed.action)?;
        }
        Ok(Self {
            plan,
            actions: edits::in_order(actions),
            edits: Edits::default(),
            done: 0,
            simulation,
            series: Series::default(),
            history,
            rewind: Rewind::default(),
            furthest: SimTime::ZERO,
            has_arrived: true,
        })
    }

    /// Does an action now; it becomes part of the run, in place of all that would have been done later.
    ///
    /// # Errors
    /// If it names something that is not there; the run is then unchanged.
    pub fn act(&mut self, action: Action) -> Result<(), PlanError> {
        self.act_all(vec![action])
    }

    /// Makes ready for what a person does now. Returns what was told ahead, which holds no longer.
    fn begin_edit(&mut self) -> Dropped {
        if !self.has_arrived {
            // At its instant an action comes before everything else: some of this one's has happened already.
            self.advance_to(self.now() + SimDuration::from_ns(1));
        }
        let future = self.rewind.take_future(self.simulation.now(), self.simulation.facts().len());
        if self.history == History::Recent {
            self.rewind.keep_before_edit(&mut self.simulation, self.done, &self.series);
        }
        future
    }

    fn do_now(&mut self, action: Action) -> Result<(), PlanError> {
        self.simulation.apply(&action)?;
        let at = self.now();
        self.actions.truncate(self.done);
        self.actions.push(TimedAction { at, action });
        self.rewind.forget_after(at, self.done, self.simulation.facts().len());
        self.done = self.actions.len();
        Ok(())
    }

    /// Goes to this instant, back or forth: as if the run had just come there from its start, but for what the history keeps.
    /// Of that, the records of requests that were answered well may be gone. With [`History::Recent`] up to
    /// [`MOST_KEPT`] states of the run are kept on the way, and the way begins at the nearest of them.
    pub fn seek(&mut self, at: SimTime) {
        self.approach(at);
        self.advance_to(at);
    }

    /// To where the rest of the way to this instant is shortest.
    fn approach(&mut self, at: SimTime) {
        let nearest = self.rewind.before(at).map(|kept| kept.simulation.now());
        if at < self.now() || nearest.is_some_and(|kept| kept > self.now()) {
            self.go_back(at);
        }
    }

    /// To the nearest kept state before this instant, or to the start.
    fn go_back(&mut self, at: SimTime) {
        if let Some(kept) = self.rewind.before(at).cloned() {
            let copy = kept.simulation.clone();
            self.rewind.hand_over(&mut self.simulation, copy, kept.facts);
            self.series = kept.series.clone();
            self.done = kept.done;
            self.has_arrived = kept.has_arrived;
        } else if let Ok(fresh) = Simulation::new(&self.plan, self.history) {
            // The plan was valid when this run was made; it cannot have become invalid.
            self.rewind.hand_over(&mut self.simulation, fresh, 0);
            self.series = Series::default();
            self.done = 0;
            self.has_arrived = true;
        }
    }

    /// Makes everything happen that is due before `until`.
    pub fn advance_to(&mut self, until: SimTime) {
        while !self.advance_within(until, u32::MAX) {}
    }

    /// As [`advance_to`](Self::advance_to), but gives up after about `budget` events; whether it got there.
    pub fn advance_within(&mut self, until: SimTime, budget: u32) -> bool {
        let mut left = budget;
        self.has_arrived = loop {
            let next = self.actions.get(self.done).map(|timed| timed.at).filter(|at| *at <= until);
            let events = self.simulation.events();
            let due = self.due_in().unwrap_or(u64::MAX);
            let most = u32::try_from(due).map_or(left, |due| due.min(left));
            let arrived = self.simulation.advance_within(next.unwrap_or(until), most);
            left -= (self.simulation.events() - events) as u32;
            if self.due_in() == Some(0) {
                self.series.read(&self.simulation);
                self.rewind.keep(&mut self.simulation, self.done, &self.series);
            }
            match next {
                _ if !arrived && left == 0 => break false,
                _ if !arrived => {}
                None => break true,
                Some(_) => {
                    let applied = self.simulation.apply(&self.actions[self.done].action);
                    debug_assert!(
                        applied.is_ok(),
                        "actions are validated before they are accepted"
                    );
                    self.done += 1;
                }
            }
        };
        self.series.read(&self.simulation);
        self.furthest = self.furthest.max(self.now());
        self.has_arrived
    }

    /// How many events from now until a state is kept, if any is.
    fn due_in(&self) -> Option<u64> {
        (self.history == History::Recent).then(|| self.rewind.due_in(self.simulation.events()))
    }

    /// Makes the next event happen, whatever it is, and everything due with it.
    pub fn step(&mut self) {
        if let Some(at) = self.simulation.next_event_at() {
            self.advance_to(at + SimDuration::from_ns(1));
        }
    }

    /// Takes the last event back: the run stands just before it.
    pub fn step_back(&mut self) {
        let now = self.now();
        if now == SimTime::ZERO {
            return;
        }
        self.seek(SimTime::from_ns(now.as_ns() - 1));
        let last = self.simulation.last_event_at();
        self.seek(last);
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

    /// Of how long the messages of the last seconds are there, 5 s at most: what is counted from them is of that time.
    pub fn message_window(&self) -> SimDuration {
        series::message_window(&self.simulation)
    }

    /// How much goes over each link, over the last seconds.
    pub fn link_flows(&self) -> Vec<LinkFlow> {
        series::link_flows(&self.simulation)
    }
}
