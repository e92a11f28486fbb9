// What dies, what users notice, and when it is over.
import { expect, test } from "@playwright/test";
import { Lab, seconds } from "./lab.ts";

/** Attempts that began before DOWN are over after `timeout connect` four times. */
const ATTEMPTS_END = 8;

/** The blind window of app-1, its end and its return; `kill` and `restore` press the buttons, whichever way. */
async function followTheDeathOfApp1(lab: Lab, kill: () => Promise<void>, restore: () => Promise<void>) {
  await kill();
  await lab.seen("app-1", "DOWN");
  await lab.pass(ATTEMPTS_END);
  expect((await lab.totals()).failed, "the blind window costs requests").toBeGreaterThan(0);
  const before = { dead: await lab.sessions("app-1"), alive: await lab.sessions("app-2"), ...(await lab.totals()) };
  await lab.pass(10);
  expect(await lab.sessions("app-1"), "after it none goes to app-1").toBe(before.dead);
  expect(await lab.sessions("app-2")).toBeGreaterThan(before.alive + 40);
  expect((await lab.totals()).failed, "and none fails").toBe(before.failed);
  await restore();
  await lab.seen("app-1", "UP");
  await expect.poll(() => lab.sessions("app-1"), "it takes its turn again").toBeGreaterThan(before.dead + 5);
}

test("app-1 killed by mouse costs requests until the checks notice, then none, and returns", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.speed("20x faster");
  await lab.start(); // from the start on HAProxy takes a server out at its first failed check: let some pass
  await lab.reach(5);
  await followTheDeathOfApp1(lab, () => lab.kill("app-1"), () => lab.act("restore", "app-1"));
  const told = (await lab.log()).map((line) => line.text);
  expect(told.filter((text) => /\(GET \/\) failed: 503 sC/.test(text))).not.toEqual([]);
  for (const balancer of ["lb-1", "lb-2"]) {
    expect(told.filter((text) => text.startsWith(`${balancer} marks app-1 DOWN: 3 checks failed`))).toHaveLength(1);
    expect(told.filter((text) => text.startsWith(`${balancer} marks app-1 UP: `))).toHaveLength(1);
    expect(told.filter((text) => text.startsWith(`${balancer}: check of app-1 failed`))).toHaveLength(2);
  }
});

test("the log never says more checks failed than it shows, not even for a server killed first of all", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.speed("5x faster");
  await lab.kill("app-1");
  await lab.seen("app-1", "DOWN");
  await lab.pause();
  for (const { text } of await lab.log()) {
    const [, balancer, claimed] = /^(\S+) marks app-1 DOWN: (\d+) checks? failed/.exec(text) ?? [];
    if (!balancer) continue;
    const told = (await lab.log()).filter((line) => line.text.startsWith(`${balancer}: check of app-1 failed`));
    expect(told.length + 1, text).toBe(Number(claimed));
  }
  expect((await lab.log()).filter((line) => line.text.includes("marks app-1 DOWN"))).toHaveLength(2);
});

test("app-1 is killed and restored by keyboard alone", async ({ page }) => {
  const lab = await Lab.open(page);
  const press = (key: string) => page.keyboard.press(key);
  await press(">");
  await press(">");
  await expect(page.locator("#speed option:checked")).toHaveText("20x faster");
  const kill = async () => {
    await lab.walkTo("app-1");
    await press("Enter");
    await expect(lab.action("kill", "app-1")).toBeFocused();
    await press("Enter");
    await expect(lab.host("app-1")).toHaveAttribute("data-state", "DOWN");
  };
  const restore = async () => {
    await lab.tabTo(lab.action("restore", "app-1"));
    await press("Enter");
  };
  await followTheDeathOfApp1(lab, kill, restore);
});

test("the keyboard's place is kept: after Kill and Restore it is still in the panel, and Escape leads back", async ({ page }) => {
  const lab = await Lab.open(page);
  const placed = () => lab.inspector.evaluate((panel) => panel.contains(document.activeElement));
  await lab.host("app-1").focus();
  await page.keyboard.press("Enter");
  await expect.poll(placed).toBe(true);
  for (const [action, state] of [["kill", "DOWN"], ["restore", "UP"]] as const) {
    await lab.action(action, "app-1").focus();
    await page.keyboard.press("Enter");
    await expect(lab.host("app-1")).toHaveAttribute("data-state", state);
    expect(await placed(), `after ${action}`).toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(lab.host("app-1")).toBeFocused();
});

test("what can be done to a machine comes first: Restore stands where Kill stood, and the keyboard stays there", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const lab = await Lab.open(page);
  await lab.host("app-1").focus();
  await page.keyboard.press("Enter");
  const [kill, restore] = [lab.action("kill", "app-1"), lab.action("restore", "app-1")];
  await expect(kill).toBeFocused();
  await expect(restore).toBeHidden();
  const place = await kill.boundingBox();
  await page.keyboard.press("Enter");
  await expect(restore).toBeFocused();
  await expect(kill).toBeHidden();
  expect(await restore.boundingBox()).toEqual(place);
  await page.keyboard.press("Enter");
  await expect(kill).toBeFocused();
  await expect(restore).toBeHidden();
  await lab.action("slow", "app-1").click();
  await expect(restore, "what is slow can be killed and restored").toBeVisible();
  await expect(kill).toBeVisible();
});

test("a machine that was killed service by service keeps the keyboard, too", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/simple;seed=1;at=1s");
  await page.locator("button.host").first().click();
  const services = lab.inspector.locator(".services button");
  const count = await services.count();
  expect(count).toBeGreaterThan(1);
  for (let index = 0; index < count; index += 1) {
    await services.nth(index).focus();
    await page.keyboard.press("Enter");
    await expect(lab.inspector.locator(".services .state").nth(index)).toHaveText("DOWN");
  }
  await expect(services.last()).toBeDisabled();
  await expect(lab.inspector.locator(".restore")).toBeFocused();
});

test("a machine that is down is chosen by keyboard and brought back with the next Enter", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.kill("app-1");
  await lab.host("app-1").click();
  await lab.host("app-1").focus();
  await page.keyboard.press("Enter");
  await expect(lab.action("restore", "app-1")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(lab.host("app-1")).not.toHaveAttribute("data-state", "DOWN");
});

for (const { victim, path, dead, alive } of [
  { victim: "web-1", path: "/static/logo.png", dead: ["web-1"], alive: ["app-1", "app-2"] },
  { victim: "db-1", path: "/", dead: ["app-1", "app-2"], alive: ["web-1"] },
]) {
  test(`${victim} killed: GET ${path} fails, the rest lives`, async ({ page }) => {
    const lab = await Lab.open(page);
    const sessions = async (servers: string[]) => {
      const each = await Promise.all(servers.map((server) => lab.sessions(server)));
      return each.reduce((sum, count) => sum + count, 0);
    };
    await lab.speed("20x faster");
    await lab.kill(victim);
    await lab.reach(20);
    await lab.pause();
    const failures = (await lab.log()).filter((line) => line.text.includes(" failed: "));
    expect(failures.length).toBeGreaterThan(3);
    for (const { text } of failures) expect(text).toContain(`(GET ${path}) failed: `);
    expect((await lab.totals()).failed).toBeGreaterThan(50);
    const before = { ok: (await lab.totals()).ok, alive: await sessions(alive), dead: await sessions(dead) };
    await lab.start();
    await lab.pass(20);
    await lab.pause();
    const after = await lab.totals();
    const served = (await sessions(alive)) - before.alive;
    expect(served, "those that live are asked").toBeGreaterThan(50);
    // What has been answered since is what the living servers were asked, save what is still on its way.
    expect(Math.abs(after.ok - before.ok - served)).toBeLessThanOrEqual(20);
  });
}

test("lb-1 killed: VIP A moves to lb-2 after the time the formula gives", async ({ page }) => {
  const lab = await Lab.open(page);
  await expect(lab.owner("VIP A")).toContainText("owned by lb-1");
  await lab.speed("5x faster");
  await lab.start();
  await lab.reach(2);
  await lab.kill("lb-1");
  await expect(lab.owner("VIP A")).toContainText("owned by lb-2");
  const log = await lab.log();
  const at = (text: string) => seconds(log.find((line) => line.text === text)?.at ?? "");
  // Three adverts missed and the skew of priority 100: 3 s + 156/256 s after the last advert, which is up to 1 s old.
  const took = at("lb-2 took over VIP A.") - at("lb-1 lost power.");
  expect(took).toBeGreaterThanOrEqual(2.609);
  expect(took).toBeLessThanOrEqual(3.61);
});

test("what is wrong with the network is drawn and told: links, heartbeat, uplink, rule, and who claims an address", async ({ page }) => {
  const lab = await Lab.open(page);
  const drawing = page.locator("#stage svg");
  const told = page.locator("#text-view [data-text=network-told]");
  const choose = (name: RegExp, choice: string) => page.locator("#network").getByRole("combobox", { name }).selectOption({ label: choice });
  await expect(told).toHaveText("Network: whole");
  await choose(/^lb-1 → app-1,/, "cut");
  await expect(drawing.locator("g.troubles text", { hasText: /^cut$/ })).toBeVisible();
  await expect(drawing.locator("g.wire.out title", { hasText: /^lb-1 to app-1, .*, cut/ })).toHaveCount(1);
  await choose(/^lb-2 → app-2,/, "loses 20 %");
  await expect(drawing.locator("g.troubles text", { hasText: /^lossy$/ })).toBeVisible();
  await choose(/VRRP adverts only/, "cut");
  await expect(drawing.locator("g.label text", { hasText: /^VRRP: cut$/ })).toBeVisible();
  await choose(/, main$/, "broken");
  await expect(drawing.locator("g.users text", { hasText: /^main broken$/ })).toBeVisible();
  await choose(/^app-to-db$/, "taken out");
  await expect(drawing.locator("g.zone text", { hasText: "1 rule out" })).toBeVisible();
  await expect(lab.drawn("db-1", "single point of failure"), "it is one as built").toBeVisible();
  for (const words of ["lb-1 and app-1 is cut", "loses 20 %", "heartbeat is cut", "is broken", "rule app-to-db is out"]) {
    await expect(told).toContainText(words);
  }
  await lab.speed("20x faster");
  await lab.start();
  await expect(drawing.locator("g.vip text", { hasText: "2 owners" })).toHaveCount(4);
  await expect(lab.owner("VIP A")).toContainText("split brain: claimed by lb-1 and lb-2");
});

test("a service says what is wrong with it, and a dead one cannot go wrong otherwise", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.host("db-1").click();
  const row = lab.inspector.locator(".services li", { hasText: "MySQL" });
  const wrong = row.getByRole("combobox");
  await wrong.selectOption({ label: "has a full disk" });
  await expect(row.locator(".state")).toHaveText("UP, disk full");
  await expect(lab.drawn("db-1", "MySQL disk full")).toBeVisible();
  await row.getByRole("button").click();
  await expect(row.locator(".state")).toHaveText("DOWN");
  await expect(wrong).toBeDisabled();
});
