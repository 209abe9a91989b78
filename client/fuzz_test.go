package client_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"bailiwick/client"
)

// fixed is a transport that gives every request the same answer, so that the fuzzer is not
// slowed down by sockets.
type fixed struct{ body string }

func (f *fixed) RoundTrip(*http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	answering(f.body)(w, "")
	return w.Result(), nil
}

func (f *fixed) client(t testing.TB) *client.Client {
	c, err := client.New(client.Config{URL: "https://iam.example.com", SecretKey: key, HTTPClient: &http.Client{Transport: f}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// FuzzAnswer looks for an answer that is taken for a "yes" and is none to another reader of
// JSON, and for an error beside a "yes".
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{yes, no, `{"decision":true}`, `{"Decision":true,"decision":false}`, batchAnswer(2, numbered), "null", "\xff", `{"decision":true,"context":{"error":{}}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c := (&fixed{body}).client(t)
		got, err := c.Check(t.Context(), question())
		if err != nil && got.Allowed {
			t.Fatalf("%+v with %v", got, err)
		}
		if got.Allowed && !saysYes([]byte(body)) {
			t.Fatalf("%q is taken for a yes", body)
		}
		all, err := c.CheckAll(t.Context(), []client.Question{question(), question()})
		if len(all) != 2 {
			t.Fatalf("%d decisions", len(all))
		}
		for _, d := range all {
			if d.Allowed && (err != nil || d.Err != nil || d.ID == "" || d.Revision <= 0) {
				t.Fatalf("%+v with %v", d, err)
			}
		}
	})
}

// saysYes is the plain reading of an answer.
func saysYes(body []byte) bool {
	var answer map[string]any
	return json.Unmarshal(body, &answer) == nil && answer["decision"] == true
}

// FuzzPath looks for a path that passes and that has another reading: decoded twice, cleaned,
// or split at escaped slashes.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/files/a", "/files/%2e%2e/healthz", "/files/a%2fb", "//healthz", "/healthz/../files/x", "/p/x/records/%2A", "/tree", "/files/a\\b", "*"} {
		f.Add(seed)
	}
	wrap, err := client.Middleware((&fixed{yes}).client(f), routes(), identified, client.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Host != "" {
			t.Skip()
		}
		reached := false
		h := wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
		w := httptest.NewRecorder()
		r := &http.Request{Method: "GET", URL: u, RequestURI: target, Header: http.Header{"Subject": {alice}}, RemoteAddr: "192.0.2.1:1"}
		h.ServeHTTP(w, r)
		if reached != (w.Code == http.StatusOK) {
			t.Fatalf("%q: reached %t with status %d", target, reached, w.Code)
		}
		if !reached {
			return
		}
		segments := strings.Split(strings.TrimSuffix(u.Path, "/"), "/")[1:]
		for _, segment := range segments {
			if segment == "" || segment == "." || segment == ".." || strings.ContainsAny(segment, "\\\x00\n") {
				t.Fatalf("%q passed with the segment %q", target, segment)
			}
		}
		if strings.Contains(strings.ToLower(u.EscapedPath()), "%2f") {
			t.Fatalf("%q passed with an escaped slash", target)
		}
	})
}
