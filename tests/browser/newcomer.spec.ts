// What people stumbled over who had read nothing but the README.
import { expect, test } from "@playwright/test";
import { HOSTS, Lab } from "./lab.ts";

/** A run whose log has many lines. */
const EVENTFUL = "#run/1/brief;seed=1;at=60s;10s+kill+app-1;20s+kill+lb-1;30s+kill+db-1";

test("at rest the wide panel names what to begin with, each a button there is, until a machine is chosen", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  const lab = await Lab.open(page);
  const first = lab.inspector.locator(".first");
  await expect(first).toHaveCount(3);
  for (const name of await first.locator("strong").allTextContents()) {
    await expect(page.locator("#head").getByRole("button", { name, exact: true })).toBeVisible();
  }
  await expect(first.last()).toBeInViewport();
  await lab.host("app-1").click();
  await expect(first).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(first.first()).toBeVisible();
  await page.setViewportSize({ width: 360, height: 740 });
  await expect(first.first(), "a phone has no room for it").toBeHidden();
});

test("what the panel says at rest can be used after something was done", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.kill("app-1");
  await page.keyboard.press("Escape");
  await expect(page.locator("#follow")).toBeEnabled();
  await expect(lab.inspector).toContainText("Choose a machine, a link, a zone or a firewall to act on it");
});

for (const [width, height] of [[360, 740], [640, 360], [800, 400], [1024, 420], [1024, 600], [1440, 420]]) {
  test(`a machine that is chosen is seen together with what can be done to it: ${width} x ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const lab = await Lab.open(page);
    for (const name of HOSTS) {
      for (const choose of [() => lab.host(name).click(), () => lab.host(name).press("Enter")]) {
        await choose();
        await expect(lab.action("kill", name)).toBeFocused();
        await expect(lab.action("kill", name)).toBeInViewport({ ratio: 0.9 });
        await expect(lab.host(name), name).toBeInViewport({ ratio: 0.9 });
        await page.keyboard.press("Escape");
        await expect(lab.host(name)).toBeFocused();
      }
    }
  });
}

test("the log of a phone is short at first, and its oldest line is reached by keyboard", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await Lab.open(page, EVENTFUL);
  const log = page.locator("#event-log > ol");
  await expect.poll(() => log.locator("> li").count()).toBeGreaterThan(10);
  expect((await log.boundingBox())!.height).toBeLessThanOrEqual(480);
  await log.focus();
  await expect(log).toBeFocused();
  await expect(log).toHaveAccessibleName("What happened");
  await page.locator("#log-all").focus();
  await page.keyboard.press("Space");
  await expect(log.locator("> li").last()).toBeVisible();
  const oldest = log.locator("summary").last();
  await oldest.focus();
  await expect(oldest).toBeInViewport();
});

test("the panel of a dead machine begins with what can be done, on a phone too", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const lab = await Lab.open(page);
  await lab.kill("web-1");
  const seen = lab.inspector.locator(".actions button").filter({ visible: true });
  for (const [width, height] of [[360, 740], [1440, 900]]) {
    await page.setViewportSize({ width, height });
    await expect(seen.first()).toHaveText("Restore web-1");
    await expect(seen.first()).toBeEnabled();
  }
});

test("what a person did is told in sentences, and the command stands beside it", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=30s;10s+link+lb-1:app-1:cut;20s+set+server+app/app-2+state+drain");
  const marks = page.locator("#timeline svg .mark-action title");
  await expect(marks).toHaveText(["00:10.000 You cut the link lb-1 to app-1", "00:20.000 You drained app-2"]);
  await expect(page.locator("#event-log")).toContainText("The link between lb-1 and app-1 is cut.");
  const slider = page.getByRole("slider", { name: /^Time/ });
  await slider.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  const why = page.locator("#mark");
  await expect(why.getByRole("heading", { name: /You cut the link lb-1 to app-1$/ })).toBeVisible();
  await expect(why.locator("code", { hasText: "link lb-1:app-1:cut" })).toBeVisible();
  await lab.host("app-1").click();
  await expect(why).toHaveCount(0);
});

for (const [width, height] of [[360, 740], [1024, 768], [1440, 900]]) {
  test(`at the start at most seven controls are seen, and play is the largest: ${width} x ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const lab = await Lab.open(page);
    const controls = page.locator("button, select, input, summary, a[href]").filter({ visible: true });
    const seen = await controls.evaluateAll((all) =>
      all.filter((control) => !control.closest("#stage") && control.checkVisibility({ visibilityProperty: true }) && control.getBoundingClientRect().top < innerHeight).map(({ id }) => id));
    expect(seen.length, String(seen)).toBeLessThanOrEqual(7);
    await lab.start();
    await lab.pause();
    const box = async (part: string) => (await page.locator(part).boundingBox())!;
    const order = await Promise.all(["#restart", "#step-back", "#play", "#step"].map(box));
    for (const [index, { x, width }] of order.slice(1).entries()) {
      expect(x, "restart, back, play, step").toBeGreaterThan(order[index].x);
      if (index !== 1) expect(width).toBeLessThan(order[2].width);
    }
    expect((await box("#speed")).width).toBeGreaterThan(0);
  });
}

test("on a phone one section is shown at a time, by touch or keyboard", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const lab = await Lab.open(page);
  const shown = () => page.locator("#balancing, #network, #workbench, #text-view").filter({ visible: true }).evaluateAll((all) => all.map(({ id }) => id));
  expect(await shown()).toEqual(["balancing"]);
  await lab.show("network");
  expect(await shown()).toEqual(["network"]);
  await page.keyboard.press("ArrowRight");
  expect(await shown()).toEqual(["workbench"]);
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("radio", { name: "As text" })).toBeChecked();
  expect(await shown()).toEqual(["text-view"]);
  // What leads into a section shows it.
  await page.locator("#preset").selectOption("simple");
  await page.getByRole("button", { name: "Compare with before" }).click();
  await expect(page.locator("#compare > summary")).toBeInViewport();
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(await shown()).toHaveLength(4);
});

test("who presses Enter twice does one thing: where a button is gone the keyboard is at no other", async ({ page }) => {
  const lab = await Lab.open(page);
  await page.locator("#build > summary").click();
  await page.getByRole("button", { name: "Add a replica" }).press("Enter");
  await expect(lab.host("db-2")).toBeVisible();
  await page.keyboard.press("Enter");
  await lab.frames(5);
  await expect(page.locator("#undo")).toHaveAccessibleName(/replica/i);
  const lighter = lab.order("app/app-1", "lighter");
  await lighter.press("Enter");
  await expect(lighter).toBeDisabled();
  await expect(lab.order("app/app-1", "heavier")).toBeFocused();
});

test("what is typed to be checked, and a name, are there again after a reload", async ({ page }) => {
  await Lab.open(page);
  await page.locator("#checker").evaluate((place) => place.closest("details")?.setAttribute("open", ""));
  await page.locator("#check-text").fill("My words");
  await page.locator("#open-save").click();
  await page.locator("#author").fill("Ada");
  await page.reload();
  await expect(page.locator("#boot-status")).toHaveCount(0);
  await expect(page.locator("#check-text")).toHaveValue("My words");
  await expect(page.locator("#author")).toHaveValue("Ada");
});

for (const width of [1280, 1300]) {
  test(`a machine's panel has room for what stands in it: ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    const lab = await Lab.open(page);
    for (const name of HOSTS) {
      await lab.host(name).click();
      await expect(lab.action("kill", name)).toBeVisible();
      expect(await lab.inspector.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth), name).toBe(0);
    }
  });
}
