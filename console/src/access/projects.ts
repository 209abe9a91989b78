import { useQuery } from "@tanstack/react-query";
import type { Clients } from "../api/bridge";
import { useConsole } from "../api/context";

export type Project = { readonly id: string; readonly name: string };

/** As many as a rule can name. */
export const maxProjects = 1000;
const pageSize = 100;

async function load({ projects }: Clients): Promise<Project[]> {
  const all: Project[] = [];
  for (let page = 1; all.length < maxProjects; page++) {
    const answer = await projects.listProjects({ page, pageSize, orderBy: "name_asc" });
    all.push(...answer.projects.map(({ id, name }) => ({ id, name })));
    if (all.length >= answer.totalCount || answer.projects.length === 0) break;
  }
  return all;
}

/** The first 1,000 projects by name that the caller may see. */
export function useAllProjects() {
  const clients = useConsole();
  return useQuery({ queryKey: ["projects", clients.organizationId, "all"], queryFn: () => load(clients), staleTime: 30_000 });
}
