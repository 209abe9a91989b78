package store

import (
	"encoding/hex"
	"errors"
	"time"

	"bailiwick/iam"
)

// ConnectionOffer is an offer of a user to connect that waits to be taken.
type ConnectionOffer struct {
	iam.Account
	Hash      []byte // keyed hash of the token
	ExpiresAt time.Time
}

// PutConnectionOffer stores the one offer of a user.
func (t *Tx) PutConnectionOffer(o ConnectionOffer) error {
	_, err := t.exec(`INSERT INTO connection_offers (organization_id, user_id, hash, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organization_id, user_id) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at`,
		string(o.OrganizationID), string(o.UserID), hex.EncodeToString(o.Hash), micros(o.ExpiresAt))
	return err
}

// ConnectionOffer returns the offer of an organization's user with a token, or ErrNotFound.
func (t *Tx) ConnectionOffer(organization iam.OrganizationID, hash []byte) (ConnectionOffer, error) {
	return one(t.row("SELECT organization_id, user_id, expires_at FROM connection_offers WHERE organization_id = $1 AND hash = $2",
		string(organization), hex.EncodeToString(hash)), func(row scanner) (o ConnectionOffer, err error) {
		err = row.Scan(&o.OrganizationID, &o.UserID, instant{&o.ExpiresAt})
		o.Hash = hash
		return o, err
	})
}

// TakeConnectionOffer uses an offer up; ErrNotFound if it was used before.
func (t *Tx) TakeConnectionOffer(o ConnectionOffer) error {
	return touched(t.exec("DELETE FROM connection_offers WHERE organization_id = $1 AND hash = $2", string(o.OrganizationID), hex.EncodeToString(o.Hash)))
}

// Connect connects two accounts; ErrDuplicate if they are.
func (t *Tx) Connect(a, b iam.Account) error {
	for _, side := range [2][2]iam.Account{{a, b}, {b, a}} {
		if _, err := t.exec(`INSERT INTO connections (organization_id, user_id, other_user_id, other_organization_id, created_at) VALUES ($1, $2, $3, $4, $5)`,
			string(side[0].OrganizationID), string(side[0].UserID), string(side[1].UserID), string(side[1].OrganizationID), micros(t.Now)); err != nil {
			return err
		}
	}
	return nil
}

// Disconnect ends the connection of two accounts; ErrNotFound if there is none.
func (t *Tx) Disconnect(a, b iam.Account) error {
	for _, side := range [2][2]iam.Account{{a, b}, {b, a}} {
		if err := touched(t.exec("DELETE FROM connections WHERE organization_id = $1 AND user_id = $2 AND other_user_id = $3",
			string(side[0].OrganizationID), string(side[0].UserID), string(side[1].UserID))); err != nil {
			return err
		}
	}
	return nil
}

// DisconnectAll ends all connections of an account, and its offer.
func (t *Tx) DisconnectAll(a iam.Account) error {
	connections, err := t.Connections(a)
	for _, c := range connections {
		err = errors.Join(err, t.Disconnect(a, c.Account))
	}
	if err != nil {
		return err
	}
	_, err = t.exec("DELETE FROM connection_offers WHERE organization_id = $1 AND user_id = $2", string(a.OrganizationID), string(a.UserID))
	return err
}

// Connections returns the accounts that an account is connected with, oldest connection first.
func (t *Tx) Connections(a iam.Account) ([]iam.Connection, error) {
	return collect(t, func(row scanner) (c iam.Connection, err error) {
		err = row.Scan(&c.OrganizationID, &c.UserID, instant{&c.CreatedAt})
		return c, err
	}, `SELECT other_organization_id, other_user_id, created_at FROM connections WHERE organization_id = $1 AND user_id = $2
		ORDER BY created_at, other_user_id`, string(a.OrganizationID), string(a.UserID))
}
