package pages_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"bailiwick/authority"
	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// withIDP starts a server with a provider whose user has the address.
func withIDP(t *testing.T, email string, domains ...string) (*site, *bailiwicktest.Provider) {
	t.Helper()
	p := bailiwicktest.NewProvider(t, email, nil)
	return openAt(t, func(url string) bailiwicktest.Options {
		return bailiwicktest.Options{Providers: []authority.Provider{p.At(url, "acme", domains...)}}
	}), p
}

// follow goes where the page shown leads on to by itself.
func (b *browser) follow() page {
	b.t.Helper()
	found := regexp.MustCompile(`http-equiv="refresh" content="0;url=([^"]+)"`).FindStringSubmatch(b.page.body)
	if found == nil {
		b.t.Fatalf("the page leads nowhere: %d\n%s", b.page.status, b.page.body)
	}
	return b.get(strings.ReplaceAll(found[1], "&amp;", "&"))
}

// begin goes to the provider and stops there. It returns where the provider is.
func (b *browser) begin(organization string) string {
	b.t.Helper()
	b.get("/bailiwick/v1/login/oidc/acme/start?" + url.Values{"organization": {organization}}.Encode())
	if b.page.status != 302 {
		b.t.Fatalf("start: %d\n%s", b.page.status, b.page.body)
	}
	return b.page.header.Get("Location")
}

// answer is what the provider sends the browser back with.
func (b *browser) answer(authorize string) string {
	b.t.Helper()
	b.do("GET", authorize, nil)
	location := b.page.header.Get("Location")
	if location == "" {
		b.t.Fatalf("the provider answers %d\n%s", b.page.status, b.page.body)
	}
	return location
}

// provide logs in at the provider.
func (b *browser) provide(organization string) page {
	b.t.Helper()
	return b.do("GET", b.answer(b.begin(organization)), nil)
}

// A member presses the button of a provider and is in, in its organization.
func TestOIDCLogin(t *testing.T) {
	s, _ := withIDP(t, "Ann@Example.com")
	ann := s.hire(t, "ann")
	b := s.browse(t)
	b.get("/login?next=%2Flogin%3Fx%3D1")
	b.shows(200, "The acme provider")
	form := b.form("/login/password")
	form.Set("organization", s.organization())
	b.do("POST", "/login/oidc/acme", form)
	b.shows(200, "On the way")
	b.follow()
	b.do("GET", b.answer(b.page.header.Get("Location")), nil)
	b.shows(200, "You are signed in")
	if got := b.page.header.Get("Location"); got != "" {
		t.Errorf("a redirect to %s: Strict cookies would not come along", got)
	}
	b.follow()
	b.shows(200, "You are signed in", "ann")
	if b.page.url.RequestURI() != "/login?x=1" || b.cookie("bailiwick-oidc") != "" {
		t.Errorf("at %s, cookie %q", b.page.url, b.cookie("bailiwick-oidc"))
	}
	events := s.events(t)
	if len(events) != 1 || events[0].UserID != ann.ID || !events[0].Succeeded() || events[0].Method != iam.LoginOAuth2 {
		t.Errorf("events: %+v", events)
	}
	for _, secret := range []string{"canary-client-secret", "code=", "state="} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, s.log.String())
		}
	}
}

// events are the organization's attempts to log in, oldest first.
func (s *site) events(t *testing.T) []iam.AuthenticationEvent {
	t.Helper()
	call := s.AsOwner(t).Call("ListAuthenticationEvents")
	call.Operation.Permission = "audit_trail:event:list"
	events, _, err := s.Authority.ListAuthenticationEvents(t.Context(), call, iam.AuthenticationEventFilter{Ascending: true, Size: 100}, "")
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// An owner names no organization.
func TestOIDCOwner(t *testing.T) {
	s, _ := withIDP(t, strings.ToUpper(bailiwicktest.OwnerEmail))
	b := s.browse(t)
	if b.provide(""); b.cookie("bailiwick-session") == "" {
		t.Errorf("the owner is not in: %d\n%s", b.page.status, b.page.body)
	}
	if b.provide(s.organization()); b.cookie("bailiwick-session") == "" {
		t.Error("the owner is not in its organization")
	}
}

// The provider is the first factor, not the second.
func TestOIDCSecondFactor(t *testing.T) {
	s, _ := withIDP(t, "ann@example.com")
	ann := s.hire(t, "ann")
	runner := s.AsUser(t, ann)
	secret, err := s.Authority.CreateUserMFAOTP(t.Context(), runner.Call("CreateUserMFAOTP"), ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	codes, err := s.Authority.ValidateUserMFAOTP(t.Context(), runner.Call("ValidateUserMFAOTP"), ann.ID, code(t, secret, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	b := s.browse(t)
	b.provide(s.organization())
	b.shows(200, "One more step")
	if b.cookie("bailiwick-session") != "" {
		t.Error("a session without the second factor")
	}
	b.send("/login/recovery-code", "code", codes[0])
	b.shows(200, "You are signed in")
}

// Who may not log in at a provider is told one thing, and gets no session.
func TestOIDCRefused(t *testing.T) {
	for name, c := range map[string]struct {
		set     func(t *testing.T, s *site, p *bailiwicktest.Provider)
		change  func(map[string]any)
		domains []string
		event   bool // the attempt is somebody's
	}{
		"not verified":            {change: func(c map[string]any) { c["email_verified"] = false }},
		"verified as text":        {change: func(c map[string]any) { c["email_verified"] = "true" }},
		"says nothing":            {change: func(c map[string]any) { delete(c, "email_verified") }},
		"verified in another way": {change: func(c map[string]any) { delete(c, "email_verified"); c["Email_Verified"] = true }},
		"another nonce":           {change: func(c map[string]any) { c["nonce"] = "x" }},
		"no nonce":                {change: func(c map[string]any) { delete(c, "nonce") }},
		"another audience":        {change: func(c map[string]any) { c["aud"] = "other" }},
		"another issuer":          {change: func(c map[string]any) { c["iss"] = "https://evil.example" }},
		"expired":                 {change: func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }},
		"old":                     {change: func(c map[string]any) { c["iat"] = time.Now().Add(-time.Hour).Unix() }},
		"nobody":                  {change: func(c map[string]any) { c["sub"] = "" }},
		"unknown address":         {set: func(t *testing.T, _ *site, p *bailiwicktest.Provider) { p.Is("1", "eve@example.com") }},
		"another domain":          {domains: []string{"example.org"}},
		"domain as an ending":     {domains: []string{"ample.com"}},
		"two users": {set: func(t *testing.T, s *site, _ *bailiwicktest.Provider) {
			if _, err := s.AsOwner(t).CreateUser(iam.NewMember{Username: "twin", Email: "ANN@example.com"}); err != nil {
				t.Fatal(err)
			}
		}},
		"method off": {event: true, set: func(t *testing.T, s *site, _ *bailiwicktest.Provider) {
			if _, err := s.AsOwner(t).UpdateOrganizationLoginMethods(s.First.Organization.ID, iam.LoginMethodsUpdate{OAuth2: new(false)}); err != nil {
				t.Fatal(err)
			}
		}},
		"locked": {event: true, set: func(t *testing.T, s *site, _ *bailiwicktest.Provider) {
			if _, err := s.AsOwner(t).LockUser(s.ann(t)); err != nil {
				t.Fatal(err)
			}
		}},
		"somebody else at the provider": {event: true, set: func(t *testing.T, s *site, p *bailiwicktest.Provider) {
			if b := s.browse(t); b.provide(s.organization()).status != 200 {
				t.Fatal("the first login")
			}
			p.Is("2", "ann@example.com")
		}},
		"another user's address": {event: true, set: func(t *testing.T, s *site, p *bailiwicktest.Provider) {
			s.hire(t, "bob")
			if b := s.browse(t); b.provide(s.organization()).status != 200 {
				t.Fatal("the first login")
			}
			p.Is("1", "bob@example.com")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s, p := withIDP(t, "ann@example.com", c.domains...)
			s.hire(t, "ann")
			if c.set != nil {
				c.set(t, s, p)
			}
			before := len(s.events(t))
			p.Claims(c.change)
			b := s.browse(t)
			b.provide(s.organization())
			b.shows(401, "You are not signed in")
			if b.cookie("bailiwick-session") != "" {
				t.Error("a session")
			}
			events := s.events(t)[before:]
			if (len(events) == 1) != c.event || c.event && (events[0].Succeeded() || events[0].Method != iam.LoginOAuth2) {
				t.Errorf("events: %+v", events)
			}
		})
	}
}

// ann is the id of the member ann.
func (s *site) ann(t *testing.T) iam.UserID {
	t.Helper()
	users, _, err := s.AsOwner(t).ListUsers(iam.UserFilter{Page: iam.Page{Number: 1, Size: 10}, Order: iam.Order{Field: "created_at"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		if u.Username == "ann" {
			return u.ID
		}
	}
	t.Fatal("there is no ann")
	return ""
}

// A new address frees the user from who it was at the provider.
func TestOIDCAddressChanged(t *testing.T) {
	s, p := withIDP(t, "ann@example.com")
	s.hire(t, "ann")
	b := s.browse(t)
	b.provide(s.organization())
	b.shows(200, "You are signed in")
	p.Is("2", "ann@example.org")
	if _, err := s.AsOwner(t).UpdateUser(s.ann(t), iam.UserUpdate{Email: new("ann@example.org")}); err != nil {
		t.Fatal(err)
	}
	b.provide(s.organization())
	b.shows(200, "You are signed in")
	if err := s.AsOwner(t).DeleteUser(s.ann(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AsOwner(t).CreateUser(iam.NewMember{Username: "anna", Email: "ann@example.org"}); err != nil {
		t.Fatal(err)
	}
	p.Is("3", "ann@example.org")
	b.provide(s.organization())
	b.shows(200, "You are signed in")
}

// The answer of a provider is worth nothing but once, in the browser that asked, at the address
// of the provider that was asked.
func TestOIDCAnswerStolen(t *testing.T) {
	p := bailiwicktest.NewProvider(t, "ann@example.com", nil)
	s := openAt(t, func(url string) bailiwicktest.Options {
		return bailiwicktest.Options{Providers: []authority.Provider{p.At(url, "acme"), p.At(url, "other")}}
	})
	s.hire(t, "ann")
	refused := func(name string, b *browser) {
		t.Helper()
		if b.page.status != 401 || b.cookie("bailiwick-session") != "" {
			t.Errorf("%s: %d, session %q", name, b.page.status, b.cookie("bailiwick-session"))
		}
	}
	attacker, victim := s.browse(t), s.browse(t)
	stolen := attacker.answer(attacker.begin(s.organization()))
	victim.do("GET", stolen, nil)
	refused("another browser", victim)
	victim.begin(s.organization())
	victim.do("GET", stolen, nil)
	refused("another browser with a login of its own", victim)

	b := s.browse(t)
	answer := b.answer(b.begin(s.organization()))
	pending := b.cookie("bailiwick-oidc")
	b.do("GET", strings.Replace(answer, "/acme/", "/other/", 1), nil)
	refused("mixed up", b)
	b.do("GET", answer, nil, "Cookie", "bailiwick-oidc="+pending)
	b.shows(200, "You are signed in")
	b.client.Jar.SetCookies(b.page.url, []*http.Cookie{{Name: "bailiwick-session", MaxAge: -1, Path: "/"}})
	again, _ := url.Parse(answer)
	again.RawQuery = url.Values{"state": again.Query()["state"], "code": {p.Again(again.Query().Get("state"))}}.Encode()
	b.do("GET", again.String(), nil, "Cookie", "bailiwick-oidc="+pending)
	refused("the state again, with a new code", b)

	for name, change := range map[string]func(url.Values){
		"no state":       func(q url.Values) { q.Del("state") },
		"another state":  func(q url.Values) { q.Set("state", "x") },
		"no code":        func(q url.Values) { q.Del("code") },
		"another code":   func(q url.Values) { q.Set("code", "x") },
		"refused":        func(q url.Values) { q.Set("error", "access_denied") },
		"another issuer": func(q url.Values) { q.Set("iss", "https://evil.example") },
	} {
		b := s.browse(t)
		answer, _ := url.Parse(b.answer(b.begin(s.organization())))
		q := answer.Query()
		change(q)
		answer.RawQuery = q.Encode()
		b.do("GET", answer.String(), nil)
		refused(name, b)
		if b.cookie("bailiwick-oidc") != "" {
			t.Errorf("%s: the login can be tried again", name)
		}
	}
}

// A foreign page cannot begin a login without the reader's word, and nothing leads elsewhere.
func TestOIDCStart(t *testing.T) {
	s, p := withIDP(t, "ann@example.com")
	b := s.browse(t)
	start := "/bailiwick/v1/login/oidc/acme/start?organization=" + s.organization()
	for _, site := range []string{"cross-site", "same-site"} {
		if b.do("GET", start, nil, "Sec-Fetch-Site", site); b.page.status != 200 || b.cookie("bailiwick-oidc") != "" {
			t.Errorf("%s: %d", site, b.page.status)
		}
	}
	b.send("/login/oidc/acme")
	b.follow()
	location, err := url.Parse(b.page.header.Get("Location"))
	if err != nil || b.page.status != 302 || !strings.HasPrefix(location.String(), p.URL+"/authorize?") {
		t.Fatalf("%d %s", b.page.status, location)
	}
	q := location.Query()
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(q.Get(name)) != 43 {
			t.Errorf("%s is %q", name, q.Get(name))
		}
	}
	if q.Get("code_challenge_method") != "S256" || q.Get("redirect_uri") != s.url+"/bailiwick/v1/login/oidc/acme/callback" {
		t.Errorf("%v", q)
	}
	cookie := b.page.header.Get("Set-Cookie")
	for _, part := range []string{"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=900"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %s", cookie, part)
		}
	}
	for _, secret := range []string{q.Get("nonce"), q.Get("state")} {
		if strings.Contains(cookie, secret) {
			t.Errorf("the cookie shows %q", secret)
		}
	}
	if b.get("/bailiwick/v1/login/oidc/nobody/start"); b.page.status != 404 {
		t.Errorf("an unknown provider: %d", b.page.status)
	}
	b.get(start + "&redirect=" + url.QueryEscape("https://evil.example"))
	b.do("GET", b.answer(b.page.header.Get("Location")), nil)
	if b.page.status != 401 || strings.Contains(b.page.body, "evil") {
		t.Errorf("%d\n%s", b.page.status, b.page.body)
	}
}

// A provider that is down is not the user's fault.
func TestOIDCUnavailable(t *testing.T) {
	s, p := withIDP(t, "ann@example.com")
	p.Claims(func(map[string]any) { panic(http.ErrAbortHandler) })
	b := s.browse(t)
	b.provide("")
	b.shows(503, "Not available")
}
