// Packs the wasm by xz, a fifth smaller than gzip makes it, which is all that many hosts do; and brings along what unpacks it.
// node scripts/pack.mjs DIR
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const stage = process.argv[2];
const require = createRequire(new URL("../tests/browser/package.json", import.meta.url));

/** The text with the one place that matches written otherwise. */
function rewritten(text, what, pattern, by) {
  if (!pattern.test(text)) throw new Error(`pack: ${what} is not where it was before`);
  return text.replace(pattern, by);
}

const packed = readdirSync(stage).filter((name) => name.endsWith("_bg.wasm"));
execFileSync("xz", ["--force", "--check=crc32", "--lzma2=preset=9e,lc=4,pb=0,nice=273,dict=1MiB", ...packed.map((name) => join(stage, name))]);

// The library is written for Node's `require`, and has its own wasm within it. That becomes smaller, too, by wasm-opt; and as letters, which gzip
// packs better than base64.
const minified = require.resolve("xz-decompress").replace(/\.js$/, ".min.js");
const escaped = (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`;
const library = rewritten(readFileSync(minified, "utf8"), "the decoder's wasm", /(base64,)([\w+/=]{1000,})"/, (_, before, base64) => {
  const smaller = execFileSync("wasm-opt", ["-Oz", "-", "-o", "-"], { input: Buffer.from(base64, "base64") });
  return `${before}"+btoa("${smaller.toString("latin1").replace(/[\0-\x1f"\\\x7f]/g, escaped)}")`;
});
writeFileSync(
  join(stage, "xz-decompress.js"),
  `const exports = {}, module = { exports }, require = () => globalThis;\n${library}\nexport const { XzReadableStream } = module.exports;\n`,
);

// boot.js shows "n of N KB": N is only known now.
const app = `${packed.find((name) => name.startsWith("foobar-lab-"))}.xz`;
const page = join(stage, "index.html");
const named = rewritten(readFileSync(page, "utf8"), "the name of the wasm", /_bg\.wasm"/g, '_bg.wasm.xz"');
writeFileSync(page, rewritten(named, "its size", /data-bytes="0"/, `data-bytes="${statSync(join(stage, app)).size}"`));
