package server

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bailiwick/iam"
)

// The bodies are those of recorded answers, byte for byte, where one is recorded.
func TestErrorBodies(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		body   string
	}{
		"invalid": {iam.Invalid("project_id", iam.ReasonFormat, "value must be a valid UUID"), 400,
			`{"details":[{"argument_name":"project_id","help_message":"value must be a valid UUID","reason":"format"}],"message":"invalid argument(s)","type":"invalid_arguments"}`},
		"authentication": {iam.AuthenticationDenied("api_key", iam.AuthNotFound), 401,
			`{"message":"authentication is denied","method":"api_key","reason":"not_found","type":"denied_authentication"}`},
		"denied": {iam.Denied(iam.Denial{Resource: "api_key", Action: "read"}), 403,
			`{"details":[{"action":"read","resource":"api_key"}],"message":"insufficient permissions","type":"permissions_denied"}`},
		"denied without details": {iam.Denied(), 403,
			`{"details":[],"message":"insufficient permissions","type":"permissions_denied"}`},
		"not found": {iam.NotFound("user", "7b1f6e8e-0000-4000-8000-000000000000"), 404,
			`{"message":"resource is not found","resource":"user","resource_id":"7b1f6e8e-0000-4000-8000-000000000000","type":"not_found"}`},
		"not found without a name": {iam.NotFound("", "x"), 404,
			`{"message":"resource is not found","resource":"","resource_id":"x","type":"not_found"}`},
		"transient": {&iam.Error{Kind: iam.KindTransientState, Resource: "group", ResourceID: "g", State: "updating"}, 409,
			`{"current_state":"updating","message":"resource is in a transient state","resource":"group","resource_id":"g","type":"transient_state"}`},
		"exists": {iam.AlreadyExists("group", "g", "the name is taken"), 409,
			`{"help_message":"the name is taken","message":"resource already exists","resource":"group","resource_id":"g","type":"already_exists"}`},
		"precondition": {iam.Precondition(iam.PreconditionProtected, "the default project cannot be deleted"), 412,
			`{"help_message":"the default project cannot be deleted","message":"precondition is not respected","precondition":"protected_resource","type":"precondition_failed"}`},
		"quota": {&iam.Error{Kind: iam.KindQuotasExceeded, Quota: iam.Quota{Name: "iam_users", Limit: 3, Current: 3}}, 403,
			`{"details":[{"current":3,"quota":3,"resource":"iam_users"}],"message":"quota(s) exceeded","type":"quotas_exceeded"}`},
		"locked":       {&iam.Error{Kind: iam.KindLocked, Resource: "user", ResourceID: "u"}, 423, `{"message":"resource is locked","resource":"user","resource_id":"u","type":"locked"}`},
		"own message":  {&iam.Error{Kind: iam.KindNotImplemented, Message: "guests cannot be invited"}, 501, `{"message":"guests cannot be invited","type":"not_implemented"}`},
		"foreign":      {errors.New("dial tcp 10.0.0.1: secret"), 500, `{"message":"internal error","type":"internal_error"}`},
		"internal":     {&iam.Error{Kind: iam.KindInternal, Message: "secret", Detail: "secret"}, 500, `{"message":"internal error","type":"internal_error"}`},
		"unknown kind": {&iam.Error{Kind: 9999, Message: "secret"}, 500, `{"message":"internal error","type":"internal_error"}`},
		"wrapped":      {fmt.Errorf("more: %w", iam.NotFound("user", "u")), 404, `{"message":"resource is not found","resource":"user","resource_id":"u","type":"not_found"}`},
		"not UTF-8":    {iam.Invalid("a\xff", iam.ReasonFormat, "b"), 400, `{"message":"invalid argument(s)","type":"invalid_arguments"}`},
		"control":      {iam.Invalid("a\x1b\n\"", iam.ReasonFormat, "b"), 400, `{"details":[{"argument_name":"a\u001b\n\"","help_message":"b","reason":"format"}],"message":"invalid argument(s)","type":"invalid_arguments"}`},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := newErrorTable().encode(c.err)
			if status != c.status || string(body) != c.body {
				t.Errorf("got  %d %s\nwant %d %s", status, body, c.status, c.body)
			}
		})
	}
}

// Every kind that the glossary has must be on the wire, under a type of its own, and must
// come back as it was.
func TestErrorTableIsCompleteAndReadsBack(t *testing.T) {
	names := map[string]bool{}
	for kind := iam.KindInternal; kind <= iam.KindUnknownRoute; kind++ {
		w, ok := newErrorTable().byKind[kind]
		if !ok {
			t.Errorf("kind %v is not in the table", kind)
			continue
		}
		if names[w.name] {
			t.Errorf("two kinds have the type %q", w.name)
		}
		names[w.name] = true
	}
	for _, want := range []*iam.Error{
		iam.Invalid("a", iam.ReasonRequired, "b"),
		iam.AuthenticationDenied("jwt", iam.AuthExpired),
		iam.Denied(iam.Denial{Resource: "r", Action: "a"}),
		iam.NotFound("r", "i"),
		iam.AlreadyExists("r", "i", "h"),
		iam.Precondition("p", "h"),
		{Kind: iam.KindTransientState, Resource: "r", ResourceID: "i", State: "s"},
		{Kind: iam.KindQuotasExceeded, Quota: iam.Quota{Name: "n", Limit: 1, Current: 2}},
		{Kind: iam.KindTooManyRequests, Help: "h"},
		{Kind: iam.KindUnavailable, Message: "m"},
	} {
		_, body := newErrorTable().encode(want)
		if diff := cmp.Diff(want, ReadError(body)); diff != "" {
			t.Errorf("%s reads back as another error (-want +got):\n%s", body, diff)
		}
	}
	for _, body := range []string{``, `[]`, `{"type":"other","message":"m"}`, `<html>`} {
		if got := ReadError([]byte(body)); got.Kind != iam.KindInternal {
			t.Errorf("%q reads as %v", body, got)
		}
	}
}

// What the caller sent comes back only in a bounded length.
func TestErrorsDoNotEchoHugeInput(t *testing.T) {
	long := strings.Repeat("x", 1<<16)
	for _, err := range []error{iam.NotFound("api_key", long), decodeError(decodeInto(t, `{"`+long+`":1,"`+long+`":2}`))} {
		if _, body := newErrorTable().encode(err); len(body) > 1024 {
			t.Errorf("the answer has %d bytes", len(body))
		}
	}
}
