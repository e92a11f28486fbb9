//! The program in public/unpack.js: unpacks what scripts/pack.mjs packed. Built by that script, for wasm, without a library and without a
//! part that could fail: an index is cut to its array, so that damaged bytes give nonsense, which `finish` finds out.
//! Written from the "LZMA specification" by Igor Pavlov (7-zip.org/sdk.html, in the public domain), with its names.
#![no_std]
#![no_main]

/// The size of the dictionary, and of what is kept of the output, bytes.
const WINDOW: usize = 1 << 20;
const INPUT: usize = 1 << 16;
/// What is unpacked in one turn, bytes.
const PIECE: u32 = 1 << 14;

// Where the chances of each kind of bit begin: 2048 would be a certain 0.
const IS_MATCH: usize = 0;
const IS_REP: usize = 192;
const IS_REP_G0: usize = 204;
const IS_REP_G1: usize = 216;
const IS_REP_G2: usize = 228;
const IS_REP0_LONG: usize = 240;
const POS_SLOT: usize = 432;
const POS_DECODERS: usize = 688;
const ALIGN: usize = 816;
const LEN: usize = 832;
const REP_LEN: usize = 1346;
const LITERAL: usize = 1860;
const CHANCES: usize = 1 << 14; // enough for lc + lp of 4, the most that xz makes

struct Unpacker {
    input: [u8; INPUT],
    at: usize,
    range: u32,
    code: u32,
    chances: [u16; CHANCES],
    lc: u32,
    literal_mask: u32,
    pos_mask: u32,
    state: usize,
    reps: [u32; 4],
    window: [u8; WINDOW],
    done: u32,
    size: u32,
    table: [u32; 256],
    crc: u32,
    ended: bool,
    failed: bool,
}

impl Unpacker {
    #[inline(always)]
    fn normalize(&mut self) {
        if self.range < 1 << 24 {
            self.range <<= 8;
            self.code = self.code << 8 | u32::from(self.input[self.at % INPUT]);
            self.at += 1;
        }
    }

    #[inline(never)]
    fn bit(&mut self, index: usize) -> usize {
        self.normalize();
        let chance = &mut self.chances[index % CHANCES];
        let bound = (self.range >> 11) * u32::from(*chance);
        if self.code < bound {
            self.range = bound;
            *chance += (2048 - *chance) >> 5;
            0
        } else {
            self.range -= bound;
            self.code -= bound;
            *chance -= *chance >> 5;
            1
        }
    }

    fn tree(&mut self, base: usize, bits: u32) -> usize {
        let mut node = 1;
        while node >> bits == 0 {
            node = node * 2 + self.bit(base + node);
        }
        node - (1 << bits)
    }

    fn reverse_tree(&mut self, base: usize, bits: u32) -> u32 {
        let (mut node, mut value) = (1, 0);
        for place in 0..bits {
            let one = self.bit(base + node);
            node = node * 2 + one;
            value |= (one as u32) << place;
        }
        value
    }

    /// Bits of which none is likelier.
    fn direct(&mut self, bits: u32) -> u32 {
        let mut value = 0;
        for _ in 0..bits {
            self.normalize();
            self.range >>= 1;
            let one = self.code >= self.range;
            if one {
                self.code -= self.range;
            }
            value = value * 2 + u32::from(one);
        }
        value
    }

    fn length(&mut self, base: usize, pos_state: usize) -> u32 {
        let length = if self.bit(base) == 0 {
            2 + self.tree(base + 2 + pos_state * 8, 3)
        } else if self.bit(base + 1) == 0 {
            10 + self.tree(base + 130 + pos_state * 8, 3)
        } else {
            18 + self.tree(base + 258, 8)
        };
        length as u32
    }

    fn distance(&mut self, length: u32) -> u32 {
        let slot = self.tree(POS_SLOT + (length - 2).min(3) as usize * 64, 6);
        if slot < 4 {
            return slot as u32;
        }
        let bits = (slot >> 1) as u32 - 1;
        let high = (2 + (slot as u32 & 1)) << bits;
        if slot < 14 {
            high + self.reverse_tree(POS_DECODERS + high as usize - slot, bits)
        } else {
            high + (self.direct(bits - 4) << 4) + self.reverse_tree(ALIGN, 4)
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
        self.crc = self.crc >> 8 ^ self.table[(self.crc as u8 ^ byte) as usize];
    }

    fn literal(&mut self) {
        let before = u32::from(self.back(0));
        let base = LITERAL
            + 768
                * (((self.done & self.literal_mask) << self.lc) + (before >> (8 - self.lc)))
                    as usize;
        // After a match comes another byte than the one that would have continued it, often a similar one: 256 as long as the bits are alike.
        let mut alike = if self.state < 7 { 0 } else { 256 };
        let mut continued = usize::from(self.back(self.reps[0]));
        let mut node = 1;
        while node < 256 {
            continued <<= 1;
            let expected = continued & alike;
            let one = self.bit(base + alike + expected + node);
            node = node * 2 + one;
            alike &= if one == 1 { expected } else { !expected };
        }
        self.put(node as u8);
        self.state = self.state.saturating_sub(if self.state < 10 { 3 } else { 6 });
    }

    fn copy(&mut self, length: u32) {
        self.failed |= self.reps[0] >= self.done || self.reps[0] >= WINDOW as u32;
        for _ in 0..length {
            self.put(self.back(self.reps[0]));
        }
    }

    fn symbol(&mut self) {
        let pos_state = (self.done & self.pos_mask) as usize;
        let long = self.state * 16 + pos_state;
        let after = self.state >= 7; // a match
        if self.bit(IS_MATCH + long) == 0 {
            return self.literal();
        }
        if self.bit(IS_REP + self.state) == 0 {
            let length = self.length(LEN, pos_state);
            self.reps = [self.distance(length), self.reps[0], self.reps[1], self.reps[2]];
            self.state = if after { 10 } else { 7 };
            self.ended = self.reps[0] == u32::MAX;
            return if self.ended { self.normalize() } else { self.copy(length) };
        }
        if self.bit(IS_REP_G0 + self.state) == 0 {
            if self.bit(IS_REP0_LONG + long) == 0 {
                self.state = if after { 11 } else { 9 };
                return self.copy(1);
            }
        } else if self.bit(IS_REP_G1 + self.state) == 0 {
            self.reps = [self.reps[1], self.reps[0], self.reps[2], self.reps[3]];
        } else if self.bit(IS_REP_G2 + self.state) == 0 {
            self.reps = [self.reps[2], self.reps[0], self.reps[1], self.reps[3]];
        } else {
            self.reps = [self.reps[3], self.reps[0], self.reps[1], self.reps[2]];
        }
        let length = self.length(REP_LEN, pos_state);
        self.state = if after { 11 } else { 8 };
        self.copy(length);
    }

    fn word(&self, at: usize) -> u32 {
        (0..4).fold(0, |word, byte| word | u32::from(self.input[(at + byte) % INPUT]) << (8 * byte))
    }
}

static mut UNPACKER: Unpacker = Unpacker {
    input: [0; INPUT],
    at: 0,
    range: 0,
    code: 0,
    chances: [0; CHANCES],
    lc: 0,
    literal_mask: 0,
    pos_mask: 0,
    state: 0,
    reps: [0; 4],
    window: [0; WINDOW],
    done: 0,
    size: 0,
    table: [0; 256],
    crc: 0,
    ended: false,
    failed: false,
};

fn unpacker() -> &'static mut Unpacker {
    // SAFETY: one thread, and no function that is called from outside calls another one.
    unsafe { &mut *(&raw mut UNPACKER) }
}

/// Where packed bytes are to be put.
#[unsafe(export_name = "input")]
extern "C" fn input() -> *const u8 {
    unpacker().input.as_ptr()
}

/// Where unpacked bytes are, around and around.
#[unsafe(export_name = "window")]
extern "C" fn window() -> *const u8 {
    unpacker().window.as_ptr()
}

/// Reads the header, of 18 bytes; whether it is one.
#[unsafe(export_name = "begin")]
extern "C" fn begin() -> bool {
    let it = unpacker();
    let properties = u32::from(it.input[0]);
    let lp = properties / 9 % 5;
    it.lc = properties % 9;
    it.literal_mask = (1 << lp) - 1;
    it.pos_mask = (1 << (properties / 45 % 5)) - 1;
    it.chances = [1024; CHANCES];
    it.size = it.word(5);
    it.range = u32::MAX;
    it.code = it.word(14).swap_bytes();
    it.at = 18;
    it.crc = u32::MAX;
    for byte in 0..256 {
        it.table[byte] = (0..8)
            .fold(byte as u32, |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 });
    }
    properties < 225
        && it.lc + lp <= 4
        && it.word(1) <= WINDOW as u32
        && it.word(9) == 0
        && it.input[13] == 0
}

/// Unpacks a piece, as far as the input is there up to `end`; how many bytes, or -1 if it can't be.
#[unsafe(export_name = "unpack")]
extern "C" fn unpack(end: i32) -> i32 {
    let it = unpacker();
    let told = it.done;
    while !it.ended && !it.failed && it.at as i32 <= end && it.done - told < PIECE {
        it.symbol();
    }
    if it.failed { -1 } else { (it.done - told) as i32 }
}

/// Makes room for more input: what is left of so many bytes goes to the beginning; how many those are.
#[unsafe(export_name = "rest")]
extern "C" fn rest(length: usize) -> usize {
    let it = unpacker();
    let left = length.saturating_sub(it.at);
    for byte in 0..left {
        it.input[byte % INPUT] = it.input[(it.at + byte) % INPUT];
    }
    it.at = 0;
    left
}

/// Whether with so many bytes of input all is there and right.
#[unsafe(export_name = "finish")]
extern "C" fn finish(length: usize) -> bool {
    let it = unpacker();
    it.ended
        && it.code == 0
        && it.done == it.size
        && it.at + 4 == length
        && it.word(it.at) == !it.crc
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
