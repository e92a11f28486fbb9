// What the page asks of the network, and what it survives.
import { expect, test } from "@playwright/test";
import { complaints, Lab, WHAT_IFS } from "./lab.ts";

test("no request leaves the origin, through every view", async ({ page, context, baseURL }) => {
  const asked: string[] = [];
  context.on("request", (request) => asked.push(request.url()));
  const lab = await Lab.open(page);
  await lab.speed("20x faster");
  await lab.kill("app-1");
  await lab.reach(10);
  await lab.save("svg");
  await lab.save("markdown", "https://example.org/");
  for (const what of WHAT_IFS) {
    await Lab.open(page, `#what-if/${what}`);
    await lab.predict("12");
    await page.locator("#skip").click();
    await expect(page.locator("#result")).toBeVisible();
  }
  for (let step = 1; step <= 8; step += 1) {
    await Lab.open(page, `#lecture/${step}`);
    await expect(page.locator("#lecture-place")).toHaveText(`${step} of 8`);
  }
  await Lab.open(page, "#check");
  await expect(page.locator("#check .hash")).toHaveCount(20);
  await page.reload();
  await Lab.open(page, "#lab");
  expect(asked.length).toBeGreaterThan(3);
  const own = (url: string) => url.startsWith(baseURL!) || url.startsWith(`blob:${baseURL}`) || url.startsWith("data:");
  expect(asked.filter((url) => !own(url))).toEqual([]);
});

test("no script runs that the page did not bring: not inline, not by eval", async ({ page }) => {
  await Lab.open(page);
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/'unsafe-inline'|'unsafe-eval'|https?:|\*/);
  const blocked = await page.evaluate(() => {
    const refused = new Promise<string[]>((done) => {
      const seen: string[] = [];
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
        if (seen.push(effectiveDirective) === 2) done(seen.sort());
      });
    });
    const script = document.createElement("script");
    script.textContent = "document.title = 'inline'";
    const image = document.createElement("div");
    image.innerHTML = "<img src='data:,' onerror=\"document.title = 'handler'\">";
    document.body.append(script, image);
    return refused;
  });
  expect(blocked).toEqual(["script-src-attr", "script-src-elem"]);
  await expect(page).toHaveTitle("foobar-lab: www.foobar.com, scaled up");
});

test("works without a network after the first visit", async ({ page, context }) => {
  await Lab.open(page);
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active?.state === "activated") return;
    await new Promise((done) => active?.addEventListener("statechange", done, { once: true }));
  });
  await context.setOffline(true);
  await page.reload();
  expect(await page.evaluate(() => navigator.onLine)).toBe(false);
  const lab = await Lab.open(page, "#lab");
  await expect(page.locator("#boot-status")).toHaveCount(0);
  await lab.kill("db-1");
  await lab.reach(0.5);
});

/** Numbers as if by chance, the same in every run of the test (mulberry32). */
function chance(seed: number) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

for (const seed of [1, 2]) {
  test(`survives 60 clicks at random (${seed})`, async ({ page }) => {
    const found = complaints(page);
    await Lab.open(page);
    const next = chance(seed);
    const clicked: string[] = [];
    while (clicked.length < 60) {
      const target = await page.evaluate((pick) => {
        const modal = document.querySelector("dialog:modal");
        const buttons = [...(modal ?? document).querySelectorAll<HTMLButtonElement>("button:enabled")];
        const visible = buttons.filter((button) => button.checkVisibility({ checkVisibilityCSS: true }));
        const button = visible[Math.floor(pick * visible.length)];
        button.scrollIntoView({ block: "center" });
        const { x, y, width, height } = button.getBoundingClientRect();
        const name = `${button.id} ${button.ariaLabel ?? button.textContent}`.trim();
        return { x: x + width / 2, y: y + height / 2, name };
      }, next());
      await page.mouse.click(target.x, target.y);
      clicked.push(target.name);
    }
    await expect(page.locator("#app-failure"), clicked.join("\n")).toBeHidden();
    expect(found, clicked.join("\n")).toEqual([]);
    const lab = await Lab.open(page, "#check"); // it still answers
    await Lab.open(page, "#lab");
    await expect(lab.play).toBeEnabled();
  });
}
