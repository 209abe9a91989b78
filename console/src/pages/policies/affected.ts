import { type Clients, call } from "../../api/bridge";
import { type Principal, type PrincipalType, loadNames } from "../../access/principals";
import type { Draft } from "./draft";
import type { Grant } from "./impact";

/** Somebody whose rights a change of a policy may change. */
export type Affected = {
  readonly principal: Principal;
  /** What the policy gives. */
  readonly before: readonly Grant[];
  readonly after: readonly Grant[];
  /** What other policies give; undefined: the caller may not know. */
  readonly others: readonly Grant[] | undefined;
  readonly owner: boolean;
};

export type Impact = {
  readonly affected: readonly Affected[];
  readonly groups: readonly { readonly group: Principal; readonly members: number }[];
  /** How many were not looked at. */
  readonly more: number;
};

// Each is one call or more; of a group of hundreds nobody reads all.
const maxAffected = 20;
const pageSize = 100;
const maxPages = 10;

type PrincipalSets = {
  principal_permission_sets: { permission_set_name: string; organization_id?: string; project_ids?: string[]; condition: string; policy_id: string }[];
  total_count: number;
};

/** What policies other than this one give somebody, its groups included. */
async function otherGrants(principalId: string, policyId: string | undefined): Promise<Grant[] | undefined> {
  const grants: Grant[] = [];
  for (let page = 1; ; page++) {
    const path = `/iam-private/v1/principals/${principalId}/permission-sets?page=${page}&page_size=${pageSize}`;
    const answer = await call<PrincipalSets>("GET", path).catch(() => undefined);
    if (!answer || page > maxPages) return undefined; // half of it would tell of gains that are none
    for (const one of answer.principal_permission_sets) {
      if (one.policy_id === policyId) continue;
      grants.push({
        sets: [one.permission_set_name],
        scope: one.organization_id ? { kind: "organization" } : { kind: "projects", ids: one.project_ids ?? [] },
        condition: one.condition,
      });
    }
    if (page * pageSize >= answer.total_count) return grants;
  }
}

type Member = { type: PrincipalType; id: string };

/** The users and applications behind a principal. */
async function membersOf(iam: Clients["iam"], principal: Principal | undefined): Promise<Member[]> {
  if (!principal) return [];
  if (principal.type !== "group") return [principal];
  const { userIds, applicationIds } = await iam.getGroup({ groupId: principal.id });
  return [...userIds.map((id) => ({ type: "user" as const, id })), ...applicationIds.map((id) => ({ type: "application" as const, id }))];
}

async function ownersAmong(iam: Clients["iam"], userIds: string[]): Promise<string[]> {
  if (userIds.length === 0) return [];
  const { users } = await iam.listUsers({ userIds, pageSize }).catch(() => ({ users: [] }));
  return users.filter((user) => user.type === "owner").map((user) => user.id);
}

/** Finds out whom a change of a policy concerns, and what they have besides. */
export async function findAffected({ iam }: Clients, policyId: string | undefined, base: Draft | undefined, draft: Draft): Promise<Impact> {
  const [old, now] = await Promise.all([membersOf(iam, base?.principal), membersOf(iam, draft.principal)]);
  const all = [...new Map([...old, ...now].map((member) => [member.id, member])).values()];
  const looked = all.slice(0, maxAffected);
  const [names, owners] = await Promise.all([loadNames(iam, looked), ownersAmong(iam, looked.filter((one) => one.type === "user").map((one) => one.id))]);
  const affected = await Promise.all(
    looked.map(async ({ type, id }) => ({
      principal: { type, id, name: names.get(id) ?? id },
      before: old.some((one) => one.id === id) ? (base?.rules ?? []) : [],
      after: now.some((one) => one.id === id) ? draft.rules : [],
      others: await otherGrants(id, policyId),
      owner: owners.includes(id),
    })),
  );
  const groups = [
    ...(base?.principal?.type === "group" && base.principal.id !== draft.principal?.id ? [{ group: base.principal, members: old.length }] : []),
    ...(draft.principal?.type === "group" ? [{ group: draft.principal, members: now.length }] : []),
  ];
  return { affected, groups, more: all.length - looked.length };
}
