package server_test

import (
	"testing"

	"bailiwick/iam"
)

// TestEventsOfResources: registering a resource and removing it each leave one event that
// says what happened. An event's resource without an action would be a refused attempt.
func TestEventsOfResources(t *testing.T) {
	w := newWorld(t)
	id := w.object(t, "resource", own)
	last := func() iam.EventResource {
		t.Helper()
		events := ok(w.Store.Read(t.Context()).Events(iam.EventFilter{OrganizationID: w.First.Organization.ID, Size: 1})).in(t)
		if len(events[0].Resources) != 1 || events[0].StatusCode != 200 {
			t.Fatalf("event %+v", events[0])
		}
		return events[0].Resources[0]
	}
	if r := last(); r.ID != id || r.Action != iam.ActionUpdated {
		t.Errorf("registered: %+v", r)
	}
	w.remove(t, "resource", id)
	if r := last(); r.ID != id || r.Action != iam.ActionDeleted || r.DeletedAt.IsZero() {
		t.Errorf("removed: %+v", r)
	}
}
