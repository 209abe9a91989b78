import { useSyncExternalStore } from "react";

/** Whether the session has ended while the console was open. */
let ended = false;
let waiting: ((again: boolean) => void)[] = [];
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

/**
 * Says that the session has ended, and waits until the user has signed in again (true) or does not
 * want to (false). What was asked for can then be asked again: nothing has been done.
 */
export function sessionEnded(): Promise<boolean> {
  ended = true;
  tell();
  return new Promise((resolve) => waiting.push(resolve));
}

/** Says that the user has signed in again, or does not want to. */
export function sessionResumed(again: boolean): void {
  const all = waiting;
  waiting = [];
  ended = false;
  tell();
  for (const resolve of all) resolve(again);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether the dialog that asks to sign in again has to be shown. */
export function useSessionEnded(): boolean {
  return useSyncExternalStore(subscribe, () => ended);
}
