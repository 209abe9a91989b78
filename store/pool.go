package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// pool is a set of connections with its prepared statements. SQLite parses a statement
// anew each time unless it is prepared; the PostgreSQL driver keeps statements by itself.
//
// A statement is prepared after the transaction that first used it, not inside: preparing
// takes a connection of the pool, and a transaction that holds the last one would wait for
// itself. The set of texts is bounded by the source: lists in texts have bounded lengths.
type pool struct {
	db       *sql.DB
	prepares bool
	stmts    sync.Map // text -> *sql.Stmt
}

func (p *pool) prepareMissed(ctx context.Context, texts []string) {
	for _, text := range texts {
		if _, ok := p.stmts.Load(text); ok {
			continue
		}
		stmt, err := p.db.PrepareContext(ctx, text)
		if err != nil {
			return // it runs unprepared until a later try
		}
		if _, loaded := p.stmts.LoadOrStore(text, stmt); loaded {
			_ = stmt.Close()
		}
	}
}

// statement returns the prepared statement of a text, or nil if there is none yet.
func (t *Tx) statement(text string) *sql.Stmt {
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
		t.pool.prepareMissed(t.ctx, []string{text})
	}
	return nil
}

// exec runs a statement and returns how many rows it touched.
func (t *Tx) exec(text string, args ...any) (int64, error) {
	var result sql.Result
	var err error
	if stmt := t.statement(text); stmt != nil {
		result, err = stmt.ExecContext(t.ctx, args...)
	} else {
		result, err = t.tx.ExecContext(t.ctx, text, args...)
	}
	if err != nil {
		return 0, classify(err)
	}
	return result.RowsAffected()
}

// row runs a query that gives at most one row.
func (t *Tx) row(text string, args ...any) *sql.Row {
	if stmt := t.statement(text); stmt != nil {
		return stmt.QueryRowContext(t.ctx, args...)
	}
	if t.tx != nil {
		return t.tx.QueryRowContext(t.ctx, text, args...)
	}
	return t.pool.db.QueryRowContext(t.ctx, text, args...)
}

func (t *Tx) query(text string, args ...any) (*sql.Rows, error) {
	if stmt := t.statement(text); stmt != nil {
		return stmt.QueryContext(t.ctx, args...)
	}
	if t.tx != nil {
		return t.tx.QueryContext(t.ctx, text, args...)
	}
	return t.pool.db.QueryContext(t.ctx, text, args...)
}

// scanner is a row that can be read: *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

// collect reads all rows of a query.
func collect[T any](t *Tx, scan func(scanner) (T, error), text string, args ...any) ([]T, error) {
	var items []T
	err := each(t, scan, func(item T) error {
		items = append(items, item)
		return nil
	}, text, args...)
	return items, err
}

// each gives the rows of a query to yield, one by one. yield must not run statements of
// the same transaction: the connection is busy until the last row.
func each[T any](t *Tx, scan func(scanner) (T, error), yield func(T) error, text string, args ...any) (err error) {
	rows, err := t.query(text, args...)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return fmt.Errorf("read a row: %w", err)
		}
		if err := yield(item); err != nil {
			return err
		}
	}
	return rows.Err()
}
