package authority_test

import (
	"fmt"
	"strings"
	"testing"

	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// Every rule that could not be enforced is refused when it is written, and the answer names
// every fault with its place, in both calls that write rules.
func TestRulesAreChecked(t *testing.T) {
	k := start(t)
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	org, project := owner.Organization(), k.First.DefaultProject.ID
	foreign := stranger.MustCreateProject("theirs").ID
	gone := owner.MustCreateProject("gone").ID
	done(t, owner.DeleteProject(gone))
	const (
		mixed     = "permission sets must be of the same scope type"
		scopeless = "embedded message failed validation: exactly one of project_ids and organization_id is required"
		unique    = "repeated value must contain unique items"
		needsOrg  = "permission sets of scope type organization need organization_id as scope"
	)
	rule := func(sets []string, scope iam.Scope) iam.RuleSpec {
		return iam.RuleSpec{PermissionSetNames: sets, Scope: scope}
	}
	everywhere, here := iam.Scope{OrganizationID: org}, iam.Scope{ProjectIDs: []iam.ProjectID{project}}
	manyProjects := iam.Scope{}
	for i := range iam.MaxRuleProjects + 1 {
		manyProjects.ProjectIDs = append(manyProjects.ProjectIDs, iam.ProjectID(fmt.Sprintf("00000000-0000-4000-8000-%012x", i)))
	}
	argument := func(name, reason, help string) []iam.Argument {
		return []iam.Argument{{Name: name, Reason: reason, Help: help}}
	}

	for what, c := range map[string]struct {
		rules []iam.RuleSpec
		want  []iam.Argument
	}{
		"mixed scope types": {[]iam.RuleSpec{rule([]string{"IAMReadOnly", "SSHKeysReadOnly"}, everywhere)},
			argument("rules[0].permission_set_names", iam.ReasonConstraint, mixed)},
		"organization set on a project": {[]iam.RuleSpec{kit.Everywhere(org, "IAMReadOnly"), rule([]string{"IAMReadOnly"}, here)},
			argument("rules[1].permission_set_names", iam.ReasonConstraint, needsOrg)},
		"unknown set": {[]iam.RuleSpec{rule([]string{"SSHKeysReadOnly", "Nothing"}, here)},
			argument("rules[0].permission_set_names[1]", iam.ReasonUnknown, "unknown permission set")},
		"set in another case": {[]iam.RuleSpec{rule([]string{"sshkeysreadonly"}, here)},
			argument("rules[0].permission_set_names[0]", iam.ReasonUnknown, "unknown permission set")},
		"no set":         {[]iam.RuleSpec{rule(nil, here)}, argument("rules[0].permission_set_names", iam.ReasonRequired, "at least one permission set is required")},
		"set twice":      {[]iam.RuleSpec{rule([]string{"SSHKeysReadOnly", "SSHKeysReadOnly"}, here)}, argument("rules[0].permission_set_names", iam.ReasonConstraint, unique)},
		"too many sets":  {[]iam.RuleSpec{rule(make([]string, 301), here)}, argument("rules[0].permission_set_names", iam.ReasonConstraint, "value must contain no more than 300 item(s)")},
		"no scope":       {[]iam.RuleSpec{rule([]string{"SSHKeysReadOnly"}, iam.Scope{})}, argument("rules[0]", iam.ReasonFormat, scopeless)},
		"two scopes":     {[]iam.RuleSpec{rule([]string{"SSHKeysReadOnly"}, iam.Scope{OrganizationID: org, ProjectIDs: here.ProjectIDs})}, argument("rules[0]", iam.ReasonFormat, scopeless)},
		"project twice":  {[]iam.RuleSpec{rule([]string{"SSHKeysReadOnly"}, iam.Scope{ProjectIDs: []iam.ProjectID{project, project}})}, argument("rules[0].project_ids", iam.ReasonConstraint, unique)},
		"many projects":  {[]iam.RuleSpec{rule([]string{"SSHKeysReadOnly"}, manyProjects)}, argument("rules[0].project_ids", iam.ReasonConstraint, "value must contain no more than 1000 item(s)")},
		"too many rules": {make([]iam.RuleSpec, 101), argument("rules", iam.ReasonConstraint, "value must contain no more than 100 item(s)")},
		"foreign organization": {[]iam.RuleSpec{kit.Everywhere(stranger.Organization(), "IAMReadOnly")},
			argument("rules[0].organization_id", iam.ReasonUnknown, "unknown organization")},
		"unknown organization": {[]iam.RuleSpec{kit.Everywhere(nowhere, "IAMReadOnly")},
			argument("rules[0].organization_id", iam.ReasonUnknown, "unknown organization")},
		"projects that are not here": {[]iam.RuleSpec{rule([]string{"SSHKeysReadOnly"}, iam.Scope{ProjectIDs: []iam.ProjectID{project, foreign, nowhere, gone}})},
			[]iam.Argument{
				{Name: "rules[0].project_ids[1]", Reason: iam.ReasonUnknown, Help: "unknown project"},
				{Name: "rules[0].project_ids[2]", Reason: iam.ReasonUnknown, Help: "unknown project"},
				{Name: "rules[0].project_ids[3]", Reason: iam.ReasonUnknown, Help: "unknown project"},
			}},
		"every fault at once": {[]iam.RuleSpec{rule([]string{"Nothing"}, iam.Scope{}), kit.Everywhere(org, "IAMReadOnly"), rule(nil, here)},
			[]iam.Argument{
				{Name: "rules[0].permission_set_names[0]", Reason: iam.ReasonUnknown, Help: "unknown permission set"},
				{Name: "rules[0]", Reason: iam.ReasonFormat, Help: scopeless},
				{Name: "rules[2].permission_set_names", Reason: iam.ReasonRequired, Help: "at least one permission set is required"},
			}},
	} {
		t.Run(what, func(t *testing.T) {
			want := &iam.Error{Kind: iam.KindInvalidArguments, Arguments: c.want}
			p := owner.MustCreatePolicy("p", iam.Principal{}, kit.Everywhere(org, "IAMReadOnly"))
			rules := readRules(t, owner, p.ID)
			fails(t, "create", want, refused[iam.Policy](t)(owner.CreatePolicy(iam.NewPolicy{Name: "x", Rules: c.rules})))
			fails(t, "set", want, refused[[]iam.Rule](t)(owner.SetRules(p.ID, c.rules)))
			same(t, "policy", p, must[iam.Policy](t)(owner.GetPolicy(p.ID)))
			same(t, "rules", rules, readRules(t, owner, p.ID))
		})
	}
	noName := &iam.Error{Kind: iam.KindInvalidArguments, Arguments: []iam.Argument{
		{Name: "name", Reason: iam.ReasonRequired, Help: "value is required"}, {Name: "rules[0]", Reason: iam.ReasonFormat, Help: scopeless},
	}}
	fails(t, "faults of the policy and of its rules", noName,
		refused[iam.Policy](t)(owner.CreatePolicy(iam.NewPolicy{Rules: []iam.RuleSpec{rule([]string{"SSHKeysReadOnly"}, iam.Scope{})}})))
}

func TestConditionsAreCompiledWhenWritten(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	rule := kit.Everywhere(owner.Organization(), "IAMReadOnly")
	for condition, place := range map[string]string{
		`request.ip ==`:                      "line 1, column ",
		"request.ip == '1.2.3.4' &&\n  nope": "line 2, column 3: ",
		`request.time == "2025-03-03"`:       "line 1, column ",
		`1 + 1`:                              "line 1, column ",
		`resource.annotation == "x"`:         "line 1, column ",
		strings.Repeat(" ", 2048) + "true":   "",
	} {
		err := refused[iam.Policy](t)(owner.CreatePolicy(iam.NewPolicy{Name: "x", Rules: []iam.RuleSpec{rule, kit.If(condition, rule)}}))
		e, ok := err.(*iam.Error)
		if !ok || e.Kind != iam.KindInvalidArguments || len(e.Arguments) == 0 {
			t.Errorf("%q: %v", condition, err)
			continue
		}
		for _, a := range e.Arguments {
			if a.Name != "rules[1].condition" || a.Reason != iam.ReasonFormat || !strings.HasPrefix(a.Help, place) || a.Help == "" {
				t.Errorf("%q: %+v", condition, a)
			}
		}
	}
	for _, condition := range []string{`1 == 1`, `true`, `request.user_agent == 'terraform-test'`, `false && true`} {
		owner.MustCreatePolicy("fine", iam.Principal{}, kit.If(condition, rule))
	}
}

// A caller without any right is refused before its input costs anything: conditions are
// compiled only for who may write policies.
func TestInputOfStrangersIsNotJudged(t *testing.T) {
	owner := start(t).AsOwner(t)
	weak := owner.MustHire("weak")
	bad := []iam.RuleSpec{kit.If("nope(", kit.Everywhere(owner.Organization(), "Nothing"))}
	fails(t, "policy", denied("policy", "create"), refused[iam.Policy](t)(weak.CreatePolicy(iam.NewPolicy{Rules: bad})))
	fails(t, "rules", denied("rule", "write"), refused[[]iam.Rule](t)(weak.SetRules(nowhere, bad)))
	fails(t, "SSH key", denied("ssh_key", "create"), refused[iam.SSHKey](t)(weak.CreateSSHKey(iam.NewSSHKey{PublicKey: "x"})))
	fails(t, "user", denied("user", "create"), refused[iam.User](t)(weak.CreateUser(iam.NewMember{Password: strings.Repeat("x", 100)})))
}
