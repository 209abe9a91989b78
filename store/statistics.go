package store

import (
	"context"
	"errors"
	"fmt"
)

// statistics tells SQLite's planner what our tables are like: a million rows, 100,000 of an
// organization, ten of whatever an index names next, and one of all its columns together.
//
// Without numbers it takes an organization for ten rows, and rather walks through all of its
// rows in the order of a list than look up the one that a filter names (98 ms instead of
// 1 ms in 100,000). It could count by itself, but then plans would depend on when it last did;
// ours are the same on every day and in every test. PostgreSQL counts in the background.
const statistics = `INSERT INTO sqlite_stat1 (tbl, idx, stat)
	SELECT tbl, idx, '1000000' || group_concat(CASE WHEN place = columns THEN ' 1' WHEN name = 'organization_id' THEN ' 100000' ELSE ' 10' END, '' ORDER BY place)
	FROM (SELECT m.name AS tbl, i.name AS idx, c.name AS name, c.seqno + 1 AS place, COUNT(*) OVER (PARTITION BY i.name) AS columns
		FROM sqlite_schema m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%')
	GROUP BY tbl, idx`

// describe stores the statistics, on SQLite.
func (s *Store) describe(ctx context.Context) error {
	if !s.dialect.singleWriter {
		return nil
	}
	tx, err := s.writes.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	for _, text := range []string{
		"ANALYZE sqlite_schema", // makes the table
		"DELETE FROM sqlite_stat1", statistics,
		"ANALYZE sqlite_schema", // reads it
	} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return errors.Join(fmt.Errorf("store the planner's statistics: %w", err), tx.Rollback())
		}
	}
	return tx.Commit()
}

// analyze has PostgreSQL count what was loaded: until it does so by itself, some minutes later, it
// takes every table for empty, and reads all of it for each change.
func (s *Store) analyze(ctx context.Context) error {
	if s.dialect.singleWriter {
		return nil
	}
	if _, err := s.writes.db.ExecContext(ctx, "ANALYZE"); err != nil {
		return fmt.Errorf("gather the planner's statistics: %w", err)
	}
	return nil
}
