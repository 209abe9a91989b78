package authority

import (
	"context"

	"bailiwick/catalog"
	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/store"
)

// PrincipalSet is a permission set that a principal has, and where it comes from.
type PrincipalSet struct {
	pdp.SetGrant
	Details    *catalog.Set
	PolicyName string
}

// ListPrincipalPermissionSets returns a page of the permission sets that a user or an
// application has by its policies and those of its groups, and their number: the sets of
// WhatCan, one for each rule that names them. A set that several rules name comes several
// times. The owner has none: its rights rest on no set.
func (a *Authority) ListPrincipalPermissionSets(ctx context.Context, call iam.Call, id string, page iam.Page) ([]PrincipalSet, int, error) {
	caller, err := a.enter(call)
	if err != nil {
		return nil, 0, err
	}
	org := call.Caller.Organization
	principal, err := principalWith(caller.state, org, id)
	if err := caller.found(call.Operation.Permission, object{kind: "principal", id: id}, err); err != nil {
		return nil, 0, err
	}
	all := caller.state.SetsOf(org, principal)
	grants := pageOf(all, page)
	names, err := namesOf(a.store.Read(ctx), org, grants, func(g pdp.SetGrant) iam.PolicyID { return g.Policy })
	if err != nil {
		return nil, 0, err
	}
	sets := make([]PrincipalSet, len(grants))
	for i, g := range grants {
		details, _ := a.catalog.Set(g.Set) // the snapshot holds sets of the catalogue only
		sets[i] = PrincipalSet{g, details, names[g.Policy]}
	}
	return sets, len(all), nil
}

// principalWith returns the user or the application that has an id.
func principalWith(state *pdp.Snapshot, org iam.OrganizationID, id string) (iam.Principal, error) {
	for _, p := range []iam.Principal{iam.UserID(id).Principal(), iam.ApplicationID(id).Principal()} {
		if _, ok := state.Principal(org, p); ok {
			return p, nil
		}
	}
	return iam.Principal{}, store.ErrNotFound
}
