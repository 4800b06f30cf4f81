// Reports: the list, one report with its claims marked, and a claim made from a sentence.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Claim, Line } from "../api";
import { Refused, call, useGet, useMay } from "../api";
import { ClaimFields, EventNames, lineOf } from "../claim";
import { Dialog, Loaded, Scroll, Told, pct, placeOf, useKeys, words } from "../parts";
import { go, useRoute, where } from "../router";
import { Rests } from "./event";

interface Listed {
  id: string;
  title: string;
  source: string;
  source_name: string;
  published: string;
  language: string | null;
  tlp: string;
  claims: number;
}

export function Reports() {
  const got = useGet<Listed[]>("/api/reports");
  const [text, set] = useState("");
  return (
    <>
      <h1>Reports</h1>
      <label>Find <input type="search" value={text} onInput={(e) => set(e.currentTarget.value)} /></label>
      <Loaded of={got} what="The reports">
        {(all) => {
          const found = all.filter((r) => `${r.title} ${r.source_name} ${r.published}`.toLowerCase().includes(text.toLowerCase()));
          return (
            <Scroll label="Reports, table">
              <table>
                <caption>{found.length} of {all.length}{found.length > 300 ? ", the latest 300 shown" : ""}</caption>
                <thead><tr><th scope="col">Published</th><th scope="col">Title</th><th scope="col">Source</th><th scope="col">Claims</th></tr></thead>
                <tbody>
                  {found.slice(0, 300).map((r) => (
                    <tr key={r.id}>
                      <td class="number">{r.published}</td>
                      <th scope="row"><a href={where(`report:${r.id}`)} dir="auto">{r.title}</a></th>
                      <td><a href={where(`source:${r.source}`)}>{r.source_name}</a></td>
                      <td>{r.claims}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          );
        }}
      </Loaded>
    </>
  );
}

interface Report extends Omit<Listed, "claims"> {
  retrieved: string | null;
  written_by: string | null;
  url: string | null;
  runs: { text: string; claims: string[] }[];
  claims: Claim[];
  rests: string[];
}

/** What a claim says, in a line. */
export function said(c: Claim): string {
  const e = c.says.event;
  if (e) {
    const who = (e.actors ?? []).flatMap((a) => ("known" in a ? [`${a.known.role} ${words(a.known.actor)}`] : [`${a.unknown.role} unknown`]));
    return [words(e.id), e.sub_type ?? e.type, ...who, placeOf(e.place), e.time, ...c.figures].filter(Boolean).join(" · ");
  }
  if (c.says.fact) return c.says.fact.text;
  if (c.says.link) return `${words(c.says.link.actor)} ${words(c.says.link.kind)} ${words(c.says.link.to)}`;
  return `takes back ${c.says.retracts}`;
}

export function Reader({ id }: { id: string }) {
  const got = useGet<Report>(`/api/reports/${encodeURIComponent(id)}`);
  const { search } = useRoute();
  const chosen = search.get("claim");
  return <Loaded of={got} what="The report">{(r) => <Read key={r.id} r={r} chosen={chosen} />}</Loaded>;
}

function Read({ r, chosen }: { r: Report; chosen: string | null }) {
  const may = useMay("coder");
  const text = useRef<HTMLDivElement>(null);
  const [picked, setPicked] = useState<[number, number] | null>(null);
  // Keys come faster than the page is drawn.
  const latest = useRef(picked);
  const pick = (words: [number, number] | null) => setPicked((latest.current = words));
  const [making, make] = useState(false);
  const whole = r.runs.map((x) => x.text).join("");
  const sentences = useMemo(() => {
    const parts = new Intl.Segmenter(r.language ?? "en", { granularity: "sentence" }).segment(whole);
    return [...parts].map((s) => {
      const lead = s.segment.length - s.segment.trimStart().length;
      return [s.index + lead, s.index + s.segment.trimEnd().length] as [number, number];
    }).filter(([a, b]) => b > a);
  }, [whole]);
  useEffect(() => {
    // The claim that one came for.
    if (chosen) text.current?.querySelector(`[data-claims~="${CSS.escape(chosen)}"]`)?.scrollIntoView({ block: "center" });
  }, [chosen]);
  const step = (by: number) => {
    const begin = latest.current?.[0];
    const at = begin === undefined ? -1 : sentences.findIndex(([a]) => a >= begin);
    const to = Math.max(0, Math.min(sentences.length - 1, at + by));
    pick(sentences[to] ?? null);
    requestAnimationFrame(() => text.current?.querySelector(".picked")?.scrollIntoView({ block: "nearest" }));
  };
  useKeys({ j: () => step(1), k: () => step(-1), c: () => latest.current && may && make(true), Escape: () => pick(null) }, !making);
  const select = () => {
    const s = getSelection();
    if (!s || s.isCollapsed || !text.current || !text.current.contains(s.anchorNode) || !text.current.contains(s.focusNode)) return;
    const range = s.getRangeAt(0);
    const before = document.createRange();
    before.selectNodeContents(text.current);
    before.setEnd(range.startContainer, range.startOffset);
    const start = before.toString().length;
    const words = range.toString();
    const lead = words.length - words.trimStart().length;
    const from = start + lead;
    if (words.trim()) pick([from, from + words.trim().length]);
  };
  // The runs are cut once more where what is picked begins and ends.
  let offset = 0;
  const pieces = r.runs.flatMap((run) => {
    const start = offset;
    offset += run.text.length;
    const cuts = [0, ...(picked ?? []).map((p) => p - start).filter((p) => p > 0 && p < run.text.length), run.text.length];
    return cuts.slice(1).map((end, i) => ({ text: run.text.slice(cuts[i], end), claims: run.claims, at: start + cuts[i]! }));
  });
  return (
    <>
      <h1 dir="auto">{r.title}</h1>
      <p class="meta">
        <a href={where(`source:${r.source}`)}>{r.source_name}</a>, {r.published}
        {r.retrieved && `, captured ${r.retrieved}`}{r.written_by && `; the text was written by ${r.written_by}`}{r.language && `; language ${r.language}`} · <span class="tlp">{r.tlp}</span>
        {r.url && <> · <a href={r.url} rel="noreferrer noopener" target="_blank">where it was found</a></>}
      </p>
      <div class="reading">
        <section aria-label="The text">
          <p class="small" id="reading-help">
            {may ? <>Select a sentence with the mouse, or with <kbd>j</kbd> and <kbd>k</kbd>, then <button type="button" disabled={!picked} onClick={() => make(true)}>make a claim of it</button> (<kbd>c</kbd>).</> : "Marked passages carry claims."}
          </p>
          <div class="report" ref={text} dir="auto" tabIndex={0} role="document" aria-label="Text of the report" aria-describedby="reading-help" onMouseUp={select}>
            {pieces.map((p) => {
              const on = picked && p.at >= picked[0] && p.at < picked[1];
              const kind = [p.claims.length > 0 ? "claimed" : "", on ? "picked" : "", chosen && p.claims.includes(chosen) ? "chosen" : ""].join(" ").trim();
              return kind ? <mark key={p.at} class={kind} data-claims={p.claims.join(" ")} title={p.claims.join(", ")}>{p.text}</mark> : <span key={p.at}>{p.text}</span>;
            })}
          </div>
          <p class="sr" aria-live="polite">{picked ? whole.slice(...picked) : ""}</p>
        </section>
        <section aria-labelledby="its-claims">
          <h2 id="its-claims">Claims</h2>
          {r.claims.length === 0 && <p>None yet.</p>}
          <ul class="claim-list">
            {r.claims.map((c) => (
              <li key={c.id} class={c.id === chosen ? "chosen" : ""}>
                <a href={`/reports/${encodeURIComponent(r.id)}?claim=${encodeURIComponent(c.id)}`}>{c.id}</a> <span class="small">{words(c.stance)}{c.modality !== "asserted" ? `, ${c.modality}` : ""}; {c.chain.join(", via ")}</span>
                <p>{said(c)}</p>
                {c.says.event && <a href={where(`event:${c.says.event.id}`)}>The event</a>}
                {c.rule && <span class="small"> read by machine ({c.rule}), right {pct(c.precision)}{c.verdict ? `; ${c.verdict}` : ""}</span>}
              </li>
            ))}
          </ul>
        </section>
      </div>
      <Rests rests={r.rests} />
      <Dialog title="A claim of this passage" open={making && picked !== null} onClose={() => make(false)}>
        {picked && <NewClaim report={r} at={picked} passage={whole.slice(...picked)} close={() => { make(false); pick(null); }} />}
      </Dialog>
    </>
  );
}

function NewClaim({ report, at, passage, close }: { report: Report; at: [number, number]; passage: string; close: () => void }) {
  const [problems, set] = useState<Refused>();
  const empty: Line = { id: "", chain: [report.source], stance: "asserts", modality: "asserted", says: {} };
  const submit = async (ev: Event) => {
    ev.preventDefault();
    const f = new FormData(ev.target as HTMLFormElement);
    const claim = { ...lineOf(f, "", empty), id: String(f.get("id")).trim() };
    try {
      await call("POST", "/api/claims", { report: report.id, start: at[0], end: at[1], claim });
      close();
    } catch (e) {
      set(e as Refused);
    }
  };
  return (
    <form onSubmit={submit} class="form">
      <blockquote dir="auto">{passage}</blockquote>
      <label>Id of the claim <input name="id" required pattern="[a-z0-9][a-z0-9\-]*" title="a-z, 0-9 and -" autoFocus /></label>
      <ClaimFields line={empty} prefix="" />
      <EventNames />
      <Told of={problems} />
      <p><button type="submit">Add the claim</button> <button type="button" onClick={close}>Cancel</button></p>
    </form>
  );
}

/** A claim's address leads to its passage. */
export function ClaimScreen({ id }: { id: string }) {
  const got = useGet<Claim>(`/api/claims/${encodeURIComponent(id)}`);
  useEffect(() => {
    if (got.data) go(`/reports/${encodeURIComponent(got.data.report)}?claim=${encodeURIComponent(id)}`);
  }, [got.data]);
  return <Loaded of={got} what="The claim">{() => <p class="busy">To its report …</p>}</Loaded>;
}
