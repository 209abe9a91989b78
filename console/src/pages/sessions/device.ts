/** Names of programs by what is in a user agent; the first that fits. */
const programs: readonly [RegExp, string][] = [
  [/\bEdg\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bFirefox\//, "Firefox"],
  [/\b(?:Headless)?Chrome\//, "Chrome"],
  [/\bSafari\//, "Safari"],
  [/\bscaleway-cli\//i, "Scaleway CLI"],
  [/\bterraform\b/i, "Terraform"],
];

const systems: readonly [RegExp, string][] = [
  [/\bWindows\b/, "Windows"],
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

/** A short name for what says that it is this user agent: "Firefox, Linux". "" when it says nothing. */
export function deviceOf(userAgent: string): string {
  const of = (list: readonly [RegExp, string][]) => list.find(([pattern]) => pattern.test(userAgent))?.[1];
  const program = of(programs) ?? /^[^\s/]{1,40}/.exec(userAgent)?.[0];
  return [program, of(systems)].filter(Boolean).join(", ");
}
