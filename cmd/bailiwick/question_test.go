package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// makeCommand is "make NAME PATH JSON": it posts to the started server with SCW_SECRET_KEY
// and sets $NAME to the id of what was made.
func makeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: make NAME PATH JSON")
	}
	request, err := http.NewRequest("POST", ts.Getenv("URL")+args[1], strings.NewReader(args[2]))
	ts.Check(err)
	request.Header.Set("X-Auth-Token", ts.Getenv(secretKeyName))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	var made struct {
		ID        string `json:"id"`
		AccessKey string `json:"access_key"`
		SecretKey string `json:"secret_key"`
	}
	if response.StatusCode != http.StatusOK || json.Unmarshal(body, &made) != nil {
		ts.Fatalf("%s: status %d: %s", args[1], response.StatusCode, body)
	}
	ts.Setenv(args[0], made.ID+made.AccessKey)
	ts.Setenv(args[0]+"_SECRET", made.SecretKey)
}

// statusCommand is "status N COMMAND...": it runs a command and wants an exit status.
func statusCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND [ARGUMENT...]")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

// TestNoAnswerIsNoYes asks servers that answer wrongly: every one is an error with exit
// status 2, none is taken for a yes or a no.
func TestNoAnswerIsNoYes(t *testing.T) {
	const allowed = `{"decision":true,"decision_id":"1","revision":1,"chains":[],"context":{"decision_id":"1","revision":1,"reasons":[]}}`
	for name, c := range map[string]struct {
		status      int
		contentType string
		body        string
		want        string
	}{
		"an error":       {500, "application/json", `{"type":"internal_error","message":"internal error"}`, "internal"},
		"another server": {200, "text/html", "<html>true</html>", "Bailiwick|decision point"},
		"yes as HTML":    {200, "text/html", allowed, "Bailiwick|decision point"},
		"yes on 203":     {203, "application/json", allowed, "203"},
		"a redirect":     {307, "application/json", "", "307"},
		"nothing":        {200, "application/json", ``, "understood|decision point"},
		"no decision":    {200, "application/json", `{"decision_id":"1","revision":1}`, "decision"},
		"no revision":    {200, "application/json", `{"decision":true}`, "revision|decision point"},
	} {
		t.Run(name, func(t *testing.T) {
			elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				t.Error("the key went to another host")
			}))
			defer elsewhere.Close()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.contentType)
				w.Header().Set("Location", elsewhere.URL)
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			}))
			defer server.Close()
			environ := []string{"SCW_API_URL=" + server.URL, "SCW_SECRET_KEY=11111111-1111-4111-8111-111111111111"}
			for _, command := range []string{"can", "explain"} {
				var stdout, stderr bytes.Buffer
				args := []string{command, "user:11111111-1111-4111-8111-111111111111", "iam:user:read"}
				status := run(t.Context(), args, environ, &stdout, &stderr)
				known := slices.ContainsFunc(strings.Split(c.want, "|"), func(want string) bool { return strings.Contains(stderr.String(), want) })
				if status != exitUsage || stdout.Len() > 0 || !known || strings.Count(stderr.String(), "\n") != 1 {
					t.Errorf("%s: status %d, stdout %q, stderr %q, want status 2 and %q", command, status, &stdout, &stderr, c.want)
				}
				if strings.Contains(stderr.String(), "1111-4111") {
					t.Errorf("%s: the message holds the key: %q", command, &stderr)
				}
			}
		})
	}
}

// TestWhoCanIsOfOneRevision turns pages while the organization changes.
func TestWhoCanIsOfOneRevision(t *testing.T) {
	const a, b = `{"type":"user","id":"a","name":"a","via":[]}`, `{"type":"user","id":"b","name":"b","via":[]}`
	first := func(revision string) string {
		return `{"revision":` + revision + `,"total":2,"yes":[` + a + `],"conditional":[],"next_page_token":"t"}`
	}
	second := func(revision string) string {
		return `{"revision":` + revision + `,"total":2,"yes":[` + b + `],"conditional":[]}`
	}
	for name, c := range map[string]struct {
		pages  []string // the last one again and again
		status int
		want   string
	}{
		"quiet":       {[]string{first("1"), second("1")}, exitOK, "2 may, 0 of them on a condition (revision 1)\n"},
		"one change":  {[]string{first("1"), second("2"), first("2"), second("2")}, exitOK, "2 may, 0 of them on a condition (revision 2)\n"},
		"too many":    {[]string{first("1"), second("2"), first("3"), second("4"), first("5"), second("6"), first("7"), second("8"), first("9"), second("10")}, exitUsage, "changes faster"},
		"one missing": {[]string{first("1"), `{"revision":1,"total":2,"yes":[],"conditional":[]}`}, exitUsage, "speaks of 2 principals and lists 1"},
		"endless":     {[]string{first("1"), first("1")}, exitUsage, "speaks of 2 principals and lists 2"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				page := c.pages[min(asked, len(c.pages)-1)]
				if turned := strings.Contains(string(body), `"page_token":"t"`); turned != (asked%2 == 1) {
					t.Errorf("question %d: %s", asked, body)
				}
				asked++
				w.Header().Set("Content-Type", "application/json")
				io.WriteString(w, page)
			}))
			defer server.Close()
			var stdout, stderr bytes.Buffer
			environ := []string{"SCW_API_URL=" + server.URL, "SCW_SECRET_KEY=11111111-1111-4111-8111-111111111111"}
			status := run(t.Context(), []string{"who-can", "iam:user:read"}, environ, &stdout, &stderr)
			if text := stdout.String() + stderr.String(); status != c.status || !strings.Contains(text, c.want) {
				t.Errorf("status %d: %s, want %d with %q", status, text, c.status, c.want)
			}
		})
	}
}

// TestPrintedNamesAreTame checks that a name neither moves the cursor of a terminal nor
// becomes a formula of a spreadsheet.
func TestPrintedNamesAreTame(t *testing.T) {
	a := whoCanAnswer{Revision: 1, Total: 1, Yes: []grantee{{Type: "user", ID: "a", Name: "=1+1\x1b[2J\nyes  user:b"}}}
	var text, list bytes.Buffer
	if err := printGrantees(&text, a); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsRune(text.String(), '\x1b') || strings.Count(text.String(), "\n") != 3 {
		t.Errorf("the table obeys a name:\n%q", &text)
	}
	if err := printGranteesCSV(&list, a); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(list.String(), `"'=1+1`) {
		t.Errorf("the list has a formula:\n%s", &list)
	}
}
