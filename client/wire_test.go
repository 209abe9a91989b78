package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bailiwick/client"
	"bailiwick/iam"
)

func TestQuestionOnTheWire(t *testing.T) {
	full := client.Question{
		Subject: client.APIKey("SCW00000000000000000"), Action: "library:record:write",
		Resource: client.Resource{
			Type: "library:record", ID: "r/1 <é>", Organization: alice, Project: project, Name: "A \"name\"", Locality: "fr-par-1",
		},
		Context: client.Context{
			IP: netip.MustParseAddr("::ffff:203.0.113.9"), UserAgent: strings.Repeat("é", 200),
			Time: time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC),
		},
	}
	list := client.Question{
		Subject: client.Application(alice), Action: "list", Resource: client.Resource{Type: "record"},
		Context: client.Context{IP: netip.MustParseAddr("fe80::1%eth0")},
	}
	for name, c := range map[string]struct {
		question client.Question
		want     string
	}{
		"full": {full, `{"subject":{"type":"api_key","id":"SCW00000000000000000"},"action":{"name":"library:record:write"},"resource":{"type":"library:record","id":"r/1 \u003cé\u003e","properties":{"organization_id":"` + alice + `","project_id":"` + project + `","name":"A \"name\"","locality":"fr-par-1"}},"context":{"ip":"203.0.113.9","user_agent":"` + strings.Repeat("é", 127) + `","time":"2026-01-02T03:04:05.0000006Z"}}`},
		"list": {list, `{"subject":{"type":"application","id":"` + alice + `"},"action":{"name":"list"},"resource":{"type":"record","id":"*"},"context":{"ip":"fe80::1"}}`},
		"bare": {question(), `{"subject":{"type":"user","id":"` + alice + `"},"action":{"name":"library:record:read"},"resource":{"type":"library:record","id":"r1","properties":{"project_id":"` + project + `"}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, answering(yes))
			got, err := connect(t, p.URL+"/prefix/").Check(t.Context(), c.question)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, client.Decision{Allowed: true, ID: "d1", Revision: 7, Reasons: []string{"because"}})
			same(t, p.bodies, []string{c.want})
			r := p.requests[0]
			r.Header.Del("User-Agent")
			r.Header.Del("Accept-Encoding")
			r.Header.Del("Content-Length")
			same(t, r.Header, http.Header{"X-Auth-Token": {key}, "Content-Type": {"application/json"}, "Accept": {"application/json"}})
			same(t, r.Method+" "+r.RequestURI, "POST /prefix/access/v1/evaluation")
		})
	}
}

func TestOperatorToken(t *testing.T) {
	p := newPeer(t, answering(no))
	c, err := client.New(client.Config{URL: p.URL, OperatorToken: "token", Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Check(t.Context(), question())
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, client.Decision{ID: "d2", Revision: 7, Reasons: []string{"no_grant"}})
	same(t, p.requests[0].Header["Authorization"], []string{"Bearer token"})
	same(t, p.requests[0].Header["X-Auth-Token"], []string(nil))
}

// What cannot be asked is not sent.
func TestQuestionsThatCannotBeAsked(t *testing.T) {
	p := newPeer(t, answering(yes))
	c := connect(t, p.URL)
	for name, change := range map[string]func(*client.Question){
		"no subject":      func(q *client.Question) { q.Subject = client.Subject{} },
		"group":           func(q *client.Question) { q.Subject.Type = "group" },
		"no subject id":   func(q *client.Question) { q.Subject.ID = "" },
		"no action":       func(q *client.Question) { q.Action = "" },
		"no type":         func(q *client.Question) { q.Resource.Type = "" },
		"collection's id": func(q *client.Question) { q.Resource.ID = client.Collection },
		"not UTF-8":       func(q *client.Question) { q.Resource.ID = "a\xff" },
		"NUL":             func(q *client.Question) { q.Resource.ID = "a\x00" },
		"line":            func(q *client.Question) { q.Resource.Project = "a\nb" },
		"long":            func(q *client.Question) { q.Resource.Name = strings.Repeat("x", 1025) },
		"year":            func(q *client.Question) { q.Context.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		q := question()
		change(&q)
		got, err := c.Check(t.Context(), q)
		if iam.KindOf(err) != iam.KindInvalidArguments {
			t.Errorf("%s: %v", name, err)
		}
		same(t, got, client.Decision{})
		all, err := c.CheckAll(t.Context(), []client.Question{question(), q})
		if iam.KindOf(err) != iam.KindInvalidArguments || !strings.Contains(err.Error(), "question 1") {
			t.Errorf("%s in a batch: %v", name, err)
		}
		same(t, all, make([]client.Decision, 2))
	}
	if n := p.asked(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// A redirect would carry the key to wherever it leads.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := newPeer(t, answering(yes))
	for _, status := range []int{301, 302, 303, 307, 308} {
		p := newPeer(t, func(w http.ResponseWriter, _ string) {
			w.Header().Set("Location", elsewhere.URL+"/access/v1/evaluation")
			w.WriteHeader(status)
		})
		for _, own := range []*http.Client{nil, {}} {
			c, err := client.New(client.Config{URL: p.URL, SecretKey: key, HTTPClient: own, Timeout: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Check(t.Context(), question())
			wantError(t, err, iam.KindInternal)
			same(t, got, client.Decision{})
		}
	}
	if n := elsewhere.asked(); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

func TestNobodyListens(t *testing.T) {
	p := newPeer(t, answering(yes))
	p.Close()
	got, err := connect(t, p.URL).Check(t.Context(), question())
	wantError(t, err, iam.KindUnavailable)
	same(t, got, client.Decision{})
}

// silent returns a server that takes requests and never answers, and a channel that says
// when it has one.
func silent(t *testing.T) (*httptest.Server, <-chan struct{}) {
	arrived, done := make(chan struct{}, 10), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-done:
		}
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(done) })
	return s, arrived
}

func TestTimeout(t *testing.T) {
	s, _ := silent(t)
	c, err := client.New(client.Config{URL: s.URL, SecretKey: key, Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Check(t.Context(), question())
	wantError(t, err, iam.KindUnavailable)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is not a passed deadline", err)
	}
	same(t, got, client.Decision{})
}

func TestCancel(t *testing.T) {
	s, arrived := silent(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	got, err := connect(t, s.URL).Check(ctx, question())
	wantError(t, err, iam.KindUnavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not a cancellation", err)
	}
	same(t, got, client.Decision{})
}

func TestMinRevision(t *testing.T) {
	p := newPeer(t, answering(yes))
	c := connect(t, p.URL)
	for revision, kind := range map[int64]iam.Kind{6: -1, 7: -1, 8: iam.KindUnavailable} {
		got, err := c.Check(client.WithMinRevision(t.Context(), revision), question())
		if kind < 0 && (err != nil || !got.Allowed) {
			t.Errorf("revision %d: %+v, %v", revision, got, err)
		}
		if kind >= 0 {
			wantError(t, err, kind)
			same(t, got, client.Decision{})
		}
	}
	p = newPeer(t, answering(yes))
	if _, err := connect(t, p.URL).Check(client.WithMinRevision(t.Context(), 5), question()); err != nil {
		t.Fatal(err)
	}
	same(t, p.requests[0].Header["X-Bailiwick-Min-Revision"], []string{"5"})
}
