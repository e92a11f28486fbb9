// The style of what nobody sees at first comes after the app: that it comes may move nothing, nor colour it otherwise.
import { expect, test, type Page } from "@playwright/test";

import { KILLED } from "./lab";

/** Where everything in sight stands, and in which colours and letters. */
const seen = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("body, body *")]
      .filter((element) => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }))
      .map((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        const { color, backgroundColor, borderTopColor, fontSize, fontWeight, boxShadow } = getComputedStyle(element);
        return [element.tagName, element.id, x, y, width, height, color, backgroundColor, borderTopColor, fontSize, fontWeight, boxShadow].join(" ");
      }),
  );

for (const colorScheme of ["light", "dark"] as const) {
  for (const [width, height] of [[360, 740], [800, 600], [1024, 768], [1440, 900]] as const) {
    test(`the first view is whole without desk.css, ${width} px wide, ${colorScheme}`, async ({ browser, baseURL }) => {
      const context = await browser.newContext({ baseURL, colorScheme, viewport: { width, height }, serviceWorkers: "block", reducedMotion: "reduce" });
      const page = await context.newPage();
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      await page.route("**/desk.css", async (route) => {
        await held;
        await route.continue();
      });
      const asked = page.waitForRequest("**/desk.css");
      await page.goto("./");
      await asked;
      await expect(page.locator("#boot-status")).toHaveCount(0); // asked for only when the app has started
      await expect(page.locator('button.host[data-state]:not([data-state=""])').first()).toBeAttached();
      const before = await seen(page);
      const styled = page.waitForFunction(() => document.querySelector<HTMLLinkElement>('link[href="./desk.css"]')?.sheet);
      release();
      await styled;
      expect(await seen(page)).toEqual(before);
      await context.close();
    });
  }
}

test("what a link opens has its style when the app starts", async ({ page }) => {
  const order: string[] = [];
  page.on("request", (request) => order.push(new URL(request.url()).pathname.split("/").pop() ?? ""));
  await page.goto(`./${KILLED}`);
  await expect(page.locator("#boot-status")).toHaveCount(0);
  expect(await page.evaluate(() => document.querySelectorAll("noscript").length)).toBe(0);
  expect(order.filter((name) => name === "desk.css")).toHaveLength(1);
});
