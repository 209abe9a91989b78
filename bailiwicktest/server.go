package bailiwicktest

import (
	"net/http/httptest"
	"testing"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/server"
	"bailiwick/store"
)

// PublicURL is the address that the server of a kit is configured to have.
const PublicURL = "https://iam.example.com"

// passkeyDomain is that of [PublicURL].
const passkeyDomain = "iam.example.com"

// Serve starts the real server over the kit on a loopback port and returns its URL. It ends
// with the test.
func (k *Kit) Serve(t testing.TB) string {
	t.Helper()
	s, err := server.New(server.Config{Authority: k.Authority, PublicURL: PublicURL})
	check(t, err)
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	return ts.URL
}

// NewUserKey gives a user an API key and returns its secret. A person makes keys from a
// session, and nobody makes them for somebody else; so the kit writes the row itself.
func (k *Kit) NewUserKey(t testing.TB, u iam.User) (iam.APIKey, string) {
	t.Helper()
	key := iam.APIKey{
		AccessKey: identity.NewAccessKey(), OrganizationID: u.OrganizationID, Bearer: u.ID.Principal(),
		DefaultProjectID: iam.ProjectID(u.OrganizationID), CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt,
	}
	secret := identity.NewSecretKey()
	k.PutKey(t, key, secret)
	return key, secret
}

// PutKey writes an API key with a secret straight into the store, also one that the API
// would refuse, such as one that has expired already.
func (k *Kit) PutKey(t testing.TB, key iam.APIKey, secret string) {
	t.Helper()
	ctx := Context(t)
	k.planted[key.AccessKey] = true
	_, err := k.Store.Update(ctx, func(tx *store.Tx) error {
		return tx.InsertAPIKey(key, store.Secret{
			Hash:   k.Keyring.HashSecret(secret),
			Sealed: k.Keyring.Seal([]byte(secret), "api_key/"+string(key.AccessKey)),
		})
	})
	check(t, err)
	check(t, k.Authority.Follow(ctx))
}
