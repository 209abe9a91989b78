import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { type Principal, principalOf } from "../../access/principals";

/** Where a rule applies. A set of scope type projects on the organization is for all its projects. */
export type Scope = { readonly kind: "organization" } | { readonly kind: "projects"; readonly ids: readonly string[] };

export type Rule = {
  /** Tells the rules of a draft apart; the server has never seen it. */
  readonly key: string;
  readonly sets: readonly string[];
  readonly scope: Scope;
  /** CEL; empty: none. */
  readonly condition: string;
};

/** A policy while it is edited. */
export type Draft = {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly principal: Principal | undefined;
  readonly rules: readonly Rule[];
};

export const emptyDraft: Draft = { name: "", description: "", tags: [], principal: undefined, rules: [] };

/** A new rule, with nothing in it yet. */
export function newRule(): Rule {
  return { key: crypto.randomUUID(), sets: [], scope: { kind: "organization" }, condition: "" };
}

/** What the API says of a policy, to edit. */
export function toDraft(policy: Iamv1alpha1.Policy, rules: readonly Iamv1alpha1.Rule[], names: ReadonlyMap<string, string>): Draft {
  const principal = principalOf(policy);
  return {
    name: policy.name,
    description: policy.description,
    tags: policy.tags,
    principal: principal && { ...principal, name: names.get(principal.id) ?? principal.id },
    rules: rules.map((rule) => ({
      key: rule.id,
      sets: rule.permissionSetNames ?? [],
      scope: rule.organizationId ? { kind: "organization" } : { kind: "projects", ids: rule.projectIds ?? [] },
      condition: rule.condition,
    })),
  };
}

/** The rules in the words of the API. */
export function toSpecs(draft: Draft, organizationId: string): Iamv1alpha1.RuleSpecs[] {
  return draft.rules.map((rule) => ({
    permissionSetNames: [...rule.sets],
    condition: rule.condition.trim(),
    ...(rule.scope.kind === "organization" ? { organizationId } : { projectIds: [...rule.scope.ids] }),
  }));
}

/** What a rule says, whatever its id: two rules with the same content grant the same. */
export function ruleContent({ sets, scope, condition }: Rule): string {
  return JSON.stringify([sets.toSorted(), scope.kind === "organization" ? "*" : scope.ids.toSorted(), condition.trim()]);
}

export const sameRules = (a: Draft, b: Draft) => JSON.stringify(a.rules.map(ruleContent)) === JSON.stringify(b.rules.map(ruleContent));
export const samePrincipal = (a: Draft, b: Draft) => a.principal?.type === b.principal?.type && a.principal?.id === b.principal?.id;
export const sameLabels = (a: Draft, b: Draft) => a.name === b.name && a.description === b.description && JSON.stringify(a.tags) === JSON.stringify(b.tags);
export const sameDraft = (a: Draft, b: Draft) => sameLabels(a, b) && samePrincipal(a, b) && sameRules(a, b);

/** What a rule still lacks before the server can take it. */
export function ruleFault(rule: Rule): "noSets" | "noProjects" | undefined {
  if (rule.sets.length === 0) return "noSets";
  return rule.scope.kind === "projects" && rule.scope.ids.length === 0 ? "noProjects" : undefined;
}

/** Fields that two people have changed, each in another way. */
export type Clash = "name" | "description" | "tags" | "principal";

/**
 * Brings together what two people have made of the same policy: what only one of them has changed is
 * kept, rules that either has added are there, rules that either has removed are not. Where both have
 * changed the same field, mine stays and the field is named.
 */
export function merge(base: Draft, mine: Draft, theirs: Draft): { draft: Draft; clashes: Clash[] } {
  const clashes: Clash[] = [];
  const pick = <T>(field: Clash, b: T, m: T, t: T, id: (value: T) => string): T => {
    if (id(m) === id(b)) return t;
    if (id(t) !== id(b) && id(t) !== id(m)) clashes.push(field);
    return m;
  };
  const text = (value: string) => value;
  const before = base.rules.map(ruleContent);
  const kept = mine.rules.map(ruleContent);
  const there = theirs.rules.map(ruleContent);
  const rules = [
    ...theirs.rules.filter((rule) => kept.includes(ruleContent(rule)) || !before.includes(ruleContent(rule))),
    ...mine.rules.filter((rule) => !before.includes(ruleContent(rule)) && !there.includes(ruleContent(rule))),
  ];
  const draft = {
    name: pick("name", base.name, mine.name, theirs.name, text),
    description: pick("description", base.description, mine.description, theirs.description, text),
    tags: pick("tags", base.tags, mine.tags, theirs.tags, (tags) => JSON.stringify(tags)),
    principal: pick("principal", base.principal, mine.principal, theirs.principal, (p) => (p ? `${p.type} ${p.id}` : "")),
    rules,
  };
  return { draft, clashes };
}

/** The ids of the projects that a draft names, each once. */
export function projectIds(draft: Draft): string[] {
  return [...new Set(draft.rules.flatMap((rule) => (rule.scope.kind === "projects" ? rule.scope.ids : [])))];
}
