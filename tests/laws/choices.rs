//! Where a random case comes from: a sequence of numbers, drawn from a seed. What fails is made smaller by making the sequence
//! shorter and its numbers smaller; past its end every number is 0, and 0 always stands for the plainest choice.

use foobar_lab::kernel::SimDuration;

/// A sequence of choices.
#[derive(Debug)]
pub(crate) struct Choices {
    given: Vec<u64>,
    /// The seed that goes on where `given` ends.
    seed: Option<u64>,
    taken: usize,
}

impl Choices {
    /// The choices of a seed.
    pub(crate) fn of_seed(seed: u64) -> Self {
        Self { given: Vec::new(), seed: Some(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)), taken: 0 }
    }

    /// These choices, then the plainest.
    pub(crate) fn of(given: &[u64]) -> Self {
        Self { given: given.to_vec(), seed: None, taken: 0 }
    }

    /// What was chosen so far.
    pub(crate) fn taken(mut self) -> Vec<u64> {
        self.given.truncate(self.taken);
        self.given
    }

    /// A number below `limit`. What is kept is the number itself, so that smaller is plainer.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        if self.taken == self.given.len() {
            let number = self.seed.as_mut().map_or(0, |state| splitmix(state) % limit);
            self.given.push(number);
        }
        self.taken += 1;
        self.given[self.taken - 1] % limit
    }

    /// True once in `n`.
    pub(crate) fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == n - 1
    }

    /// One of these; the first is the plainest.
    pub(crate) fn one_of<T: Clone>(&mut self, these: &[T]) -> T {
        these[self.below(these.len() as u64) as usize].clone()
    }

    /// A time of so many milliseconds.
    pub(crate) fn ms(&mut self, these: &[u64]) -> SimDuration {
        SimDuration::from_ms(self.one_of(these))
    }
}

const fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The smallest choices found, within so many attempts, that still fail.
pub(crate) fn shrink(
    mut choices: Vec<u64>,
    attempts: u32,
    fails: impl Fn(&[u64]) -> bool,
) -> Vec<u64> {
    let mut left = attempts;
    let mut accept = |candidate: Vec<u64>, best: &mut Vec<u64>| {
        if left == 0 || candidate == *best {
            return false;
        }
        left -= 1;
        let is_better = fails(&candidate);
        if is_better {
            *best = candidate;
        }
        is_better
    };
    loop {
        let before = choices.clone();
        for size in [64, 16, 8, 7, 6, 5, 4, 3, 2, 1] {
            let mut at = choices.len();
            while at > 0 {
                at = at.saturating_sub(size);
                let end = (at + size).min(choices.len());
                let mut plain = choices.clone();
                plain[at..end].fill(0);
                let mut shorter = choices.clone();
                shorter.drain(at..end);
                let _ = accept(shorter, &mut choices) || accept(plain, &mut choices);
            }
        }
        for at in 0..choices.len() {
            for divisor in [2, 4] {
                let mut smaller = choices.clone();
                let Some(number) = smaller.get_mut(at) else { continue };
                *number -= number.div_ceil(divisor);
                accept(smaller, &mut choices);
            }
        }
        while choices.last() == Some(&0) {
            choices.pop();
        }
        if choices == before || choices.len() > before.len() {
            return choices;
        }
    }
}
