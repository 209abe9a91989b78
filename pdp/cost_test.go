package pdp

import (
	"fmt"
	"testing"

	"bailiwick/catalog"
	"bailiwick/iam"
)

// TestDecideAllocatesNothing asks requests that are built on the stack, of every kind that
// needs no condition.
func TestDecideAllocatesNothing(t *testing.T) {
	en := newEngine(t)
	e := New(en.catalog, en.compiler).Edit()
	e.PutOrganization(iam.Organization{ID: "o"})
	e.PutProject("o", "red")
	e.PutUser(iam.User{ID: "olga", OrganizationID: "o", Type: iam.UserOwner})
	e.PutUser(iam.User{ID: "ann", OrganizationID: "o"})
	e.PutApplication(iam.Application{OrganizationID: "o", ID: "bot"})
	for i := range 5 {
		id := iam.GroupID(fmt.Sprint("g", i))
		e.PutGroup(iam.Group{ID: id, OrganizationID: "o", ApplicationIDs: []iam.ApplicationID{"bot"}})
		rule := iam.Rule{PermissionSetNames: []string{"InstancesReadOnly"}, Scope: iam.Scope{ProjectIDs: []iam.ProjectID{"red"}}}
		if i == 0 {
			rule.Condition = "false"
		}
		if err := e.PutPolicy(iam.Policy{ID: iam.PolicyID(id), OrganizationID: "o", Principal: id.Principal()}, []iam.Rule{rule}); err != nil {
			t.Fatal(err)
		}
	}
	s := e.Snapshot(1)
	read, start, list := en.number(t, "compute:servers:read"), en.number(t, "compute:servers:start"), en.number(t, "account:project:list")
	agent := "curl"
	for _, test := range []struct {
		who        iam.Principal
		permission catalog.Number
		project    iam.ProjectID
		want       Decision
	}{
		{iam.UserID("olga").Principal(), read, "red", allowed(ByOwnership)},
		{iam.UserID("ann").Principal(), list, "", allowed(BySelf)},
		{iam.ApplicationID("bot").Principal(), read, "red", allowed(ByPolicy)},
		{iam.ApplicationID("bot").Principal(), read, "", denied(ReasonNoGrant)},
		{iam.ApplicationID("bot").Principal(), start, "red", denied(ReasonNoGrant)},
		{iam.ApplicationID("bot").Principal(), read, "blue", denied(ReasonUnknownProject)},
		{iam.ApplicationID("bob").Principal(), read, "red", denied(ReasonUnknownSubject)},
	} {
		var got Decision
		n := testing.AllocsPerRun(100, func() {
			r := Request{Organization: "o", Subject: test.who, Permission: test.permission, Resource: Resource{Project: test.project}}
			r.Input.UserAgent = &agent
			got = s.Decide(&r)
		})
		if got != test.want {
			t.Errorf("%+v: %+v", test, got)
		}
		if n != 0 {
			t.Errorf("%+v allocates %v times", test, n)
		}
	}
}

// TestEditCostsWhatItTouches: a change of one policy allocates as much in an installation of a
// hundred principals as in one a hundred times larger.
func TestEditCostsWhatItTouches(t *testing.T) {
	en := newEngine(t)
	measure := func(n int) float64 {
		e := newEstate(n)
		s, err := e.build(en)
		if err != nil {
			t.Fatal(err)
		}
		p := e.Policies[1]
		sets := [][]string{{"InstancesFullAccess"}, {"InstancesReadOnly"}}
		i := 0
		return testing.AllocsPerRun(200, func() {
			rule := p.Rules[0]
			rule.PermissionSetNames = sets[i%2]
			i++
			editor := s.Edit()
			if err := editor.PutPolicy(p.Policy, []iam.Rule{rule}); err != nil {
				panic(err)
			}
			s = editor.Snapshot(int64(i))
		})
	}
	small, large := measure(100), measure(10_000)
	t.Logf("%.0f allocations among 100, %.0f among 10,000", small, large)
	if large > 1.2*small {
		t.Error("the cost of a change grows with the installation")
	}
}

// TestManyProjects asks about a list of projects that is searched by halves.
func TestManyProjects(t *testing.T) {
	en := newEngine(t)
	w := &World{
		Organizations: []iam.Organization{{ID: "one"}},
		Applications:  []iam.Application{{ID: "bot", OrganizationID: "one"}},
	}
	var even, thirds iam.Rule
	even.PermissionSetNames, thirds.PermissionSetNames = []string{"InstancesReadOnly"}, []string{"SecretManagerReadOnly"}
	var projects []iam.ProjectID
	for i := range 60 {
		id := iam.ProjectID(fmt.Sprint(i * 7919 % 60))
		projects = append(projects, id)
		w.putProject(iam.Project{ID: id, OrganizationID: "one"})
		if i%2 == 0 {
			even.Scope.ProjectIDs = append(even.Scope.ProjectIDs, id)
		}
		if i%3 == 0 {
			thirds.Scope.ProjectIDs = append(thirds.Scope.ProjectIDs, id)
		}
	}
	w.Policies = []PolicyRules{{
		iam.Policy{ID: "p", OrganizationID: "one", Principal: iam.ApplicationID("bot").Principal()}, []iam.Rule{even, thirds},
	}}
	s, err := en.load(w, nil)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, permission := range []string{"compute:servers:read", "secret_manager:secret:read"} {
		for _, project := range append(projects, "", "60", "-1") {
			r := &Request{
				Organization: "one", Subject: iam.ApplicationID("bot").Principal(),
				Permission: en.number(t, permission), Resource: Resource{Project: project},
			}
			if en.agree(t, s, w, r).Allowed {
				count++
			}
		}
	}
	if count != 30+20 {
		t.Errorf("allowed %d times", count)
	}
}
