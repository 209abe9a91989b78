package server

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"bailiwick/iam"
)

// When as many of a class are at work as may be, the next one is turned away at once, and let
// in when one has left; what has no gate is let in always.
func TestGate(t *testing.T) {
	var log bytes.Buffer
	entered, leave := make(chan bool), make(chan bool)
	s := bare(t, &log, nil)
	s.timeout = 1 << 40
	gates := newGates(s.metrics)
	gates[loadStranger].limit = 2
	s.gates, s.mux = gates, http.NewServeMux()
	op := line("GET /x", "X", anyCaller, tenantNone, handleVoid(func(_ *api, ctx context.Context, _ iam.Call, _ *struct{}) error {
		entered <- true
		<-leave
		return nil
	})).taking(accessAnonymous)
	if err := s.addRoutes([]operation{op}); err != nil {
		t.Fatal(err)
	}
	ask := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
		return w
	}
	var let sync.WaitGroup
	for range 2 {
		let.Go(func() {
			if w := ask(); w.Code != http.StatusNoContent {
				t.Errorf("let in: %d %s", w.Code, w.Body)
			}
		})
		<-entered
	}
	want := `{"help_message":"the server is busy; try again in a second","message":"too many requests","type":"too_many_requests"}`
	if w := ask(); w.Code != http.StatusTooManyRequests || w.Body.String() != want || w.Header().Get("Retry-After") != "1" {
		t.Errorf("turned away: %d %s %v", w.Code, w.Body, w.Header())
	}
	close(leave)
	let.Wait()
	let.Go(func() { ask() })
	<-entered
	let.Wait()
	metrics := httptest.NewRecorder()
	s.metrics.handler().ServeHTTP(metrics, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(metrics.Body.String(), `bailiwick_shed_total{class="stranger"} 1`) {
		t.Error("the one that was turned away is not counted")
	}
}

// Decisions have no gate, logins and lists have one.
func TestEveryOperationHasItsLoad(t *testing.T) {
	got := map[string]load{}
	for _, op := range table() {
		got[op.Name] = loadOf(op)
	}
	for name, want := range map[string]load{
		"Evaluate": loadLight, "Evaluations": loadLight, "CheckPermissions": loadLight, "Explain": loadLight, "GetApplication": loadLight,
		"LoginPassword": loadStranger, "LoginReset": loadStranger, "ListApplications": loadList, "ListEvents": loadList, "CreateApplication": loadChange,
	} {
		have, ok := got[name]
		if !ok || have != want {
			t.Errorf("%s: %s, want %s", name, strconv.Itoa(int(have)), strconv.Itoa(int(want)))
		}
	}
}
