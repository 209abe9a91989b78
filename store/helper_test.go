package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"testing"
	"time"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"

	gocmp "github.com/google/go-cmp/cmp"
)

// start is the time at which every test begins.
var start = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

// The organizations of the tests. Every test has a second one, which must never be seen.
const (
	mine   = iam.OrganizationID("11111111-1111-4111-8111-111111111111")
	theirs = iam.OrganizationID("99999999-9999-4999-8999-999999999999")
)

// errStop makes a transaction roll back.
var errStop = errors.New("stop")

// minute returns start and some minutes.
func minute(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

// id returns a UUID of a kind (a hexadecimal digit) with a number.
func id(kind string, n int) string {
	return fmt.Sprintf("%s0000000-0000-4000-8000-%012d", kind, n)
}

// onEngines runs a test on an empty store of each engine. The clock stands at start.
func onEngines(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	bailiwicktest.Engines(t, func(t *testing.T, database string) {
		test(t, open(t, database, func() time.Time { return start }))
	})
}

func open(t testing.TB, database string, clock func() time.Time) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Database: database, Clock: clock})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// update runs an update that must succeed.
func update(t testing.TB, s *store.Store, steps ...func(*store.Tx) error) int64 {
	t.Helper()
	revision, err := s.Update(t.Context(), func(tx *store.Tx) error {
		for _, step := range steps {
			if err := step(tx); err != nil {
				return err
			}
		}
		return nil
	})
	must(t, err)
	return revision
}

// view runs a view that must succeed.
func view(t testing.TB, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	must(t, s.View(t.Context(), fn))
}

// organizations stores both organizations.
func organizations(t testing.TB, s *store.Store) {
	t.Helper()
	update(t, s,
		func(tx *store.Tx) error { return tx.InsertOrganization(organization(mine, "mine")) },
		func(tx *store.Tx) error { return tx.InsertOrganization(organization(theirs, "theirs")) })
}

func organization(id iam.OrganizationID, name string) iam.Organization {
	return iam.Organization{ID: id, Name: name, CreatedAt: start, UpdatedAt: start, Security: iam.DefaultSecuritySettings()}
}

// same fails the test if two values differ.
func same[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// fails fails the test unless err is want.
func fails(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// try runs one step in an update of its own and returns its error.
func try(t testing.TB, s *store.Store, step func(*store.Tx) error) error {
	t.Helper()
	_, err := s.Update(t.Context(), step)
	return err
}

// got runs a look-up on the store.
func got[T any](t testing.TB, s *store.Store, read func(*store.Tx) (T, error)) (value T, err error) {
	t.Helper()
	err = s.View(t.Context(), func(tx *store.Tx) error {
		value, err = read(tx)
		return err
	})
	single, singleErr := read(s.Read(t.Context()))
	if !errors.Is(singleErr, store.ErrNotFound) || !errors.Is(err, store.ErrNotFound) {
		must(t, errors.Join(err, singleErr))
	}
	same(t, "outside of a transaction", single, value)
	return value, err
}

// lower is lower-case as both engines have it: A to Z only.
func lower(text string) string {
	out := []byte(text)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}

// byName compares names as lists order them.
func byName(a, b string) int { return cmp.Or(cmp.Compare(lower(a), lower(b)), cmp.Compare(a, b)) }

func pointer[T any](value T) *T { return &value }
