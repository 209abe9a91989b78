package server

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

func TestEncode(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 120_000_999, time.FixedZone("", 3600))
	whole := at.Truncate(time.Second)
	for name, c := range map[string]struct {
		in   any
		want string
	}{
		"group": {&sdk.Group{ID: "g", CreatedAt: &at, UserIDs: nil, AllUsers: true, Srn: "srn"},
			`{"id":"g","created_at":"2026-01-02T02:04:05.120000Z","updated_at":null,"organization_id":"","name":"","description":"","user_ids":[],"application_ids":[],"tags":[],"editable":false,"deletable":false,"managed":false}`},
		"list": {&sdk.ListGroupsResponse{}, `{"groups":[],"total_count":0}`},
		"rule": {&sdk.ListRulesResponse{Rules: []*sdk.Rule{{ID: "r", PermissionSetNames: &[]string{}, ProjectIDs: &[]string{}, PermissionSetsScopeType: "projects"}}, TotalCount: 1},
			`{"rules":[{"id":"r","permission_set_names":[],"permission_sets_scope_type":"projects","condition":"","project_ids":[]}],"total_count":1}`},
		"key": {&sdk.APIKey{AccessKey: "SCW", ExpiresAt: &whole, UserID: new("u")},
			`{"access_key":"SCW","secret_key":null,"user_id":"u","description":"","created_at":null,"updated_at":null,"expires_at":"2026-01-02T02:04:05Z","default_project_id":"","editable":false,"deletable":false,"managed":false,"creation_ip":""}`},
		"project": {&account.Project{ID: "p", Status: "active"},
			`{"id":"p","name":"","organization_id":"","created_at":null,"updated_at":null,"description":"","qualification":null}`},
		"events":      {&trail.ListEventsResponse{}, `{"events":[]}`},
		"more events": {&trail.ListEventsResponse{NextPageToken: new("t")}, `{"events":[],"next_page_token":"t"}`},
		"settings": {&sdk.OrganizationSecuritySettings{GracePeriodDuration: &scw.Duration{Seconds: 5, Nanos: 1000}, MaxAPIKeyExpirationDuration: &scw.Duration{}},
			`{"enforce_password_renewal":false,"grace_period_duration":"5.000001s","login_attempts_before_locked":0,"max_login_session_duration":null,"max_api_key_expiration_duration":"0s"}`},
		"zero time": {&sdk.Log{CreatedAt: &time.Time{}}, `{"id":"","created_at":null,"ip":"","user_agent":"","action":"unknown_action","bearer_id":"","organization_id":"","resource_type":"unknown_resource_type","resource_id":""}`},
	} {
		got, err := json.Marshal(c.in, newEncoder())
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", name, err, got, c.want)
		}
	}
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	body, err := json.Marshal(v, newEncoder())
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
