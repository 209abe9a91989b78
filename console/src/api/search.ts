import { Accountv3 } from "@scaleway/sdk-account";
import { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { call } from "./bridge";
import type { Clients } from "./bridge";

type Filter = { page?: number; pageSize?: number; orderBy?: string; type?: string; mfa?: boolean; noPrincipal?: boolean; editable?: boolean; projectId?: string; disabled?: boolean; expired?: boolean; bearerId?: string; bearerType?: string };

/** Asks for a list of what holds a text in its name: the lists of the published API find whole names only. */
function find<Answer>(noun: string, clients: Clients, search: string, filter: Filter, unmarshal: (data: unknown) => Answer): Promise<Answer> {
  const query = new URLSearchParams({ organization_id: clients.organizationId, search: search.trim() });
  if (filter.page) query.set("page", String(filter.page));
  if (filter.pageSize) query.set("page_size", String(filter.pageSize));
  if (filter.orderBy) query.set("order_by", filter.orderBy);
  if (filter.type) query.set("type", filter.type);
  if (filter.mfa !== undefined) query.set("mfa", String(filter.mfa));
  if (filter.noPrincipal !== undefined) query.set("no_principal", String(filter.noPrincipal));
  if (filter.editable !== undefined) query.set("editable", String(filter.editable));
  if (filter.projectId) query.set("project_id", filter.projectId);
  if (filter.disabled !== undefined) query.set("disabled", String(filter.disabled));
  if (filter.expired !== undefined) query.set("expired", String(filter.expired));
  if (filter.bearerId) query.set("bearer_id", filter.bearerId);
  if (filter.bearerType) query.set("bearer_type", filter.bearerType);
  return call<unknown>("GET", `/bailiwick/v1/${noun}?${query.toString()}`).then(unmarshal);
}

/** The users whose username, address or name holds a text. */
export function searchUsers(clients: Clients, search: string, filter: Filter = {}): Promise<Iamv1alpha1.ListUsersResponse> {
  return find("users", clients, search, filter, Iamv1alpha1.unmarshalListUsersResponse);
}

/** The applications whose name holds a text. */
export function searchApplications(clients: Clients, search: string, filter: Filter = {}): Promise<Iamv1alpha1.ListApplicationsResponse> {
  return find("applications", clients, search, filter, Iamv1alpha1.unmarshalListApplicationsResponse);
}

/** The groups whose name holds a text. */
export function searchGroups(clients: Clients, search: string, filter: Filter = {}): Promise<Iamv1alpha1.ListGroupsResponse> {
  return find("groups", clients, search, filter, Iamv1alpha1.unmarshalListGroupsResponse);
}

/** The policies whose name holds a text. */
export function searchPolicies(clients: Clients, search: string, filter: Filter = {}): Promise<Iamv1alpha1.ListPoliciesResponse> {
  return find("policies", clients, search, filter, Iamv1alpha1.unmarshalListPoliciesResponse);
}

/** The projects whose name holds a text. */
export function searchProjects(clients: Clients, search: string, filter: Filter = {}): Promise<Accountv3.ListProjectsResponse> {
  return find("projects", clients, search, filter, Accountv3.unmarshalListProjectsResponse);
}

/** The SSH keys whose name holds a text. */
export function searchSSHKeys(clients: Clients, search: string, filter: Filter = {}): Promise<Iamv1alpha1.ListSSHKeysResponse> {
  return find("ssh-keys", clients, search, filter, Iamv1alpha1.unmarshalListSSHKeysResponse);
}

/** The API keys whose description or access key holds a text. */
export function searchAPIKeys(clients: Clients, search: string, filter: Filter = {}): Promise<Iamv1alpha1.ListAPIKeysResponse> {
  return find("api-keys", clients, search, filter, Iamv1alpha1.unmarshalListAPIKeysResponse);
}
