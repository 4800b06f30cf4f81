// Actors: their lines of life, and the same as a table.

import { scaleUtc } from "d3-scale";
import { useGet } from "../api";
import { Loaded, Scroll, dayNumber, pct, words } from "../parts";
import { where } from "../router";

interface Link {
  kind: string;
  to: string;
  from: string | null;
  until: string | null;
  why: string | null;
  claims: string[];
  probability: number | null;
}
interface Share {
  believed: number;
  mean: number;
  bounds: [number, number];
}
interface Actor {
  id: string;
  name: string;
  kind: string;
  names: string[];
  links: Link[];
  /** How often it claims what it did, and what it did not. */
  claims: { did: Share; did_not: Share } | null;
  events: { event: string; probability: number; first_day: string; last_day: string }[];
}

const DAY = 86_400_000;

export function Actors({ chosen }: { chosen: string | undefined }) {
  const got = useGet<{ as_of: string; actors: Actor[] }>("/api/actors");
  return (
    <Loaded of={got} what="The actors">
      {({ as_of, actors }) => {
        const one = actors.find((a) => a.id === chosen);
        const name = (id: string) => actors.find((a) => a.id === id)?.name ?? words(id);
        return (
          <>
            <h1>{one ? one.name : "Actors"}</h1>
            {one && <p class="meta">{words(one.kind)}{one.names.length > 0 ? `; also ${one.names.join(", ")}` : ""} · <a href="/actors">all actors</a> · <a href={`/explain/actor:${one.id}`}>why</a></p>}
            {one?.claims && <p>Claims {often(one.claims.did)} of what it did, and {often(one.claims.did_not)} of what it did not do. The more of the first, the more its silence counts; the fewer of the second, the more its claim does.</p>}
            <Lives as_of={as_of} actors={one ? [one, ...actors.filter((a) => a !== one && (a.links.some((l) => l.to === one.id) || one.links.some((l) => l.to === a.id)))] : actors} name={name} />
            <h2>The same in words</h2>
            <Scroll label="Links, table">
              <table>
                <thead><tr><th scope="col">Actor</th><th scope="col">Kind</th><th scope="col">Links</th><th scope="col">May have done</th></tr></thead>
                <tbody>
                  {(one ? [one] : actors).map((a) => (
                    <tr key={a.id}>
                      <th scope="row"><a href={where(`actor:${a.id}`)}>{a.name}</a></th>
                      <td>{words(a.kind)}</td>
                      <td><ul>{a.links.map((l, i) => <li key={i}>{words(l.kind)} <a href={where(`actor:${l.to}`)}>{name(l.to)}</a>: {pct(l.probability)}{l.from ? `, from ${l.from}` : ""}{l.until ? ` until ${l.until}` : ""}{l.claims.map((c) => <> <a href={where(`claim:${c}`)} class="small">{c}</a></>)}</li>)}</ul></td>
                      <td>{a.events.length > 0 && <ul>{a.events.slice(0, 12).map((e) => <li key={e.event}><a href={where(`event:${e.event}`)}>{words(e.event)}</a> {pct(e.probability)}</li>)}{a.events.length > 12 && <li>and {a.events.length - 12} more</li>}</ul>}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          </>
        );
      }}
    </Loaded>
  );
}

const often = (s: Share) => `${pct(s.mean)} (${pct(s.bounds[0])} to ${pct(s.bounds[1])}; ${pct(s.believed)} is usual)`;

function Lives({ as_of, actors, name }: { as_of: string; actors: Actor[]; name: (id: string) => string }) {
  const lines = actors.filter((a) => a.kind === "armed-group" && (a.links.length > 0 || a.events.length > 0)).slice(0, 60);
  if (lines.length === 0) return <p>No armed group has links or events.</p>;
  const day = (d: string) => dayNumber(d) * DAY;
  const first = (a: Actor) => Math.min(...a.links.flatMap((l) => (l.from ? [day(l.from)] : [])), ...a.events.map((e) => day(e.first_day)), day(as_of) - 365 * DAY);
  const x = scaleUtc([new Date(Math.min(...lines.map(first))), new Date(day(as_of))], [210, 1080]);
  const row = 58;
  const y = (id: string) => {
    const i = lines.findIndex((a) => a.id === id);
    return i < 0 ? undefined : 26 + i * row;
  };
  const height = lines.length * row + 30;
  return (
    <Scroll label="Lines of life">
      <svg class="lives" viewBox={`0 0 1100 ${height}`} role="group" aria-label="Lines of life of the armed groups; the table below says the same in words">
        {x.ticks(9).map((t) => <g key={+t}><line class="grid" x1={x(t)} x2={x(t)} y1={4} y2={height - 20} /><text x={x(t)} y={height - 5} text-anchor="middle">{x.tickFormat(9)(t)}</text></g>)}
        {lines.map((a) => {
          const at = y(a.id)!;
          return (
            <g key={a.id}>
              <a href={where(`actor:${a.id}`)} aria-label={a.name}><text x={200} y={at + 4} text-anchor="end" class="strong">{a.name.length > 26 ? `${a.name.slice(0, 25)}…` : a.name}</text></a>
              <line class="life" x1={x(first(a))} x2={1080} y1={at} y2={at} />
              {a.links.map((l, i) => {
                const from = l.from ? x(day(l.from)) : x(first(a));
                const p = l.probability ?? 0;
                const title = `${words(l.kind)} ${name(l.to)}: ${pct(l.probability)}`;
                if (l.kind === "led-by") {
                  const to = l.until ? x(day(l.until)) : 1080;
                  return <g key={i}><rect class="leader" x={from} y={at - 5} width={Math.max(3, to - from)} height={10} opacity={0.4 + 0.6 * p}><title>{title}</title></rect><text x={(from + to) / 2} y={at + 19} text-anchor="middle">{to - from > 90 ? `${name(l.to)} ${pct(l.probability)}` : ""}</text></g>;
                }
                const other = y(l.to);
                if (other === undefined) return null;
                return <g key={i}><path class={p < 0.8 ? "fork doubtful" : "fork"} d={`M${from} ${other}L${from} ${at}`}><title>{title}</title></path><text x={from > 900 ? from - 5 : from + 5} y={at - 9} text-anchor={from > 900 ? "end" : "start"}>{`${words(l.kind)} ${l.to} ${pct(l.probability)}`}</text></g>;
              })}
              {a.events.slice(0, 300).map((e) => {
                const to = where(`event:${e.event}`);
                const label = `${words(e.event)}: ${pct(e.probability)}`;
                return <a key={e.event} href={to} aria-label={label}><circle class="deed" cx={Math.max(212, x(day(e.last_day)))} cy={at} r={5} opacity={0.25 + 0.75 * e.probability}><title>{label}</title></circle></a>;
              })}
            </g>
          );
        })}
      </svg>
    </Scroll>
  );
}
