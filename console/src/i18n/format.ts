import type { Locale } from "./index";

/** A moment for people, in their time zone; "–" for none. */
export function dateTime(moment: Date | string | undefined, locale: Locale): string {
  if (!moment) return "–";
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(moment));
}

/** A day for people, in their time zone; "–" for none. */
export function day(moment: Date | string | undefined, locale: Locale): string {
  if (!moment) return "–";
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(new Date(moment));
}

/** A number with the separators of the language. */
export function count(n: number, locale: Locale): string {
  return new Intl.NumberFormat(locale).format(n);
}
