package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"bailiwick/client"
	"bailiwick/iam"
)

const (
	deniedRead   = `{"details":[{"action":"read","resource":"record"}],"message":"insufficient permissions","type":"permissions_denied"}`
	deniedAny    = `{"details":[],"message":"insufficient permissions","type":"permissions_denied"}`
	unknown      = `{"message":"authentication is denied","reason":"invalid_argument","type":"denied_authentication"}`
	unanswerable = `{"message":"service is unavailable, try again","type":"unavailable"}`
)

func routes() []client.Route {
	return []client.Route{
		{Pattern: "GET /healthz", Public: true},
		{Pattern: "GET /p/{project}/records", Permission: "library:record:list", Project: client.PathValue("project")},
		{Pattern: "GET /p/{project}/records/{id}", Permission: "library:record:read", Project: client.PathValue("project"), ID: client.PathValue("id")},
		{Pattern: "GET /files/{path...}", Permission: "library:record:read", ID: client.PathValue("path")},
		{Pattern: "GET /found/{id}", Permission: "library:record:read", ID: client.PathValue("id"), Project: client.FromRequest(find), Name: client.Fixed("n"), Locality: client.Fixed("l"), Organization: client.Fixed(alice)},
		{Pattern: "GET /tree/", Permission: "library:record:read"},
	}
}

// find is a service's own look-up of a resource's project.
func find(r *http.Request) (string, error) {
	switch id := r.PathValue("id"); id {
	case "gone":
		return "", iam.NotFound("record", id)
	case "broken":
		return "", errors.New("the database is away")
	case "nowhere":
		return "", nil
	}
	return project, nil
}

// identified takes the subject from a header; only tests may trust one so.
func identified(r *http.Request) (client.Subject, error) {
	switch id := r.Header.Get("Subject"); id {
	case "":
		return client.Subject{}, errors.New("no subject")
	case "down":
		return client.Subject{}, &iam.Error{Kind: iam.KindUnavailable}
	default:
		return client.User(iam.UserID(id)), nil
	}
}

// service is a handler behind the middleware, with the errors that it told.
type service struct {
	http.Handler
	reached []string
	told    []error
}

func newService(t *testing.T, pdp string, options client.Options) *service {
	t.Helper()
	s := &service{}
	options.OnError = func(_ *http.Request, err error) { s.told = append(s.told, err) }
	wrap, err := client.Middleware(connect(t, pdp), routes(), identified, options)
	if err != nil {
		t.Fatal(err)
	}
	s.Handler = wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.reached = append(s.reached, r.Method+" "+r.URL.Path)
		d, ok := client.DecisionFrom(r.Context())
		fmt.Fprintf(w, "%s %t %s %s", r.PathValue("id"), ok, d.ID, d.Reasons)
	}))
	return s
}

// send makes one request; headers are pairs of name and value.
func (s *service) send(method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// bySubject says yes to alice only, and answers like a server in trouble about others.
func bySubject(w http.ResponseWriter, body string) {
	switch {
	case strings.Contains(body, `"id":"`+alice+`"}`):
		answering(yes)(w, body)
	case strings.Contains(body, `"id":"key-may-not-ask"`):
		reply(403, "application/json", `{"details":[{"action":"evaluate","resource":"decision"}],"message":"insufficient permissions","type":"permissions_denied"}`)(w, body)
	case strings.Contains(body, `"id":"key-expired"`):
		reply(401, "application/json", `{"message":"authentication is denied","method":"api_key","reason":"expired","type":"denied_authentication"}`)(w, body)
	case strings.Contains(body, `"id":"error"`):
		reply(500, "application/json", `{"message":"internal error","type":"internal_error"}`)(w, body)
	case strings.Contains(body, `"id":"nonsense"`):
		answering(`{"decision":"true"}`)(w, body)
	default:
		answering(no)(w, body)
	}
}

func TestMiddleware(t *testing.T) {
	const record = "/p/" + project + "/records/r1"
	for name, c := range map[string]struct {
		method, target, subject string
		status                  int
		body                    string
		told                    bool
	}{
		"yes":                   {"GET", record, alice, 200, "r1 true d1 [because]", false},
		"no":                    {"GET", record, "bob", 403, deniedRead, false},
		"nobody":                {"GET", record, "", 401, unknown, true},
		"sessions are down":     {"GET", record, "down", 503, unanswerable, true},
		"our key may not ask":   {"GET", record, "key-may-not-ask", 503, unanswerable, true},
		"our key has expired":   {"GET", record, "key-expired", 503, unanswerable, true},
		"server error":          {"GET", record, "error", 503, unanswerable, true},
		"malformed answer":      {"GET", record, "nonsense", 503, unanswerable, true},
		"public":                {"GET", "/healthz", "", 200, " false  []", false},
		"public, other method":  {"POST", "/healthz", alice, 403, deniedAny, false},
		"head of public":        {"HEAD", "/healthz", "", 200, " false  []", false},
		"head":                  {"HEAD", record, "bob", 403, deniedRead, false},
		"other method":          {"DELETE", record, alice, 403, deniedAny, false},
		"options":               {"OPTIONS", record, alice, 403, deniedAny, false},
		"made-up method":        {"GETT", record, alice, 403, deniedAny, false},
		"no route":              {"GET", "/nothing", alice, 403, deniedAny, false},
		"no route, nobody":      {"GET", "/nothing", "", 403, deniedAny, false},
		"root":                  {"GET", "/", alice, 403, deniedAny, false},
		"redirect to a tree":    {"GET", "/tree", alice, 403, deniedAny, false},
		"trailing slash":        {"GET", record + "/", alice, 403, deniedAny, false},
		"the collection's id":   {"GET", "/p/" + project + "/records/*", alice, 403, deniedRead, true},
		"collection's id, enc.": {"GET", "/p/" + project + "/records/%2A", alice, 403, deniedRead, true},
		"rest of the path":      {"GET", "/files/a/b", alice, 200, " true d1 [because]", false},
		"empty rest":            {"GET", "/files/", alice, 403, deniedRead, true},
		"found":                 {"GET", "/found/r1", alice, 200, "r1 true d1 [because]", false},
		"not found":             {"GET", "/found/gone", alice, 403, deniedRead, true},
		"found, empty":          {"GET", "/found/nowhere", alice, 403, deniedRead, true},
		"look-up fails":         {"GET", "/found/broken", alice, 503, unanswerable, true},
		"look-up, nobody":       {"GET", "/found/broken", "", 401, unknown, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, newPeer(t, bySubject).URL, client.Options{})
			var headers []string
			if c.subject != "" {
				headers = []string{"Subject", c.subject}
			}
			w := s.send(c.method, c.target, headers...)
			if w.Code != c.status || w.Body.String() != c.body {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, c.status, c.body)
			}
			if (len(s.reached) == 1) != (c.status == 200) || (len(s.told) == 1) != c.told {
				t.Errorf("the handler was reached by %q, told %v", s.reached, s.told)
			}
			if challenge := w.Header().Get("WWW-Authenticate"); (challenge == "Bearer") != (c.status == 401) {
				t.Errorf("WWW-Authenticate is %q", challenge)
			}
			if c.status != 200 {
				same(t, []string{w.Header().Get("Content-Type"), w.Header().Get("Cache-Control")}, []string{"application/json", "no-store"})
			}
		})
	}
}

// A path that another reader could understand in another way reaches nothing.
func TestPathsWithTwoReadings(t *testing.T) {
	p := newPeer(t, answering(yes))
	s := newService(t, p.URL, client.Options{})
	for _, target := range []string{
		"//healthz", "/./healthz", "/x/../healthz", "/healthz/..", "/%2e/healthz", "/x/%2e%2e/healthz", "/x/%2E./healthz",
		"/files//a", "/files/a//b", "/files/a/../b", "/files/a%2fb", "/files/a%2Fb", "/files/..%2fhealthz", "/files/a\\b", "/files/a%5cb",
		"/files/a%00", "/files/a%0ab", "/files/%ff", "/files/a/..", "/files/a/.",
	} {
		if w := s.send("GET", target, "Subject", alice); w.Code != 403 || w.Body.String() != deniedAny {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if len(s.reached) != 0 || p.asked() != 0 {
		t.Errorf("the handler was reached by %q, %d questions asked", s.reached, p.asked())
	}
	for _, target := range []string{"/files/a%20b", "/files/%C3%A9", "/files/a;b", "/files/...", "/files/a/"} {
		if w := s.send("GET", target, "Subject", alice); w.Code != 200 {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestWhatTheMiddlewareAsks(t *testing.T) {
	p := newPeer(t, answering(yes))
	trusted := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // httptest's peer
	s := newService(t, p.URL, client.Options{TrustedProxies: trusted})
	s.send("GET", "/p/"+project+"/records", "Subject", alice)
	s.send("GET", "/found/r%201", "Subject", alice, "X-Forwarded-For", "198.51.100.1, 203.0.113.9", "User-Agent", "ua/1", "X-Real-IP", "198.51.100.2")
	newService(t, p.URL, client.Options{}).send("GET", "/tree/x", "Subject", alice, "X-Forwarded-For", "203.0.113.9")
	same(t, p.bodies, []string{
		`{"subject":{"type":"user","id":"` + alice + `"},"action":{"name":"library:record:list"},"resource":{"type":"library:record","id":"*","properties":{"project_id":"` + project + `"}},"context":{"ip":"192.0.2.1"}}`,
		`{"subject":{"type":"user","id":"` + alice + `"},"action":{"name":"library:record:read"},"resource":{"type":"library:record","id":"r 1","properties":{"organization_id":"` + alice + `","project_id":"` + project + `","name":"n","locality":"l"}},"context":{"ip":"203.0.113.9","user_agent":"ua/1"}}`,
		`{"subject":{"type":"user","id":"` + alice + `"},"action":{"name":"library:record:read"},"resource":{"type":"library:record","id":"*"},"context":{"ip":"192.0.2.1"}}`,
	})
}

// A client that goes away ends the question, and nobody is told of an error.
func TestCancelledRequest(t *testing.T) {
	pdp, arrived := silent(t)
	s := newService(t, pdp.URL, client.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, "GET", "/tree/x", nil)
	r.Header.Set("Subject", alice)
	s.ServeHTTP(w, r)
	if body, _ := io.ReadAll(w.Body); w.Code != 503 || string(body) != unanswerable || len(s.reached) != 0 || len(s.told) != 0 {
		t.Errorf("%d %s, reached by %q, told %v", w.Code, body, s.reached, s.told)
	}
}
