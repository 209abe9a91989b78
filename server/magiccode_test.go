package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// mailed returns the letters of the outbox, and leaves it empty.
func (e *edge) mailed(t *testing.T) (letters []iam.Letter) {
	t.Helper()
	err := e.Authority.Deliver(t.Context(), func(_ context.Context, l iam.Letter) error {
		letters = append(letters, l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

// A member logs in with a mailed code; who does not exist gets the same answer, and nobody a
// letter.
func TestMagicCode(t *testing.T) {
	e := start(t)
	owner := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	org := string(e.First.Organization.ID)
	e.hire(t, owner, "ann")
	do[*sdk.User](t)(owner.CreateUser(&sdk.CreateUserRequest{Member: &sdk.CreateUserRequestMember{Username: "bob", Email: "bob@example.com"}}))
	begin := func(username string) login {
		t.Helper()
		l := e.login(t, "magic-code/start", fmt.Sprintf(`{"organization":%q,"username":%q}`, org, username))
		if l.Status != 200 || !strings.HasPrefix(l.LoginID, org+".") || len(l.Next) != 1 || l.Next[0] != "magic_code" || l.Token != "" {
			t.Errorf("%s: %+v", username, l)
		}
		return l
	}
	finish := func(l login, code string) login {
		t.Helper()
		return e.login(t, "magic-code", fmt.Sprintf(`{"login_id":%q,"code":%q}`, l.LoginID, code))
	}
	anns, nobodys := begin("ann"), begin("nobody")
	letters := e.mailed(t)
	if len(letters) != 1 || letters[0].Kind != iam.LetterMagicCode || letters[0].Address != "ann@example.com" || len(letters[0].Secret) != 6 {
		t.Fatalf("letters: %+v", letters)
	}
	code := letters[0].Secret
	for name, got := range map[string]login{
		"another code": finish(anns, fmt.Sprintf("%06d", (len(code)+int(code[0]))*1001)), "nobody's": finish(nobodys, code), "no login": finish(login{LoginID: org + ".x"}, code),
	} {
		if got.Status != 401 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := finish(anns, code[:3]+" "+code[3:]); got.Status != 200 || e.knows(t, got.Token) != 200 {
		t.Errorf("the code: %+v", got)
	}
	if got := finish(anns, code); got.Status != 401 {
		t.Errorf("the code again: %+v", got)
	}
	first := begin("bob")
	old := e.mailed(t)[0].Secret
	if e.login(t, "magic-code/start", fmt.Sprintf(`{"login_id":%q}`, first.LoginID)); len(e.mailed(t)) != 1 {
		t.Error("a second code is not mailed")
	}
	if got := finish(first, old); got.Status != 401 {
		t.Errorf("the code before the last: %+v", got)
	}
	for range 10 {
		begin("bob")
	}
	if n := len(e.mailed(t)); n != 3 {
		t.Errorf("%d more letters, want 3 of 5", n)
	}
	do[*sdk.Organization](t)(owner.UpdateOrganizationLoginMethods(&sdk.UpdateOrganizationLoginMethodsRequest{LoginMagicCodeEnabled: new(false)}))
	if begin("ann"); len(e.mailed(t)) != 0 {
		t.Error("a code is mailed although the method is off")
	}
}

// After wrong passwords from where the user has never been, the right one is not enough.
func TestSuspiciousLogin(t *testing.T) {
	e := start(t)
	owner := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	org := string(e.First.Organization.ID)
	e.hire(t, owner, "ann")
	guess := func(n int) {
		for range n {
			e.enter(t, org, "ann", "wrong")
		}
	}
	guess(3)
	odd := e.enter(t, org, "ann", annsPassword)
	if odd.Token != "" || len(odd.Next) != 1 || odd.Next[0] != "magic_code" {
		t.Fatalf("after three guesses: %+v", odd)
	}
	if got := e.login(t, "magic-code", fmt.Sprintf(`{"login_id":%q,"code":""}`, odd.LoginID)); got.Status != 401 {
		t.Errorf("no code was mailed, and none is good: %+v", got)
	}
	e.login(t, "magic-code/start", fmt.Sprintf(`{"login_id":%q}`, odd.LoginID))
	code := e.mailed(t)[0].Secret
	if got := e.login(t, "magic-code", fmt.Sprintf(`{"login_id":%q,"code":%q}`, odd.LoginID, code)); got.Status != 200 || got.Token == "" {
		t.Fatalf("with the code: %+v", got)
	}
	guess(3)
	if got := e.enter(t, org, "ann", annsPassword); got.Token == "" {
		t.Errorf("after three guesses from a network that is known now: %+v", got)
	}
	guess(6)
	if got := e.enter(t, org, "ann", annsPassword); got.Token != "" || len(got.Next) != 1 || got.Next[0] != "magic_code" {
		t.Errorf("after six guesses: %+v", got)
	}
}

// An owner who forgot the password sets it by a mailed link, which opens no session.
func TestPasswordReset(t *testing.T) {
	e := start(t)
	in := e.login(t, "password", fmt.Sprintf(`{"email":%q,"password":"correct horse battery staple"}`, bailiwicktest.OwnerEmail))
	ask := func(email string) int {
		return e.send(t, "POST", "/bailiwick/v1/login/reset/start", fmt.Sprintf(`{"email":%q}`, email)).status
	}
	reset := func(token, password string) int {
		return e.send(t, "POST", "/bailiwick/v1/login/reset", fmt.Sprintf(`{"token":%q,"password":%q}`, token, password)).status
	}
	if ask(bailiwicktest.OwnerEmail) != 204 || ask("nobody@example.com") != 204 || ask("x") != 400 {
		t.Error("asking for a reset")
	}
	letters := e.mailed(t)
	if len(letters) != 1 || letters[0].Kind != iam.LetterPasswordReset || letters[0].Address != bailiwicktest.OwnerEmail {
		t.Fatalf("letters: %+v", letters)
	}
	token := letters[0].Secret
	for _, c := range []struct {
		token, password string
		status          int
	}{
		{token[:len(token)-1], otherPassword, 401}, {"", otherPassword, 401}, {token + ".x", otherPassword, 401},
		{token, "short", 400}, {token, otherPassword, 204}, {token, otherPassword, 401},
	} {
		if got := reset(c.token, c.password); got != c.status {
			t.Errorf("%q, %q: %d, want %d", c.token, c.password, got, c.status)
		}
	}
	if e.knows(t, in.Token) != 401 {
		t.Error("a session of before the reset goes on")
	}
	for password, want := range map[string]int{"correct horse battery staple": 401, otherPassword: 200} {
		if got := e.login(t, "password", fmt.Sprintf(`{"email":%q,"password":%q}`, bailiwicktest.OwnerEmail, password)); got.Status != want {
			t.Errorf("%q: %+v", password, got)
		}
	}
	if letters := e.mailed(t); len(letters) != 1 || letters[0].Kind != iam.LetterPasswordChanged || letters[0].Secret != "" {
		t.Errorf("letters after the reset: %+v", letters)
	}
}

// A letter that cannot be delivered comes again; one that never can does not.
func TestDelivery(t *testing.T) {
	e := start(t)
	e.send(t, "POST", "/bailiwick/v1/login/reset/start", fmt.Sprintf(`{"email":%q}`, bailiwicktest.OwnerEmail))
	tries := 0
	if err := e.Authority.Deliver(t.Context(), func(context.Context, iam.Letter) error { tries++; return fmt.Errorf("busy") }); err != nil || tries != 1 {
		t.Errorf("%d tries, %v", tries, err)
	}
	if letters := e.mailed(t); len(letters) != 0 {
		t.Error("it is tried again at once")
	}
}
