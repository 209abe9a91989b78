package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bailiwick/authority"
	"bailiwick/iam"
)

// seventh is a state that never changes.
type seventh struct{}

func (seventh) Revision() int64                      { return 7 }
func (seventh) Staleness() time.Duration             { return 0 }
func (seventh) Stale() bool                          { return false }
func (seventh) Unreadable() int                      { return 0 }
func (seventh) Freshen(context.Context, int64) error { return nil }

// bare returns a server with one operation, and behind it an authority that only makes ids.
func bare(t *testing.T, log *bytes.Buffer, handler func(ctx context.Context) error) *Server {
	t.Helper()
	metrics, err := newMetrics(seventh{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		authority: &authority.Authority{},
		state:     seventh{}, api: &api{}, log: slog.New(slog.NewTextHandler(log, nil)), timeout: 20 * time.Millisecond,
		mux: http.NewServeMux(), encoder: newEncoder(), errors: newErrorTable(), redactor: newRedactor(), metrics: metrics, fixed: newFixedHeaders(),
	}
	op := line("GET /x", "X", anyCaller, tenantNone, handleVoid(func(_ *api, ctx context.Context, _ iam.Call, _ *struct{}) error {
		return handler(ctx)
	})).taking(accessAnonymous)
	if err := s.addRoutes([]operation{op}); err != nil {
		t.Fatal(err)
	}
	return s
}

// What goes wrong inside is a fixed text outside, and in full in the log.
func TestFaultsInside(t *testing.T) {
	for name, c := range map[string]struct {
		handler func(context.Context) error
		status  int
		body    string
		logged  string
	}{
		"panic":    {func(context.Context) error { panic("canary") }, 500, `{"message":"internal error","type":"internal_error"}`, "canary"},
		"error":    {func(context.Context) error { return errors.New("canary") }, 500, `{"message":"internal error","type":"internal_error"}`, "canary"},
		"deadline": {func(ctx context.Context) error { <-ctx.Done(); return fmt.Errorf("canary: %w", ctx.Err()) }, 503, `{"message":"service is unavailable, try again","type":"unavailable"}`, "canary"},
		"refusal that could not be recorded": {func(context.Context) error { return errors.Join(iam.Denied(), errors.New("canary")) }, 403,
			`{"details":[],"message":"insufficient permissions","type":"permissions_denied"}`, "canary"},
		"nothing": {func(context.Context) error { return nil }, 204, ``, "status=204"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			w := httptest.NewRecorder()
			bare(t, &log, c.handler).ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
			if w.Code != c.status || w.Body.String() != c.body {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, c.status, c.body)
			}
			if !strings.Contains(log.String(), c.logged) || !strings.Contains(log.String(), "msg=request") {
				t.Errorf("the log says %s", &log)
			}
			if w.Header().Get("X-Bailiwick-Revision") != "7" {
				t.Error("no revision")
			}
		})
	}
}

// A table with a fault does not start.
func TestFaultyTablesAreRefused(t *testing.T) {
	type badPath struct{ ID int }
	type badQuery struct {
		Map map[string]string `json:"-"`
	}
	for name, op := range map[string]operation{
		"no field for the path": line("GET /y/{id}", "Y", anyCaller, tenantNone, laterVoid[struct{}]()),
		"path value not text":   line("GET /y/{id}", "Y", anyCaller, tenantNone, laterVoid[badPath]()),
		"query not a value":     line("GET /y", "Y", anyCaller, tenantNone, laterVoid[badQuery]()),
	} {
		s := bare(t, &bytes.Buffer{}, func(context.Context) error { return nil })
		s.mux = http.NewServeMux()
		if err := s.addRoutes([]operation{op}); err == nil || !strings.Contains(err.Error(), "Y") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServerLimits(t *testing.T) {
	s := bare(t, &bytes.Buffer{}, func(context.Context) error { return nil }).HTTP()
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= s.ReadTimeout || s.IdleTimeout <= 0 || s.MaxHeaderBytes != 32<<10 {
		t.Errorf("limits: %+v", s)
	}
}
