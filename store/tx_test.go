package store_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// state is everything that a failed transaction must leave as it was.
type state struct {
	Revision int64
	Projects []iam.Project
	Count    int
	Changes  int
	Events   int
	Fact     string
}

func stateOf(t *testing.T, s *store.Store) state {
	t.Helper()
	all, err := got(t, s, func(tx *store.Tx) (all state, err error) {
		var errs [6]error
		all.Revision, errs[0] = tx.Latest()
		all.Projects, _, errs[1] = tx.Projects(iam.ProjectFilter{OrganizationID: mine, Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: 1, Size: 100}})
		all.Count, errs[2] = tx.CountProjects(mine)
		changes, err := tx.Changes(0, 1<<62)
		all.Changes, errs[3] = len(changes), err
		events, err := tx.Events(iam.EventFilter{OrganizationID: mine, Size: 100})
		all.Events, errs[4] = len(events), err
		if all.Fact, errs[5] = tx.Fact("f"); errors.Is(errs[5], store.ErrNotFound) {
			errs[5] = nil
		}
		return all, errors.Join(errs[:]...)
	})
	must(t, err)
	return all
}

// act does a bit of everything.
func act(tx *store.Tx) error {
	return errors.Join(
		tx.InsertProject(iam.Project{ID: iam.ProjectID(id("a", 1)), OrganizationID: mine}),
		tx.AppendEvent(iam.Event{OrganizationID: mine, Resources: []iam.EventResource{{ID: "1", Type: iam.ResourceUser, Action: iam.ActionCreated}}}),
		tx.SetFact("f", "v"),
	)
}

func TestFailureLeavesNothing(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		before := stateOf(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		endedBefore, end := context.WithCancel(t.Context())
		for name, test := range map[string]struct {
			ctx  context.Context
			step func(*store.Tx) error
			want error // nil: any
		}{
			"the function fails": {t.Context(), func(tx *store.Tx) error { return errors.Join(act(tx), errStop) }, errStop},
			"a statement fails and nobody looks": {t.Context(), func(tx *store.Tx) error {
				err := act(tx)
				_ = tx.InsertOrganization(organization(mine, "again"))
				return err
			}, store.ErrDuplicate},
			"foreign key": {t.Context(), func(tx *store.Tx) error {
				return errors.Join(act(tx), tx.InsertProject(iam.Project{ID: "x", OrganizationID: "nowhere"}))
			}, nil},
			"the context ends": {ctx, func(tx *store.Tx) error {
				err := act(tx)
				cancel()
				return err
			}, context.Canceled},
			"the context ended before, and the connection was closed": {endedBefore, func(tx *store.Tx) error {
				err := act(tx)
				end()
				time.Sleep(50 * time.Millisecond) // on a machine too slow for this it is the case above
				return err
			}, context.Canceled},
			"NUL in a name":       {t.Context(), func(tx *store.Tx) error { return errors.Join(act(tx), insertNamed(tx, "a\x00b")) }, nil},
			"NUL alone":           {t.Context(), func(tx *store.Tx) error { return errors.Join(act(tx), insertNamed(tx, "\x00")) }, nil},
			"not UTF-8 in a name": {t.Context(), func(tx *store.Tx) error { return errors.Join(act(tx), insertNamed(tx, "a\xffb")) }, nil},
			"half of a surrogate": {t.Context(), func(tx *store.Tx) error { return errors.Join(act(tx), insertNamed(tx, "\xed\xa0\x80")) }, nil},
			"NUL in an event": {t.Context(), func(tx *store.Tx) error {
				return errors.Join(act(tx), tx.AppendEvent(iam.Event{OrganizationID: mine, UserAgent: "\x00"}))
			}, nil},
			"NUL in an event body": {t.Context(), func(tx *store.Tx) error {
				return errors.Join(act(tx), tx.AppendEvent(iam.Event{OrganizationID: mine, Body: []byte{0}}))
			}, nil},
		} {
			t.Run(name, func(t *testing.T) {
				revision, err := s.Update(test.ctx, test.step)
				if err == nil || test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				same(t, "revision", revision, 0)
				same(t, "state", stateOf(t, s), before)
			})
		}
		update(t, s, act)
		if stateOf(t, s).Count != 1 {
			t.Error("what is not allowed to fail left nothing")
		}
	})
}

func insertNamed(tx *store.Tx, name string) error {
	return tx.InsertProject(iam.Project{ID: iam.ProjectID(id("a", 2)), OrganizationID: mine, Name: name})
}

func TestPanicLeavesNothing(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		before := stateOf(t, s)
		for _, run := range []func() error{
			func() error {
				_, err := s.Update(t.Context(), func(tx *store.Tx) error { _ = act(tx); panic("in a function") })
				return err
			},
			func() error {
				return s.View(t.Context(), func(*store.Tx) error { panic("in a function") })
			},
		} {
			for range 10 { // more often than there are connections
				func() {
					defer func() { _ = recover() }()
					_ = run()
				}()
			}
		}
		same(t, "state", stateOf(t, s), before)
		update(t, s, act)
	})
}

func TestOnlyUpdatesChange(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		before := stateOf(t, s)
		project := func(tx *store.Tx) error {
			return tx.InsertProject(iam.Project{ID: iam.ProjectID(id("a", 1)), OrganizationID: mine})
		}
		event := func(tx *store.Tx) error { return tx.AppendEvent(iam.Event{OrganizationID: mine}) }
		for name, run := range map[string]func() error{
			"a change in a record": func() error { return s.Record(t.Context(), project) },
			"a change in a view":   func() error { return s.View(t.Context(), project) },
			"an event in a view":   func() error { return s.View(t.Context(), event) },
			"a change in a read":   func() error { return project(s.Read(t.Context())) },
			"an event in a read":   func() error { return event(s.Read(t.Context())) },
			"once more in a read":  func() error { return event(s.Read(t.Context())) },
		} {
			if run() == nil {
				t.Errorf("%s: no error", name)
			}
			same(t, name, stateOf(t, s), before)
		}
	})
}

func TestCancelledContext(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		never := func(*store.Tx) error { t.Error("the function ran"); return nil }
		_, err := s.Update(ctx, never)
		fails(t, "update", err, context.Canceled)
		fails(t, "record", s.Record(ctx, never), context.Canceled)
		fails(t, "view", s.View(ctx, never), context.Canceled)
		fails(t, "ping", s.Ping(ctx), context.Canceled)
		_, err = s.Read(ctx).Latest()
		fails(t, "read", err, context.Canceled)
		_, err = s.Read(ctx).CountProjects(mine)
		fails(t, "count", err, context.Canceled)
	})
}

// TestCancelledInTheMiddle cancels transactions at any moment beside others that must not
// notice: the interrupt of one must not hit a connection that serves another by then.
func TestCancelledInTheMiddle(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		var wg sync.WaitGroup
		var mu sync.Mutex
		kept := map[iam.ProjectID]bool{}
		for w := range 4 {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(3, uint64(w)))
				for r := range 25 {
					ctx, cancel := context.WithCancel(t.Context())
					if w%2 == 0 {
						ctx, cancel = context.WithTimeout(t.Context(), time.Duration(random.Int64N(int64(4*time.Millisecond))))
					}
					project := iam.Project{ID: iam.ProjectID(id("a", w*100+r)), OrganizationID: mine, CreatedAt: start, UpdatedAt: start}
					_, err := s.Update(ctx, func(tx *store.Tx) error {
						return errors.Join(tx.InsertProject(project), tx.AppendEvent(iam.Event{OrganizationID: mine}))
					})
					if w%2 != 0 && err != nil {
						t.Errorf("an update that nobody cancelled: %v", err)
					}
					if err == nil {
						mu.Lock()
						kept[project.ID] = true
						mu.Unlock()
					}
					err = s.View(ctx, func(tx *store.Tx) error { _, err := tx.CountProjects(mine); return err })
					if w%2 != 0 && err != nil {
						t.Errorf("a view that nobody cancelled: %v", err)
					}
					cancel()
				}
			})
		}
		wg.Wait()
		all := stateOf(t, s)
		if all.Count < len(kept) || all.Count != all.Events || int64(all.Count) != all.Revision-1 {
			t.Errorf("%d acknowledged, %d stored, %d events, revision %d", len(kept), all.Count, all.Events, all.Revision)
		}
		for project := range kept {
			if _, err := s.Read(t.Context()).Project(mine, project); err != nil {
				t.Errorf("%s was acknowledged: %v", project, err)
			}
		}
	})
}

func TestFacts(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		fact := func(name string) (string, error) {
			return got(t, s, func(tx *store.Tx) (string, error) { return tx.Fact(name) })
		}
		_, err := fact("a")
		fails(t, "before", err, store.ErrNotFound)
		for _, value := range []string{"1", "2", ""} {
			must(t, s.Record(t.Context(), func(tx *store.Tx) error { return tx.SetFact("a", value) }))
			stored, err := fact("a")
			must(t, err)
			same(t, "value", stored, value)
		}
		_, err = fact("A")
		fails(t, "in another case", err, store.ErrNotFound)
	})
}

// TestTimeIsTakenAfterTheWait holds the revision row, lets an update wait for it, and moves
// the clock meanwhile: the update must have the time at which it ran, or a key that expired
// while its mutation waited would still work.
func TestTimeIsTakenAfterTheWait(t *testing.T) {
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		var clock atomic.Int64
		begun := make(chan struct{}, 100) // a transaction begins with a look at the clock
		s := open(t, database, func() time.Time {
			begun <- struct{}{}
			return minute(int(clock.Load()))
		})
		var wg sync.WaitGroup
		var later time.Time
		update(t, s, func(*store.Tx) error {
			for len(begun) > 0 {
				<-begun
			}
			wg.Go(func() {
				_, err := s.Update(t.Context(), func(tx *store.Tx) error { later = tx.Now; return nil })
				if err != nil {
					t.Error(err)
				}
			})
			if s.Engine() != "sqlite" { // there, it cannot begin before this one ends
				<-begun
			}
			clock.Store(5)
			return nil
		})
		wg.Wait()
		same(t, "time", later, minute(5))
	})
}

// TestStrangePaths: a path is a path, whatever a URL would make of it.
func TestStrangePaths(t *testing.T) {
	for _, name := range []string{"a b.db", "a?b=c#d.db", "a%20b.db", "ü&_pragma=x.db", "file:x.db"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, filepath.Join(dir, name), nil)
			must(t, s.Ping(t.Context()))
			found, err := filepath.Glob(filepath.Join(dir, "*.db"))
			must(t, err)
			same(t, "files", found, []string{filepath.Join(dir, name)})
			same(t, "engine", s.Engine(), "sqlite")
		})
	}
	if _, err := store.Open(t.Context(), store.Config{Database: filepath.Join(t.TempDir(), "no", "such", "folder.db")}); err == nil {
		t.Error("a folder that does not exist is no error")
	}
	_, err := store.Open(t.Context(), store.Config{Database: "postgres://u:geheim@127.0.0.1:1/x"})
	if err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("error %v", err)
	}
}

// What a view has read stands when the database ends the idle transaction under it.
func TestViewOutlivesItsConnection(t *testing.T) {
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		s := open(t, database, nil)
		if s.Engine() == store.EngineSQLite {
			t.Skip("it has no connections that break")
		}
		db, err := sql.Open("pgx", database)
		must(t, err)
		defer db.Close()
		view(t, s, func(tx *store.Tx) error {
			if _, err := tx.Latest(); err != nil {
				return err
			}
			var ended int
			err := db.QueryRowContext(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
				WHERE datname = current_database() AND state = 'idle in transaction'`).Scan(&ended)
			same(t, "ended", ended, 1)
			return err
		})
		view(t, s, func(tx *store.Tx) error { _, err := tx.Latest(); return err })
	})
}

// A database that restarts breaks every connection, and the next ones who use them do not notice.
func TestNobodyNoticesBrokenConnections(t *testing.T) {
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		s := open(t, database, nil)
		if s.Engine() == store.EngineSQLite {
			t.Skip("it has no connections that break")
		}
		db, err := sql.Open("pgx", database)
		must(t, err)
		defer db.Close()
		latest := func(tx *store.Tx) error { _, err := tx.Latest(); return err }
		for what, use := range map[string]func() error{
			"a read without a transaction": func() error { return latest(s.Read(t.Context())) },
			"rows without a transaction":   func() error { _, err := s.Read(t.Context()).Changes(0, 1); return err },
			"a view":                       func() error { return s.View(t.Context(), latest) },
			"a node that follows":          func() error { return s.Follow(t.Context(), latest) },
			"a record":                     func() error { return s.Record(t.Context(), latest) },
		} {
			must(t, s.Follow(t.Context(), latest))
			must(t, s.Record(t.Context(), latest))
			// Two readers at once take two connections.
			view(t, s, func(tx *store.Tx) error { return errors.Join(latest(tx), s.View(t.Context(), latest)) })
			var ended int
			must(t, db.QueryRowContext(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'`).Scan(&ended))
			if ended < 4 {
				t.Errorf("%d connections were there to break", ended)
			}
			if err := use(); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}
