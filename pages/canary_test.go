package pages_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bailiwick/authority"
	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/store"
)

// Secrets go through every form, right and wrong, and none is found afterwards in the log, in an event, in
// the objects that an export job writes, or in the database. Letters are what they are for.
func TestCanaries(t *testing.T) { bailiwicktest.Engines(t, canaries) }

func canaries(t *testing.T, database string) {
	const bucket = "audit"
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	idp := bailiwicktest.NewProvider(t, "zoe@example.com", now)
	s := openAt(t, func(url string) bailiwicktest.Options {
		return bailiwicktest.Options{Database: database, Clock: now, SignUp: iam.SignUpOpen, ExportBuckets: []string{bucket}, Providers: []authority.Provider{idp.At(url, "acme")}}
	})
	secrets := bailiwicktest.Canaries{"client secret": bailiwicktest.ClientSecret}
	s.ownersForms(t, secrets)
	s.membersForms(t, secrets, now)
	if len(secrets) < 25 {
		t.Errorf("%d secrets: %v", len(secrets), secrets)
	}

	job := iam.NewExportJob{Region: "fr-par", Name: "daily", Bucket: iam.ExportBucket{Name: bucket, Region: "fr-par"}}
	if _, err := s.AsOwner(t).CreateExportJob(job); err != nil {
		t.Fatal(err)
	}
	places := map[string][]byte{"database": s.dump(t), "log": []byte(s.log.String())}
	ahead.Store(int64(25 * time.Hour))
	if err := s.Authority.RunExports(t.Context(), func(_ context.Context, o iam.ExportObject) error {
		places["export"] = append(places["export"], o.Body...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(database + "*"); files != nil {
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			places["files of the database"] = append(places["files of the database"], text...)
		}
	}
	for place, text := range places {
		if len(text) < 2000 {
			t.Errorf("%s holds next to nothing: %q", place, text)
		}
		if names := secrets.Found(text); names != nil {
			t.Errorf("%s holds %q", place, names)
		}
		if planted := append(text[:len(text):len(text)], secrets["ann: new password"]...); secrets.Found(planted) == nil {
			t.Errorf("what is planted in %s is not found", place)
		}
	}
	if operations := regexp.MustCompile(`"method_name":"Page|"method":"password"|LoginWithPassword`).FindAll(places["export"], -1); len(operations) == 0 {
		t.Errorf("the export tells of no login: %s", places["export"])
	}
}

// keep notes a secret; of a token of several parts the last one, which is the secret.
func keep(t *testing.T, secrets bailiwicktest.Canaries, name, secret string) string {
	t.Helper()
	if secret == "" {
		t.Fatalf("there is no %s", name)
	}
	secrets[name] = secret[strings.LastIndex(secret, ".")+1:]
	return secret
}

// ownersForms are those of who signs up, forgets a password, comes from a provider and is invited.
func (s *site) ownersForms(t *testing.T, secrets bailiwicktest.Canaries) {
	const email = "zoe@example.com"
	first, second := keep(t, secrets, "zoe: password", "canary-Zoe-first-70215"), keep(t, secrets, "zoe: next password", "canary-Zoe-second-11874")
	wrong := keep(t, secrets, "zoe: wrong password", "canary-Zoe-wrong-60348")
	b := s.browse(t)
	b.get("/sign-up")
	b.send("/sign-up", "email", "no address", "name", "zoes", "password", first)
	b.send("/sign-up", "email", email, "name", "zoes", "password", first)
	token := keep(t, secrets, "token of a sign-up", s.letter(t, iam.LetterConfirmAddress))
	b.get("/sign-up/confirm")
	b.send("/sign-up/confirm", "token", token, "password", wrong)
	b.send("/sign-up/confirm", "password", first)
	b.shows(200, "Your account is made")
	b.get("/login/reset")
	b.send("/login/reset/start", "email", email)
	token = keep(t, secrets, "token of a reset", s.letter(t, iam.LetterPasswordReset))
	b.get("/login/reset?token=" + url.QueryEscape(token))
	b.send("/login/reset", "password", keep(t, secrets, "zoe: short password", "c-Zoe!7"))
	b.send("/login/reset", "password", second)
	b.shows(200, "Your password is set")
	b.get("/login/reset")
	b.send("/login/reset", "token", token, "password", second)
	b.shows(401)
	for _, password := range []string{first, wrong, second} {
		b.get("/login?as=owner")
		b.send("/login/password", "email", email, "password", password)
	}
	b.shows(200, "You are signed in")
	s.keepCookies(t, secrets, "zoe", b)
	if _, err := s.AsOwner(t).InviteGuest(iam.NewGuest{OrganizationID: s.First.Organization.ID, Email: email}); err != nil {
		t.Fatal(err)
	}
	token = keep(t, secrets, "token of an invitation", s.letter(t, iam.LetterInvitation))
	for range 2 {
		b.get("/invitations")
		b.do("POST", "/invitations/accept", url.Values{"csrf": {b.cookie("bailiwick-form")}, "token": {token}})
	}
	b.get("/login")
	b.send("/logout")
	b.provide("")
	s.keepCookies(t, secrets, "zoe, by a provider", b)
	b.get("/login/oidc/acme/callback?state=canary-state-of-nobody&code=" + keep(t, secrets, "code of a provider", "canary-code-of-a-provider"))
}

// membersForms are those of a member who has every proof there is.
func (s *site) membersForms(t *testing.T, secrets bailiwicktest.Canaries, now func() time.Time) {
	s.hire(t, "ann")
	keep(t, secrets, "ann: password", annsPassword)
	b := s.browse(t)
	b.get("/login")
	b.send("/login/password", "organization", s.organization(), "username", "ann", "password", keep(t, secrets, "ann: wrong password", "canary-Ann-wrong-30951"))
	b.login("ann")
	s.keepCookies(t, secrets, "ann", b)
	next := keep(t, secrets, "ann: new password", "canary-Ann-next-48823")
	b.get("/security")
	b.send("/security/password", "password", keep(t, secrets, "ann: short password", "c-Ann!9"))
	b.send("/security/password", "password", next)
	b.shows(200, "Your password is changed")
	b.get("/security")
	b.send("/security/totp")
	secret := keep(t, secrets, "ann: TOTP secret", b.form("/security/totp/validate").Get("secret"))
	b.send("/security/totp/validate", "code", "000000")
	b.send("/security/totp/validate", "code", code(t, secret, now()))
	codes := regexp.MustCompile(`<li>([^<]+)</li>`).FindAllStringSubmatch(b.page.body, -1)
	for i, c := range codes {
		keep(t, secrets, fmt.Sprint("ann: recovery code ", i), strings.TrimSpace(strings.Trim(c[1], "`")))
	}
	b.get("/login")
	b.send("/logout")
	b.get("/login")
	b.send("/login/password", "organization", s.organization(), "username", "ann", "password", next)
	b.shows(200, "One more step")
	keep(t, secrets, "ann: login", b.form("/login/totp").Get("login_id"))
	b.send("/login/totp", "code", "111111")
	b.send("/login/recovery-code", "code", "AAAA-AAAA-AAAA-AAAA")
	b.send("/login/recovery-code", "code", strings.TrimSpace(codes[0][1]))
	b.shows(200, "You are signed in")
	s.keepCookies(t, secrets, "ann, recovered", b)
	b.do("POST", "/login/passkey", url.Values{"csrf": {b.cookie("bailiwick-form")}, "ceremony_id": {"x"}, "credential": {keep(t, secrets, "a broken assertion", "canary-broken-assertion-5511")}})

	mailed := s.browse(t)
	mailed.get("/login")
	form := mailed.form("/login/password")
	form.Set("organization", s.organization())
	form.Set("username", "ann")
	form.Set("password", keep(t, secrets, "ann: password beside a mail", "canary-Ann-beside-92001"))
	mailed.do("POST", "/login/magic-code/start", form)
	keep(t, secrets, "magic code", s.letter(t, iam.LetterMagicCode))
	mailed.send("/login/magic-code", "code", secrets["magic code"])
}

// keepCookies notes the tokens that a browser keeps.
func (s *site) keepCookies(t *testing.T, secrets bailiwicktest.Canaries, who string, b *browser) {
	t.Helper()
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	session := false
	for _, c := range b.client.Jar.Cookies(u) {
		if len(c.Value) > 20 {
			for i, part := range strings.Split(c.Value, ":") {
				if len(part) > 20 {
					keep(t, secrets, fmt.Sprint(who, ": cookie ", c.Name, " ", i), part)
				}
			}
		}
		session = session || c.Name == "bailiwick-session"
	}
	if !session {
		t.Fatalf("%s is not in: %d %s", who, b.page.status, b.page.body)
	}
}

// dump is everything that the database holds.
func (s *site) dump(t *testing.T) (text []byte) {
	t.Helper()
	if err := s.Store.Dump(t.Context(), func(store.Contents) error { return nil }, func(r store.Row) error {
		for _, v := range r.Values {
			if raw, ok := v.([]byte); ok {
				text = append(append(text, raw...), '\n')
			}
		}
		line, err := json.Marshal(r.Values)
		text = append(append(text, line...), '\n')
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return text
}
