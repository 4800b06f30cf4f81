// Remarks on method.

import type { Assessment } from "../api";
import { useGet } from "../api";
import { Linked, Loaded, Scroll, Why } from "../parts";

export function Lints() {
  const got = useGet<Assessment>("/api/assessment");
  return (
    <>
      <h1>Remarks on method</h1>
      <Loaded of={got} what="The remarks">
        {(a) => (
          <Scroll label="Remarks, table">
            <table>
              <caption>{a.lints.length} remarks, {a.lints.filter((l) => l.suppressed).length} of them let stand with a reason</caption>
              <thead><tr><th scope="col">About</th><th scope="col">Remark</th><th scope="col">Rule</th></tr></thead>
              <tbody>
                {a.lints.map((l, i) => (
                  <tr key={i}>
                    <th scope="row"><Linked text={l.about} /></th>
                    <td>{l.text}{l.suppressed && <span class="small">Let stand: {l.suppressed}</span>}</td>
                    <td><Why id={`lint:${l.code}`}>{l.code}</Why></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </Loaded>
    </>
  );
}
