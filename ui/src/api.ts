// Asking the server, and hearing of what is new.

import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";

export type Role = "reader" | "coder" | "analyst" | "owner";
const ROLES: Role[] = ["reader", "coder", "analyst", "owner"];

export interface Session {
  account: { name: string; role: Role } | null;
  accounts: boolean;
  /** Whether one may sign in by the word of an issuer of OpenID Connect. */
  oidc: boolean;
  csrf: string | null;
}

export interface News {
  build: number;
  building: boolean;
  whole: boolean;
  problems: string[];
  queue: number;
}

export interface Ruling {
  number: number;
  about: string;
  is: string;
  by: string;
  at: string;
  why: string;
}

/** What the server would not do, and why. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problems: string[] = [],
    readonly ruling?: Ruling,
  ) {
    super(message);
  }
}

/** What a published page has with it, by the address at which a workbench would be asked for it. */
export const FROZEN: Record<string, unknown> | undefined = (() => {
  const kept = document.getElementById("frozen")?.textContent;
  return kept ? JSON.parse(kept) : undefined;
})();

let token: string | null = null;
export const carry = (csrf: string | null) => {
  token = csrf;
};

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  if (FROZEN) {
    if (method === "GET" && path in FROZEN) return FROZEN[path] as T;
    throw new Refused(404, "a published page has no more than is in it");
  }
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && token) headers["x-csrf-token"] = token;
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  let res: Response;
  try {
    res = await fetch(path, init);
  } catch {
    throw new Refused(0, "the server does not answer");
  }
  if (res.status === 204) return undefined as T;
  const text = await res.text();
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refused(res.status, text.slice(0, 200) || `the server answered ${res.status}`);
  }
  if (!res.ok) throw new Refused(res.status, value.error ?? `the server answered ${res.status}`, value.problems, value.ruling);
  return value as T;
}

export interface Here {
  session: Session;
  news: News;
  /** Asks again who is signed in. */
  again: () => Promise<void>;
}

export const HereContext = createContext<Here | null>(null);
export function useHere(): Here {
  const here = useContext(HereContext);
  if (!here) throw new Error("outside the page");
  return here;
}

/** Whether whoever is signed in may do what a role may. */
export function useMay(role: Role): boolean {
  const mine = useHere().session.account?.role;
  return mine !== undefined && ROLES.indexOf(mine) >= ROLES.indexOf(role);
}

export interface Got<T> {
  data: T | undefined;
  error: Refused | undefined;
  busy: boolean;
}

/** What stands at an address, asked for again with every build; the old stays until the new is there. */
export function useGet<T>(path: string | null, also: unknown = 0): Got<T> {
  const { news } = useHere();
  const [got, set] = useState<Got<T> & { path: string | null }>({ data: undefined, error: undefined, busy: true, path });
  const turn = useRef(0);
  useEffect(() => {
    if (path === null) return;
    const mine = ++turn.current;
    set((g) => ({ data: g.path === path ? g.data : undefined, error: undefined, busy: true, path }));
    call<T>("GET", path).then(
      (data) => mine === turn.current && set({ data, error: undefined, busy: false, path }),
      (error: Refused) => mine === turn.current && set({ data: undefined, error, busy: false, path }),
    );
  }, [path, news.build, also]);
  return got.path === path ? got : { data: undefined, error: undefined, busy: true };
}

// What is asked for, as far as the screens look at it.

export interface Carrier {
  event: string;
  share: number;
  without: number | null;
}
export interface Judgment {
  id: string;
  about: string;
  outcome: string;
  probability: number | null;
  text: string;
  caution: string | null;
  confidence: string;
  confidence_text: string;
  changed: string | null;
  would_change: string[];
}
export interface Indicator {
  id: string;
  title: string;
  probability: number | null;
  error: number;
  state: string;
  likelihood: string | null;
  warning: boolean;
  reason: string | null;
  events: Carrier[];
}
export interface HypothesisRow {
  id: string;
  text: string;
  prior: number;
  probability: number;
  bounds: [number, number];
}
export interface Item {
  id: string;
  group: string | null;
  probability: number | null;
  likelihood: number[];
  bits: number;
  decibans: number;
  reason: string | null;
}
export interface Question {
  id: string;
  question: string;
  hypotheses: string[];
  evidence: Item[];
  open: { id?: string; [k: string]: unknown }[];
}
export interface FootprintRow {
  id: string;
  actor: string;
  home: string;
  period: string;
  reference: string;
  class: string;
  probability: number | null;
  reason: string | null;
  events: Carrier[];
}
export interface Lint {
  code: string;
  about: string;
  text: string;
  level?: string;
  suppressed: string | null;
}
export interface Otherwise {
  cause: string;
  probability: number | null;
  outcome: string;
  flips: boolean;
  text: string | null;
}
export interface Assessment {
  case: { id: string; title: string; question: string; as_of: string; tlp: string; seed: number; worlds: number; reports: number; claims: number; statements: number; r_hat: number; ess: number };
  judgments: Judgment[];
  indicators: Indicator[];
  hypotheses: HypothesisRow[];
  questions: Question[];
  footprint: FootprintRow[];
  lints: Lint[];
  scrutiny: { conclusions: { id: string; probability: number | null; without: Otherwise[]; assumptions: Otherwise[] }[] } | null;
  tests: Record<string, { test: string; warn_at: number | null }>;
  evidence: Record<string, { what: string; why: string; said: [number, number][] }>;
  actors: Record<string, string>;
  areas: Record<string, string>;
}

export interface EventRow {
  id: string;
  type: string;
  sub_type: string | null;
  probability: number;
  first_day: string;
  last_day: string;
  place: [number, number] | null;
  radius_km: number | null;
  actor: string | null;
  actor_probability: number | null;
  killed: [number, number, number] | null;
  area: string | null;
  claims: number;
}

/** The rows of a list in columns. */
export function unpacked(t: { columns: string[]; rows: unknown[][] } | undefined): EventRow[] {
  if (!t) return [];
  return t.rows.map((r) => {
    const row: Record<string, unknown> = {};
    t.columns.forEach((c, i) => (row[c] = r[i]));
    return row as unknown as EventRow;
  });
}

export interface Claim {
  id: string;
  report: string;
  title: string;
  published: string;
  publisher_name: string;
  chain: string[];
  origin: string;
  origin_name: string;
  copies: string | null;
  exact: string;
  prefix: string;
  suffix: string;
  stance: string;
  modality: string;
  basis: string;
  says: { event?: SaidEvent; fact?: { id: string; text: string }; link?: { actor: string; kind: string; to: string }; retracts?: string };
  retracted_by: string | null;
  rule: string | null;
  precision: number | null;
  verdict: string | null;
  echo: { of: string; p: number } | null;
  /** What it says of numbers, in words. */
  figures: string[];
  /** As it stands in the folder; of one claim alone. */
  line?: Line;
}
/** A line of `claims/*.jsonl`. */
export interface Line {
  id: string;
  chain?: string[];
  stance?: string;
  modality?: string;
  says: { event?: SaidEvent; fact?: { id: string; text: string }; [other: string]: unknown };
  [other: string]: unknown;
}
export interface SaidEvent {
  id: string;
  type: string;
  sub_type?: string;
  actors?: ({ known: { actor: string; role: string } } | { unknown: { role: string } })[];
  place?: Record<string, unknown>;
  time?: string;
  figures?: { measure: string; of: string; number?: number; [other: string]: unknown }[];
}
