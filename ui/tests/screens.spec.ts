// Every screen: no violation of WCAG 2.2 AA that axe finds, and a picture at three widths.

import AxeBuilder from "@axe-core/playwright";
import { EVIL, PERSIAN, Served, expect, run, serve, test, withEvil, withNews } from "./served";

const SCREENS: [name: string, path: string, there: RegExp][] = [
  ["assessment", "/", /Key judgments/],
  ["explain", "/explain/event%3Akamarob-ambush", /sentences behind it/],
  ["map", "/map", /cannot be placed/],
  ["timeline", "/timeline", /The same in words/],
  ["event", "/events/kamarob-ambush", /What each says/],
  ["hypotheses", "/hypotheses", /The evidence/],
  ["reports", "/reports", /Statement on the ambush/],
  ["report", "/reports/2010-09-20-defence-ministry", /What rests on it/],
  ["review", "/review", /wait,/],
  ["actors", "/actors", /The same in words/],
  ["sources", "/sources", /Who copies whom/],
  ["source", "/sources/tajik-defence-ministry", /What moved it/],
  ["forecast", "/forecast", /2010-12-10/],
  ["history", "/history", /claims by then/],
  ["lints", "/lints", /let stand with a reason/],
  ["edit", "/edit", /Keep it/],
  ["sql", "/sql", /only reads/],
  ["publish", "/publish", /Publish/],
  ["accounts", "/accounts", /Who did what/],
];

let s: Served;
test.beforeAll(async () => {
  s = await serve((f) => {
    withNews(f);
    withEvil(f);
  });
});
test.afterAll(() => s.stop());

for (const [name, path, there] of SCREENS) {
  test(name, async ({ page }) => {
    for (const width of [390, 1280, 1920]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 1000 });
      await page.goto(s.url + path);
      await expect(page.getByText(there).first()).toBeVisible({ timeout: 60_000 });
      if (name === "map") await page.waitForTimeout(2500);
      await page.screenshot({ path: `artefacts/screens/${name}-${width}.png`, fullPage: name !== "map" });
      // Nothing but tables and pictures, which scroll in their own frames, is wider than the window.
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wider, `${name} at ${width}`).toBeLessThanOrEqual(1);
      const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
      expect(found.violations.map((v) => `${name} at ${width}: ${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`)).toEqual([]);
    }
  });
}

test("what strangers write is shown, not run, and right to left where it is", async ({ page }) => {
  for (const path of ["/reports", "/sources", "/reports/2010-11-08-evil-img-src-x-onerror-window-stolen-1-script-w", "/sources/evil", "/lints"]) {
    await page.goto(s.url + path);
    await page.waitForTimeout(700);
    expect(await page.evaluate(() => (window as unknown as { stolen?: number }).stolen)).toBeUndefined();
  }
  await page.goto(`${s.url}/reports`);
  await page.getByRole("link", { name: /^Evil/ }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(EVIL);
  const text = page.getByRole("document", { name: "Text of the report" });
  await expect(text).toContainText(PERSIAN);
  // The Persian line begins at the right edge of the text.
  const right = await text.evaluate((e, words) => {
    const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
    for (let n = walker.nextNode(); n; n = walker.nextNode()) {
      const at = n.textContent!.indexOf(words);
      if (at < 0) continue;
      const range = document.createRange();
      range.setStart(n, at);
      range.setEnd(n, at + 1);
      return e.getBoundingClientRect().right - range.getBoundingClientRect().right;
    }
    return Infinity;
  }, PERSIAN);
  expect(right).toBeLessThan(40);
  await page.screenshot({ path: "artefacts/screens/right-to-left-1280.png" });
});

test("the palette opens again in the very moment in which it closes", async ({ page }) => {
  await page.goto(s.url);
  await expect(page.getByText("Key judgments")).toBeVisible();
  const palette = page.getByRole("combobox", { name: "Go to" });
  await page.keyboard.press("Control+k");
  await palette.fill("screen lints");
  // Enter and Ctrl K before the browser has told of the closing.
  await page.evaluate(async () => {
    const press = (on: EventTarget, init: KeyboardEventInit) => on.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }));
    const dialog = document.querySelector("dialog[open]")!;
    const closed = new Promise((done) => new MutationObserver(done).observe(dialog, { attributeFilter: ["open"] }));
    press(document.activeElement!, { key: "Enter" });
    await closed;
    press(window, { key: "k", ctrlKey: true });
  });
  await page.waitForTimeout(500);
  await expect(palette).toBeVisible();
});

test("the overlay: the last good build stays while the folder is broken", async ({ page }) => {
  await page.goto(s.url);
  await expect(page.getByText("Key judgments")).toBeVisible();
  const text = s.read("sources.toml");
  s.write("sources.toml", `${text}\n[broken\n`);
  const overlay = page.getByRole("alert", { name: "Problems of the case" });
  await expect(overlay).toContainText("sources.toml:");
  await expect(overlay).toContainText("^");
  await expect(page.getByText("Key judgments")).toBeVisible();
  await page.screenshot({ path: "artefacts/screens/overlay-1280.png" });
  s.write("sources.toml", text);
  await expect(overlay).toBeHidden();
});

test("with accounts one signs in, and sees what one's role may do", async ({ page }) => {
  run(["account", "add", s.folder, "olga", "--role", "owner"], "a long password\n");
  run(["account", "add", s.folder, "rita", "--role", "reader"], "a long password\n");
  await page.goto(s.url);
  await page.getByLabel("Name").fill("rita");
  await page.getByLabel("Password").fill("not this one");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("do not fit");
  await page.getByLabel("Password").fill("a long password");
  await page.keyboard.press("Enter");
  await expect(page.getByText("rita (reader)")).toBeVisible();
  await page.getByRole("link", { name: "Review" }).click();
  await expect(page.locator(".one-claim")).toBeVisible();
  await expect(page.getByRole("button", { name: /Accept/ })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Accounts" })).toHaveCount(0);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("Password")).toBeVisible();
});
