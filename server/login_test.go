package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/bailiwicktest"
)

const (
	annsPassword  = "vivid-lantern-orbit-47"
	otherPassword = "quiet-harbor-walnut-19"
)

// login is the answer to a step of a login.
type login struct {
	Status     int
	JWT        struct{ JTI, AudienceID string }
	Token      string
	RenewToken string `json:"renew_token"`
	LoginID    string `json:"login_id"`
	Next       []string
}

func (e *edge) login(t *testing.T, step, body string) (l login) {
	t.Helper()
	got := e.send(t, "POST", "/bailiwick/v1/login/"+step, body)
	if err := json.Unmarshal([]byte(got.body), &l); err != nil {
		t.Fatalf("%s: %v: %s", step, err, got.body)
	}
	l.Status = got.status
	return l
}

// enter logs in with a password.
func (e *edge) enter(t *testing.T, organization, username, password string) login {
	t.Helper()
	return e.login(t, "password", fmt.Sprintf(`{"organization":%q,"username":%q,"password":%q}`, organization, username, password))
}

// knows is the status of a request with a session token.
func (e *edge) knows(t *testing.T, token string) int {
	t.Helper()
	return e.send(t, "GET", "/iam/v1alpha1/jwts", "", "X-Session-Token", token).status
}

func (e *edge) hire(t *testing.T, api *sdk.API, username string) *sdk.User {
	t.Helper()
	return do[*sdk.User](t)(api.CreateUser(&sdk.CreateUserRequest{Member: &sdk.CreateUserRequestMember{
		Username: username, Email: username + "@example.com", Password: annsPassword,
	}}))
}

// A member logs in, makes its first API key with its session, renews it, and ends it.
func TestLogin(t *testing.T) {
	e := start(t)
	owner := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	ann := e.hire(t, owner, "ann")
	do[*sdk.Organization](t)(owner.SetOrganizationAlias(&sdk.SetOrganizationAliasRequest{Alias: "acme"}))

	in := e.enter(t, "acme", "ann", annsPassword)
	if in.Status != 200 || in.Token == "" || in.RenewToken == "" || in.Next != nil {
		t.Fatalf("login: %+v", in)
	}
	client, err := scw.NewClient(scw.WithAPIURL(e.url), scw.WithJWT(in.Token), scw.WithDefaultOrganizationID(string(e.First.Organization.ID)))
	if err != nil {
		t.Fatal(err)
	}
	self := sdk.NewAPI(client)
	key := do[*sdk.APIKey](t)(self.CreateAPIKey(&sdk.CreateAPIKeyRequest{UserID: &ann.ID}))
	sessions := do[*sdk.ListJWTsResponse](t)(sdk.NewAPI(e.as(t, *key.SecretKey)).ListJWTs(&sdk.ListJWTsRequest{AudienceID: ann.ID}))
	if sessions.TotalCount != 1 || sessions.Jwts[0].AudienceID != ann.ID || sessions.Jwts[0].IP.String() != "127.0.0.1" {
		t.Errorf("sessions: %+v", sessions)
	}

	again := e.login(t, "renew", fmt.Sprintf(`{"renew_token":%q}`, in.RenewToken))
	if again.Status != 200 || again.JWT.JTI != in.JWT.JTI || again.RenewToken == in.RenewToken || e.knows(t, again.Token) != 200 {
		t.Errorf("renewed: %+v", again)
	}
	if reused := e.login(t, "renew", fmt.Sprintf(`{"renew_token":%q}`, in.RenewToken)); reused.Status != 401 {
		t.Errorf("a used renew token: %+v", reused)
	}
	if e.knows(t, again.Token) != 401 || e.login(t, "renew", fmt.Sprintf(`{"renew_token":%q}`, again.RenewToken)).Status != 401 {
		t.Error("the session goes on after its renew token was used twice")
	}

	second := e.enter(t, string(e.First.Organization.ID), "ann", annsPassword)
	if err := self.DeleteJWT(&sdk.DeleteJWTRequest{Jti: second.JWT.JTI}); err == nil {
		t.Error("a token of a session that has ended still acts")
	}
	if err := sdk.NewAPI(e.as(t, *key.SecretKey)).DeleteJWT(&sdk.DeleteJWTRequest{Jti: second.JWT.JTI}); err != nil || e.knows(t, second.Token) != 401 {
		t.Errorf("ending a session: %v", err)
	}
	keys := e.send(t, "GET", "/.well-known/jwks.json", "")
	if keys.status != 200 || !strings.Contains(keys.body, `"kty":"EC"`) || strings.Contains(keys.body, `"d"`) {
		t.Errorf("key set: %s", keys.body)
	}
}

// The owner logs in with its address, in whatever case.
func TestOwnerLogin(t *testing.T) {
	e := start(t)
	for email, want := range map[string]int{bailiwicktest.OwnerEmail: 200, strings.ToUpper(bailiwicktest.OwnerEmail): 200, "nobody@example.com": 401} {
		if got := e.login(t, "password", fmt.Sprintf(`{"email":%q,"password":"correct horse battery staple"}`, email)); got.Status != want {
			t.Errorf("%s: %d", email, got.Status)
		}
	}
}

// All refusals are one answer: a stranger learns nothing of who is there.
func TestLoginRefused(t *testing.T) {
	e := start(t)
	owner := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	org := string(e.First.Organization.ID)
	e.hire(t, owner, "ann")
	locked := e.hire(t, owner, "locked")
	do[*sdk.User](t)(owner.LockUser(&sdk.LockUserRequest{UserID: locked.ID}))
	do[*sdk.User](t)(owner.CreateUser(&sdk.CreateUserRequest{Member: &sdk.CreateUserRequestMember{Username: "keyless", Email: "k@example.com"}}))
	bodies := map[string]bool{}
	for _, c := range [][3]string{
		{org, "ann", "wrong"}, {org, "ann", annsPassword + " "}, {org, "ANN", annsPassword}, {org, "nobody", annsPassword},
		{"acme", "ann", annsPassword}, {org, "locked", annsPassword}, {org, "keyless", "x"}, {"00000000-0000-4000-8000-000000000000", "ann", annsPassword},
	} {
		got := e.send(t, "POST", "/bailiwick/v1/login/password", fmt.Sprintf(`{"organization":%q,"username":%q,"password":%q}`, c[0], c[1], c[2]))
		bodies[got.body] = true
		if got.status != 401 {
			t.Errorf("%v: %d %s", c, got.status, got.body)
		}
	}
	if len(bodies) != 1 {
		t.Errorf("the answers differ: %v", bodies)
	}
	for _, body := range []string{`{}`, `{"username":"ann","password":"x"}`, `{"organization":"acme","username":"ann"}`, `{"email":"a@b.c","username":"ann","organization":"x","password":"x"}`} {
		if got := e.send(t, "POST", "/bailiwick/v1/login/password", body); got.status != 400 {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	do[*sdk.Organization](t)(owner.UpdateOrganizationLoginMethods(&sdk.UpdateOrganizationLoginMethodsRequest{LoginPasswordEnabled: new(false)}))
	if got := e.enter(t, org, "ann", annsPassword); got.Status != 401 {
		t.Errorf("without the method: %d", got.Status)
	}
	if got := e.login(t, "password", fmt.Sprintf(`{"email":%q,"password":"correct horse battery staple"}`, bailiwicktest.OwnerEmail)); got.Status != 200 {
		t.Errorf("the owner is outside of the methods: %d", got.Status)
	}
}

// Of many guesses at once no more are looked at than the organization allows; then the member
// is locked, its sessions end, and unlocking gives it its attempts back.
func TestGuessing(t *testing.T) {
	e := start(t)
	owner := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	org := string(e.First.Organization.ID)
	ann := e.hire(t, owner, "ann")
	do[*sdk.OrganizationSecuritySettings](t)(owner.UpdateOrganizationSecuritySettings(&sdk.UpdateOrganizationSecuritySettingsRequest{LoginAttemptsBeforeLocked: new(uint32(4))}))
	before := e.enter(t, org, "ann", annsPassword)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if got := e.enter(t, org, "ann", "guess"); got.Status != 401 {
				t.Errorf("a guess: %d", got.Status)
			}
		})
	}
	wg.Wait()
	if got := e.enter(t, org, "ann", annsPassword); got.Status != 401 || e.knows(t, before.Token) != 401 {
		t.Errorf("after the guesses: %d, the session %d", got.Status, e.knows(t, before.Token))
	}
	if u := do[*sdk.User](t)(owner.GetUser(&sdk.GetUserRequest{UserID: ann.ID})); !u.Locked {
		t.Error("the member is not locked")
	}
	do[*sdk.User](t)(owner.UnlockUser(&sdk.UnlockUserRequest{UserID: ann.ID}))
	if got := e.enter(t, org, "ann", annsPassword); got.Status != 200 {
		t.Errorf("unlocked: %d", got.Status)
	}
	looked := 0
	for _, a := range e.attempts(t) {
		if a.FailureReason != nil && *a.FailureReason == trail.AuthenticationEventFailureReasonInvalidPassword {
			looked++
		}
	}
	if looked == 0 || looked > 4 {
		t.Errorf("%d guesses were looked at, 4 are allowed", looked)
	}
}

// attempts lists all authentication events, oldest first.
func (e *edge) attempts(t *testing.T) (all []*trail.AuthenticationEvent) {
	t.Helper()
	api := trail.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	for token := (*string)(nil); ; {
		page := do[*trail.ListAuthenticationEventsResponse](t)(api.ListAuthenticationEvents(&trail.ListAuthenticationEventsRequest{
			OrderBy: trail.ListAuthenticationEventsRequestOrderByRecordedAtAsc, PageSize: new(uint32(7)), PageToken: token,
		}))
		all = append(all, page.Events...)
		if token = page.NextPageToken; token == nil {
			return all
		}
	}
}

// One-time passwords: set up by the user itself, asked for at each login, good once; recovery
// codes in their place; and a manager who takes a lost device away.
func TestTOTPLogin(t *testing.T) {
	e := start(t)
	owner := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	org := string(e.First.Organization.ID)
	ann := e.hire(t, owner, "ann")
	first, other := e.enter(t, org, "ann", annsPassword), e.enter(t, org, "ann", annsPassword)
	client, err := scw.NewClient(scw.WithAPIURL(e.url), scw.WithJWT(first.Token), scw.WithDefaultOrganizationID(org))
	if err != nil {
		t.Fatal(err)
	}
	self := sdk.NewAPI(client)
	if _, err := owner.CreateUserMFAOTP(&sdk.CreateUserMFAOTPRequest{UserID: ann.ID}); err == nil {
		t.Error("somebody else saw the secret")
	}
	secret := do[*sdk.MFAOTP](t)(self.CreateUserMFAOTP(&sdk.CreateUserMFAOTPRequest{UserID: ann.ID})).Secret
	code := func(ago time.Duration) string {
		return do[string](t)(totp.GenerateCode(secret, time.Now().Add(-ago)))
	}
	if got := e.enter(t, org, "ann", annsPassword); got.Next != nil {
		t.Errorf("a factor that is not validated is asked for: %+v", got)
	}
	codes := do[*sdk.ValidateUserMFAOTPResponse](t)(self.ValidateUserMFAOTP(&sdk.ValidateUserMFAOTPRequest{UserID: ann.ID, OneTimePassword: code(30 * time.Second)})).RecoveryCodes
	if len(codes) == 0 || e.knows(t, first.Token) != 200 || e.knows(t, other.Token) != 401 {
		t.Errorf("%d recovery codes; own session %d, other session %d", len(codes), e.knows(t, first.Token), e.knows(t, other.Token))
	}
	step := func(kind, code string) (login, login) {
		t.Helper()
		began := e.enter(t, org, "ann", annsPassword)
		if began.Status != 200 || began.Token != "" || len(began.Next) != 1 || began.Next[0] != "totp" {
			t.Fatalf("login with a second factor: %+v", began)
		}
		return began, e.login(t, kind, fmt.Sprintf(`{"login_id":%q,"code":%q}`, began.LoginID, code))
	}
	now := code(0)
	began, got := step("totp", now)
	if got.Status != 200 || e.knows(t, got.Token) != 200 {
		t.Errorf("one-time password: %+v", got)
	}
	if got := e.login(t, "totp", fmt.Sprintf(`{"login_id":%q,"code":%q}`, began.LoginID, now)); got.Status != 401 {
		t.Errorf("a login that is over: %+v", got)
	}
	for _, wrong := range []string{now, "000000", "", codes[0]} {
		if _, got := step("totp", wrong); got.Status != 401 {
			t.Errorf("one-time password %q: %+v", wrong, got)
		}
	}
	for _, want := range []int{200, 401} {
		if _, got := step("recovery-code", codes[0]); got.Status != want {
			t.Errorf("recovery code: %+v, want %d", got, want)
		}
	}
	if err := owner.DeleteUserMFAOTP(&sdk.DeleteUserMFAOTPRequest{UserID: ann.ID}); err != nil {
		t.Fatal(err)
	}
	if got := e.enter(t, org, "ann", annsPassword); got.Next != nil || got.Token == "" {
		t.Errorf("after the removal: %+v", got)
	}
}

// A member whose organization wants it replaces the password that it was given before it gets a
// session; whoever waits longer than the grace period is locked.
func TestForcedRenewal(t *testing.T) {
	e := start(t)
	owner := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	org := string(e.First.Organization.ID)
	ann := e.hire(t, owner, "ann")
	do[*sdk.OrganizationSecuritySettings](t)(owner.UpdateOrganizationSecuritySettings(&sdk.UpdateOrganizationSecuritySettingsRequest{EnforcePasswordRenewal: new(true)}))
	began := e.enter(t, org, "ann", annsPassword)
	if began.Token != "" || len(began.Next) != 1 || began.Next[0] != "new_password" {
		t.Fatalf("login: %+v", began)
	}
	periods := do[*sdk.ListGracePeriodsResponse](t)(owner.ListGracePeriods(&sdk.ListGracePeriodsRequest{UserID: &ann.ID})).GracePeriods
	if len(periods) != 1 || periods[0].Type != sdk.GracePeriodTypeUpdatePassword || periods[0].ExpiresAt.Sub(*periods[0].CreatedAt) != 72*time.Hour {
		t.Errorf("grace periods: %+v", periods)
	}
	for password, want := range map[string]int{annsPassword: 400, "short": 400, "ann@example.com": 400} {
		if got := e.login(t, "new-password", fmt.Sprintf(`{"login_id":%q,"password":%q}`, began.LoginID, password)); got.Status != want {
			t.Errorf("%q: %+v", password, got)
		}
	}
	got := e.login(t, "new-password", fmt.Sprintf(`{"login_id":%q,"password":%q}`, began.LoginID, otherPassword))
	if got.Status != 200 || e.knows(t, got.Token) != 200 {
		t.Errorf("new password: %+v", got)
	}
	if old, now := e.enter(t, org, "ann", annsPassword), e.enter(t, org, "ann", otherPassword); old.Status != 401 || now.Token == "" {
		t.Errorf("the old one: %+v, the new one: %+v", old, now)
	}
	periods = do[*sdk.ListGracePeriodsResponse](t)(owner.ListGracePeriods(&sdk.ListGracePeriodsRequest{UserID: &ann.ID})).GracePeriods
	if len(periods) != 0 {
		t.Errorf("grace periods after the renewal: %+v", periods)
	}
}

// A member whose organization demands a second factor gets a session to set one up, and a period
// to do so; the list of periods says until when.
func TestRequiredMFA(t *testing.T) {
	e := start(t)
	owner := sdk.NewAPI(e.as(t, e.First.APIKey.SecretKey))
	ann := e.hire(t, owner, "ann")
	policy := func(method, body string) string {
		t.Helper()
		got := e.send(t, method, "/bailiwick/v1/login-policy", body, "X-Auth-Token", e.First.APIKey.SecretKey)
		if got.status != 200 {
			t.Errorf("%s: %d", method, got.status)
		}
		return got.body
	}
	if got := policy("PATCH", `{"mfa_required":true}`); got != `{"mfa_required":true,"password_inactivity":"0s"}` || policy("GET", "") != got {
		t.Errorf("policy: %s", got)
	}
	if got := e.send(t, "PATCH", "/bailiwick/v1/login-policy", `{"password_inactivity":"5s"}`, "X-Auth-Token", e.First.APIKey.SecretKey); got.status != 400 {
		t.Errorf("an inactivity of seconds: %d %s", got.status, got.body)
	}
	periods := func() []*sdk.GracePeriod {
		return do[*sdk.ListGracePeriodsResponse](t)(owner.ListGracePeriods(&sdk.ListGracePeriodsRequest{UserID: &ann.ID})).GracePeriods
	}
	if len(periods()) != 0 {
		t.Errorf("a period before the first login: %+v", periods())
	}
	if in := e.enter(t, string(e.First.Organization.ID), "ann", annsPassword); in.Token == "" {
		t.Errorf("login: %+v", in)
	}
	if p := periods(); len(p) != 1 || p[0].Type != sdk.GracePeriodTypeSetMfa || p[0].ExpiresAt.Sub(*p[0].CreatedAt) != 72*time.Hour {
		t.Errorf("periods: %+v", p)
	}
}
