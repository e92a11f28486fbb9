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

test("a machine that is down tells why, with the directive that would have changed it", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=40s;20s%20kill%20app-1");
  await lab.host("app-1").click();
  const why = lab.inspector.locator('details[data-about="why-app-1"]');
  await why.locator("summary").click();
  await expect(why).toContainText("You killed app-1");
  await expect(why).toContainText("Its first check failed at");
  await expect(why.getByLabel("fall of app")).toBeVisible();
  await lab.host("lb-2").click();
  const other = lab.inspector.locator('details[data-about="why-lb-2"]');
  await other.locator("summary").click();
  await expect(other).toContainText("VIP A: owned by lb-1.");
  await expect(other.getByRole("spinbutton", { name: /^priority of VIP A on lb-2/ })).toHaveValue("100");
  expect((await judged(page)).wrong).toEqual([]);
});

test("any request is asked for by its number, and from it the others that failed like it", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=40s;20s%20kill%20app-1");
  await page.getByRole("spinbutton", { name: "Why request" }).fill("7");
  await page.keyboard.press("Enter");
  await expect(lab.inspector.locator("h2")).toHaveText("Request 7");
  await expect(lab.inspector).toContainText("answered after");
  await expect(lab.inspector).toContainText("Its time:");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("spinbutton", { name: "Why request" })).toBeFocused();
  const line = page.locator("#event-log li", { hasText: "more like it" }).first();
  await line.locator(".why > summary").click();
  await line.getByText(/failed like it$/).click();
  const next = line.getByRole("button", { name: /^Request \d+$/ }).first();
  const name = (await next.textContent())!;
  await next.click();
  await expect(lab.inspector.locator("h2")).toHaveText(name);
  await expect(lab.inspector).toContainText("Cause:");
});

for (const width of [320, 360]) {
  test(`any request is asked for by its number on a phone, too: ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 740 });
    const lab = await Lab.open(page, "#run/1/brief;seed=1;at=40s;20s%20kill%20app-1");
    const number = page.getByRole("spinbutton", { name: "Why request" });
    const ask = page.locator("[data-form=request]").getByRole("button", { name: "Why?" });
    await number.scrollIntoViewIfNeeded();
    const [field, button] = [(await number.boundingBox())!, (await ask.boundingBox())!];
    for (const box of [field, button]) {
      expect(Math.min(box.width, box.height), "hit by a thumb").toBeGreaterThanOrEqual(44);
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
    }
    expect(field.x + field.width, "beside each other, and apart").toBeLessThanOrEqual(button.x - 4);
    expect(Math.abs(field.y - button.y)).toBeLessThan(4);
    await number.fill("7");
    await ask.click();
    await expect(lab.inspector.locator("h2")).toHaveText("Request 7");
    await expect(lab.inspector.locator("h2")).toBeInViewport();
    await expect(lab.inspector).toContainText("answered after");
    await page.keyboard.press("Escape");
    await expect(number).toBeFocused();
    await expect(number).toBeInViewport();
  });
}

test("a mark that moves on the stage opens its request, and a machine away from it stays a machine", async ({ page }) => {
  // At a pause only what is under way is there: with so many users somebody is.
  const lab = await Lab.open(page, "#run/1/brief;seed=1;rate=400;at=5s");
  // Where a mark is painted: the darkest thing on the canvas.
  const spot = await page.locator("#stage canvas").evaluate((canvas: HTMLCanvasElement) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, width, height);
    const box = canvas.getBoundingClientRect();
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        if (data[(y * width + x) * 4 + 3] > 200) {
          return { x: box.x + (x * box.width) / width, y: box.y + (y * box.height) / height };
        }
      }
    }
    return null;
  });
  expect(spot, "a mark is painted").not.toBeNull();
  await page.mouse.click(spot!.x, spot!.y);
  await expect(lab.inspector.locator("h2")).toHaveText(/^Request \d+$/);
  await lab.host("db-1").click();
  await expect(lab.inspector.locator("h2")).toContainText("db-1");
});

test("charts have percentiles, errors, what was done, and the same as a table that stays open while time goes on", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=40s;20s%20kill%20app-1");
  await lab.host("app-2").click();
  const charts = lab.inspector.locator("details[data-ask=charts]");
  await charts.locator("> summary").click();
  for (const name of ["Requests", "Errors", "Latency", "Utilisation", "Queue"]) {
    await expect(charts.getByRole("img", { name: new RegExp(`^${name} of app-2 over the last minute`) })).toBeVisible();
  }
  const latency = charts.getByRole("img", { name: /^Latency of app-2/ });
  await expect(latency).toHaveAccessibleName(/p50 now \d.*; p95 now \d.*; p99 now \d/);
  const dashes = await latency.locator("svg polyline").evaluateAll((lines) => lines.map((line) => line.getAttribute("stroke-dasharray")));
  expect(new Set(dashes), "solid, dashed, dotted").toEqual(new Set([null, "5 4", "1 3"]));
  await expect(charts).toContainText("00:20.000 You killed app-1");
  await charts.getByText("Show as table").click();
  const table = charts.getByRole("region", { name: "Figures of app-2 as a table" });
  await expect(table.locator("tbody tr").first()).toContainText("00:40");
  expect((await judged(page)).wrong).toEqual([]);
  await lab.start();
  await expect(table.locator("tbody tr").first()).toContainText(/00:4[2-9]/, { timeout: 10_000 });
  await lab.pause();
});

test("after an edit the run is compared with the one before it, and a kept run with the one on the stage", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=40s;10s%20kill%20lb-1;20s%20kill%20app-1");
  await page.locator("#open-save").click();
  await page.locator("#kept > summary").click();
  await page.locator("#keep-run").click();
  await expect(page.locator("#kept-runs")).toContainText("the run on the stage");
  await page.locator("#close-save").click();
  await lab.host("app-1").click();
  await lab.inspector.locator("details[data-ask=settings] > summary").click();
  const workers = lab.inspector.getByRole("spinbutton", { name: /^--workers/ });
  await workers.fill("2");
  await workers.press("Tab");
  await page.locator("#notice").getByRole("button", { name: "Compare with before" }).click();
  const compared = page.locator("#compare");
  await expect(compared.locator("> summary")).toBeFocused();
  await expect(compared).toContainText("On the stage alone: app.workers:app-1=2.");
  const row = compared.locator("tr", { has: page.getByRole("rowheader", { name: "Requests", exact: true }) });
  await expect(row.locator("td")).toHaveCount(3);
  expect(await row.locator("td").first().textContent(), "the same users come").toBe(await row.locator("td").nth(1).textContent());
  await expect(compared.getByRole("rowheader", { name: "Longest takeover of an address" })).toBeVisible();
  // Both lines are in one chart: one dashed, and the words say which.
  const chart = compared.locator("figure", { has: page.getByRole("img", { name: /^p95 of both runs: Before at most .+; On the stage at most/ }) });
  await expect(chart.locator("polyline.own").first()).not.toHaveAttribute("stroke-dasharray");
  await expect(chart.locator("polyline.other").first()).toHaveAttribute("stroke-dasharray");
  await expect(chart.locator("figcaption")).toContainText(/Before \d.* ms .*On the stage \d.* ms/);
  await compared.getByText("Show as table").click();
  await expect(compared.getByRole("columnheader", { name: "p95: On the stage" })).toBeVisible();
  // What it says stays over the page that is scrolled below it.
  await page.locator("#notice").getByRole("button", { name: "Close" }).click();
  expect((await judged(page)).wrong).toEqual([]);
  await page.locator("#open-save").click();
  await page.locator("#kept-runs details > summary").click();
  await expect(page.locator("#kept-runs")).toContainText("Kept run");
  await expect(page.locator("#kept-runs table").first()).toContainText("Difference");
  expect((await judged(page)).wrong).toEqual([]);
});
