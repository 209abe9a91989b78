package identity

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/google/go-cmp/cmp"
)

var passkeyTime = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func testPasskeys(t testing.TB) *Passkeys {
	t.Helper()
	p, err := NewPasskeys(PasskeyConfig{ID: "example.com", Name: "Bailiwick", Origins: []string{"https://iam.example.com", "https://login.example.com:8443"}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// device is a virtual authenticator with one passkey, in a browser at one page.
type device struct {
	page virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

func newDevice(handle string) *device {
	d := &device{
		page: virtualwebauthn.RelyingParty{ID: "example.com", Name: "Bailiwick", Origin: "https://iam.example.com"},
		auth: virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(handle), BackupEligible: true, BackupState: true}),
		key:  virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2),
	}
	// The virtual authenticator writes coordinates without their leading zeros, which no
	// real one does and the server refuses: one key in 128 is of no use.
	for len(d.key.Key.AttestationData()) != 77 {
		d.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	d.key.Counter = 1
	return d
}

func (d *device) attest(t testing.TB, options json.RawMessage) PasskeyAttestation {
	t.Helper()
	parsed, err := virtualwebauthn.ParseAttestationOptions(string(options))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := ParsePasskeyAttestation([]byte(virtualwebauthn.CreateAttestationResponse(d.page, d.auth, d.key, *parsed)))
	if err != nil {
		t.Fatal(err)
	}
	answer.Transports = []string{"internal", "hybrid"}
	return answer
}

func (d *device) assert(t testing.TB, options json.RawMessage) PasskeyAssertion {
	t.Helper()
	parsed, err := virtualwebauthn.ParseAssertionOptions(string(options))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := ParsePasskeyAssertion([]byte(virtualwebauthn.CreateAssertionResponse(d.page, d.auth, d.key, *parsed)))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func testUser(passkeys ...Passkey) PasskeyUser {
	return PasskeyUser{Handle: []byte("11111111-1111-4111-8111-111111111111"), Name: "alice@example.com", DisplayName: "Alice Martin", Passkeys: passkeys}
}

// stored sends a value through its JSON form, as the database does.
func stored[T any](t testing.TB, value T) T {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var again T
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(value, again); diff != "" {
		t.Errorf("the stored form loses (-given +stored):\n%s", diff)
	}
	return again
}

func register(t testing.TB, p *Passkeys, d *device, u PasskeyUser) Passkey {
	t.Helper()
	registration, ceremony, err := p.BeginRegistration(u, UserVerificationRequired, "", passkeyTime)
	if err != nil {
		t.Fatal(err)
	}
	passkey, err := p.FinishRegistration(u, stored(t, ceremony), d.attest(t, registration.Options), passkeyTime.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return passkey
}

// only finds one user, as a database would that has nobody else.
func only(u PasskeyUser) func(handle, id []byte) (PasskeyUser, error) {
	return func(handle, _ []byte) (PasskeyUser, error) {
		if !bytes.Equal(handle, u.Handle) {
			return PasskeyUser{}, ErrUnknownPasskey
		}
		return u, nil
	}
}

func TestPasskeyRegistration(t *testing.T) {
	p, d := testPasskeys(t), newDevice(string(testUser().Handle))
	u := testUser(Passkey{ID: []byte("another"), Transports: []string{"usb"}})
	registration, ceremony, err := p.BeginRegistration(u, UserVerificationPreferred, "https://iam.example.com", passkeyTime)
	if err != nil {
		t.Fatal(err)
	}
	want := Ceremony{
		Kind: PasskeyRegistering, Challenge: ceremony.Challenge, UserHandle: u.Handle, UserVerification: UserVerificationPreferred,
		Origin: "https://iam.example.com", ExpiresAt: passkeyTime.Add(PasskeyTimeout),
	}
	if diff := cmp.Diff(want, ceremony); diff != "" || len(ceremony.Challenge) < 32 {
		t.Errorf("challenge of %d bytes; ceremony (-want +got):\n%s", len(ceremony.Challenge), diff)
	}
	wantRegistration := PasskeyRegistration{
		Challenge: ceremony.Challenge, Algorithms: []int32{-8, -7, -257}, Timeout: PasskeyTimeout, Exclude: [][]byte{[]byte("another")},
		Options: json.RawMessage(fmt.Sprintf(`{"rp":{"name":"Bailiwick","id":"example.com"},"user":{"name":"alice@example.com","displayName":"Alice Martin","id":%q},`+
			`"challenge":%q,"pubKeyCredParams":[{"type":"public-key","alg":-8},{"type":"public-key","alg":-7},{"type":"public-key","alg":-257}],"timeout":300000,`+
			`"excludeCredentials":[{"type":"public-key","id":"YW5vdGhlcg","transports":["usb"]}],"authenticatorSelection":{"residentKey":"preferred","userVerification":"preferred"},`+
			`"attestation":"none"}`, base64.RawURLEncoding.EncodeToString(u.Handle), base64.RawURLEncoding.EncodeToString(ceremony.Challenge))),
	}
	if diff := cmp.Diff(wantRegistration, registration, cmp.Transformer("text", func(m json.RawMessage) string { return string(m) })); diff != "" {
		t.Errorf("registration (-want +got):\n%s", diff)
	}
	answer := d.attest(t, registration.Options)
	answer.Transports = []string{"internal", "carrier pigeon", "hybrid", "internal", ""}
	passkey, err := p.FinishRegistration(u, stored(t, ceremony), answer, passkeyTime.Add(PasskeyTimeout-1))
	if err != nil {
		t.Fatal(err)
	}
	wantPasskey := Passkey{
		ID: d.key.ID, PublicKey: d.key.Key.AttestationData(), AAGUID: d.auth.Aaguid[:], SignCount: 1, Transports: []string{"internal", "hybrid"},
		UserPresent: true, UserVerified: true, BackupEligible: true, BackedUp: true,
	}
	if diff := cmp.Diff(wantPasskey, stored(t, passkey)); diff != "" {
		t.Errorf("passkey (-want +got):\n%s", diff)
	}
}

func TestPasskeyLogin(t *testing.T) {
	p, d, second := testPasskeys(t), newDevice(string(testUser().Handle)), newDevice(string(testUser().Handle))
	second.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA)
	first := register(t, p, d, testUser())
	u := testUser(first, register(t, p, second, testUser(first)))
	for _, c := range []struct {
		name         string
		user         *PasskeyUser
		verification UserVerification
		verified     bool
	}{
		{"passwordless", nil, UserVerificationRequired, true},
		{"any passkey, not verified", nil, UserVerificationPreferred, false},
		{"second factor", &u, UserVerificationPreferred, false},
		{"second factor, verified", &u, UserVerificationRequired, true},
	} {
		for i, d := range []*device{d, second} {
			d.auth.Options.UserNotVerified = !c.verified
			d.auth.Options.BackupState = c.verified // may change at any time
			d.key.Counter += 3
			options, ceremony, err := p.BeginLogin(c.user, c.verification, "", passkeyTime)
			if err != nil {
				t.Fatal(err)
			}
			want := Ceremony{Kind: PasskeyLoggingIn, Challenge: ceremony.Challenge, UserVerification: c.verification, ExpiresAt: passkeyTime.Add(PasskeyTimeout)}
			if c.user != nil {
				want.UserHandle, want.Allowed = u.Handle, [][]byte{u.Passkeys[0].ID, u.Passkeys[1].ID}
			}
			if diff := cmp.Diff(want, ceremony); diff != "" || len(ceremony.Challenge) < 32 {
				t.Errorf("%s: challenge of %d bytes; ceremony (-want +got):\n%s", c.name, len(ceremony.Challenge), diff)
			}
			if got := strings.Contains(string(options), "allowCredentials"); got != (c.user != nil) {
				t.Errorf("%s: options %s", c.name, options)
			}
			login, err := p.FinishLogin(stored(t, ceremony), d.assert(t, options), only(u), passkeyTime.Add(time.Minute))
			if err != nil {
				t.Errorf("%s, passkey %d: %v", c.name, i, err)
				continue
			}
			passkey := u.Passkeys[i]
			passkey.SignCount, passkey.BackedUp = d.key.Counter, c.verified
			if diff := cmp.Diff(PasskeyLogin{UserHandle: u.Handle, Passkey: passkey, UserVerified: c.verified}, login); diff != "" {
				t.Errorf("%s, passkey %d (-want +got):\n%s", c.name, i, diff)
			}
			u.Passkeys[i] = login.Passkey
		}
	}
}

func TestSignatureCounterThatGoesBack(t *testing.T) {
	p, d := testPasskeys(t), newDevice(string(testUser().Handle))
	d.key.Counter = 10
	u := testUser(register(t, p, d, testUser()))
	login := func(counter uint32) PasskeyLogin {
		t.Helper()
		d.key.Counter = counter
		options, ceremony, err := p.BeginLogin(nil, UserVerificationRequired, "", passkeyTime)
		if err != nil {
			t.Fatal(err)
		}
		login, err := p.FinishLogin(ceremony, d.assert(t, options), only(u), passkeyTime)
		if err != nil {
			t.Fatal(err)
		}
		u.Passkeys[0] = stored(t, login.Passkey)
		return login
	}
	for i, c := range []struct {
		counter, stored     uint32
		warning, everWarned bool
	}{{11, 11, false, false}, {11, 11, true, true}, {5, 11, true, true}, {12, 12, false, true}, {0, 12, true, true}, {20, 20, false, true}} {
		got := login(c.counter)
		if got.CloneWarning != c.warning || got.Passkey.CloneWarning != c.everWarned || got.Passkey.SignCount != c.stored {
			t.Errorf("login %d, counter %d: warning %v, record %+v; want %+v", i, c.counter, got.CloneWarning, got.Passkey, c)
		}
	}
	// Many authenticators do not count at all.
	d.key.Counter = 0
	fresh := newDevice(string(testUser().Handle))
	fresh.key.Counter = 0
	u, d = testUser(register(t, p, fresh, testUser())), fresh
	for range 2 {
		if got := login(0); got.CloneWarning || got.Passkey.CloneWarning {
			t.Error("an authenticator that does not count is warned of")
		}
	}
}

func TestPasskeyConfig(t *testing.T) {
	for _, origins := range [][]string{{"https://iam.example.com"}, {"https://example.com", "https://a.b.example.com:8443"}} {
		if _, err := NewPasskeys(PasskeyConfig{"example.com", "Bailiwick", origins}); err != nil {
			t.Errorf("%v: %v", origins, err)
		}
	}
	if _, err := NewPasskeys(PasskeyConfig{"localhost", "Bailiwick", []string{"http://localhost:8080", "http://iam.localhost"}}); err != nil {
		t.Error(err)
	}
	for _, c := range []PasskeyConfig{
		{},
		{"", "B", []string{"https://example.com"}},
		{"example.com", "", []string{"https://example.com"}},
		{"example.com", "B", nil},
		{"127.0.0.1", "B", []string{"http://127.0.0.1:8080"}},
		{"::1", "B", []string{"http://[::1]:8080"}},
		{"example.com", "B", []string{"http://example.com"}},
		{"example.com", "B", []string{"https://evilexample.com"}},
		{"example.com", "B", []string{"https://example.com", "https://example.org"}},
		{"example.com", "B", []string{"https://example.com.evil.org"}},
		{"example.com", "B", []string{"https://example.com/"}},
		{"example.com", "B", []string{"https://user@example.com"}},
		{"example.com", "B", []string{"https://example.com?x"}},
		{"example.com", "B", []string{"example.com"}},
		{"example.com", "B", []string{"*"}},
		{"example.com", "B", []string{""}},
		{"example.com:8443", "B", []string{"https://example.com:8443"}},
		{"https://example.com", "B", []string{"https://example.com"}},
		{"Example.com", "B", []string{"https://Example.com"}},
		{"b.example.com", "B", []string{"https://example.com"}},
	} {
		if p, err := NewPasskeys(c); err == nil || p != nil {
			t.Errorf("%+v: accepted", c)
		}
	}
}

func TestBeginCeremonyRefuses(t *testing.T) {
	p := testPasskeys(t)
	u := testUser(Passkey{ID: []byte("x")})
	for name, begin := range map[string]func() (Ceremony, error){
		"registration, origin": func() (Ceremony, error) {
			_, c, err := p.BeginRegistration(u, UserVerificationRequired, "https://evil.example.org", passkeyTime)
			return c, err
		},
		"registration, verification": func() (Ceremony, error) {
			_, c, err := p.BeginRegistration(u, "discouraged", "", passkeyTime)
			return c, err
		},
		"registration, no handle": func() (Ceremony, error) {
			_, c, err := p.BeginRegistration(PasskeyUser{Name: "alice"}, UserVerificationRequired, "", passkeyTime)
			return c, err
		},
		"registration, long handle": func() (Ceremony, error) {
			_, c, err := p.BeginRegistration(PasskeyUser{Name: "alice", Handle: make([]byte, 65)}, UserVerificationRequired, "", passkeyTime)
			return c, err
		},
		"login, origin": func() (Ceremony, error) {
			_, c, err := p.BeginLogin(nil, UserVerificationRequired, "https://evil.example.org", passkeyTime)
			return c, err
		},
		"login, verification": func() (Ceremony, error) {
			_, c, err := p.BeginLogin(&u, "", "", passkeyTime)
			return c, err
		},
	} {
		if c, err := begin(); !errors.Is(err, ErrPasskey) || !cmp.Equal(c, Ceremony{}) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	for _, u := range []PasskeyUser{testUser(), {Passkeys: u.Passkeys}} {
		if _, c, err := p.BeginLogin(&u, UserVerificationRequired, "", passkeyTime); !errors.Is(err, ErrUnknownPasskey) || !cmp.Equal(c, Ceremony{}) {
			t.Errorf("user %+v: %+v, %v", u, c, err)
		}
	}
}
