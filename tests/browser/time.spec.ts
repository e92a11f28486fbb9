// Time as a person steers it: back and forth on the timeline, step by step. How everything is taken back again: `undo.spec.ts`.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { failed, Lab, marks } from "./lab.ts";

test("the timeline shows what was done and what followed, and going back keeps it", async ({ page }) => {
  const lab = await failed(page);
  await expect(marks(page, "mark-action")).toHaveCount(1);
  await expect(marks(page, "mark-down")).toHaveCount(2);
  await expect(marks(page, "blind")).toHaveCount(1);
  expect(await marks(page, "failures").count()).toBeGreaterThan(0);
  const totals = await page.locator("#totals").textContent();
  const clock = await page.locator("#clock").textContent();
  const slider = page.getByRole("slider", { name: /^Time/ });
  await slider.focus();
  await page.keyboard.press("Home");
  await expect(page.locator("#clock")).toHaveText("00:00.000");
  await expect(page.locator("#totals")).toContainText("0 requests");
  await expect(slider).toHaveAttribute("aria-valuetext", /^00:00\.000 of 0\d:00\.000/);
  await expect(marks(page, "mark-down")).toHaveCount(2);
  await expect(lab.host("app-1")).toHaveAccessibleName(/, UP, receives from lb-1, lb-2$/);
  await page.keyboard.press("ArrowRight");
  await expect(page.locator("#clock")).toHaveText("00:01.000");
  await page.keyboard.press("PageDown");
  await expect(page.locator("#clock")).toHaveText("00:11.000");
  // The same instant is the same world.
  await slider.fill(String(Math.floor(ms(clock!))));
  await slider.fill(String(Math.ceil(ms(clock!)) + 1));
  expect(totals).toMatch(/failed/);
  await expect(page.locator("#totals")).toContainText(totals!.match(/\d+ failed/)![0]);
});

const ms = (face: string) => {
  const [minutes, seconds] = face.split(":");
  return Number(minutes) * 60_000 + Number(seconds) * 1000;
};

test("a click on a line of the log goes to its instant", async ({ page }) => {
  await failed(page);
  const line = page.locator("#event-log li", { hasText: "lb-1 marks app-1 DOWN" });
  const at = await line.locator("time").textContent();
  await line.locator("button.at").click();
  await expect(page.locator("#clock")).toHaveText(at!);
});

test("Home and End go to the start and as far as was played, and the scale keeps that", async ({ page }) => {
  await Lab.open(page, "#run/1/brief;seed=1;at=155s;10s+kill+app-1");
  await expect(page.locator("#clock")).toHaveText("02:35.000");
  const slider = page.getByRole("slider", { name: /^Time/ });
  await slider.focus();
  await page.keyboard.press("Home");
  await expect(page.locator("#clock")).toHaveText("00:00.000");
  await expect(slider).toHaveAttribute("aria-valuetext", /^00:00\.000 of 03:00\.000/);
  await page.keyboard.press("End");
  await expect(page.locator("#clock")).toHaveText("02:35.000");
});

test("a pause shows no parts of a millisecond, a step does", async ({ page }) => {
  const lab = await Lab.open(page);
  const within = page.locator("#within");
  await lab.start();
  await lab.reach(0.5);
  await lab.pause();
  await expect(within).toBeEmpty();
  await lab.step(3);
  await expect(within).toHaveText(/^\+\d+\.\d{3} \u00b5s$/);
  await lab.start();
  await lab.pause();
  await expect(within).toBeEmpty();
});

test("keys play, step, leap and turn the theme; they can be turned off, and both are kept", async ({ page }) => {
  const lab = await failed(page);
  await page.locator("body").click({ position: { x: 2, y: 2 } });
  const clock = () => page.locator("#clock").textContent().then((face) => ms(face!));
  const stood = await clock();
  // The clock shows milliseconds, and several events may be within one.
  for (let steps = 0; steps < 20 && (await clock()) === stood; steps += 1) await page.keyboard.press("[");
  expect(await clock()).toBeLessThan(stood);
  await page.keyboard.press("]");
  await page.keyboard.press("]");
  expect(await clock()).toBeGreaterThan(stood - 1000);
  const here = await clock();
  await page.keyboard.press("l");
  expect(await clock()).toBeCloseTo(here + 10_000, -1);
  await page.keyboard.press("k");
  await expect(lab.play).toHaveText("Pause");
  await page.keyboard.press("k");
  await expect(lab.play).toHaveText("Play");
  await page.keyboard.press("d");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keys and looks" });
  await expect(dialog.getByRole("row", { name: /^k Space/ })).toBeVisible();
  await dialog.getByRole("checkbox", { name: /Single keys/ }).uncheck();
  await dialog.getByRole("combobox", { name: "Theme" }).selectOption("projector");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await page.locator("body").click({ position: { x: 2, y: 2 } });
  const now = await clock();
  await page.keyboard.press("l");
  await lab.frames(3);
  expect(await clock()).toBe(now);
  await page.reload();
  await expect(page.locator("#boot-status")).toHaveCount(0);
  await expect(page.locator("html")).toHaveAttribute("data-theme", "projector");
});

test("signs that stand elsewhere on a French keyboard step, F1 shows the table, and what is turned off is not heard", async ({ page }) => {
  const lab = await failed(page);
  const press = (key: string, code: string) =>
    page.evaluate((init) => window.dispatchEvent(new KeyboardEvent("keydown", { ...init, bubbles: true })), { key, code });
  const stood = await lab.clock();
  await press(";", "Comma");
  await expect.poll(() => lab.clock()).toBeLessThan(stood);
  const back = await lab.clock();
  await press(":", "Period");
  await expect.poll(() => lab.clock()).toBeGreaterThanOrEqual(back);
  await press(":", "Semicolon"); // as on an English one: not a key of the lab
  await page.keyboard.press("F1");
  const dialog = page.getByRole("dialog", { name: "Keys and looks" });
  await expect(dialog).toBeVisible();
  await dialog.getByRole("checkbox", { name: /Single keys/ }).uncheck();
  await page.keyboard.press("Escape");
  await page.locator("body").click({ position: { x: 2, y: 2 } });
  await page.keyboard.press("Space");
  await lab.frames(3);
  await expect(lab.play).toHaveText("Play");
});

test("time stands while the page is hidden, and goes on when it is seen again if it went before", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.start();
  const turn = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, hidden);
  await turn(true);
  await expect(lab.play).toHaveText("Play");
  const stood = await lab.clock();
  await lab.frames(10);
  expect(await lab.clock()).toBe(stood);
  await turn(false);
  await expect(lab.play).toHaveText("Pause");
  await lab.pause();
  await turn(true);
  await turn(false);
  await lab.frames(3);
  await expect(lab.play, "it stood before, too").toHaveText("Play");
});

test("buttons go a second back and forth, also by touch on a phone", async ({ page }) => {
  const lab = await failed(page);
  for (const width of [1440, 360]) {
    await page.setViewportSize({ width, height: 740 });
    const stood = await lab.clock();
    const [back, forth] = [page.getByRole("button", { name: "\u22121s back" }), page.getByRole("button", { name: "+1s forth" })];
    await back.click();
    expect(await lab.clock()).toBeCloseTo(stood - 1, 3);
    await forth.click();
    await forth.click();
    expect(await lab.clock()).toBeCloseTo(stood + 1, 3);
    for (const button of [back, forth]) {
      const box = (await button.boundingBox())!;
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(width < 720 ? 44 : 24);
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
    }
  }
});

test("the log shows failures, deeds, or what names the chosen machine, and is copied as text", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const lab = await failed(page);
  const pick = page.getByRole("combobox", { name: "Which of it" });
  const lines = page.locator("#log-picked > ol > li");
  await pick.selectOption({ label: "What you did" });
  await expect(lines).toHaveCount(1);
  await expect(lines).toContainText("You killed app-1");
  await expect(page.locator("#event-log > ol")).toBeHidden();
  await pick.selectOption({ label: "Failures" });
  await expect(lines.filter({ hasText: "marks app-1 DOWN" })).toHaveCount(2);
  for (const gravity of await lines.evaluateAll((all) => all.map((line) => line.getAttribute("data-gravity")))) expect(gravity).toBe("bad");
  await lines.locator("details.why > summary").first().click();
  await expect(lines.locator("details.why[open] .answer").first(), "why one of them failed").not.toBeEmpty();
  await pick.selectOption({ label: "Of the chosen machine" });
  await lab.host("lb-1").click();
  await expect(lines.filter({ hasText: "lb-1 marks app-1 DOWN" })).toHaveCount(1);
  await expect(lines.filter({ hasText: "lb-2 marks" })).toHaveCount(0);
  await page.getByRole("button", { name: "Copy as text" }).click();
  await expect(page.locator("#notice")).toContainText("The log is copied.");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^\d\d:\d\d\.\d{3} {2}lb-1 marks app-1 DOWN/m);
  expect(copied).not.toContain("lb-2 marks");
  await pick.selectOption({ label: "All events" });
  await expect(page.locator("#event-log > ol")).toBeVisible();
  await expect(page.locator("#log-picked")).toBeHidden();
});

test("who wants to hear less is told less, and that is kept", async ({ page }) => {
  const lab = await Lab.open(page);
  await page.locator("#open-settings").click();
  const told = page.getByRole("combobox", { name: "A screen reader is told" });
  await told.selectOption({ label: "Nothing by itself" });
  await page.keyboard.press("Escape");
  await lab.speed("20x faster");
  await lab.kill("app-1");
  await expect(page.locator("#event-log")).toContainText("lb-1 marks app-1 DOWN");
  await lab.pass(80); // four seconds on the wall: more than the announcer's quiet
  await expect(page.locator("#announcer")).toHaveText("");
  await page.reload();
  await expect(page.locator("#boot-status")).toHaveCount(0);
  await page.locator("#open-settings").click();
  await expect(told.locator("option:checked")).toHaveText("Nothing by itself");
});

/** The keys of section 3.1 of the study of interfaces, as far as the lab has what they do. */
const MAP: Record<string, string[]> = {
  "Anywhere in the lab": ["k Space", "[ ,", "] .", "j", "l", "<", ">", "Ctrl+Z", "Ctrl+Shift+Z Ctrl+Y", "Esc", "f", "d", "h", "? F1"],
  "In the drawing": ["\u2190 \u2192 \u2191 \u2193", "Page Down", "Page Up", "Enter Space", "Delete"],
  "On the timeline": ["\u2190 \u2193", "\u2192 \u2191", "Page Up", "Page Down", "Home", "End", "Enter"],
  "In the terminal": ["\u2191", "\u2193"],
  "In the lecture": [
    "n Space \u2192 \u2193 Page Down", "p Shift+Space \u2190 \u2191 Page Up", "Home", "End", "o g Esc", "b .", "k", "[", "]", "<", ">", "f", "d", "h", "? F1",
  ],
};

test("the map of the keys has a row for every key, and what moves in the drawing is told below it", async ({ page }) => {
  await Lab.open(page);
  await page.locator("#open-settings").click();
  const dialog = page.getByRole("dialog", { name: "Keys and looks" });
  await expect(dialog.getByRole("table")).toHaveCount(Object.keys(MAP).length);
  for (const [place, keys] of Object.entries(MAP)) {
    const table = dialog.getByRole("table", { name: place });
    expect(await table.getByRole("rowheader").allTextContents(), place).toEqual(keys);
    for (const told of await table.getByRole("cell").allTextContents()) expect(told).toMatch(/\w/);
  }
  const help = dialog.locator("details");
  await help.locator("summary").click();
  await expect(help).toContainText("a green ring an answer");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page.locator("#open-settings"), "the keyboard is where it was").toBeFocused();
});

test("a keyboard without Latin letters is understood by the place of its keys", async ({ page }) => {
  const lab = await Lab.open(page);
  await page.evaluate(() => window.dispatchEvent(new KeyboardEvent("keydown", { key: "نن", code: "KeyK", bubbles: true })));
  await expect(lab.play).toHaveText("Pause");
});

/** The middle of a mark on the timeline. */
async function place(page: Page, kind: string) {
  const box = (await marks(page, kind).first().boundingBox())!;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

test("a mark that is chosen by mouse tells why, and its directive can be turned on the spot", async ({ page }) => {
  const lab = await failed(page);
  const why = page.locator("#mark");
  const down = await place(page, "mark-down");
  await page.mouse.move(down.x, down.y);
  await expect(page.locator("#scrub"), "the line of the log").toHaveAttribute("title", /^00:\d\d\.\d{3} .*app-1 DOWN/m);
  await page.mouse.click(down.x, down.y);
  await expect(why).toContainText("marks app-1 DOWN");
  await expect(why).toContainText("app-1 lost power. You killed app-1 (kill app-1).");
  await expect(why).toContainText("Its first check failed at");
  const fall = why.getByLabel("fall of app");
  expect(await lab.chosen(fall)).toBe("3");
  await lab.enter(fall, "1");
  await expect(page.locator("#event-log")).toContainText("reloaded with");
  await expect(marks(page, "mark-action")).toHaveCount(2);
  await lab.pause();
  await page.locator("#undo").click();
  await expect(marks(page, "mark-action")).toHaveCount(1);
  // What was done lies above the slider.
  const deed = await place(page, "mark-action");
  await page.mouse.click(deed.x, deed.y);
  await expect(why.getByRole("heading", { name: /You killed app-1$/ })).toBeVisible();
  await expect(why).toContainText("app-1 is dead, and nobody knows");
  const failure = await place(page, "failures");
  await page.mouse.click(failure.x, failure.y);
  await expect(why).toContainText("Cause: ");
  await expect(why).toContainText("balance roundrobin");
  await lab.host("db-1").click();
  await expect(why).toHaveCount(0);
});

test("the keyboard goes from mark to mark and back to the timeline", async ({ page }) => {
  await failed(page);
  const slider = page.getByRole("slider", { name: /^Time/ });
  await slider.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  const why = page.locator("#mark");
  await expect(why).toBeFocused();
  await expect(why.getByRole("heading", { name: /You killed app-1$/ })).toBeVisible();
  await expect(why.getByRole("button", { name: "Mark before" })).toHaveCount(0);
  const title = await why.getByRole("heading", { level: 2 }).textContent();
  await page.keyboard.press("Tab");
  await expect(why.getByRole("button", { name: "Close" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(why.getByRole("heading", { level: 2 })).not.toHaveText(title!);
  await expect(page.locator("#clock")).not.toHaveText("00:00.000");
  await expect(why).toBeFocused();
  await why.getByRole("button", { name: "Mark before" }).click();
  await expect(why.getByRole("heading", { level: 2 })).toHaveText(title!);
  expect(title).toContain((await page.locator("#clock").textContent())!);
  await page.keyboard.press("Escape");
  await expect(why).toHaveCount(0);
  await expect(slider).toBeFocused();
  await page.keyboard.press("Enter");
  const { violations } = await new AxeBuilder({ page }).include("#inspector").analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
});

test("what was told of a mark goes when another past is made: by a restart, an undo, a redo, a deed", async ({ page }) => {
  const lab = await failed(page);
  const slider = page.getByRole("slider", { name: /^Time/ });
  const why = page.locator("#mark");
  const explained = async () => {
    await slider.focus();
    await page.keyboard.press("Enter");
    await expect(why).toBeFocused();
  };
  await explained();
  await page.locator("#restart").click();
  await expect(why).toHaveCount(0);
  await page.locator("#undo").click();
  await expect(marks(page, "mark-down")).toHaveCount(2);
  const down = await place(page, "mark-down");
  await page.mouse.click(down.x, down.y);
  await expect(why).toContainText("marks app-1 DOWN");
  const fall = why.getByLabel("fall of app");
  await fall.focus();
  await lab.enter(fall, "1");
  await expect(marks(page, "mark-action")).toHaveCount(2);
  await expect(why, "what followed is no more").toHaveCount(0);
  await expect(slider, "the keyboard is not lost").toBeFocused();
  await lab.start();
  await lab.pass(0.2);
  await lab.pause();
  for (const button of ["#undo", "#redo"]) {
    await explained();
    await page.locator(button).click();
    await expect(why).toHaveCount(0);
  }
  await explained();
  await lab.order("app/app-2", "drain").click();
  await expect(marks(page, "mark-action")).toHaveCount(3);
  await expect(why, "at the end of the run it stays true").toHaveCount(1);
});

test("a step says which event it was, until time passes", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=22s;20s%20kill%20app-1");
  const event = page.locator("#event");
  const step = page.locator("#step");
  const before = await step.boundingBox();
  const seen = new Set<string>();
  for (let steps = 0; steps < 5; steps += 1) {
    await step.click();
    await expect(event).toHaveText(/^At 00:22\.\d{3}: .+\.$/);
    seen.add((await event.textContent())!);
  }
  expect(seen.size).toBeGreaterThan(1);
  expect(await step.boundingBox(), "the button stays under the pointer").toEqual(before);
  await lab.play.click();
  await expect(event).toBeEmpty();
});

test("a run ends after three hours, says so, and the desk still answers there", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;rate=1;seed=1;at=10799s");
  await expect(page.locator("#clock")).toHaveText("179:59.000");
  await lab.speed("20x faster");
  await lab.play.click();
  await expect(page.locator("#notice")).toContainText("A run ends after three hours.");
  await expect(lab.play).toHaveText("Play");
  await expect(page.locator("#clock")).toHaveText("180:00.000");
  await page.locator("#notice [data-do=close-notice]").click();
  await page.locator("#step").click();
  await expect(page.locator("#notice")).toContainText("A run ends after three hours.");
  await expect(page.locator("#clock")).toHaveText("180:00.000");
  await expect(await lab.statistics("lb-1")).toContainText("app-1");
});

test.describe("by touch", () => {
  test.use({ hasTouch: true, viewport: { width: 390, height: 844 } });

  test("a time that is tapped in the log brings the drawing into sight", async ({ page }) => {
    const lab = await failed(page);
    await page.locator("#event-log .at").filter({ visible: true }).last().tap();
    await expect(page.locator("#stage")).toBeInViewport({ ratio: 0.3 });
    await expect(lab.host("app-1")).toBeInViewport({ ratio: 1 });
  });

  test("a mark that is tapped tells why, where it can be seen", async ({ page }) => {
    await failed(page);
    await page.locator("#timeline").evaluate((timeline) => timeline.scrollIntoView({ block: "center" }));
    const down = await place(page, "mark-down");
    await page.touchscreen.tap(down.x, down.y);
    await expect(page.locator("#mark")).toContainText("marks app-1 DOWN");
    await expect(page.locator("#mark h2")).toBeInViewport();
    // The clock goes to what the panel tells of, also from beside the mark.
    const title = page.locator("#mark h2");
    await expect(title).toHaveText(`Why, at ${await page.locator("#clock").textContent()}`);
    const deed = await place(page, "mark-action");
    const line = (await page.locator("#scrub").boundingBox())!;
    await page.touchscreen.tap(deed.x - 4, line.y + line.height - 8);
    await expect(title).toContainText(/^Why, at/);
    await expect(page.locator("#mark")).toContainText("You killed app-1");
    await expect(async () => expect(await title.textContent()).toBe(`Why, at ${await page.locator("#clock").textContent()}`)).toPass();
    // Where nothing is, nothing is explained any more.
    await page.touchscreen.tap(line.x + line.width - 30, line.y + line.height - 8);
    await expect(page.locator("#mark")).toHaveCount(0);
  });
});
