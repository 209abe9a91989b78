// Package server is the HTTP edge: the table of operations, the codec between the wire and
// the nouns of package iam, credentials, errors, health and metrics. It has no rules of its
// own: what a caller may do is decided in package authority.
package server

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"bailiwick/authority"
	"bailiwick/decisionlog"
	"bailiwick/iam"
	"bailiwick/pages"
	"bailiwick/planted"
)

// Config is what a Server is made of.
type Config struct {
	Authority *authority.Authority
	// Logger receives one line for each request; nil discards them.
	Logger *slog.Logger
	// TrustedProxies are the networks whose X-Forwarded-For counts. Empty: nobody's does.
	TrustedProxies []netip.Prefix
	// Domain is the domain in the names of resources that clients show; empty means
	// "scw.eu", as on Scaleway.
	Domain string
	// Regions are those of the paths of Audit Trail; empty means [DefaultRegions]. All that
	// happens here happens in the first; the others are empty.
	Regions []string
	// PublicURL is the address at which clients reach the server, without a slash at the end,
	// as the AuthZEN metadata names it. Empty: that of the listener is not known here, so the
	// metadata names paths only.
	PublicURL string
	// DecisionLog takes every decision that is answered; nil: there is no such log. Who made
	// it closes it, after the last request.
	DecisionLog *decisionlog.Log
	// RequestTimeout bounds the work on one request; zero means ten seconds.
	RequestTimeout time.Duration
	// Console is the built web console; nil: a page says how to build it.
	Console fs.FS
}

// Server answers the HTTP API. It is safe for concurrent use.
type Server struct {
	authority      *authority.Authority
	state          state
	api            *api
	log            *slog.Logger
	trustedProxies []netip.Prefix
	timeout        time.Duration
	mux            *http.ServeMux
	encoder        *encoder
	errors         errorTable
	redactor       *redactor
	metrics        *metrics
	document       []byte // OpenAPI
	fixed          fixedHeaders
	written        atomic.Pointer[writtenRevision]
	buffers        buffers
	outside        *route // stands for what no operation takes
	stopping       atomic.Bool
	gates          gates
	console        fs.FS
	pages          *pages.Pages
}

// route is an operation, ready to be served.
type route struct {
	operation
	plan      *plan
	described iam.Operation
	encode    encode       // the answer; nil if it has no body
	log       *slog.Logger // with what is the same in all its lines
	series    *series
	regional  bool  // its path names a region
	gate      *gate // nil: always open
	bridged   bool  // the caller is who the cookie of a page names
	asks      bool  // it changes nothing
}

// New returns a Server. An error means that the configuration is incomplete or that the
// operation table has a fault.
func New(config Config) (*Server, error) {
	if config.Authority == nil {
		return nil, errors.New("server: no authority is given")
	}
	operations := table()
	metrics, err := newMetrics(config.Authority, config.DecisionLog)
	if err != nil {
		return nil, fmt.Errorf("server: metrics: %w", err)
	}
	document, err := openAPI(operations)
	if err != nil {
		return nil, fmt.Errorf("server: OpenAPI: %w", err)
	}
	s := &Server{
		authority:      config.Authority,
		state:          config.Authority,
		log:            config.Logger,
		trustedProxies: config.TrustedProxies,
		timeout:        config.RequestTimeout,
		mux:            http.NewServeMux(),
		encoder:        newEncoder(),
		errors:         newErrorTable(),
		redactor:       newRedactor(),
		metrics:        metrics,
		gates:          newGates(metrics),
		document:       document,
		fixed:          newFixedHeaders(),
		console:        config.Console,
	}
	s.api = &api{
		authority: config.Authority,
		metadata:  Metadata{Platform: "external", Partition: "scw", Domain: config.Domain},
		regions:   config.Regions,
		publicURL: config.PublicURL,
		products:  products(operations),
		decisions: metrics.outcomes(),

		decisionLog: config.DecisionLog,
	}
	s.setDefaults()
	if err := s.addRoutes(operations); err != nil {
		return nil, err
	}
	if err := s.addPages(operations); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) setDefaults() {
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.timeout == 0 {
		s.timeout = 10 * time.Second
	}
	if s.api.metadata.Domain == "" {
		s.api.metadata.Domain = "scw.eu"
	}
	if len(s.api.regions) == 0 {
		s.api.regions = DefaultRegions()
	}
}

func (s *Server) addRoutes(operations []operation) error {
	s.outside = &route{log: s.log, series: s.metrics.series("none")}
	for _, op := range operations {
		p, err := newPlan(op.Method, op.Path, op.Endpoint.in)
		if err != nil {
			return fmt.Errorf("server: operation %s: %w", op.Name, err)
		}
		pattern := op.Method + " " + op.Path
		served := &route{
			operation: op, plan: p, described: op.describe(),
			log: requestLog(s.log, op.Method, pattern, op.Name), series: s.metrics.series(op.Name),
			gate:     s.gates[loadOf(op)],
			asks:     !op.mutates() && op.Access != accessAnonymous && !planted.LateRevision,
			regional: strings.Contains(op.Path, "{region}"),
		}
		if op.Endpoint.out != nil {
			served.encode = s.encoder.of(reflect.PointerTo(op.Endpoint.out))
		}
		s.mux.HandleFunc(pattern, s.serve(served))
		if bridgeable(op) {
			bridged := *served
			bridged.bridged = true
			bridged.log = requestLog(s.log, op.Method, op.Method+" "+bridgePrefix+op.Path, op.Name)
			s.mux.HandleFunc(op.Method+" "+bridgePrefix+op.Path, s.serve(&bridged))
		}
	}
	s.mux.HandleFunc("GET /healthz", s.alive)
	s.mux.HandleFunc("GET /readyz", s.ready)
	s.mux.Handle("GET /metrics", s.metrics.handler())
	s.mux.HandleFunc("GET /openapi.json", s.openAPI)
	s.mux.HandleFunc("/", s.unmatched)
	return nil
}

// HTTP returns an http.Server for this handler whose limits keep a slow or endless client
// from holding a connection for ever. The caller sets the address and starts it.
func (s *Server) HTTP() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      15*time.Second + s.timeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// Stopping makes GET /readyz answer 503 from now on, so that a load balancer sends the next
// requests elsewhere; all else goes on.
func (s *Server) Stopping() { s.stopping.Store(true) }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{ResponseWriter: w, request: r, requestID: s.authority.NewRequestID(), started: time.Now(), route: s.outside}
	s.begin(x, w.Header())
	defer s.finish(x)
	if !canonical(r.URL) {
		s.fail(x, &iam.Error{Kind: iam.KindUnknownRoute})
		return
	}
	s.mux.ServeHTTP(x, r)
}
