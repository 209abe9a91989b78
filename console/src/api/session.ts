import { useSyncExternalStore } from "react";

/** Who is signed in, as GET /console/session says. */
export type Session = {
  user: {
    id: string;
    type: "owner" | "member" | "guest";
    username: string;
    email: string;
    first_name: string;
    last_name: string;
    locale: string;
    mfa: boolean;
  };
  organization: { id: string; name: string; alias: string };
  /** Those among which the user can switch, its own first. */
  organizations: { id: string; name: string; alias: string }[];
  session_id: string;
  ends_at: string;
  /** The region of the paths of Audit Trail in which everything happens. */
  region: string;
  demands: { type: "set_mfa" | "update_password"; expires_at: string }[];
};

/** The header without which the server takes no request with the cookie. */
export const consoleHeaders = { "X-Bailiwick-Console": "1" } as const;

/** Where other windows of this browser tell that somebody has signed in or out. */
export const channelName = "bailiwick-session";

/** What a window tells the others. */
export type SessionNews = "signed-in" | "signed-out";

/** Asks who is signed in; undefined: nobody is. */
export async function readSession(): Promise<Session | undefined> {
  const answer = await fetch("/console/session", { headers: consoleHeaders });
  if (answer.status === 401) return undefined;
  if (!answer.ok) throw new Error(`GET /console/session: ${answer.status}`);
  return (await answer.json()) as Session;
}

/** Goes on in another organization of the user: the server sets another cookie. */
export async function switchOrganization(organizationId: string): Promise<void> {
  const answer = await fetch("/console/switch", { method: "POST", headers: { ...consoleHeaders, "Content-Type": "application/json" }, body: JSON.stringify({ organization_id: organizationId }) });
  if (!answer.ok) throw new Error(`POST /console/switch: ${answer.status}`);
}

/** Where the browser goes to sign in, and comes back to. */
export function loginPath(next: string): string {
  return `/login?next=${encodeURIComponent(next)}`;
}

/** Whether the session has ended while the console was open. */
let ended = false;
let waiting: ((again: boolean) => void)[] = [];
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

/**
 * Says that the session has ended, and waits until the user has signed in again (true) or does not
 * want to (false). What was asked for can then be asked again: nothing has been done.
 */
export function sessionEnded(): Promise<boolean> {
  ended = true;
  tell();
  return new Promise((resolve) => waiting.push(resolve));
}

/** Says that the user has signed in again, or does not want to. */
export function sessionResumed(again: boolean): void {
  const all = waiting;
  waiting = [];
  ended = false;
  tell();
  for (const resolve of all) resolve(again);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether the dialog that asks to sign in again has to be shown. */
export function useSessionEnded(): boolean {
  return useSyncExternalStore(subscribe, () => ended);
}
