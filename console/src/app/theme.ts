import { useSyncExternalStore } from "react";

export const schemes = ["system", "light", "dark"] as const;
export type Scheme = (typeof schemes)[number];

const storageKey = "bailiwick-scheme";
const listeners = new Set<() => void>();
const dark = matchMedia("(prefers-color-scheme: dark)");

/** What the reader has chosen, on this device. */
export function currentScheme(): Scheme {
  const chosen = localStorage.getItem(storageKey);
  return schemes.find((scheme) => scheme === chosen) ?? "system";
}

export function setScheme(scheme: Scheme): void {
  localStorage.setItem(storageKey, scheme);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  dark.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    dark.removeEventListener("change", listener);
  };
}

export function useScheme(): Scheme {
  return useSyncExternalStore(subscribe, currentScheme);
}

/** Whether the colours are dark: by choice, or as the system has it. */
export function useDark(): boolean {
  return useSyncExternalStore(subscribe, () => {
    const scheme = currentScheme();
    return scheme === "system" ? dark.matches : scheme === "dark";
  });
}
