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
	Sizes         [7]int
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
	if t.root == nil {
		return
	}
	for _, b := range t.root {
		if b == nil {
			continue
		}
		for _, s := range b {
			for _, at := range s.slots {
				if at.node != nil {
					visit(at.node.key, at.node.value)
				}
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
		Sizes: [7]int{s.projects.size, s.principals.size, s.policies.size, s.keys.size, s.bits.size, s.lists.size, s.conditions.size},
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
		for _, m := range p.members {
			dp.Members = append(dp.Members, name(m))
		}
		d.Principals[name(k)] = dp
	})
	s.members.all(func(k key, r roster[key]) {
		for m := range r.all() {
			d.Rosters[name(k)] = append(d.Rosters[name(k)], name(m))
		}
		slices.Sort(d.Rosters[name(k)])
	})
	s.holders.all(func(k key, r roster[*policy]) {
		for p := range r.all() {
			d.Rosters[name(k)] = append(d.Rosters[name(k)], string(p.id))
		}
		slices.Sort(d.Rosters[name(k)])
	})
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
