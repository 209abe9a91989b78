package identity

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoginRefuses(t *testing.T) {
	p, d := testPasskeys(t), newDevice(string(testUser().Handle))
	u := testUser(register(t, p, d, testUser()))
	stranger := newDevice(string(u.Handle))
	type attempt struct {
		find     func(handle, id []byte) (PasskeyUser, error)
		ceremony Ceremony
		answer   PasskeyAssertion
		at       time.Time
	}
	try := func(known bool, before func(*device), after func(*attempt)) error {
		t.Helper()
		copied := *d
		copied.key.Counter++
		if before != nil {
			before(&copied)
		}
		var named *PasskeyUser
		if known {
			named = &u
		}
		options, ceremony, err := p.BeginLogin(named, UserVerificationRequired, "", passkeyTime)
		if err != nil {
			t.Fatal(err)
		}
		a := &attempt{only(u), ceremony, copied.assert(t, options), passkeyTime.Add(time.Minute)}
		if after != nil {
			after(a)
		}
		login, err := p.FinishLogin(a.ceremony, a.answer, a.find, a.at)
		if err != nil && !cmp.Equal(login, PasskeyLogin{}) {
			t.Errorf("a login beside the error %v: %+v", err, login)
		}
		return err
	}
	for _, known := range []bool{false, true} {
		if err := try(known, nil, nil); err != nil {
			t.Fatalf("the unchanged answer: %v; the table proves nothing", err)
		}
	}
	database := errors.New("the database is away")
	other := testUser(u.Passkeys...)
	other.Handle = []byte("22222222-2222-4222-8222-222222222222")
	for name, c := range map[string]struct {
		before func(*device)
		after  func(*attempt)
		want   error
	}{
		"page of an attacker":        {before: func(d *device) { d.page.Origin = "https://iam.example.org" }},
		"page without TLS":           {before: func(d *device) { d.page.Origin = "http://iam.example.com" }},
		"other page than begun at":   {after: func(a *attempt) { a.ceremony.Origin = "https://login.example.com:8443" }},
		"another relying party":      {before: func(d *device) { d.page.ID = "example.org" }},
		"nobody touched it":          {before: func(d *device) { d.auth.Options.UserNotPresent = true }},
		"user not verified":          {before: func(d *device) { d.auth.Options.UserNotVerified = true }},
		"no longer eligible":         {before: func(d *device) { d.auth.Options.BackupEligible, d.auth.Options.BackupState = false, false }},
		"backed up but not eligible": {before: func(d *device) { d.auth.Options.BackupEligible = false }},
		"signed by a stranger":       {before: func(d *device) { d.key.Key = stranger.key.Key }},
		"unknown passkey":            {before: func(d *device) { d.key = stranger.key }, want: ErrUnknownPasskey},
		"ceremony of a registration": {after: func(a *attempt) { a.ceremony.Kind = PasskeyRegistering }},
		"no ceremony":                {after: func(a *attempt) { a.ceremony = Ceremony{} }},
		"no challenge":               {after: func(a *attempt) { a.ceremony.Challenge = nil }},
		"another challenge":          {after: func(a *attempt) { a.ceremony.Challenge = bytes.Repeat([]byte{1}, 32) }},
		"too late":                   {after: func(a *attempt) { a.at = passkeyTime.Add(PasskeyTimeout) }, want: ErrCeremonyExpired},
		"never expires":              {after: func(a *attempt) { a.ceremony.ExpiresAt = time.Time{} }, want: ErrCeremonyExpired},
		"client data of registration": {after: func(a *attempt) {
			a.answer.ClientDataJSON = bytes.Replace(a.answer.ClientDataJSON, []byte("webauthn.get"), []byte("webauthn.create"), 1)
		}},
		"no client data": {after: func(a *attempt) { a.answer.ClientDataJSON = nil }},
		"no data":        {after: func(a *attempt) { a.answer.AuthenticatorData = nil }},
		"huge data":      {after: func(a *attempt) { a.answer.AuthenticatorData = make([]byte, maxAttestation+1) }},
		"no signature":   {after: func(a *attempt) { a.answer.Signature = nil }},
		"no id":          {after: func(a *attempt) { a.answer.RawID = nil }},
		"long id":        {after: func(a *attempt) { a.answer.RawID = make([]byte, maxPasskeyID+1) }},
		"handle of another": {after: func(a *attempt) {
			a.answer.UserHandle = other.Handle
			a.find = func(handle, _ []byte) (PasskeyUser, error) {
				if bytes.Equal(handle, other.Handle) {
					return PasskeyUser{Handle: other.Handle}, nil
				}
				return u, nil
			}
		}},
		"user is gone":             {after: func(a *attempt) { a.find = only(other) }, want: ErrUnknownPasskey},
		"passkey was deleted":      {after: func(a *attempt) { a.find = only(testUser()) }, want: ErrUnknownPasskey},
		"find gives somebody else": {after: func(a *attempt) { a.find = func(_, _ []byte) (PasskeyUser, error) { return other, nil } }, want: ErrUnknownPasskey},
		"database is away":         {after: func(a *attempt) { a.find = func(_, _ []byte) (PasskeyUser, error) { return PasskeyUser{}, database } }, want: database},
	} {
		for _, known := range []bool{false, true} {
			want := c.want
			switch {
			case name == "handle of another" && !known:
				want = ErrUnknownPasskey // that user has no such passkey
			case want == nil:
				want = ErrPasskey
			}
			if err := try(known, c.before, c.after); !errors.Is(err, want) {
				t.Errorf("%s, known user %v: %v, want %v", name, known, err, want)
			}
		}
	}
	noHandle := func(a *attempt) { a.answer.UserHandle = nil }
	if err := try(true, nil, noHandle); err != nil {
		t.Errorf("known user, no handle in the answer: %v", err)
	}
	if err := try(false, nil, noHandle); !errors.Is(err, ErrUnknownPasskey) {
		t.Errorf("unknown user, no handle in the answer: %v", err)
	}
	mine := func(a *attempt) { a.ceremony.Allowed = [][]byte{[]byte("another")} }
	if err := try(true, nil, mine); !errors.Is(err, ErrPasskey) {
		t.Errorf("a passkey that was not asked for: %v", err)
	}
}

// Each bit of what is signed, and of the signature.
func TestChangedBitsOfAnAssertion(t *testing.T) {
	p, d := testPasskeys(t), newDevice(string(testUser().Handle))
	u := testUser(register(t, p, d, testUser()))
	options, ceremony, err := p.BeginLogin(nil, UserVerificationPreferred, "", passkeyTime)
	if err != nil {
		t.Fatal(err)
	}
	d.key.Counter++
	answer := d.assert(t, options)
	if _, err := p.FinishLogin(ceremony, answer, only(u), passkeyTime); err != nil {
		t.Fatal(err)
	}
	for name, part := range map[string]func(*PasskeyAssertion) *[]byte{
		"client data": func(a *PasskeyAssertion) *[]byte { return &a.ClientDataJSON }, "data": func(a *PasskeyAssertion) *[]byte { return &a.AuthenticatorData },
		"signature": func(a *PasskeyAssertion) *[]byte { return &a.Signature }, "id": func(a *PasskeyAssertion) *[]byte { return &a.RawID },
		"handle": func(a *PasskeyAssertion) *[]byte { return &a.UserHandle },
	} {
		original := *part(&answer)
		refused := func(what string, changed []byte) {
			t.Helper()
			copied := answer
			*part(&copied) = changed
			if login, err := p.FinishLogin(ceremony, copied, only(u), passkeyTime); err == nil {
				t.Errorf("%s, %s: accepted as %+v", name, what, login)
			}
		}
		for bit := range len(original) * 8 {
			changed := slices.Clone(original)
			changed[bit/8] ^= 1 << (bit % 8)
			refused(fmt.Sprintf("bit %d flipped", bit), changed)
		}
		for n := range original {
			refused(fmt.Sprintf("cut to %d", n), original[:n])
		}
		refused("a byte more", append(slices.Clone(original), 0))
	}
}

func FuzzPasskeyAnswers(f *testing.F) {
	p, d := testPasskeys(f), newDevice(string(testUser().Handle))
	u := testUser(register(f, p, d, testUser()))
	options, login, err := p.BeginLogin(nil, UserVerificationRequired, "", passkeyTime)
	if err != nil {
		f.Fatal(err)
	}
	registration, registering, err := p.BeginRegistration(u, UserVerificationRequired, "", passkeyTime)
	if err != nil {
		f.Fatal(err)
	}
	valid, attestation := d.assert(f, options), d.attest(f, registration.Options)
	f.Add(valid.RawID, valid.ClientDataJSON, valid.AuthenticatorData, valid.Signature, valid.UserHandle)
	f.Add(attestation.RawID, attestation.ClientDataJSON, attestation.AttestationObject, []byte("usb"), []byte{})
	f.Add([]byte{}, []byte("{}"), []byte{0xa0}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, id, clientData, data, signature, handle []byte) {
		answer := PasskeyAssertion{id, clientData, data, signature, handle}
		if got, err := p.FinishLogin(login, answer, only(u), passkeyTime); err == nil && !cmp.Equal(answer, valid) {
			t.Fatalf("accepted %+v as %+v", answer, got)
		}
		// Nobody but the device can make the attested answer, but what needs no key anybody
		// can: the registration of a passkey of one's own. It must only never be this one.
		created, err := p.FinishRegistration(u, registering, PasskeyAttestation{id, clientData, data, []string{string(signature)}}, passkeyTime)
		if err == nil && bytes.Equal(created.ID, d.key.ID) {
			t.Fatalf("registered again: %+v", created)
		}
	})
}

func FuzzParsePasskeyJSON(f *testing.F) {
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA","userHandle":"AA"}}`))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"clientExtensionResults":{"appid":true}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if answer, err := ParsePasskeyAssertion(data); (err == nil) == (len(answer.RawID) == 0) || (err != nil && !errors.Is(err, ErrPasskey)) {
			t.Fatalf("assertion %+v, %v", answer, err)
		}
		if answer, err := ParsePasskeyAttestation(data); (err == nil) == (len(answer.RawID) == 0) || (err != nil && !errors.Is(err, ErrPasskey)) {
			t.Fatalf("attestation %+v, %v", answer, err)
		}
	})
}
