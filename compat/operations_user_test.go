package compat

import (
	"net/http"
	"testing"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

func TestUser(t *testing.T) {
	me := newOwner(t)
	created := must(me.iam.CreateUser(&iam.CreateUserRequest{
		Tags: []string{"math"},
		Member: &iam.CreateUserRequestMember{
			Email: "ada@example.com", Username: "ada.l", Password: "a password of some length", FirstName: "Ada", LastName: "Lovelace",
			PhoneNumber: "+44 20 7946 0000", Locale: "en_US",
		},
	}))(t)
	wantNew(t, created.ID, created.CreatedAt)
	want := &iam.User{
		ID: created.ID, Email: "ada@example.com", Username: "ada.l", FirstName: "Ada", LastName: "Lovelace", PhoneNumber: "+44 20 7946 0000",
		Locale: "en_US", CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt, OrganizationID: me.organization, Deletable: true,
		Type: iam.UserTypeMember, TwoFactorEnabled: new(false), Status: new(iam.UserStatusActivated), Tags: []string{"math"},
		Srn: "srn://iam.scw.eu/users/" + created.ID,
	}
	equal(t, "created", created, want)
	get := &iam.GetUserRequest{UserID: created.ID}
	equal(t, "read back", must(me.iam.GetUser(get))(t), want)

	updated := must(me.iam.UpdateUser(&iam.UpdateUserRequest{
		UserID: created.ID, Email: new("countess@example.com"), FirstName: new(""), PhoneNumber: new(""), Locale: new("fr_FR"), Tags: &[]string{},
	}))(t)
	want.Email, want.FirstName, want.PhoneNumber, want.Locale, want.Tags, want.UpdatedAt = "countess@example.com", "", "", "fr_FR", []string{}, updated.UpdatedAt
	equal(t, "updated", updated, want)
	renamed := must(me.iam.UpdateUserUsername(&iam.UpdateUserUsernameRequest{UserID: created.ID, Username: "countess"}))(t)
	want.Username, want.UpdatedAt = "countess", renamed.UpdatedAt
	equal(t, "renamed", renamed, want)
	changed := must(me.iam.UpdateUserPassword(&iam.UpdateUserPasswordRequest{UserID: created.ID, Password: "another password"}))(t)
	want.UpdatedAt = changed.UpdatedAt
	equal(t, "with another password", changed, want)
	equal(t, "read after the updates", must(me.iam.GetUser(get))(t), want)

	locked := must(me.iam.LockUser(&iam.LockUserRequest{UserID: created.ID}))(t)
	want.Locked, want.UpdatedAt = true, locked.UpdatedAt
	equal(t, "locked", locked, want)
	unlocked := must(me.iam.UnlockUser(&iam.UnlockUserRequest{UserID: created.ID}))(t)
	want.Locked, want.UpdatedAt = false, unlocked.UpdatedAt
	equal(t, "unlocked", unlocked, want)

	check(t, me.iam.DeleteUser(&iam.DeleteUserRequest{UserID: created.ID}))
	wantNotFound(t, failure(me.iam.GetUser(get)), "user", created.ID)
	wantNotFound(t, failure(me.iam.LockUser(&iam.LockUserRequest{UserID: created.ID})), "user", created.ID)
}

func TestUserOnTheWire(t *testing.T) {
	me := newOwner(t)
	raw := me.raw()
	const keys = `id email username first_name last_name phone_number locale created_at updated_at organization_id deletable
		last_login_at type two_factor_enabled status mfa account_root_user_id tags locked`
	answer := raw.call(http.MethodPost, "/iam/v1alpha1/users", map[string]any{
		"organization_id": me.organization, "tags": nil, "member": map[string]any{"email": "ada@example.com", "username": "ada"},
	})
	answer.wantStatus(http.StatusOK)
	created := answer.object()
	created.wantKeys(t, "member", keys)
	created.wantMembers(t, "member", map[string]string{
		"last_login_at": "null", "status": `"activated"`, "type": `"member"`, "mfa": "false", "two_factor_enabled": "false", "locked": "false",
		"account_root_user_id": `""`, "first_name": `""`, "last_name": `""`, "phone_number": `""`, "tags": "[]", "deletable": "true",
	})
	created.wantTimes(t, "created_at", "updated_at")
	path := "/iam/v1alpha1/users/" + created.text(t, "id")
	raw.get(path).object().wantKeys(t, "read", keys)
	updated := raw.call(http.MethodPatch, path, map[string]any{}) // as the Terraform provider does on every update
	updated.wantStatus(http.StatusOK)
	updated.object().wantKeys(t, "updated", keys)
	list := raw.get("/iam/v1alpha1/users").object()
	list.wantKeys(t, "list", "users total_count")
	owner := list.item(t, "users")
	owner.wantKeys(t, "owner", keys)
	owner.wantMembers(t, "owner", map[string]string{"type": `"owner"`, "deletable": "false", "status": `"activated"`})
	if !uuidPattern.MatchString(owner.text(t, "account_root_user_id")) {
		t.Error("the owner has no account")
	}
	raw.call(http.MethodDelete, path, nil).wantStatus(http.StatusNoContent)
}

// TestOwnerStays: nobody locks or deletes the owner, itself included, and only the owner
// changes the owner. The attempt of a manager is in the audit trail.
func TestOwnerStays(t *testing.T) {
	me := newOwner(t)
	wantPrecondition(t, failure(me.iam.LockUser(&iam.LockUserRequest{UserID: me.id})), "protected_resource")
	wantPrecondition(t, me.iam.DeleteUser(&iam.DeleteUserRequest{UserID: me.id}), "protected_resource")
	manager := me.newApplication("manager")
	me.grant(manager, "IAMManager")
	wantDenied(t, failure(manager.iam.UpdateUserPassword(&iam.UpdateUserPasswordRequest{UserID: me.id, Password: "mine now"})), "user", "update_password")
	attempts := me.events(trail.ListEventsRequest{PrincipalID: &manager.id})
	equal(t, "attempts", each(attempts, func(e *trail.Event) uint32 { return e.StatusCode }), []uint32{403})
}

func TestUsernameIsUnique(t *testing.T) {
	me, other := newOwner(t), newOwner(t)
	me.newMember("ada")
	wantConflict(t, failure(me.iam.CreateUser(&iam.CreateUserRequest{Member: &iam.CreateUserRequestMember{Email: "x@example.com", Username: "ada"}})), "user")
	bob := me.newMember("bob")
	wantConflict(t, failure(me.iam.UpdateUserUsername(&iam.UpdateUserUsernameRequest{UserID: bob.ID, Username: "ada"})), "user")
	other.newMember("ada") // in another organization
}

func TestUserLists(t *testing.T) {
	me := newOwner(t)
	zoe, ada := me.newMember("zoe"), me.newMember("ada")
	must(me.iam.UpdateUser(&iam.UpdateUserRequest{UserID: ada.ID, Tags: &[]string{"env=production"}}))(t)
	const owner = "owner@example.com"
	for name, test := range map[string]struct {
		request iam.ListUsersRequest
		want    []string
	}{
		"all":                 {iam.ListUsersRequest{}, []string{owner, "zoe", "ada"}},
		"in the organization": {iam.ListUsersRequest{OrganizationID: &me.organization}, []string{owner, "zoe", "ada"}},
		"newest first":        {iam.ListUsersRequest{OrderBy: iam.ListUsersRequestOrderByCreatedAtDesc}, []string{"ada", "zoe", owner}},
		"by username":         {iam.ListUsersRequest{OrderBy: iam.ListUsersRequestOrderByUsernameAsc}, []string{"ada", owner, "zoe"}},
		"by email, down":      {iam.ListUsersRequest{OrderBy: iam.ListUsersRequestOrderByEmailDesc}, []string{"zoe", owner, "ada"}},
		"these":               {iam.ListUsersRequest{UserIDs: []string{ada.ID, zoe.ID}}, []string{"zoe", "ada"}},
		"owners":              {iam.ListUsersRequest{Type: iam.UserTypeOwner}, []string{owner}},
		"members":             {iam.ListUsersRequest{Type: iam.UserTypeMember}, []string{"zoe", "ada"}},
		"with MFA":            {iam.ListUsersRequest{Mfa: new(true)}, []string{}},
		"without MFA":         {iam.ListUsersRequest{Mfa: new(false)}, []string{owner, "zoe", "ada"}},
		"with a tag's part":   {iam.ListUsersRequest{Tag: new("prod")}, []string{"ada"}},
	} {
		t.Run(name, func(t *testing.T) {
			answer := must(me.iam.ListUsers(&test.request))(t)
			equal(t, "usernames", each(answer.Users, func(u *iam.User) string { return u.Username }), test.want)
			equal(t, "total_count", int(answer.TotalCount), len(test.want))
		})
	}
}
