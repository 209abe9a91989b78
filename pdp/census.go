package pdp

import (
	"iter"

	"bailiwick/condition"
)

// census is who may use a permission: marks on the seats of an organization.
type census struct {
	snapshot *Snapshot
	org      number
	question *WhoQuestion
	free     marks // may in any case
	bound    marks // may under a condition, and are not in free
	// Groups are marked by their seats first, and their members once for each group.
	groups   []group
	verdicts map[*condition.Condition]verdict
}

// group is one that some policy of it lets do what is asked.
type group struct {
	key  key
	free bool
}

// verdict is what is known of a condition.
type verdict uint8

const (
	unmet verdict = iota
	open          // it depends on what is not known
	met
)

// census marks who may. It returns nil if nobody can, as in a closed organization.
func (s *Snapshot) census(q *WhoQuestion) *census {
	o := s.organization(q.Organization)
	if o == nil || o.closed || int(q.Permission) >= s.catalog.Len() ||
		q.Project != "" && s.projects.get(o.number.project(q.Project)) == nil {
		return nil
	}
	seats := s.seating(o.number)
	c := &census{snapshot: s, org: o.number, question: q, free: newMarks(seats), bound: newMarks(seats), verdicts: map[*condition.Condition]verdict{}}
	if owners := s.members.get(o.number.owners()); owners != nil {
		for m := range owners.all() {
			c.free.set(m.seat)
		}
	}
	if s.self.everywhere.Has(q.Permission) {
		if users := s.members.get(o.number.users()); users != nil {
			for m := range users.all() {
				c.free.set(m.seat)
			}
		}
	}
	for _, set := range s.setsWith(q.Permission) {
		for _, byGroups := range []bool{false, true} {
			for h := range s.heldIn(o.number, set.Name, q.Project, byGroups) {
				c.mark(h)
			}
		}
	}
	for h := range s.wide(o.number) {
		c.mark(h)
	}
	c.markMembers()
	for i := range c.free {
		c.free[i] &= seats.active.word(i)
		c.bound[i] &= seats.active.word(i) &^ c.free[i]
	}
	return c
}

// mark notes what a policy grants to its principal.
func (c *census) mark(h holding) {
	if h.kind == kindNone || c.free.has(h.seat) {
		return
	}
	found := met
	switch {
	case h.always:
	case h.condition != nil:
		found = c.verdict(h.condition)
	default:
		found = c.judge(h.policy)
	}
	already := c.bound.has(h.seat)
	switch {
	case found == met:
		c.free.set(h.seat)
	case found == open && !already:
		c.bound.set(h.seat)
	default:
		return
	}
	if h.kind == kindGroup {
		c.groups = append(c.groups, group{h.policy.principal, found == met})
	}
}

// judge returns the best that the rules of a policy give here.
func (c *census) judge(p *policy) verdict {
	best := unmet
	for i := range p.rules {
		if r := &p.rules[i]; r.covers(c.question.Project) && r.setWith(c.question.Permission) != "" {
			best = max(best, c.verdict(r.condition))
		}
	}
	return best
}

// verdict judges a condition with what is known, each once: most rules share a few.
func (c *census) verdict(of *condition.Condition) verdict {
	if of == nil {
		return met
	}
	found, judged := c.verdicts[of]
	if judged {
		return found
	}
	input := c.question.Input
	if !known(of, &input) {
		found = open
	} else if holds, err := of.Evaluate(&input); err == nil && holds {
		found = met
	}
	c.verdicts[of] = found
	return found
}

// markMembers gives members what their groups have.
func (c *census) markMembers() {
	for _, g := range c.groups {
		place := c.snapshot.principals.get(g.key)
		if place == nil || !place.exists || place.members == nil {
			continue
		}
		marks := c.bound
		if g.free {
			marks = c.free
		}
		for _, n := range place.members.seats {
			marks.set(n)
		}
	}
}

// principals gives the users and applications that are marked, sorted by type and id.
func (c *census) principals(marked marks) iter.Seq[key] {
	return func(yield func(key) bool) {
		for k, n := range c.snapshot.roll(c.org) {
			if marked.has(n) && !yield(k) {
				return
			}
		}
	}
}

// page appends n of the principals that are marked, from a place on.
func (c *census) page(list []Grantee, marked marks, from, n int) []Grantee {
	if n <= 0 {
		return list
	}
	for k := range c.principals(marked) {
		if from--; from >= 0 {
			continue
		}
		ways := c.snapshot.ways(c.org, k, c.question)
		list = append(list, Grantee{Principal: k.asPrincipal(), Via: ways, Conditions: remaining(ways)})
		if n--; n == 0 {
			break
		}
	}
	return list
}
