// Packs the wasm as LZMA, a fifth smaller than gzip makes it, which is all that many hosts do. public/unpack.js unpacks it.
// node scripts/pack.mjs DIR
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpacked } from "../public/unpack.js";

const stage = process.argv[2];

/** The text with the one place that matches written otherwise. */
function rewritten(text, what, pattern, by) {
  if (!pattern.test(text)) throw new Error(`pack: ${what} is not where it was before`);
  return text.replace(pattern, by);
}

const programs = readdirSync(stage).filter((name) => name.endsWith("_bg.wasm"));
for (const name of programs) {
  const program = readFileSync(join(stage, name));
  const packed = execFileSync("xz", ["--format=lzma", "--lzma1=preset=9e,lc=4,pb=0,mf=bt2,nice=273,depth=5000,dict=1MiB"], { input: program, maxBuffer: 1 << 26 });
  // xz leaves the size open, which unpack.js wants to know.
  packed.writeBigUInt64LE(BigInt(program.length), 5);
  const again = await new Response(unpacked(new Blob([packed]).stream())).arrayBuffer();
  if (!program.equals(Buffer.from(again))) throw new Error(`pack: unpack.js makes something else of ${name}`);
  writeFileSync(join(stage, `${name}.lzma`), packed);
  rmSync(join(stage, name));
}

// boot.js shows "n of N KB": N is only known now.
const app = `${programs.find((name) => name.startsWith("foobar-lab-"))}.lzma`;
const page = join(stage, "index.html");
const named = rewritten(readFileSync(page, "utf8"), "the name of the wasm", /_bg\.wasm"/g, '_bg.wasm.lzma"');
writeFileSync(page, rewritten(named, "its size", /data-bytes="0"/, `data-bytes="${statSync(join(stage, app)).size}"`));
