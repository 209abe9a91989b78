package pdp

import (
	"maps"
	"slices"
	"time"

	"bailiwick/condition"
	"bailiwick/iam"
)

// Explanation is a decision with its proof.
type Explanation struct {
	Decision Decision
	// Chains lead from a principal over a policy and its rule to the permission: those that
	// grant if the decision is yes, all candidates with the link at which each failed if it
	// is no. Sorted.
	Chains []Chain
	// Missing are the variables that conditions needed and the request did not give, sorted.
	Missing []string
	// WouldAllow are the smallest additions that would turn a no into a yes, those first that
	// grant least besides.
	WouldAllow []Addition
}

// Chain is one way from a principal to a permission.
type Chain struct {
	By        Basis
	Principal iam.Principal // of the policy: the subject, one of its groups, another group, or nobody
	Group     iam.GroupID   // if the way leads over a group
	Policy    iam.PolicyID
	Rule      iam.RuleID
	RuleIndex int // from 0, in the policy's order, without rules that do not compile
	Set       string
	Scope     iam.Scope
	Condition *ConditionOutcome // nil: none, or the chain failed before it
	FailedAt  Link              // empty: it grants
}

// Link is the part of a chain at which it failed.
type Link string

// The links.
const (
	FailedNowhere     Link = ""
	FailedAtPrincipal Link = "principal" // the policy is not for the subject
	FailedAtScope     Link = "scope"
	FailedAtCondition Link = "condition"
)

// ConditionOutcome is what became of a condition.
type ConditionOutcome struct {
	Expression string
	Result     *bool // nil: it could not be evaluated
	Error      string
	Values     map[string]string // what it read, by variable; what was absent is missing
}

// Bounds of the candidates beside the subject's own policies.
const (
	maxOthers   = 20  // that are named
	maxExamined = 100 // that are looked at, most of them in vain where conditions are not met
)

// Explain answers a request like Decide and says why. It looks at every rule of the subject
// and of its groups, so it costs more.
func (s *Snapshot) Explain(r *Request) Explanation {
	x := Explanation{Decision: s.Decide(r)}
	switch x.Decision.By {
	case ByOwnership, BySelf:
		x.Chains = []Chain{{By: x.Decision.By, Principal: r.Subject}}
		return x
	}
	org, subject, _ := s.admit(r)
	if subject == nil {
		return x
	}
	input := subject.input(r.Input)
	var found candidates
	missing := map[string]bool{}
	for p := range s.policiesOf(org, subject) {
		for i := range p.rules {
			rule := &p.rules[i]
			set := rule.setWith(r.Permission)
			if set == "" || x.Decision.Allowed && !rule.covers(r.Resource.Project) {
				continue
			}
			failed, outcome := rule.follow(r, &input)
			if !x.Decision.Allowed || failed == FailedNowhere {
				found.add(failed, candidate{p, i, set, outcome})
			}
			if failed == FailedAtCondition {
				for _, name := range rule.condition.Missing(&input) {
					missing[name] = true
				}
			}
		}
	}
	if x.Decision.Allowed {
		x.Chains = found.chains(r)
		return x
	}
	s.addOthers(&found, org, subject, r, &input)
	x.Chains = found.chains(r)
	x.Missing = slices.Sorted(maps.Keys(missing))
	x.WouldAllow = s.additions(org, subject, r, x.Chains)
	return x
}

// addOthers adds the rules that would grant if the subject were in another group, or if a
// policy of nobody were the subject's: those of the smallest permission sets first, and of one
// set in the order of the policies. The policies of other users and applications are no
// business of who asks about this one.
func (s *Snapshot) addOthers(found *candidates, org number, subject *principal, r *Request, input *condition.Input) {
	examined, named := 0, 0
	seen := map[*policy]bool{}
	for _, set := range s.setsWith(r.Permission) {
		for h := range s.heldIn(org, set.Name, r.Resource.Project, true) {
			if seen[h.policy] {
				continue
			}
			seen[h.policy] = true
			if examined++; examined > maxExamined || named >= maxOthers {
				return
			}
			of := iam.GroupID(h.policy.principal.id)
			if h.kind == kindGroup && (slices.Contains(subject.groups, of) || s.group(org, of) == nil) {
				continue
			}
			for i := range h.policy.rules {
				rule := &h.policy.rules[i]
				holds := rule.setWith(r.Permission)
				if holds == "" || rule.outcome(r, input) != OutcomeGrants {
					continue
				}
				_, outcome := rule.follow(r, input)
				found.add(FailedAtPrincipal, candidate{h.policy, i, holds, outcome})
				named++
			}
		}
	}
}

// follow follows a rule that holds the permission to its end.
func (r *rule) follow(request *Request, input *condition.Input) (Link, *ConditionOutcome) {
	switch {
	case !r.covers(request.Resource.Project):
		return FailedAtScope, nil
	case r.condition == nil:
		return FailedNowhere, nil
	}
	outcome := judge(r.condition, input)
	if outcome.Result == nil || !*outcome.Result {
		return FailedAtCondition, outcome
	}
	return FailedNowhere, outcome
}

func (r *rule) scope(org iam.OrganizationID) iam.Scope {
	if r.organization {
		return iam.Scope{OrganizationID: org}
	}
	return iam.Scope{ProjectIDs: r.projects}
}

// judge evaluates a condition and notes what it saw.
func judge(c *condition.Condition, input *condition.Input) *ConditionOutcome {
	o := &ConditionOutcome{Expression: c.Source(), Values: valuesOf(c, input)}
	met, err := c.Evaluate(input)
	if err != nil {
		o.Error = err.Error()
		return o
	}
	o.Result = &met
	return o
}

// valuesOf returns what a condition can read of the input, by variable. Properties are the
// caller's to show: they are not repeated.
func valuesOf(c *condition.Condition, in *condition.Input) map[string]string {
	values := map[string]string{}
	note := func(name string, value *string) {
		if value != nil {
			values[name] = *value
		}
	}
	for _, name := range c.Variables() {
		switch name {
		case "request.ip":
			if in.IP.IsValid() {
				values[name] = in.IP.String()
			}
		case "request.time":
			if !in.Time.IsZero() {
				values[name] = in.Time.UTC().Format(time.RFC3339Nano)
			}
		case "request.user_agent":
			note(name, in.UserAgent)
		}
		if r := in.Resource; r != nil {
			note("resource.id", only(name == "resource.id", r.ID))
			note("resource.name", only(name == "resource.name", r.Name))
			note("resource.locality", only(name == "resource.locality", r.Locality))
		}
	}
	return values
}

func only(this bool, value *string) *string {
	if this {
		return value
	}
	return nil
}
