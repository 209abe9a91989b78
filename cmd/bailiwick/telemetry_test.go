package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// traces is an OTLP endpoint that keeps what it is sent.
type traces struct {
	mu    sync.Mutex
	raw   []byte
	names map[string]int
}

func (c *traces) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &request)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, "not OTLP", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw = append(c.raw, body...)
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				c.names[span.Name]++
			}
		}
	}
}

// Each request is one span, named by its route, with nothing secret in it, and none is lost at
// a stop; probes are none.
func TestTraces(t *testing.T) {
	c := &traces{names: map[string]int{}}
	endpoint := httptest.NewServer(c)
	defer endpoint.Close()
	dir := t.TempDir()
	p := start(t, dir, "--otlp-endpoint", endpoint.URL)
	keys := credentials(t, filepath.Join(dir, "data"))
	a := api{t, p, keys["SCW_SECRET_KEY"]}
	a.call("GET", "/healthz", "")
	a.call("GET", "/account/v3/projects?name=canary-in-a-query", "")
	a.call("GET", "/iam/v1alpha1/applications/"+keys["SCW_DEFAULT_PROJECT_ID"], "")
	a.call("POST", "/bailiwick/v1/login/password", `{"email":"canary@in.a.body","password":"canary in a body"}`)
	a.end()
	want := map[string]int{
		"GET /account/v3/projects":                        1,
		"GET /iam/v1alpha1/applications/{application_id}": 1,
		"POST /bailiwick/v1/login/password":               1,
	}
	if diff := cmp.Diff(want, c.names); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	for _, secret := range []string{"canary", keys["SCW_SECRET_KEY"]} {
		if strings.Contains(string(c.raw), secret) {
			t.Errorf("the traces hold %q", secret)
		}
	}
}

// An endpoint that is away costs the server nothing but a line in its log.
func TestTracesAreLost(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	p := start(t, t.TempDir(), "--otlp-endpoint", closed.URL)
	a := api{t, p, ""}
	a.call("GET", "/account/v3/projects", "")
	a.end()
	if !strings.Contains(p.log.String(), "traces are lost") {
		t.Errorf("the log does not tell:\n%s", p.log)
	}
}
