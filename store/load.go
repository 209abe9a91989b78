package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// factFilling is in a database that is being filled: what it is filled with.
const factFilling = "filling"

// ErrFilling says that a database holds only a part of another one.
var ErrFilling = errors.New("the database is half filled: end the restore or the move that fills it, or begin with an empty database")

// ErrNotEmpty says that a database that shall be filled holds something.
var ErrNotEmpty = errors.New("the database is not empty")

// checkFilling refuses a database that is half filled, for all but who fills it: a server on
// it would miss whatever comes last, revocations for instance.
func (s *Store) checkFilling(ctx context.Context) error {
	_, err := s.Read(ctx).Fact(factFilling)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err == nil:
		return ErrFilling
	}
	return err
}

// Load fills an empty database with the rows of a dump, in their order; next returns io.EOF
// after the last one. The database is of no use to a server until all of it is there. source
// names the dump: a Load that was cut off goes on where it was when it comes again with the
// same source, and is refused with another one. ErrNotEmpty if the database holds something.
func (s *Store) Load(ctx context.Context, source string, contents Contents, next func() (Row, error)) error {
	l := &loader{store: s, ctx: ctx, contents: contents, have: make([]int64, len(contents.Tables))}
	if err := l.begin(source); err != nil {
		return err
	}
	for {
		row, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = l.add(row)
		}
		if err != nil {
			return err
		}
	}
	if err := l.flush(); err != nil {
		return err
	}
	if err := s.analyze(ctx); err != nil {
		return err
	}
	return l.end()
}

// loader fills a database.
type loader struct {
	store    *Store
	ctx      context.Context
	contents Contents
	have     []int64 // rows that each table had at the beginning
	batch    []any   // values of rows of one table that are not written yet
	rows     int     // that these are
	table    int
	last     []Row // of the tables that make the database whole
}

const (
	// batchRows bounds the rows of a statement; engines take about 30,000 values.
	batchRows = 200
	// flushRows bounds the rows of a transaction: a flush of the disk for each statement would take
	// most of the time, and what a cut-off run has to do again is little.
	flushRows = 50 * batchRows
)

func (l *loader) begin(source string) error {
	shapes := shapes()
	if len(shapes) != len(l.contents.Tables) {
		return errors.New("the tables are not those of this program")
	}
	if version, err := l.store.version(l.ctx); err != nil || version != l.contents.Schema {
		return errors.Join(err, fmt.Errorf("the dump has schema version %d, this program %d: use the program that made it, and upgrade then", l.contents.Schema, version))
	}
	return l.store.write(l.ctx, func(t *Tx) error {
		filling, err := t.Fact(factFilling)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if filling != "" && filling != source {
			return fmt.Errorf("%w; it was begun with another source", ErrFilling)
		}
		for i, shape := range shapes {
			if l.contents.Tables[i].Name != shape.name {
				return fmt.Errorf("table %d is %q, not %q", i, l.contents.Tables[i].Name, shape.name)
			}
			if l.have[i], err = t.countRows(shape.name); err != nil {
				return err
			}
			if filling == "" && l.have[i] > 0 && shape.name != "revision" {
				return ErrNotEmpty
			}
		}
		return t.SetFact(factFilling, source)
	})
}

func (l *loader) add(r Row) error {
	if r.Table < l.table || r.Table >= len(l.contents.Tables) || len(r.Values) != len(l.contents.Tables[r.Table].Columns) {
		return fmt.Errorf("a row that does not fit into table %d", r.Table)
	}
	if r.Table != l.table || l.rows == flushRows {
		if err := l.flush(); err != nil {
			return err
		}
		l.table = r.Table
	}
	switch name := l.contents.Tables[r.Table].Name; {
	case name == "revision" || name == tableInstallation:
		l.last = append(l.last, r)
	case l.have[r.Table] > 0:
		l.have[r.Table]-- // from the run before
	default:
		l.batch = append(l.batch, r.Values...)
		l.rows++
	}
	return nil
}

// flush writes the batch, which survives whatever comes after.
func (l *loader) flush() error {
	if l.rows == 0 {
		return nil
	}
	table := l.contents.Tables[l.table]
	err := l.store.write(l.ctx, func(t *Tx) error {
		for values := range slices.Chunk(l.batch, batchRows*len(table.Columns)) {
			if err := t.insertRows(table, values, len(values)/len(table.Columns)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("table %s: %w", table.Name, err)
	}
	l.batch, l.rows = l.batch[:0], 0
	return nil
}

func (t *Tx) insertRows(table Table, values []any, rows int) error {
	var text strings.Builder
	text.WriteString("INSERT INTO " + table.Name + " (" + strings.Join(table.Columns, ", ") + ") VALUES ")
	place := 0
	for row := range rows {
		text.WriteString([]string{"(", ", ("}[min(row, 1)])
		for column := range table.Columns {
			place++
			text.WriteString([]string{"$", ", $"}[min(column, 1)] + strconv.Itoa(place))
		}
		text.WriteByte(')')
	}
	_, err := t.tx.ExecContext(t.ctx, text.String(), values...)
	return err
}

// end makes the database whole: from this commit on it is one that a server takes.
func (l *loader) end() error {
	return l.store.write(l.ctx, func(t *Tx) error {
		if _, err := t.exec("DELETE FROM installation WHERE name = $1", factFilling); err != nil {
			return err
		}
		if _, err := t.exec("DELETE FROM revision WHERE id = 1"); err != nil {
			return err
		}
		for _, r := range l.last {
			if err := t.insertRows(l.contents.Tables[r.Table], r.Values, 1); err != nil {
				return err
			}
		}
		return nil
	})
}
