//! The clock of one recording, and what its threads tell each other.

#![allow(clippy::disallowed_types, reason = "a recording of a real program is made in real time")]

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds since the recording began; a trace counts from its own t = 0, which is known only later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
    epoch: f64,
}

impl Clock {
    /// A clock that begins now.
    pub(crate) fn start() -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { origin: Instant::now(), epoch: epoch.as_secs_f64() }
    }

    /// Seconds since the start.
    pub(crate) fn now(&self) -> f64 {
        self.origin.elapsed().as_secs_f64()
    }

    /// The wall clock at a time of this clock, in seconds since 1970.
    pub(crate) fn epoch_at(&self, t: f64) -> f64 {
        self.epoch + t
    }

    /// Sleeps until then.
    pub(crate) fn sleep_until(&self, t: f64) {
        let left = t - self.now();
        if left > 0.0 {
            std::thread::sleep(Duration::from_secs_f64(left));
        }
    }
}

/// A number that no earlier run had.
pub(crate) fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_millis() as u64 % 1_000_000_000
}

/// The value in a mutex. A thread that panicked makes the test fail by itself; the others may finish.
pub(crate) fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
