package pages_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"bailiwick/bailiwicktest"
	"bailiwick/server"
)

// built is the site with a console that was built.
func built(t *testing.T) *site {
	t.Helper()
	s := open(t, bailiwicktest.Options{})
	handler, err := server.New(server.Config{Authority: s.Authority, Console: fstest.MapFS{
		"index.html":       {Data: []byte(`<meta nonce="__NONCE__"><link href="__ICON__"><script src="/console/assets/a-1.js"></script>`)},
		"assets/a-1.js":    {Data: []byte(strings.Repeat("void 0;", 100))},
		"assets/b-2.css":   {Data: []byte("p{}")},
		"assets/c-3.woff2": {Data: []byte("font")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.serve(t, handler)
	return s
}

const script = "X-Bailiwick-Console"

func TestConsoleUnbuilt(t *testing.T) {
	b := open(t, bailiwicktest.Options{}).browse(t)
	b.get("/")
	b.shows(http.StatusOK, "make console build")
}

// TestConsoleDocument: who has no session is sent to the login and back, unless its browser keeps
// the cookie to itself; each answer has a nonce of its own; scripts are files of ours only.
func TestConsoleDocument(t *testing.T) {
	s := built(t)
	s.hire(t, "ann")
	b := s.browse(t)
	b.follows = false
	for site, want := range map[string]int{"none": 303, "same-origin": 303, "cross-site": 200, "same-site": 200, "": 200} {
		got := b.do("GET", "/console/groups?q=a", nil, "Sec-Fetch-Site", site)
		if got.status != want || (want == 303 && got.header.Get("Location") != "/login?next=%2Fconsole%2Fgroups%3Fq%3Da") {
			t.Errorf("from %q: %d to %q", site, got.status, got.header.Get("Location"))
		}
	}
	b.follows = true
	b.login("ann")
	nonces := map[string]bool{}
	policy := regexp.MustCompile(`^default-src 'none'; script-src 'self'; style-src 'self' 'nonce-([A-Za-z0-9_-]{43})'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$`)
	for _, path := range []string{"/", "/console/groups", "/console/a/b"} {
		got := b.do("GET", path, nil, "Sec-Fetch-Site", "none")
		found := policy.FindStringSubmatch(got.header.Get("Content-Security-Policy"))
		if got.status != 200 || found == nil || nonces[found[1]] || !strings.Contains(got.body, `nonce="`+found[1]+`"`) {
			t.Fatalf("%s: %d %v\n%s", path, got.status, got.header, got.body)
		}
		nonces[found[1]] = true
		if strings.Contains(got.body, "__") || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v\n%s", path, got.header, got.body)
		}
	}
}

func TestConsoleFiles(t *testing.T) {
	s := built(t)
	for path, kind := range map[string]string{"a-1.js": "text/javascript; charset=utf-8", "b-2.css": "text/css; charset=utf-8", "c-3.woff2": "font/woff2"} {
		for _, accepted := range []string{"gzip", "identity"} {
			r, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/console/assets/"+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", accepted) // so the client does not unpack by itself
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			var body io.Reader = response.Body
			packed := response.Header.Get("Content-Encoding") == "gzip"
			if packed {
				if body, err = gzip.NewReader(response.Body); err != nil {
					t.Fatal(err)
				}
			}
			content, err := io.ReadAll(body)
			if err != nil || len(content) == 0 || packed != (accepted == "gzip" && kind != "font/woff2") {
				t.Errorf("%s, %s: %v, %d bytes, packed %v", path, accepted, err, len(content), packed)
			}
			if h := response.Header; h.Get("Content-Type") != kind || !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: %v", path, h)
			}
		}
	}
}

// TestBridge: the cookie is taken from scripts of this origin, by the bridge, and nowhere else.
func TestBridge(t *testing.T) {
	s := built(t)
	ann := s.hire(t, "ann")
	b := s.browse(t)
	b.login("ann")
	own := "/iam/v1alpha1/users/" + string(ann.ID)
	for _, c := range []struct {
		name, method, path string
		headers            []string
		status             int
	}{
		{"the console", "GET", "/bridge" + own, []string{script, "1"}, 200},
		{"the session", "GET", "/console/session", []string{script, "1"}, 200},
		{"in a browser that says where from", "GET", "/console/session", []string{script, "1", "Sec-Fetch-Site", "same-origin", "Origin", s.url}, 200},
		{"without the header", "GET", "/console/session", nil, 403},
		{"with another value", "GET", "/console/session", []string{script, "yes"}, 403},
		{"from another site", "GET", "/console/session", []string{script, "1", "Sec-Fetch-Site", "cross-site"}, 403},
		{"from a neighbour", "GET", "/console/session", []string{script, "1", "Sec-Fetch-Site", "same-site"}, 403},
		{"typed by the reader", "GET", "/console/session", []string{script, "1", "Sec-Fetch-Site", "none"}, 403},
		{"from another origin", "GET", "/console/session", []string{script, "1", "Origin", "https://evil.example"}, 403},
		{"with a key besides", "GET", "/console/session", []string{script, "1", "X-Auth-Token", "x"}, 403},
		{"with a session besides", "GET", "/console/session", []string{script, "1", "X-Session-Token", "x"}, 403},
		{"with a bearer besides", "GET", "/console/session", []string{script, "1", "Authorization", "Bearer x"}, 403},
		{"sign-out without the header", "POST", "/console/sign-out", nil, 403},
		{"the API itself", "GET", own, []string{script, "1"}, 401},
		{"a token of a session", "POST", "/bridge/iam/v1alpha1/jwts", []string{script, "1"}, 405},
		{"a token elsewhere", "POST", "/bridge/bailiwick/v1/login/switch", []string{script, "1"}, 404},
		{"a preflight", "OPTIONS", "/bridge" + own, []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "GET"}, 204},
	} {
		got := b.do(c.method, c.path, nil, append([]string{"Sec-Fetch-Site", "", "Origin", ""}, c.headers...)...)
		if got.status != c.status {
			t.Errorf("%s: %d, want %d: %s", c.name, got.status, c.status, got.body)
		}
		for name := range got.header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s: %s", c.name, name, got.header.Get(name))
			}
		}
	}
}

// TestConsoleSession: what the console learns of the session, and that it ends for good.
func TestConsoleSession(t *testing.T) {
	s := built(t)
	ann := s.hire(t, "ann")
	b := s.browse(t)
	b.login("ann")
	cookie := b.cookie("bailiwick-session")
	got := b.do("GET", "/console/session", nil, script, "1")
	var session struct {
		User         struct{ ID, Username string }
		Organization struct{ ID string }
		Region       string
	}
	if err := json.Unmarshal([]byte(got.body), &session); err != nil {
		t.Fatal(err)
	}
	if session.User.ID != string(ann.ID) || session.User.Username != "ann" || session.Organization.ID != s.organization() || session.Region != "fr-par" {
		t.Errorf("%+v", session)
	}
	if strings.Contains(got.body, cookie) || strings.Contains(got.body, "eyJ") {
		t.Errorf("the cookie or a token is in %s", got.body)
	}
	if got := b.do("POST", "/console/sign-out", nil, script, "1"); got.status != 204 || b.cookie("bailiwick-session") != "" {
		t.Errorf("%d, the cookie is %q", got.status, b.cookie("bailiwick-session"))
	}
	thief := s.browse(t)
	for _, path := range []string{"/console/session", "/bridge/iam/v1alpha1/users/" + string(ann.ID)} {
		if got := thief.do("GET", path, nil, script, "1", "Cookie", "bailiwick-session="+cookie); got.status != 401 {
			t.Errorf("%s after the end of the session: %d", path, got.status)
		}
	}
}
