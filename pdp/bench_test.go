package pdp

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"bailiwick/catalog"
	"bailiwick/iam"
)

// unshare gives the requests texts of their own, as those of real requests are (comparing a
// text with itself would look free), one after the other in memory, since a real request has
// just been read and is in the processor's cache.
func unshare(list []Request) {
	var all strings.Builder
	for _, r := range list {
		all.WriteString(string(r.Organization) + r.Subject.ID + string(r.Resource.Project))
	}
	rest := all.String()
	take := func(n int) (text string) {
		text, rest = rest[:n], rest[n:]
		return text
	}
	for i := range list {
		r := &list[i]
		r.Organization = iam.OrganizationID(take(len(r.Organization)))
		r.Subject.ID = take(len(r.Subject.ID))
		r.Resource.Project = iam.ProjectID(take(len(r.Resource.Project)))
	}
}

// requests draws requests from the policies of an estate that want selects.
func (e *estate) requests(en engine, n int, want func(PolicyRules) bool) []Request {
	source := rand.New(rand.NewPCG(2, 2))
	projects := map[iam.OrganizationID][]iam.ProjectID{}
	for _, p := range e.Projects {
		projects[p.OrganizationID] = append(projects[p.OrganizationID], p.ID)
	}
	var list []Request
	for len(list) < n {
		p := e.Policies[source.IntN(len(e.Policies))]
		if !want(p) {
			continue
		}
		rule := p.Rules[0]
		project := projects[p.Policy.OrganizationID][source.IntN(estateProjects)]
		if ids := rule.Scope.ProjectIDs; len(ids) > 0 {
			project = ids[source.IntN(len(ids))]
		}
		set, _ := en.catalog.Set(rule.PermissionSetNames[0])
		permission, _ := en.catalog.Number(set.Permissions[source.IntN(len(set.Permissions))])
		list = append(list, Request{
			Organization: p.Policy.OrganizationID, Subject: p.Policy.Principal, Permission: permission,
			Resource: Resource{Project: project}, Input: estateInput(),
		})
	}
	unshare(list)
	return list
}

type floorKey struct {
	organization iam.OrganizationID
	principal    string
	project      iam.ProjectID
}

// floor is the least that a decision by hand could be: one map from organization, principal
// and project to a bitset. It knows no organizations, owners, locks, groups, projects that
// are gone, or conditions, and every change of a group would have to visit all its members.
func (e *estate) floor(en engine) map[floorKey]catalog.Bits {
	m := map[floorKey]catalog.Bits{}
	shared := map[string]catalog.Bits{}
	add := func(k floorKey, r iam.Rule) {
		for _, name := range r.PermissionSetNames {
			set, _ := en.catalog.Set(name)
			union := m[k].Or(set.Bits)
			text := string(appendBits(nil, union))
			if _, ok := shared[text]; !ok {
				shared[text] = union
			}
			m[k] = shared[text]
		}
	}
	projects := map[iam.OrganizationID][]iam.ProjectID{}
	for _, p := range e.Projects {
		projects[p.OrganizationID] = append(projects[p.OrganizationID], p.ID)
	}
	for _, p := range e.Policies {
		for _, r := range p.Rules {
			if p.Policy.Principal.Type != iam.TypeApplication {
				continue
			}
			ids := r.Scope.ProjectIDs
			if r.Scope.Organization() {
				ids = projects[p.Policy.OrganizationID][:3]
			}
			for _, id := range ids {
				add(floorKey{p.Policy.OrganizationID, p.Policy.Principal.ID, id}, r)
			}
		}
	}
	return m
}

const many = 100_000

func direct(p PolicyRules) bool {
	return p.Policy.Principal.Type == iam.TypeApplication && p.Rules[0].Condition == "" && !p.Rules[0].Scope.Organization()
}

func BenchmarkDecide(b *testing.B) {
	en := newEngine(b)
	e := newEstate(many)
	s := e.build(b, en)
	run := func(name string, requests []Request, want Decision) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if d := s.Decide(&requests[i]); d != want {
					b.Fatal(d, s.Reasons(&requests[i]))
				}
				if i++; i == len(requests) {
					i = 0
				}
			}
		})
	}
	plain := e.requests(en, many, direct)
	run("unconditional", plain, allowed(ByPolicy))
	m := e.floor(en)
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			r := &plain[i]
			if !m[floorKey{r.Organization, r.Subject.ID, r.Resource.Project}].Has(r.Permission) {
				b.Fatal("denied")
			}
			if i++; i == len(plain) {
				i = 0
			}
		}
	})
}

func BenchmarkBuild100k(b *testing.B) {
	en := newEngine(b)
	e := newEstate(many)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var s *Snapshot
	for b.Loop() {
		s = e.build(b, en)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/many, "B/principal")
	runtime.KeepAlive(s)
}
