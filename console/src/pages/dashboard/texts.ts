import { dictionary } from "../../i18n";

export const texts = dictionary(
  { title: "Dashboard", users: "Users", applications: "Applications", groups: "Groups", policies: "Policies", keys: "API keys" },
  { title: "Tableau de bord", users: "Utilisateurs", applications: "Applications", groups: "Groupes", policies: "Politiques", keys: "Clés d’API" },
);
