package pdp

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
)

// WhoQuestion asks who may use a permission in a project, or at organization level.
type WhoQuestion struct {
	Organization iam.OrganizationID
	Permission   catalog.Number
	Project      iam.ProjectID // empty: organization level
	// Input is what is known of the request. What is absent is not known: a condition that
	// reads it stays a condition of the answer, it is not judged as if it were absent.
	Input condition.Input
}

// Grantee is a principal who may, or who may under a condition.
type Grantee struct {
	Principal iam.Principal
	// Conditions are empty if the principal may in any case. Otherwise each of them would
	// do, sorted.
	Conditions []string
	Via        []Via // sorted
}

// Via is a way by which a principal may.
type Via struct {
	By        Basis
	Group     iam.GroupID // empty: the policy is the principal's own
	Policy    iam.PolicyID
	Rule      iam.RuleID
	Set       string
	Condition string // that is left to be met; empty for none
}

// WhoCan returns who may use the permission: users and applications, those who may in any
// case before those who may under conditions, each part sorted by type and id. It returns at
// most size of them, from the given place in that order on, and how many there are. What the
// self layer gives everybody on its own objects only is not in it; what it gives on everything
// is.
//
// The time that it takes grows with the policies that grant the permission here, a few
// nanoseconds for each, and with the page.
func (s *Snapshot) WhoCan(q WhoQuestion, from, size int) ([]Grantee, int) {
	c := s.census(&q)
	if c == nil {
		return nil, 0
	}
	free, bound := c.free.count(), c.bound.count()
	page := c.page(nil, c.free, from, min(size, free-from))
	page = c.page(page, c.bound, max(0, from-free), min(size, free+bound-from)-len(page))
	return page, free + bound
}

// WhoMay returns the principals of a type that WhoCan would list, with or without condition,
// sorted by id.
func (s *Snapshot) WhoMay(q WhoQuestion, t iam.PrincipalType) []iam.Principal {
	c := s.census(&q)
	if c == nil {
		return nil
	}
	for i, word := range c.bound {
		c.free[i] |= word
	}
	var list []iam.Principal
	for k := range c.principals(c.free) {
		if p := k.asPrincipal(); p.Type == t {
			list = append(list, p)
		}
	}
	return list
}

// ways returns the ways by which a principal may, sorted.
func (s *Snapshot) ways(org number, k key, q *WhoQuestion) []Via {
	p := s.principals.get(k)
	var ways []Via
	if p.state.Owner {
		ways = append(ways, Via{By: ByOwnership})
	}
	if k.kind == kindUser && s.self.everywhere.Has(q.Permission) {
		ways = append(ways, Via{By: BySelf})
	}
	for held := range s.policiesOf(org, p) {
		for i := range held.rules {
			if via, ok := q.via(held, &held.rules[i]); ok {
				ways = append(ways, via)
			}
		}
	}
	slices.SortFunc(ways, compareVia)
	return slices.Compact(ways)
}

// via is what a rule gives to whom its policy is for.
func (q *WhoQuestion) via(p *policy, r *rule) (Via, bool) {
	set := r.setWith(q.Permission)
	if set == "" || !r.covers(q.Project) {
		return Via{}, false
	}
	via := Via{By: ByPolicy, Group: p.group(), Policy: p.id, Rule: r.id, Set: set}
	if r.condition == nil {
		return via, true
	}
	input := q.Input
	if known(r.condition, &input) {
		met, err := r.condition.Evaluate(&input)
		return via, err == nil && met
	}
	via.Condition = r.condition.Source()
	return via, true
}

// setWith returns the name of the rule's first set that holds the permission.
func (r *rule) setWith(permission catalog.Number) string {
	for _, set := range r.sets {
		if set.Bits.Has(permission) {
			return set.Name
		}
	}
	return ""
}

// known reports whether the input says all that the condition depends on. One that asks
// what is there, with has, depends on everything.
func known(c *condition.Condition, in *condition.Input) bool {
	if len(c.Missing(in)) > 0 {
		return false
	}
	if !strings.Contains(c.Source(), "has(") {
		return true
	}
	r := in.Resource
	return in.IP.IsValid() && in.UserAgent != nil && !in.Time.IsZero() &&
		r != nil && r.ID != nil && r.Name != nil && r.Locality != nil
}

// remaining returns the conditions of which one must be met; none if there is a way without.
func remaining(ways []Via) []string {
	var conditions []string
	for _, w := range ways {
		if w.Condition == "" {
			return nil
		}
		conditions = append(conditions, w.Condition)
	}
	slices.Sort(conditions)
	return slices.Compact(conditions)
}

func compareVia(a, b Via) int {
	return cmp.Or(cmp.Compare(a.By, b.By), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Policy, b.Policy),
		cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Condition, b.Condition))
}

// asPrincipal is the principal that a key names.
func (k key) asPrincipal() iam.Principal {
	switch k.kind {
	case kindUser:
		return iam.UserID(k.id).Principal()
	case kindApplication:
		return iam.ApplicationID(k.id).Principal()
	case kindGroup:
		return iam.GroupID(k.id).Principal()
	}
	return iam.Principal{}
}

// sitting is a user or an application in the roster of its organization.
type sitting struct {
	id   string
	seat seat
}

// roll gives the users and applications of an organization with their seats, sorted by type
// and id.
func (s *Snapshot) roll(org number) iter.Seq2[key, seat] {
	return func(yield func(key, seat) bool) {
		for _, kind := range []kind{kindApplication, kindUser} {
			k := key{organization: org, kind: kind}
			r := s.members.get(k.roll())
			if r == nil {
				continue
			}
			for m := range r.all() {
				k.id = m.id
				if !yield(k, m.seat) {
					return
				}
			}
		}
	}
}

// Principals returns the users and applications of an organization, sorted by type and id.
func (s *Snapshot) Principals(org iam.OrganizationID) []iam.Principal {
	o := s.organization(org)
	if o == nil {
		return nil
	}
	var list []iam.Principal
	for k := range s.roll(o.number) {
		list = append(list, k.asPrincipal())
	}
	return list
}
