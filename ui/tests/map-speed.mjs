// How long until the map of a case shows its events, and how smoothly it is moved, under software rendering. Prints JSON.

import { chromium } from "@playwright/test";

const url = process.argv[2];
const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
if (process.getuid?.() === 0) args.push("--no-sandbox");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
const paints = [];
const rates = [];
for (let run = 0; run < 3; run++) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${url}/map`);
  // From the start of the navigation to the first frame with the events in it.
  const paint = await page.waitForFunction(() => performance.getEntriesByName("map-events")[0]?.startTime, undefined, { timeout: 60_000 });
  paints.push(await paint.jsonValue());
  await page.waitForTimeout(1500);
  const box = await page.locator(".map").boundingBox();
  await page.evaluate(() => {
    window.frames_drawn = 0;
    const count = () => {
      window.frames_drawn++;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  const begun = Date.now();
  const before = await page.evaluate(() => window.frames_drawn);
  for (let i = 0; Date.now() - begun < 3000; i++) {
    await page.mouse.move(x + 150 * Math.sin(i / 12), y + 100 * Math.sin(i / 17));
    await page.waitForTimeout(12);
  }
  const after = await page.evaluate(() => window.frames_drawn);
  rates.push((after - before) / ((Date.now() - begun) / 1000));
  await page.mouse.up();
  await page.close();
}
await browser.close();
const median = (x) => x.sort((a, b) => a - b)[Math.floor(x.length / 2)];
console.log(JSON.stringify({ first_paint_ms: median(paints), fps: median(rates) }));
