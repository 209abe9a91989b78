package server

import (
	"context"
	"net"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"

	"bailiwick/iam"
)

// originPublicAPI is where attempts come from: there is no other way in.
const originPublicAPI = trail.AuthenticationEventOriginPublicAPI

func toAuthenticationEvent(e iam.AuthenticationEvent) *trail.AuthenticationEvent {
	out := &trail.AuthenticationEvent{
		ID:             e.ID,
		RecordedAt:     given(e.RecordedAt),
		OrganizationID: string(e.OrganizationID),
		SourceIP:       net.ParseIP(e.SourceIP),
		UserAgent:      nonEmptyText(e.UserAgent),
		Resources:      []*trail.Resource{{ID: string(e.UserID), Type: trail.ResourceType(iam.ResourceUser), Name: nonEmptyText(e.Username)}},
		Result:         trail.AuthenticationEventResultSuccess,
		Method:         trail.AuthenticationEventMethod(e.Method),
		Origin:         originPublicAPI,
	}
	if e.Method == "" {
		out.Method = trail.AuthenticationEventMethodUnknownMethod
	}
	if !e.Succeeded() {
		out.Result = trail.AuthenticationEventResultFailure
		out.FailureReason = new(trail.AuthenticationEventFailureReason(e.Failure))
	}
	if e.MFA != "" {
		out.MfaType = new(trail.AuthenticationEventMFAType(e.MFA))
	}
	return out
}

func (a *api) listAuthenticationEvents(ctx context.Context, call iam.Call, in *trail.ListAuthenticationEventsRequest) (*trail.ListAuthenticationEventsResponse, error) {
	if a.regions.elsewhere(in.Region) {
		return &trail.ListAuthenticationEventsResponse{}, a.authority.MayList(call, iam.OrganizationID(in.OrganizationID))
	}
	events, next, err := a.authority.ListAuthenticationEvents(ctx, call, iam.AuthenticationEventFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		After:          stored(in.RecordedAfter),
		Before:         stored(in.RecordedBefore),
		Ascending:      in.OrderBy == trail.ListAuthenticationEventsRequestOrderByRecordedAtAsc,
		Size:           eventPageSize(in.PageSize),
	}, value(in.PageToken))
	if err != nil {
		return nil, err
	}
	return &trail.ListAuthenticationEventsResponse{Events: each(events, toAuthenticationEvent), NextPageToken: nonEmptyText(next)}, nil
}
