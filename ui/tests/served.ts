// A case being served by the real program, for the tests of the pages.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test as base, expect, type Page } from "@playwright/test";

const target = process.env.CARGO_TARGET_DIR ?? resolve("../target");
const program = process.env.BELLWETHER ?? join(target, "debug", "bellwether");

export class Served {
  constructor(
    readonly folder: string,
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}
  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }
  write(path: string, text: string) {
    writeFileSync(join(this.folder, path), text);
  }
  stop() {
    this.child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function run(args: string[], input = ""): string {
  const out = spawnSync(program, args, { encoding: "utf8", input });
  if (out.status !== 0) throw new Error(`bellwether ${args.join(" ")}: ${out.stderr}`);
  return out.stdout;
}

/** A report that a machine has read and nobody has ruled on; what strangers may put into it; and a right-to-left text. */
export const NEWS = "Gunmen ambushed an army convoy in the Kamarob Gorge on Monday, the defence ministry said. At least four Tajik soldiers were killed.\n\nThe IMU claimed responsibility for the attack.\n";
/** The same and two events more. */
export const MORE_NEWS = `${NEWS}\nA bomb exploded in Dushanbe on Sunday, the defence ministry said. Three civilians were killed.\n\nTajik soldiers killed two militants in a clash near Garm on Saturday.\n`;
export const EVIL = `<img src=x onerror="window.stolen=1"><script>window.stolen=1</script>`;
export const PERSIAN = "وزارت دفاع تاجیکستان گفت که 23 سرباز در دره کمراب کشته شدند.";

export async function serve(before?: (folder: string) => void, template = "rasht-2010"): Promise<Served> {
  const folder = join(mkdtempSync(join(tmpdir(), "bellwether-")), "case");
  run(["init", folder, "--template", template]);
  before?.(folder);
  const child = spawn(program, ["serve", folder, "--address", "127.0.0.1:0", "--by", "tester", "--worlds", "256"], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((done, failed) => {
    child.stdout!.on("data", (d) => {
      const found = /http:\/\/[^/]+/.exec(String(d));
      if (found) done(found[0]);
    });
    child.on("exit", (code) => failed(new Error(`serve ended with ${code}`)));
  });
  return new Served(folder, url, child);
}

export function withNews(folder: string, news = NEWS) {
  const file = join(folder, "..", "news.txt");
  writeFileSync(file, news);
  run(["add", folder, file, "--title", "News", "--source", "tajik-defence-ministry", "--published", "2010-11-09"]);
  run(["read", folder, "--write"]);
}

export function withEvil(folder: string) {
  const file = join(folder, "..", "evil.txt");
  writeFileSync(file, `${EVIL} and then four soldiers were killed.\n\n${PERSIAN}\n`);
  appendFileSync(join(folder, "sources.toml"), `\n[evil]\nname = '''Evil ${EVIL}'''\nkind = "media"\nreliability = "F"\nwhy = '''${EVIL}'''\n`);
  run(["add", folder, file, "--title", `Evil ${EVIL}`, "--source", "evil", "--published", "2010-11-08"]);
}

/** Pages that complain of nothing: no error in the console, and not one request to anybody else. */
export const test = base.extend<{ page: Page }>({
  page: async ({ page }, use) => {
    const wrong: string[] = [];
    page.on("pageerror", (e) => wrong.push(`error: ${e.message}`));
    page.on("console", (m) => {
      // A refusal that the page shows is logged by the browser, too.
      if (m.type() === "error" && !/status of 4\d\d/.test(m.text())) wrong.push(`console: ${m.text()}`);
    });
    page.on("request", (r) => {
      if (!/^(http:\/\/127\.0\.0\.1:|file:|blob:|data:)/.test(r.url())) wrong.push(`a request to ${r.url()}`);
    });
    await use(page);
    expect(wrong).toEqual([]);
  },
});
export { expect };
