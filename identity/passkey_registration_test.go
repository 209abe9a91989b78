package identity

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/google/go-cmp/cmp"
)

// recode changes the CBOR of an attestation object.
func recode(t testing.TB, object []byte, change func(map[string]any)) []byte {
	t.Helper()
	var decoded map[string]any
	if err := webauthncbor.Unmarshal(object, &decoded); err != nil {
		t.Fatal(err)
	}
	change(decoded)
	text, err := webauthncbor.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRegistrationRefuses(t *testing.T) {
	p := testPasskeys(t)
	u := testUser()
	type attempt struct {
		device   *device
		user     PasskeyUser
		ceremony Ceremony
		answer   PasskeyAttestation
		at       time.Time
	}
	try := func(before func(*device), after func(*attempt)) error {
		t.Helper()
		d := newDevice(string(u.Handle))
		if before != nil {
			before(d)
		}
		registration, ceremony, err := p.BeginRegistration(u, UserVerificationRequired, "", passkeyTime)
		if err != nil {
			t.Fatal(err)
		}
		a := &attempt{d, u, ceremony, d.attest(t, registration.Options), passkeyTime.Add(time.Minute)}
		if after != nil {
			after(a)
		}
		passkey, err := p.FinishRegistration(a.user, a.ceremony, a.answer, a.at)
		if err != nil && !cmp.Equal(passkey, Passkey{}) {
			t.Errorf("a passkey beside the error %v: %+v", err, passkey)
		}
		return err
	}
	if err := try(nil, nil); err != nil {
		t.Fatalf("the unchanged answer: %v; the table proves nothing", err)
	}
	object := func(change func(map[string]any)) func(*attempt) {
		return func(a *attempt) { a.answer.AttestationObject = recode(t, a.answer.AttestationObject, change) }
	}
	if err := try(nil, object(unattested)); err != nil {
		t.Errorf("without attestation: %v", err)
	}
	_, other, err := p.BeginRegistration(u, UserVerificationRequired, "", passkeyTime)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		before func(*device)
		after  func(*attempt)
		want   error
	}{
		"page of an attacker":        {before: func(d *device) { d.page.Origin = "https://iam.example.com.evil.org" }},
		"page without TLS":           {before: func(d *device) { d.page.Origin = "http://iam.example.com" }},
		"another port":               {before: func(d *device) { d.page.Origin = "https://iam.example.com:8443" }},
		"page in another subdomain":  {before: func(d *device) { d.page.Origin = "https://evil.example.com" }},
		"other page than begun at":   {after: func(a *attempt) { a.ceremony.Origin = "https://login.example.com:8443" }},
		"another relying party":      {before: func(d *device) { d.page.ID = "iam.example.com" }},
		"nobody touched it":          {before: func(d *device) { d.auth.Options.UserNotPresent = true }},
		"user not verified":          {before: func(d *device) { d.auth.Options.UserNotVerified = true }},
		"backed up but not eligible": {before: func(d *device) { d.auth.Options.BackupEligible = false }},
		"challenge of another":       {after: func(a *attempt) { a.ceremony = other }},
		"no challenge":               {after: func(a *attempt) { a.ceremony.Challenge = nil }},
		"no ceremony":                {after: func(a *attempt) { a.ceremony = Ceremony{} }},
		"ceremony of a login":        {after: func(a *attempt) { a.ceremony.Kind = PasskeyLoggingIn }},
		"verification forgotten":     {after: func(a *attempt) { a.ceremony.UserVerification = "" }},
		"another user":               {after: func(a *attempt) { a.user.Handle = []byte("22222222-2222-4222-8222-222222222222") }},
		"too late":                   {after: func(a *attempt) { a.at = passkeyTime.Add(PasskeyTimeout) }, want: ErrCeremonyExpired},
		"never expires":              {after: func(a *attempt) { a.ceremony.ExpiresAt = time.Time{} }, want: ErrCeremonyExpired},
		"registered already":         {after: func(a *attempt) { a.user.Passkeys = []Passkey{{ID: a.device.key.ID}} }},
		"id of another passkey":      {after: func(a *attempt) { a.answer.RawID = []byte("another") }},
		"no id":                      {after: func(a *attempt) { a.answer.RawID = nil }},
		"long id":                    {after: func(a *attempt) { a.answer.RawID = make([]byte, maxPasskeyID+1) }},
		"no client data":             {after: func(a *attempt) { a.answer.ClientDataJSON = nil }},
		"client data not JSON":       {after: func(a *attempt) { a.answer.ClientDataJSON = []byte("{") }},
		"long client data": {after: func(a *attempt) {
			a.answer.ClientDataJSON = append(a.answer.ClientDataJSON, bytes.Repeat([]byte(" "), maxClientData)...)
		}},
		"client data of a login": {after: func(a *attempt) {
			a.answer.ClientDataJSON = bytes.Replace(a.answer.ClientDataJSON, []byte("webauthn.create"), []byte("webauthn.get"), 1)
		}},
		"in a frame of another page": {after: func(a *attempt) {
			a.answer.ClientDataJSON = bytes.Replace(a.answer.ClientDataJSON, []byte("{"), []byte(`{"crossOrigin":true,"topOrigin":"https://evil.org",`), 1)
			object(unattested)(a)
		}},
		"no object": {after: func(a *attempt) { a.answer.AttestationObject = nil }},
		"object cut": {after: func(a *attempt) {
			a.answer.AttestationObject = a.answer.AttestationObject[:len(a.answer.AttestationObject)-1]
		}},
		"object longer":             {after: func(a *attempt) { a.answer.AttestationObject = append(a.answer.AttestationObject, 0) }},
		"huge object":               {after: func(a *attempt) { a.answer.AttestationObject = make([]byte, maxAttestation+1) }},
		"CBOR bomb":                 {after: func(a *attempt) { a.answer.AttestationObject = bytes.Repeat([]byte{0x9f}, 60_000) }},
		"vendor's attestation":      {after: object(func(m map[string]any) { m["fmt"] = "tpm" })},
		"attestation of a service":  {after: object(func(m map[string]any) { m["fmt"] = "android-safetynet" })},
		"certificates":              {after: func(a *attempt) { object(func(m map[string]any) { certify(t, m, a.answer.ClientDataJSON) })(a) }},
		"none with a statement":     {after: object(func(m map[string]any) { m["fmt"] = "none" })},
		"signature of another":      {after: object(func(m map[string]any) { m["attStmt"].(map[any]any)["sig"] = []byte{0x30, 0} })},
		"unknown algorithm of keys": {after: object(weakAlgorithm)},
	} {
		want := c.want
		if want == nil {
			want = ErrPasskey
		}
		if err := try(c.before, c.after); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

// weakAlgorithm turns the passkey's algorithm from ES256 (-7) into ES384 (-35), which the
// server did not offer.
func weakAlgorithm(m map[string]any) {
	data := slices.Clone(m["authData"].([]byte))
	at := bytes.Index(data, []byte{0x03, 0x26}) // alg: -7
	m["authData"] = slices.Concat(data[:at], []byte{0x03, 0x38, 0x22}, data[at+2:])
	unattested(m)
}

func unattested(m map[string]any) { m["fmt"], m["attStmt"] = "none", map[string]any{} }

// certify signs an attestation object as a vendor does, with a certificate of an own making:
// the library accepts it.
func certify(t testing.TB, m map[string]any, clientData []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		Subject: pkix.Name{Country: []string{"FR"}, Organization: []string{"Vendor"}, OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Vendor"},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(clientData)
	digest := sha256.Sum256(slices.Concat(m["authData"].([]byte), hash[:]))
	signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	m["attStmt"] = map[string]any{"alg": -7, "sig": signature, "x5c": [][]byte{certificate}}
}
