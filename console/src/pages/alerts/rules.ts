import { call } from "../../api/bridge";

/** Rules that every organization has, and those that this one wrote. */
export const kinds = ["alert-rules", "custom-alert-rules"] as const;
export type Kind = (typeof kinds)[number];

export const severities = ["info", "warning", "error", "critical"] as const;
export type Severity = (typeof severities)[number];

/** A rule as the API gives it; what follows the state only rules of the organization have. */
export type Rule = {
  id: string;
  name: string;
  description: string | null;
  status: "enabled" | "disabled" | "enabling" | "disabling";
  query?: string;
  evaluation_window?: string;
  occurrences?: number;
  severity?: Severity;
};

/** What makes a rule fire. */
export type Condition = { query: string; evaluation_window: string; occurrences: number };

/** The place of an organization's rules: the region in which everything happens. */
export type Place = { readonly region: string; readonly organizationId: string };

// The official client has no alert rules.
const base = ({ region }: Place) => `/audit-trail/v1alpha1/regions/${region}`;
const member = { "alert-rules": "alert_rules", "custom-alert-rules": "custom_alert_rules" } as const;
const ids = { "alert-rules": "alert_rule_ids", "custom-alert-rules": "custom_alert_rule_ids" } as const;

export async function listRules(place: Place, kind: Kind, filter: { page: number; pageSize: number; status: string }): Promise<{ rows: Rule[]; total: number }> {
  const query = new URLSearchParams({ organization_id: place.organizationId, page: String(filter.page), page_size: String(filter.pageSize) });
  if (filter.status) query.set("status", filter.status);
  const answer = await call<{ total_count: number } & Partial<Record<(typeof member)[Kind], Rule[]>>>("GET", `${base(place)}/${kind}?${query.toString()}`);
  return { rows: answer[member[kind]] ?? [], total: answer.total_count };
}

export function setEnabled(place: Place, kind: Kind, id: string, enabled: boolean): Promise<unknown> {
  return call("POST", `${base(place)}/${enabled ? "enable" : "disable"}-${kind}`, { organization_id: place.organizationId, [ids[kind]]: [id] });
}

export function createRule(place: Place, rule: Condition & { name: string; description: string; severity: Severity }): Promise<Rule> {
  return call("POST", `${base(place)}/custom-alert-rules`, { organization_id: place.organizationId, ...rule });
}

export function deleteRule(place: Place, id: string): Promise<void> {
  return call("DELETE", `${base(place)}/custom-alert-rules/${id}`);
}

/** Whether a rule would fire on what has happened within its window. */
export async function wouldFire(place: Place, condition: Condition): Promise<boolean> {
  return (await call<{ firing: boolean }>("POST", `${base(place)}/test-custom-alert-rule`, { organization_id: place.organizationId, ...condition })).firing;
}

/** The names of what a query may read of an event. */
export async function fieldNames(place: Place): Promise<string[]> {
  const { fields } = await call<{ fields: { name: string }[] }>("GET", `${base(place)}/custom-alert-rule-fields?organization_id=${place.organizationId}`);
  return fields.map(({ name }) => name);
}

/** The places of faults in a query, of what the server says of it: "1:3: no such field; 2:1: ...". */
export function queryFaults(said: string | undefined): { line: number; column: number; message: string }[] {
  return (said ?? "").split(/; (?=\d+:\d+: )/).flatMap((one) => {
    const [, line, column, message] = /^(\d+):(\d+): (.*)$/s.exec(one) ?? [];
    return message === undefined ? [] : [{ line: Number(line), column: Number(column), message }];
  });
}
