import type { Clients } from "../../api/bridge";
import { loadNames, principalOf } from "../../access/principals";
import { type Draft, sameDraft, sameLabels, samePrincipal, sameRules, toDraft, toSpecs } from "./draft";

/** A policy as the server has it. */
export type Loaded = { readonly draft: Draft; readonly updatedAt: string; readonly editable: boolean };

type Api = Clients["iam"];

// As many as a policy can have.
const maxRules = 100;

export async function loadPolicy(iam: Api, policyId: string): Promise<Loaded> {
  const policy = await iam.getPolicy({ policyId });
  const { rules } = await iam.listRules({ policyId, pageSize: maxRules });
  const principal = principalOf(policy);
  const names = await loadNames(iam, principal ? [principal] : []);
  return { draft: toDraft(policy, rules, names), updatedAt: policy.updatedAt?.toISOString() ?? "", editable: policy.editable };
}

function principalFields({ principal }: Draft) {
  switch (principal?.type) {
    case "user":
      return { userId: principal.id };
    case "group":
      return { groupId: principal.id };
    case "application":
      return { applicationId: principal.id };
    case undefined:
      return { noPrincipal: true };
  }
}

const labels = ({ name, description, tags }: Draft) => ({ name, description, tags: [...tags] });

export async function createPolicy({ iam, organizationId }: Clients, draft: Draft): Promise<string> {
  const policy = await iam.createPolicy({ ...labels(draft), ...principalFields(draft), rules: toSpecs(draft, organizationId) });
  return policy.id;
}

/** Whether a policy gives rights to the caller, who must not lose them half-way. */
async function concerns(iam: Api, { principal }: Draft, userId: string): Promise<boolean> {
  if (principal?.type === "user") return principal.id === userId;
  if (principal?.type !== "group") return false;
  return (await iam.getGroup({ groupId: principal.id })).userIds.includes(userId);
}

/** The outcome of saving: what the server has now, or what somebody else has made of it meanwhile. */
export type Saved = { readonly kind: "saved"; readonly now: Loaded } | { readonly kind: "conflict"; readonly theirs: Loaded };

/**
 * Saves a policy, unless it is not any more what it was when its editing began. The API has no
 * condition for writes, so there is a moment between looking and writing; what is there afterwards is
 * therefore looked at, too.
 *
 * Rules and principal are two calls. When both change, the principal goes first and comes last:
 * otherwise the old one would have the new rules for a moment, or the new one the old rules, which
 * nobody has asked for, and for good if the connection breaks in between. Only a caller whose own
 * rights come from the policy keeps them: it could not finish without.
 */
export async function savePolicy({ iam, organizationId }: Clients, userId: string, policyId: string, base: Loaded, draft: Draft): Promise<Saved> {
  const theirs = await loadPolicy(iam, policyId);
  if (theirs.updatedAt !== base.updatedAt || !sameDraft(theirs.draft, base.draft)) return { kind: "conflict", theirs };
  const newRules = !sameRules(base.draft, draft);
  const newPrincipal = !samePrincipal(base.draft, draft);
  if (newRules) {
    if (newPrincipal && base.draft.principal && !(await concerns(iam, base.draft, userId))) await iam.updatePolicy({ policyId, noPrincipal: true });
    await iam.setRules({ policyId, rules: toSpecs(draft, organizationId) });
  }
  if (newPrincipal || !sameLabels(base.draft, draft)) await iam.updatePolicy({ policyId, ...labels(draft), ...(newPrincipal && principalFields(draft)) });
  const now = await loadPolicy(iam, policyId);
  return sameDraft(now.draft, draft) ? { kind: "saved", now } : { kind: "conflict", theirs: now };
}
