// The page around every screen: who is signed in, where one can go, what the build is doing, what moved.

import { render } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Assessment, News, Session } from "./api";
import { FROZEN, HereContext, Refused, call, carry, useGet, useHere, useMay } from "./api";
import { Palette } from "./palette";
import { Dialog, pct } from "./parts";
import { enliven } from "./published";
import { followLinks, go, useRoute } from "./router";
import { Accounts } from "./screens/accounts";
import { Actors } from "./screens/actors";
import { AssessmentScreen } from "./screens/assessment";
import { Edit } from "./screens/edit";
import { EventScreen } from "./screens/event";
import { Explain } from "./screens/explain";
import { Forecast } from "./screens/forecast";
import { Grid } from "./screens/grid";
import { History } from "./screens/history";
import { Lints } from "./screens/lints";
import { MapScreen } from "./screens/map";
import { Publish } from "./screens/publish";
import { ClaimScreen, Reader, Reports } from "./screens/reports";
import { Review } from "./screens/review";
import { Sources } from "./screens/sources";
import { Sql } from "./screens/sql";
import { Timeline } from "./screens/timeline";
import "./style.css";

export const SCREENS: [path: string, title: string][] = [
  ["/", "Assessment"],
  ["/map", "Map"],
  ["/timeline", "Timeline"],
  ["/hypotheses", "Hypotheses"],
  ["/reports", "Reports"],
  ["/review", "Review"],
  ["/actors", "Actors"],
  ["/sources", "Sources"],
  ["/forecast", "Forecast"],
  ["/history", "History"],
  ["/lints", "Lints"],
  ["/edit", "Edit"],
  ["/sql", "SQL"],
  ["/publish", "Publish"],
];

function Screen() {
  const { parts } = useRoute();
  const [first, second] = parts;
  switch (first) {
    case undefined:
      return <AssessmentScreen />;
    case "map":
      return <MapScreen />;
    case "timeline":
      return <Timeline />;
    case "events":
      return second ? <EventScreen id={second} /> : <Timeline />;
    case "explain":
      return <Explain id={parts.slice(1).join("/")} />;
    case "reports":
      return second ? <Reader id={second} /> : <Reports />;
    case "claims":
      return <ClaimScreen id={second ?? ""} />;
    case "review":
      return <Review />;
    case "hypotheses":
      return <Grid question={second} />;
    case "actors":
      return <Actors chosen={second} />;
    case "sources":
      return <Sources chosen={second} />;
    case "forecast":
      return <Forecast />;
    case "history":
      return <History />;
    case "lints":
      return <Lints />;
    case "edit":
      return <Edit />;
    case "sql":
      return <Sql />;
    case "publish":
      return <Publish />;
    case "accounts":
      return <Accounts />;
    default:
      return <p class="refused">There is no such screen. <a href="/">The assessment</a></p>;
  }
}

/** Numbers of two assessments that differ by more than a point. */
function moved(a: Assessment, b: Assessment): { id: string; was: number | null; is: number | null }[] {
  const numbers = (x: Assessment) =>
    new Map<string, number | null>([...x.indicators, ...x.hypotheses].map((r) => [r.id, r.probability]));
  const was = numbers(a);
  return [...numbers(b)]
    .map(([id, is]) => ({ id, was: was.get(id) ?? null, is }))
    .filter((m) => Math.abs((m.is ?? -1) - (m.was ?? -1)) > 0.01)
    .sort((x, y) => Math.abs((y.is ?? 0) - (y.was ?? 0)) - Math.abs((x.is ?? 0) - (x.was ?? 0)));
}

/** What moved since the last build that was seen, until it is put away. */
function Moved() {
  const got = useGet<Assessment>("/api/assessment");
  const before = useRef<Assessment>();
  const [list, set] = useState<ReturnType<typeof moved>>([]);
  useEffect(() => {
    if (!got.data) return;
    if (before.current) {
      const m = moved(before.current, got.data);
      if (m.length > 0) set(m);
    }
    before.current = got.data;
  }, [got.data]);
  return (
    <div aria-live="polite" class="moved-place">
      {list.length > 0 && (
        <section class="moved" aria-label="What moved">
          <button type="button" class="close" onClick={() => set([])}>Put away</button>
          <strong>The answer moved</strong>
          <ul>
            {list.slice(0, 8).map((m) => (
              <li key={m.id}>
                <a href={`/explain/${encodeURIComponent(m.id)}`}>{m.id}</a>: {pct(m.was)} → <b>{pct(m.is)}</b>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Problems({ news }: { news: News }) {
  const [away, put] = useState<string>();
  const key = news.problems.join("");
  if (news.problems.length === 0 || away === key) return null;
  return (
    <section class="problems" role="alert" aria-label="Problems of the case">
      <button type="button" class="close" onClick={() => put(key)}>Put away</button>
      <strong>
        The case as it stands in the folder has {news.problems.length === 1 ? "an error" : `${news.problems.length} errors`}; {news.build > 0 ? "the last good build is shown" : "there is no build yet"}
      </strong>
      {news.problems.map((p) => (
        <pre key={p} tabIndex={0}>{p}</pre>
      ))}
    </section>
  );
}

function SignIn({ again, oidc }: { again: () => Promise<void>; oidc: boolean }) {
  const [why, set] = useState("");
  const submit = async (e: Event) => {
    e.preventDefault();
    const form = new FormData(e.target as HTMLFormElement);
    try {
      await call("POST", "/api/session", { name: form.get("name"), password: form.get("password") });
      await again();
    } catch (e) {
      set((e as Refused).message);
    }
  };
  return (
    <main class="sign-in">
      <h1>Bellwether</h1>
      <form onSubmit={submit}>
        <label>Name <input name="name" autocomplete="username" required /></label>
        <label>Password <input name="password" type="password" autocomplete="current-password" required /></label>
        <button type="submit">Sign in</button>
        {why && <p class="refused" role="alert">{why}</p>}
      </form>
      {oidc && <p><a href="/api/oidc" target="_self">Sign in with your organisation's account</a></p>}
    </main>
  );
}

function Shell({ help }: { help: () => void }) {
  const { session, news, again } = useHere();
  const { path, parts } = useRoute();
  const owner = useMay("owner");
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    // A new screen begins at its top, for eyes and for screen readers; its title is the window's.
    if (shown.current !== path) {
      shown.current = path;
      scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
    const title = SCREENS.find(([p]) => p === `/${parts[0] ?? ""}`)?.[1] ?? "Bellwether";
    document.title = parts[1] ? `${parts.slice(1).join("/")} · ${title}` : `${title} · Bellwether`;
  }, [path]);
  const signOut = async () => {
    await call("DELETE", "/api/session");
    go("/");
    await again();
  };
  const at = (p: string) => (p === "/" ? path === "/" : path === p || path.startsWith(`${p}/`));
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); main.current?.focus(); }}>Skip to the screen</a>
      <header class="top">
        <a class="home" href="/"><img src="/icon.svg" alt="" width="28" height="28" /> Bellwether</a>
        <p class="build" role="status">
          {news.building ? "building …" : news.build > 0 ? `build ${news.build}` : "no build yet"}
          {news.build > 0 && !news.whole && !news.building ? " (what conclusions stand on is not worked out)" : ""}
        </p>
        <span class="account">
          <button type="button" onClick={help}>Go to … <kbd>Ctrl K</kbd></button>
          {owner && <a href="/accounts">Accounts</a>}
          <span>{session.account?.name} ({session.account?.role})</span>
          {session.accounts && <button type="button" onClick={signOut}>Sign out</button>}
        </span>
      </header>
      <nav aria-label="Screens">
        <ul>
          {SCREENS.map(([p, title]) => (
            <li key={p}><a href={p} aria-current={at(p) ? "page" : undefined}>{title}</a></li>
          ))}
        </ul>
      </nav>
      <Problems news={news} />
      <main id="main" ref={main} tabIndex={-1}>
        {news.build === 0 ? <p class="busy" role="status">{news.problems.length > 0 ? "Nothing can be shown until the errors are mended." : "The first build is under way …"}</p> : <Screen />}
      </main>
      {news.build > 0 && <Moved />}
    </>
  );
}

const NO_NEWS: News = { build: 0, building: true, whole: false, problems: [], queue: 0 };

function App() {
  const [session, setSession] = useState<Session>();
  const [news, setNews] = useState<News>(NO_NEWS);
  const [lost, setLost] = useState(false);
  const [palette, setPalette] = useState(false);
  const again = useCallback(async () => {
    try {
      const s = await call<Session>("GET", "/api/session");
      carry(s.csrf);
      setSession(s);
      setLost(false);
    } catch {
      setLost(true);
    }
  }, []);
  useEffect(() => {
    void again();
    followLinks();
    const open = (e: KeyboardEvent) => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") {
        e.preventDefault();
        setPalette(true);
      }
    };
    addEventListener("keydown", open);
    return () => removeEventListener("keydown", open);
  }, []);
  const who = session?.account?.name;
  useEffect(() => {
    if (!who) return;
    const stream = new EventSource("/api/news");
    stream.onmessage = (e) => {
      setLost(false);
      setNews(JSON.parse(e.data));
    };
    stream.onerror = () => {
      setLost(true);
      // A server that was started again has another token, or does not know the session.
      if (stream.readyState === EventSource.CLOSED || stream.readyState === EventSource.CONNECTING) setTimeout(again, 1500);
    };
    return () => stream.close();
  }, [who, session?.csrf]);
  if (!session) return <p class="busy" role="status">{lost ? "The server does not answer." : "Bellwether …"}</p>;
  if (!session.account) return <SignIn again={again} oidc={session.oidc} />;
  return (
    <HereContext.Provider value={{ session, news, again }}>
      {lost && <p class="lost" role="alert">The server does not answer; what is shown may be old.</p>}
      <Shell help={() => setPalette(true)} />
      <Dialog title="Go to" open={palette} onClose={() => setPalette(false)}>
        <Palette screens={SCREENS} close={() => setPalette(false)} />
      </Dialog>
    </HereContext.Provider>
  );
}

const root = document.getElementById("app");
if (FROZEN) enliven();
else if (root) {
  root.textContent = "";
  render(<App />, root);
}
