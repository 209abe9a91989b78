package pdp

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
)

// policy is a compiled policy. It is never written after it is in a snapshot.
type policy struct {
	id        iam.PolicyID
	principal key    // of kindNone: none, no effect
	rules     []rule // those that compile, in the policy's order
}

// rule is a compiled rule.
type rule struct {
	id           iam.RuleID
	sets         []*catalog.Set
	organization bool            // scope: the whole organization
	projects     []iam.ProjectID // otherwise: these projects
	condition    *condition.Condition
	properties   bool // the condition may read properties
}

// group returns the group that a policy is for, if it is for one.
func (p *policy) group() iam.GroupID {
	if p.principal.kind == kindGroup {
		return iam.GroupID(p.principal.id)
	}
	return ""
}

// covers reports whether the rule's scope has the project in it, or the organization if none
// is named.
func (r *rule) covers(project iam.ProjectID) bool {
	return r.organization || project != "" && slices.Contains(r.projects, project)
}

// unite returns a new set of what is in bits and in the rule's sets, as short as can be, so
// that equal sets are equal words.
func (r *rule) unite(bits catalog.Bits) catalog.Bits {
	length := len(bits)
	for _, set := range r.sets {
		length = max(length, len(set.Bits))
	}
	union := make(catalog.Bits, length)
	copy(union, bits)
	for _, set := range r.sets {
		for i, word := range set.Bits {
			union[i] |= word
		}
	}
	for len(union) > 0 && union[len(union)-1] == 0 {
		union = union[:len(union)-1]
	}
	return union
}

// compile compiles what compiles and reports the rest.
func (e *Editor) compile(org number, p iam.Policy, rules []iam.Rule) (*policy, error) {
	compiled := &policy{id: p.ID, principal: org.principal(p.Principal)}
	var faults []error
	if compiled.principal.kind == kindNone && !p.Principal.IsZero() {
		faults = append(faults, fmt.Errorf("policy %s has no effect: its principal is of type %q, which no policy can have", p.ID, p.Principal.Type))
	}
	for _, r := range rules {
		c, err := e.compileRule(p.OrganizationID, r)
		if err != nil {
			faults = append(faults, fmt.Errorf("policy %s: rule %s grants nothing: %w", p.ID, r.ID, err))
			continue
		}
		compiled.rules = append(compiled.rules, c)
	}
	return compiled, errors.Join(faults...)
}

// compileRule compiles a rule whole or not at all.
//
// The attack: a rule of which a part is not understood (a permission set that is gone, a
// scope of another organization, a condition that no longer compiles) and which, taken
// without that part, would grant more than was written. So whatever is wrong with a rule
// makes all of it grant nothing.
func (e *Editor) compileRule(org iam.OrganizationID, r iam.Rule) (rule, error) {
	compiled := rule{id: r.ID, organization: r.Scope.Organization()}
	switch {
	case compiled.organization && r.Scope.OrganizationID != org:
		return rule{}, fmt.Errorf("its scope is the organization %s, which is not the policy's", r.Scope.OrganizationID)
	case compiled.organization && len(r.Scope.ProjectIDs) > 0:
		return rule{}, errors.New("its scope is both an organization and projects")
	case !compiled.organization:
		compiled.projects = append(compiled.projects, r.Scope.ProjectIDs...)
	}
	for _, name := range r.PermissionSetNames {
		set, ok := e.catalog.Set(name)
		switch {
		case !ok:
			return rule{}, fmt.Errorf("the catalogue has no permission set %q", name)
		case set.ScopeType != iam.ScopeProjects && !compiled.organization:
			return rule{}, fmt.Errorf("permission set %q cannot be granted on projects", name)
		}
		compiled.sets = append(compiled.sets, set)
	}
	compiled.sets = e.shareSets(compiled.sets)
	if r.Condition == "" {
		return compiled, nil
	}
	compiled.properties = !slices.ContainsFunc(compiled.sets, func(s *catalog.Set) bool { return !s.Attributes })
	compile := e.compiler.Compile
	if compiled.properties {
		compile = e.compiler.CompileAttributes
	}
	var err error
	compiled.condition, err = acquire(e.conditions, conditionKey(r.Condition, compiled.properties), func() (*condition.Condition, error) {
		return compile(r.Condition)
	})
	if err != nil {
		return rule{}, fmt.Errorf("its condition does not compile: %w", err)
	}
	return compiled, nil
}

// shareSets returns a list of one set as a part of the catalogue's own list: most rules have
// one, and what all share is in the processor's cache.
func (e *Editor) shareSets(list []*catalog.Set) []*catalog.Set {
	if len(list) != 1 {
		return list
	}
	i, found := slices.BinarySearchFunc(e.sets, list[0].Name, func(s *catalog.Set, name string) int { return strings.Compare(s.Name, name) })
	if !found {
		return list
	}
	return e.sets[i : i+1 : i+1]
}

// discard takes back what compile acquired.
func (e *Editor) discard(p *policy) {
	for i := range p.rules {
		if r := &p.rules[i]; r.condition != nil {
			release(e.conditions, conditionKey(r.condition.Source(), r.properties))
		}
	}
}

// conditionKey tells a condition that may read properties from one of the same text that
// may not.
func conditionKey(source string, properties bool) key {
	if properties {
		return contentKey("properties\x00" + source)
	}
	return contentKey(source)
}
