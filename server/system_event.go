package server

import (
	"context"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"

	"bailiwick/iam"
)

func (a *api) toSystemEvent(e iam.SystemEvent) *trail.SystemEvent {
	return &trail.SystemEvent{
		ID:             e.ID,
		RecordedAt:     given(e.RecordedAt),
		Locality:       a.regions.home(),
		OrganizationID: string(e.OrganizationID),
		ProjectID:      nonEmptyText(string(e.ProjectID)),
		ProductName:    e.Product,
		Source:         e.Source,
		SystemName:     e.Name,
		Resources:      each(e.Resources, toEventResource),
		Kind:           trail.SystemEventKind(e.Kind),
	}
}

func (a *api) listSystemEvents(ctx context.Context, call iam.Call, in *trail.ListSystemEventsRequest) (*trail.ListSystemEventsResponse, error) {
	if a.regions.elsewhere(in.Region) {
		return &trail.ListSystemEventsResponse{}, a.authority.MayList(call, iam.OrganizationID(in.OrganizationID))
	}
	events, next, err := a.authority.ListSystemEvents(ctx, call, iam.SystemEventFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		After:          stored(in.RecordedAfter),
		Before:         stored(in.RecordedBefore),
		Ascending:      in.OrderBy == trail.ListSystemEventsRequestOrderByRecordedAtAsc,
		Size:           eventPageSize(in.PageSize),
	}, value(in.PageToken))
	if err != nil {
		return nil, err
	}
	return &trail.ListSystemEventsResponse{Events: each(events, a.toSystemEvent), NextPageToken: nonEmptyText(next)}, nil
}
