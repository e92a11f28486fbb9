// Undo and redo: whatever was done is taken back and made again, by its name, also after a reload.
import { expect, type Locator, test } from "@playwright/test";
import { failed, Lab, marks } from "./lab.ts";

test("something else done in the past drops the future, and undo brings it back", async ({ page }) => {
  const lab = await failed(page);
  await page.locator("#scrub").focus();
  await page.keyboard.press("Home");
  await lab.kill("web-1");
  await lab.pause();
  await expect(page.locator("#timeline svg .mark-action title")).toHaveText(/You killed web-1$/);
  await page.locator("#undo").click();
  await expect(page.locator("#notice")).toContainText("Undone: kill web-1.");
  await expect(page.locator("#timeline svg .mark-action title")).toHaveText(/You killed app-1$/);
  await expect(lab.host("web-1")).toHaveAccessibleName(/, UP, receives from /);
  await page.locator("#redo").click();
  await expect(page.locator("#notice")).toContainText("Redone: kill web-1.");
  await expect(lab.host("web-1")).toHaveAccessibleName(/DOWN$/);
  await page.keyboard.press("Control+z");
  await expect(lab.host("web-1")).toHaveAccessibleName(/, UP, receives from /);
  await page.keyboard.press("Control+z");
  await expect(lab.host("app-1")).toHaveAccessibleName(/, UP, receives from /);
});

test("a deed in the past says what it drops, and undo brings its marks back at once", async ({ page }) => {
  const lab = await failed(page);
  const drawn = () => page.locator("#timeline svg").innerHTML();
  await lab.frames(4);
  const before = await drawn();
  await page.locator("#scrub").focus();
  await page.keyboard.press("Home");
  await lab.kill("web-1");
  await expect(page.locator("#notice")).toContainText("1 later deed no longer holds; Undo brings it back.");
  await lab.pause();
  await expect(marks(page, "mark-down")).toHaveCount(0);
  await page.locator("#undo").click();
  await expect(marks(page, "mark-down")).toHaveCount(2);
  await expect.poll(drawn).toBe(before);
});

test("undo and redo name what they take back: to the eye, to the ear and by keyboard, in buttons that keep their width", async ({ page }) => {
  const lab = await Lab.open(page);
  const [undo, redo] = [page.locator("#undo"), page.locator("#redo")];
  const named = async (button: Locator, name: string) => {
    await expect(button).toHaveAccessibleName(name);
    await expect(button).toHaveAttribute("title", name);
    await expect(button).toHaveText(name.split(":")[0]);
  };
  await lab.kill("app-1");
  await lab.pause();
  await named(undo, "Undo: kill app-1");
  await expect(redo).toBeHidden();
  const { width } = (await undo.boundingBox())!;
  await lab.order("app/app-2", "drain").click();
  await lab.pause();
  await named(undo, "Undo: drain app-2");
  expect((await undo.boundingBox())!.width).toBe(width);
  await page.locator("#restart").click();
  await named(undo, "Undo: restart");
  const told = page.getByRole("status").filter({ hasText: /^(Un|Re)done: / });
  for (const [key, name] of [
    ["Control+z", "Undone: restart."],
    ["Control+z", "Undone: drain app-2."],
    ["Control+z", "Undone: kill app-1."],
    ["Control+Shift+z", "Redone: kill app-1."],
    ["Control+z", "Undone: kill app-1."],
  ]) {
    await page.keyboard.press(key);
    await expect(told).toContainText(name);
  }
  await expect(undo).toBeHidden();
  await named(redo, "Redo: kill app-1");
  await page.locator("#preset").selectOption("simple");
  await named(undo, "Undo: another run of simple");
  await undo.press("Enter");
  await expect(undo).toBeHidden();
  await expect(lab.play, "the keyboard is not lost with the button").toBeFocused();
});

test("what was taken back is told over the page, which does not jump on a phone, for a while or until something is done", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const lab = await Lab.open(page);
  await lab.kill("app-1");
  await lab.pause();
  const top = () => page.locator("#stage").evaluate((stage) => stage.getBoundingClientRect().top + scrollY);
  const stood = await top();
  await page.locator("#undo").click();
  const notice = page.locator("#notice > div");
  await expect(notice).toContainText("Undone: kill app-1.");
  await expect(notice).toBeInViewport({ ratio: 1 });
  expect(await top()).toBe(stood);
  // Eight seconds later, unless somebody is at it.
  await notice.evaluate((notice) => notice.getAnimations().forEach((animation) => animation.finish()));
  await expect(notice).toBeHidden();
  expect(await top()).toBe(stood);
  await page.locator("#redo").click();
  await expect(notice).toContainText("Redone: kill app-1.");
  await expect(notice, "what is new is seen").toBeInViewport({ ratio: 1 });
  await lab.kill("app-2");
  await expect(notice).toHaveCount(0);
});

test("a restart can be taken back", async ({ page }) => {
  const lab = await failed(page);
  const before = await page.locator("#totals").textContent();
  await page.locator("#restart").click();
  await expect(page.locator("#clock")).toHaveText("00:00.000");
  await page.locator("#undo").click();
  await expect(page.locator("#totals")).toHaveText(before!);
  await expect(lab.host("app-1")).toHaveAccessibleName(/DOWN$/);
});

test("what was done can be taken back and made again after a reload too", async ({ page }) => {
  const lab = await failed(page);
  await page.locator("#restart").click();
  await expect(page.locator("#clock")).toHaveText("00:00.000");
  await page.reload();
  await expect(page.locator("#boot-status")).toHaveCount(0);
  await expect(page.locator("#notice")).toContainText("Your last run is here again");
  await page.locator("#undo").click();
  await expect(lab.host("app-1")).toHaveAccessibleName(/DOWN$/);
  await expect(marks(page, "mark-action")).toHaveCount(1);
  await page.locator("#undo").click();
  await expect(lab.host("app-1")).toHaveAccessibleName(/, UP, receives from /);
  await expect(page.locator("#undo")).toBeHidden();
  await page.locator("#redo").click();
  await expect(lab.host("app-1")).toHaveAccessibleName(/DOWN$/);
  await page.reload();
  await expect(page.locator("#boot-status")).toHaveCount(0);
  await page.locator("#redo").click();
  await expect(page.locator("#clock")).toHaveText("00:00.000");
});

test("edits that were kept and cannot be read are told and set aside, and the run is there", async ({ page }) => {
  const kept = "run/1/brief;seed=1;at=9s;2s+kill+app-1\nundo run/1/brief;seed=1\nundo <script>alert(1)</script>";
  await page.addInitScript((kept) => localStorage.setItem("foobar-lab/run", kept), kept);
  const lab = await Lab.open(page);
  await expect(page.locator("#notice")).toContainText("nothing of it can be taken back");
  await expect(page.locator("#notice script")).toHaveCount(0);
  await expect(page.locator("#clock")).toHaveText("00:09.000");
  await expect(lab.host("app-1")).toHaveAccessibleName(/DOWN$/);
  await expect(page.locator("#undo")).toBeHidden();
  expect(await page.evaluate(() => localStorage.getItem("foobar-lab/run-unread"))).toBe(kept);
});
