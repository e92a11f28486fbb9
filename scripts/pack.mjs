// Packs the wasm by LZMA, a fifth smaller than gzip makes it, which is all that many hosts do, and adds the checksum that LZMA lacks.
// public/unpack.js unpacks it.
// Needs a rustc that makes wasm32.
// node scripts/pack.mjs DIR
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";

const stage = process.argv[2];
const PATIENCE = [128, 160, 200, 273]; // lengths of a repetition that end xz's search: no one is best for every file
const SIZE_AT = 5; // byte of the header where it says how long it is unpacked; xz leaves that open

function packed(path) {
  const lzma = (nice) => execFileSync("xz", ["--format=lzma", `--lzma1=preset=9e,lc=4,pb=0,nice=${nice},dict=1MiB`, "--stdout", path], { maxBuffer: 1 << 26 });
  const [smallest] = PATIENCE.map(lzma).sort((a, b) => a.length - b.length);
  const content = readFileSync(path);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(content));
  smallest.writeBigUInt64LE(BigInt(content.length), SIZE_AT);
  return Buffer.concat([smallest, checksum]);
}

/** The text with the one place that matches written otherwise. */
function rewritten(text, what, pattern, by) {
  if (!pattern.test(text)) throw new Error(`pack: ${what} is not where it was before`);
  return text.replace(pattern, by);
}

/** What unpacks, as wasm. */
function program() {
  const work = mkdtempSync(join(tmpdir(), "pack-"));
  try {
    const [source, built, small] = [new URL("unpack.rs", import.meta.url).pathname, join(work, "built.wasm"), join(work, "small.wasm")];
    const flags = ["-Copt-level=z", "-Cpanic=abort", "-Clto", "-Cstrip=symbols", "-Clink-arg=-zstack-size=4096"];
    execFileSync("rustc", ["--edition=2024", "--crate-type=cdylib", "--target=wasm32-unknown-unknown", ...flags, source, "-o", built]);
    execFileSync("wasm-opt", ["-Oz", "--enable-bulk-memory", "--enable-sign-ext", "--enable-nontrapping-float-to-int", built, "-o", small]);
    return readFileSync(small);
  } finally {
    rmSync(work, { recursive: true });
  }
}

let bytes = 0; // of the app
for (const name of readdirSync(stage).filter((name) => name.endsWith("_bg.wasm"))) {
  const content = packed(join(stage, name));
  writeFileSync(join(stage, `${name}.lzma`), content);
  rmSync(join(stage, name));
  if (name.startsWith("foobar-lab-")) bytes = content.length;
}

// boot.js shows "n of N KB": N is only known now.
const page = join(stage, "index.html");
const named = rewritten(readFileSync(page, "utf8"), "the name of the wasm", /_bg\.wasm"/g, '_bg.wasm.lzma"');
writeFileSync(page, rewritten(named, "its size", /data-bytes="0"/, `data-bytes="${bytes}"`));

// As letters, which gzip packs better than base64.
const escaped = (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`;
const letters = program().toString("latin1").replace(/[\0-\x1f"\\\x7f]/g, escaped);
const script = join(stage, "unpack.js");
writeFileSync(script, rewritten(readFileSync(script, "utf8"), "the place of the program", /"scripts\/unpack\.rs"/, () => `"${letters}"`));
