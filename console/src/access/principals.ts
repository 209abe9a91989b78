import { type QueryClient, useQuery } from "@tanstack/react-query";
import type { Clients } from "../api/bridge";
import { useConsole } from "../api/context";

export const principalTypes = ["user", "group", "application"] as const;
export type PrincipalType = (typeof principalTypes)[number];

/** Somebody that a policy may be for, with the name that people know. */
export type Principal = { readonly type: PrincipalType; readonly id: string; readonly name: string };

type Api = Clients["iam"];

/** The API cannot search for users, so so many of them are fetched, and searched here. */
export const maxUsers = 1000;
const pageSize = 100;
const shown = 50;

function userName(user: { username: string; email: string; id: string }): string {
  return user.username || user.email || user.id;
}

async function allUsers(iam: Api): Promise<Principal[]> {
  const users: Principal[] = [];
  for (let page = 1; users.length < maxUsers; page++) {
    const answer = await iam.listUsers({ page, pageSize, orderBy: "username_asc" });
    users.push(...answer.users.map((user) => ({ type: "user" as const, id: user.id, name: userName(user) })));
    if (users.length >= answer.totalCount || answer.users.length === 0) break;
  }
  return users;
}

const includes = (text: string, part: string) => text.toLocaleLowerCase().includes(part.toLocaleLowerCase());

/** Looks for principals by a part of their name; at most 50 are found. */
export function usePrincipalSearch(type: PrincipalType, search: string) {
  const { iam, organizationId } = useConsole();
  const users = useQuery({ queryKey: ["users", organizationId, "principals"], queryFn: () => allUsers(iam), enabled: type === "user", staleTime: 30_000 });
  const others = useQuery({
    queryKey: [`${type}s`, organizationId, "principals", search],
    queryFn: () => searchByName(iam, type, search),
    enabled: type !== "user",
  });
  if (type !== "user") return { found: others.data, error: others.error };
  const found = users.data?.filter((user) => includes(user.name, search) || user.id === search).slice(0, shown);
  return { found, error: users.error };
}

async function searchByName(iam: Api, type: PrincipalType, search: string): Promise<Principal[]> {
  const request = { pageSize: shown, ...(search && { name: search }) };
  if (type === "group") return (await iam.listGroups({ ...request, orderBy: "name_asc" })).groups.map(({ id, name }) => ({ type, id, name }));
  return (await iam.listApplications({ ...request, orderBy: "name_asc" })).applications.map(({ id, name }) => ({ type: "application", id, name }));
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

/** Looks up the names of at most 100 principals of each type. What may not be listed keeps its id. */
export async function loadNames(iam: Api, wanted: readonly { type: PrincipalType; id: string }[]): Promise<Names> {
  const lists = principalTypes.map((type) => {
    const ids = [...new Set(wanted.filter((one) => one.type === type).map((one) => one.id))].slice(0, pageSize);
    return someNames(iam, type, ids).catch(() => []);
  });
  return new Map((await Promise.all(lists)).flat());
}

/** Reads one principal as somebody wrote it: its id or its whole name. */
export async function findPrincipal(cache: QueryClient, clients: Clients, type: PrincipalType, text: string): Promise<Principal[]> {
  const byId = await loadNames(clients.iam, [{ type, id: text }]);
  const name = byId.get(text);
  if (name !== undefined) return [{ type, id: text, name }];
  const all =
    type === "user"
      ? await cache.query({ queryKey: ["users", clients.organizationId, "principals"], queryFn: () => allUsers(clients.iam), staleTime: 30_000 })
      : await searchByName(clients.iam, type, text);
  return all.filter((one) => one.name === text);
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
