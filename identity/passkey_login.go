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

// PasskeyAssertion is a client's answer to a login.
type PasskeyAssertion struct {
	RawID             []byte
	ClientDataJSON    []byte
	AuthenticatorData []byte
	Signature         []byte
	UserHandle        []byte // may be empty if the ceremony names the user
}

// PasskeyLogin is a login that succeeded.
type PasskeyLogin struct {
	UserHandle []byte
	// Passkey is the record as it must be stored now: counter and flags have changed.
	Passkey Passkey
	// UserVerified says whether this time the authenticator verified who touched it. Only
	// then is the passkey two factors.
	UserVerified bool
	// CloneWarning says that this time the signature counter did not grow: the passkey may
	// exist twice. The signature is valid; whether the login goes on is for the caller, and
	// an event it is in any case.
	CloneWarning bool
}

// BeginLogin starts a login with one of the user's passkeys; with a nil user, one with any
// passkey of this server, which then says who logs in. The options have the form of
// PublicKeyCredential.parseRequestOptionsFromJSON. A user without passkeys is
// [ErrUnknownPasskey].
//
// The ids of a user's passkeys are in the options: give a user only after another factor was
// proven, else anybody learns who has an account and which authenticators.
func (p *Passkeys) BeginLogin(u *PasskeyUser, verification UserVerification, origin string, now time.Time) (json.RawMessage, Ceremony, error) {
	options := []webauthn.LoginOption{webauthn.WithUserVerification(protocol.UserVerificationRequirement(verification))}
	if origin != "" {
		options = append(options, webauthn.WithLoginOrigin(origin))
	}
	ceremony := Ceremony{Kind: PasskeyLoggingIn, UserVerification: verification, ExpiresAt: now.Add(PasskeyTimeout)}
	var assertion *protocol.CredentialAssertion
	var session *webauthn.SessionData
	var err error
	switch {
	case u == nil:
		assertion, session, err = p.relyingParty.BeginDiscoverableLogin(options...)
	case len(u.Passkeys) == 0 || len(u.Handle) == 0:
		return nil, Ceremony{}, ErrUnknownPasskey
	default:
		assertion, session, err = p.relyingParty.BeginLogin(user{*u}, options...)
		ceremony.UserHandle = u.Handle
		for _, passkey := range u.Passkeys {
			ceremony.Allowed = append(ceremony.Allowed, passkey.ID)
		}
	}
	if err != nil {
		return nil, Ceremony{}, fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	ceremony.Challenge, ceremony.Origin = assertion.Response.Challenge, session.Origin
	if err := ceremony.check(PasskeyLoggingIn, now); err != nil {
		return nil, Ceremony{}, err
	}
	text, err := marshalOptions(assertion.Response)
	return text, ceremony, err
}

// FinishLogin verifies the answer. It asks find for the user of a handle, with the passkey's
// id beside it: the handle of the ceremony if it names a user, else the one in the answer,
// which is not yet proven. A user or passkey that is not known is [ErrUnknownPasskey], and so
// is each error of find that is one; another error of find is returned as it is.
func (p *Passkeys) FinishLogin(ceremony Ceremony, answer PasskeyAssertion, find func(handle, id []byte) (PasskeyUser, error), now time.Time) (PasskeyLogin, error) {
	if err := ceremony.check(PasskeyLoggingIn, now); err != nil {
		return PasskeyLogin{}, err
	}
	if err := bounded(answer.RawID, answer.ClientDataJSON, answer.AuthenticatorData, answer.Signature, answer.UserHandle); err != nil {
		return PasskeyLogin{}, err
	}
	parsed, err := protocol.CredentialAssertionResponse{
		PublicKeyCredential: publicKeyCredential(answer.RawID),
		AssertionResponse: protocol.AuthenticatorAssertionResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: answer.ClientDataJSON},
			AuthenticatorData:     answer.AuthenticatorData, Signature: answer.Signature, UserHandle: answer.UserHandle,
		},
	}.Parse()
	if err != nil {
		return PasskeyLogin{}, fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	handle := ceremony.UserHandle
	if len(handle) == 0 {
		handle = answer.UserHandle
	}
	u, err := find(handle, answer.RawID)
	if err != nil {
		return PasskeyLogin{}, err
	}
	at := slices.IndexFunc(u.Passkeys, func(known Passkey) bool { return bytes.Equal(known.ID, answer.RawID) })
	if at < 0 || !bytes.Equal(u.Handle, handle) || len(handle) == 0 {
		return PasskeyLogin{}, ErrUnknownPasskey
	}
	stored := u.Passkeys[at]
	// The warning of this login, not one of years ago.
	u.Passkeys = slices.Clone(u.Passkeys)
	u.Passkeys[at].CloneWarning = false
	credential, err := p.validate(user{u}, ceremony, parsed)
	if err != nil {
		return PasskeyLogin{}, fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	login := PasskeyLogin{
		UserHandle: u.Handle, Passkey: newPasskey(credential),
		UserVerified: parsed.Response.AuthenticatorData.Flags.HasUserVerified(), CloneWarning: credential.Authenticator.CloneWarning,
	}
	login.Passkey.CloneWarning = stored.CloneWarning || login.CloneWarning
	return login, nil
}

func (p *Passkeys) validate(u user, ceremony Ceremony, parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	if len(ceremony.UserHandle) > 0 {
		return p.relyingParty.ValidateLogin(u, ceremony.session(), parsed)
	}
	_, credential, err := p.relyingParty.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return u, nil }, ceremony.session(), parsed)
	return credential, err
}

// ParsePasskeyAssertion reads the JSON of a browser's answer to a login
// (AuthenticationResponseJSON, as PublicKeyCredential.toJSON writes it).
func ParsePasskeyAssertion(data []byte) (PasskeyAssertion, error) {
	if len(data) > maxPasskeyJSON {
		return PasskeyAssertion{}, fmt.Errorf("%w: %d bytes", ErrPasskey, len(data))
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(data)
	if err != nil {
		return PasskeyAssertion{}, fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	raw := parsed.Raw.AssertionResponse
	return PasskeyAssertion{
		RawID: parsed.RawID, ClientDataJSON: raw.ClientDataJSON, AuthenticatorData: raw.AuthenticatorData,
		Signature: raw.Signature, UserHandle: raw.UserHandle,
	}, nil
}

// ClaimsUserVerified reports whether the answer says that the authenticator verified its user
// (flag UV, WebAuthn Level 3, 6.1). It proves nothing; it tells for the log why an answer was
// refused.
func (a PasskeyAssertion) ClaimsUserVerified() bool {
	const flags = 32 // behind the hash of the relying party's id
	return len(a.AuthenticatorData) > flags && protocol.AuthenticatorFlags(a.AuthenticatorData[flags]).HasUserVerified()
}
