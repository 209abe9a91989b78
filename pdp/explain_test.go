package pdp

import (
	"reflect"
	"testing"

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
