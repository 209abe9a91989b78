package iam

import "time"

// UseKind is what a last use is of.
type UseKind string

// The kinds of last use.
const (
	UseOfAPIKey        UseKind = "api_key"
	UseOfUser          UseKind = "user"
	UseOfApplication   UseKind = "application"
	UseOfPermissionSet UseKind = "permission_set" // by one user or application
)

// LastUse is when an API key, a user, an application or one of their permission sets was last
// used. It may be some minutes older than the last use was.
type LastUse struct {
	OrganizationID OrganizationID
	Kind           UseKind
	Principal      Principal // itself, the bearer of the key, or whose permission set it is
	AccessKey      AccessKey // of an API key
	Name           string    // of the permission set or the principal; the description of the key
	CreatedAt      time.Time // zero for a permission set
	CalledAt       time.Time // of the last call of the API; zero: never
	DecidedAt      time.Time // of the last decision that allowed; zero: never
}

// At is the last use of either kind; zero: never.
func (u LastUse) At() time.Time {
	if u.CalledAt.After(u.DecidedAt) {
		return u.CalledAt
	}
	return u.DecidedAt
}

// LastUseFilter selects last uses of one kind in one organization; zero fields select all.
type LastUseFilter struct {
	OrganizationID OrganizationID
	Kind           UseKind
	PrincipalType  PrincipalType
	PrincipalID    string
	UnusedSince    time.Time // what exists for longer and was not used since
	Page           Page
}
