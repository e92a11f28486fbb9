// What-ifs: predict, then see. The lecture: a presenter's remote.
import { expect, type Page, test } from "@playwright/test";
import { complaints, HOSTS, Lab, WHAT_IFS } from "./lab.ts";

for (const what of WHAT_IFS) {
  test(`${what}: cannot be run before its prediction is locked, then both stand side by side`, async ({ page }) => {
    const found = complaints(page);
    const lab = await Lab.open(page, `#what-if/${what}`);
    const isHeld = async () => {
      await expect(lab.play).toBeDisabled();
      await expect(page.locator("#step")).toBeDisabled();
      await expect(page.locator("#skip")).toHaveCount(0);
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await page.keyboard.press("Space");
      await lab.frames(30);
      await expect(page.locator("#clock")).toHaveText("00:00.000");
      await expect(page.locator("#result")).toHaveCount(0);
    };
    await isHeld();
    for (const typed of ["many", "-1", ""]) {
      await lab.predict(typed);
      await expect(page.locator("#prediction-error")).toHaveText(/a whole number, 0 or more\.( Found `.+`\.)?$/);
      await expect(page.locator("#prediction-error")).toContainText(typed && `Found \`${typed}\``);
    }
    await isHeld();

    await page.getByRole("checkbox", { name: "VIP A, 203.0.113.10" }).check();
    await page.getByRole("checkbox", { name: "Static files" }).check();
    await lab.predict("12");
    await expect(page.locator("#prediction"), "a locked prediction cannot be changed").toHaveCount(0);
    await expect(page.locator("#locked")).toContainText("12 failed requests");
    await expect(lab.play).toHaveText("Pause");
    await lab.reach(0.2);

    await page.locator("#skip").click();
    const cells = (row: string) => page.locator("#result tr", { hasText: row }).locator("td").allTextContents();
    const [said, was] = await cells("Failed requests");
    expect(said).toBe("12");
    expect(Number(was)).toBe((await lab.totals()).failed);
    expect(Number(was)).toBeGreaterThan(0);
    expect((await cells("Addresses that answer")).slice(0, 2)).toEqual(["VIP A", "VIP A, VIP B"]);
    const works = what === "db-1-dies" ? "static files" : "static files, dynamic pages";
    expect((await cells("Still working")).slice(0, 2)).toEqual(["static files", works]);
    await expect(page.locator("#result")).toContainText("Why");
    const first = page.locator("#result details.why");
    await first.locator("summary").click();
    await expect(first).toContainText("Cause: ");
    await expect(lab.play, "it is over").toBeDisabled();
    await page.locator("#result [data-do=seek]").click();
    await expect(page.locator("#clock"), "one looks at what decided it").toHaveText("00:10.000");
    await page.locator("#result").getByRole("button", { name: "Predict again" }).focus();
    await page.keyboard.press("l");
    await expect(page.locator("#clock")).toHaveText("00:20.000");
    await expect(page.locator("#result"), "and is told the same").toContainText("12");
    await page.locator("#open-share").click();
    await expect(page.locator("#run-link"), "an exercise has a link of its own").toHaveValue(new RegExp(`#what-if/${what}$`));
    await page.keyboard.press("Escape");

    await page.locator("#again").click();
    await expect(page.locator("#prediction")).toBeVisible();
    await isHeld();
    await page.locator("#inspector h2").click();
    await page.keyboard.press("Escape");
    await expect(page.locator("#lab"), "Escape leaves it").toHaveAttribute("data-state", "lab");
    expect(found).toEqual([]);
  });
}

test("a refused prediction keeps what was filled in, and the keyboard's place", async ({ page }) => {
  await Lab.open(page, "#what-if/lb-1-dies");
  await page.getByRole("checkbox", { name: "Dynamic pages" }).check();
  await page.locator("#predicted-failures").fill("a dozen");
  await page.keyboard.press("Enter");
  await expect(page.locator("#prediction-error")).toContainText("`a dozen`");
  await expect(page.locator("#predicted-failures")).toHaveValue("a dozen");
  await expect(page.locator("#predicted-failures")).toBeFocused();
  await expect(page.getByRole("checkbox", { name: "Dynamic pages" })).toBeChecked();
});

test("a what-if that is watched to its end judges itself, and the lab's own run waits", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.kill("db-1");
  await lab.reach(1);
  await lab.pause();
  const [clock, totals] = [await lab.clock(), await lab.totals()];
  await page.locator("#open-what-if").click();
  await lab.predict("12");
  await lab.speed("20x faster");
  await expect(page.locator("#result")).toBeVisible({ timeout: 15_000 });
  await expect(page.locator("#clock")).toHaveText("00:40.000");
  await page.locator("#to-lab").click();
  await expect(page.locator("#clock")).not.toHaveText("00:40.000");
  expect([await lab.clock(), await lab.totals()]).toEqual([clock, totals]);
  await expect(lab.host("db-1")).toHaveAttribute("data-state", "DOWN");
});

test("the lecture obeys a presenter's remote and gives the lab back as it was", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.kill("app-1");
  await lab.reach(1);
  await lab.pause();
  const [clock, totals, log] = [await lab.clock(), await lab.totals(), await lab.log()];
  const place = page.locator("#lecture-place");
  const blank = page.locator("#blanked");
  const press = (key: string) => page.keyboard.press(key);

  await page.locator("#open-lecture").click();
  await expect(place).toHaveText("1 of 8");
  for (const [key, step] of [["PageDown", 2], ["ArrowRight", 3], ["Space", 4], ["PageUp", 3], ["PageDown", 4], ["PageUp", 3]] as const) {
    await press(key);
    await expect(place, key).toHaveText(`${step} of 8`);
  }
  for (const key of [".", "b"]) {
    await press(key);
    await expect(blank, key).toBeVisible();
    expect(await blank.evaluate((cover) => {
      const { width, height } = cover.getBoundingClientRect();
      return width >= innerWidth && height >= innerHeight;
    }), "all of the screen is blank").toBe(true);
    await press(key);
    await expect(blank).toBeHidden();
  }
  await press("b");
  await press("PageDown"); // any key of the remote only brings the picture back
  await expect(blank).toBeHidden();
  await expect(place).toHaveText("3 of 8");
  await press("End");
  await expect(place).toHaveText("8 of 8");
  await press("PageDown");
  await expect(place).toHaveText("8 of 8");
  await press("Escape"); // a remote sends it too: the talk goes on
  await expect(page.getByRole("dialog", { name: "Steps of the lecture" })).toBeVisible();
  await press("Escape");
  await expect(place).toHaveText("8 of 8");
  await page.locator("#leave").click();
  await expect(page.locator("#lecture")).toBeHidden();
  expect([await lab.clock(), await lab.totals(), await lab.log()]).toEqual([clock, totals, log]);
  await expect(lab.host("app-1")).toHaveAttribute("data-state", "DOWN");
});

test("single keys that are turned off are not heard in the lecture, a remote still is", async ({ page }) => {
  const lab = await Lab.open(page, "#lecture/2");
  const place = page.locator("#lecture-place");
  const dialog = page.getByRole("dialog", { name: "Keys and looks" });
  await page.keyboard.press("?");
  await dialog.getByRole("checkbox", { name: /Single keys/ }).uncheck();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  for (const key of ["n", "p", "b", ".", "f", "k", "d", "h", "o", "g", "]", "?", "Space", "Shift+Space"]) {
    await page.keyboard.press(key);
    await lab.frames(3);
    await expect(place, key).toHaveText("2 of 8");
    await expect(page.locator("#blanked"), key).toBeHidden();
    await expect(page.locator("dialog[open]"), key).toHaveCount(0);
    expect(await page.evaluate(() => [document.fullscreenElement, document.documentElement.dataset.theme].map((each) => each ?? null)), key).toEqual([null, null]);
  }
  for (const [key, step] of [["PageDown", 3], ["PageUp", 2], ["ArrowRight", 3], ["ArrowUp", 2], ["End", 8], ["Home", 1]] as const) {
    await page.keyboard.press(key);
    await expect(place, key).toHaveText(`${step} of 8`);
  }
  await page.keyboard.press("F1");
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(place, "it was the dialog that was closed").toBeVisible();
});

test("in the lecture time, theme, keys and every step are reached by a key and by a button", async ({ page }) => {
  const lab = await Lab.open(page, "#lecture/2");
  const place = page.locator("#lecture-place");
  const play = page.locator("#lecture-play");
  const root = page.locator("html");
  const clock = page.locator("#clock");
  const press = (key: string) => page.keyboard.press(key);

  await expect(play).toHaveText("Pause");
  await press("k");
  await expect(play).toHaveText("Play");
  const stood = await lab.clock();
  await press("]");
  await expect.poll(() => lab.clock()).toBeGreaterThan(stood);
  await press("[");
  await press("[");
  await expect.poll(() => lab.clock()).toBeLessThanOrEqual(stood);
  await play.click();
  await expect(clock).toHaveText("00:08.000", { timeout: 15_000 });
  await expect(play).toHaveText("Play");
  await play.click(); // what is over begins anew
  await expect(play).toHaveText("Pause");
  expect(await lab.clock()).toBeLessThan(8);

  await press("d");
  await expect(root).toHaveAttribute("data-theme", "light");
  await page.locator("#lecture-theme").click();
  await expect(root).toHaveAttribute("data-theme", "dark");
  await press("h");
  await expect(root).toHaveAttribute("data-theme", "projector");
  await press("h");
  await expect(root).toHaveAttribute("data-theme", "dark");

  const steps = page.getByRole("dialog", { name: "Steps of the lecture" });
  for (const open of [() => press("o"), () => press("g"), () => place.click()]) {
    await open();
    await expect(steps.getByRole("listitem")).toHaveCount(8);
    await press("PageDown"); // the dialog has the keyboard
    await press("Escape");
    await expect(steps).toBeHidden();
    await expect(place).toHaveText("2 of 8");
  }
  await press("o");
  await steps.getByRole("button", { name: "A balancer dies" }).click();
  await expect(steps).toBeHidden();
  await expect(place).toHaveText("6 of 8");
  await press("g");
  await press("9"); // there is none
  await press("4");
  await press("Enter");
  await expect(steps).toBeHidden();
  await expect(place, "g, a number, Enter").toHaveText("4 of 8");
  await press("Home");
  await expect(play, "nothing of it moves").toBeDisabled();

  const dialog = page.getByRole("dialog", { name: "Keys and looks" });
  const top = async (table: string) => (await dialog.getByRole("table", { name: table }).boundingBox())!.y;
  for (const open of [() => press("?"), () => press("F1"), () => page.locator(".steps").getByRole("button", { name: "Keys and looks" }).click()]) {
    await open();
    await expect(dialog.getByRole("table")).toHaveCount(5);
    expect(await top("In the lecture"), "what is meant here comes first").toBeLessThan(await top("Anywhere in the lab"));
    await dialog.getByRole("button", { name: "Close" }).click();
    await expect(dialog).toBeHidden();
  }

  await press("b");
  await expect(page.locator("#blanked")).toBeVisible();
  await press("Escape");
  await expect(page.locator("#blanked")).toBeHidden();
  await expect(place, "only the picture is brought back").toHaveText("1 of 8");
});

test("a keyboard without Latin letters steers the lecture by the place of its keys", async ({ page }) => {
  await Lab.open(page, "#lecture/3");
  await page.evaluate(() => window.dispatchEvent(new KeyboardEvent("keydown", { key: "\u0649", code: "KeyN", bubbles: true })));
  await expect(page.locator("#lecture-place")).toHaveText("4 of 8");
});

test("a blank screen comes back by mouse or touch as well", async ({ page }) => {
  await Lab.open(page, "#lecture/3");
  await page.locator("#blank").click();
  await expect(page.locator("#blanked")).toBeVisible();
  await page.mouse.click(300, 300);
  await expect(page.locator("#blanked")).toBeHidden();
  await expect(page.locator("#lecture-place")).toHaveText("3 of 8");
});

test("a lecture step plays its piece and stops by itself", async ({ page }) => {
  const lab = await Lab.open(page, "#lecture/6");
  await expect(page.locator("#clock")).toHaveText("00:15.900", { timeout: 15_000 });
  await expect(lab.play).toHaveText("Play");
  await expect(lab.owner("VIP A")).toContainText("owned by lb-2");
});

test("the keys of a remote mean nothing outside the lecture", async ({ page }) => {
  const lab = await Lab.open(page);
  for (const key of ["n", "p", "b", "PageDown", "ArrowRight", "Escape"]) await page.keyboard.press(key);
  await lab.frames(10);
  for (const part of ["#lecture", "#blanked"]) await expect(page.locator(part)).toBeHidden();
  await expect(page.locator("#lab")).toHaveAttribute("data-state", "lab");
  await expect(page.locator("#clock")).toHaveText("00:00.000");
  expect(await page.evaluate(() => document.fullscreenElement === null)).toBe(true);
});

/** The machines that the lecture's steps speak of, where they speak of some and not of all. */
const SPOKEN_OF: Record<number, string[]> = {
  3: ["app-1"],
  4: ["app-1", "app-2"],
  5: ["app-1", "app-2"],
  6: ["lb-1", "lb-2"],
  7: ["db-1"],
  8: ["web-1", "db-1"],
};

/** Those of the machines that do not lie wholly in what the lecture's panel leaves of the window. */
const outOfSight = (page: Page, hosts: string[]) =>
  page.evaluate((hosts) => {
    const box = (selector: string) => document.querySelector(selector)!.getBoundingClientRect();
    const [frame, panel] = [box("main"), box("#lecture")];
    const right = Math.min(innerWidth, frame.right);
    const bottom = Math.min(innerHeight, frame.bottom, panel.left > 0 || panel.right < innerWidth ? innerHeight : panel.top);
    return hosts.filter((host) => {
      const card = box(`button.host[data-host="${host}"]`);
      return !card.height || card.top < Math.max(0, frame.top) || card.bottom > bottom || card.left < frame.left || card.right > right;
    });
  }, hosts);

const toStep = async (page: Page, step: number) => {
  await page.evaluate((step) => (location.hash = `#lecture/${step}`), step);
  await expect(page.locator("#lecture-place")).toHaveText(`${step} of 8`);
};

for (const [width, height, least] of [[360, 740, 12], [430, 900, 12], [740, 360, 12], [320, 568, 10.5]]) {
  test(`on a phone the lecture's drawing is read, the machine that is spoken of is in sight, and nothing changes its size: ${width} x ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await Lab.open(page, "#lecture/1");
    const widths = new Set<number>();
    for (const [step, hosts] of Object.entries(SPOKEN_OF)) {
      await toStep(page, Number(step));
      await expect.poll(() => outOfSight(page, hosts), { message: `step ${step}` }).toEqual([]);
      const [stage, letters] = await page.locator("#stage").evaluate((stage) => [
        Math.round(stage.getBoundingClientRect().width),
        Math.min(...Array.from(stage.querySelectorAll("text"), (text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM()!.a)),
      ]);
      widths.add(stage);
      expect.soft(letters, `step ${step}`).toBeGreaterThanOrEqual(least - 0.01);
      expect.soft(await page.locator("main").evaluate((main) => main.scrollWidth - main.clientWidth), "no scrolling sideways").toBe(0);
    }
    expect([...widths]).toHaveLength(1);
    await toStep(page, 1);
    await expect.poll(() => page.locator("main").evaluate((main) => main.scrollTop)).toBe(0);
  });
}

for (const [width, height] of [[360, 740], [320, 568], [740, 360]]) {
  test(`twice as large, the lecture's words and buttons can all be reached: ${width} x ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const lab = await Lab.open(page, "#lecture/1");
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    for (let step = 1; step <= 8; step += 1) {
      await toStep(page, step);
      await lab.frames(2);
      const faults = await page.evaluate(() => {
        const box = (selector: string) => document.querySelector(selector)!.getBoundingClientRect();
        const caption = document.querySelector(".caption")!;
        const found = [];
        if (caption.scrollTop !== 0) found.push("the words do not begin at their beginning");
        if (document.documentElement.scrollWidth > innerWidth || caption.scrollWidth > caption.clientWidth) found.push("too wide");
        const steps = box(".steps");
        for (const button of ["#previous", "#lecture-place", "#next", ".steps [data-do=open-settings]", "#leave"]) {
          const { left, right, top, bottom } = box(button);
          if (left < 0 || right > innerWidth || top < steps.top || bottom > innerHeight) found.push(`${button} is cut off`);
          if (bottom - top < 44 || right - left < 44) found.push(`${button} is small`);
        }
        caption.scrollTop = caption.scrollHeight;
        if (box(".caption p").bottom > box(".caption").bottom + 1) found.push("the end of the words cannot be reached");
        if (box(".caption").bottom > steps.top + 1) found.push("the buttons lie over the words");
        return found;
      });
      expect.soft(faults, `step ${step}`).toEqual([]);
      const hosts = SPOKEN_OF[step] ?? [];
      if (hosts.length === 1) expect.soft(await outOfSight(page, hosts), `step ${step}`).toEqual([]);
    }
  });
}
