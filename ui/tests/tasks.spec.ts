// Twelve things that people come to do, each with the mouse and with the keyboard alone.

import { keyboard, mouse } from "./hands";
import { MORE_NEWS, Served, expect, serve, test, withNews } from "./served";

for (const hands of [mouse, keyboard]) {
  test.describe.serial(hands.name, () => {
    let s: Served;
    test.beforeAll(async () => {
      s = await serve(withNews);
    });
    test.afterAll(() => s.stop());
    const lines = (file: string) => s.read(file).trim().split("\n");

    test("1 read the assessment, and open a number down to its sentences", async ({ page }) => {
      await page.goto(s.url);
      await expect(page.getByText("It is very unlikely").first()).toBeVisible({ timeout: 60_000 });
      const row = page.getByRole("row", { name: /laid the Kamarob ambush/ });
      await hands.press(page, row.getByRole("link").first());
      await expect(page.getByRole("heading", { name: /Why indicator:imu-did-kamarob/ })).toBeVisible();
      await expect(page.getByText("carried out the attack on the army in Kamarob").first()).toBeVisible({ timeout: 60_000 });
      await hands.press(page, page.getByRole("listitem").filter({ hasText: "carried out the attack" }).getByRole("link").first());
      await expect(page.locator("mark.chosen").first()).toContainText("carried out the attack");
    });

    test("2 find on the map what happened when, and then and now", async ({ page }) => {
      await page.goto(`${s.url}/map`);
      await expect(page.getByRole("status").filter({ hasText: "cannot be placed" })).toContainText(/^1\d of 1\d/);
      await expect(page.locator(".map canvas")).toBeVisible();
      await hands.slide(page, page.getByLabel("To", { exact: true }));
      await expect(page.getByText("khujand bombing")).toHaveCount(hands === mouse ? 0 : 1);
      await hands.choose(page, page.getByLabel("Footprint then and now"), "Islamic Movement of Uzbekistan, home Rasht Valley");
      await expect(page.getByText(/now, .* then, /)).toBeVisible();
      const clusters = page.getByRole("checkbox", { name: /Clusters/ });
      if (hands === mouse) {
        await clusters.check();
      } else {
        for (let i = 0; i < 60 && !(await clusters.evaluate((e) => e === document.activeElement)); i++) await page.keyboard.press("Tab");
        await page.keyboard.press("Space");
      }
      await expect(page.getByRole("list", { name: "Clusters" })).toContainText(/Islamic Movement of Uzbekistan/);
      await hands.press(page, page.getByRole("link", { name: /tavildara attack|batken 2000/ }).first());
      await expect(page.getByRole("heading", { name: "What each says" })).toBeVisible();
    });

    test("3 see in which cells sources differ on an event", async ({ page }) => {
      await page.goto(`${s.url}/timeline`);
      await hands.type(page, page.getByLabel("Find"), "kamarob");
      await hands.press(page, page.getByRole("row", { name: /kamarob ambush/ }).getByRole("link").first());
      await expect(page.locator("td.differs").first()).toBeVisible();
      await expect(page.getByText(/did not happen in \d+ of 256 worlds/)).toBeVisible();
      await expect(page.locator("svg.figures")).toContainText("reconciled (90 %)");
    });

    test("4 make a claim of a sentence", async ({ page }) => {
      await page.goto(`${s.url}/reports`);
      await hands.press(page, page.getByRole("link", { name: "Statement on the ambush of 19 September" }));
      const text = page.getByRole("document", { name: "Text of the report" });
      await expect(text).toBeVisible();
      if (hands === mouse) {
        const box = (await text.boundingBox())!;
        await page.mouse.move(box.x + 22, box.y + 78);
        await page.mouse.down();
        await page.mouse.move(box.x + 420, box.y + 78, { steps: 5 });
        await page.mouse.up();
        await page.getByRole("button", { name: "make a claim of it" }).click();
      } else {
        await page.keyboard.press("j");
        await page.keyboard.press("j");
        await page.keyboard.press("c");
      }
      const dialog = page.getByRole("dialog");
      await hands.type(page, dialog.getByLabel("Id of the claim"), `made-by-${hands.name}`);
      await hands.choose(page, dialog.getByLabel("It speaks of"), "something that is so");
      await hands.type(page, dialog.getByLabel("Id of the fact"), "prepared-positions");
      await hands.type(page, dialog.getByLabel("In words"), "The attackers had prepared their positions");
      await hands.press(page, dialog.getByRole("button", { name: "Add the claim" }));
      await expect(page.getByRole("link", { name: `made-by-${hands.name}` })).toBeVisible();
      expect(s.read("claims/reviewed.jsonl")).toContain("machine guns");
    });

    test("5 rule on what a machine read: accept, reject with a reason, rule again", async ({ page }) => {
      await page.goto(`${s.url}/review`);
      await expect(page.getByRole("status").filter({ hasText: "wait," })).toContainText(/^[1-9]/);
      const key = async (k: string, button: RegExp) => (hands === mouse ? page.getByRole("button", { name: button }).click() : page.keyboard.press(k));
      await expect(page.locator(".one-claim mark")).toBeVisible();
      await key("a", /Accept/);
      await expect(page.getByText("1 ruled on by you")).toBeVisible();
      await expect(page.locator(".one-claim mark")).toBeVisible();
      await key("r", /Reject/);
      const why = page.getByRole("dialog").getByLabel("Why");
      await hands.type(page, why, "four others");
      await page.keyboard.press("Enter");
      await expect(page.getByText("2 ruled on by you")).toBeVisible();
      await key("z", /Rule again/);
      await expect(page.getByText("Again:")).toBeVisible();
      await expect(page.locator(".one-claim mark")).toBeVisible();
      await key("a", /Accept/);
      await expect(page.getByText("2 ruled on by you")).toBeVisible();
      const rulings = lines("rulings.jsonl").map((l) => JSON.parse(l));
      expect(rulings.map((r) => r.decides.claim.is)).toEqual(["accepted", "rejected", "accepted"]);
      expect(rulings[1].why).toBe("four others");
      expect(rulings[0].by).toBe("tester");
      expect(rulings[2].decides.claim.claim).toBe(rulings[1].decides.claim.claim);
    });

    test("5, and what was misread: put right, split, merge", async ({ page }) => {
      const own = await serve((f) => withNews(f, MORE_NEWS));
      const lines = (file: string) => own.read(file).trim().split("\n");
      try {
        await page.goto(`${own.url}/review`);
        const key = async (k: string, button: RegExp) => (hands === mouse ? page.getByRole("button", { name: button }).click() : page.keyboard.press(k));
        const dialog = page.getByRole("dialog");
        await expect(page.locator(".one-claim mark")).toBeVisible();
        await key("e", /Edit/);
        await hands.type(page, dialog.getByLabel("When"), "2010-13-45");
        await hands.press(page, dialog.getByRole("button", { name: "Put it right" }));
        await expect(dialog.getByRole("alert")).toContainText("2010-13-45");
        await hands.type(page, dialog.getByLabel("When"), "2010-11-07");
        await hands.type(page, dialog.getByLabel("Killed"), "7");
        await hands.press(page, dialog.getByRole("button", { name: "Put it right" }));
        await expect(page.getByText("1 ruled on by you")).toBeVisible();
        const right = JSON.parse(lines("claims/reviewed.jsonl").at(-1)!);
        expect(right.says.event.time).toBe("2010-11-07");
        expect(right.says.event.figures.at(-1).number).toBe(7);
        expect(right.rule).toBeUndefined();
        await expect(page.locator(".one-claim mark")).toBeVisible();
        await key("s", /Split/);
        await hands.type(page, dialog.getByRole("group", { name: "Claim 2" }).getByLabel("Event", { exact: true }), `another-${hands.name}`);
        await hands.press(page, dialog.getByRole("button", { name: "Make 2 claims of it" }));
        await expect(page.getByText("2 ruled on by you")).toBeVisible();
        const [one, two] = lines("claims/reviewed.jsonl").slice(-2).map((l) => JSON.parse(l));
        expect([one.says.event.id === two.says.event.id, two.says.event.id]).toEqual([false, `another-${hands.name}`]);
        await expect(page.locator(".one-claim mark")).toBeVisible();
        await key("m", /Merge/);
        await hands.type(page, dialog.getByLabel("Event", { exact: true }), "kamarob-ambush");
        await hands.press(page, dialog.getByRole("button", { name: "Merge" }));
        await expect(page.getByText("4 ruled on by you")).toBeVisible();
        const ruled = lines("rulings.jsonl").map((l) => JSON.parse(l).decides);
        expect(ruled.map((d) => d.claim?.is ?? d.match.is)).toEqual(["rejected", "rejected", "accepted", "same"]);
        expect(ruled[3].match.b).toBe("kamarob-ambush");
      } finally {
        own.stop();
      }
    });

    test("6 judge a likelihood anew in the grid, and watch the answer move", async ({ page }) => {
      await page.goto(`${s.url}/hypotheses/khujand-order`);
      const cell = page.getByRole("gridcell", { name: "0.97" });
      await expect(cell).toBeVisible();
      if (hands === mouse) {
        await cell.dblclick();
      } else {
        // One stop of Tab for the whole grid, then arrows.
        for (let i = 0; i < 80 && (await page.evaluate(() => document.activeElement?.getAttribute("role"))) !== "gridcell"; i++) await page.keyboard.press("Tab");
        for (let i = 0; i < 5 && !(await cell.evaluate((e) => e === document.activeElement)); i++) await page.keyboard.press("ArrowDown");
        await page.keyboard.press("Enter");
      }
      const input = page.locator("input.cell");
      await expect(input).toBeFocused();
      await page.keyboard.press("Control+a");
      await page.keyboard.type("0.2");
      await page.keyboard.press("Enter");
      await expect(page.getByText(/Kept: .* under .*: 0.2/)).toBeVisible();
      await expect(page.getByRole("region", { name: "What moved" })).toContainText("khujand-order");
      expect(s.read("hypotheses.toml")).toMatch(/= 0\.2[ ,}]/);
    });

    test("7 draw an area", async ({ page }) => {
      await page.goto(`${s.url}/map`);
      await expect(page.locator(".map canvas")).toBeVisible();
      await hands.choose(page, page.getByLabel("Draw"), "a new area");
      await hands.press(page, page.getByRole("button", { name: "Begin" }));
      await hands.type(page, page.getByLabel("Name"), `Drawn by ${hands.name}`);
      if (hands === mouse) {
        const box = (await page.locator(".map").boundingBox())!;
        await expect.poll(() => page.locator(".map canvas").getAttribute("data-drawing")).toBe("yes");
        for (const [x, y] of [[200, 120], [300, 120], [300, 200], [220, 210]] as const) await page.mouse.click(box.x + x, box.y + y, { delay: 30 });
      } else {
        await hands.type(page, page.getByLabel(/^Corners/), "70.1, 39.0\n70.9, 39.0\n70.9, 39.4\n70.1, 39.4");
      }
      await expect(page.getByRole("button", { name: /4 corners/ })).toBeEnabled();
      await hands.press(page, page.getByRole("button", { name: /4 corners/ }));
      await expect(page.getByText(/is drawn; the case is built anew/)).toBeVisible();
      expect(s.read("areas.geojson")).toContain(`"drawn-by-${hands.name}"`);
    });

    test("8 edit an indicator: a slip shows its caret, the rest moves the answer", async ({ page }) => {
      await page.goto(`${s.url}/edit?path=indicators.toml`);
      const source = page.getByLabel("indicators.toml", { exact: true }).last();
      await expect(source).toHaveValue(/strikes-fergana/);
      const text = s.read("indicators.toml");
      const put = async (t: string) => {
        // What somebody would type, brought in at once.
        await source.focus();
        await page.keyboard.press("Control+a");
        await page.keyboard.insertText(t);
      };
      await put(text.replace('area       = "fergana-valley"', 'area       = "fergana-vally"'));
      await hands.press(page, page.getByRole("button", { name: /Keep it/ }));
      await expect(page.getByRole("alert")).toContainText("did you mean `fergana-valley`?");
      expect(s.read("indicators.toml")).toBe(text);
      await put(text.replace('area       = "fergana-valley"', 'area       = "rasht-valley"'));
      await hands.press(page, page.getByRole("button", { name: /Keep it/ }));
      await expect(page.getByText("Kept; the case is built anew.")).toBeVisible();
      await expect(page.getByRole("region", { name: "What moved" })).toContainText("indicator:strikes-fergana");
      await page.goto(`${s.url}/history`);
      const builds = page.getByRole("region", { name: "What differs between two builds" });
      await expect(builds.getByRole("row", { name: /strikes-fergana/ })).toBeVisible({ timeout: 60_000 });
    });

    test("9 see a group's life, and what a source is worth", async ({ page }) => {
      await page.goto(`${s.url}/actors`);
      await hands.press(page, page.getByRole("row", { name: /^Islamic Jihad Union/ }).getByRole("link").first());
      await expect(page.getByRole("heading", { name: "Islamic Jihad Union" })).toBeVisible();
      await expect(page.locator("svg.lives")).toContainText("split from imu");
      await hands.press(page, page.getByRole("navigation").getByRole("link", { name: "Sources" }));
      await expect(page.locator("svg.graph")).toBeVisible();
      await hands.press(page, page.getByRole("row", { name: /^Tajik Ministry of Defence/ }).getByRole("link").first());
      await expect(page.getByRole("heading", { name: "What moved it" })).toBeVisible();
    });

    test("10 go back in time, and see which report changed what", async ({ page }) => {
      await page.goto(`${s.url}/history`);
      await expect(page.getByText(/reports, \d+ claims by then/)).toBeVisible();
      const before = await page.getByText(/claims by then/).textContent();
      await hands.slide(page, page.getByRole("slider", { name: "Day" }));
      await expect.poll(async () => page.getByText(/claims by then/).textContent()).not.toBe(before);
      await hands.press(page, page.getByRole("button", { name: "Compare" }));
      await expect(page.getByText(/reports came/)).toBeVisible({ timeout: 60_000 });
      await expect(page.getByRole("cell", { name: /points/ }).first()).toBeVisible();
    });

    test("11 ask the tables", async ({ page }) => {
      await page.goto(`${s.url}/sql`);
      await hands.type(page, page.getByLabel(/Statement/), "select id, probability from events where id = 'kamarob-ambush'");
      await hands.press(page, page.getByRole("button", { name: /^Run/ }));
      await expect(page.getByRole("cell", { name: "kamarob-ambush" })).toBeVisible();
      await hands.type(page, page.getByLabel(/Statement/), "drop table events");
      await hands.press(page, page.getByRole("button", { name: /^Run/ }));
      await expect(page.getByRole("alert")).toContainText(/not supported|DDL/i);
    });

    test("12 go anywhere by name, and see the forecast and the remarks", async ({ page }) => {
      await page.goto(s.url);
      const go = async (text: string, option: RegExp) => {
        if (hands === mouse) {
          await page.getByRole("button", { name: /Go to/ }).click();
        } else {
          await page.keyboard.press("Control+k");
        }
        await page.getByRole("combobox", { name: "Go to" }).pressSequentially(text);
        await expect(page.getByRole("option").first()).toContainText(option);
        if (hands === mouse) await page.getByRole("option").first().click();
        else await page.keyboard.press("Enter");
      };
      await expect(page.getByRole("heading", { name: "Key judgments" })).toBeVisible();
      await go("event kamarob-ambush", /kamarob-ambush/);
      await expect(page).toHaveURL(/events\/kamarob-ambush/);
      await go("screen forecast", /Forecast/);
      await expect(page.getByRole("columnheader", { name: "2010-12-10" })).toBeVisible();
      await expect(page.getByText(/No forecast was entered yet/)).toBeVisible();
      await go("screen lints", /Lints/);
      await expect(page.getByText(/remarks, \d+ of them let stand/)).toBeVisible();
    });

    test("13 look at the draft, publish it, and save a file of it", async ({ page }) => {
      const own = await serve(undefined, "minimal");
      try {
        await page.goto(`${own.url}/publish`);
        await hands.type(page, page.getByLabel("Name"), "first");
        await hands.press(page, page.getByRole("button", { name: "Look at the draft" }));
        await expect(page.getByText("Nothing stands against publishing it.")).toBeVisible();
        await hands.press(page, page.getByRole("button", { name: "Publish it" }));
        await expect(page.getByText("Published as first.")).toBeVisible();
        const saved = page.waitForEvent("download");
        await hands.press(page, page.getByRole("link", { name: "stix-core.json" }));
        expect((await saved).suggestedFilename()).toBe("first-stix-core.json");
        expect(own.read("published/first/assessment.html")).toContain("<!doctype html>");
      } finally {
        own.stop();
      }
    });
  });
}
