package client_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bailiwick/client"
	"bailiwick/iam"
)

const (
	key     = "11111111-1111-4111-8111-111111111111"
	project = "22222222-2222-4222-8222-222222222222"
	alice   = "33333333-3333-4333-8333-333333333333"

	yes = `{"decision":true,"context":{"decision_id":"d1","revision":7,"reasons":["because"]}}`
	no  = `{"decision":false,"context":{"decision_id":"d2","revision":7,"reasons":["no_grant"]}}`
)

// question is one that is fit to be asked.
func question() client.Question {
	return client.Question{
		Subject: client.User(alice), Action: "library:record:read",
		Resource: client.Resource{Type: "library:record", ID: "r1", Project: project},
	}
}

// peer is another process's side of the wire: a server that records what it is sent and
// gives the answers it is told to.
type peer struct {
	*httptest.Server
	mutex    sync.Mutex
	requests []*http.Request
	bodies   []string
}

func newPeer(t *testing.T, answer func(w http.ResponseWriter, body string)) *peer {
	t.Helper()
	p := &peer{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read the request: %v", err)
		}
		p.mutex.Lock()
		p.requests, p.bodies = append(p.requests, r), append(p.bodies, string(body))
		p.mutex.Unlock()
		answer(w, string(body))
	}))
	t.Cleanup(p.Close)
	return p
}

// asked returns how many requests have come.
func (p *peer) asked() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return len(p.requests)
}

// reply returns an answer that is always the same.
func reply(status int, contentType, body string) func(http.ResponseWriter, string) {
	return func(w http.ResponseWriter, _ string) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func answering(body string) func(http.ResponseWriter, string) {
	return reply(http.StatusOK, "application/json", body)
}

// connect returns a client of a server. Its time-out is long, so that a busy machine does
// not decide a test.
func connect(t *testing.T, url string) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{URL: url, SecretKey: key, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wantError fails unless there is an *iam.Error of the kind.
func wantError(t *testing.T, err error, kind iam.Kind) {
	t.Helper()
	e, ok := err.(*iam.Error)
	if !ok || e.Kind != kind {
		t.Errorf("error %v, want kind %s", err, kind)
	}
}

// same compares whole values; errors by their kind.
func same(t *testing.T, got, want any) {
	t.Helper()
	kinds := cmp.Comparer(func(a, b error) bool { return (a == nil) == (b == nil) && iam.KindOf(a) == iam.KindOf(b) })
	if diff := cmp.Diff(want, got, kinds, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

func batchAnswer(n int, item func(i int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return `{"evaluations":[` + strings.Join(items, ",") + `]}`
}

func numbered(i int) string {
	return `{"decision":` + strconv.FormatBool(i%2 == 0) + `,"context":{"decision_id":"d` + strconv.Itoa(i) + `","revision":7}}`
}
