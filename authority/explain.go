package authority

import (
	"context"
	"maps"
	"slices"

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
	_, grants := x.state.DecideGrants(nil, &request)
	e.Reasons = x.lines.reasons(e.Decision, grants, e.Permission)
	e.PolicyNames, err = namesOf(a.store.Read(ctx), request.Organization, e.Chains, func(c pdp.Chain) iam.PolicyID { return c.Policy })
	return e, err
}

// namesOf reads the names of the policies that items name, a hundred at a time. The empty id
// stands for none; a policy that was deleted a moment ago has no name.
func namesOf[T any](tx *store.Tx, org iam.OrganizationID, items []T, policy func(T) iam.PolicyID) (map[iam.PolicyID]string, error) {
	names := map[iam.PolicyID]string{}
	for _, item := range items {
		if id := policy(item); id != "" {
			names[id] = ""
		}
	}
	f := iam.PolicyFilter{OrganizationID: org, Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: 1, Size: iam.MaxFilterValues}}
	for f.PolicyIDs = range slices.Chunk(slices.Collect(maps.Keys(names)), iam.MaxFilterValues) {
		found, _, err := tx.Policies(f)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			names[p.ID] = p.Name
		}
	}
	return names, nil
}
