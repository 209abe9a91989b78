package server

import (
	"context"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"

	"bailiwick/iam"
)

func (a *api) toCombinedEvent(e iam.CombinedEvent) *trail.ListCombinedEventsResponseCombinedEvent {
	switch {
	case e.API != nil:
		return &trail.ListCombinedEventsResponseCombinedEvent{API: toEvent(*e.API, a.regions.home())}
	case e.Login != nil:
		return &trail.ListCombinedEventsResponseCombinedEvent{Auth: toAuthenticationEvent(*e.Login)}
	default:
		return &trail.ListCombinedEventsResponseCombinedEvent{System: a.toSystemEvent(*e.System)}
	}
}

func (a *api) listCombinedEvents(ctx context.Context, call iam.Call, in *trail.ListCombinedEventsRequest) (*trail.ListCombinedEventsResponse, error) {
	if a.regions.elsewhere(in.Region) {
		return &trail.ListCombinedEventsResponse{}, a.authority.MayList(call, iam.OrganizationID(in.OrganizationID))
	}
	events, next, err := a.authority.ListCombinedEvents(ctx, call, iam.CombinedEventFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		ProjectID:      optionalID[iam.ProjectID](in.ProjectID),
		ResourceType:   iam.ResourceType(in.ResourceType),
		After:          stored(in.RecordedAfter),
		Before:         stored(in.RecordedBefore),
		Ascending:      in.OrderBy == trail.ListCombinedEventsRequestOrderByRecordedAtAsc,
		Size:           eventPageSize(in.PageSize),
	}, value(in.PageToken))
	if err != nil {
		return nil, err
	}
	return &trail.ListCombinedEventsResponse{Events: each(events, a.toCombinedEvent), NextPageToken: nonEmptyText(next)}, nil
}

func (a *api) getLastEventsOverview(ctx context.Context, call iam.Call, in *trail.GetLastEventsOverviewRequest) (*trail.EventsOverview, error) {
	organization := iam.OrganizationID(in.OrganizationID)
	if a.regions.elsewhere(in.Region) {
		return &trail.EventsOverview{}, a.authority.MayList(call, organization)
	}
	events, err := a.authority.LastEvents(ctx, call, organization, optionalID[iam.ProjectID](in.ProjectID))
	if err != nil {
		return nil, err
	}
	return &trail.EventsOverview{LastEvents: each(events, func(e iam.Event) *trail.Event { return toEvent(e, a.regions.home()) })}, nil
}
