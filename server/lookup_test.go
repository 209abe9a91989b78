package server_test

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"bailiwick/iam"
)

// lookups is an organization with one member who may read groups and one who may from one
// address only, beside the owner.
func lookups(t *testing.T) (e *edge, free, bound iam.User) {
	t.Helper()
	e = start(t)
	w := &world{Kit: e.Kit, url: e.url, secrets: map[string]string{}}
	ctx, a, owner := t.Context(), e.Authority, e.Owner()
	free, bound = w.member(t, owner), w.member(t, owner)
	for user, condition := range map[iam.UserID]string{free.ID: "", bound.ID: `request.ip == "192.0.2.1"`} {
		n := iam.NewPolicy{Name: w.unique(), Principal: user.Principal(), Rules: []iam.RuleSpec{{
			PermissionSetNames: []string{"IAMGroupReadOnly"}, Condition: condition, Scope: iam.Scope{OrganizationID: owner.Organization},
		}}}
		ok(a.CreatePolicy(ctx, w.call(owner, "CreatePolicy"), n)).in(t)
	}
	return e, free, bound
}

func TestWhoCan(t *testing.T) {
	e, _, bound := lookups(t)
	ask := func(body string, headers ...string) reply {
		return e.send(t, "POST", "/bailiwick/v1/who-can", body, append(e.owner(), headers...)...)
	}
	type line struct{ ID, Name, Condition string }
	var got struct {
		Total            int
		Yes, Conditional []line
		Next             string `json:"next_page_token"`
	}
	read := func(r reply) {
		t.Helper()
		got.Yes, got.Conditional, got.Next = nil, nil, ""
		if err := json.Unmarshal([]byte(r.body), &got); err != nil || r.status != 200 {
			t.Fatalf("%d %s: %v", r.status, r.body, err)
		}
	}
	read(ask(`{"permission":"iam:group:read"}`))
	if got.Total != 3 || len(got.Yes) != 2 || len(got.Conditional) != 1 ||
		got.Conditional[0] != (line{string(bound.ID), bound.Username, `request.ip == "192.0.2.1"`}) {
		t.Errorf("who can: %+v", got)
	}
	read(ask(`{"permission":"iam:group:read","context":{"ip":"192.0.2.1"}}`))
	if len(got.Yes) != 3 {
		t.Errorf("from the address: %+v", got)
	}
	read(ask(`{"permission":"iam:group:read","context":{"ip":"192.0.2.2"}}`))
	if got.Total != 2 {
		t.Errorf("from elsewhere: %+v", got)
	}
	read(ask(`{"permission":"iam:group:read","page_size":2}`))
	token := got.Next
	read(ask(`{"permission":"iam:group:read","page_size":2,"page_token":"` + token + `"}`))
	if len(got.Conditional) != 1 || len(got.Yes) != 0 || got.Next != "" {
		t.Errorf("second page: %+v", got)
	}
	if r := ask(`{"permission":"iam:policy:read","page_token":"` + token + `"}`); r.status != 400 {
		t.Errorf("a token of another question: %d %s", r.status, r.body)
	}
	table := ask(`{"permission":"iam:group:read","page_size":2}`, "Accept", "text/csv")
	rows, err := csv.NewReader(strings.NewReader(table.body)).ReadAll()
	if err != nil || len(rows) != 3 || table.header.Get("Content-Type") != "text/csv" || table.header.Get("X-Bailiwick-Next-Page-Token") == "" {
		t.Errorf("table: %v %v %v", rows, err, table.header)
	}
}

func TestExplain(t *testing.T) {
	e, _, bound := lookups(t)
	ask := func(ip string) (got struct {
		Decision bool
		Missing  []string
		Chains   []struct {
			Outcome   string
			FailedAt  string `json:"failed_at"`
			Condition struct {
				Result *bool
				Values map[string]string
			}
		}
		WouldAllow []struct{ Kind string } `json:"would_allow"`
	}) {
		body := `{"subject":{"type":"user","id":"` + string(bound.ID) + `"},"action":{"name":"iam:group:read"},"resource":{"type":"iam:group","id":"x"}` + ip + `}`
		r := e.send(t, "POST", "/bailiwick/v1/explain", body, e.owner()...)
		if err := json.Unmarshal([]byte(r.body), &got); err != nil || r.status != 200 {
			t.Fatalf("%d %s: %v", r.status, r.body, err)
		}
		return got
	}
	if got := ask(`,"context":{"ip":"192.0.2.1"}`); !got.Decision || len(got.Chains) != 1 || got.Chains[0].Condition.Values["request.ip"] != "192.0.2.1" || len(got.WouldAllow) != 0 {
		t.Errorf("yes: %+v", got)
	}
	if got := ask(`,"context":{"ip":"192.0.2.2"}`); got.Decision || got.Chains[0].FailedAt != "condition" || got.WouldAllow[0].Kind != "condition" || len(got.Missing) != 0 {
		t.Errorf("no: %+v", got)
	}
	if got := ask(``); got.Decision || len(got.Missing) != 1 || got.Missing[0] != "request.ip" || got.Chains[0].Condition.Result != nil {
		t.Errorf("missing: %+v", got)
	}
}

func TestCheckCondition(t *testing.T) {
	e := start(t)
	ask := func(body string) string {
		r := e.send(t, "POST", "/bailiwick/v1/conditions/check", body, e.owner()...)
		if r.status != 200 {
			t.Fatalf("%d %s", r.status, r.body)
		}
		return r.body
	}
	got := ask(`{"condition":"resource.name.startsWith('/a/')","samples":[{"resource":{"name":"/a/x"}},{"resource":{"name":"/b/x"}},{}]}`)
	for _, want := range []string{`"valid":true`, `"results":[true,false,null]`, `"breaks_listing"`, `|| !has(resource.id)`} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %s: %s", want, got)
		}
	}
	if got := ask(`{"condition":"request.ip =="}`); !strings.Contains(got, `"valid":false`) || !strings.Contains(got, `"line":1`) {
		t.Errorf("a fault: %s", got)
	}
}
