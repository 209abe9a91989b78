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

// WhoCan returns every user and application who may use the permission, sorted by type and
// id. What the self layer gives everybody on its own objects only is not in it; what it
// gives on everything is. It looks at the policies that hold the permission and not at the
// principals who hold nothing.
func (s *Snapshot) WhoCan(q WhoQuestion) []Grantee {
	o := s.organization(q.Organization)
	if o == nil || o.closed || int(q.Permission) >= s.catalog.Len() ||
		q.Project != "" && s.projects.get(o.number.project(q.Project)) == nil {
		return nil
	}
	found := grantees{s, o.number, map[key][]Via{}}
	for k := range s.keysOf(o.number.owners()) {
		found.add(k, Via{By: ByOwnership})
	}
	if s.self.everywhere.Has(q.Permission) {
		for k := range s.keysOf(o.number.members()) {
			if k.kind == kindUser {
				found.add(k, Via{By: BySelf})
			}
		}
	}
	for p := range s.holdersOf(o.number, q.Permission) {
		for i := range p.rules {
			if via, ok := q.via(p, &p.rules[i]); ok {
				found.addPolicy(p, via)
			}
		}
	}
	return found.sorted()
}

// holdersOf gives the policies of an organization that name a set which holds the
// permission, each once.
func (s *Snapshot) holdersOf(org number, permission catalog.Number) iter.Seq[*policy] {
	return func(yield func(*policy) bool) {
		seen := map[*policy]bool{}
		for _, set := range s.catalog.Sets() {
			if !set.Bits.Has(permission) {
				continue
			}
			holders := s.holders.get(org.content(set.Name))
			if holders == nil {
				continue
			}
			for p := range holders.all() {
				if !seen[p] {
					seen[p] = true
					if !yield(p) {
						return
					}
				}
			}
		}
	}
}

// via is what a rule gives to whom its policy is for.
func (q *WhoQuestion) via(p *policy, r *rule) (Via, bool) {
	set := r.setWith(q.Permission)
	if set == "" || !r.organization && (q.Project == "" || !slices.Contains(r.projects, q.Project)) {
		return Via{}, false
	}
	via := Via{By: ByPolicy, Policy: p.id, Rule: r.id, Set: set}
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

// grantees gathers the ways of each principal.
type grantees struct {
	snapshot *Snapshot
	org      number
	ways     map[key][]Via
}

// add notes a way of a principal that exists and is not locked.
func (g *grantees) add(k key, via Via) {
	if p := g.snapshot.principals.get(k); p != nil && p.exists && !p.state.Locked {
		g.ways[k] = append(g.ways[k], via)
	}
}

// addPolicy notes what a policy's rule gives to its principal, or to the members of it.
func (g *grantees) addPolicy(p *policy, via Via) {
	if p.principal.kind != kindGroup {
		if p.principal.kind != kindNone {
			g.add(p.principal, via)
		}
		return
	}
	group := g.snapshot.principals.get(p.principal)
	if group == nil || !group.exists {
		return
	}
	via.Group = iam.GroupID(p.principal.id)
	for _, k := range group.members {
		g.add(k, via)
	}
}

func (g *grantees) sorted() []Grantee {
	list := make([]Grantee, 0, len(g.ways))
	for k, ways := range g.ways {
		slices.SortFunc(ways, compareVia)
		ways = slices.Compact(ways)
		list = append(list, Grantee{Principal: k.asPrincipal(), Via: ways, Conditions: remaining(ways)})
	}
	slices.SortFunc(list, func(a, b Grantee) int {
		return cmp.Or(cmp.Compare(a.Principal.Type, b.Principal.Type), cmp.Compare(a.Principal.ID, b.Principal.ID))
	})
	return list
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

func (s *Snapshot) keysOf(roster key) iter.Seq[key] {
	if r := s.members.get(roster); r != nil {
		return r.all()
	}
	return func(func(key) bool) {}
}

// Principals returns the users and applications of an organization, sorted by type and id.
func (s *Snapshot) Principals(org iam.OrganizationID) []iam.Principal {
	o := s.organization(org)
	if o == nil {
		return nil
	}
	var list []iam.Principal
	for k := range s.keysOf(o.number.members()) {
		list = append(list, k.asPrincipal())
	}
	slices.SortFunc(list, func(a, b iam.Principal) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID)) })
	return list
}
