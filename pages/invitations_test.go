package pages_test

import (
	"testing"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// Who has an account answers invitations on a page, from the list and with the code of a letter;
// others are told how.
func TestInvitations(t *testing.T) {
	s := open(t, bailiwicktest.Options{SignUp: iam.SignUpOpen})
	const email, password = "eve@example.com", "glass-meadow-anchor-83"
	b := s.browse(t)
	b.get("/sign-up")
	b.send("/sign-up", "email", email, "name", "eves", "password", password)
	b.get("/sign-up/confirm")
	b.send("/sign-up/confirm", "token", s.letter(t, iam.LetterConfirmAddress), "password", password)

	b.get("/invitations")
	b.shows(200, "Sign in with your own account first", `href="/login?as=owner`)
	b.get("/login?as=owner&next=%2Finvitations")
	b.send("/login/password", "email", email, "password", password)
	b.get("/invitations")
	b.shows(200, "No organization invites you")

	host := s.AsOwner(t)
	invite := func() (iam.UserID, string) {
		t.Helper()
		guest, err := host.InviteGuest(iam.NewGuest{OrganizationID: s.First.Organization.ID, Email: email})
		if err != nil {
			t.Fatal(err)
		}
		return guest.ID, s.letter(t, iam.LetterInvitation)
	}
	status := func(id iam.UserID) iam.UserStatus {
		u, err := host.GetUser(id)
		if iam.KindOf(err) == iam.KindNotFound {
			return "gone"
		}
		if err != nil {
			t.Fatal(err)
		}
		return u.Status
	}
	is := func(id iam.UserID, want iam.UserStatus) {
		t.Helper()
		if got := status(id); got != want {
			t.Errorf("the guest is %s, want %s", got, want)
		}
	}

	id, token := invite()
	b.get("/invitations")
	b.shows(200, s.First.Organization.Name, string(id))
	b.send("/invitations/reject", "id", string(id))
	b.shows(200, "The invitation is declined")
	is(id, "gone")
	const refused = "not one that waits to be used by your account"
	b.get("/invitations")
	b.send("/invitations/accept", "token", token)
	b.shows(400, refused)

	id, token = invite()
	for _, c := range []struct {
		token  string
		status int
		text   string
		left   iam.UserStatus
	}{{"made up", 400, refused, iam.UserInvitationPending}, {token, 200, "You are a guest now", iam.UserActivated}, {token, 400, refused, iam.UserActivated}} {
		b.get("/invitations")
		form := b.form("/invitations/accept")
		form.Del("id")
		form.Set("token", c.token)
		b.do("POST", "/invitations/accept", form)
		b.shows(c.status, c.text)
		is(id, c.left)
	}
	member := s.hire(t, "member")
	m := s.browse(t)
	m.login(member.Username)
	m.get("/invitations")
	m.shows(403, "This is for accounts")
}
