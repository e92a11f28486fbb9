//! A queue of requests: by priority class, then first in first out (HAProxy 2.6 manual 4.2 `timeout queue`, 5.2 `maxconn`).

use std::collections::VecDeque;

use crate::kernel::SimTime;

/// Requests that wait, in the order in which they will be served.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    entries: VecDeque<Entry>,
    /// Requests dequeued so far.
    pub(super) dequeued: u32,
    /// The most that ever waited.
    pub(super) max: u32,
}

/// A request that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) stream: u32,
    pub(super) class: i32,
    pub(super) since: SimTime,
}

impl Entry {
    /// Queue times are compared in milliseconds.
    pub(super) const fn rank(&self) -> (i32, u64) {
        (self.class, self.since.as_ns() / 1_000_000)
    }
}

impl Waiting {
    pub(super) fn len(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Those who wait, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Nearly always at the end.
    pub(super) fn push(&mut self, entry: Entry) {
        let later =
            self.entries.iter().rev().take_while(|other| other.rank() > entry.rank()).count();
        self.entries.insert(self.entries.len() - later, entry);
        self.max = self.max.max(self.len());
    }

    pub(super) fn head(&self) -> Option<&Entry> {
        self.entries.front()
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        self.entries.pop_front()
    }

    /// The place of a request in the log, that came when `index` had been dequeued: those before it, and itself.
    pub(super) const fn place(&self, index: u32) -> u32 {
        self.dequeued.wrapping_sub(index) + 1
    }

    /// Takes out a request that waits no longer.
    pub(super) fn remove(&mut self, stream: u32) {
        self.entries.retain(|entry| entry.stream != stream);
    }

    /// Takes out all, in order.
    pub(super) fn drain(&mut self) -> Vec<u32> {
        self.entries.drain(..).map(|entry| entry.stream).collect()
    }
}
