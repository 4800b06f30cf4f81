// The grid: how likely each piece of evidence is under each hypothesis, edited where it stands, and what follows at once.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Assessment, Question } from "../api";
import { Refused, call, useGet, useMay } from "../api";
import { Bar, Loaded, Told, Why, pct } from "../parts";
import { where } from "../router";

export function Grid({ question }: { question: string | undefined }) {
  const got = useGet<Assessment>("/api/assessment");
  return (
    <Loaded of={got} what="The hypotheses">
      {(a) => {
        const q = a.questions.find((q) => q.id === `question:${question}`) ?? a.questions[0];
        if (!q) return <><h1>Hypotheses</h1><p>No question is declared: <a href="/edit?path=hypotheses.toml">hypotheses.toml</a></p></>;
        return (
          <>
            <h1>{q.question}</h1>
            {a.questions.length > 1 && <p class="tabs">{a.questions.map((x) => <a key={x.id} href={where(x.id)} aria-current={x === q ? "page" : undefined}>{x.question}</a>)}</p>}
            <Cells key={q.id} a={a} q={q} />
          </>
        );
      }}
    </Loaded>
  );
}

const shown = (l: [number, number] | undefined, p: number | undefined) =>
  l === undefined ? (p === undefined ? "" : `(${p.toFixed(2)})`) : l[0] === l[1] ? `${+l[0].toFixed(3)}` : `${+l[0].toFixed(3)}-${+l[1].toFixed(3)}`;

/** A number, a range of two, or a word. */
function parsed(text: string): unknown {
  const t = text.trim();
  const range = /^([\d.]+)\s*(?:-|–|to)\s*([\d.]+)$/.exec(t);
  if (range) return [Number(range[1]), Number(range[2])];
  return t !== "" && !Number.isNaN(Number(t)) ? Number(t) : t;
}

function Cells({ a, q }: { a: Assessment; q: Question }) {
  const may = useMay("analyst");
  const id = q.id.slice("question:".length);
  const n = a.case.worlds;
  const order = q.evidence.map((e, i) => ({ e, i })).sort((x, y) => Number(x.e.reason !== null) - Number(y.e.reason !== null) || y.e.bits - x.e.bits);
  const rows = q.hypotheses.map((h, i) => ({ h, i, row: a.hypotheses.find((x) => x.id === `hypothesis:${id}/${h}`) }));
  const [at, move] = useState<[number, number]>([0, 0]);
  const [editing, edit] = useState(false);
  const [failed, setFailed] = useState<Refused>();
  const [saved, setSaved] = useState("");
  const table = useRef<HTMLTableElement>(null);
  const focus = useRef(false);
  useEffect(() => {
    if (focus.current) table.current?.querySelector<HTMLElement>(`[data-at="${at.join(" ")}"]`)?.focus();
  }, [at, editing]);
  const key = (e: KeyboardEvent) => {
    if (editing) return;
    const step: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const by = step[e.key];
    if (by) {
      e.preventDefault();
      focus.current = true;
      move([Math.max(0, Math.min(rows.length - 1, at[0] + by[0])), Math.max(0, Math.min(order.length - 1, at[1] + by[1]))]);
    } else if ((e.key === "Enter" || e.key === "F2") && may) {
      e.preventDefault();
      focus.current = true;
      edit(true);
    }
  };
  const save = async (text: string, evidence: string, hypothesis: string) => {
    edit(false);
    setFailed(undefined);
    try {
      await call("PUT", "/api/likelihood", { question: id, evidence, hypothesis, likelihood: parsed(text) });
      setSaved(`${evidence} under ${hypothesis}: ${text}`);
    } catch (e) {
      setFailed(e as Refused);
    }
  };
  return (
    <>
      <p class="small">
        Each cell: how likely the evidence is if the hypothesis is so.
        {may ? " Arrow keys move, Enter edits: a number, a range such as 0.2-0.4, or a word such as likely; Escape leaves it." : ""} In brackets: given in a group or by the analysts, and edited in their files.
      </p>
      <Told of={failed} />
      <p class="small" role="status">{saved && `Kept: ${saved}. The case is built anew.`}</p>
      <div class="scroll">
        <table class="hypotheses" role="grid" aria-label={q.question} ref={table} onKeyDown={key}>
          <thead>
            <tr role="row">
              <th scope="col" role="columnheader">Hypothesis</th><th scope="col" role="columnheader">Now</th>
              {order.map(({ e }) => {
                const d = a.evidence[`evidence:${id}/${e.id}`];
                return <th scope="col" role="columnheader" key={e.id} title={d?.what}>{e.id}<span class="small">{e.reason ? "takes no part" : `${pct(e.probability, n)}; ${e.bits.toFixed(2)} bits; ${e.decibans.toFixed(1)} db`}</span></th>;
              })}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ h, i, row }, y) => (
              <tr role="row" key={h}>
                <th scope="row" role="rowheader">{row?.text || h}</th>
                <td role="gridcell" class="number"><Why id={`hypothesis:${id}/${h}`}>{pct(row?.probability, n)}</Why><Bar p={row?.probability ?? null} /><span class="small">before {pct(row?.prior, n)}</span></td>
                {order.map(({ e }, x) => {
                  const given = a.evidence[`evidence:${id}/${e.id}`]?.said[i];
                  const here = at[0] === y && at[1] === x;
                  if (here && editing) {
                    return (
                      <td role="gridcell" key={e.id}>
                        <input
                          class="cell" aria-label={`${e.id} under ${h}`} data-at={`${y} ${x}`} defaultValue={shown(given, e.likelihood[i])}
                          onKeyDown={(k) => {
                            k.stopPropagation();
                            if (k.key === "Enter") void save(k.currentTarget.value, e.id, h);
                            if (k.key === "Escape") edit(false);
                          }}
                          onBlur={() => edit(false)}
                        />
                      </td>
                    );
                  }
                  const p = e.likelihood[i];
                  return (
                    <td
                      role="gridcell" key={e.id} tabIndex={here ? 0 : -1} data-at={`${y} ${x}`} aria-readonly={given === undefined || !may}
                      onClick={() => { focus.current = true; move([y, x]); }} onDblClick={() => may && given !== undefined && edit(true)}
                      class={p === undefined ? "" : p > 0.66 ? "high" : p < 0.34 ? "low" : ""}
                    >{shown(given, p)}</td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h2>The evidence</h2>
      <dl>
        {order.map(({ e }) => {
          const d = a.evidence[`evidence:${id}/${e.id}`];
          return <div key={e.id}><dt>{e.id}</dt><dd>{d?.what}. <span class="small">{d?.why}{e.reason ? ` It takes no part: ${e.reason}` : ""}</span></dd></div>;
        })}
      </dl>
    </>
  );
}
