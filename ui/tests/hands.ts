// Two ways to work: with a mouse, and with nothing but a keyboard.

import type { Locator, Page } from "@playwright/test";
import { expect } from "./served";

export interface Hands {
  name: string;
  press(page: Page, on: Locator): Promise<void>;
  type(page: Page, into: Locator, text: string): Promise<void>;
  choose(page: Page, from: Locator, label: string): Promise<void>;
  /** Moves a slider some way towards its left end. */
  slide(page: Page, slider: Locator): Promise<void>;
}

export const mouse: Hands = {
  name: "mouse",
  press: async (_page, on) => on.click(),
  type: async (page, into, text) => {
    await into.click();
    await into.selectText();
    await page.keyboard.type(text);
  },
  choose: async (_page, from, label) => void (await from.selectOption({ label })),
  slide: async (_page, slider) => {
    const box = await slider.boundingBox();
    await slider.click({ position: { x: box!.width * 0.6, y: box!.height / 2 } });
  },
};

/** Tab, until it has the focus: whatever cannot be reached that way fails. */
async function tabTo(page: Page, to: Locator) {
  await expect(to).toBeVisible();
  await expect(to).toBeEnabled();
  for (let i = 0; i < 400; i++) {
    if (await to.evaluate((e) => e === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${to}`);
}

export const keyboard: Hands = {
  name: "keyboard",
  press: async (page, on) => {
    await tabTo(page, on);
    await page.keyboard.press("Enter");
  },
  type: async (page, into, text) => {
    await tabTo(page, into);
    await page.keyboard.press("Control+a");
    await page.keyboard.type(text);
  },
  choose: async (page, from, label) => {
    await tabTo(page, from);
    const all = await from.locator("option").allTextContents();
    const at = all.indexOf(label);
    if (at < 0) throw new Error(`there is no ${label} among ${all}`);
    const now = await from.evaluate((e: HTMLSelectElement) => e.selectedIndex);
    for (let i = now; i < at; i++) await page.keyboard.press("ArrowDown");
    for (let i = now; i > at; i--) await page.keyboard.press("ArrowUp");
    await expect.poll(() => from.evaluate((e: HTMLSelectElement) => e.selectedOptions[0]?.textContent)).toBe(label);
  },
  slide: async (page, slider) => {
    await tabTo(page, slider);
    for (let i = 0; i < 40; i++) await page.keyboard.press("ArrowLeft");
  },
};
