package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// The errors of passkey ceremonies. What the log may know more stands behind them.
var (
	ErrPasskey         = errors.New("identity: passkey refused")
	ErrCeremonyExpired = errors.New("identity: the passkey ceremony has expired")
	ErrUnknownPasskey  = errors.New("identity: unknown passkey")
)

// The bounds of what a client sends (WebAuthn Level 3, 5.8.3 and 6.5.1 for ids; the others
// are far above what authenticators produce).
const (
	maxPasskeyID   = 1023
	maxClientData  = 8 << 10
	maxAttestation = 64 << 10
	maxPasskeyJSON = 128 << 10
	maxTransports  = 8
)

// PasskeyTimeout is how long a ceremony may take (WebAuthn Level 3, 15.1).
const PasskeyTimeout = 5 * time.Minute

// UserVerification says whether the authenticator must verify who touches it, by PIN or
// biometrics (WebAuthn Level 3, 5.8.6).
type UserVerification string

// Required makes a passkey alone count as two factors. Preferred leaves it to the
// authenticator; whether it verified the user is in [PasskeyLogin].
const (
	UserVerificationRequired  UserVerification = "required"
	UserVerificationPreferred UserVerification = "preferred"
)

// PasskeyConfig is who asks for passkeys.
type PasskeyConfig struct {
	// ID is the relying party's id: the domain of every origin, or a parent domain of all.
	// Passkeys are bound to it; another one makes all of them useless.
	ID string
	// Name is shown by some authenticators.
	Name string
	// Origins are the pages that may run ceremonies, such as "https://iam.example.com". All
	// use https; http is allowed for localhost.
	Origins []string
}

// Passkeys runs the registration and login ceremonies of WebAuthn. It keeps nothing between
// the two halves of a ceremony: the caller stores the [Ceremony] where each node finds it,
// deletes it when it is used, and so makes each challenge good for one answer. It is safe for
// concurrent use.
type Passkeys struct {
	relyingParty *webauthn.WebAuthn
}

// NewPasskeys checks the configuration.
func NewPasskeys(config PasskeyConfig) (*Passkeys, error) {
	if len(config.Origins) == 0 || config.Name == "" {
		return nil, errors.New("passkeys need a name and an origin")
	}
	if _, err := netip.ParseAddr(config.ID); err == nil || config.ID == "" || strings.ContainsAny(config.ID, ":/ ") || config.ID != strings.ToLower(config.ID) {
		return nil, fmt.Errorf("passkeys: %q is not a domain in lower case", config.ID)
	}
	for _, text := range config.Origins {
		origin, err := url.Parse(text)
		if err != nil || origin.Host == "" || origin.Scheme+"://"+origin.Host != text {
			return nil, fmt.Errorf("passkeys: origin %q is not of the form https://host or https://host:port", text)
		}
		host := origin.Hostname()
		if host != config.ID && !strings.HasSuffix(host, "."+config.ID) {
			return nil, fmt.Errorf("passkeys: origin %q is not in the domain %s", text, config.ID)
		}
		if origin.Scheme != "https" && (origin.Scheme != "http" || (host != "localhost" && !strings.HasSuffix(host, ".localhost"))) {
			return nil, fmt.Errorf("passkeys: browsers refuse origin %q: it needs https", text)
		}
	}
	relyingParty, err := webauthn.New(&webauthn.Config{
		RPID: config.ID, RPDisplayName: config.Name, RPOrigins: slices.Clone(config.Origins),
		AttestationPreference: protocol.PreferNoAttestation,
		// We ask for no extension; some password managers answer unasked.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: PasskeyTimeout, TimeoutUVD: PasskeyTimeout},
			Registration: webauthn.TimeoutConfig{Timeout: PasskeyTimeout, TimeoutUVD: PasskeyTimeout},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return &Passkeys{relyingParty}, nil
}

// Ceremony is what the server must remember between the two halves of a ceremony. Its JSON
// form is ours, so that an update of the library does not end running ceremonies.
type Ceremony struct {
	Kind             CeremonyKind     `json:"kind"`
	Challenge        []byte           `json:"challenge"`
	UserHandle       []byte           `json:"user_handle,omitempty"` // empty: the passkey says who logs in
	Allowed          [][]byte         `json:"allowed,omitempty"`     // ids of the passkeys that may answer
	UserVerification UserVerification `json:"user_verification"`
	Origin           string           `json:"origin,omitempty"` // the one page that may answer; empty: each of the configuration
	ExpiresAt        time.Time        `json:"expires_at"`
}

// CeremonyKind keeps the answer to one kind of challenge from being used for the other.
type CeremonyKind string

// The kinds.
const (
	PasskeyRegistering CeremonyKind = "registration"
	PasskeyLoggingIn   CeremonyKind = "login"
)

// check refuses a ceremony that does not exist, is of the other kind, or is too old.
func (c Ceremony) check(kind CeremonyKind, now time.Time) error {
	switch {
	case c.Kind != kind || len(c.Challenge) < protocol.MinimumChallengeLength:
		return fmt.Errorf("%w: not a ceremony of %s", ErrPasskey, kind)
	case c.UserVerification != UserVerificationRequired && c.UserVerification != UserVerificationPreferred:
		return fmt.Errorf("%w: unknown user verification", ErrPasskey)
	case !now.Before(c.ExpiresAt):
		return ErrCeremonyExpired
	}
	return nil
}

// session gives the library what it wants to remember. The expiry stays ours: the library
// would ask the machine's clock.
func (c Ceremony) session() webauthn.SessionData {
	return webauthn.SessionData{
		Challenge: protocol.URLEncodedBase64(c.Challenge).String(), UserID: c.UserHandle, AllowedCredentialIDs: c.Allowed,
		UserVerification: protocol.UserVerificationRequirement(c.UserVerification), Origin: c.Origin, CredParams: passkeyAlgorithms(),
	}
}

// passkeyAlgorithms are what WebAuthn Level 3 recommends (5.4), the preferred one first: EdDSA, ES256
// and RS256. All common authenticators have one of them.
func passkeyAlgorithms() []protocol.CredentialParameter {
	return webauthn.CredentialParametersRecommendedL3()
}

// Passkey is the record of a registered passkey (WebAuthn Level 3, 4, credential record). It
// holds no secret, but who can change it can log in; all of it must be stored.
type Passkey struct {
	ID             []byte   `json:"id"`         // chosen by the authenticator, 1 to 1023 bytes
	PublicKey      []byte   `json:"public_key"` // COSE
	AAGUID         []byte   `json:"aaguid"`     // model of the authenticator, 16 bytes; often zeros
	SignCount      uint32   `json:"sign_count"`
	Transports     []string `json:"transports,omitempty"`
	UserPresent    bool     `json:"user_present"`    // UP
	UserVerified   bool     `json:"user_verified"`   // UV, at registration or since
	BackupEligible bool     `json:"backup_eligible"` // BE; never changes, and a login that says otherwise is refused
	BackedUp       bool     `json:"backed_up"`       // BS
	CloneWarning   bool     `json:"clone_warning"`   // a signature counter went back once
}

func newPasskey(c *webauthn.Credential) Passkey {
	passkey := Passkey{
		ID: c.ID, PublicKey: c.PublicKey, AAGUID: c.Authenticator.AAGUID, SignCount: c.Authenticator.SignCount,
		UserPresent: c.Flags.UserPresent, UserVerified: c.Flags.UserVerified,
		BackupEligible: c.Flags.BackupEligible, BackedUp: c.Flags.BackupState, CloneWarning: c.Authenticator.CloneWarning,
	}
	for _, transport := range c.Transport {
		passkey.Transports = append(passkey.Transports, string(transport))
	}
	return passkey
}

func (p Passkey) credential() webauthn.Credential {
	var flags protocol.AuthenticatorFlags
	for flag, set := range map[protocol.AuthenticatorFlags]bool{
		protocol.FlagUserPresent: p.UserPresent, protocol.FlagUserVerified: p.UserVerified,
		protocol.FlagBackupEligible: p.BackupEligible, protocol.FlagBackupState: p.BackedUp,
	} {
		if set {
			flags |= flag
		}
	}
	c := webauthn.Credential{
		ID: p.ID, PublicKey: p.PublicKey, Flags: webauthn.NewCredentialFlags(flags),
		Authenticator: webauthn.Authenticator{AAGUID: p.AAGUID, SignCount: p.SignCount, CloneWarning: p.CloneWarning},
	}
	for _, transport := range p.Transports {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(transport))
	}
	return c
}

// PasskeyUser is whom the passkeys belong to.
type PasskeyUser struct {
	// Handle names the user to authenticators, which store and return it: 1 to 64 bytes
	// without personal data. It is the user's id as text, so that a client of the official
	// SDKs, which builds the options itself, uses the same one.
	Handle      []byte
	Name        string // such as the e-mail address; shown at the choice of a passkey
	DisplayName string
	Passkeys    []Passkey
}

// user is the form that the library wants.
type user struct{ PasskeyUser }

func (u user) WebAuthnID() []byte          { return u.Handle }
func (u user) WebAuthnName() string        { return u.Name }
func (u user) WebAuthnDisplayName() string { return u.DisplayName }
func (u user) WebAuthnCredentials() []webauthn.Credential {
	credentials := make([]webauthn.Credential, len(u.Passkeys))
	for i, passkey := range u.Passkeys {
		credentials[i] = passkey.credential()
	}
	return credentials
}

func marshalOptions(options any) (json.RawMessage, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return text, nil
}

func publicKeyCredential(id []byte) protocol.PublicKeyCredential {
	return protocol.PublicKeyCredential{
		Credential: protocol.Credential{ID: protocol.URLEncodedBase64(id).String(), Type: string(protocol.PublicKeyCredentialType)},
		RawID:      id,
	}
}

func bounded(id, clientData []byte, others ...[]byte) error {
	if len(id) == 0 || len(id) > maxPasskeyID || len(clientData) > maxClientData {
		return fmt.Errorf("%w: an id of %d bytes and client data of %d", ErrPasskey, len(id), len(clientData))
	}
	for _, other := range others {
		if len(other) > maxAttestation {
			return fmt.Errorf("%w: a member of %d bytes", ErrPasskey, len(other))
		}
	}
	return nil
}
