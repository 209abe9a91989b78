package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"bailiwick/authority"
	"bailiwick/iam"
)

// exchange is one request and its answer, with what the log line needs to know.
type exchange struct {
	http.ResponseWriter
	request   *http.Request
	requestID string
	started   time.Time
	route     *route
	caller    iam.Caller
	status    int
	err       error
	bound     deadline // of the work
	basis     basis
	own       ownHeaders
}

// WriteHeader notes the status for the log.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write counts as a status 200 when none was written before.
func (x *exchange) Write(data []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	return x.ResponseWriter.Write(data)
}

// Unwrap lets net/http reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// serve returns the handler of an operation.
func (s *Server) serve(op *route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x := w.(*exchange) // ServeHTTP is the only way in
		x.route = op
		x.bound = deadline{Context: r.Context(), at: x.started.Add(s.timeout)}
		defer x.bound.stop()
		if err := op.gate.enter(); err != nil {
			s.fail(x, err)
			return
		}
		defer op.gate.leave()
		in, out, err := s.run(&x.bound, x, r, op)
		if err != nil {
			s.fail(x, err)
			return
		}
		s.succeed(x, op, out)
		op.plan.keep(in)
	}
}

// run takes a request from its credential to the result of its handler, and returns both: the
// result may lie in the memory of the request. Nothing of the body is read before the caller is known: strangers cannot make the server work.
func (s *Server) run(ctx context.Context, x *exchange, r *http.Request, op *route) (in, out any, err error) {
	if op.AuthZEN {
		if id := r.Header.Get("X-Request-Id"); printable(id) {
			x.Header().Set("X-Request-Id", id) // AuthZEN 1.0 wants it back; the audit trail keeps our own
		}
	}
	// Before the credential is looked at: it may be one that the wanted revision brings.
	err = s.freshen(ctx, r.Header)
	if err != nil {
		return nil, nil, err
	}
	if op.asks {
		s.rest(x)
	}
	if x.caller, err = s.identify(ctx, op, r); err != nil {
		if x.caller.Organization != "" && op.described.Mutates {
			err = s.authority.RecordRefusal(ctx, iam.Call{Operation: op.described, Caller: x.caller, Client: s.client(r, x.requestID), Body: []byte("{}")}, err)
		}
		return nil, nil, err
	}
	if !op.Endpoint.implemented() {
		return nil, nil, &iam.Error{Kind: iam.KindNotImplemented}
	}
	in, err = op.plan.decode(x.ResponseWriter, r)
	if op.AuthZEN && iam.KindOf(err) == iam.KindUnsupportedMedia {
		return nil, nil, iam.Invalid("Content-Type", iam.ReasonFormat, "value must be application/json") // AuthZEN 1.0 knows no 415
	}
	if err != nil {
		return nil, nil, err
	}
	if op.regional {
		if err := s.api.regions.check(r.PathValue("region")); err != nil {
			return nil, nil, err
		}
	}
	call := iam.Call{Operation: op.described, Caller: x.caller, Client: s.client(r, x.requestID), Judged: &x.basis.revision}
	if op.described.Mutates {
		if call.Body, err = s.redactor.message(op.plan, in); err != nil {
			return nil, nil, err
		}
	}
	out, err = op.Endpoint.call(s.api, ctx, call, in)
	return in, out, err
}

// printable reports whether a text is short and of visible ASCII only.
func printable(text string) bool {
	return text != "" && len(text) <= 128 && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (s *Server) succeed(x *exchange, op *route, out any) {
	if op.Endpoint.out == nil {
		h := x.Header()
		s.setRevision(x)
		h["Content-Type"] = s.fixed.json
		x.WriteHeader(http.StatusNoContent)
		return
	}
	if op.Endpoint.warns {
		out = x.warn(out.(warned))
	}
	if t, ok := out.(tabular); ok && wantsCSV(x.request) {
		s.succeedCSV(x, t)
		return
	}
	body, err := op.encode(s.buffers.get(), reflect.ValueOf(out))
	if err != nil {
		s.fail(x, fmt.Errorf("write the answer: %w", err))
		return
	}
	s.write(x, http.StatusOK, body)
	s.buffers.put(body)
}

func (s *Server) succeedCSV(x *exchange, t tabular) {
	rows, next := t.table()
	body, err := encodeCSV(rows)
	if err != nil {
		s.fail(x, fmt.Errorf("write the answer: %w", err))
		return
	}
	if next != "" {
		x.Header().Set("X-Bailiwick-Next-Page-Token", next)
	}
	s.writeAs(x, http.StatusOK, s.fixed.csv, body)
}

func (s *Server) write(x *exchange, status int, body []byte) {
	s.writeAs(x, status, s.fixed.json, body)
}

func (s *Server) writeAs(x *exchange, status int, kind []string, body []byte) {
	h := x.Header()
	s.setRevision(x)
	s.setStale(x)
	h["Content-Type"] = kind
	x.own.length[0] = strconv.Itoa(len(body))
	h["Content-Length"] = x.own.length[:]
	x.WriteHeader(status)
	if _, err := x.Write(body); err != nil {
		s.log.Debug("the client went away", slog.String("request_id", x.requestID))
	}
}

func (s *Server) fail(x *exchange, err error) {
	x.err = err
	if _, ours := errors.AsType[*iam.Error](err); !ours && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		err = &iam.Error{Kind: iam.KindUnavailable, Err: err}
	}
	if _, ours := errors.AsType[*iam.Error](err); !ours && authority.Unavailable(err) {
		err = &iam.Error{Kind: iam.KindUnavailable, Err: err}
	}
	status, body := s.errors.encode(err)
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		x.Header()["Retry-After"] = s.fixed.retryAfter
	case http.StatusUnauthorized:
		x.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusRequestEntityTooLarge:
		x.Header().Set("Connection", "close") // do not read the rest
	}
	s.write(x, status, body)
}

// finish answers for a handler that panicked, and writes the log line and the metrics.
func (s *Server) finish(x *exchange) {
	if cause := recover(); cause != nil {
		s.log.Error("panic", slog.Any("cause", cause), slog.String("request_id", x.requestID), slog.String("stack", string(debug.Stack())))
		if x.status == 0 {
			s.fail(x, fmt.Errorf("panic: %v", cause))
		}
	}
	duration := time.Since(x.started)
	s.metrics.observe(x.route.series, x.status, duration)
	s.logLine(x, duration)
}

// canonical reports whether a path has the one spelling that is served. ServeMux would
// redirect from the others; a client that follows with a credential, or a proxy that
// checks the first spelling, must not be led elsewhere.
func canonical(u *url.URL) bool {
	path := u.EscapedPath()
	if !strings.HasPrefix(path, "/") || strings.Contains(path, "//") {
		return false
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// unmatched answers what no route takes: 404 for an unknown path, 405 for a known one with
// another method, and OPTIONS.
func (s *Server) unmatched(w http.ResponseWriter, r *http.Request) {
	x := w.(*exchange)
	methods := s.methods(r)
	switch {
	case len(methods) == 0:
		s.fail(x, &iam.Error{Kind: iam.KindUnknownRoute})
	case r.Method == http.MethodOptions:
		x.Header().Set("Allow", strings.Join(methods, ", "))
		x.WriteHeader(http.StatusNoContent)
	default:
		x.Header().Set("Allow", strings.Join(methods, ", "))
		s.fail(x, &iam.Error{Kind: iam.KindMethodNotAllowed})
	}
}

// methods returns the methods that the path of a request has routes for.
func (s *Server) methods(r *http.Request) []string {
	var found []string
	for _, method := range []string{"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"} {
		probe := *r
		probe.Method = method
		if _, pattern := s.mux.Handler(&probe); pattern != "/" && pattern != "" {
			found = append(found, method)
		}
	}
	if len(found) > 0 {
		found = append(found, http.MethodOptions)
	}
	return found
}
