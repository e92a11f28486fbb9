//! How likely the next bit is a 1: the model that scripts/pack.rs and scripts/unpack.rs share, so that both foretell the same. Whole numbers but
//! for the tables made at the start, which use only what every machine computes alike.
//! After Matt Mahoney's lpaq ("Data Compression Explained", mattmahoney.net/dc/dce.html): several contexts each foretell the bit from what came
//! after them before, and a mixer learns whom to trust. The contexts know what WebAssembly looks like.

/// What is kept of the bytes, for repetitions.
pub const WINDOW: usize = 1 << 20;

const CONTEXTS: usize = 6;
/// Beside the contexts a repetition, and a constant.
const INPUTS: usize = CONTEXTS + 2;
const SLOTS: usize = 1 << 20;
/// A context's slots for the next four bits, with a check in the first.
const LINE: usize = 16;
/// Logarithmic odds are counted in steps of 1/256, up to so many.
const REACH: i32 = 3071;
const ODDS: usize = 2 * REACH as usize + 1;
const SETS: usize = 2048;
const ROWS: usize = 1024;
const COLUMNS: usize = 33;
const COLUMN: i32 = 192;
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
    /// Two mixers, with a set of weights for each situation; of 1 << 14.
    weights: [[[i32; INPUTS]; SETS]; 2],
    /// How often a repetition of a length goes on, of 1 << 22.
    lasting: [u32; 64],
    /// What a mixed chance came to, in each situation.
    refined: [[u16; COLUMNS]; ROWS],
    /// Where the last bytes stood before.
    places: [u32; PLACES],

    // What came before the byte.
    pub last: u32,
    fifth: u32,
    operations: u64,
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

    // What came before the bit.
    /// The byte's bits so far, behind a 1.
    node: u32,
    lines: [usize; CONTEXTS],
    leaf: usize,
    counts: [u8; CONTEXTS],
    inputs: [i32; INPUTS],
    sets: [usize; 2],
    mixed: [i32; 2],
    cell: [usize; 2],
    /// The bit that a repetition would have, if there is one.
    expected: u32,
    is_repeating: bool,
}

fn hash(a: u32, b: u32) -> u32 {
    let product = (a ^ b).wrapping_mul(0x9e37_79b1);
    product ^ product >> 15
}

/// A chance of 1 << 22, the nearer to 0 or that the more often it was so.
fn learnt(chance: u32, bit: u32, rate: u32) -> u32 {
    chance.wrapping_add_signed(((bit << 22) as i32 - chance as i32) >> rate)
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
        weights: [[[0; INPUTS]; SETS]; 2],
        lasting: [0; 64],
        refined: [[0; COLUMNS]; ROWS],
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
        node: 0,
        lines: [0; CONTEXTS],
        leaf: 0,
        counts: [0; CONTEXTS],
        inputs: [0; INPUTS],
        sets: [0; 2],
        mixed: [0; 2],
        cell: [0; 2],
        expected: 0,
        is_repeating: false,
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
        self.weights.as_flattened_mut().as_flattened_mut().fill(5000);
        self.lasting.fill(3 << 20);
        for row in &mut self.refined {
            for (column, chance) in row.iter_mut().enumerate() {
                *chance = self.squash
                    [((column as i32 - 16) * COLUMN + REACH).clamp(0, 2 * REACH) as usize];
            }
        }
        self.foresee();
    }

    fn squashed(&self, odds: i32) -> i32 {
        i32::from(self.squash[(odds + REACH) as usize % ODDS])
    }

    fn stretched(&self, chance: u32) -> i32 {
        i32::from(self.stretch[(chance >> 10) as usize % 4096])
    }

    /// The chance that the next bit is a 1, of 65,536: never 0, nor all.
    #[inline(always)]
    pub fn chance(&mut self) -> u32 {
        let node = self.node as usize;
        for context in 0..CONTEXTS {
            let count = self.slots[context][(self.lines[context] + self.leaf) % SLOTS];
            self.counts[context] = count;
            self.inputs[context] = self.stretched(self.chances[context][count as usize]);
        }
        let mut length = 0;
        self.inputs[CONTEXTS] = 0;
        if self.is_repeating {
            length = self.length.ilog2() as usize + 1;
            let odds = self.stretched(self.lasting[self.length as usize % 64]);
            let byte = u32::from(self.window[self.repeated as usize % WINDOW]);
            self.expected = byte >> (7 - self.node.ilog2()) & 1;
            self.inputs[CONTEXTS] = if self.expected == 1 { odds } else { -odds };
        }
        self.inputs[CONTEXTS + 1] = 256;
        self.sets = [self.kind as usize * 256 + node, length * 256 + (self.last & 255) as usize];
        let mut both = 0;
        for mixer in 0..2 {
            let weights = &self.weights[mixer][self.sets[mixer] % SETS];
            let mut odds = 0_i32;
            for input in 0..INPUTS {
                odds = odds.wrapping_add(self.inputs[input].wrapping_mul(weights[input]));
            }
            let odds = (odds >> 14).clamp(-REACH, REACH);
            self.mixed[mixer] = self.squashed(odds);
            both += odds;
        }
        let odds = both >> 1;
        let at = odds + 16 * COLUMN;
        let (column, part) = ((at / COLUMN) as usize, at % COLUMN);
        let row = self.kind.min(2) as usize * 256 + node;
        let cell = |column: usize| i32::from(self.refined[row % ROWS][column % COLUMNS]);
        let refined = (cell(column) * (COLUMN - part) + cell(column + 1) * part) / COLUMN;
        self.cell = [row, column + usize::from(part > COLUMN / 2)];
        ((self.squashed(odds) + refined + 1) / 2).clamp(1, 65_535) as u32
    }

    /// Learns from the bit that it was.
    #[inline(always)]
    pub fn learn(&mut self, bit: u32) {
        let truth = (bit * 65_535) as i32;
        for mixer in 0..2 {
            let wrong = (truth - self.mixed[mixer]) >> 1;
            let weights = &mut self.weights[mixer][self.sets[mixer] % SETS];
            for input in 0..INPUTS {
                let change = (self.inputs[input].wrapping_mul(wrong) + 0x8000) >> 16;
                weights[input] = weights[input].wrapping_add(change);
            }
        }
        let cell = &mut self.refined[self.cell[0] % ROWS][self.cell[1] % COLUMNS];
        *cell = cell.wrapping_add_signed(((truth - i32::from(*cell)) >> 6) as i16);
        for context in 0..CONTEXTS {
            let count = self.counts[context] as usize;
            let chance = &mut self.chances[context][count];
            *chance = learnt(*chance, bit, 7);
            self.slots[context][(self.lines[context] + self.leaf) % SLOTS] =
                self.next[bit as usize % 2][count];
        }
        if self.is_repeating {
            let lasting = &mut self.lasting[self.length as usize % 64];
            self.is_repeating = self.expected == bit;
            *lasting = learnt(*lasting, u32::from(self.is_repeating), 6);
        }
        self.node = self.node << 1 | bit;
        self.leaf = self.leaf << 1 | bit as usize;
        if self.node >= 256 {
            self.take(self.node as u8);
            self.foresee();
        } else if self.leaf >= LINE {
            self.find_lines();
        }
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
        self.length = if self.is_repeating { (self.length + 1).min(63) } else { 0 };
    }

    /// Reads the byte as code.
    fn read(&mut self, byte: u32) {
        self.body = self.body.wrapping_sub(1);
        if self.part == INSTRUCTIONS && self.numbers == 0 {
            self.operations = self.operations << 8 | u64::from(byte);
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
        let operation = self.operations as u32 & 255;
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
        let [last, earlier] = [self.operations as u32, (self.operations >> 32) as u32];
        self.hashes = [
            hash(self.last & 0xffff, 0),
            hash(self.meaning, self.last << 24),
            hash(self.last & 0xff_ff00, 7),
            hash(instruction, last & 0xffff),
            hash(instruction, last),
            hash(hash(instruction, last), earlier & 0xffff),
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
        self.is_repeating = self.length > 0;
        self.node = 1;
        self.find_lines();
    }

    /// Whether a repetition reaches back one byte more.
    fn is_longer(&self) -> bool {
        let back = |from: u32| self.window[(from - self.length - 1) as usize % WINDOW];
        back(self.repeated) == back(self.done)
    }

    /// Finds where each context has the counts for the next four bits, or room for them.
    fn find_lines(&mut self) {
        for context in 0..CONTEXTS {
            let seed = self.hashes[context].wrapping_add(context as u32 * 0x3c6e_f372);
            let code = hash(seed, self.node).wrapping_mul(0x2c1b_3c6d);
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
        self.leaf = 1;
    }
}
