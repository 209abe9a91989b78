package pages_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// TestConsoleSwitch: an owner goes on where it is a guest and comes back, without a login; a guest's
// session is ended when it is left, and signing out leaves none of them.
func TestConsoleSwitch(t *testing.T) {
	s := open(t, bailiwicktest.Options{SignUp: iam.SignUpOpen})
	const email, password = "eve@example.com", "glass-meadow-anchor-83"
	b := s.browse(t)
	b.get("/sign-up")
	b.send("/sign-up", "email", email, "name", "eves", "password", password)
	b.get("/sign-up/confirm")
	b.send("/sign-up/confirm", "token", s.letter(t, iam.LetterConfirmAddress), "password", password)
	b.get("/login?as=owner")
	b.send("/login/password", "email", email, "password", password)
	guest, err := s.AsOwner(t).InviteGuest(iam.NewGuest{OrganizationID: s.First.Organization.ID, Email: email})
	if err != nil {
		t.Fatal(err)
	}
	b.get("/invitations")
	b.send("/invitations/accept", "id", string(guest.ID))

	is := func(organization string, known int) (current struct {
		User          struct{ ID string }
		Organization  struct{ ID, Name string }
		Organizations []struct{ ID, Name string }
	}) {
		t.Helper()
		got := b.do("GET", "/console/session", nil, script, "1")
		if err := json.Unmarshal([]byte(got.body), &current); err != nil {
			t.Fatalf("%d %s", got.status, got.body)
		}
		if current.Organization.Name != organization || len(current.Organizations) != known {
			t.Fatalf("%+v, want %s of %d", current, organization, known)
		}
		return current
	}
	to := func(id string, status int) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/console/switch", strings.NewReader(`{"organization_id":"`+id+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(script, "1")
		response, err := b.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if body, _ := io.ReadAll(response.Body); response.StatusCode != status {
			t.Fatalf("to %s: %d, want %d: %s", id, response.StatusCode, status, body)
		}
	}
	home := is("eves", 2)
	to("00000000-0000-4000-8000-000000000000", 404)
	is("eves", 2)
	to(s.organization(), 204)
	if there := is(s.First.Organization.Name, 2); there.User.ID != string(guest.ID) {
		t.Errorf("there as %s, want the guest %s", there.User.ID, guest.ID)
	}
	left := b.cookie("bailiwick-session")
	to(home.Organization.ID, 204)
	if back := is("eves", 2); back.User.ID != home.User.ID {
		t.Errorf("back as %s", back.User.ID)
	}
	kept := b.cookie("bailiwick-session")
	to(s.organization(), 204)
	there := b.cookie("bailiwick-session")
	if got := b.do("POST", "/console/sign-out", nil, script, "1"); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if b.cookie("bailiwick-session") != "" || b.cookie("bailiwick-home") != "" {
		t.Error("a cookie is left after signing out")
	}
	for name, cookie := range map[string]string{"left": left, "home": kept, "there": there} {
		if got := s.browse(t).do("GET", "/console/session", nil, script, "1", "Cookie", "bailiwick-session="+cookie); got.status != 401 {
			t.Errorf("the session %s goes on: %d", name, got.status)
		}
	}
}

// TestConsoleHomeIsForgotten: who signs in after somebody else has no way to where that one was.
func TestConsoleHomeIsForgotten(t *testing.T) {
	s := built(t)
	s.hire(t, "ann")
	s.hire(t, "bob")
	ann, b := s.browse(t), s.browse(t)
	ann.login("ann")
	got := b.do("GET", "/login", nil, "Cookie", "bailiwick-home="+ann.cookie("bailiwick-session"))
	if got.status != 200 {
		t.Fatal(got.status)
	}
	form := b.form("/login/password")
	form.Set("organization", s.organization())
	form.Set("username", "bob")
	form.Set("password", annsPassword)
	b.follows = false
	got = b.do("POST", "/login/password", form, "Cookie", "bailiwick-form="+b.cookie("bailiwick-form")+"; bailiwick-home="+ann.cookie("bailiwick-session"))
	forgotten := false
	for _, c := range got.header.Values("Set-Cookie") {
		forgotten = forgotten || strings.HasPrefix(c, "bailiwick-home=;") && strings.Contains(c, "Max-Age=0")
	}
	if got.status != 303 || !forgotten {
		t.Errorf("%d, cookies %v", got.status, got.header.Values("Set-Cookie"))
	}
}
