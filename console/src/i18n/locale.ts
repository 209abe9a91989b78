export const locales = ["en", "fr"] as const;
export type Locale = (typeof locales)[number];

/** A text, or a function that makes one of values. */
type Text = string | ((...values: never[]) => string);

/** The texts of one page in one language. */
export type Texts = { readonly [key: string]: Text };

/** The same texts in another language: every key, and functions of the same values. */
export type Translated<T extends Texts> = { readonly [K in keyof T]: T[K] extends string ? string : T[K] };

/** The texts of a page in all languages. */
export type Dictionary<T extends Texts> = { readonly [L in Locale]: Translated<T> };

/** Checks that a page's texts are complete. Each page has its own, in a file beside it. */
export function dictionary<T extends Texts>(en: Translated<T> & T, fr: Translated<T>): Dictionary<T> {
  return { en, fr };
}

const storageKey = "bailiwick-locale";
const listeners = new Set<() => void>();

function isLocale(value: unknown): value is Locale {
  return value === "en" || value === "fr";
}

function readLocale(): Locale {
  const chosen = localStorage.getItem(storageKey);
  if (isLocale(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLocale) ?? "en";
}

/** Every component asks for the language: the browser's storage takes too long for that. */
let current: Locale | undefined;

/** The language that was chosen, or else the first one of the browser's that there is. */
export function currentLocale(): Locale {
  return (current ??= readLocale());
}

/** Chooses the language, on this device. */
export function setLocale(locale: Locale): void {
  localStorage.setItem(storageKey, locale);
  current = locale;
  for (const listener of listeners) listener();
}

/** Calls a listener whenever the language is another one; the answer ends that. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
