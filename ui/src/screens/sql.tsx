// A console for SQL that only reads.

import { useState } from "preact/hooks";
import { Refused, call } from "../api";
import { Scroll } from "../parts";

interface Rows {
  columns: string[];
  rows: (string | null)[][];
  all: number;
}
const FIRST = "select id, probability, first_day, asserted_by\nfrom events\norder by probability desc\nlimit 20";

export function Sql() {
  const [sql, set] = useState(FIRST);
  const [rows, setRows] = useState<Rows>();
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const run = async (text: string) => {
    setBusy(true);
    setFailed("");
    try {
      setRows(await call<Rows>("POST", "/api/query", { sql: text }));
    } catch (e) {
      setFailed((e as Refused).message);
    }
    setBusy(false);
  };
  return (
    <>
      <h1>SQL over the tables of the build</h1>
      <form onSubmit={(e) => { e.preventDefault(); void run(sql); }}>
        <label>Statement; it only reads <textarea rows={6} spellcheck={false} value={sql} onInput={(e) => set(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === "Enter" && e.ctrlKey) void run(sql); }} /></label>
        <p><button type="submit" disabled={busy}>Run <kbd>Ctrl Enter</kbd></button> <button type="button" onClick={() => { const q = "select table_name, column_name, data_type from information_schema.columns where table_schema = 'public' order by table_name, ordinal_position"; set(q); void run(q); }}>Which tables are there?</button></p>
      </form>
      {failed && <pre class="refused" role="alert">{failed}</pre>}
      {rows && (
        <Scroll label="Rows">
          <table>
            <caption>{rows.all} rows{rows.rows.length < rows.all ? `, ${rows.rows.length} shown` : ""}</caption>
            <thead><tr>{rows.columns.map((c, i) => <th scope="col" key={i}>{c}</th>)}</tr></thead>
            <tbody>{rows.rows.map((r, i) => <tr key={i}>{r.map((c, k) => <td key={k}>{c ?? <span class="small">null</span>}</td>)}</tr>)}</tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}
