// A published page where JavaScript is on: its map and its timeline can be moved and searched, and Ctrl+K leads to
// everything that has a name. Without it the page is what it was.

import type { ComponentChildren } from "preact";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Here } from "./api";
import { HereContext } from "./api";
import { Palette } from "./palette";
import { Dialog } from "./parts";
import { MapOfEvents } from "./screens/map";
import { Events } from "./screens/timeline";

/** Nobody is signed in, and there is one build. */
const HERE: Here = {
  session: { account: null, accounts: false, oidc: false, csrf: null },
  news: { build: 1, building: false, whole: true, problems: [], queue: 0 },
  again: () => Promise.resolve(),
};

/** What is drawn in a place of the page, under the workbench's style and not the page's. */
function draw(place: Element, what: ComponentChildren) {
  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = (document.getElementById("style")?.textContent ?? "").replaceAll(":root", ":host");
  const inside = document.createElement("div");
  shadow.append(style, inside);
  place.replaceChildren(host);
  render(<HereContext.Provider value={HERE}>{what}</HereContext.Provider>, inside);
}

const SECTIONS = (): [string, string][] =>
  [...document.querySelectorAll<HTMLAnchorElement>("nav a[href^='#']")].map((a) => [a.getAttribute("href")!, a.textContent ?? ""]);

function GoTo() {
  const [open, set] = useState(false);
  useEffect(() => {
    const key = (e: KeyboardEvent) => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") {
        e.preventDefault();
        set(true);
      }
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  return (
    <>
      <button type="button" onClick={() => set(true)}>Go to … <kbd>Ctrl K</kbd></button>
      <Dialog title="Go to" open={open} onClose={() => set(false)}>
        <Palette screens={SECTIONS()} close={() => set(false)} />
      </Dialog>
    </>
  );
}

/** Whether a map can be drawn here at all. */
const drawable = () => document.createElement("canvas").getContext("webgl2") !== null;

export function enliven() {
  const at = (name: string) => document.querySelector(`[data-live="${name}"]`);
  const map = at("map");
  if (map && drawable()) draw(map, <MapOfEvents />);
  const timeline = at("timeline");
  if (timeline) draw(timeline, <Events />);
  const header = document.querySelector("header");
  if (header) draw(header.appendChild(document.createElement("p")), <GoTo />);
}
