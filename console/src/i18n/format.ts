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

const units: readonly [string, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** A length of time for people, in the largest unit of which it is a whole number: "7 days". */
export function length(seconds: number, locale: Locale): string {
  const [unit, size] = units.find(([, one]) => seconds % one === 0) ?? ["second", 1];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(seconds / size);
}
