import { Accountv3 } from "@scaleway/sdk-account";
import { AuditTrailv1alpha1 } from "@scaleway/sdk-audit-trail";
import { createAdvancedClient, withHTTPClient, withProfile } from "@scaleway/sdk-client";
import { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { sessionEnded } from "./ended";
import { consoleHeaders } from "./session";

/** Where the server takes API calls with the cookie of the session. */
const prefix = "/bridge";

/**
 * The transport of all API calls. The browser adds the cookie, which no script can read; the header
 * tells the server that a script of ours makes the call. When the session has ended the call waits
 * until the user has signed in again, and is made once more: 401 says that nothing was done.
 */
export async function bridgeFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  for (const [name, value] of Object.entries(consoleHeaders)) request.headers.set(name, value);
  for (;;) {
    const answer = await fetch(request.clone());
    if (answer.status !== 401) return answer;
    if (!(await sessionEnded())) return answer;
  }
}

/** The official clients, for one organization. */
export type Clients = {
  readonly iam: Iamv1alpha1.API;
  readonly projects: Accountv3.ProjectAPI;
  readonly trail: AuditTrailv1alpha1.API;
  readonly organizationId: string;
};

export function createClients(organizationId: string, region: string): Clients {
  const profile = { apiURL: location.origin + prefix, defaultOrganizationId: organizationId, defaultRegion: region };
  const client = createAdvancedClient(withProfile(profile), withHTTPClient(bridgeFetch));
  return { iam: new Iamv1alpha1.API(client), projects: new Accountv3.ProjectAPI(client), trail: new AuditTrailv1alpha1.API(client), organizationId };
}

/** What the server says of an error; see docs/console.md. */
export class BridgeError extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super(`status ${status}`);
  }
}

/** Calls an endpoint that the official clients do not have. */
export async function call<Answer>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<Answer> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json" };
  }
  const answer = await bridgeFetch(new URL(prefix + path, location.origin), init);
  if (!answer.ok) throw new BridgeError(answer.status, await answer.json().catch(() => undefined));
  return (answer.status === 204 ? undefined : await answer.json()) as Answer;
}
