// What unpacks the app, beside the program that packed it. No page is needed.
import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpacking } from "../../dist/unpack.js";

const BEGINNING = 20; // bytes: size, checksum, where the code begins and ends, and the first four behind that

const work = mkdtempSync(join(tmpdir(), "unpack-"));
const packer = join(work, "pack");
test.beforeAll(() => {
  execFileSync("rustc", ["--edition=2024", "-O", new URL("../../scripts/pack.rs", import.meta.url).pathname, "-o", packer]);
});
test.afterAll(() => rmSync(work, { recursive: true }));

/** Packed as scripts/pack.mjs does. */
function packed(content: Buffer): Buffer {
  const file = join(work, "content");
  writeFileSync(file, content);
  return execFileSync(packer, [file], { maxBuffer: 1 << 26 });
}

/** What comes out if the bytes arrive in parts of so many. */
async function unpacked(file: Buffer, part = 4096): Promise<Buffer> {
  let at = 0;
  const arriving = new ReadableStream({
    pull(out) {
      if (at >= file.length) return out.close();
      out.enqueue(new Uint8Array(file.subarray(at, (at += part))));
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
  const file = packed(content);
  for (const part of [1, 2, 15, 16, 17, 18, 19, 20, 21, 500, file.length - 1, file.length]) {
    expect((await unpacked(file, part)).equals(content), `parts of ${part}`).toBe(true);
  }
});

/** A module with one function of such a body. */
function module(body: Buffer): Buffer {
  const number = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...number(value >> 7)]);
  const section = Buffer.concat([Buffer.from([1, ...number(body.length)]), body]);
  return Buffer.concat([Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, 10, ...number(section.length)]), section, CONTENTS.words(300)]);
}

test("unpacks modules, whatever stands in them", async () => {
  const repeated = CONTENTS["repeated at all distances, with changes"];
  for (const body of [CONTENTS.zeros(9), noise(20_000), repeated(50_000), Buffer.alloc(30_000, 255), Buffer.from([0, 65, 0, 11])]) {
    const whole = module(body);
    for (const content of [whole, whole.subarray(0, 11), whole.subarray(0, whole.length / 2)]) {
      expect((await unpacked(packed(content))).equals(content), `${content.length} bytes`).toBe(true);
    }
  }
});

test("what is ready is given before the rest has come", async () => {
  const content = noise(100_000);
  const file = packed(content);
  const through = unpacking();
  const [writer, reader] = [through.writable.getWriter(), through.readable.getReader()];
  writer.write(new Uint8Array(file.subarray(0, 50_000)));
  let seen = 0;
  while (seen < 45_000) {
    const { value } = await reader.read();
    expect(value.length, "one turn").toBeLessThan(16384 + 273);
    seen += value.length;
  }
});

const REFUSED = /^unpacking failed: /;
const refusal = (file: Buffer) => unpacked(file).then(() => "taken", (error) => error.message);

test("refuses what is cut off, goes on, or says another size", async () => {
  const file = packed(CONTENTS.words(3_000));
  for (let length = 0; length < file.length; length += 1) expect(await refusal(file.subarray(0, length)), `${length} bytes`).toMatch(REFUSED);
  expect(await refusal(Buffer.concat([file, Buffer.alloc(1)]))).toMatch(REFUSED);
  for (const size of [0, 2_999, 3_001, 100_000, 2 ** 32 - 1]) {
    const lying = Buffer.from(file);
    lying.writeUInt32BE(size);
    expect(await refusal(lying), `says ${size}`).toMatch(REFUSED);
  }
  expect(await refusal(Buffer.from("<!DOCTYPE html><title>404 Not Found</title>"))).toMatch(REFUSED);
});

test("never takes a wrong bit for a right one, nor noise", async () => {
  for (const content of [CONTENTS.words(2_000), CONTENTS["repeated at all distances, with changes"](1_500)]) {
    const file = packed(content);
    for (let bit = 0; bit < file.length * 8; bit += bit < BEGINNING * 8 ? 1 : 5) {
      const wrong = Buffer.from(file);
      wrong[bit >> 3] ^= 1 << (bit & 7);
      // A bit of where the code is may mean nothing.
      const [result] = await Promise.allSettled([unpacked(wrong)]);
      if (result.status === "rejected") expect(result.reason.message, `bit ${bit}`).toMatch(REFUSED);
      else expect(result.value.equals(content), `bit ${bit}`).toBe(true);
    }
  }
  const file = packed(noise(50_000));
  for (let seed = 1; seed <= 50; seed += 1) {
    const wrong = Buffer.concat([file.subarray(0, BEGINNING), noise(5_000, dice(seed))]);
    expect(await refusal(wrong), `seed ${seed}`).toMatch(REFUSED);
  }
});
