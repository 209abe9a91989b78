package authority

import (
	"context"
	"slices"
	"strings"

	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/store"
)

// permissionListRules is what who lists the permission sets of a principal needs besides: they
// say what the principal's policies grant.
const permissionListRules = "iam:rule:list"

// ListLastUses returns a page of when API keys, users, applications or the permission sets of one
// principal were last used, and their number. Who may list API keys of a kind of bearer may list
// its last uses; a user who may list none gets its own. Permission sets are those that the
// principal has, also those that it never used.
func (a *Authority) ListLastUses(ctx context.Context, call iam.Call, f iam.LastUseFilter) ([]iam.LastUse, int, error) {
	caller, err := a.enter(call)
	if err != nil {
		return nil, 0, err
	}
	if f.OrganizationID, err = caller.within(f.OrganizationID); err != nil {
		return nil, 0, err
	}
	visible, err := caller.narrowLastUses(&f)
	if err != nil || !visible {
		return nil, 0, err
	}
	if f.Kind == iam.UseOfPermissionSet {
		return a.listSetUses(ctx, caller, f)
	}
	return listed(ctx, a, func(tx *store.Tx) ([]iam.LastUse, int, error) { return tx.LastUses(f) })
}

// narrowLastUses reduces a filter to what the caller may see, and reports whether any can be left.
func (c *actor) narrowLastUses(f *iam.LastUseFilter) (bool, error) {
	switch f.Kind {
	case iam.UseOfUser:
		f.PrincipalType = iam.TypeUser
	case iam.UseOfApplication:
		f.PrincipalType = iam.TypeApplication
	case iam.UseOfPermissionSet:
		p, err := principalWith(c.state, f.OrganizationID, f.PrincipalID)
		if err := c.found(permissionListRules, object{kind: "principal", id: f.PrincipalID}, err); err != nil {
			return false, err
		}
		f.PrincipalType = p.Type
	}
	keys := iam.APIKeyFilter{BearerType: f.PrincipalType, BearerID: f.PrincipalID}
	visible, err := c.narrowAPIKeys(&keys)
	f.PrincipalType, f.PrincipalID = keys.BearerType, keys.BearerID
	return visible, err
}

// listSetUses lays what is stored over the permission sets that a principal has.
func (a *Authority) listSetUses(ctx context.Context, c *actor, f iam.LastUseFilter) ([]iam.LastUse, int, error) {
	p := iam.Principal{Type: f.PrincipalType, ID: f.PrincipalID}
	used, err := a.store.Read(ctx).SetUses(f.OrganizationID, p)
	if err != nil {
		return nil, 0, err
	}
	names := slices.CompactFunc(c.state.SetsOf(f.OrganizationID, p), func(a, b pdp.SetGrant) bool { return a.Set == b.Set })
	var all []iam.LastUse
	for _, g := range names {
		u := iam.LastUse{OrganizationID: f.OrganizationID, Kind: f.Kind, Principal: p, Name: g.Set}
		if i, known := slices.BinarySearchFunc(used, g.Set, func(u iam.LastUse, set string) int { return strings.Compare(u.Name, set) }); known {
			u = used[i]
		}
		if f.UnusedSince.IsZero() || u.At().Before(f.UnusedSince) {
			all = append(all, u)
		}
	}
	return pageOf(all, f.Page), len(all), nil
}
