// What a claim says, as fields to fill in: of a new one, or of one that a machine read and a person puts right.

import { useState } from "preact/hooks";
import type { Assessment, Line, SaidEvent } from "./api";
import { useGet } from "./api";

const TYPES = ["Battles", "Explosions/Remote violence", "Violence against civilians", "Protests", "Riots", "Strategic developments"];
const STANCES = ["asserts", "denies", "disputes", "claims-responsibility", "denies-responsibility"];
const MODALITIES = ["asserted", "claimed", "unconfirmed", "speculative", "hypothetical", "planned"];

type Field = "source" | "stance" | "modality" | "event" | "type" | "perpetrator" | "target" | "area" | "time" | "killed" | "fact" | "text";

/** The fields as a line has them; what it does not have is empty. */
function fieldsOf(line: Line): Record<Field, string> {
  const e = line.says.event;
  const f = line.says.fact;
  const who = (role: string) => {
    const a = (e?.actors ?? []).find((x) => ("known" in x ? x.known : x.unknown).role === role);
    return !a ? "" : "known" in a ? a.known.actor : "?";
  };
  const killed = e?.figures?.find((x) => x.measure === "killed")?.number;
  return {
    source: line.chain?.[0] ?? "",
    stance: line.stance ?? "asserts",
    modality: line.modality ?? "asserted",
    event: e?.id ?? "",
    type: e?.type ?? TYPES[0]!,
    perpetrator: who("perpetrator"),
    target: who("target"),
    area: typeof e?.place?.area === "string" ? e.place.area : "",
    time: e?.time ?? "",
    killed: killed === undefined ? "" : String(killed),
    fact: f?.id ?? "",
    text: f?.text ?? "",
  };
}

/** The line that the fields of a form make; what they do not speak of stays as it was. */
export function lineOf(form: FormData, prefix: string, was: Line): Line {
  const get = (k: Field | "kind") => String(form.get(`${prefix}${k}`) ?? "").trim();
  const before = fieldsOf(was);
  const line = structuredClone(was);
  const changed = (k: Field) => form.has(`${prefix}${k}`) && get(k) !== before[k];
  if (changed("source")) line.chain = [get("source")];
  if (changed("stance")) line.stance = get("stance");
  if (changed("modality")) line.modality = get("modality");
  const kind = get("kind");
  if (kind === "fact") line.says = { fact: { ...was.says.fact, id: get("fact"), text: get("text") } };
  if (kind === "event") {
    const event: SaidEvent = structuredClone(was.says.event ?? { id: "", type: "", actors: [] });
    event.id = get("event");
    if (event.type !== get("type")) {
      event.type = get("type");
      // A sub-type belongs to its type.
      delete event.sub_type;
    }
    for (const role of ["perpetrator", "target"] as const) {
      if (!changed(role)) continue;
      const others = (event.actors ?? []).filter((a) => ("known" in a ? a.known : a.unknown).role !== role);
      const who = get(role);
      event.actors = who === "" ? others : [...others, who === "?" ? { unknown: { role } } : { known: { actor: who, role } }];
    }
    if (changed("area")) {
      if (get("area")) event.place = { area: get("area") };
      else delete event.place;
    }
    if (changed("time")) {
      if (get("time")) event.time = get("time");
      else delete event.time;
    }
    if (changed("killed")) {
      const others = (event.figures ?? []).filter((f) => f.measure !== "killed");
      event.figures = get("killed") ? [...others, { measure: "killed", of: get("target") || get("perpetrator"), number: Number(get("killed")) }] : others;
    }
    line.says = { event };
  }
  return line;
}

/** The fields of one claim; `prefix` tells them from another's in the same form. */
export function ClaimFields({ line, prefix, focus }: { line: Line; prefix: string; focus?: boolean }) {
  const a = useGet<Assessment>("/api/assessment");
  const s = useGet<{ sources: { id: string; name: string }[] }>("/api/sources");
  const now = fieldsOf(line);
  const other = line.says.link !== undefined || line.says.retracts !== undefined;
  const [kind, setKind] = useState(line.says.fact ? "fact" : "event");
  const named = (all: Record<string, string> | undefined, chosen: string) => {
    const list = Object.entries(all ?? {});
    // What the case does not know is still what was read.
    return chosen && chosen !== "?" && !all?.[chosen] ? [[chosen, chosen] as [string, string], ...list] : list;
  };
  const chosen = (field: Field, options: [string, string][]) => (
    // Made anew when the names are there: else what is chosen would be what stood first.
    <select key={options.length} name={`${prefix}${field}`}>{options.map(([id, name]) => <option key={id} value={id} selected={id === now[field]}>{name}</option>)}</select>
  );
  const plain = (list: string[], have: string): [string, string][] => (list.includes(have) ? list : [have, ...list]).map((x) => [x, x]);
  const silent: [string, string] = ["", "it does not say"];
  const sources = Object.fromEntries((s.data?.sources ?? []).map((x) => [x.id, x.name]));
  return (
    <>
      <label>Who says so {chosen("source", named(sources, now.source))}</label>
      <label>Stance {chosen("stance", plain(STANCES, now.stance))}</label>
      <label>Held as {chosen("modality", plain(MODALITIES, now.modality))}</label>
      {other ? null : (
        <label>It speaks of <select name={`${prefix}kind`} value={kind} autoFocus={focus ?? false} onChange={(e) => setKind(e.currentTarget.value)}><option value="event">an event</option><option value="fact">something that is so</option></select></label>
      )}
      {!other && kind === "event" && (
        <>
          <label>Event <input name={`${prefix}event`} required list="events" pattern="[a-z0-9][a-z0-9\-]*" title="a-z, 0-9 and -" defaultValue={now.event} /></label>
          <label>Type {chosen("type", plain(TYPES, now.type))}</label>
          <label>Perpetrator {chosen("perpetrator", [silent, ["?", "it says: unknown"], ...named(a.data?.actors, now.perpetrator)])}</label>
          <label>Target {chosen("target", [silent, ...(now.target === "?" ? [["?", "it says: unknown"] as [string, string]] : []), ...named(a.data?.actors, now.target)])}</label>
          <label>Area {chosen("area", [silent, ...named(a.data?.areas, now.area)])}</label>
          <label>When <input name={`${prefix}time`} placeholder="2010-09-19, 2010-09, 2010~" defaultValue={now.time} /></label>
          <label>Killed <input name={`${prefix}killed`} type="number" min="0" defaultValue={now.killed} /></label>
        </>
      )}
      {!other && kind === "fact" && (
        <>
          <label>Id of the fact <input name={`${prefix}fact`} required pattern="[a-z0-9][a-z0-9\-]*" title="a-z, 0-9 and -" defaultValue={now.fact} /></label>
          <label>In words <input name={`${prefix}text`} required defaultValue={now.text} /></label>
        </>
      )}
    </>
  );
}

/** Names of events to choose from, for inputs with `list="events"`. */
export function EventNames() {
  const e = useGet<{ columns: string[]; rows: unknown[][] }>("/api/events");
  return <datalist id="events">{(e.data?.rows ?? []).slice(0, 2000).map((x) => <option key={String(x[0])} value={String(x[0])} />)}</datalist>;
}
