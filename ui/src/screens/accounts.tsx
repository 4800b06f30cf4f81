// Accounts, and the log of who did what.

import { useState } from "preact/hooks";
import type { Role } from "../api";
import { Refused, call, useGet, useHere } from "../api";
import { Loaded, Scroll } from "../parts";

interface Audit {
  log: { seq: number; at_ms: number; who: string; did: string; about: string; hash: string }[];
  lines: number;
  broken: string | null;
}

export function Accounts() {
  const { again } = useHere();
  const [turn, next] = useState(0);
  const all = useGet<{ name: string; role: Role }[]>("/api/accounts", turn);
  const audit = useGet<Audit>("/api/audit", turn);
  const [failed, setFailed] = useState("");
  const doing = async (what: () => Promise<unknown>) => {
    setFailed("");
    try {
      await what();
      next(turn + 1);
      await again();
    } catch (e) {
      setFailed((e as Refused).message);
    }
  };
  return (
    <>
      <h1>Accounts</h1>
      {failed && <p class="refused" role="alert">{failed}</p>}
      <Loaded of={all} what="The accounts">
        {(rows) =>
          rows.length === 0 ? <p>There are none: whoever opens these pages on this machine is the owner. With the first account, an owner's, everybody signs in.</p> : (
            <table>
              <thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col"><span class="sr">Remove</span></th></tr></thead>
              <tbody>{rows.map((r) => <tr key={r.name}><th scope="row">{r.name}</th><td>{r.role}</td><td><button type="button" onClick={() => doing(() => call("DELETE", `/api/accounts/${encodeURIComponent(r.name)}`))}>Remove {r.name}</button></td></tr>)}</tbody>
            </table>
          )
        }
      </Loaded>
      <h2>Add one, or give it another password</h2>
      <form class="form" onSubmit={(e) => {
        e.preventDefault();
        const form = e.currentTarget;
        const f = new FormData(form);
        void doing(async () => {
          await call("PUT", "/api/accounts", { name: f.get("name"), role: f.get("role"), password: f.get("password") });
          form.reset();
        });
      }}>
        <label>Name <input name="name" required maxLength={64} autocomplete="off" /></label>
        <label>Role <select name="role"><option value="owner">owner: keeps accounts, too</option><option value="analyst">analyst: edits and publishes, too</option><option value="coder">coder: rules and codes, too</option><option value="reader">reader: reads</option></select></label>
        <label>Password, at least 10 characters <input name="password" type="password" required minLength={10} autocomplete="new-password" /></label>
        <p><button type="submit">Keep it</button></p>
      </form>
      <h2>Who did what</h2>
      <Loaded of={audit} what="The log">
        {(a) => (
          <>
            <p class={a.broken ? "refused" : ""} role={a.broken ? "alert" : undefined}>{a.broken ?? `${a.lines} lines, each chained to the one before.`}</p>
            <Scroll label="Audit log">
              <table>
                <thead><tr><th scope="col">Line</th><th scope="col">When (UTC)</th><th scope="col">Who</th><th scope="col">Did</th><th scope="col">To what</th></tr></thead>
                <tbody>{a.log.map((e) => <tr key={e.seq}><td class="number">{e.seq}</td><td class="number">{new Date(e.at_ms).toISOString().replace("T", " ").slice(0, 19)}</td><td>{e.who}</td><td>{e.did}</td><td>{e.about}</td></tr>)}</tbody>
              </table>
            </Scroll>
          </>
        )}
      </Loaded>
    </>
  );
}
