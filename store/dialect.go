package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is what differs between the engines: a few facts, no query text.
type dialect struct {
	name   string
	driver string
	goose  goose.Dialect
	// textType replaces the word TEXT in the schema.
	textType string
	// singleWriter is true where one connection must do all the writing.
	singleWriter bool
}

var (
	sqliteDialect   = dialect{name: "sqlite", driver: "sqlite", goose: goose.DialectSQLite3, textType: "TEXT", singleWriter: true}
	postgresDialect = dialect{name: "postgres", driver: "pgx", goose: goose.DialectPostgres, textType: `TEXT COLLATE "C"`}
)

// sqliteDSN returns the data source name of a database file. The pragmas stand in the
// name, not in statements after opening: a statement reaches one connection of the pool,
// the name reaches all. busy_timeout comes first, so that the switch to WAL waits, too.
// synchronous=FULL makes a commit survive power loss; NORMAL would lose acknowledged
// writes although every kill test passes.
func sqliteDSN(path string, write bool) string {
	query := url.Values{}
	for _, pragma := range []string{
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"case_sensitive_like(1)", "cache_size(-65536)", "temp_store(MEMORY)",
	} {
		query.Add("_pragma", pragma)
	}
	if write {
		query.Set("_txlock", "immediate")
	} else {
		query.Add("_pragma", "query_only(1)")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode()
}

// IsPostgresURL reports whether the text is the URL of a PostgreSQL database.
func IsPostgresURL(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
}

// uniqueViolation reports whether err says that a unique index or a primary key refused a row.
func uniqueViolation(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	return false
}

// retryable reports whether a transaction that failed with err may succeed when it is run
// again from its start: PostgreSQL and its relatives give up one of two that collide.
func retryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// viewOptions make several statements see one state: SQLite always does so inside a
// transaction (its reading pool is query_only), PostgreSQL from REPEATABLE READ up.
func (d dialect) viewOptions() *sql.TxOptions {
	if d.singleWriter {
		return nil
	}
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

// ErrDuplicate says that a value that must be unique is taken.
var ErrDuplicate = errors.New("duplicate")

func classify(err error) error {
	if uniqueViolation(err) {
		return fmt.Errorf("%w: %w", ErrDuplicate, err)
	}
	return err
}
