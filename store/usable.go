package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"
)

// checkUsable refuses a database of a server that could not become ours, or must not, before
// anything is written to it: a replica, one that holds something else, one without the right
// to make tables. What is ours already is for the migrations to judge.
func (s *Store) checkUsable(ctx context.Context) error {
	if s.dialect.singleWriter {
		return nil
	}
	var readOnly string
	if err := s.writes.db.QueryRowContext(ctx, "SELECT current_setting('transaction_read_only')").Scan(&readOnly); err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	if readOnly == "on" {
		return errors.New("the database is read-only, as a replica is: give the primary")
	}
	var schema string
	var mayCreate bool
	err := s.writes.db.QueryRowContext(ctx, `SELECT coalesce(current_schema(), ''),
		coalesce(has_schema_privilege(current_schema(), 'CREATE'), FALSE)`).Scan(&schema, &mayCreate)
	if err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	tables, err := collect(s.Read(ctx), func(row scanner) (name string, err error) { return name, row.Scan(&name) },
		"SELECT CAST(table_name AS VARCHAR) FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1")
	switch ours := strings.Contains(" "+strings.Join(tables, " ")+" ", " "+goose.DefaultTablename+" "); {
	case err != nil:
		return fmt.Errorf("look at the database: %w", err)
	case ours:
		return nil
	case len(tables) > 0:
		return fmt.Errorf("the database holds tables of something else, such as %q: give an empty one", tables[0])
	case !mayCreate:
		return fmt.Errorf("permission denied: this user may not create tables in the database's schema %q", schema)
	}
	return nil
}
