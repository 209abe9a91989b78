package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"

	"bailiwick/iam"
)

// Options are what a middleware may be told beside its routes. The zero value is safe.
type Options struct {
	// TrustedProxies are the networks whose X-Forwarded-For counts for conditions on
	// request.ip. Empty: nobody's does, and the address is that of the connection.
	TrustedProxies []netip.Prefix
	// Challenge is the WWW-Authenticate header of a 401; empty means "Bearer".
	Challenge string
	// OnError is told why a request was answered with 401 or 503, or with 403 without an
	// answer of the server; the client learns nothing of it. It is not called for a "no".
	// Requests that the client gave up are left out. Nil: nobody is told.
	OnError func(*http.Request, error)
}

// Middleware returns a wrapper that lets a request pass to the handler behind only if the
// server says that the subject may do what the route says. Everything else is answered here,
// with the server's own form of errors:
//
//	no route takes it                     403 permissions_denied
//	the subject is not known (Identify)   401 denied_authentication
//	the server says no                    403 permissions_denied
//	there is no resource to ask about     403 permissions_denied
//	anything else, the server's own errors included: 503 unavailable
//
// An error of the server about this service's key is a 503 too: it says nothing about the
// subject. Address and user agent of the request are sent for conditions; its time is the
// server's. The handler finds the decision with DecisionFrom, and the path values of the
// route with r.PathValue: use those, so that what is used is what was asked about. It must
// tell requests apart by method and path only, not by a header such as
// X-HTTP-Method-Override. The check ends when the request does.
//
// The error joins all faults of the routes.
func Middleware(c *Client, routes []Route, identify Identify, options Options) (func(http.Handler) http.Handler, error) {
	if c == nil || identify == nil {
		return nil, errors.New("client: the middleware needs a Client and an Identify")
	}
	if options.Challenge == "" {
		options.Challenge = "Bearer"
	}
	g, routes := &guard{client: c, identify: identify, options: options}, slices.Clone(routes)
	if _, err := g.mux(routes, http.NotFoundHandler()); err != nil {
		return nil, err
	}
	return func(next http.Handler) http.Handler {
		mux, err := g.mux(routes, next)
		if err != nil {
			panic(err) // the same routes were good a moment ago
		}
		return &door{guard: g, mux: mux}
	}, nil
}

type decisionKey struct{}

// DecisionFrom returns the decision that let a request pass. There is none on a public
// route, and none without the middleware.
func DecisionFrom(ctx context.Context) (Decision, bool) {
	d, ok := ctx.Value(decisionKey{}).(Decision)
	return d, ok
}

// guard is what the routes of a middleware share.
type guard struct {
	client   *Client
	identify Identify
	options  Options
}

// mux returns the routes, each with a checkpoint in front of the handler.
func (g *guard) mux(routes []Route, next http.Handler) (*http.ServeMux, error) {
	mux := http.NewServeMux()
	var faults []error
	for _, route := range routes {
		err := route.check()
		if err == nil {
			err = register(mux, route.Pattern, &checkpoint{g, route, next})
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("client: route %q: %w", route.Pattern, err))
		}
	}
	return mux, errors.Join(faults...)
}

// register makes an error of what ServeMux says by panic: a pattern that it cannot read or
// that conflicts with another one.
func register(mux *http.ServeMux, pattern string, h http.Handler) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%v", cause)
		}
	}()
	mux.Handle(pattern, h)
	return nil
}

// door finds the route of a request. What ServeMux would answer itself (404, 405, a redirect
// to another spelling of the path) is a refusal here.
type door struct {
	guard *guard
	mux   *http.ServeMux
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !plainPath(r.URL) {
		refuse(w, iam.Denied())
		return
	}
	if h, _ := d.mux.Handler(r); !isCheckpoint(h) {
		refuse(w, iam.Denied())
		return
	}
	d.mux.ServeHTTP(w, r.WithContext(r.Context())) // a copy: the caller's path values stay
}

func isCheckpoint(h http.Handler) bool {
	_, ok := h.(*checkpoint)
	return ok
}

// checkpoint stands in front of the handler on one route.
type checkpoint struct {
	guard *guard
	route Route
	next  http.Handler
}

func (p *checkpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.route.Public {
		p.next.ServeHTTP(w, r)
		return
	}
	subject, err := p.guard.identify(r)
	if err != nil {
		p.guard.unidentified(w, r, err)
		return
	}
	decision, err := p.ask(r, subject)
	switch {
	case err != nil:
		p.guard.unanswered(w, r, err, denied(p.route.Permission))
	case !decision.Allowed:
		refuse(w, denied(p.route.Permission))
	default:
		p.next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), decisionKey{}, decision)))
	}
}

func (p *checkpoint) ask(r *http.Request, subject Subject) (Decision, error) {
	resource, err := p.route.resource(r)
	if err != nil {
		return Decision{}, err
	}
	return p.guard.client.Check(r.Context(), Question{
		Subject:  subject,
		Action:   p.route.Permission,
		Resource: resource,
		Context:  Context{IP: clientAddress(r, p.guard.options.TrustedProxies), UserAgent: r.UserAgent()},
	})
}

// unidentified answers a request whose subject is not known.
func (g *guard) unidentified(w http.ResponseWriter, r *http.Request, err error) {
	g.tell(r, err)
	e, ours := errors.AsType[*iam.Error](err)
	if ours && (e.Kind == iam.KindUnavailable || e.Kind == iam.KindInternal) {
		refuse(w, &iam.Error{Kind: iam.KindUnavailable})
		return
	}
	w.Header().Set("WWW-Authenticate", g.options.Challenge)
	refuse(w, iam.AuthenticationDenied("", iam.AuthInvalidArgument))
}

// unanswered answers a request about which there is no decision.
func (g *guard) unanswered(w http.ResponseWriter, r *http.Request, err error, no *iam.Error) {
	g.tell(r, err)
	switch iam.KindOf(err) {
	case iam.KindInvalidArguments, iam.KindNotFound:
		refuse(w, no)
	default:
		refuse(w, &iam.Error{Kind: iam.KindUnavailable})
	}
}

func (g *guard) tell(r *http.Request, err error) {
	if g.options.OnError != nil && r.Context().Err() == nil {
		g.options.OnError(r, err)
	}
}
