package pdp

import (
	"fmt"
	"slices"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
)

// dump is everything in a snapshot in a form to compare: two snapshots of the same facts must
// have equal dumps, whatever edits they went through. It has the uses of the pools, so that
// a share that is never given back shows.
type dump struct {
	Organizations map[string]bool // closed
	Projects      map[string]bool
	Principals    map[string]dumpPrincipal
	Policies      map[string]dumpPolicy
	Keys          map[string]iam.APIKey
	Bits          map[string]int
	Lists         map[string]int
	Conditions    map[string]int
	Rosters       map[string][]string
	Sizes         [9]int
	Faults        []string // that no snapshot may have
}

type dumpPrincipal struct {
	Exists   bool
	State    PrincipalState
	Stored   map[string]any
	Groups   []iam.GroupID
	Policies []iam.PolicyID
	Members  []string
	Rights   []dumpGranted
}

type dumpGranted struct {
	Condition    string
	Organization []catalog.Number
	Projects     map[iam.ProjectID][]catalog.Number
}

type dumpPolicy struct {
	Principal string
	Rules     []string
}

// all visits every entry of a table.
func (t *table[V]) all(visit func(key, V)) {
	in := func(s shard[V]) {
		for _, at := range s.slots {
			if at.node != nil {
				visit(at.node.key, at.node.value)
			}
		}
	}
	if t.root == nil {
		in(t.few)
		return
	}
	for _, b := range t.root {
		if b != nil {
			for _, s := range b {
				in(s)
			}
		}
	}
}

func newDump(s *Snapshot) dump {
	names := map[number]string{}
	d := dump{
		Organizations: map[string]bool{}, Projects: map[string]bool{}, Principals: map[string]dumpPrincipal{},
		Policies: map[string]dumpPolicy{}, Keys: map[string]iam.APIKey{},
		Rosters: map[string][]string{}, Bits: map[string]int{}, Lists: map[string]int{}, Conditions: map[string]int{},
		Sizes: [9]int{
			s.projects.size, s.principals.size, s.policies.size, s.keys.size, s.bits.size, s.lists.size, s.conditions.size,
			s.members.size, s.holders.size,
		},
	}
	s.organizations.all(func(k key, o organization) {
		names[o.number] = k.id
		if o.exists {
			d.Organizations[k.id] = o.closed
		}
	})
	name := func(k key) string { return fmt.Sprintf("%s/%d/%s", names[k.organization], k.kind, k.id) }
	s.projects.all(func(k key, _ struct{}) { d.Projects[name(k)] = true })
	s.principals.all(func(k key, p principal) {
		dp := dumpPrincipal{Exists: p.exists, State: p.state, Stored: p.attributes, Groups: p.groups, Rights: dumpRights(&p.rights)}
		for _, policy := range p.policies {
			dp.Policies = append(dp.Policies, policy.id)
		}
		if p.members != nil {
			for _, m := range p.members.keys {
				dp.Members = append(dp.Members, name(m))
			}
		}
		d.Principals[name(k)] = dp
	})
	s.members.all(func(k key, r roster[sitting]) {
		for m := range r.all() {
			d.Rosters[name(k)] = append(d.Rosters[name(k)], m.id)
		}
	})
	s.holders.all(func(k key, r roster[holding]) {
		for h := range r.all() {
			d.Rosters[name(k)] = append(d.Rosters[name(k)], fmt.Sprint(h.policy.id, h.kind, h.always, h.condition != nil))
		}
	})
	d.Faults = s.seatFaults()
	s.policies.all(func(k key, p *policy) { d.Policies[name(k)] = newDumpPolicy(p, name(p.principal)) })
	s.keys.all(func(k key, a iam.APIKey) { d.Keys[k.id] = a })
	s.bits.all(func(k key, b pooled[catalog.Bits]) { d.Bits[fmt.Sprintf("%x", k.id)] = b.uses })
	s.lists.all(func(k key, l pooled[[]projectBits]) { d.Lists[name(k)] = l.uses })
	s.conditions.all(func(k key, c pooled[*condition.Condition]) { d.Conditions[k.id] = c.uses })
	return d
}

func newDumpPolicy(p *policy, principal string) dumpPolicy {
	d := dumpPolicy{Principal: principal}
	for _, r := range p.rules {
		text := fmt.Sprintf("%s %v %v", r.id, r.organization, r.projects)
		for _, set := range r.sets {
			text += " " + set.Name
		}
		if r.condition != nil {
			text += " if " + r.condition.Source()
		}
		d.Rules = append(d.Rules, text)
	}
	return d
}

func dumpRights(r *rights) []dumpGranted {
	list := []dumpGranted{dumpOne("", &r.always)}
	for i := range r.conditional {
		list = append(list, dumpOne(r.conditional[i].condition.Source(), &r.conditional[i].granted))
	}
	return list
}

func dumpOne(condition string, g *granted) dumpGranted {
	d := dumpGranted{condition, slices.Collect(g.organization.All()), map[iam.ProjectID][]catalog.Number{}}
	for _, p := range g.projects {
		d.Projects[p.id] = slices.Collect(p.bits.All())
	}
	return d
}

// seatFaults returns what is wrong with the seats: each place has one of its own, no other
// is taken, and whatever refers to a place by its seat has the right one.
func (s *Snapshot) seatFaults() (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	held := map[number]map[seat]key{}
	seatOf := func(k key) seat {
		if p := s.principals.get(k); p != nil {
			return p.seat
		}
		fault("nobody is at %v", k)
		return 0
	}
	s.principals.all(func(k key, p principal) {
		if held[k.organization] == nil {
			held[k.organization] = map[seat]key{}
		}
		if other, twice := held[k.organization][p.seat]; twice {
			fault("%v and %v have one seat", k, other)
		}
		held[k.organization][p.seat] = k
		seats := s.seating(k.organization)
		if !seats.taken.has(p.seat) || seats.active.has(p.seat) != p.active(k.kind) {
			fault("the seat of %v: taken %v, active %v", k, seats.taken.has(p.seat), seats.active.has(p.seat))
		}
		if p.members == nil {
			return
		}
		var want []seat
		for _, m := range p.members.keys {
			want = append(want, seatOf(m))
		}
		slices.Sort(want)
		if got := slices.Sorted(slices.Values(p.members.seats)); !slices.Equal(got, want) {
			fault("the members of %v are at %v, not %v", k, want, got)
		}
	})
	s.seats.all(func(k key, seats seating) {
		for i := range len(seats.taken) * blockWords {
			for n := seat(64 * i); n < seat(64*i+64); n++ {
				if _, ok := held[k.organization][n]; ok != seats.taken.has(n) || !ok && seats.active.has(n) {
					fault("seat %d: taken %v, active %v", n, seats.taken.has(n), seats.active.has(n))
				}
			}
		}
	})
	s.members.all(func(k key, r roster[sitting]) {
		for m := range r.all() {
			of := key{m.id, k.organization, kindUser} // owners are users
			if k.kind == kindApplications {
				of.kind = kindApplication
			}
			if seatOf(of) != m.seat {
				fault("%v is not at %d", of, m.seat)
			}
		}
	})
	s.holders.all(func(_ key, r roster[holding]) {
		for h := range r.all() {
			if h.kind != kindNone && seatOf(h.policy.principal) != h.seat {
				fault("%v is not at %d", h.policy.principal, h.seat)
			}
		}
	})
	return faults
}
