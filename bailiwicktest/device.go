package bailiwicktest

import (
	"encoding/json"
	"testing"

	"github.com/descope/virtualwebauthn"

	"bailiwick/authority"
	"bailiwick/iam"
	"bailiwick/identity"
)

// Device is a virtual authenticator with one passkey, in a browser at a page of the kit's
// server. Its fields may be changed, to make it do what a real one would not.
type Device struct {
	Page          virtualwebauthn.RelyingParty
	Authenticator virtualwebauthn.Authenticator
	Key           virtualwebauthn.Credential

	t testing.TB
}

// NewDevice returns a device of a user. It verifies its user, and counts.
func NewDevice(t testing.TB, user iam.UserID) *Device {
	d := &Device{
		Page:          virtualwebauthn.RelyingParty{ID: passkeyDomain, Name: "Bailiwick", Origin: PublicURL},
		Authenticator: virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(user)}),
		Key:           virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2), t: t,
	}
	// The virtual authenticator writes coordinates without their leading zeros, which no real
	// one does and the server refuses: one key in 128 is of no use.
	for len(d.Key.Key.AttestationData()) != 77 {
		d.Key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	d.Key.Counter = 1
	return d
}

// Attest answers the challenge of a registration.
func (d *Device) Attest(challenge []byte) authority.NewPasskey {
	d.t.Helper()
	answer := must[identity.PasskeyAttestation](d.t)(identity.ParsePasskeyAttestation([]byte(
		virtualwebauthn.CreateAttestationResponse(d.Page, d.Authenticator, d.Key, virtualwebauthn.AttestationOptions{Challenge: challenge}))))
	return authority.NewPasskey{Name: "phone", RawID: answer.RawID, ClientDataJSON: answer.ClientDataJSON, AttestationObject: answer.AttestationObject}
}

// Assert answers the options of a login. The device counts it.
func (d *Device) Assert(options json.RawMessage) string {
	d.t.Helper()
	parsed := must[*virtualwebauthn.AssertionOptions](d.t)(virtualwebauthn.ParseAssertionOptions(string(options)))
	d.Key.Counter++
	return virtualwebauthn.CreateAssertionResponse(d.Page, d.Authenticator, d.Key, *parsed)
}
