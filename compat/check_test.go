package compat

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

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
