package iam

import "time"

// MaxAPIKeyDescription is the longest description of an API key, in characters.
const MaxAPIKeyDescription = 200

// APIKey is a credential of a user or an application. Its secret half is shown once, when
// it is created, and is not part of this type.
type APIKey struct {
	AccessKey        AccessKey
	OrganizationID   OrganizationID
	Bearer           Principal // a user or an application
	Description      string
	DefaultProjectID ProjectID // where Object Storage calls go; grants nothing
	Managed          bool
	CreationIP       string
	CreatedAt        time.Time
	UpdatedAt        time.Time
	ExpiresAt        time.Time // zero: never
}

// Expired reports whether the key has expired at now. Expiry is judged at use: a key stops
// at the very moment, without a sweep.
func (k APIKey) Expired(now time.Time) bool { return !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt) }

// NewAPIKey is what a caller gives to create an API key.
type NewAPIKey struct {
	Bearer           Principal
	ExpiresAt        time.Time
	DefaultProjectID ProjectID // empty: the organization's default project
	Description      string
}

// Validate checks what can be checked without the store.
func (n NewAPIKey) Validate() error {
	var v Validator
	if n.Bearer.IsZero() {
		v.Required("application_id", "exactly one of application_id and user_id is required")
	}
	v.Length("description", n.Description, 0, MaxAPIKeyDescription)
	return v.Err()
}

// APIKeyUpdate changes the fields that are not nil.
type APIKeyUpdate struct {
	DefaultProjectID *ProjectID
	Description      *string
	ExpiresAt        *time.Time
}

// Validate checks the fields that are given.
func (u APIKeyUpdate) Validate() error {
	var v Validator
	if u.Description != nil {
		v.Length("description", *u.Description, 0, MaxAPIKeyDescription)
	}
	return v.Err()
}

// Apply returns the key with the update's fields in place.
func (u APIKeyUpdate) Apply(k APIKey) APIKey {
	set(&k.DefaultProjectID, u.DefaultProjectID)
	set(&k.Description, u.Description)
	set(&k.ExpiresAt, u.ExpiresAt)
	return k
}

// APIKeyFilter selects API keys of one organization; zero fields select all.
type APIKeyFilter struct {
	OrganizationID OrganizationID
	Editable       *bool
	Expired        *bool
	Description    string
	Search         string // part of the description or the access key, in whatever case
	AccessKeys     []AccessKey
	BearerID       string
	BearerType     PrincipalType
	Order          Order
	Page           Page
}

// SSHKey is a public key that products install on machines of a project.
type SSHKey struct {
	ID             SSHKeyID
	OrganizationID OrganizationID
	ProjectID      ProjectID
	Name           string
	PublicKey      string // type and base64, without comment
	Fingerprint    string // "256 MD5:6b:cd:... (ssh-ed25519)"
	Disabled       bool
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Bounds of an SSH key.
const (
	MaxSSHKeyName = 1000
	MaxPublicKey  = 65_000
)

// NewSSHKey is what a caller gives to store an SSH key.
type NewSSHKey struct {
	ProjectID ProjectID
	Name      string
	PublicKey string
}

// Validate checks lengths; the key itself is parsed by package identity.
func (n NewSSHKey) Validate() error {
	var v Validator
	v.Length("name", n.Name, 0, MaxSSHKeyName)
	v.Length("public_key", n.PublicKey, 1, MaxPublicKey)
	return v.Err()
}

// SSHKeyUpdate changes the fields that are not nil.
type SSHKeyUpdate struct {
	Name     *string
	Disabled *bool
}

// Validate checks the fields that are given.
func (u SSHKeyUpdate) Validate() error {
	var v Validator
	if u.Name != nil {
		v.Length("name", *u.Name, 0, MaxSSHKeyName)
	}
	return v.Err()
}

// Apply returns the key with the update's fields in place.
func (u SSHKeyUpdate) Apply(k SSHKey) SSHKey {
	set(&k.Name, u.Name)
	set(&k.Disabled, u.Disabled)
	return k
}

// SSHKeyFilter selects SSH keys of one organization; zero fields select all.
type SSHKeyFilter struct {
	OrganizationID OrganizationID
	Name           string
	Search         string // part of the name, in whatever case
	ProjectID      ProjectID
	Disabled       *bool
	Order          Order
	Page           Page
}
