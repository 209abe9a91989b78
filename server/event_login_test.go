package server_test

import (
	"fmt"
	"testing"
	"time"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// aStep is how long a one-time password counts (RFC 6238).
const aStep = 30 * time.Second

// loginCases are the steps of a login and of a sign-up: what they leave is in the trail of
// attempts to log in, but for what they change beside.
func (s *stage) loginCases() map[string][]outcome {
	cases := map[string][]outcome{}
	add := func(operation, name string, status int, prepare func(*testing.T, person) (path, body string)) {
		cases[operation] = append(cases[operation], outcome{name, status, func(t *testing.T) asked {
			p := s.person(t)
			path, body := prepare(t, p)
			return asked{"/bailiwick/v1/" + path, body, nil, map[string]string{p.id: "person"}}
		}})
	}
	s.passwordCases(add)
	s.factorCases(add)
	s.mailCases(add)
	add("LoginRenew", succeeds, 200, func(t *testing.T, p person) (string, string) {
		return "login/renew", fmt.Sprintf(`{"renew_token":%q}`, s.entered(t, p, personsPassword).RenewToken)
	})
	add("LoginRenew", "a token that was used", 401, func(t *testing.T, p person) (string, string) {
		body := fmt.Sprintf(`{"renew_token":%q}`, s.entered(t, p, personsPassword).RenewToken)
		s.login(t, "renew", body)
		return "login/renew", body
	})
	cases["LoginSwitch"] = []outcome{{succeeds, 200, func(t *testing.T) asked {
		a := s.account(t)
		guest, token := s.invited(t, a)
		s.must(t, "POST", "/bailiwick/v1/invitations/accept", tokenBody(token), a.session)
		names := a.names()
		names[guest] = "guest"
		return asked{"/bailiwick/v1/login/switch", fmt.Sprintf(`{"organization_id":%q}`, s.First.Organization.ID), a.session, names}
	}}, {"not a guest", 404, func(t *testing.T) asked {
		a := s.account(t)
		return asked{"/bailiwick/v1/login/switch", fmt.Sprintf(`{"organization_id":%q}`, s.First.Organization.ID), a.session, a.names()}
	}}}
	return cases
}

// entered begins a login of a person.
func (s *stage) entered(t *testing.T, p person, password string) login {
	t.Helper()
	return s.enter(t, string(s.First.Organization.ID), p.name, password)
}

// begun is a login that waits for another proof.
func (s *stage) begun(t *testing.T, p person) string {
	t.Helper()
	in := s.entered(t, p, personsPassword)
	if in.LoginID == "" || in.Token != "" {
		t.Fatalf("a login without a further step: %+v", in)
	}
	return in.LoginID
}

func (s *stage) passwordCases(add func(string, string, int, func(*testing.T, person) (string, string))) {
	try := func(organization, username, password string) (string, string) {
		return "login/password", fmt.Sprintf(`{"organization":%q,"username":%q,"password":%q}`, organization, username, password)
	}
	org := string(s.First.Organization.ID)
	add("LoginPassword", succeeds, 200, func(_ *testing.T, p person) (string, string) { return try(org, p.name, personsPassword) })
	add("LoginPassword", "a wrong password", 401, func(_ *testing.T, p person) (string, string) { return try(org, p.name, "guess") })
	add("LoginPassword", "an unknown user", 401, func(*testing.T, person) (string, string) { return try(org, "nobody", "guess") })
	add("LoginPassword", "a locked user", 401, func(t *testing.T, p person) (string, string) {
		s.must(t, "POST", "/iam/v1alpha1/users/"+p.id+"/lock", "{}", s.own())
		return try(org, p.name, personsPassword)
	})
	add("LoginPassword", "the guess that locks", 401, func(t *testing.T, p person) (string, string) {
		const budget = 3
		s.must(t, "PATCH", "/iam/v1alpha1/organizations/"+org+"/security-settings", fmt.Sprintf(`{"login_attempts_before_locked":%d}`, budget), s.own())
		for range budget - 1 {
			s.entered(t, p, "guess")
		}
		return try(org, p.name, "guess")
	})
	add("LoginPassword", "a second factor is next", 200, func(t *testing.T, p person) (string, string) {
		s.enrolled(t, p)
		return try(org, p.name, personsPassword)
	})
	renewal := func(t *testing.T, password string, p person) (string, string) {
		settings := "/iam/v1alpha1/organizations/" + org + "/security-settings"
		s.must(t, "PATCH", settings, `{"enforce_password_renewal":true}`, s.own())
		id := s.begun(t, p)
		s.must(t, "PATCH", settings, `{"enforce_password_renewal":false}`, s.own())
		return "login/new-password", fmt.Sprintf(`{"login_id":%q,"password":%q}`, id, password)
	}
	add("LoginNewPassword", succeeds, 200, func(t *testing.T, p person) (string, string) { return renewal(t, otherPassword, p) })
	add("LoginNewPassword", "a weak password", 400, func(t *testing.T, p person) (string, string) { return renewal(t, "x", p) })
}

func (s *stage) factorCases(add func(string, string, int, func(*testing.T, person) (string, string))) {
	answer := func(step, id, code string) (string, string) {
		return "login/" + step, fmt.Sprintf(`{"login_id":%q,"code":%q}`, id, code)
	}
	add("LoginTOTP", succeeds, 200, func(t *testing.T, p person) (string, string) {
		secret, _ := s.enrolled(t, p)
		s.clock.pass(aStep)
		id := s.begun(t, p)
		return answer("totp", id, s.code(t, secret))
	})
	add("LoginTOTP", "a code that was used", 401, func(t *testing.T, p person) (string, string) {
		secret, _ := s.enrolled(t, p)
		id := s.begun(t, p)
		return answer("totp", id, s.code(t, secret))
	})
	add("LoginRecoveryCode", succeeds, 200, func(t *testing.T, p person) (string, string) {
		_, code := s.enrolled(t, p)
		return answer("recovery-code", s.begun(t, p), code)
	})
	add("LoginRecoveryCode", "a wrong code", 401, func(t *testing.T, p person) (string, string) {
		s.enrolled(t, p)
		return answer("recovery-code", s.begun(t, p), "guess")
	})
	add("LoginPasskeyStart", succeeds, 200, func(*testing.T, person) (string, string) { return "login/passkey/start", "{}" })
	touch := func(t *testing.T, d *bailiwicktest.Device, id string) (string, string) {
		q := s.askPasskey(t, id)
		return "login/passkey", passkeyBody(id, q.CeremonyID, d.Assert(q.Options))
	}
	add("LoginPasskey", "done: alone", 200, func(t *testing.T, p person) (string, string) {
		d, _ := s.registered(t, p)
		return touch(t, d, "")
	})
	add("LoginPasskey", "done: as the second step", 200, func(t *testing.T, p person) (string, string) {
		d, _ := s.registered(t, p)
		return touch(t, d, s.begun(t, p))
	})
	add("LoginPasskey", "another device", 401, func(t *testing.T, p person) (string, string) {
		s.registered(t, p)
		return touch(t, bailiwicktest.NewDevice(t, iam.UserID(p.id)), s.begun(t, p))
	})
}

func (s *stage) mailCases(add func(string, string, int, func(*testing.T, person) (string, string))) {
	org := string(s.First.Organization.ID)
	begin := func(p person) string { return fmt.Sprintf(`{"organization":%q,"username":%q}`, org, p.name) }
	coded := func(t *testing.T, p person) (id, code string) {
		s.mailed(t)
		id = s.login(t, "magic-code/start", begin(p)).LoginID
		return id, s.letter(t, iam.LetterMagicCode)
	}
	add("LoginMagicCodeStart", succeeds, 200, func(_ *testing.T, p person) (string, string) { return "login/magic-code/start", begin(p) })
	add("LoginMagicCode", succeeds, 200, func(t *testing.T, p person) (string, string) {
		id, code := coded(t, p)
		return "login/magic-code", fmt.Sprintf(`{"login_id":%q,"code":%q}`, id, code)
	})
	add("LoginMagicCode", "a wrong code", 401, func(t *testing.T, p person) (string, string) {
		id, _ := coded(t, p)
		return "login/magic-code", fmt.Sprintf(`{"login_id":%q,"code":"x"}`, id)
	})
	ask := fmt.Sprintf(`{"email":%q}`, bailiwicktest.OwnerEmail)
	add("LoginResetStart", succeeds, 204, func(*testing.T, person) (string, string) { return "login/reset/start", ask })
	add("LoginReset", succeeds, 204, func(t *testing.T, _ person) (string, string) {
		s.mailed(t)
		s.must(t, "POST", "/bailiwick/v1/login/reset/start", ask, nil)
		return "login/reset", fmt.Sprintf(`{"token":%q,"password":"a new one for the owner"}`, s.letter(t, iam.LetterPasswordReset))
	})
	add("LoginReset", "a wrong token", 401, func(*testing.T, person) (string, string) {
		return "login/reset", `{"token":"x","password":"a new one for the owner"}`
	})
	add("SignUp", succeeds, 204, func(*testing.T, person) (string, string) {
		return "sign-up", fmt.Sprintf(`{"email":"%s@example.com","password":%q,"name":"Zoe"}`, s.unique(), zoesPassword)
	})
}
