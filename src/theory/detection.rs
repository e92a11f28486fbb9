//! How long health checks take to notice a death and a return.

use crate::kernel::SimDuration;

/// The shortest, mean and longest time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// If a check comes just after the death.
    pub shortest: SimDuration,
    /// On average.
    pub mean: SimDuration,
    /// If a check passed just before the death.
    pub longest: SimDuration,
}

/// From a server's death to DOWN: `fall` failing checks of length `check_fails`, `fastinter` apart, the first of which
/// begins up to `inter` after the death.
pub fn down(
    fall: u32,
    inter: SimDuration,
    fastinter: SimDuration,
    check_fails: SimDuration,
) -> Bounds {
    let fall = u64::from(fall);
    bounds(check_fails * fall + fastinter * (fall - 1), inter)
}

/// From a server's return to UP: `rise` good checks, `fastinter` apart, the first of which begins up to `downinter` (and
/// the failing check under way, `check_fails`) after the return.
pub fn up(
    rise: u32,
    downinter: SimDuration,
    fastinter: SimDuration,
    check_fails: SimDuration,
) -> Bounds {
    bounds(fastinter * (u64::from(rise) - 1), downinter + check_fails)
}

fn bounds(shortest: SimDuration, phase: SimDuration) -> Bounds {
    Bounds { shortest, mean: shortest + phase.scaled(0.5), longest: shortest + phase }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_checks_notice_a_refusing_server_in_four_to_six_seconds() {
        let s = SimDuration::from_secs;
        let refused = down(3, s(2), s(2), SimDuration::ZERO);
        assert_eq!(refused, Bounds { shortest: s(4), mean: s(5), longest: s(6) });
        let silent = down(3, s(2), s(2), s(2));
        assert_eq!(silent, Bounds { shortest: s(10), mean: s(11), longest: s(12) });
        assert_eq!(
            up(2, s(2), s(2), SimDuration::ZERO),
            Bounds { shortest: s(2), mean: s(3), longest: s(4) }
        );
    }
}
