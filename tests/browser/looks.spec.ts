// What the lab looks like, compared with the pictures in looks/. After a change that is meant to be seen: `make looks`, and look at what is new.
import { expect, test } from "@playwright/test";
import { Lab } from "./lab.ts";

const STATES = {
  rest: "",
  // Three seconds after a balancer and an application server died: one address has moved, one server is not known to be dead yet.
  failure: "#run/1/brief;seed=1;at=23s;18s+kill+lb-1;20s+kill+app-1",
};
const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 900 },
  { width: 360, height: 740 },
];

for (const theme of ["light", "dark", "projector"]) {
  for (const size of SIZES) {
    test(`looks as it should in ${theme}, ${size.width} px wide`, async ({ page }) => {
      await page.setViewportSize(size);
      await page.addInitScript((theme) => localStorage.setItem("foobar-lab/theme", theme), theme);
      for (const [state, link] of Object.entries(STATES)) {
        const lab = await Lab.open(page, link);
        await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
        if (link) await expect(page.locator("#clock")).toHaveText("00:23.000");
        await lab.frames(2);
        await expect.soft(page).toHaveScreenshot(`${state}-${size.width}-${theme}.png`);
      }
    });
  }
}
