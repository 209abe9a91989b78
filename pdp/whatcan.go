package pdp

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"bailiwick/catalog"
	"bailiwick/iam"
)

// ScopeRights is what a principal may do at organization level, or in one project.
type ScopeRights struct {
	Project iam.ProjectID // empty: everywhere in the organization
	Sets    []string      // permission sets that are granted here, sorted
	Rights  []Right       // sorted by permission
}

// Right is a permission, with the conditions of which one must be met; none: in any case.
type Right struct {
	Permission catalog.Number
	Conditions []string
}

// WhatCan returns what a user or an application may do: first everywhere in the
// organization, then what it may do beyond that in single projects, sorted by project id.
// An owner may do everything. Nobody who is locked, unknown or in a closed organization may
// do anything.
func (s *Snapshot) WhatCan(organization iam.OrganizationID, id iam.Principal) []ScopeRights {
	org, subject, _ := s.admit(&Request{Organization: organization, Subject: id})
	if subject == nil {
		return nil
	}
	everywhere := newGathered()
	if subject.state.Owner {
		for n := range s.catalog.Len() {
			everywhere.add(catalog.Number(n), "")
		}
		return []ScopeRights{everywhere.rights("")}
	}
	if id.Type == iam.TypeUser {
		for n := range s.self.everywhere.All() {
			everywhere.add(n, "")
		}
	}
	projects := map[iam.ProjectID]*gathered{}
	for p := range s.policiesOf(org, subject) {
		for i := range p.rules {
			s.gather(org, &p.rules[i], everywhere, projects)
		}
	}
	scopes := []ScopeRights{everywhere.rights("")}
	for _, project := range slices.Sorted(maps.Keys(projects)) {
		scopes = append(scopes, projects[project].rights(project))
	}
	return scopes
}

// SetGrant is a permission set that a rule grants to a principal.
type SetGrant struct {
	Set       string
	Scope     iam.Scope // without projects that are gone
	Condition string    // empty: none
	Policy    iam.PolicyID
	Rule      iam.RuleID
	Principal iam.Principal // of the policy: the principal that was asked for, or one of its groups
}

// SetsOf returns the permission sets that rules grant to a user or an application, sorted by
// set, then policy, in the order of the rules. They are those of WhatCan, with where each
// comes from: none for an owner, whose rights rest on no set, and none for whom WhatCan has
// nothing.
func (s *Snapshot) SetsOf(organization iam.OrganizationID, id iam.Principal) []SetGrant {
	org, subject, _ := s.admit(&Request{Organization: organization, Subject: id})
	if subject == nil || subject.state.Owner {
		return nil
	}
	var grants []SetGrant
	for p := range s.policiesOf(org, subject) {
		for i := range p.rules {
			grants = s.appendSets(grants, org, organization, p, &p.rules[i])
		}
	}
	slices.SortStableFunc(grants, func(a, b SetGrant) int { return cmp.Or(cmp.Compare(a.Set, b.Set), cmp.Compare(a.Policy, b.Policy)) })
	return grants
}

// appendSets appends the sets of a rule that covers something.
func (s *Snapshot) appendSets(grants []SetGrant, org number, organization iam.OrganizationID, p *policy, r *rule) []SetGrant {
	scope := r.scope(organization)
	if !r.organization {
		scope.ProjectIDs = nil
		for _, project := range r.projects {
			if s.projects.get(org.project(project)) != nil {
				scope.ProjectIDs = append(scope.ProjectIDs, project)
			}
		}
		if len(scope.ProjectIDs) == 0 {
			return grants
		}
	}
	source := ""
	if r.condition != nil {
		source = r.condition.Source()
	}
	for _, set := range r.sets {
		grants = append(grants, SetGrant{set.Name, scope, source, p.id, r.id, p.principal.asPrincipal()})
	}
	return grants
}

// policiesOf gives the policies of a user or an application and those of its groups.
func (s *Snapshot) policiesOf(org number, subject *principal) iter.Seq[*policy] {
	return func(yield func(*policy) bool) {
		for _, p := range subject.policies {
			if !yield(p) {
				return
			}
		}
		for _, g := range slices.Compact(slices.Clone(subject.groups)) {
			group := s.group(org, g)
			if group == nil {
				continue
			}
			for _, p := range group.policies {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// gather adds what a rule grants to its scopes; projects that are gone grant nothing.
func (s *Snapshot) gather(org number, r *rule, everywhere *gathered, projects map[iam.ProjectID]*gathered) {
	source := ""
	if r.condition != nil {
		source = r.condition.Source()
	}
	if r.organization {
		everywhere.addRule(r, source)
		return
	}
	for _, project := range r.projects {
		if s.projects.get(org.project(project)) == nil {
			continue
		}
		if projects[project] == nil {
			projects[project] = newGathered()
		}
		projects[project].addRule(r, source)
	}
}

// gathered is what is granted in one scope.
type gathered struct {
	sets        map[string]struct{}
	permissions map[catalog.Number][]string // conditions; an empty text is "in any case"
}

func newGathered() *gathered {
	return &gathered{map[string]struct{}{}, map[catalog.Number][]string{}}
}

func (g *gathered) add(n catalog.Number, source string) {
	if held := g.permissions[n]; !slices.Contains(held, source) {
		g.permissions[n] = append(held, source)
	}
}

func (g *gathered) addRule(r *rule, source string) {
	for _, set := range r.sets {
		g.sets[set.Name] = struct{}{}
		for n := range set.Bits.All() {
			g.add(n, source)
		}
	}
}

func (g *gathered) rights(project iam.ProjectID) ScopeRights {
	scope := ScopeRights{Project: project, Sets: slices.Sorted(maps.Keys(g.sets))}
	for n, conditions := range g.permissions {
		right := Right{Permission: n}
		if !slices.Contains(conditions, "") {
			slices.Sort(conditions)
			right.Conditions = conditions
		}
		scope.Rights = append(scope.Rights, right)
	}
	slices.SortFunc(scope.Rights, func(a, b Right) int { return cmp.Compare(a.Permission, b.Permission) })
	return scope
}
