package identity_test

import (
	"bytes"
	"errors"
	"testing"

	"bailiwick/identity"
)

func TestWrap(t *testing.T) {
	ring := func(fill byte) *identity.Keyring {
		k, err := identity.NewKeyring(bytes.Repeat([]byte{fill}, identity.MasterKeySize))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	old, next, foreign := ring(1), ring(2), ring(3)
	wrapped := next.Wrap(old)
	got, err := next.Unwrap(wrapped)
	if err != nil || got.Fingerprint() != old.Fingerprint() || !bytes.Equal(got.HashSecret("x"), old.HashSecret("x")) {
		t.Errorf("unwrapped %v, %v", got, err)
	}
	for name, try := range map[string]func() (*identity.Keyring, error){
		"another key":   func() (*identity.Keyring, error) { return foreign.Unwrap(wrapped) },
		"the old key":   func() (*identity.Keyring, error) { return old.Unwrap(wrapped) },
		"no base64":     func() (*identity.Keyring, error) { return next.Unwrap("%") },
		"nothing":       func() (*identity.Keyring, error) { return next.Unwrap("") },
		"another thing": func() (*identity.Keyring, error) { return next.Unwrap("AQAA") },
	} {
		if k, err := try(); !errors.Is(err, identity.ErrSealed) || k != nil {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
}
