package store

import (
	"encoding/hex"

	"bailiwick/iam"
)

const sessionColumns = `organization_id, id, user_id, issuer_id, referrer, ip, user_agent, access_key, created_at, updated_at, expires_at`

func scanSession(row scanner) (s iam.Session, err error) {
	err = row.Scan(&s.OrganizationID, &s.ID, &s.UserID, &s.IssuerID, &s.Referrer, &s.IP, &s.UserAgent, &s.AccessKey,
		instant{&s.CreatedAt}, instant{&s.UpdatedAt}, instant{&s.ExpiresAt})
	return s, err
}

// InsertSession stores a new session with the keyed hash of its renew token.
func (t *Tx) InsertSession(s iam.Session, renew []byte) error {
	t.change(s.OrganizationID, KindSession, string(s.ID))
	_, err := t.exec("INSERT INTO sessions ("+sessionColumns+`, renew_hash, former_hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '')`,
		string(s.OrganizationID), string(s.ID), string(s.UserID), string(s.IssuerID), s.Referrer, s.IP, s.UserAgent,
		string(s.AccessKey), micros(s.CreatedAt), micros(s.UpdatedAt), micros(s.ExpiresAt), hex.EncodeToString(renew))
	return err
}

// RenewSession stores the times of a session that exists, and the keyed hash of its next renew
// token; the one so far becomes the former one. It is no change: decisions do not ask for how
// long a token lives.
func (t *Tx) RenewSession(s iam.Session, renew []byte) error {
	return touched(t.exec(`UPDATE sessions SET updated_at = $3, expires_at = $4, former_hash = renew_hash, renew_hash = $5
		WHERE organization_id = $1 AND id = $2`,
		string(s.OrganizationID), string(s.ID), micros(s.UpdatedAt), micros(s.ExpiresAt), hex.EncodeToString(renew)))
}

// RenewHashes returns the keyed hashes of the renew token of a session that is in force and of
// the one before it (empty: there was none), or ErrNotFound.
func (t *Tx) RenewHashes(organization iam.OrganizationID, id iam.SessionID) (current, former []byte, err error) {
	var texts [2]string
	if err := t.row("SELECT renew_hash, former_hash FROM sessions WHERE organization_id = $1 AND id = $2",
		string(organization), string(id)).Scan(&texts[0], &texts[1]); err != nil {
		return nil, nil, absent(err)
	}
	if current, err = hex.DecodeString(texts[0]); err == nil {
		former, err = hex.DecodeString(texts[1])
	}
	return current, former, err
}

// DeleteSession deletes a session that exists.
func (t *Tx) DeleteSession(organization iam.OrganizationID, id iam.SessionID) error {
	t.change(organization, KindSession, string(id))
	return touched(t.exec("DELETE FROM sessions WHERE organization_id = $1 AND id = $2", string(organization), string(id)))
}

// Session returns one session of an organization, or ErrNotFound.
func (t *Tx) Session(organization iam.OrganizationID, id iam.SessionID) (iam.Session, error) {
	return one(t.row("SELECT "+sessionColumns+" FROM sessions WHERE organization_id = $1 AND id = $2",
		string(organization), string(id)), scanSession)
}

// SessionsOf returns the sessions of a user, oldest first.
func (t *Tx) SessionsOf(organization iam.OrganizationID, user iam.UserID) ([]iam.Session, error) {
	return collect(t, scanSession, "SELECT "+sessionColumns+` FROM sessions
		WHERE organization_id = $1 AND user_id = $2 ORDER BY created_at, id`, string(organization), string(user))
}

// SessionsBy returns the sessions that were made with an API key, oldest first.
func (t *Tx) SessionsBy(organization iam.OrganizationID, key iam.AccessKey) ([]iam.Session, error) {
	return collect(t, scanSession, "SELECT "+sessionColumns+` FROM sessions
		WHERE organization_id = $1 AND access_key = $2 ORDER BY created_at, id`, string(organization), string(key))
}

// Sessions returns a page of an organization's sessions, and their number. Expiry is judged at
// the transaction's time.
func (t *Tx) Sessions(f iam.SessionFilter) ([]iam.Session, int, error) {
	w := inOrganization(f.OrganizationID)
	whereText(&w, "user_id = ?", f.UserID)
	if f.Expired != nil {
		clause := constant("expires_at > ?")
		if *f.Expired {
			clause = "expires_at <= ?"
		}
		w.where(clause, micros(t.Now))
	}
	return list(t, listQuery{
		table: "sessions", columns: sessionColumns, filter: w, key: "id", order: f.Order, page: f.Page,
		orders: map[string]string{"created_at": "created_at", "updated_at": "updated_at"},
	}, scanSession)
}

// EachSession gives every session of every organization to yield.
func (t *Tx) EachSession(yield func(iam.Session) error) error {
	return eachObject(t, KindSession, scanSession, yield, "SELECT "+sessionColumns+" FROM sessions")
}
