//! What sets out over the network, counted while the run goes on. The run keeps only its last messages ([`MESSAGE_LIMIT`]), which at thousands
//! of requests a second are less than a second's: so they are read every so many events, and what was gone before it was read is known.
//!
//! [`MESSAGE_LIMIT`]: crate::sim::MESSAGE_LIMIT

use std::collections::BTreeMap;
use std::sync::Arc;

use super::judged::{Judged, add, judged};
use super::samples::{Way, place};
use crate::infra::Infrastructure;
use crate::kernel::{SimDuration, SimTime};
use crate::run::Run;
use crate::sim::{Message, MessageKind};

/// The messages are read at least once in so many events. One event rarely sends more than a few, and some thousand times as many are kept.
pub(super) const EVENTS_AT_ONCE: u32 = 2_000;
/// What a machine was asked longer ago is given up: nobody waits for it any more.
const LONGEST: SimDuration = SimDuration::from_secs(60);
/// So many seconds of a machine's answers the percentiles of its response times are of: as many as those of the site.
const PERCENTILES_OF: usize = 5;
/// Which percentiles.
const SHARES: [f64; 3] = [0.50, 0.95, 0.99];

/// How many states of the tally are kept over the whole of a long run; besides these, more of the last seconds.
const MOST_KEPT: usize = 64;
/// Of the last seconds each has its state for as long; then they lie twice as far apart, for twice as long, and so on.
const DENSE: usize = 8;
/// What the kept states may hold together of what machines have been asked, some 80 bytes each.
const MOST_ASKED: usize = 400_000;

/// What was read of the second that is under way, and what goes on from second to second.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// How many messages there had been when they were read last.
    read: u64,
    /// How many of this second were gone by then.
    missed: u64,
    ways: Vec<Way>,
    /// What the rules of the firewall decided about.
    judged: Vec<Judged>,
    /// How long each answer took, in microseconds, machine by machine.
    times: Vec<Vec<u32>>,
    /// The same of the last seconds, the newest last.
    before: Vec<Arc<Vec<Vec<u32>>>>,
    /// When machines were asked what they have not answered, by the request, who asked whom, and the message.
    asked: BTreeMap<(u64, [usize; 2], u64), SimTime>,
}

/// What a second came to.
#[derive(Debug)]
pub(super) struct Second {
    pub(super) ways: Vec<Way>,
    pub(super) judged: Vec<Judged>,
    /// Milliseconds of each machine's answers of the last five seconds: the median, the 95th and the 99th percentile by nearest rank; 0 if
    /// it gave none.
    pub(super) percentiles: Vec<[f64; 3]>,
    /// How many messages could not be read.
    pub(super) missed: u64,
}

impl Tally {
    /// Reads what has set out since the last time.
    pub(super) fn take_in(&mut self, run: &Run) {
        let simulation = run.simulation();
        let infrastructure = &simulation.plan().infrastructure;
        self.times.resize_with(infrastructure.hosts.len(), Vec::new);
        let messages = simulation.messages();
        let (count, kept) = (simulation.message_count(), messages.len() as u64);
        let fresh = count - self.read;
        let there = fresh.min(kept);
        self.missed += fresh - there;
        self.read = count - there;
        let fresh = messages.skip((kept - there) as usize);
        add(&mut self.judged, judged(simulation, fresh.clone().rev().map(|message| &**message)));
        for message in fresh {
            self.read += 1;
            self.hear(infrastructure, message);
        }
    }

    fn hear(&mut self, infrastructure: &Infrastructure, message: &Message) {
        let ends = [&message.from, &message.to].map(|end| place(infrastructure, end));
        let known = self.ways.iter().position(|way| way.ends == ends);
        let known = known.unwrap_or(self.ways.len());
        if known == self.ways.len() {
            self.ways.push(Way { ends, lost: 0, answers: 0, errors: 0 });
        }
        let way = &mut self.ways[known];
        match message.kind {
            MessageKind::Request => {
                self.asked.insert((message.request, ends, self.read), message.due_at);
            }
            MessageKind::Lost => way.lost += 1,
            MessageKind::Answer => {
                way.answers += 1;
                self.answered(message, ends);
            }
            MessageKind::Error => {
                way.errors += 1;
                self.answered(message, ends);
            }
        }
    }

    /// A machine answers what it was asked last of this request.
    fn answered(&mut self, message: &Message, [from, to]: [usize; 2]) {
        let of = |number| (message.request, [to, from], number);
        let last = self.asked.range(of(0)..=of(u64::MAX)).next_back();
        let Some((asked, at)) = last.map(|(asked, at)| (*asked, *at)) else { return };
        self.asked.remove(&asked);
        let took = message.sent_at.since(at);
        let us = u32::try_from(took.as_ns() / 1_000).unwrap_or(u32::MAX);
        // The users are the first place.
        if let Some(times) = from.checked_sub(1).and_then(|host| self.times.get_mut(host)) {
            times.push(us);
        }
    }

    /// The second is over: what it came to.
    pub(super) fn end_second(&mut self, now: SimTime) -> Second {
        let hosts = self.times.len();
        self.before.push(Arc::new(std::mem::take(&mut self.times)));
        if self.before.len() > PERCENTILES_OF {
            self.before.remove(0);
        }
        self.asked.retain(|_, at| now.since(*at) < LONGEST);
        Second {
            ways: std::mem::take(&mut self.ways),
            judged: std::mem::take(&mut self.judged),
            percentiles: (0..hosts).map(|host| self.percentiles(host)).collect(),
            missed: std::mem::take(&mut self.missed),
        }
    }

    fn percentiles(&self, host: usize) -> [f64; 3] {
        let times = self.before.iter().filter_map(|second| second.get(host));
        let mut times: Vec<u32> = times.flatten().copied().collect();
        if times.is_empty() {
            return [0.0; 3];
        }
        SHARES.map(|share| {
            let rank = libm::ceil(share * times.len() as f64) as usize;
            let (_, us, _) = times.select_nth_unstable(rank.max(1) - 1);
            f64::from(*us) / 1_000.0
        })
    }
}

/// States of the tally at whole seconds, from which the way to a later instant can begin: those of the last seconds, and sparser ones further
/// back, as the run keeps its own. So many that a way back costs at most some thirtieth of the run.
#[derive(Debug, Default)]
pub(super) struct Frames(Vec<(usize, Tally)>);

impl Frames {
    /// Keeps the state at this second, later than all others.
    pub(super) fn keep(&mut self, second: usize, tally: &Tally) {
        self.0.push((second, tally.clone()));
        let even = second.div_ceil(MOST_KEPT).next_power_of_two();
        let apart = |age: usize| (age / DENSE).next_power_of_two().min(even);
        self.0.retain(|(own, _)| own.is_multiple_of(apart(second - own)));
        let asked: usize = self.0.iter().map(|(_, own)| own.asked.len()).sum();
        if asked > MOST_ASKED {
            // The newest stays.
            let mut stays = self.0.len().is_multiple_of(2);
            self.0.retain(|_| {
                stays = !stays;
                stays
            });
        }
    }

    /// Goes back to the last state that is not later than this second: which it is. `None`: one begins anew.
    pub(super) fn back_to(&mut self, second: usize) -> Option<(usize, Tally)> {
        self.0.retain(|(own, _)| *own <= second);
        self.0.last().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::Sample;
    use super::*;
    use crate::run::permalink;
    use crate::sim::{History, RequestRecord};

    /// A balancer has an answer as long as its users wait for it, but for their way to the site and back.
    #[test]
    fn the_times_of_the_balancers_are_those_of_the_users() {
        let (mut run, _) = permalink::begin("run/1/brief;seed=1", History::Recent).unwrap();
        let (mut tally, mut times) = (Tally::default(), Vec::new());
        let mut total = 0;
        for second in 0..=20 {
            run.advance_to(SimTime::from_ms(second * 1_000));
            tally.take_in(&run);
            let sample = Sample::of(&run, &mut tally);
            total = sample.outcomes.iter().sum();
            times.extend(tally.before.last().unwrap()[..2].iter().flatten().copied());
        }
        let records: Vec<&RequestRecord> = run.simulation().records().collect();
        let on_its_way = |record: &&&RequestRecord| {
            record.ended_at.since(SimTime::ZERO) + SimDuration::from_ms(20)
                > SimDuration::from_secs(20)
        };
        let late = records.iter().filter(on_its_way).count();
        assert!(times.len() >= records.len() - late, "{} of {}", times.len(), records.len());
        times.sort_unstable();
        let mut whole: Vec<SimDuration> =
            records.iter().map(|record| record.response_time()).collect();
        whole.sort_unstable();
        let middle = |count: usize| count / 2;
        let own = f64::from(times[middle(times.len())]) / 1_000.0;
        let whole = whole[middle(whole.len())].as_ms_f64();
        assert!(own > 0.0 && own < whole, "{own} {whole}");
        assert_eq!(total, run.simulation().record_count());
    }

    /// Against the times themselves, put in order.
    #[test]
    fn percentiles_are_of_the_last_five_seconds_by_nearest_rank() {
        let mut tally = Tally::default();
        let mut found = Vec::new();
        for second in 0..8_u32 {
            tally.times = vec![Vec::new(), (0..25).map(|place| 1_000 * (place * 7 % 25)).collect()];
            tally.times[1].iter_mut().for_each(|us| *us += 100_000 * second);
            found = tally.end_second(SimTime::ZERO).percentiles;
        }
        let found: Vec<_> = found.into_iter().map(|own| own.map(|ms| ms as u32)).collect();
        // Of the 125 times of the seconds 3 to 7 those at the 63rd, 119th and 124th place.
        assert_eq!(found, [[0; 3], [512, 718, 723]]);
    }

    /// What is gone before it is read is known, and so much is not told as if it were all.
    #[test]
    fn what_could_not_be_read_is_counted() {
        let link = "run/1/brief;seed=1;rate=20000";
        let (mut run, _) = permalink::begin(link, History::Recent).unwrap();
        let mut tally = Tally::default();
        run.advance_to(SimTime::from_ms(2_000));
        tally.take_in(&run);
        let there = run.simulation().messages().len() as u64;
        let all = run.simulation().message_count();
        assert!(all > there);
        assert_eq!(Sample::of(&run, &mut tally).missed, all - there);
        run.advance_to(SimTime::from_ms(2_001));
        tally.take_in(&run);
        assert_eq!(Sample::of(&run, &mut tally).missed, 0);
    }

    /// However long a run is, few states are kept, and the way from one of them to any second is short.
    #[test]
    fn any_way_back_is_short_and_few_states_are_kept() {
        for end in [10, 60, 130, 500, 3_600, 10_800] {
            let mut frames = Frames::default();
            for second in 0..=end {
                frames.keep(second, &Tally::default());
            }
            assert!(frames.0.len() <= MOST_KEPT + 4 * DENSE, "{end}: {}", frames.0.len());
            for second in (0..=end).rev() {
                let (from, _) = frames.back_to(second).unwrap();
                let way = second - from;
                assert!(way <= end / 32 + 1 && way <= (end - second) / 3 + 1, "{end}: {second}");
            }
        }
    }

    /// What they hold together is bounded, too.
    #[test]
    fn states_that_hold_much_are_fewer() {
        let mut tally = Tally::default();
        for number in 0..MOST_ASKED as u64 / 10 {
            tally.asked.insert((number, [0, 1], number), SimTime::ZERO);
        }
        let mut frames = Frames::default();
        for second in 0..30 {
            frames.keep(second, &tally);
            assert!(frames.0.len() <= 10, "{second}");
            assert_eq!(frames.0.last().map(|(own, _)| *own), Some(second));
        }
    }
}
