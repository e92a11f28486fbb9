// What is chosen in the drawing besides machines: links, zones, firewalls, addresses, users; by mouse, keyboard and touch.
import { expect, test, type Locator, type Page } from "@playwright/test";
import { judged } from "./axe.ts";
import { complaints, Lab } from "./lab.ts";

/** A part of the drawing by its key. */
const part = (page: Page, key: string): Locator => page.locator(`#stage [data-on="${key}"]`);

/** A place in the window where a part is the uppermost: on its line, or so many pixels beside it; of a box, within. */
async function place(page: Page, key: string, beside = 0): Promise<{ x: number; y: number }> {
  await part(page, key).scrollIntoViewIfNeeded();
  const found = await part(page, key).evaluate((part, beside) => {
    const line = part.querySelector<SVGGeometryElement>(".near") ?? part.querySelector<SVGGeometryElement>(".hit, rect")!;
    const matrix = line.getScreenCTM()!;
    const length = line.getTotalLength();
    const steps = 200;
    const at = (step: number) => line.getPointAtLength((length * step) / steps).matrixTransform(matrix);
    for (let step = 2; step < steps - 2; step += 1) {
      const [{ x, y }, next] = [at(step), at(step + 1)];
      const long = Math.hypot(next.x - x, next.y - y) || 1;
      // A click is told in whole pixels.
      const point = { x: Math.floor(x - ((next.y - y) / long) * beside), y: Math.floor(y + ((next.x - x) / long) * beside) };
      const top = document.elementFromPoint(point.x, point.y);
      const lines = (right: number, down: number) =>
        document.elementsFromPoint(point.x + right, point.y + down).filter((element) => element.matches(".near"));
      // On a line that several links share, the one that is drawn first; beside lines, the nearest.
      const around = [0, 3, 6, 9, 12].flatMap((away) => [lines(away, 0), lines(-away, 0), lines(0, away), lines(0, -away)]);
      const met = top?.matches(".far, .near") ? (around.find((all) => all.length > 0)?.at(-1) ?? top) : top;
      if (top?.matches(".hit, .band, .pill, .card") && part.contains(met)) return point;
    }
    return null;
  }, beside);
  expect(found, `${key} can be met somewhere`).not.toBeNull();
  return found!;
}

async function click(page: Page, key: string, beside = 0) {
  const { x, y } = await place(page, key, beside);
  await page.mouse.click(x, y);
  await expect(part(page, key)).toHaveAttribute("aria-pressed", "true");
}

/** A button of the panel: how something shall be. */
const deed = (lab: Lab, words: string, of: string) =>
  lab.inspector.getByRole("button", { name: `${words}: ${of}`, exact: true });

test("a link loses, delays and jitters as much as is typed, either way", async ({ page }) => {
  const found = complaints(page);
  const lab = await Lab.open(page);
  await click(page, "link-lb-1-app-1");
  const way = lab.inspector.getByRole("combobox", { name: "Which way" });
  const [loss, delay] = ["Loss", "Delay"].map((name) => lab.inspector.getByRole("spinbutton", { name }));
  const set = lab.inspector.getByRole("button", { name: "Set", exact: true });
  await set.click();
  await expect(page.locator("#undo"), "nothing was changed").toBeHidden();
  await way.selectOption({ label: "lb-1 to app-1" });
  await loss.fill("12.5");
  await delay.fill("30");
  await set.click();
  await expect(lab.inspector).toContainText(/loses 12.5 % of the packets.*from lb-1 to app-1/);
  await expect(loss).toHaveValue("12.5");
  await expect(set).toBeFocused();
  await page.locator("#undo").click();
  await expect(lab.inspector).toContainText("It is whole");
  await expect(loss).toHaveValue("0");
  expect(found).toEqual([]);
});

test("a link is chosen by its line, and cut and mended where it is told of", async ({ page }) => {
  const found = complaints(page);
  const lab = await Lab.open(page);
  await click(page, "link-lb-1-app-1");
  await expect(lab.inspector.locator("h2")).toHaveText("Link lb-1 to app-1");
  await expect(lab.inspector).toContainText("It is whole");
  await expect(lab.inspector.locator(".title button")).toBeFocused();
  const of = "Link lb-1 to app-1";
  await deed(lab, "Cut", of).click();
  await expect(part(page, "link-lb-1-app-1")).toHaveAccessibleName(/^Link lb-1 to app-1, HTTP 8000, cut/);
  await expect(lab.link("lb-1", "app-1")).toHaveClass(/out/);
  await expect(lab.inspector).toContainText("It is cut, both ways");
  await expect(deed(lab, "Cut", of)).toHaveAttribute("aria-pressed", "true");
  await expect(deed(lab, "Cut", of)).toBeFocused();
  await deed(lab, "Loses 20 %", of).click();
  await expect(lab.inspector).toContainText("loses 20 % of the packets, both ways");
  await deed(lab, "Whole", of).click();
  await expect(lab.inspector).toContainText("It is whole");
  await page.locator("#undo").click();
  await expect(lab.inspector).toContainText("loses 20 %");
  // Escape lets it go, and the keyboard is back in the drawing.
  await deed(lab, "Whole", of).focus();
  await page.keyboard.press("Escape");
  await expect(part(page, "link-lb-1-app-1")).toBeFocused();
  await expect(part(page, "link-lb-1-app-1")).toHaveAttribute("aria-pressed", "false");
  expect(found).toEqual([]);
});

test("a link is met well beside its line, and the nearer of two lines is meant", async ({ page }) => {
  const lab = await Lab.open(page);
  for (const beside of [-11, 11]) {
    await click(page, "link-app-1-db-1", beside);
    await page.keyboard.press("Escape");
  }
  // Each link has a place of its own, whatever lies beside it.
  const keys = await page.locator("#stage [data-on^=link-]").evaluateAll((links) => links.map((link) => link.getAttribute("data-on")!));
  expect(keys.length).toBeGreaterThan(9);
  for (const key of keys) {
    await click(page, key);
    await lab.frames(3); // the page may scroll to what was chosen
  }
});

/** Where a finger is to meet each link on a phone: a place of the drawing, in its own units, and how far around it. */
const TAPPED: Record<string, { x: number; y: number; around: number }> = {
  "link-users-lb-1": { x: 38, y: 160, around: 20 },
  "link-users-lb-2": { x: 40, y: 300, around: 12 },
  "link-lb-1-web-1": { x: 12, y: 400, around: 10 },
  "link-lb-1-app-1": { x: 12, y: 530, around: 10 },
  "link-lb-1-app-2": { x: 12, y: 600, around: 10 },
  "link-lb-2-web-1": { x: 40, y: 440, around: 12 },
  "link-lb-2-app-1": { x: 40, y: 550, around: 12 },
};

test("a thumb meets every link and address on a phone, whatever is drawn beside it", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const lab = await Lab.open(page);
  /** Taps there in the drawing, and tells what is chosen. */
  const tapped = async (x: number, y: number) => {
    const box = await page.locator("#stage svg").evaluate((drawing, y) => {
      const svg = drawing as SVGSVGElement;
      const matrix = svg.getScreenCTM()!;
      scrollBy({ top: matrix.f + matrix.d * y - 200, behavior: "instant" });
      const { a, d, e, f } = svg.getScreenCTM()!;
      return { a, d, e, f };
    }, y);
    await page.mouse.click(Math.round(box.e + box.a * x), Math.round(box.f + box.d * y));
    const chosen = page.locator("#stage svg [aria-pressed=true]");
    await expect(chosen, `at ${x}, ${y}`).toHaveCount(1);
    const key = await chosen.getAttribute("data-on");
    await lab.inspector.getByRole("button", { name: "Close", exact: true }).click();
    await expect(chosen).toHaveCount(0);
    await lab.frames(2); // the page may scroll
    return key;
  };
  for (const [key, { x, y, around }] of Object.entries(TAPPED)) {
    for (const [right, down] of [[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1]]) {
      expect.soft(await tapped(x + right * around, y + down * around), `${key}, ${right}, ${down}`).toBe(key);
    }
  }
  for (const up of [-17, 0, 10]) expect.soft(await tapped(125, 168 + up), "the pill of VIP A").toBe("vip-vip-a");
});

test("the machines are one stop for Tab; arrows follow the links, and Delete kills and brings back", async ({ page }) => {
  const lab = await Lab.open(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  const stops = page.locator('button.host[tabindex="0"]');
  await expect(stops).toHaveCount(1);
  await lab.walkTo("web-1");
  await expect(stops).toHaveAttribute("data-host", "web-1");
  await page.keyboard.press("ArrowRight");
  await expect(lab.host("web-1"), "web-1 has no link to what is on its right").toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await expect(lab.host("db-1")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.locator("button.host:focus"), "one stop, and on").toHaveCount(0);
  await page.keyboard.press("Shift+Tab");
  await expect(lab.host("db-1"), "back where one was").toBeFocused();
  await page.keyboard.press("Delete");
  await expect(lab.host("db-1")).toHaveAttribute("data-state", "DOWN");
  await page.keyboard.press("Delete");
  await expect(lab.host("db-1")).toHaveAttribute("data-state", "UP");
});

test("a zone is cut off in one act in the panel of the network", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=5s");
  const partition = page.locator('#network details[data-ask="partition"]');
  await partition.locator("summary").click();
  const cut = partition.getByRole("button", { name: "Cut off: Links of the Database zone" });
  await cut.click();
  await expect(cut).toHaveAttribute("aria-pressed", "true");
  await expect(page.locator("#text-view")).toContainText("link between app-1 and db-1 is cut");
  await expect(page.locator("#text-view")).toContainText("link between app-2 and db-1 is cut");
  await expect(page.locator("#undo")).toBeVisible();
  await page.locator("#undo").click();
  await expect(cut, "one act, taken back at once").toHaveAttribute("aria-pressed", "false");
  await expect(page.locator("#text-view")).toContainText("Network: whole");
  expect(await lab.clock()).toBe(5);
});

test("the keyboard goes from a machine to its links, its firewall and its zone, and back", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.walkTo("lb-1");
  await page.keyboard.press("PageDown");
  await expect(part(page, "link-users-lb-1")).toBeFocused();
  await page.keyboard.press("PageDown");
  await expect(part(page, "link-lb-1-web-1")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(lab.inspector.locator("h2")).toHaveText("Link lb-1 to web-1");
  await page.keyboard.press("Escape");
  await expect(part(page, "link-lb-1-web-1")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(lab.host("web-1")).toBeFocused();
  // From the first link back to what stands behind it; around it once, and one is where one was.
  await page.keyboard.press("PageUp");
  const keys: string[] = [];
  for (let pressed = 0; pressed < 30; pressed += 1) {
    const key = (await page.evaluate(() => document.activeElement?.getAttribute("data-on"))) ?? "";
    if (keys.includes(key)) break;
    keys.push(key);
    await page.keyboard.press("PageUp");
  }
  for (const key of ["zone-web", "firewall-web", "link-lb-1-web-1", "link-lb-2-web-1", "users"]) expect(keys).toContain(key);
  expect(keys).not.toContain("link-app-1-db-1");
  await part(page, "zone-web").focus();
  await page.keyboard.press("Space");
  await expect(lab.inspector.locator("h2")).toHaveText("Web zone");
  // A part does not take the place of the machine's own panel.
  await lab.host("web-1").click();
  await expect(lab.action("kill", "web-1")).toBeVisible();
  await lab.inspector.locator('details[data-ask="around"] > summary').click();
  await lab.inspector.getByRole("button", { name: /^lb-2 to web-1, HTTP 80/ }).click();
  await expect(lab.inspector.locator("h2")).toHaveText("Link lb-2 to web-1");
});

test("a zone tells its machines and rules, and is cut off as a whole", async ({ page }) => {
  const lab = await Lab.open(page);
  await click(page, "zone-db", 4);
  await expect(lab.inspector.locator("h2")).toHaveText("Database zone");
  await expect(lab.inspector).toContainText("VLAN 40, 10.0.40.0/24");
  await expect(lab.inspector).toContainText("app-to-db");
  await deed(lab, "Cut off", "Links of the Database zone").click();
  for (const app of ["app-1", "app-2"]) await expect(part(page, `link-${app}-db-1`)).toHaveAccessibleName(/cut/);
  await expect(lab.inspector.getByRole("button", { name: "Cut off" })).toHaveAttribute("aria-pressed", "true");
  // It was one edit.
  await page.locator("#undo").click();
  for (const app of ["app-1", "app-2"]) await expect(part(page, `link-${app}-db-1`)).not.toHaveAccessibleName(/cut/);
  await lab.inspector.getByRole("button", { name: "db-1", exact: true }).click();
  await expect(lab.action("kill", "db-1")).toBeVisible();
});

test("a firewall tells its rules; one is taken out and put in, and what is dropped is counted", async ({ page }) => {
  const lab = await Lab.open(page);
  await click(page, "firewall-db");
  await expect(lab.inspector.locator("h2")).toHaveText("Firewall of the Database zone");
  await expect(lab.inspector).toContainText("Every rule is in place");
  await lab.speed("20x faster");
  await deed(lab, "Taken out", "Rule app-to-db").click();
  await expect(lab.inspector).toContainText("1 rule is taken out");
  await expect(part(page, "firewall-db")).toHaveAccessibleName("Firewall of the Database zone, 1 rule out");
  await expect(lab.inspector.locator("tr", { hasText: "default deny" }).locator("td")).not.toHaveText("0", { timeout: 15_000 });
  await deed(lab, "In place", "Rule app-to-db").click();
  await expect(lab.inspector).toContainText("Every rule is in place");
});

test("a rule of a firewall has a panel of its own, with figures and the line that it becomes", async ({ page }) => {
  const found = complaints(page);
  const lab = await Lab.open(page);
  await click(page, "firewall-db");
  await lab.inspector.getByRole("button", { name: "More about app-to-db" }).click();
  await expect(lab.inspector.locator("h2")).toHaveText("Rule app-to-db");
  await expect(lab.inspector.locator(".title button")).toBeFocused();
  await expect(part(page, "firewall-db"), "its firewall is marked in the drawing").toHaveAttribute("aria-pressed", "true");
  await expect(lab.inspector).toContainText("It is in force");
  await expect(lab.inspector.locator("pre")).toContainText('tcp dport { 3306 } accept comment "app-to-db"');
  await lab.speed("5x faster");
  await deed(lab, "Taken out", "Rule app-to-db").click();
  await expect(lab.inspector).toContainText("It is taken out");
  const missed = lab.inspector.locator("tr", { hasText: "Came while it was out" }).locator("td");
  await expect(missed.first()).not.toHaveText("0.0/s", { timeout: 15_000 });
  await deed(lab, "In place", "Rule app-to-db").click();
  await expect(lab.inspector).toContainText("It is in force");
  // To what it lets in, from there to the firewall and to its last word.
  await lab.inspector.getByRole("button", { name: "app-1 to db-1", exact: true }).click();
  await expect(lab.inspector.locator("h2")).toHaveText("Link app-1 to db-1");
  await lab.inspector.getByRole("button", { name: "More about app-to-db" }).click();
  await expect(lab.inspector.locator("h2")).toHaveText("Rule app-to-db");
  await page.keyboard.press("Escape");
  await expect(part(page, "firewall-db")).toBeFocused();
  await expect(part(page, "firewall-db")).toHaveAttribute("aria-pressed", "false");
  expect(found).toEqual([]);
});

for (const [key, title] of [
  ["firewall-db/app-to-db", "Rule app-to-db"],
  ["firewall-db/default deny", "Rule default deny"],
  ["vrrp-lb-1-lb-2", "lb-1 to lb-2"],
]) {
  test(`a link holds that ${key} is chosen, and axe finds nothing in its panel`, async ({ page }) => {
    const lab = await Lab.open(page, `#run/1/brief;seed=1;at=20s;5s+drop+rule+app-to-db;view=${encodeURIComponent(key)}`);
    await expect(lab.inspector.locator("h2")).toContainText(title);
    await expect(lab.inspector.locator('[data-ask="part"] .actions button').first()).toBeVisible();
    await expect(lab.inspector.locator("[aria-busy]")).toHaveCount(0);
    await page.locator("#open-share").click();
    await expect(page.getByRole("textbox", { name: "Link" })).toHaveValue(/;view=(firewall-db\/|vrrp-lb-1-lb-2)/);
    await page.keyboard.press("Escape");
    const { wrong, checked } = await judged(page);
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(0);
  });
}

test("the heartbeat tells what it loses and how each end stands", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=10s;view=vrrp-lb-1-lb-2");
  const figure = (name: string) => lab.inspector.locator("tr", { hasText: name }).locator("td").first();
  await expect(figure("lb-1 to lb-2, VIP A")).toHaveText("1.0/s sent, 0.0/s lost, 1.0/s heard");
  await expect(figure("lb-2, VIP A")).toHaveText(/^BACKUP, priority 100/);
  await lab.speed("5x faster");
  await deed(lab, "Cut", "VRRP adverts").click();
  await lab.start();
  await expect(figure("lb-1 to lb-2, VIP A")).toHaveText("1.0/s sent, 1.0/s lost, 0.0/s heard", { timeout: 15_000 });
  await expect(figure("lb-2, VIP A")).toHaveText(/^MASTER/);
});

test("an address tells who has it since when, and a split brain", async ({ page }) => {
  const lab = await Lab.open(page);
  await click(page, "vip-vip-a");
  await expect(lab.inspector.locator("h2")).toHaveText("VIP A 203.0.113.10");
  await expect(lab.inspector).toContainText("Owned by lb-1");
  await lab.speed("5x faster");
  await deed(lab, "Cut", "VRRP adverts").click();
  await expect(lab.inspector).toContainText("Split brain: claimed by lb-1 and lb-2", { timeout: 15_000 });
  await expect(lab.inspector).toContainText(/lb-2 took it at 00:0\d/);
  await expect(part(page, "vip-vip-a")).toHaveAccessibleName(/split brain/);
});

test("an uplink is cut where the users are told of", async ({ page }) => {
  const lab = await Lab.open(page);
  await click(page, "users", 4);
  await expect(lab.inspector.locator("h2")).toHaveText("Users");
  await lab.inspector.getByRole("button", { name: /^Broken/ }).first().click();
  await expect(part(page, "users")).toHaveAccessibleName(/main broken/);
});

test("a button that is being pressed is not put in anew while time goes on", async ({ page }) => {
  const lab = await Lab.open(page);
  await click(page, "link-lb-1-app-1");
  const cut = deed(lab, "Cut", "Link lb-1 to app-1");
  await cut.evaluate((button) => Object.assign(button, { isSame: true }));
  await lab.start();
  const shown = lab.inspector.locator("tr", { hasText: "Requests" }).locator("td");
  await expect(shown).not.toHaveText("0.0/s");
  await lab.pass(3);
  expect(await cut.evaluate((button) => (button as unknown as { isSame?: boolean }).isSame)).toBe(true);
  // What is chosen stays so while the drawing changes.
  await expect(part(page, "link-lb-1-app-1")).toHaveAttribute("aria-pressed", "true");
});

for (const key of ["link-lb-1-app-1", "vrrp-lb-1-lb-2", "zone-app", "zone-mgmt", "firewall-app", "vip-vip-b", "users"]) {
  test(`axe finds nothing in the panel of ${key}`, async ({ page }) => {
    const lab = await Lab.open(page, "#run/1/brief;seed=1;at=20s;5s%20link%20lb-1%3Aapp-1%3Acut");
    await part(page, key).focus();
    await page.keyboard.press("Enter");
    await expect(lab.inspector.locator('[data-ask="part"] .actions button').first()).toBeVisible();
    await expect(lab.inspector.locator("[aria-busy]")).toHaveCount(0);
    const { wrong, checked } = await judged(page);
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(0);
  });
}

test.describe("by touch", () => {
  test.use({ hasTouch: true, viewport: { width: 390, height: 844 } });

  test("a link is chosen by a finger beside its line, and cut", async ({ page }) => {
    const lab = await Lab.open(page);
    const { x, y } = await place(page, "link-app-1-db-1", 9);
    await page.touchscreen.tap(x, y);
    await expect(lab.inspector.locator("h2")).toHaveText("Link app-1 to db-1");
    await deed(lab, "Cut", "Link app-1 to db-1").tap();
    await expect(part(page, "link-app-1-db-1")).toHaveAccessibleName(/cut/);
  });
});
