//! VRRP timers: how long a backup waits. Version 2 (RFC 3768 6.1), keepalived's default, and version 3 (RFC 9568 6.1).

use crate::kernel::SimDuration;

/// Skew time of version 2: (256 - priority) / 256 seconds, whatever `advert_int` is. The higher the priority, the sooner a
/// backup claims the address.
pub const fn skew(priority: u8) -> SimDuration {
    SimDuration::from_ns((256 - priority as u64) * 1_000_000_000 / 256)
}

/// Skew time of version 3: (256 - priority) / 256 of the master's `advert_int`.
pub const fn skew_v3(advert_int: SimDuration, priority: u8) -> SimDuration {
    SimDuration::from_ns((256 - priority as u64) * advert_int.as_ns() / 256)
}

/// Master-down interval: 3 x `advert_int` + skew. A backup that hears no advert for so long becomes master.
pub fn master_down_interval(advert_int: SimDuration, priority: u8) -> SimDuration {
    advert_int * 3 + skew(priority)
}

/// Master-down interval of version 3.
pub fn master_down_interval_v3(advert_int: SimDuration, priority: u8) -> SimDuration {
    advert_int * 3 + skew_v3(advert_int, priority)
}

/// The shortest and longest time from a master's silent death to the takeover: its last advert was sent between one
/// `advert_int` and no time before it died.
pub fn takeover_bounds(advert_int: SimDuration, priority: u8) -> [SimDuration; 2] {
    let longest = master_down_interval(advert_int, priority);
    [longest - advert_int, longest]
}

/// The same with version 3.
pub fn takeover_bounds_v3(advert_int: SimDuration, priority: u8) -> [SimDuration; 2] {
    let longest = master_down_interval_v3(advert_int, priority);
    [longest - advert_int, longest]
}

/// The shortest and longest time from the death of the tracked program to the takeover: `fall` failing runs of its script
/// (weight 0), the first up to `interval` after the death; then the master says good-bye and the backup waits its skew.
pub fn tracked_takeover_bounds(interval: SimDuration, fall: u32, priority: u8) -> [SimDuration; 2] {
    let shortest = interval * u64::from(fall).saturating_sub(1) + skew(priority);
    [shortest, shortest + interval]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: SimDuration = SimDuration::from_secs(1);

    #[test]
    fn the_intervals_are_those_of_the_standard() {
        assert_eq!(master_down_interval(SECOND, 100), SimDuration::from_ns(3_609_375_000));
        assert_eq!(master_down_interval(SECOND, 101), SimDuration::from_ns(3_605_468_750));
        assert_eq!(takeover_bounds(SECOND, 100)[0], SimDuration::from_ns(2_609_375_000));
    }

    #[test]
    fn version_3_scales_the_skew_with_the_interval() {
        let tenth = SimDuration::from_ms(100);
        assert_eq!(skew_v3(SECOND, 100), skew(100));
        assert_eq!(master_down_interval_v3(tenth, 100), SimDuration::from_ns(360_937_500));
        assert_eq!(takeover_bounds_v3(tenth, 100)[0], SimDuration::from_ns(260_937_500));
    }

    #[test]
    fn a_tracked_program_is_given_up_after_fall_runs_and_one_skew() {
        let [shortest, longest] = tracked_takeover_bounds(SECOND, 2, 100);
        assert_eq!(shortest, SimDuration::from_ns(1_609_375_000));
        assert_eq!(longest, SimDuration::from_ns(2_609_375_000));
    }

    #[test]
    fn version_2_skews_in_seconds_and_version_3_in_intervals() {
        let two = SimDuration::from_secs(2);
        assert_eq!(master_down_interval(two, 100), SimDuration::from_ns(6_609_375_000));
        assert_eq!(master_down_interval_v3(two, 100), SimDuration::from_ns(7_218_750_000));
        let tenth = master_down_interval_v3(SimDuration::from_ms(100), 100);
        assert_eq!(tenth, SimDuration::from_ns(360_937_500));
    }
}
