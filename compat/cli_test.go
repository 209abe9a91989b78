package compat

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// These tests replay the calls of the scw commands (wire table 4.3): the CLI cannot be
// built here, but its calls are the SDK's, and most commands are one call.

// cli returns the owner with the user agent of the CLI and its usual page size.
func cli(t *testing.T) *actor {
	me := newOwner(t)
	return newActor(t, me.server, me.organization, me.id, me.accessKey, me.secretKey,
		scw.WithUserAgent("scaleway-cli/2.40.0"), scw.WithDefaultPageSize(50))
}

// TestCLILists: `scw iam ... list` asks for all pages, in the order of creation, with the
// organization of the configuration.
func TestCLILists(t *testing.T) {
	scwcli := cli(t)
	for i := range 120 {
		must(scwcli.iam.CreateApplication(&iam.CreateApplicationRequest{Name: fmt.Sprint("app-", i)}))(t)
	}
	list := must(scwcli.iam.ListApplications(&iam.ListApplicationsRequest{OrderBy: "created_at_asc", OrganizationID: scwcli.organization}, scw.WithAllPages()))(t)
	equal(t, "first and last of all", [3]any{len(list.Applications), list.Applications[0].Name, list.Applications[119].Name}, [3]any{120, "app-0", "app-119"})

	policies := must(scwcli.iam.ListPolicies(&iam.ListPoliciesRequest{OrderBy: "created_at_asc", OrganizationID: scwcli.organization}, scw.WithAllPages()))(t)
	equal(t, "policies", len(policies.Policies), 3)
	users := must(scwcli.iam.ListUsers(&iam.ListUsersRequest{OrderBy: "created_at_asc", OrganizationID: &scwcli.organization}, scw.WithAllPages()))(t)
	equal(t, "users", len(users.Users), 1)
	keys := must(scwcli.iam.ListAPIKeys(&iam.ListAPIKeysRequest{OrderBy: "created_at_asc", OrganizationID: &scwcli.organization}, scw.WithAllPages()))(t)
	equal(t, "API keys", len(keys.APIKeys), 1)
	sets := must(scwcli.iam.ListPermissionSets(&iam.ListPermissionSetsRequest{OrderBy: "created_at_asc", OrganizationID: scwcli.organization}, scw.WithAllPages()))(t)
	equal(t, "permission sets", len(sets.PermissionSets), int(sets.TotalCount))
	projects := must(scwcli.projects.ListProjects(&account.ProjectAPIListProjectsRequest{OrderBy: "created_at_asc", OrganizationID: scwcli.organization}, scw.WithAllPages()))(t)
	equal(t, "projects", len(projects.Projects), 1)
	events := must(scwcli.trail.ListEvents(&trail.ListEventsRequest{OrderBy: "recorded_at_desc", OrganizationID: scwcli.organization}))(t)
	equal(t, "events on the one page that is asked for", [2]any{len(events.Events), events.NextPageToken != nil}, [2]any{50, true})
}

// specs rebuilds rules as the CLI does for `iam rule create` and `delete`: their
// conditions are lost.
func specs(rules []*iam.Rule) []*iam.RuleSpecs {
	return each(rules, func(r *iam.Rule) *iam.RuleSpecs {
		return &iam.RuleSpecs{PermissionSetNames: r.PermissionSetNames, ProjectIDs: r.ProjectIDs, OrganizationID: r.OrganizationID}
	})
}

// TestCLIRules: `scw iam rule create` and `rule delete` list all rules and set them anew.
func TestCLIRules(t *testing.T) {
	scwcli := cli(t)
	policy := must(scwcli.iam.CreatePolicy(&iam.CreatePolicyRequest{Name: "rules", NoPrincipal: new(true)}))(t).ID
	list := func() []*iam.Rule {
		return must(scwcli.iam.ListRules(&iam.ListRulesRequest{PolicyID: policy}, scw.WithAllPages()))(t).Rules
	}
	add := func(set string) {
		rules := append(specs(list()), &iam.RuleSpecs{PermissionSetNames: &[]string{set}, OrganizationID: &scwcli.organization})
		must(scwcli.iam.SetRules(&iam.SetRulesRequest{PolicyID: policy, Rules: rules}))(t)
	}
	names := func() []string { return each(list(), func(r *iam.Rule) string { return (*r.PermissionSetNames)[0] }) }
	for _, set := range []string{"IAMReadOnly", "ObjectStorageReadOnly", "ProjectManager"} {
		add(set)
	}
	equal(t, "created", names(), []string{"IAMReadOnly", "ObjectStorageReadOnly", "ProjectManager"})

	rules := list()
	must(scwcli.iam.SetRules(&iam.SetRulesRequest{PolicyID: policy, Rules: specs(slices.Delete(rules, 1, 2))}))(t)
	equal(t, "one deleted", names(), []string{"IAMReadOnly", "ProjectManager"})
	got := must(scwcli.iam.GetPolicy(&iam.GetPolicyRequest{PolicyID: policy}))(t) // `scw iam policy get` shows both
	equal(t, "policy get", [2]any{got.NbRules, len(list())}, [2]any{uint32(2), 2})
}

// TestCLIAPIKeyWithPolicies: `scw iam api-key get <key> with-policies=true`.
func TestCLIAPIKeyWithPolicies(t *testing.T) {
	scwcli := cli(t)
	app := scwcli.newApplication("worker")
	scwcli.grant(app, "IAMReadOnly", "ProjectManager")

	key := must(scwcli.iam.GetAPIKey(&iam.GetAPIKeyRequest{AccessKey: app.accessKey}))(t)
	policies := must(scwcli.iam.ListPolicies(&iam.ListPoliciesRequest{ApplicationIDs: []string{*key.ApplicationID}}, scw.WithAllPages()))(t)
	equal(t, "policies", len(policies.Policies), 1)
	rules := must(scwcli.iam.ListRules(&iam.ListRulesRequest{PolicyID: policies.Policies[0].ID}, scw.WithAllPages()))(t)
	equal(t, "permission sets", *rules.Rules[0].PermissionSetNames, []string{"IAMReadOnly", "ProjectManager"})

	// A user's key: the owner's has no policies to show.
	mine := must(scwcli.iam.GetAPIKey(&iam.GetAPIKeyRequest{AccessKey: scwcli.accessKey}))(t)
	user := must(scwcli.iam.GetUser(&iam.GetUserRequest{UserID: *mine.UserID}))(t)
	equal(t, "type of the bearer", user.Type, iam.UserTypeOwner)
}

// TestCLIAfterCommand: at most once a day the CLI reads its own key, to warn of its expiry.
// A key without rights is refused, and the CLI goes on.
func TestCLIAfterCommand(t *testing.T) {
	scwcli := cli(t)
	own := func(who *actor) (*iam.APIKey, error) {
		return who.iam.GetAPIKey(&iam.GetAPIKeyRequest{AccessKey: who.accessKey})
	}
	equal(t, "expiry of a key without one", must(own(scwcli))(t).ExpiresAt == nil, true)
	soon := time.Now().Add(time.Hour)
	must(scwcli.iam.UpdateAPIKey(&iam.UpdateAPIKeyRequest{AccessKey: scwcli.accessKey, ExpiresAt: &soon}))(t)
	if expires := must(own(scwcli))(t).ExpiresAt; expires == nil || time.Until(*expires) > 24*time.Hour {
		t.Errorf("key expires at %v, want within a day", expires)
	}
	wantDenied(t, failure(own(scwcli.newApplication("worker"))), "api_key", "read")
}

// TestCLIInit: what `scw init` asks: the key, whatever the answer; the projects; and for
// `ssh-key init` all keys without naming an organization, then a new one.
func TestCLIInit(t *testing.T) {
	scwcli := cli(t)
	scwcli.newProject("second")
	must(scwcli.iam.GetAPIKey(&iam.GetAPIKeyRequest{AccessKey: scwcli.accessKey}))(t)
	projects := must(scwcli.projects.ListProjects(&account.ProjectAPIListProjectsRequest{OrganizationID: scwcli.organization}, scw.WithAllPages()))(t)
	equal(t, "projects", each(projects.Projects, func(p *account.Project) string { return p.Name }), []string{"default", "second"})

	known := func() []string {
		keys := must(scwcli.iam.ListSSHKeys(&iam.ListSSHKeysRequest{}, scw.WithAllPages()))(t)
		return each(keys.SSHKeys, func(k *iam.SSHKey) string { return k.PublicKey })
	}
	equal(t, "keys before", known(), []string{})
	must(scwcli.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{PublicKey: ed25519Key + " me@laptop\n", ProjectID: scwcli.organization}))(t)
	equal(t, "keys after", known(), []string{ed25519Key})
}

// TestCLILogin: `scw login` makes a key for the signed-in person and reads the project it
// belongs to; the key must name one.
func TestCLILogin(t *testing.T) {
	scwcli := cli(t)
	key := must(scwcli.iam.CreateAPIKey(&iam.CreateAPIKeyRequest{UserID: &scwcli.id, Description: "Generated by the Scaleway CLI"}))(t)
	project := must(scwcli.projects.GetProject(&account.ProjectAPIGetProjectRequest{ProjectID: key.DefaultProjectID}))(t)
	equal(t, "organization of the key's project", project.OrganizationID, scwcli.organization)
	check(t, scwcli.iam.DeleteAPIKey(&iam.DeleteAPIKeyRequest{AccessKey: key.AccessKey})) // when init fails
}

// TestErrorsAreJSON: an error is always JSON, or the SDK cannot read it.
func TestErrorsAreJSON(t *testing.T) {
	raw := cli(t).raw()
	for path, status := range map[string]int{
		"/nothing":                     http.StatusNotFound, // "/" itself is the console
		"/iam/v1alpha1/no-such-thing":  http.StatusNotFound,
		"/iam//v1alpha1/groups":        http.StatusNotFound,
		"/iam/v1alpha1/groups/../keys": http.StatusNotFound,
		"/iam/v1alpha1/api-keys/x":     http.StatusNotFound,
		"/instance/v1/zones/x/servers": http.StatusNotFound,
		"/iam/v1alpha1/scim/6170692d-6b65-4d79-8000-000000000000/tokens": http.StatusNotImplemented,
	} {
		answer := raw.call(http.MethodGet, path, nil)
		answer.wantStatus(status)
		answer.object().text(t, "message")
	}
	raw.call(http.MethodPut, "/iam/v1alpha1/groups", map[string]any{}).wantStatus(http.StatusMethodNotAllowed)
}
