package pdp

import (
	"cmp"
	"slices"
)

// candidate is a rule that holds the permission, with what became of its condition.
type candidate struct {
	policy  *policy
	index   int // of the rule
	set     string
	outcome *ConditionOutcome
}

// candidates are those of one explanation, by the link at which they failed: those that came
// farthest first. The subject's own are in the order in which its policies are walked: those
// of itself by id, then those of its groups.
type candidates [4][]candidate

func links() [4]Link {
	return [4]Link{FailedNowhere, FailedAtCondition, FailedAtScope, FailedAtPrincipal}
}

func (c *candidates) add(failed Link, found candidate) {
	for i, link := range links() {
		if link == failed {
			c[i] = append(c[i], found)
		}
	}
}

// chains returns the chains that came farthest first, those alike by group and policy.
func (c *candidates) chains(r *Request) []Chain {
	others := c[len(c)-1] // of the smallest sets first
	slices.SortFunc(others, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.policy.group(), b.policy.group()), cmp.Compare(a.policy.id, b.policy.id), cmp.Compare(a.index, b.index))
	})
	var list []Chain
	for i, link := range links() {
		list = slices.Grow(list, len(c[i]))
		for _, found := range c[i] {
			list = append(list, found.chain(link, r))
		}
	}
	return list
}

func (c *candidate) chain(failed Link, r *Request) Chain {
	rule := &c.policy.rules[c.index]
	return Chain{
		By: ByPolicy, Principal: c.policy.principal.asPrincipal(), Group: c.policy.group(),
		Policy: c.policy.id, Rule: rule.id, RuleIndex: c.index, Set: c.set, Scope: rule.scope(r.Organization),
		Condition: c.outcome, FailedAt: failed,
	}
}
