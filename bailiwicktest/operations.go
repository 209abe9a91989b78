package bailiwicktest

import (
	"strings"

	"bailiwick/iam"
)

// operationLines says of every use case what the server's operation table says: name,
// permission and, for those that change something, the type of resource and the method of
// the audit trail where it is not the name.
const operationLines = `
ListProjects                       account:project:list
GetProject                         account:project:read
CreateProject                      account:project:create       account_project
UpdateProject                      account:project:write        account_project
DeleteProject                      account:project:delete       account_project
ListUsers                          iam:user:list
GetUser                            iam:user:read
CreateUser                         iam:user:create              iam_user
UpdateUser                         iam:user:write               iam_user
UpdateUserUsername                 iam:user:update_username     iam_user
UpdateUserPassword                 iam:user:update_password     iam_user
LockUser                           iam:user:lock                iam_user             LockMember
UnlockUser                         iam:user:lock                iam_user             UnlockMember
DeleteUser                         iam:user:delete              iam_user
ListApplications                   iam:application:list
GetApplication                     iam:application:read
CreateApplication                  iam:application:create       iam_application
UpdateApplication                  iam:application:write        iam_application
DeleteApplication                  iam:application:delete       iam_application
ListGroups                         iam:group:list
GetGroup                           iam:group:read
CreateGroup                        iam:group:create             iam_group
UpdateGroup                        iam:group:write              iam_group
DeleteGroup                        iam:group:delete             iam_group
SetGroupMembers                    iam:group:write_members      iam_group
AddGroupMember                     iam:group:write_members      iam_group
AddGroupMembers                    iam:group:write_members      iam_group
RemoveGroupMember                  iam:group:write_members      iam_group
ListPolicies                       iam:policy:list
GetPolicy                          iam:policy:read
CreatePolicy                       iam:policy:create            iam_policy
UpdatePolicy                       iam:policy:write             iam_policy
DeletePolicy                       iam:policy:delete            iam_policy
ClonePolicy                        iam:policy:create            iam_policy
ListRules                          iam:rule:list
SetRules                           iam:rule:write               iam_policy
ListPermissionSets                 iam:permission_set:list
ListAPIKeys                        iam:api_key:list
ListLastUses                       iam:api_key:list
GetAPIKey                          iam:api_key:read
CreateAPIKey                       iam:api_key:create           iam_api_key
UpdateAPIKey                       iam:api_key:write            iam_api_key
DeleteAPIKey                       iam:api_key:delete           iam_api_key
ListSSHKeys                        iam:ssh_key:list
GetSSHKey                          iam:ssh_key:read
CreateSSHKey                       iam:ssh_key:create           iam_ssh_key
UpdateSSHKey                       iam:ssh_key:write            iam_ssh_key
DeleteSSHKey                       iam:ssh_key:delete           iam_ssh_key
ListQuota                          iam:quota:list
GetQuotum                          iam:quota:read
ListLogs                           iam:log:list
GetLog                             iam:log:read
GetOrganization                    iam:organization:read
SetOrganizationAlias               iam:organization:write       account_organization
UpdateOrganizationLoginMethods     iam:organization:write       account_organization
GetOrganizationSecuritySettings    iam:security_settings:read
UpdateOrganizationSecuritySettings iam:security_settings:write  account_organization
CreateUserMFAOTP                   iam:mfa_otp:create           iam_user  CreateMFAOTP
ValidateUserMFAOTP                 iam:mfa_otp:validate         iam_user  ValidateMFAOTP
DeleteUserMFAOTP                   iam:mfa_otp:delete           iam_user  DeleteMFAOTP
GetUserConnections                 iam:connection:list
InitiateUserConnection             iam:connection:initiate             iam_user
JoinUserConnection                 iam:connection:join                 iam_user
RemoveUserConnection               iam:connection:remove               iam_user
StartUserWebAuthnRegistration      iam:webauthn_authenticator:create  iam_user
FinishUserWebAuthnRegistration     iam:webauthn_authenticator:create  iam_user
ListUserWebAuthnAuthenticators     iam:webauthn_authenticator:list
UpdateWebAuthnAuthenticator        iam:webauthn_authenticator:write   iam_user
DeleteWebAuthnAuthenticator        iam:webauthn_authenticator:delete  iam_user
ListGracePeriods                   iam:grace_period:list
ListJWTs                           iam:jwt:list
CreateJWT                          iam:jwt:create               iam_user
GetJWT                             iam:jwt:read
DeleteJWT                          iam:jwt:delete               iam_user
ListAuthenticationEvents           audit_trail:event:list
ListAuditEntries                   audit_trail:event:list
CheckPermissions                   -
ListPrincipalPermissionSets        iam:rule:list
ListEvents                         audit_trail:event:list
ListAlertRules                     audit_trail:alert_rule:list
EnableAlertRules                   audit_trail:alert_rule:write         audit_trail_alert_rule
DisableAlertRules                  audit_trail:alert_rule:write         audit_trail_alert_rule
SetEnabledAlertRules               audit_trail:alert_rule:write         audit_trail_alert_rule
ListCustomAlertRules               audit_trail:custom_alert_rule:list
CreateCustomAlertRule              audit_trail:custom_alert_rule:create audit_trail_custom_alert_rule
UpdateCustomAlertRule              audit_trail:custom_alert_rule:write  audit_trail_custom_alert_rule
DeleteCustomAlertRule              audit_trail:custom_alert_rule:delete audit_trail_custom_alert_rule
EnableCustomAlertRules             audit_trail:custom_alert_rule:write  audit_trail_custom_alert_rule
DisableCustomAlertRules            audit_trail:custom_alert_rule:write  audit_trail_custom_alert_rule
SetEnabledCustomAlertRules         audit_trail:custom_alert_rule:write  audit_trail_custom_alert_rule
TestCustomAlertRule                audit_trail:custom_alert_rule:test
ListExportJobs                     audit_trail:export_job:list
CreateExportJob                    audit_trail:export_job:create        audit_trail_export_job
DeleteExportJob                    audit_trail:export_job:delete        audit_trail_export_job
GetAlertDelivery                   audit_trail:alert_rule:write
SetAlertDelivery                   audit_trail:alert_rule:write         audit_trail_alert_rule
ListSystemEvents                   audit_trail:event:list
ListCombinedEvents                 audit_trail:event:list
GetLastEventsOverview              audit_trail:event:list
Evaluate                           bailiwick:decision:evaluate
Evaluations                        bailiwick:decision:evaluate
SearchSubjects                     bailiwick:decision:search
SearchActions                      bailiwick:decision:search
WhoCan                             bailiwick:decision:search
WhatCan                            bailiwick:decision:search
Explain                            bailiwick:decision:explain
AcceptInvitation                   -                            iam_user
RejectInvitation                   -                            iam_user
ListInvitations                    -
SwitchOrganization                 -
InviteToSignUp                     account:organization:create
CreateOrganization                 account:organization:create  account_organization
ListOrganizations                  account:organization:read
OperatorGetOrganization            account:organization:read
CloseOrganization                  account:organization:close   account_organization
EraseUser                          account:organization:close   iam_user
`

// Operations returns every operation of the authority by name, as the server describes it.
func Operations() map[string]iam.Operation {
	operations := map[string]iam.Operation{}
	for line := range strings.Lines(strings.TrimSpace(operationLines)) {
		f := append(strings.Fields(line), "", "")
		op := iam.Operation{Name: f[0], Permission: strings.TrimPrefix(f[1], "-"), Method: f[3]}
		if op.ResourceType = iam.ResourceType(f[2]); op.ResourceType != "" {
			op.Mutates = true
			op.Product, op.Service = auditIdentity(op)
		}
		if op.Mutates && op.Method == "" {
			op.Method = op.Name
		}
		operations[op.Name] = op
	}
	return operations
}

func auditIdentity(op iam.Operation) (product, service string) {
	switch {
	case strings.HasPrefix(op.Permission, "account:organization:"), strings.HasSuffix(op.Name, "Invitation"):
		return "bailiwick", "bailiwick.v1.Api"
	case strings.HasPrefix(op.Permission, "account:project:"):
		return "account", "scaleway.account.v3.ProjectApi"
	default:
		return "iam", "scaleway.iam.v1alpha1.Api"
	}
}
