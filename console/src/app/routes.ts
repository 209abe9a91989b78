import type { ComponentType } from "react";
import type { Locale } from "../i18n/locale";

/** The parts of the navigation, in their order. */
export const groups = ["overview", "identities", "access", "organization", "you"] as const;

export type PageRoute = {
  /** The path, below /console; that of the dashboard is / itself. Parts may be ":name". */
  readonly path: string;
  /** The page; it is loaded when somebody goes there. */
  readonly load: () => Promise<{ default: ComponentType }>;
  /** Its line in the navigation; without it the page is reached from others only. */
  readonly nav?: { readonly group: (typeof groups)[number]; readonly label: Readonly<Record<Locale, string>> };
};

/** Every page of the console, one a line; see docs/console.md. */
export const routes: readonly PageRoute[] = [
  { path: "/", load: () => import("../pages/dashboard/Dashboard"), nav: { group: "overview", label: { en: "Dashboard", fr: "Tableau de bord" } } },
  { path: "/console/users", load: () => import("../pages/users/Users"), nav: { group: "identities", label: { en: "Users", fr: "Utilisateurs" } } },
  { path: "/console/groups", load: () => import("../pages/groups/Groups"), nav: { group: "identities", label: { en: "Groups", fr: "Groupes" } } },
  { path: "/console/applications", load: () => import("../pages/applications/Applications"), nav: { group: "identities", label: { en: "Applications", fr: "Applications" } } },
  { path: "/console/policies", load: () => import("../pages/policies/Policies"), nav: { group: "access", label: { en: "Policies", fr: "Politiques" } } },
  { path: "/console/policies/:id", load: () => import("../pages/policies/PolicyEditor") },
  { path: "/console/explorer", load: () => import("../pages/explorer/Explorer"), nav: { group: "access", label: { en: "Access explorer", fr: "Explorateur d’accès" } } },
  { path: "/console/concepts", load: () => import("../pages/concepts/Concepts"), nav: { group: "overview", label: { en: "Concepts", fr: "Concepts" } } },
  { path: "/console/api-keys", load: () => import("../pages/keys/Keys"), nav: { group: "identities", label: { en: "API keys", fr: "Clés d’API" } } },
  { path: "/console/ssh-keys", load: () => import("../pages/sshkeys/SSHKeys"), nav: { group: "identities", label: { en: "SSH keys", fr: "Clés SSH" } } },
  { path: "/console/projects", load: () => import("../pages/projects/Projects"), nav: { group: "organization", label: { en: "Projects", fr: "Projets" } } },
  { path: "/console/audit-trail", load: () => import("../pages/trail/Trail"), nav: { group: "organization", label: { en: "Audit trail", fr: "Journal d’audit" } } },
  { path: "/console/alerts", load: () => import("../pages/alerts/Alerts"), nav: { group: "organization", label: { en: "Alerts", fr: "Alertes" } } },
  { path: "/console/export-jobs", load: () => import("../pages/exports/Exports"), nav: { group: "organization", label: { en: "Export jobs", fr: "Tâches d’export" } } },
  { path: "/console/security", load: () => import("../pages/security/Security"), nav: { group: "organization", label: { en: "Security", fr: "Sécurité" } } },
  { path: "/console/account", load: () => import("../pages/account/Account"), nav: { group: "you", label: { en: "Your account", fr: "Votre compte" } } },
  { path: "*", load: () => import("../pages/missing/Missing") },
];

/** A page whose code is there. */
export type LoadedPage = { readonly path: string; readonly Page: ComponentType };

/** Loads the page of an address, before the router is there. The last of the routes is that of all others. */
export async function loadPage(pathname: string): Promise<LoadedPage | undefined> {
  const route = routes.find(({ path }) => path === "*" || new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}/?$`).test(pathname));
  return route && { path: route.path, Page: (await route.load()).default };
}
