import { dictionary } from "../i18n";

export const durationTexts = dictionary(
  { unitOf: (label: string) => `Unit: ${label}`, seconds: "seconds", minutes: "minutes", hours: "hours", days: "days" },
  { unitOf: (label: string) => `Unité : ${label}`, seconds: "secondes", minutes: "minutes", hours: "heures", days: "jours" },
);

export const units = ["seconds", "minutes", "hours", "days"] as const;
export type Unit = (typeof units)[number];

const seconds: Record<Unit, number> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };

/** Seconds of a duration as the API writes it, such as "86400s"; 0 for none. */
export function secondsOf(duration: string | undefined | null): number {
  return duration ? Number.parseFloat(duration) || 0 : 0;
}

/** A span in the largest unit of which it is a whole number. */
export function inUnits(span: number): { amount: string; unit: Unit } {
  const unit = units.findLast((one) => span > 0 && span % seconds[one] === 0) ?? (span > 0 ? "seconds" : "days");
  return { amount: String(span / seconds[unit]), unit };
}

/** What an amount of units is for the API, such as "86400s". */
export function durationOf(amount: string, unit: Unit): string {
  return `${(Number(amount) || 0) * seconds[unit]}s`;
}
