const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** The lives of a key that are offered, in seconds. */
export const lives = { hour: hour, day: day, week: 7 * day, month: 30 * day, quarter: 90 * day, half: 182 * day, year: 365 * day } as const;

export type Life = keyof typeof lives;

/** The lives that an organization allows. A limit of 0 seconds is none. */
export function livesWithin(limit: number): Life[] {
  return (Object.keys(lives) as Life[]).filter((life) => limit === 0 || lives[life] <= limit);
}

/**
 * When a key of a life ends. A life that is as long as the limit would be too long by the time that the
 * request takes when the clocks of browser and server differ; so it is a minute shorter.
 */
export function expiryOf(life: Life, limit: number, now: number): Date {
  const seconds = lives[life] === limit ? lives[life] - minute : lives[life];
  return new Date(now + seconds * 1000);
}

/** How a key stands: those that end within a week are to be replaced. */
export function standing(expiresAt: Date | undefined, now: number): "expired" | "soon" | "good" {
  if (!expiresAt) return "good";
  const left = expiresAt.getTime() - now;
  return left <= 0 ? "expired" : left < lives.week * 1000 ? "soon" : "good";
}
