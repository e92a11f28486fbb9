// The first seconds: before the app, without the app, and before anything was done.
import { expect, test } from "@playwright/test";
import { complaints, HOSTS, Lab, VIPS } from "./lab.ts";

const WIDTHS = { "a desk": { width: 1440, height: 900 }, "a phone": { width: 360, height: 740 } };

test("opens without a complaint, and nothing moves before the first action", async ({ page }) => {
  const found = complaints(page);
  const lab = await Lab.open(page);
  const stage = page.locator("#stage");
  const before = await stage.screenshot();
  await lab.frames(90);
  expect((await stage.screenshot()).equals(before)).toBe(true);
  await expect(page.locator("#clock")).toHaveText("00:00.000");
  await expect(lab.play).toHaveText("Play");
  expect(found).toEqual([]);
});

test("shows at most eight controls beside the drawing and the sections below it", async ({ page }) => {
  await Lab.open(page);
  const controls = page.locator("button, select, input, textarea, summary, a[href], [role=button]");
  const visible = await controls.evaluateAll((all) =>
    all
      .filter((control) => control.checkVisibility({ checkVisibilityCSS: true }))
      .filter((control) => !control.closest("#stage, #balancing, #network, #workbench, #text-view"))
      .map((control) => control.id || control.outerHTML),
  );
  // Seven to begin with, and the table of keys: who is to speak before others looks it up before anything begins.
  expect(visible.length, visible.join(", ")).toBeLessThanOrEqual(8);
  expect(visible).toContain("play");
  expect(visible).toContain("open-settings");
  expect(visible, "a saved run can be opened").toContain("open-share");
});

test("says how to begin, and a server is dead within two clicks", async ({ page }) => {
  const lab = await Lab.open(page);
  await expect(lab.inspector).toContainText("Choose a machine in the drawing and kill it.");
  await lab.host("app-1").click();
  await page.getByRole("region", { name: "What you can do" }).getByRole("button", { name: "Kill app-1", exact: true }).click();
  await expect(lab.host("app-1")).toHaveAccessibleName(/^app-1, .*, DOWN$/);
  await lab.reach(0.5); // time passes by itself
});

test("is readable with JavaScript off: the diagram and every component's explanation", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto("./");
  const drawing = page.locator("#stage svg").filter({ visible: true });
  await expect(drawing).toHaveCount(1);
  for (const host of HOSTS) {
    await expect(drawing.locator("text", { hasText: host }).first()).toBeVisible();
  }
  const enabled = page.locator("button:enabled").filter({ visible: true });
  await expect(enabled, "no button that cannot work").toHaveCount(0);
  await page.getByRole("link", { name: "Read the explanations" }).click();
  for (const host of HOSTS) await expect(page.locator("h3", { hasText: `${host} (` })).toBeVisible();
  for (const address of Object.values(VIPS)) await expect(page.locator("main")).toContainText(address);
  await page.getByRole("link", { name: "Back to the lab" }).click();
  await expect(drawing).toHaveCount(1);
  await context.close();
});

for (const [where, viewport] of Object.entries(WIDTHS)) {
  test(`takes over from the static page without a jump on ${where}`, async ({ browser }) => {
    const still = await browser.newContext({ viewport, javaScriptEnabled: false });
    const before = await still.newPage();
    await before.goto("./");
    const place = await before.locator("#stage svg").filter({ visible: true }).boundingBox();
    await still.close();

    const live = await browser.newContext({ viewport });
    const page = await live.newPage();
    const lab = await Lab.open(page);
    await lab.frames(20);
    const shift = await page.evaluate(
      () =>
        new Promise<number>((done) => {
          const sum = (entries: PerformanceEntryList) =>
            entries.reduce((total, entry) => total + (entry as unknown as { value: number }).value, 0);
          const observer = new PerformanceObserver((list) => done(sum(list.getEntries())));
          observer.observe({ type: "layout-shift", buffered: true });
          requestAnimationFrame(() => requestAnimationFrame(() => done(sum(observer.takeRecords()))));
        }),
    );
    expect(shift).toBeLessThanOrEqual(0.05);
    const after = await page.locator("#stage svg").boundingBox();
    for (const side of ["x", "y", "width", "height"] as const) {
      expect(Math.abs(after![side] - place![side]), `${side}: ${place![side]} then ${after![side]}`).toBeLessThanOrEqual(2);
    }
    await live.close();
  });
}

test("names an unknown ending of the link and takes no markup from it", async ({ page }) => {
  const found = complaints(page);
  await Lab.open(page, "#nonsense/<b>bold</b><img src=x>");
  const notice = page.locator("#notice");
  await expect(notice).toContainText("nonsense");
  await expect(notice.locator("b, img")).toHaveCount(0);
  await expect(page.locator("#lab")).toHaveAttribute("data-state", "lab");
  await page.getByRole("button", { name: "Close" }).click();
  await expect(notice).toBeEmpty();
  expect(found).toEqual([]);
});
