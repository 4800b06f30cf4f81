// The map: where things happened, how well that is known, when, and the areas that the tests ask about.

import type { BBox, Feature, FeatureCollection, Geometry, MultiPolygon, Point, Polygon, Position } from "geojson";
import { AttributionControl, LngLatBounds, Map as GlMap, NavigationControl, ScaleControl, prewarm, setWorkerCount, setWorkerUrl } from "maplibre-gl";
import type { ExpressionSpecification, GeoJSONSource, StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { max, min } from "d3-array";
import { feature } from "topojson-client";
import type { Topology } from "topojson-specification";
import type { Assessment, EventRow } from "../api";
import { FROZEN, Refused, call, unpacked, useGet, useMay } from "../api";
import { Loaded, Told, dayNumber, dayText, pct, span, words } from "../parts";
import { go, useRoute, where } from "../router";

// A published page has the workers' script in it.
const worker = document.getElementById("worker")?.textContent;
setWorkerUrl(worker ? URL.createObjectURL(new Blob([worker], { type: "text/javascript" })) : workerUrl);
// The land and the events are made ready side by side.
setWorkerCount(2);

const fetched = new Map<string, Promise<Topology>>();
/** A file of what lies under the map, fetched once. */
function topology(name: string) {
  const kept = fetched.get(name);
  if (kept) return kept;
  const asked = fetch(`/${name}.json`).then((r) => r.json() as Promise<Topology>);
  fetched.set(name, asked);
  asked.catch(() => fetched.delete(name));
  return asked;
}

/** What lies under the map: all of it, or what reaches into a view, or near it. A published page has the few borders that it needs. */
async function ground(name: "countries" | "divisions", view?: LngLatBounds): Promise<FeatureCollection> {
  if (FROZEN) return name === "countries" ? call<FeatureCollection>("GET", "/countries.json") : EMPTY;
  const t = await topology(name);
  const all = t.objects[name]!;
  const [w, s, e, n] = view ? [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()] : [-180, -90, 180, 90];
  const near = ([x0, y0, x1, y1]: BBox) => x1! > 2 * w - e && x0 < 2 * e - w && y1! > 2 * s - n && y0 < 2 * n - s;
  const geometries = (all.type === "GeometryCollection" ? all.geometries : [all]).filter((g) => !g.bbox || near(g.bbox));
  return feature(t, { type: "GeometryCollection", geometries }) as FeatureCollection;
}

/** A circle of so many kilometres, as a polygon. */
function circle([lon, lat]: Position, km: number): Polygon {
  const dy = km / 111.2;
  const dx = dy / Math.max(0.05, Math.cos((lat! * Math.PI) / 180));
  const ring = Array.from({ length: 49 }, (_, i) => [lon! + dx * Math.cos((i * Math.PI) / 24), lat! + dy * Math.sin((i * Math.PI) / 24)]);
  return { type: "Polygon", coordinates: [ring] };
}

/** Frames that take longer than this, in milliseconds, are seen to stutter. */
const SLOW = 28;
/** Share of the pixels' width and height that are drawn while a slow map is moved. */
const COARSE = 0.5;

/** Where drawing is slow (no graphics card), a map is drawn in fewer pixels while it is moved, and sharply when it stands. */
function coarseWhileMoving(m: GlMap) {
  let slow = false;
  let coarse = false;
  let standing: number | undefined;
  const draw = (as: boolean) => {
    if (coarse === as) return;
    coarse = as;
    m.setPixelRatio(window.devicePixelRatio * (as ? COARSE : 1));
  };
  m.on("movestart", () => {
    // A change of the pixels is told as a move, too.
    if (standing !== undefined) clearTimeout(standing);
    standing = undefined;
    if (slow && m.isMoving()) draw(true);
    let last = performance.now();
    const took: number[] = [];
    const frame = () => {
      if (!m.isMoving() || slow) return;
      const now = performance.now();
      took.push(now - last);
      last = now;
      if (took.length < 8) {
        requestAnimationFrame(frame);
      } else if (took.sort((a, b) => a - b)[4]! > SLOW) {
        slow = true;
        draw(true);
      }
    };
    requestAnimationFrame(frame);
  });
  m.on("moveend", () => {
    if (coarse && standing === undefined) standing = window.setTimeout(() => draw(false), 150);
  });
  m.on("remove", () => clearTimeout(standing));
}

/** Events of an actor that crowd together in space and time. */
interface Crowd {
  actor: string;
  clusters: { places: string[]; centre: Position; radius: number; days: [string, string]; events: number; expected: number; replay_p: number | null; permutation_p: number }[];
  reason: string | null;
}

const collected = (features: Feature[]): FeatureCollection => ({ type: "FeatureCollection", features });
const EMPTY = collected([]);
/** Above so many events the map draws them in groups, and no rings. */
const MANY = 400;

/** The land in view, and on it events, rings and areas. */
function style(land: FeatureCollection, drawn: Record<"events" | "rings" | "areas", FeatureCollection>, cluster: boolean): StyleSpecification {
  const when: ExpressionSpecification = ["match", ["get", "then"], "then", "#4a5361", "#a33b00"];
  return {
    version: 8,
    sources: {
      countries: { type: "geojson", data: land, tolerance: 0.3 },
      areas: { type: "geojson", data: drawn.areas },
      rings: { type: "geojson", data: drawn.rings },
      events: { type: "geojson", data: drawn.events, cluster, clusterRadius: 34, clusterMaxZoom: 9 },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": FROZEN ? "#f7f5ee" : "#e8eef4" } },
      { id: "land", type: "fill", source: "countries", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": "#f7f5ee", "fill-antialias": false } },
      { id: "border", type: "line", source: "countries", paint: { "line-color": "#8d8674", "line-width": 1 } },
      { id: "area", type: "fill", source: "areas", paint: { "fill-color": "#0b4f8a", "fill-opacity": ["case", ["get", "home"], 0.18, 0.06] } },
      { id: "area-line", type: "line", source: "areas", paint: { "line-color": "#0b4f8a", "line-width": ["case", ["get", "home"], 2.4, 1.1] } },
      { id: "ring", type: "fill", source: "rings", paint: { "fill-color": when, "fill-opacity": 0.05 } },
      { id: "ring-line", type: "line", source: "rings", paint: { "line-color": when, "line-width": 1, "line-dasharray": [2, 2], "line-opacity": 0.7 } },
      { id: "group", type: "circle", source: "events", filter: ["has", "point_count"], paint: { "circle-color": "#a33b00", "circle-opacity": 0.75, "circle-radius": ["step", ["get", "point_count"], 11, 20, 15, 100, 20, 1000, 27] } },
      { id: "group-n", type: "symbol", source: "events", filter: ["has", "point_count"], layout: { "text-field": ["get", "point_count_abbreviated"], "text-size": 12, "text-allow-overlap": true }, paint: { "text-color": "#fff" } },
      { id: "event", type: "circle", source: "events", filter: ["!", ["has", "point_count"]], paint: { "circle-color": when, "circle-opacity": ["interpolate", ["linear"], ["get", "p"], 0, 0.25, 1, 0.95], "circle-radius": ["case", ["get", "chosen"], 9, 6], "circle-stroke-width": ["case", ["get", "chosen"], 3, 1], "circle-stroke-color": "#fff" } },
      { id: "area-name", type: "symbol", source: "areas", layout: { "text-field": ["get", "name"], "text-size": 12 }, paint: { "text-color": "#0b3f6e", "text-halo-color": "#fff", "text-halo-width": 1.5 } },
    ],
  };
}

/** The rest of the world, with the names of countries and the borders within them. */
function whole(m: GlMap, countries: FeatureCollection, divisions: FeatureCollection) {
  m.getSource<GeoJSONSource>("countries")?.setData(countries);
  m.addSource("divisions", { type: "geojson", data: divisions, tolerance: 0.3 });
  m.addLayer({ id: "division", type: "line", source: "divisions", minzoom: 4.5, paint: { "line-color": "#b9b29d", "line-width": 0.6, "line-dasharray": [3, 2] } }, "border");
  m.addLayer({ id: "country", type: "symbol", source: "countries", filter: ["all", ["!=", ["get", "name"], null], ["!=", ["get", "name"], "Siachen Glacier"]], layout: { "text-field": ["upcase", ["get", "name"]], "text-size": 12, "text-letter-spacing": 0.1 }, paint: { "text-color": "#716a59", "text-halo-color": "#fff", "text-halo-width": 1.2 } }, "area-name");
}

export function MapScreen() {
  return (
    <>
      <h1>Map</h1>
      <MapOfEvents />
    </>
  );
}

export function MapOfEvents() {
  useEffect(() => {
    // While the events are on their way.
    prewarm();
    if (!FROZEN) void topology("countries");
  }, []);
  const events = useGet<{ columns: string[]; rows: unknown[][] }>("/api/events");
  const areas = useGet<FeatureCollection<Geometry, { id: string; name: string }>>("/api/areas");
  const a = useGet<Assessment>("/api/assessment");
  return <Loaded of={events} what="The events">{(e) => <Loaded of={areas} what="The areas">{(areas) => <Loaded of={a} what="The assessment">{(a) => <Chart rows={unpacked(e)} areas={areas} a={a} />}</Loaded>}</Loaded>}</Loaded>;
}

function Chart({ rows, areas, a }: { rows: EventRow[]; areas: FeatureCollection<Geometry, { id: string; name: string }>; a: Assessment }) {
  const place = useRef<HTMLDivElement>(null);
  const map = useRef<GlMap>();
  const [ready, setReady] = useState(false);
  const { search } = useRoute();
  const chosen = search.get("event");
  const placed = useMemo(() => rows.filter((r) => r.place).map((r) => ({ ...r, first: dayNumber(r.first_day), last: dayNumber(r.last_day) })), [rows]);
  const [first, last] = useMemo(() => {
    const today = dayNumber(a.case.as_of);
    return [min(placed, (r) => Math.min(r.first, today)) ?? today, max(placed, (r) => Math.max(r.last, today)) ?? today];
  }, [placed]);
  const [from, setFrom] = useState(first);
  const [to, setTo] = useState(last);
  const [spot, setSpot] = useState("");
  const [crowding, setCrowding] = useState(false);
  const crowds = useGet<Crowd[]>(crowding ? "/api/clusters" : null);
  const found = (crowding && crowds.data ? crowds.data : []).flatMap((c) => c.clusters.map((k) => ({ ...k, actor: c.actor })));
  const spots = useMemo(() => [...new Map(a.footprint.map((f) => [`${f.actor} ${f.home} ${f.period} ${f.reference}`, f])).values()], [a]);
  const footprint = spots.find((f) => f.id === spot);
  const inside = (r: EventRow, period: string) => {
    const [x, y] = period.split("..");
    return x !== undefined && y !== undefined && r.last_day >= x && r.first_day <= y;
  };
  const shown = placed.filter((r) => r.last >= from && r.first <= to && (!footprint || inside(r, footprint.period) || inside(r, footprint.reference)));
  const then = (r: EventRow) => (footprint ? (inside(r, footprint.period) ? "now" : "then") : "any");

  const drawn = useMemo(() => {
    const properties = (r: EventRow) => ({ id: r.id, p: r.probability, then: then(r), chosen: r.id === chosen });
    const rings = shown.length > MANY ? [] : shown.filter((r) => r.radius_km);
    const known = areas.features.filter((f) => f.geometry.type !== "Point");
    return {
      events: collected(shown.map((r) => ({ type: "Feature", properties: properties(r), geometry: { type: "Point", coordinates: r.place! } }))),
      rings: collected(rings.map((r) => ({ type: "Feature", properties: properties(r), geometry: circle(r.place!, r.radius_km!) }))),
      areas: collected(known.map((f) => ({ ...f, properties: { ...f.properties, home: f.properties.id === footprint?.home } }))),
    };
  }, [placed, areas, from, to, spot, chosen]);
  /** What the map has been given. */
  const given = useRef(drawn);

  useLayoutEffect(() => {
    if (!place.current) return;
    const bounds = new LngLatBounds();
    for (const r of placed) if (!chosen || r.id === chosen) bounds.extend(r.place!);
    const view = bounds.isEmpty() ? { center: [71, 39.5] as [number, number], zoom: 4 } : { bounds, fitBoundsOptions: { padding: 60, maxZoom: 7.5 } };
    const m = new GlMap({ container: place.current, ...view, attributionControl: false, fadeDuration: 0, dragRotate: false, pitchWithRotate: false, maxZoom: 12, validateStyle: false });
    map.current = m;
    coarseWhileMoving(m);
    m.addControl(new NavigationControl({ showCompass: false }));
    m.addControl(new ScaleControl());
    m.addControl(new AttributionControl({ compact: false, customAttribution: "Natural Earth; borders there are drawn as held, not as claimed" }));
    m.on("click", "event", (e) => {
      if (m.getCanvas().dataset.drawing) return;
      const id = e.features?.[0]?.properties.id;
      if (id) go(where(`event:${id}`));
    });
    m.on("click", "group", async (e) => {
      const f = e.features?.[0];
      if (!f) return;
      const zoom = await m.getSource<GeoJSONSource>("events")!.getClusterExpansionZoom(f.properties.cluster_id);
      m.easeTo({ center: (f.geometry as Point).coordinates as [number, number], zoom });
    });
    for (const layer of ["event", "group"]) {
      m.on("mouseenter", layer, () => (m.getCanvas().style.cursor = "pointer"));
      m.on("mouseleave", layer, () => (m.getCanvas().style.cursor = ""));
    }
    m.once("style.load", () => setReady(true));
    m.once("idle", () => {
      // Measured by the benches: the first frame with the land and all events in it. The rest of the world, divisions and names come after.
      performance.mark("map-events");
      void Promise.all([ground("countries"), ground("divisions")]).then(([countries, divisions]) => {
        if (map.current === m) whole(m, countries, divisions);
      });
    });
    // All at once: every frame that shows less than that makes the next one wait.
    void ground("countries", m.getBounds()).catch(() => EMPTY).then((land) => {
      if (map.current === m) m.setStyle(style(land, drawn, placed.length > MANY));
    });
    return () => {
      map.current = undefined;
      m.remove();
    };
  }, []);

  useEffect(() => {
    if (!ready || given.current === drawn) return;
    given.current = drawn;
    for (const [name, data] of Object.entries(drawn)) map.current?.getSource<GeoJSONSource>(name)?.setData(data);
  }, [ready, drawn]);
  useEffect(() => {
    const m = map.current;
    if (!ready || !m) return;
    // A cluster in one place is drawn as wide as can be seen.
    const features: Feature[] = found.map((k) => ({ type: "Feature", properties: {}, geometry: circle(k.centre, Math.max(k.radius, 5)) }));
    const data = collected(features);
    const source = m.getSource<GeoJSONSource>("clusters");
    if (source) source.setData(data);
    // Nobody waits for what they have not asked for.
    else if (crowding) {
      m.addSource("clusters", { type: "geojson", data });
      m.addLayer({ id: "cluster", type: "fill", source: "clusters", paint: { "fill-color": "#6d2700", "fill-opacity": 0.1 } }, "group");
      m.addLayer({ id: "cluster-line", type: "line", source: "clusters", paint: { "line-color": "#6d2700", "line-width": 2 } }, "group");
    }
  }, [ready, crowding, crowds.data]);

  return (
    <div class="mapping">
      <div>
        <div class="map" ref={place} role="region" aria-label="Map of the events; the list beside it says the same in words" />
        <fieldset class="sliders">
          <legend>Events from {dayText(from)} to {dayText(to)}</legend>
          <label>From <input type="range" min={first} max={last} value={from} aria-valuetext={dayText(from)} onInput={(e) => setFrom(Math.min(to, Number(e.currentTarget.value)))} /></label>
          <label>To <input type="range" min={first} max={last} value={to} aria-valuetext={dayText(to)} onInput={(e) => setTo(Math.max(from, Number(e.currentTarget.value)))} /></label>
          {spots.length > 0 && (
            <label>Footprint then and now <select value={spot} onChange={(e) => setSpot(e.currentTarget.value)}>
              <option value="">all events alike</option>
              {spots.map((f) => <option key={f.id} value={f.id}>{a.actors[f.actor] ?? f.actor}, home {a.areas[f.home] ?? f.home}</option>)}
            </select></label>
          )}
          {footprint && <p class="small"><span class="dot now" /> now, {footprint.period.replace("..", " to ")} <span class="dot then" /> then, {footprint.reference.replace("..", " to ")}</p>}
          {!FROZEN && spots.length > 0 && (
            <>
              <label class="tick"><input type="checkbox" checked={crowding} onChange={(e) => setCrowding(e.currentTarget.checked)} /> Clusters: where an actor's events crowd together in space and time</label>
              {crowding && <Loaded of={crowds} what="The clusters">{(all) => <Crowds all={all} a={a} />}</Loaded>}
            </>
          )}
          <p class="small">A ring holds 90 % of the belief of where it was; pale points are doubtful.</p>
        </fieldset>
      </div>
      <div>
        <Draw map={map} ready={ready} areas={areas} />
        <h2>Events shown</h2>
        <p class="small" role="status">{shown.length} of {rows.length}; {rows.length - placed.length} cannot be placed (<a href={FROZEN ? "#timeline" : "/timeline"}>timeline</a>){shown.length > 200 ? "; the first 200 are listed" : ""}</p>
        <ul class="event-list" tabIndex={0} aria-label="Events shown">
          {shown.slice(0, 200).map((r) => (
            <li key={r.id} class={r.id === chosen ? "chosen" : ""}>
              <a href={where(`event:${r.id}`)}>{words(r.id)}</a> <span class="small">{span(r.first_day, r.last_day)}, {pct(r.probability)}{footprint ? `, ${then(r)}` : ""}{r.area ? `, ${words(r.area)}` : ""}</span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function Crowds({ all, a }: { all: Crowd[]; a: Assessment }) {
  return (
    <ul class="small" aria-label="Clusters">
      {all.map((c) => {
        const name = a.actors[c.actor] ?? c.actor;
        if (c.reason) return <li key={c.actor}>{name}: cannot be looked for: {c.reason}</li>;
        if (c.clusters.length === 0) return <li key={c.actor}>{name}: nothing crowds together</li>;
        return c.clusters.map((k) => (
          <li key={`${c.actor} ${k.days[0]} ${k.centre.join()}`}>
            {name}, {span(k.days[0], k.days[1])}: {k.events} events where {k.expected.toFixed(1)} were expected, {k.radius < 0.5 ? "in one place" : `within ${Math.round(k.radius)} km`} ({k.places.slice(0, 3).join(", ")});{" "}
            {k.replay_p === null ? `by shuffling, ${pct(k.permutation_p)} of chance` : `on ${pct(k.replay_p)} of earlier days something as strong would have been found`}
          </li>
        ));
      })}
    </ul>
  );
}

/** Corners as text: "lon, lat", one a line. */
const asText = (ring: Position[]) => ring.map(([x, y]) => `${x!.toFixed(4)}, ${y!.toFixed(4)}`).join("\n");
const asRing = (text: string): Position[] =>
  text.split("\n").map((l) => l.split(/[,\s]+/).filter(Boolean).map(Number)).filter((p) => p.length === 2 && p.every(Number.isFinite));

function Draw({ map, ready, areas }: { map: { current: GlMap | undefined }; ready: boolean; areas: FeatureCollection<Geometry, { id: string; name: string }> }) {
  const may = useMay("analyst");
  const [which, choose] = useState("new");
  const [id, setId] = useState<string>();
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const [failed, setFailed] = useState<Refused>();
  const [saved, setSaved] = useState("");
  const ring = asRing(text);
  const drawn = useRef(text);
  drawn.current = text;
  const polygons = areas.features.filter((f) => f.geometry.type === "MultiPolygon" && (f.geometry as MultiPolygon).coordinates.length === 1);
  useEffect(() => {
    const m = map.current;
    if (!ready || !m) return;
    const points: Feature[] = ring.map((c) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: c } }));
    const shape: Feature[] = ring.length > 2 ? [{ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [[...ring, ring[0]!]] } }] : [];
    const data = collected(id === undefined ? [] : [...shape, ...points]);
    const source = m.getSource<GeoJSONSource>("drawing");
    if (source) source.setData(data);
    else if (id !== undefined) {
      m.addSource("drawing", { type: "geojson", data });
      m.addLayer({ id: "drawn", type: "fill", source: "drawing", paint: { "fill-color": "#6d2700", "fill-opacity": 0.15 } });
      m.addLayer({ id: "drawn-line", type: "line", source: "drawing", paint: { "line-color": "#6d2700", "line-width": 2 } });
      m.addLayer({ id: "drawn-points", type: "circle", source: "drawing", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 5, "circle-color": "#fff", "circle-stroke-color": "#6d2700", "circle-stroke-width": 2 } });
    }
  }, [text, id, ready]);
  useEffect(() => {
    const m = map.current;
    if (!ready || !m || id === undefined) return;
    m.getCanvas().dataset.drawing = "yes";
    m.getCanvas().style.cursor = "crosshair";
    let dragged: number | undefined;
    const near = (x: number, y: number) => asRing(drawn.current).findIndex((c) => {
      const p = m.project(c as [number, number]);
      return Math.hypot(p.x - x, p.y - y) < 9;
    });
    const down = (e: { point: { x: number; y: number }; preventDefault: () => void }) => {
      const i = near(e.point.x, e.point.y);
      if (i >= 0) {
        dragged = i;
        e.preventDefault();
      }
    };
    const drag = (e: { lngLat: { lng: number; lat: number } }) => {
      if (dragged === undefined) return;
      const now = asRing(drawn.current);
      now[dragged] = [e.lngLat.lng, e.lngLat.lat];
      setText(asText(now));
    };
    const up = () => setTimeout(() => (dragged = undefined));
    const add = (e: { lngLat: { lng: number; lat: number } }) => {
      if (dragged === undefined) setText(asText([...asRing(drawn.current), [e.lngLat.lng, e.lngLat.lat]]));
    };
    m.on("mousedown", down);
    m.on("mousemove", drag);
    m.on("mouseup", up);
    m.on("click", add);
    return () => {
      delete m.getCanvas().dataset.drawing;
      m.getCanvas().style.cursor = "";
      m.off("mousedown", down);
      m.off("mousemove", drag);
      m.off("mouseup", up);
      m.off("click", add);
    };
  }, [id, ready]);
  if (!may) return null;
  const begin = (of: string) => {
    setFailed(undefined);
    setSaved("");
    const f = polygons.find((f) => f.properties.id === of);
    setId(of === "new" ? "" : of);
    setName("");
    setText(f ? asText((f.geometry as MultiPolygon).coordinates[0]![0]!.slice(0, -1)) : "");
  };
  const save = async (e: Event) => {
    e.preventDefault();
    const bare = id || name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
    try {
      await call("PUT", `/api/areas/${encodeURIComponent(bare)}`, { name: name || null, geometry: { type: "Polygon", coordinates: [[...ring, ring[0]]] } });
      setSaved(`${bare} is drawn; the case is built anew.`);
      setId(undefined);
    } catch (e) {
      setFailed(e as Refused);
    }
  };
  return (
    <section aria-labelledby="draw">
      <h2 id="draw">Areas</h2>
      <p role="status">{saved}</p>
      {id === undefined ? (
        <p>
          <label>Draw <select value={which} onChange={(e) => choose(e.currentTarget.value)}>
            <option value="new">a new area</option>
            {polygons.map((f) => <option key={f.properties.id} value={f.properties.id}>{f.properties.name}, otherwise</option>)}
          </select></label>{" "}
          <button type="button" onClick={() => begin(which)}>Begin</button>
        </p>
      ) : (
        <form class="form" onSubmit={save}>
          {id === "" && <label>Name <input required value={name} onInput={(e) => setName(e.currentTarget.value)} autoFocus /></label>}
          <label>Corners: longitude, latitude, one a line; or click on the map, and drag what is there
            <textarea rows={6} value={text} onInput={(e) => setText(e.currentTarget.value)} spellcheck={false} />
          </label>
          <p>
            <button type="button" onClick={() => { const c = map.current?.getCenter(); if (c) setText(asText([...ring, [c.lng, c.lat]])); }}>Add the middle of the map</button>{" "}
            <button type="submit" disabled={ring.length < 3}>Keep it ({ring.length} corners)</button>{" "}
            <button type="button" onClick={() => setId(undefined)}>Cancel</button>
          </p>
          <Told of={failed} />
        </form>
      )}
    </section>
  );
}
