//! The program in public/unpack.js: unpacks what scripts/pack.rs packed. Built by scripts/pack.mjs, for wasm, without a library and without a
//! part that could fail: an index is cut to its array, so that damaged bytes give nonsense, which `finish` finds out.
#![no_std]
#![no_main]

mod model;

use model::Model;

const INPUT: usize = 1 << 16;
/// What is unpacked in one turn, bytes.
const PIECE: u32 = 1 << 13;
/// The longest that can be, bytes: bits that are certain would be unpacked from next to nothing.
const LONGEST: u32 = 1 << 25;

struct Input {
    bytes: [u8; INPUT],
    at: usize,
    range: u32,
    code: u32,
}

impl Input {
    fn read(&mut self) {
        self.code = self.code << 8 | u32::from(self.bytes[self.at % INPUT]);
        self.at += 1;
    }

    fn word(&mut self) -> u32 {
        for _ in 0..4 {
            self.read();
        }
        self.code
    }

    #[inline(always)]
    fn bit(&mut self, chance: u32) -> bool {
        let bound = (self.range >> 16) * chance;
        let is_one = self.code < bound;
        if is_one {
            self.range = bound;
        } else {
            self.range -= bound;
            self.code -= bound;
        }
        while self.range < 1 << 24 {
            self.range <<= 8;
            self.read();
        }
        is_one
    }
}

struct Unpacker {
    model: Model,
    input: Input,
    size: u32,
    checksum: u32,
    crc: u32,
}

impl Unpacker {
    fn byte(&mut self) {
        self.model.byte(|chance| self.input.bit(chance));
        self.crc ^= self.model.last & 255;
        for _ in 0..8 {
            self.crc = self.crc >> 1 ^ (self.crc & 1).wrapping_neg() & 0xedb8_8320;
        }
    }
}

static mut UNPACKER: Unpacker = Unpacker {
    model: Model::NEW,
    input: Input { bytes: [0; INPUT], at: 0, range: 0, code: 0 },
    size: 0,
    checksum: 0,
    crc: 0,
};

fn unpacker() -> &'static mut Unpacker {
    // SAFETY: one thread, and no function that is called from outside calls another one.
    unsafe { &mut *(&raw mut UNPACKER) }
}

/// Where packed bytes are to be put.
#[unsafe(export_name = "input")]
extern "C" fn input() -> *const u8 {
    unpacker().input.bytes.as_ptr()
}

/// Where unpacked bytes are, around and around.
#[unsafe(export_name = "window")]
extern "C" fn window() -> *const u8 {
    unpacker().model.window.as_ptr()
}

/// Reads the header, of 16 bytes, and the first four behind it; whether it can be one.
#[unsafe(export_name = "begin")]
extern "C" fn begin() -> bool {
    let it = unpacker();
    it.size = it.input.word();
    it.checksum = it.input.word();
    it.model.code = [it.input.word(), it.input.word()];
    it.input.code = it.input.word();
    it.input.range = u32::MAX;
    it.crc = u32::MAX;
    it.model.begin();
    it.size <= LONGEST
}

/// Unpacks a piece, as far as the input is there up to `end`; how many bytes.
#[unsafe(export_name = "unpack")]
extern "C" fn unpack(end: i32) -> u32 {
    let it = unpacker();
    let told = it.model.done;
    while it.model.done < it.size && it.input.at as i32 <= end && it.model.done - told < PIECE {
        it.byte();
    }
    it.model.done - told
}

/// Makes room for more input: what is left of so many bytes goes to the beginning; how many those are.
#[unsafe(export_name = "rest")]
extern "C" fn rest(length: usize) -> usize {
    let it = unpacker();
    let left = length.saturating_sub(it.input.at);
    for byte in 0..left {
        it.input.bytes[byte % INPUT] = it.input.bytes[(it.input.at + byte) % INPUT];
    }
    it.input.at = 0;
    left
}

/// Whether with so many bytes of input all is there and right.
#[unsafe(export_name = "finish")]
extern "C" fn finish(length: usize) -> bool {
    let it = unpacker();
    it.input.code == 0
        && it.model.done == it.size
        && it.input.at == length
        && it.checksum == !it.crc
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
