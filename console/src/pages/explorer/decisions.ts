import { call } from "../../api/bridge";

/** One way from a principal to a permission. */
export type Chain = {
  by: string;
  principal: { type: string; id: string } | null;
  group?: string;
  policy?: { id: string; name: string };
  rule?: { id: string; index: number };
  permission_set?: string;
  permission: string;
  scope?: { organization_id?: string; project_ids?: string[] };
  condition?: { expression: string; result: boolean | null; values: Record<string, string> | null; error?: string };
  outcome: "grants" | "fails";
  failed_at?: "principal" | "scope" | "condition";
};

export type Explanation = {
  decision: boolean;
  decision_id: string;
  revision: number;
  reasons: string[] | null;
  chains: Chain[];
  missing: string[] | null;
  would_allow: { change: string; kind: string; group_id?: string; policy_id?: string; permission_set?: string; project_id?: string; also_grants: number }[];
};

export type Question = {
  subject: { type: string; id: string };
  permission: string;
  organizationId: string;
  projectId: string;
  resourceId: string;
  resourceName: string;
  ip: string;
  userAgent: string;
};

/** Asks one question, with its proof. What is left empty is absent, not empty. */
export function explain(q: Question): Promise<Explanation> {
  return call("POST", "/bailiwick/v1/explain", {
    subject: q.subject,
    action: { name: q.permission },
    resource: {
      type: q.permission.split(":").slice(0, 2).join(":"),
      id: q.resourceId || "*",
      properties: { organization_id: q.organizationId, ...(q.projectId && { project_id: q.projectId }), ...(q.resourceName && { name: q.resourceName }) },
    },
    context: { ...(q.ip && { ip: q.ip }), ...(q.userAgent && { user_agent: q.userAgent }) },
  });
}

export type Grantee = { type: "user" | "application"; id: string; name: string; condition?: string; via: { by: string; policy_id?: string; group_id?: string; permission_set?: string }[] };
export type WhoCan = { total: number; yes: Grantee[]; conditional: Grantee[]; next_page_token?: string };

/** Who may use a permission, a page of it. */
export function whoCan(permission: string, organizationId: string, projectId: string, token: string | undefined, pageSize = 50): Promise<WhoCan> {
  return call("POST", "/bailiwick/v1/who-can", {
    permission,
    organization_id: organizationId,
    page_size: pageSize,
    ...(projectId && { project_id: projectId }),
    ...(token && { page_token: token }),
  });
}

export type WhatCan = { scopes: { organization_id?: string; project_id?: string; permission_sets: string[] | null; permissions: { name: string; conditional: boolean; condition?: string }[] | null }[] };

/** All that a principal may do, everywhere and in single projects. */
export function whatCan(principal: { type: string; id: string }, organizationId: string): Promise<WhatCan> {
  return call("POST", "/bailiwick/v1/what-can", { principal: { type: principal.type, id: principal.id }, organization_id: organizationId });
}
