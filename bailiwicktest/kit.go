// Package bailiwicktest is the test kit: a real store in a temporary folder, the real
// authority and the real server, with Must helpers that end the test on an error, and a
// runner that acts as somebody. There are no mocks.
package bailiwicktest

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"bailiwick/authority"
	"bailiwick/catalog"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// OwnerEmail is the address of the owner that a kit begins with.
const OwnerEmail = "owner@example.com"

// OperatorToken is the operator token of every kit.
const OperatorToken = "operator-token-of-the-test-kit"

// Kit is an installation that has been started for the first time.
type Kit struct {
	Store     *store.Store
	Catalog   *catalog.Catalog
	Keyring   *identity.Keyring
	Authority *authority.Authority
	// Passkeys are those of [PublicURL]; nil if the kit has none.
	Passkeys *identity.Passkeys
	// First is the organization of the first start.
	First authority.CreatedOrganization
	// Database is where the store is, for a second process on it.
	Database string

	options Options
	noFold  string                 // why the trail is not compared with the tables; empty: it is
	planted map[iam.AccessKey]bool // keys that the kit wrote without a use case
}

// Options change what a kit is made of; the zero value is the usual installation.
type Options struct {
	Quotas   map[string]int
	Clock    func() time.Time
	Catalogs []string // operator's catalogue folders
	SignUp   iam.SignUpMode
	// PasswordCost is what a hash of a password costs; the zero value is next to nothing, because
	// most tests are not about it and would spend most of their time on it.
	PasswordCost identity.PasswordCost
	// WithoutPasskeys makes an installation whose address no passkeys can be bound to.
	WithoutPasskeys bool
	// Providers are OpenID providers at which users may log in.
	Providers []authority.Provider
	// ExportBuckets are those that export jobs may write to.
	ExportBuckets []string
	// Database is a database to use instead of a new SQLite file.
	Database string
}

// New starts an installation for a test and ends it with the test.
func New(t testing.TB, options Options) *Kit {
	t.Helper()
	ctx := t.Context()
	if options.PasswordCost == (identity.PasswordCost{}) {
		options.PasswordCost = identity.PasswordCost{Memory: 64, Passes: 1}
	}
	k := &Kit{Database: options.Database, options: options, planted: map[iam.AccessKey]bool{}}
	if k.Database == "" {
		k.Database = filepath.Join(t.TempDir(), "bailiwick.db")
	}
	var err error
	k.Store, err = store.Open(ctx, store.Config{Database: k.Database, Clock: options.Clock})
	check(t, err)
	t.Cleanup(func() { check(t, k.Store.Close()) })
	k.Catalog, err = loadCatalog(options.Catalogs)
	check(t, err)
	k.Keyring, err = identity.NewKeyring(make([]byte, 32))
	check(t, err)
	if !options.WithoutPasskeys {
		k.Passkeys, err = identity.NewPasskeys(identity.PasskeyConfig{ID: passkeyDomain, Name: "Bailiwick", Origins: []string{PublicURL}})
		check(t, err)
	}
	k.Authority = k.authority(t, k.Store)
	_, err = k.Authority.Bootstrap(ctx, authority.Bootstrap{
		OwnerEmail: OwnerEmail, OwnerPassword: "correct horse battery staple", OperatorToken: OperatorToken,
	}, func(first authority.CreatedOrganization) error {
		k.First = first
		return nil
	})
	check(t, err)
	if _, benchmark := t.(*testing.B); !benchmark {
		t.Cleanup(func() {
			if k.noFold == "" && !t.Failed() && !t.Skipped() {
				k.CheckFold(t)
			}
		})
	}
	return k
}

// authority starts one over a store on the kit's database.
func (k *Kit) authority(t testing.TB, s *store.Store) *authority.Authority {
	t.Helper()
	o := k.options
	a, err := authority.New(t.Context(), authority.Config{
		Store: s, Catalog: k.Catalog, Keyring: k.Keyring, Quotas: o.Quotas, Clock: o.Clock, Passkeys: k.Passkeys, ExportBuckets: o.ExportBuckets, SignUp: o.SignUp, Providers: o.Providers,
		Passwords: identity.NewPasswordsAt(o.PasswordCost, 0),
	})
	check(t, err)
	return a
}

// Node starts another node on the kit's database. It learns of what others write when it follows.
func (k *Kit) Node(t testing.TB) *authority.Authority {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Database: k.Database, Clock: k.options.Clock})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return k.authority(t, s)
}

// embedded is the catalogue without an operator's. It is immutable, and loading it anew for
// each of hundreds of kits would be most of the time of some tests.
var embedded = sync.OnceValues(func() (*catalog.Catalog, error) { return catalog.Load() })

func loadCatalog(dirs []string) (*catalog.Catalog, error) {
	if len(dirs) == 0 {
		return embedded()
	}
	return catalog.Load(dirs...)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Context is the context of the test, without its end: clean-up may use it.
func Context(t testing.TB) context.Context { return context.WithoutCancel(t.Context()) }

// Owner returns the caller that owns the first organization.
func (k *Kit) Owner() iam.Caller {
	return iam.Caller{
		Organization: k.First.Organization.ID, Principal: k.First.Owner.ID.Principal(),
		AccessKey: k.First.APIKey.AccessKey,
	}
}
