//! What of a file is written as it is and what as a repetition: a way through it that costs few bits, by what each decision cost on the way before, and
//! is not too slow to unpack. An LZMA packer finds another way, because to it literals cost more: here several contexts foretell them. Only scripts/pack.rs needs it.

use super::model::{WINDOW, after_copy, after_literal};

/// A byte or a repetition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    Literal,
    /// What stands so far before, the last byte at 0; a length of 1 only at the last distance.
    Copy {
        length: usize,
        distance: u32,
    },
}

/// By what flags a step begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Literal,
    /// At a new distance.
    Match,
    /// One byte at the last distance.
    Short,
    /// At one of the last four distances.
    Repetition(usize),
}

impl Kind {
    const MANY: usize = 7;

    const fn place(self) -> usize {
        match self {
            Self::Literal => 0,
            Self::Match => 1,
            Self::Short => 2,
            Self::Repetition(which) => 3 + which,
        }
    }
}

impl Step {
    /// Where these are the last distances.
    pub fn kind(self, reps: &[u32; 4]) -> Kind {
        match self {
            Self::Literal => Kind::Literal,
            Self::Copy { length: 1, .. } => Kind::Short,
            Self::Copy { distance, .. } => {
                reps.iter().position(|rep| *rep == distance).map_or(Kind::Match, Kind::Repetition)
            }
        }
    }

    const fn length(self) -> usize {
        match self {
            Self::Literal => 1,
            Self::Copy { length, .. } => length,
        }
    }
}

/// A literal takes longer to unpack than a repetition that is as cheap: so many bits are worth the time. Without it the app is packed to
/// a twentieth less, and takes a third longer to unpack.
const SLOWNESS: f64 = 0.6;

/// The longest repetition.
pub const LONGEST: usize = 273;
const STATES: usize = 12;
const SLOTS: usize = 64;

/// A distance's leading bits, which LZMA tells first.
pub const fn slot(distance: u32) -> u32 {
    if distance < 4 {
        return distance;
    }
    let top = 31 - distance.leading_zeros();
    top * 2 + (distance >> (top - 1) & 1)
}

/// What decisions of one sort cost, in bits: the mean of those that there were and of a guess, which counts as so many.
#[derive(Clone, Copy)]
struct Price {
    sum: f64,
    many: f64,
}

impl Price {
    const fn guessed(bits: f64, many: f64) -> Self {
        Self { sum: bits * many, many }
    }

    fn paid(&mut self, bits: f64) {
        self.sum += bits;
        self.many += 1.0;
    }

    fn mean(self) -> f64 {
        self.sum / self.many
    }
}

/// What steps cost.
pub struct Prices {
    /// Of each byte as a literal, without the flag.
    pub literals: Vec<f64>,
    flags: [[Price; Kind::MANY]; STATES],
    /// At a new distance, and at one of the last.
    lengths: [[Price; LONGEST + 1]; 2],
    /// After each of the shortest lengths.
    distances: [[Price; SLOTS]; 4],
}

impl Prices {
    /// Before anything was written.
    pub fn guessed(literals: Vec<f64>) -> Self {
        let flags = [1.0, 2.0, 5.0, 4.0, 5.0, 6.0, 6.0].map(|bits| Price::guessed(bits, 10.0));
        let lengths = std::array::from_fn(|length| {
            Price::guessed(
                if length < 10 {
                    4.0
                } else if length < 18 {
                    6.0
                } else {
                    10.0
                },
                3.0,
            )
        });
        let distances =
            std::array::from_fn(|slot| Price::guessed(5.0 + slot.max(2) as f64 / 2.0, 2.0));
        Self { literals, flags: [flags; STATES], lengths: [lengths; 2], distances: [distances; 4] }
    }

    /// Takes in what the parts of a step cost that was written.
    pub fn paid(
        &mut self,
        state: usize,
        kind: Kind,
        step: Step,
        [flags, length, distance]: [f64; 3],
    ) {
        self.flags[state][kind.place()].paid(flags);
        if let (Step::Copy { length: long, distance: far }, Kind::Match | Kind::Repetition(_)) =
            (step, kind)
        {
            self.lengths[usize::from(kind != Kind::Match)][long].paid(length);
            if kind == Kind::Match {
                self.distances[(long - 2).min(3)][slot(far) as usize].paid(distance);
            }
        }
    }
}

/// For each byte of a file the nearest repetition of each length that is the nearest of none longer.
pub struct Found(Vec<Vec<(usize, u32)>>);

/// So many places that begin alike are looked at.
const DEPTH: usize = 100;

impl Found {
    pub fn new(content: &[u8]) -> Self {
        // The last places that began with these two bytes, and with these three; and of each place the one before.
        let mut pairs = vec![None; 1 << 16];
        let mut triples = std::collections::HashMap::new();
        let mut before: Vec<Option<usize>> = Vec::with_capacity(content.len());
        let mut found = Vec::with_capacity(content.len());
        for (at, rest) in (0..content.len()).map(|at| (at, &content[at..])) {
            let mut own = Vec::new();
            let distance = |from: usize| (at - from - 1) as u32;
            let is_kept = |from: &usize| (distance(*from) as usize) < WINDOW;
            let mut longest = 1;
            if let [one, two, ..] = rest {
                let last = pairs[usize::from(*one) << 8 | usize::from(*two)].replace(at);
                own.extend(last.filter(is_kept).map(|from| (2, distance(from))));
                longest += own.len();
            }
            let last = rest.first_chunk::<3>().and_then(|three| triples.insert(*three, at));
            before.push(last);
            let places = std::iter::successors(last, |from| before[*from]);
            for from in places.take_while(is_kept).take(DEPTH) {
                let length = alike(&content[from..], rest);
                if length > longest {
                    own.push((length, distance(from)));
                    longest = length;
                }
                if longest == LONGEST {
                    break;
                }
            }
            found.push(own);
        }
        Self(found)
    }
}

/// How far two pieces are alike.
fn alike(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take(LONGEST).take_while(|(one, other)| one == other).count()
}

/// The cheapest way that was found to a place.
#[derive(Clone, Copy)]
struct Reached {
    bits: f64,
    /// The last step, what it was, and how it all stands after it.
    step: Step,
    state: usize,
    reps: [u32; 4],
}

impl Reached {
    /// By another step.
    fn then(&self, step: Step, kind: Kind, bits: f64) -> Self {
        let (mut reps, mut state) = (self.reps, after_literal(self.state));
        if let Step::Copy { distance, .. } = step {
            let (last, after) = match kind {
                Kind::Repetition(which) => (which, 8),
                Kind::Short => (0, 9),
                Kind::Literal | Kind::Match => (3, 7),
            };
            reps.copy_within(..last, 1);
            reps[0] = distance;
            state = after_copy(self.state, after);
        }
        Self { bits: self.bits + bits, step, state, reps }
    }
}

/// A cheap way through a file: of all to a place only the cheapest is gone on.
pub fn parse(content: &[u8], found: &Found, prices: &Prices) -> Vec<Step> {
    let begun = Reached { bits: 0.0, step: Step::Literal, state: 0, reps: [0; 4] };
    let mut reached = vec![Reached { bits: f64::INFINITY, ..begun }; content.len() + 1];
    reached[0] = begun;
    let lengths = prices.lengths.map(|own| own.map(Price::mean));
    let distances = prices.distances.map(|own| own.map(Price::mean));
    // Behind a repetition as long as there can be no other way is looked for.
    let mut next = 0;
    for at in 0..content.len() {
        if at < next {
            continue;
        }
        let here = reached[at];
        let flags = prices.flags[here.state].map(Price::mean);
        let mut try_step = |step: Step, kind: Kind, rest: f64| {
            let bits = flags[kind.place()] + rest;
            let there = &mut reached[at + step.length()];
            if here.bits + bits < there.bits {
                *there = here.then(step, kind, bits);
            }
        };
        try_step(Step::Literal, Kind::Literal, prices.literals[at] + SLOWNESS);
        for (which, distance) in here.reps.into_iter().enumerate() {
            let Some(from) = at.checked_sub(distance as usize + 1) else { continue };
            let longest = alike(&content[from..], &content[at..]);
            if which == 0 && longest > 0 {
                try_step(Step::Copy { length: 1, distance }, Kind::Short, 0.0);
            }
            if longest == LONGEST {
                next = at + LONGEST;
            }
            for length in 2..=longest {
                try_step(
                    Step::Copy { length, distance },
                    Kind::Repetition(which),
                    lengths[1][length],
                );
            }
        }
        let mut shortest = 2;
        for (longest, distance) in &found.0[at] {
            // One of the last distances is coded as such.
            let from = if here.reps.contains(distance) { *longest + 1 } else { shortest };
            for length in from..=*longest {
                let rest =
                    lengths[0][length] + distances[(length - 2).min(3)][slot(*distance) as usize];
                try_step(Step::Copy { length, distance: *distance }, Kind::Match, rest);
            }
            shortest = longest + 1;
            if *longest == LONGEST {
                next = at + LONGEST;
            }
        }
    }

    let mut end = content.len();
    let back = std::iter::from_fn(|| {
        let step = (end > 0).then(|| reached[end].step)?;
        end -= step.length();
        Some(step)
    });
    let mut steps: Vec<Step> = back.collect();
    steps.reverse();
    steps
}
