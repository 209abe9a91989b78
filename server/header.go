package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"bailiwick/iam"
	"bailiwick/planted"
)

// Headers are put into the map directly, under their canonical names: http.Header.Set looks
// for the canonical name and allocates a list for each value.

// contentType is exact: the JavaScript SDK compares for equality and takes anything else,
// application/json; charset=utf-8 for one, for text.
const contentType = "application/json"

// fixedHeaders are values that many answers share. Nobody may change them; to add to one
// copies it, as there is no room behind its one element.
type fixedHeaders struct{ json, csv, nosniff, deny, csp, noStore, retryAfter []string }

func newFixedHeaders() fixedHeaders {
	return fixedHeaders{
		json:    []string{contentType},
		csv:     []string{csvType},
		nosniff: []string{"nosniff"},
		deny:    []string{"DENY"},
		csp:     []string{"default-src 'none'; frame-ancestors 'none'"},
		noStore: []string{"no-store"}, // answers hold keys and personal data

		retryAfter: []string{"1"},
	}
}

// ownHeaders holds the values that each answer has for itself.
type ownHeaders struct{ requestID, length [1]string }

// state is what the server must know of the decision snapshot: see [authority.Authority].
type state interface {
	Revision() int64
	Staleness() time.Duration
	Stale() bool
	Unreadable() int
	Freshen(ctx context.Context, least int64) error
}

// writtenRevision is a revision as the value of a header.
type writtenRevision struct {
	revision int64
	value    []string
}

// begin sets the headers that every answer has.
func (s *Server) begin(x *exchange, h http.Header) {
	x.own.requestID[0] = x.requestID
	h["X-Request-Id"] = x.own.requestID[:]
	h["X-Content-Type-Options"] = s.fixed.nosniff
	h["X-Frame-Options"] = s.fixed.deny
	h["Content-Security-Policy"] = s.fixed.csp
	h["Cache-Control"] = s.fixed.noStore
	s.setRevision(x)
}

// basis is what an answer rests on at least.
type basis struct {
	taken    bool
	revision int64
	stale    bool
	age      time.Duration
}

// rest notes what the answer to a question will rest on at least, before anything of it is
// looked at; the authority then tells on which revision exactly it judged. A revision that
// comes while a question is answered is not in the answer. One that named it all the same
// would break what revisions are for: a client that has seen a revocation's revision takes an
// answer with that revision for one that knows of the revocation.
func (s *Server) rest(x *exchange) {
	x.basis = basis{taken: true, revision: s.state.Revision(), stale: s.state.Stale(), age: s.state.Staleness()}
}

// setRevision names the revision that an answer rests on. Where no question was noted it is
// the newest, so that the answer to a write names the revision of that write or a later one.
func (s *Server) setRevision(x *exchange) {
	h, now, last := x.Header(), x.basis.revision, s.written.Load()
	if !x.basis.taken {
		now = s.state.Revision()
	}
	if last == nil || last.revision != now {
		last = &writtenRevision{now, []string{strconv.FormatInt(now, 10)}}
		s.written.Store(last)
	}
	h["X-Bailiwick-Revision"] = last.value
}

// setStale says so when the state that an answer rests on may be older than that of a healthy
// node, and for how many seconds it may have been.
func (s *Server) setStale(x *exchange) {
	b := x.basis
	if !b.taken {
		b.stale, b.age = s.state.Stale(), s.state.Staleness()
	}
	if b.stale && !planted.HiddenStaleness {
		x.Header()["X-Bailiwick-Stale"] = []string{strconv.FormatInt(int64(b.age.Seconds()), 10)}
	}
}

// freshen makes the node wait until it has the revision that the request wants, and refuses
// when it is too far behind to be believed.
func (s *Server) freshen(ctx context.Context, h http.Header) error {
	var least int64
	switch wanted := h["X-Bailiwick-Min-Revision"]; {
	case len(wanted) == 0:
	case len(wanted) == 1 && len(wanted[0]) <= 19:
		n, err := strconv.ParseUint(wanted[0], 10, 63)
		if err == nil {
			least = int64(n)
			break
		}
		fallthrough
	default:
		return iam.Invalid("X-Bailiwick-Min-Revision", iam.ReasonFormat, "value must be one revision, as X-Bailiwick-Revision has it")
	}
	return s.state.Freshen(ctx, least)
}
