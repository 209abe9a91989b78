package iam

import "time"

// Session is a login of a user. The API calls it a JWT: the token that carries it lives an
// hour and is renewed as long as the session may last.
type Session struct {
	ID             SessionID
	OrganizationID OrganizationID
	UserID         UserID // the audience
	IssuerID       UserID // who logged in: always the user itself
	Referrer       string // the page that asked for it
	IP             string
	UserAgent      string
	// AccessKey is the API key with which the session was made; empty after a login. Such a
	// session ends with its key.
	AccessKey AccessKey
	CreatedAt time.Time
	UpdatedAt time.Time // of the last renewal
	ExpiresAt time.Time // of the token
}

// TokenLifetime is how long the token of a session lives.
const TokenLifetime = time.Hour

// ValidateReferrer checks the referrer of a new session.
func ValidateReferrer(referrer string) error {
	var v Validator
	v.Length("referrer", referrer, 0, 255)
	return v.Err()
}

// SessionFilter selects sessions of one organization; zero fields select all.
type SessionFilter struct {
	OrganizationID OrganizationID
	UserID         UserID
	Expired        *bool // whether the token has expired
	Order          Order
	Page           Page
}
