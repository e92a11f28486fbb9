//! Undo and redo: what a person's edits made of the actions of a run, or of its plan, edit by edit. An edit in the past drops what was done
//! later; taken back, it brings that back too. An edit of what stands there lets the run begin anew, and come to the same instant.

use super::series::Series;
use super::{Dropped, Rewind, Run, permalink};
use crate::infra::{Edit as PlanEdit, EditError};
use crate::kernel::{SimTime, small};
use crate::sim::{Action, Plan, PlanError, Simulation, TimedAction};

/// So many edits can be taken back.
pub const MOST_EDITS: usize = 200;
/// Of so many edits that let the run begin anew, or take another course in its past, the last ones, what is left behind is kept: the run, or
/// what was told ahead. Up to some megabytes each.
const MOST_LEFT: usize = 2;

/// The actions as they were before an edit, or are after one that was taken back.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    pub(super) actions: Vec<TimedAction>,
    /// Where the run was, if the edit moved it.
    pub(super) at: Option<SimTime>,
    /// The plan, if the edit changed it.
    pub(super) plan: Option<Box<Plan>>,
    /// Whether another run was taken in the place of the one that was there.
    pub(super) is_other: bool,
    /// The run of these actions, if it was left to begin anew: who comes back need not run it again.
    pub(super) left: Option<Box<Left>>,
    /// What was told ahead of the edit, if it was made in the past.
    pub(super) future: Dropped,
    /// The latest instant that was reached with these actions.
    pub(super) furthest: SimTime,
}

impl Edit {
    /// An edit that leaves plan and instant as they are.
    pub(super) fn of(actions: Vec<TimedAction>, furthest: SimTime) -> Self {
        let future = Dropped::default();
        Self { actions, at: None, plan: None, is_other: false, left: None, future, furthest }
    }

    /// Its plan, or this one where it has none.
    fn plan_or<'a>(&'a self, here: &'a Plan) -> &'a Plan {
        self.plan.as_deref().unwrap_or(here)
    }

    /// What a person calls it, from the plans and the actions before and after it. Where the run stands says nothing of that: an edit may
    /// have been made whose instant was not reached again.
    fn name(&self, [before, after]: [&Plan; 2], actions: [&[TimedAction]; 2]) -> String {
        if self.plan.is_none() && !self.is_other {
            return named(actions);
        }
        let [old, new] = [before, after].map(|plan| small::decimal(plan.workload.rate, 3));
        let site = &after.infrastructure.name;
        let is_same =
            !self.is_other && before.infrastructure.name == *site && before.seed == after.seed;
        let more = after.edits.len().checked_sub(before.edits.len());
        match (more, after.edits.last()) {
            (Some(0), _) if is_same && old != new => format!("{new} requests/s instead of {old}"),
            // What is set again takes the place of the edit that set it before.
            (Some(0 | 1), Some(edit)) if is_same => edit.words(),
            _ => format!("another run of {site}"),
        }
    }
}

/// What the actions are called that are there after an edit and were not before it. What is done drops what would have been done later: they
/// are the last.
fn named([before, after]: [&[TimedAction]; 2]) -> String {
    let same = before.iter().zip(after).take_while(|(old, new)| old == new).count();
    let done = &after[same.min(after.len().saturating_sub(1))..];
    let Some(first) = done.first() else { return "restart".to_owned() };
    let words = first.action.words();
    let more = done.len() - 1;
    if more == 0 {
        return words;
    }
    let Action::Link(one) = &first.action else { return format!("{words} and {more} more") };
    let is_alike = |timed: &TimedAction| {
        let Action::Link(own) = &timed.action else { return false };
        own.state == one.state && !own.one_way
    };
    match words.split_once(" the link ") {
        Some((verb @ ("cut" | "mend"), _)) if done.iter().all(is_alike) => {
            format!("{verb} {} links", done.len())
        }
        _ => format!("{words} and {more} more"),
    }
}

/// A run as it was left: what playing had brought it to.
#[derive(Clone, Debug)]
pub(super) struct Left {
    simulation: Simulation,
    series: Series,
    done: usize,
    has_arrived: bool,
}

/// What became of a run whose infrastructure was edited.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// The actions that were dropped: they speak of what is no longer there.
    pub dropped: Vec<TimedAction>,
    /// Whether the run stands where it stood. Where that takes more events than a link may, it stands before.
    pub has_arrived: bool,
}

/// The edits of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Edits {
    /// Oldest first.
    pub(super) made: Vec<Edit>,
    /// The one that would be made again first is the last.
    pub(super) taken_back: Vec<Edit>,
}

impl Edits {
    fn make(&mut self, edit: Edit) {
        if self.made.len() == MOST_EDITS {
            self.made.remove(0);
        }
        push(&mut self.made, edit);
        self.taken_back.clear();
    }
}

/// Adds an edit; only the last ones hold what was left behind.
fn push(edits: &mut Vec<Edit>, edit: Edit) {
    edits.push(edit);
    let holds = |edit: &&mut Edit| edit.left.is_some() || !edit.future.facts.is_empty();
    for old in edits.iter_mut().rev().filter(holds).skip(MOST_LEFT) {
        (old.left, old.future) = (None, Dropped::default());
    }
}

impl Run {
    /// Does several actions now, as one edit.
    ///
    /// # Errors
    /// If one names something that is not there; the run is then unchanged.
    pub fn act_all(&mut self, actions: Vec<Action>) -> Result<(), PlanError> {
        for action in &actions {
            self.simulation().plan().validate_action(action)?;
        }
        let mut before = Edit::of(self.actions.clone(), self.furthest);
        before.future = self.begin_edit();
        for action in actions {
            self.do_now(action)?;
        }
        self.furthest = self.now();
        self.edits.make(before);
        Ok(())
    }

    /// Changes what stands there, from the start: the run begins anew with the same seed, the same users and the same actions, and comes to
    /// the instant where it stood.
    ///
    /// # Errors
    /// If the infrastructure cannot be changed so; the run is then unchanged.
    pub fn edit(&mut self, edit: PlanEdit) -> Result<Edited, EditError> {
        let mut plan = self.plan.clone();
        plan.edit(edit)?;
        let is_possible = |timed: &TimedAction| plan.validate_action(&timed.action).is_ok();
        let (kept, dropped) = self.actions.iter().cloned().partition(is_possible);
        let now = self.now();
        Ok(Edited { dropped, has_arrived: self.put_in_place(plan, kept, now, None) })
    }

    /// Lets users send so many requests a second, from the start: as [`edit`](Self::edit), it comes to the instant where it stood.
    ///
    /// # Errors
    /// If that many cannot be sent (above 0.001 and at most 1,000,000 a second); the run is then unchanged.
    pub fn set_rate(&mut self, rate: f64) -> Result<Edited, PlanError> {
        let mut plan = self.plan.clone();
        plan.workload.rate = rate;
        plan.validate_workload()?;
        let (actions, now) = (self.actions.clone(), self.now());
        let has_arrived = self.put_in_place(plan, actions, now, None);
        Ok(Edited { dropped: Vec::new(), has_arrived })
    }

    /// Takes another run in the place of this one, as one edit of it: its plan, its actions, and where it stands.
    ///
    /// # Errors
    /// If the plan or one of the actions cannot be run; the run is then unchanged.
    pub fn replace(
        &mut self,
        plan: Plan,
        actions: Vec<TimedAction>,
        at: SimTime,
    ) -> Result<(), PlanError> {
        plan.validate_workload()?;
        for timed in &actions {
            plan.validate_action(&timed.action)?;
        }
        let now = self.now();
        self.put_in_place(plan, in_order(actions), at, Some(now));
        Ok(())
    }

    fn put_in_place(
        &mut self,
        plan: Plan,
        actions: Vec<TimedAction>,
        until: SimTime,
        moved_from: Option<SimTime>,
    ) -> bool {
        let now = self.now();
        let actions = std::mem::replace(&mut self.actions, actions);
        let mut before = Edit::of(actions, std::mem::take(&mut self.furthest));
        before.plan = Some(Box::new(std::mem::replace(&mut self.plan, plan)));
        before.is_other = moved_from.is_some();
        before.left = self.begin_anew();
        let has_arrived = self.advance_within(until, permalink::MOST_EVENTS);
        before.at = moved_from.or((!has_arrived).then_some(now));
        self.edits.make(before);
        has_arrived
    }

    /// To the start, as if nothing had been yet; the run as it is left.
    fn begin_anew(&mut self) -> Option<Box<Left>> {
        self.rewind = Rewind::default();
        // The plan was valid when it was taken; it cannot have become invalid.
        let simulation = Simulation::new(&self.plan, self.history).ok()?;
        let start = Left { simulation, series: Series::default(), done: 0, has_arrived: true };
        Some(Box::new(self.exchange(start)))
    }

    /// Takes another run of this plan and these actions up where it was left.
    fn exchange(&mut self, other: Left) -> Left {
        Left {
            simulation: std::mem::replace(&mut self.simulation, other.simulation),
            series: std::mem::replace(&mut self.series, other.series),
            done: std::mem::replace(&mut self.done, other.done),
            has_arrived: std::mem::replace(&mut self.has_arrived, other.has_arrived),
        }
    }

    /// Takes the last edit back: the run comes to the same instant without it, and what it had dropped is there again. Returns the last
    /// action that is gone or, for a restart, that has come back; `None` if there is no edit to take back.
    pub fn undo(&mut self) -> Option<TimedAction> {
        let edit = self.edits.made.pop()?;
        let (after, [gone, come]) = self.swap_in(edit);
        push(&mut self.edits.taken_back, after);
        gone.or(come)
    }

    /// Makes the edit again that was taken back last. Returns the last action that has come back or, for a restart, that is gone.
    pub fn redo(&mut self) -> Option<TimedAction> {
        let edit = self.edits.taken_back.pop()?;
        let (before, [gone, come]) = self.swap_in(edit);
        push(&mut self.edits.made, before);
        come.or(gone)
    }

    /// Whether there is an edit to take back, and one to make again.
    pub fn can_undo_redo(&self) -> [bool; 2] {
        [!self.edits.made.is_empty(), !self.edits.taken_back.is_empty()]
    }

    /// What would be taken back, and what would be made again, in words: an action or how many, an edit of what stands there, another rate,
    /// `restart`, or which other run was taken; empty if there is nothing.
    pub fn names_of_undo_redo(&self) -> [String; 2] {
        let Edits { made, taken_back } = &self.edits;
        let (here, actions) = (&self.plan, self.actions.as_slice());
        let made =
            made.last().map(|edit| edit.name([edit.plan_or(here), here], [&edit.actions, actions]));
        let taken_back = taken_back
            .last()
            .map(|edit| edit.name([here, edit.plan_or(here)], [actions, &edit.actions]));
        [made, taken_back].map(Option::unwrap_or_default)
    }

    /// All actions of the run, those after now too.
    pub fn all_actions(&self) -> &[TimedAction] {
        &self.actions
    }

    /// Puts an edit's actions in the place of those that are there: what was there, the last action that is gone and the last that has come.
    fn swap_in(&mut self, edit: Edit) -> (Edit, [Option<TimedAction>; 2]) {
        let now = self.now();
        let (until, is_other) = (edit.at.unwrap_or(now), edit.is_other);
        let before = std::mem::replace(&mut self.actions, edit.actions);
        let furthest = std::mem::replace(&mut self.furthest, edit.furthest);
        let plan = edit.plan.map(|mut plan| {
            std::mem::swap(&mut self.plan, plan.as_mut());
            plan
        });
        let pairs = before.iter().zip(&self.actions);
        let first = pairs.take_while(|(old, new)| old == new).count();
        let differing = [before.get(first), self.actions.get(first)];
        let last_of = |list: &[TimedAction]| list[first..].last().cloned();
        let told = [last_of(&before), last_of(&self.actions)];
        let from = differing.into_iter().flatten().map(|timed| timed.at).min();
        let mut future = Dropped::default();
        let mut left = edit.left.filter(|left| left.simulation.now() <= until);
        if let Some(other) = left.take() {
            // What was kept on the way is of the run that is left now.
            self.rewind = Rewind::default();
            left = Some(Box::new(self.exchange(*other)));
        } else if plan.is_some() {
            left = self.begin_anew();
        } else {
            if let Some(at) = from {
                future = self.rewind.take_future(at, self.simulation.facts().len());
                self.rewind.forget_after(at, first, self.simulation.facts().len());
                if at <= now {
                    self.go_back(at);
                    // What came after it is no longer ahead, either.
                    self.rewind.forget_after(at, first, self.simulation.facts().len());
                }
            }
            self.approach(until);
        }
        if edit.at.is_some() || plan.is_some() {
            self.advance_within(until, permalink::MOST_EVENTS);
        } else {
            self.advance_to(until);
            // What was told of this course is known again.
            self.rewind.foresee(edit.future, self.simulation.facts().len());
        }
        let at = (edit.at.is_some() || self.now() != now).then_some(now);
        (Edit { at, plan, is_other, left, future, ..Edit::of(before, furthest) }, told)
    }

    /// Back to the start with the same seed and no actions: the same users will come.
    pub fn restart(&mut self) {
        let actions = std::mem::take(&mut self.actions);
        let mut before = Edit::of(actions, std::mem::take(&mut self.furthest));
        before.at = Some(self.now());
        before.left = self.begin_anew();
        self.edits.make(before);
    }
}

/// Puts actions into the order of their times.
pub(super) fn in_order(mut actions: Vec<TimedAction>) -> Vec<TimedAction> {
    small::sort_by_key(&mut actions, |timed| timed.at);
    actions
}

#[cfg(test)]
mod tests;
