package mail

import (
	"fmt"
	"net/url"
	"time"
)

// Letter is one kind of mail with its values. Times are shown in UTC. Links are absolute
// https URLs, or http on this machine; the caller builds them from its configuration and
// never from a request, whose Host header an attacker chooses.
type Letter interface {
	// letter returns the name of the template and its values.
	letter(l language) (name string, values map[string]string, err error)
}

// MagicCode carries the code that completes a login.
type MagicCode struct {
	Code     string
	Lifetime time.Duration // shown in minutes
	Address  string        // from where the login was tried
	Device   string        // user agent
}

func (c MagicCode) letter(language) (string, map[string]string, error) {
	return "magic_code", map[string]string{
		"Code": c.Code, "Minutes": fmt.Sprint(int(c.Lifetime.Minutes())), "Address": c.Address, "Device": c.Device,
	}, required(c.Code)
}

// PasswordReset carries the link that sets a forgotten password.
type PasswordReset struct {
	Link      string
	ExpiresAt time.Time
	Address   string // from where it was asked for
}

func (p PasswordReset) letter(l language) (string, map[string]string, error) {
	return "password_reset", map[string]string{"Link": p.Link, "ExpiresAt": l.time(p.ExpiresAt), "Address": p.Address}, link(p.Link)
}

// ConfirmAddress carries the link that proves the address of a new account.
type ConfirmAddress struct {
	Link      string
	ExpiresAt time.Time
}

func (c ConfirmAddress) letter(l language) (string, map[string]string, error) {
	return "confirm_address", map[string]string{"Link": c.Link, "ExpiresAt": l.time(c.ExpiresAt)}, link(c.Link)
}

// AccountExists tells somebody who asked for an account that there is one with this address.
type AccountExists struct {
	Link    string // to the login
	Address string // from where it was asked for
}

func (a AccountExists) letter(language) (string, map[string]string, error) {
	return "account_exists", map[string]string{"Link": a.Link, "Address": a.Address}, link(a.Link)
}

// SignUpInvited asks somebody to sign up for an account and an organization.
type SignUpInvited struct {
	Link      string
	ExpiresAt time.Time
}

func (s SignUpInvited) letter(l language) (string, map[string]string, error) {
	return "sign_up_invited", map[string]string{"Link": s.Link, "ExpiresAt": l.time(s.ExpiresAt)}, link(s.Link)
}

// Invitation asks the owner of an account to join an organization as a guest.
type Invitation struct {
	Organization string
	InvitedBy    string
	Link         string
	ExpiresAt    time.Time
}

func (i Invitation) letter(l language) (string, map[string]string, error) {
	return "invitation", map[string]string{
		"Organization": i.Organization, "InvitedBy": i.InvitedBy, "Link": i.Link, "ExpiresAt": l.time(i.ExpiresAt),
	}, link(i.Link)
}

// Welcome tells a new member how to sign in.
type Welcome struct {
	Organization string
	Username     string
	Password     string // empty: the member got it otherwise, or has none
	Link         string // to the page of the organization's members
}

func (w Welcome) letter(language) (string, map[string]string, error) {
	return "welcome", map[string]string{
		"Organization": w.Organization, "Username": w.Username, "Password": w.Password, "Link": w.Link,
	}, link(w.Link)
}

// KeyExpiring warns the bearer of an API key, or who answers for an application.
type KeyExpiring struct {
	Organization string
	AccessKey    string
	Description  string // may be empty
	Application  string // name of the bearer; empty: the reader
	ExpiresAt    time.Time
}

func (k KeyExpiring) letter(l language) (string, map[string]string, error) {
	return "key_expiring", map[string]string{
		"Organization": k.Organization, "AccessKey": k.AccessKey, "Description": k.Description, "Application": k.Application, "ExpiresAt": l.time(k.ExpiresAt),
	}, required(k.AccessKey)
}

// Alert tells that an alert rule of an organization fired.
type Alert struct {
	Organization string
	Rule         string
	Description  string // of the rule; may be empty
	Severity     string // info, error, warning or critical
	At           time.Time
	EventID      string // of the event at which it fired
}

func (a Alert) letter(l language) (string, map[string]string, error) {
	return "alert", map[string]string{
		"Organization": a.Organization, "Rule": a.Rule, "Description": a.Description, "Severity": a.Severity, "At": l.time(a.At), "EventID": a.EventID,
	}, required(a.Rule)
}

// NewLogin tells of a login from where the user has not been before.
type NewLogin struct {
	Organization string
	At           time.Time
	Address      string
	Device       string // user agent
}

func (n NewLogin) letter(l language) (string, map[string]string, error) {
	return "new_login", map[string]string{
		"Organization": n.Organization, "At": l.time(n.At), "Address": n.Address, "Device": n.Device,
	}, nil
}

// AccountChanged tells of a change that an attacker makes after breaking in.
type AccountChanged struct {
	Change  Change
	At      time.Time
	Address string // of who made it; may be empty
}

// Change is what was changed, from a closed list.
type Change string

// The changes.
const (
	PasswordChanged  Change = "password_changed"
	TOTPAdded        Change = "totp_added"
	TOTPRemoved      Change = "totp_removed"
	PasskeyAdded     Change = "passkey_added"
	PasskeyRemoved   Change = "passkey_removed"
	RecoveryCodeUsed Change = "recovery_code_used"
	MFAEnforced      Change = "mfa_enforced"     // for all of an organization
	MFANotEnforced   Change = "mfa_not_enforced" // any more
)

func (c AccountChanged) letter(l language) (string, map[string]string, error) {
	text, ok := l.changes[c.Change]
	if !ok {
		return "", nil, fmt.Errorf("%w: unknown change %q", ErrMessage, c.Change)
	}
	return "account_changed", map[string]string{"Change": text, "At": l.time(c.At), "Address": c.Address}, nil
}

func required(value string) error {
	if value == "" {
		return fmt.Errorf("%w: a value is missing", ErrMessage)
	}
	return nil
}

// link refuses what a reader must not be sent to. A link in clear would give the token in it
// to anybody on the way.
func link(text string) error {
	target, err := url.Parse(text)
	if err != nil || target.Host == "" || target.User != nil || (target.Scheme != "https" && (target.Scheme != "http" || !loopback(target.Hostname()))) {
		return fmt.Errorf("%w: a link is not an absolute https URL", ErrMessage)
	}
	return nil
}
