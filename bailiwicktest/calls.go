package bailiwicktest

import (
	"bailiwick/authority"
	"bailiwick/catalog"
	"bailiwick/iam"
)

// Each method calls the use case of its name as the runner's caller, and returns what the
// authority returns.

func (r *Runner) ListProjects(f iam.ProjectFilter) ([]iam.Project, int, error) {
	return r.authority.ListProjects(r.ctx(), r.Call("ListProjects"), f)
}

func (r *Runner) GetProject(id iam.ProjectID) (iam.Project, error) {
	return r.authority.GetProject(r.ctx(), r.Call("GetProject"), id)
}

func (r *Runner) CreateProject(n iam.NewProject) (iam.Project, error) {
	return r.authority.CreateProject(r.ctx(), r.Call("CreateProject"), n)
}

func (r *Runner) UpdateProject(id iam.ProjectID, u iam.ProjectUpdate) (iam.Project, error) {
	return r.authority.UpdateProject(r.ctx(), r.Call("UpdateProject"), id, u)
}

func (r *Runner) DeleteProject(id iam.ProjectID) error {
	return r.authority.DeleteProject(r.ctx(), r.Call("DeleteProject"), id)
}

func (r *Runner) ListUsers(f iam.UserFilter) ([]iam.User, int, error) {
	return r.authority.ListUsers(r.ctx(), r.Call("ListUsers"), f)
}

func (r *Runner) GetUser(id iam.UserID) (iam.User, error) {
	return r.authority.GetUser(r.ctx(), r.Call("GetUser"), id)
}

func (r *Runner) CreateUser(n iam.NewMember) (iam.User, error) {
	return r.authority.CreateUser(r.ctx(), r.Call("CreateUser"), n)
}

// InviteGuest is CreateUser with an e-mail address in place of a member.
func (r *Runner) InviteGuest(n iam.NewGuest) (iam.User, error) {
	return r.authority.InviteGuest(r.ctx(), r.Call("CreateUser"), n)
}

func (r *Runner) ListInvitations() ([]iam.Invitation, error) {
	return r.authority.ListInvitations(r.ctx(), r.Call("ListInvitations"))
}

func (r *Runner) AcceptInvitation(answer authority.InvitationAnswer) (iam.User, error) {
	return r.authority.AcceptInvitation(r.ctx(), r.Call("AcceptInvitation"), answer)
}

func (r *Runner) RejectInvitation(answer authority.InvitationAnswer) error {
	return r.authority.RejectInvitation(r.ctx(), r.Call("RejectInvitation"), answer)
}

func (r *Runner) UpdateUser(id iam.UserID, u iam.UserUpdate) (iam.User, error) {
	return r.authority.UpdateUser(r.ctx(), r.Call("UpdateUser"), id, u)
}

func (r *Runner) UpdateUserUsername(id iam.UserID, username string) (iam.User, error) {
	return r.authority.UpdateUserUsername(r.ctx(), r.Call("UpdateUserUsername"), id, username)
}

func (r *Runner) UpdateUserPassword(id iam.UserID, password string) (iam.User, error) {
	return r.authority.UpdateUserPassword(r.ctx(), r.Call("UpdateUserPassword"), id, password)
}

func (r *Runner) LockUser(id iam.UserID) (iam.User, error) {
	return r.authority.LockUser(r.ctx(), r.Call("LockUser"), id)
}

func (r *Runner) UnlockUser(id iam.UserID) (iam.User, error) {
	return r.authority.UnlockUser(r.ctx(), r.Call("UnlockUser"), id)
}

func (r *Runner) DeleteUser(id iam.UserID) error {
	return r.authority.DeleteUser(r.ctx(), r.Call("DeleteUser"), id)
}

func (r *Runner) ListApplications(f iam.ApplicationFilter) ([]iam.Application, int, error) {
	return r.authority.ListApplications(r.ctx(), r.Call("ListApplications"), f)
}

func (r *Runner) GetApplication(id iam.ApplicationID) (iam.Application, error) {
	return r.authority.GetApplication(r.ctx(), r.Call("GetApplication"), id)
}

func (r *Runner) CreateApplication(n iam.NewApplication) (iam.Application, error) {
	return r.authority.CreateApplication(r.ctx(), r.Call("CreateApplication"), n)
}

func (r *Runner) UpdateApplication(id iam.ApplicationID, u iam.ApplicationUpdate) (iam.Application, error) {
	return r.authority.UpdateApplication(r.ctx(), r.Call("UpdateApplication"), id, u)
}

func (r *Runner) DeleteApplication(id iam.ApplicationID) error {
	return r.authority.DeleteApplication(r.ctx(), r.Call("DeleteApplication"), id)
}

func (r *Runner) ListGroups(f iam.GroupFilter) ([]iam.Group, int, error) {
	return r.authority.ListGroups(r.ctx(), r.Call("ListGroups"), f)
}

func (r *Runner) GetGroup(id iam.GroupID) (iam.Group, error) {
	return r.authority.GetGroup(r.ctx(), r.Call("GetGroup"), id)
}

func (r *Runner) CreateGroup(n iam.NewGroup) (iam.Group, error) {
	return r.authority.CreateGroup(r.ctx(), r.Call("CreateGroup"), n)
}

func (r *Runner) UpdateGroup(id iam.GroupID, u iam.GroupUpdate) (iam.Group, error) {
	return r.authority.UpdateGroup(r.ctx(), r.Call("UpdateGroup"), id, u)
}

func (r *Runner) DeleteGroup(id iam.GroupID) error {
	return r.authority.DeleteGroup(r.ctx(), r.Call("DeleteGroup"), id)
}

func (r *Runner) SetGroupMembers(id iam.GroupID, m iam.Members) (iam.Group, error) {
	return r.authority.SetGroupMembers(r.ctx(), r.Call("SetGroupMembers"), id, m)
}

func (r *Runner) AddGroupMember(id iam.GroupID, p iam.Principal) (iam.Group, error) {
	return r.authority.AddGroupMember(r.ctx(), r.Call("AddGroupMember"), id, p)
}

func (r *Runner) AddGroupMembers(id iam.GroupID, m iam.Members) (iam.Group, error) {
	return r.authority.AddGroupMembers(r.ctx(), r.Call("AddGroupMembers"), id, m)
}

func (r *Runner) RemoveGroupMember(id iam.GroupID, p iam.Principal) (iam.Group, error) {
	return r.authority.RemoveGroupMember(r.ctx(), r.Call("RemoveGroupMember"), id, p)
}

func (r *Runner) ListPolicies(f iam.PolicyFilter) ([]iam.Policy, int, error) {
	return r.authority.ListPolicies(r.ctx(), r.Call("ListPolicies"), f)
}

func (r *Runner) GetPolicy(id iam.PolicyID) (iam.Policy, error) {
	return r.authority.GetPolicy(r.ctx(), r.Call("GetPolicy"), id)
}

func (r *Runner) CreatePolicy(n iam.NewPolicy) (iam.Policy, error) {
	return r.authority.CreatePolicy(r.ctx(), r.Call("CreatePolicy"), n)
}

func (r *Runner) UpdatePolicy(id iam.PolicyID, u iam.PolicyUpdate) (iam.Policy, error) {
	return r.authority.UpdatePolicy(r.ctx(), r.Call("UpdatePolicy"), id, u)
}

func (r *Runner) DeletePolicy(id iam.PolicyID) error {
	return r.authority.DeletePolicy(r.ctx(), r.Call("DeletePolicy"), id)
}

func (r *Runner) ClonePolicy(id iam.PolicyID) (iam.Policy, error) {
	return r.authority.ClonePolicy(r.ctx(), r.Call("ClonePolicy"), id)
}

func (r *Runner) SetRules(id iam.PolicyID, rules []iam.RuleSpec) ([]iam.Rule, error) {
	return r.authority.SetRules(r.ctx(), r.Call("SetRules"), id, rules)
}

func (r *Runner) ListRules(id iam.PolicyID, page iam.Page) ([]iam.Rule, int, error) {
	return r.authority.ListRules(r.ctx(), r.Call("ListRules"), id, page)
}

func (r *Runner) ListPermissionSets(o iam.OrganizationID, order iam.Order, page iam.Page) ([]*catalog.Set, int, error) {
	return r.authority.ListPermissionSets(r.ctx(), r.Call("ListPermissionSets"), o, order, page)
}

func (r *Runner) ListAPIKeys(f iam.APIKeyFilter) ([]iam.APIKey, int, error) {
	return r.authority.ListAPIKeys(r.ctx(), r.Call("ListAPIKeys"), f)
}

// ListLastUses returns a page of last uses. What was used a moment ago is stored first.
func (r *Runner) ListLastUses(f iam.LastUseFilter) ([]iam.LastUse, int, error) {
	check(r.t, r.authority.StoreUses(r.ctx()))
	return r.authority.ListLastUses(r.ctx(), r.Call("ListLastUses"), f)
}

func (r *Runner) GetAPIKey(key iam.AccessKey) (iam.APIKey, error) {
	return r.authority.GetAPIKey(r.ctx(), r.Call("GetAPIKey"), key)
}

func (r *Runner) CreateAPIKey(n iam.NewAPIKey) (authority.CreatedAPIKey, error) {
	return r.authority.CreateAPIKey(r.ctx(), r.Call("CreateAPIKey"), n)
}

func (r *Runner) UpdateAPIKey(key iam.AccessKey, u iam.APIKeyUpdate) (iam.APIKey, error) {
	return r.authority.UpdateAPIKey(r.ctx(), r.Call("UpdateAPIKey"), key, u)
}

func (r *Runner) DeleteAPIKey(key iam.AccessKey) error {
	return r.authority.DeleteAPIKey(r.ctx(), r.Call("DeleteAPIKey"), key)
}

func (r *Runner) ListSSHKeys(f iam.SSHKeyFilter) ([]iam.SSHKey, int, error) {
	return r.authority.ListSSHKeys(r.ctx(), r.Call("ListSSHKeys"), f)
}

func (r *Runner) GetSSHKey(id iam.SSHKeyID) (iam.SSHKey, error) {
	return r.authority.GetSSHKey(r.ctx(), r.Call("GetSSHKey"), id)
}

func (r *Runner) CreateSSHKey(n iam.NewSSHKey) (iam.SSHKey, error) {
	return r.authority.CreateSSHKey(r.ctx(), r.Call("CreateSSHKey"), n)
}

func (r *Runner) UpdateSSHKey(id iam.SSHKeyID, u iam.SSHKeyUpdate) (iam.SSHKey, error) {
	return r.authority.UpdateSSHKey(r.ctx(), r.Call("UpdateSSHKey"), id, u)
}

func (r *Runner) DeleteSSHKey(id iam.SSHKeyID) error {
	return r.authority.DeleteSSHKey(r.ctx(), r.Call("DeleteSSHKey"), id)
}

func (r *Runner) ListQuota(o iam.OrganizationID, names []string, order iam.Order, page iam.Page) ([]iam.Quota, int, error) {
	return r.authority.ListQuota(r.ctx(), r.Call("ListQuota"), o, names, order, page)
}

func (r *Runner) GetQuotum(o iam.OrganizationID, name string) (iam.Quota, error) {
	return r.authority.GetQuotum(r.ctx(), r.Call("GetQuotum"), o, name)
}

func (r *Runner) ListLogs(f iam.LogFilter) ([]iam.Log, int, error) {
	return r.authority.ListLogs(r.ctx(), r.Call("ListLogs"), f)
}

func (r *Runner) GetLog(id iam.LogID) (iam.Log, error) {
	return r.authority.GetLog(r.ctx(), r.Call("GetLog"), id)
}

func (r *Runner) ListEvents(f iam.EventFilter, pageToken string) ([]iam.Event, string, error) {
	return r.authority.ListEvents(r.ctx(), r.Call("ListEvents"), f, pageToken)
}

func (r *Runner) ListSystemEvents(f iam.SystemEventFilter, pageToken string) ([]iam.SystemEvent, string, error) {
	return r.authority.ListSystemEvents(r.ctx(), r.Call("ListSystemEvents"), f, pageToken)
}

func (r *Runner) ListCombinedEvents(f iam.CombinedEventFilter, pageToken string) ([]iam.CombinedEvent, string, error) {
	return r.authority.ListCombinedEvents(r.ctx(), r.Call("ListCombinedEvents"), f, pageToken)
}

func (r *Runner) GetOrganization(id iam.OrganizationID) (iam.Organization, error) {
	return r.authority.GetOrganization(r.ctx(), r.Call("GetOrganization"), id)
}

func (r *Runner) SetOrganizationAlias(id iam.OrganizationID, alias string) (iam.Organization, error) {
	return r.authority.SetOrganizationAlias(r.ctx(), r.Call("SetOrganizationAlias"), id, alias)
}

func (r *Runner) UpdateOrganizationLoginMethods(id iam.OrganizationID, u iam.LoginMethodsUpdate) (iam.Organization, error) {
	return r.authority.UpdateOrganizationLoginMethods(r.ctx(), r.Call("UpdateOrganizationLoginMethods"), id, u)
}

func (r *Runner) GetOrganizationSecuritySettings(id iam.OrganizationID) (iam.SecuritySettings, error) {
	return r.authority.GetOrganizationSecuritySettings(r.ctx(), r.Call("GetOrganizationSecuritySettings"), id)
}

func (r *Runner) UpdateOrganizationSecuritySettings(id iam.OrganizationID, u iam.SecuritySettingsUpdate) (iam.SecuritySettings, error) {
	return r.authority.UpdateOrganizationSecuritySettings(r.ctx(), r.Call("UpdateOrganizationSecuritySettings"), id, u)
}

func (r *Runner) CheckPermissions(checks []authority.PermissionCheck) ([]bool, error) {
	return r.authority.CheckPermissions(r.ctx(), r.Call("CheckPermissions"), checks)
}

func (r *Runner) Evaluate(q authority.Question) (authority.Answer, error) {
	return r.authority.Evaluate(r.ctx(), r.Call("Evaluate"), q)
}

func (r *Runner) Evaluations(batch []authority.Asked, semantic authority.Semantic) ([]authority.Answer, error) {
	return r.authority.Evaluations(r.ctx(), r.Call("Evaluations"), &authority.Batch{Asked: batch}, semantic)
}

func (r *Runner) SearchSubjects(q authority.Question, page authority.SearchPage) (authority.Found[iam.Principal], error) {
	return r.authority.SearchSubjects(r.ctx(), r.Call("SearchSubjects"), q, page)
}

func (r *Runner) SearchActions(q authority.Question, page authority.SearchPage) (authority.Found[string], error) {
	return r.authority.SearchActions(r.ctx(), r.Call("SearchActions"), q, page)
}

func (r *Runner) WhoCan(q authority.WhoQuestion) (authority.WhoAnswer, error) {
	return r.authority.WhoCan(r.ctx(), r.Call("WhoCan"), q)
}

// ListPrincipalPermissionSets returns a page of the permission sets of a principal.
func (r *Runner) ListPrincipalPermissionSets(id string, page iam.Page) ([]authority.PrincipalSet, int, error) {
	return r.authority.ListPrincipalPermissionSets(r.ctx(), r.Call("ListPrincipalPermissionSets"), id, page)
}

func (r *Runner) WhatCan(o iam.OrganizationID, p iam.Principal) (authority.WhatAnswer, error) {
	return r.authority.WhatCan(r.ctx(), r.Call("WhatCan"), o, p)
}

func (r *Runner) Explain(q authority.Question) (authority.Explanation, error) {
	return r.authority.Explain(r.ctx(), r.Call("Explain"), q)
}

func (r *Runner) CreateOrganization(n iam.NewOrganization) (authority.CreatedOrganization, error) {
	return r.authority.CreateOrganization(r.ctx(), r.Call("CreateOrganization"), n)
}

func (r *Runner) ListOrganizations(page iam.Page) ([]iam.Organization, int, error) {
	return r.authority.ListOrganizations(r.ctx(), r.Call("ListOrganizations"), page)
}

func (r *Runner) OperatorGetOrganization(id iam.OrganizationID) (iam.Organization, error) {
	return r.authority.OperatorGetOrganization(r.ctx(), r.Call("OperatorGetOrganization"), id)
}

func (r *Runner) CloseOrganization(id iam.OrganizationID) (iam.Organization, error) {
	return r.authority.CloseOrganization(r.ctx(), r.Call("CloseOrganization"), id)
}

func (r *Runner) ListAlertRules(f iam.AlertRuleFilter) ([]iam.AlertRule, int, error) {
	return r.authority.ListAlertRules(r.ctx(), r.Call("ListAlertRules"), f)
}

func (r *Runner) EnableAlertRules(region string, ids []iam.AlertRuleID) ([]iam.AlertRule, error) {
	return r.authority.EnableAlertRules(r.ctx(), r.Call("EnableAlertRules"), "", region, ids)
}

func (r *Runner) DisableAlertRules(region string, ids []iam.AlertRuleID) ([]iam.AlertRule, error) {
	return r.authority.DisableAlertRules(r.ctx(), r.Call("DisableAlertRules"), "", region, ids)
}

func (r *Runner) ListCustomAlertRules(f iam.AlertRuleFilter) ([]iam.CustomAlertRule, int, error) {
	return r.authority.ListCustomAlertRules(r.ctx(), r.Call("ListCustomAlertRules"), f)
}

func (r *Runner) CreateCustomAlertRule(n iam.NewCustomAlertRule) (iam.CustomAlertRule, error) {
	return r.authority.CreateCustomAlertRule(r.ctx(), r.Call("CreateCustomAlertRule"), n)
}

func (r *Runner) UpdateCustomAlertRule(region string, id iam.AlertRuleID, u iam.CustomAlertRuleUpdate) (iam.CustomAlertRule, error) {
	return r.authority.UpdateCustomAlertRule(r.ctx(), r.Call("UpdateCustomAlertRule"), region, id, u)
}

func (r *Runner) DeleteCustomAlertRule(region string, id iam.AlertRuleID) error {
	return r.authority.DeleteCustomAlertRule(r.ctx(), r.Call("DeleteCustomAlertRule"), region, id)
}

func (r *Runner) EnableCustomAlertRules(region string, ids []iam.AlertRuleID) ([]iam.CustomAlertRule, error) {
	return r.authority.EnableCustomAlertRules(r.ctx(), r.Call("EnableCustomAlertRules"), "", region, ids)
}

func (r *Runner) DisableCustomAlertRules(region string, ids []iam.AlertRuleID) ([]iam.CustomAlertRule, error) {
	return r.authority.DisableCustomAlertRules(r.ctx(), r.Call("DisableCustomAlertRules"), "", region, ids)
}

func (r *Runner) SetEnabledCustomAlertRules(region string, ids []iam.AlertRuleID) ([]iam.CustomAlertRule, error) {
	return r.authority.SetEnabledCustomAlertRules(r.ctx(), r.Call("SetEnabledCustomAlertRules"), "", region, ids)
}

func (r *Runner) TestCustomAlertRule(region string, c iam.AlertCondition) (bool, error) {
	return r.authority.TestCustomAlertRule(r.ctx(), r.Call("TestCustomAlertRule"), "", region, c)
}

func (r *Runner) SetAlertDelivery(n iam.NewAlertDelivery) (iam.AlertDelivery, string, error) {
	return r.authority.SetAlertDelivery(r.ctx(), r.Call("SetAlertDelivery"), n)
}

func (r *Runner) ListExportJobs(f iam.ExportJobFilter) ([]iam.ExportJob, int, error) {
	return r.authority.ListExportJobs(r.ctx(), r.Call("ListExportJobs"), f)
}

func (r *Runner) CreateExportJob(n iam.NewExportJob) (iam.ExportJob, error) {
	return r.authority.CreateExportJob(r.ctx(), r.Call("CreateExportJob"), n)
}

func (r *Runner) DeleteExportJob(region string, id iam.ExportJobID) error {
	return r.authority.DeleteExportJob(r.ctx(), r.Call("DeleteExportJob"), region, id)
}
