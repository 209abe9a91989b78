package compat

import (
	"net/http"
	"testing"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// region is the one of all clients here; IAM's events are in it.
const region = scw.RegionFrPar

// actor is somebody with an API key who uses the official SDK.
type actor struct {
	t            *testing.T
	server       *server
	organization string
	id           string // of the user or application that the key belongs to
	accessKey    string
	secretKey    string
	client       *scw.Client
	iam          *iam.API
	projects     *account.ProjectAPI
	trail        *trail.API
}

// newActor signs a client in with a key of an organization. More options come last.
func newActor(t *testing.T, s *server, organization, id, accessKey, secretKey string, options ...scw.ClientOption) *actor {
	t.Helper()
	client := must(scw.NewClient(append([]scw.ClientOption{
		scw.WithAPIURL(s.url),
		scw.WithAuth(accessKey, secretKey),
		scw.WithDefaultOrganizationID(organization),
		scw.WithDefaultProjectID(organization), // the default project has the organization's id
		scw.WithDefaultRegion(region),
		scw.WithHTTPClient(&http.Client{Transport: calls, Timeout: patience}),
	}, options...)...))(t)
	return &actor{
		t: t, server: s, organization: organization, id: id, accessKey: accessKey, secretKey: secretKey,
		client: client, iam: iam.NewAPI(client), projects: account.NewProjectAPI(client), trail: trail.NewAPI(client),
	}
}

// ownerFromEnv signs in as the documentation says: with the variables of credentials.env
// in the environment, and nothing else.
func ownerFromEnv(t *testing.T, s *server) *actor {
	t.Helper()
	for name, value := range s.credentials {
		t.Setenv(name, value)
	}
	client := must(scw.NewClient(scw.WithEnv(), scw.WithDefaultRegion(region), scw.WithHTTPClient(&http.Client{Transport: calls, Timeout: patience})))(t)
	me := &actor{
		t: t, server: s, accessKey: s.credentials["SCW_ACCESS_KEY"], secretKey: s.credentials["SCW_SECRET_KEY"],
		client: client, iam: iam.NewAPI(client), projects: account.NewProjectAPI(client), trail: trail.NewAPI(client),
	}
	me.organization, _ = client.GetDefaultOrganizationID()
	me.id = *must(me.iam.GetAPIKey(&iam.GetAPIKeyRequest{AccessKey: me.accessKey}))(t).UserID
	return me
}

// newOwner asks the operator for an organization and returns its owner.
func newOwner(t *testing.T) *actor {
	t.Helper()
	return newOwnerAt(t, "owner@example.com")
}

// newOwnerAt is newOwner with an e-mail address of its own. Owners with one address may be one
// account, which proves itself in the first of its organizations.
func newOwnerAt(t *testing.T, email string) *actor {
	t.Helper()
	answer := operator(t, installation).call(http.MethodPost, "/bailiwick/v1/organizations",
		map[string]any{"name": "compat", "owner_email": email})
	answer.wantStatus(http.StatusOK)
	var created struct {
		Organization   struct{ ID string }
		Owner          iam.User
		DefaultProject account.Project `json:"default_project"`
		APIKey         iam.APIKey      `json:"api_key"`
	}
	answer.decode(&created)
	equal(t, "id of the default project", created.DefaultProject.ID, created.Organization.ID)
	return newActor(t, installation, created.Organization.ID, created.Owner.ID, created.APIKey.AccessKey, *created.APIKey.SecretKey)
}

// newApplication creates an application with a key, and returns it signed in. It may do
// nothing until somebody grants it something.
func (me *actor) newApplication(name string) *actor {
	me.t.Helper()
	application := must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: name}))(me.t)
	return me.signIn(application.ID)
}

// signIn creates a key for an application and returns the application, signed in with it.
func (me *actor) signIn(applicationID string) *actor {
	me.t.Helper()
	key := must(me.iam.CreateAPIKey(&iam.CreateAPIKeyRequest{ApplicationID: &applicationID}))(me.t)
	return newActor(me.t, me.server, me.organization, applicationID, key.AccessKey, *key.SecretKey)
}

// grant gives an application permission sets in the whole organization.
func (me *actor) grant(to *actor, sets ...string) *iam.Policy {
	me.t.Helper()
	return must(me.iam.CreatePolicy(&iam.CreatePolicyRequest{
		ApplicationID: &to.id,
		Rules:         []*iam.RuleSpecs{{PermissionSetNames: &sets, OrganizationID: &me.organization}},
	}))(me.t)
}

// newMember creates a member.
func (me *actor) newMember(username string) *iam.User {
	me.t.Helper()
	return must(me.iam.CreateUser(&iam.CreateUserRequest{
		Member: &iam.CreateUserRequestMember{Email: username + "@example.com", Username: username},
	}))(me.t)
}

// newProject creates a project.
func (me *actor) newProject(name string) *account.Project {
	me.t.Helper()
	return must(me.projects.CreateProject(&account.ProjectAPICreateProjectRequest{Name: name}))(me.t)
}

// raw returns the actor without the SDK, for what the SDK hides.
func (me *actor) raw() caller {
	return caller{me.t, me.server.url, http.Header{"X-Auth-Token": {me.secretKey}}}
}

// operator returns who runs the installation.
func operator(t *testing.T, s *server) caller {
	return caller{t, s.url, http.Header{"Authorization": {"Bearer " + s.credentials["BAILIWICK_OPERATOR_TOKEN"]}}}
}
