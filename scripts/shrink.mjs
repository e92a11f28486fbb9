// Makes the app's scripts, styles and wasm smaller where no compiler could: wasm-bindgen writes glue for people to read, exports what a library
// has for others, and names each import by a hash, twice. Relies on how the pinned wasm-bindgen writes it, and fails where that has changed.
// node scripts/shrink.mjs DIR
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const stage = process.argv[2];
const run = (program, ...parameters) => execFileSync(program, parameters, { encoding: "utf8", maxBuffer: 1 << 26 });
const named = (ending) => readdirSync(stage).filter((name) => name.endsWith(ending)).map((name) => join(stage, name));
const work = mkdtempSync(join(tmpdir(), "shrink-"));

/** The text without the one place that matches. */
function without(text, what, pattern) {
  const shorter = text.replace(pattern, "");
  if (shorter === text) throw new Error(`shrink: ${what} is not where wasm-bindgen wrote it before`);
  return shorter;
}

/** Without the classes that a library exports: nobody here makes or takes one. */
function withoutClasses(glue) {
  let script = without(glue, "the export of initSync", /initSync, (?=__wbg_init as default)/);
  for (const [, name] of script.matchAll(/^export class (\w+)/gm)) {
    script = without(script, `class ${name}`, new RegExp(`^export class ${name} \\{[\\s\\S]*?^\\}\\n`, "m"));
    script = without(script, `the disposal of ${name}`, new RegExp(`^if \\(Symbol\\.dispose\\) ${name}\\..*\\n`, "m"));
    script = without(script, `the finalization of ${name}`, new RegExp(`^const ${name}Finalization = [\\s\\S]*?;\\n`, "m"));
    if (new RegExp(`\\b${name}\\b`).test(script)) throw new Error(`shrink: ${name} is used`);
  }
  return script;
}

/** What the glue doesn't name goes from the wasm, and what then only that needed goes from the glue. */
function sift(wasm, script) {
  const module = () => new WebAssembly.Module(readFileSync(wasm));
  const graph = join(work, "graph.json");
  const used = WebAssembly.Module.exports(module()).filter(({ name }) => script.includes(`wasm.${name}`));
  writeFileSync(graph, JSON.stringify(used.map(({ name }) => ({ name, root: true, export: name }))));
  const before = WebAssembly.Module.imports(module());
  run("wasm-metadce", wasm, "--graph-file", graph, "-o", wasm);
  const left = new Set(WebAssembly.Module.imports(module()).map(({ name }) => name));
  const gone = before.filter(({ name }) => !left.has(name));
  return gone.reduce(
    (script, { name }) => without(script, `import ${name}`, new RegExp(`^ {8}${name}: (function\\([\\s\\S]*?^ {8}\\}|.*),\\n`, "m")),
    script,
  );
}

/** Short names for what glue and wasm call each other by. */
function rename(wasm, script) {
  const { imports, exports } = JSON.parse(run("wasm-opt", "--minify-imports-and-exports-and-modules", wasm, "-o", wasm));
  const [fromGlue, fromWasm] = [new Map(imports.map(([, long, short]) => [long, short])), new Map(exports)];
  return script
    .replaceAll(`"${imports[0][0]}"`, '"a"')
    .replace(/\.([\w$]+)/g, (member, name) => (fromWasm.has(name) ? `.${fromWasm.get(name)}` : member))
    .replace(/[\w$]+/g, (word) => fromGlue.get(word) ?? word);
}

/** A style sheet without what is there for who reads it. No string in them holds a brace, a semicolon, a comma, a colon or several spaces. */
const packed = (styles) =>
  styles.replace(/\/\*[^]*?\*\//g, "").replace(/\s+/g, " ").replace(/ ?([{};,]) ?/g, "$1").replaceAll(";}", "}").replaceAll(": ", ":");

/** One style sheet, named by its content, of those that trunk has put into the page: each would be compressed for itself, and asked for. */
function joinStyles() {
  const page = join(stage, "index.html");
  const html = readFileSync(page, "utf8");
  const link = /<link rel="stylesheet" href="\.\/(\w+-\w+\.css)" ?\/?>\s*/g;
  const parts = [...html.matchAll(link)].map(([, name]) => join(stage, name));
  if (parts.length < 2 || !html.includes("<noscript>")) throw new Error("shrink: the styles are not linked as trunk linked them before");
  const styles = parts.map((part) => readFileSync(part, "utf8")).join("\n");
  for (const part of parts) rmSync(part);
  const name = `app-${createHash("sha256").update(styles).digest("hex").slice(0, 16)}.css`;
  writeFileSync(join(stage, name), styles);
  const spare = /<!-- (?!static:)[^]*?-->\s*/g; // for who reads the source
  writeFileSync(page, html.replace(link, "").replace(spare, "").replace("<noscript>", `<link rel="stylesheet" href="./${name}">$&`));
}

/** Short names for the styles' own properties, but for those that a program or a page sets or reads. */
function renameProperties() {
  const sheets = named(".css").map((sheet) => [sheet, readFileSync(sheet, "utf8")]);
  const others = [".wasm", ".js", ".html"].flatMap(named).map((file) => readFileSync(file, "latin1")).join("\n");
  const names = new Set(sheets.flatMap(([, text]) => text.match(/--[\w-]+/g)));
  const short = new Map([...names].filter((name) => !others.includes(name)).map((name, at) => [name, `--${at.toString(36)}_`]));
  for (const [sheet, text] of sheets) writeFileSync(sheet, text.replace(/--[\w-]+/g, (name) => short.get(name) ?? name));
}

try {
  joinStyles();
  for (const styles of named(".css")) writeFileSync(styles, packed(readFileSync(styles, "utf8")));
  renameProperties();
  const programs = named("_bg.wasm").map((wasm) => [wasm, wasm.replace("_bg.wasm", ".js")]);
  for (const [wasm, glue] of programs) writeFileSync(glue, sift(wasm, withoutClasses(readFileSync(glue, "utf8"))));
  for (const script of named(".js")) run("terser", script, "--module", "--compress", "--mangle", "--output", script);
  for (const [wasm, glue] of programs) writeFileSync(glue, rename(wasm, readFileSync(glue, "utf8")));
} finally {
  rmSync(work, { recursive: true });
}
