//! Going back: states of the run that were kept on the way, and the nearest of them as the start of the rest.

use std::sync::Arc;

use super::series::{Series, WINDOW};
use crate::kernel::SimTime;
use crate::sim::{Fact, Simulation};

/// As many states are kept at most; then every other is dropped, and the next are kept half as often. At 200 requests a second
/// each holds about 1 MB (measured: 56 MB of a ten minute run, with what the run itself needs).
pub const MOST_KEPT: usize = 64;
/// Besides, so many states from just before what a person did: undo mostly takes the last edit back, and begins there.
pub(super) const MOST_ACTED: usize = 8;
/// A kept state that lies so many events back or less is near enough to begin at.
const NEAR: u64 = 4_096;
/// So many events lie between two kept states, at first.
const SPACING: u64 = 20_480;

/// States of a run, oldest first, and the facts told after the present one.
#[derive(Clone, Debug)]
pub(super) struct Rewind {
    kept: Vec<Arc<Kept>>,
    spacing: u64,
    /// From just before the last edits, oldest first.
    acted: Vec<Arc<Kept>>,
    /// Facts from this one on were told already when the run was further than now.
    ahead_from: usize,
    ahead: Vec<Fact>,
}

/// Facts of a course that the run has left: those from this one on, counted from the start.
#[derive(Clone, Debug, Default)]
pub(super) struct Dropped {
    from: usize,
    pub(super) facts: Vec<Fact>,
}

/// A state of a run.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) simulation: Simulation,
    /// How many facts had been told.
    pub(super) facts: usize,
    /// How many actions had been done.
    pub(super) done: usize,
    pub(super) series: Series,
    /// Whether nothing that is due at its instant has happened yet.
    pub(super) has_arrived: bool,
}

impl Kept {
    fn of(
        simulation: &mut Simulation,
        done: usize,
        series: &Series,
        has_arrived: bool,
    ) -> Arc<Self> {
        let since = SimTime::ZERO + (simulation.now().since(SimTime::ZERO) - WINDOW);
        let facts = simulation.facts().len();
        let simulation = simulation.copy_since(since);
        Arc::new(Self { simulation, facts, done, series: series.clone(), has_arrived })
    }

    /// Whether everything due at `at` is still to come.
    fn precedes(&self, at: SimTime) -> bool {
        let now = self.simulation.now();
        now < at || (now == at && self.has_arrived)
    }
}

impl Default for Rewind {
    fn default() -> Self {
        let (kept, acted, ahead) = (Vec::new(), Vec::new(), Vec::new());
        Self { kept, spacing: SPACING, acted, ahead_from: 0, ahead }
    }
}

impl Rewind {
    /// How many events from now until the next state is due to be kept; 0: now.
    pub(super) fn due_in(&self, events: u64) -> u64 {
        let last = self.kept.last().map_or(0, |kept| kept.simulation.events());
        (last + self.spacing).saturating_sub(events)
    }

    /// Keeps a state, later than all others.
    pub(super) fn keep(&mut self, simulation: &mut Simulation, done: usize, series: &Series) {
        if self.kept.len() == MOST_KEPT {
            self.spacing *= 2;
            let mut is_odd = false;
            self.kept.retain(|_| {
                is_odd = !is_odd;
                !is_odd
            });
        }
        self.kept.push(Kept::of(simulation, done, series, false));
    }

    /// Keeps the state in which a person is about to do something, unless one is near; of older ones of that kind only the last.
    pub(super) fn keep_before_edit(
        &mut self,
        simulation: &mut Simulation,
        done: usize,
        series: &Series,
    ) {
        self.forget_after(simulation.now(), done, simulation.facts().len());
        let nearest = self.before(simulation.now()).map_or(0, |kept| kept.simulation.events());
        if simulation.events() - nearest <= NEAR {
            return;
        }
        if self.acted.len() == MOST_ACTED {
            self.acted.remove(0);
        }
        self.acted.push(Kept::of(simulation, done, series, true));
    }

    /// The latest state from which `at` can be reached.
    pub(super) fn before(&self, at: SimTime) -> Option<&Arc<Kept>> {
        let latest = |all: &[Arc<Kept>]| all.iter().rposition(|kept| kept.precedes(at));
        let kept = latest(&self.kept).map(|index| &self.kept[index]);
        let acted = latest(&self.acted).map(|index| &self.acted[index]);
        let is_later = |acted: &&Arc<Kept>| {
            kept.is_none_or(|kept| kept.simulation.events() <= acted.simulation.events())
        };
        acted.filter(is_later).or(kept)
    }

    /// Facts that were told when the run was further than now.
    pub(super) fn facts_ahead(&self, told: usize) -> impl Iterator<Item = &Fact> {
        self.ahead.iter().skip(told.saturating_sub(self.ahead_from))
    }

    /// What was told ahead of now and not before this instant, taken out: the run is about to take another course there. `told`: how many
    /// facts the run has now.
    pub(super) fn take_future(&mut self, at: SimTime, told: usize) -> Dropped {
        let known = told.saturating_sub(self.ahead_from).min(self.ahead.len());
        let known = known.max(self.ahead.partition_point(|fact| fact.at < at));
        Dropped { from: self.ahead_from + known, facts: self.ahead.split_off(known) }
    }

    /// The run is on its former course again, and knows what was told of it; unless facts between are missing. `told`: how many it has now.
    pub(super) fn foresee(&mut self, future: Dropped, told: usize) {
        // If nothing was told ahead, what is known of the way to the edit stays.
        if told >= future.from && !future.facts.is_empty() {
            (self.ahead_from, self.ahead) = (future.from, future.facts);
        } else if self.ahead_from + self.ahead.len() == future.from {
            self.ahead.extend(future.facts);
        }
    }

    /// What was kept later than this, or after more actions, is no longer what will happen. `told`: how many facts the run has now.
    pub(super) fn forget_after(&mut self, at: SimTime, done: usize, told: usize) {
        self.ahead.truncate(self.ahead.partition_point(|fact| fact.at < at));
        // A state whose facts are not all here any more could not be gone to.
        let known = told.max(self.ahead_from + self.ahead.len());
        let holds =
            |kept: &Arc<Kept>| kept.precedes(at) && kept.done <= done && kept.facts <= known;
        self.kept.retain(holds);
        self.acted.retain(holds);
    }

    /// Puts the first `count` facts into a copy that takes the place of `present`.
    pub(super) fn hand_over(
        &mut self,
        present: &mut Simulation,
        mut copy: Simulation,
        count: usize,
    ) {
        let mut facts = std::mem::take(present.facts_mut());
        let told = facts.len();
        let known_ahead = |fact: usize| fact.saturating_sub(self.ahead_from).min(self.ahead.len());
        if count < told {
            let mut later = facts.split_off(count);
            later.extend(self.ahead.drain(known_ahead(told)..));
            self.ahead = later;
            self.ahead_from = count;
        } else {
            let (from, to) = (known_ahead(told), known_ahead(count));
            facts.extend(self.ahead.drain(..to).skip(from));
            self.ahead_from += to;
        }
        *copy.facts_mut() = facts;
        *present = copy;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::run::Run;
    use crate::sim::{History, Plan};

    #[test]
    fn few_states_are_kept_however_much_a_person_does() {
        let mut plan = Plan::new(Preset::Brief.infrastructure(), 1);
        plan.workload.rate = 100.0;
        let mut run = Run::new(plan, History::Recent).unwrap();
        for second in 1..40 {
            run.advance_to(SimTime::from_ms(second * 1_000));
            let verb = if second % 2 == 1 { "kill" } else { "restore" };
            run.act(format!("{verb} app-1").parse().unwrap()).unwrap();
            assert!(run.rewind.acted.len() <= MOST_ACTED);
        }
        assert_eq!(run.rewind.acted.len(), MOST_ACTED);
        assert_eq!(run.rewind.spacing, SPACING, "what is kept on the way is not thinned by it");
    }
}
