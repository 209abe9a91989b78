package pdp

import (
	"slices"

	"bailiwick/condition"
	"bailiwick/iam"
)

// Grant is a rule that holds the permission of a request, with what became of it.
type Grant struct {
	Group   iam.GroupID // empty: the policy is the subject's own
	Policy  iam.PolicyID
	Rule    iam.RuleID
	Set     string // the first permission set of the rule that holds the permission
	Outcome Outcome
}

// Outcome is what became of a rule.
type Outcome uint8

// The outcomes.
const (
	OutcomeGrants         Outcome = iota + 1
	OutcomeOutOfScope             // the resource is not in the rule's scope
	OutcomeConditionFalse         // the condition is not met
	OutcomeConditionError         // the condition cannot be evaluated: something is absent or malformed
)

// String names the outcome in explanations.
func (o Outcome) String() string {
	names := [...]string{"", "grants", "out_of_scope", "condition_false", "condition_error"}
	if int(o) >= len(names) {
		return names[0]
	}
	return names[o]
}

// Reasons returns every rule that holds the permission of the request and belongs to the
// subject or to one of its groups: first the subject's own, then those of its groups by
// group id, each by policy id, in the order of the rules. There are none if the decision falls
// before any grant is looked at (an unknown or locked subject, another organization, an
// unknown project). What ownership and the self layer give is not in it.
//
// It looks at every rule, so it costs more than Decide, with which it always agrees.
func (s *Snapshot) Reasons(r *Request) []Grant {
	org, subject, _ := s.admit(r)
	if subject == nil {
		return nil
	}
	sight := sight{subject: subject}
	grants := sight.collect(nil, "", subject.policies, r, false)
	for _, id := range slices.Compact(slices.Clone(subject.groups)) {
		if group := s.group(org, id); group != nil {
			grants = sight.collect(grants, id, group.policies, r, false)
		}
	}
	return grants
}

// Grants returns the rules that grant the request: those of Reasons with this outcome, in the same
// order. It looks only at the policies of principals whose rights cover the request, so it costs
// much less: the rules that matter are few, those of a subject and all its groups may be
// hundreds, each in another place of the memory.
//
// They are appended to a list, which may be one that the caller has from the last request.
func (s *Snapshot) Grants(grants []Grant, r *Request) []Grant {
	org, subject, _ := s.admit(r)
	if subject == nil {
		return grants
	}
	return s.grants(grants, org, subject, r)
}

// grants is Grants for a subject that was admitted.
func (s *Snapshot) grants(grants []Grant, org number, subject *principal, r *Request) []Grant {
	sight := sight{subject: subject}
	if subject.rights.cover(r) {
		grants = sight.collect(grants, "", subject.policies, r, true)
	}
	for i, id := range subject.groups {
		if i > 0 && id == subject.groups[i-1] {
			continue // named twice
		}
		if group := s.group(org, id); group != nil && group.rights.cover(r) {
			grants = sight.collect(grants, id, group.policies, r, true)
		}
	}
	return grants
}

// cover reports whether a grant covers the request, its condition met or not.
func (r *rights) cover(request *Request) bool {
	permission, project := request.Permission, request.Resource.Project
	return r.always.covers(permission, project) || r.maybe(permission, project)
}

// sight is what the conditions of one request see. It does not hold the request, so that callers
// can keep that on their stacks.
type sight struct {
	subject *principal
	input   *condition.Input // made for the first condition; most requests meet none
}

func (s *sight) collect(grants []Grant, group iam.GroupID, policies []*policy, r *Request, granting bool) []Grant {
	for _, p := range policies {
		for i := range p.rules {
			rule := &p.rules[i]
			for _, set := range rule.sets {
				if set.Bits.Has(r.Permission) {
					if outcome := s.outcome(rule, r); outcome == OutcomeGrants || !granting {
						grants = append(grants, Grant{group, p.id, rule.id, set.Name, outcome})
					}
					break
				}
			}
		}
	}
	return grants
}

func (s *sight) outcome(rule *rule, r *Request) Outcome {
	if rule.condition != nil && s.input == nil {
		input := s.subject.input(r.Input)
		s.input = &input
	}
	return rule.outcome(r, s.input)
}

func (r *rule) outcome(request *Request, input *condition.Input) Outcome {
	if !r.covers(request.Resource.Project) {
		return OutcomeOutOfScope
	}
	if r.condition == nil {
		return OutcomeGrants
	}
	switch met, err := r.condition.Evaluate(input); {
	case err != nil:
		return OutcomeConditionError
	case met:
		return OutcomeGrants
	}
	return OutcomeConditionFalse
}
