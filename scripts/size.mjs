// What a first load of dist/ fetches: raw, gzip -9 and brotli -11 per file, and the budget on the gzip total.
import { readFileSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const BUDGET = 250_000; // bytes of gzip in all; on the wire it is some 2.8 KB more, of 260
const KINDS = [".html", ".css", ".js", ".packed", ".svg"];
const dist = new URL("../dist/", import.meta.url).pathname;

// The service worker is fetched after the load, by the browser's leave; the model card and the explanations when somebody opens them, the desk when
// somebody needs it.
const LATER = ["sw.js", "model.html", "explanations.html", "desk.js", "desk_bg.wasm.packed", "desk-worker.js"];
const files = readdirSync(dist, { recursive: true }).filter((name) => KINDS.includes(extname(name)) && !LATER.includes(name)).sort();
const brotli = (data) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
const rows = files.map((name) => {
  const data = readFileSync(join(dist, name));
  return [name, data.length, gzipSync(data, { level: 9 }).length, brotli(data).length];
});
const total = ["total", ...[1, 2, 3].map((column) => rows.reduce((sum, row) => sum + row[column], 0))];

const wide = Math.max(...files.map((name) => name.length), 10);
const line = (row) => row[0].padEnd(wide) + row.slice(1).map((cell) => cell.toLocaleString("en").padStart(12)).join("");
for (const row of [["file", "raw", "gzip -9", "brotli -11"], ...rows, total]) console.log(line(row));

const over = total[2] - BUDGET;
console.log(over > 0 ? `OVER the budget of ${BUDGET} bytes of gzip by ${over}` : `within the budget of ${BUDGET} bytes of gzip: ${-over} left`);
process.exit(over > 0 ? 1 : 0);
