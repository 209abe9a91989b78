package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"

	"bailiwick/authority"
	"bailiwick/identity"
	"bailiwick/store"
)

// node is what a running server holds: the lock of its data directory, its store and the
// authority over it.
type node struct {
	lock      *os.File // nil when the database is elsewhere
	store     *store.Store
	authority *authority.Authority
	passwords *identity.Passwords
}

// openNode opens everything in order, and closes what it opened if it cannot go on.
func openNode(ctx context.Context, s settings, passkeys *identity.Passkeys, log *slog.Logger) (n *node, err error) {
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	n = &node{}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if s.embedded() {
		if n.lock, err = lockDir(s.data); err != nil {
			return n, err
		}
	}
	// A new master key is made only once its database is known to be usable: what refuses to
	// start leaves nothing behind.
	var keyring *identity.Keyring
	steps := []func() error{
		func() error { keyring, err = openKeyring(s, log); return err },
		func() error {
			n.store, err = store.Open(ctx, store.Config{Database: s.database, Clock: clock()})
			return err
		},
	}
	if _, missing := os.Stat(s.masterKey); missing != nil && !s.embedded() {
		slices.Reverse(steps)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return n, err
		}
	}
	n.passwords = openPasswords(log)
	n.authority, err = authority.New(ctx, authority.Config{
		Store: n.store, Catalog: s.catalog, Keyring: keyring, Quotas: s.quotas, Issuer: s.publicURL, SignUp: s.signUp, Passwords: n.passwords, Passkeys: passkeys, Providers: s.providers, MaxStaleness: s.maxStaleness, Logger: log,
		Clock: clock(), Region: s.regions[0], ClearWebhooks: len(s.webhookAllow) > 0, ExportBuckets: s.exportBuckets,
	})
	return n, err
}

// openKeyring makes a master key only where no database can depend on another one: a new
// key beside an old database would not open it, and would hide from its operator that the
// right one is lost.
func openKeyring(s settings, log *slog.Logger) (*identity.Keyring, error) {
	if s.embedded() {
		_, keyErr := os.Stat(s.masterKey)
		_, databaseErr := os.Stat(s.database)
		if errors.Is(keyErr, fs.ErrNotExist) && databaseErr == nil {
			return nil, fmt.Errorf("the database %s exists but its master key %s does not: put the key back, or give its path with --master-key", s.database, s.masterKey)
		}
	}
	keyring, created, err := identity.OpenKeyring(s.masterKey)
	if created {
		log.Info("a new master key is made; keep a copy of it apart from the database", "path", s.masterKey)
	}
	return keyring, err
}

// close closes what is open, the lock last.
func (n *node) close() error {
	var err error
	if n.passwords != nil {
		n.passwords.Close()
	}
	if n.store != nil {
		err = n.store.Close()
	}
	if n.lock != nil {
		err = errors.Join(err, n.lock.Close())
	}
	return err
}
