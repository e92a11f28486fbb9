//! Packs a file, for scripts/pack.mjs: the way through it that scripts/parse.rs finds, each decision with the chance that scripts/model.rs gives it. A
//! header (size, checksum, where the module's code begins and ends: four bytes each, the highest first), then the decisions, each a part of a range
//! that is as long as its chance. The range coder is that of the "LZMA specification" by Igor Pavlov (7-zip.org/sdk.html, in the public domain).
//! pack FILE > PACKED

mod model;
mod parse;

use model::{Coder, Model};
use parse::{Found, Kind, Prices, Step, parse, slot};
use std::collections::VecDeque;
use std::error::Error;
use std::io::Write;
use std::ops::Range;

/// So often the way is searched anew, by what the one before cost. Then it hardly changes.
const ROUNDS: usize = 6;

/// Writes the lowest number that is in the range so far.
struct Writer {
    /// The decisions that the model is about to ask for.
    decisions: VecDeque<bool>,
    /// What each of those that were asked for cost, in bits.
    costs: Vec<f64>,

    low: u64,
    range: u32,
    /// The last byte, and how many of 255 behind it, as a carry may still come.
    waiting: u8,
    full: usize,
    to: Vec<u8>,
}

impl Writer {
    fn new() -> Self {
        let (decisions, costs, to) = (VecDeque::new(), Vec::new(), Vec::new());
        Self { decisions, costs, low: 0, range: u32::MAX, waiting: 0, full: 0, to }
    }

    fn write(&mut self, bound: u32, is_one: bool) {
        if is_one {
            self.range = bound;
        } else {
            self.low += u64::from(bound);
            self.range -= bound;
        }
        while self.range < 1 << 24 {
            self.range <<= 8;
            self.shift();
        }
    }

    fn shift(&mut self) {
        let carry = (self.low >> 32) as u8;
        let top = (self.low >> 24) as u8;
        if carry == 1 || top < 255 {
            self.to.push(self.waiting.wrapping_add(carry));
            self.to.extend(std::iter::repeat_n(carry.wrapping_sub(1), self.full));
            self.waiting = top;
            self.full = 0;
        } else {
            self.full += 1;
        }
        self.low = (self.low & 0xff_ffff) << 8;
    }

    /// All that was written.
    fn end(mut self) -> Vec<u8> {
        for _ in 0..5 {
            self.shift();
        }
        self.to.split_off(1) // without the first, which is always 0
    }

    /// The highest bit first.
    fn decide(&mut self, value: u32, bits: u32) {
        self.decisions.extend((0..bits).rev().map(|bit| value >> bit & 1 == 1));
    }

    fn decide_reverse(&mut self, value: u32, bits: u32) {
        self.decisions.extend((0..bits).map(|bit| value >> bit & 1 == 1));
    }

    fn decide_length(&mut self, length: usize) {
        match length as u32 - 2 {
            short @ 0..8 => self.decide(short, 4),
            middle @ 8..16 => self.decide(0b10 << 3 | middle - 8, 5),
            long => self.decide(0b11 << 8 | long - 16, 10),
        }
    }

    fn decide_distance(&mut self, distance: u32) {
        let slot = slot(distance);
        self.decide(slot, 6);
        let bits = (slot >> 1).saturating_sub(1);
        if slot < 14 {
            self.decide_reverse(distance, bits);
        } else {
            self.decide(distance >> 4 & (1 << bits - 4) - 1, bits - 4);
            self.decide_reverse(distance, 4);
        }
    }
}

impl Coder for Writer {
    fn bit(&mut self, chance: u32) -> usize {
        let is_one = self.decisions.pop_front().unwrap_or_default();
        let chance_of_it = if is_one { chance } else { (1 << 16) - chance };
        self.costs.push(16.0 - f64::from(chance_of_it).log2());
        self.write((self.range >> 16) * chance, is_one);
        usize::from(is_one)
    }

    fn direct(&mut self, bits: u32) -> u32 {
        let mut value = 0;
        for _ in 0..bits {
            let is_one = self.decisions.pop_front().unwrap_or_default();
            self.costs.push(1.0);
            self.write(self.range >> 1, is_one);
            value = value << 1 | u32::from(is_one);
        }
        value
    }
}

/// Where a module has its code, if it is one.
fn code(content: &[u8]) -> Option<Range<usize>> {
    let mut at = content.starts_with(b"\0asm").then_some(8)?;
    loop {
        let section = *content.get(at)?;
        let (mut size, mut shift, mut byte) = (0, 0, 128);
        while byte >= 128 {
            at += 1;
            byte = *content.get(at)?;
            size |= usize::from(byte & 127) << shift;
            shift += 7;
        }
        at += 1;
        if section == 10 {
            return Some(at..at + size);
        }
        at += size;
    }
}

/// The file as it is packed by these steps, and what they cost. Where there is a literal now its cost is the mean of this one and of what was known.
fn packed(content: &[u8], steps: &[Step], literals: Vec<f64>) -> (Vec<u8>, Prices) {
    let mut model = Box::new(Model::NEW);
    let code = code(content).unwrap_or_default();
    model.size = content.len() as u32;
    model.code = [code.start as u32, code.end as u32];
    model.begin();
    let mut writer = Writer::new();
    let mut prices = Prices::guessed(literals);
    for step in steps {
        let (at, state, kind) = (model.done as usize, model.state, step.kind(&model.reps));
        let flags: &[bool] = match kind {
            Kind::Literal => &[false],
            Kind::Match => &[true, false],
            Kind::Short => &[true, true, false, false],
            Kind::Repetition(0) => &[true, true, false, true],
            Kind::Repetition(1) => &[true, true, true, false],
            Kind::Repetition(2) => &[true, true, true, true, false],
            Kind::Repetition(_) => &[true, true, true, true, true],
        };
        writer.decisions.extend(flags);
        let mut long = flags.len();
        match *step {
            Step::Literal => writer.decide(content[at].into(), 8),
            Step::Copy { length, distance } => {
                if kind != Kind::Short {
                    writer.decide_length(length);
                    long = writer.decisions.len();
                }
                if kind == Kind::Match {
                    writer.decide_distance(distance);
                }
            }
        }
        writer.costs.clear();
        model.symbol(&mut writer);
        let (told, rest) = writer.costs.split_at(long);
        let (told, length) = told.split_at(flags.len());
        let costs = [told, length, rest].map(|bits| bits.iter().sum());
        prices.paid(state, kind, *step, costs);
        if kind == Kind::Literal {
            prices.literals[at] = (prices.literals[at] + costs[2]) / 2.0;
        }
    }
    assert!(!model.failed && model.done == model.size, "a way that is none");
    let header = [model.size, model.checksum, model.code[0], model.code[1]];
    let mut packed: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
    packed.extend(writer.end());
    (packed, prices)
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("pack FILE")?;
    let content = std::fs::read(path)?;
    let found = Found::new(&content);
    // Of a byte that was no literal yet it is known what it cost when nothing was a repetition.
    let mut steps = vec![Step::Literal; content.len()];
    let (mut result, mut prices) = packed(&content, &steps, vec![0.0; content.len()]);
    for cost in &mut prices.literals {
        *cost *= 2.0;
    }
    for _ in 0..ROUNDS {
        steps = parse(&content, &found, &prices);
        (result, prices) = packed(&content, &steps, prices.literals);
    }
    std::io::stdout().lock().write_all(&result)?;
    Ok(())
}
