package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// constant is a text that stands in the source: an untyped constant becomes one without a
// word, a string made at run time does not. So the compiler keeps values out of these
// texts, and there are only so many of them: each is worth a prepared statement.
type constant string

// pool is a set of connections with its prepared statements. SQLite parses a statement
// anew each time unless it is prepared; the PostgreSQL driver keeps statements by itself.
//
// A statement is prepared after the transaction that first used it, not inside: preparing
// takes a connection of the pool, and a transaction that holds the last one would wait for
// itself. Texts that are put together from a filter run unprepared: whoever sends the
// filter would otherwise decide how many statements we keep.
type pool struct {
	db       *sql.DB
	prepares bool
	single   bool     // only one connection of one process writes
	stmts    sync.Map // constant -> *sql.Stmt
}

// again runs what has changed nothing if its connection broke: the begin of a transaction, or a read without
// one. A connection of the pool whose other end has gone is found out by the first who uses it; who
// has not begun can begin again on the next one, so that a database that restarted, or whose standby took
// over, fails nobody for that alone.
func (p *pool) again(ctx context.Context, run func() error) error {
	err := run()
	if !brokenConnection(err) {
		return err
	}
	for left := p.db.Stats().MaxOpenConnections; left > 0 && brokenConnection(err) && ctx.Err() == nil; left-- {
		err = run()
	}
	return err
}

func (p *pool) prepareMissed(ctx context.Context, texts []constant) {
	for _, text := range texts {
		if _, ok := p.stmts.Load(text); ok {
			continue
		}
		stmt, err := p.db.PrepareContext(ctx, nameless(string(text)))
		if err != nil {
			return // it runs unprepared until a later try
		}
		if _, loaded := p.stmts.LoadOrStore(text, stmt); loaded {
			_ = stmt.Close()
		}
	}
}

// argument is where a statement has an argument.
var argument = regexp.MustCompile(`\$\d+`)

// nameless writes the places $1, $2 and so on as ?, if that means the same: if each stands there once, in
// order. To SQLite $1 is a name, and its driver asks for the name of every place each time the
// statement runs; each answer is looked up in a list, so a row with many columns costs their square.
func nameless(text string) string {
	n, inOrder := 0, true
	out := argument.ReplaceAllStringFunc(text, func(at string) string {
		n++
		inOrder = inOrder && at == "$"+strconv.Itoa(n)
		return "?"
	})
	if !inOrder {
		return text
	}
	return out
}

// statement returns the prepared statement of a text, or nil if there is none yet.
func (t *Tx) statement(text constant) *sql.Stmt {
	if !t.pool.prepares {
		return nil
	}
	stmt, ok := t.pool.stmts.Load(text)
	switch {
	case ok && t.tx != nil:
		return t.tx.StmtContext(t.ctx, stmt.(*sql.Stmt))
	case ok:
		return stmt.(*sql.Stmt)
	case t.tx != nil:
		t.missed = append(t.missed, text)
	default:
		t.pool.prepareMissed(t.ctx, []constant{text})
	}
	return nil
}

// exec runs a statement and returns how many rows it touched. After an error the
// transaction cannot commit any more, whatever its function does: PostgreSQL has it so, and
// SQLite must not keep half of what PostgreSQL drops.
func (t *Tx) exec(text constant, args ...any) (n int64, err error) {
	return t.execute(args, func() (sql.Result, error) {
		if stmt := t.statement(text); stmt != nil {
			return stmt.ExecContext(t.ctx, args...)
		}
		return t.tx.ExecContext(t.ctx, string(text), args...)
	})
}

// execute runs a statement that changes something, and notes that the transaction must not commit if it fails.
func (t *Tx) execute(args []any, run func() (sql.Result, error)) (n int64, err error) {
	if t.tx == nil {
		return 0, errors.New("a change needs a transaction")
	}
	defer func() {
		if err != nil && t.failed == nil {
			t.failed = err
		}
	}()
	if err := storable(args); err != nil {
		return 0, err
	}
	result, err := run()
	if err != nil {
		return 0, classify(err)
	}
	return result.RowsAffected()
}

// storable refuses text that PostgreSQL cannot store and SQLite can: what one engine takes
// the other must take, too, or data could not move between them.
func storable(args []any) error {
	for _, arg := range args {
		if text, ok := arg.(string); ok && (strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text)) {
			return errors.New("text with a NUL byte or invalid UTF-8 cannot be stored")
		}
	}
	return nil
}

// row runs a query that gives at most one row.
func (t *Tx) row(text constant, args ...any) *sql.Row {
	if stmt := t.statement(text); stmt != nil {
		return stmt.QueryRowContext(t.ctx, args...)
	}
	if t.tx != nil {
		return t.tx.QueryRowContext(t.ctx, string(text), args...)
	}
	var row *sql.Row
	_ = t.pool.again(t.ctx, func() error { // the row keeps its error
		row = t.pool.db.QueryRowContext(t.ctx, string(text), args...)
		return row.Err()
	})
	return row
}

func (t *Tx) query(text constant, args ...any) (*sql.Rows, error) {
	if stmt := t.statement(text); stmt != nil {
		return stmt.QueryContext(t.ctx, args...)
	}
	return t.queryBuilt(string(text), args...)
}

// queryBuilt runs a query that was put together from constants.
func (t *Tx) queryBuilt(text string, args ...any) (*sql.Rows, error) {
	if t.tx != nil {
		return t.tx.QueryContext(t.ctx, text, args...)
	}
	var rows *sql.Rows
	err := t.pool.again(t.ctx, func() (err error) {
		rows, err = t.pool.db.QueryContext(t.ctx, text, args...)
		return err
	})
	return rows, err
}

// scanner is a row that can be read: *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

// collect reads all rows of a query.
func collect[T any](t *Tx, scan func(scanner) (T, error), text constant, args ...any) ([]T, error) {
	rows, err := t.query(text, args...)
	return gather(rows, err, scan)
}

// each gives the rows of a query to yield, one by one. yield must not run statements of
// the same transaction: the connection is busy until the last row.
func each[T any](t *Tx, scan func(scanner) (T, error), yield func(T) error, text constant, args ...any) error {
	rows, err := t.query(text, args...)
	return drain(rows, err, scan, yield)
}

// gather reads all rows of what a query gave.
func gather[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	var items []T
	err = drain(rows, err, scan, func(item T) error {
		items = append(items, item)
		return nil
	})
	return items, err
}

// drain gives the rows of what a query gave to yield, and closes them.
func drain[T any](rows *sql.Rows, err error, scan func(scanner) (T, error), yield func(T) error) error {
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return errors.Join(fmt.Errorf("read a row: %w", unreadable(err)), rows.Close())
		}
		if err := yield(item); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
