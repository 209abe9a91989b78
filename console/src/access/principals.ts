import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Clients } from "../api/bridge";
import { useConsole } from "../api/context";
import { searchApplications, searchGroups, searchUsers } from "../api/search";

export const principalTypes = ["user", "group", "application"] as const;
export type PrincipalType = (typeof principalTypes)[number];

/** Somebody that a policy may be for, with the name that people know. */
export type Principal = { readonly type: PrincipalType; readonly id: string; readonly name: string };

type Api = Clients["iam"];

const pageSize = 100;
const shown = 50;

function userName(user: { username: string; email: string; id: string }): string {
  return user.username || user.email || user.id;
}

/** Looks for principals by a part of their name; at most 50 are found. */
async function searchPrincipals(clients: Clients, type: PrincipalType, search: string): Promise<Principal[]> {
  const page = { page: 1, pageSize: shown };
  switch (type) {
    case "user":
      return (await searchUsers(clients, search, { ...page, orderBy: "username_asc" })).users.map((user) => ({ type, id: user.id, name: userName(user) }));
    case "group":
      return (await searchGroups(clients, search, { ...page, orderBy: "name_asc" })).groups.map(({ id, name }) => ({ type, id, name }));
    case "application":
      return (await searchApplications(clients, search, { ...page, orderBy: "name_asc" })).applications.map(({ id, name }) => ({ type, id, name }));
  }
}

/** The principals whose names hold a text; at most 50. */
export function usePrincipalSearch(type: PrincipalType, search: string) {
  const clients = useConsole();
  const { data, error } = useQuery({
    queryKey: [`${type}s`, clients.organizationId, "principals", search],
    queryFn: () => searchPrincipals(clients, type, search),
    placeholderData: keepPreviousData,
  });
  return { found: data, error };
}

/** The names of principals by their ids. Who is gone, or may not be seen, has none. */
export type Names = ReadonlyMap<string, string>;

async function someNames(iam: Api, type: PrincipalType, ids: string[]): Promise<[string, string][]> {
  if (ids.length === 0) return [];
  switch (type) {
    case "user":
      return (await iam.listUsers({ userIds: ids, pageSize })).users.map((user) => [user.id, userName(user)]);
    case "group":
      return (await iam.listGroups({ groupIds: ids, pageSize })).groups.map(({ id, name }) => [id, name]);
    case "application":
      return (await iam.listApplications({ applicationIds: ids, pageSize })).applications.map(({ id, name }) => [id, name]);
  }
}

/** What an id looks like. */
export const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Looks up the names of at most 100 principals of each type. What may not be listed keeps its id, and
 * so does what is none of them: the operator, of whom events tell, would make the server refuse all.
 */
export async function loadNames(iam: Api, wanted: readonly { type: PrincipalType; id: string }[]): Promise<Names> {
  const lists = principalTypes.map((type) => {
    const ids = [...new Set(wanted.filter((one) => one.type === type && uuid.test(one.id)).map((one) => one.id))].slice(0, pageSize);
    return someNames(iam, type, ids).catch(() => []);
  });
  return new Map((await Promise.all(lists)).flat());
}

/** The names of who did something. Who may see the trail may not see the users: then their ids are what there is. */
export function loadActors(iam: Api, events: readonly { principal?: { id: string } }[]): Promise<Names> {
  return loadNames(iam, events.flatMap(({ principal }) => (principal ? [{ type: "user" as const, id: principal.id }, { type: "application" as const, id: principal.id }] : [])));
}

/** Reads one principal as somebody wrote it: its id or its whole name. */
export async function findPrincipal(clients: Clients, type: PrincipalType, text: string): Promise<Principal[]> {
  const name = (await loadNames(clients.iam, [{ type, id: text }])).get(text);
  if (name !== undefined) return [{ type, id: text, name }];
  return (await searchPrincipals(clients, type, text)).filter((one) => one.name === text);
}

/** The principal of a policy, as the API names it. */
export function principalOf(policy: { userId?: string; groupId?: string; applicationId?: string }): { type: PrincipalType; id: string } | undefined {
  if (policy.userId) return { type: "user", id: policy.userId };
  if (policy.groupId) return { type: "group", id: policy.groupId };
  if (policy.applicationId) return { type: "application", id: policy.applicationId };
  return undefined;
}

/** A name for places that have one line: its beginning. */
export function short(name: string, length = 60): string {
  const letters = Array.from(name);
  return letters.length > length ? `${letters.slice(0, length).join("")}…` : name;
}
