package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bailiwick/identity"
)

// postgresVariable names the environment variable with the URL of a PostgreSQL server on
// which tests may create databases (scripts/with-postgres sets it).
const postgresVariable = variablePrefix + "TEST_POSTGRES"

// newDatabase makes an empty database on the tests' PostgreSQL and returns its URL.
func newDatabase(t *testing.T) string {
	t.Helper()
	server := os.Getenv(postgresVariable)
	if server == "" {
		t.Skip("no PostgreSQL: run under scripts/with-postgres")
	}
	name := "t" + strings.ReplaceAll(identity.NewID(), "-", "")
	for _, statement := range []string{"CREATE DATABASE " + name, "DROP DATABASE " + name + " WITH (FORCE)"} {
		run := func() {
			if out, err := exec.Command("psql", server, "-qc", statement).CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", statement, err, out)
			}
		}
		if strings.HasPrefix(statement, "DROP") {
			t.Cleanup(run)
			continue
		}
		run()
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// ask sends a request and returns the answer's status and body.
func ask(t *testing.T, request *http.Request) string {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", response.StatusCode, body)
}

func TestNodesShareADatabase(t *testing.T) {
	database, dir := newDatabase(t), t.TempDir()
	first := start(t, dir, "--database", database, "--data", "first")
	keys := credentials(t, filepath.Join(dir, "first"))

	// Without the master key of the first node the second one refuses.
	args := []string{"--listen", "127.0.0.1:0", "--database", database, "--data", "second"}
	if p, err := launch(dir, cleanEnviron(), args); err == nil || !strings.Contains(err.Error(), "the master key does not belong to this database") {
		if p != nil {
			p.command.Process.Kill()
		}
		t.Fatalf("a node with another master key: %v", err)
	}
	second := start(t, dir, append(args, "--master-key", filepath.Join(dir, "first", "master.key"))...)
	if _, err := os.Stat(filepath.Join(dir, "second", credentialsName)); err == nil {
		t.Error("the second node wrote credentials")
	}

	send := func(p *process, method, path, secret string) string {
		t.Helper()
		request, err := http.NewRequest(method, p.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Auth-Token", secret)
		return ask(t, request)
	}
	path := "/iam/v1alpha1/api-keys/" + keys["SCW_ACCESS_KEY"]
	if got := send(second, "GET", path, keys["SCW_SECRET_KEY"]); !strings.HasPrefix(got, "200 ") {
		t.Fatalf("the second node does not know the owner's key: %s", got)
	}
	// A key that is deleted on one node stops on the other without anybody's doing.
	if got := send(first, "DELETE", path, keys["SCW_SECRET_KEY"]); !strings.HasPrefix(got, "204 ") {
		t.Fatalf("delete: %s", got)
	}
	for got := ""; !strings.HasPrefix(got, "401 "); {
		got = send(second, "GET", path, keys["SCW_SECRET_KEY"])
		if !strings.HasPrefix(got, "401 ") && !strings.HasPrefix(got, "200 ") && !strings.HasPrefix(got, "404 ") {
			t.Fatalf("on the second node: %s", got)
		}
	}
	for _, p := range []*process{first, second} {
		if strings.Contains(p.log.String(), keys["SCW_SECRET_KEY"]) || strings.Contains(p.log.String(), keys["BAILIWICK_OPERATOR_TOKEN"]) {
			t.Error("the log holds a secret")
		}
	}
}
