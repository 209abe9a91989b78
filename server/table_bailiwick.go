package server

import "bailiwick/iam"

const serviceBailiwick = "bailiwick.v1.Api"

// tableBailiwick holds what the published SDKs do not have: calls of the published API that
// its console uses, and this server's own.
func tableBailiwick() []operation {
	return []operation{
		line("GET /metadata", "GetAPIMetadata", anyCaller, tenantNone, handle((*api).getAPIMetadata)).taking(accessAnonymous),
		line("POST /iam/v1alpha1/check-permissions", "CheckPermissions", anyCaller, tenantBody, handle((*api).checkPermissions)),
		line("GET /iam-private/v1/principals/{principal_id}/permission-sets", "ListPrincipalPermissionSets", "iam:rule:list", tenantObject, handle((*api).listPrincipalPermissionSets)),
		line("GET /iam/v1alpha1/search-organization", "SearchOrganization", anyCaller, tenantNone, handle((*api).searchOrganization)).taking(accessAnonymous),

		line("POST /bailiwick/v1/login/password", "LoginPassword", anyCaller, tenantNone, handle((*api).loginPassword)).taking(accessAnonymous),
		line("POST /bailiwick/v1/login/passkey/start", "LoginPasskeyStart", anyCaller, tenantNone, handle((*api).loginPasskeyStart)).taking(accessAnonymous),
		line("POST /bailiwick/v1/login/passkey", "LoginPasskey", anyCaller, tenantNone, handle((*api).loginPasskey)).taking(accessAnonymous),
		line("POST /bailiwick/v1/login/totp", "LoginTOTP", anyCaller, tenantNone, handle((*api).loginTOTP)).taking(accessAnonymous),
		line("POST /bailiwick/v1/login/recovery-code", "LoginRecoveryCode", anyCaller, tenantNone, handle((*api).loginRecoveryCode)).taking(accessAnonymous),
		line("POST /bailiwick/v1/login/new-password", "LoginNewPassword", anyCaller, tenantNone, handle((*api).loginNewPassword)).taking(accessAnonymous),
		line("POST /bailiwick/v1/login/magic-code/start", "LoginMagicCodeStart", anyCaller, tenantNone, handle((*api).loginMagicCodeStart)).taking(accessAnonymous),
		line("POST /bailiwick/v1/login/magic-code", "LoginMagicCode", anyCaller, tenantNone, handle((*api).loginMagicCode)).taking(accessAnonymous),
		line("POST /bailiwick/v1/login/reset/start", "LoginResetStart", anyCaller, tenantNone, handleVoid((*api).loginResetStart)).taking(accessAnonymous),
		line("POST /bailiwick/v1/login/reset", "LoginReset", anyCaller, tenantNone, handleVoid((*api).loginReset)).taking(accessAnonymous),
		line("GET /bailiwick/v1/login/methods", "ListLoginMethods", anyCaller, tenantNone, handle((*api).listLoginMethods)).taking(accessAnonymous),
		line("POST /bailiwick/v1/login/renew", "LoginRenew", anyCaller, tenantNone, handle((*api).loginRenew)).taking(accessAnonymous),
		line("POST /bailiwick/v1/login/switch", "LoginSwitch", anyCaller, tenantBody, handle((*api).loginSwitch)),
		line("GET /.well-known/jwks.json", "GetJWKS", anyCaller, tenantNone, handle((*api).getJWKS)).taking(accessAnonymous),

		line("POST /bailiwick/v1/sign-up", "SignUp", anyCaller, tenantNone, handleVoid((*api).startSignUp)).taking(accessAnonymous),
		line("POST /bailiwick/v1/sign-up/confirm", "ConfirmSignUp", anyCaller, tenantNone, handle((*api).confirmSignUp)).taking(accessAnonymous).recorded(productBailiwick, serviceBailiwick, "ConfirmSignUp", iam.ResourceOrganization),
		line("POST /bailiwick/v1/sign-up/invitations", "InviteToSignUp", "account:organization:create", tenantNone, handle((*api).inviteToSignUp)).taking(accessOperator),

		line("GET /bailiwick/v1/audit/entries", "ListAuditEntries", "audit_trail:event:list", tenantQuery, handle((*api).listAuditEntries)),
		line("GET /.well-known/bailiwick-audit-keys", "GetAuditKeys", anyCaller, tenantNone, handle((*api).getAuditKeys)).taking(accessAnonymous),
		line("GET /bailiwick/v1/users", "SearchUsers", "iam:user:list", tenantQuery, handle((*api).searchUsers)),
		line("GET /bailiwick/v1/applications", "SearchApplications", "iam:application:list", tenantQuery, handle((*api).searchApplications)),
		line("GET /bailiwick/v1/groups", "SearchGroups", "iam:group:list", tenantQuery, handle((*api).searchGroups)),
		line("GET /bailiwick/v1/policies", "SearchPolicies", "iam:policy:list", tenantQuery, handle((*api).searchPolicies)),
		line("GET /bailiwick/v1/projects", "SearchProjects", "account:project:list", tenantQuery, handle((*api).searchProjects)),
		line("GET /bailiwick/v1/ssh-keys", "SearchSSHKeys", "iam:ssh_key:list", tenantQuery, handle((*api).searchSSHKeys)),
		line("GET /bailiwick/v1/api-keys", "SearchAPIKeys", "iam:api_key:list", tenantQuery, handle((*api).searchAPIKeys)),
		line("GET /bailiwick/v1/last-used", "ListLastUses", "iam:api_key:list", tenantQuery, handle((*api).listLastUses)),

		line("GET /bailiwick/v1/invitations", "ListInvitations", anyCaller, tenantNone, handle((*api).listInvitations)),
		line("POST /bailiwick/v1/invitations/accept", "AcceptInvitation", anyCaller, tenantNone, handle((*api).acceptInvitation)).recorded(productBailiwick, serviceBailiwick, "AcceptInvitation", iam.ResourceUser),
		line("POST /bailiwick/v1/invitations/reject", "RejectInvitation", anyCaller, tenantNone, handleVoid((*api).rejectInvitation)).recorded(productBailiwick, serviceBailiwick, "RejectInvitation", iam.ResourceUser),

		line("GET /bailiwick/v1/login-policy", "GetLoginPolicy", "iam:security_settings:read", tenantCaller, handle((*api).getLoginPolicy)),
		line("PATCH /bailiwick/v1/login-policy", "UpdateLoginPolicy", "iam:security_settings:write", tenantCaller, handle((*api).updateLoginPolicy)).recorded(productBailiwick, serviceBailiwick, "UpdateLoginPolicy", iam.ResourceOrganization),

		line("POST /bailiwick/v1/organizations", "CreateOrganization", "account:organization:create", tenantNone, handle((*api).createOrganization)).taking(accessOperator).recorded(productBailiwick, serviceBailiwick, "CreateOrganization", iam.ResourceOrganization),
		line("GET /bailiwick/v1/organizations", "ListOrganizations", "account:organization:read", tenantNone, handle((*api).listOrganizations)).taking(accessOperator),
		line("GET /bailiwick/v1/organizations/{organization_id}", "OperatorGetOrganization", "account:organization:read", tenantPath, handle((*api).operatorGetOrganization)).taking(accessOperator),
		line("DELETE /bailiwick/v1/organizations/{organization_id}", "CloseOrganization", "account:organization:close", tenantPath, handleVoid((*api).closeOrganization)).taking(accessEither).recorded(productBailiwick, serviceBailiwick, "CloseOrganization", iam.ResourceOrganization),
		line("POST /bailiwick/v1/organizations/{organization_id}/erase-user", "EraseUser", "account:organization:close", tenantPath, handleVoid((*api).eraseUser)).taking(accessOperator).recorded(productBailiwick, serviceBailiwick, "EraseUser", iam.ResourceUser),
		line("GET /bailiwick/v1/catalog", "GetCatalog", anyCaller, tenantNone, handle((*api).getCatalog)).taking(accessEither),

		line("POST /access/v1/evaluation", "Evaluate", "bailiwick:decision:evaluate", tenantObject, handle((*api).evaluate)).taking(accessEither).speakingAuthZEN(),
		line("POST /access/v1/evaluations", "Evaluations", "bailiwick:decision:evaluate", tenantObject, handle((*api).evaluations)).taking(accessEither).speakingAuthZEN(),
		line("POST /access/v1/search/subject", "SearchSubjects", "bailiwick:decision:search", tenantObject, handle((*api).searchSubjects)).taking(accessEither).speakingAuthZEN(),
		line("POST /access/v1/search/action", "SearchActions", "bailiwick:decision:search", tenantObject, handle((*api).searchActions)).taking(accessEither).speakingAuthZEN(),
		line("POST /access/v1/search/resource", "SearchResources", "bailiwick:decision:search", tenantObject, handle((*api).searchResources)).taking(accessEither).speakingAuthZEN(),
		line("GET /.well-known/authzen-configuration", "GetDecisionPoint", anyCaller, tenantNone, handle((*api).getDecisionPoint)).taking(accessAnonymous),
		line("GET /.well-known/authzen-configuration/{organization_id}", "GetOrganizationDecisionPoint", anyCaller, tenantPath, handle((*api).getOrganizationDecisionPoint)).taking(accessAnonymous),

		line("GET /bailiwick/v1/alert-delivery", "GetAlertDelivery", "audit_trail:alert_rule:write", tenantQuery, handle((*api).getAlertDelivery)),
		line("PUT /bailiwick/v1/alert-delivery", "SetAlertDelivery", "audit_trail:alert_rule:write", tenantBody, handle((*api).setAlertDelivery)).recorded(productBailiwick, serviceBailiwick, "SetAlertDelivery", iam.ResourceAlertRule),

		line("PUT /bailiwick/v1/resources", "PutResources", "bailiwick:resource:write", tenantBody, handleVoid((*api).putResources)).recorded(productBailiwick, serviceBailiwick, "PutResources", iam.ResourceOther),
		line("GET /bailiwick/v1/resources", "ListResources", "bailiwick:resource:list", tenantQuery, handle((*api).listResources)),
		line("DELETE /bailiwick/v1/resources/{type}/{resource_id}", "DeleteResource", "bailiwick:resource:delete", tenantObject, handleVoid((*api).deleteResource)).recorded(productBailiwick, serviceBailiwick, "DeleteResource", iam.ResourceOther),

		line("POST /bailiwick/v1/conditions/check", "CheckCondition", "bailiwick:decision:explain", tenantNone, handle((*api).checkCondition)).taking(accessEither),
		line("POST /bailiwick/v1/explain", "Explain", "bailiwick:decision:explain", tenantObject, handle((*api).explain)).taking(accessEither),
		line("POST /bailiwick/v1/who-can", "WhoCan", "bailiwick:decision:search", tenantBody, handle((*api).whoCan)).taking(accessEither),
		line("POST /bailiwick/v1/what-can", "WhatCan", "bailiwick:decision:search", tenantBody, handle((*api).whatCan)).taking(accessEither),
	}
}
