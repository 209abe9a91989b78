package identity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// PasskeyRegistration is the first half of a registration, for the client.
type PasskeyRegistration struct {
	Challenge  []byte
	Algorithms []int32 // COSE, the preferred one first
	Timeout    time.Duration
	Exclude    [][]byte // ids of the user's passkeys: an authenticator with one of them declines
	// Options is all of it in the form of PublicKeyCredential.parseCreationOptionsFromJSON.
	Options json.RawMessage
}

// PasskeyAttestation is a client's answer to a registration.
type PasskeyAttestation struct {
	RawID             []byte
	ClientDataJSON    []byte
	AttestationObject []byte
	Transports        []string // may be empty; unknown ones are dropped
}

// BeginRegistration starts to register a passkey. The origin, if not empty, is the one page
// that may answer, and must be one of the configuration.
func (p *Passkeys) BeginRegistration(u PasskeyUser, verification UserVerification, origin string, now time.Time) (PasskeyRegistration, Ceremony, error) {
	var exclude []protocol.CredentialDescriptor
	for _, credential := range (user{u}).WebAuthnCredentials() {
		exclude = append(exclude, credential.Descriptor())
	}
	options := []webauthn.RegistrationOption{
		webauthn.WithCredentialParameters(passkeyAlgorithms()), webauthn.WithExclusions(exclude),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.UserVerificationRequirement(verification),
		}),
	}
	if origin != "" {
		options = append(options, webauthn.WithRegistrationOrigin(origin))
	}
	creation, session, err := p.relyingParty.BeginRegistration(user{u}, options...)
	if err != nil {
		return PasskeyRegistration{}, Ceremony{}, fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	ceremony := Ceremony{
		Kind: PasskeyRegistering, Challenge: creation.Response.Challenge, UserHandle: u.Handle,
		UserVerification: verification, Origin: session.Origin, ExpiresAt: now.Add(PasskeyTimeout),
	}
	if err := ceremony.check(PasskeyRegistering, now); err != nil {
		return PasskeyRegistration{}, Ceremony{}, err
	}
	registration := PasskeyRegistration{Challenge: ceremony.Challenge, Timeout: PasskeyTimeout}
	for _, parameter := range creation.Response.Parameters {
		registration.Algorithms = append(registration.Algorithms, int32(parameter.Algorithm))
	}
	for _, passkey := range u.Passkeys {
		registration.Exclude = append(registration.Exclude, passkey.ID)
	}
	registration.Options, err = marshalOptions(creation.Response)
	return registration, ceremony, err
}

// FinishRegistration verifies the answer and returns the new passkey. The user must be the
// one of the ceremony. The caller stores it under the condition that no user anywhere has a
// passkey of the same id (WebAuthn Level 3, 7.1, step 26): else one person could register
// the id of another's passkey and make logins ambiguous.
func (p *Passkeys) FinishRegistration(u PasskeyUser, ceremony Ceremony, answer PasskeyAttestation, now time.Time) (Passkey, error) {
	if err := ceremony.check(PasskeyRegistering, now); err != nil {
		return Passkey{}, err
	}
	if err := bounded(answer.RawID, answer.ClientDataJSON, answer.AttestationObject); err != nil {
		return Passkey{}, err
	}
	parsed, err := protocol.CredentialCreationResponse{
		PublicKeyCredential: publicKeyCredential(answer.RawID),
		AttestationResponse: protocol.AuthenticatorAttestationResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: answer.ClientDataJSON},
			AttestationObject:     answer.AttestationObject, Transports: knownTransports(answer.Transports),
		},
	}.Parse()
	if err != nil {
		return Passkey{}, fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	if err := plainAttestation(parsed.Response.AttestationObject); err != nil {
		return Passkey{}, err
	}
	credential, err := p.relyingParty.CreateCredential(user{u}, ceremony.session(), parsed)
	if err != nil {
		return Passkey{}, fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	if slices.ContainsFunc(u.Passkeys, func(known Passkey) bool { return bytes.Equal(known.ID, credential.ID) }) {
		return Passkey{}, fmt.Errorf("%w: it is registered already", ErrPasskey)
	}
	return newPasskey(credential), nil
}

// plainAttestation takes the two forms that browsers send when no attestation is asked for:
// none, and packed as a signature of the passkey itself. The others bring certificates and
// the formats of vendors, which anybody with an account could feed to their parsers.
func plainAttestation(object protocol.AttestationObject) error {
	format := protocol.AttestationFormat(object.Format)
	_, certified := object.AttStatement["x5c"]
	if format != protocol.AttestationFormatNone && (format != protocol.AttestationFormatPacked || certified) {
		return fmt.Errorf("%w: attestation of the form %q", ErrPasskey, format)
	}
	return nil
}

// knownTransports keeps the transports of WebAuthn Level 3, 5.8.4: they come back to the
// browser at each login, and free text has no place there.
func knownTransports(transports []string) []string {
	var known []string
	for _, transport := range transports {
		switch protocol.AuthenticatorTransport(transport) {
		case protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal:
			if !slices.Contains(known, transport) && len(known) < maxTransports {
				known = append(known, transport)
			}
		}
	}
	return known
}

// ParsePasskeyAttestation reads the JSON of a browser's answer to a registration
// (RegistrationResponseJSON, as PublicKeyCredential.toJSON writes it).
func ParsePasskeyAttestation(data []byte) (PasskeyAttestation, error) {
	if len(data) > maxPasskeyJSON {
		return PasskeyAttestation{}, fmt.Errorf("%w: %d bytes", ErrPasskey, len(data))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(data)
	if err != nil {
		return PasskeyAttestation{}, fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	raw := parsed.Raw.AttestationResponse
	return PasskeyAttestation{RawID: parsed.RawID, ClientDataJSON: raw.ClientDataJSON, AttestationObject: raw.AttestationObject, Transports: raw.Transports}, nil
}
