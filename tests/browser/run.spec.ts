// A run is a value: the same here and on the command line, and it can be paused, begun again and taken back.
import { expect, test } from "@playwright/test";
import { Lab, natively } from "./lab.ts";

test("this browser and the command line come to the same hashes", async ({ page }) => {
  await Lab.open(page, "#check");
  const rows = page.locator("#check tbody tr");
  await expect(rows).toHaveCount(20);
  const hashes = [];
  for (const row of await rows.all()) {
    const command = (await row.locator(".command").textContent())!;
    const [program, ...args] = command.match(/"[^"]*"|[^" ]+/g)!.map((word) => word.replaceAll('"', ""));
    expect(program).toBe("foobar-lab");
    const hash = await row.locator(".hash").textContent();
    expect(hash, args.join(" ")).toBe(natively(...args).hash);
    hashes.push(hash);
  }
  expect(new Set(hashes).size).toBe(20);
  await expect(page.locator("#check .verdict")).toHaveText(/^20 runs were made here, each the same to the last bit as in the native program\./);
});

test.describe("before the lab is kept for the next visit", () => {
  test.use({ serviceWorkers: "block" });

  test("the self-check says which run came to something else, and when there is nothing to compare with", async ({ page }) => {
    await page.route("**/self-check.txt", async (route) => {
      const response = await route.fetch();
      const hashes = (await response.text()).split("\n");
      expect(hashes).toHaveLength(20);
      hashes[6] = hashes[7];
      await route.fulfill({ response, body: hashes.join("\n") });
    });
    await Lab.open(page, "#check");
    const verdict = page.locator("#check .verdict");
    await expect(verdict).toHaveText(/not all are the same as in the native program\. These differ: 7\.$/);
    await page.unrouteAll();
    await page.route("**/self-check.txt", (route) => route.abort());
    await page.reload();
    await expect(verdict).toHaveText(/compared with nothing\.$/);
  });
});

test("pause stops the clock, and the space bar goes on", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.start();
  await lab.reach(0.3);
  await lab.pause();
  const clock = await lab.clock();
  await lab.frames(40);
  expect(await lab.clock()).toBe(clock);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("Space");
  await lab.reach(clock + 0.2);
  await page.keyboard.press("Space");
  await expect(lab.play).toHaveText("Play");
});

test("every request is answered, failed or on its way, at every step", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.kill("web-1");
  await lab.pause();
  for (let look = 0; look < 20; look += 1) {
    await lab.step(1);
    const { issued, ok, failed, inFlight } = await lab.totals();
    expect(issued).toBe(ok + failed + inFlight);
  }
});

test("restart brings the same users: the same steps end in the same hash", async ({ page }) => {
  const lab = await Lab.open(page);
  const restart = page.locator("#restart");
  const visit = async () => {
    await lab.step(40);
    return { clock: await lab.clock(), totals: await lab.totals(), hash: await lab.hash() };
  };
  // "Step" comes with the first thing that is done.
  await lab.start();
  await lab.pause();
  await restart.click();
  const first = await visit();
  expect(first.totals.issued).toBeGreaterThan(0);
  await lab.kill("app-1");
  await lab.start();
  await lab.reach(first.clock + 1);
  await restart.click();
  await expect(page.locator("#clock")).toHaveText("00:00.000");
  await expect(lab.host("app-1")).toHaveAttribute("data-state", "UP");
  expect(await visit()).toEqual(first);
});

test("a pause stays whatever is done, so that two things fail at one instant; the first deed of a fresh run starts time", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.kill("web-1");
  await expect(lab.play).toHaveText("Pause");
  await lab.reach(0.5);
  await lab.pause();
  const clock = await page.locator("#clock").textContent();
  await lab.kill("app-1");
  await lab.order("app/app-2", "drain").click();
  await lab.act("restore", "app-1");
  await lab.kill("db-1");
  await lab.frames(20);
  await expect(lab.play).toHaveText("Play");
  await expect(page.locator("#clock")).toHaveText(clock!);
});

test("every step is seen, also within a millisecond", async ({ page }) => {
  const lab = await Lab.open(page);
  await lab.start();
  await lab.reach(0.5);
  await lab.pause();
  const seen = new Set<string>();
  for (let steps = 0; steps < 30; steps += 1) {
    await lab.step(1);
    seen.add(`${await page.locator("#clock").textContent()} ${await page.locator("#within").textContent()}`);
  }
  expect(seen.size).toBe(30);
});

test("undo takes a kill back as if it had never been", async ({ page }) => {
  const lab = await Lab.open(page);
  await expect(page.locator("#undo")).toBeHidden();
  await lab.start();
  await lab.reach(0.5);
  await lab.pause();
  const before = { clock: await lab.clock(), totals: await lab.totals(), hash: await lab.hash() };
  await lab.kill("app-1");
  await lab.pause();
  await page.locator("#undo").click();
  await expect(lab.host("app-1")).toHaveAttribute("data-state", "UP");
  await expect(page.locator("#notice")).toContainText("Undone: kill app-1.");
  await expect(page.locator("#undo")).toBeHidden();
  expect((await lab.log()).map((line) => line.text)).not.toContain("app-1 lost power.");
  const { clock } = before;
  const command = /^foobar-lab (simulate.*)$/m.exec(await lab.save("markdown"));
  expect(command![1]).not.toContain("--kill");
  expect(natively(...command![1].split(" ")).hash).toBe(await lab.hash());
  expect(await lab.clock()).toBeGreaterThanOrEqual(clock);
});

test("faster than real time no single request is drawn, and the links tell their rates and errors", async ({ page }) => {
  const lab = await Lab.open(page, "#run/1/brief;seed=1;rate=200;at=22s;20s%20kill%20app-1");
  await expect(page.locator("#drawn")).toBeHidden();
  await lab.speed("20x faster");
  await lab.start();
  await expect(page.locator("#drawn")).toHaveText("rates only");
  const painted = () =>
    page.locator("#stage canvas").evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return data.some((part, index) => index % 4 === 3 && part > 0);
    });
  // Both balancers fail what they send to app-1 until they have found out.
  const link = page.locator('#stage [data-on="link-users-lb-1"]');
  await expect(link).toHaveAttribute("aria-label", /, \d+\/s, \d+ % errors/, { timeout: 20_000 });
  await expect(link.locator(".failing")).toHaveCount(1);
  await expect(page.locator("#stage svg text").filter({ hasText: /^\d+\/s/ })).not.toHaveCount(0);
  for (let look = 0; look < 5; look += 1) {
    await lab.frames(3);
    expect(await painted()).toBe(false);
  }
  await lab.speed("real time");
  await expect(page.locator("#drawn")).toBeHidden();
});
