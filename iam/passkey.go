package iam

import "time"

// Passkey is a WebAuthn authenticator of a user, as its user sees it. What proves it is with
// its record in the store.
type Passkey struct {
	ID             PasskeyID
	OrganizationID OrganizationID
	UserID         UserID
	Name           string // 1 to 256 characters, given by the user
	CreatedAt      time.Time
	LastLoginAt    time.Time // zero: it was never used to log in
}

// MaxPasskeys bounds the passkeys of a user. A login asks for one of all of them, so their
// number bounds the size of that question.
const MaxPasskeys = 20

const maxPasskeyName = 256

// PasskeyName checks the name of a passkey, 1 to 256 characters.
func (v *Validator) PasskeyName(name, value string) { v.Length(name, value, 1, maxPasskeyName) }

// PasskeyFilter selects the passkeys of one user.
type PasskeyFilter struct {
	OrganizationID OrganizationID
	UserID         UserID
	Order          Order
	Page           Page
}
