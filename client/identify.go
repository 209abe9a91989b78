package client

import (
	"fmt"
	"net/http"
	"net/netip"

	"bailiwick/iam"
)

// Identify says who makes a request. It must rest on something that the service has proven
// (a session, a token, a client certificate). An error means that the request is nobody's and
// is answered with 401; an *iam.Error of kind unavailable or internal means that it could not
// be found out, and is answered with 503.
type Identify func(*http.Request) (Subject, error)

// HeaderSubject returns an Identify for a service behind a proxy that has authenticated the
// user and names it in a header. The id is a UUID for TypeUser and TypeApplication, an access
// key for TypeAPIKey.
//
// The attack to know of: a header is text that anyone can send. Who reaches the service
// without passing the proxy is whoever they say; so the header counts only on connections
// from the given networks, which should hold the proxy and nothing else. And who sends the
// header through a proxy that adds its own and leaves the first one in place may be either;
// so two values are refused, but a proxy that sets the header only for users that it knows
// must delete it for all others. Test that: send the header from outside and expect 401.
func HeaderSubject(header, subjectType string, proxies []netip.Prefix) Identify {
	return func(r *http.Request) (Subject, error) {
		if !within(proxies, peer(r)) {
			return Subject{}, unidentified(fmt.Sprintf("%s from %s, which is not the proxy", header, r.RemoteAddr))
		}
		values := r.Header.Values(header)
		if len(values) != 1 {
			return Subject{}, unidentified(fmt.Sprintf("%s is given %d times", header, len(values)))
		}
		id, ok := subjectID(subjectType, values[0])
		if !ok {
			return Subject{}, unidentified(fmt.Sprintf("%s is not the id of a subject of type %q", header, subjectType))
		}
		return Subject{subjectType, id}, nil
	}
}

func subjectID(subjectType, text string) (string, bool) {
	switch subjectType {
	case TypeUser, TypeApplication:
		return iam.ParseUUID(text)
	case TypeAPIKey:
		return text, iam.ValidAccessKey(text)
	}
	return "", false
}

func unidentified(detail string) *iam.Error {
	e := iam.AuthenticationDenied("", iam.AuthInvalidArgument)
	e.Detail = detail
	return e
}
