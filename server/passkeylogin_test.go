package server_test

import (
	"sync"
	"sync/atomic"
	"testing"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// Everything that is wrong with an answer is the one refusal, opens nothing, and is an
// authentication event if it can be somebody's.
func TestPasskeyLoginRefused(t *testing.T) {
	e := start(t)
	owner := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	org := string(e.First.Organization.ID)
	ann, bob := e.hire(t, owner, "ann"), e.hire(t, owner, "bob")
	anns, annsID := register(t, e.with(t, e.enter(t, org, "ann", annsPassword).Token), ann.ID)
	bobs, _ := register(t, e.with(t, e.enter(t, org, "bob", annsPassword).Token), bob.ID)
	do[*sdk.OrganizationSecuritySettings](t)(owner.UpdateOrganizationSecuritySettings(&sdk.UpdateOrganizationSecuritySettingsRequest{LoginAttemptsBeforeLocked: new(uint32(50))}))
	refusal := e.send(t, "POST", "/bailiwick/v1/login/password", `{"organization":"nobody","username":"ann","password":"x"}`).body

	begin := func() string { return e.enter(t, org, "ann", annsPassword).LoginID }
	for name, c := range map[string]struct {
		second bool                          // as the second step
		change func(d *bailiwicktest.Device) // of a copy of ann's device
		body   func(loginID string, q question, d *bailiwicktest.Device) string
		reason trail.AuthenticationEventFailureReason // empty: no event
	}{
		"another page":              {change: func(d *bailiwicktest.Device) { d.Page.Origin = "https://iam.example.org" }, reason: "invalid_passkey"},
		"another page, second step": {second: true, change: func(d *bailiwicktest.Device) { d.Page.Origin = "https://iam.example.org" }, reason: "invalid_passkey"},
		"user not verified":         {change: func(d *bailiwicktest.Device) { d.Authenticator.Options.UserNotVerified = true }, reason: "passkey_uv_not_met"},
		"nobody touched it":         {second: true, change: func(d *bailiwicktest.Device) { d.Authenticator.Options.UserNotPresent = true }, reason: "invalid_passkey"},
		"a copy that counted less":  {change: func(d *bailiwicktest.Device) { d.Key.Counter = 0 }, reason: "invalid_passkey"},
		"a copy, second step":       {second: true, change: func(d *bailiwicktest.Device) { d.Key.Counter = 0 }, reason: "invalid_passkey"},
		"signed by another":         {change: func(d *bailiwicktest.Device) { d.Key.Key = bobs.Key.Key }, reason: "invalid_passkey"},
		"another's name":            {change: func(d *bailiwicktest.Device) { d.Authenticator.Options.UserHandle = []byte(bob.ID) }, reason: "invalid_passkey"},
		"unknown passkey":           {change: func(d *bailiwicktest.Device) { *d = *bailiwicktest.NewDevice(t, iam.UserID(ann.ID)) }},
		"another's passkey":         {second: true, change: func(d *bailiwicktest.Device) { *d = *bobs }, reason: "invalid_passkey"},
		"ceremony of a second step": {body: func(_ string, _ question, d *bailiwicktest.Device) string {
			q := e.askPasskey(t, begin())
			return passkeyBody("", q.CeremonyID, d.Assert(q.Options))
		}},
		"ceremony of anybody": {second: true, body: func(l string, _ question, d *bailiwicktest.Device) string {
			q := e.askPasskey(t, "")
			return passkeyBody(l, q.CeremonyID, d.Assert(q.Options))
		}, reason: "invalid_passkey"},
		"ceremony of another login": {second: true, body: func(l string, _ question, d *bailiwicktest.Device) string {
			q := e.askPasskey(t, begin())
			return passkeyBody(l, q.CeremonyID, d.Assert(q.Options))
		}, reason: "invalid_passkey"},
		"answer to another ceremony": {body: func(_ string, q question, d *bailiwicktest.Device) string {
			return passkeyBody("", q.CeremonyID, d.Assert(e.askPasskey(t, "").Options))
		}, reason: "invalid_passkey"},
		"ceremony that is made up": {body: func(_ string, _ question, d *bailiwicktest.Device) string {
			return passkeyBody("", "e30.e30", d.Assert(e.askPasskey(t, "").Options))
		}},
		"ceremony of a registration": {body: func(_ string, q question, d *bailiwicktest.Device) string {
			return passkeyBody("", e.registration(t, bob.ID, bobs), d.Assert(q.Options))
		}},
		"login that was never begun": {body: func(_ string, q question, d *bailiwicktest.Device) string {
			return passkeyBody(org+".x", q.CeremonyID, d.Assert(q.Options))
		}},
		"ceremony with a changed end": {body: func(_ string, q question, d *bailiwicktest.Device) string {
			return passkeyBody("", otherEnd(q.CeremonyID), d.Assert(q.Options))
		}},
	} {
		d := *anns
		loginID := ""
		if c.second {
			loginID = begin()
		}
		q := e.askPasskey(t, loginID)
		if c.change != nil {
			c.change(&d)
		}
		body := passkeyBody(loginID, q.CeremonyID, d.Assert(q.Options))
		if c.body != nil {
			body = c.body(loginID, q, &d)
		}
		before := len(e.attempts(t))
		got := e.send(t, "POST", "/bailiwick/v1/login/passkey", body)
		if got.status != 401 || got.body != refusal {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		var reason trail.AuthenticationEventFailureReason
		if left := e.attempts(t)[before:]; len(left) > 0 && left[len(left)-1].FailureReason != nil {
			reason = *left[len(left)-1].FailureReason
		}
		if reason != c.reason {
			t.Errorf("%s: the event says %q, want %q", name, reason, c.reason)
		}
	}
	if e.touch(t, anns, "").Status != 200 {
		t.Error("the unchanged device does not get in: the table proves nothing")
	}

	// What the organization decides binds a member, not the owner.
	do[*sdk.Organization](t)(owner.UpdateOrganizationLoginMethods(&sdk.UpdateOrganizationLoginMethodsRequest{LoginPasswordEnabled: new(false)}))
	if got := e.touch(t, anns, ""); got.Status != 401 {
		t.Errorf("passwords are off: %+v", got)
	}
	do[*sdk.Organization](t)(owner.UpdateOrganizationLoginMethods(&sdk.UpdateOrganizationLoginMethodsRequest{LoginPasswordEnabled: new(true)}))
	late := e.askPasskey(t, "")
	do[*sdk.User](t)(owner.LockUser(&sdk.LockUserRequest{UserID: ann.ID}))
	if got := e.login(t, "passkey", passkeyBody("", late.CeremonyID, anns.Assert(late.Options))); got.Status != 401 {
		t.Errorf("locked: %+v", got)
	}
	if all := e.attempts(t); *all[len(all)-1].FailureReason != trail.AuthenticationEventFailureReasonUnknownFailureReason {
		t.Errorf("locked: %+v", all[len(all)-1])
	}
	do[*sdk.User](t)(owner.UnlockUser(&sdk.UnlockUserRequest{UserID: ann.ID}))
	if got := e.touch(t, anns, ""); got.Status != 200 {
		t.Errorf("unlocked: %+v", got)
	}
	if err := owner.DeleteWebAuthnAuthenticator(&sdk.DeleteWebAuthnAuthenticatorRequest{AuthenticatorID: annsID}); err != nil {
		t.Error(err)
	}
}

// registration begins one and returns its ceremony.
func (e *edge) registration(t *testing.T, user string, d *bailiwicktest.Device) string {
	t.Helper()
	self := e.with(t, e.touch(t, d, "").Token)
	return do[*sdk.StartUserWebAuthnRegistrationResponse](t)(self.StartUserWebAuthnRegistration(&sdk.StartUserWebAuthnRegistrationRequest{UserID: user})).CeremonyID
}

// An answer is good once: again, and many times at once.
func TestPasskeyReplay(t *testing.T) {
	e := start(t)
	owner := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	ann := e.hire(t, owner, "ann")
	do[*sdk.OrganizationSecuritySettings](t)(owner.UpdateOrganizationSecuritySettings(&sdk.UpdateOrganizationSecuritySettingsRequest{LoginAttemptsBeforeLocked: new(uint32(50))}))
	self := e.with(t, e.enter(t, string(e.First.Organization.ID), "ann", annsPassword).Token)
	// Many authenticators do not count: what keeps an answer from being used again must not be
	// the counter.
	for _, counts := range []bool{true, false} {
		d := bailiwicktest.NewDevice(t, iam.UserID(ann.ID))
		if !counts {
			d.Key.Counter = 0
		}
		registerOn(t, d, self, ann.ID)
		q := e.askPasskey(t, "")
		if !counts {
			d.Key.Counter = ^uint32(0) // the next one is 0
		}
		credential := d.Assert(q.Options)
		body := passkeyBody("", q.CeremonyID, credential)
		var entered atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if e.send(t, "POST", "/bailiwick/v1/login/passkey", body).status == 200 {
					entered.Add(1)
				}
			})
		}
		wg.Wait()
		if entered.Load() != 1 {
			t.Errorf("counts %v: %d sessions of one answer", counts, entered.Load())
		}
		if got := e.login(t, "passkey", body); got.Status != 401 {
			t.Errorf("counts %v: later: %+v", counts, got)
		}
	}
}
