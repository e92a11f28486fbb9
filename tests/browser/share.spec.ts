// Runs that are shared, kept and opened again, and links that come from anybody.
import { expect, type Page, test } from "@playwright/test";
import { complaints, Lab } from "./lab.ts";

const RUN = "#run/1/brief;seed=3;at=9s;2s+kill+app-1;5s+degrade+app-2/app:errors=0.5";

/** What can be seen of a run: the time, the counts, every machine, what happened. */
const seen = (page: Page) =>
  page.evaluate(() => [
    ...["#clock", "#totals", "#event-log ol"].map((part) => document.querySelector(part)!.textContent),
    ...[...document.querySelectorAll("button.host")].map((host) => host.getAttribute("aria-label")),
  ]);

test("a link opens the same run in a profile that has never been here", async ({ page, browser }) => {
  await Lab.open(page, RUN);
  await expect(page.locator("#clock")).toHaveText("00:09.000");
  await page.locator("#open-share").click();
  const link = await page.getByRole("textbox", { name: "Link" }).inputValue();
  await page.keyboard.press("Escape");
  const other = await browser.newContext();
  const there = await other.newPage();
  await there.goto(link);
  await expect(there.locator("#clock")).toHaveText("00:09.000");
  await expect.poll(() => seen(there)).toEqual(await seen(page));
  await other.close();
});

test("work is there again after a reload", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.speed("20x faster");
  await lab.kill("db-1");
  await lab.reach(8);
  await lab.pause();
  const before = await seen(page);
  await page.reload();
  await expect(page.locator("#boot-status")).toHaveCount(0);
  await expect(page.locator("#notice")).toContainText("Your last run is here again");
  await expect.poll(() => seen(page)).toEqual(before);
});

test("what is done after a link was opened is there again after a reload", async ({ page }) => {
  const lab = await Lab.open(page, RUN);
  await expect(page.locator("#clock")).toHaveText("00:09.000");
  await lab.kill("db-1");
  await lab.start();
  await lab.reach(10);
  await lab.pause();
  const before = await seen(page);
  await page.reload();
  await expect(page.locator("#boot-status")).toHaveCount(0);
  await expect.poll(() => seen(page)).toEqual(before);
});

test("a state that cannot be read is told and kept aside", async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem("foobar-lab/run", "run/9/future"));
  await Lab.open(page);
  await expect(page.locator("#notice")).toContainText("could not be opened and is set aside");
  expect(await page.evaluate(() => localStorage.getItem("foobar-lab/run-unread"))).toBe("run/9/future");
});

test("a diagram that was saved opens the run that it shows", async ({ page }) => {
  const lab = await Lab.open(page, RUN);
  await expect(page.locator("#clock")).toHaveText("00:09.000");
  const before = await seen(page);
  const svg = await lab.save("svg");
  await lab.kill("db-1");
  await lab.pause();
  await expect.poll(() => seen(page)).not.toEqual(before);
  await page.locator("#open-share").click();
  await page.getByLabel("Open a file that was saved here").setInputFiles({ name: "diagram.svg", mimeType: "image/svg+xml", buffer: Buffer.from(svg) });
  await expect(page.locator("#share-said")).toContainText("diagram.svg is open");
  await expect.poll(() => seen(page)).toEqual(before);
});

test("a saved file is opened on the very first screen", async ({ page }) => {
  await Lab.open(page);
  await page.getByRole("button", { name: "Share" }).click();
  const opener = page.getByLabel("Open a file that was saved here");
  await expect(opener).toBeVisible();
  await opener.setInputFiles({ name: "run.txt", mimeType: "text/plain", buffer: Buffer.from(`${RUN.slice(1)}\n`) });
  await expect(page.locator("#share-said")).toContainText("run.txt is open");
  await expect(page.locator("#clock")).toHaveText("00:09.000");
});

test("a run is saved as a file and opened from it; a file that is none is refused", async ({ page }) => {
  await Lab.open(page, RUN);
  await expect(page.locator("#clock")).toHaveText("00:09.000");
  const before = await seen(page);
  await page.locator("#open-share").click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as a file" }).click();
  const file = await (await download).path();
  const opener = page.getByLabel("Open a file that was saved here");
  await opener.setInputFiles({ name: "poem.txt", mimeType: "text/plain", buffer: Buffer.from("roses are red") });
  await expect(page.locator("#share-said")).toContainText("poem.txt was not opened");
  expect(await seen(page)).toEqual(before);
  await opener.setInputFiles({ name: "big.txt", mimeType: "text/plain", buffer: Buffer.alloc(100_000, "x") });
  await expect(page.locator("#share-said")).toContainText("too large");
  await opener.setInputFiles(file);
  await expect(page.locator("#share-said")).toContainText("is open");
  await expect.poll(() => seen(page)).toEqual(before);
});

test("a thousand mutated links are opened or refused, without a panic, and refusals leave the work as it is", async ({ page }) => {
  test.setTimeout(120_000);
  const found = complaints(page);
  await Lab.open(page, RUN);
  await expect(page.locator("#clock")).toHaveText("00:09.000");
  const result = await page.evaluate(async (run) => {
    let state = 12345;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 4294967296) * below);
    };
    const alphabet = "abz019;=+%/:.@<>\u00e9\u0000\"'";
    const frame = () => new Promise((done) => setTimeout(done, 0));
    const shown = () => [document.querySelector("#clock")!.textContent, document.querySelector("#totals")!.textContent].join();
    let opened = 0, refused = 0;
    const lost: string[] = [];
    for (let index = 0; index < 1000; index++) {
      const text = [...run.slice(1)];
      for (let cut = random(2); cut >= 0; cut--) {
        const at = 4 + random(text.length - 4);
        const sign = alphabet[random(alphabet.length)];
        [() => (text[at] = sign), () => text.splice(at, 0, sign), () => text.splice(at, 1 + random(6))][random(3)]();
      }
      const before = shown();
      location.hash = text.join("");
      await frame();
      await frame();
      if (!document.querySelector("#app-failure")!.hasAttribute("hidden")) return { panicked: text.join(""), opened, refused, lost };
      const notice = document.querySelector("#notice")!.textContent!;
      if (notice.includes("was not opened") || notice.includes("names nothing here")) {
        refused++;
        if (shown() !== before) lost.push(text.join(""));
      } else opened++;
    }
    return { panicked: "", opened, refused, lost };
  }, RUN);
  expect(result.panicked).toBe("");
  expect(result.lost).toEqual([]);
  expect(result.refused).toBeGreaterThan(400);
  expect(result.opened).toBeGreaterThan(0);
  expect(found).toEqual([]);
});
