// Why things are as they are, and what would have changed them: on the spot, of any mark, machine and request.
import { expect, type Page, test } from "@playwright/test";
import { judged } from "./axe.ts";
import { Lab } from "./lab.ts";

/** A balancer and a server die and come back. */
const RUN = "#run/1/brief;seed=1;at=60s;10s%20kill%20lb-1;20s%20kill%20app-1;30s%20restore%20app-1;35s%20restore%20lb-1";

/** Has the page tell of what is marked nearest to an instant. */
async function explain(page: Page, at: number) {
  const slider = page.locator("#scrub");
  await slider.focus();
  await slider.fill(String(at));
  await page.keyboard.press("Enter");
  await expect(page.locator("#mark")).toBeFocused();
}

test("an address that moved has keepalived's directives beside it, to be set on the spot", async ({ page }) => {
  await Lab.open(page, RUN);
  const mark = page.locator("#mark");
  await explain(page, 13_009);
  await expect(mark).toContainText("lb-2 took over VIP A");
  await expect(mark).not.toContainText("no control");
  const advert = mark.getByRole("spinbutton", { name: /^advert_int on lb-2/ });
  await expect(advert).toHaveValue("1000");
  await expect(mark.getByRole("spinbutton", { name: /^advert_int on lb-1/ })).toBeVisible();
  await explain(page, 38_605);
  for (const name of [/^priority of VIP A on lb-1/, /^preempt_delay on lb-1/]) {
    await expect(mark.getByRole("spinbutton", { name })).toBeVisible();
  }
  await expect(mark.getByRole("combobox", { name: /^nopreempt on lb-1/ })).toBeVisible();
  expect((await judged(page)).wrong).toEqual([]);
  await mark.getByRole("combobox", { name: /^nopreempt on lb-1/ }).selectOption("on");
  await expect(page.locator("#notice")).toContainText("Rebuilt: lb-1, nopreempt: on");
});

test("what followed from a deed is only what it caused", async ({ page }) => {
  await Lab.open(page, RUN);
  await explain(page, 20_000);
  const mark = page.locator("#mark");
  await expect(mark).toContainText("You killed app-1");
  const followed = mark.locator("ol").first();
  await expect(followed).toContainText("lb-2 marks app-1 DOWN");
  await expect(followed).not.toContainText("its agent is silent");
});
