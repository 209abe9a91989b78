package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"bailiwick/iam"

	"github.com/go-jose/go-jose/v4"
)

// The bounds of a session token.
const (
	MaxSessionTokenLifetime = time.Hour        // from issue to expiry
	MaxSessionTokenSkew     = 60 * time.Second // how far the clock of the node that issued it may be ahead
	maxSessionToken         = 2048             // bytes
)

// sessionType is the explicit type of a session token (RFC 8725 3.11): a token that somebody
// signs with the same keys for another use is not a session.
const sessionType = "bailiwick-session+jwt"

// The errors of [KeySet.Verify]. None of them says more: what exactly is wrong with a token
// helps only who forges it.
var (
	ErrSessionToken   = errors.New("identity: not a valid session token")
	ErrSessionExpired = errors.New("identity: the session token has expired")
	// ErrUnknownKey says that the token has the form of a session token but names a key that
	// is not in the set. A node that has not yet seen a rotation reads the keys again; not
	// on each request, since anybody can write such a token.
	ErrUnknownKey = errors.New("identity: the session token names an unknown key")
)

// SessionClaims is what a session token says. Times have whole seconds.
type SessionClaims struct {
	ID             string // jti, the session in the database
	UserID         iam.UserID
	OrganizationID iam.OrganizationID
	IssuedAt       time.Time
	ExpiresAt      time.Time
}

// wireClaims is the payload, with exactly these members in this order.
type wireClaims struct {
	Issuer       string `json:"iss"`
	Audience     string `json:"aud"`
	Subject      string `json:"sub"`
	Organization string `json:"org"`
	ID           string `json:"jti"`
	IssuedAt     int64  `json:"iat"`
	ExpiresAt    int64  `json:"exp"`
}

// KeySet signs session tokens with one key and verifies them with all of its keys. It does
// not change: at a rotation the caller makes a new one. It is safe for concurrent use.
type KeySet struct {
	issuer, audience string
	signer           jose.Signer
	headers          map[string]*ecdsa.PublicKey // by the text of the first segment
	halfOrder        []byte
	jwks             []byte
}

// NewKeySet makes a set that signs with the current key and also verifies with the others:
// former keys, until an hour after their last signature, and a coming one, so that it is
// published before it signs. The issuer and the audience stand in every token, and only
// tokens with both are accepted; neither may be empty.
func NewKeySet(issuer, audience string, current *SigningKey, others ...*SigningKey) (*KeySet, error) {
	if issuer == "" || audience == "" || !utf8.ValidString(issuer+audience) {
		return nil, errors.New("identity: a key set needs an issuer and an audience")
	}
	half := new(big.Int).Rsh(elliptic.P256().Params().N, 1)
	s := &KeySet{issuer: issuer, audience: audience, headers: map[string]*ecdsa.PublicKey{}, halfOrder: half.FillBytes(make([]byte, 32))}
	var public jose.JSONWebKeySet
	for i, key := range append([]*SigningKey{current}, others...) {
		signer, header, err := newSigner(key)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			s.signer = signer
		}
		if s.headers[header] != nil {
			return nil, fmt.Errorf("identity: %v is twice in the set", key)
		}
		s.headers[header] = &key.private.PublicKey
		public.Keys = append(public.Keys, jose.JSONWebKey{Key: key.private.Public(), KeyID: key.id, Algorithm: string(jose.ES256), Use: "sig"})
	}
	jwks, err := json.Marshal(public)
	if err != nil {
		return nil, fmt.Errorf("identity: key set: %w", err)
	}
	s.jwks = jwks
	return s, nil
}

// newSigner also returns the first segment of every token that the key signs.
func newSigner(key *SigningKey) (jose.Signer, string, error) {
	options := (&jose.SignerOptions{}).WithType(sessionType)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key.private, KeyID: key.id}}, options)
	if err != nil {
		return nil, "", fmt.Errorf("identity: key set: %w", err)
	}
	token, err := signCompact(signer, nil)
	if err != nil {
		return nil, "", err
	}
	header, _, _ := strings.Cut(token, ".")
	return signer, header, nil
}

func signCompact(signer jose.Signer, payload []byte) (string, error) {
	object, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("identity: sign: %w", err)
	}
	token, err := object.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("identity: sign: %w", err)
	}
	return token, nil
}

// JWKS returns the public keys as a JWK set (RFC 7517 5), the current one first. The caller
// does not change it.
func (s *KeySet) JWKS() []byte { return s.jwks }

// Sign returns the token of a session. It fails when a claim is missing or the lifetime is
// not within [MaxSessionTokenLifetime].
func (s *KeySet) Sign(claims SessionClaims) (string, error) {
	wire := wireClaims{
		Issuer: s.issuer, Audience: s.audience, Subject: string(claims.UserID), Organization: string(claims.OrganizationID),
		ID: claims.ID, IssuedAt: claims.IssuedAt.Unix(), ExpiresAt: claims.ExpiresAt.Unix(),
	}
	payload, err := json.Marshal(wire)
	if err != nil {
		return "", fmt.Errorf("identity: sign: %w", err)
	}
	if _, err := s.claims(payload); err != nil || len(payload) > maxSessionToken/2 {
		return "", fmt.Errorf("identity: claims of %v to %v cannot be signed", claims.IssuedAt, claims.ExpiresAt)
	}
	for range 128 { // half of all signatures are in the lower half
		token, err := signCompact(s.signer, payload)
		if err != nil {
			return "", err
		}
		if signature, ok := decodeSegment(token[strings.LastIndexByte(token, '.')+1:]); ok && s.canonical(signature) {
			return token, nil
		}
	}
	return "", errors.New("identity: sign: no signature in the lower half")
}

// Verify returns the claims of a token that one of the keys signed, for this issuer and
// audience, and that is valid at a time. The error is one of [ErrSessionToken],
// [ErrSessionExpired] and [ErrUnknownKey], and the claims are then empty.
//
// Tokens come from attackers. What they try (RFC 8725 2): "alg":"none"; HS256 with our public
// key as its secret; their own key in a jwk, jku, x5u or x5c member; a kid that is a path or
// a query; crit, b64 and zip; a token of another kind; members twice, in another case or of
// another type, which two parsers read differently. All of them need a header or a payload
// that we would not have written. So the header must be, byte for byte, the one that a key of
// the set writes, and no member of it is ever interpreted; the payload, decoded and encoded
// again, must give the same bytes. What is left is ES256 with a key that we chose.
//
// One token has one text, too: base64 with other spare bits or line breaks, and the second
// signature that ECDSA allows for each (n-s in place of s), are refused. Otherwise who holds
// a token could make others of it that a list of known tokens does not know.
func (s *KeySet) Verify(token string, now time.Time) (SessionClaims, error) {
	if len(token) > maxSessionToken || strings.Count(token, ".") != 2 {
		return SessionClaims{}, ErrSessionToken
	}
	segments := strings.Split(token, ".")
	public, known := s.headers[segments[0]]
	if !known {
		if s.wellFormed(segments[0]) {
			return SessionClaims{}, ErrUnknownKey
		}
		return SessionClaims{}, ErrSessionToken
	}
	_, payloadOK := decodeSegment(segments[1])
	signature, signatureOK := decodeSegment(segments[2])
	if !payloadOK || !signatureOK || !s.canonical(signature) {
		return SessionClaims{}, ErrSessionToken
	}
	object, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return SessionClaims{}, ErrSessionToken
	}
	payload, err := object.Verify(public)
	if err != nil {
		return SessionClaims{}, ErrSessionToken
	}
	claims, err := s.claims(payload)
	switch {
	case err != nil, claims.IssuedAt.After(now.Add(MaxSessionTokenSkew)):
		return SessionClaims{}, ErrSessionToken
	case !now.Before(claims.ExpiresAt):
		return SessionClaims{}, ErrSessionExpired
	}
	return claims, nil
}

// claims reads a payload and checks all that does not depend on the present time.
func (s *KeySet) claims(payload []byte) (SessionClaims, error) {
	var wire wireClaims
	if err := json.Unmarshal(payload, &wire); err != nil {
		return SessionClaims{}, ErrSessionToken
	}
	again, err := json.Marshal(wire)
	if err != nil || !bytes.Equal(again, payload) {
		return SessionClaims{}, ErrSessionToken
	}
	switch {
	case wire.Issuer != s.issuer, wire.Audience != s.audience,
		wire.Subject == "", wire.Organization == "", wire.ID == "",
		wire.IssuedAt <= 0, wire.ExpiresAt <= wire.IssuedAt, wire.ExpiresAt-wire.IssuedAt > int64(MaxSessionTokenLifetime/time.Second):
		return SessionClaims{}, ErrSessionToken
	}
	return SessionClaims{
		ID: wire.ID, UserID: iam.UserID(wire.Subject), OrganizationID: iam.OrganizationID(wire.Organization),
		IssuedAt: time.Unix(wire.IssuedAt, 0).UTC(), ExpiresAt: time.Unix(wire.ExpiresAt, 0).UTC(),
	}, nil
}

// wellFormed reports whether a header differs from ours in the key's id only.
func (s *KeySet) wellFormed(segment string) bool {
	raw, ok := decodeSegment(segment)
	var header struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
		Type      string `json:"typ"`
	}
	if !ok || json.Unmarshal(raw, &header) != nil {
		return false
	}
	id, ok := decodeSegment(header.KeyID)
	again, err := json.Marshal(header)
	return ok && len(id) == 32 && err == nil && bytes.Equal(again, raw) && header.Algorithm == string(jose.ES256) && header.Type == sessionType
}

// canonical reports whether a signature is r and s of 32 bytes each, with s in the lower half
// of the group's order.
func (s *KeySet) canonical(signature []byte) bool {
	return len(signature) == 64 && bytes.Compare(signature[32:], s.halfOrder) <= 0
}

// decodeSegment reads base64url without padding in the one form that encoding gives.
func decodeSegment(text string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	return raw, true
}
