package store

import (
	"encoding/base64"
	"encoding/hex"
	"time"

	"bailiwick/iam"
)

const apiKeyColumns = `organization_id, access_key, bearer_type, bearer_id, description, default_project_id, managed,
	creation_ip, created_at, updated_at, expires_at`

func scanAPIKey(row scanner) (k iam.APIKey, err error) {
	err = row.Scan(&k.OrganizationID, &k.AccessKey, &k.Bearer.Type, &k.Bearer.ID, &k.Description, &k.DefaultProjectID,
		&k.Managed, &k.CreationIP, instant{&k.CreatedAt}, instant{&k.UpdatedAt}, instant{&k.ExpiresAt})
	return k, err
}

// Secret is the stored form of a secret key: a keyed hash to find it by, and the secret
// itself under the master key.
type Secret struct {
	Hash   []byte
	Sealed []byte
}

// InsertAPIKey stores a new API key; ErrDuplicate if access key or secret are taken.
func (t *Tx) InsertAPIKey(k iam.APIKey, secret Secret) error {
	t.change(k.OrganizationID, KindAPIKey, string(k.AccessKey))
	return t.insert(k.OrganizationID, "api_keys", "INSERT INTO api_keys ("+apiKeyColumns+`, secret_hash, secret_sealed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		string(k.OrganizationID), string(k.AccessKey), string(k.Bearer.Type), k.Bearer.ID, k.Description,
		string(k.DefaultProjectID), k.Managed, k.CreationIP, micros(k.CreatedAt), micros(k.UpdatedAt), micros(k.ExpiresAt),
		hex.EncodeToString(secret.Hash), base64.StdEncoding.EncodeToString(secret.Sealed))
}

// UpdateAPIKey stores what may change of an API key that exists.
func (t *Tx) UpdateAPIKey(k iam.APIKey) error {
	t.change(k.OrganizationID, KindAPIKey, string(k.AccessKey))
	return touched(t.exec(`UPDATE api_keys SET description = $3, default_project_id = $4, updated_at = $5, expires_at = $6
		WHERE organization_id = $1 AND access_key = $2`,
		string(k.OrganizationID), string(k.AccessKey), k.Description, string(k.DefaultProjectID), micros(k.UpdatedAt), micros(k.ExpiresAt)))
}

// DeleteAPIKey deletes an API key that exists.
func (t *Tx) DeleteAPIKey(organization iam.OrganizationID, key iam.AccessKey) error {
	t.change(organization, KindAPIKey, string(key))
	return t.remove(organization, "api_keys", "DELETE FROM api_keys WHERE organization_id = $1 AND access_key = $2", string(organization), string(key))
}

// APIKey returns one API key of an organization, or ErrNotFound.
func (t *Tx) APIKey(organization iam.OrganizationID, key iam.AccessKey) (iam.APIKey, error) {
	return one(t.row("SELECT "+apiKeyColumns+" FROM api_keys WHERE organization_id = $1 AND access_key = $2",
		string(organization), string(key)), scanAPIKey)
}

// APIKeysOf returns the API keys of a bearer.
func (t *Tx) APIKeysOf(organization iam.OrganizationID, bearer iam.Principal) ([]iam.APIKey, error) {
	return collect(t, scanAPIKey, "SELECT "+apiKeyColumns+` FROM api_keys
		WHERE organization_id = $1 AND bearer_type = $2 AND bearer_id = $3 ORDER BY created_at, access_key`,
		string(organization), string(bearer.Type), bearer.ID)
}

// APIKeys returns a page of an organization's API keys, and their number. Expiry is judged
// at the transaction's time.
func (t *Tx) APIKeys(f iam.APIKeyFilter) ([]iam.APIKey, int, error) {
	w := inOrganization(f.OrganizationID)
	w.whereBool("managed <> ?", f.Editable)
	if f.Expired != nil {
		clause := constant("(expires_at = 0 OR expires_at > ?)")
		if *f.Expired {
			clause = "(expires_at <> 0 AND expires_at <= ?)"
		}
		w.where(clause, micros(t.Now))
	}
	whereText(&w, "description = ?", f.Description)
	w.whereSearch(f.Search, "description", "access_key")
	whereIn(&w, "access_key IN (?)", f.AccessKeys)
	whereText(&w, "bearer_id = ?", f.BearerID)
	whereText(&w, "bearer_type = ?", f.BearerType)
	return list(t, listQuery{
		table: "api_keys", columns: apiKeyColumns, filter: w, key: "access_key", counter: "api_keys", order: f.Order, page: f.Page,
		orders: map[string]string{
			"created_at": "created_at", "updated_at": "updated_at", "access_key": "access_key",
			"expires_at": "CASE WHEN expires_at = 0 THEN 9223372036854775807 ELSE expires_at END",
		},
	}, scanAPIKey)
}

// CountAPIKeys returns how many API keys an organization has.
func (t *Tx) CountAPIKeys(organization iam.OrganizationID) (int, error) {
	return t.counted(organization, "api_keys")
}

// HoldExpiringKey takes a key out of all tenants' that expires within a time and of which nobody was
// told that yet, or only longer before; it counts as told. Of several nodes one gets it. It returns
// ErrNotFound if there is none. Who changed or made a key in that time knows its expiry, so
// such keys are not given; another expiry makes a key be told of again.
func (t *Tx) HoldExpiringKey(before time.Duration) (iam.APIKey, error) {
	return one(t.row(`UPDATE api_keys SET told_expires_at = expires_at, told_before_us = $2 WHERE (organization_id, access_key) IN
		(SELECT organization_id, access_key FROM api_keys WHERE expires_at > $1 AND expires_at <= $3 AND updated_at <= expires_at - $2
		AND (told_expires_at <> expires_at OR told_before_us > $2) ORDER BY expires_at LIMIT 1)
		AND (told_expires_at <> expires_at OR told_before_us > $2) RETURNING `+apiKeyColumns,
		micros(t.Now), before.Microseconds(), micros(t.Now.Add(before))), scanAPIKey)
}

// HashedKey is an API key with the keyed hash of its secret.
type HashedKey struct {
	iam.APIKey
	Hash []byte
}

func scanHashedKey(row scanner) (k HashedKey, err error) {
	var text string
	k.APIKey, err = scanAPIKey(scanFunc(func(dest ...any) error { return row.Scan(append(dest, &text)...) }))
	if err == nil {
		k.Hash, err = hex.DecodeString(text)
	}
	return k, err
}

// scanFunc is a scanner that reads more than the columns of one noun.
type scanFunc func(dest ...any) error

// Scan implements scanner.
func (f scanFunc) Scan(dest ...any) error { return f(dest...) }

// HashedAPIKey returns one API key with the hash of its secret, or ErrNotFound.
func (t *Tx) HashedAPIKey(organization iam.OrganizationID, key iam.AccessKey) (HashedKey, error) {
	return one(t.row("SELECT "+apiKeyColumns+", secret_hash FROM api_keys WHERE organization_id = $1 AND access_key = $2",
		string(organization), string(key)), scanHashedKey)
}

// EachAPIKey gives every API key of every organization to yield.
func (t *Tx) EachAPIKey(yield func(HashedKey) error) error {
	return eachObject(t, KindAPIKey, scanHashedKey, yield, "SELECT "+apiKeyColumns+", secret_hash FROM api_keys")
}
