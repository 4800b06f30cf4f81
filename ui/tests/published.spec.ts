// The published page, opened as a file: driven where JavaScript is on, readable where it is not, and asking nobody for
// anything.

import type { Page } from "@playwright/test";
import AxeBuilder from "@axe-core/playwright";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, run, test, withEvil } from "./served";

let page_at: string;
/** The same without its script: axe is a script, too, and cannot look where none runs. */
let plain_at: string;
test.beforeAll(() => {
  const folder = join(mkdtempSync(join(tmpdir(), "bellwether-")), "case");
  run(["init", folder, "--template", "rasht-2010"]);
  withEvil(folder);
  run(["publish", folder, "--no-tests", "--id", "first"]);
  const file = join(folder, "published/first/assessment.html");
  const plain = join(folder, "plain.html");
  writeFileSync(plain, readFileSync(file, "utf8").replace(/<script type="module">[^]*<\/script>/, "").replace(/script-src [^;]*;/, "script-src 'unsafe-inline';"));
  [page_at, plain_at] = [file, plain].map((f) => pathToFileURL(f).href) as [string, string];
});

/** No violation of WCAG 2.2 AA that axe finds, and a picture, at three widths. */
async function fits(page: Page, name: string) {
  for (const width of [390, 1280, 1920]) {
    await page.setViewportSize({ width, height: 1000 });
    await page.waitForTimeout(800);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wider, `at ${width}`).toBeLessThanOrEqual(1);
    const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
    expect(found.violations.map((v) => `at ${width}: ${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`)).toEqual([]);
    await page.screenshot({ path: `artefacts/screens/${name}-${width}.png`, fullPage: true });
  }
}

test("with JavaScript: the map and the timeline answer, and everything with a name is a few letters away", async ({ page }) => {
  await page.goto(page_at);
  await expect(page.locator("#map canvas")).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "cannot be placed" })).toContainText(/^13 of 13/);
  const to = page.getByLabel("To", { exact: true });
  await to.focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press("PageDown");
  await expect(page.getByRole("status").filter({ hasText: "cannot be placed" })).not.toContainText(/^13 of/);
  await page.getByLabel("Find").fill("kamarob");
  await expect(page.getByText("1 events")).toBeVisible();
  await page.locator("#timeline").getByRole("link", { name: "kamarob ambush", exact: true }).click();
  await expect(page).toHaveURL(/#event-kamarob-ambush$/);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to" }).fill("toll above");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/#indicator-toll-above-100$/);
  await expect(page.locator("#indicator-toll-above-100")).toBeInViewport();
  expect(await page.evaluate(() => (window as unknown as { stolen?: number }).stolen)).toBeUndefined();
  await fits(page, "published");
});

test("without JavaScript: the same in words and pictures, every number a link down to its sentence", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(page_at);
  await expect(page.locator("#map svg")).toBeVisible();
  await expect(page.locator("#timeline svg").first()).toBeVisible();
  await page.locator("#indicator-imu-did-kamarob").getByRole("link", { name: "kamarob-ambush" }).click();
  await expect(page.locator("#event-kamarob-ambush")).toBeInViewport();
  await page.locator("#event-kamarob-ambush").getByRole("link", { name: /in the report of Statements in the name of the IMU/ }).click();
  await expect(page.locator("mark").filter({ hasText: "carried out the attack on the army" })).toBeInViewport();
  await context.close();
});

test("without its script: no violation that axe finds", async ({ page }) => {
  await page.goto(plain_at);
  await expect(page.locator("#map svg")).toBeVisible();
  await fits(page, "published-plain");
});
