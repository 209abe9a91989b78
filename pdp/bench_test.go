package pdp

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bailiwick/iam"
)

const many = 100_000

// scenario is a kind of request with the way in which a decision by hand would answer it.
type scenario struct {
	name     string
	requests []Request
	floor    func(*Request) bool
}

type bench struct {
	snapshot  *Snapshot
	scenarios []scenario
}

var newBench = sync.OnceValue(func() bench {
	en, err := loadEngine()
	if err != nil {
		panic(err)
	}
	e := newEstate(many)
	s, err := e.build(en)
	if err != nil {
		panic(err)
	}
	f := e.floor(en)
	application := func(p PolicyRules) bool {
		return p.Policy.Principal.Type == iam.TypeApplication && !p.Rules[0].Scope.Organization()
	}
	plain := e.requests(en, many, func(p PolicyRules) bool { return application(p) && p.Rules[0].Condition == "" })
	conditional := slices.DeleteFunc(
		e.requests(en, many, func(p PolicyRules) bool { return application(p) && p.Rules[0].Condition != "" }),
		func(r Request) bool { return s.Decide(&r) != denied(ReasonCondition) }) // a group may grant it
	return bench{s, []scenario{
		{"unconditional", plain, f.direct},
		{"unconditional-checked", plain, f.checked},
		{"conditional", conditional, f.withCondition},
		{"five-groups", e.byChains(en), f.byGroups},
	}}
})

// requests draws requests from the policies of an estate that want selects.
func (e *estate) requests(en engine, n int, want func(PolicyRules) bool) []Request {
	source := rand.New(rand.NewPCG(2, 2))
	var list []Request
	for len(list) < n {
		p := e.Policies[source.IntN(len(e.Policies))]
		if !want(p) {
			continue
		}
		rule := p.Rules[0]
		set, _ := en.catalog.Set(rule.PermissionSetNames[0])
		permission, _ := en.catalog.Number(set.Permissions[source.IntN(len(set.Permissions))])
		list = append(list, Request{
			Organization: p.Policy.OrganizationID, Subject: p.Policy.Principal, Permission: permission,
			Resource: Resource{Project: rule.Scope.ProjectIDs[source.IntN(len(rule.Scope.ProjectIDs))]}, Input: estateInput(),
		})
	}
	separate(list)
	return list
}

func (e *estate) byChains(en engine) []Request {
	permission, _ := en.catalog.Number("compute:servers:read")
	var list []Request
	for _, c := range e.chains {
		list = append(list, Request{
			Organization: c.organization, Subject: c.member.Principal(), Permission: permission,
			Resource: Resource{Project: c.project}, Input: estateInput(),
		})
	}
	rand.New(rand.NewPCG(3, 3)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	separate(list)
	return list
}

// separate gives the requests texts of their own, as those of real requests are (comparing a
// text with itself would look free), one after the other in memory, since a real request has
// just been read and is in the processor's cache.
func separate(list []Request) {
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

func (b *bench) run(t *testing.B, floor bool) {
	for _, sc := range b.scenarios {
		t.Run(sc.name, func(t *testing.B) {
			t.ReportAllocs()
			want := b.snapshot.Decide(&sc.requests[0]).Allowed
			decide := func(r *Request) bool { return b.snapshot.Decide(r).Allowed }
			if floor {
				decide = sc.floor
			}
			i := 0
			for t.Loop() {
				if decide(&sc.requests[i]) != want {
					t.Fatal("not the same for all")
				}
				if i++; i == len(sc.requests) {
					i = 0
				}
			}
		})
	}
}

// BenchmarkDecide decides at 100,000 principals and 100,000 policies, a fifth conditional.
func BenchmarkDecide(t *testing.B) { b := newBench(); b.run(t, false) }

// BenchmarkFloor answers the same requests by hand-written maps (type floor).
func BenchmarkFloor(t *testing.B) { b := newBench(); b.run(t, true) }

// BenchmarkRatio measures the two by turns, a thousand requests each, so that a machine that
// is busy with other things slows both alike, and reports the medians and their ratio.
func BenchmarkRatio(t *testing.B) {
	b := newBench()
	for _, sc := range b.scenarios {
		t.Run(sc.name, func(t *testing.B) {
			const batch = 1000
			measure := func(part []Request, decide func(*Request) bool) float64 {
				start := time.Now()
				allowed := 0
				for i := range part {
					if decide(&part[i]) {
						allowed++
					}
				}
				if allowed != 0 && allowed != len(part) {
					t.Fatal("not the same for all")
				}
				return float64(time.Since(start).Nanoseconds()) / float64(len(part))
			}
			var mine, floor []float64
			n := len(sc.requests)
			for at := 0; t.Loop(); at = (at + batch) % max(1, n-batch+1) {
				// The other half of the requests, so that neither warms the caches for the other.
				other := (at + n/2) % max(1, n-batch+1)
				mine = append(mine, measure(sc.requests[at:][:batch], func(r *Request) bool { return b.snapshot.Decide(r).Allowed }))
				floor = append(floor, measure(sc.requests[other:][:batch], sc.floor))
			}
			slices.Sort(mine)
			slices.Sort(floor)
			m, f := mine[len(mine)/2], floor[len(floor)/2]
			t.ReportMetric(m, "decide-ns")
			t.ReportMetric(f, "floor-ns")
			t.ReportMetric(m/f, "ratio")
			t.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkEditPolicy changes one policy and makes the next snapshot, in a small and in a
// large installation.
func BenchmarkEditPolicy(t *testing.B) {
	en := newEngine(t)
	for name, n := range map[string]int{"100": 100, "100000": many} {
		e := newEstate(n)
		s, err := e.build(en)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.B) {
			t.ReportAllocs()
			sets := []string{"InstancesFullAccess", "InstancesReadOnly"}
			policies := slices.DeleteFunc(slices.Clone(e.Policies), func(p PolicyRules) bool {
				return p.Policy.Principal.Type == iam.TypeGroup // which has more policies where there are more
			})
			i := 0
			for t.Loop() {
				p := policies[i*7919%len(policies)]
				rule := p.Rules[0]
				rule.PermissionSetNames = sets[i%2:][:1]
				editor := s.Edit()
				if err := editor.PutPolicy(p.Policy, []iam.Rule{rule}); err != nil {
					t.Fatal(err)
				}
				s = editor.Snapshot(int64(i))
				i++
			}
		})
	}
}

// BenchmarkJoinGroup adds a member to a group of 10,000 and takes it away.
func BenchmarkJoinGroup(t *testing.B) {
	en := newEngine(t)
	e := newEstate(10)
	group := iam.Group{ID: "g", OrganizationID: e.Organizations[0].ID}
	for range iam.MaxGroupMembers {
		group.UserIDs = append(group.UserIDs, iam.UserID(e.id()))
	}
	editor := New(en.catalog, en.compiler).Edit()
	editor.PutGroup(group)
	s := editor.Snapshot(1)
	t.ReportAllocs()
	for i := 0; t.Loop(); i++ {
		members := group
		members.UserIDs = group.UserIDs[:len(group.UserIDs)-i%2]
		editor := s.Edit()
		editor.PutGroup(members)
		s = editor.Snapshot(1)
	}
}

// BenchmarkBuild100k builds a snapshot of 100,000 principals, policies and API keys at once,
// and reports all memory that it holds, its texts included.
func BenchmarkBuild100k(t *testing.B) {
	en := newEngine(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	e := newEstate(many)
	var s *Snapshot
	for t.Loop() {
		var err error
		if s, err = e.build(en); err != nil {
			t.Fatal(err)
		}
	}
	e = nil
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/many, "B/principal")
	t.ReportMetric(float64(after.HeapObjects-before.HeapObjects)/many, "objects/principal")
	runtime.KeepAlive(s)
}
