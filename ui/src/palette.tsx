// The command palette: everything that has a name, a few letters away.

import { useMemo, useRef, useState } from "preact/hooks";
import type { Assessment, EventRow } from "./api";
import { unpacked, useGet } from "./api";
import { go, where } from "./router";

interface Entry {
  kind: string;
  name: string;
  to: string;
}

export function Palette({ screens, close }: { screens: [string, string][]; close: () => void }) {
  const a = useGet<Assessment>("/api/assessment");
  const e = useGet<{ columns: string[]; rows: unknown[][] }>("/api/events");
  const r = useGet<{ id: string; title: string }[]>("/api/reports");
  const s = useGet<{ sources: { id: string; name: string }[] }>("/api/sources");
  const [text, set] = useState("");
  const [at, move] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const all = useMemo<Entry[]>(() => {
    const out: Entry[] = screens.map(([to, name]) => ({ kind: "screen", name, to }));
    for (const j of a.data?.judgments ?? []) out.push({ kind: "judgment", name: `${j.id.slice(9)}: ${j.text}`, to: where(j.id) });
    for (const i of a.data?.indicators ?? []) out.push({ kind: "indicator", name: `${i.id.slice(10)}: ${i.title}`, to: where(i.id) });
    for (const q of a.data?.questions ?? []) out.push({ kind: "question", name: q.question, to: where(q.id) });
    for (const [id, name] of Object.entries(a.data?.actors ?? {})) out.push({ kind: "actor", name, to: where(`actor:${id}`) });
    for (const x of r.data ?? []) out.push({ kind: "report", name: x.title, to: where(`report:${x.id}`) });
    for (const x of s.data?.sources ?? []) out.push({ kind: "source", name: x.name, to: where(`source:${x.id}`) });
    for (const x of unpacked(e.data) as EventRow[]) out.push({ kind: "event", name: x.id, to: where(`event:${x.id}`) });
    return out;
  }, [a.data, e.data, r.data, s.data]);
  const terms = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter((x) => terms.every((t) => `${x.kind} ${x.name}`.toLowerCase().includes(t))).slice(0, 40);
  const chosen = Math.min(at, found.length - 1);
  const take = (x: Entry | undefined) => {
    if (!x) return;
    close();
    go(x.to);
  };
  const key = (e: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) {
      e.preventDefault();
      const to = (chosen + step + found.length) % Math.max(found.length, 1);
      move(to);
      list.current?.children[to]?.scrollIntoView({ block: "nearest" });
    } else if (e.key === "Enter") {
      e.preventDefault();
      take(found[chosen]);
    }
  };
  return (
    <div class="palette">
      <input
        type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={found[chosen] ? `palette-${chosen}` : undefined}
        aria-label="Go to" autoFocus placeholder="A screen, an event, a report, an actor …" value={text}
        onInput={(e) => { set(e.currentTarget.value); move(0); }} onKeyDown={key}
      />
      <ul id="palette-list" role="listbox" aria-label="Found" ref={list}>
        {found.map((x, i) => (
          <li key={x.kind + x.to + x.name} id={`palette-${i}`} role="option" aria-selected={i === chosen} onClick={() => take(x)}>
            <span class="kind">{x.kind}</span> {x.name}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p role="status">Nothing is called that.</p>}
    </div>
  );
}
