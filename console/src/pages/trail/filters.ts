import type { AuditTrailv1alpha1 } from "@scaleway/sdk-audit-trail";

/** The names of the filters, which they have in the address, too. */
export const filterNames = ["range", "from", "to", "product", "service", "method", "principal", "type", "resource", "project", "status", "ip"] as const;

/** What the list is asked for; "" is none. */
export type Filters = Readonly<Record<(typeof filterNames)[number], string>>;

export const ranges = ["hour", "day", "week", "all", "custom"] as const;
export type Range = (typeof ranges)[number];

/** The kinds of resources whose changes the server records. */
export const resourceTypes = [
  "iam_user",
  "iam_application",
  "iam_group",
  "iam_policy",
  "iam_rule",
  "iam_api_key",
  "iam_ssh_key",
  "account_organization",
  "account_project",
  "audit_trail_export_job",
  "audit_trail_alert_rule",
  "audit_trail_custom_alert_rule",
  "unknown_type",
] as const;

const minute = 60_000;
const spans = { hour: 60 * minute, day: 24 * 60 * minute, week: 7 * 24 * 60 * minute } as const;

/** Project "*": all of them, although one is chosen for the whole console. */
export const everyProject = "*";

export function readFilters(params: URLSearchParams): Filters {
  return Object.fromEntries(filterNames.map((name) => [name, params.get(name) ?? ""])) as Filters;
}

export function rangeOf(filters: Filters): Range {
  return ranges.find((range) => range === filters.range) ?? "day";
}

/** The time that is listed. The beginning is fixed when a list begins, since the tokens of its pages are good for that list only. */
export type Window = { readonly after: Date; readonly before: Date | undefined };

function moment(text: string): Date | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

export function windowOf(filters: Filters): Window {
  const range = rangeOf(filters);
  switch (range) {
    case "all":
      return { after: new Date(0), before: undefined };
    case "custom":
      return { after: moment(filters.from) ?? new Date(0), before: moment(filters.to) };
    default:
      return { after: new Date(Date.now() - spans[range]), before: undefined };
  }
}

/** The project that is asked for; undefined: all. */
export function projectOf(filters: Filters, chosen: string | undefined): string | undefined {
  if (filters.project === everyProject) return undefined;
  return filters.project || chosen;
}

/** The request of the list, without its page. */
export function requestOf(filters: Filters, window: Window, organizationId: string, projectId: string | undefined): AuditTrailv1alpha1.ListEventsRequest {
  return {
    organizationId,
    orderBy: "recorded_at_desc",
    recordedAfter: window.after,
    ...(window.before && { recordedBefore: window.before }),
    ...(projectId && { projectId }),
    ...(filters.product && { productName: filters.product }),
    ...(filters.service && { serviceName: filters.service }),
    ...(filters.method && { methodName: filters.method }),
    ...(filters.principal && { principalId: filters.principal }),
    // The SDK does not know the kinds of the audit trail itself; the server does.
    ...(filters.type && { resourceType: filters.type as AuditTrailv1alpha1.ResourceType }),
    ...(filters.resource && { resourceId: filters.resource }),
    ...(filters.status && { status: Number(filters.status) }),
    ...(filters.ip && { sourceIp: filters.ip }),
  };
}

/** The same request as the query of the API. */
export function queryOf(request: AuditTrailv1alpha1.ListEventsRequest): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request)) {
    query.set(
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value instanceof Date ? value.toISOString() : String(value),
    );
  }
  return query;
}
