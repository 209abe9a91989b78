package server

import (
	"context"
	"net/http"
	"reflect"

	"bailiwick/iam"
)

// bridgePrefix stands before the path of an operation that the console calls with its cookie.
// It is a second set of routes, so that no operation of the API itself ever looks at a cookie.
const bridgePrefix = "/bridge"

// bridgeable reports whether the console may call an operation. What a session cannot do, and
// what needs none, has no place there; nor has what answers with the token of a session: scripts
// must not get what the cookie keeps from them.
func bridgeable(op operation) bool {
	if op.Access == accessOperator || op.Access == accessAnonymous {
		return false
	}
	return op.Endpoint.out == nil || !givesSession(op.Endpoint.out)
}

// givesSession reports whether an answer holds a token of a session.
func givesSession(out reflect.Type) bool {
	if out.Kind() == reflect.Pointer {
		out = out.Elem()
	}
	if out.Kind() != reflect.Struct {
		return false
	}
	_, found := out.FieldByName("RenewToken")
	return found
}

// identify returns the caller of a request: by its credential, or through the bridge by the
// cookie of its page.
func (s *Server) identify(ctx context.Context, op *route, r *http.Request) (iam.Caller, error) {
	if op.bridged {
		return s.pages.Bridged(ctx, r)
	}
	return s.authenticate(ctx, op.Access, r.Header)
}
