//! The program in public/unpack.js: unpacks what scripts/pack.rs packed. Built by scripts/pack.mjs, for wasm, without a library and without a
//! part that could fail: an index is cut to its array, so that damaged bytes give nonsense, which `finish` finds out.
#![no_std]
#![no_main]

mod model;

use model::{Coder, Model};

const INPUT: usize = 1 << 16;
/// What is unpacked in one turn, bytes.
const PIECE: u32 = 1 << 14;
/// The longest that can be, bytes: bits that are certain would be unpacked from next to nothing.
const LONGEST: u32 = 1 << 25;

#[repr(C)]
struct Input {
    at: usize,
    range: u32,
    code: u32,
    bytes: [u8; INPUT],
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
    fn is_less(&mut self, bound: u32) -> bool {
        let is_less = self.code < bound;
        if is_less {
            self.range = bound;
        } else {
            self.range -= bound;
            self.code -= bound;
        }
        while self.range < 1 << 24 {
            self.range <<= 8;
            self.read();
        }
        is_less
    }
}

impl Coder for Input {
    #[inline(always)]
    fn bit(&mut self, chance: u32) -> usize {
        usize::from(self.is_less((self.range >> 16) * chance))
    }

    fn direct(&mut self, bits: u32) -> u32 {
        (0..bits).fold(0, |value, _| value << 1 | u32::from(self.is_less(self.range >> 1)))
    }
}

#[repr(C)]
struct Unpacker {
    checksum: u32,
    input: Input,
    model: Model,
}

static mut UNPACKER: Unpacker = Unpacker {
    model: Model::NEW,
    input: Input { bytes: [0; INPUT], at: 0, range: 0, code: 0 },
    checksum: 0,
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
    it.model.size = it.input.word();
    it.checksum = it.input.word();
    it.model.code = [it.input.word(), it.input.word()];
    it.input.code = it.input.word();
    it.input.range = u32::MAX;
    it.model.begin();
    it.model.size <= LONGEST
}

/// Unpacks a piece, as far as the input is there up to `end`; how many bytes, or -1 if it can't be.
#[unsafe(export_name = "unpack")]
extern "C" fn unpack(end: i32) -> i32 {
    let Unpacker { model, input, .. } = unpacker();
    let told = model.done;
    while !model.failed
        && model.done < model.size
        && input.at as i32 <= end
        && model.done - told < PIECE
    {
        model.symbol(input);
    }
    if model.failed { -1 } else { (model.done - told) as i32 }
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
        && it.model.done == it.model.size
        && it.input.at == length
        && it.checksum == it.model.checksum
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
