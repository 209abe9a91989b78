package pdp

import (
	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/planted"
)

// Decide answers a request. It allocates nothing unless it must evaluate a condition, and it
// evaluates one only if no unconditional grant allows.
func (s *Snapshot) Decide(r *Request) Decision {
	org, subject, decision := s.admit(r)
	if subject == nil {
		return decision
	}
	return s.decide(org, subject, r)
}

// DecideGrants is Decide and, where policies allow, Grants: both, for hardly more than the time of
// one, as the subject is looked up once. Other decisions append nothing to the list.
func (s *Snapshot) DecideGrants(grants []Grant, r *Request) (Decision, []Grant) {
	org, subject, decision := s.admit(r)
	if subject == nil {
		return decision, grants
	}
	decision = s.decide(org, subject, r)
	if decision.By == ByPolicy {
		grants = s.grants(grants, org, subject, r)
	}
	return decision, grants
}

// decide answers a request of a subject that was admitted.
func (s *Snapshot) decide(org number, subject *principal, r *Request) Decision {
	if subject.state.Owner {
		return allowed(ByOwnership)
	}
	if s.self.grants(r.Permission, r.Subject, r.Resource.Owner) {
		return allowed(BySelf)
	}
	permission, project := r.Permission, r.Resource.Project
	if subject.rights.always.covers(permission, project) {
		return allowed(ByPolicy)
	}
	conditional := subject.rights.maybe(permission, project)
	for _, id := range subject.groups {
		group := s.group(org, id)
		if group == nil {
			continue
		}
		if group.rights.always.covers(permission, project) {
			return allowed(ByPolicy)
		}
		conditional = conditional || group.rights.maybe(permission, project)
	}
	if !conditional {
		return denied(ReasonNoGrant)
	}
	if s.meetsCondition(org, subject, r) {
		return allowed(ByPolicy)
	}
	return denied(ReasonCondition)
}

// admit does the tests that come before any grant. Without a subject, the decision is made.
func (s *Snapshot) admit(r *Request) (number, *principal, Decision) {
	organization := s.organization(r.Organization)
	if organization == nil {
		return 0, nil, denied(ReasonUnknownSubject)
	}
	org := organization.number
	if organization.closed {
		return org, nil, denied(ReasonClosed)
	}
	subject := s.subject(org, r.Subject)
	switch {
	case subject == nil:
		return org, nil, denied(ReasonUnknownSubject)
	case subject.state.Locked && !planted.LockedUser:
		return org, nil, denied(ReasonLocked)
	case int(r.Permission) >= s.catalog.Len():
		return org, nil, denied(ReasonUnknownPermission)
	case r.Resource.Organization != "" && r.Resource.Organization != r.Organization:
		return org, nil, denied(ReasonOtherOrganization)
	case r.Resource.Project != "" && s.projects.get(org.project(r.Resource.Project)) == nil:
		return org, nil, denied(ReasonUnknownProject)
	}
	return org, subject, Decision{}
}

// meetsCondition evaluates the conditions of the grants that cover the request until one is
// met.
//
// The attack: make a condition fail on purpose, with a header left out or a value of another
// form, where a failure would count as no restriction. An error is the same as false here:
// the rule does not grant. Other rules still may.
func (s *Snapshot) meetsCondition(org number, subject *principal, r *Request) bool {
	// A copy: the input escapes into the evaluation, and the request itself should not, so
	// that callers can keep it on their stacks.
	input := subject.input(r.Input)
	if subject.rights.meets(r, &input) {
		return true
	}
	for _, id := range subject.groups {
		if group := s.group(org, id); group != nil && group.rights.meets(r, &input) {
			return true
		}
	}
	return false
}

func (r *rights) meets(request *Request, input *condition.Input) bool {
	for i := range r.conditional {
		c := &r.conditional[i]
		if !c.covers(request.Permission, request.Resource.Project) {
			continue
		}
		if met, err := c.condition.Evaluate(input); err == nil && met || err != nil && planted.ErrorGrants {
			return true
		}
	}
	return false
}

// maybe reports whether a conditional grant covers the request.
func (r *rights) maybe(permission catalog.Number, project iam.ProjectID) bool {
	for i := range r.conditional {
		if r.conditional[i].covers(permission, project) {
			return true
		}
	}
	return false
}

// Holds reports whether the subject could ever be allowed the permission on anything of its
// organization: as owner, by the self layer, or by any rule, its condition met or not. It
// says no more than that; what it denies, Decide denies.
func (s *Snapshot) Holds(organization iam.OrganizationID, id iam.Principal, permission catalog.Number) bool {
	org, subject, _ := s.admit(&Request{Organization: organization, Subject: id, Permission: permission})
	if subject == nil {
		return false
	}
	if subject.state.Owner || s.self.grants(permission, id, id) {
		return true
	}
	exists := func(project iam.ProjectID) bool { return s.projects.get(org.project(project)) != nil }
	if subject.rights.holds(permission, exists) {
		return true
	}
	for _, id := range subject.groups {
		if group := s.group(org, id); group != nil && group.rights.holds(permission, exists) {
			return true
		}
	}
	return false
}

// holds reports whether the rights grant the permission on something that exists, with or
// without a condition.
func (r *rights) holds(permission catalog.Number, exists func(iam.ProjectID) bool) bool {
	if r.always.anywhere(permission, exists) {
		return true
	}
	for i := range r.conditional {
		if r.conditional[i].anywhere(permission, exists) {
			return true
		}
	}
	return false
}
