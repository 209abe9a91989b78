package authority

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"bailiwick/identity"
	"bailiwick/pdp"
	"bailiwick/store"
)

// The life of a key that signs sessions: how long it signs, how long after that it is still
// known, and how often an unknown key may make a node read the keys again, which anybody can
// bring about with a token of his own.
const (
	signingKeyLife   = 30 * 24 * time.Hour
	signingKeyAfter  = 2 * identity.MaxSessionTokenLifetime
	signingKeyReread = 5 * time.Second
)

// sessionAudience stands in every session token: they are for this API.
const sessionAudience = "bailiwick"

// signer signs and verifies session tokens with the keys of the store.
type signer struct {
	issuer string
	set    atomic.Pointer[keySet]
	mu     sync.Mutex // held while the keys are read or made
	read   time.Time

	verified sync.Map // [32]byte -> identity.SessionClaims
	held     atomic.Int64
}

// maxVerified bounds the tokens that are remembered; when there are more, all go.
const maxVerified = 20_000

// keySet are the keys as they were read.
type keySet struct {
	*identity.KeySet
	newest time.Time
}

// loadKeys reads the keys, makes the first one and the next one when it is time, and forgets
// those whose last token has expired. The caller holds the lock.
func (a *Authority) loadKeys(ctx context.Context) error {
	stored, err := a.store.Read(ctx).SigningKeys()
	if err != nil {
		return err
	}
	now := a.now()
	if len(stored) == 0 || now.Sub(stored[0].CreatedAt) >= signingKeyLife {
		// An update, because updates run one after the other: of two nodes that find the same
		// old key one makes the next.
		err = a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) (err error) {
			stored, err = a.rotateKeys(tx, now)
			return err
		})
		if err != nil {
			return err
		}
	}
	var keys []*identity.SigningKey
	for _, k := range stored {
		key, err := identity.OpenSigningKey(a.keyring, k.ID, k.Sealed)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	set, err := identity.NewKeySet(a.signer.issuer, sessionAudience, keys[0], keys[1:]...)
	if err != nil {
		return err
	}
	a.signer.set.Store(&keySet{set, stored[0].CreatedAt})
	a.signer.read = now
	return nil
}

// rotateKeys makes a new key if that is still due, and returns all keys, newest first.
func (a *Authority) rotateKeys(tx *store.Tx, now time.Time) ([]store.SigningKey, error) {
	stored, err := tx.SigningKeys()
	if err != nil || len(stored) > 0 && now.Sub(stored[0].CreatedAt) < signingKeyLife {
		return stored, err
	}
	for i := 1; i < len(stored); i++ {
		if now.Sub(stored[i-1].CreatedAt) > signingKeyAfter {
			if err := tx.DeleteSigningKey(stored[i].ID); err != nil {
				return nil, err
			}
		}
	}
	key, err := identity.NewSigningKey()
	if err != nil {
		return nil, err
	}
	sealed, err := key.Seal(a.keyring)
	if err != nil {
		return nil, err
	}
	if err := tx.InsertSigningKey(store.SigningKey{ID: key.ID(), Sealed: sealed, CreatedAt: tx.Now}); err != nil {
		return nil, err
	}
	return tx.SigningKeys()
}

// keys returns the keys, after a rotation if one is due.
func (a *Authority) keys(ctx context.Context) (*keySet, error) {
	if set := a.signer.set.Load(); set != nil && a.now().Sub(set.newest) < signingKeyLife {
		return set, nil
	}
	a.signer.mu.Lock()
	defer a.signer.mu.Unlock()
	if err := a.loadKeys(ctx); err != nil {
		return nil, fmt.Errorf("keys of sessions: %w", err)
	}
	return a.signer.set.Load(), nil
}

// verifyToken returns what a session token says. A token of a key that another node has just
// made is verified after the keys are read again.
func (a *Authority) verifyToken(ctx context.Context, token string) (identity.SessionClaims, error) {
	set, err := a.keys(ctx)
	if err != nil {
		return identity.SessionClaims{}, err
	}
	claims, err := set.Verify(token, a.now())
	if !errors.Is(err, identity.ErrUnknownKey) {
		return claims, err
	}
	a.signer.mu.Lock()
	defer a.signer.mu.Unlock()
	if a.now().Sub(a.signer.read) >= signingKeyReread {
		if err := a.loadKeys(ctx); err != nil {
			return identity.SessionClaims{}, fmt.Errorf("keys of sessions: %w", err)
		}
	}
	return a.signer.set.Load().Verify(token, a.now())
}

// verifiedToken is verifyToken with a memory: a signature is the same each time, and checking
// one costs more than a decision. What may change, expiry and the session itself, is judged
// at each use. The key is a hash of the whole token, so that no token is taken for another.
func (a *Authority) verifiedToken(ctx context.Context, token string) (identity.SessionClaims, error) {
	digest := sha256.Sum256([]byte(token))
	if held, ok := a.signer.verified.Load(digest); ok {
		claims := held.(identity.SessionClaims)
		if !a.now().Before(claims.ExpiresAt) {
			return identity.SessionClaims{}, identity.ErrSessionExpired
		}
		return claims, nil
	}
	claims, err := a.verifyToken(ctx, token)
	if err != nil {
		return claims, err
	}
	if a.signer.held.Add(1) > maxVerified {
		a.signer.verified.Clear()
		a.signer.held.Store(0)
	}
	a.signer.verified.Store(digest, claims)
	return claims, nil
}

// JWKS returns the public keys of session tokens as a JWK set (RFC 7517 section 5).
func (a *Authority) JWKS(ctx context.Context) ([]byte, error) {
	set, err := a.keys(ctx)
	if err != nil {
		return nil, err
	}
	return set.JWKS(), nil
}
