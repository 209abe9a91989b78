package compat

import (
	"strings"
	"testing"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// TestTerraformDataByName: data sources scan the first page for an exact name, so names
// that only begin alike must not push it off.
func TestTerraformDataByName(t *testing.T) {
	tf := terraform(t)
	for range many {
		must(tf.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker-2"}))(t)
		must(tf.iam.CreatePolicy(&iam.CreatePolicyRequest{Name: "worker-2", NoPrincipal: new(true)}))(t)
		must(tf.projects.CreateProject(&account.ProjectAPICreateProjectRequest{Name: "worker-2"}))(t)
	}
	app := must(tf.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	policy := must(tf.iam.CreatePolicy(&iam.CreatePolicyRequest{Name: "worker", NoPrincipal: new(true)}))(t).ID
	project := tf.newProject("worker").ID
	key := must(tf.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{Name: "worker", PublicKey: ed25519Key}))(t).ID

	apps := must(tf.iam.ListApplications(&iam.ListApplicationsRequest{Name: new("worker"), OrganizationID: tf.organization}))(t)
	equal(t, "application", only(t, apps.Applications, func(a *iam.Application) bool { return a.Name == "worker" }).ID, app)
	policies := must(tf.iam.ListPolicies(&iam.ListPoliciesRequest{PolicyName: new("worker"), OrganizationID: tf.organization}))(t)
	equal(t, "policy", only(t, policies.Policies, func(p *iam.Policy) bool { return p.Name == "worker" }).ID, policy)
	groups := must(tf.iam.ListGroups(&iam.ListGroupsRequest{Name: new("Editors"), OrganizationID: tf.organization}))(t)
	equal(t, "group", only(t, groups.Groups, func(g *iam.Group) bool { return g.Name == "Editors" }).Name, "Editors")
	projects := must(tf.projects.ListProjects(&account.ProjectAPIListProjectsRequest{Name: new("worker"), OrganizationID: tf.organization}))(t)
	equal(t, "project", only(t, projects.Projects, func(p *account.Project) bool { return p.Name == "worker" }).ID, project)
	keys := must(tf.iam.ListSSHKeys(&iam.ListSSHKeysRequest{Name: new("worker")}))(t) // without an organization
	equal(t, "SSH key", only(t, keys.SSHKeys, func(k *iam.SSHKey) bool { return k.Name == "worker" }).ID, key)

	// A user is looked for by e-mail on all pages.
	users := must(tf.iam.ListUsers(&iam.ListUsersRequest{OrganizationID: &tf.organization}, scw.WithAllPages()))(t)
	equal(t, "user", only(t, users.Users, func(u *iam.User) bool { return u.Email == "owner@example.com" }).ID, tf.id)
}

// only returns the one item that fits.
func only[T any](t *testing.T, items []T, fits func(T) bool) T {
	t.Helper()
	var found []T
	for _, item := range items {
		if fits(item) {
			found = append(found, item)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d of %d items fit, want one", len(found), len(items))
	}
	return found[0]
}

// TestTerraformAuditTrail: the data source reads through request_body and recorded_at, and
// sends resource ids as they were typed.
func TestTerraformAuditTrail(t *testing.T) {
	tf := terraform(t)
	app := must(tf.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	check(t, tf.iam.DeleteApplication(&iam.DeleteApplicationRequest{ApplicationID: app}))
	for _, e := range tf.events(trail.ListEventsRequest{}) {
		if e.RequestBody == nil || *e.RequestBody == nil || e.RecordedAt == nil || e.Principal == nil {
			t.Errorf("event %s lacks what the provider reads", e.MethodName)
		}
	}
	equal(t, "events of an id in upper case", len(tf.events(trail.ListEventsRequest{ResourceID: new(strings.ToUpper(app))})), 2)
}

// TestTerraformFixture is what the acceptance tests of other products begin with: a key
// that works at once and can do what its policy says.
func TestTerraformFixture(t *testing.T) {
	tf := terraform(t)
	project := tf.newProject("tf-tests")
	app := must(tf.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "tf-tests"}))(t)
	policy := must(tf.iam.CreatePolicy(&iam.CreatePolicyRequest{ApplicationID: &app.ID, Rules: []*iam.RuleSpecs{
		{PermissionSetNames: &[]string{"IAMManager"}, OrganizationID: &tf.organization},
	}}))(t)
	key := must(tf.iam.CreateAPIKey(&iam.CreateAPIKeyRequest{ApplicationID: &app.ID, DefaultProjectID: &project.ID}))(t)
	other := newActor(t, tf.server, tf.organization, app.ID, key.AccessKey, *key.SecretKey)
	must(other.iam.CreateGroup(&iam.CreateGroupRequest{Name: "made with the new key"}))(t)

	check(t, tf.iam.DeleteAPIKey(&iam.DeleteAPIKeyRequest{AccessKey: key.AccessKey}))
	wantUnauthenticated(t, failure(other.iam.ListGroups(&iam.ListGroupsRequest{})), "not_found")
	check(t, tf.iam.DeletePolicy(&iam.DeletePolicyRequest{PolicyID: policy.ID}))
	check(t, tf.iam.DeleteApplication(&iam.DeleteApplicationRequest{ApplicationID: app.ID}))
	check(t, tf.projects.DeleteProject(&account.ProjectAPIDeleteProjectRequest{ProjectID: project.ID}))
}
