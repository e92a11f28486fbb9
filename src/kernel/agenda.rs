//! The agenda: what will happen, ordered by time, then first in first out.
//!
//! Two kinds of entry share one order. Ordinary events live in a binary heap. Deadlines of a constant length
//! (timeouts) are made in the order in which they fall due, so each length has a lane: a plain queue whose head
//! is its earliest entry. Nearly all deadlines are overtaken by the answer they wait for; in a lane they cost a push
//! and a pop at the ends of a queue instead of growing the heap.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::{SimDuration, SimTime};

/// Everything that will happen, in order.
#[derive(Clone, Debug)]
pub struct Agenda<E> {
    heap: BinaryHeap<Reverse<Scheduled<E>>>,
    lanes: Vec<Lane<E>>,
    sequence: u64,
}

#[derive(Clone, Debug)]
struct Lane<E> {
    length: SimDuration,
    queue: VecDeque<Scheduled<E>>,
}

#[derive(Clone, Copy, Debug)]
struct Scheduled<E> {
    /// Time in the upper half, sequence number in the lower: one comparison orders both.
    key: u128,
    event: E,
}

impl<E> PartialEq for Scheduled<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl<E> Eq for Scheduled<E> {}
impl<E> PartialOrd for Scheduled<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Scheduled<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl<E> Default for Agenda<E> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), lanes: Vec::new(), sequence: 0 }
    }
}

enum Head {
    Heap,
    Lane(usize),
}

impl<E> Agenda<E> {
    /// Schedules `event` for the instant `at`.
    pub fn schedule(&mut self, at: SimTime, event: E) {
        let scheduled = self.entry(at, event);
        self.heap.push(Reverse(scheduled));
    }

    /// Schedules `event` for `now + length`, where `length` is one of few constant timeouts.
    pub fn schedule_deadline(&mut self, now: SimTime, length: SimDuration, event: E) {
        let scheduled = self.entry(now + length, event);
        let known = self.lanes.iter().position(|lane| lane.length == length);
        let index = known.unwrap_or_else(|| {
            self.lanes.push(Lane { length, queue: VecDeque::new() });
            self.lanes.len() - 1
        });
        let queue = &mut self.lanes[index].queue;
        if queue.back().is_none_or(|last| last.key < scheduled.key) {
            queue.push_back(scheduled);
        } else {
            self.heap.push(Reverse(scheduled));
        }
    }

    /// When the next event is due.
    pub fn next_at(&self) -> Option<SimTime> {
        self.head().map(|(key, _)| time_of(key))
    }

    /// Takes the next event if it is due before `limit`.
    pub fn pop_before(&mut self, limit: SimTime) -> Option<(SimTime, E)> {
        let (key, head) = self.head()?;
        if time_of(key) >= limit {
            return None;
        }
        let scheduled = match head {
            Head::Heap => self.heap.pop()?.0,
            Head::Lane(index) => self.lanes[index].queue.pop_front()?,
        };
        Some((time_of(scheduled.key), scheduled.event))
    }

    fn entry(&mut self, at: SimTime, event: E) -> Scheduled<E> {
        self.sequence += 1;
        Scheduled { key: u128::from(at.as_ns()) << 64 | u128::from(self.sequence), event }
    }

    fn head(&self) -> Option<(u128, Head)> {
        let mut best = self.heap.peek().map(|top| (top.0.key, Head::Heap));
        for (index, lane) in self.lanes.iter().enumerate() {
            if let Some(first) = lane.queue.front()
                && best.as_ref().is_none_or(|(key, _)| first.key < *key)
            {
                best = Some((first.key, Head::Lane(index)));
            }
        }
        best
    }
}

fn time_of(key: u128) -> SimTime {
    SimTime::from_ns((key >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The law of the agenda: by time, then in the order of scheduling, whichever way it was scheduled.
        #[test]
        fn events_come_by_time_then_in_the_order_they_were_made(
            entries in prop::collection::vec((0_u64..50, 0_u64..4), 1..200)
        ) {
            let mut agenda = Agenda::default();
            let mut expected = Vec::new();
            for (index, (at, length)) in entries.iter().enumerate() {
                if *length == 0 {
                    agenda.schedule(SimTime::from_ns(*at), index);
                    expected.push((*at, index));
                } else {
                    agenda.schedule_deadline(SimTime::from_ns(*at), SimDuration::from_ns(*length), index);
                    expected.push((at + length, index));
                }
            }
            expected.sort_unstable();
            let mut seen = Vec::new();
            while let Some((at, index)) = agenda.pop_before(SimTime::MAX) {
                seen.push((at.as_ns(), index));
            }
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn nothing_at_the_limit_itself_is_taken() {
        let mut agenda = Agenda::default();
        agenda.schedule(SimTime::from_ns(5), ());
        assert!(agenda.pop_before(SimTime::from_ns(5)).is_none());
        assert!(agenda.pop_before(SimTime::from_ns(6)).is_some());
    }
}
