import type { PermissionSet } from "../../api/catalog";
import type { Rule } from "./draft";

/** A grant of permission sets: what a rule says, or another policy. */
export type Grant = Pick<Rule, "sets" | "scope" | "condition">;

/** Everywhere in the organization, present and future projects included. */
export const everywhere = "*";

/** Where somebody gains or loses something. */
export type Change = {
  /** The id of a project, or everywhere. */
  readonly place: string;
  readonly gains: readonly string[];
  /** May only under conditions now, or under others than before. */
  readonly conditions: readonly string[];
  readonly loses: readonly string[];
};

/** For one permission at one place: true, or the conditions of which one must be met. */
type Holding = true | Set<string>;
type Holdings = Map<string, Map<string, Holding>>;

function holdings(grants: readonly Grant[], sets: ReadonlyMap<string, PermissionSet>): Holdings {
  const all: Holdings = new Map();
  for (const { sets: names, scope, condition } of grants) {
    const places = scope.kind === "organization" ? [everywhere] : scope.ids;
    for (const place of places) {
      const at = all.get(place) ?? new Map<string, Holding>();
      all.set(place, at);
      for (const permission of names.flatMap((name) => sets.get(name)?.permissions ?? [])) {
        const before = at.get(permission);
        if (before === true) continue;
        const text = condition.trim();
        at.set(permission, text === "" ? true : new Set([...(before ?? []), text]));
      }
    }
  }
  return all;
}

function holdingAt(all: Holdings, place: string, permission: string): Holding | undefined {
  const here = all.get(place)?.get(permission);
  const over = place === everywhere ? undefined : all.get(everywhere)?.get(permission);
  if (here === true || over === true) return true;
  return here && over ? new Set([...here, ...over]) : (here ?? over);
}

const same = (a: Holding | undefined, b: Holding | undefined) => a === b || (a instanceof Set && b instanceof Set && a.size === b.size && [...a].every((one) => b.has(one)));

/**
 * What changes for somebody who holds some grants before and others afterwards: by place, those
 * permissions that are new, gone, or under other conditions. Permission sets that are not in the
 * catalogue hold nothing.
 */
export function impact(before: readonly Grant[], after: readonly Grant[], sets: ReadonlyMap<string, PermissionSet>): Change[] {
  const [old, now] = [holdings(before, sets), holdings(after, sets)];
  const changes: Change[] = [];
  for (const place of new Set([...old.keys(), ...now.keys()])) {
    const change = { place, gains: [] as string[], conditions: [] as string[], loses: [] as string[] };
    const permissions = [old, now].flatMap((all) => [...(all.get(place)?.keys() ?? []), ...(all.get(everywhere)?.keys() ?? [])]);
    for (const permission of new Set(permissions)) {
      const [was, is] = [holdingAt(old, place, permission), holdingAt(now, place, permission)];
      if (same(was, is)) continue;
      // What changes in the whole organization is told there, once.
      if (place !== everywhere && same(was, holdingAt(old, everywhere, permission)) && same(is, holdingAt(now, everywhere, permission))) continue;
      if (is === undefined) change.loses.push(permission);
      else if (is instanceof Set) change.conditions.push(permission);
      else change.gains.push(permission);
    }
    if (change.gains.length + change.conditions.length + change.loses.length > 0) {
      changes.push({ place, gains: change.gains.toSorted(), conditions: change.conditions.toSorted(), loses: change.loses.toSorted() });
    }
  }
  return changes.toSorted((a, b) => (a.place < b.place ? -1 : 1));
}
