package compat

import (
	"net/http"
	"testing"

	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

func TestGroup(t *testing.T) {
	me := newOwner(t)
	created := must(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: "Backend team", Description: "Writes Go", Tags: []string{"go"}}))(t)
	wantNew(t, created.ID, created.CreatedAt)
	want := &iam.Group{
		ID: created.ID, Name: "Backend team", Description: "Writes Go", Tags: []string{"go"}, UserIDs: []string{}, ApplicationIDs: []string{},
		CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt, OrganizationID: me.organization,
		Editable: true, Deletable: true, Srn: "srn://iam.scw.eu/groups/" + created.ID,
	}
	equal(t, "created", created, want)
	get := &iam.GetGroupRequest{GroupID: created.ID}
	equal(t, "read back", must(me.iam.GetGroup(get))(t), want)

	updated := must(me.iam.UpdateGroup(&iam.UpdateGroupRequest{GroupID: created.ID, Name: new("backend"), Tags: &[]string{"b", "a"}}))(t)
	wantLater(t, updated.UpdatedAt, created.UpdatedAt)
	want.Name, want.Tags, want.UpdatedAt = "backend", []string{"b", "a"}, updated.UpdatedAt
	equal(t, "updated", updated, want)
	equal(t, "read after the update", must(me.iam.GetGroup(get))(t), want)

	wantConflict(t, failure(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: "backend"})), "group")
	check(t, me.iam.DeleteGroup(&iam.DeleteGroupRequest{GroupID: created.ID}))
	wantNotFound(t, failure(me.iam.GetGroup(get)), "group", created.ID)
	wantNotFound(t, me.iam.DeleteGroup(&iam.DeleteGroupRequest{GroupID: created.ID}), "group", created.ID)
}

// TestGroupMembers: every way to change members answers the group, keeps the order of the
// request and leaves updated_at alone.
func TestGroupMembers(t *testing.T) {
	me := newOwner(t)
	user, other := me.newMember("ada").ID, me.newMember("bob").ID
	app := must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	group := must(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: "team"}))(t)
	wantMembers := func(what string, got *iam.Group, err error, users, applications []string) {
		t.Helper()
		check(t, err)
		equal(t, what, [2][]string{got.UserIDs, got.ApplicationIDs}, [2][]string{users, applications})
		equal(t, what+": updated_at", got.UpdatedAt, group.UpdatedAt)
		equal(t, what+": read back", must(me.iam.GetGroup(&iam.GetGroupRequest{GroupID: group.ID}))(t), got)
	}
	got, err := me.iam.SetGroupMembers(&iam.SetGroupMembersRequest{GroupID: group.ID, UserIDs: []string{other, user}, ApplicationIDs: []string{app}})
	wantMembers("set", got, err, []string{other, user}, []string{app})
	got, err = me.iam.SetGroupMembers(&iam.SetGroupMembersRequest{GroupID: group.ID})
	wantMembers("emptied by null lists", got, err, []string{}, []string{})
	got, err = me.iam.AddGroupMember(&iam.AddGroupMemberRequest{GroupID: group.ID, UserID: &user})
	wantMembers("added a user", got, err, []string{user}, []string{})
	got, err = me.iam.AddGroupMember(&iam.AddGroupMemberRequest{GroupID: group.ID, UserID: &user})
	wantMembers("added the user twice", got, err, []string{user}, []string{})
	got, err = me.iam.AddGroupMember(&iam.AddGroupMemberRequest{GroupID: group.ID, ApplicationID: &app})
	wantMembers("added an application", got, err, []string{user}, []string{app})
	got, err = me.iam.AddGroupMembers(&iam.AddGroupMembersRequest{GroupID: group.ID, UserIDs: []string{other, user}})
	wantMembers("added several, keeping who was there", got, err, []string{user, other}, []string{app})
	got, err = me.iam.RemoveGroupMember(&iam.RemoveGroupMemberRequest{GroupID: group.ID, UserID: &user})
	wantMembers("removed the user", got, err, []string{other}, []string{app})
	wantNotFound(t, failure(me.iam.RemoveGroupMember(&iam.RemoveGroupMemberRequest{GroupID: group.ID, UserID: &user})), "", user)
	got, err = me.iam.RemoveGroupMember(&iam.RemoveGroupMemberRequest{GroupID: group.ID, ApplicationID: &app})
	wantMembers("removed the application", got, err, []string{other}, []string{})

	wantNotFound(t, failure(me.iam.AddGroupMember(&iam.AddGroupMemberRequest{GroupID: group.ID, UserID: new(nobody)})), "user", nobody)
	wantInvalid(t, failure(me.iam.AddGroupMember(&iam.AddGroupMemberRequest{GroupID: group.ID})), "member required")
	wantInvalid(t, failure(me.iam.AddGroupMember(&iam.AddGroupMemberRequest{GroupID: group.ID, UserID: &user, ApplicationID: &app})), "application_id constraint")
	check(t, me.iam.DeleteUser(&iam.DeleteUserRequest{UserID: other}))
	equal(t, "after the last member is deleted", must(me.iam.GetGroup(&iam.GetGroupRequest{GroupID: group.ID}))(t).UserIDs, []string{})
}

func TestGroupOnTheWire(t *testing.T) {
	me := newOwner(t)
	raw := me.raw()
	const keys = "id created_at updated_at organization_id name description user_ids application_ids tags editable deletable managed"
	answer := raw.call(http.MethodPost, "/iam/v1alpha1/groups", map[string]any{"name": "wire", "organization_id": me.organization, "description": "", "tags": nil})
	answer.wantStatus(http.StatusOK)
	created := answer.object()
	created.wantKeys(t, "created", keys)
	created.wantMembers(t, "created", map[string]string{"description": `""`, "tags": "[]", "user_ids": "[]", "application_ids": "[]", "managed": "false"})
	created.wantTimes(t, "created_at", "updated_at")
	path := "/iam/v1alpha1/groups/" + created.text(t, "id")
	raw.get(path).object().wantKeys(t, "read", keys)
	members := raw.call(http.MethodPut, path+"/members", map[string]any{"user_ids": nil, "application_ids": nil})
	members.wantStatus(http.StatusOK)
	members.object().wantKeys(t, "after the change of members", keys)
	list := raw.get("/iam/v1alpha1/groups?name=wire").object()
	list.wantKeys(t, "list", "groups total_count")
	list.item(t, "groups").wantKeys(t, "listed", keys)
	raw.call(http.MethodDelete, path, nil).wantStatus(http.StatusNoContent)
}

func TestGroupLists(t *testing.T) {
	me := newOwner(t)
	app := must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	b := must(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: "zebra", Tags: []string{"env=production"}}))(t).ID
	a := must(me.iam.CreateGroup(&iam.CreateGroupRequest{Name: "aardvark"}))(t).ID
	must(me.iam.SetGroupMembers(&iam.SetGroupMembersRequest{GroupID: a, UserIDs: []string{me.id}}))(t)
	must(me.iam.SetGroupMembers(&iam.SetGroupMembersRequest{GroupID: b, ApplicationIDs: []string{app}}))(t)
	// The groups of the organization's first moment have one age; they are the first three.
	all := must(me.iam.ListGroups(&iam.ListGroupsRequest{}))(t).Groups
	equal(t, "oldest first", each(all[3:], func(g *iam.Group) string { return g.Name }), []string{"zebra", "aardvark"})
	for name, test := range map[string]struct {
		request iam.ListGroupsRequest
		want    []string
	}{
		"by name":              {iam.ListGroupsRequest{OrderBy: iam.ListGroupsRequestOrderByNameAsc}, []string{"aardvark", "Administrators", "Billing Administrators", "Editors", "zebra"}},
		"with a name":          {iam.ListGroupsRequest{Name: new("zebra")}, []string{"zebra"}},
		"with the user":        {iam.ListGroupsRequest{UserIDs: []string{me.id, nobody}}, []string{"aardvark"}},
		"with the application": {iam.ListGroupsRequest{ApplicationIDs: []string{app}}, []string{"zebra"}},
		"with these ids":       {iam.ListGroupsRequest{GroupIDs: []string{a, b}}, []string{"zebra", "aardvark"}},
		"with a tag's part":    {iam.ListGroupsRequest{Tag: new("prod")}, []string{"zebra"}},
	} {
		t.Run(name, func(t *testing.T) {
			answer := must(me.iam.ListGroups(&test.request))(t)
			equal(t, "names", each(answer.Groups, func(g *iam.Group) string { return g.Name }), test.want)
			equal(t, "total_count", int(answer.TotalCount), len(test.want))
		})
	}
}
