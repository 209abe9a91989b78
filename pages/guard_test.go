package pages_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/pages"
	"bailiwick/server"
)

// routes are all pages, from the package itself: a new one is in these tests without a word.
func (s *site) routes(t *testing.T) []pages.Route {
	t.Helper()
	p, err := pages.New(pages.Config{Authority: s.Authority, Operation: func(name string) iam.Operation { return iam.Operation{Name: name} }})
	if err != nil {
		t.Fatal(err)
	}
	return p.Routes()
}

func path(route string) string {
	return strings.NewReplacer("{provider}", "acme", "{$}", "", "{path...}", "applications").Replace(route)
}

// Whatever a page answers, to whomever, it loads nothing but our own files, is in no frame and in
// no cache, and names no address of ours to others.
func TestHeaders(t *testing.T) {
	s, _ := withIDP(t, "ann@example.com")
	s.hire(t, "ann")
	stranger, member := s.browse(t), s.browse(t)
	member.login("ann")
	policy := regexp.MustCompile(`^default-src 'none'; script-src 'nonce-([A-Za-z0-9_-]{43})'; style-src 'nonce-([A-Za-z0-9_-]{43})'; img-src 'self'( data:)?; connect-src 'self'; form-action 'self'( http://localhost:41234)?; base-uri 'none'; frame-ancestors 'none'$`)
	nonces := map[string]bool{}
	for _, route := range s.routes(t) {
		if route.Name == "PageAsset" || route.Name == "PageLogout" {
			continue
		}
		for who, b := range map[string]*browser{"stranger": stranger, "member": member} {
			b.get("/login")
			target := path(route.Path)
			form := url.Values{"csrf": {b.cookie("bailiwick-form")}, "target": {"http://localhost:41234/callback"}}
			if route.Method == "GET" {
				target += "?redirectToUrl=http%3A%2F%2Flocalhost%3A41234%2Fcallback"
			}
			b.follows = false
			got := b.do(route.Method, target, form)
			b.follows = true
			for name, want := range map[string]string{
				"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			} {
				if value := got.header.Get(name); value != want {
					t.Errorf("%s %s, %s: %s is %q", route.Method, target, who, name, value)
				}
			}
			found := policy.FindStringSubmatch(got.header.Get("Content-Security-Policy"))
			if found == nil || found[1] != found[2] || nonces[found[1]] {
				t.Errorf("%s %s, %s: Content-Security-Policy is %q", route.Method, target, who, got.header.Get("Content-Security-Policy"))
				continue
			}
			nonces[found[1]] = true
			if got.status >= 500 {
				t.Errorf("%s %s, %s: %d", route.Method, target, who, got.status)
			}
			if strings.Contains(got.body, "<script>") || strings.Contains(got.body, "style=") || regexp.MustCompile(`\son[a-z]+=`).MatchString(got.body) {
				t.Errorf("%s %s, %s: something in line:\n%s", route.Method, target, who, got.body)
			}
			for _, tag := range regexp.MustCompile(`<(script|link rel="stylesheet")[^>]*>`).FindAllString(got.body, -1) {
				if !strings.Contains(tag, `nonce="`+found[1]+`"`) {
					t.Errorf("%s %s, %s: %s without the nonce", route.Method, target, who, tag)
				}
			}
			for _, cookie := range got.header.Values("Set-Cookie") {
				if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=") || !strings.Contains(cookie, "Path=/;") || strings.Contains(cookie, "Domain") {
					t.Errorf("%s %s, %s: cookie %q", route.Method, target, who, cookie)
				}
			}
		}
	}
	if len(nonces) < 30 {
		t.Errorf("only %d answers were looked at", len(nonces))
	}
}

// No form is taken that another site has sent, whatever it does.
func TestForeignForms(t *testing.T) {
	s, _ := withIDP(t, "ann@example.com")
	s.hire(t, "ann")
	b := s.browse(t)
	b.login("ann")
	token := b.cookie("bailiwick-form")
	for _, route := range s.routes(t) {
		if route.Method != "POST" {
			continue
		}
		for name, c := range map[string]struct {
			csrf    string
			headers []string
		}{
			"no token":             {"", nil},
			"a token of its own":   {strings.Repeat("x", 43), nil},
			"cut":                  {token[:42], nil},
			"another site":         {token, []string{"Sec-Fetch-Site", "cross-site"}},
			"a neighbour":          {token, []string{"Sec-Fetch-Site", "same-site"}},
			"from nowhere":         {token, []string{"Sec-Fetch-Site", "none"}},
			"another origin":       {token, []string{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}},
			"another port":         {token, []string{"Sec-Fetch-Site", "", "Origin", "http://127.0.0.1:1"}},
			"an origin of no host": {token, []string{"Sec-Fetch-Site", "", "Origin", "file://"}},
			"no cookie":            {token, nil},
		} {
			other := b
			if name == "no cookie" {
				other = s.browse(t)
			}
			got := other.do("POST", path(route.Path), url.Values{"csrf": {c.csrf}, "target": {"http://localhost:41234/callback"}, "password": {"glass-meadow-anchor-83"}}, c.headers...)
			if got.status != 403 || got.header.Get("Location") != "" {
				t.Errorf("%s, %s: %d", route.Path, name, got.status)
			}
		}
	}
	b.get("/login")
	b.shows(200, "You are signed in")
	b.do("POST", "/logout", url.Values{"csrf": {token}, "x": {strings.Repeat("x", 70<<10)}})
	b.shows(400, "This did not work")
}

// An address that is not of the reader's machine gets no session, and is not gone to.
func TestTargetRefused(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	s.hire(t, "ann")
	stranger, member := s.browse(t), s.browse(t)
	member.login("ann")
	for _, target := range []string{"", "https://evil.example/callback", "http://localhost:8080@evil.example/callback", "//evil.example/callback", `http://localhost:8080\@evil.example/callback`, "javascript:alert(1)//callback", "http://LOCALHOST:8080/callback"} {
		for _, b := range []*browser{stranger, member} {
			b.get("/authenticate?redirectToUrl=" + url.QueryEscape(target))
			b.shows(400, "This address is not accepted")
			got := b.do("POST", "/authenticate", url.Values{"csrf": {b.cookie("bailiwick-form")}, "target": {target}})
			if got.status != 400 || got.header.Get("Location") != "" || strings.Contains(got.body, "http-equiv") {
				t.Errorf("%q: %d, %v", target, got.status, got.header["Location"])
			}
		}
	}
	member.get("/authenticate?redirectToUrl=http%3A%2F%2Flocalhost%3A1%2Fcallback&redirectToUrl=https%3A%2F%2Fevil.example%2Fcallback")
	member.shows(400)
	sessions, total, err := s.Authority.ListSessions(t.Context(), s.AsOwner(t).Call("ListUsers"), iam.SessionFilter{Order: iam.Order{Field: "created_at"}, Page: iam.Page{Number: 1, Size: 10}})
	if err != nil || total != 1 {
		t.Errorf("sessions: %+v, %v", sessions, err)
	}
}

// Behind https, cookies are bound to the host.
func TestSecureCookies(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	secure, err := server.New(server.Config{Authority: s.Authority, PublicURL: "https://iam.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	s.serve(t, secure)
	b := s.browse(t)
	b.get("/login")
	cookie := b.page.header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "__Host-bailiwick-form=") || !strings.Contains(cookie, "; Secure") || !strings.Contains(cookie, "SameSite=Strict") {
		t.Errorf("cookie %q", cookie)
	}
}

// After a login the browser goes to our own pages only.
func TestNextStaysHere(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	s.hire(t, "ann")
	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/%2fevil.example", "javascript:alert(1)"} {
		b := s.browse(t)
		b.get("/login?next=" + url.QueryEscape(next))
		if strings.Contains(b.page.body, "evil") || strings.Contains(b.page.body, "alert(") {
			t.Errorf("%q is in the page", next)
		}
		form := b.form("/login/password")
		form.Set("next", next)
		form.Set("organization", s.organization())
		form.Set("username", "ann")
		form.Set("password", annsPassword)
		b.follows = false
		if got := b.do("POST", "/login/password", form); got.status != 303 || got.header.Get("Location") != "/login" {
			t.Errorf("%q: %d to %q", next, got.status, got.header.Get("Location"))
		}
	}
}

// What people type and are called cannot become a part of the page.
func TestEscaping(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	b := s.browse(t)
	const canary = `"><script>alert(1)</script>`
	b.get("/login?organization=" + url.QueryEscape(canary) + "&username=" + url.QueryEscape(canary))
	for _, body := range []string{
		b.page.body,
		b.send("/login/password", "organization", canary, "username", canary, "password", "x").body,
		b.get("/login/reset?token=" + url.QueryEscape(canary)).body,
		b.get("/authenticate?redirectToUrl=" + url.QueryEscape(canary)).body,
		b.do("GET", "/bailiwick/v1/login/oidc/"+url.PathEscape("<script>alert(1)<script>")+"/start?organization="+url.QueryEscape(canary), nil, "Sec-Fetch-Site", "cross-site").body,
	} {
		if strings.Contains(body, "<script>alert") {
			t.Errorf("not escaped:\n%s", body)
		}
	}
}

// The cookie of a session is good as it is, and in no other way.
func TestSessionCookieForged(t *testing.T) {
	s := open(t, bailiwicktest.Options{})
	s.hire(t, "ann")
	b := s.browse(t)
	b.login("ann")
	cookie := b.cookie("bailiwick-session")
	stranger := s.browse(t)
	in := func(value string) bool {
		stranger.do("GET", "/login", nil, "Cookie", "bailiwick-session="+value)
		return strings.Contains(stranger.page.body, "/logout")
	}
	if !in(cookie) {
		t.Fatal("the cookie itself")
	}
	for i := range cookie {
		flipped := []byte(cookie)
		flipped[i] ^= 1
		for _, value := range []string{cookie[:i], string(flipped)} {
			if in(value) {
				t.Errorf("%q is taken for %q", value, cookie)
			}
		}
	}
	for _, value := range []string{cookie + "A", cookie + ".", cookie + "." + cookie, strings.ToUpper(cookie), s.First.APIKey.SecretKey, s.organization()} {
		if in(value) {
			t.Errorf("%q is taken", value)
		}
	}
}
