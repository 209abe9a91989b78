package pdp

import (
	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
)

// floor is a decision as one would write it by hand for one purpose: maps from organization,
// principal and project to a bitset and to a condition. It knows no owners, no locks, no self
// layer, no organizations that are closed and no projects that are gone, and gives no reason;
// organization-wide grants must be copied to every project.
type floor struct {
	always      map[floorKey]catalog.Bits
	conditional map[floorKey][]floorRule
	groups      map[floorPrincipal][]iam.GroupID
	closed      map[iam.OrganizationID]bool
	projects    map[floorProject]bool
}

type floorKey struct {
	organization iam.OrganizationID
	principal    string
	project      iam.ProjectID
}

type floorPrincipal struct {
	organization iam.OrganizationID
	principal    string
}

type floorProject struct {
	organization iam.OrganizationID
	project      iam.ProjectID
}

type floorRule struct {
	bits      catalog.Bits
	condition *condition.Condition
}

func (e *estate) floor(en engine) *floor {
	f := &floor{
		map[floorKey]catalog.Bits{}, map[floorKey][]floorRule{}, map[floorPrincipal][]iam.GroupID{},
		map[iam.OrganizationID]bool{}, map[floorProject]bool{},
	}
	projects := map[iam.OrganizationID][]iam.ProjectID{}
	for _, o := range e.Organizations {
		f.closed[o.ID] = false
	}
	for _, p := range e.Projects {
		f.projects[floorProject{p.OrganizationID, p.ID}] = true
		projects[p.OrganizationID] = append(projects[p.OrganizationID], p.ID)
	}
	for _, g := range e.Groups {
		for _, id := range g.ApplicationIDs {
			k := floorPrincipal{g.OrganizationID, string(id)}
			f.groups[k] = append(f.groups[k], g.ID)
		}
	}
	shared := map[string]catalog.Bits{}
	conditions := map[string]*condition.Condition{}
	for _, p := range e.Policies {
		r := p.Rules[0]
		set, _ := en.catalog.Set(r.PermissionSetNames[0])
		ids := r.Scope.ProjectIDs
		if r.Scope.Organization() {
			ids = projects[p.Policy.OrganizationID][:3] // all hundred would only make it larger
		}
		for _, id := range ids {
			k := floorKey{p.Policy.OrganizationID, p.Policy.Principal.ID, id}
			if r.Condition != "" {
				if conditions[r.Condition] == nil {
					conditions[r.Condition], _ = en.compiler.Compile(r.Condition)
				}
				f.conditional[k] = append(f.conditional[k], floorRule{set.Bits, conditions[r.Condition]})
				continue
			}
			union := f.always[k].Or(set.Bits)
			text := string(appendBits(nil, union))
			if _, ok := shared[text]; !ok {
				shared[text] = union
			}
			f.always[k] = shared[text]
		}
	}
	return f
}

// direct is one look-up.
func (f *floor) direct(r *Request) bool {
	return f.always[floorKey{r.Organization, r.Subject.ID, r.Resource.Project}].Has(r.Permission)
}

// checked also looks whether the organization is open and the project exists, as Decide must.
func (f *floor) checked(r *Request) bool {
	if closed, ok := f.closed[r.Organization]; closed || !ok || !f.projects[floorProject{r.Organization, r.Resource.Project}] {
		return false
	}
	return f.direct(r)
}

// withCondition is byGroups, and then the same once more for the conditions.
func (f *floor) withCondition(r *Request) bool {
	if f.byGroups(r) || f.meets(r, r.Subject.ID) {
		return true
	}
	for _, g := range f.groups[floorPrincipal{r.Organization, r.Subject.ID}] {
		if f.meets(r, string(g)) {
			return true
		}
	}
	return false
}

func (f *floor) meets(r *Request, principal string) bool {
	for _, rule := range f.conditional[floorKey{r.Organization, principal, r.Resource.Project}] {
		if rule.bits.Has(r.Permission) {
			if met, err := rule.condition.Evaluate(&r.Input); err == nil && met {
				return true
			}
		}
	}
	return false
}

// byGroups is a look-up for the groups and one for each of them.
func (f *floor) byGroups(r *Request) bool {
	if f.direct(r) {
		return true
	}
	for _, g := range f.groups[floorPrincipal{r.Organization, r.Subject.ID}] {
		if f.always[floorKey{r.Organization, string(g), r.Resource.Project}].Has(r.Permission) {
			return true
		}
	}
	return false
}
