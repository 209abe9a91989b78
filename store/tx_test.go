package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
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

// TestNumbersStayTrue adds, removes and rolls back at random, and compares the numbers that
// are kept, and what each Each gives, with the lists.
func TestNumbersStayTrue(t *testing.T) {
	const seed = 7
	t.Logf("seed %d", seed)
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		random := rand.New(rand.NewPCG(seed, seed))
		for range 60 {
			err := try(t, s, func(tx *store.Tx) error {
				for range random.IntN(20) {
					if err := randomStep(tx, random); err != nil && !errors.Is(err, store.ErrNotFound) {
						return err
					}
				}
				if random.IntN(3) == 0 {
					return errStop
				}
				return nil
			})
			if err != nil && !errors.Is(err, errStop) && !errors.Is(err, store.ErrDuplicate) {
				t.Fatal(err)
			}
		}
		compareNumbers(t, s)
	})
}

// randomStep adds or removes one of a few objects of one of the organizations.
func randomStep(tx *store.Tx, random *rand.Rand) error {
	org := []iam.OrganizationID{mine, theirs}[random.IntN(2)]
	n := string(org[:8]) + fmt.Sprint(random.IntN(12))
	steps := []func() error{
		func() error { return tx.InsertProject(iam.Project{OrganizationID: org, ID: iam.ProjectID(n)}) },
		func() error { return tx.DeleteProject(org, iam.ProjectID(n)) },
		func() error { return tx.InsertUser(iam.User{OrganizationID: org, ID: iam.UserID(n), Username: n}, "") },
		func() error { return tx.DeleteUser(org, iam.UserID(n)) },
		func() error {
			return tx.InsertApplication(iam.Application{OrganizationID: org, ID: iam.ApplicationID(n)})
		},
		func() error { return tx.DeleteApplication(org, iam.ApplicationID(n)) },
		func() error { return tx.InsertGroup(iam.Group{OrganizationID: org, ID: iam.GroupID(n), Name: n}) },
		func() error { return tx.DeleteGroup(org, iam.GroupID(n)) },
		func() error {
			return tx.InsertPolicy(iam.Policy{OrganizationID: org, ID: iam.PolicyID(n)}, []iam.Rule{{ID: "1"}, {ID: "2"}})
		},
		func() error { return tx.DeletePolicy(org, iam.PolicyID(n)) },
		func() error {
			return tx.InsertAPIKey(iam.APIKey{OrganizationID: org, AccessKey: iam.AccessKey(n)}, store.Secret{Hash: []byte(n)})
		},
		func() error { return tx.DeleteAPIKey(org, iam.AccessKey(n)) },
		func() error { return tx.InsertSSHKey(iam.SSHKey{OrganizationID: org, ID: iam.SSHKeyID(n)}) },
		func() error { return tx.DeleteSSHKey(org, iam.SSHKeyID(n)) },
	}
	i := random.IntN(len(steps))
	if i%2 == 0 && random.IntN(2) == 0 {
		if err := steps[i+1](); err != nil && !errors.Is(err, store.ErrNotFound) { // make room first
			return err
		}
	}
	return steps[i]()
}

// compareNumbers compares the three ways to know what there is.
func compareNumbers(t *testing.T, s *store.Store) {
	t.Helper()
	view(t, s, func(tx *store.Tx) error {
		each := map[string][]string{}
		note := func(kind string, org iam.OrganizationID, id string) error {
			each[kind+" "+string(org)] = append(each[kind+" "+string(org)], id)
			return nil
		}
		err := errors.Join(
			tx.EachProject(func(p iam.Project) error { return note("project", p.OrganizationID, string(p.ID)) }),
			tx.EachUser(func(u iam.User) error { return note("user", u.OrganizationID, string(u.ID)) }),
			tx.EachApplication(func(a iam.Application) error { return note("application", a.OrganizationID, string(a.ID)) }),
			tx.EachGroup(func(g iam.Group) error { return note("group", g.OrganizationID, string(g.ID)) }),
			tx.EachPolicy(func(p iam.Policy, rules []iam.Rule) error {
				same(t, "rules", rules, []iam.Rule{{ID: "1"}, {ID: "2"}})
				return note("policy", p.OrganizationID, string(p.ID))
			}),
			tx.EachAPIKey(func(k store.HashedKey) error {
				same(t, "hash", k.Hash, []byte(k.AccessKey))
				return note("api key", k.OrganizationID, string(k.AccessKey))
			}),
			tx.EachOrganization(func(o iam.Organization) error { return note("organization", "", string(o.ID)) }),
		)
		if err != nil {
			return err
		}
		same(t, "organizations", len(each["organization "]), 2)
		for _, org := range []iam.OrganizationID{mine, theirs} {
			for _, l := range numberedLists(tx, org) {
				ids, total, err := l.list()
				if err != nil {
					return err
				}
				count, err := l.count(org)
				if err != nil {
					return err
				}
				if len(ids) == 0 || count != len(ids) || total != len(ids) {
					t.Errorf("%s: %d listed, total %d, count %d", l.kind, len(ids), total, count)
				}
				if l.kind != "ssh key" {
					found := each[l.kind+" "+string(org)]
					slices.Sort(found)
					slices.Sort(ids)
					same(t, "each "+l.kind, found, ids)
				}
			}
		}
		return nil
	})
}

type numberedList struct {
	kind  string
	list  func() ([]string, int, error)
	count func(iam.OrganizationID) (int, error)
}

func numberedLists(tx *store.Tx, org iam.OrganizationID) []numberedList {
	order, page := iam.Order{Field: "created_at"}, iam.Page{Number: 1, Size: 1000}
	return []numberedList{
		{"project", ids(func() ([]iam.Project, int, error) {
			return tx.Projects(iam.ProjectFilter{OrganizationID: org, Order: order, Page: page})
		}, func(p iam.Project) string { return string(p.ID) }), tx.CountProjects},
		{"user", ids(func() ([]iam.User, int, error) {
			return tx.Users(iam.UserFilter{OrganizationID: org, Order: order, Page: page})
		}, func(u iam.User) string { return string(u.ID) }), tx.CountUsers},
		{"application", ids(func() ([]iam.Application, int, error) {
			return tx.Applications(iam.ApplicationFilter{OrganizationID: org, Order: order, Page: page})
		}, func(a iam.Application) string { return string(a.ID) }), tx.CountApplications},
		{"group", ids(func() ([]iam.Group, int, error) {
			return tx.Groups(iam.GroupFilter{OrganizationID: org, Order: order, Page: page})
		}, func(g iam.Group) string { return string(g.ID) }), tx.CountGroups},
		{"policy", ids(func() ([]iam.Policy, int, error) {
			return tx.Policies(iam.PolicyFilter{OrganizationID: org, Order: order, Page: page})
		}, func(p iam.Policy) string { return string(p.ID) }), tx.CountPolicies},
		{"api key", ids(func() ([]iam.APIKey, int, error) {
			return tx.APIKeys(iam.APIKeyFilter{OrganizationID: org, Order: order, Page: page})
		}, func(k iam.APIKey) string { return string(k.AccessKey) }), tx.CountAPIKeys},
		{"ssh key", ids(func() ([]iam.SSHKey, int, error) {
			return tx.SSHKeys(iam.SSHKeyFilter{OrganizationID: org, Order: order, Page: page})
		}, func(k iam.SSHKey) string { return string(k.ID) }), tx.CountSSHKeys},
	}
}

// ids makes a list of ids out of a list of objects.
func ids[T any](list func() ([]T, int, error), id func(T) string) func() ([]string, int, error) {
	return func() ([]string, int, error) {
		objects, total, err := list()
		var out []string
		for _, o := range objects {
			out = append(out, id(o))
		}
		return out, total, err
	}
}

// TestNumbersInsideATransaction: a quota is asked in the transaction that just added.
func TestNumbersInsideATransaction(t *testing.T) {
	onEngines(t, func(t *testing.T, s *store.Store) {
		organizations(t, s)
		for n := range 3 {
			update(t, s, func(tx *store.Tx) error {
				for i := range 4 {
					count, err := tx.CountProjects(mine)
					same(t, "number", count, n*3+i)
					if i == 3 {
						return err
					}
					must(t, errors.Join(err, tx.InsertProject(iam.Project{ID: iam.ProjectID(id("a", n*10+i)), OrganizationID: mine})))
				}
				return nil
			})
		}
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
