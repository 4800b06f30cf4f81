// The assessment: key judgments, indicators, what is believed of each question.

import type { Assessment } from "../api";
import { useGet } from "../api";
import { Bar, Linked, Loaded, Scroll, Why, pct } from "../parts";
import { where } from "../router";

export function AssessmentScreen() {
  const got = useGet<Assessment>("/api/assessment");
  return (
    <Loaded of={got} what="The assessment">
      {(a) => {
        const n = a.case.worlds;
        const open = a.lints.filter((l) => !l.suppressed);
        return (
          <>
            <header class="case">
              <h1>{a.case.title}</h1>
              <p class="question">{a.case.question}</p>
              <p class="meta">
                <span class="tlp">{a.case.tlp}</span> as of {a.case.as_of} · {a.case.reports} reports, {a.case.claims} claims, {a.case.statements} independent statements · {n} worlds · <a href="/lints">{open.length} remarks on method</a>
              </p>
            </header>
            <section aria-labelledby="judgments">
              <h2 id="judgments">Key judgments</h2>
              {a.judgments.length === 0 && <p>None is declared: <a href="/edit?path=judgments.toml">judgments.toml</a></p>}
              {a.judgments.map((j) => {
                const c = a.scrutiny?.conclusions.find((c) => c.id === j.id);
                const hangs = [...(c?.without ?? []), ...(c?.assumptions ?? [])].filter((o) => o.flips).concat((c?.without ?? []).filter((o) => !o.flips)).slice(0, 3);
                return (
                  <article class="judgment" key={j.id}>
                    <p class="says">{j.text} <Why id={j.id}>Why?</Why></p>
                    {j.caution && <p class="small">{j.caution}</p>}
                    <p>{j.confidence_text}</p>
                    {j.changed && <p><b>Changed:</b> {j.changed}</p>}
                    {hangs.length > 0 && (
                      <details>
                        <summary>What it hangs on</summary>
                        <ul>
                          {hangs.map((o) => (
                            <li key={o.cause}>
                              {o.cause.startsWith("assumption:") ? "If this is false, " : "Without "}
                              <a href={where(o.cause)}>{o.cause}</a>: {pct(o.probability, n)} instead of {pct(c?.probability, n)}
                              {o.flips && <b>; it would say: {o.text ?? o.outcome}</b>}
                            </li>
                          ))}
                        </ul>
                      </details>
                    )}
                    {j.would_change.length > 0 && (
                      <details>
                        <summary>What would change it</summary>
                        <ul>{j.would_change.map((w) => <li key={w}><Linked text={w} /></li>)}</ul>
                      </details>
                    )}
                  </article>
                );
              })}
            </section>
            <section aria-labelledby="indicators">
              <h2 id="indicators">Indicators</h2>
              <Scroll label="Indicators, table">
                <table>
                  <thead><tr><th scope="col">Indicator</th><th scope="col">Probability</th><th scope="col">In words</th><th scope="col">State</th></tr></thead>
                  <tbody>
                    {a.indicators.map((i) => (
                      <tr key={i.id}>
                        <th scope="row">{i.title}<br /><span class="small">{a.tests[i.id]?.test}</span></th>
                        <td class="number">
                          <Why id={i.id}>{pct(i.probability, n)}</Why>
                          <Bar p={i.probability} />
                          {i.probability !== null && <span class="small">± {(200 * i.error).toFixed(1)} points</span>}
                        </td>
                        <td>{i.likelihood}{i.reason && <span class="small">{i.reason}</span>}</td>
                        <td><span class={`state${i.warning ? " warning" : ""}`}>{i.state}{i.warning ? ": warns" : ""}</span></td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </Scroll>
            </section>
            <section aria-labelledby="questions">
              <h2 id="questions">Questions</h2>
              {a.questions.map((q) => {
                const id = q.id.slice("question:".length);
                const rows = a.hypotheses.filter((h) => h.id.startsWith(`hypothesis:${id}/`)).sort((x, y) => y.probability - x.probability);
                return (
                  <article key={q.id}>
                    <h3><a href={where(q.id)}>{q.question}</a></h3>
                    <table>
                      <thead><tr><th scope="col">Hypothesis</th><th scope="col">Before</th><th scope="col">Now</th><th scope="col">80 %</th></tr></thead>
                      <tbody>
                        {rows.map((h) => (
                          <tr key={h.id}>
                            <th scope="row">{h.text || h.id.split("/")[1]}</th>
                            <td class="number">{pct(h.prior, n)}</td>
                            <td class="number"><Why id={h.id}>{pct(h.probability, n)}</Why><Bar p={h.probability} /></td>
                            <td class="number">{Math.round(100 * h.bounds[0])} to {Math.round(100 * h.bounds[1])} %</td>
                          </tr>
                        ))}
                      </tbody>
                    </table>
                  </article>
                );
              })}
            </section>
            <section aria-labelledby="footprints">
              <h2 id="footprints">Footprints</h2>
              {footprints(a).map(([key, rows]) => (
                <article key={key}>
                  <h3>{a.actors[rows[0]!.actor] ?? rows[0]!.actor}, at home in {a.areas[rows[0]!.home] ?? rows[0]!.home}</h3>
                  <p class="small">now {rows[0]!.period.replace("..", " to ")}, then {rows[0]!.reference.replace("..", " to ")}</p>
                  <ul class="classes">
                    {rows.map((f) => (
                      <li key={f.id}><Why id={f.id}>{f.class}: {pct(f.probability, n)}</Why><Bar p={f.probability} />{f.reason && <span class="small">{f.reason}</span>}</li>
                    ))}
                  </ul>
                </article>
              ))}
            </section>
          </>
        );
      }}
    </Loaded>
  );
}

function footprints(a: Assessment) {
  const by = new Map<string, Assessment["footprint"]>();
  for (const f of a.footprint) {
    const key = [f.actor, f.home, f.period, f.reference].join(" ");
    by.set(key, [...(by.get(key) ?? []), f]);
  }
  return [...by];
}
