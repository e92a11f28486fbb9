// The documents as they are read: the Markdown as GitHub renders it, the page on a phone, without a network, and on paper.
import { expect, type Page, test } from "@playwright/test";
import { marked } from "marked";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { judged } from "./axe.ts";
import { exported, PRESETS, run, STATES } from "./exports.ts";
import { HOSTILE, insides, letters, smallest, words } from "./pdf.ts";

const LENGTHS = ["full", "brief"];

test.use({ trace: "off" }); // Nobody acts here, and recording takes as long as judging.

/** Shows Markdown as GitHub does, in a page of its own beside it. */
async function shown(page: Page, file: string): Promise<void> {
  const body = marked.parse(readFileSync(file, "utf8"), { gfm: true, async: false });
  const html = `${file}.html`;
  writeFileSync(html, `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>rendered</title><main>${body}</main></html>`);
  await page.goto(pathToFileURL(html).href);
}

/** Headings begin with one of the first level and go down one level at a time. */
async function expectOrder(page: Page, name: string): Promise<void> {
  const levels = await page.locator("h1, h2, h3, h4, h5, h6").evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
  expect(levels.length, name).toBeGreaterThan(1);
  expect(levels.filter((level) => level === 1), name).toHaveLength(1);
  levels.forEach((level, at) => expect(level, `${name}: ${levels}`).toBeLessThanOrEqual((levels[at - 1] ?? 0) + 1));
}

/** What is linked or shown is a file of the export. GitHub makes an address of a name like www.foobar.com by itself. */
async function expectFound(page: Page, file: string): Promise<void> {
  const links = await page.locator("[href], [src]").evaluateAll((all) => all.map((each) => each.getAttribute("href") ?? each.getAttribute("src")!));
  const lost = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(dirname(file), decodeURI(link))));
  expect(lost, file).toEqual([]);
}

for (const length of LENGTHS) {
  test(`the Markdown is a good page on GitHub, in ${length}`, async ({ page }, info) => {
    test.slow(); // six documents
    for (const preset of PRESETS) {
      const name = `${preset} ${length}`;
      const folder = await exported(info.outputPath(preset), preset, "svg,md", "--length", length, ...STATES.failure(preset), "--name", "Ada <b>|");
      const file = join(folder, "submission.md");
      await shown(page, file);
      const { wrong, checked } = await judged(page);
      expect(wrong, name).toEqual([]);
      expect(checked, name).toBeGreaterThan(10);
      await expectOrder(page, name);
      await expectFound(page, file);
      const image = page.getByRole("img");
      await expect(image).toHaveCount(1);
      const alt = (await image.getAttribute("alt"))!;
      expect(alt.length, name).toBeGreaterThanOrEqual(40);
      for (const part of [...(preset === "simple" ? [] : ["load balancer"]), "web", "application", "database"]) {
        expect(alt.toLowerCase(), `${name}: ${alt}`).toContain(part);
      }
      expect(await image.evaluate((image: HTMLImageElement) => image.naturalWidth), `${name}: the picture is shown`).toBeGreaterThan(300);
      // Nothing of Markdown is left over as text: a table that is none, a mark that marks nothing.
      const texts = await page.locator("p, li, th, td").allInnerTexts();
      expect(texts.filter((text) => /^(\| |#+ |[-*] |\d+\. |```)|\*\*|\]\(/m.test(text)), name).toEqual([]);
      if (length === "full") expect(await page.getByRole("table").count(), name).toBeGreaterThan(3);
      await expect(page.getByText("By Ada <b>|", { exact: true })).toBeVisible();
    }
  });
}

test("the archive's own pages are good ones too, and name what is there", async ({ page }, info) => {
  for (const preset of PRESETS) {
    const folder = await exported(info.outputPath(preset), preset, "zip");
    const archive = readdirSync(folder).find((name) => name.endsWith(".zip"))!;
    await run("python3", "-m", "zipfile", "-e", join(folder, archive), folder);
    const root = join(folder, "0x09-web_infrastructure_design");
    const document = readdirSync(root).find((name) => /^\d-.*\.md$/.test(name))!;
    for (const path of [document, "config/README.md", "README.md"]) {
      const file = join(root, path);
      await shown(page, file);
      await expectOrder(page, `${preset}: ${path}`);
      await expectFound(page, file);
      // The document is that of the test above; the others are alike for every preset.
      if (path !== document && preset === "extended") expect((await judged(page)).wrong, path).toEqual([]);
    }
    const listed = await page.locator("tbody td:first-child").allInnerTexts();
    expect(listed.length).toBeGreaterThan(3);
    expect(listed.filter((name) => !existsSync(join(root, name)))).toEqual([]);
  }
});

for (const [preset, length] of [...PRESETS.map((preset) => [preset, "full"]), ["extended", "brief"]]) {
  test(`the page is good for everyone, from the disk and on a phone: ${preset} in ${length}`, async ({ page }, info) => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const folder = await exported(info.outputPath("page"), preset, "html", "--length", length, ...STATES.failure(preset));
    const address = pathToFileURL(join(folder, "submission.html")).href;
    await page.goto(address);
    const { wrong, checked } = await judged(page);
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(10);
    await expectOrder(page, preset);
    if (length === "brief") {
      await page.emulateMedia({ colorScheme: "dark" });
      expect((await judged(page, "color-contrast")).wrong, "in dark colours").toEqual([]);
    }
    await page.setViewportSize({ width: 320, height: 640 });
    const beyond = await page.evaluate(() => {
      const scrolls = (element: Element | null): boolean =>
        element !== null && (["auto", "scroll"].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
      const all = [...document.body.querySelectorAll("*")].filter((element) => !element.closest("svg *"));
      const wide = all.filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5 && !scrolls(element.parentElement));
      return { page: document.documentElement.scrollWidth, wide: wide.map((element) => element.outerHTML.slice(0, 80)) };
    });
    expect(beyond, "at 320 px only tables and the drawing scroll, each by itself").toEqual({ page: 320, wide: [] });
    expect(asked, "it asks for nothing").toEqual([address]);
  });
}

/** As many machines as can be added, where the web and the application servers are above one another, and where they are in a row. */
const FULL = ["balancer", "web", "web", "app", "app", "app", "app", "replica"].flatMap((part) => ["--edit", `add-${part}`]);
const SHEETS: [string, string, string[]][] = [
  ...PRESETS.map((preset): [string, string, string[]] => [preset, preset, STATES.failure(preset)]),
  ["full", "brief", FULL],
  ["full in a row", "brief", [...FULL, "--edit", "routing:chain"]],
];

test("on paper the smallest text of the drawing has 7 points", async ({ page }, info) => {
  for (const [name, preset, args] of SHEETS) {
    const folder = await exported(info.outputPath(name), preset, "html", "--length", "brief", ...args);
    await page.goto(pathToFileURL(join(folder, "submission.html")).href);
    const pdf = join(folder, "submission.pdf");
    await page.pdf({ path: pdf, preferCSSPageSize: true });
    const { points, sheets, count } = await smallest(pdf);
    expect(sheets, `${name}: the drawing has a sheet of its own`).toBe(1);
    expect(count, name).toBeGreaterThan(20);
    expect.soft(points, `${name}: points`).toBeGreaterThanOrEqual(7);
  }
});

test("printed, the page has tags, an outline and a language, and what people type is words", async ({ page }, info) => {
  mkdirSync(info.outputPath("."), { recursive: true });
  const own = info.outputPath("own.md");
  writeFileSync(own, ["graded", "balancing", "evidence"].map((section) => `## ${section}\n${section}: ${HOSTILE}\n`).join(""));
  const folder = await exported(info.outputPath("page"), "brief", "html", "--name", HOSTILE, "--own-words", own);
  await page.goto(pathToFileURL(join(folder, "submission.html")).href);
  const headings = await page.locator("h1, h2, h3, h4").allTextContents();
  const pdf = join(folder, "submission.pdf");
  await page.pdf({ path: pdf, preferCSSPageSize: true, tagged: true, outline: true });
  const { outline, ...rest } = await insides(pdf);
  expect(outline).toEqual(headings.map(letters));
  expect(rest).toEqual({ title: "Scaled web infrastructure of www.foobar.com", tagged: "yes", lang: "en", live: [] });
  const read = await words(pdf);
  for (const before of ["By", "graded:", "balancing:", "evidence:"]) expect(read).toContain(letters(before + HOSTILE));
});
