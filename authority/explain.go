package authority

import (
	"context"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/pdp"
	"bailiwick/store"
)

// Explanation is an answer with its proof.
type Explanation struct {
	Answer
	pdp.Explanation
	Permission string
	// PolicyNames are the names of the policies in the chains.
	PolicyNames map[iam.PolicyID]string
}

// Explain answers one question and says why: on yes, every chain that grants; on no, the
// link at which each candidate failed, what was missing, and the smallest changes that would
// allow it.
func (a *Authority) Explain(ctx context.Context, call iam.Call, q Question) (Explanation, error) {
	x, err := a.inquire(call)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{Answer: Answer{DecisionID: identity.NewID(), Revision: x.state.Revision()}}
	request, reason, err := x.request(ctx, q)
	if err != nil {
		return Explanation{}, err
	}
	if reason != "" {
		e.Reasons = []string{reason}
		return e, nil
	}
	e.Permission = a.catalog.Name(request.Permission)
	e.Explanation = x.state.Explain(&request)
	e.Allowed = e.Decision.Allowed
	e.Reasons = reasons(x.state, &request, e.Decision, e.Permission)
	e.PolicyNames, err = a.policyNames(ctx, request.Organization, e.Chains)
	return e, err
}

// policyNames reads the names of the policies that chains go through.
func (a *Authority) policyNames(ctx context.Context, org iam.OrganizationID, chains []pdp.Chain) (map[iam.PolicyID]string, error) {
	names := map[iam.PolicyID]string{}
	tx := a.store.Read(ctx)
	for _, c := range chains {
		if _, known := names[c.Policy]; known || c.Policy == "" {
			continue
		}
		policy, err := tx.Policy(org, c.Policy)
		if err != nil && !isNotFound(err) {
			return nil, err
		}
		names[c.Policy] = policy.Name // empty if it was deleted a moment ago
	}
	return names, nil
}

// principalName reads the name of a user or an application; empty if it is gone.
func principalName(tx *store.Tx, org iam.OrganizationID, p iam.Principal) (name string, err error) {
	if p.Type == iam.TypeUser {
		u, err := tx.User(org, iam.UserID(p.ID))
		return u.Username, ignoreNotFound(err)
	}
	app, err := tx.Application(org, iam.ApplicationID(p.ID))
	return app.Name, ignoreNotFound(err)
}
