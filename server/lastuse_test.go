package server_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

type lastUsedAnswer struct {
	LastUsed []struct {
		Kind           string    `json:"kind"`
		AccessKey      string    `json:"access_key"`
		PermissionSet  string    `json:"permission_set"`
		UserID         string    `json:"user_id"`
		ApplicationID  string    `json:"application_id"`
		Name           string    `json:"name"`
		CreatedAt      time.Time `json:"created_at"`
		LastUsedAt     time.Time `json:"last_used_at"`
		LastCallAt     time.Time `json:"last_call_at"`
		LastDecisionAt time.Time `json:"last_decision_at"`
	} `json:"last_used"`
	TotalCount int `json:"total_count"`
}

func (e *edge) lastUsed(t *testing.T, query string) lastUsedAnswer {
	t.Helper()
	r := e.send(t, "GET", "/bailiwick/v1/last-used?"+query, "", e.owner()...)
	var answer lastUsedAnswer
	if err := json.Unmarshal([]byte(r.body), &answer); err != nil || r.status != 200 {
		t.Fatalf("%s: %d %s", query, r.status, r.body)
	}
	return answer
}

func TestLastUsed(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	e := startWith(t, bailiwicktest.Options{Clock: func() time.Time { return now }})
	owner := e.AsOwner(t)
	service := owner.MustCreateApplication("-service")
	owner.MustCreatePolicy("service", service.ID.Principal(), bailiwicktest.Everywhere(owner.Organization(), "DecisionPointAccess", "IAMReadOnly"))
	key, idle := owner.MustCreateAPIKey(service.ID.Principal()), owner.MustCreateAPIKey(service.ID.Principal())
	if r := e.send(t, "GET", "/iam/v1alpha1/groups", "", "X-Auth-Token", key.SecretKey); r.status != 200 {
		t.Fatal(r)
	}
	question := `{"subject":{"type":"api_key","id":"` + string(key.AccessKey) + `"},"action":{"name":"iam:group:list"},"resource":{"type":"iam:group","id":"*"}}`
	for _, q := range []string{question, `{"evaluations":[` + question + `]}`} {
		path := "/access/v1/evaluation"
		if strings.HasPrefix(q, `{"ev`) {
			path += "s"
		}
		if r := e.send(t, "POST", path, q, e.owner()...); r.status != 200 || !strings.Contains(r.body, `"decision":true`) {
			t.Fatal(r)
		}
	}
	if err := e.Authority.StoreUses(t.Context()); err != nil {
		t.Fatal(err)
	}

	of := "principal_id=" + string(service.ID)
	keys := e.lastUsed(t, of)
	for _, k := range keys.LastUsed {
		used := time.Time{}
		if k.AccessKey == string(key.AccessKey) {
			used = now
		}
		if k.Kind != "api_key" || k.ApplicationID != string(service.ID) || k.UserID != "" || !k.CreatedAt.Equal(now) ||
			!k.LastUsedAt.Equal(used) || !k.LastCallAt.Equal(used) || !k.LastDecisionAt.Equal(used) {
			t.Errorf("key: %+v", k)
		}
	}
	if keys.TotalCount != 2 || len(keys.LastUsed) != 2 {
		t.Errorf("keys: %+v", keys)
	}
	sets := e.lastUsed(t, of+"&kind=permission_set&page_size=1&page=2")
	if sets.TotalCount != 2 || len(sets.LastUsed) != 1 || sets.LastUsed[0].PermissionSet != "IAMReadOnly" || !sets.LastUsed[0].LastCallAt.Equal(now) {
		t.Errorf("permission sets: %+v", sets)
	}
	since := "&unused_since=" + url.QueryEscape(now.Add(time.Second).Format(time.RFC3339))
	if users := e.lastUsed(t, "kind=user"+since); users.TotalCount != 1 || users.LastUsed[0].UserID != string(e.First.Owner.ID) {
		t.Errorf("users: %+v", users)
	}
	table := e.send(t, "GET", "/bailiwick/v1/last-used?kind=application", "", append(e.owner(), "Accept", "text/csv")...)
	at := now.Format(time.RFC3339)
	want := "kind,access_key,permission_set,user_id,application_id,name,created_at,last_used_at,last_call_at,last_decision_at\n" +
		"application,,,," + string(service.ID) + ",'-service," + strings.Repeat(at+",", 3) + at + "\n"
	if d := cmp.Diff(want, table.body); d != "" {
		t.Errorf("CSV (-want +got):\n%s", d)
	}
	if strings.Contains(table.body+e.log.String(), key.SecretKey) || strings.Contains(e.log.String(), idle.SecretKey) {
		t.Error("a secret is told")
	}
}

func TestLastUsedBadInput(t *testing.T) {
	e := start(t)
	for query, argument := range map[string]string{
		"kind=secret":                                 "kind",
		"principal_id=x":                              "principal_id",
		"kind=permission_set":                         "principal_id",
		"unused_since=yesterday":                      "unused_since",
		"page_size=101":                               "page_size",
		"page=0":                                      "page",
		"organization_id=x":                           "organization_id",
		"kind=permission_set&principal_id=":           "principal_id",
		"kind=api_key&kind=user":                      "kind",
		"organization_id=" + string(iam.TypeOperator): "organization_id",
	} {
		r := e.send(t, "GET", "/bailiwick/v1/last-used?"+query, "", e.owner()...)
		if r.status != 400 || !strings.Contains(r.body, `"argument_name":"`+argument+`"`) {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
}
