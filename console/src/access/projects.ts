import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Clients } from "../api/bridge";
import { useConsole } from "../api/context";
import { searchProjects } from "../api/search";
import { uuid } from "./principals";

export type Project = { readonly id: string; readonly name: string };

/** As many as a rule can name. */
const maxProjects = 1000;
const pageSize = 100;
const shown = 50;

const brief = (projects: readonly Project[]): Project[] => projects.map(({ id, name }) => ({ id, name }));

async function load({ projects }: Clients): Promise<Project[]> {
  const all: Project[] = [];
  for (let page = 1; all.length < maxProjects; page++) {
    const answer = await projects.listProjects({ page, pageSize, orderBy: "name_asc" });
    all.push(...brief(answer.projects));
    if (all.length >= answer.totalCount || answer.projects.length === 0) break;
  }
  return all;
}

/** The projects with these ids, those of them that are there and may be seen. */
async function withIds({ projects }: Clients, ids: readonly string[]): Promise<Project[]> {
  const all: Project[] = [];
  for (let at = 0; at < ids.length; at += pageSize) all.push(...brief((await projects.listProjects({ projectIds: ids.slice(at, at + pageSize), pageSize })).projects));
  return all;
}

const none: readonly string[] = [];

/**
 * The first 1,000 projects by name that the caller may see, and, of more, those with certain ids, so that
 * what names a project by its id can be shown with its name.
 */
export function useAllProjects(ids: readonly string[] = none) {
  const clients = useConsole();
  const first = useQuery({ queryKey: ["projects", clients.organizationId, "all"], queryFn: () => load(clients), staleTime: 30_000 });
  const missing = isPart(first.data) ? ids.filter((id) => uuid.test(id) && !first.data?.some((project) => project.id === id)) : [];
  const others = useQuery({
    queryKey: ["projects", clients.organizationId, "named", ...missing],
    queryFn: () => withIds(clients, missing),
    enabled: missing.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  return { data: first.data && others.data && missing.length > 0 ? [...first.data, ...others.data] : first.data };
}

/** Whether there may be more projects than these: then the server is asked for the others. */
function isPart(projects: readonly Project[] | undefined): boolean {
  return projects !== undefined && projects.length >= maxProjects;
}

/** The projects whose names hold a text, or that have it as their id: of all, or at most 50 if there are more than 1,000. */
export function useProjectSearch(search: string): { found: readonly Project[]; many: boolean } {
  const clients = useConsole();
  const { data: first = [] } = useAllProjects();
  const many = isPart(first);
  const { data } = useQuery({
    queryKey: ["projects", clients.organizationId, "search", search],
    queryFn: () => (uuid.test(search) ? withIds(clients, [search]) : searchProjects(clients, search, { page: 1, pageSize: shown, orderBy: "name_asc" }).then((answer) => brief(answer.projects))),
    enabled: many && search !== "",
    placeholderData: keepPreviousData,
  });
  if (many && search !== "") return { found: data ?? [], many };
  const part = search.toLocaleLowerCase();
  return { found: first.filter((project) => project.name.toLocaleLowerCase().includes(part) || project.id === search), many };
}

/** The projects that somebody wrote, each by its id or its whole name, as far as they are not among those that are known. */
export async function findProjects(clients: Clients, known: readonly Project[], texts: readonly string[]): Promise<Project[]> {
  if (!isPart(known)) return [];
  const unknown = [...new Set(texts)].filter((text) => !known.some(({ id, name }) => id === text || name === text));
  const named = await Promise.all(unknown.filter((text) => !uuid.test(text)).map((name) => clients.projects.listProjects({ name, pageSize })));
  return [...(await withIds(clients, unknown.filter((text) => uuid.test(text)))), ...named.flatMap((answer) => brief(answer.projects))];
}
