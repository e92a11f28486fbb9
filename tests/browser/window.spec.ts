// The lab in windows of every shape: what one needs at hand is in sight, and what the page tells is in nobody's way.
import { expect, type Page, test } from "@playwright/test";
import { KILLED, Lab } from "./lab.ts";

/** Opens a run by its link, and waits until the page tells of it. */
async function opened(page: Page, width: number, height: number): Promise<Lab> {
  await page.setViewportSize({ width, height });
  const lab = await Lab.open(page, KILLED);
  await expect(page.locator("#notice > div")).toContainText("This is the run that the link holds");
  return lab;
}

/** What the page tells is told long enough: it floats no longer. */
const told = (page: Page) =>
  page.locator("#notice > div").evaluate((notice) => notice.getAnimations().forEach((animation) => animation.finish()));

const SHAPES = [[320, 568], [360, 740], [640, 480], [740, 360], [768, 1024], [800, 600], [1024, 768], [1366, 650], [1440, 900]];

for (const [width, height] of SHAPES) {
  test(`Play is in sight and the head holds together: ${width} x ${height}`, async ({ page }) => {
    const lab = await opened(page, width, height);
    await expect(lab.play).toBeInViewport({ ratio: 1 });
    const controls = await page.locator("#head :is(button, select):visible").evaluateAll((all) =>
      all.map((control) => {
        const { top, bottom, right } = control.getBoundingClientRect();
        return { name: control.id, top: Math.round(top), bottom, right, row: Math.round((top + bottom) / 2) };
      }),
    );
    expect(new Set(controls.slice(1).map(({ row }) => row)).size, "the buttons stand in one row").toBe(1);
    expect(new Set(controls.map(({ row }) => row)).size).toBeLessThanOrEqual(width < 640 ? 2 : 1);
    for (const { name, top, right } of controls) {
      expect(top, name).toBeGreaterThanOrEqual(4);
      expect(right, name).toBeLessThanOrEqual(width);
    }
    const bar = (await page.locator("#transport").boundingBox())!;
    if (height < 600 && width >= 640) expect(bar.height, "one row").toBeLessThanOrEqual(66);
    // However far one scrolls along the drawing.
    await page.evaluate(() => scrollTo(0, 400));
    if (width < 960) await expect(lab.play).toBeInViewport({ ratio: 1 });
  });

  test(`what the page tells lies over the drawing for a while at most: ${width} x ${height}`, async ({ page }) => {
    await opened(page, width, height);
    await told(page);
    const notice = page.locator("#notice > div");
    await expect(notice, "it is still there").toBeInViewport({ ratio: 1 });
    const [said, stage] = [(await notice.boundingBox())!, (await page.locator("#stage").boundingBox())!];
    expect(said.y + said.height, "above the drawing").toBeLessThanOrEqual(stage.y + 1);
    await page.evaluate(() => scrollTo(0, 500));
    expect(await page.evaluate(() => scrollY)).toBeGreaterThan(300);
    await expect(notice, "it goes with the head").not.toBeInViewport();
  });
}

test("what the page tells is in sight wherever one has scrolled to, and waits for who reads it", async ({ page }) => {
  await opened(page, 1024, 768);
  const notice = page.locator("#notice > div");
  await page.evaluate(() => scrollTo(0, 900));
  await expect(notice).toBeInViewport({ ratio: 1 });
  await notice.hover();
  const states = () => notice.evaluate((notice) => notice.getAnimations().map((animation) => animation.playState));
  await expect.poll(states).toEqual(["paused"]);
});

for (const [width, height] of [[1366, 650], [1280, 720], [1440, 900]]) {
  test(`drawing, transport and timeline are seen together, with something told: ${width} x ${height}`, async ({ page }) => {
    await opened(page, width, height);
    for (const part of ["#stage svg", "#play", "#clock", "#scrub", ".nudge >> nth=0"]) {
      await expect(page.locator(part)).toBeInViewport({ ratio: 0.99 });
    }
  });
}

test("what floats over the page covers nothing that the keyboard comes to", async ({ page }) => {
  await opened(page, 1440, 600);
  const notice = page.locator("#notice > div");
  await notice.evaluate((notice) => notice.getAnimations().forEach((animation) => animation.pause()));
  await page.locator("#text-view a").last().focus();
  let met = 0;
  for (let pressed = 0; pressed < 80; pressed += 1) {
    await page.keyboard.press("Shift+Tab");
    const covered = await notice.evaluate((notice) => {
      const focused = document.activeElement!;
      if (notice.contains(focused) || focused.closest("#head") || focused === document.body) return null;
      const [one, two] = [focused.getBoundingClientRect(), notice.getBoundingClientRect()];
      const crosses = one.top < two.bottom && one.bottom > two.top && one.left < two.right && one.right > two.left;
      return crosses ? focused.outerHTML.slice(0, 80) : "";
    });
    if (covered === null) break;
    met += 1;
    expect.soft(covered).toBe("");
  }
  expect(met).toBeGreaterThan(15);
});

for (const [width, height] of [[320, 568], [360, 740], [768, 1024], [800, 600]]) {
  test(`one scrubs and sees the drawing: ${width} x ${height}`, async ({ page }) => {
    const lab = await opened(page, width, height);
    await told(page);
    const inSight = async () => {
      for (const part of ["#scrub", "#play", ".nudge >> nth=0", ".nudge >> nth=1"]) {
        await expect.soft(page.locator(part), part).toBeInViewport({ ratio: 1 });
      }
    };
    await inSight();
    const machine = lab.host("app-1");
    await machine.scrollIntoViewIfNeeded();
    await inSight();
    await page.locator("#scrub").focus();
    await page.keyboard.press("Home");
    await expect(page.locator("#clock")).toHaveText("00:00.000");
    await expect(machine, "the page stays where it is").toBeInViewport({ ratio: 1 });
    await expect(machine).toHaveAccessibleName(/, UP, receives from /);
    // More than half of the window is the drawing's.
    const top = Math.min((await page.locator("#timeline").boundingBox())!.y, (await page.locator("#transport").boundingBox())!.y);
    expect(top).toBeGreaterThan(height / 2);
    // Nor does it hide the chosen machine, or what can be done to it.
    await machine.click();
    await expect(lab.action("kill", "app-1")).toBeInViewport({ ratio: 1 });
    await expect(machine).toBeInViewport({ ratio: 0.9 });
    await inSight();
  });
}

test("in forced colours zones have an edge, and what the legend names is shown", async ({ page }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await opened(page, 1440, 900);
  const edges = await page.locator("#stage svg .band").evaluateAll((all) => all.map((band) => getComputedStyle(band).stroke));
  expect(edges.length).toBeGreaterThan(4);
  expect(new Set(edges)).toEqual(new Set(["rgb(0, 0, 0)"]));
  const swatch = await page.locator(".mark-blind").evaluate((sign) => getComputedStyle(sign, "::before").backgroundColor);
  const ground = await page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
  expect([ground, "rgba(0, 0, 0, 0)"]).not.toContain(swatch);
});

test("no name of a directive is broken in the middle of a word, however narrow the panel", async ({ page }) => {
  const lab = await opened(page, 1440, 900);
  for (const name of ["web-1", "lb-1"]) {
    await lab.host(name).click();
    await lab.inspector.locator("summary", { hasText: "Its directives" }).click();
    const names = lab.inspector.locator(".setting label code");
    await expect(names.first()).toBeVisible();
    const broken = await names.evaluateAll((all) =>
      all
        .filter((code) => /^[\w.]+$/.test(code.textContent!))
        .filter((code) =>
          // A line may end at a joint, where the markup says so: between two of its texts.
          [...code.childNodes].some((piece) => {
            const range = document.createRange();
            range.selectNodeContents(piece);
            return range.getClientRects().length > 1;
          }),
        )
        .map((code) => code.textContent),
    );
    expect(broken, name).toEqual([]);
    const wide = await lab.inspector.evaluate((panel) => panel.scrollWidth - panel.clientWidth);
    expect(wide, "nothing sticks out").toBeLessThanOrEqual(0);
  }
});
