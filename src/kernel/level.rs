//! A number that goes up and down over time, and its integral: how many there are, and how long all of them have stayed.

use super::{SimDuration, SimTime};

/// So many now. The integral over time is exact to the nanosecond and costs one addition a change: those inside now, each
/// times now, less the instants at which they came, plus those at which others left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    now: u32,
    /// Sum of all departures less sum of all arrivals, modulo 2^64: the integral itself fits (500 years of one).
    balance: u64,
}

impl Level {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self { now: 0, balance: 0 }
    }

    /// One more from now on.
    pub const fn rise(&mut self, now: SimTime) {
        self.now += 1;
        self.balance = self.balance.wrapping_sub(now.as_ns());
    }

    /// One fewer from now on; at zero nothing happens.
    pub const fn fall(&mut self, now: SimTime) {
        if self.now > 0 {
            self.now -= 1;
            self.balance = self.balance.wrapping_add(now.as_ns());
        }
    }

    /// None from now on.
    pub fn clear(&mut self, now: SimTime) {
        let all = u64::from(self.now).wrapping_mul(now.as_ns());
        self.balance = self.balance.wrapping_add(all);
        self.now = 0;
    }

    /// How many.
    pub const fn count(self) -> u32 {
        self.now
    }

    /// The integral from the start until now: what one second of two is worth is two seconds.
    pub fn integral(self, now: SimTime) -> SimDuration {
        let all = u64::from(self.now).wrapping_mul(now.as_ns());
        SimDuration::from_ns(all.wrapping_add(self.balance))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_integral_is_the_area_under_the_number() {
        let at = SimTime::from_ms;
        let mut level = Level::new();
        level.rise(at(1000));
        level.rise(at(1500));
        assert_eq!((level.count(), level.integral(at(2000))), (2, SimDuration::from_ms(1500)));
        level.fall(at(3000));
        assert_eq!(level.integral(at(4000)), SimDuration::from_ms(500 + 3000 + 1000));
        level.rise(at(4000));
        level.clear(at(5000));
        assert_eq!((level.count(), level.integral(at(9000))), (0, SimDuration::from_ms(6500)));
        level.fall(at(9000));
        assert_eq!(level.integral(at(10_000)), SimDuration::from_ms(6500));
    }
}
