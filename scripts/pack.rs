//! Packs what comes in, for scripts/pack.mjs: a header (size, CRC-32, where the module's code begins and ends: four bytes each, the highest
//! first), then the bits, each in a part of a range that is as long as its chance (scripts/model.rs). The range coder is that of the "LZMA
//! specification" by Igor Pavlov (7-zip.org/sdk.html, in the public domain).

mod model;

use model::Model;
use std::io::{Read, Write};
use std::ops::Range;

static mut MODEL: Model = Model::NEW; // too large for a stack

/// Writes the lowest number that is in the range so far.
struct Coder {
    low: u64,
    range: u32,
    /// The last byte, and how many of 255 behind it, as a carry may still come.
    waiting: u8,
    full: usize,
    out: Vec<u8>,
}

impl Coder {
    fn bit(&mut self, chance: u32, is_one: bool) -> bool {
        let bound = (self.range >> 16) * chance;
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
        is_one
    }

    fn shift(&mut self) {
        let carry = (self.low >> 32) as u8;
        let top = (self.low >> 24) as u8;
        if carry == 1 || top < 255 {
            self.out.push(self.waiting.wrapping_add(carry));
            self.out.extend(std::iter::repeat_n(carry.wrapping_sub(1), self.full));
            self.waiting = top;
            self.full = 0;
        } else {
            self.full += 1;
        }
        self.low = (self.low & 0xff_ffff) << 8;
    }
}

fn crc(content: &[u8]) -> u32 {
    !content.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (crc & 1).wrapping_neg() & 0xedb8_8320
        })
    })
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

fn main() -> std::io::Result<()> {
    let mut content = Vec::new();
    std::io::stdin().read_to_end(&mut content)?;
    // SAFETY: one thread, and nothing else takes it.
    let model = unsafe { &mut *(&raw mut MODEL) };
    let code = code(&content).unwrap_or_default();
    model.code = [code.start as u32, code.end as u32];
    model.begin();

    let mut coder = Coder { low: 0, range: u32::MAX, waiting: 0, full: 0, out: Vec::new() };
    for byte in &content {
        let mut places = (0..8).rev();
        model.byte(|chance| {
            coder.bit(chance, places.next().is_some_and(|place| byte >> place & 1 == 1))
        });
    }
    for _ in 0..5 {
        coder.shift();
    }

    let mut out = std::io::stdout().lock();
    for word in [content.len() as u32, crc(&content), model.code[0], model.code[1]] {
        out.write_all(&word.to_be_bytes())?;
    }
    out.write_all(&coder.out[1..]) // without the first, which is always 0
}
