// Publishing: the draft with what moved and what stands against it, then the frozen files.

import { useState } from "preact/hooks";
import type { Assessment } from "../api";
import { Refused, call, useGet, useMay } from "../api";
import { Loaded, Why } from "../parts";

interface Filed {
  path: string;
  bytes: number;
}

interface Drafted {
  since: string | null;
  moved: string[];
  files: Filed[];
  problems: string[];
  sound: boolean;
  written: boolean;
}
const WHAT: Record<string, string> = {
  "assessment.html": "the page: every number a link down to its sentence",
  "assessment.pdf": "the same on paper, and for screen readers",
  "assessment.docx": "the same for Word and LibreOffice",
  "claims.xlsx": "the claims as a spreadsheet",
  "events.geojson": "events for maps",
  "events.parquet": "events as GeoParquet",
  "timemap.json": "events for TimeMap",
  "actors.gexf": "actors and links for Gephi",
  "stix-core.json": "STIX 2.1 in the standard's own terms",
  "stix-full.json": "STIX 2.1 with probabilities and intervals",
  "publication.json": "the record that the next publication is compared with",
};
const size = (n: number) => (n < 10_000 ? `${n} bytes` : `${Math.round(n / 1000)} kB`);

export function Publish() {
  const may = useMay("analyst");
  const [turn, next] = useState(0);
  const a = useGet<Assessment>("/api/assessment");
  const got = useGet<{ id: string; files: Filed[] }[]>("/api/publications", turn);
  const [id, setId] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [draft, setDraft] = useState<Drafted>();
  const [failed, setFailed] = useState("");
  const name = id ?? a.data?.case.as_of ?? "";
  const send = async (draft: boolean) => {
    setBusy(true);
    setFailed("");
    try {
      setDraft(await call<Drafted>("POST", "/api/publications", { id: name, draft }));
      next(turn + 1);
    } catch (e) {
      setDraft(undefined);
      setFailed((e as Refused).message);
    }
    setBusy(false);
  };
  return (
    <>
      <h1>Publish</h1>
      <p>What is marked above <span class="tlp">{a.data?.case.tlp}</span> takes no part in it and leaves no byte. What is published stays as it is; each judgment that moves afterwards has to say why.</p>
      {may && (
        <form class="row" onSubmit={(e) => { e.preventDefault(); void send(true); }}>
          <label>Name <input required pattern="[a-z0-9][a-z0-9\-]*" value={name} onInput={(e) => { setId(e.currentTarget.value); setDraft(undefined); }} /></label>
          <button type="submit" disabled={busy}>Look at the draft</button>
          <button type="button" disabled={busy || !draft || !draft.sound || draft.written} onClick={() => send(false)}>Publish it</button>
        </form>
      )}
      {busy && <p class="busy" role="status">Building without what may not be shown …</p>}
      {failed && <p class="refused" role="alert">{failed}</p>}
      {draft && (
        <section aria-label="Draft">
          <p role="status"><b>{draft.written ? `Published as ${name}.` : !draft.sound ? "It cannot be published yet." : "Nothing stands against publishing it."}</b> {draft.since ? `Since ${draft.since}: ${draft.moved.length === 0 ? "no judgment has moved" : `${draft.moved.length} judgments moved`}.` : "It is the first publication of this case."}</p>
          {draft.moved.length > 0 && <ul>{draft.moved.map((m) => <li key={m}><Why id={m}>{m}</Why></li>)}</ul>}
          {draft.problems.map((p) => <pre key={p} class="refused" tabIndex={0}>{p}</pre>)}
          {!draft.written && <p class="small">{draft.files.length} files, {size(draft.files.reduce((n, f) => n + f.bytes, 0))} in all</p>}
        </section>
      )}
      <h2>Published</h2>
      <Loaded of={got} what="The publications">
        {(all) =>
          all.length === 0 ? <p>Nothing yet.</p> : (
            <>
              {[...all].reverse().map((p) => (
                <section key={p.id} aria-label={p.id}>
                  <h3>{p.id}</h3>
                  <ul>
                    {p.files.map(({ path, bytes }) => (
                      <li key={path}><a href={`/api/publications/${encodeURIComponent(p.id)}?path=${encodeURIComponent(path)}`} download>{path}</a> <span class="small">{size(bytes)}{WHAT[path] ? `; ${WHAT[path]}` : ""}</span></li>
                    ))}
                  </ul>
                </section>
              ))}
            </>
          )
        }
      </Loaded>
    </>
  );
}
