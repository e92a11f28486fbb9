//! The arithmetic of playing a run on a screen: wall time passed -> simulated time to advance. Pure; the screen brings the
//! wall time.

use crate::kernel::small::within;
use crate::kernel::{SimDuration, SimTime};

/// A gap between frames longer than this (a hidden tab, a sleeping laptop) is not made up for.
pub(super) const LONGEST_FRAME_MS: f64 = 250.0;

/// How fast simulated time passes on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Simulated seconds for each second on the wall.
    pub factor: f64,
    /// Its name, which says what it does.
    pub name: &'static str,
}

/// The speeds offered, slowest first.
pub const SPEEDS: [Speed; 7] = [
    Speed { factor: 0.01, name: "100x slower" },
    Speed { factor: 0.1, name: "10x slower" },
    Speed { factor: 0.5, name: "2x slower" },
    Speed { factor: 1.0, name: "real time" },
    Speed { factor: 5.0, name: "5x faster" },
    Speed { factor: 20.0, name: "20x faster" },
    Speed { factor: 60.0, name: "60x faster" },
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

    /// How long, in simulated time, something is drawn on one link at least, so that the eye can follow it; nothing is drawn out where time
    /// stands still.
    pub fn shortest_leg(self) -> SimDuration {
        let eye = if self.is_playing { 0.35 } else { 0.0 };
        SimDuration::from_secs_f64(eye * self.speed().factor)
    }

    /// Whether single requests are drawn. Where time passes faster than it does, what the eye could follow would be seconds old, and show ways
    /// that nobody takes any more: there the links tell their rates. Where it stands still, what is on its way can be shown at any speed.
    pub fn shows_requests(self) -> bool {
        !self.is_playing || self.speed().factor <= 1.0
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
        }
    }

    #[test]
    fn what_is_drawn_out_for_the_eye_is_never_a_second_old_and_nothing_is_at_a_pause() {
        for speed in 0..SPEEDS.len() {
            let [playing, paused] = [true, false].map(|is_playing| Playback { is_playing, speed });
            assert!(paused.shows_requests(), "{speed}");
            assert_eq!(paused.shortest_leg(), SimDuration::ZERO, "{speed}");
            if playing.shows_requests() {
                assert!(playing.shortest_leg() < SimDuration::from_secs(1), "{speed}");
            } else {
                assert!(playing.speed().factor > 1.0, "{speed}");
            }
        }
    }
}
