// Makes the app's scripts and wasm smaller where no compiler could: wasm-bindgen writes glue for people to read, exports what a library has
// for others, and names each import by a hash, twice. Relies on how the pinned wasm-bindgen writes it, and fails where that has changed.
// node scripts/shrink.mjs DIR
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const stage = process.argv[2];
const run = (program, ...parameters) => execFileSync(program, parameters, { encoding: "utf8", maxBuffer: 1 << 26 });
const only = (ending) => {
  const names = readdirSync(stage).filter((name) => name.endsWith(ending));
  if (names.length !== 1) throw new Error(`shrink: one ${ending} expected, found ${names.length}`);
  return join(stage, names[0]);
};
const wasm = only("_bg.wasm");
const glue = wasm.replace("_bg.wasm", ".js");

/** The text without the one place that matches. */
function without(text, what, pattern) {
  const shorter = text.replace(pattern, "");
  if (shorter === text) throw new Error(`shrink: ${what} is not where wasm-bindgen wrote it before`);
  return shorter;
}

// Classes that a library exports: nobody here makes or takes one.
let script = without(readFileSync(glue, "utf8"), "the export of initSync", /initSync, (?=__wbg_init as default)/);
for (const [, name] of script.matchAll(/^export class (\w+)/gm)) {
  script = without(script, `class ${name}`, new RegExp(`^export class ${name} \\{[\\s\\S]*?^\\}\\n`, "m"));
  script = without(script, `the disposal of ${name}`, new RegExp(`^if \\(Symbol\\.dispose\\) ${name}\\..*\\n`, "m"));
  script = without(script, `the finalization of ${name}`, new RegExp(`^const ${name}Finalization = [\\s\\S]*?;\\n`, "m"));
  if (new RegExp(`\\b${name}\\b`).test(script)) throw new Error(`shrink: ${name} is used`);
}

const work = mkdtempSync(join(tmpdir(), "shrink-"));
const module = () => new WebAssembly.Module(readFileSync(wasm));
try {
  // What only they needed of the wasm goes, and what only that needed of the glue.
  const graph = join(work, "graph.json");
  const used = WebAssembly.Module.exports(module()).filter(({ name }) => script.includes(`wasm.${name}`));
  writeFileSync(graph, JSON.stringify(used.map(({ name }) => ({ name, root: true, export: name }))));
  const before = WebAssembly.Module.imports(module());
  run("wasm-metadce", wasm, "--graph-file", graph, "-o", wasm);
  const left = new Set(WebAssembly.Module.imports(module()).map(({ name }) => name));
  for (const { name } of before.filter(({ name }) => !left.has(name))) {
    script = without(script, `import ${name}`, new RegExp(`^ {8}${name}: (function\\([\\s\\S]*?^ {8}\\}|.*),\\n`, "m"));
  }
  writeFileSync(glue, script);
  for (const name of readdirSync(stage).filter((name) => name.endsWith(".js"))) {
    run("terser", join(stage, name), "--module", "--compress", "--mangle", "--output", join(stage, name));
  }

  const { imports, exports } = JSON.parse(run("wasm-opt", "--minify-imports-and-exports-and-modules", wasm, "-o", wasm));
  const short = new Map([...imports.map(([, long, name]) => [long, name]), ...exports]);
  const small = readFileSync(glue, "utf8").replaceAll(`"${imports[0][0]}"`, '"a"');
  writeFileSync(glue, small.replace(/[\w$]+/g, (word) => short.get(word) ?? word));
} finally {
  rmSync(work, { recursive: true });
}
