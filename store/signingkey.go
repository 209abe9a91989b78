package store

import (
	"encoding/base64"
	"time"
)

// SigningKey is a private key that signs sessions, as it is stored.
type SigningKey struct {
	ID        string
	Sealed    []byte // under the master key
	CreatedAt time.Time
}

// InsertSigningKey stores a new key.
func (t *Tx) InsertSigningKey(k SigningKey) error {
	_, err := t.exec("INSERT INTO signing_keys (id, sealed, created_at) VALUES ($1, $2, $3)",
		k.ID, base64.StdEncoding.EncodeToString(k.Sealed), micros(k.CreatedAt))
	return err
}

// SigningKeys returns all keys, newest first.
func (t *Tx) SigningKeys() ([]SigningKey, error) {
	return collect(t, func(row scanner) (k SigningKey, err error) {
		var sealed string
		if err = row.Scan(&k.ID, &sealed, instant{&k.CreatedAt}); err == nil {
			k.Sealed, err = base64.StdEncoding.DecodeString(sealed)
		}
		return k, err
	}, "SELECT id, sealed, created_at FROM signing_keys ORDER BY created_at DESC, id")
}

// DeleteSigningKey deletes a key that exists.
func (t *Tx) DeleteSigningKey(id string) error {
	return touched(t.exec("DELETE FROM signing_keys WHERE id = $1", id))
}
