// The files of definitions, edited as text; the whole case is checked before a byte is kept.

import { useEffect, useState } from "preact/hooks";
import { Refused, call, useMay } from "../api";
import { go, useRoute } from "../router";
import { Told } from "../parts";

const FILES = ["indicators.toml", "hypotheses.toml", "judgments.toml", "factors.toml", "assumptions.toml", "gaps.toml", "coverage.toml", "actors.toml", "sources.toml", "areas.geojson", "case.toml"];

export function Edit() {
  const { search } = useRoute();
  const path = search.get("path") ?? "indicators.toml";
  const may = useMay("analyst");
  const [file, setFile] = useState<{ text: string; version: string }>();
  const [text, setText] = useState("");
  const [failed, setFailed] = useState<Refused>();
  const [said, say] = useState("");
  const load = async () => {
    setFailed(undefined);
    try {
      const f = await call<{ text: string; version: string }>("GET", `/api/file?path=${encodeURIComponent(path)}`);
      setFile(f);
      setText(f.text);
    } catch (e) {
      setFile(undefined);
      setFailed(e as Refused);
    }
  };
  useEffect(() => {
    say("");
    void load();
  }, [path]);
  const save = async () => {
    if (!file) return;
    setFailed(undefined);
    try {
      setFile(await call("PUT", `/api/file?path=${encodeURIComponent(path)}`, { text, version: file.version }));
      say("Kept; the case is built anew.");
    } catch (e) {
      say("");
      setFailed(e as Refused);
    }
  };
  const changed = file !== undefined && text !== file.text;
  return (
    <>
      <h1>Edit</h1>
      <label>File <select value={path} onChange={(e) => go(`/edit?path=${encodeURIComponent(e.currentTarget.value)}`)}>{[...FILES, ...(FILES.includes(path) ? [] : [path])].map((f) => <option key={f} selected={f === path}>{f}</option>)}</select></label>
      {file && (
        <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
          <label>{path}
            <textarea class="source" rows={28} spellcheck={false} readOnly={!may} value={text} onInput={(e) => setText(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === "s" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); void save(); } }} />
          </label>
          {may && <p><button type="submit" disabled={!changed}>Keep it <kbd>Ctrl S</kbd></button> <button type="button" disabled={!changed} onClick={load}>Read it again</button></p>}
          <p role="status">{changed ? "Changed, not kept yet." : said}</p>
        </form>
      )}
      <Told of={failed} />
    </>
  );
}
