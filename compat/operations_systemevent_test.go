package compat

import (
	"net/http"
	"testing"
	"time"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
)

// TestSystemEventsAndFeed: what is listed of a new organization, by kind and together.
func TestSystemEventsAndFeed(t *testing.T) {
	me := newOwner(t)
	me.newProject("shop")
	system := must(me.trail.ListSystemEvents(&trail.ListSystemEventsRequest{RecordedAfter: new(time.Now().Add(-time.Hour))}))(t)
	equal(t, "system events of an organization in which nobody logged in", len(system.Events), 0)
	feed := must(me.trail.ListCombinedEvents(&trail.ListCombinedEventsRequest{PageSize: new(uint32(1))}))(t)
	equal(t, "events on the first page", len(feed.Events), 1)
	newest := me.events(trail.ListEventsRequest{})
	equal(t, "the newest event", feed.Events[0], &trail.ListCombinedEventsResponseCombinedEvent{API: newest[0]})
	rest := must(me.trail.ListCombinedEvents(&trail.ListCombinedEventsRequest{PageToken: feed.NextPageToken}))(t)
	equal(t, "events on the rest", len(rest.Events), len(newest)-1)
	overview := must(me.trail.GetLastEventsOverview(&trail.GetLastEventsOverviewRequest{}))(t)
	equal(t, "overview", overview.LastEvents, newest)
	me.raw().get("/audit-trail/v1alpha1/regions/fr-par/system-events").object().wantKeys(t, "empty list", "events")
	unknown := me.raw().call(http.MethodGet, "/audit-trail/v1alpha1/regions/it-mil/events", nil)
	unknown.wantStatus(http.StatusBadRequest)
}
