package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
)

const zoesPassword = "quiet harbour lantern seven"

// clock is a time that only the test moves.
type clock struct {
	mutex sync.Mutex
	at    time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.at = c.at.Add(d)
}

func (e *edge) signUp(t *testing.T, email string) reply {
	t.Helper()
	return e.send(t, "POST", "/bailiwick/v1/sign-up", fmt.Sprintf(`{"email":%q,"password":%q,"name":"Zoe and friends","first_name":"Zoe","locale":"fr_FR"}`, email, zoesPassword))
}

func (e *edge) confirm(t *testing.T, token, password string) reply {
	t.Helper()
	return e.send(t, "POST", "/bailiwick/v1/sign-up/confirm", fmt.Sprintf(`{"token":%q,"password":%q}`, token, password))
}

// owned is what a confirmed sign-up answers.
type owned struct {
	Organization struct{ ID, Name string }
	Owner        sdk.User
}

// mustSignUp makes an account, and returns it with a session of its owner.
func (e *edge) mustSignUp(t *testing.T, email string) (o owned, token string) {
	t.Helper()
	if got := e.signUp(t, email); got.status != 204 {
		t.Fatalf("sign-up: %+v", got)
	}
	letters := e.mailed(t)
	if len(letters) != 1 || letters[0].Kind != iam.LetterConfirmAddress {
		t.Fatalf("letters: %+v", letters)
	}
	got := e.confirm(t, letters[0].Secret, zoesPassword)
	if err := json.Unmarshal([]byte(got.body), &o); err != nil || got.status != 200 {
		t.Fatalf("confirm: %+v, %v", got, err)
	}
	return o, e.mustEnter(t, email, zoesPassword)
}

// mustEnter logs an owner in.
func (e *edge) mustEnter(t *testing.T, email, password string) (token string) {
	t.Helper()
	in := e.login(t, "password", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password))
	if in.Status != 200 || in.Token == "" {
		t.Fatalf("%s logs in: %+v", email, in)
	}
	return in.Token
}

// Somebody signs up: a letter goes out, its token and the password make the organization, once,
// and the account logs in and owns it.
func TestSignUp(t *testing.T) {
	e := startWith(t, bailiwicktest.Options{SignUp: iam.SignUpOpen})
	if got := e.signUp(t, "Zoe@example.com"); got.status != 204 || got.body != "" {
		t.Fatalf("sign-up: %+v", got)
	}
	if got := e.login(t, "password", fmt.Sprintf(`{"email":"zoe@example.com","password":%q}`, zoesPassword)); got.Status != 401 {
		t.Errorf("an account before it is confirmed: %+v", got)
	}
	letters := e.mailed(t)
	if len(letters) != 1 || letters[0].Kind != iam.LetterConfirmAddress || letters[0].Address != "Zoe@example.com" || letters[0].OrganizationID != "" {
		t.Fatalf("letters: %+v", letters)
	}
	token := letters[0].Secret
	for name, got := range map[string]reply{
		"another password": e.confirm(t, token, "another password of somebody"), "no token": e.confirm(t, "", zoesPassword),
		"cut": e.confirm(t, token[:len(token)-1], zoesPassword), "long": e.confirm(t, strings.Repeat(token, 10), zoesPassword),
	} {
		if got.status != 401 || !strings.Contains(got.body, `"denied_authentication"`) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	var made owned
	got := e.confirm(t, token, zoesPassword)
	if err := json.Unmarshal([]byte(got.body), &made); err != nil || got.status != 200 {
		t.Fatalf("confirm: %+v, %v", got, err)
	}
	if strings.Contains(got.body, "secret") || made.Organization.Name != "Zoe and friends" || made.Owner.Type != "owner" || made.Owner.FirstName != "Zoe" || made.Owner.Locale != "fr_FR" {
		t.Errorf("made: %s", got.body)
	}
	if again := e.confirm(t, token, zoesPassword); again.status != 401 {
		t.Errorf("a token twice: %+v", again)
	}

	session := e.mustEnter(t, "zoe@EXAMPLE.com", zoesPassword)
	in := []string{"X-Session-Token", session}
	if got := e.send(t, "GET", "/iam/v1alpha1/groups", "", in...); got.status != 200 || !strings.Contains(got.body, "Administrators") {
		t.Errorf("groups: %+v", got)
	}
	if got := e.send(t, "GET", "/iam/v1alpha1/api-keys", "", in...); !strings.Contains(got.body, `"total_count":0`) {
		t.Errorf("keys that nobody was shown: %+v", got)
	}
	if got := e.send(t, "GET", "/account/v3/projects/"+made.Organization.ID, "", in...); got.status != 200 {
		t.Errorf("default project: %+v", got)
	}
	events := e.send(t, "GET", "/audit-trail/v1alpha1/regions/fr-par/events?method_name=ConfirmSignUp", "", in...)
	if strings.Count(events.body, `"method_name":"ConfirmSignUp"`) != 1 || !strings.Contains(events.body, made.Owner.ID) || strings.Contains(events.body, token) || strings.Contains(events.body, zoesPassword) {
		t.Errorf("events: %s", events.body)
	}
	if got := e.send(t, "GET", "/iam/v1alpha1/users/"+string(e.First.Owner.ID), "", in...); got.status != 404 {
		t.Errorf("another organization's user: %+v", got)
	}
}

// The answer does not tell who has an account; the letter does, to its reader.
func TestSignUpToldToTheReaderAlone(t *testing.T) {
	e := startWith(t, bailiwicktest.Options{SignUp: iam.SignUpOpen})
	fresh, known := e.signUp(t, "new@example.com"), e.signUp(t, strings.ToUpper(bailiwicktest.OwnerEmail))
	if fresh.status != known.status || fresh.body != known.body {
		t.Errorf("%+v and %+v", fresh, known)
	}
	var kinds []string
	for _, l := range e.mailed(t) {
		kinds = append(kinds, string(l.Kind)+" "+strings.ToLower(l.Address))
		if l.Kind == iam.LetterAccountExists && l.Secret != "" {
			t.Error("the letter to a known address holds a token")
		}
	}
	if got := strings.Join(kinds, ", "); got != "confirm_address new@example.com, account_exists "+bailiwicktest.OwnerEmail {
		t.Errorf("letters: %s", got)
	}
}

// An address that an owner has only claimed keeps nobody from signing up with it, and nobody's
// login then meets the one who claimed it.
func TestClaimedAddress(t *testing.T) {
	e := startWith(t, bailiwicktest.Options{SignUp: iam.SignUpOpen})
	_, thief := e.mustSignUp(t, "thief@example.com")
	self := e.whoami(t, thief)
	if got := e.send(t, "PATCH", "/iam/v1alpha1/users/"+self, `{"email":"victim@example.com"}`, "X-Session-Token", thief); got.status != 200 {
		t.Fatalf("claim: %+v", got)
	}
	_, session := e.mustSignUp(t, "victim@example.com")
	if e.whoami(t, session) == self {
		t.Error("the victim is logged in as the thief")
	}
}

// whoami returns the user of a session.
func (e *edge) whoami(t *testing.T, session string) string {
	t.Helper()
	var list struct {
		JWTs []struct {
			AudienceID string `json:"audience_id"`
		} `json:"jwts"`
	}
	got := e.send(t, "GET", "/iam/v1alpha1/jwts", "", "X-Session-Token", session)
	if err := json.Unmarshal([]byte(got.body), &list); err != nil || len(list.JWTs) == 0 {
		t.Fatalf("sessions: %+v, %v", got, err)
	}
	return list.JWTs[0].AudienceID
}

func TestSignUpModes(t *testing.T) {
	closed := startWith(t, bailiwicktest.Options{})
	if got := closed.signUp(t, "zoe@example.com"); got.status != 403 || !strings.Contains(got.body, `"permissions_denied"`) {
		t.Errorf("closed: %+v", got)
	}
	if got := closed.confirm(t, "x", zoesPassword); got.status != 401 {
		t.Errorf("closed, confirm: %+v", got)
	}

	c := newClock()
	e := startWith(t, bailiwicktest.Options{SignUp: iam.SignUpInvite, Clock: c.now})
	if got := e.signUp(t, "zoe@example.com"); got.status != 204 || len(e.mailed(t)) != 0 {
		t.Errorf("not invited: %+v", got)
	}
	invite := func(email string, as ...string) reply {
		return e.send(t, "POST", "/bailiwick/v1/sign-up/invitations", fmt.Sprintf(`{"email":%q}`, email), as...)
	}
	if got := invite("zoe@example.com", e.owner()...); got.status != 403 {
		t.Errorf("an owner invites to sign up: %+v", got)
	}
	if got := invite("ZOE@example.com", operator()...); got.status != 200 {
		t.Fatalf("the operator invites: %+v", got)
	}
	if letters := e.mailed(t); len(letters) != 1 || letters[0].Kind != iam.LetterSignUpInvited {
		t.Errorf("letters: %+v", letters)
	}
	e.mustSignUp(t, "zoe@example.com")
	invite("late@example.com", operator()...)
	e.mailed(t)
	c.pass(8 * 24 * time.Hour)
	if got := e.signUp(t, "late@example.com"); got.status != 204 || len(e.mailed(t)) != 0 {
		t.Errorf("the invitation has expired: %+v", got)
	}
}

// A link is good for a day; letters are bounded by address and by network.
func TestSignUpLimits(t *testing.T) {
	c := newClock()
	e := startWith(t, bailiwicktest.Options{SignUp: iam.SignUpOpen, Clock: c.now})
	e.signUp(t, "slow@example.com")
	token := e.mailed(t)[0].Secret
	c.pass(24 * time.Hour)
	if got := e.confirm(t, token, zoesPassword); got.status != 401 {
		t.Errorf("after a day: %+v", got)
	}
	for range 8 {
		if got := e.signUp(t, "full@example.com"); got.status != 204 {
			t.Errorf("sign-up: %+v", got)
		}
	}
	if n := len(e.mailed(t)); n != 5 {
		t.Errorf("%d letters to one address, want 5", n)
	}
	for range 12 {
		e.signUp(t, fmt.Sprintf("u%d@example.com", c.now().UnixNano()))
		c.pass(time.Nanosecond)
	}
	if got := e.signUp(t, "one@example.com"); got.status != 429 || !strings.Contains(got.body, "too_many_requests") {
		t.Errorf("the 21st from one network: %+v", got)
	}
	c.pass(time.Minute)
	if got := e.signUp(t, "one@example.com"); got.status != 204 {
		t.Errorf("a minute later: %+v", got)
	}
}

// Two letters of one sign-up, confirmed at once from many sides, make one account.
func TestSignUpConfirmedAtOnce(t *testing.T) {
	e := startWith(t, bailiwicktest.Options{SignUp: iam.SignUpOpen})
	e.signUp(t, "zoe@example.com")
	e.signUp(t, "zoe@example.com")
	letters := e.mailed(t)
	statuses := make(chan int, 8)
	for i := range cap(statuses) {
		go func() { statuses <- e.confirm(t, letters[i%2].Secret, zoesPassword).status }()
	}
	count := map[int]int{}
	for range cap(statuses) {
		count[<-statuses]++
	}
	if count[200] != 1 || count[401] != cap(statuses)-1 {
		t.Errorf("statuses: %v", count)
	}
}

func TestSignUpRefusesBadInput(t *testing.T) {
	e := startWith(t, bailiwicktest.Options{SignUp: iam.SignUpOpen})
	for name, body := range map[string]string{
		"no address":      `{"password":"quiet harbour lantern seven","name":"n"}`,
		"no name":         `{"email":"a@example.com","password":"quiet harbour lantern seven"}`,
		"short password":  `{"email":"a@example.com","password":"short","name":"n"}`,
		"common password": `{"email":"a@example.com","password":"passwordpassword","name":"n"}`,
		"own address":     `{"email":"averylongaddress@example.com","password":"averylongaddress@example.com","name":"n"}`,
		"line break":      `{"email":"a@example.com\nBcc: b@example.com","password":"quiet harbour lantern seven","name":"n"}`,
	} {
		if got := e.send(t, "POST", "/bailiwick/v1/sign-up", body); got.status != 400 || !strings.Contains(got.body, "invalid_arguments") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if letters := e.mailed(t); len(letters) != 0 {
		t.Errorf("letters: %+v", letters)
	}
}
