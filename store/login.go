package store

import (
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"bailiwick/iam"
)

// Login is a login that is under way: a user who has proven a part and owes the rest.
type Login struct {
	OrganizationID iam.OrganizationID
	ID             []byte // keyed hash of what the client holds
	UserID         iam.UserID
	Method         iam.LoginMethod
	MFA            iam.MFAType // that was proven; empty: none
	Steps          []iam.LoginStep
	ExpiresAt      time.Time
	CodeHash       []byte // keyed hash of a mailed code; empty: none was mailed
	CodeExpiresAt  time.Time
	CodeAddress    string             // where the code or the link was mailed
	GuestOf        iam.OrganizationID // where the session shall be, if not in the user's own organization
}

// InsertLogin stores a login that is under way, and deletes those of the user that have expired.
func (t *Tx) InsertLogin(l Login) error {
	if _, err := t.exec("DELETE FROM logins WHERE organization_id = $1 AND user_id = $2 AND expires_at <= $3",
		string(l.OrganizationID), string(l.UserID), micros(t.Now)); err != nil {
		return err
	}
	_, err := t.exec(`INSERT INTO logins (organization_id, id, user_id, method, mfa, steps, expires_at, code_hash, code_expires_at, code_address, guest_of)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		string(l.OrganizationID), hex.EncodeToString(l.ID), string(l.UserID), string(l.Method), string(l.MFA), encodeList(l.Steps), micros(l.ExpiresAt),
		hex.EncodeToString(l.CodeHash), micros(l.CodeExpiresAt), l.CodeAddress, string(l.GuestOf))
	return err
}

// Login returns a login that is under way, or ErrNotFound.
func (t *Tx) Login(organization iam.OrganizationID, id []byte) (Login, error) {
	return one(t.row("SELECT organization_id, user_id, method, mfa, steps, expires_at, code_hash, code_expires_at, code_address, guest_of FROM logins WHERE organization_id = $1 AND id = $2",
		string(organization), hex.EncodeToString(id)), func(row scanner) (l Login, err error) {
		var code string
		err = row.Scan(&l.OrganizationID, &l.UserID, &l.Method, &l.MFA, listOf[iam.LoginStep]{&l.Steps}, instant{&l.ExpiresAt}, &code, instant{&l.CodeExpiresAt}, &l.CodeAddress, &l.GuestOf)
		if err == nil && code != "" {
			l.CodeHash, err = hex.DecodeString(code)
		}
		l.ID = id
		return l, err
	})
}

// SetLoginCode stores the code that was mailed for a login under way; the one before is void.
func (t *Tx) SetLoginCode(l Login) error {
	return touched(t.exec("UPDATE logins SET code_hash = $3, code_expires_at = $4, code_address = $5 WHERE organization_id = $1 AND id = $2",
		string(l.OrganizationID), hex.EncodeToString(l.ID), hex.EncodeToString(l.CodeHash), micros(l.CodeExpiresAt), l.CodeAddress))
}

// TakeLogin ends a login that is under way; ErrNotFound if another request has ended it or taken
// it further.
func (t *Tx) TakeLogin(l Login) error {
	return touched(t.exec("DELETE FROM logins WHERE organization_id = $1 AND id = $2 AND steps = $3",
		string(l.OrganizationID), hex.EncodeToString(l.ID), encodeList(l.Steps)))
}

// EndLogins ends the logins of a user that are under way, and voids the links that were mailed to it,
// but the login of that id, if one is given.
func (t *Tx) EndLogins(organization iam.OrganizationID, user iam.UserID, but []byte) error {
	_, err := t.exec("DELETE FROM logins WHERE organization_id = $1 AND user_id = $2 AND id <> $3", string(organization), string(user), hex.EncodeToString(but))
	return err
}

// Budget bounds the failed attempts of a user from one network.
type Budget struct {
	Attempts int
	Refill   time.Duration // after which one more is allowed; 0: never
}

// TakeAttempt counts an attempt and reports whether the budget allows it. It is one statement:
// of many guesses at once, on all nodes, no more are looked at than the budget has.
func (t *Tx) TakeAttempt(organization iam.OrganizationID, user iam.UserID, network string, b Budget) (bool, error) {
	refill := b.Refill.Microseconds()
	if refill == 0 {
		refill = 1 << 62
	}
	n, err := t.exec(`INSERT INTO login_attempts (organization_id, user_id, network, failures, last_at) VALUES ($1, $2, $3, 1, $4)
		ON CONFLICT (organization_id, user_id, network) DO UPDATE SET last_at = excluded.last_at, failures = 1 +
		CASE WHEN login_attempts.failures > (excluded.last_at - login_attempts.last_at) / $5
		THEN login_attempts.failures - (excluded.last_at - login_attempts.last_at) / $5 ELSE 0 END
		WHERE login_attempts.failures - (excluded.last_at - login_attempts.last_at) / $5 < $6`,
		string(organization), string(user), network, micros(t.Now), refill, b.Attempts)
	return n == 1, err
}

// Attempts returns how many attempts a user has used of its budget for a network, and when it took the
// last one.
func (t *Tx) Attempts(organization iam.OrganizationID, user iam.UserID, network string) (n int, last time.Time, err error) {
	err = t.row("SELECT failures, last_at FROM login_attempts WHERE organization_id = $1 AND user_id = $2 AND network = $3",
		string(organization), string(user), network).Scan(&n, instant{&last})
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return n, last, err
}

// GiveAttemptBack gives a user one attempt back that it took from its budget for a network.
func (t *Tx) GiveAttemptBack(organization iam.OrganizationID, user iam.UserID, network string) error {
	_, err := t.exec("UPDATE login_attempts SET failures = failures - 1 WHERE organization_id = $1 AND user_id = $2 AND network = $3 AND failures > 0",
		string(organization), string(user), network)
	return err
}

// ForgetAttempts gives a user its whole budget back, from one network.
func (t *Tx) ForgetAttempts(organization iam.OrganizationID, user iam.UserID, network string) error {
	_, err := t.exec("DELETE FROM login_attempts WHERE organization_id = $1 AND user_id = $2 AND network = $3",
		string(organization), string(user), network)
	return err
}

// UserByUsername returns the user of an organization with a username, or ErrNotFound.
func (t *Tx) UserByUsername(organization iam.OrganizationID, username string) (iam.User, error) {
	return one(t.row("SELECT "+userColumns+" FROM users WHERE organization_id = $1 AND username = $2", string(organization), username), scanUser)
}

// OwnersByEmail returns the owners, at most n, with an e-mail address in whatever case: first those
// who have shown that the address is theirs, and of them those of the oldest organizations.
func (t *Tx) OwnersByEmail(email string, n int) ([]iam.User, error) {
	return collect(t, scanUser, "SELECT "+userColumns+" FROM users WHERE lower(email) = $1 AND type = 'owner' ORDER BY email_verified DESC, created_at, id LIMIT $2",
		lower(email), n)
}

// OwnerByEmail returns the owner of an organization if it has an e-mail address in whatever case,
// else ErrNotFound.
func (t *Tx) OwnerByEmail(organization iam.OrganizationID, email string) (iam.User, error) {
	return one(t.row("SELECT "+userColumns+" FROM users WHERE organization_id = $1 AND lower(email) = $2 AND type = 'owner'", string(organization), lower(email)), scanUser)
}

// absent turns database/sql's word for "no row" into ErrNotFound.
func absent(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}
