import { call } from "../../api/bridge";

export const chains = ["events", "authentication_events", "system_events"] as const;
export type Chain = (typeof chains)[number];

/** Personal data with their salt, or the commitment to those that were erased. */
type Personal = { salt: string; erased?: undefined } | { erased: string };
type Resource = { type: string; id: string; action: string; created_at: number; updated_at: number; deleted_at: number };
type Entry = { organization_id: string; sequence: number; id: string; recorded_at: number; request_id: string; hash: string };
type EventEntry = Entry & {
  principal_type: string;
  principal_id: string;
  project_id: string;
  product: string;
  service: string;
  method: string;
  status_code: number;
  resources: Resource[];
  actor: Personal & { source_ip: string; user_agent: string };
  content: Personal & { body: string; names: string[] };
};
type LoginEntry = Entry & { user_id: string; failure: string; method: string; mfa: string; actor: Personal & { source_ip: string; user_agent: string }; content: Personal & { username: string } };
type SystemEntry = Omit<Entry, "request_id"> & { project_id: string; kind: string; source: string; name: string; product: string; resources: Resource[]; content: Personal & { names: string[] } };
type AnyEntry = EventEntry | LoginEntry | SystemEntry;

/** Under which name a line of a chain has its entry. */
const memberOf: Record<Chain, string> = { events: "event", authentication_events: "authentication_event", system_events: "system_event" };

/** What the server has signed: that the chain goes up to this entry. The console does not check the signature. */
type Statement = { organization_id: string; chain: string; sequence: number; hash: string; recorded_at: number; key: string; signature: string };

export type EntriesPage = { begin?: string; lines: string[]; end?: string; last_sequence: number };

/** How a chain was found. */
export type Finding = {
  readonly chain: Chain;
  /** How many entries were recomputed. */
  readonly entries: number;
  /** Of them, those of which personal data were erased. */
  readonly erased: number;
  /** The last entry that was removed by retention; 0: the chain is there from its beginning. */
  readonly removed: number;
  readonly head: { readonly sequence: number; readonly hash: string };
  /** The sequence of the first entry that does not fit; undefined: all fit. */
  readonly broken: number | undefined;
};

const prefix = "bailiwick-audit-1";
const hexDigits = 64;
const zeros = "0".repeat(hexDigits);
const pageSize = 1000;
const encoder = new TextEncoder();

/** The SHA-256 of fields, each with its length before it; see docs/audit.md. */
async function digest(fields: readonly (string | number)[]): Promise<string> {
  const texts = fields.map((field) => encoder.encode(String(field)));
  const bytes = new Uint8Array(texts.reduce((sum, text) => sum + 4 + text.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const text of texts) {
    view.setUint32(at, text.length);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  }
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function commitment(kind: "actor" | "content", personal: Personal, values: () => string[]): Promise<string> {
  if (personal.erased !== undefined) return Promise.resolve(personal.erased);
  return digest([`${prefix} ${kind}`, personal.salt, ...values()]);
}

function resourceFields(resources: Resource[]): (string | number)[] {
  return resources.flatMap((r) => [r.type, r.id, r.action, r.created_at, r.updated_at, r.deleted_at]);
}

async function hashOf(chain: Chain, entry: AnyEntry, before: string): Promise<string> {
  const start = [`${prefix} entry`, chain, entry.organization_id, before, entry.sequence, entry.id, entry.recorded_at];
  if ("kind" in entry) {
    const content = await commitment("content", entry.content, () => entry.content.names);
    return digest([...start, entry.project_id, entry.kind, entry.source, entry.name, entry.product, content, entry.resources.length, ...resourceFields(entry.resources)]);
  }
  const actor = await commitment("actor", entry.actor, () => [entry.actor.source_ip, entry.actor.user_agent]);
  if ("user_id" in entry) {
    const content = await commitment("content", entry.content, () => [entry.content.username]);
    return digest([...start, entry.user_id, entry.failure, entry.method, entry.mfa, entry.request_id, actor, content]);
  }
  const content = await commitment("content", entry.content, () => [entry.content.body, ...entry.content.names]);
  const subject = [entry.principal_type, entry.principal_id, entry.project_id, entry.product, entry.service, entry.method, entry.request_id, entry.status_code];
  return digest([...start, ...subject, actor, content, entry.resources.length, ...resourceFields(entry.resources)]);
}

/** What a line says under the name of its kind. */
function parse(line: string, kind: string): unknown {
  return (JSON.parse(line) as Record<string, unknown>)[kind];
}

type Options = { onProgress: (n: number) => void; signal: AbortSignal };

function loadPage(organizationId: string, chain: Chain, after: number): Promise<EntriesPage> {
  const query = new URLSearchParams({ organization_id: organizationId, chain, after_sequence: String(after), page_size: String(pageSize) });
  return call<EntriesPage>("GET", `/bailiwick/v1/audit/entries?${query.toString()}`);
}

/** Whether a statement is about this chain, which is then at that entry. */
function fits(statement: Statement | undefined, organizationId: string, chain: Chain): statement is Statement {
  return statement?.organization_id === organizationId && statement.chain === chain;
}

/**
 * Reads a chain from the server and recomputes the hash of every entry; undefined: it was given up.
 * What it cannot tell: whether the signatures are good (a key that comes from the same server says
 * nothing), and whether the newest entries were cut off before they were read.
 */
export async function checkChain(organizationId: string, chain: Chain, { onProgress, signal }: Options, load = loadPage): Promise<Finding | undefined> {
  let page = await load(organizationId, chain, 0);
  const begin = parse(page.begin ?? "{}", "begin") as Statement | undefined;
  // Without a signature nothing can have been removed before the first entry.
  const sound = fits(begin, organizationId, chain) && (begin.signature !== "" || begin.hash === zeros);
  const removed = begin?.sequence ?? 0;
  let [head, entries, erased] = [{ sequence: removed, hash: begin?.hash ?? zeros }, 0, 0];
  const found = (broken?: number): Finding => ({ chain, entries, erased, removed, head, broken });
  if (!sound) return found(removed);
  for (;;) {
    for (const line of page.lines) {
      const entry = parse(line, memberOf[chain]) as AnyEntry | undefined;
      const next = head.sequence + 1;
      if (entry?.organization_id !== organizationId || entry.sequence !== next || entry.hash !== (await hashOf(chain, entry, head.hash))) return found(next);
      head = { sequence: next, hash: entry.hash };
      entries++;
      if (("actor" in entry && entry.actor.erased !== undefined) || entry.content.erased !== undefined) erased++;
    }
    onProgress(page.lines.length);
    if (signal.aborted) return undefined;
    if (page.end !== undefined) {
      const end = parse(page.end, "end") as Statement | undefined;
      return found(fits(end, organizationId, chain) && end.sequence === head.sequence && end.hash === head.hash ? undefined : head.sequence + 1);
    }
    if (page.lines.length === 0) return found(head.sequence + 1);
    page = await load(organizationId, chain, head.sequence);
  }
}
