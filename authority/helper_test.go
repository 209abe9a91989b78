package authority_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// nowhere is an id that no object has.
const nowhere = "00000000-0000-4000-8000-00000000dead"

// noKey is an access key that nobody has.
const noKey = iam.AccessKey("SCW00000000000000000")

// start starts an installation on SQLite.
func start(t testing.TB) *kit.Kit { return kit.New(t, kit.Options{}) }

// clock is a clock that tests move.
type clock struct{ offset atomic.Int64 }

func (c *clock) Now() time.Time {
	return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(c.offset.Load()))
}

func (c *clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }

// must returns the value, or ends the test.
func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// done ends the test on an error.
func done(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused returns the error of a call that must fail, and checks that nothing else came
// with it.
func refused[T any](t testing.TB) func(T, error) error {
	return func(value T, err error) error {
		t.Helper()
		var zero T
		if d := cmp.Diff(zero, value); err != nil && d != "" {
			t.Errorf("a refused call returned something:\n%s", d)
		}
		return err
	}
}

// refusedList is refused for a list.
func refusedList[T any](t testing.TB) func([]T, int, error) error {
	return func(items []T, total int, err error) error {
		t.Helper()
		if err != nil && (len(items) != 0 || total != 0) {
			t.Errorf("a refused list returned %d of %d items", len(items), total)
		}
		return err
	}
}

// same compares two values.
func same[T any](t testing.TB, what string, want, got T) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// fails checks that an error is exactly the one wanted.
func fails(t testing.TB, what string, want *iam.Error, err error) {
	t.Helper()
	got, ok := errors.AsType[*iam.Error](err)
	if !ok {
		t.Errorf("%s: got %v, want %v", what, err, want)
		return
	}
	if d := cmp.Diff(*want, *got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// denied is what an operation answers to who lacks the permission, given as (resource, action).
func denied(resource, action string) *iam.Error {
	return iam.Denied(iam.Denial{Resource: resource, Action: action})
}

// invalid is a refusal with one fault.
func invalid(name, reason, help string) *iam.Error { return iam.Invalid(name, reason, help) }

// page is a page that holds whatever a test makes.
func page() iam.Page { return iam.Page{Number: 1, Size: 100} }

func byCreation() iam.Order { return iam.Order{Field: "created_at"} }

// events returns all events of the runner's organization, oldest first.
func events(t testing.TB, r *kit.Runner) []iam.Event {
	t.Helper()
	f := iam.EventFilter{Ascending: true, Size: iam.MaxEventPageSize, After: time.Unix(1, 0)}
	var all []iam.Event
	for token := ""; ; {
		page, next, err := r.ListEvents(f, token)
		done(t, err)
		all = append(all, page...)
		if token = next; token == "" {
			return all
		}
	}
}

// newEvents returns the events that an action leaves.
func newEvents(t testing.TB, r *kit.Runner, action func()) []iam.Event {
	t.Helper()
	before := len(events(t, r))
	action()
	return events(t, r)[before:]
}

// tenant creates another organization and returns its owner.
func tenant(t testing.TB, k *kit.Kit, name string) *kit.Runner {
	t.Helper()
	created := must[authority.CreatedOrganization](t)(k.AsOperator(t).CreateOrganization(
		iam.NewOrganization{Name: name, OwnerEmail: "owner@" + name + ".example"}))
	return k.AsHolder(t, created.APIKey.SecretKey)
}

// authenticate returns the error of a secret key.
func authenticate(t testing.TB, a *authority.Authority, secret string) error {
	t.Helper()
	_, err := a.Authenticate(kit.Context(t), authority.Credential{Kind: authority.SecretKey, Value: secret})
	return err
}
