import type { Locale } from "../../i18n";
import { dateFormat } from "../../i18n/format";

/** A moment to the second, in the reader's time zone; "–" for none. */
export function exactTime(moment: Date | undefined, locale: Locale): string {
  if (!moment) return "–";
  return dateFormat(locale, "medium", "medium").format(moment);
}
