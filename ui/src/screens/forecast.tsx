// Forecasts: each indicator, months ahead; and how those made earlier did.

import { line } from "d3-shape";
import { useGet } from "../api";
import { Loaded, Scroll, Why, pct } from "../parts";

interface Futures {
  past: number;
  events: [number, [number, number, number][]];
  indicators: { id: string; title: string; now: number | null; ahead: { by: string; probability: number; error: number }[]; reason: string | null }[];
}

interface Scored {
  resolved: number;
  open: number;
  unresolved: [string, string][];
  brier: [number, number, number, number] | null;
  base_rate: number | null;
  bins: [number, number, number][];
  alarms: [number, number];
  missed: number;
  lead_days: number | null;
  indicators: { id: string; resolved: number; alarms: [number, number]; lead_days: number | null; brier: number }[];
}

export function Forecast() {
  const got = useGet<Futures | null>("/api/forecast");
  const scores = useGet<Scored | null>("/api/scores");
  return (
    <>
      <h1>Forecast</h1>
      <Loaded of={got} what="The forecast">
        {(f) => {
          if (!f) return <p>There is too little past to look ahead from.</p>;
          const days = f.indicators.find((i) => i.ahead.length > 0)?.ahead.map((a) => a.by) ?? [];
          return (
            <>
              <p>The chance that each indicator holds at the end of some month up to the day that heads the column. Every world goes on as its own past makes likely.</p>
              <Scroll label="Forecast, table">
                <table>
                  <thead><tr><th scope="col">Indicator</th><th scope="col">Now</th>{days.map((d) => <th scope="col" key={d}>{d}</th>)}<th scope="col">Course</th></tr></thead>
                  <tbody>
                    {f.indicators.map((i) => (
                      <tr key={i.id}>
                        <th scope="row">{i.title}</th>
                        <td class="number"><Why id={`indicator:${i.id}`}>{pct(i.now)}</Why></td>
                        {i.ahead.length > 0 ? i.ahead.map((a) => <td class="number" key={a.by}>{pct(a.probability)}</td>) : <td colSpan={days.length}>{i.reason}</td>}
                        <td><Course of={[i.now ?? 0, ...i.ahead.map((a) => a.probability)]} /></td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </Scroll>
            </>
          );
        }}
      </Loaded>
      <h2>How earlier forecasts did</h2>
      <Loaded of={scores} what="The scores">{(s) => <Scores s={s} />}</Loaded>
    </>
  );
}

function Scores({ s }: { s: Scored | null }) {
  if (!s) return <p>No forecast was entered yet: <code>bellwether forecast CASE --write</code> enters those of today, and later they are held against what came.</p>;
  return (
    <>
      <p>{s.resolved} forecasts came out, {s.open} are open, {s.unresolved.length} cannot be told. <code>bellwether score CASE</code> settles what can be told now.</p>
      {s.brier && s.base_rate !== null ? (
        <>
          <p>Brier score {s.brier[0].toFixed(3)} (0 is perfect; always saying the share that came true earns {s.base_rate.toFixed(3)}): reliability {s.brier[1].toFixed(3)}, resolution {s.brier[2].toFixed(3)}. Of {s.alarms[0]} alarms (50 % or more) {s.alarms[1]} were false; {s.missed} things happened without one{s.lead_days === null ? "" : `; the first came ${Math.round(s.lead_days)} days ahead on average`}.</p>
          <Scroll label="Calibration, table">
            <table>
              <thead><tr><th scope="col">Said, on average</th><th scope="col">Forecasts</th><th scope="col">Came true</th></tr></thead>
              <tbody>{s.bins.filter((b) => b[0] > 0).map(([n, said, came]) => <tr key={said}><th scope="row" class="number">{pct(said)}</th><td class="number">{n}</td><td class="number">{pct(came)}</td></tr>)}</tbody>
            </table>
          </Scroll>
          <Scroll label="Scores by indicator, table">
            <table>
              <thead><tr><th scope="col">Indicator</th><th scope="col">Came out</th><th scope="col">Brier</th><th scope="col">Alarms</th><th scope="col">False</th><th scope="col">Lead, days</th></tr></thead>
              <tbody>
                {s.indicators.map((i) => (
                  <tr key={i.id}>
                    <th scope="row">{i.id}</th>
                    <td class="number">{i.resolved}</td><td class="number">{i.brier.toFixed(3)}</td><td class="number">{i.alarms[0]}</td><td class="number">{i.alarms[1]}</td>
                    <td class="number">{i.lead_days === null ? "\u2013" : Math.round(i.lead_days)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </>
      ) : <p>Nothing to score yet: what has not come out is neither right nor wrong.</p>}
      {s.unresolved.length > 0 && <details><summary>Cannot be told</summary><ul>{s.unresolved.map(([id, why]) => <li key={id}>{id}: {why}</li>)}</ul></details>}
    </>
  );
}

/** A small line; the cells beside it have the numbers. */
function Course({ of }: { of: number[] }) {
  if (of.length < 2) return null;
  const d = line<number>().x((_, i) => 2 + (116 * i) / (of.length - 1)).y((p) => 32 - 30 * p)(of) ?? "";
  return <svg class="course" viewBox="0 0 120 34" aria-hidden="true"><line class="grid" x1="0" x2="120" y1="32" y2="32" /><path class="ahead" d={d} /></svg>;
}
