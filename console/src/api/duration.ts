/** Seconds of a duration as the API writes it, such as "86400s"; 0 for none. */
export function secondsOf(duration: string | null | undefined): number {
  return duration ? Number.parseFloat(duration) || 0 : 0;
}

/** A duration as the API reads it. */
export function durationOf(seconds: number): string {
  return `${seconds}s`;
}
