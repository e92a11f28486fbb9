//! Going back: states of the run that were kept on the way, and the nearest of them as the start of the rest.

use std::sync::Arc;

use super::series::{Series, WINDOW};
use crate::kernel::SimTime;
use crate::sim::{Fact, Simulation};

/// As many states are kept at most; then every other is dropped, and the next are kept half as often. At 200 requests a second
/// each holds about 1 MB (measured: 56 MB of a ten minute run, with what the run itself needs).
pub const MOST_KEPT: usize = 64;
/// So many events lie between two kept states, at first.
const SPACING: u64 = 16_384;

/// States of a run, oldest first, and the facts told after the present one.
#[derive(Clone, Debug)]
pub(super) struct Rewind {
    kept: Vec<Arc<Kept>>,
    spacing: u64,
    /// Facts from this one on were told already when the run was further than now.
    ahead_from: usize,
    ahead: Vec<Fact>,
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
}

impl Default for Rewind {
    fn default() -> Self {
        Self { kept: Vec::new(), spacing: SPACING, ahead_from: 0, ahead: Vec::new() }
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
        let since = SimTime::ZERO + (simulation.now().since(SimTime::ZERO) - WINDOW);
        let facts = simulation.facts().len();
        let simulation = simulation.copy_since(since);
        self.kept.push(Arc::new(Kept { simulation, facts, done, series: series.clone() }));
    }

    /// The latest state from which `at` can be reached.
    pub(super) fn before(&self, at: SimTime) -> Option<&Arc<Kept>> {
        self.kept.iter().rev().find(|kept| kept.simulation.now() < at)
    }

    /// Facts that were told when the run was further than now.
    pub(super) fn facts_ahead(&self, told: usize) -> impl Iterator<Item = &Fact> {
        self.ahead.iter().skip(told.saturating_sub(self.ahead_from))
    }

    /// What was kept later than this is no longer what will happen.
    pub(super) fn forget_after(&mut self, at: SimTime, done: usize) {
        self.kept.retain(|kept| kept.simulation.now() < at && kept.done <= done);
        self.ahead.clear();
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
