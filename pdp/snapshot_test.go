package pdp

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bailiwick/iam"
)

// TestSnapshotIsImmutable edits a line of snapshots while readers ask the first one. Its
// decisions, and all that it holds, stay; under the race detector, nobody writes to what it
// shares with the later ones.
func TestSnapshotIsImmutable(t *testing.T) {
	en, source := newEngine(t), newSource(t)
	d := dice(source.IntN)
	m := &machine{en: en, world: *d.world()}
	first, _ := en.load(&m.world, source)
	before := newDump(first)
	var requests []*Request
	var want []Decision
	for range 200 {
		r := d.request(en.catalog)
		requests, want = append(requests, r), append(want, first.Decide(r))
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				for i, r := range requests {
					if got := first.Decide(r); got != want[i] {
						t.Errorf("%+v, after edits %+v", want[i], got)
						return
					}
					first.Reasons(r)
					first.Holds(r.Organization, r.Subject, r.Permission)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	m.snapshot = first
	for range 100 {
		m.editor = m.snapshot.Edit()
		for range 10 {
			m.edit(d)
		}
		m.snapshot = m.editor.Snapshot(m.snapshot.Revision() + 1)
	}
	close(stop)
	readers.Wait()
	if diff := cmp.Diff(before, newDump(first)); diff != "" {
		t.Errorf("the first snapshot changed:\n%s", diff)
	}
	if diff := cmp.Diff(before, newDump(m.snapshot)); diff == "" {
		t.Error("the last snapshot is the first one: nothing was edited")
	}
	if first.Revision() != 1 || m.snapshot.Revision() != 101 {
		t.Errorf("revisions %d and %d", first.Revision(), m.snapshot.Revision())
	}
}

// TestEditorKeepsNothingOfTheCaller changes what was put after it was put.
func TestEditorKeepsNothingOfTheCaller(t *testing.T) {
	en := newEngine(t)
	group := iam.Group{ID: "g", OrganizationID: "o", UserIDs: []iam.UserID{"ann"}, ApplicationIDs: []iam.ApplicationID{"bot"}}
	rules := []iam.Rule{{ID: "r", PermissionSetNames: []string{"InstancesReadOnly"}, Scope: iam.Scope{ProjectIDs: []iam.ProjectID{"red"}}}}
	e := New(en.catalog, en.compiler).Edit()
	e.PutGroup(group)
	if err := e.PutPolicy(iam.Policy{ID: "p", OrganizationID: "o", Principal: group.ID.Principal()}, rules); err != nil {
		t.Fatal(err)
	}
	before := newDump(e.Snapshot(1))
	group.UserIDs[0], group.ApplicationIDs[0] = "eve", "eve"
	rules[0].ID, rules[0].PermissionSetNames[0], rules[0].Scope.ProjectIDs[0] = "x", "IAMManager", "blue"
	if diff := cmp.Diff(before, newDump(e.Snapshot(2))); diff != "" {
		t.Error(diff)
	}
}

func TestAccessors(t *testing.T) {
	en := newEngine(t)
	key := iam.APIKey{AccessKey: "SCW1", OrganizationID: "o", Bearer: iam.UserID("ann").Principal(), Description: "d"}
	e := New(en.catalog, en.compiler).Edit()
	e.PutOrganization(iam.Organization{ID: "o"})
	e.PutProject("o", "red")
	e.PutUser(iam.User{ID: "ann", OrganizationID: "o", Type: iam.UserOwner})
	e.PutUser(iam.User{ID: "bob", OrganizationID: "o", Locked: true})
	e.PutApplication(iam.Application{OrganizationID: "o", ID: "bot"})
	e.PutGroup(iam.Group{ID: "g", OrganizationID: "o", UserIDs: []iam.UserID{"later"}})
	e.PutAPIKey(key)
	e.DeleteAPIKey("other", key.AccessKey) // of another organization: not its to delete
	s := e.Snapshot(7)

	type state struct {
		State PrincipalState
		OK    bool
	}
	states := map[string]state{}
	for _, p := range []iam.Principal{
		iam.UserID("ann").Principal(), iam.UserID("bob").Principal(), iam.ApplicationID("bot").Principal(),
		iam.UserID("bot").Principal(), iam.GroupID("g").Principal(), iam.UserID("later").Principal(), iam.Operator().Principal, {},
	} {
		var st state
		st.State, st.OK = s.Principal("o", p)
		states[string(p.Type)+" "+p.ID] = st
		if _, ok := s.Principal("other", p); ok {
			t.Errorf("%v is in another organization", p)
		}
	}
	want := map[string]state{
		"user ann": {PrincipalState{Owner: true}, true}, "user bob": {PrincipalState{Locked: true}, true}, "application bot": {OK: true},
		"user bot": {}, "group g": {}, "user later": {}, "operator operator": {}, " ": {},
	}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
	if got, ok := s.APIKey("SCW1"); !ok || got != key {
		t.Errorf("key %+v %v", got, ok)
	}
	if got, ok := s.APIKey("SCW2"); ok || got != (iam.APIKey{}) {
		t.Errorf("unknown key %+v %v", got, ok)
	}
	if !s.HasProject("o", "red") || s.HasProject("other", "red") || s.HasProject("o", "o") || s.HasProject("o", "") {
		t.Error("projects")
	}
	if closed, ok := s.Organization("o"); closed || !ok {
		t.Error("organization")
	}
	if _, ok := s.Organization("other"); ok {
		t.Error("an organization that nobody put")
	}
	if s.Revision() != 7 || New(en.catalog, en.compiler).Revision() != 0 {
		t.Error("revision")
	}
}

// TestFaultyRules: what is wrong with a rule makes all of it grant nothing and is reported;
// the other rules apply.
func TestFaultyRules(t *testing.T) {
	en := newEngine(t)
	good := iam.Rule{ID: "good", PermissionSetNames: []string{"InstancesReadOnly"}, Scope: iam.Scope{OrganizationID: "o"}}
	subject := iam.ApplicationID("bot").Principal()
	for name, test := range map[string]struct {
		change func(*iam.Rule)
		want   string
	}{
		"set gone":        {func(r *iam.Rule) { r.PermissionSetNames = append(r.PermissionSetNames, "Withdrawn") }, `the catalogue has no permission set "Withdrawn"`},
		"foreign scope":   {func(r *iam.Rule) { r.Scope.OrganizationID = "other" }, "its scope is the organization other, which is not the policy's"},
		"two scopes":      {func(r *iam.Rule) { r.Scope.ProjectIDs = []iam.ProjectID{"red"} }, "its scope is both an organization and projects"},
		"condition":       {func(r *iam.Rule) { r.Condition = "request.nothing" }, "its condition does not compile"},
		"blank condition": {func(r *iam.Rule) { r.Condition = " " }, "its condition does not compile"},
		"set of organization": {func(r *iam.Rule) {
			r.Scope = iam.Scope{ProjectIDs: []iam.ProjectID{"red"}}
			r.PermissionSetNames = append(r.PermissionSetNames, "IAMReadOnly")
		}, `permission set "IAMReadOnly" cannot be granted on projects`},
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			bad.ID, bad.PermissionSetNames = "bad", []string{"SecretManagerReadOnly"}
			test.change(&bad)
			e := New(en.catalog, en.compiler).Edit()
			e.PutOrganization(iam.Organization{ID: "o"})
			e.PutProject("o", "red")
			e.PutApplication(iam.Application{OrganizationID: "o", ID: "bot"})
			err := e.PutPolicy(iam.Policy{ID: "p", OrganizationID: "o", Principal: subject}, []iam.Rule{bad, good})
			if err == nil || !strings.HasPrefix(err.Error(), "policy p: rule bad grants nothing: "+test.want) || strings.Contains(err.Error(), "good") {
				t.Errorf("error %v", err)
			}
			s := e.Snapshot(1)
			r := &Request{Organization: "o", Subject: subject, Resource: Resource{Project: "red"}, Permission: en.number(t, "secret_manager:secret:read")}
			if got := s.Decide(r); got != denied(ReasonNoGrant) {
				t.Errorf("the faulty rule: %+v %+v", got, s.Reasons(r))
			}
			r.Permission = en.number(t, "compute:servers:read")
			if got := s.Decide(r); got != allowed(ByPolicy) {
				t.Errorf("the other rule: %+v", got)
			}
		})
	}
}

// TestFaultyPrincipal: a policy for the operator has no effect and is reported, one for nobody
// has no effect.
func TestFaultyPrincipal(t *testing.T) {
	en := newEngine(t)
	e := New(en.catalog, en.compiler).Edit()
	err := e.PutPolicy(iam.Policy{ID: "p", OrganizationID: "o", Principal: iam.Operator().Principal}, nil)
	if err == nil || err.Error() != `policy p has no effect: its principal is of type "operator", which no policy can have` {
		t.Error(err)
	}
	if err := e.PutPolicy(iam.Policy{ID: "p", OrganizationID: "o"}, nil); err != nil {
		t.Error(err)
	}
}
