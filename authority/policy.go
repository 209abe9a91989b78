package authority

import (
	"context"
	"strings"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

func policyObject(id iam.PolicyID, p iam.Policy) object {
	return object{kind: "policy", id: string(id), name: p.Name, named: p.ID != ""}
}

func policyResource(p iam.Policy) iam.EventResource {
	return iam.EventResource{ID: string(p.ID), Type: iam.ResourcePolicy, Name: p.Name, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt}
}

// ListPolicies returns a page of the organization's policies, and their number.
func (a *Authority) ListPolicies(ctx context.Context, call iam.Call, f iam.PolicyFilter) ([]iam.Policy, int, error) {
	org, err := a.mayList(call, f.OrganizationID)
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = org
	return listed(ctx, a, func(tx *store.Tx) ([]iam.Policy, int, error) { return tx.Policies(f) })
}

// GetPolicy returns one policy, without its rules.
func (a *Authority) GetPolicy(ctx context.Context, call iam.Call, id iam.PolicyID) (iam.Policy, error) {
	return getCached(ctx, a, call, func(tx *store.Tx, org iam.OrganizationID) (iam.Policy, error) { return tx.Policy(org, id) },
		func(p iam.Policy) object { return policyObject(id, p) })
}

// CreatePolicy creates a policy with its rules.
func (a *Authority) CreatePolicy(ctx context.Context, call iam.Call, n iam.NewPolicy) (p iam.Policy, err error) {
	var rules []iam.Rule
	check := func() (err error) {
		rules, err = a.compileRules(n.Rules)
		return allFaults(n.Validate(), err)
	}
	err = a.mutate(ctx, call, object{}, check, func(m *mutation) error {
		org, err := m.within(n.OrganizationID)
		if err != nil {
			return err
		}
		if err := m.authorize(object{name: n.Name, named: true}); err != nil {
			return err
		}
		if err := m.quota(quotaPolicies, m.CountPolicies); err != nil {
			return err
		}
		if err := m.attachable(n.Principal); err != nil {
			return err
		}
		if err := m.checkScopes(rules); err != nil {
			return err
		}
		p = iam.Policy{
			ID: iam.PolicyID(identity.NewID()), OrganizationID: org, Name: n.Name, Description: n.Description,
			Tags: n.Tags, Principal: n.Principal, CreatedAt: m.Now, UpdatedAt: m.Now,
		}
		p.CountRules(rules)
		m.did(iam.ActionCreated, policyResource(p))
		return m.InsertPolicy(p, rules)
	})
	return only(p, err)
}

// attachable checks the principal of a policy; nobody is one, too.
func (m *mutation) attachable(p iam.Principal) error {
	if p.IsZero() {
		return nil
	}
	return m.exists(p)
}

// UpdatePolicy changes the labels or the principal of a policy; its rules stay.
func (a *Authority) UpdatePolicy(ctx context.Context, call iam.Call, id iam.PolicyID, u iam.PolicyUpdate) (p iam.Policy, err error) {
	err = a.mutate(ctx, call, object{id: string(id)}, u.Validate, func(m *mutation) error {
		old, err := m.Policy(m.organization, id)
		if err := m.authorizeFound(policyObject(id, old), err); err != nil {
			return err
		}
		p = u.Apply(old)
		if err := m.authorize(policyObject(id, p)); err != nil {
			return err
		}
		if old.Managed {
			return managed("policy")
		}
		if u.Principal != nil {
			if err := m.attachable(*u.Principal); err != nil {
				return err
			}
		}
		p.UpdatedAt = m.Now
		m.did(iam.ActionUpdated, policyResource(p))
		return m.UpdatePolicy(p)
	})
	return only(p, err)
}

// DeletePolicy deletes a policy; what it granted ends at once. A managed policy can be
// deleted, not changed.
func (a *Authority) DeletePolicy(ctx context.Context, call iam.Call, id iam.PolicyID) error {
	return a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
		p, err := m.Policy(m.organization, id)
		if err := m.authorizeFound(policyObject(id, p), err); err != nil {
			return err
		}
		m.did(iam.ActionDeleted, policyResource(p))
		return m.DeletePolicy(m.organization, id)
	})
}

// ClonePolicy creates a policy with the rules of another one, and nothing else of it.
// The caller needs the right to create the copy and the right to read the source.
func (a *Authority) ClonePolicy(ctx context.Context, call iam.Call, id iam.PolicyID) (p iam.Policy, err error) {
	err = a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
		source, err := m.Policy(m.organization, id)
		o := policyObject(id, source)
		m.aim(o)
		if err := m.found("iam:policy:read", o, err); err != nil {
			return err
		}
		name := cloneName(source.Name)
		if err := m.authorize(object{name: name, named: true}); err != nil {
			return err
		}
		if err := m.quota(quotaPolicies, m.CountPolicies); err != nil {
			return err
		}
		rules, err := m.Rules(m.organization, id)
		if err != nil {
			return err
		}
		for i := range rules {
			rules[i].ID = iam.RuleID(identity.NewID())
		}
		p = iam.Policy{
			ID: iam.PolicyID(identity.NewID()), OrganizationID: m.organization, Name: name,
			CreatedAt: m.Now, UpdatedAt: m.Now,
		}
		p.CountRules(rules)
		m.did(iam.ActionCreated, policyResource(p))
		return m.InsertPolicy(p, rules)
	})
	return only(p, err)
}

// cloneName is the name of a copy, cut to the length that a name may have. Names are ASCII.
func cloneName(source string) string {
	name := iam.ClonedPolicyNameStart + source
	return strings.TrimRight(name[:min(len(name), iam.MaxName)], " ")
}
