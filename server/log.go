package server

import (
	"context"
	"net"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

func toLog(l iam.Log) *sdk.Log {
	return &sdk.Log{
		ID:             string(l.ID),
		CreatedAt:      given(l.CreatedAt),
		IP:             net.ParseIP(l.IP),
		UserAgent:      l.UserAgent,
		Action:         sdk.LogAction(l.Action),
		BearerID:       l.BearerID,
		OrganizationID: string(l.OrganizationID),
		ResourceType:   sdk.LogResourceType(l.ResourceType),
		ResourceID:     l.ResourceID,
	}
}

func (a *api) listLogs(ctx context.Context, call iam.Call, in *sdk.ListLogsRequest) (*sdk.ListLogsResponse, error) {
	logs, total, err := a.authority.ListLogs(ctx, call, iam.LogFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		After:          stored(in.CreatedAfter),
		Before:         stored(in.CreatedBefore),
		Action:         iam.Action(in.Action),
		ResourceType:   string(in.ResourceType),
		Search:         value(in.Search),
		Order:          order(in.OrderBy, "created_at"),
		Page:           page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListLogsResponse{Logs: each(logs, toLog), TotalCount: uint64(total)}, nil
}

func (a *api) getLog(ctx context.Context, call iam.Call, in *sdk.GetLogRequest) (*sdk.Log, error) {
	entry, err := a.authority.GetLog(ctx, call, iam.LogID(in.LogID))
	return answer(entry, err, toLog)
}
