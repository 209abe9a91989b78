import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { call } from "../../api/bridge";
import type { ConsoleContext } from "../../api/context";
import { standing } from "./expiry";

/** An API key with what other lists say of it. */
export type KeyRow = {
  key: Iamv1alpha1.APIKey;
  /** The name of the bearer; its id when the caller may not read names. */
  bearer: string;
  standing: "expired" | "soon" | "good";
  /** When it was last used; null: never; undefined: not known. */
  lastUsedAt: string | null | undefined;
};

type LastUsed = { last_used: { access_key: string; last_used_at: string | null }[] };

const maxUses = 100;

/** The ids without doubles. */
function distinct(ids: readonly (string | undefined)[]): string[] {
  return [...new Set(ids.filter((id) => id !== undefined && id !== ""))] as string[];
}

/** Asks what the keys of a page are of, and when they were used. What the caller may not know is left out: the keys are there without it. */
export async function keyRows({ iam, organizationId }: Pick<ConsoleContext, "iam" | "organizationId">, keys: readonly Iamv1alpha1.APIKey[]): Promise<KeyRow[]> {
  const userIds = distinct(keys.map((key) => key.userId));
  const applicationIds = distinct(keys.map((key) => key.applicationId));
  const names = new Map<string, string>();
  const uses = new Map<string, string | null>();
  const users = async () => {
    if (userIds.length === 0) return;
    const answer = await iam.listUsers({ organizationId, userIds, pageSize: maxUses });
    for (const user of answer.users) names.set(user.id, user.username || user.email);
  };
  const applications = async () => {
    if (applicationIds.length === 0) return;
    const answer = await iam.listApplications({ organizationId, applicationIds, pageSize: maxUses });
    for (const application of answer.applications) names.set(application.id, application.name);
  };
  const usesOf = async (id: string) => {
    const query = new URLSearchParams({ organization_id: organizationId, kind: "api_key", principal_id: id, page_size: String(maxUses) });
    const answer = await call<LastUsed>("GET", `/bailiwick/v1/last-used?${query.toString()}`);
    for (const use of answer.last_used) uses.set(use.access_key, use.last_used_at);
  };
  await Promise.allSettled([users(), applications(), ...[...userIds, ...applicationIds].map(usesOf)]);
  const now = Date.now();
  return keys.map((key) => {
    const id = key.userId ?? key.applicationId ?? "";
    return { key, bearer: names.get(id) ?? id, standing: standing(key.expiresAt, now), lastUsedAt: uses.get(key.accessKey) };
  });
}
