package pages_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// letter takes the letters that wait and returns the secret of the one of a kind.
func (s *site) letter(t *testing.T, kind iam.LetterKind) (secret string) {
	t.Helper()
	if err := s.Authority.Deliver(t.Context(), func(_ context.Context, l iam.Letter) error {
		if l.Kind == kind {
			secret = l.Secret
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if secret == "" {
		t.Fatalf("no letter %s", kind)
	}
	return secret
}

// A member has a code mailed in place of its password.
func TestMagicCode(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	s.hire(t, "ann")
	b := s.browse(t)
	b.get("/login?next=%2Fsecurity")
	form := b.form("/login/password")
	form.Set("organization", s.organization())
	form.Set("username", "ann")
	b.do("POST", "/login/magic-code/start", form)
	b.shows(200, "a code is on its way")
	b.send("/login/magic-code", "code", "000000")
	b.shows(401, "This is not right", "Code from the mail")
	s.letter(t, iam.LetterMagicCode)
	b.send("/login/magic-code/start")
	secret := s.letter(t, iam.LetterMagicCode)
	b.send("/login/magic-code", "code", " "+secret[:3]+" "+secret[3:])
	b.shows(200, "Password and second factors")

	stranger := s.browse(t)
	stranger.get("/login")
	form.Set("username", "nobody")
	form.Set("csrf", stranger.cookie("bailiwick-form"))
	stranger.do("POST", "/login/magic-code/start", form)
	stranger.shows(200, "a code is on its way")
}

// An owner sets a forgotten password by the link of a letter, once.
func TestReset(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	b := s.browse(t)
	b.get("/login/reset")
	b.send("/login/reset/start", "email", "nobody@example.com")
	b.shows(200, "Look into your mail")
	b.get("/login/reset")
	b.send("/login/reset/start", "email", "not an address")
	b.shows(400, "malformed")
	b.send("/login/reset/start", "email", bailiwicktest.OwnerEmail)
	b.shows(200, "Look into your mail")
	token := s.letter(t, iam.LetterPasswordReset)

	b.get("/login/reset?token=" + url.QueryEscape(token))
	b.send("/login/reset", "password", "short")
	if b.page.status != 400 || strings.Contains(b.page.body, "short") {
		t.Errorf("a short password: %d\n%s", b.page.status, b.page.body)
	}
	b.send("/login/reset", "password", "glass-meadow-anchor-83")
	b.shows(200, "Your password is set")
	if b.cookie("bailiwick-session") != "" {
		t.Error("a reset opens a session")
	}
	b.get("/login/reset")
	b.send("/login/reset", "token", token, "password", "glass-meadow-anchor-84")
	b.shows(401, "not good any more")
	b.get("/login?as=owner")
	b.send("/login/password", "email", bailiwicktest.OwnerEmail, "password", "glass-meadow-anchor-83")
	b.shows(200, "You are signed in")
}

// Who has to set up a second factor is told, does so on a page, and is asked for it.
func TestSetUpTOTP(t *testing.T) {
	now := time.Now()
	s := open(t, bailiwicktest.Options{Clock: func() time.Time { return now }})
	s.hire(t, "ann")
	policy := iam.LoginPolicyUpdate{MFARequired: new(true)}
	if _, err := s.Authority.UpdateLoginPolicy(t.Context(), s.policyCall(t), policy); err != nil {
		t.Fatal(err)
	}
	b := s.browse(t)
	if b.get("/security"); b.page.url.RequestURI() != "/login?next=%2Fsecurity" {
		t.Errorf("a stranger is at %s", b.page.url)
	}
	b.login("ann")
	b.shows(200, "asks for a second factor")
	elsewhere := s.browse(t)
	elsewhere.login("ann")
	b.get("/security")
	b.send("/security/totp")
	b.shows(200, "data:image/png;base64,")
	secret := b.form("/security/totp/validate").Get("secret")
	b.send("/security/totp/validate", "code", "000000")
	b.shows(400, "not right", secret)
	b.send("/security/totp/validate", "code", code(t, secret, now))
	b.shows(200, "recovery codes")
	if codes := regexp.MustCompile(`<li>[^<]+</li>`).FindAllString(b.page.body, -1); len(codes) < 8 {
		t.Errorf("recovery codes: %q", codes)
	}
	b.get("/login")
	b.shows(200, "You are signed in")
	if strings.Contains(b.page.body, "asks for a second factor") {
		t.Error("the demand stays")
	}
	elsewhere.get("/login")
	elsewhere.shows(200, `action="/login/password"`)
	b.get("/security")
	b.send("/security/totp")
	b.shows(409, "set up already")
	elsewhere.login("ann")
	elsewhere.shows(200, "One more step")
}

func (s *site) policyCall(t *testing.T) iam.Call {
	t.Helper()
	call := s.AsOwner(t).Call("UpdateOrganizationSecuritySettings")
	call.Operation.Permission = "iam:security_settings:write"
	return call
}

// A new password ends the sessions elsewhere, not this one.
func TestOwnPassword(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	s.hire(t, "ann")
	b, elsewhere := s.browse(t), s.browse(t)
	b.login("ann")
	elsewhere.login("ann")
	b.get("/security")
	b.send("/security/password", "password", "ann")
	b.shows(400)
	b.send("/security/password", "password", "glass-meadow-anchor-83")
	b.shows(200, "Your password is changed")
	b.get("/login")
	b.shows(200, "You are signed in")
	elsewhere.get("/login")
	elsewhere.shows(200, `action="/login/password"`)
}

// A locked user is out at once, on the pages, too.
func TestLockedIsOut(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	ann := s.hire(t, "ann")
	b := s.browse(t)
	b.login("ann")
	if _, err := s.AsOwner(t).LockUser(ann.ID); err != nil {
		t.Fatal(err)
	}
	b.get("/login")
	b.shows(200, `action="/login/password"`)
	b.login("ann")
	b.shows(401, "This is not right")
}

// A session ends when its organization says so.
func TestSessionEnds(t *testing.T) {
	now := time.Now()
	s := open(t, bailiwicktest.Options{Clock: func() time.Time { return now }})
	s.hire(t, "ann")
	b := s.browse(t)
	b.login("ann")
	now = now.Add(s.First.Organization.Security.MaxLoginSessionDuration - time.Second)
	b.get("/login")
	b.shows(200, "You are signed in")
	now = now.Add(time.Second)
	b.get("/login")
	b.shows(200, `action="/login/password"`)
}

// A passkey is registered on the page and then logs in alone. The script's part is played by the
// virtual authenticator; the browser test plays it with a browser.
func TestPasskey(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	ann := s.hire(t, "ann")
	device := bailiwicktest.NewDevice(t, ann.ID)
	b := s.browse(t)
	b.login("ann")
	b.get("/security")
	form := b.form("/security/passkeys")
	b.do("POST", "/security/passkeys/start", url.Values{"csrf": {form.Get("csrf")}})
	var question struct {
		CeremonyID string `json:"ceremony_id"`
		Options    struct {
			PublicKey struct{ Challenge string } `json:"publicKey"`
			Challenge string
		}
	}
	if err := json.Unmarshal([]byte(b.page.body), &question); err != nil {
		t.Fatalf("%v: %s", err, b.page.body)
	}
	challenge, err := base64.RawURLEncoding.DecodeString(question.Options.Challenge + question.Options.PublicKey.Challenge)
	if err != nil || len(challenge) < 16 {
		t.Fatalf("challenge: %v in %s", err, b.page.body)
	}
	made := device.Attest(challenge)
	for name, value := range map[string][]byte{"raw_id": made.RawID, "client_data_json": made.ClientDataJSON, "attestation_object": made.AttestationObject} {
		form.Set(name, base64.RawURLEncoding.EncodeToString(value))
	}
	form.Set("ceremony_id", question.CeremonyID)
	form.Set("name", "<b>phone</b>")
	b.do("POST", "/security/passkeys", form)
	b.shows(200, "<b>phone</b>")
	if strings.Contains(b.page.body, "<b>phone") {
		t.Error("the name of a passkey is not escaped")
	}

	other := s.browse(t)
	other.get("/login")
	q, err := s.Authority.StartPasskeyLogin(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	other.get("/login")
	other.send("/login/passkey", "ceremony_id", q.CeremonyID, "credential", device.Assert(q.Options))
	other.shows(200, "You are signed in", "ann")
	other.get("/login")
	other.send("/logout")
	other.get("/login")
	other.send("/login/passkey", "ceremony_id", q.CeremonyID, "credential", "{}")
	other.shows(400)

	b.get("/security")
	b.send("/security/passkeys/delete")
	b.shows(200)
	if strings.Contains(html.UnescapeString(b.page.body), "<b>phone</b>") {
		t.Error("a removed passkey is still there")
	}
}
