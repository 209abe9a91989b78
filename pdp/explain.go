package pdp

import (
	"cmp"
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

// maxOthers bounds the candidates and the additions beside the subject's own policies.
const maxOthers = 20

// Explain answers a request like Decide and says why. It looks at every rule that holds the
// permission, so it costs more.
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
	own := map[key]bool{org.principal(r.Subject): true}
	for _, id := range subject.groups {
		if s.group(org, id) != nil {
			own[org.group(id)] = true
		}
	}
	others := 0
	input := subject.input(r.Input)
	missing := map[string]bool{}
	for p := range s.holdersOf(org, r.Permission) {
		mine := own[p.principal]
		if !mine && (x.Decision.Allowed || others >= maxOthers) {
			continue
		}
		for i := range p.rules {
			if set := p.rules[i].setWith(r.Permission); set != "" {
				chain := s.chain(p, i, set, r, input, mine, missing)
				if mine || chain.FailedAt == FailedAtPrincipal {
					x.Chains = append(x.Chains, chain)
				}
				if !mine {
					others++
				}
			}
		}
	}
	if x.Decision.Allowed {
		x.Chains = slices.DeleteFunc(x.Chains, func(c Chain) bool { return c.FailedAt != FailedNowhere })
	} else {
		for name := range missing {
			x.Missing = append(x.Missing, name)
		}
		slices.Sort(x.Missing)
		x.WouldAllow = s.additions(org, subject, r, x.Chains)
	}
	slices.SortFunc(x.Chains, compareChains)
	return x
}

// chain follows one rule that holds the permission to its end.
func (s *Snapshot) chain(p *policy, index int, set string, r *Request, input condition.Input, mine bool, missing map[string]bool) Chain {
	rule := &p.rules[index]
	c := Chain{
		By: ByPolicy, Principal: p.principal.asPrincipal(), Policy: p.id, Rule: rule.id, RuleIndex: index, Set: set,
		Scope: rule.scope(r.Organization),
	}
	if p.principal.kind == kindGroup {
		c.Group = iam.GroupID(p.principal.id)
	}
	covers := rule.organization || r.Resource.Project != "" && slices.Contains(rule.projects, r.Resource.Project)
	switch {
	case !covers:
		c.FailedAt = FailedAtScope
		return c
	case rule.condition != nil:
		c.Condition = judge(rule.condition, input)
		if c.Condition.Result == nil || !*c.Condition.Result {
			c.FailedAt = FailedAtCondition
			if mine {
				for _, name := range rule.condition.Missing(&input) {
					missing[name] = true
				}
			}
		}
	}
	if !mine && c.FailedAt == FailedNowhere {
		c.FailedAt = FailedAtPrincipal
	}
	return c
}

func (r *rule) scope(org iam.OrganizationID) iam.Scope {
	if r.organization {
		return iam.Scope{OrganizationID: org}
	}
	return iam.Scope{ProjectIDs: r.projects}
}

// judge evaluates a condition and notes what it saw.
func judge(c *condition.Condition, input condition.Input) *ConditionOutcome {
	o := &ConditionOutcome{Expression: c.Source(), Values: valuesOf(c, &input)}
	met, err := c.Evaluate(&input)
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

func compareChains(a, b Chain) int {
	return cmp.Or(cmp.Compare(rank(a.FailedAt), rank(b.FailedAt)), cmp.Compare(a.Group, b.Group),
		cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.RuleIndex, b.RuleIndex), cmp.Compare(a.Rule, b.Rule))
}

// rank orders chains by how far they came.
func rank(l Link) int {
	return slices.Index([]Link{FailedNowhere, FailedAtCondition, FailedAtScope, FailedAtPrincipal}, l)
}
