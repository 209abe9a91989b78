package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/authority"
	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// stay is an installation in which zoe has an account of her own, and the first organization may
// invite her.
type stay struct {
	idp *bailiwicktest.Provider
	*edge
	api     *sdk.API // of the inviting organization's owner
	clock   *clock
	zoe     owned
	session string // hers, at home
}

func newStay(t *testing.T) *stay {
	t.Helper()
	c := newClock()
	idp := bailiwicktest.NewProvider(t, "ann@example.com", c.now)
	options := bailiwicktest.Options{SignUp: iam.SignUpOpen, Clock: c.now, Providers: []authority.Provider{idp.At(bailiwicktest.PublicURL, "acme")}}
	s := &stay{edge: startWith(t, options), clock: c, idp: idp}
	s.api = sdk.NewAPI(s.as(t, s.First.APIKey.SecretKey))
	s.zoe, s.session = s.mustSignUp(t, "zoe@example.com")
	return s
}

// invite invites an address and returns the guest and the token of the letter.
func (s *stay) invite(t *testing.T, email string) (*sdk.User, string) {
	t.Helper()
	guest := do[*sdk.User](t)(s.api.CreateUser(&sdk.CreateUserRequest{Email: &email}))
	letters := s.mailed(t)
	if len(letters) != 1 || letters[0].Kind != iam.LetterInvitation || letters[0].Address != email || letters[0].Organization != "default" || letters[0].Person != bailiwicktest.OwnerEmail {
		t.Fatalf("letters: %+v", letters)
	}
	return guest, letters[0].Secret
}

func (s *stay) answer(t *testing.T, how, body string, headers ...string) reply {
	t.Helper()
	return s.send(t, "POST", "/bailiwick/v1/invitations/"+how, body, headers...)
}

func tokenBody(token string) string { return fmt.Sprintf(`{"token":%q}`, token) }

// accepted invites zoe and accepts for her.
func (s *stay) accepted(t *testing.T) *sdk.User {
	t.Helper()
	guest, token := s.invite(t, "zoe@example.com")
	if got := s.answer(t, "accept", tokenBody(token), "X-Session-Token", s.session); got.status != 200 {
		t.Fatalf("accept: %+v", got)
	}
	return guest
}

// switched opens a session of the guest.
func (s *stay) switched(t *testing.T, session string) login {
	t.Helper()
	return s.enterPlace(t, string(s.First.Organization.ID), session)
}

func (e *edge) enterPlace(t *testing.T, organization, session string) (l login) {
	t.Helper()
	got := e.send(t, "POST", "/bailiwick/v1/login/switch", fmt.Sprintf(`{"organization_id":%q}`, organization), "X-Session-Token", session)
	if err := json.Unmarshal([]byte(got.body), &l); err != nil {
		t.Fatalf("switch: %v: %s", err, got.body)
	}
	l.Status = got.status
	return l
}

// An account is invited, is nothing while it has not accepted, and then has in that organization
// what its policies give it, and there alone.
func TestInvitation(t *testing.T) {
	s := newStay(t)
	org := string(s.First.Organization.ID)
	guest, token := s.invite(t, "Zoe@example.com")
	if guest.Type != "guest" || *guest.Status != sdk.UserStatusInvitationPending || guest.AccountRootUserID != "" || guest.Mfa {
		t.Errorf("invited: %+v", guest)
	}
	do[*sdk.Policy](t)(s.api.CreatePolicy(&sdk.CreatePolicyRequest{Name: "guests", UserID: &guest.ID, Rules: []*sdk.RuleSpecs{
		{PermissionSetNames: &[]string{"IAMReadOnly"}, OrganizationID: &org},
	}}))
	may := func() bool {
		got := s.send(t, "POST", "/access/v1/evaluation", fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":"iam:group:list"},"resource":{"type":"iam:group","id":"x"}}`, guest.ID), s.owner()...)
		return strings.Contains(got.body, `"decision":true`)
	}
	if may() {
		t.Error("a pending guest has rights")
	}
	if got := s.switched(t, s.session); got.Status != 404 {
		t.Errorf("a pending guest switches: %+v", got)
	}
	if got := s.login(t, "password", fmt.Sprintf(`{"organization":%q,"username":"zoe@example.com","password":%q}`, org, zoesPassword)); got.Status != 401 {
		t.Errorf("a pending guest logs in: %+v", got)
	}

	in := []string{"X-Session-Token", s.session}
	list := s.send(t, "GET", "/bailiwick/v1/invitations", "", in...)
	if list.status != 200 || strings.Count(list.body, `"id"`) != 1 || !strings.Contains(list.body, guest.ID) || strings.Contains(list.body, token) {
		t.Errorf("invitations: %+v", list)
	}
	got := s.answer(t, "accept", tokenBody(token), in...)
	if got.status != 200 || !strings.Contains(got.body, `"status":"activated"`) || !strings.Contains(got.body, `"type":"guest"`) {
		t.Fatalf("accept: %+v", got)
	}
	if !may() {
		t.Error("an accepted guest lacks its rights")
	}
	if again := s.answer(t, "accept", tokenBody(token), in...); again.status != 400 {
		t.Errorf("a token twice: %+v", again)
	}

	place := s.switched(t, s.session)
	if place.Status != 200 || s.whoami(t, place.Token) != guest.ID {
		t.Fatalf("switch: %+v", place)
	}
	there := []string{"X-Session-Token", place.Token}
	for path, want := range map[string]int{
		"/iam/v1alpha1/groups?organization_id=" + org: 200, "/iam/v1alpha1/groups?organization_id=" + s.zoe.Organization.ID: 403,
		"/account/v3/projects/" + s.zoe.Organization.ID: 404, "/bailiwick/v1/invitations": 403,
	} {
		if got := s.send(t, "GET", path, "", there...); got.status != want {
			t.Errorf("%s: %+v, want %d", path, got, want)
		}
	}
	if got := s.send(t, "POST", "/iam/v1alpha1/groups", `{"name":"x"}`, there...); got.status != 403 {
		t.Errorf("more than the policy gives: %+v", got)
	}
	if got := s.enterPlace(t, s.zoe.Organization.ID, place.Token); got.Status != 404 {
		t.Errorf("from the guest home: %+v", got)
	}

	// Both organizations have it in their trail, each with its own user; no token is in either.
	for _, c := range []struct {
		user    string
		headers []string
	}{{guest.ID, s.owner()}, {s.zoe.Owner.ID, in}} {
		events := s.send(t, "GET", "/audit-trail/v1alpha1/regions/fr-par/events?method_name=AcceptInvitation", "", c.headers...)
		if strings.Count(events.body, `"AcceptInvitation"`) != 1 || !strings.Contains(events.body, c.user) || strings.Contains(events.body, token) {
			t.Errorf("events: %s", events.body)
		}
	}
	users := s.send(t, "GET", "/iam/v1alpha1/users?type=guest", "", s.owner()...)
	if strings.Count(users.body, `"type":"guest"`) != 1 || !strings.Contains(users.body, `"total_count":1`) {
		t.Errorf("guests: %s", users.body)
	}
}

// Who logs in may go straight to the organization in which it is a guest.
func TestGuestLogsIn(t *testing.T) {
	s := newStay(t)
	org := string(s.First.Organization.ID)
	guest := s.accepted(t)
	for name, body := range map[string]string{
		"by address":  fmt.Sprintf(`{"organization":%q,"email":"ZOE@example.com","password":%q}`, org, zoesPassword),
		"by username": fmt.Sprintf(`{"organization":%q,"username":"zoe@example.com","password":%q}`, org, zoesPassword),
	} {
		got := s.login(t, "password", body)
		if got.Status != 200 || s.whoami(t, got.Token) != guest.ID {
			t.Errorf("%s: %+v", name, got)
		}
	}
	wrong := fmt.Sprintf(`{"organization":%q,"username":"zoe@example.com","password":"wrong"}`, org)
	for range 12 {
		if got := s.login(t, "password", wrong); got.Status != 401 {
			t.Errorf("a wrong password: %+v", got)
		}
	}
	if u := do[*sdk.User](t)(s.api.GetUser(&sdk.GetUserRequest{UserID: guest.ID})); u.Locked {
		t.Error("strangers lock a guest out by guessing")
	}
	code := s.login(t, "magic-code/start", fmt.Sprintf(`{"organization":%q,"email":"zoe@example.com"}`, org))
	letters := s.mailed(t)
	s.clock.pass(10 * time.Minute / 2)
	if got := s.login(t, "magic-code", fmt.Sprintf(`{"login_id":%q,"code":%q}`, code.LoginID, letters[0].Secret)); got.Status != 200 || s.whoami(t, got.Token) != guest.ID {
		t.Errorf("by code: %+v", got)
	}
	do[*sdk.User](t)(s.api.LockUser(&sdk.LockUserRequest{UserID: guest.ID}))
	if got := s.switched(t, s.session); got.Status != 404 {
		t.Errorf("a locked guest switches: %+v", got)
	}
	if got := s.send(t, "GET", "/iam/v1alpha1/groups", "", "X-Session-Token", s.session); got.status != 200 {
		t.Errorf("the account of a locked guest: %+v", got)
	}
}

// What is wrong with a token has one look and changes nothing.
func TestInvitationRefused(t *testing.T) {
	s := newStay(t)
	_, mallory := s.mustSignUp(t, "mallory@example.com")
	guest, old := s.invite(t, "zoe@example.com")
	again, token := s.invite(t, "zoe@example.com")
	if again.ID != guest.ID || old == token {
		t.Errorf("invited again: %s and %s", guest.ID, again.ID)
	}
	in := []string{"X-Session-Token", s.session}
	var looks []string
	for name, got := range map[string]reply{
		"replaced":            s.answer(t, "accept", tokenBody(old), in...),
		"forwarded":           s.answer(t, "accept", tokenBody(token), "X-Session-Token", mallory),
		"rejected by another": s.answer(t, "reject", tokenBody(token), "X-Session-Token", mallory),
		"cut":                 s.answer(t, "accept", tokenBody(token[:len(token)-1]), in...),
		"upper":               s.answer(t, "accept", tokenBody(strings.ToUpper(token)), in...),
		"foreign":             s.answer(t, "accept", tokenBody(s.zoe.Organization.ID+token[36:]), in...),
		"nothing":             s.answer(t, "accept", tokenBody("."), in...),
	} {
		if got.status != 400 {
			t.Errorf("%s: %+v", name, got)
		}
		looks = append(looks, got.body)
	}
	for _, look := range looks {
		if look != looks[0] {
			t.Errorf("two looks: %s and %s", looks[0], look)
		}
	}
	if got := s.answer(t, "accept", `{}`, in...); got.status != 400 {
		t.Errorf("no token: %+v", got)
	}
	byID := fmt.Sprintf(`{"invitation_id":%q}`, guest.ID)
	if got := s.answer(t, "accept", byID, "X-Session-Token", mallory); got.status != 404 {
		t.Errorf("somebody else's by id: %+v", got)
	}
	self := s.whoami(t, mallory)
	if got := s.send(t, "PATCH", "/iam/v1alpha1/users/"+self, `{"email":"zoe@example.com"}`, "X-Session-Token", mallory); got.status != 200 {
		t.Fatalf("claim: %+v", got)
	}
	if got := s.answer(t, "accept", byID, "X-Session-Token", mallory); got.status != 412 {
		t.Errorf("by a claimed address: %+v", got)
	}
	member := s.hire(t, s.api, "ann")
	ann := s.enter(t, string(s.First.Organization.ID), "ann", annsPassword)
	if got := s.answer(t, "accept", tokenBody(token), "X-Session-Token", ann.Token); got.status != 403 || member.ID == "" {
		t.Errorf("a member: %+v", got)
	}
	s.clock.pass(7 * 24 * time.Hour)
	late := s.mustEnter(t, "zoe@example.com", zoesPassword)
	if got := s.answer(t, "accept", tokenBody(token), "X-Session-Token", late); got.status != 400 || got.body != looks[0] {
		t.Errorf("expired: %+v", got)
	}
	if got := s.answer(t, "accept", byID, "X-Session-Token", late); got.status != 404 {
		t.Errorf("expired, by id: %+v", got)
	}
	if n, err := s.Authority.ExpireInvitations(t.Context()); n != 1 || err != nil {
		t.Errorf("expired: %d, %v", n, err)
	}
	if _, err := s.api.GetUser(&sdk.GetUserRequest{UserID: guest.ID}); err == nil {
		t.Error("an expired guest is still there")
	}
}

// A guest is rejected by its account, and leaves; the organization removes it. The account stays.
func TestGuestGoes(t *testing.T) {
	s := newStay(t)
	gone := func(id string) bool {
		_, err := s.api.GetUser(&sdk.GetUserRequest{UserID: id})
		return err != nil
	}
	in := []string{"X-Session-Token", s.session}
	guest, _ := s.invite(t, "zoe@example.com")
	if got := s.answer(t, "reject", fmt.Sprintf(`{"invitation_id":%q}`, guest.ID), in...); got.status != 204 || !gone(guest.ID) {
		t.Errorf("reject: %+v", got)
	}
	guest = s.accepted(t)
	place := s.switched(t, s.session)
	there := []string{"X-Session-Token", place.Token}
	key := s.send(t, "POST", "/iam/v1alpha1/api-keys", fmt.Sprintf(`{"user_id":%q}`, guest.ID), there...)
	var made sdk.APIKey
	if err := json.Unmarshal([]byte(key.body), &made); err != nil || key.status != 200 {
		t.Fatalf("key of a guest: %+v", key)
	}
	for name, got := range map[string]reply{
		"password by manager": s.send(t, "POST", "/iam/v1alpha1/users/"+guest.ID+"/update-password", `{"password":"another long password"}`, s.owner()...),
		"password by guest":   s.send(t, "POST", "/iam/v1alpha1/users/"+guest.ID+"/update-password", `{"password":"another long password"}`, there...),
		"factor":              s.send(t, "DELETE", "/iam/v1alpha1/users/"+guest.ID+"/mfa-otp", "", s.owner()...),
		"own factor":          s.send(t, "POST", "/iam/v1alpha1/users/"+guest.ID+"/mfa-otp", "", there...),
		"address":             s.send(t, "PATCH", "/iam/v1alpha1/users/"+guest.ID, `{"email":"x@example.com"}`, s.owner()...),
		"username":            s.send(t, "POST", "/iam/v1alpha1/users/"+guest.ID+"/update-username", `{"username":"zed"}`, s.owner()...),
	} {
		if got.status != 412 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := s.send(t, "PATCH", "/iam/v1alpha1/users/"+guest.ID, `{"tags":["external"]}`, s.owner()...); got.status != 200 {
		t.Errorf("tags: %+v", got)
	}
	if got := s.send(t, "DELETE", "/iam/v1alpha1/users/"+guest.ID, "", there...); got.status != 204 || !gone(guest.ID) {
		t.Fatalf("leave: %+v", got)
	}
	for name, headers := range map[string][]string{"session": there, "key": {"X-Auth-Token", *made.SecretKey}} {
		if got := s.send(t, "GET", "/iam/v1alpha1/jwts", "", headers...); got.status != 401 {
			t.Errorf("%s of a guest that left: %+v", name, got)
		}
	}
	if got := s.send(t, "GET", "/iam/v1alpha1/groups", "", in...); got.status != 200 {
		t.Errorf("the account: %+v", got)
	}

	guest = s.accepted(t)
	if err := s.api.DeleteUser(&sdk.DeleteUserRequest{UserID: guest.ID}); err != nil {
		t.Fatal(err)
	}
	if got := s.switched(t, s.session); got.Status != 404 {
		t.Errorf("a removed guest: %+v", got)
	}
	guest = s.accepted(t)
	if got := s.send(t, "DELETE", "/bailiwick/v1/organizations/"+s.zoe.Organization.ID, "", in...); got.status != 204 || !gone(guest.ID) {
		t.Errorf("the account closes its organization: %+v", got)
	}

	ann := s.hire(t, s.api, "ann")
	self := s.enter(t, string(s.First.Organization.ID), "ann", annsPassword)
	if got := s.send(t, "DELETE", "/iam/v1alpha1/users/"+ann.ID, "", "X-Session-Token", self.Token); got.status != 204 {
		t.Errorf("a member deletes itself: %+v", got)
	}
}

// Two answers at once are one.
func TestInvitationAcceptedAtOnce(t *testing.T) {
	s := newStay(t)
	_, token := s.invite(t, "zoe@example.com")
	statuses := make(chan int, 8)
	for range cap(statuses) {
		go func() { statuses <- s.answer(t, "accept", tokenBody(token), "X-Session-Token", s.session).status }()
	}
	count := map[int]int{}
	for range cap(statuses) {
		count[<-statuses]++
	}
	if count[200] != 1 || count[400] != cap(statuses)-1 {
		t.Errorf("statuses: %v", count)
	}
}

// The account's password and factors count for its guests: a change ends their sessions, and what
// the organization demands of them is judged when they come.
func TestGuestsFollowTheirAccount(t *testing.T) {
	s := newStay(t)
	guest := s.accepted(t)
	place := s.switched(t, s.session)
	if got := s.send(t, "POST", "/iam/v1alpha1/users/"+s.zoe.Owner.ID+"/update-password", `{"password":"loud harbour lantern eight"}`, "X-Session-Token", s.session); got.status != 200 {
		t.Fatalf("password: %+v", got)
	}
	if s.knows(t, place.Token) != 401 || s.knows(t, s.session) != 200 {
		t.Error("a new password must end the sessions of guests, and not the one that set it")
	}
	place = s.switched(t, s.session)
	s.mailed(t)
	s.enrol(t, s.zoe.Owner.ID, s.session)
	if s.knows(t, place.Token) != 401 {
		t.Error("a new factor leaves the session of a guest")
	}
	if u := do[*sdk.User](t)(s.api.GetUser(&sdk.GetUserRequest{UserID: guest.ID})); !u.Mfa {
		t.Error("the guest of an account with a second factor has none")
	}
	in := s.login(t, "password", fmt.Sprintf(`{"organization":%q,"email":"zoe@example.com","password":"loud harbour lantern eight"}`, s.First.Organization.ID))
	if in.Token != "" || len(in.Next) != 1 || in.Next[0] != "totp" {
		t.Errorf("a guest without its account's factor: %+v", in)
	}
	if got := s.send(t, "DELETE", "/iam/v1alpha1/users/"+s.zoe.Owner.ID+"/mfa-otp", "", "X-Session-Token", s.session); got.status != 204 {
		t.Fatalf("remove: %+v", got)
	}
	if got := s.send(t, "PATCH", "/bailiwick/v1/login-policy", `{"mfa_required":true}`, s.owner()...); got.status != 200 {
		t.Fatalf("policy: %+v", got)
	}
	if got := s.switched(t, s.session); got.Status != 200 {
		t.Errorf("within the grace period: %+v", got)
	}
	s.clock.pass(3 * 24 * time.Hour)
	late := s.mustEnter(t, "zoe@example.com", "loud harbour lantern eight")
	if got := s.switched(t, late); got.Status != 404 {
		t.Errorf("after the grace period: %+v", got)
	}
	if u := do[*sdk.User](t)(s.api.GetUser(&sdk.GetUserRequest{UserID: guest.ID})); !u.Locked {
		t.Error("a guest that let its period pass is not locked")
	}
}

// Only a session of the account's own login switches.
func TestSwitchNeedsALogin(t *testing.T) {
	s := newStay(t)
	s.accepted(t)
	key := s.send(t, "POST", "/iam/v1alpha1/api-keys", fmt.Sprintf(`{"user_id":%q}`, s.zoe.Owner.ID), "X-Session-Token", s.session)
	var made sdk.APIKey
	if err := json.Unmarshal([]byte(key.body), &made); err != nil {
		t.Fatal(err)
	}
	var session struct{ Token string }
	byKey := s.send(t, "POST", "/iam/v1alpha1/jwts", fmt.Sprintf(`{"user_id":%q}`, s.zoe.Owner.ID), "X-Auth-Token", *made.SecretKey)
	if err := json.Unmarshal([]byte(byKey.body), &session); err != nil || session.Token == "" {
		t.Fatalf("session: %+v", byKey)
	}
	if got := s.switched(t, session.Token); got.Status != 404 {
		t.Errorf("by a session of a key: %+v", got)
	}
	body := fmt.Sprintf(`{"organization_id":%q}`, s.First.Organization.ID)
	if got := s.send(t, "POST", "/bailiwick/v1/login/switch", body, "X-Auth-Token", *made.SecretKey); got.status != 404 {
		t.Errorf("by a key: %+v", got)
	}
}

// An account that the operator gives a second organization switches there, and not back.
func TestAccountOfTwoOrganizations(t *testing.T) {
	s := newStay(t)
	got := s.send(t, "POST", "/bailiwick/v1/organizations", `{"name":"second","owner_email":"zoe@example.com"}`, operator()...)
	var made owned
	if err := json.Unmarshal([]byte(got.body), &made); err != nil || got.status != 200 {
		t.Fatalf("second: %+v", got)
	}
	if made.Owner.AccountRootUserID != s.zoe.Owner.AccountRootUserID {
		t.Error("two accounts of one address")
	}
	place := s.enterPlace(t, made.Organization.ID, s.session)
	if place.Status != 200 || s.whoami(t, place.Token) != made.Owner.ID {
		t.Fatalf("switch: %+v", place)
	}
	if back := s.enterPlace(t, s.zoe.Organization.ID, place.Token); back.Status != 404 {
		t.Errorf("back: %+v", back)
	}
	straight := s.login(t, "password", fmt.Sprintf(`{"organization":%q,"email":"zoe@example.com","password":%q}`, made.Organization.ID, zoesPassword))
	if straight.Status != 200 || s.whoami(t, straight.Token) != made.Owner.ID {
		t.Errorf("straight: %+v", straight)
	}
}

// The letters to a new member: none, how to log in, or that with the password.
func TestWelcome(t *testing.T) {
	s := newStay(t)
	for _, c := range []struct {
		welcome, password bool
		want              []string
	}{{false, false, nil}, {true, false, []string{""}}, {false, true, []string{annsPassword}}, {true, true, []string{annsPassword}}} {
		username := fmt.Sprintf("m%v%v", c.welcome, c.password)
		do[*sdk.User](t)(s.api.CreateUser(&sdk.CreateUserRequest{Member: &sdk.CreateUserRequestMember{
			Username: username, Email: username + "@example.com", Password: annsPassword, SendWelcomeEmail: c.welcome, SendPasswordEmail: c.password,
		}}))
		letters := s.mailed(t)
		if len(letters) != len(c.want) {
			t.Errorf("%+v: letters %+v", c, letters)
			continue
		}
		for i, l := range letters {
			if l.Kind != iam.LetterWelcome || l.Secret != c.want[i] || l.Person != username || l.Organization != "default" {
				t.Errorf("%+v: %+v", c, l)
			}
		}
	}
	if got := s.send(t, "POST", "/iam/v1alpha1/users", `{"member":{"username":"nn","email":"nn@example.com","send_password_email":true}}`, s.owner()...); got.status != 400 {
		t.Errorf("no password to mail: %+v", got)
	}
}

// enrol sets up one-time passwords for the user of a session, at the time of the test's clock.
func (s *stay) enrol(t *testing.T, user, session string) {
	t.Helper()
	var made sdk.MFAOTP
	got := s.send(t, "POST", "/iam/v1alpha1/users/"+user+"/mfa-otp", "", "X-Session-Token", session)
	if err := json.Unmarshal([]byte(got.body), &made); err != nil || got.status != 200 {
		t.Fatalf("enrol: %+v, %v", got, err)
	}
	code := do[string](t)(totp.GenerateCode(made.Secret, s.clock.now()))
	got = s.send(t, "POST", "/iam/v1alpha1/users/"+user+"/validate-mfa-otp", fmt.Sprintf(`{"one_time_password":%q}`, code), "X-Session-Token", session)
	if got.status != 200 {
		t.Fatalf("validate: %+v", got)
	}
}

// A mailed code proves the address to which it was mailed, and is void once the owner claims another
// one. Read where it was mailed, it does.
func TestCodeProvesItsAddress(t *testing.T) {
	s := newStay(t)
	in := []string{"X-Session-Token", s.session}
	finish := func(l login, code string) int {
		t.Helper()
		return s.login(t, "magic-code", fmt.Sprintf(`{"login_id":%q,"code":%q}`, l.LoginID, code)).Status
	}
	start := func(email string) (login, string) {
		t.Helper()
		l := s.login(t, "magic-code/start", fmt.Sprintf(`{"email":%q}`, email))
		return l, s.mailed(t)[0].Secret
	}
	begun, code := start("zoe@example.com")
	if got := s.send(t, "PATCH", "/iam/v1alpha1/users/"+s.zoe.Owner.ID, `{"email":"new@example.com"}`, in...); got.status != 200 {
		t.Fatalf("claim: %+v", got)
	}
	if status := finish(begun, code); status != 401 {
		t.Errorf("a code to the old address: %d", status)
	}
	if got := s.send(t, "GET", "/bailiwick/v1/invitations", "", in...); got.status != 412 {
		t.Errorf("after a code to the old address: %+v", got)
	}
	if status := finish(start("new@example.com")); status != 200 {
		t.Errorf("a code to the new address: %d", status)
	}
	if got := s.send(t, "GET", "/bailiwick/v1/invitations", "", in...); got.status != 200 {
		t.Errorf("after a code to the new address: %+v", got)
	}
}
