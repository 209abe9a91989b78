package iam

import "time"

// Organization is a tenant: the boundary that no grant crosses.
type Organization struct {
	ID        OrganizationID
	Name      string
	Alias     string // lower-case letters and digits, 2 to 32, unique on the server; empty until set, then fixed
	OwnerID   UserID
	CreatedAt time.Time
	UpdatedAt time.Time
	// ClosedAt is set once the organization is closed. Every credential of a closed
	// organization is refused; its audit trail stays.
	ClosedAt time.Time

	LoginPasswordEnabled  bool
	LoginMagicCodeEnabled bool
	LoginOAuth2Enabled    bool
	LoginSAMLEnabled      bool

	Security SecuritySettings
}

// Closed reports whether the organization has been closed.
func (o Organization) Closed() bool { return !o.ClosedAt.IsZero() }

// SecuritySettings bind the members of an organization; the two durations of
// credentials bind its owner, too.
type SecuritySettings struct {
	EnforcePasswordRenewal  bool
	GracePeriodDuration     time.Duration
	LoginAttemptsBeforeLock int           // 1 to 50
	MaxLoginSessionDuration time.Duration // longest session
	MaxAPIKeyDuration       time.Duration // longest life of a new API key; 0 means no limit

	// What Scaleway's settings do not have.
	MFARequired        bool          // every user, the owner included, must have a second factor
	PasswordInactivity time.Duration // after so long without a login a password must be replaced; 0: never
}

// DefaultSecuritySettings are those of a new organization: three days of grace, ten
// login attempts, sessions of 30 days, keys without limit. The first and third are
// Scaleway's documented defaults.
func DefaultSecuritySettings() SecuritySettings {
	return SecuritySettings{
		GracePeriodDuration:     3 * 24 * time.Hour,
		LoginAttemptsBeforeLock: 10,
		MaxLoginSessionDuration: 30 * 24 * time.Hour,
	}
}

// SecuritySettingsUpdate changes the fields that are not nil.
type SecuritySettingsUpdate struct {
	EnforcePasswordRenewal  *bool
	GracePeriodDuration     *time.Duration
	LoginAttemptsBeforeLock *int
	MaxLoginSessionDuration *time.Duration
	MaxAPIKeyDuration       *time.Duration
}

// Bounds of the duration settings. The API publishes none; these keep a typing error
// from locking everybody out (too short) or from meaning "never" (too long).
const (
	MinGracePeriod     = time.Hour
	MaxGracePeriod     = 90 * 24 * time.Hour
	MinLoginSession    = 5 * time.Minute
	MaxLoginSession    = 365 * 24 * time.Hour
	MaxAPIKeyLifeLimit = 100 * 365 * 24 * time.Hour
)

// Validate checks the bounds of every field that is set.
func (u SecuritySettingsUpdate) Validate() error {
	var v Validator
	if d := u.GracePeriodDuration; d != nil {
		v.DurationIn("grace_period_duration", *d, MinGracePeriod, MaxGracePeriod)
	}
	if n := u.LoginAttemptsBeforeLock; n != nil && (*n < 1 || *n > 50) {
		v.Constraint("login_attempts_before_locked", "value must be between 1 and 50")
	}
	if d := u.MaxLoginSessionDuration; d != nil {
		v.DurationIn("max_login_session_duration", *d, MinLoginSession, MaxLoginSession)
	}
	if d := u.MaxAPIKeyDuration; d != nil {
		v.DurationIn("max_api_key_expiration_duration", *d, 0, MaxAPIKeyLifeLimit)
	}
	return v.Err()
}

// Apply returns the settings with the update's fields in place.
func (u SecuritySettingsUpdate) Apply(s SecuritySettings) SecuritySettings {
	set(&s.EnforcePasswordRenewal, u.EnforcePasswordRenewal)
	set(&s.GracePeriodDuration, u.GracePeriodDuration)
	set(&s.LoginAttemptsBeforeLock, u.LoginAttemptsBeforeLock)
	set(&s.MaxLoginSessionDuration, u.MaxLoginSessionDuration)
	set(&s.MaxAPIKeyDuration, u.MaxAPIKeyDuration)
	return s
}

// LoginPolicyUpdate changes what is not nil of the demands that Scaleway's settings do not have.
type LoginPolicyUpdate struct {
	MFARequired        *bool
	PasswordInactivity *time.Duration
}

// MinPasswordInactivity keeps a typing error from making everybody choose a new password.
const MinPasswordInactivity = 24 * time.Hour

// Validate checks the bounds of every field that is set.
func (u LoginPolicyUpdate) Validate() error {
	var v Validator
	if d := u.PasswordInactivity; d != nil && *d != 0 {
		v.DurationIn("password_inactivity", *d, MinPasswordInactivity, MaxAPIKeyLifeLimit)
	}
	return v.Err()
}

// Apply returns the settings with the update's fields in place.
func (u LoginPolicyUpdate) Apply(s SecuritySettings) SecuritySettings {
	set(&s.MFARequired, u.MFARequired)
	set(&s.PasswordInactivity, u.PasswordInactivity)
	return s
}

// LoginMethodsUpdate changes the login methods that are not nil.
type LoginMethodsUpdate struct {
	Password, MagicCode, OAuth2, SAML *bool
}

// Apply returns the organization with the update's fields in place.
func (u LoginMethodsUpdate) Apply(o Organization) Organization {
	set(&o.LoginPasswordEnabled, u.Password)
	set(&o.LoginMagicCodeEnabled, u.MagicCode)
	set(&o.LoginOAuth2Enabled, u.OAuth2)
	set(&o.LoginSAMLEnabled, u.SAML)
	return o
}

// NewOrganization is what the operator gives to create a tenant.
type NewOrganization struct {
	Name          string
	OwnerEmail    string
	OwnerPassword string // optional; hashed before it is stored, never kept here
	OwnerProfile
}

// OwnerProfile is what an owner may say of itself when it signs up.
type OwnerProfile struct {
	FirstName string
	LastName  string
	Locale    string
}

// Validate checks every field.
func (n NewOrganization) Validate() error {
	var v Validator
	v.ProjectName("name", n.Name)
	v.Email("owner_email", n.OwnerEmail)
	if n.OwnerPassword != "" {
		v.Password("owner_password", n.OwnerPassword)
	}
	return v.Err()
}

// set stores *value in target when value is given.
func set[T any](target *T, value *T) {
	if value != nil {
		*target = *value
	}
}
