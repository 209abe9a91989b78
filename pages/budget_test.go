package pages_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bailiwick/authority"
	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/server"
)

// ask calls the API until it is not turned away because of too many calls, and returns the answer.
func ask(t *testing.T, url, body string) (status int, text string) {
	for {
		response, err := http.Post(url, "application/json", strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		data, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusTooManyRequests && response.StatusCode != http.StatusServiceUnavailable {
			return response.StatusCode, string(data)
		}
	}
}

// twoNodes is a site and the address of a second server on the same database. Time stands still, so that
// no budget fills up again.
func twoNodes(t *testing.T, database string) (s, other *site, now time.Time) {
	t.Helper()
	now = time.Now()
	s = open(t, bailiwicktest.Options{Clock: func() time.Time { return now }, Database: database})
	handler, err := server.New(server.Config{Authority: s.Node(t), PublicURL: s.url})
	if err != nil {
		t.Fatal(err)
	}
	other = new(*s)
	other.serve(t, handler)
	return s, other, now
}

// looked counts the attempts at which somebody looked, and the others.
func (s *site) looked(t *testing.T) map[bool]int {
	t.Helper()
	n := map[bool]int{}
	for _, e := range s.events(t) {
		if !e.Succeeded() {
			n[e.Failure != iam.FailedUnknown]++
		}
	}
	return n
}

const attempts = 7

func (s *site) bound(t *testing.T) {
	t.Helper()
	if _, err := s.AsOwner(t).UpdateOrganizationSecuritySettings(s.First.Organization.ID, iam.SecuritySettingsUpdate{LoginAttemptsBeforeLock: new(attempts)}); err != nil {
		t.Fatal(err)
	}
}

// A hundred guesses at once, by every endpoint, with the id and the alias of the organization, in API and
// pages, on two nodes: as many are looked at as the budget has, and all answers are the same. Then the
// member is locked, and what is right is refused, too.
func TestOneBudget(t *testing.T) { bailiwicktest.Engines(t, oneBudget) }

func oneBudget(t *testing.T, database string) {
	s, other, now := twoNodes(t, database)
	s.bound(t)
	ann := s.hire(t, "ann")
	org, alias := s.organization(), "acme"
	if _, err := s.AsOwner(t).SetOrganizationAlias(s.First.Organization.ID, alias); err != nil {
		t.Fatal(err)
	}
	runner := s.AsUser(t, ann)
	secret, err := s.Authority.CreateUserMFAOTP(t.Context(), runner.Call("CreateUserMFAOTP"), ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authority.ValidateUserMFAOTP(t.Context(), runner.Call("ValidateUserMFAOTP"), ann.ID, code(t, secret, now)); err != nil {
		t.Fatal(err)
	}
	right := fmt.Sprintf(`{"organization":%q,"username":"ann","password":%q}`, org, annsPassword)
	begin := func(path, body string) string {
		status, text := ask(t, s.url+"/bailiwick/v1/login/"+path, body)
		_, id, _ := strings.Cut(text, `"login_id":"`)
		id, _, _ = strings.Cut(id, `"`)
		if status != 200 || id == "" {
			t.Fatalf("%s: %d %s", path, status, text)
		}
		return id
	}
	half, mailed := begin("password", right), begin("magic-code/start", fmt.Sprintf(`{"organization":%q,"username":"ann"}`, alias))
	api := []struct{ path, body string }{
		{"password", fmt.Sprintf(`{"organization":%q,"username":"ann","password":"a guess"}`, org)},
		{"password", fmt.Sprintf(`{"organization":%q,"username":"ann","password":"a guess"}`, alias)},
		{"password", fmt.Sprintf(`{"organization":%q,"username":"ann","password":"a guess"}`, strings.ToUpper(org))},
		{"totp", fmt.Sprintf(`{"login_id":%q,"code":"000000"}`, half)},
		{"recovery-code", fmt.Sprintf(`{"login_id":%q,"code":"AAAA-AAAA-AAAA-AAAA"}`, half)},
		{"magic-code", fmt.Sprintf(`{"login_id":%q,"code":"000000"}`, mailed)},
	}
	var wg sync.WaitGroup
	var mutex sync.Mutex
	answers := map[string]int{}
	note := func(answer string) {
		mutex.Lock()
		defer mutex.Unlock()
		answers[answer]++
	}
	for i := range 80 {
		call, node := api[i%len(api)], []*site{s, other}[i/len(api)%2]
		wg.Go(func() {
			status, text := ask(t, node.url+"/bailiwick/v1/login/"+call.path, call.body)
			note(fmt.Sprint(status, " ", text))
		})
	}
	for i := range 20 {
		b := []*site{s, other}[i%2].browse(t)
		b.get("/login")
		form := b.form("/login/password")
		form.Set("organization", []string{org, alias}[i/2%2])
		form.Set("username", "ann")
		form.Set("password", "a guess")
		wg.Go(func() {
			for b.do("POST", "/login/password", form).status == http.StatusTooManyRequests {
			}
			note(fmt.Sprint("page ", b.page.status))
		})
	}
	wg.Wait()
	refused := `401 {"message":"the credentials are wrong, or this user may not log in","method":"login","reason":"not_found","type":"denied_authentication"}`
	if want := map[string]int{refused: 80, "page 401": 20}; !cmp.Equal(answers, want) {
		t.Errorf("answers (-want +got):\n%s", cmp.Diff(want, answers))
	}
	if n := s.looked(t); n[true] != attempts {
		t.Errorf("looked at, and not: %v; the budget is %d", n, attempts)
	}
	for _, body := range []string{right, strings.Replace(right, org, alias, 1)} {
		if status, text := ask(t, other.url+"/bailiwick/v1/login/password", body); fmt.Sprint(status, " ", text) != refused {
			t.Errorf("afterwards: %d %s", status, text)
		}
	}
	if u, err := s.AsOwner(t).GetUser(ann.ID); err != nil || !u.Locked {
		t.Errorf("the member: %+v, %v", u, err)
	}
}

// An owner has one budget for each network, however its address is written; it is not locked.
func TestOneBudgetOfOwner(t *testing.T) { bailiwicktest.Engines(t, oneBudgetOfOwner) }

func oneBudgetOfOwner(t *testing.T, database string) {
	s, other, _ := twoNodes(t, database)
	s.bound(t)
	var wg sync.WaitGroup
	for i := range 100 {
		email := []string{bailiwicktest.OwnerEmail, strings.ToUpper(bailiwicktest.OwnerEmail), "Owner@Example.com"}[i%3]
		organization := []string{"", s.organization()}[i/3%2]
		node := []*site{s, other}[i/6%2]
		wg.Go(func() {
			status, text := ask(t, node.url+"/bailiwick/v1/login/password", fmt.Sprintf(`{"email":%q,"organization":%q,"password":"a guess"}`, email, organization))
			if status != 401 {
				t.Errorf("%d %s", status, text)
			}
		})
	}
	wg.Wait()
	if n := s.looked(t); n[true] != attempts || n[false] != 100-attempts {
		t.Errorf("looked at, and not: %v; the budget is %d", n, attempts)
	}
	call := s.AsOwner(t).From("203.0.113.9", "elsewhere").Call("GetUser")
	if _, err := s.Authority.LoginWithPassword(t.Context(), call, authority.PasswordLogin{Email: bailiwicktest.OwnerEmail, Password: ownersPassword}); err != nil {
		t.Errorf("from another network: %v", err)
	}
}

// Many who give the right password at once, more than the budget has, lock nobody: what is right is no
// guess. The same goes for who gives it often and comes no further.
func TestRightPasswordsLockNobody(t *testing.T) { bailiwicktest.Engines(t, rightPasswordsLockNobody) }

func rightPasswordsLockNobody(t *testing.T, database string) {
	s, other, now := twoNodes(t, database)
	s.bound(t)
	ann := s.hire(t, "ann")
	right := fmt.Sprintf(`{"organization":%q,"username":"ann","password":%q}`, s.organization(), annsPassword)
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			if status, text := ask(t, []*site{s, other}[i%2].url+"/bailiwick/v1/login/password", right); status != 200 && status != 401 {
				t.Errorf("%d %s", status, text)
			}
		})
	}
	wg.Wait()
	for range 3 * attempts {
		if status, text := ask(t, s.url+"/bailiwick/v1/login/password", right); status != 200 {
			t.Errorf("one after the other: %d %s", status, text)
		}
	}
	runner := s.AsUser(t, ann)
	secret, err := s.Authority.CreateUserMFAOTP(t.Context(), runner.Call("CreateUserMFAOTP"), ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authority.ValidateUserMFAOTP(t.Context(), runner.Call("ValidateUserMFAOTP"), ann.ID, code(t, secret, now)); err != nil {
		t.Fatal(err)
	}
	for range 3 * attempts {
		if status, text := ask(t, s.url+"/bailiwick/v1/login/password", right); status != 200 || !strings.Contains(text, `"totp"`) {
			t.Errorf("a factor owed: %d %s", status, text)
		}
	}
	if u, err := s.AsOwner(t).GetUser(ann.ID); err != nil || u.Locked {
		t.Errorf("the member: %+v, %v", u, err)
	}
}
