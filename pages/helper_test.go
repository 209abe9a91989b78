package pages_test

import (
	"bytes"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/server"
)

const (
	annsPassword   = "vivid-lantern-orbit-47"
	ownersPassword = "correct horse battery staple"
)

// site is a running server for a test.
type site struct {
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

func open(t *testing.T, options bailiwicktest.Options) *site {
	t.Helper()
	return openAt(t, func(string) bailiwicktest.Options { return options })
}

// openAt is open for options that depend on the server's URL.
func openAt(t *testing.T, options func(url string) bailiwicktest.Options) *site {
	t.Helper()
	s := &site{log: &lockedBuffer{}}
	ts := httptest.NewUnstartedServer(nil)
	s.url = "http://" + ts.Listener.Addr().String()
	s.Kit = bailiwicktest.New(t, options(s.url))
	handler, err := server.New(server.Config{Authority: s.Authority, PublicURL: s.url, Logger: slog.New(slog.NewJSONHandler(s.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ts.Config.Handler = handler
	ts.Start()
	t.Cleanup(ts.Close)
	return s
}

// serve replaces the server by another one.
func (s *site) serve(t *testing.T, handler http.Handler) {
	t.Helper()
	ts := httptest.NewServer(handler)
	t.Cleanup(ts.Close)
	s.url = ts.URL
}

// hire makes a member with annsPassword.
func (s *site) hire(t *testing.T, username string) iam.User {
	t.Helper()
	u, err := s.AsOwner(t).CreateUser(iam.NewMember{Username: username, Email: username + "@example.com", Password: annsPassword})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (s *site) organization() string { return string(s.First.Organization.ID) }

// browser is somebody who looks at pages and sends their forms.
type browser struct {
	t      *testing.T
	site   *site
	client *http.Client
	// language is what it asks for.
	language string
	// follows: it goes where our own redirects lead, as browsers do.
	follows bool
	page    page
}

// page is what the browser shows.
type page struct {
	status int
	header http.Header
	body   string
	url    *url.URL
}

func (s *site) browse(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, site: s, follows: true}
	b.client = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if !b.follows || "http://"+r.URL.Host != s.url || r.URL.Host != via[len(via)-1].URL.Host {
			return http.ErrUseLastResponse // between servers the test goes by itself
		}
		return nil
	}}
	return b
}

// get looks at a page.
func (b *browser) get(path string) page {
	b.t.Helper()
	return b.do("GET", path, nil)
}

func (b *browser) do(method, path string, form url.Values, headers ...string) page {
	b.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = b.site.url + path
	}
	r, err := http.NewRequest(method, path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", "null")
	}
	r.Header.Set("Accept-Language", b.language)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	response, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.page = page{response.StatusCode, response.Header, string(body), response.Request.URL}
	return b.page
}

var (
	formPattern  = regexp.MustCompile(`(?s)<form method="post" action="([^"]+)"[^>]*>(.*?)</form>`)
	inputPattern = regexp.MustCompile(`<input [^>]*>`)
	attribute    = regexp.MustCompile(`([a-z_-]+)="([^"]*)"`)
)

// form returns the values that a form of the page shown has, by where it leads.
func (b *browser) form(action string) url.Values {
	b.t.Helper()
	for _, form := range formPattern.FindAllStringSubmatch(b.page.body, -1) {
		if form[1] != action {
			continue
		}
		values := url.Values{}
		for _, input := range inputPattern.FindAllString(form[2], -1) {
			found := map[string]string{}
			for _, a := range attribute.FindAllStringSubmatch(input, -1) {
				found[a[1]] = html.UnescapeString(a[2])
			}
			values.Set(found["name"], found["value"])
		}
		return values
	}
	b.t.Fatalf("no form to %s in the page:\n%s", action, b.page.body)
	return nil
}

// send fills a form of the page shown and sends it; values are pairs of name and value.
func (b *browser) send(action string, values ...string) page {
	b.t.Helper()
	form := b.form(action)
	for i := 0; i < len(values); i += 2 {
		if !form.Has(values[i]) {
			b.t.Fatalf("the form to %s has no field %s", action, values[i])
		}
		form.Set(values[i], values[i+1])
	}
	return b.do("POST", action, form)
}

// login logs a member in.
func (b *browser) login(username string) page {
	b.t.Helper()
	b.get("/login")
	return b.send("/login/password", "organization", b.site.organization(), "username", username, "password", annsPassword)
}

// cookie returns a cookie that the browser keeps; empty: it has none.
func (b *browser) cookie(name string) string {
	u, _ := url.Parse(b.site.url)
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// shows fails the test unless the page has a status and texts.
func (b *browser) shows(status int, texts ...string) {
	b.t.Helper()
	if b.page.status != status {
		b.t.Errorf("%s: %d, want %d:\n%s", b.page.url, b.page.status, status, b.page.body)
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(b.page.body), text) {
			b.t.Errorf("%s: %q is not in the page:\n%s", b.page.url, text, b.page.body)
		}
	}
}
