// History: the case as it was known on a day, and what changed between two.

import { useMemo, useState } from "preact/hooks";
import type { Assessment, HypothesisRow, Indicator, Judgment } from "../api";
import { useGet } from "../api";
import { Bar, Linked, Loaded, dayNumber, dayText, pct } from "../parts";
import { where } from "../router";

interface AsOf {
  as_of: string;
  reports: number;
  claims: number;
  judgments: Judgment[];
  indicators: Indicator[];
  hypotheses: HypothesisRow[];
}
interface Difference {
  added: string[];
  removed: string[];
  changed: string[];
  numbers: { id: string; before: number | null; after: number | null; because: { report: string; effect: number }[] }[];
  judgments: [string, string, string][];
}

interface Past {
  number: number;
  at: number;
  as_of: string;
  reports: number;
  claims: number;
}
interface Compared {
  added: string[];
  removed: string[];
  changed: string[];
  numbers: { id: string; before: number | null; after: number | null }[];
  judgments: { id: string; before: string | null; after: string | null }[];
}

export function History() {
  const a = useGet<Assessment>("/api/assessment");
  const r = useGet<{ published: string }[]>("/api/reports");
  return <Loaded of={a} what="The assessment">{(a) => <Loaded of={r} what="The reports">{(r) => <Days a={a} published={r.map((x) => x.published)} />}</Loaded>}</Loaded>;
}

const built = (b: Past) => `${b.number}: ${new Date(1000 * b.at).toISOString().slice(0, 16).replace("T", " ")} UTC, ${b.reports} reports, ${b.claims} claims`;

/** Any two builds side by side. */
function Builds() {
  const got = useGet<Past[]>("/api/builds");
  return <Loaded of={got} what="The builds">{(all) => (all.length < 2 ? <p>One build is remembered; with the next there are two to compare.</p> : <TwoBuilds all={all} />)}</Loaded>;
}

function TwoBuilds({ all }: { all: Past[] }) {
  // The last two, whichever they are by now, until somebody chooses.
  const [picked, pick] = useState<{ from?: number; to?: number }>({});
  const from = picked.from ?? all[1]!.number;
  const to = picked.to ?? all[0]!.number;
  const got = useGet<Compared>(`/api/compare?from=${from}&to=${to}`);
  const choose = (now: number, set: (n: number) => void) => (
    <select value={now} onChange={(e) => set(Number(e.currentTarget.value))}>{all.map((b) => <option key={b.number} value={b.number}>{built(b)}</option>)}</select>
  );
  return (
    <>
      <p class="row"><label>From build {choose(from, (n) => pick({ ...picked, from: n }))}</label> <label>To build {choose(to, (n) => pick({ ...picked, to: n }))}</label></p>
      <Loaded of={got} what="What differs">
        {(d) => (
          <>
            <p role="status">{d.added.length} reports came, {d.removed.length} went, {d.changed.length} differ; {d.numbers.length} numbers moved.</p>
            {d.judgments.map((j) => <article key={j.id}><h3><a href={where(j.id)}>{j.id}</a></h3>{j.before && <p><del>{j.before}</del></p>}{j.after && <p><ins>{j.after}</ins></p>}</article>)}
            {d.numbers.length > 0 && (
              <table>
                <thead><tr><th scope="col">Number</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
                <tbody>{d.numbers.map((n) => <tr key={n.id}><th scope="row"><Linked text={n.id} /></th><td class="number">{pct(n.before)}<Bar p={n.before} /></td><td class="number">{pct(n.after)}<Bar p={n.after} /></td></tr>)}</tbody>
              </table>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

function Days({ a, published }: { a: Assessment; published: string[] }) {
  const last = dayNumber(a.case.as_of);
  const first = useMemo(() => {
    const days = published.map((p) => /^\d{4}-\d{2}-\d{2}$/.exec(p)?.[0]).filter((d): d is string => d !== undefined).map(dayNumber);
    return Math.min(last, ...days);
  }, [published]);
  const [slid, slide] = useState(last);
  const [day, setDay] = useState(last);
  const [from, setFrom] = useState(dayText(Math.max(first, last - 60)));
  const [to, setTo] = useState(a.case.as_of);
  const [pair, setPair] = useState<[string, string]>();
  const seen = useGet<AsOf>(`/api/as-of?day=${dayText(day)}`);
  const diff = useGet<Difference>(pair ? `/api/diff?from=${pair[0]}&to=${pair[1]}` : null);
  return (
    <>
      <h1>History</h1>
      <section aria-labelledby="as-of">
        <h2 id="as-of">As it was known on {dayText(slid)}</h2>
        <label>Day <input type="range" min={first} max={last} value={slid} aria-valuetext={dayText(slid)} onInput={(e) => slide(Number(e.currentTarget.value))} onChange={(e) => setDay(Number(e.currentTarget.value))} /></label>
        <Loaded of={seen} what={`Drawing the worlds of ${dayText(day)}`}>
          {(s) => (
            <>
              <p class="small">{s.reports} reports, {s.claims} claims by then{seen.busy ? "; drawing anew …" : ""}</p>
              <ul>{s.judgments.map((j) => <li key={j.id}>{j.text}</li>)}</ul>
              <table>
                <thead><tr><th scope="col">Number</th><th scope="col">Then</th><th scope="col">Now</th></tr></thead>
                <tbody>
                  {[...s.indicators.map((i) => ({ id: i.id, text: i.title, p: i.probability })), ...s.hypotheses.map((h) => ({ id: h.id, text: h.text || h.id, p: h.probability as number | null }))].map((x) => (
                    <tr key={x.id}><th scope="row"><a href={where(x.id)}>{x.text}</a></th><td class="number">{pct(x.p)}<Bar p={x.p} /></td><td class="number">{pct(a.indicators.find((i) => i.id === x.id)?.probability ?? a.hypotheses.find((h) => h.id === x.id)?.probability)}</td></tr>
                  ))}
                </tbody>
              </table>
            </>
          )}
        </Loaded>
      </section>
      <section aria-labelledby="builds">
        <h2 id="builds">What differs between two builds</h2>
        <Builds />
      </section>
      <section aria-labelledby="diff">
        <h2 id="diff">What changed between two days</h2>
        <form class="row" onSubmit={(e) => { e.preventDefault(); setPair([from, to]); }}>
          <label>From <input type="date" value={from} max={a.case.as_of} required onInput={(e) => setFrom(e.currentTarget.value)} /></label>
          <label>To <input type="date" value={to} max={a.case.as_of} required onInput={(e) => setTo(e.currentTarget.value)} /></label>
          <button type="submit">Compare</button>
        </form>
        {pair && (
          <Loaded of={diff} what="Running both, and each report's part in it">
            {(d) => (
              <>
                <p>{d.added.length} reports came, {d.removed.length} went, {d.changed.length} differ.</p>
                {d.judgments.map(([id, was, is]) => <article key={id}><h3><a href={where(id)}>{id}</a></h3><p><del>{was}</del></p><p><ins>{is}</ins></p></article>)}
                <table>
                  <thead><tr><th scope="col">Number</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">Which report did it</th></tr></thead>
                  <tbody>
                    {d.numbers.map((n) => (
                      <tr key={n.id}><th scope="row"><Linked text={n.id} /></th><td class="number">{pct(n.before)}</td><td class="number">{pct(n.after)}</td><td>{n.because.slice(0, 3).map((b) => <div key={b.report}><Linked text={b.report} /> {b.effect > 0 ? "+" : ""}{Math.round(100 * b.effect)} points</div>)}</td></tr>
                    ))}
                  </tbody>
                </table>
                {d.numbers.length === 0 && <p>No number moved by more than it is uncertain.</p>}
              </>
            )}
          </Loaded>
        )}
      </section>
    </>
  );
}
