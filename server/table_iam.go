package server

import (
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

// Names of the services in the audit trail.
const (
	serviceIAM = "scaleway.iam.v1alpha1.Api"
)

// tableIAM is the published API iam/v1alpha1.
func tableIAM() []operation {
	return []operation{
		line("GET /iam/v1alpha1/ssh-keys", "ListSSHKeys", "iam:ssh_key:list", tenantQuery, handle((*api).listSSHKeys)),
		line("POST /iam/v1alpha1/ssh-keys", "CreateSSHKey", "iam:ssh_key:create", tenantBody, handle((*api).createSSHKey)).recorded(productIAM, serviceIAM, "CreateSSHKey", iam.ResourceSSHKey),
		line("GET /iam/v1alpha1/ssh-keys/{ssh_key_id}", "GetSSHKey", "iam:ssh_key:read", tenantObject, handle((*api).getSSHKey)),
		line("PATCH /iam/v1alpha1/ssh-keys/{ssh_key_id}", "UpdateSSHKey", "iam:ssh_key:write", tenantObject, handle((*api).updateSSHKey)).recorded(productIAM, serviceIAM, "UpdateSSHKey", iam.ResourceSSHKey),
		line("DELETE /iam/v1alpha1/ssh-keys/{ssh_key_id}", "DeleteSSHKey", "iam:ssh_key:delete", tenantObject, handleVoid((*api).deleteSSHKey)).recorded(productIAM, serviceIAM, "DeleteSSHKey", iam.ResourceSSHKey),

		line("GET /iam/v1alpha1/users", "ListUsers", "iam:user:list", tenantQuery, handle((*api).listUsers)),
		line("GET /iam/v1alpha1/users/{user_id}", "GetUser", "iam:user:read", tenantObject, handle((*api).getUser)),
		line("PATCH /iam/v1alpha1/users/{user_id}", "UpdateUser", "iam:user:write", tenantObject, handle((*api).updateUser)).recorded(productIAM, serviceIAM, "UpdateUser", iam.ResourceUser),
		line("DELETE /iam/v1alpha1/users/{user_id}", "DeleteUser", "iam:user:delete", tenantObject, handleVoid((*api).deleteUser)).recorded(productIAM, serviceIAM, "DeleteUser", iam.ResourceUser),
		line("POST /iam/v1alpha1/users", "CreateUser", "iam:user:create", tenantBody, handle((*api).createUser)).recorded(productIAM, serviceIAM, "CreateUser", iam.ResourceUser),
		line("POST /iam/v1alpha1/users/{user_id}/update-username", "UpdateUserUsername", "iam:user:update_username", tenantObject, handle((*api).updateUserUsername)).recorded(productIAM, serviceIAM, "UpdateUserUsername", iam.ResourceUser),
		line("POST /iam/v1alpha1/users/{user_id}/update-password", "UpdateUserPassword", "iam:user:update_password", tenantObject, handle((*api).updateUserPassword)).recorded(productIAM, serviceIAM, "UpdateUserPassword", iam.ResourceUser),
		line("POST /iam/v1alpha1/users/{user_id}/mfa-otp", "CreateUserMFAOTP", "iam:mfa_otp:create", tenantObject, handle((*api).createUserMFAOTP)).recorded(productIAM, serviceIAM, "CreateMFAOTP", iam.ResourceUser),
		line("POST /iam/v1alpha1/users/{user_id}/validate-mfa-otp", "ValidateUserMFAOTP", "iam:mfa_otp:validate", tenantObject, handle((*api).validateUserMFAOTP)).recorded(productIAM, serviceIAM, "ValidateMFAOTP", iam.ResourceUser),
		line("DELETE /iam/v1alpha1/users/{user_id}/mfa-otp", "DeleteUserMFAOTP", "iam:mfa_otp:delete", tenantObject, handleVoid((*api).deleteUserMFAOTP)).recorded(productIAM, serviceIAM, "DeleteMFAOTP", iam.ResourceUser),
		line("POST /iam/v1alpha1/users/{user_id}/lock", "LockUser", "iam:user:lock", tenantObject, handle((*api).lockUser)).recorded(productIAM, serviceIAM, "LockMember", iam.ResourceUser),
		line("POST /iam/v1alpha1/users/{user_id}/unlock", "UnlockUser", "iam:user:lock", tenantObject, handle((*api).unlockUser)).recorded(productIAM, serviceIAM, "UnlockMember", iam.ResourceUser),

		line("GET /iam/v1alpha1/grace-periods", "ListGracePeriods", "iam:grace_period:list", tenantObject, handle((*api).listGracePeriods)),

		line("GET /iam/v1alpha1/users/{user_id}/connections", "GetUserConnections", "iam:connection:list", tenantObject, handle((*api).getUserConnections)),
		line("POST /iam/v1alpha1/users/{user_id}/initiate-connection", "InitiateUserConnection", "iam:connection:initiate", tenantObject, handle((*api).initiateUserConnection)).recorded(productIAM, serviceIAM, "InitiateUserConnection", iam.ResourceUser),
		line("POST /iam/v1alpha1/users/{user_id}/join-connection", "JoinUserConnection", "iam:connection:join", tenantObject, handleVoid((*api).joinUserConnection)).recorded(productIAM, serviceIAM, "JoinUserConnection", iam.ResourceUser),
		line("POST /iam/v1alpha1/users/{user_id}/remove-connection", "RemoveUserConnection", "iam:connection:remove", tenantObject, handleVoid((*api).removeUserConnection)).recorded(productIAM, serviceIAM, "RemoveUserConnection", iam.ResourceUser),

		line("GET /iam/v1alpha1/applications", "ListApplications", "iam:application:list", tenantQuery, handle((*api).listApplications)),
		line("POST /iam/v1alpha1/applications", "CreateApplication", "iam:application:create", tenantBody, handle((*api).createApplication)).recorded(productIAM, serviceIAM, "CreateApplication", iam.ResourceApplication),
		line("GET /iam/v1alpha1/applications/{application_id}", "GetApplication", "iam:application:read", tenantObject, handle((*api).getApplication)),
		line("PATCH /iam/v1alpha1/applications/{application_id}", "UpdateApplication", "iam:application:write", tenantObject, handle((*api).updateApplication)).recorded(productIAM, serviceIAM, "UpdateApplication", iam.ResourceApplication),
		line("DELETE /iam/v1alpha1/applications/{application_id}", "DeleteApplication", "iam:application:delete", tenantObject, handleVoid((*api).deleteApplication)).recorded(productIAM, serviceIAM, "DeleteApplication", iam.ResourceApplication),

		line("GET /iam/v1alpha1/groups", "ListGroups", "iam:group:list", tenantQuery, handle((*api).listGroups)),
		line("POST /iam/v1alpha1/groups", "CreateGroup", "iam:group:create", tenantBody, handle((*api).createGroup)).recorded(productIAM, serviceIAM, "CreateGroup", iam.ResourceGroup),
		line("GET /iam/v1alpha1/groups/{group_id}", "GetGroup", "iam:group:read", tenantObject, handle((*api).getGroup)),
		line("PATCH /iam/v1alpha1/groups/{group_id}", "UpdateGroup", "iam:group:write", tenantObject, handle((*api).updateGroup)).recorded(productIAM, serviceIAM, "UpdateGroup", iam.ResourceGroup),
		line("PUT /iam/v1alpha1/groups/{group_id}/members", "SetGroupMembers", "iam:group:write_members", tenantObject, handle((*api).setGroupMembers)).recorded(productIAM, serviceIAM, "SetGroupMembers", iam.ResourceGroup),
		line("POST /iam/v1alpha1/groups/{group_id}/add-member", "AddGroupMember", "iam:group:write_members", tenantObject, handle((*api).addGroupMember)).recorded(productIAM, serviceIAM, "AddGroupMember", iam.ResourceGroup),
		line("POST /iam/v1alpha1/groups/{group_id}/add-members", "AddGroupMembers", "iam:group:write_members", tenantObject, handle((*api).addGroupMembers)).recorded(productIAM, serviceIAM, "AddGroupMembers", iam.ResourceGroup),
		line("POST /iam/v1alpha1/groups/{group_id}/remove-member", "RemoveGroupMember", "iam:group:write_members", tenantObject, handle((*api).removeGroupMember)).recorded(productIAM, serviceIAM, "RemoveGroupMember", iam.ResourceGroup),
		line("DELETE /iam/v1alpha1/groups/{group_id}", "DeleteGroup", "iam:group:delete", tenantObject, handleVoid((*api).deleteGroup)).recorded(productIAM, serviceIAM, "DeleteGroup", iam.ResourceGroup),

		line("GET /iam/v1alpha1/policies", "ListPolicies", "iam:policy:list", tenantQuery, handle((*api).listPolicies)),
		line("POST /iam/v1alpha1/policies", "CreatePolicy", "iam:policy:create", tenantBody, handleWarned((*api).createPolicy)).recorded(productIAM, serviceIAM, "CreatePolicy", iam.ResourcePolicy),
		line("GET /iam/v1alpha1/policies/{policy_id}", "GetPolicy", "iam:policy:read", tenantObject, handle((*api).getPolicy)),
		line("PATCH /iam/v1alpha1/policies/{policy_id}", "UpdatePolicy", "iam:policy:write", tenantObject, handle((*api).updatePolicy)).recorded(productIAM, serviceIAM, "UpdatePolicy", iam.ResourcePolicy),
		line("DELETE /iam/v1alpha1/policies/{policy_id}", "DeletePolicy", "iam:policy:delete", tenantObject, handleVoid((*api).deletePolicy)).recorded(productIAM, serviceIAM, "DeletePolicy", iam.ResourcePolicy),
		line("POST /iam/v1alpha1/policies/{policy_id}/clone", "ClonePolicy", "iam:policy:create", tenantObject, handle((*api).clonePolicy)).recorded(productIAM, serviceIAM, "ClonePolicy", iam.ResourcePolicy),

		line("PUT /iam/v1alpha1/rules", "SetRules", "iam:rule:write", tenantObject, handleWarned((*api).setRules)).recorded(productIAM, serviceIAM, "SetRules", iam.ResourcePolicy),
		line("GET /iam/v1alpha1/rules", "ListRules", "iam:rule:list", tenantObject, handle((*api).listRules)),

		line("GET /iam/v1alpha1/permission-sets", "ListPermissionSets", "iam:permission_set:list", tenantQuery, handle((*api).listPermissionSets)),

		line("GET /iam/v1alpha1/api-keys", "ListAPIKeys", "iam:api_key:list", tenantQuery, handle((*api).listAPIKeys)),
		line("POST /iam/v1alpha1/api-keys", "CreateAPIKey", "iam:api_key:create", tenantObject, handle((*api).createAPIKey)).recorded(productIAM, serviceIAM, "CreateAPIKey", iam.ResourceAPIKey),
		line("GET /iam/v1alpha1/api-keys/{access_key}", "GetAPIKey", "iam:api_key:read", tenantObject, handle((*api).getAPIKey)),
		line("PATCH /iam/v1alpha1/api-keys/{access_key}", "UpdateAPIKey", "iam:api_key:write", tenantObject, handle((*api).updateAPIKey)).recorded(productIAM, serviceIAM, "UpdateAPIKey", iam.ResourceAPIKey),
		line("DELETE /iam/v1alpha1/api-keys/{access_key}", "DeleteAPIKey", "iam:api_key:delete", tenantObject, handleVoid((*api).deleteAPIKey)).recorded(productIAM, serviceIAM, "DeleteAPIKey", iam.ResourceAPIKey),

		line("GET /iam/v1alpha1/quota", "ListQuota", "iam:quota:list", tenantQuery, handle((*api).listQuota)),
		line("GET /iam/v1alpha1/quota/{quotum_name}", "GetQuotum", "iam:quota:read", tenantQuery, handle((*api).getQuotum)),

		line("GET /iam/v1alpha1/jwts", "ListJWTs", "iam:jwt:list", tenantObject, handle((*api).listJWTs)),
		line("POST /iam/v1alpha1/jwts", "CreateJWT", "iam:jwt:create", tenantObject, handle((*api).createJWT)).recorded(productIAM, serviceIAM, "CreateJWT", iam.ResourceUser),
		line("GET /iam/v1alpha1/jwts/{jti}", "GetJWT", "iam:jwt:read", tenantObject, handle((*api).getJWT)),
		line("DELETE /iam/v1alpha1/jwts/{jti}", "DeleteJWT", "iam:jwt:delete", tenantObject, handleVoid((*api).deleteJWT)).recorded(productIAM, serviceIAM, "DeleteJWT", iam.ResourceUser),

		line("GET /iam/v1alpha1/logs", "ListLogs", "iam:log:list", tenantQuery, handle((*api).listLogs)),
		line("GET /iam/v1alpha1/logs/{log_id}", "GetLog", "iam:log:read", tenantObject, handle((*api).getLog)),

		line("GET /iam/v1alpha1/organizations/{organization_id}/security-settings", "GetOrganizationSecuritySettings", "iam:security_settings:read", tenantPath, handle((*api).getOrganizationSecuritySettings)),
		line("PATCH /iam/v1alpha1/organizations/{organization_id}/security-settings", "UpdateOrganizationSecuritySettings", "iam:security_settings:write", tenantPath, handle((*api).updateOrganizationSecuritySettings)).recorded(productIAM, serviceIAM, "UpdateOrganizationSecuritySettings", iam.ResourceOrganization),
		line("PUT /iam/v1alpha1/organizations/{organization_id}/alias", "SetOrganizationAlias", "iam:organization:write", tenantPath, handle((*api).setOrganizationAlias)).recorded(productIAM, serviceIAM, "SetOrganizationAlias", iam.ResourceOrganization),
		line("GET /iam/v1alpha1/organizations/{organization_id}", "GetOrganization", "iam:organization:read", tenantPath, handle((*api).getOrganization)),
		line("PATCH /iam/v1alpha1/organizations/{organization_id}/login-methods", "UpdateOrganizationLoginMethods", "iam:organization:write", tenantPath, handle((*api).updateOrganizationLoginMethods)).recorded(productIAM, serviceIAM, "UpdateOrganizationLoginMethods", iam.ResourceOrganization),
		line("GET /iam/v1alpha1/organizations/{organization_id}/saml", "GetOrganizationSaml", "iam:saml:read", tenantPath, later[sdk.GetOrganizationSamlRequest, sdk.Saml]()),
		line("POST /iam/v1alpha1/organizations/{organization_id}/saml", "EnableOrganizationSaml", "iam:saml:create", tenantPath, later[sdk.EnableOrganizationSamlRequest, sdk.Saml]()).recorded(productIAM, serviceIAM, "EnableOrganizationSaml", "iam_saml"),

		line("PATCH /iam/v1alpha1/saml/{saml_id}", "UpdateSaml", "iam:saml:write", tenantObject, later[sdk.UpdateSamlRequest, sdk.Saml]()).recorded(productIAM, serviceIAM, "UpdateSaml", "iam_saml"),
		line("DELETE /iam/v1alpha1/saml/{saml_id}", "DeleteSaml", "iam:saml:delete", tenantObject, laterVoid[sdk.DeleteSamlRequest]()).recorded(productIAM, serviceIAM, "DeleteSaml", "iam_saml"),

		line("POST /iam/v1alpha1/parse-saml-metadata", "ParseSamlMetadata", "iam:saml:write", tenantCaller, later[sdk.ParseSamlMetadataRequest, sdk.ParseSamlMetadataResponse]()),

		line("GET /iam/v1alpha1/saml/{saml_id}/certificates", "ListSamlCertificates", "iam:saml_certificate:list", tenantObject, later[sdk.ListSamlCertificatesRequest, sdk.ListSamlCertificatesResponse]()),
		line("POST /iam/v1alpha1/saml/{saml_id}/certificates", "AddSamlCertificate", "iam:saml_certificate:create", tenantObject, later[sdk.AddSamlCertificateRequest, sdk.SamlCertificate]()).recorded(productIAM, serviceIAM, "AddSamlCertificate", "iam_saml_certificate"),

		line("GET /iam/v1alpha1/saml-certificates/{certificate_id}", "GetSamlCertificate", "iam:saml_certificate:read", tenantObject, later[sdk.GetSamlCertificateRequest, sdk.SamlCertificate]()),
		line("DELETE /iam/v1alpha1/saml-certificates/{certificate_id}", "DeleteSamlCertificate", "iam:saml_certificate:delete", tenantObject, laterVoid[sdk.DeleteSamlCertificateRequest]()).recorded(productIAM, serviceIAM, "DeleteSamlCertificate", "iam_saml_certificate"),

		line("GET /iam/v1alpha1/organizations/{organization_id}/scim", "GetOrganizationScim", "iam:scim:read", tenantPath, later[sdk.GetOrganizationScimRequest, sdk.Scim]()),
		line("POST /iam/v1alpha1/organizations/{organization_id}/scim", "EnableOrganizationScim", "iam:scim:create", tenantPath, later[sdk.EnableOrganizationScimRequest, sdk.Scim]()).recorded(productIAM, serviceIAM, "EnableOrganizationScim", "iam_scim"),

		line("DELETE /iam/v1alpha1/scim/{scim_id}", "DeleteScim", "iam:scim:delete", tenantObject, laterVoid[sdk.DeleteScimRequest]()).recorded(productIAM, serviceIAM, "DeleteScim", "iam_scim"),
		line("GET /iam/v1alpha1/scim/{scim_id}/tokens", "ListScimTokens", "iam:scim_token:list", tenantObject, later[sdk.ListScimTokensRequest, sdk.ListScimTokensResponse]()),
		line("POST /iam/v1alpha1/scim/{scim_id}/tokens", "CreateScimToken", "iam:scim_token:create", tenantObject, later[sdk.CreateScimTokenRequest, sdk.CreateScimTokenResponse]()).recorded(productIAM, serviceIAM, "CreateScimToken", "iam_scim_token"),

		line("DELETE /iam/v1alpha1/scim-tokens/{token_id}", "DeleteScimToken", "iam:scim_token:delete", tenantObject, laterVoid[sdk.DeleteScimTokenRequest]()).recorded(productIAM, serviceIAM, "DeleteScimToken", "iam_scim_token"),

		line("POST /iam/v1alpha1/users/{user_id}/start-webauthn-registration", "StartUserWebAuthnRegistration", "iam:webauthn_authenticator:create", tenantObject, handle((*api).startUserWebAuthnRegistration)).recorded(productIAM, serviceIAM, "StartUserWebAuthnRegistration", iam.ResourceUser),
		line("POST /iam/v1alpha1/users/{user_id}/finish-webauthn-registration", "FinishUserWebAuthnRegistration", "iam:webauthn_authenticator:create", tenantObject, handle((*api).finishUserWebAuthnRegistration)).recorded(productIAM, serviceIAM, "FinishUserWebAuthnRegistration", iam.ResourceUser),
		line("GET /iam/v1alpha1/users/{user_id}/webauthn-authenticators", "ListUserWebAuthnAuthenticators", "iam:webauthn_authenticator:list", tenantObject, handle((*api).listUserWebAuthnAuthenticators)),

		line("PATCH /iam/v1alpha1/webauthn-authenticator/{authenticator_id}", "UpdateWebAuthnAuthenticator", "iam:webauthn_authenticator:write", tenantObject, handle((*api).updateWebAuthnAuthenticator)).recorded(productIAM, serviceIAM, "UpdateWebAuthnAuthenticator", iam.ResourceUser),
		line("DELETE /iam/v1alpha1/webauthn-authenticator/{authenticator_id}", "DeleteWebAuthnAuthenticator", "iam:webauthn_authenticator:delete", tenantObject, handleVoid((*api).deleteWebAuthnAuthenticator)).recorded(productIAM, serviceIAM, "DeleteWebAuthnAuthenticator", iam.ResourceUser),

		line("GET /iam/v1alpha1/scim-tokens/{scim_token_id}", "GetScimToken", "iam:scim_token:read", tenantObject, later[sdk.GetScimTokenRequest, sdk.ScimToken]()),
	}
}
