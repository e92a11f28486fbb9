//! How likely the next bit is a 1: the model that scripts/pack.rs and scripts/unpack.rs share, so that both foretell the same. Whole numbers but
//! for the tables made at the start, which use only what every machine computes alike.
//! After Matt Mahoney's lpaq ("Data Compression Explained", mattmahoney.net/dc/dce.html): several contexts each foretell the bit from what came
//! after them before, and a mixer learns whom to trust. The contexts know what WebAssembly looks like.

/// What is kept of the bytes, for repetitions.
pub const WINDOW: usize = 1 << 20;

const CONTEXTS: usize = 5;
/// The last context is that of the bytes that are repeated: what they say and how many they are stands where others have a count.
const REPETITION: usize = CONTEXTS - 1;
/// Beside the contexts a constant.
const INPUTS: usize = CONTEXTS + 1;
const SLOTS: usize = 1 << 20;
/// A context's slots for the next four bits, with a check in the first.
const LINE: usize = 16;
/// Logarithmic odds are counted in steps of 1/256, up to so many.
const REACH: i32 = 3071;
const ODDS: usize = 2 * REACH as usize + 1;
const SETS: usize = 2048;
const PLACES: usize = 1 << 16;
const SHORTEST: u32 = 5;

/// Where in a module's code a byte stands.
const COUNT: u32 = 0;
const SIZE: u32 = 1;
const GROUPS: u32 = 2;
const LOCALS: u32 = 3;
const INSTRUCTIONS: u32 = 4;

pub struct Model {
    pub window: [u8; WINDOW],
    pub done: u32,
    /// Where the module's code begins and ends.
    pub code: [u32; 2],

    /// For each context how many zeros and ones followed it, lately: four bits each.
    slots: [[u8; SLOTS]; CONTEXTS],
    /// For each such count the chance of a 1, as it turned out; of 1 << 22.
    chances: [[u32; 256]; CONTEXTS],
    /// The count after a 0, and after a 1.
    next: [[u8; 256]; 2],
    /// From logarithmic odds to a chance, of 65,536, and back.
    squash: [u16; ODDS],
    stretch: [i16; 4096],
    /// The mixer's, for each situation; of 1 << 14.
    weights: [[i32; INPUTS]; SETS],
    /// Where the last bytes stood before.
    places: [u32; PLACES],

    // What came before the byte.
    pub last: u32,
    fifth: u32,
    operations: u32,
    part: u32,
    /// Bytes left of the function's body, and numbers left before its instructions, or of the instruction.
    body: u32,
    numbers: u32,
    value: u32,
    shift: u32,
    /// What the byte is, finely and coarsely.
    meaning: u32,
    kind: u32,
    hashes: [u32; CONTEXTS],
    repeated: u32,
    length: u32,
    lines: [usize; CONTEXTS],
}

fn hash(a: u32, b: u32) -> u32 {
    let product = (a ^ b).wrapping_mul(0x9e37_79b1);
    product ^ product >> 15
}

impl Model {
    pub const NEW: Self = Self {
        window: [0; WINDOW],
        done: 0,
        code: [0; 2],
        slots: [[0; SLOTS]; CONTEXTS],
        chances: [[0; 256]; CONTEXTS],
        next: [[0; 256]; 2],
        squash: [0; ODDS],
        stretch: [0; 4096],
        weights: [[0; INPUTS]; SETS],
        places: [0; PLACES],
        last: 0,
        fifth: 0,
        operations: 0,
        part: 0,
        body: 0,
        numbers: 0,
        value: 0,
        shift: 0,
        meaning: 0,
        kind: 0,
        hashes: [0; CONTEXTS],
        repeated: 0,
        length: 0,
        lines: [0; CONTEXTS],
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
            for chances in &mut self.chances {
                chances[count] = ((ones * 5 + 2 << 22) / ((zeros + ones) * 5 + 4)) as u32;
            }
            let more = |many: usize| (many + 1).min(15);
            let fewer = |many: usize| if many > 2 { many / 2 + 1 } else { many };
            self.next[0][count] = (more(zeros) | fewer(ones) << 4) as u8;
            self.next[1][count] = (fewer(zeros) | more(ones) << 4) as u8;
        }
        self.weights.as_flattened_mut().fill(5000);
        for (known, chance) in self.chances[REPETITION].iter_mut().enumerate() {
            *chance = if known & 1 == 1 { 3 << 20 } else { 1 << 20 };
        }
        self.chances[REPETITION][0] = 1 << 21;
        self.foresee();
    }

    /// A byte: for each bit, by the chance of a 1, of 65,536 (never 0, nor all), what tells the bit; and learns from it.
    pub fn byte(&mut self, mut tell: impl FnMut(u32) -> bool) {
        let expected = match self.length {
            0 => 0,
            _ => 256 | u32::from(self.window[self.repeated as usize % WINDOW]),
        };
        let (mut node, mut leaf) = (1, 1);
        for place in (0..8).rev() {
            if place % 4 == 3 {
                self.find_lines(node);
                leaf = 1;
            }
            let is_alike = expected >> place >> 1 == node;
            let known = if is_alike { self.length << 1 | expected >> place & 1 } else { 0 };
            self.slots[REPETITION][leaf % SLOTS] = known as u8;

            let weights = &mut self.weights[(self.kind * 256 + node) as usize % SETS];
            let mut inputs = [256; INPUTS];
            let mut odds = weights[CONTEXTS].wrapping_mul(256);
            for context in 0..CONTEXTS {
                let count = self.slots[context][(self.lines[context] + leaf) % SLOTS];
                let chance = self.chances[context][count as usize];
                let input = i32::from(self.stretch[(chance >> 10) as usize % 4096]);
                odds = odds.wrapping_add(input.wrapping_mul(weights[context]));
                inputs[context] = input;
            }
            let odds = (odds >> 14).clamp(-REACH, REACH) + REACH;
            let chance = u32::from(self.squash[odds as usize % ODDS]).max(1);

            let bit = u32::from(tell(chance));
            let wrong = ((bit << 16) as i32 - chance as i32) >> 1;
            for (weight, input) in weights.iter_mut().zip(inputs) {
                *weight = weight.wrapping_add((input.wrapping_mul(wrong) + 0x8000) >> 16);
            }
            let next = &self.next[bit as usize];
            for context in 0..CONTEXTS {
                let count = &mut self.slots[context][(self.lines[context] + leaf) % SLOTS];
                let chance = &mut self.chances[context][*count as usize];
                *chance = chance.wrapping_add_signed(((bit << 22) as i32 - *chance as i32) >> 7);
                *count = next[*count as usize];
            }
            node = node << 1 | bit;
            leaf = leaf << 1 | bit as usize;
        }
        self.length = if node == expected { (self.length + 1).min(63) } else { 0 };
        self.take(node as u8);
        self.foresee();
    }

    /// Takes a whole byte.
    fn take(&mut self, byte: u8) {
        self.window[self.done as usize % WINDOW] = byte;
        self.done += 1;
        self.fifth = self.last >> 24;
        self.last = self.last << 8 | u32::from(byte);
        if self.done > self.code[0] && self.done <= self.code[1] {
            self.read(u32::from(byte));
        }
        self.repeated += 1;
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

    /// Gets ready for the next byte.
    fn foresee(&mut self) {
        let operation = self.operations & 255;
        let is_code = self.done >= self.code[0] && self.done < self.code[1];
        (self.meaning, self.kind) = if !is_code {
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
        let begun = self.value | self.shift << 24;
        let instruction = hash(self.meaning, begun.wrapping_mul(0x85eb_ca6b));
        let last = self.operations;
        self.hashes = [
            hash(self.last & 0xffff, 0),
            hash(self.meaning, self.last << 24),
            hash(instruction, last & 0xffff),
            hash(instruction, last),
            0,
        ];

        let place = hash(self.last, self.fifth << 8) as usize % PLACES;
        if self.length == 0 {
            self.repeated = self.places[place];
            while self.length < 40 && self.repeated > self.length && self.is_longer() {
                self.length += 1;
            }
            if self.length < SHORTEST {
                self.length = 0;
            }
        }
        self.places[place] = self.done;
    }

    /// Whether a repetition reaches back one byte more.
    fn is_longer(&self) -> bool {
        let back = |from: u32| self.window[(from - self.length - 1) as usize % WINDOW];
        back(self.repeated) == back(self.done)
    }

    /// Finds where each context has the counts for the next four bits, or room for them.
    fn find_lines(&mut self, node: u32) {
        for context in 0..REPETITION {
            let seed = self.hashes[context].wrapping_add(context as u32 * 0x3c6e_f372);
            let code = hash(seed, node).wrapping_mul(0x2c1b_3c6d);
            let line = code as usize / LINE * LINE % SLOTS;
            let check = (code >> 24) as u8;
            let slots = &mut self.slots[context];
            if slots[line] != check {
                for slot in 0..LINE {
                    slots[line + slot] = 0;
                }
                slots[line] = check;
            }
            self.lines[context] = line;
        }
    }
}
