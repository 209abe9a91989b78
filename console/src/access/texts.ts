import { dictionary } from "../i18n";

export const texts = dictionary(
  {
    user: "User",
    group: "Group",
    application: "Application",
    none: "Nobody",
    kind: "Kind",
    search: "Search",
    searchUser: "Search users by name or address",
    searchGroup: "Search groups by name",
    searchApplication: "Search applications by name",
    searchProject: "Search projects by name or id",
    choose: "Choose one",
    noneFound: "Nothing found.",
  },
  {
    user: "Utilisateur",
    group: "Groupe",
    application: "Application",
    none: "Personne",
    kind: "Type",
    search: "Rechercher",
    searchUser: "Rechercher un utilisateur par nom ou adresse",
    searchGroup: "Rechercher un groupe par nom",
    searchApplication: "Rechercher une application par nom",
    searchProject: "Rechercher un projet par nom ou identifiant",
    choose: "Choisissez",
    noneFound: "Aucun résultat.",
  },
);
