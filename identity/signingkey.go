package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// SigningKey signs session tokens: ECDSA on P-256 with SHA-256 (ES256, RFC 7518 3.4), which
// every JWT library and gateway verifies. It is safe for concurrent use.
type SigningKey struct {
	id      string
	private *ecdsa.PrivateKey
}

// NewSigningKey returns a new random key.
func NewSigningKey() (*SigningKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("identity: signing key: %w", err)
	}
	return signingKey(private)
}

func signingKey(private *ecdsa.PrivateKey) (*SigningKey, error) {
	public := jose.JSONWebKey{Key: private.Public()}
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("identity: signing key: %w", err)
	}
	return &SigningKey{base64.RawURLEncoding.EncodeToString(thumbprint), private}, nil
}

// ID names the key in tokens (kid) and in the database: the thumbprint of its public part
// (RFC 7638), 43 characters, so that one id never stands for two keys.
func (k *SigningKey) ID() string { return k.id }

// Seal encrypts the private part for storage under the master key.
func (k *SigningKey) Seal(keyring *Keyring) ([]byte, error) {
	private, err := k.private.Bytes()
	if err != nil {
		return nil, fmt.Errorf("identity: signing key: %w", err)
	}
	return keyring.Seal(private, signingKeyContext(k.id)), nil
}

// OpenSigningKey decrypts a stored key. Every failure is [ErrSealed].
//
// Keys that only verify are opened in the same way, and no public key is ever taken from the
// database by itself: who can write there could otherwise add a key of their own and sign
// sessions of anybody. A sealed value cannot be made without the master key, and this one
// opens only under the id of the key inside it.
func OpenSigningKey(keyring *Keyring, id string, sealed []byte) (*SigningKey, error) {
	raw, err := keyring.Open(sealed, signingKeyContext(id))
	if err != nil {
		return nil, err
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		return nil, ErrSealed
	}
	key, err := signingKey(private)
	if err != nil || key.id != id {
		return nil, ErrSealed
	}
	return key, nil
}

func signingKeyContext(id string) string { return "signing_key/" + id }

// Format prints the id whatever the verb, so that a key that slips into a log line or a
// panic does not print its private part.
func (k *SigningKey) Format(state fmt.State, _ rune) {
	id := ""
	if k != nil {
		id = k.id
	}
	fmt.Fprintf(state, "signing key(%s)", id)
}
