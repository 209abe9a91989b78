package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/catalog"
	"bailiwick/iam"
)

func toPermissionSet(s *catalog.Set) *sdk.PermissionSet {
	return &sdk.PermissionSet{
		ID:          s.ID,
		Name:        s.Name,
		ScopeType:   sdk.PermissionSetScopeType(s.ScopeType),
		Description: s.Description,
		Categories:  new(texts(s.Categories)),
	}
}

func (a *api) listPermissionSets(ctx context.Context, call iam.Call, in *sdk.ListPermissionSetsRequest) (*sdk.ListPermissionSetsResponse, error) {
	sets, total, err := a.authority.ListPermissionSets(ctx, call, iam.OrganizationID(in.OrganizationID),
		order(in.OrderBy, "name"), page(in.Page, in.PageSize, iam.DefaultPageSize))
	if err != nil {
		return nil, err
	}
	return &sdk.ListPermissionSetsResponse{PermissionSets: each(sets, toPermissionSet), TotalCount: uint32(total)}, nil
}
