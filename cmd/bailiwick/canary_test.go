package main

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"bailiwick/bailiwicktest"
)

// wanderer goes through every flow of a real server, and keeps what it must not have said.
type wanderer struct {
	*testing.T
	p       *process
	outbox  string
	keys    map[string]string
	secrets bailiwicktest.Canaries
	said    bytes.Buffer // every refusal, and every answer that has no reason to tell a secret
	client  *http.Client
}

// call sends a request with one header, and keeps a refusal.
func (w *wanderer) call(method, path, body string, header ...string) (status int, answer map[string]any) {
	w.Helper()
	r, err := http.NewRequest(method, w.p.url+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := w.client.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.Fatal(err)
	}
	if response.StatusCode >= 400 || method == "GET" {
		fmt.Fprintf(&w.said, "%s %s: %d %v %s\n", method, strings.Split(path, "?")[0], response.StatusCode, response.Header, text)
	}
	json.Unmarshal(text, &answer) // pages and metrics are none
	return response.StatusCode, answer
}

// must is call for what has to succeed.
func (w *wanderer) must(method, path, body string, header ...string) map[string]any {
	w.Helper()
	status, answer := w.call(method, path, body, header...)
	if status >= 300 {
		w.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	return answer
}

func (w *wanderer) owner() []string { return []string{"X-Auth-Token", w.keys["SCW_SECRET_KEY"]} }
func (w *wanderer) operator() []string {
	return []string{"Authorization", "Bearer " + w.keys["BAILIWICK_OPERATOR_TOKEN"]}
}

// keep notes a secret; of a token of several parts the last one, which is the secret.
func (w *wanderer) keep(name string, value any) string {
	w.Helper()
	text, _ := value.(string)
	if text == "" {
		w.Fatalf("there is no %s", name)
	}
	w.secrets[name] = text[strings.LastIndex(text, ".")+1:]
	return text
}

// letter waits for a letter that holds what a pattern takes out of it.
func (w *wanderer) letter(name, pattern string) string {
	w.Helper()
	take := regexp.MustCompile(pattern)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		files, _ := filepath.Glob(filepath.Join(w.outbox, "*"))
		for _, f := range files {
			text, _ := os.ReadFile(f)
			plain := strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=").Replace(string(text))
			if match := take.FindStringSubmatch(plain); match != nil && os.Remove(f) == nil {
				return w.keep(name, match[1])
			}
		}
	}
	w.Fatalf("no letter with %s", name)
	return ""
}

func (w *wanderer) session(name string, answer map[string]any) (header []string) {
	w.Helper()
	w.keep(name+": renew token", answer["renew_token"])
	return []string{"X-Session-Token", w.keep(name+": session token", answer["token"])}
}

const login = "/bailiwick/v1/login/"

// members hires somebody who logs in by every path, right and wrong.
func (w *wanderer) members() {
	org := w.keys["SCW_DEFAULT_ORGANIZATION_ID"]
	given, wrong := w.keep("given password", "canary-Given-password-55170"), w.keep("wrong password", "canary-Wrong-password-61993")
	ann := w.must("POST", "/iam/v1alpha1/users", fmt.Sprintf(`{"organization_id":%q,"member":{"username":"ann","email":"ann@example.com","password":%q}}`, org, given), w.owner()...)["id"].(string)
	enter := func(password string) map[string]any {
		_, answer := w.call("POST", login+"password", fmt.Sprintf(`{"organization":%q,"username":"ann","password":%q}`, org, password))
		return answer
	}
	enter(wrong)
	self := w.session("member", enter(given))
	user := "/iam/v1alpha1/users/" + ann
	own := w.keep("own password", "canary-Own-password-90417")
	w.must("POST", user+"/update-password", fmt.Sprintf(`{"password":%q}`, own), self...)
	w.call("POST", user+"/update-password", `{"password":"canary"}`, self...)
	secret := w.keep("TOTP secret", w.must("POST", user+"/mfa-otp", "{}", self...)["secret"])
	code := func() string {
		text, err := totp.GenerateCode(secret, time.Now())
		if err != nil {
			w.Fatal(err)
		}
		return text
	}
	w.call("POST", user+"/validate-mfa-otp", `{"one_time_password":"000000"}`, self...)
	codes := w.must("POST", user+"/validate-mfa-otp", fmt.Sprintf(`{"one_time_password":%q}`, w.keep("one-time password", code())), self...)["recovery_codes"].([]any)
	for i, c := range codes {
		w.keep(fmt.Sprint("recovery code ", i), c)
	}
	half := w.keep("login", enter(own)["login_id"])
	w.call("POST", login+"totp", fmt.Sprintf(`{"login_id":"%s.%s","code":%q}`, org, half, w.secrets["one-time password"]))
	w.session("member, recovered", w.must("POST", login+"recovery-code", fmt.Sprintf(`{"login_id":%q,"code":%q}`, enter(own)["login_id"], codes[0])))
	w.call("POST", login+"recovery-code", fmt.Sprintf(`{"login_id":%q,"code":%q}`, enter(own)["login_id"], codes[0]))
	mailed := w.must("POST", login+"magic-code/start", fmt.Sprintf(`{"organization":%q,"username":"ann"}`, org))["login_id"]
	magic := w.letter("magic code", `(?m)^\s*(\d{6})\s*$`)
	w.call("POST", login+"magic-code", fmt.Sprintf(`{"login_id":%q,"code":%q}`, mailed, magic))
	w.call("POST", login+"magic-code", fmt.Sprintf(`{"login_id":%q,"code":%q}`, mailed, magic))
	w.keep("member: secret key", w.must("POST", "/iam/v1alpha1/api-keys", fmt.Sprintf(`{"user_id":%q}`, ann), self...)["secret_key"])
	w.keep("connection token", w.must("POST", user+"/initiate-connection", "{}", self...)["token"])
}

// owners sign up, forget their password, are invited, and come from a provider.
func (w *wanderer) owners() {
	password, next := w.keep("password of a sign-up", "canary-Signup-password-22816"), w.keep("password of a reset", "canary-Reset-password-73340")
	w.must("POST", "/bailiwick/v1/sign-up", fmt.Sprintf(`{"email":"zoe@example.com","password":%q,"name":"zoes"}`, password))
	token := w.letter("token of a sign-up", `/sign-up/confirm#token=([A-Za-z0-9_.-]+)`)
	w.call("POST", "/bailiwick/v1/sign-up/confirm", fmt.Sprintf(`{"token":%q,"password":"x"}`, token))
	w.must("POST", "/bailiwick/v1/sign-up/confirm", fmt.Sprintf(`{"token":%q,"password":%q}`, token, password))
	w.must("POST", login+"reset/start", `{"email":"zoe@example.com"}`)
	link := w.letter("token of a reset", `/login/reset#token=([A-Za-z0-9_.-]+)`)
	w.must("POST", login+"reset", fmt.Sprintf(`{"token":%q,"password":%q}`, link, next))
	w.call("POST", login+"reset", fmt.Sprintf(`{"token":%q,"password":%q}`, link, next))
	in := w.must("POST", login+"password", fmt.Sprintf(`{"email":"zoe@example.com","password":%q}`, next))
	self := w.session("owner", in)
	w.must("POST", "/iam/v1alpha1/users", fmt.Sprintf(`{"organization_id":%q,"email":"zoe@example.com"}`, w.keys["SCW_DEFAULT_ORGANIZATION_ID"]), w.owner()...)
	invitation := w.letter("token of an invitation", `/invitations#token=([A-Za-z0-9_.-]+)`)
	w.must("POST", "/bailiwick/v1/invitations/accept", fmt.Sprintf(`{"token":%q}`, invitation), self...)
	w.call("POST", "/bailiwick/v1/invitations/accept", fmt.Sprintf(`{"token":%q}`, invitation), self...)
	w.session("guest", w.must("POST", login+"switch", fmt.Sprintf(`{"organization_id":%q}`, w.keys["SCW_DEFAULT_ORGANIZATION_ID"]), self...))
	renewed := w.must("POST", login+"renew", fmt.Sprintf(`{"renew_token":%q}`, in["renew_token"]))
	w.session("owner, renewed", renewed)
	w.call("POST", login+"renew", fmt.Sprintf(`{"renew_token":%q}`, in["renew_token"]))
	w.call("GET", "/bailiwick/v1/login/oidc/acme/start", "")
	w.call("GET", "/bailiwick/v1/login/oidc/acme/callback?state=canary-state-of-nobody&code="+w.keep("code of a provider", "canary-code-of-a-provider"), "")
}

// rest is everything else that knows a secret, and everything that is read.
func (w *wanderer) rest() {
	org := w.keys["SCW_DEFAULT_ORGANIZATION_ID"]
	answer := w.must("PUT", "/bailiwick/v1/alert-delivery", fmt.Sprintf(`{"organization_id":%q,"webhook_url":"https://192.0.2.1/hook","emails":[]}`, org), w.owner()...)
	w.keep("webhook secret", answer["webhook_secret"])
	app := w.must("POST", "/iam/v1alpha1/applications", fmt.Sprintf(`{"name":"ci","organization_id":%q}`, org), w.owner()...)["id"]
	w.keep("secret key", w.must("POST", "/iam/v1alpha1/api-keys", fmt.Sprintf(`{"application_id":%q}`, app), w.owner()...)["secret_key"])
	w.call("GET", "/iam/v1alpha1/users", "", "X-Auth-Token", w.secrets["secret key"]+"x")
	w.call("GET", "/iam/v1alpha1/users", "", "X-Session-Token", w.secrets["owner: session token"])
	w.must("POST", "/bailiwick/v1/organizations", `{"name":"acme","owner_email":"owner@example.org","owner_password":"`+w.keep("password by the operator", "canary-Operator-password-41")+`"}`, w.operator()...)
	w.must("POST", "/access/v1/evaluation", fmt.Sprintf(`{"subject":{"type":"application","id":%q},"action":{"name":"iam:user:list"},"resource":{"type":"iam:user","id":"*","properties":{"organization_id":%q}}}`, app, org), w.owner()...)
	for _, path := range []string{
		"/metrics", "/healthz", "/iam/v1alpha1/users", "/iam/v1alpha1/api-keys", "/iam/v1alpha1/jwts", "/iam/v1alpha1/logs", "/bailiwick/v1/alert-delivery?organization_id=" + org,
		"/audit-trail/v1alpha1/regions/fr-par/events?page_size=100&organization_id=" + org, "/audit-trail/v1alpha1/regions/fr-par/authentication-events?page_size=100&organization_id=" + org,
		"/audit-trail/v1alpha1/regions/fr-par/system-events?page_size=100&organization_id=" + org, "/audit-trail/v1alpha1/regions/fr-par/combined-events?page_size=100&organization_id=" + org,
	} {
		w.must("GET", path, "", w.owner()...)
	}
}

// Secrets go through every flow of the real program, and none is found afterwards in a log, an answer, a
// metric, an event, a trace, an export, a backup or a file of the database: not in clear, in hex or in
// base64. The folder of letters and the file of the first credentials are what they are for.
func TestCanaries(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testCanaries(t, "") })
	t.Run("postgres", func(t *testing.T) { testCanaries(t, newDatabase(t)) })
}

func testCanaries(t *testing.T, database string) {
	dir := t.TempDir()
	idp := bailiwicktest.NewProvider(t, "zoe@example.com", nil)
	collected := &traces{names: map[string]int{}}
	endpoint := httptest.NewServer(collected)
	defer endpoint.Close()
	providers := filepath.Join(dir, "oidc.json")
	entry := fmt.Sprintf(`{"providers":[{"name":"acme","issuer":%q,"client_id":"bailiwick","client_secret":%q}]}`, idp.URL, bailiwicktest.ClientSecret)
	if err := os.WriteFile(providers, []byte(entry), 0o600); err != nil {
		t.Fatal(err)
	}
	where := []string{"--data", filepath.Join(dir, "data")}
	if database != "" {
		where = append(where, "--database", database)
	}
	secrets := bailiwicktest.Canaries{"client secret of the provider": bailiwicktest.ClientSecret, "secret of the buckets": "canary-Bucket-secret-19284", "password of the mail server": "canary-Mail-password-50937"}
	args := append(where, "--log-level", "debug", "--log-format", "json", "--signup", "open", "--oidc", providers, "--public-url", "http://127.0.0.1:1", "--otlp-endpoint", endpoint.URL,
		"--decision-log", filepath.Join(dir, "decisions"), "--decision-log-mode", "full",
		"--export-s3-endpoint", "http://127.0.0.1:9", "--export-s3-access-key", "SCWXXXXXXXXXXXXXXXXX", "--export-s3-secret-key", secrets["secret of the buckets"], "--export-s3-bucket", "audit")
	p := start(t, dir, args...)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &wanderer{T: t, p: p, outbox: filepath.Join(dir, "data", "outbox"), keys: credentials(t, filepath.Join(dir, "data")), secrets: secrets, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	for _, name := range []string{"SCW_SECRET_KEY", "BAILIWICK_OPERATOR_TOKEN", "BAILIWICK_OWNER_PASSWORD"} {
		w.keep(name, w.keys[name])
	}
	master, err := os.ReadFile(filepath.Join(dir, "data", masterKeyName))
	if err != nil {
		t.Fatal(err)
	}
	w.keep("master key", strings.TrimSpace(string(master)))
	w.members()
	w.owners()
	w.rest()
	backup := filepath.Join(dir, "backup")
	succeeds(t, append([]string{"backup", "--out", backup}, where...)...)
	places := map[string][]byte{}
	if database == "" { // while it runs, with its write-ahead log
		files, err := filepath.Glob(filepath.Join(dir, "data", databaseName+"*"))
		if err != nil || len(files) < 2 {
			t.Fatalf("files of the database: %v, %v", files, err)
		}
		for _, f := range files {
			places[filepath.Base(f)] = readFile(t, f)
		}
	} else {
		dump, err := exec.Command("pg_dump", "--dbname", database).Output()
		if err != nil {
			t.Fatal(err)
		}
		places["pg_dump"] = dump
	}
	export := exec.Command("bailiwick", "audit", "export", "--out", "-")
	export.Env = append(cleanEnviron(), "SCW_API_URL="+p.url, "SCW_SECRET_KEY="+w.keys["SCW_SECRET_KEY"], "SCW_ACCESS_KEY="+w.keys["SCW_ACCESS_KEY"], "SCW_DEFAULT_ORGANIZATION_ID="+w.keys["SCW_DEFAULT_ORGANIZATION_ID"])
	if places["audit export"], err = export.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, places["audit export"])
	}
	api{t, p, ""}.end()
	undelivered(t, dir, append(where, "--log-level", "debug", "--smtp", "smtp://canary:"+secrets["password of the mail server"]+"@127.0.0.1:9"), places)
	places["log"], places["answers"], places["traces"], places["decision log"] = []byte(p.log.String()), w.said.Bytes(), collected.raw, readFile(t, filepath.Join(dir, "decisions"))
	places["backup"] = unzip(t, backup)
	if len(secrets) < 45 {
		t.Errorf("%d secrets: %v", len(secrets), secrets)
	}
	for place, text := range places {
		if len(text) < 200 {
			t.Errorf("%s holds nothing: %q", place, text)
		}
		if names := secrets.Found(text); names != nil {
			t.Errorf("%s holds %q", place, names)
		}
		if planted := append(text[:len(text):len(text)], hex.EncodeToString(master)...); secrets.Found(planted) == nil {
			t.Errorf("what is planted in %s is not found", place)
		}
	}
}

// undelivered is the log of a server that cannot reach its mail server.
func undelivered(t *testing.T, dir string, args []string, places map[string][]byte) {
	t.Helper()
	p := start(t, dir, args...)
	askForReset(t, p.url)
	p.log.await(regexp.MustCompile("a letter is not delivered"))
	api{t, p, ""}.end()
	places["log without mail"] = []byte(p.log.String())
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func unzip(t *testing.T, name string) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(readFile(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
