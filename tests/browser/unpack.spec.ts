// What unpacks the app, beside the `xz` that packed it. No page is needed.
import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { crc32 } from "node:zlib";
import { unpacking } from "../../dist/unpack.js";

const SIZE_AT = 5; // in the header
const OPTIONS = "preset=6,lc=4,pb=0,dict=1MiB"; // as scripts/pack.mjs packs

/** Packed as scripts/pack.mjs does. */
function packed(content: Buffer, options = OPTIONS): Buffer {
  const lzma = execFileSync("xz", ["--format=lzma", `--lzma1=${options}`, "--stdout"], { input: content, maxBuffer: 1 << 26 });
  lzma.writeBigUInt64LE(BigInt(content.length), SIZE_AT);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(content));
  return Buffer.concat([lzma, checksum]);
}

/** What comes out if the bytes arrive in parts of so many. */
async function unpacked(lzma: Buffer, part = 4096): Promise<Buffer> {
  let at = 0;
  const arriving = new ReadableStream({
    pull(out) {
      if (at >= lzma.length) return out.close();
      out.enqueue(new Uint8Array(lzma.subarray(at, (at += part))));
    },
  });
  const pieces: Uint8Array[] = [];
  for await (const piece of arriving.pipeThrough(unpacking())) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The same numbers every time, from 0 to below `limit`. */
function dice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32) * limit | 0;
}

const noise = (size: number, roll = dice(size + 1)) => Buffer.from(Array.from({ length: size }, () => roll(256)));
const CONTENTS: Record<string, (size: number) => Buffer> = {
  "zeros": (size) => Buffer.alloc(size),
  "noise": (size) => noise(size),
  "words": (size) => Buffer.from(Array.from({ length: size }, (_, at) => `server app-${at % 7} ${at * at} `).join("").slice(0, size)),
  "repeated at all distances, with changes"(size) {
    const [roll, content] = [dice(size), noise(size)];
    for (let at = 1; at < size; ) {
      const [from, length] = [roll(at), 1 + roll(roll(2) ? 8 : 600)];
      for (let step = 0; step < length && at < size; step += 1, at += 1) content[at] = content[from + step];
      at += roll(3);
    }
    return content;
  },
};

for (const [what, make] of Object.entries(CONTENTS)) {
  test(`unpacks ${what} of every size`, async () => {
    for (const size of [0, 1, 2, 3, 15, 273, 274, 16_383, 16_384, 16_385, 70_000, 2_500_000]) {
      const content = make(size);
      expect((await unpacked(packed(content))).equals(content), `${size} bytes`).toBe(true);
    }
  });
}

test("unpacks whatever parts it arrives in", async () => {
  const content = CONTENTS.words(20_000);
  const lzma = packed(content);
  for (const part of [1, 2, 17, 18, 19, 20, 21, 22, 23, 500, lzma.length - 1, lzma.length]) {
    expect((await unpacked(lzma, part)).equals(content), `parts of ${part}`).toBe(true);
  }
});

test("unpacks with all properties", async () => {
  const content = Buffer.concat([CONTENTS.words(9_000), noise(3_000), CONTENTS["repeated at all distances, with changes"](30_000)]);
  for (const [lc, lp, pb] of [[0, 0, 0], [0, 4, 4], [3, 0, 2], [4, 0, 0], [2, 2, 1], [1, 3, 3]]) {
    const lzma = packed(content, `preset=6,lc=${lc},lp=${lp},pb=${pb},dict=64KiB`);
    expect((await unpacked(lzma)).equals(content), `lc=${lc}, lp=${lp}, pb=${pb}`).toBe(true);
  }
});

test("what is ready is given before the rest has come", async () => {
  const content = noise(100_000);
  const lzma = packed(content);
  const through = unpacking();
  const [writer, reader] = [through.writable.getWriter(), through.readable.getReader()];
  writer.write(new Uint8Array(lzma.subarray(0, 50_000)));
  let seen = 0;
  while (seen < 45_000) {
    const { value } = await reader.read();
    expect(value.length, "one turn").toBeLessThan(16384 + 273);
    seen += value.length;
  }
});

const REFUSED = /^unpacking failed: /;
const refusal = (lzma: Buffer) => unpacked(lzma).then(() => "taken", (error) => error.message);

test("refuses what is cut off, goes on, or says another size", async () => {
  const lzma = packed(CONTENTS.words(3_000));
  for (let length = 0; length < lzma.length; length += 1) expect(await refusal(lzma.subarray(0, length)), `${length} bytes`).toMatch(REFUSED);
  expect(await refusal(Buffer.concat([lzma, Buffer.alloc(1)]))).toMatch(REFUSED);
  for (const size of [0, 2_999, 3_001, 100_000]) {
    const lying = Buffer.from(lzma);
    lying.writeBigUInt64LE(BigInt(size), SIZE_AT);
    expect(await refusal(lying), `says ${size}`).toMatch(REFUSED);
  }
  expect(await refusal(Buffer.from("<!DOCTYPE html><title>404 Not Found</title>"))).toMatch(REFUSED);
});

test("never takes a wrong bit for a right one, nor noise", async () => {
  for (const content of [CONTENTS.words(2_000), CONTENTS["repeated at all distances, with changes"](1_500)]) {
    const lzma = packed(content);
    for (let bit = (SIZE_AT + 8) * 8; bit < lzma.length * 8; bit += 1) {
      const wrong = Buffer.from(lzma);
      wrong[bit >> 3] ^= 1 << (bit & 7);
      // A few bits of the mark at the end mean nothing.
      const [result] = await Promise.allSettled([unpacked(wrong)]);
      if (result.status === "rejected") expect(result.reason.message, `bit ${bit}`).toMatch(REFUSED);
      else expect(result.value.equals(content), `bit ${bit}`).toBe(true);
    }
  }
  const lzma = packed(noise(50_000));
  for (let seed = 1; seed <= 50; seed += 1) {
    const wrong = Buffer.concat([lzma.subarray(0, 18), noise(5_000, dice(seed))]);
    expect(await refusal(wrong), `seed ${seed}`).toMatch(REFUSED);
  }
});
