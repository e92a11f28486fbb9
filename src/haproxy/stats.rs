//! What a process counts, and what of it is asked between the pages of statistics (`rows`).

use super::proxy::Proxy;
use super::server::Status;
use super::stream::Phase;
use super::times::Times;
use crate::kernel::{SimDuration, SimTime};

/// What is counted for a frontend, a backend or a server.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    /// Requests (a frontend's).
    pub(super) requests: u64,
    /// Connections that were answered 408 for want of a request.
    pub(super) request_errors: u64,
    /// Sessions; a server's are its connection attempts.
    pub(super) sessions: u64,
    pub(super) max_sessions: u32,
    pub(super) connection_errors: u64,
    pub(super) response_errors: u64,
    pub(super) retries: u64,
    pub(super) redispatches: u64,
    pub(super) check_failures: u64,
    pub(super) went_down: u64,
    pub(super) picks: u64,
    pub(super) server_aborts: u64,
    pub(super) traffic_errors: u64,
    pub(super) downtime: SimDuration,
    /// Answers by hundreds: 1xx to 5xx, and others.
    pub(super) answers: [u64; 6],
    pub(super) rate: Rate,
    pub(super) times: Times,
    pub(super) last_session: Option<SimTime>,
}

/// So many a second: this second's so far and what the last one leaves.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rate {
    second: u64,
    now: u32,
    before: u32,
    pub(super) max: u32,
}

impl Rate {
    /// One more.
    #[inline]
    pub(super) const fn count(&mut self, now: SimTime) {
        // Dividing takes long, and is needed once a second only.
        if now.as_ns() - self.second * 1_000_000_000 >= 1_000_000_000 {
            let second = now.as_ns() / 1_000_000_000;
            self.before = if second == self.second + 1 { self.now } else { 0 };
            self.now = 0;
            self.second = second;
        }
        self.now += 1;
        if self.now > self.max {
            self.max = self.now;
        }
    }

    pub(super) fn at(&self, now: SimTime) -> u64 {
        let (second, rest) = (now.as_ns() / 1_000_000_000, now.as_ns() % 1_000_000_000);
        let (this, last) = match second.checked_sub(self.second) {
            Some(0) => (self.now, self.before),
            Some(1) => (0, self.now),
            _ => (0, 0),
        };
        u64::from(this) + u64::from(last) * (1_000_000_000 - rest) / 1_000_000_000
    }
}

impl Counters {
    pub(super) fn session_began(&mut self, now: SimTime, current: u32) {
        self.sessions += 1;
        self.max_sessions = self.max_sessions.max(current);
        self.last_session = Some(now);
        self.rate.count(now);
    }

    pub(super) const fn answered(&mut self, status: u16) {
        let class = status / 100;
        let index = if class >= 1 && class <= 5 { class as usize - 1 } else { 5 };
        self.answers[index] += 1;
    }

    /// Answers of all classes.
    pub(super) fn all_answers(&self) -> u64 {
        self.answers.iter().sum()
    }

    pub(super) fn down_for(&mut self, time: SimDuration) {
        self.downtime = self.downtime + time;
    }
}

impl Proxy {
    /// Answers to users since the process started, and those of them that were the site's errors (5xx).
    pub fn answers(&self) -> [u64; 2] {
        [self.frontend.all_answers(), self.frontend.answers[4]]
    }

    /// A server's status.
    pub fn status(&self, server: usize) -> Status {
        self.servers[server].status()
    }

    /// A server's connection attempts, retries included (`stot`).
    pub fn attempts(&self, server: usize) -> u64 {
        self.servers[server].counters.sessions
    }

    /// A server's weight as the page shows it: a slow start's as of its last step.
    pub fn weight(&self, server: usize) -> u32 {
        let of = &self.servers[server];
        let scheduler = &self.backends[of.backend as usize].scheduler;
        scheduler.standing(of.index as usize).sixteenths.div_ceil(16)
    }

    /// Requests a server works on, and those that wait for it alone.
    pub fn load_of(&self, server: usize) -> (u32, u32) {
        (self.servers[server].served, self.servers[server].queue.len())
    }

    /// Where a stream is: its backend, the server that it was given to, and what it does there; `None` if it has ended.
    pub fn stands_at(&self, stream: u32) -> Option<(&str, Option<&str>, &'static str)> {
        let of = self.streams.get(stream as usize)?;
        let doing = match of.phase {
            Phase::Unused => return None,
            Phase::Queued => "waits in the queue",
            Phase::Connecting => "connects",
            Phase::Turnaround => "pauses before it tries again",
            Phase::Waiting => "awaits the answer",
        };
        let backend = self.config.backends.get(usize::from(of.backend))?;
        let server = of.server.and_then(|server| self.servers.get(usize::from(server)));
        Some((backend.name.as_str(), server.map(|server| server.config.name.as_str()), doing))
    }

    /// Requests that wait for any server of a backend.
    pub fn queue_of(&self, backend: usize) -> u32 {
        self.backends[backend].queue.len()
    }
}
