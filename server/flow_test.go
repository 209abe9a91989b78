package server_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// as returns an official client that acts with a secret key.
func (e *edge) as(t *testing.T, secret string) *scw.Client {
	t.Helper()
	client, err := scw.NewClient(scw.WithAPIURL(e.url), scw.WithAuth("SCW00000000000000000", secret),
		scw.WithDefaultOrganizationID(string(e.First.Organization.ID)), scw.WithDefaultProjectID(string(e.First.DefaultProject.ID)),
		scw.WithDefaultRegion(scw.RegionFrPar))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func do[Out any](t *testing.T) func(Out, error) Out {
	return func(out Out, err error) Out {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// The main job, with the official client: an owner creates a project, an application, a
// policy with a condition and a key; the key may do what the policy grants and no more; the
// audit trail tells both.
func TestMainJob(t *testing.T) {
	e := start(t)
	owner := e.as(t, e.First.APIKey.SecretKey)
	iamAPI, projects := sdk.NewAPI(owner), account.NewProjectAPI(owner)

	project := do[*account.Project](t)(projects.CreateProject(&account.ProjectAPICreateProjectRequest{Name: "shop"}))
	application := do[*sdk.Application](t)(iamAPI.CreateApplication(&sdk.CreateApplicationRequest{Name: "deployer", Tags: []string{"a=b"}}))
	policy := do[*sdk.Policy](t)(iamAPI.CreatePolicy(&sdk.CreatePolicyRequest{
		Name: "deploy", ApplicationID: &application.ID,
		Rules: []*sdk.RuleSpecs{{PermissionSetNames: &[]string{"SSHKeysReadOnly"}, ProjectIDs: &[]string{project.ID}, Condition: `inIpRange(request.ip, "127.0.0.0/8")`}},
	}))
	if policy.NbRules != 1 || policy.NoPrincipal != nil || policy.UserID != nil || *policy.ApplicationID != application.ID {
		t.Errorf("policy: %+v", policy)
	}
	rules := do[*sdk.ListRulesResponse](t)(iamAPI.ListRules(&sdk.ListRulesRequest{PolicyID: policy.ID}))
	if len(rules.Rules) != 1 || rules.Rules[0].OrganizationID != nil || (*rules.Rules[0].ProjectIDs)[0] != project.ID || rules.Rules[0].PermissionSetsScopeType != "projects" {
		t.Errorf("rules: %+v", rules.Rules[0])
	}
	expires := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	key := do[*sdk.APIKey](t)(iamAPI.CreateAPIKey(&sdk.CreateAPIKeyRequest{ApplicationID: &application.ID, ExpiresAt: &expires}))
	if key.SecretKey == nil || !key.ExpiresAt.Equal(expires) || key.DefaultProjectID != string(e.First.Organization.ID) {
		t.Fatalf("key: %+v", key)
	}
	if again := do[*sdk.APIKey](t)(iamAPI.GetAPIKey(&sdk.GetAPIKeyRequest{AccessKey: key.AccessKey})); again.SecretKey != nil {
		t.Error("the secret is shown twice")
	}
	if again := do[*sdk.APIKey](t)(iamAPI.GetAPIKey(&sdk.GetAPIKeyRequest{AccessKey: key.AccessKey})); again.Srn != "srn://iam.scw.eu/api-keys/"+key.AccessKey {
		t.Errorf("the client names the key %q", again.Srn)
	}

	deployer := sdk.NewAPI(e.as(t, *key.SecretKey))
	if _, err := deployer.ListSSHKeys(&sdk.ListSSHKeysRequest{ProjectID: &project.ID}); err != nil {
		t.Errorf("what the policy grants: %v", err)
	}
	_, err := deployer.CreateSSHKey(&sdk.CreateSSHKeyRequest{ProjectID: project.ID, Name: "k", PublicKey: "ssh-ed25519 AAAA"})
	denied, ok := errors.AsType[*scw.PermissionsDeniedError](err)
	if !ok || len(denied.Details) != 1 || denied.Details[0].Resource != "ssh_key" || denied.Details[0].Action != "create" {
		t.Errorf("what the policy does not grant: %v", err)
	}

	events := do[*trail.ListEventsResponse](t)(trail.NewAPI(owner).ListEvents(&trail.ListEventsRequest{OrderBy: "recorded_at_asc", PageSize: new(uint32(100))}))
	var methods []string
	for _, event := range events.Events {
		methods = append(methods, fmt.Sprintf("%s %d", event.MethodName, event.StatusCode))
	}
	want := "CreateOrganization 200, CreateProject 200, CreateApplication 200, CreatePolicy 200, CreateAPIKey 200, CreateSSHKey 403"
	if got := strings.Join(methods, ", "); got != want {
		t.Errorf("events: %s\nwant:   %s", got, want)
	}
	last := events.Events[len(events.Events)-1]
	if last.Principal.ID != application.ID || (*last.RequestBody)["project_id"] != project.ID || last.SourceIP.String() != "127.0.0.1" || last.Locality != "fr-par" {
		t.Errorf("event of the refusal: %+v", last)
	}
	if events.NextPageToken != nil {
		t.Error("there is a page after the last")
	}
	first := do[*trail.ListEventsResponse](t)(trail.NewAPI(owner).ListEvents(&trail.ListEventsRequest{PageSize: new(uint32(2))}))
	second := do[*trail.ListEventsResponse](t)(trail.NewAPI(owner).ListEvents(&trail.ListEventsRequest{PageSize: new(uint32(2)), PageToken: first.NextPageToken}))
	if first.Events[0].ID != last.ID || second.Events[0].MethodName != "CreatePolicy" {
		t.Errorf("pages begin with %s and %s", first.Events[0].MethodName, second.Events[0].MethodName)
	}
}

// A policy's principal: at most one, and true is the only no_principal that says anything.
func TestPolicyPrincipal(t *testing.T) {
	e := start(t)
	create := func(body string) reply {
		return e.send(t, "POST", "/iam/v1alpha1/policies", `{"name":"p",`+body+`}`, e.owner()...)
	}
	owner := string(e.First.Owner.ID)
	for _, c := range []struct {
		body   string
		status int
		want   string
	}{
		{`"rules":null`, 200, `"no_principal":true`},
		{`"no_principal":true`, 200, `"no_principal":true`},
		{`"no_principal":false,"user_id":"` + owner + `"`, 200, `"user_id":"` + owner + `"`},
		{`"user_id":"` + owner + `","group_id":"` + owner + `"`, 400, `"argument_name":"group_id"`},
		{`"user_id":"` + owner + `","no_principal":true`, 400, `"argument_name":"no_principal"`},
		{`"rules":[{"permission_set_names":["IAMReadOnly"]}]`, 400, `"argument_name":"rules[0]`},
	} {
		if got := create(c.body); got.status != c.status || !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %d %s", c.body, got.status, got.body)
		}
	}
	var policy sdk.Policy
	if err := json.Unmarshal([]byte(create(`"user_id":"`+owner+`"`).body), &policy); err != nil {
		t.Fatal(err)
	}
	path := "/iam/v1alpha1/policies/" + policy.ID
	for _, c := range []struct{ body, want, not string }{
		{`{}`, `"user_id"`, `no_principal`},
		{`{"no_principal":false}`, `"user_id"`, `no_principal`},
		{`{"no_principal":true}`, `"no_principal":true`, `"user_id"`},
		{`{"user_id":"` + owner + `"}`, `"user_id"`, `no_principal`},
	} {
		if got := e.send(t, "PATCH", path, c.body, e.owner()...); !strings.Contains(got.body, c.want) || strings.Contains(got.body, c.not) {
			t.Errorf("%s: %d %s", c.body, got.status, got.body)
		}
	}
}

func TestCreateUserForms(t *testing.T) {
	e := start(t)
	for body, want := range map[string]string{
		`{}`:                                `400 {"details":[{"argument_name":"type","help_message":"value is required","reason":"required"}],"message":"invalid argument(s)","type":"invalid_arguments"}`,
		`{"email":"a@b.c"}`:                 `200 {"id":"`,
		`{"email":"a"}`:                     `400 {"details":[{"argument_name":"email",`,
		`{"email":"a@b.c","member":{}}`:     `400 {"details":[{"argument_name":"member","help_message":"value cannot be given together with email","reason":"constraint"}],"message":"invalid argument(s)","type":"invalid_arguments"}`,
		`{"member":{"username":"x"},"a":1}`: `400 `,
	} {
		got := e.send(t, "POST", "/iam/v1alpha1/users", body, e.owner()...)
		if line := fmt.Sprintf("%d %s", got.status, got.body); !strings.HasPrefix(line, want) {
			t.Errorf("%s: %s\nwant %s", body, line, want)
		}
	}
	got := e.send(t, "POST", "/iam/v1alpha1/users", `{"member":{"username":"ann","email":"ann@example.com"}}`, e.owner()...)
	for _, want := range []string{`"type":"member"`, `"status":"activated"`, `"two_factor_enabled":false`, `"account_root_user_id":""`, `"tags":[]`, `"last_login_at":null`, `"deletable":true`} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the member lacks %s: %s", want, got.body)
		}
	}
	if strings.Contains(got.body, "srn") || strings.Contains(got.body, "password") {
		t.Errorf("the member shows too much: %s", got.body)
	}
}

func TestGroupMemberForms(t *testing.T) {
	e := start(t)
	api := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	group := do[*sdk.Group](t)(api.CreateGroup(&sdk.CreateGroupRequest{Name: "g"}))
	owner := string(e.First.Owner.ID)
	for _, c := range []struct {
		body string
		want string
	}{
		{`{}`, `"argument_name":"member"`},
		{`{"user_id":"` + owner + `","application_id":"` + owner + `"}`, `"argument_name":"application_id"`},
		{`{"user_id":"` + owner + `"}`, `"user_ids":["` + owner + `"]`},
	} {
		if got := e.send(t, "POST", "/iam/v1alpha1/groups/"+group.ID+"/add-member", c.body, e.owner()...); !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %d %s", c.body, got.status, got.body)
		}
	}
	if got := e.send(t, "DELETE", "/iam/v1alpha1/groups/"+group.ID, "", e.owner()...); got.status != 204 || got.body != "" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("delete: %+v", got)
	}
}

func TestEvaluation(t *testing.T) {
	e := start(t)
	owner, project := string(e.First.Owner.ID), string(e.First.DefaultProject.ID)
	ask := func(subject, action, resource, more string, headers ...string) reply {
		body := `{"subject":` + subject + `,"action":` + action + `,"resource":` + resource + more + `}`
		return e.send(t, "POST", "/access/v1/evaluation", body, headers...)
	}
	subject := `{"type":"user","id":"` + owner + `","properties":{"x":1}}`
	key := `{"type":"api_key","id":"` + string(e.First.APIKey.AccessKey) + `"}`
	resource := `{"type":"iam:ssh_key","id":"k","properties":{"project_id":"` + project + `","later":[]}}`
	for name, c := range map[string]struct {
		subject, action, resource, more string
		status                          int
		want                            string
	}{
		"owner":              {subject, `{"name":"iam:ssh_key:read"}`, resource, ``, 200, `{"decision":true,"context":{"decision_id":"`},
		"key":                {key, `{"name":"iam:ssh_key:read"}`, resource, ``, 200, `{"decision":true`},
		"bare action":        {subject, `{"name":"read"}`, resource, `,"context":{"ip":"192.0.2.1","user_agent":"x","time":"2026-01-01T00:00:00Z","later":{}}`, 200, `{"decision":true`},
		"nobody":             {`{"type":"user","id":"alice"}`, `{"name":"read"}`, resource, ``, 200, `{"decision":false`},
		"unknown project":    {subject, `{"name":"read"}`, `{"type":"iam:ssh_key","id":"k","properties":{"project_id":"x"}}`, ``, 200, `{"decision":false`},
		"no subject id":      {`{"type":"user"}`, `{"name":"read"}`, resource, ``, 400, `"argument_name":"subject.id"`},
		"no subject type":    {`{"id":"x"}`, `{"name":"read"}`, resource, ``, 400, `"argument_name":"subject.type"`},
		"no resource id":     {subject, `{"name":"read"}`, `{"type":"iam:ssh_key","id":""}`, ``, 400, `"argument_name":"resource.id"`},
		"no action":          {subject, `{}`, resource, ``, 400, `"argument_name":"action.name"`},
		"null resource":      {subject, `{"name":"read"}`, `null`, ``, 400, `"argument_name":"resource.type"`},
		"wrong type":         {subject, `"read"`, resource, ``, 400, `"argument_name":"action","help_message":"value must be an object"`},
		"wrong inner type":   {`{"type":"user","id":1}`, `{"name":"read"}`, resource, ``, 400, `"argument_name":"subject.id","help_message":"value must be a string"`},
		"wrong address":      {subject, `{"name":"read"}`, resource, `,"context":{"ip":"x"}`, 400, `"argument_name":"context.ip"`},
		"duplicate":          {subject, `{"name":"read"}`, resource, `,"subject":{}`, 400, `"argument_name":"subject"`},
		"unknown permission": {subject, `{"name":"iam:ssh_key:fly"}`, resource, ``, 400, `"argument_name":"action.name"`},
	} {
		got := ask(c.subject, c.action, c.resource, c.more, operator()...)
		if got.status != c.status || !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %d %s, want %d %s", name, got.status, got.body, c.status, c.want)
		}
	}
	got := ask(subject, `{"name":"read"}`, resource, ``, "X-Request-ID", "mine")
	if got.status != 401 || got.header.Get("WWW-Authenticate") == "" || got.header.Get("X-Request-Id") != "mine" {
		t.Errorf("without a credential: %+v", got)
	}
	got = e.send(t, "POST", "/access/v1/evaluation", `{}`, append(operator(), "Content-Type", "text/plain")...)
	if got.status != 400 {
		t.Errorf("another content type: %d %s", got.status, got.body)
	}
	if metrics := e.send(t, "GET", "/metrics", "").body; !strings.Contains(metrics, `bailiwick_decisions_total{outcome="allow"} 3`) || !strings.Contains(metrics, `bailiwick_decisions_total{outcome="deny"} 2`) {
		t.Error("decisions are not counted")
	}
}

func TestOperatorAPI(t *testing.T) {
	e := start(t)
	got := e.send(t, "POST", "/bailiwick/v1/organizations", `{"name":"acme","owner_email":"o@acme.example"}`, operator()...)
	var created struct {
		Organization   struct{ ID, Name, Alias string }
		Owner          sdk.User
		DefaultProject account.Project `json:"default_project"`
		APIKey         sdk.APIKey      `json:"api_key"`
	}
	if err := json.Unmarshal([]byte(got.body), &created); err != nil || got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if created.DefaultProject.ID != created.Organization.ID || created.Owner.Type != "owner" || created.APIKey.SecretKey == nil {
		t.Errorf("created: %+v", created)
	}
	path := "/bailiwick/v1/organizations/" + created.Organization.ID
	list := e.send(t, "GET", "/bailiwick/v1/organizations?page_size=1", "", operator()...)
	if !strings.Contains(list.body, `"total_count":2`) {
		t.Errorf("list: %s", list.body)
	}
	if got := e.send(t, "DELETE", path, "", operator()...); got.status != 204 {
		t.Errorf("close: %d %s", got.status, got.body)
	}
	if got := e.send(t, "GET", path, "", operator()...); !strings.Contains(got.body, `"closed_at":"2`) {
		t.Errorf("closed: %s", got.body)
	}
	if got := e.send(t, "GET", "/iam/v1alpha1/users", "", "X-Auth-Token", *created.APIKey.SecretKey); got.status != 401 {
		t.Errorf("a key of a closed organization: %d %s", got.status, got.body)
	}
	if got := e.send(t, "DELETE", "/bailiwick/v1/organizations/11111111-1111-4111-8111-111111111111", "", operator()...); got.status != 404 {
		t.Errorf("close what is not there: %d %s", got.status, got.body)
	}
}

func TestSmallReads(t *testing.T) {
	e := start(t)
	org := string(e.First.Organization.ID)
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/iam/v1alpha1/quota/iam_users", "", `{"name":"iam_users","unlimited":true,`},
		{"GET", "/iam/v1alpha1/quota?quotum_names=iam_users&order_by=name_desc", "", `"limits":[{"global":true,"unlimited":true}]}],"total_count":1}`},
		{"GET", "/iam/v1alpha1/permission-sets?page_size=1", "", `"categories":["`},
		{"GET", "/iam/v1alpha1/organizations/" + org, "", `"login_password_enabled":true`},
		{"GET", "/iam/v1alpha1/organizations/" + org + "/security-settings", "", `"grace_period_duration":"259200s"`},
		{"PATCH", "/iam/v1alpha1/organizations/" + org + "/security-settings", `{"max_api_key_expiration_duration":"86400.000000000s"}`, `"max_api_key_expiration_duration":"86400s"`},
		{"PUT", "/iam/v1alpha1/organizations/" + org + "/alias", `{"alias":"acme"}`, `"alias":"acme"`},
		{"GET", "/iam/v1alpha1/search-organization?organization_alias=acme", "", `"login_saml_enabled":false}`},
		{"GET", "/iam/v1alpha1/search-organization", "", `"argument_name":"organization_alias"`},
		{"POST", "/iam/v1alpha1/groups", `{"name":"g"}`, `"user_ids":[],"application_ids":[],"tags":[]`},
		{"GET", "/iam/v1alpha1/logs?resource_type=group", "", `"ip":"127.0.0.1","user_agent":"Go-http-client/1.1","action":"created"`},
		{"GET", "/audit-trail/v1alpha1/regions/fr-par/products?organization_id=" + org, "", `"total_count":4}`},
		{"GET", "/account/v3/projects", "", `"qualification":{"architecture_type":"unknown_architecture_type"}`},
		{"POST", "/iam/v1alpha1/check-permissions", `{"permissions":[{"service":"iam","name":"user","action":"list"},{"service":"iam","name":"user","action":"list","organization_id":"11111111-1111-4111-8111-111111111111"}]}`, `{"responses":[{"decision":"allow"},{"decision":"deny"}]}`},
		{"GET", "/bailiwick/v1/catalog", "", `"permission_sets":[{"name":"`},
		{"GET", "/iam/v1alpha1/rules", "", `"argument_name":"policy_id"`},
	} {
		if got := e.send(t, c.method, c.path, c.body, e.owner()...); !strings.Contains(got.body, c.want) {
			t.Errorf("%s %s: %d %.600s", c.method, c.path, got.status, got.body)
		}
	}
}
