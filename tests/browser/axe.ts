// What axe is asked for, and what it finds, in words.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

export const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds wrong, by all the rules or by the one named; and how many elements it found to check. */
export async function judged(page: Page, rule?: string): Promise<{ wrong: string[]; checked: number }> {
  const axe = new AxeBuilder({ page });
  const { violations, passes } = await (rule ? axe.withRules(rule) : axe.withTags(TAGS)).analyze();
  const wrong = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary ?? ""}`),
  );
  return { wrong, checked: passes.flatMap((rule) => rule.nodes).length };
}
