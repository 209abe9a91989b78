/** What the condition builder can say. All parts must hold; within a part one of them. */
export type Parts = {
  /** Addresses and networks, such as 192.0.2.1 or 192.0.2.0/24. */
  readonly networks: readonly string[];
  /** Texts that the user agent may contain. */
  readonly agents: readonly string[];
  readonly schedule: Schedule | undefined;
};

export type Schedule = {
  /** 0: Sunday. All or none: every day. */
  readonly days: readonly number[];
  /** Full hours, 0 to 24; the end is not included. */
  readonly from: number;
  readonly to: number;
  /** A name such as Europe/Paris. */
  readonly zone: string;
};

export const noParts: Parts = { networks: [], agents: [], schedule: undefined };

const daysOfWeek = 7;
const hours = 24;

/** A text as CEL writes it; the escapes of JSON are escapes there, too. */
const literal = (text: string) => JSON.stringify(text);

const anyOf = (terms: readonly string[]) => (terms.length > 1 ? `(${terms.join(" || ")})` : (terms[0] ?? ""));

function scheduleTerms({ days, from, to, zone }: Schedule): string[] {
  const terms: string[] = [];
  const hour = `request.time.getHours(${literal(zone)})`;
  if (days.length > 0 && days.length < daysOfWeek) terms.push(`request.time.getDayOfWeek(${literal(zone)}) in [${days.toSorted((a, b) => a - b).join(", ")}]`);
  if (from > 0) terms.push(`${hour} >= ${from}`);
  if (to < hours) terms.push(`${hour} < ${to}`);
  // From 22 to 6 is a night, not nothing.
  if (from > to && from > 0 && to < hours) terms.splice(-2, 2, `(${hour} >= ${from} || ${hour} < ${to})`);
  return terms;
}

/** Writes the condition; empty when nothing is restricted. */
export function toCondition(parts: Parts): string {
  const network = (text: string) => (text.includes("/") ? `inIpRange(request.ip, ${literal(text)})` : `request.ip == ${literal(text)}`);
  return [
    anyOf(parts.networks.map(network)),
    anyOf(parts.agents.map((text) => `request.user_agent.contains(${literal(text)})`)),
    ...(parts.schedule ? scheduleTerms(parts.schedule) : []),
  ]
    .filter((term) => term !== "")
    .join(" && ");
}

const text = String.raw`("(?:[^"\\]|\\.)*")`;

function texts(condition: string, pattern: string): string[] {
  return [...condition.matchAll(new RegExp(pattern, "g"))].map((match) => JSON.parse(match[1] ?? '""') as string);
}

function readParts(condition: string): Parts {
  const zone = texts(condition, String.raw`getHours\(${text}\)`)[0] ?? texts(condition, String.raw`getDayOfWeek\(${text}\)`)[0];
  const number = (pattern: RegExp) => Number(pattern.exec(condition)?.[1] ?? Number.NaN);
  const [from, to] = [number(/getHours\([^)]*\) >= (\d+)/), number(/getHours\([^)]*\) < (\d+)/)];
  const days = /getDayOfWeek\([^)]*\) in \[([\d, ]*)\]/.exec(condition)?.[1];
  return {
    networks: texts(condition, String.raw`(?:inIpRange\(request\.ip, |request\.ip == )${text}`),
    agents: texts(condition, String.raw`request\.user_agent\.contains\(${text}\)`),
    schedule: zone === undefined ? undefined : { days: days?.split(",").map(Number) ?? [], from: Number.isNaN(from) ? 0 : from, to: Number.isNaN(to) ? hours : to, zone },
  };
}

/** Reads a condition that the builder has written; undefined: somebody else has, and it would lose something. */
export function fromCondition(condition: string): Parts | undefined {
  if (condition.trim() === "") return noParts;
  try {
    const parts = readParts(condition);
    return toCondition(parts) === condition.trim() ? parts : undefined;
  } catch {
    return undefined; // a text that JSON cannot read
  }
}
