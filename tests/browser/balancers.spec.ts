// The balancers as a person turns them: directives, commands, processes, and the statistics page.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { readFileSync } from "node:fs";
import { Lab, natively } from "./lab.ts";

/** The groups of the real page's columns, as far as the model fills them. */
const HEADS = [
  ["", "Queue", "Session rate", "Sessions", "Bytes", "Denied", "Errors", "Warnings", "Server"],
  [
    "Cur", "Max", "Limit", "Cur", "Max", "Limit", "Cur", "Max", "Limit", "Total", "LbTot", "Last",
    "In", "Out", "Req", "Resp", "Req", "Conn", "Resp", "Retr", "Redis",
    "Status", "LastChk", "Wght", "Act", "Bck", "Chk", "Dwn", "Dwntme", "Thrtle",
  ],
];

test("another algorithm is told by the panel, the drawing and the log, and taken back by undo", async ({ page }) => {
  const lab = await Lab.open(page);
  const balance = await lab.knob("app", "balance");
  await expect(lab.chosen(balance)).resolves.toBe("roundrobin");
  await expect(lab.drawn("lb-1", "app: roundrobin")).toBeVisible();
  await lab.turn("app", "balance", "leastconn");
  await expect(page.locator("#notice")).toContainText("You set balance leastconn in backend app. Each HAProxy that runs reloads");
  await lab.pause();
  await expect(lab.section("app").locator("summary")).toContainText("balance leastconn");
  for (const balancer of ["lb-1", "lb-2"]) {
    await expect(lab.drawn(balancer, "app: leastconn")).toBeVisible();
    await expect(lab.drawn(balancer, "static: roundrobin")).toBeVisible();
  }
  const told = (await lab.log()).map((line) => line.text);
  expect(told.filter((text) => /^lb-[12] is reloaded with backend app: balance leastconn/.test(text))).toHaveLength(2);
  await page.locator("#undo").click();
  await expect(page.locator("#notice")).toContainText("Undone: set balance leastconn in backend app");
  await expect.poll(() => lab.chosen(balance)).toBe("roundrobin");
  await expect(lab.drawn("lb-1", "app: roundrobin")).toBeVisible();
  expect((await lab.log()).filter((line) => line.text.includes("leastconn"))).toEqual([]);
});

test("a server is drained from its machine's panel, and made ready again", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.host("app-1").click();
  const [drain, ready] = ["Drain", "Ready"].map((name) => lab.inspector.getByRole("button", { name: `${name} app/app-1` }));
  await expect(ready).toBeDisabled();
  await drain.click();
  await expect(drain).toBeDisabled();
  await lab.pause();
  await expect(lab.drawn("app-1", "DRAIN")).toBeVisible();
  await expect(page.locator("#servers").getByRole("button", { name: "Drain app/app-1" })).toBeDisabled();
  await ready.click();
  await expect(ready).toBeDisabled();
  await expect(lab.drawn("app-1", "UP")).toBeVisible();
  await lab.host("db-1").click();
  await expect(lab.inspector.locator(".orders"), "no balancer has a line for it").toHaveCount(0);
});

test("what a changed directive does is compared with before", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=40s;10s%20kill%20app-1");
  await lab.turn("app", "maxconn", "4");
  await page.locator("#notice").getByRole("button", { name: "Compare with before" }).click();
  const compared = page.locator("#compare");
  await expect(compared.locator("> summary")).toBeFocused();
  await expect(compared).toContainText("On the stage alone: backend app: default-server maxconn 4 at 00:40.000.");
  await expect(compared.getByRole("rowheader", { name: "Requests", exact: true })).toBeVisible();
});

test("a directive takes any value of its range, and refuses another with what is allowed", async ({ page }) => {
  const lab = await Lab.open(page);
  const inter = await lab.knob("app", "inter");
  await expect(inter).toHaveAccessibleDescription(/Time between two checks of a server\. \(1ms to 1h; default 2s\)/);
  await lab.enter(inter, "730ms");
  await expect(lab.section("app").locator("summary")).toContainText("inter 730ms");
  await lab.pause();
  const refused = lab.section("app").locator(".setting", { has: page.locator('[data-value-of="app/inter"]') }).getByRole("alert");
  for (const wrong of ["2h", "soon"]) {
    await lab.enter(inter, wrong);
    await expect(refused).toHaveText(`Not changed: ${wrong} is not possible here. Possible: 1ms to 1h, such as 500ms or 2s.`);
    await expect(inter, "what holds is shown").toHaveValue("730ms");
    await expect(page.locator("#notice"), "once is enough").toBeEmpty();
  }
  const limit = await lab.knob("app", "error-limit");
  await expect(limit).toBeDisabled();
  await lab.turn("app", "observe", "layer7, mark-down");
  await expect(limit).toHaveAttribute("data-edit", /on-error mark-down observe/);
  await lab.enter(limit, "4");
  await expect(lab.section("app").locator("summary")).toContainText("observe layer7 error-limit 4 on-error mark-down");
  await page.locator("#undo").click();
  await expect(limit).toHaveValue("10");
});

test("a hash type can only be chosen where the algorithm hashes", async ({ page }) => {
  const lab = await Lab.open(page);
  const hashType = await lab.knob("app", "hash-type");
  await expect(hashType).toBeDisabled();
  await lab.turn("app", "balance", "source");
  await expect(hashType).toBeEnabled();
  await lab.turn("app", "hash-type", "consistent");
  await expect(lab.section("app").locator("summary")).toContainText("hash-type consistent");
  await expect(lab.order("app/app-1", "heavier")).toBeEnabled();
  await lab.turn("app", "hash-type", "map-based");
  await expect(lab.order("app/app-1", "heavier"), "a table knows weights only as configured, or 0").toBeDisabled();
});

test("a drained server's requests stand still and the other's grow", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.speed("5x faster");
  await lab.start();
  await lab.reach(3);
  await expect(lab.order("app/app-1", "ready")).toBeDisabled();
  await lab.order("app/app-1", "drain").click();
  await lab.seen("app-1", "DRAIN");
  await expect(lab.order("app/app-1", "drain")).toBeDisabled();
  await expect(lab.order("app/app-1", "ready")).toBeEnabled();
  await expect(lab.drawn("app-1", "DRAIN")).toBeVisible();
  const [still, growing] = [await lab.sessions("app-1"), await lab.sessions("app-2")];
  await lab.pass(6);
  expect(await lab.sessions("app-1")).toBe(still);
  expect(await lab.sessions("app-2")).toBeGreaterThan(growing + 20);
  await expect(lab.link("lb-1", "app-1")).toHaveClass(/\bout\b/);
  await expect(lab.link("lb-1", "app-1").locator("title")).toContainText("DRAIN");
  expect((await lab.log()).some((line) => line.text.startsWith("lb-1: app-1 drains"))).toBe(true);
  await lab.order("app/app-1", "ready").click();
  // The table follows once a second of the eye.
  await expect.poll(() => lab.sessions("app-1")).toBeGreaterThan(still);
  await expect(lab.link("lb-1", "app-1")).not.toHaveClass(/\bout\b/);
});

test("three times the weight is three times the requests", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.order("app/app-2", "heavier").click();
  await lab.order("app/app-2", "heavier").click();
  await expect(lab.server("lb-1", "app-2").locator(".weight")).toHaveText("3");
  await expect(lab.server("lb-2", "app-2").locator(".weight")).toHaveText("3");
  await expect(lab.drawn("app-2", "w 3")).toBeVisible();
  await lab.speed("20x faster");
  await lab.start();
  await lab.reach(40);
  await lab.pause();
  const [one, three] = [await lab.sessions("app-1"), await lab.sessions("app-2")];
  expect(three / one).toBeGreaterThan(2.6);
  expect(three / one).toBeLessThan(3.4);
  await lab.order("app/app-1", "lighter").click();
  await expect(lab.order("app/app-1", "lighter")).toBeDisabled();
  await expect(lab.order("app/app-1", "heavier"), "the keyboard is where it can go on").toBeEnabled();
});

test("persistence by a cookie or by a table is turned, and taken back", async ({ page }) => {
  const lab = await Lab.open(page);
  const cookie = await lab.knob("app", "cookie");
  await lab.turn("app", "cookie", "SRV insert indirect nocache");
  await lab.pause();
  await expect(lab.drawn("lb-1", "app: roundrobin, cookie")).toBeVisible();
  await expect(page.locator("#event-log")).toContainText("backend app: cookie SRV insert indirect nocache");
  await lab.turn("app", "cookie", "none");
  await expect(lab.drawn("lb-1", "app: roundrobin, cookie")).toHaveCount(0);
  await lab.turn("app", "stick on", "src");
  await lab.pause();
  await expect(lab.drawn("lb-1", "app: roundrobin, stick")).toBeVisible();
  await page.locator("#undo").click();
  await expect.poll(() => lab.chosen(cookie)).toBe("none");
  await page.locator("#undo").click();
  await expect.poll(() => lab.chosen(cookie)).toBe("SRV insert indirect nocache");
  await expect(lab.drawn("lb-1", "app: roundrobin, cookie")).toBeVisible();
  await lab.start();
  await lab.speed("5x faster");
  await lab.pass(4);
  await lab.order("app/app-1", "drain").click();
  await lab.seen("app-1", "DRAIN");
  const before = await lab.sessions("app-1");
  await lab.pass(10);
  expect(await lab.sessions("app-1"), "clients whose cookie names it still reach it").toBeGreaterThan(before);
  await expect(lab.link("lb-1", "app-1"), "so its link is in use").not.toHaveClass(/\bout\b/);
});

test("what was turned is in the command that makes the run again", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.turn("app", "fall", "1");
  await lab.turn("defaults", "option redispatch", "on");
  await lab.order("app/app-1", "maint").click();
  await lab.speed("5x faster");
  await lab.pass(5);
  await lab.pause();
  const command = /^foobar-lab (simulate.*)$/m.exec(await lab.save("markdown"))![1];
  expect(command).toContain('--reload "backend app: default-server fall 1@');
  const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
  expect(natively(...words).hash).toBe(await lab.hash());
});

test("a dead process and a dead machine are two things", async ({ page }) => {
  const lab = await Lab.open(page);
  const statistics = await lab.statistics("lb-1");
  const item = page.locator('#text-view li[data-host="lb-1"]');
  await item.getByRole("button", { name: "Kill lb-1/haproxy", exact: true }).click();
  await lab.pause();
  await expect(lab.host("lb-1")).toHaveAttribute("data-state", "DEGRADED");
  await expect(lab.server("lb-1", "app-1").locator(".status")).toHaveText("not seen");
  await expect(lab.server("lb-2", "app-1").locator(".status")).toHaveText(/UP/);
  await expect(statistics).toContainText("HAProxy does not run on lb-1");
  await page.locator("#undo").click();
  await lab.kill("lb-1");
  await lab.pause();
  await expect(statistics).toContainText("HAProxy does not run on lb-1");
  await expect(lab.drawn("lb-1", "DOWN")).toBeVisible();
});

test("the statistics have the real columns, and the numbers of the servers' table", async ({ page }) => {
  const lab = await Lab.open(page);
  const statistics = await lab.statistics("lb-1");
  await lab.speed("5x faster");
  await lab.kill("app-1");
  await lab.pass(12);
  await lab.pause();
  const heads = statistics.locator("thead tr");
  for (const [index, names] of HEADS.entries()) {
    const texts = await heads.nth(index).locator("th").allTextContents();
    expect(texts.map((text) => (text === "Name" ? "" : text))).toEqual(names);
  }
  for (const server of ["app-1", "app-2"]) {
    const row = statistics.locator("tbody tr", { has: page.locator("th", { hasText: server }) });
    const shown = lab.server("lb-1", server);
    for (const [field, column] of [["stot", ".sessions"], ["scur", ".served"], ["qcur", ".queued"]]) {
      const figure = (await shown.locator(column).textContent()) ?? "";
      await expect(row.locator(`[data-field="${field}"]`), field).toHaveText(figure);
    }
    const weight = (await shown.locator(".weight").textContent()) ?? "";
    await expect(row.locator('[data-field="weight"]')).toHaveText(`${weight}/${weight}`);
    const status = await row.locator('[data-field="status"]').textContent();
    expect(status).toContain(await shown.locator(".status").textContent());
  }
  await expect(statistics.locator("tr.row-down, tr.row-going-down").first()).toBeVisible();
  await expect(statistics.locator(".row-legend li").first()).toHaveText("active UP");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "show stat as CSV of lb-1" }).click(),
  ]);
  const csv = readFileSync(await download.path(), "utf8").split("\n");
  const real = readFileSync(new URL("../golden/show-stat-2.6.12.csv", import.meta.url), "utf8").split("\n");
  expect(csv[0]).toBe(real[0]);
  expect(csv.filter((line) => line.startsWith("app,app-1,"))).toHaveLength(1);
});

test("the statistics fit into a window of 1440 pixels", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=40s;10s+kill+app-1");
  const statistics = await lab.statistics("lb-1");
  await expect(statistics.locator("tr.row-down")).toBeVisible();
  await expect(statistics.locator("tbody").last()).toContainText("stats");
  // Figures of a long run, and the longest end of a check that is under way.
  await statistics.locator("td").evaluateAll((cells) => {
    const long: Record<string, string> = { stot: "123456", lbtot: "123456", downtime: "10m59s", check_status: "* L4TOUT in 1000ms" };
    for (const cell of cells) cell.textContent = long[(cell as HTMLElement).dataset.field ?? ""] ?? cell.textContent;
  });
  const beyond = await statistics.evaluate((region) => region.scrollWidth - region.clientWidth);
  expect(beyond).toBeLessThanOrEqual(0);
});

test("while a what-if has the stage nothing can be turned", async ({ page }) => {
  const lab = await Lab.open(page, "#what-if/app-1-dies");
  await expect(await lab.knob("app", "balance")).toBeDisabled();
  await expect(lab.order("app/app-1", "drain")).toBeDisabled();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing with everything open, and nothing overflows, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width: 360, height: 740 });
    const lab = await Lab.open(page);
    for (const name of ["static", "app", "defaults"]) await lab.knob(name);
    await lab.statistics("lb-1");
    await lab.statistics("lb-2");
    await lab.order("app/app-1", "maint").click();
    await lab.order("static/web-1", "drain").click();
    await lab.pass(0.5);
    await lab.pause();
    for (const width of [320, 360, 1024, 1440]) {
      await page.setViewportSize({ width, height: 740 });
      await lab.frames(2);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `at ${width} px`).toBeLessThanOrEqual(width);
    }
    const { violations } = await new AxeBuilder({ page }).include("#balancing").analyze();
    expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`))).toEqual([]);
  });
}

/** At the left and at the right edge of a picture: in which share of its lines the last pixel has another light than those further in. */
const shades = (page: Page, png: Buffer) =>
  page.evaluate(async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const { width, height } = image;
    const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d")!;
    context.drawImage(image, 0, 0);
    const light = (x: number, y: number) => context.getImageData(x, y, 1, 1).data.slice(0, 3).reduce((sum, part) => sum + part);
    const lines = [...Array(height).keys()].slice(2, -2);
    const share = (edge: number, within: number) => lines.filter((y) => Math.abs(light(edge, y) - light(within, y)) > 30).length / lines.length;
    return { left: share(1, 24), right: share(width - 2, width - 25) };
  }, `data:image/png;base64,${png.toString("base64")}`);

for (const theme of ["light", "dark", "projector"]) {
  test(`on a phone a table that is wider says at its edge that it scrolls, ${theme}`, async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.addInitScript((theme) => localStorage.setItem("foobar-lab/theme", theme), theme);
    const lab = await Lab.open(page);
    const statistics = await lab.statistics("lb-1");
    const servers = page.getByRole("region", { name: "Servers as each balancer sees them" });
    await lab.show("workbench");
    await page.locator("#read > summary").click();
    // Letters would be taken for shades.
    await page.evaluate(() => document.styleSheets[0].insertRule(".scroll * { color: transparent !important; }"));
    for (const [section, table] of [["balancing", statistics], ["balancing", servers], ["workbench", page.locator("#read .scroll").first()]] as const) {
      await lab.show(section);
      await expect(table).toHaveAccessibleName(/./);
      await table.focus();
      await expect(table).toBeFocused();
      await table.blur();
      const shaded = async (scrolled: number) => {
        await table.evaluate((table, scrolled) => table.scrollTo(scrolled * table.scrollWidth, 0), scrolled);
        return shades(page, await table.screenshot());
      };
      const [start, end] = [await shaded(0), await shaded(1)];
      expect(start.right, "there is more to the right").toBeGreaterThan(0.8);
      expect(start.left).toBeLessThan(0.2);
      expect(end.right).toBeLessThan(0.2);
      expect(end.left, "and at the end to the left").toBeGreaterThan(0.3);
    }
  });
}

test("model card and explanations are a link away, also without a network", async ({ page, context }) => {
  await Lab.open(page);
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active?.state === "activated") return;
    await new Promise((done) => active?.addEventListener("statechange", done, { once: true }));
  });
  const judge = async () => {
    await expect(page.locator("h1")).toHaveCount(1);
    await expect(page).toHaveTitle(/ – foobar-lab$/);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target}`))).toEqual([]);
  };
  await page.getByRole("link", { name: "How true is it?" }).click();
  await judge();
  await context.setOffline(true);
  await page.reload();
  await expect(page.locator("h1")).toHaveCount(1);
  await page.goto("./explanations.html");
  await judge();
  await expect(page.locator("h2", { hasText: "How a request travels" })).toBeVisible();
  await page.getByRole("link", { name: "Back to the lab" }).click();
  await expect(page.locator("#boot-status")).toHaveCount(0);
  await context.setOffline(false);
});
