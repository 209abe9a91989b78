package compat

import (
	"net/http"
	"testing"

	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

func TestPolicy(t *testing.T) {
	me := newOwner(t)
	project := me.newProject("shop")
	app := must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t)
	created := must(me.iam.CreatePolicy(&iam.CreatePolicyRequest{
		Name: "Read the shop", Description: "and nothing else", Tags: []string{"shop"}, ApplicationID: &app.ID,
		Rules: []*iam.RuleSpecs{
			{PermissionSetNames: &[]string{"ObjectStorageReadOnly", "InstancesReadOnly"}, ProjectIDs: &[]string{project.ID}},
			{PermissionSetNames: &[]string{"IAMReadOnly"}, OrganizationID: &me.organization, Condition: "request.user_agent == 'terraform-test'"},
		},
	}))(t)
	wantNew(t, created.ID, created.CreatedAt)
	want := &iam.Policy{
		ID: created.ID, Name: "Read the shop", Description: "and nothing else", Tags: []string{"shop"}, ApplicationID: &app.ID,
		OrganizationID: me.organization, CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt,
		Editable: true, Deletable: true, NbRules: 2, NbScopes: 2, NbPermissionSets: 3, Srn: "srn://iam.scw.eu/policies/" + created.ID,
	}
	equal(t, "created", created, want)
	get := &iam.GetPolicyRequest{PolicyID: created.ID}
	equal(t, "read back", must(me.iam.GetPolicy(get))(t), want)

	updated := must(me.iam.UpdatePolicy(&iam.UpdatePolicyRequest{PolicyID: created.ID, Name: new("shop"), Tags: &[]string{}, Description: new("")}))(t)
	want.Name, want.Tags, want.Description, want.UpdatedAt = "shop", []string{}, "", updated.UpdatedAt
	equal(t, "updated", updated, want)
	equal(t, "read after the update", must(me.iam.GetPolicy(get))(t), want)

	check(t, me.iam.DeletePolicy(&iam.DeletePolicyRequest{PolicyID: created.ID}))
	wantNotFound(t, failure(me.iam.GetPolicy(get)), "policy", created.ID)
	wantNotFound(t, me.iam.DeletePolicy(&iam.DeletePolicyRequest{PolicyID: created.ID}), "policy", created.ID)
	wantNotFound(t, failure(me.iam.ListRules(&iam.ListRulesRequest{PolicyID: created.ID})), "policy", created.ID)
}

// TestPolicyPrincipal: one of four members names the principal, and setting one replaces
// the other.
func TestPolicyPrincipal(t *testing.T) {
	me := newOwner(t)
	user := me.newMember("ada").ID
	app := must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	group := must(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: "team"}))(t).ID
	policy := must(me.iam.CreatePolicy(&iam.CreatePolicyRequest{Name: "wanders", NoPrincipal: new(true)}))(t)
	raw := me.raw()
	const keys = "id name description organization_id created_at updated_at editable deletable managed nb_rules nb_scopes nb_permission_sets tags "
	for _, step := range []struct {
		request iam.UpdatePolicyRequest
		member  string
		text    string
	}{
		{iam.UpdatePolicyRequest{UserID: &user}, "user_id", `"` + user + `"`},
		{iam.UpdatePolicyRequest{GroupID: &group}, "group_id", `"` + group + `"`},
		{iam.UpdatePolicyRequest{ApplicationID: &app}, "application_id", `"` + app + `"`},
		{iam.UpdatePolicyRequest{Description: new("keeps its principal")}, "application_id", `"` + app + `"`},
		{iam.UpdatePolicyRequest{NoPrincipal: new(true)}, "no_principal", "true"},
	} {
		step.request.PolicyID = policy.ID
		must(me.iam.UpdatePolicy(&step.request))(t)
		read := raw.get("/iam/v1alpha1/policies/" + policy.ID).object()
		read.wantKeys(t, step.member, keys+step.member)
		read.wantMembers(t, step.member, map[string]string{step.member: step.text})
	}
	wantInvalid(t, failure(me.iam.UpdatePolicy(&iam.UpdatePolicyRequest{PolicyID: policy.ID, UserID: &user, GroupID: &group})), "group_id constraint")
	wantNotFound(t, failure(me.iam.UpdatePolicy(&iam.UpdatePolicyRequest{PolicyID: policy.ID, GroupID: new(nobody)})), "group", nobody)
}

func TestPolicyOnTheWire(t *testing.T) {
	me := newOwner(t)
	raw := me.raw()
	answer := raw.call(http.MethodPost, "/iam/v1alpha1/policies", map[string]any{
		"name": "wire", "description": "", "organization_id": me.organization, "rules": nil, "tags": nil, "no_principal": true,
	})
	answer.wantStatus(http.StatusOK)
	created := answer.object()
	const keys = "id name description organization_id created_at updated_at editable deletable managed nb_rules nb_scopes nb_permission_sets tags no_principal"
	created.wantKeys(t, "created", keys)
	created.wantMembers(t, "created", map[string]string{"description": `""`, "tags": "[]", "nb_rules": "0", "nb_scopes": "0", "nb_permission_sets": "0", "no_principal": "true"})
	created.wantTimes(t, "created_at", "updated_at")
	list := raw.get("/iam/v1alpha1/policies?policy_name=wire").object()
	list.wantKeys(t, "list", "policies total_count")
	list.item(t, "policies").wantKeys(t, "listed", keys)
	path := "/iam/v1alpha1/policies/" + created.text(t, "id")
	raw.call(http.MethodPatch, path, map[string]any{}).wantStatus(http.StatusOK)
	raw.call(http.MethodDelete, path, nil).wantStatus(http.StatusNoContent)
}

// TestClonePolicy: the copy has the rules, under new ids, and nothing else: it grants
// nothing to anybody.
func TestClonePolicy(t *testing.T) {
	me := newOwner(t)
	source := must(me.iam.CreatePolicy(&iam.CreatePolicyRequest{
		Name: "original", Description: "to be copied", Tags: []string{"first"}, UserID: new(me.newMember("ada").ID),
		Rules: []*iam.RuleSpecs{{PermissionSetNames: &[]string{"IAMReadOnly"}, OrganizationID: &me.organization, Condition: "1 == 1"}},
	}))(t)
	clone := must(me.iam.ClonePolicy(&iam.ClonePolicyRequest{PolicyID: source.ID}))(t)
	want := *source
	want.ID, want.CreatedAt, want.UpdatedAt, want.Srn = clone.ID, clone.CreatedAt, clone.UpdatedAt, clone.Srn
	want.Name, want.Description, want.Tags, want.UserID, want.NoPrincipal = "Copy of original", "", []string{}, nil, new(true)
	equal(t, "clone", clone, &want)
	if clone.ID == source.ID {
		t.Error("the clone has the id of its source")
	}
	rules := func(id string) *iam.Rule {
		return must(me.iam.ListRules(&iam.ListRulesRequest{PolicyID: id}))(t).Rules[0]
	}
	copied, original := rules(clone.ID), rules(source.ID)
	if copied.ID == original.ID {
		t.Error("the copied rule has the id of its source")
	}
	copied.ID, copied.Srn = original.ID, original.Srn
	equal(t, "copied rule", copied, original)
	equal(t, "read back", must(me.iam.GetPolicy(&iam.GetPolicyRequest{PolicyID: clone.ID}))(t), clone)
}

func TestPolicyLists(t *testing.T) {
	me := newOwner(t)
	user := me.newMember("ada").ID
	app := must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	group := must(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: "team"}))(t).ID
	add := func(request iam.CreatePolicyRequest) string { return must(me.iam.CreatePolicy(&request))(t).ID }
	u := add(iam.CreatePolicyRequest{Name: "zebra", UserID: &user, Tags: []string{"env=production"}})
	a := add(iam.CreatePolicyRequest{Name: "Yak", ApplicationID: &app})
	add(iam.CreatePolicyRequest{Name: "aardvark", GroupID: &group})
	add(iam.CreatePolicyRequest{Name: "nobody", NoPrincipal: new(true)})
	byName := []string{"aardvark", "Administrators", "Billing Administrators", "Editors", "nobody", "Yak", "zebra"}
	for name, test := range map[string]struct {
		request iam.ListPoliciesRequest
		want    []string
	}{
		"all, by name whatever the case": {iam.ListPoliciesRequest{}, byName},
		"newest first, two of them":      {iam.ListPoliciesRequest{OrderBy: iam.ListPoliciesRequestOrderByCreatedAtDesc, PolicyIDs: []string{u, a}}, []string{"Yak", "zebra"}},
		"oldest first, two of them":      {iam.ListPoliciesRequest{OrderBy: iam.ListPoliciesRequestOrderByCreatedAtAsc, PolicyIDs: []string{u, a}}, []string{"zebra", "Yak"}},
		"editable":                       {iam.ListPoliciesRequest{Editable: new(true)}, byName},
		"not editable":                   {iam.ListPoliciesRequest{Editable: new(false)}, []string{}},
		"of a user":                      {iam.ListPoliciesRequest{UserIDs: []string{user}}, []string{"zebra"}},
		"of a group":                     {iam.ListPoliciesRequest{GroupIDs: []string{group}}, []string{"aardvark"}},
		"of an application":              {iam.ListPoliciesRequest{ApplicationIDs: []string{app}}, []string{"Yak"}},
		"of one of several":              {iam.ListPoliciesRequest{ApplicationIDs: []string{app}, UserIDs: []string{user}}, []string{"Yak", "zebra"}},
		"of nobody":                      {iam.ListPoliciesRequest{NoPrincipal: new(true)}, []string{"nobody"}},
		"with a name":                    {iam.ListPoliciesRequest{PolicyName: new("Yak")}, []string{"Yak"}},
		"with a tag's part":              {iam.ListPoliciesRequest{Tag: new("prod")}, []string{"zebra"}},
	} {
		t.Run(name, func(t *testing.T) {
			answer := must(me.iam.ListPolicies(&test.request))(t)
			equal(t, "names", each(answer.Policies, func(p *iam.Policy) string { return p.Name }), test.want)
			equal(t, "total_count", int(answer.TotalCount), len(test.want))
		})
	}
}
