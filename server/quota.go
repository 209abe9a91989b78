package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

// toQuotum writes a quota in the newer form (limits) and in the deprecated one that older
// clients read (limit or unlimited). Every quota here holds for the whole organization.
func toQuotum(q iam.Quota) *sdk.Quotum {
	out := &sdk.Quotum{
		Name:         q.Name,
		PrettyName:   q.PrettyName,
		Unit:         q.Unit,
		Description:  q.Text,
		LocalityType: sdk.LocalityTypeGlobal,
	}
	if q.Unlimited {
		out.Unlimited = new(true)
	} else {
		out.Limit = new(uint64(q.Limit))
	}
	out.Limits = []*sdk.QuotumLimit{{Global: new(true), Limit: out.Limit, Unlimited: out.Unlimited}}
	return out
}

func (a *api) listQuota(ctx context.Context, call iam.Call, in *sdk.ListQuotaRequest) (*sdk.ListQuotaResponse, error) {
	quota, total, err := a.authority.ListQuota(ctx, call, iam.OrganizationID(in.OrganizationID), in.QuotumNames,
		order(in.OrderBy, "name"), page(in.Page, in.PageSize, iam.DefaultPageSize))
	if err != nil {
		return nil, err
	}
	return &sdk.ListQuotaResponse{Quota: each(quota, toQuotum), TotalCount: uint64(total)}, nil
}

func (a *api) getQuotum(ctx context.Context, call iam.Call, in *sdk.GetQuotumRequest) (*sdk.Quotum, error) {
	quotum, err := a.authority.GetQuotum(ctx, call, iam.OrganizationID(in.OrganizationID), in.QuotumName)
	return answer(quotum, err, toQuotum)
}
