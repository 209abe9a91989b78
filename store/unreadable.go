package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"bailiwick/iam"
)

// ErrUnreadable says that a row is there and its values are none that this program writes: the
// database answers, and would answer the same to everybody who asks again.
var ErrUnreadable = errors.New("a stored row cannot be read")

// unreadable marks an error of reading a row that is the row's own fault, not that of the database or the caller.
func unreadable(err error) error {
	_, postgres := errors.AsType[*pgconn.PgError](err)
	_, embedded := errors.AsType[*sqlite.Error](err)
	switch {
	case err == nil, postgres, embedded, Unavailable(err), errors.Is(err, sql.ErrNoRows), errors.Is(err, sql.ErrTxDone), errors.Is(err, sql.ErrConnDone),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnreadable, err)
}

// SkipUnreadable makes the Each functions of this transaction go on behind an object whose rows cannot be
// read: skip is told which one it is and why. Without it such an object is an error.
func (t *Tx) SkipUnreadable(skip func(Change, error)) { t.skip = skip }

// eachObject gives the objects of a kind to yield. The first two columns are the organization and the id.
func eachObject[T any](t *Tx, kind Kind, scan func(scanner) (T, error), yield func(T) error, text constant) error {
	rows, err := t.query(text)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	for rows.Next() {
		item, err := scan(rows)
		if err = unreadable(err); t.skip != nil && errors.Is(err, ErrUnreadable) {
			err = t.skipRow(kind, rows, err)
		} else if err == nil {
			err = yield(item)
		} else {
			err = fmt.Errorf("read a row: %w", err)
		}
		if err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// skipRow tells of which object the row is that could not be read. A row that does not even tell
// that is an error.
func (t *Tx) skipRow(kind Kind, rows *sql.Rows, cause error) error {
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	var organization, id string
	targets := make([]any, len(columns))
	for i := range targets {
		targets[i] = new(any)
	}
	targets[0], targets[1] = &organization, &id
	if err := rows.Scan(targets...); err != nil {
		return errors.Join(cause, err)
	}
	if kind == KindOrganization {
		id = organization // which is the first column of its row
	}
	t.skip(Change{OrganizationID: iam.OrganizationID(organization), Kind: kind, ID: id}, cause)
	return nil
}
