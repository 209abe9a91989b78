package authority_test

import (
	"strings"
	"testing"

	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

func TestPolicies(t *testing.T) {
	owner := start(t).AsOwner(t)
	org, shop, app := owner.Organization(), owner.MustCreateProject("shop"), owner.MustCreateApplication("ci")
	specs := []iam.RuleSpec{
		{PermissionSetNames: []string{"SSHKeysReadOnly", "InstancesReadOnly"}, Scope: iam.Scope{ProjectIDs: []iam.ProjectID{shop.ID, iam.ProjectID(org)}}},
		kit.If(`request.user_agent.contains("terraform/")`, kit.Everywhere(org, "AllProductsFullAccess")), // of type projects: all projects
		kit.Everywhere(org, "IAMReadOnly"),
	}
	p := must[iam.Policy](t)(owner.CreatePolicy(iam.NewPolicy{
		Name: "ci", Description: "what it needs", Tags: []string{"a"}, Principal: app.ID.Principal(), Rules: specs,
	}))
	same(t, "created", iam.Policy{
		ID: p.ID, OrganizationID: org, Name: "ci", Description: "what it needs", Tags: []string{"a"}, Principal: app.ID.Principal(),
		CreatedAt: p.CreatedAt, UpdatedAt: p.CreatedAt, NbRules: 3, NbScopes: 2 /* the organization and its default project share an id */, NbPermissionSets: 4,
	}, p)
	same(t, "read back", p, must[iam.Policy](t)(owner.GetPolicy(p.ID)))
	rules := readRules(t, owner, p.ID)
	same(t, "rules", []iam.Rule{
		{ID: rules[0].ID, PermissionSetNames: specs[0].PermissionSetNames, ScopeType: iam.ScopeProjects, Scope: specs[0].Scope},
		{ID: rules[1].ID, PermissionSetNames: specs[1].PermissionSetNames, ScopeType: iam.ScopeProjects, Condition: specs[1].Condition, Scope: specs[1].Scope},
		{ID: rules[2].ID, PermissionSetNames: specs[2].PermissionSetNames, ScopeType: iam.ScopeOrganization, Scope: specs[2].Scope},
	}, rules)
	second, total, err := owner.ListRules(p.ID, iam.Page{Number: 2, Size: 2})
	if err != nil || total != 3 {
		t.Fatalf("second page of %d: %v", total, err)
	}
	same(t, "second page", rules[2:], second)

	set := must[[]iam.Rule](t)(owner.SetRules(p.ID, specs[2:]))
	if set[0].ID == rules[2].ID {
		t.Error("an unchanged rule keeps its id")
	}
	same(t, "rules set", set, readRules(t, owner, p.ID))
	got := must[iam.Policy](t)(owner.GetPolicy(p.ID))
	if !got.UpdatedAt.After(p.UpdatedAt) {
		t.Error("new rules do not move updated_at")
	}
	p.NbRules, p.NbScopes, p.NbPermissionSets, p.UpdatedAt = 1, 1, 1, got.UpdatedAt
	same(t, "policy with new rules", p, got)

	changed := must[iam.Policy](t)(owner.UpdatePolicy(p.ID, iam.PolicyUpdate{Name: new("cd"), Tags: &[]string{}, Principal: &iam.Principal{}}))
	p.Name, p.Tags, p.Principal, p.UpdatedAt = "cd", nil, iam.Principal{}, changed.UpdatedAt
	same(t, "changed", p, changed)
	same(t, "read back", p, must[iam.Policy](t)(owner.GetPolicy(p.ID)))
	same(t, "rules stay", set, readRules(t, owner, p.ID))

	done(t, owner.DeletePolicy(p.ID))
	gone := iam.NotFound("policy", string(p.ID))
	fails(t, "get", gone, refused[iam.Policy](t)(owner.GetPolicy(p.ID)))
	fails(t, "update", gone, refused[iam.Policy](t)(owner.UpdatePolicy(p.ID, iam.PolicyUpdate{})))
	fails(t, "delete", gone, owner.DeletePolicy(p.ID))
	fails(t, "clone", gone, refused[iam.Policy](t)(owner.ClonePolicy(p.ID)))
	fails(t, "rules", gone, refusedList[iam.Rule](t)(owner.ListRules(p.ID, page())))
	fails(t, "set rules", gone, refused[[]iam.Rule](t)(owner.SetRules(p.ID, nil)))
}

func readRules(t testing.TB, r *kit.Runner, id iam.PolicyID) []iam.Rule {
	t.Helper()
	rules, total, err := r.ListRules(id, page())
	done(t, err)
	if total != len(rules) {
		t.Errorf("%d rules of %d", len(rules), total)
	}
	return rules
}

func TestClone(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	org := owner.Organization()
	source := must[iam.Policy](t)(owner.CreatePolicy(iam.NewPolicy{
		Name: strings.Repeat("x", 55) + " end", Description: "text", Tags: []string{"a"}, Principal: k.First.Owner.ID.Principal(),
		Rules: []iam.RuleSpec{kit.If("request.ip == '192.0.2.1'", kit.Everywhere(org, "IAMReadOnly", "ProjectManager"))},
	}))
	c := must[iam.Policy](t)(owner.ClonePolicy(source.ID))
	same(t, "copy", iam.Policy{
		ID: c.ID, OrganizationID: org, Name: "Copy of " + strings.Repeat("x", 55), CreatedAt: c.CreatedAt, UpdatedAt: c.CreatedAt,
		NbRules: 1, NbScopes: 1, NbPermissionSets: 2,
	}, c)
	same(t, "read back", c, must[iam.Policy](t)(owner.GetPolicy(c.ID)))
	from, to := readRules(t, owner, source.ID), readRules(t, owner, c.ID)
	if from[0].ID == to[0].ID {
		t.Error("two rules have one id")
	}
	from[0].ID = to[0].ID
	same(t, "rules", from, to)

	// It takes the right to create the copy and the right to read the source.
	ci := owner.MustHire("ci")
	for what, c := range map[string]struct {
		condition string
		want      *iam.Error
	}{
		"only the source":  {`resource.name == "` + source.Name + `"`, denied("policy", "create")},
		"only the copy":    {`resource.name == "` + c.Name + `"`, denied("policy", "read")},
		"neither":          {`resource.name == "x"`, denied("policy", "read")},
		"nothing to clone": {`resource.id == "` + string(k.First.Owner.ID) + `"`, denied("policy", "read")},
	} {
		p := owner.MustCreatePolicy("p", ci.Caller.Principal, kit.If(c.condition, kit.Everywhere(org, "IAMPolicyManager")))
		left := newEvents(t, owner, func() { fails(t, what, c.want, refused[iam.Policy](t)(ci.ClonePolicy(source.ID))) })
		same(t, what, []string{"ClonePolicy 403 asked iam_policy/" + string(source.ID)}, summaries(left))
		done(t, owner.DeletePolicy(p.ID))
	}
	owner.MustCreatePolicy("p", ci.Caller.Principal, kit.Everywhere(org, "IAMPolicyManager"))
	must[iam.Policy](t)(ci.ClonePolicy(source.ID))
	fails(t, "clone nothing", iam.NotFound("policy", nowhere), refused[iam.Policy](t)(ci.ClonePolicy(nowhere)))
}

func TestPolicyPrincipals(t *testing.T) {
	k := start(t)
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	p := owner.MustCreatePolicy("p", iam.Principal{})
	theirs := []iam.Principal{
		stranger.MustCreateUser("zoe").ID.Principal(), stranger.MustCreateApplication("zapp").ID.Principal(), stranger.MustCreateGroup("zoo").ID.Principal(),
	}
	for _, foreign := range theirs {
		for what, principal := range map[string]iam.Principal{"foreign": foreign, "unknown": {Type: foreign.Type, ID: nowhere}} {
			gone := iam.NotFound(string(principal.Type), principal.ID)
			fails(t, "create for "+what, gone, refused[iam.Policy](t)(owner.CreatePolicy(iam.NewPolicy{Name: "x", Principal: principal})))
			fails(t, "attach to "+what, gone, refused[iam.Policy](t)(owner.UpdatePolicy(p.ID, iam.PolicyUpdate{Principal: &principal})))
		}
	}
	for _, odd := range []iam.Principal{{Type: iam.TypeOperator, ID: "operator"}, {Type: "robot", ID: nowhere}, {ID: nowhere}} {
		fails(t, "attach to an odd type", iam.NotFound(string(odd.Type), odd.ID), refused[iam.Policy](t)(owner.UpdatePolicy(p.ID, iam.PolicyUpdate{Principal: &odd})))
	}
	same(t, "the policy", p, must[iam.Policy](t)(owner.GetPolicy(p.ID)))
}

// When a principal goes, its policies stay without one, have no effect, and work again for
// whom they are attached to.
func TestOrphanPolicies(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	grant := kit.Everywhere(owner.Organization(), "ProjectReadOnly")
	heir := owner.MustHire("heir")
	app, user, group := owner.MustCreateApplication("a"), owner.MustCreateUser("ann"), owner.MustCreateGroup("g")
	for _, c := range []struct {
		principal iam.Principal
		remove    func() error
	}{
		{app.ID.Principal(), func() error { return owner.DeleteApplication(app.ID) }},
		{user.ID.Principal(), func() error { return owner.DeleteUser(user.ID) }},
		{group.ID.Principal(), func() error { return owner.DeleteGroup(group.ID) }},
	} {
		p := owner.MustCreatePolicy("p", c.principal, grant)
		done(t, c.remove())
		got := must[iam.Policy](t)(owner.GetPolicy(p.ID))
		if !got.UpdatedAt.After(p.UpdatedAt) {
			t.Error("to lose its principal does not move updated_at")
		}
		p.Principal, p.UpdatedAt = iam.Principal{}, got.UpdatedAt
		same(t, "orphan", p, got)
		fails(t, "before it is attached", denied("project", "read"), refused[iam.Project](t)(heir.GetProject(k.First.DefaultProject.ID)))
		must[iam.Policy](t)(owner.UpdatePolicy(p.ID, iam.PolicyUpdate{Principal: &heir.Caller.Principal}))
		must[iam.Project](t)(heir.GetProject(k.First.DefaultProject.ID))
		done(t, owner.DeletePolicy(p.ID))
	}
}
