// Pictures of the built app's states, sizes and themes, for documents and for looking at: target/screenshots/NAME-WIDTH-THEME.png.
// Only some: node scripts/screenshots.mjs WORD... (parts of the file name, such as `rest 360 dark`).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../tests/browser/package.json", import.meta.url));
const { chromium, expect } = require("@playwright/test");

const SIZES = [{ width: 1440, height: 900 }, { width: 1024, height: 768 }, { width: 360, height: 740 }];
const THEMES = ["light", "dark"];
const wanted = process.argv.slice(2);
const out = fileURLToPath(new URL("../target/screenshots/", import.meta.url));

/** Kills app-1 after five good seconds and stops the time when the page shows it. */
async function killApp1(page, shown, text) {
  await page.locator("#speed").selectOption({ label: "5x faster" });
  await page.locator("#play").click();
  await expect(page.locator("#clock")).toHaveText(/^00:0[5-9]/);
  await page.locator('button.host[data-host="app-1"]').click();
  await page.locator("#inspector .kill").click();
  await expect(page.locator(shown)).toHaveText(text, { timeout: 30_000 });
  await page.locator("#play", { hasText: "Pause" }).click();
}

const STATES = {
  rest: { open: async () => {}, whole: true },
  "blind-window": { open: (page) => killApp1(page, "#totals", / [1-9]\d* failed/), whole: true },
  "app-1-down": { open: (page) => killApp1(page, '[data-server$="/app/app-1"] .status >> nth=1', "DOWN"), whole: true },
  "what-if": { fragment: "#what-if/app-1-dies", open: async () => {} },
  "what-if-result": {
    fragment: "#what-if/app-1-dies",
    open: async (page) => {
      await page.locator("#predicted-failures").fill("12");
      await page.getByRole("checkbox", { name: "Static files" }).check();
      await page.locator("#lock").click();
      await page.locator("#skip").click();
      await expect(page.locator("#result")).toBeVisible();
    },
    whole: true,
  },
  lecture: {
    fragment: "#lecture/4",
    open: (page) => expect(page.locator("#clock")).toHaveText("00:19.900", { timeout: 30_000 }), // it has stopped by itself
  },
  save: {
    open: async (page) => {
      await page.locator("#open-save").click();
      await expect(page.locator("#save")).toBeVisible();
    },
  },
  "text-view": { open: (page) => page.locator("#text-view").scrollIntoViewIfNeeded(), element: "#text-view" },
};

const probe = createServer().listen(0, "127.0.0.1");
await once(probe, "listening");
const { port } = probe.address();
probe.close();
const server = spawn(process.execPath, [fileURLToPath(new URL("serve.mjs", import.meta.url))], {
  env: { ...process.env, PORT: port },
  stdio: ["ignore", "pipe", "inherit"],
});
process.on("exit", () => server.kill());
server.once("exit", (code) => process.exit(code || 1)); // it has said why
await once(server.stdout, "data");

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
for (const [state, { fragment = "", open, whole = false, element }] of Object.entries(STATES)) {
  for (const viewport of SIZES) {
    for (const colorScheme of THEMES) {
      const name = `${state}-${viewport.width}-${colorScheme}.png`;
      if (!wanted.every((word) => name.includes(word))) continue;
      const context = await browser.newContext({ viewport, colorScheme, serviceWorkers: "block" });
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${port}/${fragment}`);
      await expect(page.locator("#boot-status")).toHaveCount(0);
      await expect(page.locator('button.host[data-state="UP"]').first()).toBeAttached();
      await open(page);
      const path = out + name;
      await (element ? page.locator(element).screenshot({ path }) : page.screenshot({ path }));
      if (whole) await page.screenshot({ path: path.replace(".png", "-whole.png"), fullPage: true });
      await context.close();
      console.log(path);
    }
  }
}
await browser.close();
process.exit(0);
