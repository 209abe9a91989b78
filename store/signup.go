package store

import (
	"encoding/hex"
	"time"

	"bailiwick/iam"
)

// SignUp is an account that somebody asks for and has not confirmed.
type SignUp struct {
	ID           []byte // keyed hash of the mailed token
	Email        string
	Name         string // of the organization
	FirstName    string
	LastName     string
	Locale       string
	PasswordHash string // argon2id PHC string
	ExpiresAt    time.Time
}

const signUpColumns = "id, email, name, first_name, last_name, locale, password_hash, expires_at"

// InsertSignUp stores a sign-up, and deletes those that have expired.
func (t *Tx) InsertSignUp(s SignUp) error {
	if _, err := t.exec("DELETE FROM sign_ups WHERE expires_at <= $1", micros(t.Now)); err != nil {
		return err
	}
	_, err := t.exec("INSERT INTO sign_ups ("+signUpColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		hex.EncodeToString(s.ID), s.Email, s.Name, s.FirstName, s.LastName, s.Locale, s.PasswordHash, micros(s.ExpiresAt))
	return err
}

// SignUp returns the sign-up with a token, or ErrNotFound.
func (t *Tx) SignUp(id []byte) (SignUp, error) {
	return one(t.row("SELECT email, name, first_name, last_name, locale, password_hash, expires_at FROM sign_ups WHERE id = $1", hex.EncodeToString(id)),
		func(row scanner) (s SignUp, err error) {
			err = row.Scan(&s.Email, &s.Name, &s.FirstName, &s.LastName, &s.Locale, &s.PasswordHash, instant{&s.ExpiresAt})
			s.ID = id
			return s, err
		})
}

// TakeSignUp uses a sign-up up, and with it all others of its address and the operator's
// invitation; ErrNotFound if another request did.
func (t *Tx) TakeSignUp(s SignUp) error {
	if err := touched(t.exec("DELETE FROM sign_ups WHERE id = $1", hex.EncodeToString(s.ID))); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM sign_ups WHERE lower(email) = $1", lower(s.Email)); err != nil {
		return err
	}
	_, err := t.exec("DELETE FROM sign_up_invitations WHERE email = $1", lower(s.Email))
	return err
}

// PutSignUpInvitation lets an address sign up, and deletes the invitations that have expired.
func (t *Tx) PutSignUpInvitation(i iam.SignUpInvitation) error {
	if _, err := t.exec("DELETE FROM sign_up_invitations WHERE expires_at <= $1", micros(t.Now)); err != nil {
		return err
	}
	_, err := t.exec(`INSERT INTO sign_up_invitations (email, expires_at) VALUES ($1, $2)
		ON CONFLICT (email) DO UPDATE SET expires_at = excluded.expires_at`, lower(i.Email), micros(i.ExpiresAt))
	return err
}

// InvitedToSignUp reports whether the operator or an organization has invited an address, and the
// invitation has not expired.
func (t *Tx) InvitedToSignUp(email string) (bool, error) {
	var n int
	err := t.row(`SELECT (SELECT COUNT(*) FROM sign_up_invitations WHERE email = $1 AND expires_at > $2) +
		(SELECT COUNT(*) FROM guests WHERE lower(email) = $1 AND home_user_id = '' AND expires_at > $2)`, lower(email), micros(t.Now)).Scan(&n)
	return n > 0, err
}

// TakeLetter counts a letter that somebody wants sent, and reports whether the budget of the
// place allows it. A place is an address or a network, as the caller names it. It is one
// statement, as [Tx.TakeAttempt]. Places that nobody has used for a day are forgotten.
func (t *Tx) TakeLetter(place string, b Budget) (bool, error) {
	if _, err := t.exec("DELETE FROM letter_budgets WHERE last_at <= $1", micros(t.Now.Add(-24*time.Hour))); err != nil {
		return false, err
	}
	n, err := t.exec(`INSERT INTO letter_budgets (place, letters, last_at) VALUES ($1, 1, $2)
		ON CONFLICT (place) DO UPDATE SET last_at = excluded.last_at, letters = 1 +
		CASE WHEN letter_budgets.letters > (excluded.last_at - letter_budgets.last_at) / $3
		THEN letter_budgets.letters - (excluded.last_at - letter_budgets.last_at) / $3 ELSE 0 END
		WHERE letter_budgets.letters - (excluded.last_at - letter_budgets.last_at) / $3 < $4`,
		place, micros(t.Now), b.Refill.Microseconds(), b.Attempts)
	return n == 1, err
}
