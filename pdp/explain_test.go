package pdp

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bailiwick/iam"
)

// TestExplainAgreesWithDecide: an explanation has the decision of Decide; a yes by policy has
// a chain that grants and only such chains; a no has none. It is the same when asked twice.
func TestExplainAgreesWithDecide(t *testing.T) {
	seen := map[Link]int{}
	forWorlds(t, func(_ dice, _ *World, s *Snapshot, requests []*Request) {
		for _, r := range requests {
			x, decision := s.Explain(r), s.Decide(r)
			if x.Decision != decision {
				t.Fatalf("Explain decides %+v, Decide %+v", x.Decision, decision)
			}
			grants := 0
			for _, c := range x.Chains {
				seen[c.FailedAt]++
				if c.FailedAt == FailedNowhere {
					grants++
				}
			}
			if decision.Allowed && (grants == 0 || grants != len(x.Chains) || len(x.WouldAllow) > 0) {
				t.Fatalf("a yes with %d chains of which %d grant", len(x.Chains), grants)
			}
			if !decision.Allowed && grants > 0 {
				t.Fatalf("a no with %d chains that grant: %+v", grants, x.Chains)
			}
			if again := s.Explain(r); !reflect.DeepEqual(x, again) {
				t.Fatalf("the second explanation differs:\n%+v\n%+v", x, again)
			}
		}
	})
	for _, link := range []Link{FailedNowhere, FailedAtCondition, FailedAtScope, FailedAtPrincipal} {
		if seen[link] < 10 {
			t.Errorf("only %d chains failed at %q", seen[link], link)
		}
	}
}

// TestAdditionsAllow: what an explanation says would allow, allows. Conditions are left out:
// how to meet one is for the caller.
func TestAdditionsAllow(t *testing.T) {
	en := newEngine(t)
	tried := map[AdditionKind]int{}
	forWorlds(t, func(_ dice, w *World, s *Snapshot, requests []*Request) {
		for _, r := range requests[:20] {
			for _, a := range s.Explain(r).WouldAllow {
				if a.Kind == MeetCondition {
					continue
				}
				tried[a.Kind]++
				if changed := w.with(a, r); !Naive(en.catalog, en.compiler, changed, r).Allowed {
					t.Fatalf("%s does not allow it", a.Change)
				}
			}
		}
	})
	for _, kind := range []AdditionKind{JoinGroup, AttachPolicy, GrantSet} {
		if tried[kind] == 0 {
			t.Errorf("no addition of kind %s was tried", kind)
		}
	}
}

// TestExplainIsStable: among more candidates than are named, the same ones are, in whatever
// order they arrived; and the smallest permission sets come first.
func TestExplainIsStable(t *testing.T) {
	en, source := newEngine(t), newSource(t)
	w := &World{
		Organizations: []iam.Organization{{ID: "o"}}, Projects: []iam.Project{{ID: "red", OrganizationID: "o"}},
		Applications: []iam.Application{{ID: "bot", OrganizationID: "o"}},
	}
	sets := []string{"AllProductsFullAccess", "InstancesFullAccess", "InstancesReadOnly"}
	for i := range 300 {
		id := fmt.Sprintf("%08x", uint32(i)*2654435761)
		p := PolicyRules{iam.Policy{ID: iam.PolicyID(id), OrganizationID: "o"}, []iam.Rule{{
			ID: "r", PermissionSetNames: []string{sets[i%3]}, Scope: iam.Scope{OrganizationID: "o"},
		}}}
		if i%30 == 11 { // in more rosters than one
			p.Rules[0].PermissionSetNames = append(p.Rules[0].PermissionSetNames, "InstancesServerRead")
		}
		if i%2 == 0 {
			p.Rules[0].Scope = iam.Scope{ProjectIDs: []iam.ProjectID{"red"}}
		}
		if i%5 != 0 {
			w.putGroup(iam.Group{ID: iam.GroupID(id), OrganizationID: "o"})
			p.Policy.Principal = iam.GroupID(id).Principal()
		}
		w.putPolicy(p)
	}
	r := &Request{
		Organization: "o", Subject: iam.ApplicationID("bot").Principal(), Permission: en.number(t, "compute:servers:read"),
		Resource: Resource{Project: "red"},
	}
	var first Explanation
	for i := range 5 {
		s, err := en.load(w, source)
		if err != nil {
			t.Fatal(err)
		}
		got := s.Explain(r)
		if i == 0 {
			first = got
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Fatalf("another order, another explanation: %s", diff)
		}
	}
	if len(first.Chains) != maxOthers || len(first.WouldAllow) != maxAdditions {
		t.Fatalf("%d chains, %d additions", len(first.Chains), len(first.WouldAllow))
	}
	policies := map[iam.PolicyID]bool{}
	for _, c := range first.Chains {
		if policies[c.Policy] {
			t.Errorf("policy %s is named twice", c.Policy)
		}
		policies[c.Policy] = true
		if c.Set != "InstancesReadOnly" || c.FailedAt != FailedAtPrincipal {
			t.Errorf("there are smaller sets than that of %+v", c)
		}
	}
	if first.WouldAllow[0].AlsoGrants != 0 || first.WouldAllow[1].Kind != JoinGroup {
		t.Errorf("additions: %+v", first.WouldAllow)
	}
}

// with returns a copy of the world in which an addition was made.
func (w *World) with(a Addition, r *Request) *World {
	changed := *w
	changed.Groups = append([]iam.Group(nil), w.Groups...)
	changed.Policies = append([]PolicyRules(nil), w.Policies...)
	switch a.Kind {
	case JoinGroup:
		for i, g := range changed.Groups {
			if g.OrganizationID == r.Organization && g.ID == a.Group {
				if r.Subject.Type == iam.TypeUser {
					g.UserIDs = append(g.UserIDs[:len(g.UserIDs):len(g.UserIDs)], iam.UserID(r.Subject.ID))
				} else {
					g.ApplicationIDs = append(g.ApplicationIDs[:len(g.ApplicationIDs):len(g.ApplicationIDs)], iam.ApplicationID(r.Subject.ID))
				}
				changed.Groups[i] = g
			}
		}
	case AttachPolicy:
		for i, p := range changed.Policies {
			if p.Policy.OrganizationID == r.Organization && p.Policy.ID == a.Policy {
				p.Policy.Principal = r.Subject
				changed.Policies[i] = p
			}
		}
	case GrantSet:
		rule := iam.Rule{ID: "added", PermissionSetNames: []string{a.Set}, Scope: iam.Scope{OrganizationID: r.Organization}}
		if a.Project != "" {
			rule.Scope = iam.Scope{ProjectIDs: []iam.ProjectID{a.Project}}
		}
		changed.Policies = append(changed.Policies, PolicyRules{
			Policy: iam.Policy{ID: "added", OrganizationID: r.Organization, Principal: r.Subject}, Rules: []iam.Rule{rule},
		})
	}
	return &changed
}
