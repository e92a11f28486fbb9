// Every view on small screens: nothing overflows, nothing is cut off, everything can be hit with a thumb.
import { expect, type Page, test } from "@playwright/test";
import { HOSTS, KILLED, Lab } from "./lab.ts";
import { VIEWS } from "./views.ts";

const TEXTS = "button, h1, h2, h3, p, li, td, th, dd, dt, label, legend, caption, summary, select, output";

/** What sticks out of the window or is cut off, named by element and text. */
const misfits = (page: Page) =>
  page.locator(TEXTS).evaluateAll((all) => {
    const scrolls = (element: Element) => {
      for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) {
        if (/auto|scroll/.test(getComputedStyle(up).overflowX)) return true;
      }
      return false;
    };
    return all
      .filter((element) => element.checkVisibility({ checkVisibilityCSS: true }))
      .filter((element) => !element.closest(".visually-hidden, .host-buttons"))
      .flatMap((element) => {
        const { left, right } = element.getBoundingClientRect();
        const faults = [];
        if (!scrolls(element) && (left < -0.5 || right > innerWidth + 0.5)) faults.push(`from ${left} to ${right}`);
        if (getComputedStyle(element).display !== "inline" && element.scrollWidth > element.clientWidth + 1) {
          faults.push(`text ${element.scrollWidth} px wide in ${element.clientWidth}`);
        }
        const name = `${element.localName}${element.id && `#${element.id}`} "${element.textContent?.slice(0, 40)}"`;
        return faults.map((fault) => `${name}: ${fault}`);
      });
  });

/** Controls that a pointer does not meet where they are seen, and what it meets instead. */
const covered = (page: Page) =>
  page.evaluate(() => {
    const reachable = document.querySelector("dialog:modal") ?? document;
    const controls = [...reachable.querySelectorAll("button, select, input, summary, a[href]")];
    return controls
      .filter((control) => control.checkVisibility({ checkVisibilityCSS: true }))
      .flatMap((control) => {
        control.scrollIntoView({ block: "center" });
        const { x, y, width, height } = control.getBoundingClientRect();
        const met = document.elementFromPoint(x + width / 2, y + height / 2);
        const name = (element: Element | null) => element && `${element.localName}#${element.id} ${element.textContent?.slice(0, 30)}`;
        return met && control.contains(met) ? [] : [`${name(control)}: ${name(met)}`];
      });
  });

for (const [name, open] of Object.entries(VIEWS)) {
  test(`nothing overflows in ${name}, from 320 px on`, async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    const lab = await open(page);
    for (const width of [360, 320, 768]) {
      await page.setViewportSize({ width, height: 740 });
      await lab.frames(2);
      const whole = await page.evaluate(() => document.documentElement.scrollWidth);
      expect.soft(whole, `at ${width} px`).toBeLessThanOrEqual(width);
      await lab.eachSection(async () => expect.soft(await misfits(page), `at ${width} px`).toEqual([]));
    }
  });

  test(`nothing lies over a control in ${name}`, async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    const lab = await open(page);
    for (const [width, height] of [[360, 740], [1024, 768], [1280, 720]]) {
      await page.setViewportSize({ width, height });
      await lab.frames(2);
      await lab.eachSection(async () => expect.soft(await covered(page), `at ${width} x ${height}`).toEqual([]));
    }
  });

  test(`every target can be hit in ${name}: 24 px everywhere, 44 px on a phone`, async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    const lab = await open(page);
    const small = async (least: { width: number; height: number }) =>
      page.locator("button, select, input, summary, a[href]").evaluateAll(
        (all, least) =>
          all
            .filter((control) => control.checkVisibility({ checkVisibilityCSS: true }))
            .map((control) => ({ control, box: (control.closest("label") ?? control).getBoundingClientRect() }))
            .filter(({ box }) => box.width < least.width - 0.5 || box.height < least.height - 0.5)
            .map(({ control, box }) => `${control.id || control.outerHTML.slice(0, 90)}: ${box.width} x ${box.height}`),
        least,
      );
    await lab.eachSection(async () => expect(await small({ width: 44, height: 44 })).toEqual([]));
    await page.setViewportSize({ width: 1440, height: 900 });
    expect(await small({ width: 24, height: 24 })).toEqual([]);
  });
}

/** Everything that can be closed: how it comes about, on a lab in which app-1 was killed. */
const PANELS: Record<string, (lab: Lab) => Promise<void>> = {
  "#inspector": (lab) => lab.host("db-1").press("Enter"),
  "#mark": (lab) => lab.page.locator("#scrub").press("Enter"),
  "#followed": (lab) => lab.page.locator("#follow").click(),
  "#save": (lab) => lab.page.locator("#open-save").click(),
  "#share": (lab) => lab.page.locator("#open-share").click(),
  "#settings": (lab) => lab.page.locator("#open-settings").click(),
};

for (const [width, height] of [[360, 740], [1440, 900]]) {
  test(`what can be closed has Close at the top right of its heading, and Escape closes it: ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const lab = await Lab.open(page);
    await lab.kill("app-1");
    await lab.pause();
    await lab.inspector.getByRole("button", { name: "Close", exact: true }).click();
    for (const [name, open] of Object.entries(PANELS)) {
      await open(lab);
      const close = page.locator(name).getByRole("button", { name: "Close", exact: true });
      await expect(close, name).toHaveCount(1);
      const [box, heading, panel] = await Promise.all(
        [close, page.locator(`${name} h2`).first(), page.locator(name)].map((part) => part.boundingBox()),
      );
      expect.soft(Math.min(box!.width, box!.height), `${name}: hit by a thumb`).toBeGreaterThanOrEqual(44);
      expect.soft(Math.abs(box!.y + box!.height / 2 - heading!.y - heading!.height / 2), `${name}: beside the heading`).toBeLessThan(8);
      expect.soft(panel!.x + panel!.width - box!.x - box!.width, `${name}: at the right`).toBeLessThanOrEqual(26);
      expect.soft(box!.y - panel!.y, `${name}: at the top`).toBeLessThan(40);
      await page.locator(name).evaluate((panel) => (panel.scrollTop = panel.scrollHeight));
      await expect.soft(close, `${name}: stays in sight`).toBeInViewport();
      if (!name.match(/save|share|settings/)) await close.focus();
      await page.keyboard.press("Escape");
      await expect(close, `${name}: closed by Escape`).toBeHidden();
    }
  });
}

for (const width of [320, 360, 430, 700]) {
  test(`on a phone keys and looks are in reach in an exercise, too: ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 740 });
    await Lab.open(page, "#what-if/app-1-dies");
    const [button, preset, back] = await Promise.all(["#open-settings", "#preset", "#to-lab"].map(async (part) => (await page.locator(part).boundingBox())!));
    expect(Math.min(button.width, button.height)).toBeGreaterThanOrEqual(44);
    expect(button.x + button.width, "not beyond the edge").toBeLessThanOrEqual(width);
    expect(preset.x + preset.width, "beside the infrastructure").toBeLessThanOrEqual(button.x);
    expect(back.y, "the others below").toBeGreaterThanOrEqual(button.y + button.height);
    await page.locator("#open-settings").click();
    await expect(page.getByRole("dialog", { name: "Keys and looks" })).toBeVisible();
  });
}

test("nothing pushes the button that plays out of shape on a phone", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const lab = await Lab.open(page);
  await lab.speed("20x faster");
  await lab.kill("app-1");
  await lab.act("restore", "app-1");
  await lab.pause();
  await page.locator("#undo").click();
  await expect(page.locator("#redo")).toBeVisible();
  await lab.play.click();
  await expect(page.locator("#drawn")).not.toBeEmpty();
  const box = async (part: string) => (await page.locator(part).boundingBox())!;
  const [bar, play, drawn, undo] = [await box("#transport"), await box("#play"), await box("#drawn"), await box("#undo")];
  expect(play.height).toBeLessThan(60);
  expect(play.width).toBeGreaterThan(80);
  expect(drawn.x + drawn.width, "no words under a button").toBeLessThanOrEqual(undo.x);
  expect(bar.height, "as high as what sticks above it expects").toBeLessThanOrEqual(7 * 16 + 12);
});

for (const [width, height] of [[720, 450], [320, 640], [360, 740]]) {
  test(`the chosen machine is in sight, and its panel beside or below it: ${width} x ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const lab = await Lab.open(page);
    for (const name of HOSTS) {
      const host = lab.host(name);
      await host.click();
      await expect(lab.action("kill", name)).toBeInViewport({ ratio: 1 });
      const isMet = (host: Element) => {
        const { left, top, bottom } = host.getBoundingClientRect();
        return [top + 10, bottom - 10].every((y) => document.elementFromPoint(left + 20, y) === host);
      };
      await expect.poll(() => host.evaluate(isMet), { message: name }).toBe(true);
    }
    await expect(lab.play).toBeInViewport({ ratio: 1 });
  });
}

for (const [width, height] of [[800, 600], [720, 450], [360, 740], [320, 568], [1024, 768], [1280, 800]]) {
  test(`nothing in a machine's panel sticks out of it: ${width} x ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const lab = await Lab.open(page);
    for (const name of ["app-1", "web-1"]) {
      await lab.host(name).click();
      await expect(lab.inspector.locator(".orders")).toHaveCount(1);
      const wide = await lab.inspector.evaluate((panel) => [panel.scrollWidth, panel.clientWidth]);
      expect(wide[0], name).toBeLessThanOrEqual(wide[1]);
    }
  });
}

for (const width of [1024, 1280, 1366, 1440, 1920]) {
  test(`the readings hold what they say and the rate: ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await Lab.open(page, "#run/1/brief;seed=1;rate=50;at=900s;20s+kill+lb-1");
    await expect(page.locator("#totals")).toContainText("answered, ");
    const [box, rate] = [(await page.locator("#readings").boundingBox())!, (await page.locator("#rate").boundingBox())!];
    expect(rate.y + rate.height).toBeLessThan(box.y + box.height - 8);
  });
}

test("in front of a class the button that kills a chosen machine lies above what the page tells", async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem("foobar-lab/theme", "projector"));
  await page.setViewportSize({ width: 1440, height: 900 });
  const lab = await Lab.open(page, KILLED);
  await expect(page.locator("#notice > div")).toBeVisible();
  for (const name of ["app-2", "lb-1", "db-1"]) {
    await lab.host(name).click();
    const isSeen = async () => {
      const [button, told] = [(await lab.action("kill", name).boundingBox())!, (await page.locator("#notice > div").boundingBox())!];
      return button.y >= 0 && button.y + button.height <= told.y;
    };
    await expect.poll(isSeen, { message: name }).toBe(true);
    await page.evaluate(() => scrollTo(0, 0));
  }
});

test("an address that is chosen on a phone is in sight above its panel", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const lab = await Lab.open(page);
  await lab.kill("app-1");
  await lab.pause();
  for (const vip of ["vip-vip-a", "vip-vip-b", "link-app-2-db-1"]) {
    const part = page.locator(`#stage svg [data-on="${vip}"]`);
    await part.focus();
    await page.keyboard.press("Enter");
    await expect(part).toHaveAttribute("aria-pressed", "true");
    const isClear = async () => {
      const [own, panel] = [(await part.boundingBox())!, (await page.locator("#inspector").boundingBox())!];
      return own.y >= 0 && own.y + own.height <= panel.y + 1;
    };
    await expect.poll(isClear, { message: vip }).toBe(true);
  }
});

test("what the page has to say lies over none of its controls on a phone", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await Lab.open(page, KILLED);
  const notice = page.locator("#notice > div");
  await expect(notice).toContainText("This is the run that the link holds");
  const said = (await notice.boundingBox())!;
  for (const control of await page.locator("#head :is(button, select):visible").all()) {
    const box = (await control.boundingBox())!;
    expect(box.y + box.height <= said.y || box.y >= said.y + said.height, await control.innerText()).toBe(true);
  }
});

for (const width of [360, 1440]) {
  test(`the signs in the drawing are explained, and an empty log is no stop for the keyboard: ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    const lab = await Lab.open(page);
    const signs = page.getByRole("list", { name: "Signs in the drawing" });
    for (const sign of ["request", "answer", "nobody answers", "lost, or an error", "no requests"]) {
      await expect(signs.getByText(sign, { exact: true })).toBeVisible();
    }
    await expect(signs.getByText("SPOF")).toBeVisible({ visible: width < 960 });
    await expect(page.locator("#event-log > ol")).toBeHidden();
    await lab.kill("app-1");
    await expect(page.locator("#event-log > ol")).toBeVisible();
  });
}

test("a phone shows the latest lines of the log, and all of them by touch or keyboard, while time passes and after going back", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const deeds = "20s+kill+app-1;40s+restore+app-1;60s+kill+lb-1;80s+restore+lb-1;90s+kill+web-1";
  const lab = await Lab.open(page, `#run/1/brief;seed=1;at=100s;${deeds}`);
  const lines = page.locator("#event-log > ol > li");
  const seen = lines.filter({ visible: true });
  const more = page.getByRole("checkbox", { name: /^Show all/ });
  const label = page.locator("#log-more");
  await expect(seen).toHaveCount(5);
  const count = await lines.count();
  expect(count).toBeGreaterThan(5);
  await expect(seen.first(), "the newest is first").toHaveText((await lines.first().textContent())!);
  expect((await label.boundingBox())!.height, "hit by a thumb").toBeGreaterThanOrEqual(44);
  const said = await label.evaluate((label) => getComputedStyle(label, "::after").content);
  expect(said, "it says how many").toContain("counter(lines)");
  await more.focus();
  await page.keyboard.press("Space");
  await expect(seen).toHaveCount(count);
  await more.uncheck();
  await expect(seen).toHaveCount(5);
  // What is being read stays, however many lines come before it.
  const why = seen.locator("details.why").last();
  await why.locator("summary").click();
  const read = lines.filter({ has: page.locator("details.why[open]") });
  await lab.speed("20x faster");
  await lab.start();
  await expect.poll(() => read.evaluate((line) => [...line.parentElement!.children].indexOf(line)), { timeout: 20_000 }).toBeGreaterThan(5);
  await lab.pause();
  await expect(read).toBeVisible();
  await expect(seen).toHaveCount(6);
  // Before anything happened there is nothing to show, and no control for it.
  await page.locator("#scrub").focus();
  await page.keyboard.press("Home");
  await expect(lines).toHaveCount(0);
  await expect(label).toBeHidden();
  await page.locator("#scrub").fill("30000");
  await expect(page.locator("#clock")).toHaveText("00:30.000");
  await expect(lines.first()).toBeVisible();
  await expect(seen).toHaveCount(Math.min(5, await lines.count()));
  await page.setViewportSize({ width: 1024, height: 740 });
  await expect(label).toBeHidden();
  await expect(seen).toHaveCount(await lines.count());
});

/** Pixels of the smallest type, by the width of the window. */
const SMALLEST = { 320: 10.5, 360: 12, 768: 12, 1024: 10.5, 1280: 10.9, 1440: 11.5 };

for (const [width, smallest] of Object.entries(SMALLEST).map(([width, size]) => [Number(width), size])) {
  test(`the words in the drawing are readable and apart from each other at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    const lab = await Lab.open(page);
    await lab.kill("app-1");
    await lab.pause();
    const texts = await page.locator("#stage svg text").evaluateAll((all) =>
      all.map((text) => {
        const scale = (text as SVGTextElement).getScreenCTM()!.a;
        const { left, right, top, bottom } = text.getBoundingClientRect();
        return { said: text.textContent ?? "", size: parseFloat(getComputedStyle(text).fontSize) * scale, left, right, top, bottom };
      }),
    );
    expect(texts.length).toBeGreaterThan(10);
    expect.soft(texts.filter((text) => text.size < smallest - 0.05).map((text) => `${text.said}: ${text.size} px`)).toEqual([]);
    expect.soft(texts.filter((text) => text.said.includes("…")).map((text) => text.said), "nothing is cut short").toEqual([]);
    const apart = 1; // boxes of lines may touch
    const crossing = texts.flatMap((one, index) =>
      texts
        .slice(index + 1)
        .filter((two) => one.left < two.right - apart && two.left < one.right - apart)
        .filter((two) => one.top < two.bottom - 4 && two.top < one.bottom - 4)
        .map((two) => `${one.said} / ${two.said}`),
    );
    expect(crossing).toEqual([]);
  });
}

for (const preset of ["literal", "extended"]) {
  test(`the words in the drawing of ${preset} are readable at a desk`, async ({ page }) => {
    await Lab.open(page, `#run/1/${preset};seed=1;at=20s`);
    await expect(page.locator("button.host")).toHaveCount(preset === "literal" ? 5 : 8);
    for (const [width, smallest] of [[1440, 11], [1024, 10]]) {
      await page.setViewportSize({ width, height: 900 });
      const sizes = () =>
        page.locator("#stage svg text").evaluateAll((all) =>
          all.map((text) => parseFloat(getComputedStyle(text).fontSize) * (text as SVGTextElement).getScreenCTM()!.a),
        );
      await expect.poll(async () => Math.min(...(await sizes())), `${width} px`).toBeGreaterThanOrEqual(smallest);
    }
  });
}

for (const width of [1440, 1280, 1024]) {
  test(`the signs of the drawing stand in one line at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await Lab.open(page);
    const tops = await page.locator("#signs li").evaluateAll((all) =>
      all.filter((sign) => sign.checkVisibility()).map((sign) => `${Math.round(sign.getBoundingClientRect().top)}`),
    );
    expect(tops.length).toBeGreaterThan(6);
    expect(new Set(tops).size, tops.join()).toBe(1);
  });
}
