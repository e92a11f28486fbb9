// Every infrastructure of the exercise's ladder on the stage, and what can go wrong with its parts.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { complaints, Lab } from "./lab.ts";

const LADDER: Record<string, { hosts: string[]; victim: string }> = {
  simple: { hosts: ["server-1"], victim: "server-1" },
  distributed: { hosts: ["lb-1", "server-1", "server-2"], victim: "server-2" },
  secured: { hosts: ["lb-1", "server-1", "server-2"], victim: "server-1" },
  literal: { hosts: ["lb-1", "lb-2", "web-1", "app-1", "db-1"], victim: "web-1" },
  extended: { hosts: ["lb-1", "lb-2", "web-1", "web-2", "app-1", "app-2", "db-1", "db-2"], victim: "db-1" },
};

for (const [preset, { hosts, victim }] of Object.entries(LADDER)) {
  test(`${preset} stands on the stage, loses ${victim} and can be read without the drawing`, async ({ page }) => {
    const found = complaints(page);
    const lab = await Lab.open(page);
    await page.getByRole("combobox", { name: "Infrastructure" }).selectOption(preset);
    await expect(page.locator("button.host")).toHaveCount(hosts.length);
    for (const host of hosts) {
      await expect(lab.host(host)).toHaveAccessibleName(/, UP(, |$)/);
      await expect(page.locator(`#text-view li[data-host="${host}"]`)).toContainText(host);
    }
    await lab.speed("20x faster");
    await lab.kill(victim);
    await expect(lab.host(victim)).toHaveAccessibleName(/DOWN$/);
    await lab.reach(15);
    await lab.pause();
    await expect(page.locator("#totals")).toContainText(/[1-9]\d* failed/);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((one) => `${one.id}: ${one.nodes[0].html}`)).toEqual([]);
    expect(found).toEqual([]);
  });
}

test("a service can go wrong in every way that is offered, is said to, and is cured by restoring it", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.host("db-1").click();
  const choice = lab.inspector.getByRole("combobox", { name: "What goes wrong with db-1/mysql" });
  await choice.selectOption({ label: "has a lock that writes wait for" });
  await expect(page.locator("#event-log")).toContainText("db-1/mysql has a lock that every write waits for");
  await expect(choice).toHaveValue(""); // ready for the next
  await choice.selectOption({ label: "hangs" });
  await expect(page.locator("#event-log")).toContainText("db-1/mysql hangs");
  await page.locator("#undo").click();
  await expect(page.locator("#notice")).toContainText("Undone: make mysql on db-1 hang");
});

test("a rule taken out of the firewall stops what it let through, and the request says which", async ({ page }) => {
  const lab = await Lab.open(page);
  const rules = page.locator("#network h3", { hasText: "Firewall rules" }).locator("..");
  const rule = rules.getByRole("combobox").filter({ hasText: "taken out" });
  const names = await rules.locator("li span").allTextContents();
  const index = names.findIndex((name) => /app/i.test(name));
  await rule.nth(index).selectOption({ label: "taken out" });
  await expect(page.locator("#event-log")).toContainText(`Firewall: rule ${names[index]} is taken out.`);
  await lab.speed("5x faster");
  await lab.reach(8);
  await lab.pause();
  await expect(page.locator("#totals")).toContainText(/[1-9]\d* failed/);
  // The first to fail, while the servers were still thought to be UP.
  await page.locator("#event-log details.why").last().click();
  await expect(page.locator("#event-log details.why").last()).toContainText(/firewall|rule/i);
  await page.locator("#undo").click();
  await expect(rule.nth(index)).toHaveValue(/^restore rule/);
});

test("a link between two machines is cut, and the other balancer goes on", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.speed("5x faster");
  await page.getByRole("combobox", { name: "lb-1 → app-1, HTTP 8000" }).selectOption({ label: "cut" });
  await expect(page.locator("#event-log")).toContainText("lb-1 marks app-1 DOWN");
  await expect(page.locator("#event-log")).not.toContainText("lb-2 marks app-1 DOWN");
  await lab.pause();
});

test("users send as many requests as they are asked to", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.speed("20x faster");
  await lab.play.click();
  await lab.reach(5);
  const rate = page.getByRole("combobox", { name: "Users send" });
  await rate.selectOption("100 requests/s");
  await expect(page.locator("#notice")).toContainText("Rebuilt: users send 100 requests/s. The run began anew; Undo takes it back.");
  await expect(lab.play, "time goes on").toHaveText("Pause");
  expect(await lab.clock(), "where it was").toBeGreaterThanOrEqual(5);
  await lab.reach(12);
  await lab.pause();
  const perSecond = Number(await page.locator("#requests-per-s").textContent());
  expect(perSecond).toBeGreaterThan(80);
  expect(perSecond).toBeLessThan(120);
  await expect(page.locator("#undo")).toHaveAccessibleName("Undo: 100 requests/s instead of 20");
  await page.locator("#undo").click();
  await expect(rate).toHaveValue("20");
  expect(await lab.clock()).toBeGreaterThanOrEqual(12);
});
