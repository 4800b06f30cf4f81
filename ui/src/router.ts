// Addresses: every screen has one, so that it can be bookmarked, sent and gone back to.

import { useEffect, useState } from "preact/hooks";

import { FROZEN } from "./api";

const listeners = new Set<() => void>();

export function go(path: string) {
  if (path.startsWith("#")) {
    // Once a dialog that closes has given the focus back.
    setTimeout(() => {
      location.hash = path;
      document.getElementById(path.slice(1))?.scrollIntoView();
    }, 60);
    return;
  }
  if (path !== location.pathname + location.search + location.hash) history.pushState(null, "", path);
  listeners.forEach((l) => l());
}

/** The parts of the path, and what stands behind the question mark. */
export function useRoute(): { parts: string[]; search: URLSearchParams; path: string } {
  const [, again] = useState(0);
  useEffect(() => {
    const l = () => again((n) => n + 1);
    listeners.add(l);
    addEventListener("popstate", l);
    return () => {
      listeners.delete(l);
      removeEventListener("popstate", l);
    };
  }, []);
  return {
    parts: location.pathname.split("/").filter(Boolean).map(decodeURIComponent),
    search: new URLSearchParams(location.search),
    path: location.pathname,
  };
}

/** Links within the pages do not load them anew. */
export function followLinks() {
  document.addEventListener("click", (e) => {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    const a = (e.target as Element | null)?.closest?.("a");
    const href = a?.getAttribute("href");
    // By its attribute: a link in a picture has no text under `target`.
    if (!a || !href?.startsWith("/") || a.hasAttribute("target") || a.hasAttribute("download")) return;
    e.preventDefault();
    go(href);
  });
}

/** Where a thing is shown, by its `kind:id`: a screen, or a place in a published page. */
export function where(id: string): string {
  const [kind = "", ...rest] = id.split(":");
  if (FROZEN) return kind === "actor" ? "#actors" : `#${id.replace(/[:/ ]/g, "-")}`;
  const bare = rest.join(":");
  const to = encodeURIComponent(bare);
  switch (kind) {
    case "event":
      return `/events/${to}`;
    case "report":
      return `/reports/${to}`;
    case "claim":
      return `/claims/${to}`;
    case "source":
      return `/sources/${to}`;
    case "actor":
      return `/actors/${to}`;
    case "question":
    case "hypothesis":
      return `/hypotheses/${encodeURIComponent(bare.split("/")[0] ?? "")}`;
    default:
      return `/explain/${encodeURIComponent(id)}`;
  }
}
