package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// twoNodes are nodes on one database, the second over a link that can be cut.
type twoNodes struct {
	*testing.T
	first, second *process
	keys          map[string]string
	link          *link
}

func newTwoNodes(t *testing.T, args ...string) twoNodes {
	t.Helper()
	database, dir := newDatabase(t), t.TempDir()
	n := twoNodes{T: t, first: start(t, dir, "--database", database, "--data", "first")}
	n.keys = credentials(t, filepath.Join(dir, "first"))
	l, over := newLink(t, database)
	n.link = l
	n.second = start(t, dir, append([]string{"--database", over, "--data", "second",
		"--master-key", filepath.Join(dir, "first", "master.key")}, args...)...)
	return n
}

// call sends a request with a secret key and returns the answer; its body is in place of the
// reader.
func (n twoNodes) call(p *process, method, path, secret, body string, header ...string) (*http.Response, string) {
	n.Helper()
	request, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		n.Fatal(err)
	}
	request.Header.Set("X-Auth-Token", secret)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		n.Fatal(err)
	}
	defer response.Body.Close()
	var raw json.RawMessage
	if response.StatusCode != http.StatusNoContent {
		if err := json.NewDecoder(response.Body).Decode(&raw); err != nil {
			n.Fatal(err)
		}
	}
	return response, string(raw)
}

// key makes an application with an API key on the first node.
func (n twoNodes) key(name string) (access, secret, revision string) {
	n.Helper()
	owner := n.keys["SCW_SECRET_KEY"]
	_, body := n.call(n.first, "POST", "/iam/v1alpha1/applications", owner, fmt.Sprintf(`{"name":%q}`, name))
	var application struct{ ID string }
	if err := json.Unmarshal([]byte(body), &application); err != nil || application.ID == "" {
		n.Fatalf("%v: %s", err, body)
	}
	response, body := n.call(n.first, "POST", "/iam/v1alpha1/api-keys", owner, fmt.Sprintf(`{"application_id":%q}`, application.ID))
	var key struct {
		AccessKey string `json:"access_key"`
		SecretKey string `json:"secret_key"`
	}
	if err := json.Unmarshal([]byte(body), &key); err != nil || key.SecretKey == "" {
		n.Fatalf("%v: %s", err, body)
	}
	return key.AccessKey, key.SecretKey, response.Header.Get("X-Bailiwick-Revision")
}

const wanted = "X-Bailiwick-Min-Revision"

// Whoever brings the revision of a change is never answered from a state before it, on any
// node: a new key works at once, and a revoked one does not.
func TestMinRevision(t *testing.T) {
	n := newTwoNodes(t)
	for i := range 30 {
		access, secret, revision := n.key("application " + strconv.Itoa(i))
		if got, body := n.call(n.second, "GET", "/iam/v1alpha1/api-keys/"+access, n.keys["SCW_SECRET_KEY"], "", wanted, revision); got.StatusCode != 200 {
			t.Fatalf("the key is not there at its revision: %s %s", got.Status, body)
		}
		if got, body := n.call(n.second, "GET", "/iam/v1alpha1/api-keys/"+access, secret, "", wanted, revision); got.StatusCode == 401 {
			t.Fatalf("the key does not work at its revision: %s", body)
		}
		gone, _ := n.call(n.first, "DELETE", "/iam/v1alpha1/api-keys/"+access, n.keys["SCW_SECRET_KEY"], "")
		if got, body := n.call(n.second, "GET", "/iam/v1alpha1/api-keys/"+access, secret, "", wanted, gone.Header.Get("X-Bailiwick-Revision")); got.StatusCode != 401 {
			t.Fatalf("a revoked key at the revision of its end: %s %s", got.Status, body)
		}
	}
	owner := n.keys["SCW_SECRET_KEY"]
	for _, p := range []*process{n.first, n.second} {
		got, body := n.call(p, "GET", "/account/v3/projects", owner, "", wanted, "9223372036854775807")
		want := `{"message":"this node has not reached the wanted revision, try again","type":"unavailable"}`
		if got.StatusCode != 503 || got.Header.Get("Retry-After") != "1" || body != want {
			t.Errorf("a revision that is not: %s %q %s", got.Status, got.Header.Get("Retry-After"), body)
		}
		for _, bad := range []string{"-1", "1.0", "x", "9223372036854775808", "0x1", " ", "1, 2"} {
			if got, body := n.call(p, "GET", "/account/v3/projects", owner, "", wanted, bad); got.StatusCode != 400 || !strings.Contains(body, wanted) {
				t.Errorf("%q: %s %s", bad, got.Status, body)
			}
		}
	}
}

// A node that alone lost its database is not ready, says that it is stale, goes on deciding
// for as long as it may, then refuses; and is right again when the database is back.
func TestNodeWithoutItsDatabase(t *testing.T) {
	n := newTwoNodes(t, "--max-staleness", "3s")
	_, secret, revision := n.key("kept")
	access, revoked, _ := n.key("revoked")
	decide := func(key string) (*http.Response, string) {
		return n.call(n.second, "POST", "/iam/v1alpha1/check-permissions", key, `{"checks":[]}`)
	}
	if got, body := n.call(n.second, "GET", "/readyz", secret, "", wanted, revision); got.StatusCode != 200 {
		t.Fatalf("before: %s %s", got.Status, body)
	}
	first, before := decide(secret)
	if first.Header.Get("X-Bailiwick-Stale") != "" {
		t.Errorf("a healthy node says that it is stale")
	}
	n.link.cut()
	n.call(n.first, "DELETE", "/iam/v1alpha1/api-keys/"+access, n.keys["SCW_SECRET_KEY"], "")
	if got, body := n.call(n.second, "GET", "/readyz", "", ""); got.StatusCode != 503 {
		t.Errorf("ready without a database: %s %s", got.Status, body)
	}
	if got, body := n.call(n.second, "POST", "/iam/v1alpha1/applications", n.keys["SCW_SECRET_KEY"], `{"name":"lost"}`); got.StatusCode != 503 {
		t.Errorf("a change without a database: %s %s", got.Status, body)
	}
	seen := map[string]bool{}
	for !seen["refused"] {
		got, body := decide(secret)
		switch {
		case got.StatusCode == 503 && strings.Contains(body, "without its database for too long"):
			seen["refused"] = true
		case got.StatusCode == first.StatusCode && body == before && got.Header.Get("X-Bailiwick-Stale") != "":
			seen["stale"] = true
		case got.StatusCode == first.StatusCode && body == before:
		default:
			t.Fatalf("without a database: %s %s", got.Status, body)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if !seen["stale"] {
		t.Error("it never said that it was stale")
	}
	n.link.mend()
	for got, _ := decide(secret); got.StatusCode == 503; got, _ = decide(secret) {
		time.Sleep(20 * time.Millisecond)
	}
	// The first answer of the node that is back knows what happened meanwhile.
	if got, body := decide(revoked); got.StatusCode != 401 {
		t.Errorf("a key that was revoked meanwhile: %s %s", got.Status, body)
	}
}
