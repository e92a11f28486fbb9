// The lab as a visitor meets it: what can be seen and done, by the names that people see.
import { expect, type Locator, type Page } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const HOSTS = ["lb-1", "lb-2", "web-1", "app-1", "app-2", "db-1"];
export const VIPS = { "VIP A": "203.0.113.10", "VIP B": "203.0.113.11" };
export const ZONES = ["Edge", "Web", "Application", "Database", "Management"];
export const WHAT_IFS = ["app-1-dies", "lb-1-dies", "db-1-dies"];
const BALANCERS = ["lb-1", "lb-2"];

/** A run in which something has happened: app-1 died at 20 s, and it is 50 s. */
export const KILLED = "#run/1/brief;seed=1;at=50s;20s%20kill%20app-1";

/** A clock's face in seconds. */
export const seconds = (face: string) => {
  const [minutes, rest] = face.split(":");
  return Number(minutes) * 60 + Number(rest);
};

/** Everything the browser complains about from now on, refusals of the Content-Security-Policy included. */
export function complaints(page: Page): string[] {
  const found: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) found.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => found.push(String(error)));
  return found;
}

/** The native program. */
export const PROGRAM = fileURLToPath(new URL("../../target/release/foobar-lab", import.meta.url));

/** What the command line reports for these arguments. */
export function natively(...args: string[]) {
  return JSON.parse(execFileSync(PROGRAM, [...args, "--format", "json"], { encoding: "utf8", maxBuffer: 1 << 28 }));
}

export class Lab {
  readonly page: Page;
  readonly play: Locator;
  readonly inspector: Locator;

  constructor(page: Page) {
    this.page = page;
    this.play = page.locator("#play");
    this.inspector = page.locator("#inspector");
  }

  /** Opens the lab, or what the fragment names, and waits until it lives. */
  static async open(page: Page, fragment = ""): Promise<Lab> {
    await page.goto(`./${fragment}`);
    await expect(page.locator("#boot-status")).toHaveCount(0); // boot.js removes it when the app has started
    await page.waitForFunction(() => document.querySelector<HTMLLinkElement>('link[href="./desk.css"]')?.sheet); // the rest of the style
    await expect(page.locator('button.host[data-state]:not([data-state=""])').first()).toBeAttached(); // and its words are shown
    return new Lab(page);
  }

  /** The button over a machine in the drawing. */
  host(name: string): Locator {
    return this.page.locator(`button.host[data-host="${name}"]`);
  }

  /** A button of the panel beside the drawing. */
  action(action: "kill" | "slow" | "restore", name: string): Locator {
    return this.inspector.locator(`[data-do="${action}"][data-on="${name}"]`);
  }

  /** A line of the text view: who owns a virtual address. */
  owner(vip: string): Locator {
    return this.page.locator("#text-view .vips li", { hasText: vip });
  }

  /** Kill, slow or restore a machine, by mouse, in the panel beside the drawing. */
  async act(action: "kill" | "slow" | "restore", name: string) {
    const host = this.host(name);
    if ((await host.getAttribute("aria-pressed")) !== "true") await host.click();
    await this.action(action, name).click();
  }

  /** Kills a machine by mouse. */
  async kill(name: string) {
    await this.act("kill", name);
    await expect(this.host(name)).toHaveAttribute("data-state", "DOWN");
  }

  async speed(name: string) {
    const select = this.page.locator("#speed");
    if (await select.isVisible()) return void (await select.selectOption({ label: name }));
    // Before anything has happened there is the key alone.
    const steps = await select.evaluate(({ options, selectedIndex }: HTMLSelectElement, name) => [...options].findIndex(({ label }) => label === name) - selectedIndex, name);
    for (let step = 0; step < Math.abs(steps); step += 1) await this.page.keyboard.press(steps > 0 ? ">" : "<");
  }

  /** Shows a section that stands below the lab. */
  async show(section: "balancing" | "network" | "workbench" | "text") {
    const tab = this.page.locator(`#tabs label:has(#to-${section})`);
    if (await tab.isVisible()) await tab.click();
  }

  /** Looks at each of the sections below the lab: one after the other on a phone, all at once elsewhere. */
  async eachSection(look: () => Promise<void>) {
    const tabs = (await this.page.locator("dialog[open]").count()) ? [] : await this.page.locator("#tabs label").filter({ visible: true }).all();
    if (!tabs.length) await look();
    for (const tab of tabs) {
      await tab.click();
      await look();
    }
  }

  /** Starts, if it stands. What a deed did is seen in the drawing first, and two frames later the button says whether time passes. */
  async start() {
    await this.frames(3);
    if ((await this.play.textContent()) === "Play") await this.play.click();
    await expect(this.play).toHaveText("Pause");
  }

  async pause() {
    await this.frames(3);
    if ((await this.play.textContent()) === "Pause") await this.play.click();
    await expect(this.play).toHaveText("Play");
  }

  async step(times: number) {
    for (let done = 0; done < times; done += 1) await this.page.locator("#step").click();
  }

  /** The simulated time, in seconds. */
  async clock(): Promise<number> {
    return seconds((await this.page.locator("#clock").textContent()) ?? "");
  }

  /** Waits until so much simulated time has passed. */
  async reach(time: number) {
    await expect.poll(() => this.clock(), { timeout: 20_000 }).toBeGreaterThanOrEqual(time);
  }

  /** Waits until so much more simulated time has passed. */
  async pass(time: number) {
    await this.reach((await this.clock()) + time);
  }

  /** Lets the browser paint so many frames. */
  async frames(count: number) {
    await this.page.evaluate(
      (count) =>
        new Promise<void>((done) => {
          const next = (left: number) => (left ? requestAnimationFrame(() => next(left - 1)) : done());
          next(count);
        }),
      count,
    );
  }

  /** Requests sent, answered, failed and under way. */
  async totals() {
    const text = (await this.page.locator("#totals").textContent()) ?? "";
    const [issued, ok, failed, inFlight] = [...text.matchAll(/\d+/g)].map(Number);
    return { issued, ok, failed, inFlight };
  }

  /** What the drawing writes on a machine's card. */
  drawn(host: string, text: string): Locator {
    const title = this.page.locator("title", { hasText: new RegExp(`^${host}, `) });
    return this.page.locator("#stage svg g.host").filter({ has: title }).locator("text", { hasText: text });
  }

  /** A link of the drawing. */
  link(from: string, to: string): Locator {
    const title = this.page.locator("title", { hasText: new RegExp(`^${from} to ${to}, `) });
    return this.page.locator("#stage svg g.wire").filter({ has: title });
  }

  /** A section of HAProxy's configuration: a backend's name, or `defaults`. */
  section(name: string): Locator {
    return this.page.locator(`#section-${name}`);
  }

  private async unfold(details: Locator) {
    if ((await details.getAttribute("open")) === null) await details.locator("summary").click();
  }

  /** Opens a section; the control of one of its directives. */
  async knob(section: string, directive = ""): Promise<Locator> {
    await this.unfold(this.section(section));
    return this.section(section).locator(`[data-value-of="${section}/${directive}"]`);
  }

  /** What a control shows. */
  async chosen(field: Locator): Promise<string> {
    return field.evaluate((field: HTMLSelectElement | HTMLInputElement) =>
      field instanceof HTMLSelectElement ? (field.selectedOptions[0]?.textContent ?? "") : field.value,
    );
  }

  /** Gives a field another value, as a person does: a choice is chosen, a figure is typed. */
  async enter(field: Locator, value: string) {
    if (await field.evaluate((field) => field instanceof HTMLSelectElement)) {
      await field.selectOption({ label: value });
    } else {
      await field.fill(value);
      await field.press("Enter");
    }
  }

  /** Gives a directive another value. */
  async turn(section: string, directive: string, value: string) {
    await this.enter(await this.knob(section, directive), value);
  }

  /** A command to a server at both balancers. */
  order(server: string, verb: "ready" | "drain" | "maint" | "lighter" | "heavier"): Locator {
    return this.page.locator(`[data-do="order"][data-on="${server}/${verb}"]`);
  }

  /** Opens a balancer's statistics page. */
  async statistics(balancer: string): Promise<Locator> {
    const details = this.page.locator(`details[data-ask="statistics"][data-about="${balancer}"]`);
    await this.unfold(details);
    await expect(details.locator(".scroll")).not.toBeEmpty();
    return details.locator(".scroll");
  }

  /** A server's line in the table, as a balancer sees it. */
  server(balancer: string, server: string): Locator {
    return this.page.locator(`tr[data-server="${balancer}/${server === "web-1" ? "static" : "app"}/${server}"]`);
  }

  /** A server's status as each balancer sees it. */
  async statuses(server: string) {
    return Promise.all(BALANCERS.map((balancer) => this.server(balancer, server).locator(".status").textContent()));
  }

  /** Waits until both balancers see a server so. */
  async seen(server: string, status: string) {
    await expect.poll(() => this.statuses(server), { timeout: 20_000 }).toEqual([status, status]);
  }

  /** The sessions a server was given so far, by both balancers. */
  async sessions(server: string): Promise<number> {
    const cells = BALANCERS.map((balancer) => this.server(balancer, server).locator(".sessions").textContent());
    return (await Promise.all(cells)).reduce((sum, cell) => sum + Number(cell), 0);
  }

  /** The event log, the newest first: when, and what. */
  async log() {
    return this.page.locator("#event-log > ol > li").evaluateAll((lines) =>
      lines.map((line) => {
        const words = line.querySelector(":scope > span")?.cloneNode(true) as Element;
        words.querySelector("details")?.remove();
        return { at: line.querySelector("time")?.textContent ?? "", text: words.textContent ?? "" };
      }),
    );
  }

  /** Saves one of the two files and returns what is in it. */
  async save(file: "svg" | "markdown", author = "", asItStands = false): Promise<string> {
    await this.page.locator("#open-save").click();
    await this.page.locator("#author").fill(author);
    await this.page.locator("#as-it-stands").setChecked(asItStands);
    const [download] = await Promise.all([
      this.page.waitForEvent("download"),
      this.page.locator(`#save-${file}`).click(),
    ]);
    await this.page.locator("#close-save").click();
    expect(download.suggestedFilename()).toBe(file === "svg" ? "diagram.svg" : "submission.md");
    return readFileSync(await download.path(), "utf8");
  }

  /** The digest of the run so far, from the saved evidence. */
  async hash(): Promise<string> {
    const digest = /digest of every fact and outcome is ([0-9a-f]{8,})/.exec(await this.save("markdown"));
    expect(digest, "the submission names the run's digest").not.toBeNull();
    return digest![1];
  }

  /** Locks a prediction in the open what-if. */
  async predict(failed: string) {
    await this.page.locator("#predicted-failures").fill(failed);
    await this.page.locator("#lock").click();
  }

  /** Goes to a machine of the drawing, which is one stop for Tab, and on by arrows, each towards it. */
  async walkTo(name: string) {
    await this.tabTo(this.page.locator('button.host[tabindex="0"]'));
    const target = this.host(name);
    const focused = () => this.page.evaluate(() => document.activeElement?.getAttribute("data-host"));
    for (let pressed = 0; pressed < 20; pressed += 1) {
      if ((await focused()) === name) return;
      const [dx, dy] = await target.evaluate((element) => {
        const middle = (of: Element) => {
          const { x, y, width, height } = of.getBoundingClientRect();
          return [x + width / 2, y + height / 2];
        };
        const [to, from] = [middle(element), middle(document.activeElement!)];
        return [to[0] - from[0], to[1] - from[1]];
      });
      const keys = [dx > 0 ? "ArrowRight" : "ArrowLeft", dy > 0 ? "ArrowDown" : "ArrowUp"];
      if (Math.abs(dy) > Math.abs(dx)) keys.reverse();
      const before = await focused();
      for (const key of keys) {
        await this.page.keyboard.press(key);
        if ((await focused()) !== before) break;
      }
    }
    throw new Error(`arrows never reach ${name}`);
  }

  /** Presses Tab until the element has the focus, as a person without a mouse does. */
  async tabTo(target: Locator) {
    const name = await target.evaluate((element) => element.outerHTML.slice(0, 80));
    for (let pressed = 0; pressed < 120; pressed += 1) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`120 Tabs never reach ${name}`);
  }
}

/** app-1 dead for a while, seen by both balancers, and the time stopped. */
export async function failed(page: Page): Promise<Lab> {
  const lab = await Lab.open(page);
  await lab.start();
  await lab.reach(0.5);
  await lab.speed("20x faster");
  await lab.kill("app-1");
  await expect(page.locator("#event-log")).toContainText("lb-1 marks app-1 DOWN");
  await expect(page.locator("#event-log")).toContainText("lb-2 marks app-1 DOWN");
  await lab.pause();
  return lab;
}

/** What of this kind is marked on the timeline. */
export const marks = (page: Page, kind: string) => page.locator(`#timeline svg .${kind}`);
