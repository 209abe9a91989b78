package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// proven is a member with every kind of proof.
type proven struct {
	name     string
	secret   string
	recovery []string
	device   *bailiwicktest.Device
}

func (s *stay) prove(t *testing.T, username string) proven {
	t.Helper()
	u := s.hire(t, s.api, username)
	self := s.with(t, s.enter(t, string(s.First.Organization.ID), username, annsPassword).Token)
	p := proven{name: username, secret: do[*sdk.MFAOTP](t)(self.CreateUserMFAOTP(&sdk.CreateUserMFAOTPRequest{UserID: u.ID})).Secret}
	p.recovery = do[*sdk.ValidateUserMFAOTPResponse](t)(self.ValidateUserMFAOTP(&sdk.ValidateUserMFAOTPRequest{UserID: u.ID, OneTimePassword: s.oneTime(t, p)})).RecoveryCodes
	p.device, _ = register(t, self, u.ID)
	s.clock.pass(time.Minute)
	return p
}

func (s *stay) oneTime(t *testing.T, p proven) string {
	t.Helper()
	return do[string](t)(totp.GenerateCode(p.secret, s.clock.now()))
}

// half is a login that owes the second factor.
func (s *stay) half(t *testing.T, p proven) string {
	t.Helper()
	return s.enter(t, string(s.First.Organization.ID), p.name, annsPassword).LoginID
}

// mailedTo is a login that owes a mailed code, and the code.
func (s *stay) mailedTo(t *testing.T, p proven) (id, code string) {
	t.Helper()
	id = s.login(t, "magic-code/start", fmt.Sprintf(`{"organization":%q,"username":%q}`, s.First.Organization.ID, p.name)).LoginID
	letters := s.mailed(t)
	return id, letters[len(letters)-1].Secret
}

// attemptsSeen counts the events of logins.
func (s *stay) attemptsSeen(t *testing.T) int {
	t.Helper()
	all, err := s.Store.Read(t.Context()).AuthenticationEvents(iam.AuthenticationEventFilter{OrganizationID: s.First.Organization.ID, Size: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// badProof is a proof that must be refused, and how many events it leaves: one if it is an attempt of
// somebody, none if it names nobody or no login that owes it.
type badProof struct {
	name, path, body string
	events           int
}

// oneBody is a login and a code.
func oneBody(id, code string) string { return fmt.Sprintf(`{"login_id":%q,"code":%q}`, id, code) }

// badProofs are codes, assertions, challenges and links that are malformed, used, expired, somebody
// else's or out of their turn.
func (s *stay) badProofs(t *testing.T) (all []badProof) {
	t.Helper()
	org := string(s.First.Organization.ID)
	add := func(name, path, body string, events int) {
		all = append(all, badProof{name, "/bailiwick/v1/login/" + path, body, events})
	}
	ann, bob := s.prove(t, "ann"), s.prove(t, "bob")
	used, spent := s.oneTime(t, ann), ann.recovery[0]
	s.login(t, "totp", oneBody(s.half(t, ann), used))
	s.login(t, "recovery-code", oneBody(s.half(t, ann), spent))
	done, doneCode := s.mailedTo(t, ann)
	s.login(t, "magic-code", oneBody(done, doneCode))
	late := s.half(t, ann)
	lateMail, lateCode := s.mailedTo(t, ann)
	lateAsked := s.askPasskey(t, "")
	s.send(t, "POST", "/bailiwick/v1/login/reset/start", `{"email":"zoe@example.com"}`)
	lateLink := s.mailed(t)[0].Secret
	s.clock.pass(31 * time.Minute)
	half, bobs := s.half(t, ann), s.half(t, bob)
	mailed, _ := s.mailedTo(t, ann)
	bobsMail, bobsCode := s.mailedTo(t, bob)
	fresh := s.oneTime(t, ann)
	for name, code := range map[string]string{"wrong": "000000", "used": used, "another user's": s.oneTime(t, bob), "seven digits": "1234567", "other digits": "١٢٣٤٥٦", "a recovery code": ann.recovery[1], "long": strings.Repeat("1", 5000)} {
		add("one-time password, "+name, "totp", oneBody(half, code), 1)
	}
	for name, code := range map[string]string{"wrong": "AAAA-BBBB-CCCC-DDDD", "used": spent, "another user's": bob.recovery[1], "a one-time password": fresh, "long": strings.Repeat("A", 5000)} {
		add("recovery code, "+name, "recovery-code", oneBody(half, code), 1)
	}
	for name, code := range map[string]string{"another login's": bobsCode, "seven digits": "1234567"} {
		add("mailed code, "+name, "magic-code", oneBody(mailed, code), 1)
	}
	for name, id := range map[string]string{"nobody's": org + ".nobody", "of no organization": "x.nobody", "expired": late, "over": done, "long": org + "." + strings.Repeat("x", 5000), "another organization's": string(s.zoe.Organization.ID) + "." + strings.SplitN(half, ".", 2)[1]} {
		add("a login that is "+name, "totp", oneBody(id, fresh), 0)
	}
	add("another user's login", "totp", oneBody(bobs, fresh), 1)
	add("a code out of its turn", "magic-code", oneBody(half, fresh), 0)
	add("a one-time password out of its turn", "totp", oneBody(mailed, fresh), 0)
	add("a new password out of its turn", "new-password", fmt.Sprintf(`{"login_id":%q,"password":%q}`, half, otherPassword), 0)
	add("mailed code, used", "magic-code", oneBody(done, doneCode), 0)
	add("mailed code, expired", "magic-code", oneBody(lateMail, lateCode), 0)
	add("mailed code of another's login", "magic-code", oneBody(bobsMail, lateCode), 1)
	add("link, expired", "reset", fmt.Sprintf(`{"token":%q,"password":%q}`, lateLink, otherPassword), 0)
	add("link, malformed", "reset", fmt.Sprintf(`{"token":"x","password":%q}`, otherPassword), 0)
	asked := s.askPasskey(t, "")
	add("challenge, expired", "passkey", passkeyBody("", lateAsked.CeremonyID, ann.device.Assert(lateAsked.Options)), 1)
	add("answer to another challenge", "passkey", passkeyBody("", asked.CeremonyID, ann.device.Assert(s.askPasskey(t, "").Options)), 1)
	add("passkey of nobody", "passkey", passkeyBody("", asked.CeremonyID, bailiwicktest.NewDevice(t, "nobody").Assert(asked.Options)), 0)
	add("challenge of a whole login as step", "passkey", passkeyBody(half, asked.CeremonyID, ann.device.Assert(asked.Options)), 1)
	step := s.askPasskey(t, half)
	add("challenge of a step as whole login", "passkey", passkeyBody("", step.CeremonyID, ann.device.Assert(step.Options)), 0)
	add("another user's passkey", "passkey", passkeyBody(half, step.CeremonyID, bob.device.Assert(step.Options)), 1)
	return all
}

// Every bad proof is refused with the same bytes, leaves its one event if it is somebody's attempt, and
// changes nothing. What only lacks its form is told so, and is no attempt.
func TestBadProofs(t *testing.T) {
	s := newStay(t)
	do[*sdk.OrganizationSecuritySettings](t)(s.api.UpdateOrganizationSecuritySettings(&sdk.UpdateOrganizationSecuritySettingsRequest{LoginAttemptsBeforeLocked: new(uint32(50))}))
	const refused = `{"message":"the credentials are wrong, or this user may not log in","method":"login","reason":"not_found","type":"denied_authentication"}`
	corpus := s.badProofs(t)
	before := s.digest(t)
	for _, c := range corpus {
		seen := s.attemptsSeen(t)
		if got := s.send(t, "POST", c.path, c.body); got.status != 401 || got.body != refused {
			t.Errorf("%s: %d %s", c.name, got.status, got.body)
		}
		if n := s.attemptsSeen(t) - seen; n != c.events {
			t.Errorf("%s: %d events, want %d", c.name, n, c.events)
		}
		if s.digest(t) != before {
			t.Fatalf("%s: something has changed", c.name)
		}
	}
	seen := s.attemptsSeen(t)
	for _, path := range []string{"password", "totp", "recovery-code", "magic-code", "magic-code/start", "passkey", "new-password", "reset", "reset/start", "renew"} {
		for _, body := range []string{"{}", "[]", "{", `{"login_id":1}`, `{"code":[]}`, `{"token":{}}`, `{"password":0}`, `{"login_id":"x","login_id":"y"}`, "\xff", `{"email":"\u0000"}`} {
			got := s.send(t, "POST", "/bailiwick/v1/login/"+path, body)
			if !slices.Contains([]int{400, 401}, got.status) || !strings.Contains(got.body, `"type":`) {
				t.Errorf("%s %q: %d %s", path, body, got.status, got.body)
			}
		}
	}
	if n := s.attemptsSeen(t); n != seen {
		t.Errorf("%d events of what has no form", n-seen)
	}
	if s.digest(t) != before {
		t.Error("a refusal has changed something")
	}
	t.Logf("%d proofs", len(corpus))
}
