package iam

import (
	"slices"
	"strings"
	"time"
)

// LoginMethod is how somebody proves who it is, as authentication events name it.
type LoginMethod string

// The login methods.
const (
	LoginPassword  LoginMethod = "password"
	LoginMagicCode LoginMethod = "authentication_code"
	LoginPasskey   LoginMethod = "passkey"
	LoginOAuth2    LoginMethod = "oauth2" // at an OpenID provider
)

// MFAType is the second factor of a login, as authentication events name it. Recovery codes
// stand in for the one-time password.
type MFAType string

// The second factors.
const (
	MFATOTP     MFAType = "totp"
	MFAWebAuthn MFAType = "webauthn" // a passkey
)

// LoginFailure is why a login failed, as authentication events name it.
type LoginFailure string

// The reasons.
const (
	FailedPassword LoginFailure = "invalid_password"
	FailedMFA      LoginFailure = "invalid_mfa"
	FailedCode     LoginFailure = "invalid_authentication_code"
	FailedPasskey  LoginFailure = "invalid_passkey"
	FailedUV       LoginFailure = "passkey_uv_not_met" // alone, a passkey must have verified its user
	FailedExpired  LoginFailure = "expired_session"
	FailedUnknown  LoginFailure = "unknown_failure_reason" // the user is locked, or may not use the method
)

// LoginStep is what a login still needs: a proof, or one of several, such as "passkey|totp".
type LoginStep string

// OneOf is the step that one of the proofs takes.
func OneOf(proofs ...LoginStep) LoginStep {
	var text []string
	for _, p := range proofs {
		text = append(text, string(p))
	}
	return LoginStep(strings.Join(text, "|"))
}

// Proofs returns the proofs of which one takes the step.
func (s LoginStep) Proofs() (proofs []LoginStep) {
	for text := range strings.SplitSeq(string(s), "|") {
		proofs = append(proofs, LoginStep(text))
	}
	return proofs
}

// Takes reports whether a proof takes the step.
func (s LoginStep) Takes(proof LoginStep) bool { return slices.Contains(s.Proofs(), proof) }

// The steps.
const (
	StepPasskey     LoginStep = "passkey"
	StepTOTP        LoginStep = "totp"
	StepMagicCode   LoginStep = "magic_code"
	StepNewPassword LoginStep = "new_password"
	StepReset       LoginStep = "reset" // of a forgotten password, by a mailed link; it opens no session
)

// AuthenticationEvent is one attempt to log in, good or failed.
type AuthenticationEvent struct {
	ID             string
	OrganizationID OrganizationID
	Sequence       int64 // 1, 2, 3, ... in each organization, without gaps
	RecordedAt     time.Time
	UserID         UserID
	Username       string
	SourceIP       string
	UserAgent      string
	RequestID      string
	Failure        LoginFailure // empty: the attempt succeeded
	Method         LoginMethod
	MFA            MFAType // empty: none was used
}

// Succeeded reports whether the attempt was good.
func (e AuthenticationEvent) Succeeded() bool { return e.Failure == "" }

// AuthenticationEventFilter selects attempts of one organization; zero fields select all.
type AuthenticationEventFilter struct {
	OrganizationID OrganizationID
	After          time.Time // inclusive
	Before         time.Time // exclusive
	Ascending      bool
	Size           int
	// Cursor is the sequence of the last event already seen; 0 begins at the start.
	Cursor int64
}

// GracePeriodType is what a user has to do within a grace period.
type GracePeriodType string

// The grace periods.
const (
	GraceUpdatePassword GracePeriodType = "update_password"
	GraceSetMFA         GracePeriodType = "set_mfa"
)

// GracePeriod is the time that a user has to meet a demand of its organization.
type GracePeriod struct {
	Type      GracePeriodType
	CreatedAt time.Time
	ExpiresAt time.Time
}
