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
