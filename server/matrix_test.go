package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"bailiwick/iam"
	"bailiwick/server"
)

// row is what the matrix needs to know of an operation beside its line in the table: how to
// ask for an object, and where it differs from the rule. An operation of the table without
// a row fails the test, so that no operation can be added without an expectation.
type row struct {
	// noun is the kind of object that the operation is about.
	noun string
	// query and body ask for the object: %s is its id, %u a text that is used once.
	query, body string
	// named is true when the id names an organization in query or body: another one is
	// denied (403), not unknown (404).
	named bool
	// member is what a member without policy gets for its own organization's object, if the
	// self layer lets it do more than nothing.
	member int
	// immortal objects cannot be deleted, so there is no deleted one.
	immortal bool
	// bare operations take no object.
	bare bool
	// leaves is true for the operation that takes a member out of the object.
	leaves bool
	// self operations are for the user that the request names, and nobody else.
	self bool
	// account operations are for owners, whose account lives beside their organization.
	account bool
	// ends is true for the operation that ends the organization of the matrix: its success is
	// tested elsewhere.
	ends bool
	// done is the status of success where the object, as the matrix makes it, cannot give one.
	done int
}

var rows = map[string]row{
	"ListSSHKeys":  {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"CreateSSHKey": {noun: "project", body: `{"project_id":"%s","name":"%u","public_key":"` + publicKey + `"}`},
	"GetSSHKey":    {noun: "ssh_key"},
	"UpdateSSHKey": {noun: "ssh_key", body: `{"name":"%u"}`},
	"DeleteSSHKey": {noun: "ssh_key"},

	"ListUsers":          {noun: "organization", query: "organization_id=%s", named: true, immortal: true, member: 200},
	"GetUser":            {noun: "user"},
	"UpdateUser":         {noun: "user", body: `{"first_name":"%u"}`},
	"DeleteUser":         {noun: "user"},
	"CreateUser":         {noun: "organization", body: `{"organization_id":"%s","member":{"username":"%u","email":"%u@example.com"}}`, named: true, immortal: true},
	"UpdateUserUsername": {noun: "user", body: `{"username":"%u"}`},
	"UpdateUserPassword": {noun: "user", body: `{"password":"a password of some length"}`},
	"LockUser":           {noun: "user", body: `{}`},
	"UnlockUser":         {noun: "user", body: `{}`},

	"CreateUserMFAOTP":   {noun: "user", self: true},
	"ValidateUserMFAOTP": {noun: "user", self: true, body: `{"one_time_password":"123456"}`},
	"DeleteUserMFAOTP":   {noun: "user", done: 404}, // there is none
	"ListGracePeriods":   {noun: "user", query: "user_id=%s"},
	"ListJWTs":           {bare: true, member: 200},
	"CreateJWT":          {noun: "user", self: true, body: `{"user_id":"%s"}`},
	"GetJWT":             {noun: "session"},
	"DeleteJWT":          {noun: "session"},

	"StartUserWebAuthnRegistration":  {noun: "user", self: true},
	"FinishUserWebAuthnRegistration": {noun: "user", self: true, body: `{"ceremony_id":"%u","authenticator_name":"%u"}`},
	"ListUserWebAuthnAuthenticators": {noun: "user"},
	"UpdateWebAuthnAuthenticator":    {noun: "passkey", self: true, body: `{"authenticator_name":"%u"}`},
	"DeleteWebAuthnAuthenticator":    {noun: "passkey"},

	"GetUserConnections":     {noun: "user", self: true},
	"InitiateUserConnection": {noun: "user", self: true, body: `{}`},
	"JoinUserConnection":     {noun: "user", self: true, body: `{"token":"%u"}`},
	"RemoveUserConnection":   {noun: "user", self: true, body: `{"target_user_id":"%o"}`},

	"LoginPasskeyStart":   {bare: true, body: `{}`},
	"LoginPasskey":        {bare: true, body: `{"ceremony_id":"%u","credential":{}}`, done: 400},
	"LoginPassword":       {bare: true, body: `{"organization":"nobody","username":"%u","password":"x"}`, done: 401},
	"LoginTOTP":           {bare: true, body: `{"login_id":"%u","code":"123456"}`, done: 401},
	"LoginRecoveryCode":   {bare: true, body: `{"login_id":"%u","code":"123456"}`, done: 401},
	"LoginNewPassword":    {bare: true, body: `{"login_id":"%u","password":"123456"}`, done: 401},
	"LoginMagicCodeStart": {bare: true, body: `{"organization":"nobody","username":"%u"}`},
	"LoginMagicCode":      {bare: true, body: `{"login_id":"%u","code":"123456"}`, done: 401},
	"LoginResetStart":     {bare: true, body: `{"email":"%u@example.com"}`},
	"LoginReset":          {bare: true, body: `{"token":"%u","password":"123456"}`, done: 401},
	"LoginRenew":          {bare: true, body: `{"renew_token":"%u"}`, done: 401},
	"ListLoginMethods":    {bare: true},
	"GetJWKS":             {bare: true},
	"GetAuditKeys":        {bare: true},

	"SignUp":         {bare: true, body: `{"email":"%u@example.com","password":"a password of some length","name":"%u"}`, done: 403}, // it is closed
	"ConfirmSignUp":  {bare: true, body: `{"token":"%u","password":"a password of some length"}`, done: 401},
	"InviteToSignUp": {bare: true, body: `{"email":"%u@example.com"}`, done: 412},

	"LoginSwitch":      {bare: true, body: `{"organization_id":"%o"}`, done: 404},
	"ListInvitations":  {bare: true, account: true},
	"AcceptInvitation": {bare: true, account: true, body: `{"token":"%u"}`, done: 400},
	"RejectInvitation": {bare: true, account: true, body: `{"token":"%u"}`, done: 400},

	"ListApplications":  {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"CreateApplication": {noun: "organization", body: `{"organization_id":"%s","name":"%u"}`, named: true, immortal: true},
	"GetApplication":    {noun: "application"},
	"UpdateApplication": {noun: "application", body: `{"description":"%u"}`},
	"DeleteApplication": {noun: "application"},

	"ListGroups":        {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"CreateGroup":       {noun: "organization", body: `{"organization_id":"%s","name":"%u"}`, named: true, immortal: true},
	"GetGroup":          {noun: "group"},
	"UpdateGroup":       {noun: "group", body: `{"description":"%u"}`},
	"SetGroupMembers":   {noun: "group", body: `{"user_ids":[],"application_ids":[]}`},
	"AddGroupMember":    {noun: "group", body: `{"user_id":"%o"}`},
	"AddGroupMembers":   {noun: "group", body: `{"user_ids":["%o"],"application_ids":[]}`},
	"RemoveGroupMember": {noun: "group", body: `{"user_id":"%o"}`, leaves: true},
	"DeleteGroup":       {noun: "group"},

	"ListPolicies":       {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"CreatePolicy":       {noun: "organization", body: `{"organization_id":"%s","name":"%u","no_principal":true}`, named: true, immortal: true},
	"GetPolicy":          {noun: "policy"},
	"UpdatePolicy":       {noun: "policy", body: `{"description":"%u"}`},
	"DeletePolicy":       {noun: "policy"},
	"ClonePolicy":        {noun: "policy", body: `{}`},
	"SetRules":           {noun: "policy", body: `{"policy_id":"%s","rules":[]}`},
	"ListRules":          {noun: "policy", query: "policy_id=%s"},
	"ListPermissionSets": {noun: "organization", query: "organization_id=%s", named: true, immortal: true},

	"ListAPIKeys":  {noun: "organization", query: "organization_id=%s", named: true, immortal: true, member: 200},
	"CreateAPIKey": {noun: "application", body: `{"application_id":"%s"}`},
	"GetAPIKey":    {noun: "api_key"},
	"UpdateAPIKey": {noun: "api_key", body: `{"description":"%u"}`},
	"DeleteAPIKey": {noun: "api_key"},

	"ListQuota": {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"GetQuotum": {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"ListLogs":  {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"GetLog":    {noun: "log", immortal: true},

	"GetOrganizationSecuritySettings":    {noun: "organization", immortal: true},
	"UpdateOrganizationSecuritySettings": {noun: "organization", immortal: true, body: `{"login_attempts_before_locked":7}`},
	"SetOrganizationAlias":               {noun: "organization", immortal: true, body: `{"alias":"matrix%k"}`},
	"GetOrganization":                    {noun: "organization", immortal: true, member: 200},
	"UpdateOrganizationLoginMethods":     {noun: "organization", immortal: true, body: `{"login_oauth2_enabled":false}`},

	"SearchUsers":        {noun: "organization", query: "organization_id=%s", named: true, immortal: true, member: 200},
	"SearchApplications": {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"SearchGroups":       {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"SearchPolicies":     {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"SearchProjects":     {noun: "organization", query: "organization_id=%s", named: true, immortal: true, member: 200},
	"SearchSSHKeys":      {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"SearchAPIKeys":      {noun: "organization", query: "organization_id=%s", named: true, immortal: true, member: 200},

	"ListLastUses": {noun: "organization", query: "organization_id=%s", named: true, immortal: true, member: 200},

	"GetLoginPolicy":    {bare: true},
	"UpdateLoginPolicy": {bare: true, body: `{"mfa_required":false}`},

	"ListPrincipalPermissionSets": {noun: "application"},

	"CheckPermissions":   {bare: true, body: `{"permissions":[]}`},
	"SearchOrganization": {bare: true, query: "organization_alias=nobody", done: 404},
	"GetAPIMetadata":     {bare: true},
	"GetCatalog":         {bare: true},

	"CreateProject": {noun: "organization", body: `{"organization_id":"%s","name":"%u"}`, named: true, immortal: true},
	"ListProjects":  {noun: "organization", query: "organization_id=%s", named: true, immortal: true, member: 200},
	"GetProject":    {noun: "project", member: 200},
	"UpdateProject": {noun: "project", body: `{"description":"%u"}`},
	"DeleteProject": {noun: "project"},

	"ListEvents":            {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"ListSystemEvents":      {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"ListCombinedEvents":    {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"GetLastEventsOverview": {noun: "organization", query: "organization_id=%s", named: true, immortal: true},

	"ListAuditEntries":         {noun: "organization", query: "organization_id=%s&chain=events", named: true, immortal: true},
	"ListAuthenticationEvents": {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"ListAlertRules":           {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"EnableAlertRules":         {noun: "organization", body: `{"organization_id":"%s","alert_rule_ids":[]}`, named: true, immortal: true},
	"DisableAlertRules":        {noun: "organization", body: `{"organization_id":"%s","alert_rule_ids":[]}`, named: true, immortal: true},
	"SetEnabledAlertRules":     {noun: "organization", body: `{"organization_id":"%s","enabled_alert_rule_ids":[]}`, named: true, immortal: true},
	"GetAlertDelivery":         {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"SetAlertDelivery":         {noun: "organization", body: `{"organization_id":"%s","emails":["a@example.com"]}`, named: true, immortal: true},

	"ListCustomAlertRules":       {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"CreateCustomAlertRule":      {noun: "organization", body: `{"organization_id":"%s","name":"%u","query":"status == 403","occurrences":1}`, named: true, immortal: true},
	"UpdateCustomAlertRule":      {noun: "custom_alert_rule", body: `{"description":"%u"}`},
	"DeleteCustomAlertRule":      {noun: "custom_alert_rule"},
	"EnableCustomAlertRules":     {noun: "organization", body: `{"organization_id":"%s","custom_alert_rule_ids":[]}`, named: true, immortal: true},
	"DisableCustomAlertRules":    {noun: "organization", body: `{"organization_id":"%s","custom_alert_rule_ids":[]}`, named: true, immortal: true},
	"SetEnabledCustomAlertRules": {noun: "organization", body: `{"organization_id":"%s","enabled_custom_alert_rule_ids":[]}`, named: true, immortal: true},
	"TestCustomAlertRule":        {noun: "organization", body: `{"organization_id":"%s","query":"status == 403","occurrences":1}`, named: true, immortal: true},

	"RetrieveAvailableFieldsForCustomAlertRules": {noun: "organization", query: "organization_id=%s", named: true, immortal: true},

	"ListExportJobs":  {noun: "organization", query: "organization_id=%s", named: true, immortal: true},
	"CreateExportJob": {noun: "organization", body: `{"organization_id":"%s","name":"%u","s3":{"bucket":"nowhere","region":"fr-par"}}`, named: true, immortal: true, done: 412}, // the kit has no object storage
	"DeleteExportJob": {noun: "export_job"},

	"ListProducts": {noun: "organization", query: "organization_id=%s", named: true, immortal: true},

	"CreateOrganization":      {bare: true, body: `{"name":"%u","owner_email":"%u@example.com"}`},
	"ListOrganizations":       {bare: true},
	"OperatorGetOrganization": {noun: "organization", immortal: true},
	"EraseUser":               {noun: "organization", immortal: true, body: `{"user_id":"11111111-2222-4333-8444-555555555555"}`},
	"CloseOrganization":       {noun: "organization", immortal: true, self: true, ends: true},
	"Evaluate":                {bare: true, body: aQuestion},
	"Evaluations":             {bare: true, body: `{"evaluations":[` + aQuestion + `]}`},
	"Explain":                 {bare: true, body: aQuestion},
	"SearchSubjects":          {bare: true, body: `{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"iam:group","id":"x"}}`},
	"SearchActions":           {bare: true, body: aQuestion},
	"SearchResources":         {bare: true, body: aQuestion},
	"CheckCondition":          {bare: true, body: `{"condition":"true"}`},

	"GetDecisionPoint":             {bare: true},
	"GetOrganizationDecisionPoint": {noun: "organization", immortal: true},

	"PutResources":   {noun: "organization", named: true, immortal: true, body: `{"organization_id":"%s","resources":[{"type":"record","id":"%u"}]}`},
	"ListResources":  {noun: "organization", named: true, immortal: true, query: "organization_id=%s"},
	"DeleteResource": {noun: "resource"},

	"WhoCan":  {noun: "organization", immortal: true, body: `{"permission":"iam:group:read","organization_id":"%s"}`},
	"WhatCan": {noun: "application", body: `{"principal":{"type":"application","id":"%s"}}`},
}

// aQuestion is one that every caller may ask who may ask at all.
const aQuestion = `{"subject":{"type":"user","id":"%o"},"action":{"name":"read"},"resource":{"type":"iam:group","id":"x"}}`

// expect is the rule of the matrix. It returns 0 for "any success".
func expect(line server.Line, r row, caller, kind string) int {
	missing := http.StatusNotFound
	if r.named {
		missing = http.StatusForbidden
	}
	switch {
	case line.Anonymous:
		return r.done
	case caller == nobody, caller == garbage, caller == expired:
		return http.StatusUnauthorized
	case line.Operator:
		return http.StatusForbidden // a principal, whoever it is, does not run the installation
	case !line.Implemented:
		return http.StatusNotImplemented
	case r.account && caller != theOwner && caller != otherOwner:
		return http.StatusForbidden
	case line.Permission == "":
		return r.done
	case r.self && (caller == rightSet || caller == otherOwner && kind == foreign || caller == theOwner && kind == own):
		return http.StatusForbidden // no set holds the permission, and ownership is not being that user
	case caller == otherOwner && r.bare:
		return 0
	case caller == otherOwner && kind == foreign:
		return r.done // its own
	case caller == otherOwner:
		return missing
	case caller == locked, caller == noPolicy, caller == neighbour:
		return http.StatusForbidden
	case caller == memberNobody:
		if r.member == 0 || kind != own && r.named {
			return http.StatusForbidden
		}
		if kind == own {
			return r.member
		}
		return missing
	case kind == own || r.bare:
		return r.done
	default:
		return missing
	}
}

func TestAuthorizationMatrix(t *testing.T) {
	w := newWorld(t)
	cases := 0
	for _, line := range server.Lines() {
		r, known := rows[line.Name]
		switch {
		case !line.Implemented:
			r = row{bare: true} // 501 for everybody who is somebody
		case !known:
			t.Errorf("%s has no row in the matrix: say what each class of caller gets", line.Name)
			continue
		}
		for _, caller := range callers {
			w.grantFor(t, line, caller)
			var absent string // what the answer for an object that is not there looks like
			for _, kind := range kinds {
				if kind == deleted && r.immortal || kind != own && r.bare || r.ends && (caller == theOwner && kind == own || caller == otherOwner && kind == foreign) {
					continue
				}
				cases++
				masked := w.cell(t, line, r, caller, kind)
				if kind == own || caller == otherOwner {
					continue
				}
				if absent == "" {
					absent = masked
				}
				if masked != absent {
					t.Errorf("%s, %s: the answer for a %s object differs:\n%s\n%s", line.Name, caller, kind, masked, absent)
				}
			}
		}
	}
	for name := range rows {
		if !slices.ContainsFunc(server.Lines(), func(l server.Line) bool { return l.Name == name && l.Implemented }) {
			t.Errorf("the row %s has no operation", name)
		}
	}
	t.Logf("%d cells", cases)
}

// grantFor gives the changing application the rights that the class of caller means.
func (w *world) grantFor(t *testing.T, line server.Line, caller string) {
	t.Helper()
	if line.Permission == "" || line.Operator || !line.Implemented {
		return
	}
	// The rights that stand for the same operation on the keys of people.
	twin := strings.Replace(line.Permission, "iam:api_key:", "iam:user_api_key:", 1)
	switch caller {
	case rightSet:
		granted := []string{line.Permission}
		if line.Name == "ClonePolicy" {
			granted = append(granted, "iam:policy:read") // a copy shows what the source says
		}
		if rows[line.Name].self {
			granted = nil
		}
		w.grant(t, granted)
	case neighbour:
		var others []string
		for _, p := range matrixPermissions() {
			if p != line.Permission && p != twin && ((line.Name != "ListUsers" && line.Name != "SearchUsers") || p != "iam:user:list") {
				others = append(others, p)
			}
		}
		w.grant(t, others)
	}
}

// cell runs one cell, checks status, body and the event that the request must leave, and
// returns the answer without the id.
func (w *world) cell(t *testing.T, line server.Line, r row, caller, kind string) string {
	t.Helper()
	id := ""
	if !r.bare {
		id = w.object(t, r.noun, kind)
	}
	friend := w.First.Owner.ID // of the same organization as the object, unless that is of another
	if caller == otherOwner && kind == foreign {
		friend = w.foreign.Owner.ID
	}
	w.join(t, r, kind, id)
	fill := strings.NewReplacer("%s", id, "%u", w.unique(), "%k", kind, "%o", string(friend))
	path := fillPath(line.Path, id)
	if r.query != "" {
		path += "?" + fill.Replace(r.query)
	}
	before := w.lastEvent(t)
	got := w.send(t, caller, line.Method, path, fill.Replace(r.body))
	events := w.lastEvent(t) - before
	want := expect(line, r, caller, kind)
	name := fmt.Sprintf("%s, %s, %s object", line.Name, caller, kind)
	if got.status != want && (want != 0 || got.status/100 != 2) {
		t.Errorf("%s: status %d, want %d: %s", name, got.status, want, got.body)
		return ""
	}
	inOurs := caller != otherOwner && (!line.Operator || got.status == http.StatusForbidden)
	wantEvents := int64(0)
	if line.Mutates && inOurs && (got.status/100 == 2 || got.status == http.StatusForbidden) {
		wantEvents = 1
	}
	if events != wantEvents {
		t.Errorf("%s: %d events, want %d (status %d)", name, events, wantEvents, got.status)
	}
	for _, secret := range []string{string(w.foreign.Owner.ID), w.foreign.Owner.Email} {
		if caller != otherOwner && strings.Contains(got.body, secret) {
			t.Errorf("%s: the answer shows the other organization: %s", name, got.body)
		}
	}
	if id != "" {
		got.body = strings.ReplaceAll(got.body, id, "ID")
	}
	return fmt.Sprint(got.status, " ", got.body)
}

// join puts the owner into a group that it shall be taken out of.
func (w *world) join(t *testing.T, r row, kind, id string) {
	t.Helper()
	owner, friend := w.Owner(), w.First.Owner.ID
	switch {
	case !r.leaves || kind == deleted || kind == unknown:
		return
	case kind == foreign:
		owner, friend = w.otherCaller(), w.foreign.Owner.ID
	}
	ok(w.Authority.AddGroupMember(t.Context(), w.call(owner, "AddGroupMember"), iam.GroupID(id), friend.Principal())).in(t)
}

// fillPath puts an id in the place of every path value but the region and the quota.
func fillPath(pattern, id string) string {
	var parts []string
	for part := range strings.SplitSeq(pattern, "/") {
		switch {
		case part == "{region}":
			part = "fr-par"
		case part == "{type}":
			part = "record"
		case part == "{quotum_name}":
			part = "iam_users"
		case strings.HasPrefix(part, "{") && id == "":
			part = "00000000-0000-4000-8000-000000000000"
		case strings.HasPrefix(part, "{"):
			part = id
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "/")
}

// lastEvent is the sequence of the newest event of the first organization.
func (w *world) lastEvent(t *testing.T) int64 {
	t.Helper()
	events := ok(w.Store.Read(t.Context()).Events(iam.EventFilter{OrganizationID: w.First.Organization.ID, Size: 1})).in(t)
	if len(events) == 0 {
		return 0
	}
	return events[0].Sequence
}
