import { dictionary } from "../i18n";

export const maxTags = 10;
export const maxTag = 70;

const pattern = /^[a-zA-Z0-9._\-/=+@ ]+$/;

export const tagTexts = dictionary(
  {
    tags: "Tags",
    add: "Add",
    remove: (tag: string) => `Remove the tag ${tag}`,
    help: "At most 10 tags, each once, of 1 to 70 characters: letters, digits, spaces and . _ - / = + @",
    long: "A tag has at most 70 characters.",
    form: "A tag has letters, digits, spaces and . _ - / = + @ only.",
    many: "There are 10 tags already.",
    twice: "This tag is there already.",
  },
  {
    tags: "Étiquettes",
    add: "Ajouter",
    remove: (tag: string) => `Retirer l’étiquette ${tag}`,
    help: "Au plus 10 étiquettes, chacune une fois, de 1 à 70 caractères : lettres, chiffres, espaces et . _ - / = + @",
    long: "Une étiquette a au plus 70 caractères.",
    form: "Une étiquette n’a que des lettres, des chiffres, des espaces et . _ - / = + @",
    many: "Il y a déjà 10 étiquettes.",
    twice: "Cette étiquette est déjà là.",
  },
);

/** What is wrong with a tag that is to be added; undefined: nothing. */
export function tagFault(tag: string, tags: readonly string[]): "long" | "form" | "many" | "twice" | undefined {
  if (tags.includes(tag)) return "twice";
  if (tags.length >= maxTags) return "many";
  if (Array.from(tag).length > maxTag) return "long";
  return pattern.test(tag) ? undefined : "form";
}
