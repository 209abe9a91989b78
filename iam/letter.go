package iam

import "time"

// LetterKind is what a letter tells.
type LetterKind string

// The letters.
const (
	LetterMagicCode       LetterKind = "magic_code"
	LetterPasswordReset   LetterKind = "password_reset"
	LetterPasswordChanged LetterKind = "password_changed"
	LetterTOTPAdded       LetterKind = "totp_added"
	LetterTOTPRemoved     LetterKind = "totp_removed"
	LetterPasskeyAdded    LetterKind = "passkey_added"
	LetterPasskeyRemoved  LetterKind = "passkey_removed"
	LetterAlert           LetterKind = "alert"
	LetterConfirmAddress  LetterKind = "confirm_address"
	LetterAccountExists   LetterKind = "account_exists"
	LetterSignUpInvited   LetterKind = "sign_up_invited"
	LetterInvitation      LetterKind = "invitation"
	LetterWelcome         LetterKind = "welcome"
	LetterKeyExpiring     LetterKind = "key_expiring"
)

// Letter is a mail to one person. It waits in the outbox from the transaction that it tells of
// until it is delivered. Secret must be sealed wherever a letter is stored.
type Letter struct {
	ID             string
	OrganizationID OrganizationID // empty: the reader has none
	Kind           LetterKind
	Name           string // of the reader; may be empty
	Address        string
	Locale         string
	Secret         string // the code, the token of a link, or a password; of an API key its access key, a space and its description
	Organization   string // name of the organization that the letter speaks of
	Person         string // who invites, how the reader is called there, or the application whose API key expires
	SourceIP       string // of who caused it
	UserAgent      string
	Alert          *Alert // what it tells of; nil if that is no alert
	CreatedAt      time.Time
	ExpiresAt      time.Time // of the secret or the API key; after it the letter is not worth delivering
}
