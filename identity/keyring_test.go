package identity

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func testKeyring(t testing.TB, fill byte) *Keyring {
	t.Helper()
	k, err := NewKeyring(bytes.Repeat([]byte{fill}, MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestNewKeyringWantsItsLength(t *testing.T) {
	for _, n := range []int{0, 1, 16, 31, 33, 64} {
		if k, err := NewKeyring(make([]byte, n)); err == nil || k != nil {
			t.Errorf("%d bytes: keyring %v, error %v; want a refusal", n, k, err)
		}
	}
}

// The stored format: if one of these changes, existing databases stop opening. The values
// were computed with another HKDF, HMAC and AES-GCM (Python and Node.js), not with this code.
func TestStoredFormatIsStable(t *testing.T) {
	k := testKeyring(t, 7)
	for _, c := range []struct{ what, got, want string }{
		{"fingerprint", k.Fingerprint(), "88084c45467eab81d0e4f0dde988d16d"},
		{"look-up hash", hex.EncodeToString(k.HashSecret("secret")), "e688d990995c42df4a3651e70459d8dc0c49f5c73bc6fbb82cfa06b80df26a52"},
		{"signature", hex.EncodeToString(k.Sign("cursor", []byte("message"))), "d2a9d8d991d868ef497ba073671c9eecd57787814dce07813a5d0f3f0c8db65a"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %s, want %s", c.what, c.got, c.want)
		}
	}
	sealed, err := hex.DecodeString("01000102030405060708090a0b500a1eccb68250e400738da2732e40f6c4a2bd6088c0")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := k.Open(sealed, "api_key/SCW00000000000000000"); err != nil || string(plain) != "secret" {
		t.Errorf("a value sealed by an earlier build: %q, %v", plain, err)
	}
}

func TestKeysDifferByPurposeAndMaster(t *testing.T) {
	a, b := testKeyring(t, 1), testKeyring(t, 2)
	values := map[string]string{}
	for name, value := range map[string][]byte{
		"a lookup": a.HashSecret("x"), "b lookup": b.HashSecret("x"), "a lookup y": a.HashSecret("y"),
		"a sign": a.Sign("", []byte("x")), "a sign p": a.Sign("p", []byte("x")), "b sign p": b.Sign("p", []byte("x")),
		"a sign ab|c": a.Sign("ab", []byte("c")), "a sign a|bc": a.Sign("a", []byte("bc")),
		"a fingerprint": []byte(a.Fingerprint()), "b fingerprint": []byte(b.Fingerprint()),
	} {
		if other, taken := values[string(value)]; taken {
			t.Errorf("%s equals %s", name, other)
		}
		values[string(value)] = name
	}
}

func TestSealedValueOpensOnlyInItsContext(t *testing.T) {
	k := testKeyring(t, 1)
	for _, secret := range []string{"", "x", "11111111-1111-4111-8111-111111111111", strings.Repeat("long", 1000)} {
		sealed := k.Seal([]byte(secret), "api_key/A")
		if secret != "" && len(secret) > 1 && bytes.Contains(sealed, []byte(secret)) {
			t.Error("the sealed value shows its secret")
		}
		plain, err := k.Open(sealed, "api_key/A")
		if err != nil || string(plain) != secret {
			t.Errorf("open: %q, %v; want %q", plain, err, secret)
		}
		for _, context := range []string{"", "api_key/B", "api_key/", "api_key/AA"} {
			if plain, err := k.Open(sealed, context); !errors.Is(err, ErrSealed) || plain != nil {
				t.Errorf("context %q: %q, %v; want ErrSealed", context, plain, err)
			}
		}
		if plain, err := testKeyring(t, 2).Open(sealed, "api_key/A"); !errors.Is(err, ErrSealed) || plain != nil {
			t.Errorf("other master key: %q, %v; want ErrSealed", plain, err)
		}
	}
	if bytes.Equal(k.Seal([]byte("x"), "c"), k.Seal([]byte("x"), "c")) {
		t.Error("two seals of one value are equal: the nonce is not random")
	}
}

func TestEveryChangeOfASealedValueIsRefused(t *testing.T) {
	k := testKeyring(t, 1)
	sealed := k.Seal([]byte("11111111-1111-4111-8111-111111111111"), "c")
	refuse := func(what string, changed []byte) {
		t.Helper()
		if plain, err := k.Open(changed, "c"); !errors.Is(err, ErrSealed) || plain != nil {
			t.Errorf("%s: %q, %v; want ErrSealed", what, plain, err)
		}
	}
	for bit := range len(sealed) * 8 {
		changed := bytes.Clone(sealed)
		changed[bit/8] ^= 1 << (bit % 8)
		refuse(fmt.Sprintf("bit %d flipped", bit), changed)
	}
	for n := range sealed {
		refuse(fmt.Sprintf("cut to %d bytes", n), sealed[:n])
		refuse(fmt.Sprintf("first %d bytes gone", n+1), sealed[n+1:])
	}
	refuse("a byte more", append(bytes.Clone(sealed), 0))
}

func TestVerify(t *testing.T) {
	k := testKeyring(t, 1)
	message := []byte("organization=a;after=12")
	signature := k.Sign("cursor", message)
	if !k.Verify("cursor", message, signature) {
		t.Error("its own signature is refused")
	}
	for name, ok := range map[string]bool{
		"other purpose":   k.Verify("session", message, signature),
		"other message":   k.Verify("cursor", append(bytes.Clone(message), '3'), signature),
		"other keyring":   testKeyring(t, 2).Verify("cursor", message, signature),
		"empty signature": k.Verify("cursor", message, nil),
		"short signature": k.Verify("cursor", message, signature[:16]),
	} {
		if ok {
			t.Errorf("%s: accepted", name)
		}
	}
	for bit := range len(signature) * 8 {
		changed := bytes.Clone(signature)
		changed[bit/8] ^= 1 << (bit % 8)
		if k.Verify("cursor", message, changed) {
			t.Errorf("bit %d flipped: accepted", bit)
		}
	}
}

func TestPrintingAKeyringShowsNoKey(t *testing.T) {
	k := testKeyring(t, 9)
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s %x %q %d", k, k, k, k, k, k, k)
	fmt.Fprintf(&out, "%v", struct{ K *Keyring }{k})
	slog.New(slog.NewTextHandler(&out, nil)).Info("started", "keyring", k)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("started", "keyring", k)
	for _, key := range [][]byte{k.lookup, k.sign, bytes.Repeat([]byte{9}, 32)} {
		for _, form := range []string{
			string(key), hex.EncodeToString(key), base64.StdEncoding.EncodeToString(key), fmt.Sprint(key), fmt.Sprintf("%#v", key),
		} {
			if strings.Contains(out.String(), form) {
				t.Errorf("printed form holds a key: %s", out.String())
			}
		}
	}
	if !strings.Contains(out.String(), k.Fingerprint()) {
		t.Error("the fingerprint is not printed: the check looked at nothing")
	}
	if got := fmt.Sprint((*Keyring)(nil)); got != "keyring()" && got != "<nil>" {
		t.Errorf("nil keyring prints %q", got)
	}
}

func FuzzOpen(f *testing.F) {
	k := testKeyring(f, 1)
	f.Add(k.Seal([]byte("secret"), "other"))
	f.Add([]byte{sealVersion})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if plain, err := k.Open(sealed, "c"); !errors.Is(err, ErrSealed) || plain != nil {
			t.Errorf("opened %x: %q, %v", sealed, plain, err)
		}
	})
}
