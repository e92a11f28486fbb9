//! The agenda: what will happen, ordered by time, then first in first out.
//!
//! Two kinds of entry share one order. Ordinary events live in a heap. Deadlines of a constant length (timeouts) are made in the order in which they fall due, so each length has a lane: a
//! plain queue whose head is its earliest entry. Nearly all deadlines are overtaken by the answer they wait for; whoever sets one may say
//! which are void, and those at the head of the lane leave it unseen: so a lane holds hardly more than what is in flight.

use super::heap::{Heap, NEVER};
use super::{SimDuration, SimTime};

/// Everything that will happen, in order.
#[derive(Clone, Debug)]
pub struct Agenda<E> {
    heap: Heap,
    /// The events of the heap, each at the slot that its key names: what the heap moves about stays small.
    events: Vec<E>,
    /// Slots whose event was taken.
    free: Vec<u32>,
    /// The one event of a kind of which there is never a second.
    single: Option<Scheduled<E>>,
    lanes: Vec<Lane<E>>,
    /// The key of each lane's head, [`NEVER`] if it is empty.
    heads: Vec<u128>,
    /// The earliest of those.
    first_head: u128,
    /// The earliest key of heap and lanes.
    earliest: u128,
    sequence: u64,
}

#[derive(Clone, Debug)]
struct Lane<E> {
    length: SimDuration,
    /// In order; those before `head` were taken. Nothing is ever put anywhere but at the end, so that a list is enough.
    entries: Vec<Scheduled<E>>,
    head: usize,
    /// Deadlines made since the void ones were looked for.
    unswept: u8,
}

/// So many deadlines are made before the void ones are looked for again: looking costs more than keeping a few.
const SWEEP: u8 = 8;
/// In a lane with fewer than this they are looked for each time.
const FEW: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Scheduled<E> {
    /// Time in the upper half, then the sequence number, then the slot in the heap's store: one comparison orders by the first two,
    /// and no two keys have those alike.
    key: u128,
    event: E,
}

/// A key's bits for the slot: more events at once than any memory holds. The 36 that are left for the sequence number last for
/// 68 billion events.
const SLOT_BITS: u32 = 28;

impl<E> Default for Agenda<E> {
    fn default() -> Self {
        Self {
            heap: Heap::default(),
            events: Vec::new(),
            free: Vec::new(),
            single: None,
            lanes: Vec::new(),
            heads: Vec::new(),
            first_head: NEVER,
            earliest: NEVER,
            sequence: 0,
        }
    }
}

impl<E: Copy> Agenda<E> {
    /// Schedules `event` for the instant `at`.
    #[inline]
    pub fn schedule(&mut self, at: SimTime, event: E) {
        let scheduled = self.entry(at, event);
        self.push_to_heap(scheduled);
    }

    /// Schedules the one event of a kind of which there is never a second: it needs no heap. If there is one, it is as any other.
    pub fn schedule_single(&mut self, at: SimTime, event: E) {
        let scheduled = self.entry(at, event);
        if self.single.is_some() {
            self.push_to_heap(scheduled);
        } else {
            self.earliest = self.earliest.min(scheduled.key);
            self.single = Some(scheduled);
        }
    }

    /// Schedules `event` for `now + length`, where `length` is one of few constant timeouts and `now` the time of the event taken
    /// last. Now and then it returns a lane in which it is time to [sweep](Self::sweep).
    #[inline]
    pub fn schedule_deadline(
        &mut self,
        now: SimTime,
        length: SimDuration,
        event: E,
    ) -> Option<usize> {
        let known = self.lanes.iter().position(|lane| lane.length == length);
        let index = known.unwrap_or_else(|| self.lay_lane(length));
        let scheduled = self.entry(now + length, event);
        let lane = &mut self.lanes[index];
        if lane.entries.last().is_some_and(|last| last.key > scheduled.key) {
            self.push_to_heap(scheduled);
            return None;
        }
        lane.unswept += 1;
        let is_time = lane.unswept == SWEEP || lane.count() < FEW;
        lane.push(scheduled);
        is_time.then_some(index)
    }

    /// The deadlines of a lane that `is_void` are forgotten as far as they head it. Has to follow when
    /// [`schedule_deadline`](Self::schedule_deadline) asks for it.
    pub fn sweep(&mut self, index: usize, is_void: impl Fn(&E) -> bool) {
        let lane = &mut self.lanes[index];
        lane.unswept = 0;
        // The last is new, and nobody may have begun yet to wait for it.
        while lane.count() > 1 && lane.first().is_some_and(|first| is_void(&first.event)) {
            lane.pop();
        }
        self.head_changed(index);
    }

    /// When the next event is due.
    pub fn next_at(&self) -> Option<SimTime> {
        (self.earliest != NEVER).then(|| time_of(self.earliest))
    }

    /// Takes the next event if it is due before `limit`.
    pub fn pop_before(&mut self, limit: SimTime) -> Option<(SimTime, E)> {
        let key = self.earliest;
        if is_same(key, NEVER) || time_of(key) >= limit {
            return None;
        }
        let event = if is_same(self.heap.first(), key) {
            self.heap.pop();
            let slot = slot_of(key);
            self.free.push(slot);
            self.events[slot as usize]
        } else if self.single.as_ref().is_some_and(|single| is_same(single.key, key)) {
            self.single.take()?.event
        } else {
            let index = self.heads.iter().position(|head| is_same(*head, key))?;
            let lane = &mut self.lanes[index];
            let event = lane.first()?.event;
            lane.pop();
            self.heads[index] = lane.first_key();
            self.find_first_head();
            event
        };
        self.find_earliest();
        Some((time_of(key), event))
    }

    fn push_to_heap(&mut self, scheduled: Scheduled<E>) {
        let slot = if let Some(slot) = self.free.pop() {
            self.events[slot as usize] = scheduled.event;
            slot
        } else {
            self.events.push(scheduled.event);
            (self.events.len() - 1) as u32
        };
        let key = scheduled.key | u128::from(slot);
        self.earliest = self.earliest.min(key);
        self.heap.push(key);
    }

    #[cold]
    fn lay_lane(&mut self, length: SimDuration) -> usize {
        self.lanes.push(Lane { length, entries: Vec::new(), head: 0, unswept: 0 });
        self.heads.push(NEVER);
        self.lanes.len() - 1
    }

    fn head_changed(&mut self, index: usize) {
        let head = self.lanes[index].first_key();
        let before = std::mem::replace(&mut self.heads[index], head);
        if is_same(before, head) {
            return;
        }
        if is_same(before, self.first_head) {
            self.find_first_head();
        } else {
            self.first_head = self.first_head.min(head);
        }
        self.find_earliest();
    }

    fn find_first_head(&mut self) {
        self.first_head = self.heads.iter().fold(NEVER, |first, head| first.min(*head));
    }

    fn find_earliest(&mut self) {
        let heap = self.heap.first();
        let single = self.single.as_ref().map_or(NEVER, |single| single.key);
        self.earliest = heap.min(single).min(self.first_head);
    }

    fn entry(&mut self, at: SimTime, event: E) -> Scheduled<E> {
        self.sequence += 1;
        let order = u128::from(self.sequence) << SLOT_BITS;
        Scheduled { key: u128::from(at.as_ns()) << 64 | order, event }
    }
}

impl<E: Copy> Lane<E> {
    fn count(&self) -> usize {
        self.entries.len() - self.head
    }

    fn first(&self) -> Option<&Scheduled<E>> {
        self.entries.get(self.head)
    }

    fn first_key(&self) -> u128 {
        self.first().map_or(NEVER, |first| first.key)
    }

    fn pop(&mut self) {
        self.head += 1;
        if self.head >= self.entries.len() {
            self.entries.clear();
            self.head = 0;
        }
    }

    #[inline]
    fn push(&mut self, scheduled: Scheduled<E>) {
        if self.entries.len() == self.entries.capacity() {
            self.make_room();
        }
        self.entries.push(scheduled);
    }

    /// Those that were taken make room if they are most of all; else the list grows.
    #[cold]
    fn make_room(&mut self) {
        if self.head > self.entries.len() / 2 {
            self.entries.drain(..self.head);
            self.head = 0;
        } else {
            self.entries.reserve(self.entries.len().max(FEW));
        }
    }
}

const fn slot_of(key: u128) -> u32 {
    key as u32 & ((1 << SLOT_BITS) - 1)
}

/// Whether two keys are of one entry: their lower halves say it, and comparing them is quicker than comparing all.
const fn is_same(one: u128, other: u128) -> bool {
    one as u64 == other as u64
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
                    let due = agenda.schedule_deadline(SimTime::from_ns(*at), SimDuration::from_ns(*length), index);
                    if let Some(lane) = due {
                        agenda.sweep(lane, |_| false);
                    }
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

    /// As a simulation uses it: time goes on, and deadlines become void.
    #[test]
    fn void_deadlines_leave_their_lane_unseen() {
        let mut agenda = Agenda::default();
        let second = SimDuration::from_secs(1);
        let at = |seconds| SimTime::ZERO + SimDuration::from_secs(seconds);
        let set = |agenda: &mut Agenda<&str>, now, length, event| {
            if let Some(lane) = agenda.schedule_deadline(now, length, event) {
                agenda.sweep(lane, |event| *event == "void");
            }
        };
        set(&mut agenda, SimTime::ZERO, second, "void");
        set(&mut agenda, SimTime::ZERO, second, "kept");
        agenda.schedule(at(1), "last");
        assert_eq!(agenda.pop_before(SimTime::MAX), Some((at(1), "kept")));
        set(&mut agenda, at(1), SimDuration::ZERO, "after it");
        assert_eq!(agenda.pop_before(SimTime::MAX), Some((at(1), "last")));
        assert_eq!(agenda.next_at(), Some(at(1)));
        assert_eq!(agenda.pop_before(SimTime::MAX), Some((at(1), "after it")));
        assert_eq!(agenda.pop_before(SimTime::MAX), None);
    }

    /// A lane in which something always waits does not grow with what has gone through it.
    #[test]
    fn a_lane_holds_hardly_more_than_what_waits() {
        let mut agenda = Agenda::default();
        for now in 0..10_000_u64 {
            let length = SimDuration::from_ns(100);
            if let Some(lane) = agenda.schedule_deadline(SimTime::from_ns(now), length, now) {
                agenda.sweep(lane, |made| made + 20 < now);
            }
        }
        assert!(agenda.lanes[0].count() < 20 + 2 * usize::from(SWEEP));
        assert!(
            agenda.lanes[0].entries.capacity() <= 128,
            "{}",
            agenda.lanes[0].entries.capacity()
        );
    }

    #[test]
    fn nothing_at_the_limit_itself_is_taken() {
        let mut agenda = Agenda::default();
        agenda.schedule(SimTime::from_ns(5), ());
        assert!(agenda.pop_before(SimTime::from_ns(5)).is_none());
        assert!(agenda.pop_before(SimTime::from_ns(6)).is_some());
    }
}
