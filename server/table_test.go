package server

import (
	"encoding/csv"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/catalog"
	"bailiwick/iam"
)

// harmlessPosts are operations that change nothing although their method is not GET.
func harmlessPosts() []string {
	return []string{"ParseSamlMetadata", "CheckContractSignature", "TestCustomAlertRule", "CheckPermissions", "Evaluate", "SearchResources", "CheckCondition", "Evaluations", "SearchSubjects", "SearchActions", "Explain", "WhoCan", "WhatCan"}
}

func byName(t *testing.T) map[string]operation {
	t.Helper()
	all := map[string]operation{}
	for _, op := range table() {
		if _, twice := all[op.Name]; twice {
			t.Errorf("operation %s is in the table twice", op.Name)
		}
		all[op.Name] = op
	}
	return all
}

func TestEveryOperationHasAPermissionOfTheCatalogue(t *testing.T) {
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range table() {
		if op.Permission == anyCaller {
			continue
		}
		number, ok := c.Number(op.Permission)
		if !ok {
			t.Errorf("%s: permission %q is not in the catalogue", op.Name, op.Permission)
			continue
		}
		_, explained := c.Unassigned(op.Permission)
		granted := slices.ContainsFunc(c.Sets(), func(s *catalog.Set) bool { return s.Bits.Has(number) })
		if !granted && !explained {
			t.Errorf("%s: permission %s is in no permission set, and the catalogue gives no reason", op.Name, op.Permission)
		}
	}
}

// Only these may be called by everybody. The list is here, away from the table, so that
// opening one more door takes two changes.
func TestOperationsForAnyCaller(t *testing.T) {
	var open, anonymous []string
	for _, op := range table() {
		if op.Permission == anyCaller {
			open = append(open, op.Name)
		}
		if op.Access == accessAnonymous {
			anonymous = append(anonymous, op.Name)
		}
	}
	slices.Sort(open)
	if want := []string{"AcceptInvitation", "CheckPermissions", "ConfirmSignUp", "GetAPIMetadata", "GetAuditKeys", "GetCatalog", "GetDecisionPoint", "GetJWKS", "GetOrganizationDecisionPoint", "ListInvitations", "ListLoginMethods", "LoginMagicCode", "LoginMagicCodeStart", "LoginNewPassword", "LoginPasskey", "LoginPasskeyStart", "LoginPassword", "LoginRecoveryCode", "LoginRenew", "LoginReset", "LoginResetStart", "LoginSwitch", "LoginTOTP", "RejectInvitation", "SearchOrganization", "SignUp"}; !slices.Equal(open, want) {
		t.Errorf("any caller may call %v, want %v", open, want)
	}
	if want := []string{"GetAPIMetadata", "SearchOrganization", "LoginPassword", "LoginPasskeyStart", "LoginPasskey", "LoginTOTP", "LoginRecoveryCode", "LoginNewPassword", "LoginMagicCodeStart", "LoginMagicCode", "LoginResetStart", "LoginReset", "ListLoginMethods", "LoginRenew", "GetJWKS", "SignUp", "ConfirmSignUp", "GetAuditKeys", "GetDecisionPoint", "GetOrganizationDecisionPoint"}; !slices.Equal(anonymous, want) {
		t.Errorf("without a credential: %v, want %v", anonymous, want)
	}
}

func TestEveryMutationHasAnAuditIdentity(t *testing.T) {
	serviceForm := regexp.MustCompile(`^(scaleway|bailiwick)(\.[a-zA-Z0-9_-]+)+$`)
	methodForm := regexp.MustCompile(`^[A-Z][a-zA-Z]+$`)
	var known trail.ResourceType
	types := enumValues(reflect.TypeOf(known))
	for _, op := range table() {
		// Attempts to log in leave authentication events, which have no audit identity, and what
		// comes before an organization is in no organization's trail.
		harmless := op.Method == "GET" || op.Name == "SignUp" || op.Name == "InviteToSignUp" || slices.Contains(harmlessPosts(), op.Name) || strings.HasPrefix(op.Path, "/bailiwick/v1/login/")
		switch {
		case harmless && op.mutates():
			t.Errorf("%s changes nothing but has an audit identity", op.Name)
		case !harmless && !op.mutates():
			t.Errorf("%s changes something and has no audit identity", op.Name)
		case op.mutates():
			a := op.Audit
			if a.Product == "" || !serviceForm.MatchString(a.Service) || !methodForm.MatchString(a.Method) || !slices.Contains(types, string(a.Resource)) {
				t.Errorf("%s: audit identity %+v", op.Name, a)
			}
			if productTitles()[a.Product] == "" {
				t.Errorf("%s: product %q has no title", op.Name, a.Product)
			}
		}
	}
	for name, method := range map[string]string{"LockUser": "LockMember", "UnlockUser": "UnlockMember", "CreateUserMFAOTP": "CreateMFAOTP", "ValidateUserMFAOTP": "ValidateMFAOTP", "DeleteUserMFAOTP": "DeleteMFAOTP", "AddGroupMember": "AddGroupMember"} {
		if got := byName(t)[name].Audit.Method; got != method {
			t.Errorf("%s is recorded as %s, want %s", name, got, method)
		}
	}
}

// The published operations, with their methods and paths, are all there.
func TestPublishedOperationsAreInTheTable(t *testing.T) {
	file, err := os.Open("testdata/endpoints.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 117 {
		t.Fatalf("testdata/endpoints.csv has %d rows", len(rows))
	}
	operations := byName(t)
	for _, row := range rows[1:] {
		op, ok := operations[row[3]]
		if !ok {
			t.Errorf("%s is missing", row[3])
			continue
		}
		if op.Method != row[1] || op.Path != row[2] {
			t.Errorf("%s is %s %s, want %s %s", op.Name, op.Method, op.Path, row[1], row[2])
		}
		if void := strings.HasPrefix(row[4], "204"); void != (op.Endpoint.out == nil) {
			t.Errorf("%s: an answer body where there should be none, or none where there should be one", op.Name)
		}
		checkRequestFields(t, op, row)
	}
}

// checkRequestFields compares the keys that the published description lists with those that
// the decoder reads.
func checkRequestFields(t *testing.T, op operation, row []string) {
	t.Helper()
	p, err := newPlan(op.Method, op.Path, op.Endpoint.in)
	if err != nil {
		t.Errorf("%s: %v", op.Name, err)
		return
	}
	names := func(fields []field) []string {
		var out []string
		for _, f := range fields {
			out = append(out, f.name)
		}
		slices.Sort(out)
		return out
	}
	published := func(text string) []string {
		var out []string
		for _, part := range strings.Split(text, ";") {
			name, _, _ := strings.Cut(part, ":")
			if name != "" && regexp.MustCompile(`^[a-z0-9_]+\??$`).MatchString(name) {
				out = append(out, strings.TrimSuffix(name, "?"))
			}
		}
		slices.Sort(out)
		return out
	}
	if op.Name == "DeleteProjectWithResources" {
		return // the one POST whose tagged field is sent in the query
	}
	if got, want := names(p.query), published(row[6]); !slices.Equal(got, want) {
		t.Errorf("%s: query keys %v, published %v", op.Name, got, want)
	}
	if got, want := names(p.body), published(row[5]); !slices.Equal(got, want) {
		t.Errorf("%s: body members %v, published %v", op.Name, got, want)
	}
}

// Every call that the SDK can make is in the table, with the SDK's own types.
func TestSDKMethodsAreInTheTable(t *testing.T) {
	operations, checked := byName(t), 0
	for _, api := range []any{&sdk.API{}, &account.ProjectAPI{}, &account.ContractAPI{}, &trail.API{}} {
		typ := reflect.TypeOf(api)
		for i := range typ.NumMethod() {
			m := typ.Method(i)
			if m.Type.NumIn() != 3 || !m.Type.IsVariadic() || strings.HasPrefix(m.Name, "WaitFor") {
				continue // Regions, and loops around other calls
			}
			checked++
			op, ok := operations[m.Name]
			if !ok {
				t.Errorf("%s.%s is not in the table", typ, m.Name)
				continue
			}
			if op.Endpoint.in != m.Type.In(1).Elem() {
				t.Errorf("%s reads %s, the SDK sends %s", m.Name, op.Endpoint.in, m.Type.In(1).Elem())
			}
			if m.Type.NumOut() == 2 && op.Endpoint.out != m.Type.Out(0).Elem() {
				t.Errorf("%s writes %v, the SDK reads %s", m.Name, op.Endpoint.out, m.Type.Out(0).Elem())
			}
		}
	}
	if checked < 118 {
		t.Errorf("only %d SDK methods were looked at", checked)
	}
}

// The place that the table names for the tenant is one that the request has.
func TestTenantIsWhereTheTableSays(t *testing.T) {
	for _, op := range table() {
		p, err := newPlan(op.Method, op.Path, op.Endpoint.in)
		if err != nil {
			t.Errorf("%s: %v", op.Name, err)
			continue
		}
		has := func(fields []field) bool { return hasTenant(fields) }
		ok := true
		switch op.Tenant {
		case tenantQuery:
			ok = has(p.query)
		case tenantBody:
			ok = has(p.body)
		case tenantPath:
			ok = has(p.path)
		case tenantObject, tenantCaller, tenantNone:
			ok = !has(p.path) && !slices.ContainsFunc(p.all, func(f field) bool { return f.name == "organization_id" })
		}
		if !ok {
			t.Errorf("%s: the tenant is not in the %s", op.Name, op.Tenant)
		}
	}
}

func hasTenant(fields []field) bool {
	return slices.ContainsFunc(fields, func(f field) bool {
		return f.name == "organization_id" || f.name == "project_id" || hasTenant(f.inner)
	})
}

func TestRoutesAreUnique(t *testing.T) {
	seen := map[string]string{}
	braces := regexp.MustCompile(`\{[a-z_]+\}`)
	for _, op := range table() {
		key := op.Method + " " + braces.ReplaceAllString(op.Path, "{}")
		if other, twice := seen[key]; twice {
			t.Errorf("%s and %s have one route", op.Name, other)
		}
		seen[key] = op.Name
	}
}

// products shows what is really recorded: no method of an operation that answers 501.
func TestProducts(t *testing.T) {
	var lines []string
	for _, p := range products(table()) {
		for _, s := range p.Services {
			lines = append(lines, fmt.Sprintf("%s (%s) %s: %d", p.Name, p.Title, s.Name, len(s.Methods)))
			if slices.Contains(s.Methods, "EnableOrganizationSaml") {
				t.Errorf("EnableOrganizationSaml, which is not built, is listed in %s", s.Name)
			}
		}
	}
	want := []string{
		"account (Account) scaleway.account.v3.ProjectApi: 3",
		"audit-trail (Audit Trail) scaleway.audit_trail.v1alpha1.Api: 11",
		"bailiwick (Bailiwick) bailiwick.v1.Api: 10",
		"iam (Identity and Access Management) scaleway.iam.v1alpha1.Api: 43",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("products: %q", lines)
	}
}

func TestAccessAdmits(t *testing.T) {
	user := iam.Caller{Organization: idA, Principal: iam.UserID(idB).Principal()}
	for access, want := range map[access][2]bool{
		accessPrincipal: {true, false}, accessOperator: {false, true}, accessEither: {true, true},
	} {
		if got := [2]bool{access.admits(user), access.admits(iam.Operator())}; got != want {
			t.Errorf("class %d admits %v, want %v", access, got, want)
		}
	}
}
