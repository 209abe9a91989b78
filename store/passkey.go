package store

import (
	"encoding/hex"
	"time"

	"bailiwick/iam"
)

// Passkey is a passkey with what proves it.
type Passkey struct {
	iam.Passkey
	KeyID  []byte // chosen by the authenticator, unique on the server
	Record []byte // as package identity writes it
}

const passkeyColumns = "organization_id, id, user_id, name, key_id, record, created_at, last_login_at"

func scanPasskey(row scanner) (p Passkey, err error) {
	var key, record string
	if err := row.Scan(&p.OrganizationID, &p.ID, &p.UserID, &p.Name, &key, &record, instant{&p.CreatedAt}, instant{&p.LastLoginAt}); err != nil {
		return p, err
	}
	p.Record = []byte(record)
	p.KeyID, err = hex.DecodeString(key)
	return p, err
}

// InsertPasskey stores a new passkey; ErrDuplicate if some user, of whatever organization, has
// one with the same key.
func (t *Tx) InsertPasskey(p Passkey) error {
	_, err := t.exec("INSERT INTO passkeys ("+passkeyColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		string(p.OrganizationID), string(p.ID), string(p.UserID), p.Name, hex.EncodeToString(p.KeyID), string(p.Record),
		micros(p.CreatedAt), micros(p.LastLoginAt))
	return err
}

// UpdatePasskey stores what may change of a passkey that exists.
func (t *Tx) UpdatePasskey(p Passkey) error {
	return touched(t.exec("UPDATE passkeys SET name = $3, record = $4, last_login_at = $5 WHERE organization_id = $1 AND id = $2",
		string(p.OrganizationID), string(p.ID), p.Name, string(p.Record), micros(p.LastLoginAt)))
}

// DeletePasskey deletes a passkey that exists.
func (t *Tx) DeletePasskey(organization iam.OrganizationID, id iam.PasskeyID) error {
	return touched(t.exec("DELETE FROM passkeys WHERE organization_id = $1 AND id = $2", string(organization), string(id)))
}

// Passkey returns one passkey of an organization, or ErrNotFound.
func (t *Tx) Passkey(organization iam.OrganizationID, id iam.PasskeyID) (Passkey, error) {
	return one(t.row("SELECT "+passkeyColumns+" FROM passkeys WHERE organization_id = $1 AND id = $2",
		string(organization), string(id)), scanPasskey)
}

// PasskeyByKey returns the passkey with a key, of whatever organization, or ErrNotFound.
func (t *Tx) PasskeyByKey(key []byte) (Passkey, error) {
	return one(t.row("SELECT "+passkeyColumns+" FROM passkeys WHERE key_id = $1", hex.EncodeToString(key)), scanPasskey)
}

// PasskeysOf returns all passkeys of a user, oldest first.
func (t *Tx) PasskeysOf(organization iam.OrganizationID, user iam.UserID) ([]Passkey, error) {
	return collect(t, scanPasskey, "SELECT "+passkeyColumns+` FROM passkeys
		WHERE organization_id = $1 AND user_id = $2 ORDER BY created_at, id`, string(organization), string(user))
}

// Passkeys returns a page of a user's passkeys, and their number.
func (t *Tx) Passkeys(f iam.PasskeyFilter) ([]iam.Passkey, int, error) {
	w := inOrganization(f.OrganizationID)
	w.where("user_id = ?", string(f.UserID))
	return list(t, listQuery{
		table: "passkeys", columns: passkeyColumns, filter: w, key: "id", order: f.Order, page: f.Page,
		orders: map[string]string{"created_at": "created_at"},
	}, func(row scanner) (iam.Passkey, error) {
		p, err := scanPasskey(row)
		return p.Passkey, err
	})
}

// SpendChallenge notes that the challenge of a ceremony has been answered, and reports whether
// it was for the first time. It forgets those that have expired.
func (t *Tx) SpendChallenge(challenge []byte, expires time.Time) (bool, error) {
	if _, err := t.exec("DELETE FROM spent_challenges WHERE expires_at <= $1", micros(t.Now)); err != nil {
		return false, err
	}
	n, err := t.exec("INSERT INTO spent_challenges (challenge, expires_at) VALUES ($1, $2) ON CONFLICT (challenge) DO NOTHING",
		hex.EncodeToString(challenge), micros(expires))
	return n == 1, err
}
