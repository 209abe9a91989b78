package pages_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"bailiwick/authority"
	"bailiwick/bailiwicktest"
)

// A member logs in with its password, sees who it is, and signs out.
func TestPasswordLogin(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	s.hire(t, "ann")
	b := s.browse(t)
	b.get("/login")
	b.shows(200, "Sign in", "Organization")
	b.send("/login/password", "organization", s.organization(), "username", "ann", "password", "wrong password")
	b.shows(401, "This is not right", `value="ann"`)
	if strings.Contains(b.page.body, "wrong password") || b.cookie("bailiwick-session") != "" {
		t.Errorf("after a wrong password:\n%s", b.page.body)
	}
	b.send("/login/password", "password", annsPassword)
	b.shows(200, "You are signed in", "ann", "default")
	cookie := b.cookie("bailiwick-session")
	if got := b.do("GET", "/iam/v1alpha1/jwts", nil); got.status != 401 {
		t.Errorf("an API takes the cookie of the pages: %d", got.status)
	}
	if got := b.do("GET", "/iam/v1alpha1/jwts", nil, "X-Session-Token", cookie); got.status != 401 {
		t.Errorf("an API takes the cookie as a session token: %d", got.status)
	}
	b.get("/login")
	b.send("/logout")
	b.shows(200, "You are signed out")
	old := s.browse(t)
	old.do("GET", "/login", nil, "Cookie", "bailiwick-session="+cookie)
	if old.shows(200, `action="/login/password"`); b.cookie("bailiwick-session") != "" {
		t.Error("the cookie of a session that was ended still shows it, or stays")
	}
}

// An owner logs in with its address.
func TestOwnerLogin(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	b := s.browse(t)
	b.get("/login?as=owner")
	b.send("/login/password", "email", bailiwicktest.OwnerEmail, "password", ownersPassword)
	b.shows(200, "You are signed in")
}

// With one-time passwords set up, the password alone opens nothing.
func TestSecondFactor(t *testing.T) {
	now := time.Now()
	s := open(t, bailiwicktest.Options{Clock: func() time.Time { return now }})
	ann := s.hire(t, "ann")
	runner := s.AsUser(t, ann)
	secret, err := s.Authority.CreateUserMFAOTP(t.Context(), runner.Call("CreateUserMFAOTP"), ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	codes, err := s.Authority.ValidateUserMFAOTP(t.Context(), runner.Call("ValidateUserMFAOTP"), ann.ID, code(t, secret, now))
	if err != nil {
		t.Fatal(err)
	}
	b := s.browse(t)
	b.login("ann")
	b.shows(200, "One more step", "authenticator app")
	b.send("/login/totp", "code", "000000")
	b.shows(401, "This is not right", "authenticator app")
	now = now.Add(30 * time.Second)
	b.send("/login/totp", "code", code(t, secret, now))
	b.shows(200, "You are signed in")

	other := s.browse(t)
	other.login("ann")
	form := other.form("/login/totp")
	form.Set("steps", "new_password")
	form.Set("password", "another fine password here")
	if other.do("POST", "/login/new-password", form); other.page.status != 401 || other.cookie("bailiwick-session") != "" {
		t.Errorf("a changed field takes a login past its second factor: %d", other.page.status)
	}
	other.login("ann")
	other.send("/login/recovery-code", "code", codes[0])
	other.shows(200, "You are signed in")
}

func code(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	c, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A program on the user's machine gets a session of its own, after a click.
func TestAuthenticate(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	ann := s.hire(t, "ann")
	b := s.browse(t)
	path := "/authenticate?redirectToUrl=" + url.QueryEscape("http://localhost:41234/callback")
	b.get(path)
	b.shows(200, `action="/login/password"`)
	b.send("/login/password", "organization", s.organization(), "username", "ann", "password", annsPassword)
	b.shows(200, "Sign in a program?", "http://localhost:41234", "127.0.0.1", "ann")
	if location := b.page.header.Get("Location"); location != "" {
		t.Errorf("without a click the browser goes to %s", location)
	}
	b.send("/authenticate")
	location, err := b.page.header["Location"], error(nil)
	if b.page.status != 303 || len(location) != 1 || !strings.HasPrefix(location[0], "http://localhost:41234/callback?token=") {
		t.Fatalf("%d %q", b.page.status, location)
	}
	target, err := url.Parse(location[0])
	if err != nil {
		t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(target.Query().Get("token"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		JWT struct {
			AudienceID, IssuerID, JTI, IP, UserAgent string
			CreatedAt, UpdatedAt, ExpiresAt          time.Time
		}
		RenewToken, Token string
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	caller, err := s.Authority.Authenticate(t.Context(), authority.Credential{Kind: authority.SessionToken, Value: got.Token})
	if err != nil || caller.Principal != ann.ID.Principal() || got.JWT.AudienceID != string(ann.ID) || got.JWT.IssuerID != string(ann.ID) || got.JWT.JTI != string(caller.Session) ||
		got.JWT.IP != "127.0.0.1" || got.RenewToken == "" || !got.JWT.ExpiresAt.After(got.JWT.CreatedAt) {
		t.Errorf("%v: the session is %+v", err, got)
	}
	b.get("/login")
	b.send("/logout")
	if _, err := s.Authority.Authenticate(t.Context(), authority.Credential{Kind: authority.SessionToken, Value: got.Token}); err != nil {
		t.Errorf("signing out on the page ends the program's session: %v", err)
	}
}
