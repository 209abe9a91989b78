package iam

import "time"

// SignUpMode says who may sign up for an account and an organization of its own.
type SignUpMode string

// The modes. In every one of them the operator creates organizations.
const (
	SignUpOpen   SignUpMode = "open"   // everybody
	SignUpInvite SignUpMode = "invite" // whose address an organization, or the operator, has invited
	SignUpClosed SignUpMode = "closed" // nobody
)

// Valid reports whether the mode is one of the three.
func (m SignUpMode) Valid() bool { return m == SignUpOpen || m == SignUpInvite || m == SignUpClosed }

// Allows reports whether anybody may sign up. The zero value is closed.
func (m SignUpMode) Allows() bool { return m == SignUpOpen || m == SignUpInvite }

// NewSignUp is what somebody gives to get an account, with an organization of which it becomes
// the owner.
type NewSignUp struct {
	Email     string
	Password  string // hashed before it is stored
	Name      string // of the organization
	FirstName string
	LastName  string
	Locale    string
}

// Validate checks every field; how good the password is, is judged elsewhere.
func (n NewSignUp) Validate() error {
	var v Validator
	v.Email("email", n.Email)
	v.Password("password", n.Password)
	v.ProjectName("name", n.Name)
	v.Length("first_name", n.FirstName, 0, 64)
	v.Length("last_name", n.LastName, 0, 64)
	v.Locale("locale", n.Locale)
	return v.Err()
}

// SignUpInvitation lets an address sign up, until it expires.
type SignUpInvitation struct {
	Email     string
	ExpiresAt time.Time
}
