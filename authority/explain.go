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
	request, reason, err := x.request(ctx, &q)
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
	e.PolicyNames, err = namesOf(a.store.Read(ctx), request.Organization, e.Chains, func(c pdp.Chain) iam.PolicyID { return c.Policy })
	return e, err
}

// namesOf reads the names of the policies that items name. The empty id stands for none.
func namesOf[T any](tx *store.Tx, org iam.OrganizationID, items []T, policy func(T) iam.PolicyID) (map[iam.PolicyID]string, error) {
	names := map[iam.PolicyID]string{}
	for _, item := range items {
		id := policy(item)
		if _, known := names[id]; known || id == "" {
			continue
		}
		p, err := tx.Policy(org, id)
		if err != nil && !isNotFound(err) {
			return nil, err
		}
		names[id] = p.Name // empty if it was deleted a moment ago
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
