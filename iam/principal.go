package iam

import "net/netip"

// PrincipalType tells what kind of principal an id names.
type PrincipalType string

// The principal types. A policy names a user, a group or an application; a caller is a
// user, an application or the operator of the installation.
const (
	TypeUser        PrincipalType = "user"
	TypeApplication PrincipalType = "application"
	TypeGroup       PrincipalType = "group"
	TypeOperator    PrincipalType = "operator"
)

// Principal is the target of a policy, or who makes a call. The zero value is nobody: a
// policy with it has no effect until a principal is attached.
type Principal struct {
	Type PrincipalType
	ID   string
}

// User returns the principal that is the user.
func (id UserID) Principal() Principal { return Principal{TypeUser, string(id)} }

// Principal returns the principal that is the application.
func (id ApplicationID) Principal() Principal { return Principal{TypeApplication, string(id)} }

// Principal returns the principal that is the group.
func (id GroupID) Principal() Principal { return Principal{TypeGroup, string(id)} }

// IsZero reports whether this is nobody.
func (p Principal) IsZero() bool { return p == Principal{} }

// Caller is who makes a call, as proven by a credential. It is an argument of every use
// case, never a value hidden in a context.
type Caller struct {
	Organization OrganizationID
	Principal    Principal
	// AccessKey is the API key that proved the caller; empty for sessions and for the operator.
	AccessKey AccessKey
	// Session is the login session that proved the caller; empty for keys and for the operator.
	Session SessionID
}

// IsOperator reports whether the caller runs the installation.
func (c Caller) IsOperator() bool { return c.Principal.Type == TypeOperator }

// Operator returns the caller that runs the installation. It belongs to no organization.
func Operator() Caller { return Caller{Principal: Principal{TypeOperator, "operator"}} }

// Client is where a call comes from, as the server saw it.
type Client struct {
	IP        netip.Addr
	UserAgent string
	RequestID string
}
