package iam

import "strings"

// Identifiers are UUIDs in their 36-character lower-case text form. Each kind has a
// type of its own, so that the compiler refuses a project where a user is meant: the
// most common cross-tenant defect is a check on one id followed by a query on another.
type (
	// OrganizationID names a tenant. The default project of an organization has the same UUID.
	OrganizationID string
	// ProjectID names a project of an organization.
	ProjectID string
	// UserID names a user (owner, member or guest).
	UserID string
	// ApplicationID names an application (a principal that is not a person).
	ApplicationID string
	// GroupID names a group of users and applications.
	GroupID string
	// PolicyID names a policy.
	PolicyID string
	// RuleID names one rule of a policy. It changes each time the rules are set.
	RuleID string
	// SSHKeyID names an SSH key.
	SSHKeyID string
	// LogID names one entry of the IAM log.
	LogID string
	// SessionID names a login session; on the wire it is the jti of its JWT.
	SessionID string
	// PasskeyID names a passkey of a user; it is not the id that the authenticator chose.
	PasskeyID string
	// AccessKey is the public half of an API key: "SCW" and 17 characters of A-Z and 0-9.
	AccessKey string
)

// ParseUUID returns the lower-case form of a UUID in its 36-character form (RFC 9562
// section 4). It takes either case and any version, as the Scaleway clients do, and
// refuses braces, the urn: prefix and the form without dashes: one object must have one
// spelling, or two spellings could be checked as one object and stored as another.
func ParseUUID(text string) (string, bool) {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return "", false
	}
	seen := digitsIn(text[:8]) | digitsIn(text[9:13]) | digitsIn(text[14:18]) | digitsIn(text[19:23]) | digitsIn(text[24:])
	switch {
	case seen&noDigit != 0:
		return "", false
	case seen&upperDigit != 0:
		return strings.ToLower(text), true
	}
	return text, true
}

// The kinds of characters in a hexadecimal number.
const (
	lowerDigit = 1 << iota // also 0 to 9
	upperDigit
	noDigit
)

// digitKinds is the kind of each character. Every request has several ids: to look a character
// up takes a quarter of the time of comparing it.
var digitKinds = newDigitKinds()

func newDigitKinds() (kinds [256]uint8) {
	for c := range kinds {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f':
			kinds[c] = lowerDigit
		case 'A' <= c && c <= 'F':
			kinds[c] = upperDigit
		default:
			kinds[c] = noDigit
		}
	}
	return kinds
}

// digitsIn returns the kinds of characters that are in a text.
func digitsIn(text string) (seen uint8) {
	for i := range len(text) {
		seen |= digitKinds[text[i]]
	}
	return seen
}

// ValidAccessKey reports whether the text has the form of an access key,
// ^SCW[A-Z0-9]{17}$.
func ValidAccessKey(text string) bool {
	if len(text) != 20 || text[:3] != "SCW" {
		return false
	}
	for i := 3; i < len(text); i++ {
		if c := text[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
