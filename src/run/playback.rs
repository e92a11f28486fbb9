//! The arithmetic of playing a run on a screen: wall time passed -> simulated time to advance. Pure; the screen brings the
//! wall time.

use crate::kernel::small::within;
use crate::kernel::{SimDuration, SimTime};
use crate::sim::stands_for_others;

/// A gap between frames longer than this (a hidden tab, a sleeping laptop) is not made up for.
const LONGEST_FRAME_MS: f64 = 250.0;

/// How fast simulated time passes on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Simulated seconds for each second on the wall.
    pub factor: f64,
    /// Its name, which says what it does.
    pub name: &'static str,
    /// Of so many requests one is drawn, which stands for the others: as many set out in a second on the wall as in real time.
    pub one_in: u64,
}

/// The speeds offered, slowest first.
pub const SPEEDS: [Speed; 7] = [
    Speed { factor: 0.01, name: "100x slower", one_in: 1 },
    Speed { factor: 0.1, name: "10x slower", one_in: 1 },
    Speed { factor: 0.5, name: "2x slower", one_in: 1 },
    Speed { factor: 1.0, name: "real time", one_in: 1 },
    Speed { factor: 5.0, name: "5x faster", one_in: 5 },
    Speed { factor: 20.0, name: "20x faster", one_in: 20 },
    Speed { factor: 60.0, name: "60x faster", one_in: 60 },
];

/// Where playback stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playback {
    /// Whether time passes.
    pub is_playing: bool,
    /// How fast, an index into [`SPEEDS`].
    pub speed: usize,
}

impl Default for Playback {
    fn default() -> Self {
        Self { is_playing: false, speed: 3 }
    }
}

impl Playback {
    /// The speed.
    pub fn speed(self) -> Speed {
        SPEEDS[self.speed.min(SPEEDS.len() - 1)]
    }

    /// The slowest speed offered that is at least this fast.
    pub fn nearest(factor: f64) -> usize {
        SPEEDS.iter().position(|speed| speed.factor >= factor).unwrap_or(SPEEDS.len() - 1)
    }

    /// Where the run should be after a frame that took `wall_ms` milliseconds.
    pub fn target(self, now: SimTime, wall_ms: f64) -> SimTime {
        if !self.is_playing {
            return now;
        }
        let seconds = within(wall_ms, 0.0, LONGEST_FRAME_MS) / 1000.0 * self.speed().factor;
        now + SimDuration::from_secs_f64(seconds)
    }

    /// How long, in simulated time, the eye needs to follow something over one link at this speed.
    pub fn shortest_leg(self) -> SimDuration {
        SimDuration::from_secs_f64(0.35 * self.speed().factor)
    }

    /// Of how many requests one is drawn at this speed.
    pub fn one_in(self) -> u64 {
        self.speed().one_in
    }

    /// Whether this request is drawn at this speed.
    pub fn draws(self, request: u64) -> bool {
        stands_for_others(request, self.one_in())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paused_run_stays_and_a_long_gap_is_not_made_up_for() {
        let paused = Playback::default();
        assert_eq!(paused.target(SimTime::from_ms(5), 16.0), SimTime::from_ms(5));
        let playing = Playback { is_playing: true, ..paused };
        assert_eq!(playing.target(SimTime::ZERO, 16.0), SimTime::from_ms(16));
        assert_eq!(playing.target(SimTime::ZERO, 60_000.0), SimTime::from_ms(250));
        assert_eq!(playing.target(SimTime::ZERO, f64::NAN), SimTime::ZERO);
    }

    #[test]
    fn the_slow_speeds_are_slower_and_say_so() {
        for speed in SPEEDS {
            assert_eq!(speed.name.ends_with("slower"), speed.factor < 1.0, "{}", speed.name);
            let on_the_wall = speed.factor / speed.one_in as f64;
            assert!(on_the_wall <= 1.0, "{}: no more is drawn than in real time", speed.name);
        }
    }
}
