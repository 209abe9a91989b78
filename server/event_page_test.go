package server_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/authority"
	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/identity"
)

// aForm is a form of a page that is ready to be sent.
type aForm struct {
	path    string
	fields  map[string]string
	session string // the id of the session of who sends it; "": of nobody
	of      iam.OrganizationID
	names   map[string]string
}

// onPages is what the pages of the login leave that change something or let somebody in: what they do
// goes past the operation table.
func (s *stage) onPages(t *testing.T) (all []told) {
	t.Helper()
	for _, c := range s.pageCases() {
		f := c.form(t)
		before := s.heads(t)
		s.clock.pass(time.Second)
		token := identity.NewToken()
		values, cookies := url.Values{"csrf": {token}}, "__Host-bailiwick-form="+token
		for name, value := range f.fields {
			values.Set(name, value)
		}
		if f.session != "" {
			cookies += "; __Host-bailiwick-session=" + s.Authority.PageCookie(iam.Session{ID: iam.SessionID(f.session), OrganizationID: f.of})
		}
		got := s.edge.send(t, "POST", f.path, values.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Cookie", cookies, "User-Agent", "trail-test/1")
		if got.status != c.status {
			t.Errorf("%s, %s: %d, want %d\n%s", f.path, c.name, got.status, c.status, got.body)
		}
		one := told{Operation: "page " + f.path, Outcome: c.name, Status: got.status}
		s.collect(t, &one, before, s.naming(f.names, got.header.Get("X-Request-Id")))
		if left := len(one.Events) + len(one.Logins) + len(one.System); left == 0 != c.silent {
			t.Errorf("%s, %s: %d entries tell of it", f.path, c.name, left)
		}
		all = append(all, one)
	}
	return append(all, s.atProvider(t)...)
}

type pageCase struct {
	name   string
	status int
	form   func(*testing.T) aForm
	silent bool // changes nothing of any organization: nobody is in yet, or has proven anything
}

func (s *stage) pageCases() (cases []pageCase) {
	add := func(name string, status int, prepare func(*testing.T, person) (path string, fields map[string]string)) {
		cases = append(cases, pageCase{name: name, status: status, form: func(t *testing.T) aForm {
			p := s.person(t)
			path, fields := prepare(t, p)
			return aForm{path: path, fields: fields, names: map[string]string{p.id: "person"}}
		}})
	}
	own := func(name string, status int, prepare func(*testing.T, person) (path string, fields map[string]string)) {
		cases = append(cases, pageCase{name: name, status: status, form: func(t *testing.T) aForm {
			p := s.person(t)
			path, fields := prepare(t, p)
			return aForm{path, fields, p.jti, s.First.Organization.ID, map[string]string{p.id: "person"}}
		}})
	}
	s.loginPages(add)
	s.securityPages(own)
	for _, how := range []string{"accept", "reject"} {
		cases = append(cases, pageCase{name: succeeds, status: 200, form: func(t *testing.T) aForm {
			a := s.account(t)
			guest, token := s.invited(t, a)
			names := a.names()
			names[guest] = "guest"
			in := s.enter(t, a.organization, a.email, zoesPassword)
			return aForm{"/invitations/" + how, map[string]string{"token": token}, in.JWT.JTI, iam.OrganizationID(a.organization), names}
		}})
	}
	return append(cases, s.accountPages()...)
}

// accountPages are the pages of somebody who is not in: those of a new account, and of a forgotten
// password. What only has a letter mailed leaves nothing: who asks may be anybody.
func (s *stage) accountPages() (cases []pageCase) {
	add := func(name string, status int, silent bool, form func(*testing.T) aForm) {
		cases = append(cases, pageCase{name, status, form, silent})
	}
	add(succeeds, 200, true, func(*testing.T) aForm {
		return aForm{path: "/sign-up", fields: map[string]string{"email": s.unique() + "@example.com", "name": "Zoe", "password": zoesPassword}}
	})
	confirm := func(t *testing.T, password string) aForm {
		s.mailed(t) // letters of before
		s.signUp(t, s.unique()+"@example.com")
		return aForm{path: "/sign-up/confirm", fields: map[string]string{"token": s.letter(t, iam.LetterConfirmAddress), "password": password}}
	}
	add(succeeds, 200, false, func(t *testing.T) aForm { return confirm(t, zoesPassword) })
	add("a wrong password", 401, true, func(t *testing.T) aForm { return confirm(t, "a stranger's guess") })
	add(succeeds, 200, true, func(t *testing.T) aForm {
		a := s.account(t)
		return aForm{path: "/login/reset/start", fields: map[string]string{"email": a.email}, names: a.names()}
	})
	add("an address that nobody has", 200, true, func(*testing.T) aForm {
		return aForm{path: "/login/reset/start", fields: map[string]string{"email": s.unique() + "@example.com"}}
	})
	reset := func(t *testing.T, token func(string) string) aForm {
		a := s.account(t)
		s.must(t, "POST", "/bailiwick/v1/login/reset/start", fmt.Sprintf(`{"email":%q}`, a.email), nil)
		return aForm{path: "/login/reset", fields: map[string]string{"token": token(s.letter(t, iam.LetterPasswordReset)), "password": otherPassword}, names: a.names()}
	}
	add(succeeds, 200, false, func(t *testing.T) aForm { return reset(t, func(token string) string { return token }) })
	add("a wrong token", 401, true, func(t *testing.T) aForm { return reset(t, func(string) string { return "x" }) })
	return cases
}

func (s *stage) loginPages(add func(string, int, func(*testing.T, person) (string, map[string]string))) {
	org := string(s.First.Organization.ID)
	typed := func(p person, password string) map[string]string {
		return map[string]string{"organization": org, "username": p.name, "password": password}
	}
	add(succeeds, 303, func(_ *testing.T, p person) (string, map[string]string) {
		return "/login/password", typed(p, personsPassword)
	})
	add("a wrong password", 401, func(_ *testing.T, p person) (string, map[string]string) {
		return "/login/password", typed(p, "guess")
	})
	step := func(id, code string) map[string]string { return map[string]string{"login_id": id, "code": code} }
	add(succeeds, 303, func(t *testing.T, p person) (string, map[string]string) {
		secret, _ := s.enrolled(t, p)
		s.clock.pass(aStep)
		id := s.begun(t, p)
		return "/login/totp", step(id, s.code(t, secret))
	})
	add("a wrong code", 401, func(t *testing.T, p person) (string, map[string]string) {
		s.enrolled(t, p)
		return "/login/totp", step(s.begun(t, p), "000000")
	})
	add(succeeds, 303, func(t *testing.T, p person) (string, map[string]string) {
		_, code := s.enrolled(t, p)
		return "/login/recovery-code", step(s.begun(t, p), code)
	})
	add(succeeds, 303, func(t *testing.T, p person) (string, map[string]string) {
		settings := "/iam/v1alpha1/organizations/" + org + "/security-settings"
		s.must(t, "PATCH", settings, `{"enforce_password_renewal":true}`, s.own())
		id := s.begun(t, p)
		s.must(t, "PATCH", settings, `{"enforce_password_renewal":false}`, s.own())
		return "/login/new-password", map[string]string{"login_id": id, "password": otherPassword}
	})
	add(succeeds, 303, func(t *testing.T, p person) (string, map[string]string) {
		d, _ := s.registered(t, p)
		q := s.askPasskey(t, "")
		return "/login/passkey", map[string]string{"ceremony_id": q.CeremonyID, "credential": d.Assert(q.Options)}
	})
	add(succeeds, 303, func(t *testing.T, p person) (string, map[string]string) {
		s.mailed(t)
		id := s.login(t, "magic-code/start", fmt.Sprintf(`{"organization":%q,"username":%q}`, org, p.name)).LoginID
		return "/login/magic-code", step(id, s.letter(t, iam.LetterMagicCode))
	})
}

func (s *stage) securityPages(add func(string, int, func(*testing.T, person) (string, map[string]string))) {
	add(succeeds, 200, func(*testing.T, person) (string, map[string]string) {
		return "/security/password", map[string]string{"password": otherPassword}
	})
	add(succeeds, 200, func(*testing.T, person) (string, map[string]string) { return "/security/totp", nil })
	add(succeeds, 200, func(t *testing.T, p person) (string, map[string]string) {
		return "/security/totp/validate", map[string]string{"code": s.code(t, s.secretOf(t, p))}
	})
	add(succeeds, 200, func(*testing.T, person) (string, map[string]string) { return "/security/passkeys/start", nil })
	add(succeeds, 303, func(t *testing.T, p person) (string, map[string]string) {
		begun := do[*sdk.StartUserWebAuthnRegistrationResponse](t)(s.api(t, p).StartUserWebAuthnRegistration(&sdk.StartUserWebAuthnRegistrationRequest{UserID: p.id}))
		made := finish(bailiwicktest.NewDevice(t, iam.UserID(p.id)), p.id, begun)
		encode := base64.RawURLEncoding.EncodeToString
		return "/security/passkeys", map[string]string{
			"ceremony_id": begun.CeremonyID, "name": "phone",
			"raw_id": encode(made.RawID), "client_data_json": encode(made.ClientDataJSON), "attestation_object": encode(made.AttestationObject),
		}
	})
	add(succeeds, 303, func(t *testing.T, p person) (string, map[string]string) {
		_, id := s.registered(t, p)
		return "/security/passkeys/delete", map[string]string{"id": id}
	})
	add(succeeds, 303, func(*testing.T, person) (string, map[string]string) {
		return "/authenticate", map[string]string{"target": "http://localhost:8080/callback"}
	})
	add(succeeds, 200, func(*testing.T, person) (string, map[string]string) { return "/logout", nil })
}

// atProvider is what logins at an OpenID provider leave.
func (s *stage) atProvider(t *testing.T) (all []told) {
	t.Helper()
	for _, c := range []struct {
		name    string
		offered bool
		email   func(person) string
		status  int
	}{
		{succeeds, true, func(p person) string { return p.name + "@example.com" }, 200},
		{"the organization does not want it", false, func(p person) string { return p.name + "@example.com" }, 401},
		{"somebody whom nobody knows", true, func(person) string { return "nobody@example.com" }, 401},
	} {
		s.must(t, "PATCH", "/iam/v1alpha1/organizations/"+string(s.First.Organization.ID)+"/login-methods", fmt.Sprintf(`{"login_oauth2_enabled":%t}`, c.offered), s.own())
		p := s.person(t)
		s.idp.Is(p.id, c.email(p))
		begun := s.edge.send(t, "GET", "/bailiwick/v1/login/oidc/acme/start?organization="+string(s.First.Organization.ID), "")
		location, err := url.Parse(begun.header.Get("Location"))
		kept := regexp.MustCompile(`bailiwick-oidc=([^;]+)`).FindStringSubmatch(strings.Join(begun.header.Values("Set-Cookie"), " "))
		if err != nil || kept == nil {
			t.Fatalf("a login at a provider: %+v, %v", begun, err)
		}
		back := s.idp.Visit("acme", authority.OIDCQuestion{Redirect: location.String()})
		before := s.heads(t)
		s.clock.pass(time.Second)
		got := s.edge.send(t, "GET", "/bailiwick/v1/login/oidc/acme/callback?"+url.Values{"state": {back.State}, "code": {back.Code}}.Encode(), "",
			"Cookie", "__Host-bailiwick-oidc="+kept[1], "User-Agent", "trail-test/1")
		if got.status != c.status {
			t.Errorf("a login at a provider, %s: %d, want %d\n%s", c.name, got.status, c.status, got.body)
		}
		one := told{Operation: "a login at a provider", Outcome: c.name, Status: got.status}
		s.collect(t, &one, before, s.naming(map[string]string{p.id: "person"}, got.header.Get("X-Request-Id")))
		all = append(all, one)
	}
	return all
}

// fires makes an event for which an enabled rule fires.
func (s *stage) fires(t *testing.T) {
	t.Helper()
	rules := "/audit-trail/v1alpha1/regions/fr-par/"
	s.must(t, "POST", rules+"custom-alert-rules", `{"name":"watched","description":"","severity":"info",`+
		`"query":"methodName == \"CreateApplication\" && resourceName == \"watched\"","occurrences":1,"evaluation_window":"60s"}`, s.own())
	if err := s.Authority.EvaluateAlerts(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.clock.pass(time.Second)
	s.must(t, "POST", "/iam/v1alpha1/applications", `{"name":"watched"}`, s.own())
	s.mailed(t) // letters of before
}

// exported runs the export job of a day that is over, against object storage that takes all or nothing.
func (s *stage) exported(t *testing.T, outcome error) error {
	t.Helper()
	return s.Authority.RunExports(t.Context(), func(context.Context, iam.ExportObject) error { return outcome })
}

var errBucket = errors.New("the bucket answers 403 AccessDenied")
