//! Packs a file, for scripts/pack.mjs: what xz decides about it, each decision anew with the chance that scripts/model.rs gives it. A header (size,
//! checksum, where the module's code begins and ends: four bytes each, the highest first), then the decisions, each a part of a range that is as long
//! as its chance. The range coder is that of the "LZMA specification" by Igor Pavlov (7-zip.org/sdk.html, in the public domain).
//! pack FILE [PATIENCE] > PACKED

mod model;

use model::{Coder, Model, PLACES};
use std::error::Error;
use std::io::Write;
use std::ops::Range;
use std::process::Command;

/// Lengths of a repetition that end xz's search: no one is best for every file.
const PATIENCE: [u32; 5] = [64, 96, 128, 192, 273];

/// Takes each bit from what xz wrote, and writes the lowest number that is in the range so far.
struct Recoder {
    from: std::vec::IntoIter<u8>,
    from_range: u32,
    code: u32,
    chances: [u16; PLACES],

    low: u64,
    range: u32,
    /// The last byte, and how many of 255 behind it, as a carry may still come.
    waiting: u8,
    full: usize,
    to: Vec<u8>,
}

impl Recoder {
    fn new(lzma: Vec<u8>) -> Self {
        let mut from = lzma.into_iter();
        let code = from.by_ref().skip(13).take(5).fold(0, |code, byte| code << 8 | u32::from(byte));
        Self {
            from,
            from_range: u32::MAX,
            code,
            chances: [1024; PLACES],
            low: 0,
            range: u32::MAX,
            waiting: 0,
            full: 0,
            to: Vec::new(),
        }
    }

    fn read(&mut self, bound: u32) -> bool {
        let is_less = self.code < bound;
        if is_less {
            self.from_range = bound;
        } else {
            self.from_range -= bound;
            self.code -= bound;
        }
        is_less
    }

    fn normalize(&mut self) {
        if self.from_range < 1 << 24 {
            self.from_range <<= 8;
            self.code = self.code << 8 | u32::from(self.from.next().unwrap_or(0));
        }
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
}

impl Coder for Recoder {
    fn bit(&mut self, place: usize, chance: u32) -> usize {
        self.normalize();
        let known = self.chances[place];
        let is_one = !self.read((self.from_range >> 11) * u32::from(known));
        self.chances[place] =
            if is_one { known - (known >> 5) } else { known + (2048 - known >> 5) };
        self.write((self.range >> 16) * chance, is_one);
        usize::from(is_one)
    }

    fn direct(&mut self, bits: u32) -> u32 {
        let mut value = 0;
        for _ in 0..bits {
            self.normalize();
            self.from_range &= !1; // to halves that are equal
            let is_one = !self.read(self.from_range >> 1);
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

/// The file as it is packed after xz searched with such patience.
fn packed(path: &str, patience: u32) -> Result<Vec<u8>, Box<dyn Error>> {
    let content = std::fs::read(path)?;
    let options = format!("--lzma1=preset=9e,lc=4,pb=0,nice={patience},dict=1MiB");
    let xz = Command::new("xz").args(["--format=lzma", &options, "--stdout", path]).output()?;
    if !xz.status.success() {
        return Err(String::from_utf8_lossy(&xz.stderr).into());
    }

    let mut model = Box::new(Model::NEW);
    let code = code(&content).unwrap_or_default();
    model.size = content.len() as u32;
    model.code = [code.start as u32, code.end as u32];
    model.begin();
    let mut coder = Recoder::new(xz.stdout);
    while model.done < model.size && !model.failed {
        model.symbol(&mut coder);
    }
    if model.failed {
        return Err("xz wrote what is not LZMA".into());
    }
    let header = [model.size, model.checksum, model.code[0], model.code[1]];
    let mut packed: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
    packed.extend(coder.end());
    Ok(packed)
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("pack FILE [PATIENCE]")?;
    let only: Vec<u32> = std::env::args().nth(2).iter().flat_map(|only| only.parse()).collect();
    let patience = if only.is_empty() { &PATIENCE[..] } else { &only };
    let tries: Result<Vec<_>, _> =
        patience.iter().map(|patience| packed(&path, *patience)).collect();
    let smallest = tries?.into_iter().min_by_key(Vec::len).unwrap_or_default();
    std::io::stdout().lock().write_all(&smallest)?;
    Ok(())
}
