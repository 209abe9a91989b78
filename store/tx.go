package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"bailiwick/planted"
)

// Tx is one transaction. Its methods must not be used after the function that received it
// has returned, nor from several goroutines.
type Tx struct {
	// Now is the one timestamp of the transaction, UTC, in whole microseconds.
	Now time.Time

	ctx      context.Context
	conn     *sql.Conn // that of tx, if the engine takes several statements at once
	tx       *sql.Tx   // nil for single reads without a transaction
	ends     *ends     // nil: of no chain it is known
	pool     *pool
	clock    func() time.Time
	missed   []constant // texts that the pool has not prepared yet
	revision int64
	notes    notes
	failed   error // of the first statement that failed
	skip     func(Change, error)
}

// notes are what a transaction writes at its end.
type notes struct {
	changes map[Change]bool
	counts  map[counter]int
	heads   heads
	later   []row
	outer   *notes // inside of Nested: those of the parts before
}

// Revision is the revision that this transaction makes, if it is an update; the state it
// sees is that of the revision before.
func (t *Tx) Revision() int64 { return t.revision }

// Update runs fn in a transaction that changes state. The transaction first takes the
// revision row, so that updates run one after the other on every engine and what fn reads
// is the newest state; its timestamp is taken after the wait, so that a key that expired
// while its mutation waited has expired. If fn returns an error, or a statement failed,
// nothing is written. fn may run more than once and must not keep anything from a run that
// failed.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) (revision int64, err error) {
	err = s.write(ctx, func(t *Tx) error {
		take := constant(takeRevision)
		if planted.LooseRevision {
			take = "SELECT value + 1, '' FROM revision WHERE id = 1"
		} else if s.notifies {
			take = takeRevisionNotify
		}
		var notified string
		if err := t.row(take).Scan(&t.revision, &notified); err != nil {
			return fmt.Errorf("take the next revision: %w", err)
		}
		t.Now = t.clock()
		revision = t.revision
		return fn(t)
	})
	if err != nil {
		return 0, err
	}
	return revision, nil
}

// Record runs fn in a transaction that adds to the audit trail, or stores facts, and
// nothing else: it makes no revision, so a change in it is an error.
func (s *Store) Record(ctx context.Context, fn func(*Tx) error) error { return s.write(ctx, fn) }

// write runs fn in a writing transaction, again if the engine asks for it.
func (s *Store) write(ctx context.Context, fn func(*Tx) error) error {
	const attempts = 5
	known := &s.ends
	for attempt := 1; ; attempt++ {
		err := s.writeOnce(ctx, known, fn)
		if errors.Is(err, errMoved) {
			known = nil // who makes refusals all the time must not keep an update from its turn: it locks
		}
		if err == nil || attempt == attempts || !retryable(err) && !(planted.RepeatedCommit && Unavailable(err)) {
			return err
		}
	}
}

func (s *Store) writeOnce(ctx context.Context, known *ends, fn func(*Tx) error) (err error) {
	t, err := s.begin(ctx, &s.writes, s.dialect.writeOptions())
	if err != nil {
		return err
	}
	t.ends = known
	later := false
	defer func() {
		if !later {
			t.end(&err)
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	if err := t.finish(); err != nil {
		return err
	}
	if later = planted.AckBeforeCommit; later {
		time.AfterFunc(50*time.Millisecond, func() { _ = t.tx.Commit() })
		return nil
	}
	if err := t.tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	s.ends.keep(t.notes.heads, t.revision)
	return nil
}

// begin begins a transaction, see [pool.again].
func (s *Store) begin(ctx context.Context, p *pool, options *sql.TxOptions) (t *Tx, err error) {
	err = p.again(ctx, func() error {
		t, err = s.beginOnce(ctx, p, options)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	return t, nil
}

func (s *Store) beginOnce(ctx context.Context, p *pool, options *sql.TxOptions) (*Tx, error) {
	t := &Tx{ctx: ctx, pool: p, clock: s.now, Now: s.now()}
	var err error
	if p.single || p.prepares {
		t.tx, err = p.db.BeginTx(ctx, options)
		return t, err
	}
	if t.conn, err = p.db.Conn(ctx); err != nil {
		return nil, err
	}
	if t.tx, err = t.conn.BeginTx(ctx, options); err != nil {
		return nil, errors.Join(err, t.conn.Close())
	}
	return t, nil
}

// end gives the transaction's connection back, rolling back what is not committed. It is
// deferred: a function that panics under a server that recovers would otherwise keep the
// only writing connection for ever.
func (t *Tx) end(err *error) {
	if e := t.tx.Rollback(); e != nil && !errors.Is(e, sql.ErrTxDone) {
		*err = errors.Join(*err, fmt.Errorf("roll back: %w", e))
	}
	if t.conn != nil {
		_ = t.conn.Close() // it goes back into the pool, or is broken
	}
	if *err == nil {
		t.pool.prepareMissed(t.ctx, t.missed)
	}
}

// finish writes what the transaction has noted.
func (t *Tx) finish() error {
	switch {
	case t.failed != nil:
		return fmt.Errorf("a statement of the transaction failed: %w", t.failed)
	case len(t.notes.changes) > 0 && t.revision == 0:
		return errors.New("a change outside of an update would be in no revision")
	}
	// The ends of the chains come first: they lock the organization's row, if that is not locked yet, so
	// that entries are appended only where the chain still ends.
	if err := t.runAll(slices.Concat(t.headStatements(), inserts(t.notes.later), t.countStatements(), t.changeStatements())); err != nil {
		return err
	}
	if planted.LooseRevision && t.revision > 0 {
		if _, err := t.exec("UPDATE revision SET value = $1 WHERE id = 1 AND value < $1", t.revision); err != nil {
			return err
		}
	}
	return t.fillCompleted()
}

// View runs fn on one consistent state. What fn has read stands, also if the connection breaks
// before the end: a database ends a transaction that is idle for some seconds, and who compiles a million
// policies is.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) (err error) {
	return s.view(ctx, &s.reads, fn)
}

// Follow is View on a connection that nobody else has: who brings a snapshot up to date waits for no
// other reader.
func (s *Store) Follow(ctx context.Context, fn func(*Tx) error) (err error) {
	return s.view(ctx, &s.follows, fn)
}

func (s *Store) view(ctx context.Context, p *pool, fn func(*Tx) error) (err error) {
	t, err := s.begin(ctx, p, s.dialect.viewOptions())
	if err != nil {
		return err
	}
	defer func() {
		if end := err; end == nil {
			t.end(&end)
		} else {
			t.end(&err)
		}
	}()
	return fn(t)
}

// Read returns a Tx for single reads outside a transaction: each statement sees the newest
// state.
func (s *Store) Read(ctx context.Context) *Tx {
	return &Tx{ctx: ctx, pool: &s.reads, clock: s.now, Now: s.now()}
}

func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
