package store_test

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	kit "bailiwick/bailiwicktest"
	"bailiwick/store"
)

// dumped is what a dump gave.
type dumped struct {
	contents store.Contents
	rows     []store.Row
}

func dump(t testing.TB, s *store.Store) (d dumped) {
	t.Helper()
	must(t, s.Dump(t.Context(), func(c store.Contents) error { d.contents = c; return nil },
		func(r store.Row) error { d.rows = append(d.rows, r); return nil }))
	return d
}

// feed gives the rows of a dump, up to one at which it breaks off.
func (d dumped) feed(until int) func() (store.Row, error) {
	i := 0
	return func() (store.Row, error) {
		switch {
		case i == until:
			return store.Row{}, errBroken
		case i == len(d.rows):
			return store.Row{}, io.EOF
		}
		i++
		return d.rows[i-1], nil
	}
}

var errBroken = errors.New("broken off")

func loadFrom(t testing.TB, database, source string, d dumped, until int) error {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Database: database, Filling: true})
	must(t, err)
	defer s.Close()
	return s.Load(t.Context(), source, d.contents, d.feed(until))
}

// Every table of the schema is in a dump, but for those of the migrations.
func TestDumpHasEveryTable(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "x.db"), nil)
	rows, err := s.Pools()["reads"].QueryContext(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'table'")
	must(t, err)
	defer rows.Close()
	var want, got []string
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		if !slices.Contains([]string{"steps", "goose_db_version", "sqlite_sequence", "sqlite_stat1", "sqlite_stat4"}, name) {
			want = append(want, name)
		}
	}
	must(t, rows.Err())
	for _, table := range dump(t, s).contents.Tables {
		got = append(got, table.Name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("every table must be in shapes() of dump.go (-schema +dump):\n%s", diff)
	}
}

// A database that is filled with another one's dump, also over several attempts and on
// another engine, holds the same; until it is whole nobody else may open it.
func TestLoadFillsADatabase(t *testing.T) {
	k := kit.New(t, kit.Options{})
	r := k.AsOwner(t)
	app := r.MustCreateApplication("app")
	group := r.MustCreateGroup("group")
	r.MustCreatePolicy("policy", app.ID.Principal())
	_, err := r.AddGroupMember(group.ID, app.ID.Principal())
	must(t, err)
	source := dump(t, k.Store)
	if source.contents.Rows() != int64(len(source.rows)) || len(source.rows) < 40 {
		t.Fatalf("%d rows are announced, %d given", source.contents.Rows(), len(source.rows))
	}
	kit.Engines(t, func(t *testing.T, database string) {
		for _, until := range []int{0, 1, 17, len(source.rows) / 2, len(source.rows) - 1} {
			fails(t, "a load that breaks off", loadFrom(t, database, "one", source, until), errBroken)
			for _, config := range []store.Config{{Database: database}, {Database: database, AsIs: true}} {
				if s, err := store.Open(t.Context(), config); !errors.Is(err, store.ErrFilling) {
					t.Fatalf("a half filled database is opened: %v, %v", s, err)
				}
			}
		}
		fails(t, "another source", loadFrom(t, database, "another", source, -1), store.ErrFilling)
		must(t, loadFrom(t, database, "one", source, -1))
		fails(t, "a second load", loadFrom(t, database, "one", source, -1), store.ErrNotEmpty)
		s, err := store.Open(t.Context(), store.Config{Database: database, AsIs: true})
		must(t, err)
		defer s.Close()
		if diff := cmp.Diff(source, dump(t, s), cmp.AllowUnexported(dumped{})); diff != "" {
			t.Errorf("what was filled differs:\n%s", diff)
		}
		if store.IsPostgresURL(database) {
			var rows float64
			must(t, s.Pools()["reads"].QueryRowContext(t.Context(), "SELECT reltuples FROM pg_class WHERE relname = 'applications'").Scan(&rows))
			same(t, "applications that the planner knows of", rows, 1)
		}
	})
}

// A store that is opened as it is neither makes nor changes a schema.
func TestAsIsTouchesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty.db")
	for range 2 {
		if _, err := store.Open(t.Context(), store.Config{Database: path, AsIs: true}); err == nil || !strings.Contains(err.Error(), "this is no database of this program") {
			t.Fatalf("an empty file: %v", err)
		}
	}
}
