package authority

import (
	"context"
	"errors"
	"fmt"

	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// Texts that clients know (recorded from the API that this one follows).
const (
	helpOneScopeType = "permission sets must be of the same scope type"
	helpNoScope      = "embedded message failed validation: exactly one of project_ids and organization_id is required"
)

// ListRules returns a page of a policy's rules in their order, and their number.
func (a *Authority) ListRules(ctx context.Context, call iam.Call, id iam.PolicyID, page iam.Page) ([]iam.Rule, int, error) {
	var rules []iam.Rule
	_, err := get(ctx, a, call, func(tx *store.Tx, org iam.OrganizationID) (p iam.Policy, err error) {
		if p, err = tx.Policy(org, id); err == nil {
			rules, err = tx.Rules(org, id)
		}
		return p, err
	}, func(p iam.Policy) object { return policyObject(id, p) })
	if err != nil {
		return nil, 0, err
	}
	return pageOf(rules, page), len(rules), nil
}

// SetRules replaces all rules of a policy. Every rule gets a new id, unchanged ones too.
func (a *Authority) SetRules(ctx context.Context, call iam.Call, id iam.PolicyID, specs []iam.RuleSpec) ([]iam.Rule, error) {
	var rules []iam.Rule
	check := func() (err error) {
		rules, err = a.compileRules(specs)
		return err
	}
	err := a.mutate(ctx, call, object{id: string(id)}, check, func(m *mutation) error {
		p, err := m.Policy(m.organization, id)
		if err := m.authorizeFound(policyObject(id, p), err); err != nil {
			return err
		}
		if p.Managed {
			return managed("policy")
		}
		if err := m.checkScopes(rules); err != nil {
			return err
		}
		p.CountRules(rules)
		p.UpdatedAt = m.Now
		m.did(iam.ActionUpdated, policyResource(p))
		return m.SetRules(p, rules)
	})
	return only(rules, err)
}

// compileRules checks rules against the catalogue and compiles their conditions, so that no
// rule is stored that could not be enforced. The error names every fault.
func (a *Authority) compileRules(specs []iam.RuleSpec) ([]iam.Rule, error) {
	var v iam.Validator
	if len(specs) > iam.MaxRules {
		v.Constraint("rules", fmt.Sprintf("value must contain no more than %d item(s)", iam.MaxRules))
		return nil, v.Err()
	}
	rules := make([]iam.Rule, len(specs))
	for i, spec := range specs {
		place := fmt.Sprintf("rules[%d]", i)
		rules[i] = iam.Rule{
			ID: iam.RuleID(identity.NewID()), PermissionSetNames: spec.PermissionSetNames,
			Condition: spec.Condition, Scope: spec.Scope,
		}
		rules[i].ScopeType = a.checkPermissionSets(&v, place+".permission_set_names", spec.PermissionSetNames)
		checkScope(&v, place, spec.Scope, rules[i].ScopeType)
		a.checkRuleCondition(&v, place+".condition", spec)
	}
	return rules, v.Err()
}

// checkPermissionSets checks the permission sets of a rule and returns their scope type.
func (a *Authority) checkPermissionSets(v *iam.Validator, argument string, names []string) iam.ScopeType {
	switch {
	case len(names) == 0:
		v.Required(argument, "at least one permission set is required")
		return ""
	case len(names) > iam.MaxPermissionSets:
		v.Constraint(argument, fmt.Sprintf("value must contain no more than %d item(s)", iam.MaxPermissionSets))
		return ""
	case len(withoutRepeats(names)) != len(names):
		v.Constraint(argument, "repeated value must contain unique items")
		return ""
	}
	var scopeType iam.ScopeType
	for i, name := range names {
		set, ok := a.catalog.Set(name)
		switch {
		case !ok:
			v.Add(fmt.Sprintf("%s[%d]", argument, i), iam.ReasonUnknown, "unknown permission set")
		case scopeType == "":
			scopeType = set.ScopeType
		case scopeType != set.ScopeType:
			v.Constraint(argument, helpOneScopeType)
			return ""
		}
	}
	return scopeType
}

// checkScope checks the form of a scope. Whether its projects exist is checked against the
// store, see checkScopes.
func checkScope(v *iam.Validator, place string, scope iam.Scope, scopeType iam.ScopeType) {
	projects := len(scope.ProjectIDs)
	switch {
	case scope.Organization() == (projects > 0):
		v.Format(place, helpNoScope)
	case projects > iam.MaxRuleProjects:
		v.Constraint(place+".project_ids", fmt.Sprintf("value must contain no more than %d item(s)", iam.MaxRuleProjects))
	case len(withoutRepeats(scope.ProjectIDs)) != projects:
		v.Constraint(place+".project_ids", "repeated value must contain unique items")
	case projects > 0 && scopeType == iam.ScopeOrganization:
		v.Constraint(place+".permission_set_names", "permission sets of scope type organization need organization_id as scope")
	}
}

// checkRuleCondition compiles the condition of a rule, in the words that the rule's sets
// allow: only products with attributes have properties.
func (a *Authority) checkRuleCondition(v *iam.Validator, argument string, spec iam.RuleSpec) {
	if spec.Condition == "" {
		return
	}
	compile := a.compiler.Compile
	if a.haveAttributes(spec.PermissionSetNames) {
		compile = a.compiler.CompileAttributes
	}
	_, err := compile(spec.Condition)
	if err == nil {
		return
	}
	if refused, ok := errors.AsType[*condition.Error](err); ok {
		for _, issue := range refused.Issues {
			v.Format(argument, fmt.Sprintf("line %d, column %d: %s", issue.Line, issue.Column, issue.Message))
		}
		return
	}
	v.Format(argument, err.Error())
}

// haveAttributes reports whether all permission sets are of products whose conditions may
// read properties.
func (a *Authority) haveAttributes(names []string) bool {
	for _, name := range names {
		if set, ok := a.catalog.Set(name); !ok || !set.Attributes {
			return false
		}
	}
	return true
}

// checkScopes checks that every scope is the caller's organization or projects of it.
func (m *mutation) checkScopes(rules []iam.Rule) error {
	var v iam.Validator
	for i, r := range rules {
		place := fmt.Sprintf("rules[%d]", i)
		if r.Scope.Organization() && r.Scope.OrganizationID != m.organization {
			v.Add(place+".organization_id", iam.ReasonUnknown, "unknown organization")
		}
		for j, id := range r.Scope.ProjectIDs {
			if !m.state.HasProject(m.organization, id) {
				v.Add(fmt.Sprintf("%s.project_ids[%d]", place, j), iam.ReasonUnknown, "unknown project")
			}
		}
	}
	return v.Err()
}

// allFaults joins the faults of several checks of one request, so that one answer names them
// all. An error of another kind stands alone.
func allFaults(errs ...error) error {
	var all []iam.Argument
	for _, err := range errs {
		if err == nil {
			continue
		}
		faults, ok := errors.AsType[*iam.Error](err)
		if !ok || faults.Kind != iam.KindInvalidArguments {
			return err
		}
		all = append(all, faults.Arguments...)
	}
	if len(all) == 0 {
		return nil
	}
	return &iam.Error{Kind: iam.KindInvalidArguments, Arguments: all}
}
