//! Chance is addressed, not streamed (law 3): a draw is a pure function of (seed, purpose, index). Drawing one thing
//! never shifts another, so two runs of one seed meet the same users whatever else differs.

use std::convert::Infallible;

use rand::TryRng;

use super::SimDuration;

/// All the chance of a run, told apart by purpose and index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance {
    /// Where the draws of each purpose begin, below [`PURPOSES`].
    addresses: [u64; PURPOSES],
    seed: u64,
}

/// Purposes whose address is kept ready; others are computed.
const PURPOSES: usize = 20;

/// One addressed place in the chance of a run: a short stream of random words (`SplitMix64`, Steele, Lea and Flood
/// 2014), the same on 32 and 64 bits. It is a `rand` generator, so every distribution of that library can draw from it.
#[derive(Clone, Debug)]
pub struct Draw {
    state: u64,
}

const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Chance {
    /// The chance of this seed.
    pub const fn new(seed: u64) -> Self {
        let mut addresses = [0; PURPOSES];
        let mut purpose = 0;
        while purpose < PURPOSES {
            addresses[purpose] = Self::address(seed, purpose as u64);
            purpose += 1;
        }
        Self { addresses, seed }
    }

    const fn address(seed: u64, purpose: u64) -> u64 {
        mix(seed ^ mix(purpose.wrapping_mul(GOLDEN_GAMMA)))
    }

    /// The draw addressed by `purpose` (what for) and `index` (which one).
    #[inline]
    pub const fn draw(&self, purpose: u64, index: u64) -> Draw {
        let address = if purpose < PURPOSES as u64 {
            self.addresses[purpose as usize]
        } else {
            Self::address(self.seed, purpose)
        };
        Draw { state: mix(address.wrapping_add(index.wrapping_mul(GOLDEN_GAMMA))) }
    }
}

impl Draw {
    const fn next_word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        mix(self.state)
    }

    /// Uniform in (0, 1]: never zero, so that its logarithm is finite.
    pub fn unit(&mut self) -> f64 {
        ((self.next_word() >> 11) + 1) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in [0, `limit`).
    pub fn uniform(&mut self, limit: SimDuration) -> SimDuration {
        let wide = u128::from(self.next_word()) * u128::from(limit.as_ns());
        SimDuration::from_ns((wide >> 64) as u64)
    }

    /// Exponential with this mean, by inversion with `libm` (bit-equal natively and in wasm).
    pub fn exponential(&mut self, mean: SimDuration) -> SimDuration {
        mean.scaled(self.exponential_factor())
    }

    /// The same by its mean: a factor of it.
    pub fn exponential_factor(&mut self) -> f64 {
        -libm::log(self.unit())
    }

    /// Erlang with this mean: the sum of so many exponential stages; its squared coefficient of variation is 1 / `stages`.
    pub fn erlang(&mut self, mean: SimDuration, stages: u32) -> SimDuration {
        let sum: f64 = (0..stages).map(|_| -libm::log(self.unit())).sum();
        mean.scaled(sum / f64::from(stages))
    }

    /// Hyperexponential with this mean and squared coefficient of variation, 1 or more: one of two exponentials, each
    /// bringing half of the mean ("balanced means").
    pub fn hyperexponential(&mut self, mean: SimDuration, squared_cv: f64) -> SimDuration {
        let often = 0.5 * (1.0 + ((squared_cv - 1.0) / (squared_cv + 1.0)).sqrt());
        let share = if self.unit() <= often { often } else { 1.0 - often };
        self.exponential(mean.scaled(0.5 / share))
    }
}

impl TryRng for Draw {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next_word() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next_word())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(8) {
            let bytes = self.next_word().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn a_draw_depends_on_its_address_alone() {
        let chance = Chance::new(7);
        let alone = chance.draw(1, 40).unit();
        for other in 0..100 {
            let _ = chance.draw(2, other).unit();
        }
        assert_eq!(alone.to_bits(), chance.draw(1, 40).unit().to_bits());
        assert_ne!(alone.to_bits(), chance.draw(1, 41).unit().to_bits());
        assert_ne!(alone.to_bits(), Chance::new(8).draw(1, 40).unit().to_bits());
    }

    #[test]
    fn draws_have_the_mean_and_spread_they_name() {
        let mean = SimDuration::from_ms(10);
        spread(1.0, |draw| draw.exponential(mean));
        spread(0.25, |draw| draw.erlang(mean, 4));
        spread(4.0, |draw| draw.hyperexponential(mean, 4.0));
        spread(1.0, |draw| draw.hyperexponential(mean, 1.0));
    }

    /// Draws of mean 10 ms have this squared coefficient of variation.
    #[track_caller]
    fn spread(squared_cv: f64, draw: impl Fn(&mut Draw) -> SimDuration) {
        let chance = Chance::new(1);
        let n = 200_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for index in 0..n {
            let x = draw(&mut chance.draw(3, index)).as_secs_f64();
            sum += x;
            squares += x * x;
        }
        let average = sum / n as f64;
        let deviation = (squares / n as f64 - average * average).sqrt();
        // Five standard errors of the mean.
        let expected = 0.010 * squared_cv.sqrt();
        assert!((average - 0.010).abs() < 5.0 * expected / (n as f64).sqrt(), "mean {average}");
        assert!((deviation / expected - 1.0).abs() < 0.02, "deviation {deviation}");
    }

    #[test]
    fn the_distributions_of_rand_draw_from_it() {
        let rolled = Chance::new(1).draw(9, 0).random_range(0..6);
        assert!((0..6).contains(&rolled));
    }
}
