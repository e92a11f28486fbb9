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
  await lab.frames(4); // what tells of the past is published in the frames after
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
  await lab.frames(4);
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

test("each of two tabs keeps its own run: a reload brings it back, and a new tab begins with the last one", async ({ page, context }) => {
  const first = await Lab.open(page);
  await first.kill("app-1");
  await first.pause();
  await first.frames(4);
  const other = await context.newPage();
  const second = await Lab.open(other);
  await expect(second.host("app-1"), "it begins with what was kept last").toHaveAttribute("data-state", "DOWN");
  await second.kill("web-1");
  await second.pause();
  await second.frames(4);
  const [own, its] = [await seen(page), await seen(other)];
  expect(own).not.toEqual(its);
  for (const [tab, run] of [[page, own], [other, its], [page, own]] as const) {
    await tab.reload();
    await expect(tab.locator("#notice")).toContainText("Your last run is here again");
    await expect.poll(() => seen(tab)).toEqual(run);
  }
  // What can be taken back is each tab's own, too.
  await expect(page.locator("#undo")).toHaveAccessibleName("Undo: kill app-1");
  await expect(other.locator("#undo")).toHaveAccessibleName("Undo: kill web-1");
  // The first was opened again, but nothing was done in it: it takes nothing from the second.
  const third = await context.newPage();
  await Lab.open(third);
  await expect.poll(() => seen(third)).toEqual(its);
  // One that begins with what the device has keeps it from then on.
  await page.bringToFront();
  await page.locator("#undo").click();
  await first.frames(4);
  await third.reload();
  await expect(third.locator("#notice")).toContainText("Your last run is here again");
  await expect.poll(() => seen(third)).toEqual(its);
});

test("a tab that finds what it cannot read sets it aside, though another tab does the same", async ({ page, context }) => {
  await Lab.open(page);
  const other = await context.newPage();
  await Lab.open(other);
  for (const [tab, state] of [[page, "run/9/one"], [other, "run/9/two"]] as const) {
    // When the tab is left the lab keeps its run; this comes after it.
    await tab.evaluate((state) => addEventListener("pagehide", () => sessionStorage.setItem("foobar-lab/run", state)), state);
    await tab.reload();
    await expect(tab.locator("#notice")).toContainText("could not be opened and is set aside");
  }
  const unread = (tab: Page) => tab.evaluate(() => sessionStorage.getItem("foobar-lab/run-unread"));
  expect(await unread(page)).toBe("run/9/one");
  expect(await unread(other)).toBe("run/9/two");
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

test("a file that is opened during a what-if is an edit of the lab's own run", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.kill("web-1");
  await lab.pause();
  const own = await seen(page);
  await page.evaluate(() => (location.hash = "#what-if/lb-1-dies"));
  await expect(page.locator("#lab")).toHaveAttribute("data-state", "what-if");
  await page.evaluate(() => (document.querySelector("#open-share") as HTMLElement).click());
  const opener = page.getByLabel("Open a file that was saved here");
  await opener.setInputFiles({ name: "run.txt", mimeType: "text/plain", buffer: Buffer.from(`${RUN.slice(1)}\n`) });
  await expect(page.locator("#clock")).toHaveText("00:09.000");
  await expect(page.locator("#lab")).toHaveAttribute("data-state", "lab");
  const opened = await seen(page);
  await page.keyboard.press("Escape");
  await page.locator("#undo").click();
  await expect.poll(() => seen(page)).toEqual(own);
  await page.locator("#redo").click();
  await expect.poll(() => seen(page)).toEqual(opened);
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
  await expect(page.locator("#share-said")).toContainText("poem.txt was not opened: it holds no run of this version. Save a run with \u201cSave as a file\u201d");
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

const OWN = "#run/1/extended;seed=1;at=12s;10s+kill+app-1";

/** Leaves a page as a person does who closes its tab: it may still keep what it wants to. */
async function leave(page: Page) {
  await page.goto("about:blank");
  await page.close();
}

/** Work of one's own, kept on this device, and the tab closed: what could be seen of it. */
async function worked(page: Page) {
  await Lab.open(page, OWN);
  await expect(page.locator("#clock")).toHaveText("00:12.000");
  const before = await seen(page);
  await leave(page);
  return before;
}

for (const refused of ["#run/9/x", "#run/1/brief;at=99999h", "#run/1/simple;seed=7;at=5s;1s+kill+nosuch", "#run/1/brief;view=nosuch"]) {
  test(`a refused link leaves the work that was kept: ${refused}`, async ({ context, page }) => {
    const before = await worked(page);
    const other = await context.newPage();
    await Lab.open(other, refused);
    await expect(other.locator("#notice")).toContainText("The link was not opened");
    await expect.poll(() => seen(other)).toEqual(before);
    await leave(other);
    const again = await context.newPage();
    await Lab.open(again);
    await expect.poll(() => seen(again)).toEqual(before);
  });
}

test("a link that is opened in a new tab can be taken back to the work that was kept, after a reload too", async ({ context, page }) => {
  const before = await worked(page);
  const other = await context.newPage();
  await Lab.open(other, RUN);
  await expect(other.locator("#clock")).toHaveText("00:09.000");
  await other.reload();
  await expect(other.locator("#boot-status")).toHaveCount(0);
  await expect(other.locator("#clock")).toHaveText("00:09.000");
  await other.locator("#undo").click();
  await expect.poll(() => seen(other)).toEqual(before);
});

test("a tab that was never looked at leaves the work that was kept", async ({ context, page }) => {
  const before = await worked(page);
  const other = await context.newPage();
  // As in a tab in the background, no frame comes.
  await other.addInitScript(() => (window.requestAnimationFrame = () => 0));
  await other.goto(`./${RUN}`);
  await expect(other.locator("#boot-status")).toHaveCount(0);
  await leave(other);
  const again = await context.newPage();
  await Lab.open(again);
  await expect.poll(() => seen(again)).toEqual(before);
});

test("a link holds what is chosen and the speed, and so does a reload", async ({ page, browser }) => {
  const lab = await Lab.open(page, "#run/1/extended;seed=1;at=5s");
  await expect(page.locator("#clock")).toHaveText("00:05.000");
  await lab.host("app-2").click();
  await lab.speed("5x faster");
  await page.locator("#open-share").click();
  const link = await page.getByRole("textbox", { name: "Link" }).inputValue();
  expect(link).toContain(";view=app-2;speed=5x");
  await page.keyboard.press("Escape");
  const looks = async (page: Page) => {
    await expect(new Lab(page).host("app-2")).toHaveAttribute("aria-pressed", "true");
    await expect(page.locator("#inspector h2")).toContainText("app-2");
    expect(await page.locator("#speed").evaluate((select: HTMLSelectElement) => select.selectedOptions[0].textContent)).toBe("5x faster");
  };
  const other = await browser.newContext();
  const there = await other.newPage();
  await there.goto(link);
  await expect(there.locator("#clock")).toHaveText("00:05.000");
  await looks(there);
  await other.close();
  await page.reload();
  await expect(page.locator("#boot-status")).toHaveCount(0);
  await looks(page);
});

test("a link holds a chosen part of the drawing; one that is not there is not chosen", async ({ page }) => {
  await Lab.open(page, "#run/1/extended;seed=1;at=5s;view=zone-web");
  await expect(page.locator("#inspector h2")).toHaveText(/zone$/);
  await expect(page.locator('#stage [data-on="zone-web"]')).toHaveAttribute("aria-pressed", "true");
  await page.goto("./#run/1/brief;seed=1;at=6s;view=zone-moon");
  await expect(page.locator("#clock")).toHaveText("00:06.000");
  await expect(page.locator("#inspector")).toContainText("Choose a machine");
});

test("a prepared state opens from the list, where it tells what it says", async ({ page }) => {
  const found = complaints(page);
  const lab = await Lab.open(page);
  await page.locator("#open-share").click();
  await page.getByText("Open a prepared state").click();
  const states = page.locator("#states button");
  await expect(states).toHaveCount(12);
  await page.getByRole("button", { name: "A balancer dies and its address moves" }).click();
  await expect(page.locator("#share")).toBeHidden();
  await expect(page.locator("#clock")).toHaveText("00:14.000");
  await expect(lab.owner("VIP A")).toContainText("owned by lb-2");
  await expect(page.locator("#inspector h2")).toContainText("VIP A");
  // Each of them, one after the other, from the same list.
  const opened = new Set<string>();
  for (let index = 1; index < 12; index += 1) {
    await page.locator("#open-share").click();
    if (!(await states.first().isVisible())) await page.getByText("Open a prepared state").click();
    const link = (await states.nth(index).getAttribute("data-on"))!;
    await states.nth(index).click();
    const [, at] = /;at=(\d+)s/.exec(link)!;
    await expect(page.locator("#clock")).toHaveText(`00:${at}.000`);
    await expect(page.locator("#notice")).toContainText("This is the run that the link holds");
    opened.add(link);
  }
  expect(opened.size).toBe(11);
  expect(found).toEqual([]);
});
