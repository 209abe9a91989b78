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

/** Where the window ends in which somebody signs in again. */
export const signedInPath = "/console/signed-in";

/** Ends the session, and goes where one signs in. */
export async function signOut(to = "/login"): Promise<void> {
  await fetch("/console/sign-out", { method: "POST", headers: consoleHeaders });
  new BroadcastChannel(channelName).postMessage("signed-out");
  location.assign(to);
}

/** Where the browser goes to sign in to an account that is known. */
export function loginAs(owner: boolean, organizationId: string, username: string): string {
  const who = owner ? { as: "owner", email: username } : { organization: organizationId, username };
  return `/login?${new URLSearchParams({ ...who, next: "/" }).toString()}`;
}

/** Where the browser goes to sign in, and comes back to. */
export function loginPath(next: string): string {
  return `/login?next=${encodeURIComponent(next)}`;
}
