package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// question is the answer to the start of a login with a passkey.
type question struct {
	Status     int
	CeremonyID string `json:"ceremony_id"`
	Options    json.RawMessage
}

func (e *edge) askPasskey(t *testing.T, loginID string) (q question) {
	t.Helper()
	got := e.send(t, "POST", "/bailiwick/v1/login/passkey/start", fmt.Sprintf(`{"login_id":%q}`, loginID))
	if err := json.Unmarshal([]byte(got.body), &q); err != nil {
		t.Fatalf("%v: %s", err, got.body)
	}
	q.Status = got.status
	return q
}

func passkeyBody(loginID, ceremonyID, credential string) string {
	return fmt.Sprintf(`{"login_id":%q,"ceremony_id":%q,"credential":%s}`, loginID, ceremonyID, credential)
}

// touch logs in with a device: as the step of a login, or alone.
func (e *edge) touch(t *testing.T, d *bailiwicktest.Device, loginID string) login {
	t.Helper()
	q := e.askPasskey(t, loginID)
	return e.login(t, "passkey", passkeyBody(loginID, q.CeremonyID, d.Assert(q.Options)))
}

// with returns the API as the user of a session.
func (e *edge) with(t *testing.T, token string) *sdk.API {
	t.Helper()
	client, err := scw.NewClient(scw.WithAPIURL(e.url), scw.WithJWT(token), scw.WithDefaultOrganizationID(string(e.First.Organization.ID)))
	if err != nil {
		t.Fatal(err)
	}
	return sdk.NewAPI(client)
}

// is reports whether a session is a member's: it may read nobody but itself.
func (e *edge) is(t *testing.T, token, user string) bool {
	t.Helper()
	return failed(e.with(t, token).GetUser(&sdk.GetUserRequest{UserID: user})) == nil
}

// finish is the request that ends a registration on a device.
func finish(d *bailiwicktest.Device, user string, begun *sdk.StartUserWebAuthnRegistrationResponse) *sdk.FinishUserWebAuthnRegistrationRequest {
	answer := d.Attest(begun.Challenge)
	return &sdk.FinishUserWebAuthnRegistrationRequest{
		UserID: user, CeremonyID: begun.CeremonyID, AuthenticatorName: answer.Name, Origin: bailiwicktest.PublicURL,
		RawID: answer.RawID, ClientDataJSON: answer.ClientDataJSON, AttestationObject: answer.AttestationObject,
	}
}

// register gives a user a passkey.
func register(t *testing.T, self *sdk.API, user string) (*bailiwicktest.Device, string) {
	t.Helper()
	d := bailiwicktest.NewDevice(t, iam.UserID(user))
	return d, registerOn(t, d, self, user)
}

func registerOn(t *testing.T, d *bailiwicktest.Device, self *sdk.API, user string) string {
	t.Helper()
	begun := do[*sdk.StartUserWebAuthnRegistrationResponse](t)(self.StartUserWebAuthnRegistration(&sdk.StartUserWebAuthnRegistrationRequest{UserID: user}))
	return do[*sdk.FinishUserWebAuthnRegistrationResponse](t)(self.FinishUserWebAuthnRegistration(finish(d, user, begun))).AuthenticatorID
}

// A member registers a passkey, logs in with it as second step and alone, renames it, and a
// manager who takes it away; each change ends the member's other sessions.
func TestPasskeys(t *testing.T) {
	e := start(t)
	owner := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	org := string(e.First.Organization.ID)
	ann := e.hire(t, owner, "ann")
	first, other := e.enter(t, org, "ann", annsPassword), e.enter(t, org, "ann", annsPassword)
	self := e.with(t, first.Token)

	begun := do[*sdk.StartUserWebAuthnRegistrationResponse](t)(self.StartUserWebAuthnRegistration(&sdk.StartUserWebAuthnRegistrationRequest{UserID: ann.ID, Origin: bailiwicktest.PublicURL}))
	if len(begun.Challenge) < 32 || len(begun.PublicKeyAlgorithms) != 3 || begun.Timeout.Seconds != 300 || len(begun.ExcludeCredentials) != 0 {
		t.Errorf("registration: %+v", begun)
	}
	if e.knows(t, other.Token) != 200 || do[*sdk.User](t)(self.GetUser(&sdk.GetUserRequest{UserID: ann.ID})).Mfa {
		t.Error("a registration that is only begun has an effect")
	}
	d, id := register(t, self, ann.ID)
	if e.knows(t, first.Token) != 200 || e.knows(t, other.Token) != 401 {
		t.Errorf("own session %d, other session %d", e.knows(t, first.Token), e.knows(t, other.Token))
	}
	if !do[*sdk.User](t)(owner.GetUser(&sdk.GetUserRequest{UserID: ann.ID})).Mfa {
		t.Error("the passkey is no second factor")
	}
	again := do[*sdk.StartUserWebAuthnRegistrationResponse](t)(self.StartUserWebAuthnRegistration(&sdk.StartUserWebAuthnRegistrationRequest{UserID: ann.ID}))
	if len(again.ExcludeCredentials) != 1 || string(again.ExcludeCredentials[0]) != string(d.Key.ID) {
		t.Errorf("excluded: %q", again.ExcludeCredentials)
	}

	step := e.enter(t, org, "ann", annsPassword)
	if !cmp.Equal(step.Next, []string{"passkey"}) || step.Token != "" {
		t.Fatalf("after the password: %+v", step)
	}
	if got := e.login(t, "totp", fmt.Sprintf(`{"login_id":%q,"code":"123456"}`, step.LoginID)); got.Status != 401 {
		t.Errorf("a proof that is not asked for: %+v", got)
	}
	if got := e.touch(t, d, step.LoginID); got.Status != 200 || !e.is(t, got.Token, ann.ID) {
		t.Errorf("second step: %+v", got)
	}
	if got := e.touch(t, d, ""); got.Status != 200 || !e.is(t, got.Token, ann.ID) {
		t.Errorf("alone: %+v", got)
	}

	renamed := do[*sdk.WebAuthnAuthenticator](t)(self.UpdateWebAuthnAuthenticator(&sdk.UpdateWebAuthnAuthenticatorRequest{AuthenticatorID: id, AuthenticatorName: new("blue key")}))
	listed := do[*sdk.ListUserWebAuthnAuthenticatorsResponse](t)(owner.ListUserWebAuthnAuthenticators(&sdk.ListUserWebAuthnAuthenticatorsRequest{UserID: ann.ID}))
	if listed.TotalCount != 1 || !cmp.Equal(listed.Authenticators[0], renamed) || renamed.Name != "blue key" || renamed.LastLoginAt == nil || !renamed.LastLoginAt.After(*renamed.CreatedAt) {
		t.Errorf("listed %+v, renamed %+v", listed.Authenticators, renamed)
	}
	for what, err := range map[string]error{
		"somebody else's start": failed(owner.StartUserWebAuthnRegistration(&sdk.StartUserWebAuthnRegistrationRequest{UserID: ann.ID})),
		"somebody else's name":  failed(owner.UpdateWebAuthnAuthenticator(&sdk.UpdateWebAuthnAuthenticatorRequest{AuthenticatorID: id, AuthenticatorName: new("mine")})),
		"empty name":            failed(self.UpdateWebAuthnAuthenticator(&sdk.UpdateWebAuthnAuthenticatorRequest{AuthenticatorID: id, AuthenticatorName: new("")})),
	} {
		if err == nil {
			t.Error(what)
		}
	}

	e.addTOTP(t, self, ann.ID, d)
	if err := owner.DeleteWebAuthnAuthenticator(&sdk.DeleteWebAuthnAuthenticatorRequest{AuthenticatorID: id}); err != nil {
		t.Fatal(err)
	}
	if u := do[*sdk.User](t)(owner.GetUser(&sdk.GetUserRequest{UserID: ann.ID})); !u.Mfa || e.knows(t, first.Token) != 401 {
		t.Errorf("after the removal: MFA %v, session %d", u.Mfa, e.knows(t, first.Token))
	}
	if step := e.enter(t, org, "ann", annsPassword); !cmp.Equal(step.Next, []string{"totp"}) {
		t.Errorf("after the removal: %+v", step)
	}
	if got := e.touch(t, d, ""); got.Status != 401 {
		t.Errorf("with a passkey that was removed: %+v", got)
	}
	e.wantPasskeyEvents(t)
}

// addTOTP adds one-time passwords to a passkey: each login asks for either.
func (e *edge) addTOTP(t *testing.T, self *sdk.API, user string, d *bailiwicktest.Device) {
	t.Helper()
	secret := do[*sdk.MFAOTP](t)(self.CreateUserMFAOTP(&sdk.CreateUserMFAOTPRequest{UserID: user})).Secret
	code := func(ago time.Duration) string { return do[string](t)(totp.GenerateCode(secret, time.Now().Add(-ago))) }
	do[*sdk.ValidateUserMFAOTPResponse](t)(self.ValidateUserMFAOTP(&sdk.ValidateUserMFAOTPRequest{UserID: user, OneTimePassword: code(30 * time.Second)}))
	for name, take := range map[string]func(loginID string) login{
		"passkey": func(id string) login { return e.touch(t, d, id) },
		"totp": func(id string) login {
			return e.login(t, "totp", fmt.Sprintf(`{"login_id":%q,"code":%q}`, id, code(0)))
		},
	} {
		step := e.enter(t, string(e.First.Organization.ID), "ann", annsPassword)
		if !cmp.Equal(step.Next, []string{"passkey", "totp"}) {
			t.Errorf("with both: %+v", step)
		}
		if got := take(step.LoginID); got.Status != 200 || got.Token == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// wantPasskeyEvents looks for each way of TestPasskeys in the authentication events, and for what
// must not be in the audit trail.
func (e *edge) wantPasskeyEvents(t *testing.T) {
	t.Helper()
	seen := map[string]int{}
	for _, a := range e.attempts(t) {
		text := string(a.Method) + " " + string(a.Result)
		if a.MfaType != nil {
			text += " " + string(*a.MfaType)
		}
		if a.FailureReason != nil {
			text += " " + string(*a.FailureReason)
		}
		seen[text]++
	}
	// A passkey that is gone names nobody; the one-time password was not asked for.
	if want := map[string]int{"password success": 2, "password success webauthn": 2, "passkey success webauthn": 1, "password success totp": 1}; !cmp.Equal(seen, want) {
		t.Errorf("authentication events (-want +got):\n%s", cmp.Diff(want, seen))
	}
	events := do[*trail.ListEventsResponse](t)(trail.NewAPI(e.as(t, e.First.APIKey.SecretKey)).ListEvents(&trail.ListEventsRequest{PageSize: new(uint32(1000))}))
	text, err := json.Marshal(events)
	if err != nil || !strings.Contains(string(text), "FinishUserWebAuthnRegistration") || strings.Contains(string(text), "client_data_json\":\"ey") {
		t.Errorf("audit trail: %v, %s", err, text)
	}
}

// failed returns the error of a call.
func failed[T any](_ T, err error) error { return err }

// What is wrong with a registration is told, changes nothing, and gives nobody a passkey.
func TestPasskeyRegistrationRefused(t *testing.T) {
	e := start(t)
	owner := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	org := string(e.First.Organization.ID)
	ann, bob := e.hire(t, owner, "ann"), e.hire(t, owner, "bob")
	self, other := e.with(t, e.enter(t, org, "ann", annsPassword).Token), e.with(t, e.enter(t, org, "bob", annsPassword).Token)
	begin := func(api *sdk.API, user string) *sdk.StartUserWebAuthnRegistrationResponse {
		t.Helper()
		return do[*sdk.StartUserWebAuthnRegistrationResponse](t)(api.StartUserWebAuthnRegistration(&sdk.StartUserWebAuthnRegistrationRequest{UserID: user}))
	}
	bobs := begin(other, bob.ID)
	taken, _ := register(t, other, bob.ID)
	for name, c := range map[string]struct {
		want   string
		change func(d *bailiwicktest.Device, r *sdk.FinishUserWebAuthnRegistrationRequest)
	}{
		"another page": {"attestation_object", func(d *bailiwicktest.Device, r *sdk.FinishUserWebAuthnRegistrationRequest) {
			d.Page.Origin = "https://iam.example.org"
			*r = *finish(d, ann.ID, begin(self, ann.ID))
		}},
		"another's ceremony": {"ceremony_id", func(d *bailiwicktest.Device, r *sdk.FinishUserWebAuthnRegistrationRequest) {
			*r = *finish(d, ann.ID, bobs)
		}},
		"ceremony of a login": {"ceremony_id", func(_ *bailiwicktest.Device, r *sdk.FinishUserWebAuthnRegistrationRequest) {
			r.CeremonyID = e.askPasskey(t, "").CeremonyID
		}},
		"no ceremony": {"ceremony_id", func(_ *bailiwicktest.Device, r *sdk.FinishUserWebAuthnRegistrationRequest) { r.CeremonyID = "" }},
		"another challenge": {"attestation_object", func(_ *bailiwicktest.Device, r *sdk.FinishUserWebAuthnRegistrationRequest) {
			r.CeremonyID = begin(self, ann.ID).CeremonyID
		}},
		"no name": {"authenticator_name", func(_ *bailiwicktest.Device, r *sdk.FinishUserWebAuthnRegistrationRequest) { r.AuthenticatorName = "" }},
		"long name": {"authenticator_name", func(_ *bailiwicktest.Device, r *sdk.FinishUserWebAuthnRegistrationRequest) {
			r.AuthenticatorName = strings.Repeat("x", 257)
		}},
		"no answer": {"attestation_object", func(_ *bailiwicktest.Device, r *sdk.FinishUserWebAuthnRegistrationRequest) { r.AttestationObject = nil }},
		"another's passkey": {"already_exists", func(d *bailiwicktest.Device, r *sdk.FinishUserWebAuthnRegistrationRequest) {
			d.Key = taken.Key
			*r = *finish(d, ann.ID, begin(self, ann.ID))
		}},
		"for somebody else": {`"action":"create"`, func(d *bailiwicktest.Device, r *sdk.FinishUserWebAuthnRegistrationRequest) {
			*r = *finish(d, bob.ID, bobs)
		}},
		"id that is not the passkey": {"attestation_object", func(_ *bailiwicktest.Device, r *sdk.FinishUserWebAuthnRegistrationRequest) {
			r.RawID = []byte("another")
		}},
	} {
		d := bailiwicktest.NewDevice(t, iam.UserID(ann.ID))
		r := finish(d, ann.ID, begin(self, ann.ID))
		c.change(d, r)
		text, err := json.Marshal(failed(self.FinishUserWebAuthnRegistration(r)))
		if err != nil || !strings.Contains(string(text), c.want) {
			t.Errorf("%s: %s (%v), want %s", name, text, err, c.want)
		}
	}
	if err := failed(self.StartUserWebAuthnRegistration(&sdk.StartUserWebAuthnRegistrationRequest{UserID: ann.ID, Origin: "https://evil.example"})); err == nil {
		t.Error("another origin")
	}
	begun := begin(self, ann.ID)
	d := bailiwicktest.NewDevice(t, iam.UserID(ann.ID))
	r := finish(d, ann.ID, begun)
	do[*sdk.FinishUserWebAuthnRegistrationResponse](t)(self.FinishUserWebAuthnRegistration(r))
	if err := failed(self.FinishUserWebAuthnRegistration(r)); err == nil || !strings.Contains(err.Error(), "precondition") {
		t.Errorf("twice: %v", err)
	}
	if err := failed(self.FinishUserWebAuthnRegistration(finish(bailiwicktest.NewDevice(t, iam.UserID(ann.ID)), ann.ID, begun))); err == nil {
		t.Error("a second device with a used ceremony")
	}
	if n := do[*sdk.ListUserWebAuthnAuthenticatorsResponse](t)(self.ListUserWebAuthnAuthenticators(&sdk.ListUserWebAuthnAuthenticatorsRequest{UserID: ann.ID})).TotalCount; n != 1 {
		t.Errorf("%d passkeys", n)
	}
}
