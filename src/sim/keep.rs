//! A copy of the world to come back to. What only grows or is long past stays out of it, so that many can be kept.

use std::sync::Arc;

use super::fact::Fact;
use super::snapshot::{Message, MessageKind};
use super::world::Simulation;
use crate::kernel::SimTime;

impl Simulation {
    /// A copy without its facts, which are those told so far. Of what the history keeps it has the failures, what is on its
    /// way, and what went in or came back as an error since `since`.
    pub(crate) fn copy_since(&mut self, since: SimTime) -> Self {
        let facts = std::mem::take(&mut self.facts);
        let messages = std::mem::take(&mut self.messages);
        let records = std::mem::take(&mut self.records);
        let mut copy = self.clone();
        let matters = |message: &&Arc<Message>| {
            let is_counted = message.kind != MessageKind::Answer;
            message.due_at >= self.now || is_counted && message.sent_at >= since
        };
        copy.messages = messages.iter().filter(matters).cloned().collect();
        copy.records = records.iter().filter(|record| !record.outcome.is_ok()).cloned().collect();
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
