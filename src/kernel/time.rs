//! Simulated time: integer nanoseconds since the start of a run (law 2). No wall clock is read here or anywhere
//! below the faces.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An instant: nanoseconds since the start of the run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct SimTime(u64);

/// A length of time in nanoseconds. Written and read as `HAProxy` writes times: `250us`, `40ms`, `2s`, `5m`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct SimDuration(u64);

/// A time that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` is not a time: write a number and a unit (us, ms, s, m, h), such as 500ms, 2s or 1.5s"
)]
pub struct ParseTimeError {
    /// What stood there.
    pub found: String,
}

const UNITS: [(&str, u64); 6] = [
    ("us", 1_000),
    ("ms", 1_000_000),
    ("ns", 1),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl SimTime {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// Later than everything.
    pub const MAX: Self = Self(u64::MAX);

    /// The instant so many nanoseconds after the start.
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// The instant so many milliseconds after the start.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 1_000_000)
    }

    /// Nanoseconds since the start.
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Seconds since the start, for people and for drawing only: nothing simulated is computed from it.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// How long after `earlier` this is; zero if it is not after.
    pub const fn since(self, earlier: Self) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }

    /// This instant as a minute clock with milliseconds, `00:42.500`.
    pub fn clock(self) -> String {
        let ms = self.0 / 1_000_000;
        format!("{:02}:{:02}.{:03}", ms / 60_000, ms / 1000 % 60, ms % 1000)
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than everything.
    pub const MAX: Self = Self(u64::MAX);

    /// So many nanoseconds.
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// So many microseconds.
    pub const fn from_us(us: u64) -> Self {
        Self(us * 1_000)
    }

    /// So many milliseconds.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 1_000_000)
    }

    /// So many seconds.
    pub const fn from_secs(s: u64) -> Self {
        Self(s * 1_000_000_000)
    }

    /// A length in seconds, rounded to the nanosecond; negative and non-finite values are zero.
    pub fn from_secs_f64(s: f64) -> Self {
        Self(if s.is_finite() && s > 0.0 { libm::round(s * 1e9) as u64 } else { 0 })
    }

    /// Nanoseconds.
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Seconds, for people, closed forms and drawing.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Milliseconds, for people.
    pub fn as_ms_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// This length times a factor, rounded to the nanosecond.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self::from_secs_f64(self.as_secs_f64() * factor)
    }
}

impl Add<SimDuration> for SimTime {
    type Output = Self;
    fn add(self, rhs: SimDuration) -> Self {
        Self(self.0.saturating_add(rhs.0))
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, rhs: SimDuration) {
        *self = *self + rhs;
    }
}

impl Add for SimDuration {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        Self(self.0.saturating_add(rhs.0))
    }
}

impl Sub for SimDuration {
    type Output = Self;
    fn sub(self, rhs: Self) -> Self {
        Self(self.0.saturating_sub(rhs.0))
    }
}

impl Mul<u64> for SimDuration {
    type Output = Self;
    fn mul(self, rhs: u64) -> Self {
        Self(self.0.saturating_mul(rhs))
    }
}

/// With this between number and unit.
fn write_ns(ns: u64, gap: &str) -> String {
    let exact = |unit: &u64| ns.is_multiple_of(*unit);
    let units = [("m", UNITS[4].1), ("s", UNITS[3].1), ("ms", UNITS[1].1), ("us", UNITS[0].1)];
    // In a sentence `m` is no minute.
    let mut units = units.iter().skip(usize::from(!gap.is_empty()));
    match units.find(|(_, unit)| ns != 0 && exact(unit)) {
        Some((name, unit)) => format!("{}{gap}{name}", ns / unit),
        None if ns == 0 => format!("0{gap}s"),
        None => format!("{ns}{gap}ns"),
    }
}

fn read_ns(text: &str) -> Result<u64, ParseTimeError> {
    let refuse = || ParseTimeError { found: text.chars().take(40).collect() };
    let (name, unit) = UNITS.iter().find(|(name, _)| text.ends_with(name)).ok_or_else(refuse)?;
    let number = &text[..text.len() - name.len()];
    let well_formed = number.starts_with(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    if !well_formed {
        return Err(refuse());
    }
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(*unit).ok_or_else(refuse);
    }
    let value = super::small::read_decimal(number).ok_or_else(refuse)?;
    let ns = libm::round(value * *unit as f64);
    if ns < 9e18 { Ok(ns as u64) } else { Err(refuse()) }
}

macro_rules! written_as_time {
    ($type:ty) => {
        /// As a directive has it; with `{:#}` as a sentence has it, the unit apart.
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&write_ns(self.0, if f.alternate() { " " } else { "" }))
            }
        }
        impl FromStr for $type {
            type Err = ParseTimeError;
            fn from_str(text: &str) -> Result<Self, ParseTimeError> {
                read_ns(text).map(Self)
            }
        }
        impl TryFrom<String> for $type {
            type Error = ParseTimeError;
            fn try_from(text: String) -> Result<Self, ParseTimeError> {
                text.parse()
            }
        }
        impl From<$type> for String {
            fn from(time: $type) -> Self {
                time.to_string()
            }
        }
    };
}

written_as_time!(SimTime);
written_as_time!(SimDuration);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_read_as_haproxy_writes_them() {
        for (text, ns) in [("2s", 2_000_000_000), ("500ms", 500_000_000), ("250us", 250_000)] {
            assert_eq!(text.parse(), Ok(SimDuration::from_ns(ns)), "{text}");
            assert_eq!(SimDuration::from_ns(ns).to_string(), text);
            let apart = format!("{:#}", SimDuration::from_ns(ns));
            assert_eq!(apart.replace(' ', ""), text);
            assert_eq!(apart.split(' ').count(), 2, "{apart}");
        }
        assert_eq!("1.5s".parse(), Ok(SimTime::from_ms(1500)));
        assert_eq!(format!("{:#}", SimDuration::from_secs(120)), "120 s");
        assert_eq!(format!("{:#}", SimDuration::ZERO), "0 s");
    }

    #[test]
    fn what_is_no_time_is_refused_by_name() {
        for text in ["", "5", "s", "-1s", "1e3s", "NaNs", ".5s", "99999999999999999999h", "é"] {
            let refused = text.parse::<SimDuration>().unwrap_err();
            assert_eq!(refused.found, text);
        }
    }

    proptest! {
        #[test]
        fn every_duration_survives_being_written_and_read(ns in any::<u64>()) {
            let duration = SimDuration::from_ns(ns);
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }
    }
}
