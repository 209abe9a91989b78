package server_test

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// What the console shows of a principal is what what-can says of it, with where it comes from.
func TestPrincipalPermissionSets(t *testing.T) {
	e, free, bound := lookups(t)
	w := &world{Kit: e.Kit, url: e.url, secrets: map[string]string{}}
	ctx, a, owner := t.Context(), e.Authority, e.Owner()
	project := ok(a.CreateProject(ctx, w.call(owner, "CreateProject"), iam.NewProject{Name: "p"})).in(t)
	group := ok(a.CreateGroup(ctx, w.call(owner, "CreateGroup"), iam.NewGroup{Name: "g"})).in(t)
	ok(a.AddGroupMember(ctx, w.call(owner, "AddGroupMember"), group.ID, free.ID.Principal())).in(t)
	policy := ok(a.CreatePolicy(ctx, w.call(owner, "CreatePolicy"), iam.NewPolicy{Name: "keys of p", Principal: group.ID.Principal(), Rules: []iam.RuleSpec{{
		PermissionSetNames: []string{"SSHKeysReadOnly", "SSHKeysFullAccess"}, Scope: iam.Scope{ProjectIDs: []iam.ProjectID{project.ID}},
	}}})).in(t)

	type line struct {
		Name         string   `json:"permission_set_name"`
		ID           string   `json:"permission_set_id"`
		ScopeType    string   `json:"permission_sets_scope_type"`
		Organization string   `json:"organization_id"`
		Projects     []string `json:"project_ids"`
		Condition    string
		Policy       string `json:"policy_id"`
		PolicyName   string `json:"policy_name"`
		Rule         string `json:"rule_id"`
		User         string `json:"user_id"`
		Group        string `json:"group_id"`
		Application  string `json:"application_id"`
	}
	type list struct {
		Sets  []line `json:"principal_permission_sets"`
		Total int    `json:"total_count"`
	}
	of := func(id, query string) (got list) {
		t.Helper()
		r := e.send(t, "GET", "/iam-private/v1/principals/"+id+"/permission-sets"+query, "", e.owner()...)
		if err := json.Unmarshal([]byte(r.body), &got); err != nil || r.status != 200 || got.Sets == nil {
			t.Fatalf("%d %s: %v", r.status, r.body, err)
		}
		return got
	}
	got := of(string(free.ID), "")
	if got.Total != 3 || len(got.Sets) != 3 {
		t.Fatalf("sets: %+v", got)
	}
	set, _ := a.Catalog().Set("SSHKeysFullAccess")
	want := line{
		Name: "SSHKeysFullAccess", ID: set.ID, ScopeType: "projects", Projects: []string{string(project.ID)},
		Policy: string(policy.ID), PolicyName: "keys of p", Rule: got.Sets[1].Rule, Group: string(group.ID),
	}
	if diff := cmp.Diff(want, got.Sets[1]); diff != "" || want.Rule == "" {
		t.Error(diff)
	}
	one := of(string(bound.ID), "").Sets
	if len(one) != 1 || one[0].Organization != string(owner.Organization) || one[0].Condition != `request.ip == "192.0.2.1"` || one[0].User != string(bound.ID) || one[0].Projects != nil || one[0].Group != "" {
		t.Errorf("own policy: %+v", one)
	}
	if page := of(string(free.ID), "?page=2&page_size=1"); page.Total != 3 || len(page.Sets) != 1 || page.Sets[0].Name != "SSHKeysFullAccess" {
		t.Errorf("second page: %+v", page)
	}
	if all := of(string(e.First.Owner.ID), ""); all.Total != 0 {
		t.Errorf("the owner's rights rest on no set: %+v", all)
	}
	for id, status := range map[string]int{"nobody": 400, "00000000-0000-4000-8000-000000000000": 404, string(group.ID): 404} {
		if r := e.send(t, "GET", "/iam-private/v1/principals/"+id+"/permission-sets", "", e.owner()...); r.status != status {
			t.Errorf("%s: %d %s", id, r.status, r.body)
		}
	}

	// The same sets in the same scopes as what-can.
	for _, user := range []iam.User{free, bound, e.First.Owner} {
		var what struct {
			Scopes []struct {
				Project string   `json:"project_id"`
				Sets    []string `json:"permission_sets"`
			}
		}
		r := e.send(t, "POST", "/bailiwick/v1/what-can", `{"principal":{"type":"user","id":"`+string(user.ID)+`"}}`, e.owner()...)
		if err := json.Unmarshal([]byte(r.body), &what); err != nil {
			t.Fatal(err)
		}
		want, got := map[string]bool{}, map[string]bool{}
		for _, s := range what.Scopes {
			for _, name := range s.Sets {
				want[s.Project+" "+name] = true
			}
		}
		for _, s := range of(string(user.ID), "").Sets {
			if s.Organization != "" {
				got[" "+s.Name] = true
			}
			for _, project := range s.Projects {
				got[project+" "+s.Name] = true
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("what-can and the list differ: %s", diff)
		}
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
