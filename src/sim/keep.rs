//! A copy of the world to come back to. What only grows or is long past stays out of it, so that many can be kept.

use super::fact::Fact;
use super::world::Simulation;
use crate::kernel::SimTime;

impl Simulation {
    /// A copy without its facts, which are those told so far; of what the history keeps it has what was sent or ended since
    /// `since`, and every failure.
    pub(crate) fn copy_since(&mut self, since: SimTime) -> Self {
        let facts = std::mem::take(&mut self.facts);
        let messages = std::mem::take(&mut self.messages);
        let records = std::mem::take(&mut self.records);
        let mut copy = self.clone();
        let late = messages.iter().filter(|message| message.due_at >= since);
        copy.messages = late.cloned().collect();
        let late = records.iter().filter(|record| record.ended_at >= since || !record.outcome.is_ok());
        copy.records = late.cloned().collect();
        self.facts = facts;
        self.messages = messages;
        self.records = records;
        copy
    }

    /// Takes the facts out, or puts them in.
    pub(crate) const fn facts_mut(&mut self) -> &mut Vec<Fact> {
        &mut self.facts
    }
}
