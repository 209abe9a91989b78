package store_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// TestOpenedTogether opens a new database many times at once, as nodes that start together
// do: each must come up, and the schema be made once.
func TestOpenedTogether(t *testing.T) {
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				s, err := store.Open(t.Context(), store.Config{Database: database})
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		s := open(t, database, nil)
		var versions, revisions int
		must(t, s.Pools()["reads"].QueryRowContext(t.Context(), "SELECT COUNT(*) FROM goose_db_version WHERE version_id > 0").Scan(&versions))
		must(t, s.Pools()["reads"].QueryRowContext(t.Context(), "SELECT COUNT(*) FROM revision").Scan(&revisions))
		if files := store.SchemaFiles(); versions != files || revisions != 1 {
			t.Errorf("%d versions of %d files, %d revision rows", versions, files, revisions)
		}
	})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		s := open(t, database, nil)
		_, err := s.Pools()["writes"].ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, $1)", true)
		must(t, err)
		newer, err := store.Open(t.Context(), store.Config{Database: database})
		if !errors.Is(err, store.ErrNewer) || newer != nil {
			t.Errorf("error %v", err)
		}
	})
}

// TestPragmas holds every connection of both pools at once and asks each for its settings:
// one that lacked them would break its promise once in a while.
func TestPragmas(t *testing.T) {
	s := open(t, t.TempDir()+"/x.db", nil)
	for name, pool := range s.Pools() {
		readOnly := "0"
		if name == "reads" {
			readOnly = "1"
		}
		connections := pool.Stats().MaxOpenConnections
		if (name == "writes") != (connections == 1) {
			t.Errorf("%s: %d connections", name, connections)
		}
		for range connections {
			c, err := pool.Conn(t.Context())
			must(t, err)
			defer c.Close()
			for pragma, want := range map[string]string{
				"synchronous":  "2", // FULL
				"journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "10000", "query_only": readOnly,
			} {
				if got := setting(t, c, "PRAGMA "+pragma); got != want {
					t.Errorf("%s: %s is %s, want %s", name, pragma, got, want)
				}
			}
			if got := setting(t, c, "SELECT 'a' LIKE 'A'"); got != "0" {
				t.Errorf("%s: LIKE ignores case", name)
			}
		}
	}
}

// TestPostgresParameters is TestPragmas for the other engine.
func TestPostgresParameters(t *testing.T) {
	s := open(t, bailiwicktest.NewPostgres(t), nil)
	if got := setting(t, s.Pools()["reads"], `SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = 'public'
		AND table_name <> 'goose_db_version' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`); got != "0" {
		t.Errorf("%s text columns are not compared bytewise", got)
	}
	for name, pool := range s.Pools() {
		readOnly := "off"
		if name == "reads" {
			readOnly = "on"
		}
		for range pool.Stats().MaxOpenConnections {
			c, err := pool.Conn(t.Context())
			must(t, err)
			defer c.Close()
			for parameter, want := range map[string]string{
				"lock_timeout": "10s", "idle_in_transaction_session_timeout": "10s", "default_transaction_read_only": readOnly,
				"application_name": "bailiwick",
			} {
				if got := setting(t, c, "SHOW "+parameter); got != want {
					t.Errorf("%s: %s is %s, want %s", name, parameter, got, want)
				}
			}
		}
	}
}

// TestStatementsAreBounded runs lists with ever new filters: only texts of the source may
// stay prepared, or who sends filters would fill the memory.
func TestStatementsAreBounded(t *testing.T) {
	s := open(t, t.TempDir()+"/x.db", nil)
	run := func(n int) int {
		view(t, s, func(tx *store.Tx) error { return manyFilters(tx, n) })
		return s.Prepared()
	}
	first := run(10)
	if second := run(50); second != first {
		t.Errorf("%d prepared statements became %d", first, second)
	}
}

func setting(t *testing.T, c interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, query string) (value string) {
	t.Helper()
	must(t, c.QueryRowContext(t.Context(), query).Scan(&value))
	return value
}

// manyFilters runs lists with lists of values of n lengths.
func manyFilters(tx *store.Tx, n int) error {
	var errs []error
	for i := range n {
		order, page := iam.Order{Field: "name"}, iam.Page{Number: 1, Size: 1}
		_, _, err := tx.Applications(iam.ApplicationFilter{OrganizationID: mine, ApplicationIDs: make([]iam.ApplicationID, i+1), Order: order, Page: page})
		_, _, groupErr := tx.Groups(iam.GroupFilter{OrganizationID: mine, UserIDs: make([]iam.UserID, i+1), Order: order, Page: page})
		_, eventErr := tx.Events(iam.EventFilter{OrganizationID: mine, Status: i, Product: strings.Repeat("x", i%2)})
		errs = append(errs, err, groupErr, eventErr)
	}
	return errors.Join(errs...)
}
