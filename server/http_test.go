package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/server"
)

// edge is a running server for a test.
type edge struct {
	*bailiwicktest.Kit
	url string
	log *lockedBuffer
}

type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}

func start(t *testing.T, trusted ...netip.Prefix) *edge {
	t.Helper()
	return startWith(t, bailiwicktest.Options{}, trusted...)
}

// startWith is start with a kit of one's own choice.
func startWith(t *testing.T, options bailiwicktest.Options, trusted ...netip.Prefix) *edge {
	t.Helper()
	e := &edge{Kit: bailiwicktest.New(t, options), log: &lockedBuffer{}}
	s, err := server.New(server.Config{
		Authority:      e.Authority,
		Logger:         slog.New(slog.NewJSONHandler(e.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		TrustedProxies: trusted,
	})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	e.url = ts.URL
	return e
}

type reply struct {
	status int
	header http.Header
	body   string
}

// send makes one request; headers are pairs of name and value.
func (e *edge) send(t *testing.T, method, path, body string, headers ...string) reply {
	t.Helper()
	r, err := http.NewRequest(method, e.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	if body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(data)}
}

func (e *edge) owner() []string { return []string{"X-Auth-Token", e.First.APIKey.SecretKey} }

func operator() []string { return []string{"Authorization", "Bearer " + bailiwicktest.OperatorToken} }

func TestRouting(t *testing.T) {
	e := start(t)
	for _, c := range []struct {
		method, path string
		status       int
		name, allow  string
	}{
		{"GET", "/nothing", 404, "unknown_route", ""},
		{"GET", "/nothing", 404, "unknown_route", ""},
		{"GET", "/iam/v1alpha1/users/", 404, "unknown_route", ""},
		{"GET", "//iam/v1alpha1/users", 404, "unknown_route", ""},
		{"GET", "/iam//v1alpha1/users", 404, "unknown_route", ""},
		{"GET", "/iam/v1alpha1/./users", 404, "unknown_route", ""},
		{"GET", "/iam/v1alpha1/groups/../users", 404, "unknown_route", ""},
		{"GET", "/IAM/v1alpha1/users", 404, "unknown_route", ""},
		{"GET", "/iam/v1alpha1/users;x=1", 404, "unknown_route", ""},
		{"GET", "/iam/v1alpha1/users%2f", 404, "unknown_route", ""},
		{"POST", "/iam/v1alpha1/rules", 405, "method_not_allowed", "GET, HEAD, PUT, OPTIONS"},
		{"PUT", "/iam/v1alpha1/users", 405, "method_not_allowed", "GET, HEAD, POST, OPTIONS"},
		{"TRACE", "/iam/v1alpha1/users", 405, "method_not_allowed", "GET, HEAD, POST, OPTIONS"},
		{"POST", "/healthz", 405, "method_not_allowed", "GET, HEAD, OPTIONS"},
		{"OPTIONS", "/nothing", 404, "unknown_route", ""},
		{"OPTIONS", "/iam/v1alpha1/rules", 204, "", "GET, HEAD, PUT, OPTIONS"},
	} {
		got := e.send(t, c.method, c.path, "", e.owner()...)
		if got.status != c.status || got.header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q; want %d, %q", c.method, c.path, got.status, got.header.Get("Allow"), c.status, c.allow)
		}
		if c.name != "" && (!strings.Contains(got.body, `"type":"`+c.name+`"`) || got.header.Get("Content-Type") != "application/json") {
			t.Errorf("%s %s: %s %q", c.method, c.path, got.header.Get("Content-Type"), got.body)
		}
	}
	head := e.send(t, "HEAD", "/iam/v1alpha1/users", "", e.owner()...)
	if head.status != 200 || head.body != "" {
		t.Errorf("HEAD: %+v", head)
	}
}

func TestHeaders(t *testing.T) {
	e := start(t)
	for _, got := range []reply{
		e.send(t, "GET", "/iam/v1alpha1/users", "", append(e.owner(), "X-Request-Id", "mine")...),
		e.send(t, "GET", "/iam/v1alpha1/users", ""),
		e.send(t, "GET", "/nothing", ""),
	} {
		for name, want := range map[string]string{
			"Content-Type": `^application/json$`, "X-Request-Id": `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
			"X-Content-Type-Options": `^nosniff$`, "X-Frame-Options": `^DENY$`, "Content-Security-Policy": `^default-src 'none'; frame-ancestors 'none'$`,
			"X-Bailiwick-Revision": `^[1-9][0-9]*$`, "Cache-Control": `^no-store$`, "Content-Length": `^[0-9]+$`, "Strict-Transport-Security": `^$`,
		} {
			if !regexp.MustCompile(want).MatchString(got.header.Get(name)) {
				t.Errorf("%d: %s is %q, want %s", got.status, name, got.header.Get(name), want)
			}
		}
	}
}

func TestCredentials(t *testing.T) {
	e := start(t)
	key, foreign := e.First.APIKey.SecretKey, "11111111-1111-4111-8111-111111111111"
	invalid := `{"message":"authentication is denied","method":"api_key","reason":"invalid_argument","type":"denied_authentication"}`
	users, organizations := "/iam/v1alpha1/users", "/bailiwick/v1/organizations"
	for name, c := range map[string]struct {
		path    string
		headers []string
		status  int
		body    string // empty: not compared
	}{
		"none":                {users, nil, 401, invalid},
		"empty":               {users, []string{"X-Auth-Token", ""}, 401, invalid},
		"not a key":           {users, []string{"X-Auth-Token", "x"}, 401, invalid},
		"unknown":             {users, []string{"X-Auth-Token", foreign}, 401, `{"message":"authentication is denied","method":"api_key","reason":"not_found","type":"denied_authentication"}`},
		"truncated":           {users, []string{"X-Auth-Token", key[:35]}, 401, invalid},
		"good":                {users, []string{"X-Auth-Token", key}, 200, ""},
		"upper case":          {users, []string{"X-Auth-Token", strings.ToUpper(key)}, 200, ""},
		"twice":               {users, []string{"X-Auth-Token", key, "X-Auth-Token", key}, 401, invalid},
		"two kinds":           {users, []string{"X-Auth-Token", key, "X-Session-Token", "a.b.c"}, 401, invalid},
		"key and operator":    {users, append([]string{"X-Auth-Token", key}, operator()...), 401, invalid},
		"session":             {users, []string{"X-Session-Token", "a.b.c"}, 401, ""},
		"key as bearer":       {users, []string{"Authorization", "Bearer " + key}, 401, ""},
		"basic":               {users, []string{"Authorization", "Basic eDp5"}, 401, invalid},
		"operator on users":   {users, operator(), 403, `{"details":[],"message":"insufficient permissions","type":"permissions_denied"}`},
		"operator":            {organizations, operator(), 200, ""},
		"operator lower case": {organizations, []string{"Authorization", "bearer " + bailiwicktest.OperatorToken}, 200, ""},
		"operator wrong":      {organizations, []string{"Authorization", "Bearer x"}, 401, ""},
		"owner as operator":   {organizations, []string{"X-Auth-Token", key}, 403, `{"details":[],"message":"insufficient permissions","type":"permissions_denied"}`},
		"catalog by key":      {"/bailiwick/v1/catalog", []string{"X-Auth-Token", key}, 200, ""},
		"catalog by operator": {"/bailiwick/v1/catalog", operator(), 200, ""},
		"catalog by nobody":   {"/bailiwick/v1/catalog", nil, 401, invalid},
		"metadata":            {"/metadata", nil, 200, `{"platform":"external","partition":"scw","domain":"scw.eu"}`},
		"metadata, any key":   {"/metadata", []string{"X-Auth-Token", "x"}, 200, ""},
		"not implemented":     {"/iam/v1alpha1/scim/00000000-0000-4000-8000-000000000000/tokens", []string{"X-Auth-Token", key}, 501, `{"message":"this operation is not implemented","type":"not_implemented"}`},
		"not implemented, no": {"/iam/v1alpha1/scim/00000000-0000-4000-8000-000000000000/tokens", nil, 401, invalid},
	} {
		got := e.send(t, "GET", c.path, "", c.headers...)
		if got.status != c.status || (c.body != "" && got.body != c.body) {
			t.Errorf("%s: %d %s, want %d %s", name, got.status, got.body, c.status, c.body)
		}
		if (got.status == 401) != (got.header.Get("WWW-Authenticate") == "Bearer") {
			t.Errorf("%s: WWW-Authenticate is %q", name, got.header.Get("WWW-Authenticate"))
		}
	}
}

// Nothing is read of the body of a stranger.
func TestStrangersCannotUpload(t *testing.T) {
	e := start(t)
	got := e.send(t, "POST", "/iam/v1alpha1/groups", strings.Repeat("x", 3<<20), "X-Auth-Token", "x")
	if got.status != 401 {
		t.Errorf("a stranger's body was read: %d %s", got.status, got.body)
	}
	got = e.send(t, "POST", "/iam/v1alpha1/groups", `{"name":"`+strings.Repeat("x", 1<<20)+`"}`, e.owner()...)
	if got.status != 413 || !strings.Contains(got.body, "request_too_large") {
		t.Errorf("a body of more than 1 MiB: %d %s", got.status, got.body)
	}
}

func TestPlainRoutes(t *testing.T) {
	e := start(t)
	e.send(t, "GET", "/iam/v1alpha1/users/11111111-1111-4111-8111-111111111111", "", e.owner()...)
	e.send(t, "GET", "/nothing", "")
	for path, want := range map[string]string{"/healthz": `{"status":"ok"}`, "/readyz": `{"status":"ready"}`} {
		if got := e.send(t, "GET", path, ""); got.status != 200 || got.body != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	metrics := e.send(t, "GET", "/metrics", "").body
	for _, want := range []string{`bailiwick_requests_total{operation="GetUser",status="404"} 1`, `bailiwick_requests_total{operation="none",status="404"} 1`, `bailiwick_revision `, `bailiwick_request_duration_seconds_count{operation="GetUser"} 1`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-`).MatchString(metrics) {
		t.Error("/metrics holds an id")
	}
}

// One line a request, with what an operator needs and nothing secret.
func TestLog(t *testing.T) {
	e := start(t)
	got := e.send(t, "POST", "/iam/v1alpha1/users?x=canary-query", `{"member":{"username":"a@b.c","email":"a@b.c","password":"canary-password"}}`, e.owner()...)
	if got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	lines := strings.Split(strings.TrimSpace(e.log.String()), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"msg": "request", "method": "POST", "route": "POST /iam/v1alpha1/users", "operation": "CreateUser", "status": 200.0,
		"caller_type": "user", "caller_id": string(e.First.Owner.ID), "request_id": got.header.Get("X-Request-Id"),
	} {
		if line[name] != want {
			t.Errorf("%s is %v, want %v", name, line[name], want)
		}
	}
	for _, secret := range []string{"canary", e.First.APIKey.SecretKey, bailiwicktest.OperatorToken} {
		if strings.Contains(e.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// A HEAD request is served by the route for GET and logged as what it is.
func TestLogOfHead(t *testing.T) {
	e := start(t)
	e.send(t, "HEAD", "/iam/v1alpha1/users", "", e.owner()...)
	if log := e.log.String(); !strings.Contains(log, `"method":"HEAD","route":"GET /iam/v1alpha1/users","operation":"ListUsers","status":200`) || strings.Count(log, `"method"`) != 1 {
		t.Errorf("the log says %s", log)
	}
}

// The answer to a write names the revision of that write.
func TestRevision(t *testing.T) {
	e := start(t)
	last := int64(0)
	for i := range 3 {
		got := e.send(t, "POST", "/iam/v1alpha1/groups", `{"name":"g`+strconv.Itoa(i)+`"}`, e.owner()...)
		revision, err := strconv.ParseInt(got.header.Get("X-Bailiwick-Revision"), 10, 64)
		if err != nil || revision <= last {
			t.Errorf("revision %q after %d: %s", got.header.Get("X-Bailiwick-Revision"), last, got.body)
		}
		last = revision
	}
	if latest, err := e.Store.Read(t.Context()).Latest(); err != nil || latest != last {
		t.Errorf("the store is at revision %d, the last answer named %d (%v)", latest, last, err)
	}
}

func TestReadErrorReadsWhatTheServerWrites(t *testing.T) {
	e := start(t)
	got := e.send(t, "GET", "/iam/v1alpha1/api-keys/nothing", "", e.owner()...)
	read := server.ReadError([]byte(got.body))
	if got.status != 404 || read.Kind != iam.KindNotFound || read.Resource != "access_key" || read.ResourceID != "nothing" {
		t.Errorf("%d %s reads as %+v", got.status, got.body, read)
	}
}
