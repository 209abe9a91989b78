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
	input := subject.input(r.Input)
	grants := collect(nil, "", subject.policies, r, &input)
	for _, id := range slices.Compact(slices.Clone(subject.groups)) {
		if group := s.group(org, id); group != nil {
			grants = collect(grants, id, group.policies, r, &input)
		}
	}
	return grants
}

func collect(grants []Grant, group iam.GroupID, policies []*policy, r *Request, input *condition.Input) []Grant {
	for _, p := range policies {
		for i := range p.rules {
			rule := &p.rules[i]
			for _, set := range rule.sets {
				if set.Bits.Has(r.Permission) {
					grants = append(grants, Grant{group, p.id, rule.id, set.Name, rule.outcome(r, input)})
					break
				}
			}
		}
	}
	return grants
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
