//! What is packed as decisions: the states of LZMA, and how likely each decision is. scripts/pack.rs and scripts/unpack.rs share it, so that both
//! foretell the same. Whole numbers but for the tables made at the start, which use only what every machine computes alike.
//! The states are written from the "LZMA specification" by Igor Pavlov (7-zip.org/sdk.html, in the public domain), with its names; there are lc = 4,
//! lp = 0, pb = 0. What is foretold is better than LZMA's: a chance follows the first bits faster than later ones, that of a flag knows what the byte
//! is in WebAssembly, and of literals several contexts foretell each bit, which know what came before in WebAssembly, while a mixer learns whom to
//! trust (after Matt Mahoney's lpaq: "Data Compression Explained", mattmahoney.net/dc/dce.html).

/// The size of the dictionary, and of what is kept of the bytes.
pub const WINDOW: usize = 1 << 20;

// Where the chances of each kind of bit begin; those of flags for each kind of byte anew, a hundred and twenty-eight on.
const LEN: usize = 0;
const REP_LEN: usize = 288;
const POS_SLOT: usize = 608;
const POS_DECODERS: usize = 864;
const ALIGN: usize = 992;
const LITERAL: usize = 1056;
const IS_MATCH: usize = LITERAL + 768 * 16;
const IS_REP: usize = IS_MATCH + 16;
const IS_REP_G0: usize = IS_MATCH + 32;
const IS_REP_G1: usize = IS_MATCH + 48;
const IS_REP_G2: usize = IS_MATCH + 64;
const IS_REP0_LONG: usize = IS_MATCH + 80;
const PLACES: usize = 1 << 14;

const CONTEXTS: usize = 3;
/// Beside the contexts LZMA's own one and a constant.
const INPUTS: usize = CONTEXTS + 2;
const LINES: usize = 1 << 15;
/// Logarithmic odds are counted in steps of 1/256, up to so many.
const REACH: i32 = 2047;
const ODDS: usize = 2 * REACH as usize + 1;
/// The mixer's situations.
const SETS: usize = 2048;
const WEIGHT: i32 = 4000;
/// A chance changes by a part of what it was wrong by, and the less the more bits it knows, up to so many.
const RATES: usize = 64;

/// Where in a module's code a byte stands.
const COUNT: u32 = 0;
const SIZE: u32 = 1;
const GROUPS: u32 = 2;
const LOCALS: u32 = 3;
const INSTRUCTIONS: u32 = 4;

/// How many zeros and ones followed a context, lately, for each of the next four bits: four bits each. In the first is a check.
type Line = [u8; 16];

/// What knows the bits.
pub trait Coder {
    /// A bit, whose chance of a 1 is this: of 65,536, never 0, nor all.
    fn bit(&mut self, chance: u32) -> usize;
    /// Bits of which none is likelier.
    fn direct(&mut self, bits: u32) -> u32;
}

#[repr(C)] // what is small first, which makes the program shorter
pub struct Model {
    pub done: u32,
    pub size: u32,
    /// Where the module's code begins and ends.
    pub code: [u32; 2],
    /// Of all bytes, by FNV-1a (www.isthe.com/chongo/tech/comp/fnv): one that is wrong always changes it.
    pub checksum: u32,
    /// It goes on behind the end, or repeats what is not there.
    pub failed: bool,
    pub state: usize,
    pub reps: [u32; 4],

    // What came before the byte.
    last: u32,
    operations: u32,
    part: u32,
    /// Bytes left of the function's body, and numbers left before its instructions, or of the instruction.
    body: u32,
    numbers: u32,
    value: u32,
    shift: u32,
    /// What the byte is, coarsely.
    kind: usize,
    hashes: [u32; CONTEXTS],
    lines: [usize; CONTEXTS],
    leaf: usize,

    rates: [i32; RATES],
    /// For each place the chance of a 1, of 1 << 22, from the half on, and in the lowest ten bits how many bits that comes from.
    places: [i32; PLACES],
    /// For each count and context the chance of a 1, as it turned out; of 1 << 22.
    chances: [[i32; CONTEXTS]; 256],
    /// The count after a 0, and after a 1.
    next: [[u8; 256]; 2],
    contexts: [[Line; LINES]; CONTEXTS],
    /// The mixer's, for each situation; of 1 << 14.
    weights: [[i32; INPUTS]; SETS],
    /// From logarithmic odds to a chance, of 65,536, and back.
    squash: [u16; ODDS],
    stretch: [i16; 4096],
    pub window: [u8; WINDOW],
}

fn hash(a: u32, b: u32) -> u32 {
    let product = (a ^ b).wrapping_mul(0x9e37_79b1);
    product ^ product >> 15
}

/// LZMA's state after a literal.
pub const fn after_literal(state: usize) -> usize {
    state.saturating_sub(if state < 10 { 3 } else { 6 })
}

/// LZMA's state after a repetition, which after literals is this: 7 at a new distance, 8 at one that was used before, 9 of a single byte.
pub const fn after_copy(state: usize, after_literals: usize) -> usize {
    match after_literals {
        _ if state < 7 => after_literals,
        7 => 10,
        _ => 11,
    }
}

#[inline(always)]
fn learn(known: &mut i32, bit: usize, rates: &[i32; RATES]) {
    let (chance, many) = (*known >> 10, *known as usize % RATES);
    let wrong = ((bit << 22) as i32 - (1 << 21) - bit as i32 - chance) >> 4;
    *known = chance + (wrong * rates[many] >> 8) << 10 | (many + 1).min(RATES - 1) as i32;
}

impl Model {
    pub const NEW: Self = Self {
        done: 0,
        size: 0,
        code: [0; 2],
        checksum: 0,
        failed: false,
        state: 0,
        reps: [0; 4],
        last: 0,
        operations: 0,
        part: 0,
        body: 0,
        numbers: 0,
        value: 0,
        shift: 0,
        kind: 0,
        hashes: [0; CONTEXTS],
        lines: [0; CONTEXTS],
        leaf: 0,
        rates: [0; RATES],
        places: [0; PLACES],
        chances: [[0; CONTEXTS]; 256],
        next: [[0; 256]; 2],
        contexts: [[[0; 16]; LINES]; CONTEXTS],
        weights: [[0; INPUTS]; SETS],
        squash: [0; ODDS],
        stretch: [0; 4096],
        window: [0; WINDOW],
    };

    /// Makes the tables of a new model.
    pub fn begin(&mut self) {
        let mut power = 1.0;
        for odds in 0..=REACH {
            let chance = 65_536.0 / (1.0 + power);
            self.squash[(REACH + odds) as usize] = chance as u16;
            self.squash[(REACH - odds) as usize] = (65_536.0 - chance) as u16;
            power *= 0.996_101_369_470_117_5_f64; // e to the power of -1/256
        }
        let mut odds = 0;
        for chance in 0..4096 {
            while odds < 2 * REACH && u32::from(self.squash[odds as usize]) < chance * 16 + 8 {
                odds += 1;
            }
            self.stretch[chance as usize] = (odds - REACH) as i16;
        }
        for count in 0..256 {
            let (zeros, ones) = (count & 15, count >> 4);
            let chance = (ones * 5 + 2 << 22) / ((zeros + ones) * 5 + 4);
            self.chances[count] = [chance as i32; CONTEXTS];
            let more = |many: usize| (many + 1).min(15);
            let fewer = |many: usize| if many > 2 { many / 2 + 1 } else { many };
            self.next[0][count] = (more(zeros) | fewer(ones) << 4) as u8;
            self.next[1][count] = (fewer(zeros) | more(ones) << 4) as u8;
        }
        for known in 0..RATES {
            self.rates[known] = (8192 / (2 * known + 3)) as i32;
        }
        self.weights = [[WEIGHT; INPUTS]; SETS];
        self.checksum = 0x811c_9dc5;
    }

    /// A bit of which only its place foretells something.
    #[inline(never)]
    fn plain(&mut self, coder: &mut impl Coder, place: usize) -> usize {
        let known = &mut self.places[place % PLACES];
        let bit = coder.bit((32_768 + (*known >> 16)).max(1) as u32);
        learn(known, bit, &self.rates);
        bit
    }

    /// A bit of which contexts foretell something, too.
    #[inline(never)]
    fn mixed(&mut self, coder: &mut impl Coder, place: usize, set: usize) -> usize {
        let weights = &mut self.weights[set % SETS];
        let known = &mut self.places[place % PLACES];
        let mut inputs = [256; INPUTS];
        inputs[CONTEXTS] = i32::from(self.stretch[(2048 + (*known >> 20)) as usize % 4096]);
        let mut odds = weights[CONTEXTS].wrapping_mul(inputs[CONTEXTS]);
        odds = odds.wrapping_add(weights[CONTEXTS + 1].wrapping_mul(256));
        for context in 0..CONTEXTS {
            let count = self.contexts[context][self.lines[context] % LINES][self.leaf % 16];
            let chance = self.chances[count as usize][context];
            let input = i32::from(self.stretch[(chance >> 10) as usize % 4096]);
            odds = odds.wrapping_add(input.wrapping_mul(weights[context]));
            inputs[context] = input;
        }
        let odds = (odds >> 14).clamp(-REACH, REACH) + REACH;
        let chance = u32::from(self.squash[odds as usize % ODDS]).max(1);

        let bit = coder.bit(chance);
        let wrong = ((bit << 16) as i32 - chance as i32) * 3 >> 2;
        for (weight, input) in weights.iter_mut().zip(inputs) {
            *weight = weight.wrapping_add((input.wrapping_mul(wrong) + 0x8000) >> 16);
        }
        learn(known, bit, &self.rates);
        let next = &self.next[bit % 2];
        for context in 0..CONTEXTS {
            let count = &mut self.contexts[context][self.lines[context] % LINES][self.leaf % 16];
            let chance = &mut self.chances[*count as usize][context];
            *chance += ((bit << 22) as i32 - *chance) >> 7;
            *count = next[*count as usize];
        }
        bit
    }

    fn flag(&mut self, coder: &mut impl Coder, which: usize) -> usize {
        self.plain(coder, which + self.kind * 128 + self.state)
    }

    fn tree(&mut self, coder: &mut impl Coder, base: usize, bits: u32) -> usize {
        let mut node = 1;
        while node >> bits == 0 {
            node = node * 2 + self.plain(coder, base + node);
        }
        node - (1 << bits)
    }

    fn reverse_tree(&mut self, coder: &mut impl Coder, base: usize, bits: u32) -> u32 {
        let (mut node, mut value) = (1, 0);
        for place in 0..bits {
            let one = self.plain(coder, base + node);
            node = node * 2 + one;
            value |= (one as u32) << place;
        }
        value
    }

    fn length(&mut self, coder: &mut impl Coder, base: usize) -> u32 {
        let length = if self.plain(coder, base) == 0 {
            2 + self.tree(coder, base + 2, 3)
        } else if self.plain(coder, base + 1) == 0 {
            10 + self.tree(coder, base + 10, 3)
        } else {
            18 + self.tree(coder, base + 18, 8)
        };
        length as u32
    }

    fn distance(&mut self, coder: &mut impl Coder, length: u32) -> u32 {
        let slot = self.tree(coder, POS_SLOT + (length - 2).min(3) as usize * 64, 6);
        if slot < 4 {
            return slot as u32;
        }
        let bits = (slot >> 1) as u32 - 1;
        let high = (2 + (slot as u32 & 1)) << bits;
        if slot < 14 {
            high + self.reverse_tree(coder, POS_DECODERS + high as usize - slot, bits)
        } else {
            high + (coder.direct(bits - 4) << 4) + self.reverse_tree(coder, ALIGN, 4)
        }
    }

    /// The byte so far back: the last at 0.
    fn back(&self, distance: u32) -> u8 {
        self.window[self.done.wrapping_sub(distance).wrapping_sub(1) as usize % WINDOW]
    }

    fn put(&mut self, byte: u8) {
        if self.done == self.size {
            self.failed = true;
            return;
        }
        self.window[self.done as usize % WINDOW] = byte;
        self.done += 1;
        self.checksum = (self.checksum ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        self.last = self.last << 8 | u32::from(byte);
        if self.done > self.code[0] && self.done <= self.code[1] {
            self.read(u32::from(byte));
        }
    }

    fn literal(&mut self, coder: &mut impl Coder) {
        let base = LITERAL + 768 * (self.last >> 4 & 15) as usize;
        // After a match comes another byte than the one that would have continued it, often a similar one: 256 as long as the bits are alike.
        let mut alike = if self.state < 7 { 0 } else { 256 };
        let mut continued = usize::from(self.back(self.reps[0]));
        let mut node = 1;
        while node < 256 {
            if node == 1 || node >> 4 == 1 {
                self.find_lines(node);
                self.leaf = 1;
            }
            continued <<= 1;
            let expected = continued & alike;
            let place = base + alike + expected + node;
            let one = self.mixed(coder, place, self.kind * 256 + node);
            node = node * 2 + one;
            self.leaf = self.leaf * 2 + one;
            alike &= if one == 1 { expected } else { !expected };
        }
        self.put(node as u8);
        self.state = after_literal(self.state);
    }

    fn copy(&mut self, length: u32) {
        self.failed |= self.reps[0] >= self.done || self.reps[0] >= WINDOW as u32;
        for _ in 0..length {
            self.put(self.back(self.reps[0]));
        }
    }

    /// A byte or a repetition.
    pub fn symbol(&mut self, coder: &mut impl Coder) {
        self.foresee();
        if self.flag(coder, IS_MATCH) == 0 {
            return self.literal(coder);
        }
        if self.flag(coder, IS_REP) == 0 {
            let length = self.length(coder, LEN);
            self.reps = [self.distance(coder, length), self.reps[0], self.reps[1], self.reps[2]];
            self.state = after_copy(self.state, 7);
            return self.copy(length);
        }
        if self.flag(coder, IS_REP_G0) == 0 {
            if self.flag(coder, IS_REP0_LONG) == 0 {
                self.state = after_copy(self.state, 9);
                return self.copy(1);
            }
        } else if self.flag(coder, IS_REP_G1) == 0 {
            self.reps = [self.reps[1], self.reps[0], self.reps[2], self.reps[3]];
        } else if self.flag(coder, IS_REP_G2) == 0 {
            self.reps = [self.reps[2], self.reps[0], self.reps[1], self.reps[3]];
        } else {
            self.reps = [self.reps[3], self.reps[0], self.reps[1], self.reps[2]];
        }
        let length = self.length(coder, REP_LEN);
        self.state = after_copy(self.state, 8);
        self.copy(length);
    }

    /// Reads the byte as code.
    fn read(&mut self, byte: u32) {
        self.body = self.body.wrapping_sub(1);
        if self.part == INSTRUCTIONS && self.numbers == 0 {
            self.operations = self.operations << 8 | byte;
            self.numbers = match byte {
                0x02..=0x04 | 0x0c..=0x0e | 0x10 | 0x20..=0x26 | 0x41 | 0x42 | 0xfc => 1,
                0x11 | 0x28..=0x3e => 2,
                _ => 0,
            };
        } else {
            self.value |= (byte & 127).wrapping_shl(self.shift);
            self.shift += 7;
            if byte < 128 {
                self.number();
            }
        }
        if self.part == INSTRUCTIONS && self.body == 0 {
            self.part = SIZE;
        }
    }

    /// A number has ended.
    fn number(&mut self) {
        match self.part {
            COUNT => self.part = SIZE,
            SIZE => {
                self.body = self.value;
                self.part = GROUPS;
            }
            GROUPS => {
                self.numbers = self.value.wrapping_mul(2);
                self.operations = 0;
                self.part = LOCALS;
            }
            _ => self.numbers = self.numbers.wrapping_sub(1),
        }
        if self.part == LOCALS && self.numbers == 0 {
            self.part = INSTRUCTIONS;
        }
        self.value = 0;
        self.shift = 0;
    }

    /// Gets ready for what comes next.
    fn foresee(&mut self) {
        let operation = self.operations & 255;
        let is_code = self.done >= self.code[0] && self.done < self.code[1];
        let (meaning, kind) = if !is_code {
            (0x2000, 7)
        } else if self.part < INSTRUCTIONS {
            (0x1000 + self.part, 7)
        } else if self.numbers == 0 {
            (0, 0)
        } else {
            let kind = match operation {
                0x20..=0x22 => 1,
                0x10 => 2,
                0x28..=0x3e => 2 + self.numbers,
                0x41 => 5,
                _ => 6,
            };
            (operation | self.numbers << 8, kind)
        };
        self.kind = kind as usize;
        let begun = self.value | self.shift << 24;
        let instruction = hash(meaning, begun.wrapping_mul(0x85eb_ca6b));
        self.hashes = [
            hash(meaning, self.last << 24),
            hash(instruction, self.operations & 0xffff),
            hash(instruction, self.operations),
        ];
    }

    /// Finds where each context has the counts for the next four bits, or room for them.
    fn find_lines(&mut self, node: usize) {
        for context in 0..CONTEXTS {
            let seed = self.hashes[context].wrapping_add(context as u32 * 0x3c6e_f372);
            let code = hash(seed, node as u32).wrapping_mul(0x2c1b_3c6d);
            let check = (code >> 24) as u8;
            self.lines[context] = code as usize % LINES;
            let line = &mut self.contexts[context][code as usize % LINES];
            if line[0] != check {
                *line = [0; 16];
                line[0] = check;
            }
        }
    }
}
