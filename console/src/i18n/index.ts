import { useSyncExternalStore } from "react";
import { type Dictionary, type Locale, type Texts, type Translated, currentLocale, subscribe } from "./locale";

export { type Dictionary, type Locale, type Texts, currentLocale, dictionary, locales, setLocale } from "./locale";

export function useLocale(): Locale {
  return useSyncExternalStore(subscribe, currentLocale);
}

/** The texts of a page in the reader's language. */
export function useTexts<T extends Texts>(all: Dictionary<T>): Translated<T> {
  return all[useLocale()];
}
