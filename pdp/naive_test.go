package pdp

import (
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"bailiwick/iam"
)

var (
	seed   = flag.Uint64("seed", 1, "of the random worlds")
	worlds = flag.Int("worlds", 1000, "how many random worlds TestDifferential asks about, 100 questions each")
)

// newSource returns a source of random numbers and tells its seed, should the test fail.
func newSource(t testing.TB) *rand.Rand {
	t.Helper()
	t.Logf("-seed %d", *seed)
	return rand.New(rand.NewPCG(*seed, 0))
}

// agree asks the snapshot and the oracle the same, and holds Reasons, Grants and Holds to the answer.
func (en engine) agree(t testing.TB, s *Snapshot, w *World, r *Request) Decision {
	t.Helper()
	got, want := s.Decide(r), Naive(en.catalog, en.compiler, w, r)
	if got != want {
		t.Fatalf("Decide: %v %v, Naive: %v %v\n%+v\n%+v", got.By, got.Reason, want.By, want.Reason, *r, *w)
	}
	if got.Allowed != (got.By != ByNothing) || got.Allowed != (got.Reason == ReasonNone) {
		t.Fatalf("a decision with two faces: %+v", got)
	}
	if got.Allowed && !s.Holds(r.Organization, r.Subject, r.Permission) {
		t.Fatalf("allowed, but Holds says never: %+v", *r)
	}
	reasons := s.Reasons(r)
	outcomes := map[Outcome]bool{}
	for _, g := range reasons {
		outcomes[g.Outcome] = true
	}
	granting := slices.DeleteFunc(slices.Clone(reasons), func(g Grant) bool { return g.Outcome != OutcomeGrants })
	if grants := s.Grants(nil, r); !slices.Equal(grants, granting) {
		t.Fatalf("Grants are %+v, of Reasons %+v: %+v", grants, reasons, *r)
	}
	before := []Grant{{Policy: "before"}}
	decision, listed := s.DecideGrants(before, r)
	if got.By != ByPolicy {
		granting = nil
	}
	if decision != got || !slices.Equal(listed, append(before, granting...)) {
		t.Fatalf("DecideGrants: %+v, %+v; Decide: %+v, Grants: %+v: %+v", decision, listed, got, granting, *r)
	}
	failed := outcomes[OutcomeConditionFalse] || outcomes[OutcomeConditionError]
	switch {
	case got.By == ByPolicy && !outcomes[OutcomeGrants],
		got.Reason == ReasonCondition && (outcomes[OutcomeGrants] || !failed),
		got.Reason == ReasonNoGrant && (outcomes[OutcomeGrants] || failed),
		got.Reason != ReasonNone && got.Reason < ReasonNoGrant && len(reasons) > 0:
		t.Fatalf("%v %v, but the reasons are %+v", got.By, got.Reason, reasons)
	}
	return got
}

// questions is how many TestDifferential asks of each world.
const questions = 100

// TestDifferential holds Decide to the oracle, over random worlds that are loaded in random
// order. Each world comes from the seed and its own number, so the shares that run at the same
// time do not matter.
func TestDifferential(t *testing.T) {
	const shares = 8
	en := newEngine(t)
	t.Logf("-seed %d -worlds %d: %d decisions", *seed, *worlds, *worlds*questions)
	var counts [shares]map[Decision]int
	t.Run("share", func(t *testing.T) {
		for share := range shares {
			counts[share] = map[Decision]int{}
			t.Run(strconv.Itoa(share), func(t *testing.T) {
				t.Parallel()
				for n := share; n < *worlds && !t.Failed(); n += shares {
					en.askWorld(t, uint64(n), counts[share])
				}
			})
		}
	})
	seen := map[Decision]int{}
	for _, count := range counts {
		for decision, n := range count {
			seen[decision] += n
		}
	}
	t.Log(seen)
	// A test of nothing but denials would prove little.
	for by := ByOwnership; by <= ByPolicy; by++ {
		if n := seen[allowed(by)]; n < 500 {
			t.Errorf("only %d decisions rest on %v", n, by)
		}
	}
	for why := ReasonClosed; why <= ReasonCondition; why++ {
		if n := seen[denied(why)]; n < 100 {
			t.Errorf("only %d denials for %v", n, why)
		}
	}
}

// askWorld holds the decisions on one world to the oracle, and counts them.
func (en engine) askWorld(t *testing.T, world uint64, seen map[Decision]int) {
	defer func() {
		if t.Failed() {
			t.Logf("world %d of -seed %d", world, *seed)
		}
	}()
	source := rand.New(rand.NewPCG(*seed, world))
	d := dice(source.IntN)
	w := d.world()
	s, _ := en.load(w, source) // random rules may be faulty
	for range questions {
		seen[en.agree(t, s, w, d.request(en.catalog))]++
	}
}

// FuzzDecide is the same with the fuzzer's bytes as dice. The tables' hashes are seeded anew in
// each process, so the fuzzer's way of making inputs smaller never ends: run it with
// -fuzzminimizetime 1x.
func FuzzDecide(f *testing.F) {
	en := newEngine(f)
	source := rand.New(rand.NewPCG(1, 0))
	for range 4 {
		bytes := make([]byte, 1000)
		for i := range bytes {
			bytes[i] = byte(source.Uint32())
		}
		f.Add(bytes)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		d := dice(func(n int) int {
			if len(bytes) < 2 {
				return 0
			}
			v := int(binary.LittleEndian.Uint16(bytes))
			bytes = bytes[2:]
			return v % n
		})
		w := d.world()
		s, _ := en.load(w, nil)
		for range 8 {
			en.agree(t, s, w, d.request(en.catalog))
		}
	})
}

// TestReasonsAreOrdered holds Reasons to its order, and to naming rules that matter: without
// those that grant, the request is denied.
func TestReasonsAreOrdered(t *testing.T) {
	en, source := newEngine(t), newSource(t)
	d := dice(source.IntN)
	found := 0
	for range 200 {
		w := d.world()
		s, _ := en.load(w, source)
		for range 20 {
			r := d.request(en.catalog)
			if s.Decide(r).By != ByPolicy {
				continue
			}
			reasons := s.Reasons(r)
			found++
			if !slices.IsSortedFunc(reasons, func(a, b Grant) int {
				return slices.Compare([]string{string(a.Group), string(a.Policy)}, []string{string(b.Group), string(b.Policy)})
			}) {
				t.Fatalf("not sorted: %+v", reasons)
			}
			if en.without(w, r, reasons) {
				t.Fatalf("still allowed without %+v", reasons)
			}
		}
	}
	if found < 200 {
		t.Fatalf("only %d decisions rest on policies", found)
	}
}

// without reports whether the request is allowed without the rules that grant it.
func (en engine) without(w *World, r *Request, reasons []Grant) bool {
	less := *w
	less.Policies = nil
	for _, p := range w.Policies {
		p.Rules = slices.DeleteFunc(slices.Clone(p.Rules), func(rule iam.Rule) bool {
			return p.Policy.OrganizationID == r.Organization && slices.ContainsFunc(reasons, func(g Grant) bool {
				return g.Outcome == OutcomeGrants && g.Policy == p.Policy.ID && g.Rule == rule.ID
			})
		})
		less.Policies = append(less.Policies, p)
	}
	s, _ := en.load(&less, nil)
	return s.Decide(r).Allowed
}
