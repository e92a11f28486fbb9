//! How long requests take, as `show stat` tells it: `qtime`, `ctime`, `rtime`, `ttime` and their greatest values (HAProxy 2.6
//! management guide 9.1; how they are averaged, measured on 2.6.12). Kept only where requests are told, so that a long run does not
//! pay for it.

use super::proxy::Proxy;
use crate::kernel::SimTime;

/// So many requests an average goes over. The management guide says 1024; the real program takes 512.
const WINDOW: u64 = 512;

/// What a request has come to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    /// The process has all of it.
    Came,
    /// It has left the queues, for a server.
    Placed,
    /// Its connection to the server stands.
    Connected,
}

/// When a request came to each [`Mark`].
pub(super) type Marks = [SimTime; 3];

/// Milliseconds in queues, connecting, until the answer, and altogether.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    sums: [u64; 4],
    greatest: [u64; 4],
}

impl Times {
    /// A request has been answered, which is one of so many answers.
    fn add(&mut self, times: [u64; 4], answers: u64) {
        for ((sum, greatest), time) in self.sums.iter_mut().zip(&mut self.greatest).zip(times) {
            if answers > WINDOW {
                *sum -= sum.div_ceil(WINDOW);
            }
            *sum += time;
            *greatest = time.max(*greatest);
        }
    }

    /// The averages after so many answers, rounded up.
    pub(super) fn averages(&self, answers: u64) -> [u64; 4] {
        self.sums.map(|sum| sum.div_ceil(answers.clamp(1, WINDOW)))
    }

    /// The greatest there have been.
    pub(super) const fn greatest(&self) -> [u64; 4] {
        self.greatest
    }
}

impl Proxy {
    /// A request has come to a mark.
    #[inline]
    pub(super) fn mark(&mut self, id: u32, mark: Mark) {
        if self.is_telling {
            self.note(id, mark);
        }
    }

    #[cold]
    fn note(&mut self, id: u32, mark: Mark) {
        let place = id as usize;
        if self.marks.len() <= place {
            self.marks.resize(place + 1, Marks::default());
        }
        self.marks[place][mark as usize] = self.now;
        if matches!(mark, Mark::Came) {
            self.request_rate.count(self.now);
        }
    }

    /// A server has answered a request, which the counters know already.
    #[inline]
    pub(super) fn time(&mut self, id: u32, server: u16) {
        if self.is_telling {
            self.add_up(id, server);
        }
    }

    #[cold]
    fn add_up(&mut self, id: u32, server: u16) {
        // A request that came before anybody wanted to know has no marks.
        let Some(marks) = self.marks.get(id as usize) else { return };
        let [came, placed, connected] = *marks;
        let until = |at: SimTime| at.since(came).as_ns() / 1_000_000;
        let (queued, connecting, all) = (until(placed), until(connected), until(self.now));
        let times =
            [queued, connecting.saturating_sub(queued), all.saturating_sub(connecting), all];
        let of = &mut self.servers[server as usize];
        of.counters.add_times(times);
        self.backends[of.backend as usize].counters.add_times(times);
    }
}

impl super::stats::Counters {
    fn add_times(&mut self, times: [u64; 4]) {
        let answers = self.all_answers();
        self.times.add(times, answers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(times: &[u64]) -> Times {
        let mut all = Times::default();
        for (index, time) in times.iter().enumerate() {
            all.add([*time; 4], index as u64 + 1);
        }
        all
    }

    /// As HAProxy 2.6.12 told it of one server that took a second, then next to nothing, then a second again.
    #[test]
    fn few_requests_are_averaged_as_they_are() {
        let took = [1003, 5, 4, 0, 1004, 0, 0];
        let told = [1003, 504, 338, 253, 404, 336, 288];
        for (index, average) in told.iter().enumerate() {
            let count = index + 1;
            assert_eq!(after(&took[..count]).averages(count as u64), [*average; 4], "{count}");
        }
        assert_eq!(after(&took).greatest(), [1004; 4]);
    }

    /// After 1100 quick requests one of 5 s made the real average 10 ms: 5000 / 512, rounded up. With 1024 it would have been 5.
    #[test]
    fn many_are_averaged_over_the_last_512() {
        let mut took = vec![0; 1100];
        took.push(5000);
        assert_eq!(after(&took).averages(1101), [10; 4]);
        took.extend([0; 512]);
        let later = after(&took).averages(1613)[0];
        assert!((3..=4).contains(&later), "{later}: of an old one a third is left");
        assert_eq!(Times::default().averages(0), [0; 4]);
    }
}
