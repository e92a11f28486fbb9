// What a learner hands in: the two saved files.
import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { HOSTS, Lab, natively, VIPS, ZONES } from "./lab.ts";

for (const asItStands of [false, true]) {
  test(`the saved diagram is well-formed, self-contained and whole ${asItStands ? "with app-1 down" : "in good health"}`, async ({ page }, info) => {
    const lab = await Lab.open(page);
    await lab.kill("app-1");
    const svg = await lab.save("svg", "", asItStands);
    const drawn = await page.evaluate((svg) => {
      const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
      const all = [root, ...root.querySelectorAll("*")];
      return {
        errors: root.querySelectorAll("parsererror").length,
        root: Object.fromEntries([...root.attributes].map((attribute) => [attribute.name, attribute.value])),
        first: [...root.children].slice(0, 2).map((child) => child.localName),
        description: root.querySelector(":scope > desc")?.textContent ?? "",
        texts: [...root.querySelectorAll("text")].map((text) => text.textContent),
        titles: [...root.querySelectorAll("g > title")].map((title) => title.textContent),
        forbidden: all
          .filter((node) => /^(script|foreignObject|style|image|use|a)$/.test(node.localName)
            || [...node.attributes].some(({ name }) => /^on|href$|^style$/.test(name)))
          .map((node) => node.outerHTML.slice(0, 80)),
      };
    }, svg);
    expect(drawn.errors).toBe(0);
    expect(drawn.forbidden).toEqual([]);
    expect(drawn.root).toMatchObject({ role: "img", width: /\d/, height: /\d/, viewBox: /^0 0 / });
    expect(drawn.first).toEqual(["title", "desc"]);
    const said = [drawn.texts, drawn.titles].map((texts) => texts.join("\n"));
    for (const part of [...HOSTS, ...Object.keys(VIPS), ...Object.values(VIPS), ...ZONES]) expect(said[0]).toContain(part);
    for (const part of [...HOSTS, ...Object.keys(VIPS)]) expect(said[1], "each part has a title").toContain(part);
    for (const host of HOSTS) expect(drawn.description).toContain(host);
    const down = drawn.texts.filter((text) => text === "DOWN");
    expect(down, "once in the legend, and where it stands").toHaveLength(asItStands ? 2 : 1);

    const file = info.outputPath("diagram.svg");
    writeFileSync(file, svg);
    execFileSync("xmllint", ["--noout", "--nonet", file]);
    execFileSync("rsvg-convert", ["--output", info.outputPath("diagram.png"), file]);
  });
}

test("nothing in the saved diagram sticks out of it", async ({ page, context }) => {
  const lab = await Lab.open(page);
  const svg = await lab.save("svg");
  const paper = await context.newPage();
  await paper.setContent(svg);
  const outside = await paper.locator("svg").evaluate((root: SVGSVGElement) => {
    const { width, height } = root.viewBox.baseVal;
    const texts = [...root.querySelectorAll("text")];
    return texts
      .filter((text) => {
        const box = text.getBBox();
        return box.x < 8 || box.y < 8 || box.x + box.width > width - 8 || box.y + box.height > height - 8;
      })
      .map((text) => text.textContent);
  });
  expect(outside).toEqual([]);
});

test("the submission holds every machine and the run's evidence, and takes a name as text", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.speed("5x faster");
  await lab.kill("app-1");
  await lab.reach(15);
  await lab.pause();
  const text = await lab.save("markdown", "<script>x</script>|");
  expect(text).toContain("By &lt;script&gt;x&lt;/script&gt;\\|\n");
  expect(text).not.toMatch(/<script/i);
  expect(text).toContain("](diagram.svg)");
  for (const host of HOSTS) expect(text).toMatch(new RegExp(`^### ${host} \\(`, "m"));
  for (const part of [...Object.keys(VIPS), ...Object.values(VIPS), ...ZONES]) expect(text).toContain(part);
  expect(text).toMatch(/kill app-1/);
  expect(text).toContain("app-1 lost power.");
});

test("the command in the submission makes the same run again, to the bit", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.speed("20x faster");
  await lab.kill("app-1");
  await lab.pass(12);
  await lab.act("restore", "app-1");
  await lab.pass(8);
  await lab.act("slow", "app-1");
  await lab.pass(5);
  await lab.pause();
  const command = /^foobar-lab (simulate.*)$/m.exec(await lab.save("markdown"));
  expect(command).not.toBeNull();
  expect(natively(...command![1].split(" ")).hash).toBe(await lab.hash());
});

test("without a run the submission says so and claims no evidence", async ({ page }) => {
  const lab = await Lab.open(page);
  const text = await lab.save("markdown");
  expect(text).toContain("No run is attached.");
  expect(text).not.toContain("digest of every fact");
  expect(text).not.toMatch(/^By /m);
});

const FIRST = "#run/1/brief;seed=3;at=9s;2s+kill+app-1";
const SECOND = "#run/1/brief;seed=4;at=12s;3s+kill+lb-1";

test("runs that are kept stand in the document beside the one on the stage, each with its command, until they are removed", async ({ page }) => {
  const lab = await Lab.open(page, FIRST);
  await expect(page.locator("#clock")).toHaveText("00:09.000");
  const kept = page.locator("#kept-runs li");
  await page.locator("#open-save").click();
  await page.locator("#kept > summary").click();
  await expect(page.locator("#kept-runs")).toHaveText("None is kept.");
  await page.getByRole("button", { name: "Keep this run as evidence" }).click();
  const told = /^Scale up, active-active, seed 3: app-1 killed at 0:02; until 0:09 \(the run on the stage\)/;
  await expect(kept).toHaveText([told]);
  const said = page.locator("#keep-said");
  await expect(said).toHaveText("This run is kept.");
  await page.locator("#keep-run").click();
  await expect(said).toHaveText("This run is kept already.");
  await expect(kept).toHaveText([told]);
  await page.locator("#close-save").click();
  expect(await lab.save("markdown"), "the same run is told once").not.toContain("### Run 1");

  await page.evaluate((hash) => (location.hash = hash), SECOND);
  await expect(page.locator("#clock")).toHaveText("00:12.000");
  const both = await lab.save("markdown");
  expect(both).toMatch(/^\| Run 1 \| brief \| 4 \| 12 s \|/m);
  expect(both).toMatch(/^\| Run 2 \| brief \| 3 \| 9 s \|/m);
  const commands = [...both.matchAll(/^foobar-lab (simulate.*)$/gm)].map(([, command]) => command.split(" "));
  expect(commands).toHaveLength(2);
  for (const command of commands) expect(both).toContain(natively(...command).hash);

  await page.reload();
  await expect(page.locator("#boot-status")).toHaveCount(0);
  await page.locator("#open-save").click();
  await page.locator("#kept > summary").click();
  await expect(kept).toHaveCount(1);
  await page.getByRole("button", { name: "Remove kept run 1" }).click();
  await expect(page.locator("#kept-runs")).toHaveText("None is kept.");
  await expect(page.locator("#keep-run")).toBeFocused();
  await page.locator("#close-save").click();
  expect(await lab.save("markdown")).not.toContain("### Run 2");
});

test("no more than five runs are kept, and it is said what to do then", async ({ page }) => {
  const links = [1, 2, 3, 4, 5].map((seed) => `run/1/brief;seed=${seed};at=1s`).join("\n");
  await page.addInitScript((links) => localStorage.setItem("foobar-lab/evidence", links), links);
  await Lab.open(page, FIRST);
  await expect(page.locator("#clock")).toHaveText("00:09.000");
  await page.locator("#open-save").click();
  await page.locator("#kept > summary").click();
  await expect(page.locator("#kept-runs")).toContainText("remove one to keep another");
  await page.locator("#keep-run").click();
  await expect(page.locator("#keep-run")).toBeFocused();
  await expect(page.locator("#keep-said")).toHaveText("This run is not kept: remove one first.");
  expect(await page.evaluate(() => localStorage.getItem("foobar-lab/evidence"))).toBe(links);
});

test("a kept run that nobody can make again is named, and removing it helps", async ({ page }) => {
  await Lab.open(page);
  await page.evaluate(() => localStorage.setItem("foobar-lab/evidence", 'run/9/<img src=x onerror="document.title=1">'));
  await page.locator("#open-save").click();
  await page.locator("#kept > summary").click();
  await expect(page.locator("#kept-runs li")).toContainText("It cannot be made again");
  await expect(page.locator("#kept-runs img")).toHaveCount(0);
  await page.locator("#save-markdown").click();
  await expect(page.locator("#save-said")).toContainText("kept run 1 cannot be made again (remove it)");
  await page.getByRole("button", { name: "Remove kept run 1" }).click();
  await expect(page.locator("#kept-runs")).toHaveText("None is kept.");
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#save-markdown").click()]);
  expect(download.suggestedFilename()).toBe("submission.md");
});

test("a bar shows how far the ZIP is, step by step", async ({ page }) => {
  await Lab.open(page, FIRST);
  await expect(page.locator("#clock")).toHaveText("00:09.000");
  await page.locator("#open-save").click();
  const bar = page.getByRole("progressbar", { name: "How far the ZIP is" });
  await expect(bar).toBeHidden();
  await page.evaluate(() => {
    const bar = document.querySelector<HTMLProgressElement>("#save-progress")!;
    const said = document.querySelector("#save-said")!;
    const seen: string[] = [];
    Object.assign(window, { seen });
    const look = () => {
      const line = `${bar.hidden ? "no bar" : bar.value} of ${bar.max}: ${said.textContent}`;
      if (seen.at(-1) !== line) seen.push(line);
    };
    new MutationObserver(look).observe(said, { childList: true, characterData: true, subtree: true });
  });
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#save-zip").click()]);
  expect(download.suggestedFilename()).toMatch(/\.zip$/);
  await expect(page.locator("#save-said")).toHaveText(/^Saved /);
  const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  expect(seen).toEqual([
    "0 of 5: Making it…",
    "0 of 5: Drawing the diagram…",
    "1 of 5: Drawing it as PNG…",
    "2 of 5: Writing the text…",
    "3 of 5: Writing the configuration of every machine…",
    "4 of 5: Packing…",
    expect.stringMatching(/^no bar of 5: Saved /),
  ]);
  await expect(bar).toBeHidden();
});

test("on a phone what comes of saving stands below the ZIP's button, in sight", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await Lab.open(page, FIRST);
  await expect(page.locator("#clock")).toHaveText("00:09.000");
  await page.locator("#open-save").click();
  const said = page.getByRole("dialog").locator("#save-said[role=status]");
  for (const id of ["zip", "html"]) {
    const button = page.locator(`#save-${id}`);
    await Promise.all([page.waitForEvent("download"), button.click()]);
    await expect(said).toHaveText(/^Saved /);
    await expect(said).toBeInViewport({ ratio: 1 });
  }
  const bottom = (box: { y: number; height: number } | null) => box!.y + box!.height;
  const gap = (await said.boundingBox())!.y - bottom(await page.locator("#save-zip").boundingBox());
  expect(gap, "directly below").toBeGreaterThanOrEqual(0);
  expect(gap, "directly below").toBeLessThan(30);
});

test("own words under a section that is not there are refused at their field, until they are put right", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await Lab.open(page);
  await page.locator("#open-save").click();
  await page.locator("#own > summary").click();
  await expect(page.locator("#own")).toContainText("The five points that are graded");
  const field = page.getByRole("textbox", { name: "Your own words", exact: true });
  await field.fill("## nonsense\nMine.");
  await page.locator("#own > summary").click();
  await expect(field).toBeHidden();
  await page.locator("#save-markdown").click();
  await expect(page.locator("#save-said")).toHaveText(/^Not saved: there is no section `nonsense`/);
  await expect(field).toBeFocused();
  await expect(field).toBeInViewport();
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(/^Not saved: there is no section `nonsense`/);
  await field.fill("## balancing\nMine.");
  await Promise.all([page.waitForEvent("download"), page.locator("#save-markdown").click()]);
  await expect(field).toHaveAttribute("aria-invalid", "false");
  await expect(page.locator("#own-error")).toBeEmpty();
});

for (const [width, height] of [[1440, 900], [1024, 768], [360, 740]]) {
  test(`the self-check comes into sight and has the keyboard, ${width} px wide, also asked for again`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await Lab.open(page);
    const heading = page.getByRole("heading", { name: "Self-check of this browser" });
    for (const time of ["first", "second"]) {
      await page.locator("#open-save").click();
      await page.locator("#open-check").click();
      await expect(page.locator("#check .hash"), time).toHaveCount(20);
      await expect(heading, time).toBeFocused();
      await expect(heading, time).toBeInViewport({ ratio: 1 });
      await expect(page.locator("#check .command").first(), time).toBeInViewport();
      await page.evaluate(() => scrollTo(0, 0));
    }
    await page.locator("#check").getByRole("button", { name: "Close" }).click();
    await expect(heading).toHaveCount(0);
    expect(new URL(page.url()).hash).toBe("#lab");
  });
}

test("the checker's summary counts what stands open below it, and the rest is folded up", async ({ page }) => {
  await Lab.open(page);
  await page.locator("#checker > summary").click();
  await page.locator("#check-text").fill("There are 3 load balancers. No single point of failure is left.");
  await page.locator("#checker button").click();
  const findings = page.locator("#check-findings");
  const summary = findings.locator(".summary");
  await expect(summary).toContainText(/^3 of 5 graded points\. To act on: 2 graded points and 3 things that are not correct\.$/);
  await expect(findings.locator("li:visible")).toHaveCount(5);
  await expect(findings.locator("h3")).toHaveText(["Graded points to earn (2)", "Not correct (3)"]);
  await expect(findings.locator("li:visible").first()).toContainText(/Why it matters: .+\.What to do: .+\.$/);
  await expect(findings).not.toContainText("C-algorithm");
  const right = findings.locator("details").filter({ has: page.locator("summary", { hasText: /^\d+ things are right$/ }) });
  await expect(right.locator("li").first()).toBeHidden();
  await right.locator("summary").click();
  await expect(right.locator('li[data-state="pass"]').first()).toBeVisible();
  await expect(findings.locator("summary", { hasText: "suggestions" })).toHaveCount(1);
});
