package pdp

import (
	"maps"
	"slices"
	"strings"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
)

// World is the state of an installation as plain lists.
type World struct {
	Organizations []iam.Organization
	Projects      []iam.Project
	Users         []iam.User
	Applications  []iam.Application
	Groups        []iam.Group
	Policies      []PolicyRules
}

// PolicyRules is a policy with its rules.
type PolicyRules struct {
	Policy iam.Policy
	Rules  []iam.Rule
}

// Naive decides as Snapshot.Decide must. It is the semantics as plain loops over everything:
// no index, no numbers, no merging, no cache of conditions. It is slow and shares nothing
// with what it judges but the lists of the self layer.
func Naive(c *catalog.Catalog, compiler *condition.Compiler, w *World, r *Request) Decision {
	open, known := false, false
	for _, o := range w.Organizations {
		if o.ID == r.Organization {
			known, open = true, o.ClosedAt.IsZero()
		}
	}
	if known && !open {
		return Decision{Reason: ReasonClosed}
	}
	subject, owner, locked := w.find(r.Organization, r.Subject)
	switch {
	case !known || !subject:
		return Decision{Reason: ReasonUnknownSubject}
	case locked:
		return Decision{Reason: ReasonLocked}
	case int(r.Permission) >= c.Len():
		return Decision{Reason: ReasonUnknownPermission}
	case r.Resource.Organization != "" && r.Resource.Organization != r.Organization:
		return Decision{Reason: ReasonOtherOrganization}
	case r.Resource.Project != "" && !w.hasProject(r.Organization, r.Resource.Project):
		return Decision{Reason: ReasonUnknownProject}
	case owner:
		return Decision{Allowed: true, By: ByOwnership}
	}
	permission := c.Name(r.Permission)
	if r.Subject.Type == iam.TypeUser {
		if slices.Contains(selfEverywhere[:], permission) ||
			slices.Contains(selfOwn[:], permission) && r.Resource.Owner == r.Subject {
			return Decision{Allowed: true, By: BySelf}
		}
	}
	return w.grants(c, compiler, permission, r)
}

// grants looks for a rule that allows.
func (w *World) grants(c *catalog.Catalog, compiler *condition.Compiler, permission string, r *Request) Decision {
	reason := ReasonNoGrant
	for _, p := range w.Policies {
		if p.Policy.OrganizationID != r.Organization || !w.applies(p.Policy, r.Subject) {
			continue
		}
		for _, rule := range p.Rules {
			if !inScope(rule.Scope, r) || !listed(c, rule, permission) {
				continue
			}
			if rule.Condition == "" {
				return Decision{Allowed: true, By: ByPolicy}
			}
			compile := compiler.CompileAttributes
			for _, name := range rule.PermissionSetNames {
				if set, _ := c.Set(name); !set.Attributes {
					compile = compiler.Compile
				}
			}
			compiled, err := compile(rule.Condition)
			if err != nil {
				continue // as if the rule were not there
			}
			reason = ReasonCondition
			input := w.described(r)
			if met, err := compiled.Evaluate(&input); err == nil && met {
				return Decision{Allowed: true, By: ByPolicy}
			}
		}
	}
	return Decision{Reason: reason}
}

// described returns the input with the tags of the subject as its properties, where the
// request does not say otherwise.
func (w *World) described(r *Request) condition.Input {
	var tags []string
	for _, u := range w.Users {
		if r.Subject.Type == iam.TypeUser && u.OrganizationID == r.Organization && string(u.ID) == r.Subject.ID {
			tags = u.Tags
		}
	}
	for _, a := range w.Applications {
		if r.Subject.Type == iam.TypeApplication && a.OrganizationID == r.Organization && string(a.ID) == r.Subject.ID {
			tags = a.Tags
		}
	}
	input := r.Input
	for _, tag := range tags {
		key, value, ok := strings.Cut(tag, "=")
		if !ok || key == "" {
			continue
		}
		if input.SubjectProperties == nil {
			input.SubjectProperties = map[string]any{}
		} else {
			input.SubjectProperties = maps.Clone(input.SubjectProperties)
		}
		if _, said := r.Input.SubjectProperties[key]; !said {
			input.SubjectProperties[key] = value
		}
	}
	return input
}

func (w *World) find(org iam.OrganizationID, id iam.Principal) (exists, owner, locked bool) {
	for _, u := range w.Users {
		if id.Type == iam.TypeUser && u.OrganizationID == org && string(u.ID) == id.ID {
			return true, u.Type == iam.UserOwner, u.Locked || u.Pending()
		}
	}
	for _, a := range w.Applications {
		if id.Type == iam.TypeApplication && a.OrganizationID == org && string(a.ID) == id.ID {
			return true, false, false
		}
	}
	return false, false, false
}

func (w *World) hasProject(org iam.OrganizationID, id iam.ProjectID) bool {
	for _, p := range w.Projects {
		if p.OrganizationID == org && p.ID == id {
			return true
		}
	}
	return false
}

// applies reports whether the policy is the subject's or that of a group of which the
// subject is a member.
func (w *World) applies(p iam.Policy, subject iam.Principal) bool {
	if p.Principal == subject {
		return true
	}
	for _, g := range w.Groups {
		if p.Principal.Type != iam.TypeGroup || p.Principal.ID != string(g.ID) || g.OrganizationID != p.OrganizationID {
			continue
		}
		for _, id := range g.UserIDs {
			if subject.Type == iam.TypeUser && subject.ID == string(id) {
				return true
			}
		}
		for _, id := range g.ApplicationIDs {
			if subject.Type == iam.TypeApplication && subject.ID == string(id) {
				return true
			}
		}
	}
	return false
}

func inScope(s iam.Scope, r *Request) bool {
	switch {
	case s.OrganizationID != "" && len(s.ProjectIDs) > 0:
		return false // neither one nor the other: not to be understood
	case s.OrganizationID != "":
		return s.OrganizationID == r.Organization
	}
	return r.Resource.Project != "" && slices.Contains(s.ProjectIDs, r.Resource.Project)
}

// listed reports whether the rule's sets list the permission. A rule with a set that is not
// to be understood where it stands lists nothing.
func listed(c *catalog.Catalog, rule iam.Rule, permission string) bool {
	found := false
	for _, name := range rule.PermissionSetNames {
		set, ok := c.Set(name)
		if !ok || set.ScopeType == iam.ScopeOrganization && rule.Scope.OrganizationID == "" {
			return false
		}
		found = found || slices.Contains(set.Permissions, permission)
	}
	return found
}
