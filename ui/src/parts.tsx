// What several screens are made of.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Got, Refused } from "./api";
import { where } from "./router";

/** A probability as it is printed everywhere: whole percent, never 0 or 100 unless it is. */
export function pct(p: number | null | undefined, worlds = 1024): string {
  if (p === null || p === undefined) return "not testable";
  const least = 3 / worlds;
  // Sums of shares may miss the ends by a hair.
  p = Math.round(p * 1e9) / 1e9;
  if (p > 0 && p < 0.01) return p < least ? `below ${(100 * least).toFixed(1)} %` : `${(100 * p).toFixed(1)} %`;
  if (p < 1 && p > 0.99) return p > 1 - least ? `above ${(100 * (1 - least)).toFixed(1)} %` : `${(100 * p).toFixed(1)} %`;
  if (p === 0) return `below ${(100 * least).toFixed(1)} %`;
  if (p === 1) return `above ${(100 * (1 - least)).toFixed(1)} %`;
  return `${Math.round(100 * p)} %`;
}

/** A number that opens into what is behind it. */
export function Why({ id, children }: { id: string; children: ComponentChildren }) {
  return (
    <a class="why" href={`/explain/${encodeURIComponent(id)}`} title={`Why? (${id})`}>
      {children}
    </a>
  );
}

/** A probability as a bar; the number stands beside it. */
export function Bar({ p }: { p: number | null }) {
  if (p === null) return null;
  return (
    <span class="bar" aria-hidden="true">
      <i style={{ width: `${100 * p}%` }} />
    </span>
  );
}

/** Words with the ids in them as links. */
export function Linked({ text }: { text: string }) {
  const parts = text.split(/((?:event|claim|report|source|actor|indicator|judgment|question|hypothesis|figure|fact|area|factor|assumption|lint|footprint|tenure|gap|coverage):[a-z0-9][a-z0-9/.-]*[a-z0-9])/g);
  return (
    <>
      {parts.map((p, i) => (i % 2 === 1 ? <a href={where(p)}>{p}</a> : p))}
    </>
  );
}

/** What was asked for, once it is there; until then that it is on its way, or why it is not. */
export function Loaded<T>({ of, what, children }: { of: Got<T>; what: string; children: (data: T) => ComponentChildren }) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.error) {
    return (
      <p class="refused" role="alert">
        {what}: {of.error.message}
      </p>
    );
  }
  return (
    <p class="busy" role="status">
      {what} …
    </p>
  );
}

/** A frame in which what is wider than the window scrolls, by keyboard too. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      {children}
    </div>
  );
}

/** Why the server would not, with what would be wrong with the case. */
export function Told({ of }: { of: Refused | undefined }) {
  if (!of) return null;
  return (
    <div class="refused" role="alert">
      <p>{of.message}</p>
      {of.problems.map((p) => <pre key={p} tabIndex={0}>{p}</pre>)}
    </div>
  );
}

/** A dialog of the browser's own: it keeps the focus and closes with Escape. */
export function Dialog({ title, open, onClose, children }: { title: string; open: boolean; onClose: () => void; children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  const closing = useRef(false);
  useEffect(() => {
    const d = ref.current;
    if (!d) return;
    if (open && !d.open) d.showModal();
    if (!open && d.open) {
      closing.current = true;
      d.close();
    }
  }, [open]);
  // The browser tells of a closing some time after it: one that we did must not undo an opening that came in between.
  const closed = () => {
    if (closing.current) closing.current = false;
    else onClose();
  };
  return (
    <dialog ref={ref} aria-label={title} onClose={closed}>
      {open && (
        <>
          <h2>{title}</h2>
          {children}
        </>
      )}
    </dialog>
  );
}

/** Single keys, unless somebody is writing. */
export function useKeys(keys: Record<string, () => void>, on = true) {
  const now = useRef(keys);
  now.current = keys;
  useLayoutEffect(() => {
    if (!on) return;
    const press = (e: KeyboardEvent) => {
      const t = e.target as HTMLElement | null;
      if (e.ctrlKey || e.metaKey || e.altKey || t?.closest("input, textarea, select, dialog, [role=grid]")) return;
      const act = now.current[e.key];
      if (act) {
        e.preventDefault();
        act();
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [on]);
}

export const words = (id: string) => id.replaceAll("-", " ");

/** Who, where, when and how many, as a claim has it. */
export function placeOf(place: Record<string, unknown> | undefined): string {
  if (!place) return "";
  if (typeof place.area === "string") return words(place.area);
  if (Array.isArray(place.candidates)) {
    return place.candidates.map((c: Record<string, unknown>) => placeOf(c)).join(" or ");
  }
  return JSON.stringify(place).replace(/["{}]/g, "").replaceAll(":", " ");
}

/** "2010-09-19", or both ends. */
export const span = (a: string, b: string) => (a === b ? a : `${a} to ${b}`);
export const dayNumber = (day: string) => Math.floor(Date.parse(`${day}T00:00:00Z`) / 86_400_000);
export const dayText = (n: number) => new Date(n * 86_400_000).toISOString().slice(0, 10);
