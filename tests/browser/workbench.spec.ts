// What stands below the drawing, and what is handed in: the terminal, charts, statuses, the checker, files. Editing: editing.spec.ts.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { complaints, KILLED, Lab } from "./lab.ts";
import { HOSTILE, insides, letters, smallest, words } from "./pdf.ts";

async function type(page: Page, line: string) {
  const output = page.locator("#terminal-output");
  const before = (await output.textContent()) ?? "";
  await page.locator("#terminal-line").fill(line);
  await page.locator("#terminal-line").press("Enter");
  await expect(output).not.toHaveText(before, { useInnerText: false });
  return ((await output.textContent()) ?? "").slice(before.length);
}

test("the terminal answers from the simulation, and what it changes is done and can be taken back", async ({ page }) => {
  const found = complaints(page);
  await Lab.open(page, KILLED);
  await page.locator("#terminal > summary").click();
  expect(await type(page, "curl -I https://www.foobar.com/")).toContain("HTTP/1.1 200 OK");
  expect(await type(page, "dig +short www.foobar.com")).toContain("203.0.113.10");
  const states = await type(page, "show servers state app");
  const down = states.split("\n").find((line) => line.includes(" app-1 "))!;
  expect(down.split(" ")[5], "srv_op_state of the dead server").toBe("0");
  expect(await type(page, "make tea")).toContain("make: command not found");
  await type(page, "disable server app/app-2");
  await expect(page.locator("#event-log")).toContainText("app-2 is in maintenance");
  await page.locator("#undo").click();
  await expect(page.locator("#event-log")).not.toContainText("app-2 is in maintenance");
  expect(found).toEqual([]);
});

test("arrows bring back what was typed into the terminal, and commands stand side by side", async ({ page }) => {
  await Lab.open(page, KILLED);
  await page.locator("#terminal > summary").click();
  const line = page.locator("#terminal-line");
  await line.press("ArrowUp");
  await expect(line, "nothing was typed yet").toHaveValue("");
  await type(page, "show backend");
  const both = await type(page, "show info; show backend");
  expect(both).toMatch(/Name: HAProxy[^]*\n\n# name\n/);
  await line.press("ArrowUp");
  await expect(line).toHaveValue("show info; show backend");
  await line.press("ArrowUp");
  await line.press("ArrowUp");
  await expect(line).toHaveValue("show backend");
  await line.press("ArrowDown");
  await expect(line).toHaveValue("show info; show backend");
  await line.press("ArrowDown");
  await expect(line).toHaveValue("");
});

test("the lab on paper has no controls", async ({ page }) => {
  await Lab.open(page, KILLED);
  await page.emulateMedia({ media: "print" });
  const left = await page.locator("button, select, input, summary, textarea").evaluateAll((all) =>
    all.filter((control) => control.checkVisibility({ checkVisibilityCSS: true })).map((control) => control.outerHTML.slice(0, 90)),
  );
  expect(left).toEqual([]);
  await expect(page.locator("#stage svg")).toBeVisible();
  await expect(page.locator("#servers")).toBeVisible();
  await expect(page.locator("#text-view .hosts")).toContainText("app-1");
});

/** From now on questions to the desk wait; the function lets so many of them go, as soon as they are there. */
async function hold(page: Page) {
  await page.evaluate(() => {
    const post = Worker.prototype.postMessage;
    const held: (() => void)[] = [];
    Object.assign(window, { held });
    Worker.prototype.postMessage = function (this: Worker, message: unknown) {
      held.push(() => post.call(this, message));
    };
  });
  const held = () => page.evaluate(() => (window as unknown as { held: unknown[] }).held.length);
  const letGo = async (count: number) => {
    await expect.poll(held).toBeGreaterThanOrEqual(count);
    await page.evaluate((count) => (window as unknown as { held: (() => void)[] }).held.splice(0, count).forEach((go) => go()), count);
  };
  return { held, letGo };
}

test("an answer that comes after the run took another course is not shown, and asked for anew", async ({ page }) => {
  const lab = await Lab.open(page, KILLED);
  const details = page.locator('details[data-ask="statistics"][data-about="lb-1"]');
  const [answer, row] = [details.locator(".answer"), details.locator("tbody tr", { hasText: "app-1" })];
  await lab.statistics("lb-1");
  await expect(row).toHaveClass("row-down");
  await details.locator("summary").click();
  await answer.evaluate((answer) => (answer.innerHTML = ""));
  const { held, letGo } = await hold(page);
  await details.locator("summary").click();
  await expect.poll(held).toBe(1);
  await page.locator("#scrub").focus();
  await page.keyboard.press("Home");
  await letGo(1);
  // The next question goes off when the answer to the first is there.
  await expect.poll(held).toBe(1);
  await expect(answer).toBeEmpty();
  await letGo(1);
  await expect(row).not.toHaveClass("row-down");
  await expect(row).toHaveCount(1);
});

test("what was asked of a run that is gone does nothing to the one that is there", async ({ page }) => {
  await Lab.open(page, KILLED);
  await page.locator("#terminal > summary").click();
  expect(await type(page, "dig +short www.foobar.com")).toContain("203.0.113.10");
  await page.locator("#terminal-line").focus();
  const { held, letGo } = await hold(page);
  // Nothing is typed key by key, which would ask for completions.
  await page.locator("#terminal-line").evaluate((line: HTMLInputElement) => {
    line.value = "disable server app/app-2";
    line.form!.requestSubmit();
  });
  await expect.poll(held).toBe(1);
  const slider = page.locator("#scrub");
  await slider.focus();
  await page.keyboard.press("Enter"); // why the nearest mark is there
  await expect.poll(held).toBe(2);
  await page.keyboard.press("ArrowRight");
  await page.locator("#terminal-line").evaluate((line: HTMLInputElement) => {
    line.value = "make tea";
    line.form!.requestSubmit();
  });
  await letGo(3);
  const output = page.locator("#terminal-output");
  await expect(output, "answered last").toContainText("make: command not found");
  await expect(output).toContainText("$ disable server app/app-2\nNot done: the run has changed meanwhile. Type it again.");
  await expect(page.locator("#mark")).toHaveCount(0);
  await expect(page.locator("#timeline svg .mark-action")).toHaveCount(1);
  await expect(page.locator("#clock")).toHaveText("00:51.000");
});

test.describe("before the lab is kept for the next visit", () => {
  test.use({ serviceWorkers: "block" });

  test("what could not be loaded once is loaded when it is asked for again", async ({ page }) => {
    await page.route("**/desk_bg.wasm.packed", (route) => route.abort(), { times: 1 });
    await Lab.open(page, KILLED);
    const summary = page.locator("#build > summary");
    await summary.click();
    await expect(page.locator("#build .answer")).toContainText("Not answered: ");
    await summary.click();
    await summary.click();
    await expect(page.getByRole("button", { name: "Add an application server" })).toBeVisible();
  });
});

test("charts and statuses show the chosen machine, and go on with time", async ({ page }) => {
  const lab = await Lab.open(page, KILLED);
  await lab.host("db-1").click();
  await page.locator("#inspector [data-ask=status] > summary").click();
  const status = page.locator("#inspector [data-ask=status] pre");
  await expect(status).toContainText("Threads_connected");
  const uptime = async () => Number(/Uptime\s+(\d+)/.exec((await status.textContent()) ?? "")?.[1]);
  expect(await uptime()).toBe(50);
  await page.locator("#inspector [data-ask=charts] > summary").click();
  const chart = page.getByRole("img", { name: /^Utilisation of db-1 over the last minute: now .*, each of one second\. Scale from 0 to 100 %, from 60 s before 00:50 to 00:50$/ });
  await expect(chart).toBeVisible();
  await expect(chart.locator("text")).toHaveText(["100 %", "0", "00:50", "\u221260 s"]);
  await lab.play.click();
  await expect.poll(uptime).toBeGreaterThan(51);
});

test("a task of the checker does not set the speed", async ({ page }) => {
  await Lab.open(page);
  await page.locator("#checker > summary").click();
  await page.locator("#check-task").selectOption({ index: 0 });
  await page.locator("#play").click();
  await expect.poll(() => page.locator("#clock").textContent()).toMatch(/^00:0[1-9]/);
});

test("the checker tells graded points from the rest, and quotes what is wrong", async ({ page }) => {
  await Lab.open(page);
  await page.locator("#checker > summary").click();
  await page.locator("#check-text").fill("There are 3 load balancers. <b>No single point of failure is left.</b>");
  await page.locator("#checker button").click();
  const findings = page.locator("#check-findings");
  await expect(findings).toContainText("of 5 graded points");
  await expect(findings.locator("[data-state=fail]").filter({ hasText: "3 load balancers" })).not.toHaveCount(0);
  await expect(findings.locator("b")).toHaveCount(0);
});

test("one request is followed through the steps, in their order, up to its outcome", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=2s");
  const seen: number[] = [];
  await page.exposeFunction("saw", (step: string) => seen.push(Number(step)));
  await page.locator("#inspector").evaluate((panel) => {
    const tell = () => (window as unknown as { saw(step: string | null): void }).saw(panel.querySelector("#followed")!.getAttribute("data-step"));
    new MutationObserver(tell).observe(panel, { subtree: true, attributeFilter: ["data-step"] });
  });
  await page.locator("#follow").click();
  await expect(page.locator("#followed li")).toHaveCount(6);
  await expect(page.locator("#followed .outcome")).toContainText(/Answered after \d+ ms/, { timeout: 30_000 });
  await expect(page.locator("#followed")).toHaveAttribute("data-step", "6", { timeout: 20_000 });
  expect(seen).toEqual([...seen].sort());
  // A page or a file: none of its steps is left out.
  expect(["0,1,3,4,5,6", "0,1,2,5,6"]).toContain([...new Set(seen)].join());
  await page.locator("#followed summary").click();
  await expect(page.locator("#followed details ol")).toContainText("lb-");
  await expect(page.locator("#followed details"), "every part of it is somebody's").toContainText("Its time: ");
  await page.locator('#followed [data-do="unfollow"]').click();
  await expect(page.locator("#followed")).toHaveCount(0);
  expect(await lab.chosen(page.locator("#speed"))).toBe("real time");
});

test("time is slowed while a request is followed, says so, and is as fast as before when a machine is chosen", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=2s");
  await lab.speed("5x faster");
  await page.locator("#follow").click();
  await expect(page.locator("#followed")).toContainText("At least 10x slower while followed.");
  expect(await lab.chosen(page.locator("#speed"))).toBe("10x slower");
  await lab.host("app-1").click();
  await expect(page.locator("#followed")).toHaveCount(0);
  expect(await lab.chosen(page.locator("#speed"))).toBe("5x faster");
});

test("a rate that is in no list is shown", async ({ page }) => {
  await Lab.open(page, "#run/1/brief;rate=0.1;seed=1;at=1s");
  const rate = page.locator("#rate");
  await expect(rate.locator("option:checked")).toHaveText("0.1 requests/s");
  for (const chosen of ["50 requests/s", "0.1 requests/s", "20 requests/s"]) {
    await rate.selectOption(chosen);
    await expect(page.locator("#notice")).toContainText(chosen);
    await expect(rate.locator("option:checked")).toHaveText(chosen);
  }
  for (let count = 0; count < 3; count += 1) await page.locator("#undo").click();
  await expect(rate.locator("option:checked")).toHaveText("0.1 requests/s");
  await expect(rate.locator("[data-own]")).toHaveCount(1);
});

test("while nothing of a followed request moves, time passes faster and says so, up to its next step", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;rate=0.1;seed=1;at=1s");
  await page.locator("#follow").click();
  const followed = page.locator("#followed");
  await expect(followed).toHaveAttribute("data-hurries", "");
  const said = await followed.locator("> p").evaluate((p) => getComputedStyle(p, "::after").content);
  expect(said).toContain("5x faster up to its next step");
  await expect(followed).toHaveAttribute("data-step", /^[0-6]$/, { timeout: 30_000 });
  await expect(followed).not.toHaveAttribute("data-hurries");
  const stood = await lab.clock();
  await expect(followed).toHaveAttribute("data-step", "6", { timeout: 30_000 });
  expect(await lab.clock(), "each step was read slowly").toBeLessThan(stood + 2);
});

test("of a request that is followed, the steps that it leaves out are struck, and a speed chosen meanwhile stays", async ({ page }) => {
  test.setTimeout(120_000);
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=2s");
  const struck = page.locator("#followed .six > [data-left-out]");
  const kinds = new Set<string>();
  await page.locator("#follow").click();
  for (let followed = 0; kinds.size < 2 && followed < 12; followed += 1) {
    await expect(page.locator("#followed")).toHaveAttribute("data-step", "6", { timeout: 30_000 });
    kinds.add((await struck.locator("span").allTextContents()).join("; "));
    await expect(struck.first()).toContainText("(not this time)", { useInnerText: true });
    await page.locator('#followed [data-do="follow"]').click();
    await expect(struck).toHaveCount(0);
  }
  expect([...kinds].sort()).toEqual([
    "The application server computes the page; It asks the database",
    "The web server answers with a file, or passes the request on",
  ]);
  await lab.speed("5x faster");
  await page.locator('#followed [data-do="unfollow"]').click();
  await expect(page.locator("#followed")).toHaveCount(0);
  expect(await lab.chosen(page.locator("#speed"))).toBe("5x faster");
});

test("a followed request that fails says where and why, and its way back is that of an error", async ({ page }) => {
  test.setTimeout(240_000);
  // Request 418, the next, is a page that lb-1 sends to app-1, which has been dead for two seconds.
  await Lab.open(page, "#run/1/brief;seed=1;at=22s;20s%20kill%20app-1");
  await page.locator("#follow").click();
  const followed = page.locator("#followed");
  const steps = followed.locator(".six > li");
  const failed = followed.locator(".six > [data-failed]");
  await expect(failed, "while it waits").toContainText("app-1 does not answer, try 1 of 4", { timeout: 30_000 });
  await expect(steps.nth(3)).toHaveAttribute("data-failed", "");
  await expect(steps.nth(3)).toHaveAttribute("aria-current", "step");
  // Once that is seen, nothing is lost by going on faster.
  await page.locator("#speed").selectOption({ label: "real time" });
  await expect(steps.nth(3), "`retries 3`: each try waits for a second").toContainText(/try [234] of 4/, { timeout: 30_000 });
  await expect(followed.locator(".outcome")).toContainText(/Failed after \d+ ms: app-\d does not answer \(503 /, { timeout: 60_000 });
  await expect(followed.locator(".outcome details ol"), "its chain of causes is open").toContainText("app-1");
  await expect(followed).toHaveAttribute("data-step", "6");
  await expect(steps.nth(3)).toHaveAttribute("data-failed", "");
  await expect(steps.nth(3)).toContainText("does not answer");
  await expect(steps.nth(4)).toHaveAttribute("data-left-out", "");
  await expect(steps.nth(5)).toHaveAttribute("data-failed", "");
  await expect(steps.nth(5)).toContainText("an error");
});

test("on a phone the machine is in sight where the followed request is, and so are all six steps", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.emulateMedia({ reducedMotion: "reduce" });
  // What is worked on takes seconds at this speed.
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=2s;speed=0.01x");
  await page.locator("#follow").click();
  const panel = page.locator("#inspector");
  await expect(page.locator("#followed")).toHaveAttribute("data-step", "1", { timeout: 30_000 });
  await expect.poll(() => panel.evaluate((panel) => {
    const end = panel.querySelector(".six")!.getBoundingClientRect().bottom;
    return end - panel.getBoundingClientRect().bottom;
  }), "the last step ends above the end of the panel").toBeLessThanOrEqual(1);
  const inSight = async (name: string) => {
    const [machine, over] = [(await lab.host(name).boundingBox())!, (await panel.boundingBox())!];
    return machine.y >= 0 && machine.y + machine.height <= over.y + 1;
  };
  // A page goes to an application server, a file to web-1.
  await expect(page.locator("#followed")).toHaveAttribute("data-step", /[234]/, { timeout: 30_000 });
  // By the mouse alone: Playwright's own click scrolls the page, though the button stands in sight.
  const play = (await page.locator("#play").boundingBox())!;
  await page.mouse.click(play.x + play.width / 2, play.y + play.height / 2);
  const seen = () => Promise.all(["web-1", "app-1", "app-2", "db-1"].map(inSight));
  await expect.poll(seen).toContain(true);
});

test("whatever stands on the stage is explained on demand, and the explanation says what it is of", async ({ page }) => {
  const lab = await Lab.open(page, KILLED);
  const read = page.locator("#read");
  await read.getByText("Read about this infrastructure").click();
  await expect(read.getByRole("heading", { name: /^lb-1 / })).toBeVisible();
  await page.locator("#preset").selectOption("simple");
  await expect(read).toContainText("About the infrastructure on the stage");
  await expect(read.getByRole("heading", { name: "How a request travels" })).toBeVisible();
  await expect(read).not.toContainText("lb-1");
  const { violations } = await new AxeBuilder({ page }).include("#workbench").analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await page.locator("#undo").click();
  await expect(read).toContainText("lb-1");
  await page.locator("#build > summary").click();
  await page.getByRole("button", { name: "Add an application server" }).click();
  await expect(lab.host("app-3")).toHaveCount(1);
  await expect(read).toContainText("built otherwise: add-app");
  await expect(read.getByRole("heading", { name: /app-3/ })).toBeVisible();
});

test("arrows go from machine to machine in the drawing", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.host("lb-1").focus();
  for (const [key, name] of [["ArrowDown", "lb-2"], ["ArrowUp", "lb-1"], ["ArrowRight", "web-1"], ["ArrowDown", "app-1"], ["ArrowRight", "db-1"], ["ArrowRight", "db-1"]]) {
    await page.keyboard.press(key);
    await expect(lab.host(name), key).toBeFocused();
  }
});

test("everything that is handed in can be saved, in files that hold what they say", async ({ page }, info) => {
  const found = complaints(page);
  await Lab.open(page, KILLED);
  await page.locator("#open-save").click();
  await page.locator("#author").fill("Ada <Lovelace>");
  await page.locator("#own > summary").click();
  await page.locator("#own-words").fill("## balancing\nRound robin, because <i>all</i> pages cost the same.");
  const save = async (id: string) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator(id).click()]);
    return { name: download.suggestedFilename(), path: await download.path() };
  };
  const markdown = readFileSync((await save("#save-markdown")).path, "utf8");
  expect(markdown).toContain("In my own words");
  expect(markdown).toContain("kill app-1");
  const html = readFileSync((await save("#save-html")).path, "utf8");
  expect(html).toContain("By Ada &lt;Lovelace&gt;");
  const png = readFileSync((await save("#save-png")).path);
  expect(png.readUInt32BE(16), "width").toBeGreaterThanOrEqual(2400);
  expect(png.length).toBeLessThanOrEqual(500_000);
  await page.locator("#length").selectOption("brief");
  const zip = await save("#save-zip");
  expect(zip.name).toBe("ada-lovelace-scale-up.zip");
  const file = info.outputPath(zip.name);
  writeFileSync(file, readFileSync(zip.path));
  const listed = execFileSync("python3", ["-m", "zipfile", "-l", file], { encoding: "utf8" });
  for (const name of ["3-scale_up ", "3-scale_up.png", "3-scale_up.svg", "3-scale_up.md", "README.md", "config/lb-1/haproxy.cfg", "config/db-1/my.cnf"]) {
    expect(listed).toContain(name);
  }
  expect(found).toEqual([]);
});

test("what is printed is the document alone, with tags, an outline and letters of 7 points", async ({ page }, info) => {
  await Lab.open(page, KILLED);
  await page.locator("#open-save").click();
  await page.locator("#author").fill(HOSTILE);
  await page.evaluate(() => (window.print = () => document.body.setAttribute("data-printed", `below ${document.querySelectorAll(":modal").length} dialogs`)));
  await page.locator("#save-pdf").click();
  // Under a modal dialog the document is not there for assistive technology, and the PDF would have no tags.
  await expect(page.locator("body")).toHaveAttribute("data-printed", "below 0 dialogs");
  await expect(page.locator("#save-said")).toContainText("Save as PDF");
  await expect(page.locator("#save-pdf")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.locator("#save")).toBeHidden();
  await page.emulateMedia({ media: "print" });
  await expect(page.locator("#print h1")).toBeVisible();
  await expect(page.locator("#app")).toBeHidden();
  const headings = await page.locator("#print").locator("h1, h2, h3, h4").allTextContents();
  expect(headings.length).toBeGreaterThan(20);
  const pdf = info.outputPath("print.pdf");
  await page.pdf({ path: pdf, preferCSSPageSize: true, tagged: true, outline: true });
  const { outline, title, ...rest } = await insides(pdf);
  expect(outline).toEqual(headings.map(letters));
  expect(title).toContain("www.foobar.com");
  expect(rest, "tags, and nothing that can be clicked or run").toEqual({ tagged: "yes", lang: "en", live: [] });
  expect(await words(pdf)).toContain(letters(HOSTILE));
  const { points, sheets } = await smallest(pdf);
  expect(sheets, "the drawing has a sheet of its own").toBe(1);
  expect(points).toBeGreaterThanOrEqual(7);
});

for (const [width, scheme] of [[1440, "light"], [360, "dark"]] as const) {
  test(`nothing is wrong with it for axe, nor too wide, at ${width} px in ${scheme}`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme });
    const lab = await Lab.open(page, KILLED);
    await lab.host("web-1").click();
    await lab.show("workbench");
    for (const summary of await page.locator("#inspector > details > summary, #workbench > details:not([hidden]) > summary").all()) await summary.click();
    await type(page, "help");
    const line = await page.locator("#terminal-line").boundingBox();
    expect(line!.width, "room for a command").toBeGreaterThan(width / 2);
    await page.locator("#checker button").click();
    await expect(page.locator("#check-findings li").first()).toBeAttached();
    await expect(page.locator("#inspector [data-ask=sizes] input").first()).toBeAttached();
    await expect(page.locator("#inspector [data-ask=settings] input").first()).toBeAttached();
    await expect(page.locator("#firewall form")).toBeAttached();
    await expect(page.locator("details[aria-busy]")).toHaveCount(0);
    const clipped = await page.locator(".chart > svg").evaluateAll((charts) =>
      charts.flatMap((chart) => {
        const [within, texts] = [chart.getBoundingClientRect(), [...chart.querySelectorAll("text")]];
        const isWithin = (box: DOMRect) => box.left >= within.left && box.right <= within.right && box.top >= within.top && box.bottom <= within.bottom;
        return texts.filter((text) => !isWithin(text.getBoundingClientRect())).map((text) => text.textContent);
      }),
    );
    expect(clipped, "the letters of the scales").toEqual([]);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
}
