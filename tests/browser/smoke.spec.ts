import { expect, test } from "@playwright/test";

test("opens with no error, and the app starts", async ({ page }) => {
  const errors: string[] = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto("");
  await expect(page).toHaveTitle("foobar-lab: www.foobar.com, scaled up");
  await expect(page.locator("#boot-status")).toHaveCount(0); // boot.js removes it when the app has started
  expect(errors).toEqual([]);
});

test("says so when the app can't start, and stays readable", async ({ page }) => {
  await page.route("**/*.wasm.packed", (route) => route.abort());
  await page.goto("");
  await expect(page.locator("#boot-status")).toHaveText("Still readable: live mode did not start. Retry");
  await expect(page.locator("#app")).not.toBeEmpty();
});

test.describe("on a first visit", () => {
  // What the service worker keeps would come whole.
  test.use({ serviceWorkers: "block" });

  test("says so, too, when the app arrives cut off or damaged", async ({ page }) => {
    const harm = { "cut off": (body: Buffer) => body.subarray(0, body.length / 2), damaged: (body: Buffer) => body.fill(0, 50_000, 50_100) };
    for (const [what, spoil] of Object.entries(harm)) {
      await page.route("**/*.wasm.packed", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: spoil(await response.body()) });
      });
      await page.goto("");
      await expect(page.locator("#boot-status"), what).toHaveText("Still readable: live mode did not start. Retry");
      await page.unrouteAll();
    }
  });
});
