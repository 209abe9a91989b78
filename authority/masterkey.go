package authority

import (
	"context"
	"errors"

	"bailiwick/identity"
	"bailiwick/store"
)

var errForeignKey = errors.New("the master key does not belong to this database: give the key that the database was made with (--master-key), or the one that replaced it")

// unwrapKeyring returns the keyring under which secrets are stored: that of the given master
// key, or, when a newer key has replaced it, the one that only the newer key opens.
func unwrapKeyring(tx *store.Tx, given *identity.Keyring) (*identity.Keyring, error) {
	wrapped, err := tx.Fact(store.FactWrappedKey)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return given, nil
	case err != nil:
		return nil, err
	}
	inner, err := given.Unwrap(wrapped)
	if err != nil {
		return nil, errForeignKey
	}
	return inner, nil
}

// RotateMasterKey makes a new master key the one that opens a store; from then on the one
// before is refused. All nodes must be stopped: they would go on, and could not start again.
func RotateMasterKey(ctx context.Context, s *store.Store, old, next *identity.Keyring) error {
	if old.Fingerprint() == next.Fingerprint() {
		return errors.New("the new master key is the old one")
	}
	_, err := s.Update(ctx, func(tx *store.Tx) error {
		inner, err := unwrapKeyring(tx, old)
		if err != nil {
			return err
		}
		bound, err := tx.Fact(store.FactKeyFingerprint)
		if err != nil {
			return err
		}
		if bound != inner.Fingerprint() {
			return errForeignKey
		}
		return errors.Join(
			tx.SetFact(store.FactWrappedKey, next.Wrap(inner)),
			tx.SetFact(store.FactWrapper, next.Fingerprint()),
		)
	})
	return err
}
