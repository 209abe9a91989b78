package compat

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

// TestRules: the whole list is replaced, in the order given, and every rule has a new id.
func TestRules(t *testing.T) {
	me := newOwner(t)
	one, two := me.newProject("one"), me.newProject("two")
	policy := must(me.iam.CreatePolicy(&iam.CreatePolicyRequest{Name: "ruled", NoPrincipal: new(true)}))(t)
	set := func(rules ...*iam.RuleSpecs) []*iam.Rule {
		t.Helper()
		return must(me.iam.SetRules(&iam.SetRulesRequest{PolicyID: policy.ID, Rules: rules}))(t).Rules
	}
	read := func() []*iam.Rule {
		t.Helper()
		answer := must(me.iam.ListRules(&iam.ListRulesRequest{PolicyID: policy.ID}))(t)
		equal(t, "total_count", int(answer.TotalCount), len(answer.Rules))
		return answer.Rules
	}
	specs := []*iam.RuleSpecs{
		{PermissionSetNames: &[]string{"ObjectStorageReadOnly", "InstancesReadOnly"}, ProjectIDs: &[]string{two.ID, one.ID}, Condition: "request.user_agent.startsWith('a')"},
		{PermissionSetNames: &[]string{"AllProductsFullAccess"}, OrganizationID: &me.organization},
		{PermissionSetNames: &[]string{"IAMManager"}, OrganizationID: &me.organization},
	}
	first := set(specs...)
	want := []*iam.Rule{
		{PermissionSetNames: specs[0].PermissionSetNames, PermissionSetsScopeType: "projects", Condition: specs[0].Condition, ProjectIDs: specs[0].ProjectIDs},
		{PermissionSetNames: specs[1].PermissionSetNames, PermissionSetsScopeType: "projects", OrganizationID: &me.organization},
		{PermissionSetNames: specs[2].PermissionSetNames, PermissionSetsScopeType: "organization", OrganizationID: &me.organization},
	}
	for i, rule := range first {
		want[i].ID = rule.ID
	}
	equal(t, "set", first, want)
	for _, rule := range want {
		rule.Srn = "srn://iam.scw.eu/rules/" + rule.ID // the SDK adds it to lists only
	}
	equal(t, "read back", read(), want)
	after := must(me.iam.GetPolicy(&iam.GetPolicyRequest{PolicyID: policy.ID}))(t)
	wantLater(t, after.UpdatedAt, policy.UpdatedAt)
	// Three scopes: two projects, and one organization that two rules share.
	equal(t, "rules, scopes, sets", [3]uint32{after.NbRules, after.NbScopes, after.NbPermissionSets}, [3]uint32{3, 3, 4})

	ids := func(rules []*iam.Rule) []string { return each(rules, func(r *iam.Rule) string { return r.ID }) }
	second := set(specs...)
	for _, id := range ids(second) {
		if slices.Contains(ids(first), id) {
			t.Errorf("rule %s has survived a replacement", id)
		}
	}
	equal(t, "emptied", len(set()), 0)
	equal(t, "read when empty", read(), []*iam.Rule{})
}

func TestRulesOnTheWire(t *testing.T) {
	me := newOwner(t)
	raw := me.raw()
	policy := must(me.iam.CreatePolicy(&iam.CreatePolicyRequest{NoPrincipal: new(true)}))(t)
	answer := raw.call(http.MethodPut, "/iam/v1alpha1/rules", map[string]any{"policy_id": policy.ID, "rules": []any{
		map[string]any{"permission_set_names": []string{"IAMReadOnly"}, "condition": "", "organization_id": me.organization},
	}})
	answer.wantStatus(http.StatusOK)
	set := answer.object()
	set.wantKeys(t, "set", "rules")
	set.item(t, "rules").wantKeys(t, "organization rule", "id permission_set_names permission_sets_scope_type condition organization_id")
	set.item(t, "rules").wantMembers(t, "organization rule", map[string]string{"condition": `""`, "permission_sets_scope_type": `"organization"`})

	raw.call(http.MethodPut, "/iam/v1alpha1/rules", map[string]any{"policy_id": policy.ID, "rules": []any{
		map[string]any{"permission_set_names": []string{"ObjectStorageReadOnly"}, "project_ids": []string{me.organization}},
	}}).wantStatus(http.StatusOK)
	list := raw.get("/iam/v1alpha1/rules?policy_id=" + policy.ID).object()
	list.wantKeys(t, "list", "rules total_count")
	list.item(t, "rules").wantKeys(t, "project rule", "id permission_set_names permission_sets_scope_type condition project_ids")
	raw.call(http.MethodPut, "/iam/v1alpha1/rules", map[string]any{"policy_id": policy.ID, "rules": nil}).wantStatus(http.StatusOK)
	raw.get("/iam/v1alpha1/rules?policy_id="+policy.ID).object().wantMembers(t, "empty", map[string]string{"rules": "[]", "total_count": "0"})
}

// TestRefusedRules: what could not be enforced is not stored.
func TestRefusedRules(t *testing.T) {
	me, stranger := newOwner(t), newOwner(t)
	policy := must(me.iam.CreatePolicy(&iam.CreatePolicyRequest{NoPrincipal: new(true)}))(t)
	storage := &[]string{"ObjectStorageReadOnly"}
	org := &me.organization
	for name, test := range map[string]struct {
		rule iam.RuleSpecs
		want string
	}{
		"no permission set":            {iam.RuleSpecs{OrganizationID: org}, "rules[0].permission_set_names required"},
		"an unknown permission set":    {iam.RuleSpecs{PermissionSetNames: &[]string{"RootOfEverything"}, OrganizationID: org}, "rules[0].permission_set_names[0] unknown"},
		"sets of two scope types":      {iam.RuleSpecs{PermissionSetNames: &[]string{"ObjectStorageReadOnly", "IAMManager"}, OrganizationID: org}, "rules[0].permission_set_names constraint"},
		"no scope":                     {iam.RuleSpecs{PermissionSetNames: storage}, "rules[0] format"},
		"two scopes":                   {iam.RuleSpecs{PermissionSetNames: storage, OrganizationID: org, ProjectIDs: &[]string{*org}}, "rules[0] format"},
		"IAM on a project":             {iam.RuleSpecs{PermissionSetNames: &[]string{"IAMManager"}, ProjectIDs: &[]string{*org}}, "rules[0].permission_set_names constraint"},
		"an unknown project":           {iam.RuleSpecs{PermissionSetNames: storage, ProjectIDs: &[]string{nobody}}, "rules[0].project_ids[0] unknown"},
		"a stranger's project":         {iam.RuleSpecs{PermissionSetNames: storage, ProjectIDs: &[]string{stranger.organization}}, "rules[0].project_ids[0] unknown"},
		"a stranger's organization":    {iam.RuleSpecs{PermissionSetNames: storage, OrganizationID: &stranger.organization}, "rules[0].organization_id unknown"},
		"not an id":                    {iam.RuleSpecs{PermissionSetNames: storage, ProjectIDs: &[]string{"production"}}, "rules[0].project_ids[0] format"},
		"a condition with a typo":      {iam.RuleSpecs{PermissionSetNames: storage, OrganizationID: org, Condition: "request.ip =="}, "rules[0].condition format"},
		"an unknown variable":          {iam.RuleSpecs{PermissionSetNames: storage, OrganizationID: org, Condition: "request.planet == 'Mars'"}, "rules[0].condition format"},
		"a condition that is a text":   {iam.RuleSpecs{PermissionSetNames: storage, OrganizationID: org, Condition: "'yes'"}, "rules[0].condition format"},
		"a condition that is too long": {iam.RuleSpecs{PermissionSetNames: storage, OrganizationID: org, Condition: "true || " + strings.Repeat("true || ", 300) + "true"}, "rules[0].condition format"},
	} {
		t.Run(name, func(t *testing.T) {
			wantInvalid(t, failure(me.iam.SetRules(&iam.SetRulesRequest{PolicyID: policy.ID, Rules: []*iam.RuleSpecs{&test.rule}})), test.want)
			wantInvalid(t, failure(me.iam.CreatePolicy(&iam.CreatePolicyRequest{NoPrincipal: new(true), Rules: []*iam.RuleSpecs{&test.rule}})), test.want)
		})
	}
	equal(t, "rules after all that", must(me.iam.ListRules(&iam.ListRulesRequest{PolicyID: policy.ID}))(t).Rules, []*iam.Rule{})
}
