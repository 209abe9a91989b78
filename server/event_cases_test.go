package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/authority"
	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/server"
)

// outcome is one way in which a request can end: its name, the status, and what must be there
// before.
type outcome struct {
	name    string
	status  int
	prepare func(*testing.T) asked
}

const (
	succeeds = "done"
	refuses  = "refused"
)

// cases returns the requests that drive an operation, and whether the trails tell of it.
func (s *stage) cases(line server.Line) (cases []outcome, recorded bool) {
	if steps, ok := s.loginCases()[line.Name]; ok {
		return steps, true
	}
	if !line.Mutates || !line.Implemented {
		return nil, false
	}
	special := s.specialCases()
	if own, ok := special[line.Name]; ok {
		cases = append(cases, own...)
	} else {
		r, known := rows[line.Name]
		if !known {
			return nil, false
		}
		cases = append(cases, outcome{succeeds, s.success(line), func(t *testing.T) asked { return s.fromRow(t, line, r, s.own()) }})
	}
	if line.Anonymous {
		return cases, true // there is nobody whom the trail could name
	}
	return append(cases, outcome{refuses, 403, func(t *testing.T) asked {
		ask := s.fromRow(t, line, rows[line.Name], s.as(noPolicy))
		ask.names[s.applicationOf(t, noPolicy)] = "application"
		return ask
	}}), true
}

// success is the status of an operation that does what it is asked.
func (s *stage) success(line server.Line) int {
	if line.Void {
		return 204
	}
	return 200
}

func (s *stage) own() []string { return []string{"X-Auth-Token", s.secrets[theOwner]} }

func (s *stage) as(caller string) []string { return []string{"X-Auth-Token", s.secrets[caller]} }

// applicationOf is the application that a class of callers is.
func (s *stage) applicationOf(t *testing.T, caller string) string {
	t.Helper()
	proven, err := s.Authority.Authenticate(t.Context(), authority.Credential{Kind: authority.SecretKey, Value: s.secrets[caller]})
	if err != nil {
		t.Fatal(err)
	}
	return proven.Principal.ID
}

// fromRow asks as the row of the matrix does, for an object of our own.
func (s *stage) fromRow(t *testing.T, line server.Line, r row, headers []string) asked {
	t.Helper()
	ask := asked{headers: headers, names: map[string]string{}}
	id := ""
	if !r.bare {
		id = s.object(t, r.noun, own)
		ask.names[id] = "object"
	}
	s.join(t, r, own, id)
	fill := strings.NewReplacer("%s", id, "%u", s.unique(), "%k", own, "%o", string(s.First.Owner.ID))
	ask.path, ask.body = fillPath(line.Path, id), fill.Replace(r.body)
	if line.Method == "GET" || line.Method == "DELETE" {
		ask.body = ""
	}
	return ask
}

// object is that of the matrix, but for export jobs, which the matrix writes past the trail.
func (s *stage) object(t *testing.T, noun, kind string) string {
	t.Helper()
	if noun != "export_job" {
		return s.world.object(t, noun, kind)
	}
	s.noJob(t)
	return s.must(t, "POST", exportJobs, fmt.Sprintf(`{"name":%q,"s3":{"bucket":"evidence","region":"fr-par"}}`, s.unique()), s.own())["id"].(string)
}

const exportJobs = "/audit-trail/v1alpha1/regions/fr-par/export-jobs"

// noJob deletes the export job of the region: there can be one.
func (s *stage) noJob(t *testing.T) {
	t.Helper()
	for _, job := range s.must(t, "GET", exportJobs, "", s.own())["export_jobs"].([]any) {
		s.must(t, "DELETE", exportJobs+"/"+job.(map[string]any)["id"].(string), "", s.own())
	}
}

// person is a member with a key and a session of its own.
type person struct {
	id      string
	name    string
	key     []string
	session []string
	jti     string // of the session
}

const personsPassword = "a password of some length"

// person makes a member who has logged in.
func (s *stage) person(t *testing.T) person {
	t.Helper()
	u := s.member(t, s.Owner())
	_, secret := s.NewUserKey(t, u)
	p := person{id: string(u.ID), name: u.Username, key: []string{"X-Auth-Token", secret}}
	s.must(t, "POST", "/iam/v1alpha1/users/"+p.id+"/update-password", fmt.Sprintf(`{"password":%q}`, personsPassword), s.own())
	in := s.enter(t, string(u.OrganizationID), u.Username, personsPassword)
	if in.Token == "" {
		t.Fatalf("%s logs in: %+v", u.Username, in)
	}
	p.session, p.jti = []string{"X-Session-Token", in.Token}, in.JWT.JTI
	return p
}

// must makes a request that succeeds, and reads its answer.
func (s *stage) must(t *testing.T, method, path, body string, headers []string) (out map[string]any) {
	t.Helper()
	got := s.edge.send(t, method, path, body, headers...)
	if got.status/100 != 2 {
		t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
	}
	if got.body != "" {
		if err := json.Unmarshal([]byte(got.body), &out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// secretOf begins a second factor of a person and returns its secret.
func (s *stage) secretOf(t *testing.T, p person) string {
	t.Helper()
	return s.must(t, "POST", "/iam/v1alpha1/users/"+p.id+"/mfa-otp", "", p.session)["secret"].(string)
}

func (s *stage) code(t *testing.T, secret string) string {
	t.Helper()
	return do[string](t)(totp.GenerateCode(secret, s.clock.now()))
}

// enrolled gives a person a second factor, and returns its secret and a recovery code.
func (s *stage) enrolled(t *testing.T, p person) (secret, recovery string) {
	t.Helper()
	secret = s.secretOf(t, p)
	made := s.must(t, "POST", "/iam/v1alpha1/users/"+p.id+"/validate-mfa-otp", fmt.Sprintf(`{"one_time_password":%q}`, s.code(t, secret)), p.session)
	return secret, made["recovery_codes"].([]any)[0].(string)
}

// registered gives a person a passkey.
func (s *stage) registered(t *testing.T, p person) (*bailiwicktest.Device, string) {
	t.Helper()
	return register(t, s.api(t, p), p.id)
}

// api is the official client of a person's session.
func (s *stage) api(t *testing.T, p person) *sdk.API {
	t.Helper()
	client, err := scw.NewClient(scw.WithAPIURL(s.edge.url), scw.WithJWT(p.session[1]), scw.WithDefaultOrganizationID(string(s.First.Organization.ID)))
	if err != nil {
		t.Fatal(err)
	}
	return sdk.NewAPI(client)
}

// holder is an account: an owner of an organization of its own.
type holder struct {
	organization, owner, email string
	session                    []string
}

func (s *stage) account(t *testing.T) holder {
	t.Helper()
	email := s.unique() + "@example.com"
	s.mailed(t) // letters of before
	made, token := s.mustSignUp(t, email)
	return holder{made.Organization.ID, made.Owner.ID, email, []string{"X-Session-Token", token}}
}

func (a holder) names() map[string]string {
	return map[string]string{a.owner: "account", a.organization: "account's organization"}
}

// invited invites an account, and returns the guest and the token of the letter.
func (s *stage) invited(t *testing.T, a holder) (guest, token string) {
	t.Helper()
	s.mailed(t)
	guest = s.must(t, "POST", "/iam/v1alpha1/users", fmt.Sprintf(`{"email":%q}`, a.email), s.own())["id"].(string)
	return guest, s.letter(t, iam.LetterInvitation)
}

// letter is the secret of the newest letter of a kind.
func (s *stage) letter(t *testing.T, kind iam.LetterKind) (secret string) {
	t.Helper()
	for _, l := range s.mailed(t) {
		if l.Kind == kind {
			secret = l.Secret
		}
	}
	if secret == "" {
		t.Fatalf("no letter %s", kind)
	}
	return secret
}

// offer is a token with which an account connects itself with a person.
func (s *stage) offer(t *testing.T, id string, headers []string) string {
	t.Helper()
	return s.must(t, "POST", "/iam/v1alpha1/users/"+id+"/initiate-connection", "{}", headers)["token"].(string)
}

// aRule is the id of a rule of a list of alert rules.
func (s *stage) aRule(t *testing.T) string {
	t.Helper()
	list := s.must(t, "GET", "/audit-trail/v1alpha1/regions/fr-par/alert-rules", "", s.own())
	return list["alert_rules"].([]any)[0].(map[string]any)["id"].(string)
}

// specialCases are those in which an operation succeeds that no row of the matrix can give, because
// it is for one's own user only, for the operator, or needs something that waits.
func (s *stage) specialCases() map[string][]outcome {
	rules := "/audit-trail/v1alpha1/regions/fr-par/"
	cases := map[string][]outcome{}
	add := func(operation, name string, status int, prepare func(*testing.T) asked) {
		cases[operation] = append(cases[operation], outcome{name, status, prepare})
	}
	ofPerson := func(operation string, status int, prepare func(*testing.T, person) (path, body string, headers []string)) {
		add(operation, succeeds, status, func(t *testing.T) asked {
			p := s.person(t)
			path, body, headers := prepare(t, p)
			return asked{"/iam/v1alpha1/" + path, body, headers, map[string]string{p.id: "person"}}
		})
	}
	s.ownCases(ofPerson)
	s.accountCases(add)

	add("CreateUser", "done: a member", 200, func(*testing.T) asked {
		u := s.unique()
		return asked{"/iam/v1alpha1/users", fmt.Sprintf(`{"member":{"username":%q,"email":"%s@example.com","password":%q}}`, u, u, personsPassword), s.own(), map[string]string{}}
	})
	add("CreateUser", "done: a guest", 200, func(*testing.T) asked {
		return asked{"/iam/v1alpha1/users", fmt.Sprintf(`{"email":"%s@example.com"}`, s.unique()), s.own(), map[string]string{}}
	})
	add("SetRules", succeeds, 200, func(t *testing.T) asked {
		id := s.object(t, "policy", own)
		body := fmt.Sprintf(`{"policy_id":%q,"rules":[{"permission_set_names":["IAMReadOnly"],"organization_id":%q,"condition":"true"}]}`, id, s.First.Organization.ID)
		return asked{"/iam/v1alpha1/rules", body, s.own(), map[string]string{id: "object"}}
	})
	for operation, c := range map[string][2]string{
		"EnableAlertRules": {"enable-alert-rules", "alert_rule_ids"}, "DisableAlertRules": {"disable-alert-rules", "alert_rule_ids"}, "SetEnabledAlertRules": {"alert-rules", "enabled_alert_rule_ids"},
	} {
		add(operation, succeeds, 200, func(t *testing.T) asked {
			id := s.aRule(t)
			return asked{rules + c[0], fmt.Sprintf(`{%q:[%q]}`, c[1], id), s.own(), map[string]string{id: "rule"}}
		})
	}
	for operation, c := range map[string][2]string{
		"EnableCustomAlertRules": {"enable-custom-alert-rules", "custom_alert_rule_ids"}, "DisableCustomAlertRules": {"disable-custom-alert-rules", "custom_alert_rule_ids"},
		"SetEnabledCustomAlertRules": {"custom-alert-rules", "enabled_custom_alert_rule_ids"},
	} {
		add(operation, succeeds, 200, func(t *testing.T) asked {
			id := s.object(t, "custom_alert_rule", own) // enabled
			if operation == "EnableCustomAlertRules" {
				s.must(t, "POST", rules+"disable-custom-alert-rules", fmt.Sprintf(`{"custom_alert_rule_ids":[%q]}`, id), s.own())
			}
			return asked{rules + c[0], fmt.Sprintf(`{%q:[%q]}`, c[1], id), s.own(), map[string]string{id: "rule"}}
		})
	}
	add("CreateExportJob", succeeds, 200, func(t *testing.T) asked {
		s.noJob(t)
		return asked{exportJobs, fmt.Sprintf(`{"name":%q,"s3":{"bucket":"evidence","region":"fr-par"}}`, s.unique()), s.own(), map[string]string{}}
	})
	return cases
}

// ownCases are what a person does to itself.
func (s *stage) ownCases(add func(string, int, func(*testing.T, person) (string, string, []string))) {
	add("CreateUserMFAOTP", 200, func(_ *testing.T, p person) (string, string, []string) {
		return "users/" + p.id + "/mfa-otp", "", p.session
	})
	add("ValidateUserMFAOTP", 200, func(t *testing.T, p person) (string, string, []string) {
		return "users/" + p.id + "/validate-mfa-otp", fmt.Sprintf(`{"one_time_password":%q}`, s.code(t, s.secretOf(t, p))), p.session
	})
	add("DeleteUserMFAOTP", 204, func(t *testing.T, p person) (string, string, []string) {
		s.enrolled(t, p)
		return "users/" + p.id + "/mfa-otp", "", s.own()
	})
	add("CreateJWT", 200, func(_ *testing.T, p person) (string, string, []string) {
		return "jwts", fmt.Sprintf(`{"user_id":%q}`, p.id), p.key
	})
	add("StartUserWebAuthnRegistration", 200, func(_ *testing.T, p person) (string, string, []string) {
		return "users/" + p.id + "/start-webauthn-registration", "{}", p.session
	})
	add("FinishUserWebAuthnRegistration", 200, func(t *testing.T, p person) (string, string, []string) {
		begun := do[*sdk.StartUserWebAuthnRegistrationResponse](t)(s.api(t, p).StartUserWebAuthnRegistration(&sdk.StartUserWebAuthnRegistrationRequest{UserID: p.id}))
		body, err := json.Marshal(finish(bailiwicktest.NewDevice(t, iam.UserID(p.id)), p.id, begun))
		if err != nil {
			t.Fatal(err)
		}
		return "users/" + p.id + "/finish-webauthn-registration", string(body), p.session
	})
	add("UpdateWebAuthnAuthenticator", 200, func(t *testing.T, p person) (string, string, []string) {
		_, id := s.registered(t, p)
		return "webauthn-authenticator/" + id, `{"authenticator_name":"key ring"}`, p.session
	})
	add("InitiateUserConnection", 200, func(_ *testing.T, p person) (string, string, []string) {
		return "users/" + p.id + "/initiate-connection", "{}", p.session
	})
	joined := func(t *testing.T, p person) holder {
		a := s.account(t)
		s.must(t, "POST", "/iam/v1alpha1/users/"+p.id+"/join-connection", fmt.Sprintf(`{"token":%q}`, s.offer(t, a.owner, a.session)), p.session)
		return a
	}
	add("JoinUserConnection", 204, func(t *testing.T, p person) (string, string, []string) {
		a := s.account(t)
		return "users/" + p.id + "/join-connection", fmt.Sprintf(`{"token":%q}`, s.offer(t, a.owner, a.session)), p.session
	})
	add("RemoveUserConnection", 204, func(t *testing.T, p person) (string, string, []string) {
		return "users/" + p.id + "/remove-connection", fmt.Sprintf(`{"target_user_id":%q}`, joined(t, p).owner), p.session
	})
}

// accountCases are what accounts and the operator do to organizations.
func (s *stage) accountCases(add func(string, string, int, func(*testing.T) asked)) {
	for operation, how := range map[string]string{"AcceptInvitation": "accept", "RejectInvitation": "reject"} {
		add(operation, succeeds, map[string]int{"accept": 200, "reject": 204}[how], func(t *testing.T) asked {
			a := s.account(t)
			guest, token := s.invited(t, a)
			names := a.names()
			names[guest] = "guest"
			return asked{"/bailiwick/v1/invitations/" + how, tokenBody(token), a.session, names}
		})
	}
	add("ConfirmSignUp", succeeds, 200, func(t *testing.T) asked {
		s.mailed(t)
		s.signUp(t, s.unique()+"@example.com")
		return asked{"/bailiwick/v1/sign-up/confirm", fmt.Sprintf(`{"token":%q,"password":%q}`, s.letter(t, iam.LetterConfirmAddress), zoesPassword), nil, nil}
	})
	add("CreateOrganization", succeeds, 200, func(*testing.T) asked {
		body := fmt.Sprintf(`{"name":%q,"owner_email":"%s@example.com","owner_password":"another long password"}`, s.unique(), s.unique())
		return asked{"/bailiwick/v1/organizations", body, operator(), nil}
	})
	add("CloseOrganization", "done: by its owner", 204, func(t *testing.T) asked {
		a := s.account(t)
		return asked{"/bailiwick/v1/organizations/" + a.organization, "", a.session, a.names()}
	})
	add("CloseOrganization", "done: by the operator", 204, func(t *testing.T) asked {
		a := s.account(t)
		return asked{"/bailiwick/v1/organizations/" + a.organization, "", operator(), a.names()}
	})
	add("EraseUser", succeeds, 204, func(t *testing.T) asked {
		id := s.object(t, "user", deleted)
		path := "/bailiwick/v1/organizations/" + string(s.First.Organization.ID) + "/erase-user"
		return asked{path, fmt.Sprintf(`{"user_id":%q}`, id), operator(), map[string]string{id: "object"}}
	})
}
