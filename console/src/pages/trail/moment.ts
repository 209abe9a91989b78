import type { Locale } from "../../i18n";

/** A moment to the second, in the reader's time zone; "–" for none. */
export function exactTime(moment: Date | undefined, locale: Locale): string {
  if (!moment) return "–";
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" }).format(moment);
}
