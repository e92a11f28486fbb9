//! Undo and redo: what a person's edits made of the actions of a run, or of its plan, edit by edit. An edit in the past drops what was done
//! later; taken back, it brings that back too. An edit of what stands there lets the run begin anew, and come to the same instant.

use super::{Run, permalink};
use crate::infra::{Edit as PlanEdit, EditError};
use crate::kernel::{SimTime, small};
use crate::sim::{Action, Plan, PlanError, TimedAction};

/// So many edits can be taken back.
pub const MOST_EDITS: usize = 200;

/// The actions as they were before an edit, or are after one that was taken back.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    actions: Vec<TimedAction>,
    /// Where the run was, if the edit moved it.
    at: Option<SimTime>,
    /// The plan, if the edit changed it.
    plan: Option<Box<Plan>>,
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
    made: Vec<Edit>,
    taken_back: Vec<Edit>,
}

impl Edits {
    pub(super) fn make(
        &mut self,
        actions: Vec<TimedAction>,
        at: Option<SimTime>,
        plan: Option<Box<Plan>>,
    ) {
        if self.made.len() == MOST_EDITS {
            self.made.remove(0);
        }
        self.made.push(Edit { actions, at, plan });
        self.taken_back.clear();
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
        let before = self.actions.clone();
        for action in actions {
            self.do_now(action)?;
        }
        self.edits.make(before, None, None);
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
        plan.validate()?;
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
        let before = std::mem::replace(&mut self.actions, actions);
        let plan = std::mem::replace(&mut self.plan, plan);
        self.edits.make(before, moved_from, Some(Box::new(plan)));
        self.begin_anew(until)
    }

    /// From the start to this instant, if that takes no more events than a link may; whether it got there.
    fn begin_anew(&mut self, until: SimTime) -> bool {
        self.go_back(SimTime::ZERO);
        self.rewind = super::Rewind::default();
        self.advance_within(until, permalink::MOST_EVENTS)
    }

    /// Takes the last edit back: the run comes to the same instant without it, and what it had dropped is there again. Returns the last
    /// action that is gone or, for a restart, that has come back; `None` if there is no edit to take back.
    pub fn undo(&mut self) -> Option<TimedAction> {
        let edit = self.edits.made.pop()?;
        let (after, [gone, come]) = self.swap_in(edit);
        self.edits.taken_back.push(after);
        gone.or(come)
    }

    /// Makes the edit again that was taken back last. Returns the last action that has come back or, for a restart, that is gone.
    pub fn redo(&mut self) -> Option<TimedAction> {
        let edit = self.edits.taken_back.pop()?;
        let (before, [gone, come]) = self.swap_in(edit);
        self.edits.made.push(before);
        come.or(gone)
    }

    /// Whether there is an edit to take back, and one to make again.
    pub fn can_undo_redo(&self) -> [bool; 2] {
        [!self.edits.made.is_empty(), !self.edits.taken_back.is_empty()]
    }

    /// All actions of the run, those after now too.
    pub fn all_actions(&self) -> &[TimedAction] {
        &self.actions
    }

    /// Puts an edit's actions in the place of those that are there: what was there, the last action that is gone and the last that has come.
    fn swap_in(&mut self, edit: Edit) -> (Edit, [Option<TimedAction>; 2]) {
        let now = self.now();
        let until = edit.at.unwrap_or(now);
        let moved_from = edit.at.map(|_| now);
        let before = std::mem::replace(&mut self.actions, edit.actions);
        let plan = edit.plan.map(|mut plan| {
            std::mem::swap(&mut self.plan, plan.as_mut());
            plan
        });
        let pairs = before.iter().zip(&self.actions);
        let first = pairs.take_while(|(old, new)| old == new).count();
        let differing = [before.get(first), self.actions.get(first)];
        let last_of = |list: &[TimedAction]| list[first..].last().cloned();
        let told = [last_of(&before), last_of(&self.actions)];
        if plan.is_some() {
            self.begin_anew(until);
        } else {
            if let Some(at) = differing.into_iter().flatten().map(|timed| timed.at).min() {
                self.rewind.forget_after(at, first);
                if at <= now {
                    self.go_back(at);
                }
            }
            self.seek(until);
        }
        (Edit { actions: before, at: moved_from, plan }, told)
    }

    /// Back to the start with the same seed and no actions: the same users will come.
    pub fn restart(&mut self) {
        let before = std::mem::take(&mut self.actions);
        let now = self.now();
        self.go_back(SimTime::ZERO);
        self.rewind = super::Rewind::default();
        self.edits.make(before, Some(now), None);
    }
}

/// Puts actions into the order of their times.
pub(super) fn in_order(mut actions: Vec<TimedAction>) -> Vec<TimedAction> {
    small::sort_by_key(&mut actions, |timed| timed.at);
    actions
}
