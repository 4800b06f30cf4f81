// One event: what each source says of it, side by side, and what it comes to.

import { scaleLog } from "d3-scale";
import type { Claim } from "../api";
import { useGet } from "../api";
import { Bar, Loaded, Scroll, Why, pct, placeOf, span, words } from "../parts";
import { where } from "../router";

interface Figure {
  id: string;
  measure: string;
  of: string;
  quantiles: [number, number, number];
  said: { claim: string; source: string; words: string; low: number; high: number | null }[];
}
interface One {
  event: {
    id: string;
    type: string;
    sub_type: string | null;
    probability: number;
    error: number;
    days: [string, string];
    place: [number, number] | null;
    radius_km: number | null;
    areas: [string, number][];
    who: { actor: string; probability: number }[];
    figures: Figure[];
    asserted_by: string[];
    independent: number;
    denied_by: string[];
  };
  claims: Claim[];
  absent: [number, number] | null;
  rests: string[];
}

/** The value that most claims give, so that those that differ can be marked. */
function usual(values: string[]): string | undefined {
  const count = new Map<string, number>();
  for (const v of values.filter(Boolean)) count.set(v, (count.get(v) ?? 0) + 1);
  return [...count].sort((a, b) => b[1] - a[1])[0]?.[0];
}

const perpetrators = (c: Claim) =>
  (c.says.event?.actors ?? [])
    .flatMap((a) => ("known" in a ? (a.known.role === "perpetrator" ? [words(a.known.actor)] : []) : [`${a.unknown.role} unknown`]))
    .join(", ");

export function EventScreen({ id }: { id: string }) {
  const got = useGet<One>(`/api/events/${encodeURIComponent(id)}`);
  return (
    <Loaded of={got} what="The event">
      {({ event: e, claims, absent, rests }) => {
        const cells: [string, (c: Claim) => string][] = [
          ["Stance", (c) => words(c.stance) + (c.modality === "asserted" ? "" : `, ${c.modality}`)],
          ["Who", perpetrators],
          ["Where", (c) => placeOf(c.says.event?.place)],
          ["When", (c) => c.says.event?.time ?? ""],
          ["How many", (c) => c.figures.join("; ")],
        ];
        const most = cells.map(([, of]) => usual(claims.map(of)));
        return (
          <>
            <h1>{words(e.id.slice(6))}</h1>
            <p class="meta">{e.sub_type ?? e.type} · {span(...e.days)} · <Why id={e.id}>{pct(e.probability)} that it happened</Why></p>
            <p>
              {absent && `It did not happen in ${absent[0]} of ${absent[1]} worlds. `}
              Asserted by {e.asserted_by.length} {e.asserted_by.length === 1 ? "origin" : "origins"} ({e.independent.toFixed(1)} likely independent)
              {e.denied_by.length > 0 && `, denied by ${e.denied_by.length}`}.
            </p>
            <div class="columns">
              <section aria-labelledby="who"><h2 id="who">Who did it</h2>
                <ul class="classes">{e.who.map((w) => <li key={w.actor}>{w.actor === "unknown" ? "unknown" : <a href={where(`actor:${w.actor}`)}>{words(w.actor)}</a>}: {pct(w.probability)}<Bar p={w.probability} /></li>)}</ul>
              </section>
              <section aria-labelledby="where"><h2 id="where">Where</h2>
                {e.place ? <p>{e.place[1].toFixed(2)}° N, {e.place[0].toFixed(2)}° E, within {e.radius_km?.toFixed(0)} km (90 %). <a href={`/map?event=${encodeURIComponent(id)}`}>On the map</a></p> : <p>Nobody says where.</p>}
                <ul class="classes">{e.areas.map(([a, p]) => <li key={a}>{words(a)}: {pct(p)}<Bar p={p} /></li>)}</ul>
              </section>
            </div>
            {e.figures.map((f) => <Figures key={f.id} f={f} claims={claims} />)}
            <h2>What each says</h2>
            <Scroll label="Claims side by side">
              <table class="claims">
                <thead><tr><th scope="col">Source</th>{cells.map(([n]) => <th scope="col" key={n}>{n}</th>)}<th scope="col">In these words</th></tr></thead>
                <tbody>
                  {claims.map((c) => (
                    <tr key={c.id} class={c.retracted_by || c.verdict === "rejected" ? "gone" : ""}>
                      <th scope="row">
                        <a href={where(`source:${c.origin}`)}>{c.origin_name}</a>
                        {c.publisher_name !== c.origin_name && <span class="small">via {c.publisher_name}</span>}
                        <span class="small">{c.published}{c.copies ? "; a copy" : ""}{c.echo ? `; a copy with ${pct(c.echo.p)}` : ""}{c.retracted_by ? "; taken back" : ""}{c.rule ? `; read by machine${c.verdict ? `, ${c.verdict}` : ""}` : ""}</span>
                      </th>
                      {cells.map(([n, of], i) => {
                        const v = of(c);
                        const differs = v !== "" && most[i] !== undefined && v !== most[i];
                        return <td key={n} class={differs ? "differs" : ""}>{v || <span class="small">does not say</span>}{differs && <span class="small">differs</span>}</td>;
                      })}
                      <td><a href={`/reports/${encodeURIComponent(c.report)}?claim=${encodeURIComponent(c.id)}`} dir="auto">“{c.exact}”</a></td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
            <Rests rests={rests} />
          </>
        );
      }}
    </Loaded>
  );
}

export function Rests({ rests }: { rests: string[] }) {
  return (
    <section aria-labelledby="rests">
      <h2 id="rests">What rests on it</h2>
      {rests.length === 0 ? <p>No conclusion.</p> : <ul>{rests.map((r) => <li key={r}><Why id={r}>{r}</Why></li>)}</ul>}
    </section>
  );
}

/** What was said of a figure, and what it comes to, on a logarithmic scale. */
function Figures({ f, claims }: { f: Figure; claims: Claim[] }) {
  const top = Math.max(5, f.quantiles[2], ...f.said.map((s) => s.high ?? s.low * 2)) * 1.15;
  const x = scaleLog([1, top + 1], [190, 640]);
  const at = (n: number) => x(n + 1);
  const rows = f.said.length + 1;
  const name = (claim: string, source: string) => claims.find((c) => `claim:${c.id}` === claim)?.origin_name ?? words(source);
  const [low, median, high] = f.quantiles;
  return (
    <section>
      <h2>{f.measure} of {words(f.of)}: <Why id={f.id}>{low} to {high}, most likely {median}</Why></h2>
      <svg class="figures" viewBox={`0 0 860 ${rows * 26 + 24}`} role="group" aria-label={`${f.measure}: what each says, and what it comes to`}>
        {[0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000].filter((t) => t < top).map((t) => (
          <g key={t}><line x1={at(t)} x2={at(t)} y1={0} y2={rows * 26} class="grid" /><text x={at(t)} y={rows * 26 + 16} text-anchor="middle">{t}</text></g>
        ))}
        {f.said.map((s, i) => {
          const y = i * 26 + 5;
          const end = s.high ?? top;
          const claim = s.claim.slice(6);
          const report = claims.find((c) => c.id === claim)?.report;
          const to = report ? `/reports/${encodeURIComponent(report)}?claim=${encodeURIComponent(claim)}` : where(s.claim);
          const title = `${name(s.claim, s.source)}: ${s.words}`;
          return (
            <a key={s.claim} href={to} aria-label={title}>
              <text x={182} y={y + 13} text-anchor="end">{name(s.claim, s.source).slice(0, 28)}</text>
              <rect x={at(s.low) - 3} y={y + 3} width={Math.max(6, at(end) - at(s.low) + 6)} height={11} class={s.high === null ? "said open" : "said"}><title>{title}</title></rect>
              <text x={650} y={y + 13}>{s.words}</text>
            </a>
          );
        })}
        <g>
          <text x={182} y={rows * 26 - 8} text-anchor="end" class="strong">reconciled (90 %)</text>
          <rect x={at(low)} y={rows * 26 - 19} width={Math.max(3, at(high) - at(low))} height={13} class="posterior" />
          <line x1={at(median)} x2={at(median)} y1={rows * 26 - 21} y2={rows * 26 - 4} class="median" />
          <text x={650} y={rows * 26 - 8}>{low} to {high}, median {median}</text>
        </g>
      </svg>
    </section>
  );
}
