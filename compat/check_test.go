package compat

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// must returns the value of a call, or ends the test: must(call())(t).
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		check(t, err)
		return value
	}
}

// check ends the test on an error.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// equal requires that two values are the same.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("%s (-want +got):\n%s", what, difference)
	}
}

// failure returns the error of a call whose value does not matter: failure(call()).
func failure[T any](_ T, err error) error { return err }

// refusal requires that an error is the SDK's typed error E.
func refusal[E error](t *testing.T, err error) E {
	t.Helper()
	typed, ok := errors.AsType[E](err)
	if !ok {
		t.Fatalf("error is %T (%v), want %T", err, err, typed)
	}
	return typed
}

// wantNotFound requires a 404 that names a resource.
func wantNotFound(t *testing.T, err error, resource, id string) {
	t.Helper()
	e := refusal[*scw.ResourceNotFoundError](t, err)
	equal(t, "not found", [2]string{e.Resource, e.ResourceID}, [2]string{resource, id})
}

// wantDenied requires a 403 that names one missing permission.
func wantDenied(t *testing.T, err error, resource, action string) {
	t.Helper()
	var got []string
	for _, d := range refusal[*scw.PermissionsDeniedError](t, err).Details {
		got = append(got, d.Resource+" "+d.Action)
	}
	equal(t, "denied", got, []string{resource + " " + action})
}

// wantInvalid requires a 400 that names these arguments with their reasons: "name reason".
func wantInvalid(t *testing.T, err error, want ...string) {
	t.Helper()
	var got []string
	for _, d := range refusal[*scw.InvalidArgumentsError](t, err).Details {
		got = append(got, d.ArgumentName+" "+d.Reason)
		if d.HelpMessage == "" {
			t.Errorf("argument %s has no help message", d.ArgumentName)
		}
	}
	equal(t, "invalid arguments", got, want)
}

// wantUnauthenticated requires a 401 with a reason.
func wantUnauthenticated(t *testing.T, err error, reason string) {
	t.Helper()
	e := refusal[*scw.DeniedAuthenticationError](t, err)
	equal(t, "authentication", fmt.Sprint(e.Method, " ", e.Reason), "api_key "+reason)
}

// wantPrecondition requires a 412.
func wantPrecondition(t *testing.T, err error, precondition string) {
	t.Helper()
	equal(t, "precondition", refusal[*scw.PreconditionFailedError](t, err).Precondition, precondition)
}

// wantConflict requires a 409 on a resource; the SDK has no typed error for it.
func wantConflict(t *testing.T, err error, resource string) {
	t.Helper()
	e := refusal[*scw.ResponseError](t, err)
	equal(t, "conflict", [3]any{e.StatusCode, e.Type, e.Resource}, [3]any{http.StatusConflict, "already_exists", resource})
}

// nobody is a well-formed id of nothing.
const nobody = "6170692d-6b65-4d79-8000-000000000000"

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// wantNew requires the id and the time of an object that has just been made.
func wantNew(t *testing.T, id string, createdAt *time.Time) {
	t.Helper()
	if !uuidPattern.MatchString(id) {
		t.Errorf("id %q is not a UUID of version 4", id)
	}
	wantNewTime(t, createdAt)
}

// wantNewTime requires that an object has just been made.
func wantNewTime(t *testing.T, createdAt *time.Time) {
	t.Helper()
	if createdAt == nil || time.Since(*createdAt).Abs() > patience {
		t.Errorf("created_at is %v, want now", createdAt)
	}
}

// wantLater requires that a time has moved on.
func wantLater(t *testing.T, got, before *time.Time) {
	t.Helper()
	if got == nil || before == nil || !got.After(*before) {
		t.Errorf("time is %v, want one after %v", got, before)
	}
}

// each maps the items of a list.
func each[From, To any](items []From, convert func(From) To) []To {
	out := make([]To, len(items))
	for i, item := range items {
		out[i] = convert(item)
	}
	return out
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	retry, end := time.NewTicker(20*time.Millisecond), time.After(patience)
	defer retry.Stop()
	for !holds() {
		select {
		case <-end:
			t.Fatalf("waited %s for %s", patience, what)
		case <-retry.C:
		}
	}
}
