// How fast the simulation is in headless Chromium: the network of `foobar-lab bench` beside the native program in the same run,
// and seeking in a run of ten minutes at 200 requests a second. Ends with 1 if a target is missed. Called by `make bench-web`.
// Usage: node scripts/bench-web.mjs DIRECTORY (of what wasm-bindgen made of examples/in_browser.rs).
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(new URL("../tests/browser/package.json", import.meta.url));
const { chromium } = require("@playwright/test");
const sirv = require("sirv");

const REQUESTS = 1_000_000;
const RUNS = 5;
const SEEKS = 300;
const TARGET = { ratio: 2, seek_ms: 50 };
const directory = resolve(process.argv[2]);

const server = createServer(sirv(directory));
server.listen(0, "127.0.0.1");
await once(server, "listening");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-background-networking"] });
const page = await browser.newPage();
// Any document of the origin will do.
await page.goto(`http://127.0.0.1:${server.address().port}/in_browser.js`);

/** Seconds of the fastest of some runs, and the events of one. */
const network = () =>
  page.evaluate(async ([requests, runs]) => {
    const { default: init, network } = await import("/in_browser.js");
    await init();
    let fastest = Infinity, events = 0;
    for (let i = 0; i < runs; i++) {
      const began = performance.now();
      events = network(requests);
      fastest = Math.min(fastest, performance.now() - began);
    }
    return { seconds: fastest / 1000, events };
  }, [REQUESTS, RUNS]);

const seeking = (withDeath) =>
  page.evaluate(async ([withDeath, seeks]) => {
    const { default: init, TenMinutes } = await import("/in_browser.js");
    await init();
    const began = performance.now();
    const run = TenMinutes.play(withDeath);
    const played = performance.now() - began;
    const times = [];
    let place = 1;
    for (let i = 0; i < seeks; i++) {
      place = (place * 48271) % 2147483647; // Lehmer's generator: the same places every time
      const began = performance.now();
      run.seek(place % 600_000);
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    return { played, mean: times.reduce((sum, time) => sum + time) / seeks, most: times[Math.floor(seeks * 0.95)], longest: times.at(-1) };
  }, [withDeath, SEEKS]);

let missed = false;
try {
  const native = JSON.parse(execFileSync("target/release/foobar-lab", ["bench", "--format", "json"], { encoding: "utf8" }));
  const web = await network();
  const ratio = web.seconds / native.model_s;
  console.log(`the bench's network in ${await browser.version()}: ${web.seconds.toFixed(3)} s, natively ${native.model_s.toFixed(3)} s`);
  console.log(`  ratio ${ratio.toFixed(2)}, target ${TARGET.ratio}`);
  if (web.events !== native.events) throw new Error(`other events: ${web.events}, natively ${native.events}`);
  missed ||= ratio > TARGET.ratio;
  for (const [withDeath, name] of [[false, "nothing fails"], [true, "the database dies in the middle"]]) {
    const { played, mean, most, longest } = await seeking(withDeath);
    const [m, n, l] = [mean, most, longest].map((time) => time.toFixed(1));
    console.log(`10 minutes at 200 requests/s, ${name}: played in ${played.toFixed(0)} ms`);
    console.log(`  a leap takes ${m} ms, 95 of 100 at most ${n} ms, the longest of ${SEEKS} ${l} ms, target ${TARGET.seek_ms}`);
    missed ||= longest > TARGET.seek_ms;
  }
} finally {
  await browser.close();
  server.close();
}
process.exit(missed ? 1 : 0);
