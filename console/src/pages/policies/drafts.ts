import type { Draft } from "./draft";

/** A draft as it is kept, with what the policy was when its editing began. */
export type Kept = { readonly draft: Draft; readonly base: Draft | undefined; readonly updatedAt: string };

/*
 * Drafts are kept in this tab alone (sessionStorage): going to another page or loading this one again
 * loses nothing, and another tab has a draft of its own. A browser may refuse to keep anything, then
 * a draft lasts as long as its page.
 */
const key = (organizationId: string, policyId: string) => `bailiwick-policy-${organizationId}-${policyId}`;

export function keepDraft(organizationId: string, policyId: string, kept: Kept | undefined): void {
  try {
    if (kept) sessionStorage.setItem(key(organizationId, policyId), JSON.stringify(kept));
    else sessionStorage.removeItem(key(organizationId, policyId));
  } catch {
    // The page still has it.
  }
}

export function keptDraft(organizationId: string, policyId: string): Kept | undefined {
  try {
    const text = sessionStorage.getItem(key(organizationId, policyId));
    return text === null ? undefined : (JSON.parse(text) as Kept);
  } catch {
    return undefined;
  }
}
