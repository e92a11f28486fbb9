//! The network between the machines: how long a crossing takes, and what is lost on the way.

use crate::kernel::SimDuration;

use super::event::Event;
use super::world::Simulation;

impl Simulation {
    /// Something goes from one host to another, back and forth so many times, and what it causes is due when it is there. Within a
    /// machine it takes no time: then it happens at once, as `at_once` does it.
    pub(super) fn send(
        &mut self,
        [from, to]: [usize; 2],
        crossings: u64,
        event: Event,
        at_once: impl FnOnce(&mut Self),
    ) {
        let takes = if from == to { SimDuration::ZERO } else { self.lan_latency() * crossings };
        self.travel(takes, event, at_once);
    }
}
