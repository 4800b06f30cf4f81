// Why a number is what it is: from the number down to the sentences behind it.

import { useGet } from "../api";
import { Linked, Loaded } from "../parts";

interface Explanation {
  id: string;
  lines: { depth: number; text: string }[];
  excerpts: { report: string; title: string; published: string; source: string; claim: string | null; exact: string; says: string }[];
}

export function Explain({ id }: { id: string }) {
  const got = useGet<Explanation>(`/api/explain/${encodeURIComponent(id)}`);
  return (
    <>
      <h1>Why {id}</h1>
      <Loaded of={got} what="Running the case again without each origin">
        {(e) => (
          <>
            <div class="explanation">
              {e.lines.map((l, i) => (
                <p key={i} style={{ marginLeft: `${l.depth * 1.4}rem` }}><Linked text={l.text} /></p>
              ))}
            </div>
            <h2>The sentences behind it</h2>
            {e.excerpts.length === 0 && <p>None: it rests on no report.</p>}
            <ol class="sentences">
              {e.excerpts.map((x, i) => (
                <li key={i}>
                  <blockquote dir="auto">{x.exact}</blockquote>
                  <p class="small">
                    <a href={`/reports/${encodeURIComponent(x.report)}${x.claim ? `?claim=${encodeURIComponent(x.claim)}` : ""}`}>{x.title}</a>, {x.source}, {x.published}: <Linked text={x.says} />
                  </p>
                </li>
              ))}
            </ol>
          </>
        )}
      </Loaded>
    </>
  );
}
