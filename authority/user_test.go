package authority_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/identity"
)

func TestUsers(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	u := must[iam.User](t)(owner.CreateUser(iam.NewMember{
		Username: "ann", Email: "ann@example.com", Password: "vivid-lantern-orbit-47", FirstName: "Ann", LastName: "Arbor",
		PhoneNumber: "+33 1 23 45", Locale: "fr_FR", Tags: []string{"team=ops"},
	}))
	same(t, "created", iam.User{
		ID: u.ID, OrganizationID: owner.Organization(), Type: iam.UserMember, Status: iam.UserActivated, Email: "ann@example.com",
		Username: "ann", FirstName: "Ann", LastName: "Arbor", PhoneNumber: "+33 1 23 45", Locale: "fr_FR", Tags: []string{"team=ops"},
		CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt,
	}, u)
	same(t, "read back", u, must[iam.User](t)(owner.GetUser(u.ID)))

	step := func(what string, change func(*iam.User), got iam.User, err error) {
		t.Helper()
		done(t, err)
		if !got.UpdatedAt.After(u.UpdatedAt) {
			t.Errorf("%s does not move updated_at", what)
		}
		change(&u)
		u.UpdatedAt = got.UpdatedAt
		same(t, what, u, got)
		same(t, what+", read back", u, must[iam.User](t)(owner.GetUser(u.ID)))
	}
	got, err := owner.UpdateUser(u.ID, iam.UserUpdate{Email: new("a@example.com"), Tags: &[]string{}, LastName: new("")})
	step("update", func(u *iam.User) { u.Email, u.Tags, u.LastName = "a@example.com", nil, "" }, got, err)
	got, err = owner.UpdateUserUsername(u.ID, "anna")
	step("username", func(u *iam.User) { u.Username = "anna" }, got, err)
	got, err = owner.UpdateUserPassword(u.ID, "quiet-harbor-walnut-19")
	step("password", func(*iam.User) {}, got, err)
	got, err = owner.LockUser(u.ID)
	step("lock", func(u *iam.User) { u.Locked = true }, got, err)
	got, err = owner.UnlockUser(u.ID)
	step("unlock", func(u *iam.User) { u.Locked = false }, got, err)

	done(t, owner.DeleteUser(u.ID))
	fails(t, "deleted", iam.NotFound("user", string(u.ID)), refused[iam.User](t)(owner.GetUser(u.ID)))
	again := owner.MustCreateUser("anna")
	if again.ID == u.ID {
		t.Error("a new user has the id of a deleted one")
	}
}

func TestUserErrors(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	ann := owner.MustCreateUser("ann")
	taken := iam.AlreadyExists("user", "", "a user of the organization has this username")
	long := strings.Repeat("x", 73)
	password := invalid("password", iam.ReasonConstraint, "value length must be between 1 and 72 bytes, inclusive")

	fails(t, "username taken", taken, refused[iam.User](t)(owner.CreateUser(iam.NewMember{Username: "ann", Email: "b@example.com"})))
	fails(t, "renamed to one taken", taken, refused[iam.User](t)(owner.UpdateUserUsername(ann.ID, kit.OwnerEmail)))
	tenant(t, k, "acme").MustCreateUser("ann") // taken in another organization is free here
	fails(t, "no address", invalid("member.email", iam.ReasonRequired, "value is required"), refused[iam.User](t)(owner.CreateUser(iam.NewMember{Username: "bob"})))
	fails(t, "address emptied", invalid("email", iam.ReasonRequired, "value is required"), refused[iam.User](t)(owner.UpdateUser(ann.ID, iam.UserUpdate{Email: new("")})))
	fails(t, "long password", password, refused[iam.User](t)(owner.UpdateUserPassword(ann.ID, long)))
	fails(t, "no password", password, refused[iam.User](t)(owner.UpdateUserPassword(ann.ID, "")))
	fails(t, "long first password", invalid("member.password", iam.ReasonConstraint, "value length must be between 1 and 72 bytes, inclusive"),
		refused[iam.User](t)(owner.CreateUser(iam.NewMember{Username: "bob", Email: "b@example.com", Password: long})))
	fails(t, "short username", invalid("username", iam.ReasonConstraint, "value length must be between 2 and 150 runes, inclusive"),
		refused[iam.User](t)(owner.UpdateUserUsername(ann.ID, "a")))
	for what, err := range map[string]error{
		"get": refused[iam.User](t)(owner.GetUser(nowhere)), "update": refused[iam.User](t)(owner.UpdateUser(nowhere, iam.UserUpdate{})),
		"username": refused[iam.User](t)(owner.UpdateUserUsername(nowhere, "xx")), "password": refused[iam.User](t)(owner.UpdateUserPassword(nowhere, "vivid-lantern-orbit-47")),
		"lock": refused[iam.User](t)(owner.LockUser(nowhere)), "unlock": refused[iam.User](t)(owner.UnlockUser(nowhere)), "delete": owner.DeleteUser(nowhere),
	} {
		fails(t, what+" nobody", iam.NotFound("user", nowhere), err)
	}
	same(t, "nothing changed", ann, must[iam.User](t)(owner.GetUser(ann.ID)))
}

// Nobody but the owner changes the owner: whoever could set its address, its name or its
// password would become it. Nobody at all locks or deletes it.
func TestOwnerIsProtected(t *testing.T) {
	k := start(t)
	owner, id := k.AsOwner(t), k.First.Owner.ID
	everything := []iam.RuleSpec{kit.Everywhere(owner.Organization(), "IAMManager", "OrganizationManager", "IAMUserManager")}
	manager := owner.MustHire("manager", everything...)
	person := k.AsUser(t, owner.MustCreateUser("ann"))
	owner.MustCreatePolicy("ann", person.Caller.Principal, everything...)
	stays := iam.Precondition(iam.PreconditionProtected, "the owner of an organization cannot be locked or deleted")

	for who, r := range map[string]*kit.Runner{"application": manager, "user": person} {
		before := must[iam.User](t)(owner.GetUser(id))
		left := newEvents(t, owner, func() {
			fails(t, who+" updates", denied("user", "write"), refused[iam.User](t)(r.UpdateUser(id, iam.UserUpdate{Email: new("me@example.com")})))
			fails(t, who+" renames", denied("user", "update_username"), refused[iam.User](t)(r.UpdateUserUsername(id, "me")))
			fails(t, who+" sets password", denied("user", "update_password"), refused[iam.User](t)(r.UpdateUserPassword(id, "vivid-lantern-orbit-47")))
			fails(t, who+" locks", stays, refused[iam.User](t)(r.LockUser(id)))
			fails(t, who+" unlocks", stays, refused[iam.User](t)(r.UnlockUser(id)))
			fails(t, who+" deletes", stays, r.DeleteUser(id))
		})
		asked := " 403 asked iam_user/" + string(id)
		same(t, "events", []string{"UpdateUser" + asked, "UpdateUserUsername" + asked, "UpdateUserPassword" + asked}, summaries(left))
		same(t, "owner", before, must[iam.User](t)(owner.GetUser(id)))
	}
	fails(t, "owner locks itself", stays, refused[iam.User](t)(owner.LockUser(id)))
	fails(t, "owner deletes itself", stays, owner.DeleteUser(id))
	if u := must[iam.User](t)(owner.UpdateUser(id, iam.UserUpdate{FirstName: new("Olga")})); u.FirstName != "Olga" {
		t.Errorf("owner changes itself: %+v", u)
	}
	must[iam.User](t)(owner.UpdateUserPassword(id, "quiet-harbor-walnut-19"))

	// The owner may be a member of groups and the principal of policies; that limits nothing.
	group := owner.MustCreateGroup("all", id.Principal())
	p := owner.MustCreatePolicy("little", id.Principal(), kit.If("request.ip == '10.0.0.1'", kit.Everywhere(owner.Organization(), "IAMReadOnly")))
	owner.MustCreateProject("still everything")
	done(t, owner.DeletePolicy(p.ID))
	done(t, owner.DeleteGroup(group.ID))
}

// What a user may do without any policy, and what it may not.
func TestSelfLayer(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	bob := owner.MustCreateUser("bob")
	u := owner.MustCreateUser("ann")
	ann := k.AsUser(t, u)

	users, total, err := ann.ListUsers(iam.UserFilter{Order: byCreation(), Page: page()})
	if err != nil || total != 1 {
		t.Fatalf("%d users, %v", total, err)
	}
	same(t, "the users that ann sees", []iam.User{u}, users)
	_, total, err = ann.ListUsers(iam.UserFilter{UserIDs: []iam.UserID{bob.ID}, Order: byCreation(), Page: page()})
	if err != nil || total != 0 {
		t.Errorf("asking for bob: %d users, %v", total, err)
	}
	same(t, "itself", u, must[iam.User](t)(ann.GetUser(u.ID)))
	fails(t, "bob", denied("user", "read"), refused[iam.User](t)(ann.GetUser(bob.ID)))
	fails(t, "nobody", denied("user", "read"), refused[iam.User](t)(ann.GetUser(nowhere)))
	must[iam.User](t)(ann.UpdateUserPassword(u.ID, "quiet-harbor-walnut-19"))
	fails(t, "bob's password", denied("user", "update_password"), refused[iam.User](t)(ann.UpdateUserPassword(bob.ID, "vivid-lantern-orbit-47")))
	fails(t, "its own name", denied("user", "update_username"), refused[iam.User](t)(ann.UpdateUserUsername(u.ID, "root")))
	fails(t, "its own address", denied("user", "write"), refused[iam.User](t)(ann.UpdateUser(u.ID, iam.UserUpdate{Email: new("x@example.com")})))
	fails(t, "delete bob", denied("user", "delete"), ann.DeleteUser(bob.ID))
	must[iam.Project](t)(ann.GetProject(k.First.DefaultProject.ID))
	_, total, err = ann.ListProjects(iam.ProjectFilter{Order: byCreation(), Page: page()})
	if err != nil || total != 1 {
		t.Errorf("%d projects, %v", total, err)
	}
	fails(t, "create a project", denied("project", "create"), refused[iam.Project](t)(ann.CreateProject(iam.NewProject{Name: "x"})))
	fails(t, "settings", denied("security_settings", "read"), refused[iam.SecuritySettings](t)(ann.GetOrganizationSecuritySettings(owner.Organization())))

	done(t, ann.DeleteUser(u.ID))
	fails(t, "after deleting itself", iam.AuthenticationDenied("api_key", iam.AuthNotFound), refused[iam.User](t)(ann.GetUser(u.ID)))
	fails(t, "an application lists users", denied("user", "list"), refusedList[iam.User](t)(owner.MustHire("ci").ListUsers(iam.UserFilter{Page: page()})))
}

// A password is kept as a hash that proves it, and as nothing else.
func TestPasswordsAreHashed(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	passwords := identity.NewPasswords(1)
	proves := func(id iam.UserID, password string, want bool) {
		t.Helper()
		ok, _, err := passwords.Verify(t.Context(), passwordHash(t, k, id), password)
		if err != nil || ok != want {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
	}
	ann := must[iam.User](t)(owner.CreateUser(iam.NewMember{Username: "ann", Email: "ann@example.com", Password: "first-harbor-lantern"}))
	proves(ann.ID, "first-harbor-lantern", true)
	must[iam.User](t)(owner.UpdateUserPassword(ann.ID, "second-harbor-lantern"))
	proves(ann.ID, "second-harbor-lantern", true)
	proves(ann.ID, "first-harbor-lantern", false)
	must[iam.User](t)(owner.UpdateUser(ann.ID, iam.UserUpdate{FirstName: new("Ann")}))
	proves(ann.ID, "second-harbor-lantern", true)
	if hash := passwordHash(t, k, owner.MustCreateUser("bob").ID); hash != "" {
		t.Errorf("a user without a password has the hash %q", hash)
	}
	refused[iam.User](t)(owner.MustHire("weak").UpdateUserPassword(ann.ID, "third-harbor-lantern"))
	proves(ann.ID, "second-harbor-lantern", true)
	proves(k.First.Owner.ID, "correct horse battery staple", true)
}

// passwordHash reads the stored hash of a user's password past the store, which shows it to
// nobody yet.
func passwordHash(t testing.TB, k *kit.Kit, id iam.UserID) (hash string) {
	t.Helper()
	db, err := sql.Open("sqlite", k.Database+"?_pragma=busy_timeout(10000)")
	if err == nil {
		err = db.QueryRowContext(t.Context(), "SELECT password_hash FROM users WHERE id = $1", string(id)).Scan(&hash)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Error(err)
	}
	return hash
}
