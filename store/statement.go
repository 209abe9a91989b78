package store

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// statement is one of several that a transaction runs without a look at what each answers.
type statement struct {
	text      constant
	args      []any
	untouched error // what it means if no row is touched; nil if that is no fault
}

// row is what a table gains: into names the table and its columns, each of which has a value.
type row struct {
	into   constant
	values []any
}

// later notes a row that is written before the commit. Values that no engine could store are
// refused now, as exec refuses them: what is noted shall not fail the parts of others.
func (t *Tx) later(into constant, values ...any) error {
	if err := storable(values); err != nil {
		if t.failed == nil {
			t.failed = err
		}
		return err
	}
	t.notes.later = append(t.notes.later, row{into, values})
	return nil
}

// maxRows is how many rows one statement writes at most: each statement costs as much as some rows do.
const maxRows = 64

// inserts returns the statements that write rows. Neighbours of one table share a statement, for which
// there are only the powers of two: so there are few texts, and each is worth being prepared.
func inserts(rows []row) (all []statement) {
	for len(rows) > 0 {
		same := 1
		for same < len(rows) && rows[same].into == rows[0].into {
			same++
		}
		n := min(maxRows, 1<<(bits.Len(uint(same))-1))
		columns := len(rows[0].values)
		s := statement{text: insertText(rows[0].into, columns, n), args: rows[0].values}
		if n > 1 {
			s.args = make([]any, 0, n*columns)
			for _, r := range rows[:n] {
				s.args = append(s.args, r.values...)
			}
		}
		all, rows = append(all, s), rows[n:]
	}
	return all
}

// insertTexts keeps the texts of insertText.
var insertTexts sync.Map

// insertText is the statement that writes n rows.
func insertText(into constant, columns, n int) constant {
	type key struct {
		into constant
		n    int
	}
	if text, ok := insertTexts.Load(key{into, n}); ok {
		return text.(constant)
	}
	var b strings.Builder
	b.WriteString("INSERT INTO " + string(into) + " VALUES ")
	for place := range n * columns {
		switch {
		case place == 0:
			b.WriteString("(")
		case place%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(place+1))
	}
	b.WriteString(")")
	text, _ := insertTexts.LoadOrStore(key{into, n}, constant(b.String()))
	return text.(constant)
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
	err := t.conn.Raw(func(c any) error {
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
	if err == nil {
		return nil
	}
	// A context that ends takes the connection with it, and which of the two is met first is chance.
	return errors.Join(t.ctx.Err(), err)
}
