import type { Locale } from "./locale";

/** The formats that were made: to make one takes a hundred times longer than to use it, and a table has one in each row. */
const formats = new Map<string, Intl.DateTimeFormat>();

const numbers = new Map<Locale, Intl.NumberFormat>();

/** The format of moments for people, in their time zone. */
export function dateFormat(locale: Locale, dateStyle: "medium", timeStyle?: "short" | "medium"): Intl.DateTimeFormat {
  const key = `${locale} ${dateStyle} ${timeStyle}`;
  const known = formats.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat(locale, { dateStyle, timeStyle });
  formats.set(key, format);
  return format;
}

/** A moment for people, in their time zone; "–" for none. */
export function dateTime(moment: Date | string | undefined, locale: Locale): string {
  if (!moment) return "–";
  return dateFormat(locale, "medium", "short").format(new Date(moment));
}

/** A day for people, in their time zone; "–" for none. */
export function day(moment: Date | string | undefined, locale: Locale): string {
  if (!moment) return "–";
  return dateFormat(locale, "medium").format(new Date(moment));
}

/** A number with the separators of the language. */
export function count(n: number, locale: Locale): string {
  const format = numbers.get(locale) ?? new Intl.NumberFormat(locale);
  numbers.set(locale, format);
  return format.format(n);
}
