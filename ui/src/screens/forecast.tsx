// Forecasts: each indicator, months ahead.

import { line } from "d3-shape";
import { useGet } from "../api";
import { Loaded, Scroll, Why, pct } from "../parts";

interface Futures {
  past: number;
  events: [number, [number, number, number][]];
  indicators: { id: string; title: string; now: number | null; ahead: { by: string; probability: number; error: number }[]; reason: string | null }[];
}

export function Forecast() {
  const got = useGet<Futures | null>("/api/forecast");
  return (
    <>
      <h1>Forecast</h1>
      <Loaded of={got} what="The forecast">
        {(f) => {
          if (!f) return <p>There is too little past to look ahead from.</p>;
          const days = f.indicators.find((i) => i.ahead.length > 0)?.ahead.map((a) => a.by) ?? [];
          return (
            <>
              <p>The chance that each indicator holds at the end of some month up to the day that heads the column. Every world goes on as its own past makes likely. How earlier forecasts did: <code>bellwether score CASE</code>.</p>
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
    </>
  );
}

/** A small line; the cells beside it have the numbers. */
function Course({ of }: { of: number[] }) {
  if (of.length < 2) return null;
  const d = line<number>().x((_, i) => 2 + (116 * i) / (of.length - 1)).y((p) => 32 - 30 * p)(of) ?? "";
  return <svg class="course" viewBox="0 0 120 34" aria-hidden="true"><line class="grid" x1="0" x2="120" y1="32" y2="32" /><path class="ahead" d={d} /></svg>;
}
