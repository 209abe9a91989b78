package compat

import (
	"net/http"
	"testing"

	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

func TestApplication(t *testing.T) {
	me := newOwner(t)
	created := must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "Billing (nightly) v1.0", Description: "Runs at 3", Tags: []string{"team=money", "a"}}))(t)
	wantNew(t, created.ID, created.CreatedAt)
	want := &iam.Application{
		ID: created.ID, Name: "Billing (nightly) v1.0", Description: "Runs at 3", Tags: []string{"team=money", "a"},
		CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt, OrganizationID: me.organization,
		Editable: true, Deletable: true, Srn: "srn://iam.scw.eu/applications/" + created.ID,
	}
	equal(t, "created", created, want)
	get := &iam.GetApplicationRequest{ApplicationID: created.ID}
	equal(t, "read back", must(me.iam.GetApplication(get))(t), want)

	renamed := must(me.iam.UpdateApplication(&iam.UpdateApplicationRequest{ApplicationID: created.ID, Name: new("billing")}))(t)
	wantLater(t, renamed.UpdatedAt, created.UpdatedAt)
	want.Name, want.UpdatedAt = "billing", renamed.UpdatedAt
	equal(t, "renamed; the rest stays", renamed, want)

	emptied := must(me.iam.UpdateApplication(&iam.UpdateApplicationRequest{ApplicationID: created.ID, Description: new(""), Tags: &[]string{}}))(t)
	want.Description, want.Tags, want.UpdatedAt = "", []string{}, emptied.UpdatedAt
	equal(t, "emptied", emptied, want)
	equal(t, "read after the updates", must(me.iam.GetApplication(get))(t), want)

	check(t, me.iam.DeleteApplication(&iam.DeleteApplicationRequest{ApplicationID: created.ID}))
	wantNotFound(t, failure(me.iam.GetApplication(get)), "application", created.ID)
	wantNotFound(t, failure(me.iam.UpdateApplication(&iam.UpdateApplicationRequest{ApplicationID: created.ID})), "application", created.ID)
	wantNotFound(t, me.iam.DeleteApplication(&iam.DeleteApplicationRequest{ApplicationID: created.ID}), "application", created.ID)
}

func TestApplicationOnTheWire(t *testing.T) {
	me := newOwner(t)
	raw := me.raw()
	const keys = "id name description created_at updated_at organization_id editable deletable managed nb_api_keys tags"
	answer := raw.call(http.MethodPost, "/iam/v1alpha1/applications",
		map[string]any{"name": "wire", "organization_id": me.organization, "description": "", "tags": nil})
	answer.wantStatus(http.StatusOK)
	created := answer.object()
	created.wantKeys(t, "created", keys)
	created.wantMembers(t, "created", map[string]string{
		"description": `""`, "tags": "[]", "nb_api_keys": "0", "editable": "true", "deletable": "true", "managed": "false",
		"updated_at": string(created["created_at"]),
	})
	created.wantTimes(t, "created_at", "updated_at")
	path := "/iam/v1alpha1/applications/" + created.text(t, "id")
	raw.get(path).object().wantKeys(t, "read", keys)
	list := raw.get("/iam/v1alpha1/applications").object()
	list.wantKeys(t, "list", "applications total_count")
	list.item(t, "applications").wantKeys(t, "listed", keys)
	raw.call(http.MethodPatch, path, map[string]any{}).wantStatus(http.StatusOK)
	raw.call(http.MethodDelete, path, nil).wantStatus(http.StatusNoContent)
	empty := raw.get("/iam/v1alpha1/applications").object()
	empty.wantMembers(t, "empty list", map[string]string{"applications": "[]", "total_count": "0"})
}

// TestApplicationKeys: the count of keys is live, and keys and rights end with the
// application while its policies stay, without a principal.
func TestApplicationKeys(t *testing.T) {
	me := newOwner(t)
	app := me.newApplication("worker")
	policy := me.grant(app, "IAMReadOnly")
	count := func() uint32 {
		return must(me.iam.GetApplication(&iam.GetApplicationRequest{ApplicationID: app.id}))(t).NbAPIKeys
	}
	equal(t, "one key", count(), uint32(1))
	second := me.signIn(app.id)
	equal(t, "two keys", count(), uint32(2))
	check(t, me.iam.DeleteAPIKey(&iam.DeleteAPIKeyRequest{AccessKey: second.accessKey}))
	equal(t, "one key again", count(), uint32(1))
	must(app.iam.ListGroups(&iam.ListGroupsRequest{}))(t)

	check(t, me.iam.DeleteApplication(&iam.DeleteApplicationRequest{ApplicationID: app.id}))
	wantUnauthenticated(t, failure(app.iam.ListGroups(&iam.ListGroupsRequest{})), "not_found")
	wantNotFound(t, failure(me.iam.GetAPIKey(&iam.GetAPIKeyRequest{AccessKey: app.accessKey})), "access_key", app.accessKey)
	orphan := must(me.iam.GetPolicy(&iam.GetPolicyRequest{PolicyID: policy.ID}))(t)
	equal(t, "principal", [4]any{orphan.ApplicationID == nil, orphan.UserID == nil, orphan.GroupID == nil, *orphan.NoPrincipal}, [4]any{true, true, true, true})
}

func TestApplicationLists(t *testing.T) {
	me := newOwner(t)
	add := func(name string, tags ...string) string {
		return must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: name, Tags: tags}))(t).ID
	}
	b, a := add("beta", "env=production"), add("Alpha")
	must(me.iam.UpdateApplication(&iam.UpdateApplicationRequest{ApplicationID: b, Description: new("changed last")}))(t)
	for name, test := range map[string]struct {
		request iam.ListApplicationsRequest
		want    []string
	}{
		"all":               {iam.ListApplicationsRequest{}, []string{"beta", "Alpha"}},
		"newest first":      {iam.ListApplicationsRequest{OrderBy: iam.ListApplicationsRequestOrderByCreatedAtDesc}, []string{"Alpha", "beta"}},
		"by change":         {iam.ListApplicationsRequest{OrderBy: iam.ListApplicationsRequestOrderByUpdatedAtAsc}, []string{"Alpha", "beta"}},
		"by name":           {iam.ListApplicationsRequest{OrderBy: iam.ListApplicationsRequestOrderByNameAsc}, []string{"Alpha", "beta"}},
		"by name, down":     {iam.ListApplicationsRequest{OrderBy: iam.ListApplicationsRequestOrderByNameDesc}, []string{"beta", "Alpha"}},
		"with a name":       {iam.ListApplicationsRequest{Name: new("beta")}, []string{"beta"}},
		"editable":          {iam.ListApplicationsRequest{Editable: new(true)}, []string{"beta", "Alpha"}},
		"not editable":      {iam.ListApplicationsRequest{Editable: new(false)}, []string{}},
		"with these ids":    {iam.ListApplicationsRequest{ApplicationIDs: []string{a, nobody}}, []string{"Alpha"}},
		"with a tag":        {iam.ListApplicationsRequest{Tag: new("env=production")}, []string{"beta"}},
		"with a tag's part": {iam.ListApplicationsRequest{Tag: new("production")}, []string{"beta"}},
		"with no such tag":  {iam.ListApplicationsRequest{Tag: new("staging")}, []string{}},
		"two filters":       {iam.ListApplicationsRequest{Name: new("beta"), ApplicationIDs: []string{a}}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			answer := must(me.iam.ListApplications(&test.request))(t)
			equal(t, "names", each(answer.Applications, func(a *iam.Application) string { return a.Name }), test.want)
			equal(t, "total_count", int(answer.TotalCount), len(test.want))
		})
	}
}
