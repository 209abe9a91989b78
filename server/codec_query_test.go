package server

import (
	"strings"
	"testing"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

func TestDecodeRefusesQueriesAndPaths(t *testing.T) {
	for _, c := range []struct{ query, name, reason string }{
		{"page=0", "page", "constraint"},
		{"page=10001", "page", "constraint"},
		{"page=x", "page", "format"},
		{"page=9223372036854775808", "page", "format"},
		{"page_size=0", "page_size", "constraint"},
		{"page_size=101", "page_size", "constraint"},
		{"page_size=-1", "page_size", "constraint"},
		{"page=1&page=2", "page", "constraint"},
		{"a=1&page_size=9;x", "query", "format"},
		{"name=%zz", "query", "format"},
		{"name=%00", "name", "format"},
		{"name=%ff", "name", "format"},
		{"user_ids[]=" + idA, "user_ids[]", "unknown"},
		{"other%5B%5D=1", "other[]", "unknown"},
		{"user_ids=" + idA + "&user_ids=x", "user_ids[1]", "format"},
		{"organization_id=x", "organization_id", "format"},
		{"order_by=name", "order_by", "constraint"},
		{strings.Repeat("user_ids="+idA+"&", 101), "user_ids", "constraint"},
	} {
		_, err := decodeAs[sdk.ListGroupsRequest](t, "GET /groups", "/groups?"+c.query, "")
		if got := invalid(t, err); got.Name != c.name || got.Reason != c.reason || got.Help == "" {
			t.Errorf("%.80s: %+v, want %s %s", c.query, got, c.name, c.reason)
		}
	}
	for _, id := range []string{"x", "%00", "a%2Fb", "urn:uuid:" + idA, "11111111111141118111111111111111"} {
		_, err := decodeAs[sdk.GetUserRequest](t, "GET /users/{user_id}", "/users/"+id, "")
		if got := invalid(t, err); got.Name != "user_id" || got.Reason != "format" {
			t.Errorf("%s: %+v", id, got)
		}
	}
	for _, query := range []string{"editable=1", "editable=TRUE"} {
		_, err := decodeAs[sdk.ListApplicationsRequest](t, "GET /a", "/a?"+query, "")
		if got := invalid(t, err); got.Name != "editable" {
			t.Errorf("%s: %+v", query, got)
		}
	}
	_, err := decodeAs[trail.ListEventsRequest](t, "GET /e/{region}", "/e/fr-par?page_size=1001", "")
	if got := invalid(t, err); got.Name != "page_size" {
		t.Errorf("events: %+v", got)
	}
}
