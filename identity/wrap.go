package identity

import (
	"encoding/base64"
	"fmt"
)

// contextWrapped is what a wrapped master key is sealed for.
const contextWrapped = "bailiwick/v1/master-key"

// Wrap returns the master key of another keyring, sealed under this one's, as text.
//
// So a new master key can replace an old one at once, whatever the database holds: what is
// stored stays under the old key, and the old key under the new one. Who has stolen the old
// key file can do nothing with it from then on, unless they hold a copy of the database from
// before as well, or read the old key out of it with the new one.
func (k *Keyring) Wrap(inner *Keyring) string {
	return base64.StdEncoding.EncodeToString(k.Seal(inner.master, contextWrapped))
}

// Unwrap returns the keyring that Wrap was given. [ErrSealed] if this is not the keyring that
// wrapped it.
func (k *Keyring) Unwrap(text string) (*Keyring, error) {
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSealed, err)
	}
	master, err := k.Open(sealed, contextWrapped)
	if err != nil {
		return nil, err
	}
	return NewKeyring(master)
}
