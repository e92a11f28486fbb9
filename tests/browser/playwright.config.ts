// The tests meet the release build in dist/, served as `make serve` does, in the system's Chromium.
import { defineConfig } from "@playwright/test";
import { createServer, type AddressInfo } from "node:net";

/** A port nobody uses: two checkouts on one machine may test at once. */
const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

// Every worker process reads this file again; through the environment they all get the first one's port.
process.env.LAB_PORT ??= String(await freePort());
const baseURL = `http://127.0.0.1:${process.env.LAB_PORT}/`;

export default defineConfig({
  testDir: ".",
  outputDir: "results/artifacts",
  forbidOnly: !!process.env.CI,
  retries: 0,
  workers: 2,
  // Two in a thousand pixels may differ, which is what another version of the browser does to the edges of letters.
  snapshotPathTemplate: "looks/{arg}{ext}",
  expect: { toHaveScreenshot: { maxDiffPixelRatio: 0.002 } },
  reporter: [["list"], ["json", { outputFile: "results/results.json" }]],
  use: {
    baseURL,
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  webServer: {
    command: "node ../../scripts/serve.mjs",
    env: { PORT: process.env.LAB_PORT },
    url: baseURL,
    reuseExistingServer: false,
  },
});
