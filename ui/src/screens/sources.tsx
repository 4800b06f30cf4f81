// Sources: what each turned out to be worth, and who copies whom.

import { forceCenter, forceCollide, forceLink, forceManyBody, forceSimulation } from "d3-force";
import type { SimulationLinkDatum, SimulationNodeDatum } from "d3-force";
import { useMemo } from "preact/hooks";
import { useGet } from "../api";
import { Bar, Linked, Loaded, Scroll, pct, words } from "../parts";
import { where } from "../router";

interface Source {
  id: string;
  name: string;
  kind: string;
  speaks_for: string | null;
  grade: string;
  words: string;
  why: string;
  known_from: string | null;
  statements: number;
  card: {
    believed: number;
    reliability: number;
    bounds: [number, number];
    deceives: [number, number] | null;
    voices: { of: string; believed: number; factor: number; bounds: [number, number] }[];
    checked: { about: string; says: string; probability: number }[];
  } | null;
}
interface Copy {
  by: string;
  of: string;
  said: number;
  likely: number;
}
/** Sources that the picture takes; the list has all. */
const MOST = 200;

export function Sources({ chosen }: { chosen: string | undefined }) {
  const got = useGet<{ sources: Source[]; copies: Copy[] }>("/api/sources");
  return (
    <Loaded of={got} what="The sources">
      {({ sources, copies }) => {
        const one = sources.find((s) => s.id === chosen);
        const name = (id: string) => sources.find((s) => s.id === id)?.name ?? id;
        if (one) return <Card s={one} copies={copies} name={name} />;
        return (
          <>
            <h1>Sources</h1>
            <h2>Who copies whom</h2>
            {copies.length === 0 ? <p>Nobody copies anybody, as far as is known.</p> : (
              <>
                <Graph sources={sources} copies={copies} />
                <ul>{copies.map((c) => <li key={c.by + c.of}><a href={where(`source:${c.by}`)}>{name(c.by)}</a> copies <a href={where(`source:${c.of}`)}>{name(c.of)}</a>: {c.said > 0 ? `${c.said} ${c.said === 1 ? "claim says" : "claims say"} so` : ""}{c.said > 0 && c.likely > 0 ? "; " : ""}{c.likely > 0 ? `${c.likely.toFixed(1)} more by their words` : ""}</li>)}</ul>
              </>
            )}
            <h2>Cards</h2>
            <Scroll label="Sources, table">
              <table>
                <thead><tr><th scope="col">Source</th><th scope="col">Grade</th><th scope="col">Sound, after all that was said</th><th scope="col">Speaks of losses</th><th scope="col">Statements</th></tr></thead>
                <tbody>
                  {sources.map((s) => (
                    <tr key={s.id}>
                      <th scope="row"><a href={where(`source:${s.id}`)}>{s.name}</a><span class="small">{s.kind}{s.speaks_for ? `, speaks for ${words(s.speaks_for)}` : ""}</span></th>
                      <td>{s.grade} <span class="small">{s.words}</span></td>
                      <td class="number">{s.card ? <>{pct(s.card.reliability)} <span class="small">{Math.round(100 * s.card.bounds[0])} to {Math.round(100 * s.card.bounds[1])}; by its grade {pct(s.card.believed)}</span><Bar p={s.card.reliability} /></> : "it first said nothing"}</td>
                      <td>{s.card?.voices.filter((v) => Math.abs(v.factor - 1) > 0.02).map((v) => `${v.factor.toFixed(2)} times ${v.of}`).join("; ")}</td>
                      <td class="number">{s.statements}</td>
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

function Card({ s, copies, name }: { s: Source; copies: Copy[]; name: (id: string) => string }) {
  return (
    <>
      <h1>{s.name}</h1>
      <p class="meta">{s.kind}{s.speaks_for ? `, speaks for ${words(s.speaks_for)}` : ""} · grade {s.grade}, {s.words} · <a href="/sources">all sources</a> · <a href={`/explain/source:${s.id}`}>why</a></p>
      <p>{s.why} {s.known_from ? `The grade has been held since ${s.known_from}.` : "The grade is today's: it does not say since when it was held."}</p>
      {s.card && (
        <>
          <p>What it says is sound {pct(s.card.reliability)} of the time ({Math.round(100 * s.card.bounds[0])} to {Math.round(100 * s.card.bounds[1])}, 90 %); by its grade alone {pct(s.card.believed)}.</p>
          <ul>{s.card.voices.map((v) => <li key={v.of}>Of {v.of} it says {v.factor.toFixed(2)} times the losses there are ({v.bounds[0].toFixed(2)} to {v.bounds[1].toFixed(2)}); beforehand {v.believed.toFixed(2)}.</li>)}</ul>
          <h2>What moved it</h2>
          {s.card.checked.length === 0 ? <p>Nobody else speaks of what it speaks of.</p> : <ul>{s.card.checked.map((c, i) => <li key={i}>{c.says} <Linked text={c.about} />: right with {pct(c.probability)}</li>)}</ul>}
        </>
      )}
      <h2>Copies</h2>
      <ul>{copies.filter((c) => c.by === s.id || c.of === s.id).map((c) => <li key={c.by + c.of}><a href={where(`source:${c.by}`)}>{name(c.by)}</a> copies <a href={where(`source:${c.of}`)}>{name(c.of)}</a>: {c.said} say so, {c.likely.toFixed(1)} by their words</li>)}</ul>
    </>
  );
}

type Node = SimulationNodeDatum & { id: string; name: string; weight: number };

function Graph({ sources, copies }: { sources: Source[]; copies: Copy[] }) {
  const { nodes, links } = useMemo(() => {
    const weight = new Map<string, number>();
    for (const c of copies) for (const id of [c.by, c.of]) weight.set(id, (weight.get(id) ?? 0) + c.said + c.likely);
    const nodes: Node[] = sources.filter((s) => weight.has(s.id)).sort((a, b) => weight.get(b.id)! - weight.get(a.id)!).slice(0, MOST).map((s) => ({ id: s.id, name: s.name, weight: weight.get(s.id)! }));
    const known = new Set(nodes.map((n) => n.id));
    const links: (SimulationLinkDatum<Node> & { n: number })[] = copies.filter((c) => known.has(c.by) && known.has(c.of)).map((c) => ({ source: c.by, target: c.of, n: c.said + c.likely }));
    // Worked out to its end, from the same start: the same picture every time, and nothing that moves.
    forceSimulation(nodes).force("link", forceLink<Node, (typeof links)[number]>(links).id((n) => n.id).distance(110)).force("charge", forceManyBody().strength(-320)).force("collide", forceCollide(34)).force("center", forceCenter(430, 170)).stop().tick(300);
    return { nodes, links };
  }, [sources, copies]);
  const xs = nodes.map((n) => n.x!);
  const ys = nodes.map((n) => n.y!);
  const box = [Math.min(...xs) - 110, Math.min(...ys) - 30, Math.max(...xs) - Math.min(...xs) + 220, Math.max(...ys) - Math.min(...ys) + 70];
  // As large as its letters are elsewhere, where there is room.
  return (
    <svg class="graph" viewBox={box.join(" ")} style={{ maxWidth: `${box[2]! * 1.1}px` }} role="group" aria-label="Who copies whom; the list below says the same in words">
      <defs><marker id="arrow" viewBox="0 0 8 8" refX="16" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" /></marker></defs>
      {links.map((l, i) => {
        const [s, t] = [l.source as Node, l.target as Node];
        return <line key={i} class="fork" x1={s.x} y1={s.y} x2={t.x} y2={t.y} marker-end="url(#arrow)" stroke-width={1 + Math.log2(1 + l.n)} />;
      })}
      {nodes.map((n) => (
        <a key={n.id} href={where(`source:${n.id}`)} aria-label={n.name}>
          <circle class="deed" cx={n.x} cy={n.y} r={8} />
          <text x={n.x} y={n.y! + 22} text-anchor="middle">{n.name.length > 26 ? `${n.name.slice(0, 25)}…` : n.name}</text>
        </a>
      ))}
    </svg>
  );
}
