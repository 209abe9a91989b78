package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Config says where the state is kept.
type Config struct {
	// Database is the path of a SQLite file, or a postgres:// URL.
	Database string
	// AsIs leaves the schema as it is: it must be that of this program. For who only reads.
	AsIs bool
	// Filling opens a database that is empty or half filled, to fill it with [Store.Load].
	Filling bool
	// Clock gives the timestamps of transactions; nil means time.Now.
	Clock func() time.Time
}

// Store is a database of Bailiwick. It is safe for concurrent use.
type Store struct {
	dialect dialect
	writes  pool
	reads   pool
	// follows is the one connection by which a node hears of changes. Where readers had it, too, a
	// revocation would wait for the slowest list.
	follows pool
	clock   func() time.Time
	ends    ends

	database string // as in Config
	notifies bool   // the engine tells of changes
}

// Open opens a database and brings its schema up to date. It refuses a schema that is
// newer than the program.
func Open(ctx context.Context, config Config) (*Store, error) {
	s := &Store{dialect: sqliteDialect, clock: config.Clock, database: config.Database}
	if s.clock == nil {
		s.clock = time.Now
	}
	if err := s.connect(config.Database); err != nil {
		return nil, err
	}
	if err := s.reach(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), s.Close())
	}
	for _, prepare := range s.preparations(config) {
		if err := prepare(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// preparations are what must be done or looked at before a database is used.
func (s *Store) preparations(config Config) []func(context.Context) error {
	switch {
	case config.AsIs:
		return []func(context.Context) error{s.checkVersion, s.checkFilling}
	case config.Filling:
		return []func(context.Context) error{s.checkUsable, s.migrate, s.describe}
	}
	return []func(context.Context) error{s.checkUsable, s.migrate, s.describe, s.checkFilling, s.checkNotify, s.fillBlocks}
}

func (s *Store) connect(database string) error {
	if IsPostgresURL(database) {
		s.dialect = postgresDialect
	}
	writer, err := s.dialect.open(database, true)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	reader, err := s.dialect.open(database, false)
	if err != nil {
		return errors.Join(fmt.Errorf("open database: %w", err), writer.Close())
	}
	follower, err := s.dialect.open(database, false)
	if err != nil {
		return errors.Join(fmt.Errorf("open database: %w", err), writer.Close(), reader.Close())
	}
	// Two pools on every engine. On SQLite one connection writes and the others read beside
	// it. On PostgreSQL writers wait for each other while they hold a connection; readers
	// that had to share the pool would wait for writers that wait for them.
	writers, readers := 1, max(4, 2*runtime.GOMAXPROCS(0))
	if !s.dialect.singleWriter {
		writers = readers
	}
	for db, n := range map[*sql.DB]int{writer: writers, reader: readers, follower: 1} {
		db.SetMaxOpenConns(n)
		db.SetMaxIdleConns(n)
	}
	s.writes = pool{db: writer, prepares: s.dialect.singleWriter, single: s.dialect.singleWriter}
	s.reads = pool{db: reader, prepares: s.dialect.singleWriter}
	s.follows = pool{db: follower, prepares: s.dialect.singleWriter}
	return nil
}

// reach makes the first connection. It brings a new SQLite file into WAL mode, and that
// switch, unlike every other statement, fails at once when another process is at it.
func (s *Store) reach(ctx context.Context) error {
	const attempts, pause = 200, 20 * time.Millisecond
	for attempt := 1; ; attempt++ {
		err := s.writes.db.PingContext(ctx)
		if !busy(err) || attempt == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// Close closes the database. Transactions in flight fail.
func (s *Store) Close() error {
	return errors.Join(s.follows.db.Close(), s.reads.db.Close(), s.writes.db.Close())
}

// EngineSQLite is the engine that is embedded: one process has the database for itself.
const EngineSQLite = "sqlite"

// Engine names the engine: "sqlite" or "postgres".
func (s *Store) Engine() string { return s.dialect.name }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.reads.db.QueryRowContext(ctx, "SELECT 1").Scan(&one)
}
