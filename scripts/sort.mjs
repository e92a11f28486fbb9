// Puts functions that are alike beside each other in the wasm: what packs them does best with what it has just seen, which makes the first load some
// hundredths smaller. What they do and how they are called stays the same; the order in which a compiler writes them means nothing.
// node scripts/sort.mjs DIR
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const stage = process.argv[2];
const work = mkdtempSync(join(tmpdir(), "sort-"));
const run = (...parameters) => execFileSync("wasm-opt", parameters, { encoding: "utf8", maxBuffer: 1 << 26 });

/** So many lines in a row count as one thing that two functions can share; what more functions than that have tells nothing. */
const LINES = 3;
const COMMON = 600;
/** Against tiny functions, which are like anything. */
const WEIGHT = 20;

/** A module as text in three parts: what stands before its functions, the lines of each, what stands behind. */
function parts(text) {
  const [head, functions, tail] = [[], [], []];
  let inside = false;
  for (const line of text.split("\n")) {
    if (line.startsWith(" (func ")) {
      functions.push([]);
      inside = true;
    }
    (inside ? functions.at(-1) : functions.length ? tail : head).push(line);
    if (line === " )") inside = false;
  }
  return { head, functions, tail };
}

/** For each function the numbers of the things it shares with another. */
function shared(functions) {
  const numbers = new Map();
  const counts = [];
  const all = functions.map((lines) => {
    // A label or a function's own number is another in every function.
    const told = lines.map((line) => line.trim().replace(/\b(block|loop|br|br_if|func) \$\S+/g, "$1"));
    const own = new Set();
    for (let at = 0; at + LINES <= told.length; at++) {
      const thing = told.slice(at, at + LINES).join("\n");
      if (!numbers.has(thing)) numbers.set(thing, numbers.size);
      own.add(numbers.get(thing));
    }
    for (const number of own) counts[number] = (counts[number] ?? 0) + 1;
    return own;
  });
  return all.map((own) => [...own].filter((number) => counts[number] > 1 && counts[number] < COMMON));
}

/** The order: after each function the one that is most like it of those that are left. */
function order(functions) {
  const things = shared(functions);
  const having = new Map();
  for (const [index, own] of things.entries()) {
    for (const thing of own) {
      if (!having.has(thing)) having.set(thing, []);
      having.get(thing).push(index);
    }
  }
  const left = new Set(functions.keys());
  const sorted = [];
  let next = things.reduce((most, own, index) => (own.length > things[most].length ? index : most), 0);
  while (left.size > 0) {
    sorted.push(next);
    left.delete(next);
    const common = new Map();
    for (const thing of things[next]) for (const other of having.get(thing)) if (left.has(other)) common.set(other, (common.get(other) ?? 0) + 1);
    const likeness = ([other, count]) => count / (things[other].length + WEIGHT);
    const best = [...common].reduce((best, one) => (best && likeness(best) >= likeness(one) ? best : one), undefined);
    next = best ? best[0] : left.values().next().value;
  }
  return sorted;
}

try {
  for (const name of readdirSync(stage).filter((name) => name.endsWith("_bg.wasm"))) {
    const [wasm, text] = [join(stage, name), join(work, "module.wat")];
    const interfaces = () => {
      const module = new WebAssembly.Module(readFileSync(wasm));
      return JSON.stringify([WebAssembly.Module.imports(module), WebAssembly.Module.exports(module)]);
    };
    const before = interfaces();
    const features = run("--print-features", wasm, "-o", join(work, "same.wasm")).trim().split("\n");
    run("--low-memory-unused", "-Oz", wasm, "-S", "-o", text);
    const { head, functions, tail } = parts(readFileSync(text, "utf8"));
    writeFileSync(text, [...head, ...order(functions).flatMap((index) => functions[index]), ...tail].join("\n"));
    run(...features, "--optimize-level=2", "--shrink-level=2", "--reorder-locals", text, "-o", wasm);
    if (interfaces() !== before) throw new Error(`sort: ${name} is called otherwise than before`);
  }
} finally {
  rmSync(work, { recursive: true });
}
