package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// startService runs the library until the test ends, and returns its URL.
func startService(t *testing.T, bailiwickURL, secretKey string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	address, ended := make(chan net.Addr, 1), make(chan error, 1)
	log := &bytes.Buffer{}
	go func() {
		ended <- run(ctx, []string{"-listen", "127.0.0.1:0", "-bailiwick", bailiwickURL}, secretKey, log, func(a net.Addr) { address <- a })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the service: %v", err)
		}
		if strings.Contains(log.String(), secretKey) {
			t.Error("the log of the service holds its key")
		}
	})
	select {
	case a := <-address:
		return "http://" + a.String()
	case err := <-ended:
		ended <- err
		t.Fatal(err)
		return ""
	}
}

// caller sends requests to the library as the proxy would, for one access key.
type caller struct{ url, accessKey string }

// send returns status and body.
func (c caller) send(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if c.accessKey != "" {
		r.Header.Set("X-Access-Key", c.accessKey)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func denied(action string) string {
	return `{"details":[{"action":"` + action + `","resource":"record"}],"message":"insufficient permissions","type":"permissions_denied"}`
}

const (
	nobody   = `{"message":"authentication is denied","reason":"invalid_argument","type":"denied_authentication"}`
	noRoute  = `{"details":[],"message":"insufficient permissions","type":"permissions_denied"}`
	noAnswer = `{"message":"service is unavailable, try again","type":"unavailable"}`
)

// TestLibrary is the whole way: an owner grants, callers are allowed exactly that, and when
// the decision point is gone nobody is allowed anything.
func TestLibrary(t *testing.T) {
	b := startBailiwick(t)
	organization, project := b.credentials["SCW_DEFAULT_ORGANIZATION_ID"], b.credentials["SCW_DEFAULT_PROJECT_ID"]
	_, serviceSecret := b.application(t, "library", map[string]any{"organization_id": organization, "permission_set_names": []string{"DecisionPointAccess"}})
	writerKey, _ := b.application(t, "writer", map[string]any{"project_ids": []string{project}, "permission_set_names": []string{"LibraryFullAccess"}})
	readerKey, _ := b.application(t, "reader", map[string]any{"project_ids": []string{project}, "permission_set_names": []string{"LibraryReadOnly"}})
	strangerKey, _ := b.application(t, "stranger", nil)

	url := startService(t, b.url, serviceSecret)
	all := "/projects/" + project + "/records"
	one, other := all+"/record-1", "/projects/99999999-9999-4999-8999-999999999999/records"
	steps := []struct {
		who, key, method, path, body string
		status                       int
		want                         string
	}{
		{"writer", writerKey, "PUT", one, "hello", 204, ""},
		{"reader", readerKey, "GET", one, "", 200, "hello"},
		{"reader", readerKey, "GET", all, "", 200, `{"records":["record-1"]}` + "\n"},
		{"reader", readerKey, "GET", all + "/record-2", "", 404, "404 page not found\n"},
		{"reader", readerKey, "PUT", one, "bye", 403, denied("write")},
		{"reader", readerKey, "DELETE", one, "", 403, denied("delete")},
		{"reader", readerKey, "GET", other, "", 403, denied("list")},
		{"reader", readerKey, "POST", one, "", 403, noRoute},
		{"reader", readerKey, "GET", "/", "", 403, noRoute},
		{"stranger", strangerKey, "GET", one, "", 403, denied("read")},
		{"unknown key", "SCW00000000000000000", "GET", one, "", 403, denied("read")},
		{"no key", "", "GET", one, "", 401, nobody},
		{"no access key", serviceSecret, "GET", one, "", 401, nobody},
		{"no key", "", "GET", "/healthz", "", 200, "ok"},
		{"owner", b.credentials["SCW_ACCESS_KEY"], "GET", one, "", 200, "hello"},
		{"writer", writerKey, "DELETE", one, "", 204, ""},
		{"reader", readerKey, "GET", one, "", 404, "404 page not found\n"},
		{"writer", writerKey, "PUT", one, "again", 204, ""},
	}
	for _, s := range steps {
		if status, text := (caller{url, s.key}).send(t, s.method, s.path, s.body); status != s.status || text != s.want {
			t.Errorf("%s: %s %s: %d %q, want %d %q", s.who, s.method, s.path, status, text, s.status, s.want)
		}
	}

	b.stop(t)
	for _, key := range []string{readerKey, writerKey, strangerKey, b.credentials["SCW_ACCESS_KEY"]} {
		if status, text := (caller{url, key}).send(t, "GET", one, ""); status != 503 || text != noAnswer {
			t.Errorf("without a decision point: %d %q", status, text)
		}
	}
	if status, _ := (caller{url, ""}).send(t, "GET", one, ""); status != 401 {
		t.Errorf("nobody, without a decision point: %d", status)
	}
	if status, text := (caller{url, ""}).send(t, "GET", "/healthz", ""); status != 200 || text != "ok" {
		t.Errorf("the public route, without a decision point: %d %q", status, text)
	}
}

// What would make the library open, or guess, stops it before it listens.
func TestSettingsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		secret string
	}{
		"no key":         {nil, ""},
		"plain HTTP":     {[]string{"-bailiwick", "http://iam.example.com"}, "x"},
		"no network":     {[]string{"-proxies", ""}, "x"},
		"not a network":  {[]string{"-proxies", "127.0.0.1"}, "x"},
		"unknown flag":   {[]string{"-open"}, "x"},
		"not an address": {[]string{"-listen", "127.0.0.1:x"}, "x"},
	} {
		if err := run(t.Context(), c.args, c.secret, io.Discard, func(net.Addr) { t.Errorf("%s: it listens", name) }); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
