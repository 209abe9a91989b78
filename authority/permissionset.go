package authority

import (
	"context"
	"slices"

	"bailiwick/catalog"
	"bailiwick/iam"
)

// ListPermissionSets returns a page of the permission sets that policies may name, and their
// number.
func (a *Authority) ListPermissionSets(_ context.Context, call iam.Call, org iam.OrganizationID, order iam.Order, page iam.Page) ([]*catalog.Set, int, error) {
	if _, err := a.mayList(call, org); err != nil {
		return nil, 0, err
	}
	sets := slices.Clone(a.catalog.Sets())
	if order.Field == "created_at" {
		slices.SortStableFunc(sets, func(x, y *catalog.Set) int { return x.CreatedAt.Compare(y.CreatedAt) })
	}
	if order.Descending {
		slices.Reverse(sets)
	}
	return pageOf(sets, page), len(sets), nil
}
