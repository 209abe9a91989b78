package pdp

import (
	"cmp"
	"iter"
	"slices"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
)

// holding is a policy in the roster of a permission set and a place where it grants that set.
// It says who may by itself, so that a question that ten thousand policies answer does not
// have to fetch each of them from memory.
type holding struct {
	policy *policy
	seat   seat // of the policy's principal
	kind   kind // of the same; kindNone: nobody
	grant
}

// grant is how a policy grants a set somewhere. The zero value is under several conditions:
// its rules tell.
type grant struct {
	always    bool                 // some rule does without a condition
	condition *condition.Condition // of the rules that do, if they have one and the same
}

// maxSpots bounds the rosters that one policy is in. A hundred rules of three hundred sets on
// a thousand projects each make one policy into thirty million entries; such a policy is in
// the roster of wide ones instead, which every question looks through.
const maxSpots = 1024

// spot is where a policy grants a permission set; no project: in the whole organization.
type spot struct {
	set     string
	project iam.ProjectID
	grant
}

// spots returns the spots of a policy, each once; false if there are too many.
func (p *policy) spots() ([]spot, bool) {
	n := 0
	for i := range p.rules {
		if r := &p.rules[i]; r.organization {
			n += len(r.sets)
		} else {
			n += len(r.sets) * len(r.projects)
		}
	}
	if n > maxSpots {
		return nil, false
	}
	list := make([]spot, 0, n)
	for i := range p.rules {
		r := &p.rules[i]
		how := grant{r.condition == nil, r.condition}
		for _, set := range r.sets {
			if r.organization {
				list = append(list, spot{set.Name, "", how})
			}
			for _, project := range r.projects {
				list = append(list, spot{set.Name, project, how})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b spot) int { return cmp.Or(cmp.Compare(a.set, b.set), cmp.Compare(a.project, b.project)) })
	once := list[:0]
	for _, s := range list {
		if last := len(once) - 1; last < 0 || once[last].set != s.set || once[last].project != s.project {
			once = append(once, s)
		} else if held := &once[last].grant; held.always || s.always {
			*held = grant{always: true}
		} else if held.condition != s.condition {
			*held = grant{}
		}
	}
	return once, true
}

// byGroups reports whether the policy is of a group or of nobody.
func (p *policy) byGroups() bool {
	return p.principal.kind == kindGroup || p.principal.kind == kindNone
}

// hold puts a policy into its rosters.
func (e *Editor) hold(org number, p *policy) {
	entry := holding{policy: p, kind: p.principal.kind}
	if p.principal.kind != kindNone {
		entry.seat = e.draft(p.principal).seat
	}
	spots, ok := p.spots()
	if !ok {
		e.holders.add(org.wide(), entry)
	}
	for _, at := range spots {
		entry.grant = at.grant
		e.holders.add(org.held(at.set, at.project, p.byGroups()), entry)
	}
}

// letGo takes a policy out of its rosters.
func (e *Editor) letGo(org number, p *policy) {
	spots, ok := p.spots()
	if !ok {
		e.holders.remove(org.wide(), string(p.id))
	}
	for _, at := range spots {
		e.holders.remove(org.held(at.set, at.project, p.byGroups()), string(p.id))
	}
}

// setsWith returns the permission sets that hold a permission, the smallest first.
func (s *Snapshot) setsWith(permission catalog.Number) []*catalog.Set {
	var sets []*catalog.Set
	for _, set := range s.sets {
		if set.Bits.Has(permission) {
			sets = append(sets, set)
		}
	}
	slices.SortStableFunc(sets, func(a, b *catalog.Set) int { return cmp.Compare(a.Bits.Count(), b.Bits.Count()) })
	return sets
}

// heldIn gives the policies that grant a set in a project, and in the whole organization.
func (s *Snapshot) heldIn(org number, set string, project iam.ProjectID, byGroups bool) iter.Seq[holding] {
	return func(yield func(holding) bool) {
		for _, at := range []iam.ProjectID{"", project} {
			if r := s.holders.get(org.held(set, at, byGroups)); r != nil {
				for h := range r.all() {
					if !yield(h) {
						return
					}
				}
			}
			if project == "" {
				return
			}
		}
	}
}

// wide gives the policies that are in no roster of a place.
func (s *Snapshot) wide(org number) iter.Seq[holding] {
	if r := s.holders.get(org.wide()); r != nil {
		return r.all()
	}
	return func(func(holding) bool) {}
}
