//! An incremental histogram of durations: fixed memory, every percentile within 1 % of the true one.

use super::SimDuration;

/// Each power of two of nanoseconds is cut into this many equal parts.
const PARTS: u64 = 128;
const PART_BITS: u32 = PARTS.trailing_zeros();

/// How often each duration occurred.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    sum: SimDuration,
    max: SimDuration,
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&mut self, duration: SimDuration) {
        let index = bucket(duration.as_ns());
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0);
        }
        self.counts[index] += 1;
        self.total += 1;
        self.sum = self.sum + duration;
        self.max = self.max.max(duration);
    }

    /// How many durations were counted.
    pub const fn count(&self) -> u64 {
        self.total
    }

    /// All durations together, to the nanosecond.
    pub const fn sum(&self) -> SimDuration {
        self.sum
    }

    /// The longest duration counted; zero if there is none.
    pub const fn max(&self) -> SimDuration {
        self.max
    }

    /// What was counted after an earlier state of this histogram. The longest of these is not known apart: it counts as the longest of all.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let before = earlier.counts.iter().copied().chain(std::iter::repeat(0));
        let counts = self.counts.iter().zip(before);
        Self {
            counts: counts.map(|(count, before)| count.saturating_sub(before)).collect(),
            total: self.total.saturating_sub(earlier.total),
            sum: self.sum - earlier.sum,
            max: self.max,
        }
    }

    /// How many durations are longer than this one, those in its bucket not counted.
    pub fn longer_than(&self, duration: SimDuration) -> u64 {
        self.counts.iter().skip(bucket(duration.as_ns()) + 1).sum()
    }

    /// The smallest duration that at least this share (0 to 1) of all do not exceed, by nearest rank, rounded up to
    /// its bucket's end; `None` if nothing was counted.
    pub fn quantile(&self, share: f64) -> Option<SimDuration> {
        let rank = (libm::ceil(share * self.total as f64) as u64).clamp(1, self.total.max(1));
        let mut seen = 0;
        let index = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(SimDuration::from_ns(bucket_end(index)).min(self.max))
    }
}

fn bucket(ns: u64) -> usize {
    if ns < PARTS {
        return ns as usize;
    }
    let shift = ns.ilog2() - PART_BITS;
    ((u64::from(shift) + 1) * PARTS + ((ns >> shift) - PARTS)) as usize
}

fn bucket_end(index: usize) -> u64 {
    let index = index as u64;
    if index < PARTS {
        return index;
    }
    let shift = index / PARTS - 1;
    ((PARTS + index % PARTS + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quantiles_agree_with_a_sorted_list_within_one_percent(
            mut values in prop::collection::vec(0_u64..60_000_000_000, 1..300),
            share in 0.0_f64..=1.0,
        ) {
            let mut histogram = Histogram::default();
            for value in &values {
                histogram.record(SimDuration::from_ns(*value));
            }
            prop_assert_eq!(histogram.sum().as_ns(), values.iter().sum::<u64>());
            prop_assert_eq!(histogram.count(), values.len() as u64);
            values.sort_unstable();
            let rank = ((share * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1];
            let found = histogram.quantile(share).unwrap().as_ns();
            prop_assert!(found >= exact && found as f64 <= exact as f64 * 1.01 + 1.0, "{found} {exact}");
        }
    }

    #[test]
    fn what_is_longer_is_counted_to_a_bucket() {
        let mut histogram = Histogram::default();
        (1..=100).for_each(|ms| histogram.record(SimDuration::from_ms(ms)));
        assert_eq!(histogram.longer_than(SimDuration::from_ms(90)), 10);
        assert_eq!(histogram.longer_than(SimDuration::from_secs(1)), 0);
        assert_eq!(histogram.longer_than(SimDuration::ZERO), 100);
    }

    #[test]
    fn what_came_later_has_quantiles_of_its_own() {
        let mut histogram = Histogram::default();
        (1..=100).for_each(|ms| histogram.record(SimDuration::from_ms(ms)));
        let earlier = histogram.clone();
        assert_eq!(histogram.since(&earlier).quantile(0.5), None);
        (201..=300).for_each(|ms| histogram.record(SimDuration::from_ms(ms)));
        let later = histogram.since(&earlier);
        assert_eq!((later.count(), later.sum().as_ns()), (100, 25_050_000_000));
        let median = later.quantile(0.5).unwrap().as_ms_f64();
        assert!((250.0..=252.5).contains(&median), "{median}");
    }

    #[test]
    fn nothing_counted_has_no_quantile() {
        assert_eq!(Histogram::default().quantile(0.5), None);
    }
}
