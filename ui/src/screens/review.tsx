// The review queue: one reading a screen, one key a ruling.

import { useEffect, useState } from "preact/hooks";
import type { Claim, Line, Ruling } from "../api";
import { Refused, call, useGet, useHere, useMay } from "../api";
import { ClaimFields, EventNames, lineOf } from "../claim";
import { Dialog, Linked, Loaded, Told, pct, useKeys, words } from "../parts";
import { where } from "../router";
import { said } from "./reports";

interface Queue {
  claims: { claim: string; rule: string; precision: number; moves: string | null; impact: number }[];
  waiting: number;
  read: number;
  pairs: { a: string; b: string; p: number; at_stake: number; reasons: { field: string; said: string; decibans: number }[] }[];
}

const WHY: Record<string, string> = {
  accepted: "the text says so",
  rejected: "the text does not say so",
  unsure: "it cannot be told from the text",
  same: "the same event, told again",
  "not-same": "two events",
};

export function Review() {
  const { news } = useHere();
  const got = useGet<Queue>("/api/queue", news.queue);
  return (
    <>
      <h1>Review</h1>
      <Loaded of={got} what="The queue">{(q) => <Desk q={q} />}</Loaded>
    </>
  );
}

type Task = { claim: string } | { events: [string, string] };

function Desk({ q }: { q: Queue }) {
  const may = useMay("coder");
  const [skipped, skip] = useState<Set<string>>(new Set());
  const [asking, ask] = useState<string>();
  const [last, setLast] = useState<{ task: Task; ruling: Ruling }[]>([]);
  const [again, setAgain] = useState<{ task: Task; over: number }>();
  const [conflict, setConflict] = useState<{ task: Task; is: string; why: string; ruling: Ruling }>();
  const [failed, setFailed] = useState("");
  const [righting, right] = useState<{ claim: string; parts: number }>();
  const [merging, merge] = useState<string>();
  const [done, setDone] = useState<Set<string>>(new Set());
  const key = (t: Task) => ("claim" in t ? t.claim : t.events.join(" "));
  const tasks: Task[] = [...q.claims.map((c) => ({ claim: c.claim })), ...q.pairs.map((p) => ({ events: [p.a, p.b] as [string, string] }))];
  const open = tasks.filter((t) => !skipped.has(key(t)) && !done.has(key(t)));
  // What is being looked at stays, however the queue is ordered meanwhile.
  const [held, hold] = useState<string>();
  const task = again?.task ?? open.find((t) => key(t) === held) ?? open[0];
  const looked = task && key(task);
  useEffect(() => hold(looked), [looked]);
  const settled = (t: Task, ruling: Ruling) => {
    setLast((l) => [...l, { task: t, ruling }]);
    setDone((d) => new Set(d).add(key(t)));
    setAgain(undefined);
    setConflict(undefined);
  };
  const rule = async (t: Task, is: string, why: string, over?: number) => {
    setFailed("");
    try {
      const body = { ..."claim" in t ? { claim: t.claim } : { events: t.events }, is, why, over: over ?? null };
      settled(t, await call<Ruling>("POST", "/api/rulings", body));
      return true;
    } catch (e) {
      const r = e as Refused;
      if (r.ruling) setConflict({ task: t, is, why, ruling: r.ruling });
      else setFailed(r.message);
      return false;
    }
  };
  const now = (is: string) => task && void rule(task, is, WHY[is] ?? is, again?.over);
  const undo = () => {
    const before = last.at(-1);
    if (!before) return;
    setLast((l) => l.slice(0, -1));
    setAgain({ task: before.task, over: before.ruling.number });
  };
  const claim = task && "claim" in task;
  const edit = (parts: number) => task && "claim" in task && right({ claim: task.claim, parts });
  const join = () => task && "claim" in task && merge(task.claim);
  useKeys(
    claim
      ? { a: () => now("accepted"), r: () => ask("rejected"), u: () => ask("unsure"), e: () => edit(1), s: () => edit(2), m: join, n: () => task && skip((s) => new Set(s).add(key(task))), z: undo }
      : { s: () => now("same"), d: () => now("not-same"), u: () => ask("unsure"), n: () => task && skip((s) => new Set(s).add(key(task))), z: undo },
    may && task !== undefined && !asking && !conflict && !righting && !merging,
  );
  return (
    <>
      <p role="status">{open.length} wait, {last.length} ruled on by you just now{skipped.size > 0 && <>; {skipped.size} put off <button type="button" onClick={() => skip(new Set())}>show them</button></>}.</p>
      {failed && <p class="refused" role="alert">{failed}</p>}
      {!task && <p>{q.read === 0 ? <>No machine has read the reports of this case (<code>bellwether read CASE --write</code>).</> : "Nothing waits."}</p>}
      {again && <p><b>Again:</b> what you ruled before stands until you rule otherwise. <button type="button" onClick={() => setAgain(undefined)}>Leave it</button></p>}
      {task && claim && <OneClaim id={(task as { claim: string }).claim} q={q.claims.find((c) => c.claim === (task as { claim: string }).claim)} />}
      {task && !claim && <Pair pair={q.pairs.find((p) => [p.a, p.b].join(" ") === key(task))} />}
      {task && may && (
        <p class="keys">
          {claim ? (
            <>
              <button type="button" onClick={() => now("accepted")}><kbd>a</kbd> Accept</button>
              <button type="button" onClick={() => ask("rejected")}><kbd>r</kbd> Reject</button>
              <button type="button" onClick={() => edit(1)}><kbd>e</kbd> Edit</button>
              <button type="button" onClick={() => edit(2)}><kbd>s</kbd> Split</button>
              <button type="button" onClick={join}><kbd>m</kbd> Merge</button>
            </>
          ) : (
            <>
              <button type="button" onClick={() => now("same")}><kbd>s</kbd> One event</button>
              <button type="button" onClick={() => now("not-same")}><kbd>d</kbd> Two events</button>
            </>
          )}
          <button type="button" onClick={() => ask("unsure")}><kbd>u</kbd> Unsure</button>
          <button type="button" onClick={() => skip((s) => new Set(s).add(key(task)))}><kbd>n</kbd> Later</button>
          <button type="button" disabled={last.length === 0} onClick={undo}><kbd>z</kbd> Rule again on the last</button>
        </p>
      )}
      <Dialog title={`Why ${asking ?? ""}?`} open={asking !== undefined} onClose={() => ask(undefined)}>
        {asking && task && (
          <form class="form" onSubmit={(e) => {
            e.preventDefault();
            const why = String(new FormData(e.currentTarget).get("why"));
            ask(undefined);
            void rule(task, asking, why, again?.over);
          }}>
            <label>Why <input name="why" required maxLength={500} autoFocus defaultValue={WHY[asking] ?? ""} /></label>
            <p><button type="submit">Rule: {asking}</button></p>
          </form>
        )}
      </Dialog>
      <Dialog title={righting?.parts === 1 ? "What it says" : "What it says, in several claims"} open={righting !== undefined} onClose={() => right(undefined)}>
        {righting && <PutRight of={righting.claim} parts={righting.parts} over={again?.over} close={() => right(undefined)} done={(ruling) => { settled({ claim: righting.claim }, ruling); right(undefined); }} />}
      </Dialog>
      <Dialog title="The same event as" open={merging !== undefined} onClose={() => merge(undefined)}>
        {merging && (
          <Merge of={merging} close={() => merge(undefined)} settle={async (mine, other) => {
            merge(undefined);
            const accepted = await rule({ claim: merging }, "accepted", WHY.accepted!, again?.over);
            if (accepted) await rule({ events: [mine, other] }, "same", WHY.same!);
          }} />
        )}
      </Dialog>
      <Dialog title="Somebody ruled on it before you" open={conflict !== undefined} onClose={() => setConflict(undefined)}>
        {conflict && (
          <>
            <p><b>{conflict.ruling.by}</b> ruled on {conflict.ruling.at}: <b>{conflict.ruling.is}</b> ({conflict.ruling.why}).</p>
            <p>
              <button type="button" autoFocus onClick={() => { setDone((d) => new Set(d).add(key(conflict.task))); setAgain(undefined); setConflict(undefined); }}>Let it stand</button>{" "}
              <button type="button" onClick={() => rule(conflict.task, conflict.is, conflict.why, conflict.ruling.number)}>Rule {conflict.is} over it</button>
            </p>
          </>
        )}
      </Dialog>
    </>
  );
}

/** What a machine read, put right: one claim, or as many as the passage makes. */
function PutRight({ of, parts, over, done, close }: { of: string; parts: number; over: number | undefined; done: (r: Ruling) => void; close: () => void }) {
  const got = useGet<Claim>(`/api/claims/${encodeURIComponent(of)}`);
  const [n, set] = useState(parts);
  const [problems, tell] = useState<Refused>();
  const before = problems?.ruling;
  const submit = async (e: Event, line: Line) => {
    e.preventDefault();
    const f = new FormData(e.target as HTMLFormElement);
    const claims = Array.from({ length: n }, (_, i) => lineOf(f, `${i}.`, line));
    try {
      done(await call<Ruling>("POST", `/api/claims/${encodeURIComponent(of)}/put-right`, { claims, over: before?.number ?? over ?? null }));
    } catch (e) {
      tell(e as Refused);
    }
  };
  return (
    <Loaded of={got} what="The claim">
      {(c) => c.line && (
        <form class="form" onSubmit={(e) => submit(e, c.line!)}>
          <blockquote dir="auto">{c.exact}</blockquote>
          {Array.from({ length: n }, (_, i) => n === 1
            ? <ClaimFields key={i} line={c.line!} prefix={`${i}.`} focus />
            : <fieldset key={i}><legend>Claim {i + 1}</legend><ClaimFields line={c.line!} prefix={`${i}.`} focus={i === 0} /></fieldset>)}
          <EventNames />
          <Told of={problems} />
          <p class="small">What was read is rejected, and this is added in its place{before ? `, over the ruling of ${before.by}` : ""}.</p>
          <p><button type="submit">{n === 1 ? "Put it right" : `Make ${n} claims of it`}</button> {n > 1 && n < 20 && <button type="button" onClick={() => set(n + 1)}>One more</button>} <button type="button" onClick={close}>Cancel</button></p>
        </form>
      )}
    </Loaded>
  );
}

/** The event that this one is, told again. */
function Merge({ of, settle, close }: { of: string; settle: (mine: string, other: string) => void; close: () => void }) {
  const got = useGet<Claim>(`/api/claims/${encodeURIComponent(of)}`);
  return (
    <Loaded of={got} what="The claim">
      {(c) => {
        const mine = c.says.event?.id;
        if (!mine) return <><p>Only events can be merged.</p><p><button type="button" autoFocus onClick={close}>Close</button></p></>;
        return (
          <form class="form" onSubmit={(e) => {
            e.preventDefault();
            const other = String(new FormData(e.currentTarget).get("other")).trim().replace(/^event:/, "");
            settle(mine, other);
          }}>
            <p>{words(mine)} is the same event as this one, told again; what was read of it is right.</p>
            <label>Event <input name="other" required list="events" pattern="(event:)?[a-z0-9][a-z0-9\-]*" title="a-z, 0-9 and -" autoFocus /></label>
            <EventNames />
            <p><button type="submit">Merge</button> <button type="button" onClick={close}>Cancel</button></p>
          </form>
        );
      }}
    </Loaded>
  );
}

function OneClaim({ id, q }: { id: string; q: Queue["claims"][number] | undefined }) {
  const got = useGet<Claim>(`/api/claims/${encodeURIComponent(id)}`);
  useEffect(() => document.getElementById("reading")?.scrollIntoView({ block: "nearest" }), [id]);
  return (
    <Loaded of={got} what="The claim">
      {(c) => (
        <article id="reading" class="one-claim" aria-label={`Claim ${c.id}`}>
          <p class="meta"><a href={`/reports/${encodeURIComponent(c.report)}?claim=${encodeURIComponent(c.id)}`}>{c.title}</a>, {c.publisher_name}, {c.published}</p>
          <blockquote dir="auto"><span class="small">{c.prefix}</span><mark class="claimed">{c.exact}</mark><span class="small">{c.suffix}</span></blockquote>
          <p class="says">{said(c)}</p>
          <p>{words(c.stance)}, {c.modality}; says so: {c.chain.join(", via ")}</p>
          <p class="small">Rule {c.rule}: right in {pct(c.precision)} of what it reads, as far as ruled on. {q?.moves ? <>On it depends <Linked text={q.moves} />, by {Math.round(100 * q.impact)} points.</> : ""}</p>
        </article>
      )}
    </Loaded>
  );
}

function Pair({ pair }: { pair: Queue["pairs"][number] | undefined }) {
  if (!pair) return null;
  return (
    <article class="one-claim" aria-label="Two events">
      <p class="says">Are <a href={where(`event:${pair.a}`)}>{pair.a}</a> and <a href={where(`event:${pair.b}`)}>{pair.b}</a> one event? The match says {pct(pair.p)}; {pair.at_stake} deaths depend on it.</p>
      <table>
        <thead><tr><th scope="col">Field</th><th scope="col">What the two say</th><th scope="col">Weight, decibans</th></tr></thead>
        <tbody>{pair.reasons.map((r) => <tr key={r.field}><th scope="row">{r.field}</th><td>{r.said}</td><td class="number">{r.decibans.toFixed(1)}</td></tr>)}</tbody>
      </table>
    </article>
  );
}
