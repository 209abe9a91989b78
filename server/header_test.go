package server

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Answers share the values of headers, so one that adds to its own must not change those of
// others.
func TestHeadersOfAnswersAreTheirOwn(t *testing.T) {
	s := bare(t, &bytes.Buffer{}, func(context.Context) error { return nil })
	answer := func() http.Header {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
		return w.Header()
	}
	want := answer()
	id := want["X-Request-Id"]
	if len(want) != 7 || len(id) != 1 || len(id[0]) != 36 {
		t.Fatalf("the headers are %v", want)
	}
	first := answer()
	for name := range want {
		first.Add(name, "added")
	}
	second := answer()
	if second.Get("X-Request-Id") == first.Get("X-Request-Id") || second.Get("X-Request-Id") == id[0] {
		t.Error("two requests have one id")
	}
	second["X-Request-Id"] = id
	if diff := cmp.Diff(want, second); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Operations that nobody uses are no series, and what is not a success is counted, too.
func TestSeries(t *testing.T) {
	s := bare(t, &bytes.Buffer{}, func(context.Context) error { return nil })
	w := httptest.NewRecorder()
	for _, target := range []string{"/x", "/x", "/nothing"} {
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
	}
	s.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	var lines []string
	for line := range bytes.Lines(w.Body.Bytes()) {
		if bytes.HasPrefix(line, []byte("bailiwick_requests_total")) || bytes.HasPrefix(line, []byte("bailiwick_request_duration_seconds_count")) || bytes.HasPrefix(line, []byte("bailiwick_decisions")) {
			lines = append(lines, string(line))
		}
	}
	want := []string{
		"bailiwick_request_duration_seconds_count{operation=\"X\"} 2\n",
		"bailiwick_request_duration_seconds_count{operation=\"none\"} 1\n",
		"bailiwick_requests_total{operation=\"X\",status=\"204\"} 2\n",
		"bailiwick_requests_total{operation=\"none\",status=\"404\"} 1\n",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
