package store

import (
	"encoding/hex"
	"errors"
	"time"

	"bailiwick/iam"
)

// Credential is what a user proves itself with beside its password.
type Credential struct {
	TOTPSealed        string // the secret of one-time passwords under the master key; empty: none
	TOTPPending       string // one that the user has not confirmed yet
	TOTPStep          int64  // the last time step that was accepted
	PasswordChangedAt time.Time
	PasswordRenewal   bool      // the password was given by somebody else and must be changed
	GraceStartedAt    time.Time // when the user, logging in, first met the demand for a new password
	MFAGraceStartedAt time.Time // the same for the demand for a second factor
}

const credentialColumns = "totp_sealed, totp_pending, totp_step, password_changed_at, password_renewal, grace_started_at, mfa_grace_started_at"

// Credential returns what is known of a user; the zero value if nothing is.
func (t *Tx) Credential(organization iam.OrganizationID, user iam.UserID) (Credential, error) {
	c, err := one(t.row("SELECT "+credentialColumns+" FROM credentials WHERE organization_id = $1 AND user_id = $2",
		string(organization), string(user)), func(row scanner) (c Credential, err error) {
		err = row.Scan(&c.TOTPSealed, &c.TOTPPending, &c.TOTPStep, instant{&c.PasswordChangedAt}, &c.PasswordRenewal, instant{&c.GraceStartedAt}, instant{&c.MFAGraceStartedAt})
		return c, err
	})
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return c, err
}

// PutCredential stores what is known of a user.
func (t *Tx) PutCredential(organization iam.OrganizationID, user iam.UserID, c Credential) error {
	_, err := t.exec(`INSERT INTO credentials (organization_id, user_id, `+credentialColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (organization_id, user_id) DO UPDATE SET totp_sealed = excluded.totp_sealed, totp_pending = excluded.totp_pending,
		totp_step = excluded.totp_step, password_changed_at = excluded.password_changed_at,
		password_renewal = excluded.password_renewal, grace_started_at = excluded.grace_started_at,
		mfa_grace_started_at = excluded.mfa_grace_started_at`,
		string(organization), string(user), c.TOTPSealed, c.TOTPPending, c.TOTPStep, micros(c.PasswordChangedAt), c.PasswordRenewal, micros(c.GraceStartedAt), micros(c.MFAGraceStartedAt))
	return err
}

// TakeTOTPStep notes that a user's one-time password of a time step is used, and reports
// whether it was the first use of that step or a later one.
func (t *Tx) TakeTOTPStep(organization iam.OrganizationID, user iam.UserID, step int64) (bool, error) {
	n, err := t.exec("UPDATE credentials SET totp_step = $3 WHERE organization_id = $1 AND user_id = $2 AND totp_step < $3",
		string(organization), string(user), step)
	return n == 1, err
}

// DeleteCredential deletes all that a user proves itself with beside its password, its attempts
// and its logins under way.
func (t *Tx) DeleteCredential(organization iam.OrganizationID, user iam.UserID) error {
	for _, text := range []constant{
		"DELETE FROM credentials WHERE organization_id = $1 AND user_id = $2",
		"DELETE FROM recovery_codes WHERE organization_id = $1 AND user_id = $2",
		"DELETE FROM login_attempts WHERE organization_id = $1 AND user_id = $2",
		"DELETE FROM logins WHERE organization_id = $1 AND user_id = $2",
		"DELETE FROM passkeys WHERE organization_id = $1 AND user_id = $2",
	} {
		if _, err := t.exec(text, string(organization), string(user)); err != nil {
			return err
		}
	}
	return nil
}

// RecoveryCodes returns the keyed hashes of a user's recovery codes that are left.
func (t *Tx) RecoveryCodes(organization iam.OrganizationID, user iam.UserID) ([][]byte, error) {
	return collect(t, func(row scanner) ([]byte, error) {
		var text string
		if err := row.Scan(&text); err != nil {
			return nil, err
		}
		return hex.DecodeString(text)
	}, "SELECT hash FROM recovery_codes WHERE organization_id = $1 AND user_id = $2 ORDER BY hash", string(organization), string(user))
}

// SetRecoveryCodes replaces the recovery codes of a user.
func (t *Tx) SetRecoveryCodes(organization iam.OrganizationID, user iam.UserID, hashes [][]byte) error {
	if _, err := t.exec("DELETE FROM recovery_codes WHERE organization_id = $1 AND user_id = $2", string(organization), string(user)); err != nil {
		return err
	}
	for _, hash := range hashes {
		if _, err := t.exec("INSERT INTO recovery_codes (organization_id, user_id, hash) VALUES ($1, $2, $3)",
			string(organization), string(user), hex.EncodeToString(hash)); err != nil {
			return err
		}
	}
	return nil
}

// TakeRecoveryCode uses a recovery code up, and reports whether it was there: of two who use
// it at once, one does.
func (t *Tx) TakeRecoveryCode(organization iam.OrganizationID, user iam.UserID, hash []byte) (bool, error) {
	n, err := t.exec("DELETE FROM recovery_codes WHERE organization_id = $1 AND user_id = $2 AND hash = $3",
		string(organization), string(user), hex.EncodeToString(hash))
	return n == 1, err
}

// PasswordHash returns the PHC string of a user's password, empty if it has none, or ErrNotFound.
func (t *Tx) PasswordHash(organization iam.OrganizationID, user iam.UserID) (string, error) {
	return one(t.row("SELECT password_hash FROM users WHERE organization_id = $1 AND id = $2", string(organization), string(user)),
		func(row scanner) (hash string, err error) {
			err = row.Scan(&hash)
			return hash, err
		})
}
