// How the app feels in headless Chromium: frames, script time, long tasks, answers to clicks, memory, first load; each against
// its target. Prints a table, writes it to docs/perf-ui.md, and ends with 1 if a target is missed. Called by `make perf-ui`.
// Usage: node scripts/perf-ui.mjs [--quick] [--report-only] [--dist DIRECTORY] [--moving N,N] [WORD...]
//   --report-only  ends with 0 whatever was measured
//   --quick        5 simulated minutes for the memory, not 30
//   --dist         the built app, dist/ if it is not given
//   --moving       how many requests shall move on the slow device and on the fast one, 300,2000 if it is not given
//   WORD           only measurements with this in their name: frames, script, long-tasks, input, memory, load
// With one of the last four the document stays as it is: it speaks of everything, measured as usual.
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { createRequire } from "node:module";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { instruments } from "./perf-ui-page.mjs";

const require = createRequire(new URL("../tests/browser/package.json", import.meta.url));
const { chromium, expect } = require("@playwright/test");
const { default: sirv } = await import(require.resolve("sirv"));
const compression = require("compression")();

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const MOVING = "300,2000";
const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    "report-only": { type: "boolean", default: false },
    dist: { type: "string", default: DIST },
    moving: { type: "string", default: MOVING },
  },
});

const TARGET = { frame_ms: 17, script_ms: 2, long_tasks: 0, input_ms: 100, growth_mb: 2, load_bytes: 260_000, paint_s: 2.5, usable_s: 3, shift: 0.1 };
// Steady memory has no figure of its own: growth_mb leaves room for the states that a run keeps to go back to (run::MOST_KEPT).
const SLOW = 4; // times slower than this machine
const NETWORK = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 1.6e6 / 8 };
const VIEWPORT = { width: 1440, height: 900 };
const WARM_UP_MS = 2_000;
const WINDOW_MS = 10_000;
const ROUNDS = 5; // of every input
const LOADS = 5;
const [MINUTES, LOOK_EVERY] = options.quick ? [5, 1] : [30, 5]; // of simulated time
const [MOVING_SLOW, MOVING_FAST] = options.moving.split(",").map(Number);
// At faster speeds no single request is drawn: nowhere do more move at once.
const CROWDED = "real time";
const SECONDS_SEEN = 1.8; // of a request at that speed: a few links of a third of a second. What is really there is counted.
// Machines that can take it: on a site that breaks down under its load now 800 and now 2,500 move.
const ROOM = ["app.workers:app-1=64", "app.workers:app-2=64", "cores:app-1=64", "cores:app-2=64", "cores:db-1=64"];
const link = (rate) => `#run/1/brief;seed=1;rate=${rate}${ROOM.map((edit) => `;edit=${edit}`).join("")}`; // the app's own way to any rate
const QUIET = 0.15; // share of the machine that others may take
const PATIENCE = 300; // seconds that are waited for that
const TRIES = 3; // of a measurement beside which something else ran

const APP_1 = 'button.host[data-host="app-1"]';
// Where it is seen in what state: in the drawing, and in the words beside it.
const APP_1_DRAWN = ["#stage svg > g", "Server 2 "];
const APP_1_WORDS = ["#inspector .title"];

const cpu = (slowdown) => (slowdown === 1 ? "CPU as it is" : `CPU ${slowdown}x slower`);
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const quantile = (numbers, share) => numbers.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * numbers.length) - 1)];
const intervals = (times) => times.slice(1).map((time, index) => time - times[index]);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const seconds = (clock) => clock.split(":").reduce((total, part) => total * 60 + Number(part), 0);

/** The share of the machine that is at work, over a second. */
async function busy() {
  const times = () => cpus().map(({ times }) => times);
  const all = (times) => sum(times.flatMap(Object.values));
  const idle = (times) => sum(times.map(({ idle }) => idle));
  const before = times();
  await pause(1_000);
  const after = times();
  return 1 - (idle(after) - idle(before)) / (all(after) - all(before));
}

/** Waits until the machine has nothing else to do: a compiler beside it makes every figure worse. */
async function untilQuiet() {
  for (let waited = 0; waited < PATIENCE; waited += 1) if ((await busy()) <= QUIET) return true;
  return false;
}

/** dist/ as scripts/serve.mjs serves it, but only ever gzip: the target is in bytes of gzip. */
async function serve(directory) {
  const files = sirv(directory, { dev: true, etag: true });
  const server = createServer((request, response) => {
    request.headers["accept-encoding"] = "gzip";
    compression(request, response, () => files(request, response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** A page of a browser that was never here, on a device so many times slower. */
async function device(browser, slowdown, network) {
  const context = await browser.newContext({ viewport: VIEWPORT, serviceWorkers: "block" });
  const page = await context.newPage();
  await page.addInitScript(instruments);
  const protocol = await context.newCDPSession(page);
  await protocol.send("Performance.enable");
  await protocol.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  if (network) {
    await protocol.send("Network.enable");
    await protocol.send("Network.emulateNetworkConditions", network);
  }
  return { page, protocol, close: () => context.close() };
}

async function open(browser, slowdown = 1, fragment = "") {
  const lab = await device(browser, slowdown);
  await lab.page.goto(address + fragment);
  await lab.page.waitForFunction(() => window.perfUi.usable);
  if (fragment) await expect(lab.page.locator("#notice")).not.toBeEmpty(); // what became of the link
  return lab;
}

/** A click by the mouse alone: Playwright's own looks at the page so thoroughly that a slow device has long tasks from it. */
async function click(page, selector) {
  const place = await page.evaluate((selector) => {
    const element = document.querySelector(selector);
    element.scrollIntoView({ block: "nearest" });
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2 };
  }, selector);
  await page.mouse.click(place.x, place.y);
}

const clock = async (page) => seconds(await page.locator("#clock").textContent());

/** Waits until so many seconds of simulated time have come. */
const reach = (page, second) =>
  page.waitForFunction((second) => {
    const [minutes, rest] = document.querySelector("#clock").textContent.split(":").map(Number);
    return minutes * 60 + rest >= second;
  }, second, { timeout: 0, polling: 100 });

async function play(page, speed) {
  await click(page, "#play");
  await expect(page.locator("#play")).toHaveText("Pause");
  if (speed) await page.locator("#speed").selectOption({ label: speed });
}

const marks = async (page) => Math.round(await page.evaluate(() => window.perfUi.moving(20)));

/** A lab that plays at this rate, and has warmed up. */
async function openCrowded(browser, slowdown, rate) {
  const lab = await open(browser, slowdown, link(rate));
  await play(lab.page, CROWDED);
  await lab.page.evaluate((ms) => window.perfUi.frames(ms), WARM_UP_MS);
  return lab;
}

/** The rate at which about so many requests move. It is looked for in pages of its own: one in which strokes were counted draws slower for good. */
async function rateFor(browser, slowdown, moving) {
  let rate = Math.round(moving / SECONDS_SEEN);
  for (let tries = 3; tries; tries -= 1) {
    const { page, close } = await openCrowded(browser, slowdown, rate);
    const seen = await marks(page);
    await close();
    if (Math.abs(seen / moving - 1) <= 0.05) break;
    rate = Math.round((rate * moving) / seen);
  }
  return rate;
}

async function frames(browser) {
  for (const [moving, slowdown] of [[MOVING_SLOW, SLOW], [MOVING_FAST, 1]]) {
    const { page, close } = await openCrowded(browser, slowdown, await rateFor(browser, slowdown, moving));
    const times = intervals(await page.evaluate((ms) => window.perfUi.frames(ms), WINDOW_MS));
    const seen = await marks(page);
    const what = `frame interval, 95th percentile, ${moving} requests moving, ${cpu(slowdown)}`;
    // Half of what was asked for proves nothing, unless it is too slow already.
    report(what, quantile(times, 0.95), TARGET.frame_ms, "ms", { digits: 1, note: `with ${seen} moving`, proves: seen >= 0.9 * moving });
    await close();
  }
}

async function metrics(protocol) {
  const { metrics } = await protocol.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

async function script(browser) {
  for (const speed of ["real time", "5x faster"]) {
    const { page, protocol, close } = await open(browser);
    await play(page, speed);
    await page.evaluate((ms) => window.perfUi.frames(ms), WARM_UP_MS);
    const before = await metrics(protocol);
    const count = (await page.evaluate((ms) => window.perfUi.frames(ms), WINDOW_MS)).length - 1;
    const after = await metrics(protocol);
    const perFrame = (name) => ((after[name] - before[name]) * 1000) / count;
    const others = [["style", "RecalcStyleDuration"], ["layout", "LayoutDuration"], ["all tasks", "TaskDuration"]];
    const note = others.map(([word, name]) => `${word} ${perFrame(name).toFixed(2)}`).join(", ");
    report(`script time per frame, ${speed}`, perFrame("ScriptDuration"), TARGET.script_ms, "ms", { digits: 2, note });
    await close();
  }
}

async function longTasks(browser) {
  for (const slowdown of [1, SLOW]) {
    const { page, close } = await open(browser, slowdown);
    await page.evaluate(() => (window.perfUi.longTasks.length = 0)); // those of the load are not these
    const found = {};
    const take = async (name) => (found[name] = await page.evaluate(() => window.perfUi.longTasks.splice(0)));
    await play(page);
    await reach(page, 5);
    await take("playing");
    await click(page, APP_1);
    await page.waitForSelector("#inspector .kill:enabled");
    await take("choosing");
    await click(page, "#inspector .kill");
    await reach(page, 15); // by now both balancers have found out
    await take("killing");
    await click(page, "#inspector [data-do=restore]");
    await reach(page, 25);
    await take("restoring");
    const each = Object.entries(found).filter(([, tasks]) => tasks.length);
    const note = each.map(([name, tasks]) => `${name} ${tasks.length}, up to ${Math.max(...tasks).toFixed(0)} ms`).join("; ");
    report(`tasks over 50 ms, playing, a kill and a restore, ${cpu(slowdown)}`, sum(each.map(([, tasks]) => tasks.length)), TARGET.long_tasks, "", { note });
    await close();
  }
}

/** Clicks, and tells of each place how long it took until its change was there to be seen. */
async function answers(page, button, shows) {
  const answered = await page.evaluateHandle((shows) => ({ answers: window.perfUi.answers(shows) }), shows);
  await click(page, button);
  return answered.evaluate(async ({ answers }) => {
    const seen = await answers;
    if (!seen.every(Boolean)) return null;
    await window.perfUi.frames(50); // the browser tells its own measure a little later
    return seen.map(({ at, took }) => Math.max(took, window.perfUi.eventTiming(at)));
  });
}

async function input(browser) {
  const { page, close } = await open(browser, SLOW);
  const took = {};
  /** What is seen first has a target; how long it takes until the words say the same is told. */
  const measure = async (name, button, ...shows) => {
    let each = null;
    // The clock shows milliseconds, and a step may be shorter.
    for (let tries = 0; each === null && tries < 20; tries += 1) each = await answers(page, button, shows);
    if (each === null) throw new Error(`${name}: ${shows} stays as it is`);
    took[name] = shows.map((_, index) => [...(took[name]?.[index] ?? []), each[index]]);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    await measure("play", "#play", ["#play"]);
    await reach(page, (await clock(page)) + 1);
    await measure("choose app-1", APP_1, ["#inspector"]);
    await page.waitForSelector("#inspector .kill:enabled");
    await measure("kill app-1", "#inspector .kill", APP_1_DRAWN, APP_1_WORDS);
    await reach(page, (await clock(page)) + 2);
    await measure("undo the kill", "#undo", APP_1_DRAWN, APP_1_WORDS);
    await measure("pause", "#play", ["#play"]);
    await measure("step", "#step", ["#clock"]);
    await click(page, APP_1); // lets it go again
    await expect(page.locator("#inspector .hint:visible")).toBeVisible();
  }
  for (const [name, [times, words]] of Object.entries(took)) {
    const of = (times) => `worst of ${ROUNDS}, median ${quantile(times, 0.5).toFixed(0)}`;
    const note = of(times) + (words ? `; in words ${Math.max(...words).toFixed(0)} ms, ${of(words)}` : "");
    report(`click to change on screen: ${name}, ${cpu(SLOW)}`, Math.max(...times), TARGET.input_ms, "ms", { note, below: true });
  }
  await close();
}

/** What is in use after a collection, in MB, and how many nodes the page has. */
async function inUse({ page, protocol }) {
  await protocol.send("HeapProfiler.collectGarbage");
  const { JSHeapUsedSize, Nodes } = await metrics(protocol);
  const wasm = await page.evaluate(() => window.perfUi.memory.buffer.byteLength);
  return { heap: JSHeapUsedSize / 1e6, wasm: wasm / 1e6, nodes: Nodes };
}

async function memory(browser) {
  const lab = await open(browser);
  const began = performance.now();
  const told = [`start ${words(await inUse(lab))}`];
  await play(lab.page, "20x faster");
  let first;
  let now;
  for (let minute = LOOK_EVERY; minute <= MINUTES; minute += LOOK_EVERY) {
    await reach(lab.page, minute * 60);
    now = await inUse(lab);
    first ??= now;
    told.push(`minute ${minute} ${words(now)}`);
  }
  console.log(`memory, ${((performance.now() - began) / 1000).toFixed(0)} s on the wall: ${told.join("; ")}`);
  const what = `memory in use, growth from minute ${LOOK_EVERY} to ${MINUTES} of play`;
  const parts = [["heap", "JS heap"], ["wasm", "wasm"]].map(([part, name]) => `${name} ${(now[part] - first[part]).toFixed(1)}`);
  const note = `${parts.join(", ")}; ${words(now)} at the end`;
  report(what, now.heap + now.wasm - first.heap - first.wasm, TARGET.growth_mb, "MB", { digits: 1, note });
  await lab.close();
}

const words = ({ heap, wasm, nodes }) => `JS heap ${heap.toFixed(1)} MB, wasm ${wasm.toFixed(1)} MB, ${nodes} nodes`;

async function firstLoad(browser) {
  const { page, protocol, close } = await device(browser, SLOW, NETWORK);
  let bytes = 0;
  protocol.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(address, { waitUntil: "load" });
  await page.waitForFunction(() => window.perfUi.usable, undefined, { timeout: 60_000 });
  // What comes late counts too, and what it moves: the rest of the style, after which the network is idle for good.
  await page.waitForFunction(() => document.querySelector('link[href="./desk.css"]')?.sheet);
  await page.waitForLoadState("networkidle");
  const { paint, usable, shift } = await page.evaluate(() => window.perfUi);
  await close();
  return { bytes, paint: paint / 1000, usable: usable / 1000, shift };
}

async function load(browser) {
  const loads = [];
  for (let count = 0; count < LOADS; count += 1) loads.push(await firstLoad(browser));
  const where = `at 1.6 Mbit/s, 150 ms, ${cpu(SLOW)}`;
  const median = (name) => quantile(loads.map((load) => load[name]), 0.5);
  const each = (name) => `${Math.min(...loads.map((load) => load[name])).toFixed(2)} to ${Math.max(...loads.map((load) => load[name])).toFixed(2)}`;
  report("first load, all files until it is usable, gzip", median("bytes") / 1000, TARGET.load_bytes / 1000, "KB", { digits: 1 });
  report(`first load, largest contentful paint, ${where}`, median("paint"), TARGET.paint_s, "s", { digits: 2, note: each("paint") });
  report(`first load, until usable, ${where}`, median("usable"), TARGET.usable_s, "s", { digits: 2, note: each("usable") });
  report("first load, layout shift", median("shift"), TARGET.shift, "", { digits: 3 });
}

let rows = [];
let disturbed = false;

/** Measures, and again if something else ran on the machine; whether it was quiet in the end. */
async function undisturbed(name, measurement) {
  const before = rows;
  for (let tries = 1; tries <= TRIES; tries += 1) {
    rows = [...before];
    const was_quiet = await untilQuiet();
    await measurement(browser);
    // A browser that has just been left is not quiet at once.
    if (was_quiet && ((await busy()) <= QUIET || (await busy()) <= QUIET)) return true;
    console.log(`(something else kept this machine busy: the figures of "${name}" are too bad)`);
  }
  return false;
}

/** A line of the table. */
function report(what, value, target, unit, { digits = 0, note = "", below = false, proves = true } = {}) {
  const with_unit = (text) => [text, unit].filter(Boolean).join(" ");
  const is_met = below ? value < target : value <= target;
  const verdict = is_met ? (proves ? "ok" : "too few") : "OVER";
  const measured = with_unit(value.toFixed(digits)) + (note && ` (${note})`);
  rows.push({ what, measured, target: with_unit(`${below ? "<" : "<="} ${target}`), verdict });
  console.log(`${what}: ${measured}, ${verdict}`);
}

const HEAD = { what: "what", measured: "measured", target: "target", verdict: "" };

function printed() {
  const wide = (column) => Math.max(...[HEAD, ...rows].map((row) => row[column].length));
  const line = (row) => [...["what", "target", "verdict"].map((column) => row[column].padEnd(wide(column))), row.measured].join("  ");
  return [HEAD, ...rows].map(line).join("\n");
}

const DISTURBED = "Something else ran on the machine meanwhile: measure again before you believe what is OVER.";
const TOO_FEW = '"too few": it is fast enough, but with fewer moving requests than the target speaks of; the app brought no more.';

function written(version) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const table = [HEAD, ...rows].map(({ what, measured, target, verdict }) => line([what, measured, target, verdict]));
  table.splice(1, 0, "|---|---|---|---|");
  const hints = [disturbed && DISTURBED, rows.some((row) => row.verdict === "too few") && TOO_FEW].filter(Boolean);
  return `# How fast the page is

Made by \`make perf-ui\` in Chromium ${version}, headless, on ${availableParallelism()} cores without a GPU, in a window of ${VIEWPORT.width} by ${VIEWPORT.height}.

${[table.join("\n"), ...hints].join("\n\n")}

"CPU ${SLOW}x slower" is the browser's own slowdown of the page. Frames and script are watched for ${WINDOW_MS / 1000} s after ${WARM_UP_MS / 1000} s of play; the moving requests are
those painted in a frame, at ${CROWDED}. An answer to a click is the worst of ${ROUNDS}, up to the painted frame: of the drawing where it shows what was
done, and "in words" of the panel that says the same a frame later. Memory is what is left after a collection, played at 20 times real
time. A first load is the median of ${LOADS} with an empty cache.
`;
}

const MEASUREMENTS = { frames, script, "long-tasks": longTasks, input, memory, load };

if (!existsSync(`${options.dist}/index.html`)) {
  console.error("perf-ui: there is no dist/index.html: run `make build` first");
  process.exit(1);
}
// A build meanwhile shall not change what is measured.
const kept = mkdtempSync(join(tmpdir(), "perf-ui-"));
process.on("exit", () => rmSync(kept, { recursive: true }));
cpSync(options.dist, kept, { recursive: true });
const server = await serve(kept);
const address = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const version = browser.version();
console.log(`Chromium ${version}, ${availableParallelism()} cores`);
try {
  for (const [name, measurement] of Object.entries(MEASUREMENTS)) {
    if (wanted.length && !wanted.some((word) => name.includes(word))) continue;
    disturbed ||= !(await undisturbed(name, measurement));
  }
} finally {
  await browser.close();
  server.close();
}
console.log(`\n${printed()}`);
if (disturbed) console.log(`\n${DISTURBED}`);
const is_usual = !options.quick && !wanted.length && options.dist === DIST && options.moving === MOVING;
if (is_usual) writeFileSync(new URL("../docs/perf-ui.md", import.meta.url), written(version));
process.exit(rows.some((row) => row.verdict === "OVER") && !options["report-only"] ? 1 : 0);
