package server_test

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// certificationCase is one line of testdata/authzen-cases.json: the certification scenario
// of the AuthZEN working group.
type certificationCase struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
	Raw     *string           `json:"raw_body"`
	Repeat  int               `json:"repeat"`
	Expect  struct {
		Status         int              `json:"status"`
		Decision       *bool            `json:"decision"`
		EchoHeader     string           `json:"echo_header"`
		Evaluations    []any            `json:"evaluations"`
		ResultsInclude []map[string]any `json:"results_include"`
		ResultsType    string           `json:"results_type"`
		Results        *[]any           `json:"results"`
		Page           string           `json:"page"`
	} `json:"expect"`
}

// certificationAnswer is what the cases look at of an answer.
type certificationAnswer struct {
	Decision    *bool `json:"decision"`
	Evaluations []struct {
		Decision bool `json:"decision"`
	} `json:"evaluations"`
	Results *[]map[string]any `json:"results"`
	Page    *struct {
		NextToken *string `json:"next_token"`
	} `json:"page"`
	PolicyDecisionPoint string `json:"policy_decision_point"`
	Evaluation          string `json:"access_evaluation_endpoint"`
}

// certification is the scenario's fixture: alice and bob, their rights on records, and the
// two records. Our users have UUIDs, so names in requests are replaced on the way in.
type certification struct {
	*world
	names  *strings.Replacer
	secret string
	token  string // next_token of the case before
}

func newCertification(t *testing.T) *certification {
	t.Helper()
	w := &world{Kit: bailiwicktest.New(t, bailiwicktest.Options{Catalogs: []string{"../examples/catalog"}}), secrets: map[string]string{}}
	w.url = w.Serve(t)
	ctx, a, owner := t.Context(), w.Authority, w.Owner()
	user := func(name string, tags ...string) iam.UserID {
		u := iam.NewMember{Username: name, Email: name + "@example.com", Tags: tags}
		return ok(a.CreateUser(ctx, w.call(owner, "CreateUser"), u)).in(t).ID
	}
	everywhere := iam.Scope{OrganizationID: owner.Organization}
	rule := func(set, condition string) iam.RuleSpec {
		return iam.RuleSpec{PermissionSetNames: []string{set}, Condition: condition, Scope: everywhere}
	}
	grant := func(id iam.UserID, rules ...iam.RuleSpec) {
		n := iam.NewPolicy{Name: w.unique(), Principal: id.Principal(), Rules: rules}
		ok(a.CreatePolicy(ctx, w.call(owner, "CreatePolicy"), n)).in(t)
	}
	alice, bob := user("alice"), user("bob", "role=admin")
	grant(alice, rule("LibraryRecordRead", ""), rule("LibraryRecordWrite", `resource.properties.status != 'archived'`),
		rule("LibraryRecordDelete", `action.properties.soft == true`))
	grant(bob, rule("LibraryRecordRead", ""),
		rule("LibraryRecordWrite", `subject.properties.role == 'admin' && resource.properties.status == 'archived'`))
	records := []iam.Resource{
		{Type: "record", ID: "record-1", Properties: []byte(`{"status":"active"}`)},
		{Type: "record", ID: "record-2", Properties: []byte(`{"status":"archived"}`)},
	}
	if err := a.PutResources(ctx, w.call(owner, "PutResources"), "", records); err != nil {
		t.Fatal(err)
	}
	application, secret := w.applicationKey(t, owner)
	n := iam.NewPolicy{Name: "enforcer", Principal: application.Principal(), Rules: []iam.RuleSpec{rule("DecisionPointAccess", "")}}
	ok(a.CreatePolicy(ctx, w.call(owner, "CreatePolicy"), n)).in(t)
	names := strings.NewReplacer(`"alice"`, `"`+string(alice)+`"`, `"bob"`, `"`+string(bob)+`"`)
	return &certification{world: w, names: names, secret: secret}
}

func TestAuthZENCertification(t *testing.T) {
	c := newCertification(t)
	var file struct {
		Cases []certificationCase `json:"cases"`
	}
	data, err := os.ReadFile("testdata/authzen-cases.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, one := range file.Cases {
		t.Run(one.ID, func(t *testing.T) {
			for range max(1, one.Repeat) {
				c.run(t, one)
			}
		})
	}
	if len(file.Cases) != 58 {
		t.Errorf("%d cases, want 58", len(file.Cases))
	}
}

func (c *certification) run(t *testing.T, one certificationCase) {
	t.Helper()
	body := c.names.Replace(string(one.Body))
	if one.Raw != nil {
		body = *one.Raw
	}
	if one.ID == "page-token" {
		body = strings.Replace(body, "<next_token of the page-limit case, only if it was non-empty>", c.token, 1)
	}
	r, err := http.NewRequestWithContext(t.Context(), one.Method, c.url+one.Path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", c.secret)
	if one.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range one.Headers {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != one.Expect.Status {
		t.Fatalf("status %d, want %d", response.StatusCode, one.Expect.Status)
	}
	if name := one.Expect.EchoHeader; name != "" && response.Header.Get(name) != one.Headers[name] {
		t.Errorf("%s: %q, want %q", name, response.Header.Get(name), one.Headers[name])
	}
	var got certificationAnswer
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	c.compare(t, one, got)
}

func (c *certification) compare(t *testing.T, one certificationCase, got certificationAnswer) {
	t.Helper()
	want := one.Expect
	if want.Decision != nil && (got.Decision == nil || *got.Decision != *want.Decision) {
		t.Errorf("decision %v, want %v", got.Decision, *want.Decision)
	}
	if len(want.Evaluations) != len(got.Evaluations) {
		t.Fatalf("%d evaluations, want %d", len(got.Evaluations), len(want.Evaluations))
	}
	for i, decision := range want.Evaluations {
		if decision != "bool" && decision != got.Evaluations[i].Decision {
			t.Errorf("evaluation %d: %v, want %v", i, got.Evaluations[i].Decision, decision)
		}
	}
	for _, result := range want.ResultsInclude {
		if id, named := result["id"].(string); named {
			result["id"] = strings.Trim(c.names.Replace(`"`+id+`"`), `"`)
		}
		if !slices.ContainsFunc(*got.Results, func(r map[string]any) bool { return r["id"] == result["id"] && r["name"] == result["name"] }) {
			t.Errorf("the results lack %v: %v", result, *got.Results)
		}
	}
	if want.ResultsType != "" && slices.ContainsFunc(*got.Results, func(r map[string]any) bool { return r["type"] != want.ResultsType }) {
		t.Errorf("results of other types: %v", *got.Results)
	}
	if want.Results != nil && (got.Results == nil || len(*got.Results) != len(*want.Results)) {
		t.Errorf("results %v, want %v", got.Results, *want.Results)
	}
	if want.Page != "" {
		if got.Results == nil || got.Page == nil || got.Page.NextToken == nil {
			t.Fatalf("no results or no page: %+v", got)
		}
		c.token = *got.Page.NextToken
	}
	if one.ID == "metadata" && (got.PolicyDecisionPoint != bailiwicktest.PublicURL || !strings.HasPrefix(got.Evaluation, bailiwicktest.PublicURL+"/")) {
		t.Errorf("metadata: %+v", got)
	}
}

// TestMetadataIgnoresTheHost: the discovery document names what is configured, whatever host
// the request is for.
func TestMetadataIgnoresTheHost(t *testing.T) {
	e := start(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+"/.well-known/authzen-configuration/"+string(e.First.Organization.ID), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "attacker.example"
	r.Header.Set("X-Forwarded-Host", "attacker.example")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var got map[string]string
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	for name, value := range got {
		if strings.Contains(value, "attacker") {
			t.Errorf("%s: %s", name, value)
		}
	}
}

// TestPageTokensAreBound: a token of one search, changed or taken elsewhere, is refused.
func TestPageTokensAreBound(t *testing.T) {
	c := newCertification(t)
	ask := func(action, page string) reply {
		body := c.names.Replace(`{"subject":{"type":"user"},"action":{"name":"` + action + `"},"resource":{"type":"record","id":"record-1"},"page":` + page + `}`)
		e := edge{url: c.url}
		return e.send(t, "POST", "/access/v1/search/subject", body, "X-Auth-Token", c.secret)
	}
	var first certificationAnswer
	if err := json.Unmarshal([]byte(ask("read", `{"limit":1}`).body), &first); err != nil || *first.Page.NextToken == "" {
		t.Fatalf("no second page: %+v %v", first, err)
	}
	token := *first.Page.NextToken
	for name, answer := range map[string]reply{
		"another question": ask("write", `{"token":"`+token+`"}`),
		"changed":          ask("read", `{"token":"`+otherEnd(token)+`"}`),
		"made up":          ask("read", `{"token":"AAAAAAAAAAE"}`),
		"limit too high":   ask("read", `{"limit":1001}`),
	} {
		if answer.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, answer.status, answer.body)
		}
	}
}
