// What stands there is made otherwise, and taken back: machines, firewall rules, directives, presets, the rate of requests.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { complaints, KILLED, Lab } from "./lab.ts";

test("what stands there is built otherwise: a server is added, takes its turn, and is taken back", async ({ page }) => {
  const lab = await Lab.open(page, KILLED);
  await page.locator("#build > summary").click();
  await page.getByRole("button", { name: "Add an application server" }).click();
  await expect(lab.host("app-3")).toHaveAccessibleName(/^app-3, .*, UP, receives from lb-1, lb-2$/);
  await expect(page.locator("#clock")).toHaveText("00:50.000");
  await expect(lab.host("app-1")).toHaveAccessibleName(/DOWN$/);
  const chosen = page.locator("#preset option:checked");
  await expect(chosen).toHaveText("3. Scale up, active-active, edited");
  await page.locator("#undo").click();
  await expect(lab.host("app-3")).toHaveCount(0);
  await expect(chosen).toHaveText("3. Scale up, active-active");
  await expect(lab.host("app-1")).toHaveAccessibleName(/DOWN$/);
  await page.locator("#redo").click();
  await expect(lab.host("app-3")).toHaveCount(1);
  await lab.host("app-3").click();
  await page.locator("#inspector [data-ask=sizes] > summary").click();
  const cores = lab.inspector.getByLabel("cores", { exact: false }).first();
  await expect(cores).toHaveAccessibleDescription(/workers compute at the same time.*\(1 to 64 cores; no default/);
  await lab.enter(cores, "3");
  await expect(page.locator("#notice")).toContainText("Rebuilt: app-3, cores: 3.");
  await expect(cores).toHaveValue("3");
  await lab.enter(cores, "65");
  await expect(lab.inspector.getByRole("alert").filter({ hasText: "65 is not possible here. Possible: 1 to 64 cores" })).toBeVisible();
  await expect(cores).toHaveValue("3");
  const slower = lab.inspector.getByLabel("Times slower");
  await lab.enter(slower, "2.5");
  await expect(lab.inspector.locator(".reading")).toContainText("2.5 times slower");
  await page.locator("#undo").click();
  await expect(slower).toHaveValue("1");
});

test("a rule that blocks the web server's way to the application is put in, named where it drops, and taken back", async ({ page }) => {
  const found = complaints(page);
  const lab = await Lab.open(page, "#run/1/literal;seed=1;at=30s");
  expect((await lab.totals()).failed).toBe(0);
  await page.locator("#firewall > summary").click();
  const rules = page.locator("#firewall .things li");
  await expect(rules.nth(2)).toContainText("3. web-to-app: allow TCP 8000 from zone web to zone app");
  const form = page.locator("#firewall form");
  const put = form.getByRole("button", { name: "Put the rule in" });
  await form.locator("[name=from]").selectOption({ label: "zone web" });
  await form.locator("[name=to]").selectOption({ label: "zone app" });
  await form.locator("[name=ports]").fill("80000");
  const ports = form.locator("[name=ports]");
  const isValid = () => ports.evaluate((field: HTMLInputElement) => field.checkValidity());
  await put.click();
  await expect(ports, "to be put right").toHaveValue("80000");
  await expect(ports, "where the browser says what is wrong").toBeFocused();
  for (const wrong of ["", "80000", "65536", "0", "80,", "80:1", "any"]) {
    await ports.fill(wrong);
    expect(await isValid(), wrong).toBe(false);
  }
  for (const right of ["1", "65535", "80, 443", "080"]) {
    await ports.fill(right);
    expect(await isValid(), right).toBe(true);
  }
  await ports.fill("8000");
  await put.click();
  await expect(rules.first()).toContainText("1. deny-web-to-app: deny TCP 8000 from zone web to zone app");
  await expect(page.locator("#clock")).toHaveText("00:30.000");
  await expect.poll(async () => (await lab.totals()).failed).toBeGreaterThan(20);
  const why = page.locator("#event-log details.why").first();
  await why.locator("summary").click();
  await expect(why).toContainText("the firewall drops what web-1 sends to app-1 (deny-web-to-app)");
  await page.locator("#undo").click();
  await expect(rules.first()).toContainText("users-to-edge");
  await expect.poll(async () => (await lab.totals()).failed).toBe(0);
  await rules.nth(2).getByRole("button", { name: "Take out web-to-app" }).click();
  await expect(rules.filter({ hasText: "web-to-app" })).toHaveCount(0);
  await expect.poll(async () => (await lab.totals()).failed).toBeGreaterThan(20);
  expect(found).toEqual([]);
});

test("a directive of MySQL is given another value, with its range and what it means, and taken back", async ({ page }) => {
  const lab = await Lab.open(page, KILLED);
  await lab.host("db-1").click();
  await page.locator("#inspector [data-ask=settings] > summary").click();
  const connections = page.locator("#mysql-max_connections");
  await expect(connections).toHaveValue("151");
  await expect(connections).toHaveAccessibleName(/^max_connections/);
  await expect(connections).toHaveAccessibleDescription(/error 1040.*1 to 100000 connections; default 151/);
  await connections.fill("300");
  await connections.press("Enter");
  await expect(page.locator("#notice")).toContainText("Rebuilt: db-1, max_connections: 300. The run began anew; Undo takes it back.");
  await expect(connections).toHaveValue("300");
  await expect(page.locator("#clock")).toHaveText("00:50.000");
  await expect(lab.host("app-1")).toHaveAccessibleName(/DOWN$/);
  await connections.fill("0");
  await connections.press("Enter");
  const refused = page.locator("#mysql-max_connections-refused");
  await expect(refused).toHaveText("Not changed: 0 is not possible here. Possible: 1 to 100000.");
  await expect(refused).toHaveRole("alert");
  await expect(refused).toBeInViewport();
  await expect(connections).toHaveAccessibleDescription(/Not changed: 0/);
  await expect(connections, "what is in force").toHaveValue("300");
  await connections.fill("400");
  await connections.press("Enter");
  await expect(connections).toHaveAttribute("data-held", "400");
  await expect(refused).toBeEmpty();
  await page.locator("#undo").click();
  await expect(connections).toHaveValue("300");
  await page.locator("#undo").click();
  await expect(connections).toHaveValue("151");
});

test("keepalived of a balancer is set otherwise: what contradicts itself is refused at its field", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=5s");
  await lab.host("lb-1").click();
  await page.locator("#inspector [data-ask=settings] > summary").click();
  const priority = page.locator("#keepalived-priority");
  await expect(priority).toHaveValue("101");
  await expect(priority).toHaveAccessibleName(/^priority of VIP A/);
  await expect(page.locator("#keepalived-priority_2")).toHaveAccessibleName(/^priority of VIP B/);
  const weight = page.locator("#keepalived-weight");
  await expect(weight).toHaveAccessibleDescription(/-253 to 253 points; default 0/);
  await weight.fill("-60");
  await weight.press("Enter");
  await expect(page.locator("#notice")).toContainText("Rebuilt: lb-1, weight (vrrp_script): -60.");
  await expect(weight).toHaveValue("-60");
  await page.locator("#keepalived-nopreempt").selectOption("on");
  await expect(page.locator("#notice")).toContainText("Rebuilt: lb-1, nopreempt: on.");
  const delay = page.locator("#keepalived-preempt_delay");
  await delay.fill("5");
  await delay.press("Enter");
  await expect(page.locator("#keepalived-preempt_delay-refused")).toHaveText("Not changed: 5s is not possible here. Possible: 0s beside nopreempt.");
  await expect(delay).toHaveValue("0");
  const advert = page.locator("#keepalived-advert_int");
  await expect(advert).toHaveAttribute("step", "1000");
  await expect(advert).toHaveAccessibleDescription(/1000 to 255000 ms in whole seconds; default 1000/);
  await advert.fill("1500");
  await advert.press("Enter");
  await expect(page.locator("#keepalived-advert_int-refused")).toContainText("Possible: 1s to 255s in whole seconds (version 2).");
  await expect(advert).toHaveValue("1000");
  const wide = await page.locator("#inspector .setting").evaluateAll((all) => all.filter((own) => own.scrollWidth > own.clientWidth).map((own) => own.textContent));
  expect(wide, "wider than the panel").toEqual([]);
});

test("what has no effect says what it needs; a backup server and the network are set, and what contradicts itself is refused", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=5s");
  await lab.host("lb-1").click();
  await page.locator("#inspector [data-ask=settings] > summary").click();
  await expect(page.locator("#inspector li", { hasText: "maxqueue" })).toHaveText("maxqueue: needs a maxconn of the servers");
  await page.locator("#haproxy-maxconn").fill("100");
  await page.locator("#haproxy-maxconn").press("Enter");
  await expect(page.locator("#haproxy-maxqueue")).toHaveValue("0");
  await lab.host("app-2").click();
  await page.locator("#inspector [data-ask=settings] > summary").click();
  await page.locator("#server-backup").selectOption("on");
  await expect(page.locator("#notice")).toContainText("Rebuilt: app-2, backup (server): on.");
  await lab.host("app-1").click();
  await page.locator("#inspector [data-ask=settings] > summary").click();
  await page.locator("#server-backup").selectOption("on");
  await expect(page.locator("#server-backup-refused")).toHaveText(
    "Not changed: every server of backend app a backup, or of weight 0 is not possible here. Possible: at least one that is neither.",
  );
  await page.locator("#build > summary").click();
  const inside = page.locator("#network-lan_latency");
  await expect(inside).toHaveValue("200");
  await inside.fill("5000");
  await inside.press("Enter");
  await expect(page.locator("#notice")).toContainText("Rebuilt: site, way inside: 5000.");
  await expect(inside).toHaveValue("5000");
  const { violations } = await new AxeBuilder({ page }).include("#build").analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
});

test("a rule for anything has no ports, whatever was typed there", async ({ page }) => {
  await Lab.open(page, "#run/1/brief;seed=1;at=1s");
  await page.locator("#firewall > summary").click();
  const form = page.locator("#firewall form");
  const ports = form.locator("[name=ports]");
  await ports.fill("443");
  await form.locator("[name=protocol]").selectOption({ label: "anything (no ports)" });
  await expect(ports).toBeDisabled();
  await form.locator("[name=protocol]").selectOption({ label: "TCP" });
  await expect(ports).toBeEnabled();
  await form.locator("[name=protocol]").selectOption({ label: "anything (no ports)" });
  await form.getByRole("button", { name: "Put the rule in" }).press("Enter");
  await expect(page.locator("#firewall .things li").first()).toContainText(/^1\. deny-internet-to-edge: deny \w+ from/);
  await expect(page.locator("#put-rule"), "the keyboard stays where it was").toBeFocused();
});

test("a refused rule is told below the form in plain words, at the field that is wrong", async ({ page }) => {
  await Lab.open(page, "#run/1/brief;seed=1;at=1s");
  await page.locator("#firewall > summary").click();
  const form = page.locator("#firewall form");
  const refused = form.locator("[role=alert]");
  await form.locator("[name=from]").selectOption({ label: "zone app" });
  await form.locator("[name=to]").selectOption({ label: "zone app" });
  await form.locator("[name=ports]").fill("8000");
  await form.getByRole("button", { name: "Put the rule in" }).click();
  await expect(refused).toHaveText("The rule is not put in: needed is another zone than that of \u201cFrom\u201d: no border lies within a zone.");
  const to = form.locator("[name=to]");
  await expect(to).toHaveAttribute("aria-invalid", "true");
  await expect(to).toHaveAccessibleDescription(/another zone/);
  await expect(page.locator("#notice")).not.toContainText("zone");
  const { violations } = await new AxeBuilder({ page }).include("#firewall").analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await to.selectOption({ label: "zone db" });
  await form.getByRole("button", { name: "Put the rule in" }).click();
  await expect(page.locator("#firewall .things li").first()).toContainText("deny-app-to-db");
  await expect(page.locator("#firewall [aria-invalid]")).toHaveCount(0);
  await expect(refused).toBeEmpty();
});

test("the keyboard stays where it was when what stands there is built otherwise", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;at=1s");
  await page.locator("#build > summary").click();
  const add = page.getByRole("button", { name: "Add an application server", exact: true });
  await add.press("Enter");
  await expect(lab.host("app-3")).toHaveCount(1);
  await expect(page.locator("#build")).not.toHaveAttribute("aria-busy");
  await expect(page.getByRole("button", { name: "Remove app-3", exact: true })).toBeVisible();
  await expect(add).toBeFocused();
  await page.getByRole("button", { name: "Remove app-3", exact: true }).press("Enter");
  await expect(page.getByRole("button", { name: "Remove app-3", exact: true })).toHaveCount(0);
  await expect(page.locator("#build .answer"), "the keyboard is there, but at no other deed").toBeFocused();
  await page.locator("#firewall > summary").click();
  const rules = page.locator("#firewall .things button");
  await expect(rules.first()).toBeVisible();
  const [first, second] = await rules.allTextContents();
  await rules.first().press("Enter");
  await expect(page.locator("#firewall .things")).not.toContainText(first.replace("Take out ", ""));
  await expect(rules.first()).toHaveText(second);
  await expect(page.locator("#firewall .answer")).toBeFocused();
  await expect(page.locator("#notice")).toContainText(`Rebuilt: ${first}.`);
});

test("a preset or a rate that was chosen can be taken back", async ({ page }) => {
  const lab = await Lab.open(page, KILLED);
  await page.locator("#preset").selectOption("simple");
  await expect(lab.host("app-1")).toHaveCount(0);
  await expect(page.locator("#notice")).toContainText("Another infrastructure: its run begins anew");
  await page.locator("#undo").click();
  await expect(lab.host("app-1")).toHaveAccessibleName(/DOWN$/);
  await expect(page.locator("#clock")).toHaveText("00:50.000");
  await expect(page.locator("#preset")).toHaveValue("brief");
  await page.locator("#rate").selectOption("50");
  await expect(page.locator("#clock"), "a rate leaves the run where it was").toHaveText("00:50.000");
  await expect(lab.host("app-1")).toHaveAccessibleName(/DOWN$/);
  await expect(lab.play).toHaveText("Play");
  await page.locator("#undo").click();
  await expect(page.locator("#rate")).toHaveValue("20");
});
