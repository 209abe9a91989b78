package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The trail of a database is verified while the server runs and after; an older copy of it lacks
// what the checkpoints saw; and nothing is verified without the right master key.
func TestVerifyADatabase(t *testing.T) {
	dir := t.TempDir()
	data, kept := filepath.Join(dir, "data"), filepath.Join(dir, "checkpoints.jsonl")
	p := start(t, dir, "--audit-checkpoints", kept)
	a := api{t, p, credentials(t, data)["SCW_SECRET_KEY"]}
	a.application("one")
	if out := succeeds(t, "audit", "verify", "--data", data); strings.Count(out, "GOOD: ") != 1 || !strings.Contains(out, "events") {
		t.Errorf("beside a running server: %s", out)
	}
	old := filepath.Join(dir, "old")
	if err := os.CopyFS(old, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(old, masterKeyName), 0o600); err != nil {
		t.Fatal(err)
	}
	a.application("two")
	a.end()
	if out := succeeds(t, "audit", "verify", "--data", data, "--checkpoints", kept); !strings.Contains(out, ", 1 checkpoints compared") {
		t.Errorf("with checkpoints: %s", out)
	}
	status, out := command(t, "audit", "verify", "--data", old, "--checkpoints", kept)
	if status != exitBad || !strings.Contains(out, "BAD: organization ") || !strings.Contains(out, "truncated (events") {
		t.Errorf("an older copy: %d: %s", status, out)
	}

	wrong := filepath.Join(dir, "wrong.key")
	if err := os.WriteFile(wrong, []byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	database := filepath.Join(data, "bailiwick.db")
	for message, args := range map[string][]string{
		"the master key does not belong": {"--data", data, "--master-key", wrong},
		"the master key is needed":       {"--data", data, "--master-key", filepath.Join(dir, "absent.key")},
		"give --master-key, or --data":   {"--database", "postgres://localhost/bailiwick"},
		"want a file, or a database":     {database, "--data", data},
		"--key is for files":             {"--data", data, "--key", "x"},
		"or --data or --database":        {},
		"organization":                   {"--data", data, "--organization", "00000000-0000-4000-8000-000000000000"},
		"no such file":                   {"--data", filepath.Join(dir, "nowhere"), "--master-key", filepath.Join(data, "master.key")},
	} {
		status, out := command(t, append([]string{"audit", "verify"}, args...)...)
		if status != exitUsage || !strings.Contains(out, message) {
			t.Errorf("%v: %d: %s; want %q", args, status, out, message)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "absent.key")); err == nil {
		t.Error("a master key was made")
	}
}

// The operator erases a deleted user from the trail, and nobody else, and no user that is there.
func TestEraseCommand(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	p := start(t, dir)
	keys := credentials(t, data)
	a := api{t, p, keys["SCW_SECRET_KEY"]}
	organization := keys["SCW_DEFAULT_ORGANIZATION_ID"]
	status, body := a.call("POST", "/iam/v1alpha1/users", `{"member":{"username":"anna-of-erewhon","email":"anna@example.com"}}`)
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	user := firstID.FindStringSubmatch(body)[1]
	erase := func(variable string, args ...string) (int, string) {
		t.Helper()
		var out bytes.Buffer
		environ := []string{"SCW_API_URL=" + p.url, variable + "=" + keys[variable]}
		status := run(t.Context(), append([]string{"audit", "erase"}, args...), environ, &out, &out)
		return status, out.String()
	}
	both := []string{"--organization", organization, "--user", user}
	for _, c := range []struct {
		message, variable string
		args              []string
	}{
		{"the server answers 412", "BAILIWICK_OPERATOR_TOKEN", both},
		{"for the operator", "SCW_SECRET_KEY", both},
		{"--user: want an id", "BAILIWICK_OPERATOR_TOKEN", []string{"--organization", organization, "--user", "anna"}},
	} {
		if status, out := erase(c.variable, c.args...); status != exitUsage || !strings.Contains(out, c.message) {
			t.Errorf("%s: %d %s", c.message, status, out)
		}
	}
	if status, body := a.call("DELETE", "/iam/v1alpha1/users/"+user, ""); status != 204 {
		t.Fatalf("%d %s", status, body)
	}
	if status, out := erase("BAILIWICK_OPERATOR_TOKEN", both...); status != exitOK || !strings.Contains(out, "erased") {
		t.Fatalf("%d %s", status, out)
	}
	_, events := a.call("GET", "/audit-trail/v1alpha1/regions/fr-par/events?page_size=100", "")
	if strings.Contains(events, "erewhon") || !strings.Contains(events, user) || !strings.Contains(events, "EraseUser") {
		t.Errorf("events: %s", events)
	}
	if out := succeeds(t, "audit", "verify", "--data", data); !strings.Contains(out, "GOOD: ") {
		t.Errorf("verify: %s", out)
	}
}
