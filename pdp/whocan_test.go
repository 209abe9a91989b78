package pdp

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bailiwick/catalog"
	"bailiwick/iam"
)

// TestLookupEqualsCheck holds WhoCan and WhatCan to Decide: whoever is listed without a
// condition is allowed whatever the input, whoever is listed under conditions is denied only
// because of them, and who is not listed is denied whatever the input.
func TestLookupEqualsCheck(t *testing.T) {
	listed, conditional := 0, 0
	forWorlds(t, func(_ dice, _ *World, s *Snapshot, requests []*Request) {
		for _, r := range requests {
			if int(r.Permission) >= s.catalog.Len() {
				continue
			}
			q := WhoQuestion{Organization: r.Organization, Permission: r.Permission, Project: r.Resource.Project}
			who := s.WhoCan(q)
			for _, p := range s.Principals(r.Organization) {
				one := *r
				one.Subject, one.Resource.Organization, one.Resource.Owner = p, "", iam.Principal{}
				decision := s.Decide(&one)
				i := slices.IndexFunc(who, func(g Grantee) bool { return g.Principal == p })
				switch {
				case i < 0 && decision.Allowed:
					t.Fatalf("%v is allowed (%v) but not listed", p, decision.By)
				case i >= 0 && len(who[i].Conditions) == 0 && !decision.Allowed:
					t.Fatalf("%v is listed without condition but denied: %v", p, decision.Reason)
				case i >= 0 && !decision.Allowed && decision.Reason != ReasonCondition:
					t.Fatalf("%v is listed but denied: %v", p, decision.Reason)
				case i >= 0 && len(who[i].Conditions) > 0:
					conditional++
				case i >= 0:
					listed++
				}
				// A condition that nothing can meet is a line of WhatCan, and lists nobody.
				has := holdsHere(s.WhatCan(r.Organization, p), r.Permission, r.Resource.Project)
				if s.HasProject(r.Organization, r.Resource.Project) && has != (i >= 0) && !(has && decision.Reason == ReasonCondition) {
					t.Fatalf("%v: WhatCan says %v, WhoCan %v", p, has, i >= 0)
				}
			}
			if q.Input = r.Input; !sameAsDecide(s, q, r) {
				t.Fatalf("with an input that says everything, WhoCan differs from Decide")
			}
		}
	})
	if listed == 0 || conditional == 0 {
		t.Fatalf("%d listed, %d conditional: the worlds say nothing", listed, conditional)
	}
}

// TestSetsEqualWhatCan holds SetsOf to WhatCan: the same sets in the same scopes.
func TestSetsEqualWhatCan(t *testing.T) {
	sets := 0
	forWorlds(t, func(_ dice, _ *World, s *Snapshot, _ []*Request) {
		for _, org := range someOrganizations {
			for _, p := range s.Principals(org) {
				got, want := map[iam.ProjectID][]string{}, map[iam.ProjectID][]string{}
				for _, g := range s.SetsOf(org, p) {
					sets++
					projects := g.Scope.ProjectIDs
					if g.Scope.Organization() {
						projects = append(projects, "")
					}
					for _, project := range projects {
						got[project] = append(got[project], g.Set)
					}
				}
				for project := range got {
					slices.Sort(got[project])
					got[project] = slices.Compact(got[project])
				}
				for _, scope := range s.WhatCan(org, p) {
					if len(scope.Sets) > 0 {
						want[scope.Project] = scope.Sets
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%v: %s", p, diff)
				}
			}
		}
	})
	if sets < 1000 {
		t.Errorf("only %d sets were compared", sets)
	}
}

// sameAsDecide compares the unconditional part of WhoCan with the input of a request to the
// decisions on it.
func sameAsDecide(s *Snapshot, q WhoQuestion, r *Request) bool {
	for _, g := range s.WhoCan(q) {
		one := *r
		one.Subject, one.Resource.Organization, one.Resource.Owner = g.Principal, "", iam.Principal{}
		if len(g.Conditions) == 0 && !s.Decide(&one).Allowed {
			return false
		}
	}
	return true
}

// holdsHere reports whether rights hold a permission in a project, with or without condition.
func holdsHere(scopes []ScopeRights, permission catalog.Number, project iam.ProjectID) bool {
	return slices.ContainsFunc(scopes, func(s ScopeRights) bool {
		return (s.Project == "" || s.Project == project) &&
			slices.ContainsFunc(s.Rights, func(r Right) bool { return r.Permission == permission })
	})
}
