package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"time"

	"bailiwick/iam"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
)

const (
	testIssuer   = "https://iam.example.com"
	testAudience = "https://iam.example.com/api"
)

var tokenTime = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func testSigningKey(t testing.TB) *SigningKey {
	t.Helper()
	key, err := NewSigningKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func testKeySet(t testing.TB, current *SigningKey, others ...*SigningKey) *KeySet {
	t.Helper()
	set, err := NewKeySet(testIssuer, testAudience, current, others...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func testClaims() SessionClaims {
	return SessionClaims{
		ID: "5f6b2a52-7c3e-4a51-9a75-3f0f3a0b8f11", UserID: "11111111-1111-4111-8111-111111111111",
		OrganizationID: "22222222-2222-4222-8222-222222222222",
		IssuedAt:       tokenTime, ExpiresAt: tokenTime.Add(time.Hour),
	}
}

func mustSign(t testing.TB, set *KeySet, claims SessionClaims) string {
	t.Helper()
	token, err := set.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestSessionTokenRoundTrip(t *testing.T) {
	key := testSigningKey(t)
	set := testKeySet(t, key)
	token := mustSign(t, set, testClaims())
	for _, at := range []time.Duration{-MaxSessionTokenSkew, 0, time.Minute, time.Hour - time.Nanosecond} {
		got, err := set.Verify(token, tokenTime.Add(at))
		if err != nil {
			t.Fatalf("after %v: %v", at, err)
		}
		if diff := cmp.Diff(testClaims(), got); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", at, diff)
		}
	}
	for at, want := range map[time.Duration]error{
		-MaxSessionTokenSkew - time.Second: ErrSessionToken,
		time.Hour:                          ErrSessionExpired,
		24 * time.Hour:                     ErrSessionExpired,
		-24 * time.Hour:                    ErrSessionToken,
	} {
		refused(t, set, fmt.Sprint("after ", at), token, tokenTime.Add(at), want)
	}
	header, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if want := `{"alg":"ES256","kid":"` + key.ID() + `","typ":"bailiwick-session+jwt"}`; err != nil || string(header) != want {
		t.Errorf("header %s, want %s", header, want)
	}
}

func refused(t *testing.T, set *KeySet, what, token string, at time.Time, want error) {
	t.Helper()
	claims, err := set.Verify(token, at)
	if err != want || claims != (SessionClaims{}) {
		t.Errorf("%s: claims %+v, error %v; want %v\n%.300s", what, claims, err, want, token)
	}
}

// Another implementation accepts the token with nothing but the published keys.
func TestPublishedKeysVerifyTheToken(t *testing.T) {
	current, former := testSigningKey(t), testSigningKey(t)
	set := testKeySet(t, current, former)
	var published jose.JSONWebKeySet
	if err := json.Unmarshal(set.JWKS(), &published); err != nil {
		t.Fatal(err)
	}
	if len(published.Keys) != 2 || published.Keys[0].KeyID != current.ID() || published.Keys[1].KeyID != former.ID() {
		t.Fatalf("published %s", set.JWKS())
	}
	for _, key := range published.Keys {
		if !key.IsPublic() || !key.Valid() || key.Use != "sig" || key.Algorithm != "ES256" {
			t.Errorf("published %+v", key)
		}
	}
	token := mustSign(t, set, testClaims())
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	var claims jwt.Claims
	if err := parsed.Claims(published, &claims); err != nil {
		t.Fatal(err)
	}
	want := jwt.Expected{Issuer: testIssuer, Subject: string(testClaims().UserID), AnyAudience: jwt.Audience{testAudience}, ID: testClaims().ID, Time: tokenTime}
	if err := claims.Validate(want); err != nil {
		t.Error(err)
	}
	for _, key := range []*SigningKey{current, former} {
		private, err := key.private.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(set.JWKS()), base64.RawURLEncoding.EncodeToString(private)) || bytes.Contains(set.JWKS(), []byte(`"d"`)) {
			t.Error("the published keys hold a private one")
		}
	}
}

func TestKeyRotation(t *testing.T) {
	old, next, foreign := testSigningKey(t), testSigningKey(t), testSigningKey(t)
	before, after, done := testKeySet(t, old, next), testKeySet(t, next, old), testKeySet(t, next)
	byOld, byNext := mustSign(t, before, testClaims()), mustSign(t, after, testClaims())
	for _, c := range []struct {
		name  string
		set   *KeySet
		token string
		want  error
	}{
		{"old before", before, byOld, nil}, {"next before", before, byNext, nil},
		{"old after", after, byOld, nil}, {"next after", after, byNext, nil},
		{"old when gone", done, byOld, ErrUnknownKey}, {"next when old is gone", done, byNext, nil},
		{"foreign", after, mustSign(t, testKeySet(t, foreign), testClaims()), ErrUnknownKey},
	} {
		if _, err := c.set.Verify(c.token, tokenTime); err != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if set, err := NewKeySet(testIssuer, testAudience, old, next, old); err == nil {
		t.Errorf("one key twice: %v", set)
	}
	for _, c := range [][2]string{{"", testAudience}, {testIssuer, ""}, {"\xff", testAudience}} {
		if _, err := NewKeySet(c[0], c[1], old); err == nil {
			t.Errorf("issuer %q, audience %q: accepted", c[0], c[1])
		}
	}
}

func TestSignRefusesClaims(t *testing.T) {
	set := testKeySet(t, testSigningKey(t))
	for name, change := range map[string]func(*SessionClaims){
		"no id":           func(c *SessionClaims) { c.ID = "" },
		"no user":         func(c *SessionClaims) { c.UserID = "" },
		"no organization": func(c *SessionClaims) { c.OrganizationID = "" },
		"wrong bytes":     func(c *SessionClaims) { c.UserID = "a\xff" },
		"long":            func(c *SessionClaims) { c.UserID = iam.UserID(strings.Repeat("a", maxSessionToken)) },
		"no times":        func(c *SessionClaims) { c.IssuedAt, c.ExpiresAt = time.Time{}, time.Time{} },
		"no expiry":       func(c *SessionClaims) { c.ExpiresAt = time.Time{} },
		"expiry at issue": func(c *SessionClaims) { c.ExpiresAt = c.IssuedAt },
		"too long":        func(c *SessionClaims) { c.ExpiresAt = c.IssuedAt.Add(MaxSessionTokenLifetime + time.Second) },
		"before 1970":     func(c *SessionClaims) { c.IssuedAt, c.ExpiresAt = time.Unix(-10, 0), time.Unix(10, 0) },
	} {
		claims := testClaims()
		change(&claims)
		if token, err := set.Sign(claims); err == nil || token != "" {
			t.Errorf("%s: %q, %v", name, token, err)
		}
	}
}

func TestSealedSigningKey(t *testing.T) {
	keyring, key := testKeyring(t, 1), testSigningKey(t)
	sealed, err := key.Seal(keyring)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := OpenSigningKey(keyring, key.ID(), sealed)
	if err != nil || opened.ID() != key.ID() || !opened.private.Equal(key.private) {
		t.Fatalf("opened %v, %v", opened, err)
	}
	other := testSigningKey(t)
	raw, err := key.private.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func() (*SigningKey, error){
		"another id":     func() (*SigningKey, error) { return OpenSigningKey(keyring, other.ID(), sealed) },
		"another master": func() (*SigningKey, error) { return OpenSigningKey(testKeyring(t, 2), key.ID(), sealed) },
		"not sealed":     func() (*SigningKey, error) { return OpenSigningKey(keyring, key.ID(), raw) },
		"other context":  func() (*SigningKey, error) { return OpenSigningKey(keyring, key.ID(), keyring.Seal(raw, "api_key/x")) },
		"id of another key": func() (*SigningKey, error) {
			return OpenSigningKey(keyring, other.ID(), keyring.Seal(raw, signingKeyContext(other.ID())))
		},
		"not a key": func() (*SigningKey, error) {
			return OpenSigningKey(keyring, key.ID(), keyring.Seal(make([]byte, 32), signingKeyContext(key.ID())))
		},
		"short": func() (*SigningKey, error) {
			return OpenSigningKey(keyring, key.ID(), keyring.Seal(raw[:31], signingKeyContext(key.ID())))
		},
	} {
		if opened, err := open(); !errors.Is(err, ErrSealed) || opened != nil {
			t.Errorf("%s: %v, %v; want ErrSealed", name, opened, err)
		}
	}
}

func TestPrintingASigningKeyShowsNoKey(t *testing.T) {
	key := testSigningKey(t)
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s %x %q %d %v", key, key, key, key, key, key, key, struct{ K *SigningKey }{key})
	slog.New(slog.NewTextHandler(&out, nil)).Info("rotated", "key", key)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("rotated", "key", key)
	raw, err := key.private.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{string(raw), hex.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw), fmt.Sprint(raw), new(big.Int).SetBytes(raw).String()} {
		if strings.Contains(out.String(), form) {
			t.Errorf("printed form holds the key: %s", out.String())
		}
	}
	if !strings.Contains(out.String(), key.ID()) {
		t.Error("the id is not printed: the check looked at nothing")
	}
}

// A token in the form of another that the same keys signed, but with the other signature.
func highS(t testing.TB, token string) string {
	t.Helper()
	at := strings.LastIndexByte(token, '.') + 1
	signature, err := base64.RawURLEncoding.DecodeString(token[at:])
	if err != nil {
		t.Fatal(err)
	}
	s := new(big.Int).Sub(elliptic.P256().Params().N, new(big.Int).SetBytes(signature[32:]))
	s.FillBytes(signature[32:])
	return token[:at] + base64.RawURLEncoding.EncodeToString(signature)
}

func BenchmarkVerifySession(b *testing.B) {
	key := testSigningKey(b)
	set := testKeySet(b, key)
	token := mustSign(b, set, testClaims())
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := set.Verify(token, tokenTime); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
			if err != nil {
				b.Fatal(err)
			}
			var claims jwt.Claims
			if err := parsed.Claims(&key.private.PublicKey, &claims); err != nil {
				b.Fatal(err)
			}
			if err := claims.Validate(jwt.Expected{Issuer: testIssuer, AnyAudience: jwt.Audience{testAudience}, Time: tokenTime}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSignSession(b *testing.B) {
	set := testKeySet(b, testSigningKey(b))
	for b.Loop() {
		mustSign(b, set, testClaims())
	}
}

// publicKeyForms are what an attacker who knows the public key may take as an HMAC secret.
func publicKeyForms(t testing.TB, set *KeySet, public *ecdsa.PublicKey) map[string][]byte {
	t.Helper()
	point, err := public.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var published struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(set.JWKS(), &published); err != nil {
		t.Fatal(err)
	}
	der, text := marshalPublic(t, public)
	return map[string][]byte{"point": point, "JWK": published.Keys[0], "JWKS": set.JWKS(), "DER": der, "PEM": text, "empty": {}}
}
