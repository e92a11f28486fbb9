//! A queueing station: so many workers, a first in first out queue of bounded length before them.

use std::collections::VecDeque;

/// What became of a job that came to a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A worker was free: service begins now.
    Served,
    /// All workers are busy: it waits.
    Queued,
    /// The queue is full: it was not let in.
    Rejected,
}

/// A station with `workers` servers in the sense of queueing theory, and room for `backlog` waiting jobs.
#[derive(Clone, Debug)]
pub struct Station<J> {
    workers: u32,
    backlog: u32,
    busy: u32,
    waiting: VecDeque<J>,
}

impl<J> Station<J> {
    /// An idle station.
    pub const fn new(workers: u32, backlog: u32) -> Self {
        Self { workers, backlog, busy: 0, waiting: VecDeque::new() }
    }

    /// Whether a job that came now would be let in.
    pub fn has_room(&self) -> bool {
        self.busy < self.workers || (self.waiting.len() as u64) < u64::from(self.backlog)
    }

    /// A job comes.
    pub fn enter(&mut self, job: J) -> Entry {
        if self.busy < self.workers {
            self.busy += 1;
            return Entry::Served;
        }
        if !self.has_room() {
            return Entry::Rejected;
        }
        self.waiting.push_back(job);
        Entry::Queued
    }

    /// A worker is done: it takes the next waiting job, which is returned and whose service begins now.
    pub fn leave(&mut self) -> Option<J> {
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.busy = self.busy.saturating_sub(1);
        }
        next
    }

    /// Everything is dropped at once, as when the process dies; the jobs that waited are returned in order.
    pub fn clear(&mut self) -> VecDeque<J> {
        self.busy = 0;
        std::mem::take(&mut self.waiting)
    }

    /// Workers at work.
    pub const fn busy(&self) -> u32 {
        self.busy
    }

    /// All workers, busy or not.
    pub const fn workers(&self) -> u32 {
        self.workers
    }

    /// Jobs that wait.
    pub fn queue_length(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_fill_first_then_the_queue_then_the_door_closes() {
        let mut station = Station::new(1, 1);
        assert_eq!(
            [station.enter('a'), station.enter('b'), station.enter('c')],
            [Entry::Served, Entry::Queued, Entry::Rejected]
        );
        assert_eq!(station.leave(), Some('b'));
        assert_eq!((station.busy(), station.queue_length()), (1, 0));
        assert_eq!(station.leave(), None);
        assert_eq!(station.busy(), 0);
    }
}
