package store

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// statement is one of several that a transaction runs without a look at what each answers.
type statement struct {
	text      constant
	args      []any
	untouched error // what it means if no row is touched; nil if that is no fault
}

// later notes a statement that is run before the commit. Values that no engine could store are
// refused now, as exec refuses them: what is noted shall not fail the parts of others.
func (t *Tx) later(text constant, args ...any) error {
	if err := storable(args); err != nil {
		if t.failed == nil {
			t.failed = err
		}
		return err
	}
	t.notes.later = append(t.notes.later, statement{text: text, args: args})
	return nil
}

// runAll runs statements in their order. Over a network they cost one round trip together: one for each
// would be most of what a short transaction takes, with the lock that orders all changes held.
func (t *Tx) runAll(all []statement) error {
	if t.conn != nil && len(all) > 0 {
		return t.sendAll(all)
	}
	for _, s := range all {
		n, err := t.exec(s.text, s.args...)
		if err == nil && n == 0 {
			err = s.untouched
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) sendAll(all []statement) error {
	batch := new(pgx.Batch)
	for _, s := range all {
		if err := storable(s.args); err != nil {
			return err
		}
		batch.Queue(string(s.text), s.args...)
	}
	return t.conn.Raw(func(c any) error {
		connection, ok := c.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection is of type %T", c)
		}
		results := connection.Conn().SendBatch(t.ctx, batch)
		for _, s := range all {
			tag, err := results.Exec()
			if err == nil && tag.RowsAffected() == 0 {
				err = s.untouched
			}
			if err != nil {
				return errors.Join(classify(err), results.Close())
			}
		}
		return results.Close()
	})
}
