package pdp

import (
	"cmp"
	"slices"
	"strings"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/planted"
)

// rights is what the policies of one principal compile to: all grants without condition
// merged, and one entry for each distinct condition.
type rights struct {
	always      granted
	conditional []conditional // sorted by the condition's source, without properties first
}

type conditional struct {
	condition  *condition.Condition
	properties bool // it may read properties
	granted
}

// granted is what is granted where.
type granted struct {
	organization catalog.Bits  // everywhere in the organization
	projects     []projectBits // sorted by id
}

type projectBits struct {
	id   iam.ProjectID
	bits catalog.Bits
}

// covers reports whether the permission is granted in the project, or at organization level
// if there is none.
func (g *granted) covers(permission catalog.Number, project iam.ProjectID) bool {
	if g.organization.Has(permission) {
		return true
	}
	return len(g.projects) > 0 && project != "" && g.inProject(permission, project)
}

func (g *granted) inProject(permission catalog.Number, project iam.ProjectID) bool {
	if len(g.projects) <= 8 {
		for i := range g.projects {
			if p := &g.projects[i]; p.id == project || planted.WrongScope {
				return p.bits.Has(permission)
			}
		}
		return false
	}
	i, found := slices.BinarySearchFunc(g.projects, project, func(p projectBits, id iam.ProjectID) int {
		return strings.Compare(string(p.id), string(id))
	})
	return found && g.projects[i].bits.Has(permission)
}

// anywhere reports whether the permission is granted on something that exists.
func (g *granted) anywhere(permission catalog.Number, exists func(iam.ProjectID) bool) bool {
	return g.organization.Has(permission) || slices.ContainsFunc(g.projects, func(p projectBits) bool {
		return p.bits.Has(permission) && exists(p.id)
	})
}

// each calls visit with every part of the rights.
func (r *rights) each(visit func(*granted)) {
	visit(&r.always)
	for i := range r.conditional {
		visit(&r.conditional[i].granted)
	}
}

// merge compiles policies to rights.
func merge(policies []*policy) rights {
	var always gathering
	conditional := map[*condition.Condition]*gathering{}
	for _, p := range policies {
		for i := range p.rules {
			r := &p.rules[i]
			into := &always
			if r.condition != nil {
				if into = conditional[r.condition]; into == nil {
					into = &gathering{properties: r.properties}
					conditional[r.condition] = into
				}
			}
			into.add(r)
		}
	}
	return rights{always.granted(), sortConditional(conditional)}
}

func sortConditional(gathered map[*condition.Condition]*gathering) []conditional {
	if len(gathered) == 0 {
		return nil
	}
	list := make([]conditional, 0, len(gathered))
	for c, g := range gathered {
		list = append(list, conditional{c, g.properties, g.granted()})
	}
	slices.SortFunc(list, func(a, b conditional) int {
		return cmp.Or(cmp.Compare(a.condition.Source(), b.condition.Source()), cmp.Compare(order(a.properties), order(b.properties)))
	})
	return list
}

func order(b bool) int {
	if b {
		return 1
	}
	return 0
}

// gathering collects what rules grant.
type gathering struct {
	properties   bool // the condition may read properties
	organization catalog.Bits
	projects     map[iam.ProjectID]catalog.Bits
}

func (g *gathering) add(r *rule) {
	if r.organization {
		g.organization = r.unite(g.organization)
		return
	}
	if g.projects == nil {
		g.projects = map[iam.ProjectID]catalog.Bits{}
	}
	for _, id := range r.projects {
		g.projects[id] = r.unite(g.projects[id])
	}
}

func (g *gathering) granted() granted {
	if len(g.projects) == 0 {
		return granted{organization: g.organization}
	}
	list := make([]projectBits, 0, len(g.projects))
	for id, bits := range g.projects {
		list = append(list, projectBits{id, bits})
	}
	slices.SortFunc(list, func(a, b projectBits) int { return cmp.Compare(a.id, b.id) })
	return granted{g.organization, list}
}
