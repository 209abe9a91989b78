/** Browsers by what they write of themselves; the first that fits, since most name others, too. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, "Edge"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/Windows/, "Windows"],
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];
const longest = 60;

/** A short name for a user agent, such as "Firefox, Linux"; of what is no browser its own first word. It says what was claimed, and proves nothing. */
export function nameOfAgent(agent: string): string {
  const browser = browsers.find(([pattern]) => pattern.test(agent))?.[1];
  const system = systems.find(([pattern]) => pattern.test(agent))?.[1];
  const first = agent.split(" ")[0]?.slice(0, longest) || "–";
  return browser ? [browser, system].filter(Boolean).join(", ") : first;
}
