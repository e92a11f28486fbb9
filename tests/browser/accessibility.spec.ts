// For everyone: axe, the accessibility tree, reduced motion, announcements.
import { expect, test } from "@playwright/test";
import { judged } from "./axe.ts";
import { HOSTS, Lab } from "./lab.ts";
import { VIEWS } from "./views.ts";

for (const [name, open] of Object.entries(VIEWS)) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`axe finds nothing in ${name}, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await open(page);
      // The dark theme differs in its colours only.
      const { wrong, checked } = await judged(page, colorScheme === "dark" ? "color-contrast" : undefined);
      expect(wrong).toEqual([]);
      expect(checked, "axe found something to check").toBeGreaterThan(0);
    });
  }
}

test("the accessibility tree names every host with its state", async ({ page }) => {
  const lab = await Lab.open(page);
  const names = async () => {
    const tree = await page.locator(".host-buttons").ariaSnapshot();
    return Object.fromEntries(HOSTS.map((host) => [host, new RegExp(`button "${host}, .*, (UP|DEGRADED|DOWN|DRAIN|MAINT)\\b`).exec(tree)?.[1]]));
  };
  const well = Object.fromEntries(HOSTS.map((host) => [host, "UP"]));
  expect(await names()).toEqual(well);
  await lab.kill("app-1");
  await lab.kill("lb-1");
  expect(await names()).toMatchObject({ ...well, "app-1": "DOWN", "lb-1": "DOWN" });
  await lab.host("app-1").click();
  expect(await page.locator(".host-buttons").ariaSnapshot()).toMatch(/button "app-1, .*DOWN" \[pressed\]/);
});

test("the text view follows the drawing and offers the same actions", async ({ page }) => {
  const lab = await Lab.open(page);
  const item = page.locator('#text-view li[data-host="web-1"]');
  await item.getByRole("button", { name: "Kill web-1", exact: true }).click();
  await expect(lab.host("web-1")).toHaveAttribute("data-state", "DOWN");
  await expect(item.locator("h3 .state")).toHaveText("DOWN");
  await item.getByRole("button", { name: "Restore web-1", exact: true }).click();
  await expect(item.locator("h3 .state")).toHaveText("UP");
  const balancer = page.locator('#text-view li[data-host="lb-1"]');
  await balancer.getByRole("button", { name: "Kill lb-1/keepalived", exact: true }).click();
  await expect(balancer.locator("h3 .state")).toHaveText("DEGRADED");
  await expect(lab.host("lb-1")).toHaveAccessibleName(/^lb-1, .*, DEGRADED/);
});

/** Whether anything is painted on the canvas of moving requests. */
const isPainted = (lab: Lab) =>
  lab.page.locator("#stage canvas").evaluate((canvas: HTMLCanvasElement) => {
    if (!canvas.width || !canvas.height) return false;
    const pixels = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.some((value) => value !== 0);
  });

test("requests are seen to move, and with less motion asked for they are only counted", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.start();
  await expect.poll(() => isPainted(lab)).toBe(true);
  await page.emulateMedia({ reducedMotion: "reduce" });
  const { issued } = await lab.totals();
  await expect.poll(() => isPainted(lab)).toBe(false);
  for (let look = 0; look < 20; look += 1) {
    await lab.frames(3);
    expect(await isPainted(lab)).toBe(false);
  }
  await expect.poll(async () => (await lab.totals()).issued).toBeGreaterThan(issued);
  const running = await page.evaluate(() => document.getAnimations().filter((each) => each.playState === "running").length);
  expect(running).toBe(0);
});

test("a change of state is announced once, in words, and never a figure", async ({ page }) => {
  const lab = await Lab.open(page);
  const announcer = page.locator("#announcer");
  await expect(announcer).toBeEmpty();
  await announcer.evaluate((region) => {
    const heard: { at: number; text: string }[] = [];
    Object.assign(window, { heard });
    const listen = () => heard.push({ at: performance.now(), text: region.textContent ?? "" });
    new MutationObserver(listen).observe(region, { characterData: true, childList: true, subtree: true });
  });
  const heard = () => page.evaluate(() => (window as unknown as { heard: { at: number; text: string }[] }).heard);
  const all = async () => (await heard()).map((message) => message.text).join("\n");
  await lab.speed("5x faster");
  await lab.kill("app-1");
  await expect.poll(all, { timeout: 15_000 }).toContain("lb-2 marks app-1 DOWN");
  await lab.act("restore", "app-1");
  await expect.poll(all, { timeout: 15_000 }).toContain("app-1 is switched on");
  await lab.pass(20);
  const text = await all();
  for (const change of ["app-1 lost power.", "lb-1 marks app-1 DOWN", "lb-2 marks app-1 DOWN", "app-1 is switched on"]) {
    expect(text.split(change).length - 1, change).toBe(1);
  }
  expect(text).not.toMatch(/GET|check of|requests/);
  const times = (await heard()).map((message) => message.at);
  for (const [index, at] of times.slice(1).entries()) expect(at - times[index]).toBeGreaterThan(2_900);
});
