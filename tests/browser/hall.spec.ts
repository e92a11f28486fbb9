// In a hall: the drawing fills the window, its letters are read from the last row, and time can be steered without scrolling.
import { expect, type Page, test } from "@playwright/test";
import { KILLED, Lab } from "./lab.ts";

test.use({ viewport: { width: 1280, height: 720 } });

/** What the smallest letters of the drawing have at least, in CSS pixels. */
const LEAST = 18;

const inTheme = (page: Page, theme: string) =>
  page.addInitScript((theme) => localStorage.setItem("foobar-lab/theme", theme), theme);

/** The sizes of the drawing's letters in CSS pixels, the smallest first. */
const sizes = (page: Page) =>
  page.locator("#stage svg text").evaluateAll((all) =>
    all
      .map((text) => parseFloat(getComputedStyle(text).fontSize) * (text as SVGTextElement).getScreenCTM()!.a)
      .sort((one, other) => one - other),
  );

const smallest = async (page: Page) => (await sizes(page))[0];

/** Waits until the drawing is the one for a hall. */
const isForAHall = (page: Page) => expect.poll(() => smallest(page)).toBeGreaterThanOrEqual(LEAST);

/** The drawing and the controls of time lie in the window, none over another. */
async function isSteered(page: Page) {
  for (const part of ["#stage svg", "#play", "#clock", "#scrub"]) await expect(page.locator(part)).toBeInViewport({ ratio: 0.99 });
  const [stage, play] = [(await page.locator("#stage").boundingBox())!, (await page.locator("#play").boundingBox())!];
  expect(stage.y + stage.height).toBeLessThanOrEqual(play.y + 1);
}

for (const preset of ["literal", "brief", "extended"]) {
  test(`the drawing of ${preset} is read from the last row, and time is in reach`, async ({ page }) => {
    await inTheme(page, "projector");
    const lab = await Lab.open(page, `#run/1/${preset};seed=1;at=30s;20s+kill+app-1`);
    await expect(page.locator("#notice")).not.toBeEmpty();
    await isForAHall(page);
    await isSteered(page);
    await page.locator("#notice [data-do=close-notice]").click();
    await lab.frames(2);
    await isForAHall(page);
    await isSteered(page);
  });
}

test("every step of the lecture is read from the last row, in every theme", async ({ page }) => {
  const lab = await Lab.open(page, "#lecture/1");
  for (const theme of ["light", "dark", "projector"]) {
    await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), theme);
    for (let step = 1; step <= 8; step += 1) {
      await page.evaluate((step) => (location.hash = `#lecture/${step}`), step);
      await expect(page.locator("#lecture-place")).toHaveText(`${step} of 8`);
      await lab.frames(2);
      expect.soft(await smallest(page), `${theme}, step ${step}`).toBeGreaterThanOrEqual(LEAST);
      const [words, stage, steps] = await Promise.all(
        [".caption", "#stage", ".steps"].map(async (part) => (await page.locator(part).boundingBox())!),
      );
      expect.soft(words.y + words.height).toBeLessThanOrEqual(stage.y + 1);
      expect.soft(stage.y + stage.height).toBeLessThanOrEqual(steps.y + 1);
      expect.soft(steps.y + steps.height).toBeLessThanOrEqual(720);
    }
  }
});

test("the theme and the lecture change the drawing, and leaving them brings it back", async ({ page }) => {
  await inTheme(page, "light");
  const lab = await Lab.open(page);
  await lab.host("app-2").focus();
  const atADesk = await smallest(page);
  expect(atADesk).toBeGreaterThanOrEqual(10.7);
  expect(atADesk).toBeLessThan(LEAST);
  await page.keyboard.press("d");
  await page.keyboard.press("d");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "projector");
  await isForAHall(page);
  await expect(lab.host("app-2")).toBeFocused();
  await page.keyboard.press("d");
  await page.keyboard.press("d");
  await expect.poll(() => smallest(page)).toBeCloseTo(atADesk, 1);
  await page.locator("#open-lecture").click();
  await isForAHall(page);
  await page.locator("#leave").click();
  await expect.poll(() => smallest(page)).toBeCloseTo(atADesk, 1);
  await lab.kill("app-1"); // the buttons lie where the machines do
});

for (const theme of ["", "light", "dark"]) {
  test(`high contrast is one key away, and so is the way back: ${theme || "as the device"}`, async ({ page }) => {
    await inTheme(page, theme);
    const lab = await Lab.open(page);
    const root = page.locator("html");
    await page.keyboard.press("h");
    await expect(root).toHaveAttribute("data-theme", "projector");
    await isForAHall(page);
    await page.keyboard.press("h");
    await expect.poll(() => root.getAttribute("data-theme")).toBe(theme || null);
    await expect.poll(() => smallest(page)).toBeLessThan(LEAST);
    await lab.host("app-2").press("h"); // whatever has the keyboard
    await expect(root).toHaveAttribute("data-theme", "projector");
  });
}

test("on the whole screen the drawing is for a hall in every theme", async ({ page }) => {
  await inTheme(page, "light");
  await Lab.open(page);
  await page.locator("body").click({ position: { x: 2, y: 2 } });
  await page.keyboard.press("f");
  await expect.poll(() => page.evaluate(() => document.fullscreenElement !== null)).toBe(true);
  await isForAHall(page);
  await page.keyboard.press("f");
  await expect.poll(() => smallest(page)).toBeLessThan(LEAST);
});

test("the buttons of the machines lie over their cards", async ({ page }) => {
  await inTheme(page, "projector");
  const lab = await Lab.open(page, KILLED);
  await isForAHall(page);
  for (const name of ["lb-1", "app-2", "db-1"]) {
    const [button, word] = [(await lab.host(name).boundingBox())!, (await lab.drawn(name, name).first().boundingBox())!];
    expect(word.x).toBeGreaterThan(button.x);
    expect(word.y).toBeGreaterThan(button.y);
    expect(word.x + word.width).toBeLessThan(button.x + button.width);
    expect(word.y + word.height).toBeLessThan(button.y + button.height);
  }
});
