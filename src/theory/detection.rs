//! How long health checks take to notice a death and a return (HAProxy 2.6: the next check begins one interval after the end
//! of the last, the interval chosen by the new health; measured on 2.6.12).

use crate::kernel::SimDuration;

/// After so long the kernel sends a SYN again that nobody answers; each later wait is twice as long (RFC 6298 2.1, 5.5).
const SYN_RETRANSMISSION: SimDuration = SimDuration::from_secs(1);

/// The shortest, mean and longest time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// If a check comes just after the event.
    pub shortest: SimDuration,
    /// On average: every phase of the checks is equally likely.
    pub mean: SimDuration,
    /// If a check began just before the event.
    pub longest: SimDuration,
}

/// How a server is checked, and how long its checks take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// Failing checks to DOWN, 1 or more.
    pub fall: u32,
    /// Good checks to UP, 1 or more.
    pub rise: u32,
    /// From the end of one check to the next when fully up.
    pub inter: SimDuration,
    /// The same in transition.
    pub fastinter: SimDuration,
    /// The same when down.
    pub downinter: SimDuration,
    /// How long a good check takes.
    pub passes: SimDuration,
    /// How long a failing check takes: nothing if the connection is refused; if nobody answers, until the check gives up.
    pub fails: SimDuration,
}

impl Checks {
    /// From a server's death to DOWN: `fall` failing checks, `fastinter` apart; the first begins up to `inter` and one good
    /// check after the death.
    pub fn down(&self) -> Bounds {
        let fall = u64::from(self.fall);
        bounds(self.fails * fall + self.fastinter * (fall - 1), self.inter + self.passes)
    }

    /// From a server's return to UP: `rise` good checks, `fastinter` apart; the first begins up to `downinter` and one failing
    /// check after the return; a check that nobody answers sends its SYN again after 1 s, 3 s and so on, and passes if the server is back then.
    pub fn up(&self) -> Bounds {
        let rise = u64::from(self.rise);
        let shortest = self.passes * rise + self.fastinter * (rise - 1);
        let phase = self.downinter + self.fails;
        // From each SYN to the next one, that of the next check included.
        let (mut gaps, mut sent, mut wait) = (Vec::new(), SimDuration::ZERO, SYN_RETRANSMISSION);
        while sent + wait < self.fails {
            gaps.push(wait);
            sent = sent + wait;
            wait = wait * 2;
        }
        gaps.push(phase - sent);
        let (mut mean, mut longest) = (shortest, SimDuration::ZERO);
        for gap in gaps {
            // The longer a gap is, the more returns fall into it, and the longer they wait there.
            let share = gap.as_secs_f64() / phase.as_secs_f64().max(f64::MIN_POSITIVE);
            mean = mean + gap.scaled(0.5 * share);
            longest = longest.max(gap);
        }
        Bounds { shortest, mean, longest: shortest + longest }
    }
}

/// From a server's death to DOWN, if a good check takes no time.
pub fn down(
    fall: u32,
    inter: SimDuration,
    fastinter: SimDuration,
    check_fails: SimDuration,
) -> Bounds {
    let passes = SimDuration::ZERO;
    let checks =
        Checks { fall, rise: 1, inter, fastinter, downinter: inter, passes, fails: check_fails };
    checks.down()
}

/// From a server's return to UP, if a good check takes no time.
pub fn up(
    rise: u32,
    downinter: SimDuration,
    fastinter: SimDuration,
    check_fails: SimDuration,
) -> Bounds {
    let (inter, passes) = (downinter, SimDuration::ZERO);
    Checks { fall: 1, rise, inter, fastinter, downinter, passes, fails: check_fails }.up()
}

fn bounds(shortest: SimDuration, phase: SimDuration) -> Bounds {
    Bounds { shortest, mean: shortest + phase.scaled(0.5), longest: shortest + phase }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> SimDuration {
        SimDuration::from_ms(ms)
    }

    #[track_caller]
    fn expect(found: Bounds, [shortest, mean, longest]: [u64; 3]) {
        let bounds = Bounds { shortest: ms(shortest), mean: ms(mean), longest: ms(longest) };
        assert_eq!(found, bounds);
    }

    const DEFAULT: Checks = Checks {
        fall: 3,
        rise: 2,
        inter: ms(2000),
        fastinter: ms(2000),
        downinter: ms(2000),
        passes: ms(0),
        fails: ms(0),
    };

    #[test]
    fn the_tabled_configurations_notice_in_their_tabled_times() {
        expect(DEFAULT.down(), [4000, 5000, 6000]);
        expect(Checks { fails: ms(2000), ..DEFAULT }.down(), [10_000, 11_000, 12_000]);
        expect(Checks { fails: ms(1000), ..DEFAULT }.down(), [7000, 8000, 9000]);
        expect(Checks { fastinter: ms(500), ..DEFAULT }.down(), [1000, 2000, 3000]);
        expect(DEFAULT.up(), [2000, 3000, 4000]);
    }

    #[test]
    fn the_measured_configurations_are_predicted() {
        let quick = Checks { inter: ms(400), fastinter: ms(400), downinter: ms(400), ..DEFAULT };
        expect(quick.down(), [800, 1000, 1200]);
        expect(quick.up(), [400, 600, 800]);
        let quicker = Checks { fastinter: ms(100), downinter: ms(200), ..quick };
        expect(quicker.down(), [200, 400, 600]);
        expect(quicker.up(), [100, 200, 300]);
    }

    #[test]
    fn a_check_that_takes_its_time_widens_the_phase_and_delays_the_return() {
        let slow = Checks { passes: ms(100), fails: ms(1000), ..DEFAULT };
        expect(slow.down(), [7000, 8050, 9100]);
        expect(slow.up(), [2200, 3700, 5200]);
    }

    /// Of the 4 s from check to check the SYN is sent at 0 s and 1 s: a return in the first of them waits 0.5 s on average, one in the other
    /// three 1.5 s.
    #[test]
    fn a_check_into_silence_sends_its_syn_again() {
        let patient = Checks { fails: ms(2000), ..DEFAULT };
        expect(patient.up(), [2000, 3250, 5000]);
        expect(Checks { fails: ms(1000), ..DEFAULT }.up(), [2000, 3500, 5000]);
    }

    #[test]
    fn the_short_forms_are_the_checks_whose_passing_takes_no_time() {
        expect(down(3, ms(2000), ms(500), ms(1000)), [4000, 5000, 6000]);
        expect(up(2, ms(2000), ms(500), ms(1000)), [500, 2000, 3500]);
    }
}
