package compat

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

// TestFirstStart reads the one organization that a new installation begins with.
func TestFirstStart(t *testing.T) {
	c := installation.credentials
	for _, name := range []string{"SCW_ACCESS_KEY", "SCW_SECRET_KEY", "SCW_DEFAULT_ORGANIZATION_ID", "BAILIWICK_OWNER_PASSWORD", "BAILIWICK_OPERATOR_TOKEN"} {
		if c[name] == "" {
			t.Errorf("credentials.env does not set %s: %v", name, slices.Sorted(maps.Keys(c)))
		}
	}
	equal(t, "SCW_API_URL", c["SCW_API_URL"], installation.url)
	equal(t, "SCW_DEFAULT_PROJECT_ID", c["SCW_DEFAULT_PROJECT_ID"], c["SCW_DEFAULT_ORGANIZATION_ID"])
	equal(t, "BAILIWICK_OWNER_EMAIL", c["BAILIWICK_OWNER_EMAIL"], "owner@localhost")
}

// TestMetadata: the Go SDK asks for it once after a success, and again after every call as
// long as it fails; with it the SDK fills the names of resources.
func TestMetadata(t *testing.T) {
	me := newOwner(t)
	metadata := caller{t, installation.url, http.Header{}}.get("/metadata").object()
	metadata.wantKeys(t, "metadata", "platform partition domain")
	group := must(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: "named"}))(t)
	equal(t, "srn", group.Srn, "srn://iam.scw.eu/groups/"+group.ID)
}

// TestHeaders: what every answer carries.
func TestHeaders(t *testing.T) {
	me := newOwner(t)
	header := me.raw().get("/iam/v1alpha1/groups").response.Header
	if header.Get("X-Request-Id") == "" || header.Get("X-Bailiwick-Revision") == "" {
		t.Errorf("no request id or no revision in %v", header)
	}
	equal(t, "X-Content-Type-Options", header.Get("X-Content-Type-Options"), "nosniff")
	equal(t, "redirects of unknown paths", caller{t, installation.url, http.Header{}}.call(http.MethodGet, "/iam/v1alpha1/groups/", nil).response.StatusCode, http.StatusNotFound)
}

// TestCredentials: every way of not being somebody.
func TestCredentials(t *testing.T) {
	me := newOwner(t)
	url := "/iam/v1alpha1/groups"
	for name, test := range map[string]struct {
		header http.Header
		reason string
	}{
		"no credential":         {http.Header{}, "invalid_argument"},
		"not a secret key":      {http.Header{"X-Auth-Token": {"hello"}}, "invalid_argument"},
		"an unknown secret":     {http.Header{"X-Auth-Token": {"6170692d-6b65-4d79-8000-000000000000"}}, "not_found"},
		"the access key":        {http.Header{"X-Auth-Token": {me.accessKey}}, "invalid_argument"},
		"a header in the query": {http.Header{}, "invalid_argument"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := caller{t, installation.url, test.header}.call(http.MethodGet, url+"?X-Auth-Token="+me.secretKey, nil)
			answer.wantStatus(http.StatusUnauthorized)
			answer.object().wantMembers(t, name, map[string]string{
				"type": `"denied_authentication"`, "message": `"authentication is denied"`, "method": `"api_key"`, "reason": `"` + test.reason + `"`,
			})
		})
	}
	stranger := newActor(t, installation, me.organization, "", "SCWXXXXXXXXXXXXXXXXX", "6170692d-6b65-4d79-8000-000000000000")
	wantUnauthenticated(t, failure(stranger.iam.ListGroups(&iam.ListGroupsRequest{})), "not_found")
}
