// The views of the lab, each as a person gets to it: tests that look at every view walk this list.
import { expect, type Page } from "@playwright/test";
import { Lab } from "./lab.ts";

export const VIEWS: Record<string, (page: Page) => Promise<Lab>> = {
  "the lab at rest": (page) => Lab.open(page),
  "the lab with a machine chosen": async (page) => {
    const lab = await Lab.open(page);
    await lab.host("app-1").click();
    await expect(lab.inspector.locator(".services")).toBeVisible();
    return lab;
  },
  "the lab in failure": async (page) => {
    const lab = await Lab.open(page);
    await lab.speed("20x faster");
    await lab.kill("app-1");
    await lab.kill("lb-1");
    await expect(page.locator("#event-log")).toContainText("lb-2 marks app-1 DOWN");
    await lab.pause();
    return lab;
  },
  "a what-if": async (page) => {
    const lab = await Lab.open(page, "#what-if/app-1-dies");
    await lab.predict("many");
    await expect(page.locator("#prediction-error")).not.toBeEmpty();
    return lab;
  },
  "a what-if's result": async (page) => {
    const lab = await Lab.open(page, "#what-if/app-1-dies");
    await lab.predict("12");
    await page.locator("#skip").click();
    await expect(page.locator("#result")).toBeVisible();
    return lab;
  },
  "the lecture": async (page) => {
    const lab = await Lab.open(page, "#lecture/3"); // a step that stands still
    await expect(page.locator("#lecture")).toBeVisible();
    return lab;
  },
  "the save dialog": async (page) => {
    const lab = await Lab.open(page);
    await page.locator("#open-save").click();
    await expect(page.locator("#save")).toBeVisible();
    return lab;
  },
  "the self-check": async (page) => {
    const lab = await Lab.open(page, "#check");
    await expect(page.locator("#check .hash")).toHaveCount(20);
    return lab;
  },
};
