package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// channel is where a PostgreSQL database tells its nodes that there is a new revision.
const channel = "bailiwick_revision"

// How an update takes its revision. Where the engine can, the same statement asks for the
// notification that it sends at the commit: it costs no round trip of its own, and what is
// rolled back wakes nobody.
const (
	takeRevision       = "UPDATE revision SET value = value + 1 WHERE id = 1 RETURNING value, ''"
	takeRevisionNotify = "UPDATE revision SET value = value + 1 WHERE id = 1 RETURNING value, CAST(pg_notify('" + channel + "', '') AS VARCHAR)"
)

// checkNotify finds out whether the engine has notifications. PostgreSQL has them; some of
// its relatives refuse the function, and an update there must not fail because of it.
func (s *Store) checkNotify(ctx context.Context) error {
	if s.dialect.singleWriter {
		return nil
	}
	if _, err := s.writes.db.ExecContext(ctx, "SELECT pg_notify('"+channel+"', '')"); err == nil {
		s.notifies = true
	}
	return ctx.Err()
}

// ErrNoNotifications says that the database does not tell of changes; a node must poll.
var ErrNoNotifications = errors.New("the database has no notifications")

// Watch calls wake once it listens and then after each update that any node has committed,
// until the context ends or the connection breaks, and returns why it ended. Several updates
// may be one call. It takes a connection of its own. A notification only wakes: it is lost
// with the connection, so whoever relies on changes polls as well. ErrNoNotifications where
// the engine has none.
func (s *Store) Watch(ctx context.Context, wake func()) error {
	if !s.notifies {
		return ErrNoNotifications
	}
	conn, err := pgx.Connect(ctx, s.database)
	if err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	for {
		wake()
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return fmt.Errorf("listen for changes: %w", err)
		}
	}
}
