package authority_test

import (
	"fmt"
	"testing"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

func TestApplications(t *testing.T) {
	owner := start(t).AsOwner(t)
	a := must[iam.Application](t)(owner.CreateApplication(iam.NewApplication{Name: "ci", Description: "builds", Tags: []string{"b", "a"}}))
	same(t, "created", iam.Application{
		ID: a.ID, OrganizationID: owner.Organization(), Name: "ci", Description: "builds", Tags: []string{"b", "a"}, CreatedAt: a.CreatedAt, UpdatedAt: a.CreatedAt,
	}, a)
	same(t, "read back", a, must[iam.Application](t)(owner.GetApplication(a.ID)))
	owner.MustCreateAPIKey(a.ID.Principal())
	key := owner.MustCreateAPIKey(a.ID.Principal())
	changed := must[iam.Application](t)(owner.UpdateApplication(a.ID, iam.ApplicationUpdate{Name: new("cd"), Tags: &[]string{"c"}}))
	a.Name, a.Tags, a.NbAPIKeys, a.UpdatedAt = "cd", []string{"c"}, 2, changed.UpdatedAt
	same(t, "changed", a, changed)
	done(t, owner.DeleteAPIKey(key.AccessKey))
	a.NbAPIKeys = 1
	same(t, "read back", a, must[iam.Application](t)(owner.GetApplication(a.ID)))
	owner.MustCreateApplication("cd") // names may repeat

	unique := invalid("tags[1]", iam.ReasonConstraint, "repeated value must contain unique items")
	fails(t, "tags repeat", unique, refused[iam.Application](t)(owner.UpdateApplication(a.ID, iam.ApplicationUpdate{Tags: &[]string{"x", "x"}})))
	fails(t, "no name", invalid("name", iam.ReasonRequired, "value is required"), refused[iam.Application](t)(owner.CreateApplication(iam.NewApplication{})))
	done(t, owner.DeleteApplication(a.ID))
	gone := iam.NotFound("application", string(a.ID))
	fails(t, "get deleted", gone, refused[iam.Application](t)(owner.GetApplication(a.ID)))
	fails(t, "update deleted", gone, refused[iam.Application](t)(owner.UpdateApplication(a.ID, iam.ApplicationUpdate{})))
	fails(t, "delete deleted", gone, owner.DeleteApplication(a.ID))
	fails(t, "key for deleted", gone, refused[authority.CreatedAPIKey](t)(owner.CreateAPIKey(iam.NewAPIKey{Bearer: a.ID.Principal()})))
}

func TestGroups(t *testing.T) {
	owner := start(t).AsOwner(t)
	g := must[iam.Group](t)(owner.CreateGroup(iam.NewGroup{Name: "ops", Description: "runs it", Tags: []string{"x"}}))
	same(t, "created", iam.Group{
		ID: g.ID, OrganizationID: owner.Organization(), Name: "ops", Description: "runs it", Tags: []string{"x"}, CreatedAt: g.CreatedAt, UpdatedAt: g.CreatedAt,
	}, g)
	ann, bob, ci := owner.MustCreateUser("ann"), owner.MustCreateUser("bob"), owner.MustCreateApplication("ci")

	step := func(what string, users []iam.UserID, applications []iam.ApplicationID, got iam.Group, err error) {
		t.Helper()
		done(t, err)
		g.UserIDs, g.ApplicationIDs = users, applications
		same(t, what, g, got) // updated_at stays: membership does not move it
		same(t, what+", read back", g, must[iam.Group](t)(owner.GetGroup(g.ID)))
	}
	got, err := owner.AddGroupMember(g.ID, bob.ID.Principal())
	step("add one", []iam.UserID{bob.ID}, nil, got, err)
	got, err = owner.AddGroupMember(g.ID, bob.ID.Principal())
	step("add it again", []iam.UserID{bob.ID}, nil, got, err)
	got, err = owner.AddGroupMembers(g.ID, iam.Members{UserIDs: []iam.UserID{ann.ID, bob.ID, ann.ID}, ApplicationIDs: []iam.ApplicationID{ci.ID}})
	step("add several", []iam.UserID{bob.ID, ann.ID}, []iam.ApplicationID{ci.ID}, got, err)
	got, err = owner.AddGroupMembers(g.ID, iam.Members{})
	step("add none", []iam.UserID{bob.ID, ann.ID}, []iam.ApplicationID{ci.ID}, got, err)
	got, err = owner.RemoveGroupMember(g.ID, bob.ID.Principal())
	step("remove", []iam.UserID{ann.ID}, []iam.ApplicationID{ci.ID}, got, err)
	got, err = owner.SetGroupMembers(g.ID, iam.Members{UserIDs: []iam.UserID{bob.ID, bob.ID, ann.ID}})
	step("set", []iam.UserID{bob.ID, ann.ID}, nil, got, err)
	got, err = owner.SetGroupMembers(g.ID, iam.Members{})
	step("set none", nil, nil, got, err)

	changed := must[iam.Group](t)(owner.UpdateGroup(g.ID, iam.GroupUpdate{Name: new("ops (all)"), Description: new("")}))
	g.Name, g.Description, g.UpdatedAt = "ops (all)", "", changed.UpdatedAt
	same(t, "changed", g, changed)

	must[iam.Group](t)(owner.AddGroupMembers(g.ID, iam.Members{UserIDs: []iam.UserID{ann.ID}, ApplicationIDs: []iam.ApplicationID{ci.ID}}))
	done(t, owner.DeleteUser(ann.ID))
	done(t, owner.DeleteApplication(ci.ID))
	same(t, "members that are gone", g, must[iam.Group](t)(owner.GetGroup(g.ID)))
	done(t, owner.DeleteGroup(g.ID))
	fails(t, "deleted", iam.NotFound("group", string(g.ID)), refused[iam.Group](t)(owner.GetGroup(g.ID)))
}

func TestGroupErrors(t *testing.T) {
	k := start(t)
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	g, ann := owner.MustCreateGroup("ops"), owner.MustCreateUser("ann")
	g = must[iam.Group](t)(owner.AddGroupMember(g.ID, ann.ID.Principal()))
	theirs, theirApp := stranger.MustCreateUser("zoe"), stranger.MustCreateApplication("zapp")
	taken := iam.AlreadyExists("group", "", "a group of the organization has this name")

	fails(t, "name taken", taken, refused[iam.Group](t)(owner.CreateGroup(iam.NewGroup{Name: "ops"})))
	fails(t, "renamed to one taken", taken, refused[iam.Group](t)(owner.UpdateGroup(g.ID, iam.GroupUpdate{Name: new("Editors")})))
	stranger.MustCreateGroup("ops")
	for what, id := range map[string]iam.GroupID{"nowhere": nowhere} {
		for call, err := range map[string]error{
			"get": refused[iam.Group](t)(owner.GetGroup(id)), "update": refused[iam.Group](t)(owner.UpdateGroup(id, iam.GroupUpdate{})), "delete": owner.DeleteGroup(id),
			"set": refused[iam.Group](t)(owner.SetGroupMembers(id, iam.Members{})), "add": refused[iam.Group](t)(owner.AddGroupMember(id, ann.ID.Principal())),
			"add several": refused[iam.Group](t)(owner.AddGroupMembers(id, iam.Members{})), "remove": refused[iam.Group](t)(owner.RemoveGroupMember(id, ann.ID.Principal())),
		} {
			fails(t, call+" "+what, iam.NotFound("group", string(id)), err)
		}
	}

	// A member that is not of the organization is not found, and the call changes nothing, not
	// even for those of its members who are.
	bob := owner.MustCreateUser("bob")
	left := newEvents(t, owner, func() {
		for what, id := range map[string]iam.UserID{"nobody": nowhere, "somebody else's": theirs.ID} {
			gone := iam.NotFound("user", string(id))
			members := iam.Members{UserIDs: []iam.UserID{bob.ID, id}}
			fails(t, "add "+what, gone, refused[iam.Group](t)(owner.AddGroupMember(g.ID, id.Principal())))
			fails(t, "add several with "+what, gone, refused[iam.Group](t)(owner.AddGroupMembers(g.ID, members)))
			fails(t, "set with "+what, gone, refused[iam.Group](t)(owner.SetGroupMembers(g.ID, members)))
			fails(t, "remove "+what, iam.NotFound("", string(id)), refused[iam.Group](t)(owner.RemoveGroupMember(g.ID, id.Principal())))
		}
		fails(t, "a foreign application", iam.NotFound("application", string(theirApp.ID)), refused[iam.Group](t)(owner.AddGroupMember(g.ID, theirApp.ID.Principal())))
		fails(t, "a user as an application", iam.NotFound("application", string(ann.ID)),
			refused[iam.Group](t)(owner.SetGroupMembers(g.ID, iam.Members{ApplicationIDs: []iam.ApplicationID{iam.ApplicationID(ann.ID)}})))
		fails(t, "a group in a group", iam.NotFound("application", string(g.ID)), refused[iam.Group](t)(owner.AddGroupMember(g.ID, g.ID.Principal())))
		fails(t, "remove who is no member", iam.NotFound("", string(bob.ID)), refused[iam.Group](t)(owner.RemoveGroupMember(g.ID, bob.ID.Principal())))
	})
	if len(left) != 0 {
		t.Errorf("events of calls that changed nothing: %v", summaries(left))
	}
	same(t, "the group", g, must[iam.Group](t)(owner.GetGroup(g.ID)))

	many := make([]iam.UserID, iam.MaxGroupMembers+1)
	for i := range many {
		many[i] = iam.UserID(fmt.Sprintf("00000000-0000-4000-8000-%012x", i))
	}
	tooMany := invalid("user_ids", iam.ReasonConstraint, "a group must contain no more than 10000 members")
	fails(t, "too many", tooMany, refused[iam.Group](t)(owner.SetGroupMembers(g.ID, iam.Members{UserIDs: many})))
	fails(t, "too many", tooMany, refused[iam.Group](t)(owner.AddGroupMembers(g.ID, iam.Members{UserIDs: many})))
	fails(t, "weak, too many", denied("group", "write_members"), refused[iam.Group](t)(owner.MustHire("weak").AddGroupMembers(g.ID, iam.Members{UserIDs: many})))
}

// Rights come and go with membership, at once.
func TestMembershipIsRights(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	ci := owner.MustHire("ci")
	g := owner.MustCreateGroup("makers")
	owner.MustCreatePolicy("makers", g.ID.Principal(), kit.Everywhere(owner.Organization(), "ProjectManager"))
	may := func(what string, want bool) {
		t.Helper()
		if _, err := ci.CreateProject(iam.NewProject{Name: "x"}); (err == nil) != want {
			t.Errorf("%s: %v", what, err)
		}
	}
	may("outside", false)
	must[iam.Group](t)(owner.AddGroupMember(g.ID, ci.Caller.Principal))
	may("inside", true)
	must[iam.Group](t)(owner.RemoveGroupMember(g.ID, ci.Caller.Principal))
	may("outside again", false)
	must[iam.Group](t)(owner.SetGroupMembers(g.ID, iam.Members{ApplicationIDs: []iam.ApplicationID{iam.ApplicationID(ci.Caller.Principal.ID)}}))
	may("set", true)
	done(t, owner.DeleteGroup(g.ID))
	may("without the group", false)
}
