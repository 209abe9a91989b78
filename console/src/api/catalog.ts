import { useQuery } from "@tanstack/react-query";
import { call } from "./bridge";

export type PermissionSet = {
  name: string;
  scope_type: "projects" | "organization" | "account_root_user";
  category: string;
  description: string;
  permissions: string[];
};

export type Catalog = {
  services: { name: string; title: string; resources: { name: string; alias?: string; actions: string[] }[] }[];
  permission_sets: PermissionSet[];
};

/** The catalogue of permissions. It is the same for everybody and does not change while a server runs. */
export function useCatalog(enabled = true) {
  return useQuery({
    queryKey: ["catalog"],
    queryFn: () => call<Catalog>("GET", "/bailiwick/v1/catalog"),
    staleTime: Infinity,
    enabled,
  });
}

/**
 * The names of the permission sets that hold a permission, those first that hold little besides. A
 * permission is "service:resource:action", or ":resource:action" when its service is not known, as in
 * the errors of the API.
 */
export function setsWith(catalog: Catalog, permission: string): string[] {
  const matches = (p: string) => (permission.startsWith(":") ? p.endsWith(permission) : p === permission);
  return catalog.permission_sets
    .filter((set) => set.permissions.some(matches))
    .toSorted((a, b) => a.permissions.length - b.permissions.length)
    .map((set) => set.name);
}
