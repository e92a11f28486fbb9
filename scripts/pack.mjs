// Packs the wasm by scripts/pack.rs, a quarter smaller than gzip makes it, which is all that many hosts do. public/unpack.js unpacks it.
// Needs a rustc for here and for wasm32.
// node scripts/pack.mjs DIR
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { deflateSync } from "node:zlib";

const stage = resolve(process.argv[2]);
const work = mkdtempSync(join(tmpdir(), "pack-"));
const source = (name) => new URL(name, import.meta.url).pathname;

/** The text with the one place that matches written otherwise. */
function rewritten(text, what, pattern, by) {
  if (!pattern.test(text)) throw new Error(`pack: ${what} is not where it was before`);
  return text.replace(pattern, by);
}

/** What unpacks, as wasm. */
function program() {
  const [built, small] = [join(work, "built.wasm"), join(work, "small.wasm")];
  const flags = ["-Copt-level=2", "-Cllvm-args=-inline-threshold=0", "-Cpanic=abort", "-Clto", "-Cstrip=symbols", "-Clink-arg=-zstack-size=4096"];
  execFileSync("rustc", ["--edition=2024", "--crate-type=cdylib", "--target=wasm32-unknown-unknown", ...flags, source("unpack.rs"), "-o", built]);
  execFileSync("wasm-opt", ["-Oz", "--enable-bulk-memory", "--enable-sign-ext", "--enable-nontrapping-float-to-int", built, "-o", small]);
  return readFileSync(small);
}

/** Writes the program into the script, deflated. */
function complete(script) {
  const letters = deflateSync(program(), { level: 9 }).toString("base64");
  writeFileSync(script, rewritten(readFileSync(script, "utf8"), "the place of the program", /"scripts\/unpack\.rs"/, () => `"${letters}"`));
}

try {
  const script = join(stage, "unpack.js");
  complete(script);
  const { unpacking } = await import(pathToFileURL(script));
  const packer = join(work, "pack");
  execFileSync("rustc", ["--edition=2024", "-O", source("pack.rs"), "-o", packer]);

  let bytes = 0; // of the app
  for (const name of readdirSync(stage).filter((name) => name.endsWith("_bg.wasm"))) {
    const content = readFileSync(join(stage, name));
    const packed = execFileSync(packer, [join(stage, name)], { maxBuffer: 1 << 26 });
    const unpacked = await new Response(new Blob([packed]).stream().pipeThrough(unpacking())).arrayBuffer();
    if (!content.equals(Buffer.from(unpacked))) throw new Error(`pack: ${name} is not what it was when it is unpacked`);
    writeFileSync(join(stage, `${name}.packed`), packed);
    rmSync(join(stage, name));
    if (name.startsWith("foobar-lab-")) bytes = packed.length;
  }

  // boot.js shows "n of N KB": N is only known now.
  const page = join(stage, "index.html");
  const named = rewritten(readFileSync(page, "utf8"), "the name of the wasm", /_bg\.wasm"/g, '_bg.wasm.packed"');
  writeFileSync(page, rewritten(named, "its size", /data-bytes="0"/, `data-bytes="${bytes}"`));
} finally {
  rmSync(work, { recursive: true });
}
