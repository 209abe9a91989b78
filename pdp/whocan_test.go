package pdp

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"bailiwick/catalog"
	"bailiwick/iam"
)

// TestLookupEqualsCheck holds WhoCan and WhatCan to Decide: whoever is listed without a
// condition is allowed whatever the input, whoever is listed under conditions is denied only
// because of them, and who is not listed is denied whatever the input.
func TestLookupEqualsCheck(t *testing.T) {
	listed, conditional := 0, 0
	forWorlds(t, func(_ dice, _ *World, s *Snapshot, requests []*Request) {
		type who struct {
			organization iam.OrganizationID
			principal    iam.Principal
		}
		can := map[who][]ScopeRights{} // what somebody can does not depend on the request
		whatCan := func(w who) []ScopeRights {
			if _, known := can[w]; !known {
				can[w] = s.WhatCan(w.organization, w.principal)
			}
			return can[w]
		}
		for _, r := range requests {
			if int(r.Permission) >= s.catalog.Len() {
				continue
			}
			q := WhoQuestion{Organization: r.Organization, Permission: r.Permission, Project: r.Resource.Project}
			listedHere, _ := s.WhoCan(q, 0, 1000)
			for _, p := range s.Principals(r.Organization) {
				one := *r
				one.Subject, one.Resource.Organization, one.Resource.Owner = p, "", iam.Principal{}
				decision := s.Decide(&one)
				i := slices.IndexFunc(listedHere, func(g Grantee) bool { return g.Principal == p })
				switch {
				case i < 0 && decision.Allowed:
					t.Fatalf("%v is allowed (%v) but not listed", p, decision.By)
				case i >= 0 && len(listedHere[i].Conditions) == 0 && !decision.Allowed:
					t.Fatalf("%v is listed without condition but denied: %v", p, decision.Reason)
				case i >= 0 && !decision.Allowed && decision.Reason != ReasonCondition:
					t.Fatalf("%v is listed but denied: %v", p, decision.Reason)
				case i >= 0 && len(listedHere[i].Conditions) > 0:
					conditional++
				case i >= 0:
					listed++
				}
				// A condition that nothing can meet is a line of WhatCan, and lists nobody.
				has := holdsHere(whatCan(who{r.Organization, p}), r.Permission, r.Resource.Project)
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

// TestWhoCanPages: the pages of a list are the list, in order, with those first who may in any
// case; and WhoMay is the same list of one type.
func TestWhoCanPages(t *testing.T) {
	source := newSource(t)
	long := 0
	forWorlds(t, func(_ dice, _ *World, s *Snapshot, requests []*Request) {
		for _, r := range requests[:20] {
			q := WhoQuestion{Organization: r.Organization, Permission: r.Permission, Project: r.Resource.Project}
			all, total := s.WhoCan(q, 0, 1000)
			if len(all) != total {
				t.Fatalf("%d of %d", len(all), total)
			}
			if !slices.IsSortedFunc(all, func(a, b Grantee) int {
				return cmp.Or(cmp.Compare(min(1, len(a.Conditions)), min(1, len(b.Conditions))),
					cmp.Compare(a.Principal.Type, b.Principal.Type), cmp.Compare(a.Principal.ID, b.Principal.ID))
			}) {
				t.Fatalf("not in order: %+v", all)
			}
			var paged []Grantee
			size := 1 + source.IntN(3)
			for from := 0; from < total; from += size {
				page, n := s.WhoCan(q, from, size)
				if n != total {
					t.Fatalf("%d in all, then %d", total, n)
				}
				paged = append(paged, page...)
			}
			if diff := gocmp.Diff(all, paged); diff != "" {
				t.Fatalf("in pages of %d: %s", size, diff)
			}
			if past, _ := s.WhoCan(q, total, 5); past != nil {
				t.Fatalf("after the end: %+v", past)
			}
			long = max(long, total)
			for _, kind := range []iam.PrincipalType{iam.TypeUser, iam.TypeApplication} {
				want := []iam.Principal{}
				for _, g := range all {
					if g.Principal.Type == kind {
						want = append(want, g.Principal)
					}
				}
				slices.SortFunc(want, func(a, b iam.Principal) int { return cmp.Compare(a.ID, b.ID) })
				if got := s.WhoMay(q, kind); !slices.Equal(got, want) {
					t.Fatalf("%v may: %v, want %v", kind, got, want)
				}
			}
		}
	})
	if long < 4 {
		t.Errorf("no list is longer than %d", long)
	}
}

// TestWidePolicies: a policy in too many places to be in the rosters of all of them is found
// like any other, before and after it was one.
func TestWidePolicies(t *testing.T) {
	en := newEngine(t)
	w := &World{
		Organizations: []iam.Organization{{ID: "o"}},
		Applications:  []iam.Application{{ID: "bot", OrganizationID: "o"}, {ID: "ci", OrganizationID: "o"}},
		Groups:        []iam.Group{{ID: "g", OrganizationID: "o", ApplicationIDs: []iam.ApplicationID{"ci"}}},
	}
	var projects []iam.ProjectID
	for i := range 300 {
		projects = append(projects, iam.ProjectID(fmt.Sprint("p", i)))
		w.putProject(iam.Project{ID: projects[i], OrganizationID: "o"})
	}
	wide := iam.Rule{ID: "wide", PermissionSetNames: []string{"InstancesReadOnly", "SecretManagerReadOnly", "ObjectStorageReadOnly", "AllProductsReadOnly"}}
	wide.Scope.ProjectIDs = projects
	bound := wide
	bound.ID, bound.Condition = "bound", `request.ip == "192.0.2.1"`
	w.Policies = []PolicyRules{
		{iam.Policy{ID: "own", OrganizationID: "o", Principal: iam.ApplicationID("bot").Principal()}, []iam.Rule{wide}},
		{iam.Policy{ID: "group's", OrganizationID: "o", Principal: iam.GroupID("g").Principal()}, []iam.Rule{bound}},
	}
	s, err := en.load(w, newSource(t))
	if err != nil {
		t.Fatal(err)
	}
	if s.holders.size != 1 {
		t.Errorf("two wide policies are in %d rosters", s.holders.size)
	}
	read := en.number(t, "compute:servers:read")
	who := func(s *Snapshot, project iam.ProjectID) (list []string) {
		page, _ := s.WhoCan(WhoQuestion{Organization: "o", Permission: read, Project: project}, 0, 10)
		for _, g := range page {
			list = append(list, fmt.Sprint(g.Principal.ID, g.Conditions))
		}
		return list
	}
	if got := who(s, projects[299]); !slices.Equal(got, []string{"bot[]", `ci[request.ip == "192.0.2.1"]`}) {
		t.Errorf("in a project: %v", got)
	}
	if got := who(s, ""); got != nil {
		t.Errorf("in the organization: %v", got)
	}
	narrow := w.Policies[0]
	narrow.Rules = []iam.Rule{{ID: "narrow", PermissionSetNames: []string{"InstancesReadOnly"}, Scope: iam.Scope{ProjectIDs: projects[:1]}}}
	for range 2 { // narrow, and wide again
		w.putPolicy(narrow)
		e := s.Edit()
		if err := e.PutPolicy(narrow.Policy, narrow.Rules); err != nil {
			t.Fatal(err)
		}
		s = e.Snapshot(2)
		again, _ := en.load(w, nil)
		if diff := gocmp.Diff(newDump(again), newDump(s)); diff != "" {
			t.Fatal(diff)
		}
		if got, want := who(s, projects[1]), who(again, projects[1]); !slices.Equal(got, want) {
			t.Errorf("%v, rebuilt %v", got, want)
		}
		narrow.Rules = []iam.Rule{wide}
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
				if diff := gocmp.Diff(want, got); diff != "" {
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
	who, _ := s.WhoCan(q, 0, 1000)
	for _, g := range who {
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
