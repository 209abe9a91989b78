package authority

import (
	"context"
	"errors"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// recordSystem appends what the server did by itself.
func recordSystem(tx *store.Tx, e iam.SystemEvent) error {
	e.ID = identity.NewEventID()
	return tx.AppendSystemEvent(e)
}

// ListSystemEvents returns what the server did by itself for the organization, as ListEvents
// does.
func (a *Authority) ListSystemEvents(ctx context.Context, call iam.Call, f iam.SystemEventFilter, pageToken string) ([]iam.SystemEvent, string, error) {
	org, err := a.mayList(call, f.OrganizationID)
	if err != nil {
		return nil, "", err
	}
	f.OrganizationID = org
	if err := errors.Join(checkWindow("recorded_before", f.After, f.Before), a.checkEventProject(ctx, org, f.ProjectID)); err != nil {
		return nil, "", err
	}
	bound := f
	bound.Cursor, bound.Size, bound.After, bound.Before = 0, 0, f.After.UTC(), f.Before.UTC()
	return eventPage(a, bound, f.Size, f.After, pageToken, func(from place, size int) ([]iam.SystemEvent, error) {
		f.Cursor, f.After, f.Size = from.sequence, from.after, size
		return a.store.Read(ctx).SystemEvents(f)
	}, func(e iam.SystemEvent) int64 { return e.Sequence })
}

// MayList authorizes a list of the organization whose answer is known to be empty.
func (a *Authority) MayList(call iam.Call, named iam.OrganizationID) error {
	_, err := a.mayList(call, named)
	return err
}

// overviewSize is how many events the overview of the last ones has.
const overviewSize = 10

// LastEvents returns the newest events of the organization, or of one of its projects, newest
// first, however long ago they were.
func (a *Authority) LastEvents(ctx context.Context, call iam.Call, named iam.OrganizationID, project iam.ProjectID) ([]iam.Event, error) {
	org, err := a.mayList(call, named)
	if err != nil {
		return nil, err
	}
	return a.store.Read(ctx).Events(iam.EventFilter{OrganizationID: org, ProjectID: project, Size: overviewSize})
}
