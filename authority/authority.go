package authority

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"bailiwick/catalog"
	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/pdp"
	"bailiwick/store"
)

// Config is what an Authority is made of.
type Config struct {
	Store   *store.Store
	Catalog *catalog.Catalog
	Keyring *identity.Keyring
	// Quotas limits how many objects an organization may have, by quota name (see
	// [QuotaNames]); a name that is missing has no limit.
	Quotas map[string]int
	// Clock judges expiry and conditions; nil means time.Now.
	Clock func() time.Time
	// Issuer stands in session tokens as their iss, and only tokens with it are taken: the
	// public URL of the installation. Empty means "bailiwick".
	Issuer string
	// Region is the one in which all happens; empty means "fr-par".
	Region string
	// ClearWebhooks lets organizations give http URLs of webhooks. Whether one leads to a network
	// that the operator allows is for the delivery to check.
	ClearWebhooks bool
	// ExportBuckets are the names of the buckets that export jobs may write to; in a name,
	// [OrganizationPlace] stands for the id of the organization. Empty: there are no exports.
	ExportBuckets []string
	// Passwords hashes; nil means those of [identity.NewPasswords].
	Passwords *identity.Passwords
	// Passkeys runs the ceremonies of passkeys; nil: there are none here.
	Passkeys *identity.Passkeys
	// MaxStaleness is for how long decisions go on from a snapshot that could not be brought up
	// to date, on a database that other nodes write to; 0 means [DefaultMaxStaleness].
	MaxStaleness time.Duration
	// SignUp says who may sign up; empty: nobody.
	SignUp iam.SignUpMode
	// Providers are the OpenID providers at which users may log in.
	Providers []Provider
	// Logger receives what is wrong inside; nil discards it.
	Logger *slog.Logger
}

// Authority runs the use cases. It is safe for concurrent use.
type Authority struct {
	store    *store.Store
	catalog  *catalog.Catalog
	compiler *condition.Compiler
	queries  queries // of alert rules
	region   string
	// clearWebhooks: URLs of webhooks may be http.
	clearWebhooks bool
	exportBuckets []string // in which [OrganizationPlace] stands for the organization
	keyring       *identity.Keyring
	passwords     *identity.Passwords
	passkeys      *identity.Passkeys // nil: off
	providers     []Provider
	quotas        map[string]int
	signUp        iam.SignUpMode
	clock         func() time.Time
	log           *slog.Logger

	snapshot   atomic.Pointer[pdp.Snapshot]
	secrets    secretIndex
	cache      *cache                 // nil where other nodes may write to the store
	operator   atomic.Pointer[[]byte] // keyed hash of the operator token
	following  sync.Mutex             // held while a snapshot is built
	quarantine quarantine
	commits    commits
	signer     signer
	uses       *uses
	ids        identity.IDs // of requests and decisions

	epoch        epoch
	freshAt      atomic.Int64 // when the last look at the database began that succeeded
	lost         atomic.Bool  // the last look failed
	maxStaleness time.Duration
}

// New returns an Authority over a store. It refuses a store that was made with another
// master key, and builds the decision snapshot before it returns.
func New(ctx context.Context, config Config) (*Authority, error) {
	compiler, err := condition.NewCompiler()
	if err != nil {
		return nil, fmt.Errorf("conditions: %w", err)
	}
	a := &Authority{
		store: config.Store, catalog: config.Catalog, compiler: compiler, keyring: config.Keyring,
		passwords: config.Passwords, passkeys: config.Passkeys, providers: config.Providers, quotas: config.Quotas, signUp: config.SignUp, clock: config.Clock, log: config.Logger,
		uses: newUses(), epoch: epoch{Time: time.Now()}, maxStaleness: config.MaxStaleness,
	}
	if a.store.Engine() == store.EngineSQLite {
		a.cache = &cache{}
	}
	if a.signer.issuer = config.Issuer; a.signer.issuer == "" {
		a.signer.issuer = "bailiwick"
	}
	if a.queries.compiler, err = condition.NewEventCompiler(); err != nil {
		return nil, fmt.Errorf("alert rules: %w", err)
	}
	a.clearWebhooks, a.exportBuckets = config.ClearWebhooks, config.ExportBuckets
	if a.region = config.Region; a.region == "" {
		a.region = "fr-par"
	}
	if a.passwords == nil {
		a.passwords = identity.NewPasswords(0)
	}
	if a.clock == nil {
		a.clock = time.Now
	}
	a.epoch.wall = a.clock
	if a.maxStaleness == 0 {
		a.maxStaleness = DefaultMaxStaleness
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if err := a.checkKeyring(ctx); err != nil {
		return nil, err
	}
	if err := a.load(ctx); err != nil {
		return nil, fmt.Errorf("build the decision snapshot: %w", err)
	}
	return a, a.loadOperator(ctx)
}

// checkKeyring binds an empty store to the master key, and refuses a store that is bound to
// another one: every secret would look unknown and every sealed value broken.
func (a *Authority) checkKeyring(ctx context.Context) error {
	bound, err := a.store.Read(ctx).Fact(store.FactKeyFingerprint)
	if errors.Is(err, store.ErrNotFound) {
		bound, err = a.bindKeyring(ctx)
	}
	if err != nil {
		return err
	}
	if a.keyring, err = unwrapKeyring(a.store.Read(ctx), a.keyring); err != nil {
		return err
	}
	if bound != a.keyring.Fingerprint() {
		return errForeignKey
	}
	return nil
}

// bindKeyring binds the store unless it is bound by now, and returns the fingerprint to which
// it is. It is an update, because updates run one after the other: of two nodes that start on
// an empty store with different keys, the second must see the first.
func (a *Authority) bindKeyring(ctx context.Context) (bound string, err error) {
	_, err = a.store.Update(ctx, func(tx *store.Tx) error {
		bound, err = tx.Fact(store.FactKeyFingerprint)
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		bound = a.keyring.Fingerprint()
		return tx.SetFact(store.FactKeyFingerprint, bound)
	})
	return bound, err
}

// Catalog returns the permission catalogue in force.
func (a *Authority) Catalog() *catalog.Catalog { return a.catalog }

// Revision returns the revision of the decision snapshot.
func (a *Authority) Revision() int64 { return a.snapshot.Load().Revision() }

// Ready reports whether the store answers and the snapshot is up to date. A node that is
// behind catches up first: while others write, every node is a moment behind.
func (a *Authority) Ready(ctx context.Context) error {
	if !a.embedded() {
		return a.catchUp(ctx, a.epoch.now())
	}
	latest, err := a.store.Read(ctx).Latest()
	if err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	if have := a.Revision(); have < latest {
		return fmt.Errorf("the decision snapshot is at revision %d, the database at %d", have, latest)
	}
	return nil
}

// now is the time at which expiry and conditions are judged.
func (a *Authority) now() time.Time { return a.clock().UTC() }
