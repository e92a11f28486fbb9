//! A queueing station: so many workers, a first in first out queue of bounded length before them.

use std::collections::VecDeque;

use super::{Level, SimDuration, SimTime};

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
    busy: Level,
    queue: Level,
    waiting: VecDeque<J>,
    served: u64,
    /// Whether its workers take nothing more.
    is_closed: bool,
}

impl<J> Station<J> {
    /// An idle station.
    pub const fn new(workers: u32, backlog: u32) -> Self {
        let (busy, queue) = (Level::new(), Level::new());
        let waiting = VecDeque::new();
        Self { workers, backlog, busy, queue, waiting, served: 0, is_closed: false }
    }

    /// Whether a job that came now would be let in.
    pub fn has_room(&self) -> bool {
        self.is_free() || (self.waiting.len() as u64) < u64::from(self.backlog)
    }

    /// Whether a worker is free for the next job.
    fn is_free(&self) -> bool {
        self.busy.count() < self.workers && !self.is_closed
    }

    /// A job comes.
    pub fn enter(&mut self, job: J, now: SimTime) -> Entry {
        if self.is_free() {
            self.busy.rise(now);
            return Entry::Served;
        }
        if !self.has_room() {
            return Entry::Rejected;
        }
        self.queue.rise(now);
        self.waiting.push_back(job);
        Entry::Queued
    }

    /// A worker is done: it takes the next waiting job, which is returned and whose service begins now.
    pub fn leave(&mut self, now: SimTime) -> Option<J> {
        self.served += 1;
        let next = if self.is_closed { None } else { self.waiting.pop_front() };
        if next.is_none() {
            self.busy.fall(now);
        } else {
            self.queue.fall(now);
        }
        next
    }

    /// From now on its workers finish what they have and take nothing more, until everything is dropped; who comes waits.
    pub const fn close(&mut self) {
        self.is_closed = true;
    }

    /// Everything is dropped at once, as when the process dies; the jobs that waited are returned in order.
    pub fn clear(&mut self, now: SimTime) -> VecDeque<J> {
        self.is_closed = false;
        self.busy.clear(now);
        self.queue.clear(now);
        std::mem::take(&mut self.waiting)
    }

    /// Workers at work.
    pub const fn busy(&self) -> u32 {
        self.busy.count()
    }

    /// All workers, busy or not.
    pub const fn workers(&self) -> u32 {
        self.workers
    }

    /// Jobs that wait.
    pub fn queue_length(&self) -> usize {
        self.waiting.len()
    }

    /// Jobs served to their end.
    pub const fn served(&self) -> u64 {
        self.served
    }

    /// The time that workers have spent at work, summed over all of them.
    pub fn busy_time(&self, now: SimTime) -> SimDuration {
        self.busy.integral(now)
    }

    /// The time that jobs have waited, summed over all of them.
    pub fn waiting_time(&self, now: SimTime) -> SimDuration {
        self.queue.integral(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_fill_first_then_the_queue_then_the_door_closes() {
        let mut station = Station::new(1, 1);
        let at = SimTime::from_ms;
        assert_eq!(
            [station.enter('a', at(0)), station.enter('b', at(1)), station.enter('c', at(2))],
            [Entry::Served, Entry::Queued, Entry::Rejected]
        );
        assert_eq!(station.leave(at(5)), Some('b'));
        assert_eq!((station.busy(), station.queue_length()), (1, 0));
        assert_eq!(station.leave(at(9)), None);
        assert_eq!((station.busy(), station.served()), (0, 2));
        let spent = [station.busy_time(at(20)), station.waiting_time(at(20))];
        assert_eq!(spent, [SimDuration::from_ms(9), SimDuration::from_ms(4)]);
    }

    #[test]
    fn workers_of_a_closed_station_finish_and_take_nothing_more() {
        let mut station = Station::new(2, 1);
        let at = SimTime::from_ms;
        assert_eq!(station.enter('a', at(0)), Entry::Served);
        station.close();
        assert_eq!(station.enter('b', at(1)), Entry::Queued);
        assert!(!station.has_room());
        assert_eq!(station.leave(at(2)), None);
        assert_eq!((station.busy(), station.queue_length()), (0, 1));
        assert_eq!(station.clear(at(3)), ['b']);
        assert_eq!(station.enter('c', at(4)), Entry::Served);
    }
}
