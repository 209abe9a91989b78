package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestShellQuoteThroughARealShell(t *testing.T) {
	values := []string{
		"", "plain", "owner@example.com", "a b", "it's", `"`, "$HOME", "`id`", "$(id)", `back\slash`, "tab\there",
		"new\nline", "#not a comment", "~", "*", "a;b", "a&b", "!", "ünïcode", "--flag", "=", "a=b", "%", "{a,b}", "'",
	}
	var file strings.Builder
	file.WriteString(variables{{"FIRST", "x"}}.String())
	for _, value := range values {
		file.WriteString(variables{{"VALUE", value}}.String() + `printf '%s\0' "$VALUE"` + "\n")
	}
	for _, shell := range []string{"bash", "sh"} {
		out, err := exec.Command(shell, "-euc", file.String()).Output()
		if err != nil {
			t.Fatalf("%s: %v", shell, err)
		}
		if got, want := string(out), strings.Join(values, "\x00")+"\x00"; got != want {
			t.Errorf("%s reads %q, want %q", shell, got, want)
		}
	}
	for value, want := range map[string]string{"owner@localhost": "owner@localhost", "http://127.0.0.1:8080": "http://127.0.0.1:8080", "": "''"} {
		if got := shellQuote(value); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", value, got, want)
		}
	}
}

// TestKilledFirstStart kills first starts at the moment at which each of their files
// appears. Whatever is left, the next start must leave credentials that work.
func TestKilledFirstStart(t *testing.T) {
	for _, name := range []string{"lock", "master.key", "bailiwick.db", "bailiwick.db-wal", pendingName, credentialsName} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 {
				killFirstStart(t, name)
			}
		})
	}
}

func killFirstStart(t *testing.T, name string) {
	t.Helper()
	dir := t.TempDir()
	left := killedStart(t, dir, name)
	p := start(t, dir)
	keys := credentials(t, filepath.Join(dir, "data"))
	request, err := http.NewRequest("GET", p.url+"/iam/v1alpha1/api-keys/"+keys["SCW_ACCESS_KEY"], nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Auth-Token", keys["SCW_SECRET_KEY"])
	if got := ask(t, request); !strings.HasPrefix(got, "200 ") {
		t.Errorf("killed at %s, which left %v: the credentials do not work: %s", name, left, got)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", pendingName)); err == nil {
		t.Errorf("killed at %s: the pending file is still there", name)
	}
}

// killedStart begins a first start, kills it as soon as a file of its data directory
// exists, or the last one if that file comes and goes too fast to be seen, and returns what
// is left.
func killedStart(t *testing.T, dir, name string) []os.DirEntry {
	t.Helper()
	killed := exec.Command("bailiwick", "serve", "--listen", "127.0.0.1:0")
	killed.Dir, killed.Env = dir, cleanEnviron()
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	exists := func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, "data", name))
		return err == nil
	}
	deadline := time.Now().Add(patience)
	for !exists(name) && !exists(credentialsName) && time.Now().Before(deadline) {
		time.Sleep(50 * time.Microsecond) // the others of this test need the processor, too
	}
	killed.Process.Kill()
	killed.Wait()
	left, err := os.ReadDir(filepath.Join(dir, "data"))
	if err != nil || time.Now().After(deadline) {
		t.Fatalf("%s never appears: %v", name, err)
	}
	return left
}
