package authority

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// CredentialKind tells how a credential came.
type CredentialKind int

// The kinds of credential.
const (
	SecretKey     CredentialKind = iota + 1 // X-Auth-Token
	SessionToken                            // X-Session-Token
	OperatorToken                           // Authorization: Bearer
)

// Credential is what a request offers as proof of who makes it.
type Credential struct {
	Kind  CredentialKind
	Value string
}

// secretIndex finds an API key by the keyed hash of its secret. It only names the key: the
// snapshot says whether the key still lives, so a stale entry opens nothing.
type secretIndex struct {
	keys   sync.Map // [32]byte -> iam.AccessKey
	hashes sync.Map // iam.AccessKey -> [32]byte
}

func (x *secretIndex) put(hash []byte, key iam.AccessKey) {
	h := [32]byte(hash)
	x.keys.Store(h, key)
	x.hashes.Store(key, h)
}

func (x *secretIndex) forget(key iam.AccessKey) {
	if h, ok := x.hashes.LoadAndDelete(key); ok {
		x.keys.Delete(h)
	}
}

func (x *secretIndex) find(hash []byte) (iam.AccessKey, bool) {
	key, ok := x.keys.Load([32]byte(hash))
	if !ok {
		return "", false
	}
	return key.(iam.AccessKey), true
}

// loadOperator reads the hash of the operator token, which a first start stores.
func (a *Authority) loadOperator(ctx context.Context) error {
	text, err := a.store.Read(ctx).Fact(store.FactOperatorToken)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	hash, err := hex.DecodeString(text)
	if err != nil {
		return fmt.Errorf("the stored operator token is broken: %w", err)
	}
	a.operator.Store(&hash)
	return nil
}

func encodeHash(hash []byte) string { return hex.EncodeToString(hash) }

// Methods of authentication, as errors name them.
const (
	methodAPIKey   = "api_key"
	methodJWT      = "jwt"
	methodOperator = "operator_token"
)

// Authenticate returns who a credential proves. Errors are of kind DeniedAuthentication.
//
// A secret is looked up by its keyed hash, never compared byte by byte: how long the look-up
// takes tells nothing about a stored secret, only about a value that the attacker cannot
// compute without the master key. The operator token is compared in constant time.
func (a *Authority) Authenticate(ctx context.Context, c Credential) (iam.Caller, error) {
	now := a.now()
	caller, err := a.authenticate(ctx, c, now)
	if err == nil && !caller.IsOperator() {
		a.uses.proven(caller, now)
	}
	return caller, err
}

func (a *Authority) authenticate(ctx context.Context, c Credential, now time.Time) (iam.Caller, error) {
	switch c.Kind {
	case SecretKey:
		return a.authenticateKey(c.Value, now)
	case OperatorToken:
		want := a.operator.Load()
		if want == nil || c.Value == "" || subtle.ConstantTimeCompare(a.keyring.HashSecret(c.Value), *want) != 1 {
			return iam.Caller{}, iam.AuthenticationDenied(methodOperator, iam.AuthNotFound)
		}
		return iam.Operator(), nil
	case SessionToken:
		return a.authenticateSession(ctx, c.Value)
	default:
		return iam.Caller{}, iam.AuthenticationDenied(methodJWT, iam.AuthNotFound)
	}
}

// authenticateSession returns the caller of a session token: one of our signatures, not
// expired, of a session that still lives, and of the very user and organization that both
// the token and the session name.
func (a *Authority) authenticateSession(ctx context.Context, token string) (iam.Caller, error) {
	claims, err := a.verifiedToken(ctx, token)
	switch {
	case errors.Is(err, identity.ErrSessionExpired):
		return iam.Caller{}, iam.AuthenticationDenied(methodJWT, iam.AuthExpired)
	case errors.Is(err, identity.ErrSessionToken), errors.Is(err, identity.ErrUnknownKey):
		return iam.Caller{}, iam.AuthenticationDenied(methodJWT, iam.AuthInvalidArgument)
	case err != nil:
		return iam.Caller{}, err
	}
	caller, err := provenBySession(iam.SessionID(claims.ID), a.snapshot.Load())
	if err != nil {
		return caller, err
	}
	if caller.Organization != claims.OrganizationID || caller.Principal != claims.UserID.Principal() {
		return iam.Caller{}, iam.AuthenticationDenied(methodJWT, iam.AuthNotFound)
	}
	return caller, nil
}

func (a *Authority) authenticateKey(secret string, now time.Time) (iam.Caller, error) {
	canonical, ok := iam.ParseUUID(secret)
	if !ok {
		return iam.Caller{}, iam.AuthenticationDenied(methodAPIKey, iam.AuthInvalidArgument)
	}
	access, ok := a.secrets.find(a.keyring.HashSecret(canonical))
	if !ok {
		return iam.Caller{}, iam.AuthenticationDenied(methodAPIKey, iam.AuthNotFound)
	}
	return provenBy(access, a.snapshot.Load(), now)
}
