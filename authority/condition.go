package authority

import (
	"context"
	"fmt"
	"slices"

	"bailiwick/condition"
	"bailiwick/iam"
)

// Sample is a request to try a condition on, and SampleResource its resource.
type (
	Sample         = condition.Input
	SampleResource = condition.Resource
)

// ConditionCheck asks what a condition is worth before it is written into a policy.
type ConditionCheck struct {
	Source string
	// Properties says that the condition is for a product whose conditions may read
	// properties.
	Properties bool
	Samples    []Sample
}

// ConditionReport is what a condition is worth, and what it gives for each sample: nil where
// it cannot be evaluated, and so would not grant.
type ConditionReport struct {
	condition.Report
	Results []*bool
}

// MaxConditionSamples bounds the samples of one check.
const MaxConditionSamples = 100

// CheckCondition checks a condition as a write would, says what its writer may not have
// meant, and tries it on samples. Nothing is stored.
func (a *Authority) CheckCondition(_ context.Context, call iam.Call, c ConditionCheck) (ConditionReport, error) {
	if _, err := a.inquire(call); err != nil {
		return ConditionReport{}, err
	}
	if len(c.Samples) > MaxConditionSamples {
		return ConditionReport{}, iam.Invalid("samples", iam.ReasonConstraint, fmt.Sprintf("value must contain no more than %d item(s)", MaxConditionSamples))
	}
	report := ConditionReport{Report: a.compiler.Check(c.Source, c.Properties)}
	if !report.Valid {
		return report, nil
	}
	compile := a.compiler.Compile
	if c.Properties {
		compile = a.compiler.CompileAttributes
	}
	compiled, err := compile(c.Source)
	if err != nil {
		return report, fmt.Errorf("a condition that passed its check does not compile: %w", err)
	}
	for i := range c.Samples {
		var result *bool
		if met, err := compiled.Evaluate(&c.Samples[i]); err == nil {
			result = &met
		}
		report.Results = append(report.Results, result)
	}
	return report, nil
}

// RuleFindings are the kinds of findings in the condition of one rule.
type RuleFindings struct {
	Rule  int      // its index in the request
	Kinds []string // those of package condition, each once
}

// MaxAdvisedConditions bounds the different conditions of one write that are searched for
// mistakes.
//
// The attack: a hundred conditions made to keep the search busy, in a write that is valid. A
// search takes up to some tens of milliseconds, much more than to compile what it looks at,
// and the writer has not even asked for it.
const MaxAdvisedConditions = 20

// AdviseRules says what the conditions of rules that were written do and their writer may
// not have meant, in the order of the rules. It looks at the first MaxAdvisedConditions
// different conditions; complete is false if there are more. Rules without a condition cost
// nothing.
func (a *Authority) AdviseRules(rules []iam.RuleSpec) (findings []RuleFindings, complete bool) {
	type source struct {
		text       string
		attributes bool
	}
	known := map[source][]string{}
	complete = true
	for i, r := range rules {
		if r.Condition == "" {
			continue
		}
		s := source{r.Condition, a.haveAttributes(r.PermissionSetNames)}
		kinds, seen := known[s]
		if !seen {
			if len(known) == MaxAdvisedConditions {
				complete = false
				continue
			}
			for _, f := range a.compiler.Check(s.text, s.attributes).Findings {
				if !slices.Contains(kinds, f.Kind) {
					kinds = append(kinds, f.Kind)
				}
			}
			known[s] = kinds
		}
		if len(kinds) > 0 {
			findings = append(findings, RuleFindings{i, kinds})
		}
	}
	return findings, complete
}
