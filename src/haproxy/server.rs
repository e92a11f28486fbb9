//! A server as the process sees it: its state, its load, its limits.

use std::fmt;

use super::balance::{Load, Standing};
use super::effect::CheckResult;
use super::health::Health;
use super::queue::Waiting;
use super::stats::Counters;
use crate::kernel::{SimDuration, SimTime};

/// What checks and commands have made of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Running {
    Stopped,
    /// Up, in its slow start.
    Starting,
    /// Up, with its full weight.
    Full,
    /// NOLB: no new clients, because a check was answered 404.
    Stopping,
}

/// A server as the process sees it.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) config: crate::infra::Server,
    pub(super) backend: u16,
    /// Its index in the backend.
    pub(super) index: u16,
    pub(super) health: Health,
    pub(super) running: Running,
    pub(super) is_maint: bool,
    pub(super) is_drain: bool,
    /// Its weight now, set by command; 0 to 256.
    pub(super) weight: u32,
    pub(super) served: u32,
    /// Connections that are being made or stand, those of requests taken over from a queue at its return included.
    pub(super) connections: u32,
    /// Sessions that were cut in the instant in which they began: no auditor could see them.
    pub(super) stillborn: u64,
    pub(super) queue: Waiting,
    /// Errors in a row in its traffic.
    pub(super) errors: u32,
    /// Failed checks in a row.
    pub(super) failures: u32,
    pub(super) changed_at: SimTime,
    /// Grows with each check and each change of its timetable.
    pub(super) round: u32,
    pub(super) next_check_at: SimTime,
    pub(super) check_began_at: SimTime,
    pub(super) last_check: Option<(CheckResult, SimDuration)>,
    /// Whether a check is under way, and whether it is connected.
    pub(super) is_checking: bool,
    pub(super) is_check_connected: bool,
    /// Grows with each slow start.
    pub(super) warmth: u32,
    pub(super) counters: Counters,
}

/// A server's status, in the words of the statistics page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Up, every check good.
    Up,
    /// Up, but some checks failed: so many more failures and it is down (`UP n/fall`).
    GoingDown {
        /// Failures left.
        left: u32,
        /// `fall`.
        fall: u32,
    },
    /// Down, but some checks passed (`DOWN n/rise`).
    GoingUp {
        /// Passed.
        passed: u32,
        /// `rise`.
        rise: u32,
    },
    /// Down.
    Down,
    /// No new clients: a check was answered 404.
    Nolb,
    /// No new clients, by command.
    Drain,
    /// Taken out, by command.
    Maint,
    /// Not checked.
    NoCheck,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up => f.write_str("UP"),
            Self::GoingDown { left, fall } => write!(f, "UP {left}/{fall}"),
            Self::GoingUp { passed, rise } => write!(f, "DOWN {passed}/{rise}"),
            Self::Down => f.write_str("DOWN"),
            Self::Nolb => f.write_str("NOLB"),
            Self::Drain => f.write_str("DRAIN"),
            Self::Maint => f.write_str("MAINT"),
            Self::NoCheck => f.write_str("no check"),
        }
    }
}

impl Server {
    pub(super) fn new(config: &crate::infra::Server, backend: u16, index: u16) -> Self {
        let mut own = config.clone();
        // Of minconn alone, or above maxconn, HAProxy makes a fixed limit: `slim` is minconn then (measured on 2.6.12).
        own.maxconn = own.maxconn.max(own.minconn);
        let mut server = Self {
            config: own,
            backend,
            index,
            health: Health::new(config),
            running: Running::Full,
            is_maint: config.disabled,
            is_drain: false,
            weight: config.weight,
            served: 0,
            connections: 0,
            stillborn: 0,
            queue: Waiting::default(),
            errors: 0,
            failures: 0,
            changed_at: SimTime::ZERO,
            round: 0,
            next_check_at: SimTime::ZERO,
            check_began_at: SimTime::ZERO,
            last_check: None,
            is_checking: false,
            is_check_connected: false,
            warmth: 0,
            counters: Counters::default(),
        };
        if server.is_maint {
            server.running = Running::Stopped;
        }
        server
    }

    /// Whether it may get requests that the algorithm distributes.
    pub(super) fn is_usable(&self) -> bool {
        !self.is_maint
            && !self.is_drain
            && matches!(self.running, Running::Starting | Running::Full)
            && self.weight > 0
    }

    /// Whether it may get requests that are bound to it.
    pub(super) fn is_reachable(&self) -> bool {
        !self.is_maint && self.running != Running::Stopped
    }

    /// `slowstart`: whole seconds since it came up, out of how many; `None` when it is warm.
    fn warming(&self, wall: impl Fn(SimTime) -> u64, now: SimTime) -> Option<(u64, u64)> {
        let slowstart = self.config.slowstart.filter(|_| self.running == Running::Starting)?;
        let whole = slowstart.as_ns().div_ceil(1_000_000_000);
        let elapsed = wall(now) - wall(self.changed_at);
        (elapsed < whole).then_some((elapsed, whole))
    }

    /// How the balance algorithm sees it.
    pub(super) fn standing(&self, wall: impl Fn(SimTime) -> u64, now: SimTime) -> Standing {
        let full = self.weight * 16;
        let sixteenths = self
            .warming(wall, now)
            .map_or(full, |(elapsed, whole)| self.weight * (1 + (16 * elapsed / whole) as u32));
        Standing { usable: self.is_usable(), weight: self.weight, sixteenths: sixteenths.min(full) }
    }

    /// Its limit now: `maxconn`, or less when the backend is idle (`minconn`) or it has just come up (`slowstart`). 0: none.
    pub(super) fn limit(
        &self,
        sessions: u32,
        fullconn: u32,
        wall: impl Fn(SimTime) -> u64,
        now: SimTime,
    ) -> u32 {
        let config = &self.config;
        if config.maxconn == 0 {
            return 0;
        }
        let limit =
            if config.minconn == 0 || config.minconn >= config.maxconn || sessions >= fullconn {
                config.maxconn
            } else {
                let share =
                    u64::from(sessions) * u64::from(config.maxconn) / u64::from(fullconn.max(1));
                config.minconn.max(share as u32)
            };
        self.warming(wall, now).map_or(limit, |(elapsed, whole)| {
            let percent = 100 * elapsed / whole;
            ((u64::from(limit) * percent / 100) as u32).max(1)
        })
    }

    pub(super) fn load(&self, limit: u32) -> Load {
        Load {
            served: self.served,
            queued: self.queue.len(),
            limit,
            maxqueue: self.config.maxqueue,
        }
    }

    pub(super) fn is_full(&self, limit: u32) -> bool {
        limit > 0 && (!self.queue.is_empty() || self.served >= limit)
    }

    pub(super) fn status(&self) -> Status {
        let (health, config) = (self.health, &self.config);
        if self.is_maint {
            Status::Maint
        } else if self.is_drain && health.is_up() {
            Status::Drain
        } else if !config.check {
            if self.running == Running::Stopped { Status::Down } else { Status::NoCheck }
        } else if self.running == Running::Stopping {
            Status::Nolb
        } else if health.is_full() {
            Status::Up
        } else if health.is_up() {
            Status::GoingDown { left: health.left(), fall: config.fall }
        } else if health.lives() == 0 {
            Status::Down
        } else {
            Status::GoingUp { passed: health.lives(), rise: config.rise }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `show stat` of HAProxy 2.6.12 says under `slim`: 50 for `minconn 50`, and for `minconn 50 maxconn 1`.
    #[test]
    fn minconn_alone_or_above_maxconn_is_a_fixed_limit() {
        let limits = |minconn: u32, maxconn: u32| {
            let mut config = crate::infra::Server::new("a", "a", 80);
            (config.minconn, config.maxconn) = (minconn, maxconn);
            let server = Server::new(&config, 0, 0);
            [0, 100, 200].map(|sessions| server.limit(sessions, 200, |_| 0, SimTime::ZERO))
        };
        assert_eq!(limits(50, 0), [50; 3]);
        assert_eq!(limits(50, 1), [50; 3]);
        assert_eq!(limits(1, 50), [1, 25, 50]);
        assert_eq!(limits(0, 50), [50; 3]);
        assert_eq!(limits(0, 0), [0; 3]);
    }
}
