// The timeline: events by when they happened, with a lane for those that nobody dates and one for those that nobody places.

import { bin } from "d3-array";
import { scaleLinear, scaleUtc } from "d3-scale";
import { useState } from "preact/hooks";
import type { EventRow } from "../api";
import { unpacked, useGet } from "../api";
import { Loaded, Scroll, dayNumber, pct, span, words } from "../parts";
import { where } from "../router";

const DAY = 86_400_000;
/** Whose day is not known to within this many days is in the lane of the undated. */
const DATED = 366;
/** Above so many events a lane shows how many there were, not each. */
const MANY = 1200;
const WIDTH = 1100;
const LEFT = 150;

const lane = (r: EventRow) => (dayNumber(r.last_day) - dayNumber(r.first_day) > DATED ? "undated" : r.place ? "placed" : "unlocated");
const LANES: [string, string][] = [["placed", "Placed and dated"], ["unlocated", "Nobody says where"], ["undated", "Nobody says when"]];

export function Timeline() {
  return (
    <>
      <h1>Timeline</h1>
      <Events />
    </>
  );
}

/** The events in lanes and in a table, and a few letters to find some. */
export function Events() {
  const got = useGet<{ columns: string[]; rows: unknown[][] }>("/api/events");
  const [text, set] = useState("");
  return (
    <>
      <label>Find <input type="search" value={text} onInput={(e) => set(e.currentTarget.value)} placeholder="actor, type, place" /></label>
      <Loaded of={got} what="The events">
        {(t) => {
          const terms = text.toLowerCase().split(/\s+/).filter(Boolean);
          const rows = unpacked(t).filter((r) => terms.every((x) => `${words(r.id)} ${r.id} ${r.type} ${r.sub_type ?? ""} ${r.actor ?? ""} ${r.area ?? ""}`.toLowerCase().includes(x)));
          rows.sort((a, b) => (a.first_day < b.first_day ? -1 : 1));
          return (
            <>
              <Lanes rows={rows} />
              <h2>The same in words</h2>
              <Scroll label="Events, table">
                <table>
                  <caption>{rows.length} events{rows.length > 500 ? ", the latest 500 shown" : ""}</caption>
                  <thead><tr><th scope="col">When</th><th scope="col">Event</th><th scope="col">Type</th><th scope="col">Happened</th><th scope="col">Who, most likely</th><th scope="col">Killed</th><th scope="col">Where</th></tr></thead>
                  <tbody>
                    {rows.slice(-500).reverse().map((r) => (
                      <tr key={r.id}>
                        <td class="number">{span(r.first_day, r.last_day)}</td>
                        <th scope="row"><a href={where(`event:${r.id}`)}>{words(r.id)}</a></th>
                        <td>{r.sub_type ?? r.type}</td>
                        <td class="number">{pct(r.probability)}</td>
                        <td>{r.actor ? `${words(r.actor)} (${pct(r.actor_probability)})` : ""}</td>
                        <td class="number">{r.killed ? (r.killed[0] === r.killed[2] ? r.killed[1] : `${r.killed[0]} to ${r.killed[2]}`) : ""}</td>
                        <td>{r.area ? words(r.area) : r.place ? "placed" : "nobody says"}</td>
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

function Lanes({ rows }: { rows: EventRow[] }) {
  if (rows.length === 0) return <p>No event.</p>;
  const days = rows.filter((r) => lane(r) !== "undated").flatMap((r) => [dayNumber(r.first_day), dayNumber(r.last_day)]);
  const all = days.length > 0 ? days : rows.flatMap((r) => [dayNumber(r.first_day), dayNumber(r.last_day)]);
  const x = scaleUtc([new Date(Math.min(...all) * DAY), new Date((Math.max(...all) + 1) * DAY)], [LEFT, WIDTH - 12]).nice();
  const at = (day: number) => Math.max(LEFT, Math.min(WIDTH - 6, x(new Date(day * DAY))));
  let y = 8;
  const drawn = LANES.map(([kind, title]) => {
    const mine = rows.filter((r) => lane(r) === kind);
    const top = y;
    if (mine.length > MANY) {
      const bins = bin<EventRow, Date>().value((r) => new Date(((dayNumber(r.first_day) + dayNumber(r.last_day)) / 2) * DAY)).domain(x.domain() as [Date, Date]).thresholds(x.ticks(160))(mine);
      const most = Math.max(...bins.map((b) => b.length), 1);
      const h = scaleLinear([0, most], [0, 80]);
      y += 96;
      return { title, top, height: 90, n: mine.length, marks: bins.map((b, i) => <rect key={i} class="event" x={x(b.x0!)} y={top + 86 - h(b.length)} width={Math.max(1, x(b.x1!) - x(b.x0!) - 0.5)} height={h(b.length)}><title>{`${b.length} events from ${b.x0!.toISOString().slice(0, 10)}`}</title></rect>) };
    }
    // Each goes into the first row in which there is room.
    const ends: number[] = [];
    const placed = mine.map((r) => {
      const [a, b] = [at(dayNumber(r.first_day)), at(dayNumber(r.last_day) + 1)];
      const w = Math.max(5, b - a);
      let row = ends.findIndex((e) => e + 3 < a);
      if (row < 0) row = ends.push(0) - 1;
      ends[row] = a + w;
      return { r, a, w, row };
    });
    const height = Math.max(2, ends.length) * 12 + 14;
    y += height + 8;
    return {
      title, top, height, n: mine.length,
      marks: placed.map(({ r, a, w, row }) => {
        const label = `${words(r.id)}, ${span(r.first_day, r.last_day)}: ${pct(r.probability)}`;
        const to = where(`event:${r.id}`);
        return (
          <a key={r.id} href={to} aria-label={label}>
            <rect class="event" x={a} y={top + 5 + row * 12} width={w} height={9} opacity={0.3 + 0.7 * r.probability}><title>{label}</title></rect>
          </a>
        );
      }),
    };
  });
  return (
    <Scroll label="Timeline">
      <svg class="timeline" viewBox={`0 0 ${WIDTH} ${y + 24}`} role="group" aria-label="Timeline; the table below says the same in words">
        {x.ticks(10).map((t) => (
          <g key={+t}><line class="grid" x1={x(t)} x2={x(t)} y1={0} y2={y} /><text x={x(t)} y={y + 16} text-anchor="middle">{x.tickFormat(10)(t)}</text></g>
        ))}
        {drawn.map((l) => (
          <g key={l.title}>
            <rect x={0} y={l.top} width={WIDTH} height={l.height} class="lane" />
            <text x={6} y={l.top + 15} class="strong">{l.title}</text><text x={6} y={l.top + 28}>{l.n || "none"}</text>
            {l.marks}
          </g>
        ))}
      </svg>
    </Scroll>
  );
}
