package compat

import (
	"net/http"
	"testing"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

// known is the qualification of every project that is read: nobody has given one.
func known() *account.Qualification {
	return &account.Qualification{ArchitectureType: account.QualificationArchitectureTypeUnknownArchitectureType}
}

func TestProject(t *testing.T) {
	me := newOwner(t)
	created := must(me.projects.CreateProject(&account.ProjectAPICreateProjectRequest{Name: "Web shop 2.0", Description: "What we sell"}))(t)
	wantNew(t, created.ID, created.CreatedAt)
	want := &account.Project{
		ID: created.ID, Name: "Web shop 2.0", Description: "What we sell", OrganizationID: me.organization,
		CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt,
		Srn: "srn://account.scw.eu/projects/" + created.ID,
	}
	equal(t, "created", created, want)

	get := &account.ProjectAPIGetProjectRequest{ProjectID: created.ID}
	want.Qualification = known()
	equal(t, "read back", must(me.projects.GetProject(get))(t), want)
	equal(t, "waited for", must(me.projects.WaitForProject(&account.WaitForProjectRequest{ProjectID: created.ID}))(t), want)

	updated := must(me.projects.UpdateProject(&account.ProjectAPIUpdateProjectRequest{ProjectID: created.ID, Description: new("")}))(t)
	wantLater(t, updated.UpdatedAt, created.UpdatedAt)
	want.Description, want.UpdatedAt, want.Qualification = "", updated.UpdatedAt, nil
	equal(t, "updated", updated, want)
	want.Qualification = known()
	equal(t, "read after the update", must(me.projects.GetProject(get))(t), want)

	check(t, me.projects.DeleteProject(&account.ProjectAPIDeleteProjectRequest{ProjectID: created.ID}))
	wantNotFound(t, failure(me.projects.GetProject(get)), "project_id", created.ID)
	wantNotFound(t, me.projects.DeleteProject(&account.ProjectAPIDeleteProjectRequest{ProjectID: created.ID}), "project_id", created.ID)
}

func TestProjectOnTheWire(t *testing.T) {
	raw := newOwner(t).raw()
	const keys = "id name organization_id created_at updated_at description qualification"
	answer := raw.call(http.MethodPost, "/account/v3/projects", map[string]any{"name": "wire"})
	answer.wantStatus(http.StatusOK)
	created := answer.object()
	created.wantKeys(t, "created", keys)
	created.wantMembers(t, "created", map[string]string{"description": `""`, "qualification": "null", "updated_at": string(created["created_at"])})
	created.wantTimes(t, "created_at", "updated_at")

	path := "/account/v3/projects/" + created.text(t, "id")
	read := raw.get(path).object()
	read.wantKeys(t, "read", keys)
	read.wantMembers(t, "read", map[string]string{"qualification": `{"architecture_type":"unknown_architecture_type"}`})
	list := raw.get("/account/v3/projects?name=wire").object()
	list.wantKeys(t, "list", "projects total_count")
	list.wantMembers(t, "list", map[string]string{"total_count": "1"})
	list.item(t, "projects").wantKeys(t, "listed", keys)
	updated := raw.call(http.MethodPatch, path, map[string]any{})
	updated.wantStatus(http.StatusOK)
	updated.object().wantMembers(t, "updated", map[string]string{"qualification": "null"})
	raw.call(http.MethodDelete, path, nil).wantStatus(http.StatusNoContent)
}

func TestProjectLists(t *testing.T) {
	me := newOwner(t)
	b, a := me.newProject("beta"), me.newProject("alpha")
	list := func(request account.ProjectAPIListProjectsRequest) []string {
		answer := must(me.projects.ListProjects(&request))(t)
		equal(t, "total_count", int(answer.TotalCount), len(answer.Projects))
		return each(answer.Projects, func(p *account.Project) string { return p.Name })
	}
	for name, test := range map[string]struct {
		request account.ProjectAPIListProjectsRequest
		want    []string
	}{
		"all, oldest first": {account.ProjectAPIListProjectsRequest{}, []string{"default", "beta", "alpha"}},
		"newest first":      {account.ProjectAPIListProjectsRequest{OrderBy: account.ListProjectsRequestOrderByCreatedAtDesc}, []string{"alpha", "beta", "default"}},
		"by name":           {account.ProjectAPIListProjectsRequest{OrderBy: account.ListProjectsRequestOrderByNameAsc}, []string{"alpha", "beta", "default"}},
		"by name, down":     {account.ProjectAPIListProjectsRequest{OrderBy: account.ListProjectsRequestOrderByNameDesc}, []string{"default", "beta", "alpha"}},
		"with a name":       {account.ProjectAPIListProjectsRequest{Name: new("beta")}, []string{"beta"}},
		"with these ids":    {account.ProjectAPIListProjectsRequest{ProjectIDs: []string{a.ID, b.ID}}, []string{"beta", "alpha"}},
		"with nobody's id":  {account.ProjectAPIListProjectsRequest{ProjectIDs: []string{nobody}}, []string{}},
	} {
		t.Run(name, func(t *testing.T) { equal(t, "projects", list(test.request), test.want) })
	}
}

// TestDeletedProject: a deleted project leaves every scope, takes its SSH keys along and
// leaves the rules in their places.
func TestDeletedProject(t *testing.T) {
	me := newOwner(t)
	gone, stays := me.newProject("gone"), me.newProject("stays")
	key := must(me.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{Name: "laptop", PublicKey: ed25519Key, ProjectID: gone.ID}))(t)
	sets := &[]string{"ObjectStorageReadOnly"}
	policy := must(me.iam.CreatePolicy(&iam.CreatePolicyRequest{
		NoPrincipal: new(true),
		Rules: []*iam.RuleSpecs{
			{PermissionSetNames: sets, ProjectIDs: &[]string{gone.ID, stays.ID}},
			{PermissionSetNames: sets, ProjectIDs: &[]string{gone.ID}},
		},
	}))(t)

	check(t, me.projects.DeleteProject(&account.ProjectAPIDeleteProjectRequest{ProjectID: gone.ID}))
	rules := must(me.iam.ListRules(&iam.ListRulesRequest{PolicyID: policy.ID}))(t).Rules
	equal(t, "scopes", each(rules, func(r *iam.Rule) []string { return *r.ProjectIDs }), [][]string{{stays.ID}, {}})
	after := must(me.iam.GetPolicy(&iam.GetPolicyRequest{PolicyID: policy.ID}))(t)
	equal(t, "rules and scopes", [2]uint32{after.NbRules, after.NbScopes}, [2]uint32{2, 1})
	wantNotFound(t, failure(me.iam.GetSSHKey(&iam.GetSSHKeyRequest{SSHKeyID: key.ID})), "ssh_key", key.ID)
}

func TestDefaultProjectStays(t *testing.T) {
	me := newOwner(t)
	wantPrecondition(t, me.projects.DeleteProject(&account.ProjectAPIDeleteProjectRequest{ProjectID: me.organization}), "protected_resource")
	project := must(me.projects.GetProject(&account.ProjectAPIGetProjectRequest{ProjectID: me.organization}))(t)
	equal(t, "default project", [2]string{project.Name, project.OrganizationID}, [2]string{"default", me.organization})
}
