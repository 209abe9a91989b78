import { dictionary } from "../../i18n";

export const texts = dictionary(
  { title: "No such page", empty: "There is nothing at this address", text: "The address may be mistyped, or what was here is gone.", home: "To the dashboard" },
  { title: "Page introuvable", empty: "Il n’y a rien à cette adresse", text: "L’adresse est peut-être mal saisie, ou ce qui était ici n’existe plus.", home: "Vers le tableau de bord" },
);
