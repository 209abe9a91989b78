package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"bailiwick/planted"
)

// dialect is what differs between the engines: a few facts, no query text.
type dialect struct {
	name  string
	goose goose.Dialect
	// open opens a database, for writing or only for reading.
	open func(database string, write bool) (*sql.DB, error)
	// textType replaces the word TEXT in the schema.
	textType string
	// withoutRowID is true where the schema may say that a table is kept in the order of its key.
	withoutRowID bool
	// singleWriter is true where one connection must do all the writing.
	singleWriter bool
}

var (
	sqliteDialect   = dialect{name: EngineSQLite, goose: goose.DialectSQLite3, open: openSQLite, textType: "TEXT", withoutRowID: true, singleWriter: true}
	postgresDialect = dialect{name: "postgres", goose: goose.DialectPostgres, open: openPostgres, textType: `TEXT COLLATE "C"`}
)

func openSQLite(path string, write bool) (*sql.DB, error) {
	return sql.Open("sqlite", sqliteDSN(path, write))
}

// openPostgres opens a database by its URL, whose own parameters win over ours. A node that
// vanishes in the middle of a transaction holds the revision row, and with it every writer
// of every node, until the server gives up on it: two bounds keep that to seconds.
func openPostgres(address string, write bool) (*sql.DB, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	parameters := map[string]string{
		"application_name": "bailiwick", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "10s",
	}
	if !write {
		parameters["default_transaction_read_only"] = "on"
	}
	if planted.LocalCommit {
		parameters["synchronous_commit"] = "local"
	}
	for name, value := range parameters {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	return stdlib.OpenDB(*config), nil
}

// sqliteDSN returns the data source name of a database file. The pragmas stand in the
// name, not in statements after opening: a statement reaches one connection of the pool,
// the name reaches all. busy_timeout comes first, so that the switch to WAL waits, too.
// synchronous=FULL makes a commit survive power loss; NORMAL would lose acknowledged
// writes although every kill test passes.
func sqliteDSN(path string, write bool) string {
	query := url.Values{}
	for _, pragma := range []string{
		"busy_timeout(10000)", "synchronous(FULL)", "foreign_keys(1)",
		"case_sensitive_like(1)", "temp_store(MEMORY)",
	} {
		query.Add("_pragma", pragma)
	}
	if write {
		query.Set("_txlock", "immediate")
		query.Add("_pragma", "journal_mode(WAL)") // stays with the file
		// Pages go from the log into the database after 16 MiB of it, not 4: a page that many
		// commits have changed is then moved once for more of them.
		query.Add("_pragma", "wal_autocheckpoint(4000)")
		// A commit that has split a page of an index walks through the whole cache of its connection, and most
		// groups of mutations have: with 64 MiB that took a tenth of their time, many times what it takes to
		// read again what does not fit into 4.
		query.Add("_pragma", "cache_size(-4096)")
	} else {
		query.Add("_pragma", "cache_size(-65536)")
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

// busy reports whether err says that another process holds a lock on a SQLite file.
func busy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// retryable reports whether a transaction that failed with err may succeed when it is run
// again from its start: PostgreSQL and its relatives give up one of two that collide.
func retryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return errors.Is(err, errMoved) || ok && (e.Code == "40001" || e.Code == "40P01")
}

// writeOptions make each statement of a writing transaction see what was committed before
// it: the statement that waited for the revision row then reads the newest state. A server
// whose default is stricter would fail that wait instead.
func (d dialect) writeOptions() *sql.TxOptions {
	if d.singleWriter {
		return nil
	}
	return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
}

// viewOptions make several statements see one state: SQLite always does so inside a
// transaction (its reading pool is query_only), PostgreSQL from REPEATABLE READ up.
func (d dialect) viewOptions() *sql.TxOptions {
	if d.singleWriter {
		return nil
	}
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

// Unavailable reports whether err says that the database cannot serve now, and may later:
// it cannot be reached, it is stopping, it is a replica that takes no writes, a lock or an
// answer took too long, or its disk is full.
func Unavailable(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
			return true
		}
		return false
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case "25006", "25P03", "40001", "40P01", "55P03", "57014":
			return true // read-only, idle too long, gave up after retries, lock or statement timed out
		}
		class := e.Code[:min(2, len(e.Code))]
		return class == "08" || class == "53" || class == "57" || class == "58"
	}
	_, refused := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	return refused || network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.Timeout(err) ||
		pgconn.SafeToRetry(err) // of a connection that has broken before, also by the answer to a commit
}

// brokenConnection reports whether err says that a connection which was there broke: not one
// that could not be made, and no answer of the server but that it ends the connection.
func brokenConnection(err error) bool {
	if err == nil {
		return false
	}
	_, refused := errors.AsType[*pgconn.ConnectError](err)
	e, answered := errors.AsType[*pgconn.PgError](err)
	ended := answered && (e.Code == "57P01" || e.Code == "57P02") // by its administrator, by a crash
	return !refused && (ended || !answered && Unavailable(err))
}

// ErrDuplicate says that a value that must be unique is taken.
var ErrDuplicate = errors.New("duplicate")

func classify(err error) error {
	if uniqueViolation(err) {
		return fmt.Errorf("%w: %w", ErrDuplicate, err)
	}
	return err
}
