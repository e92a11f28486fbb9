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
  await page.route("**/*.wasm", (route) => route.abort());
  await page.goto("");
  await expect(page.locator("#boot-status")).toHaveText("Still readable: live mode did not start. Reload to try again.");
  await expect(page.locator("#app")).not.toBeEmpty();
});
