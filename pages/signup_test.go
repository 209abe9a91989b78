package pages_test

import (
	"testing"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// Somebody signs up, follows the link with the password of the sign-up, and logs in as an owner.
func TestSignUp(t *testing.T) {
	s := open(t, bailiwicktest.Options{SignUp: iam.SignUpOpen})
	b := s.browse(t)
	b.get("/sign-up")
	b.send("/sign-up", "email", "eve@example.com", "name", "eves", "password", "short")
	b.shows(400, `value="eve@example.com"`)
	b.send("/sign-up", "password", "glass-meadow-anchor-83")
	b.shows(200, "Look into your mail")
	token := s.letter(t, iam.LetterConfirmAddress)
	b.get("/sign-up/confirm")
	b.send("/sign-up/confirm", "token", token, "password", "a stranger's guess")
	b.shows(401, "This is not right")
	b.send("/sign-up/confirm", "password", "glass-meadow-anchor-83")
	b.shows(200, "Your account is made")
	if b.cookie("bailiwick-session") != "" {
		t.Error("a sign-up opens a session")
	}
	b.get("/login?as=owner")
	b.send("/login/password", "email", "eve@example.com", "password", "glass-meadow-anchor-83")
	b.shows(200, "You are signed in", "eves")

	closed := open(t, bailiwicktest.Options{}).browse(t)
	closed.get("/sign-up")
	closed.send("/sign-up", "email", "eve@example.com", "name", "eves", "password", "glass-meadow-anchor-83")
	closed.shows(403, "Sign-up is closed")
}
