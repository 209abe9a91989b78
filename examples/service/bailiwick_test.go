package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// bailiwick is a running process of the real server.
type bailiwick struct {
	url         string
	credentials map[string]string // of credentials.env
	process     *exec.Cmd
	ended       chan error
	log         *bytes.Buffer // complete when ended has its value
}

// listening is the line by which the server says where it listens.
var listening = regexp.MustCompile(`msg=listening url=(\S+)`)

// startBailiwick builds the server, starts it with the catalogue of the examples, and waits
// until it listens.
func startBailiwick(t *testing.T) *bailiwick {
	t.Helper()
	noteSources(t)
	folder := t.TempDir()
	binary, data := filepath.Join(folder, "bailiwick"), filepath.Join(folder, "data")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/bailiwick").CombinedOutput(); err != nil {
		t.Fatalf("build the server: %v\n%s", err, out)
	}
	b := &bailiwick{ended: make(chan error, 1), log: &bytes.Buffer{}}
	b.process = exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", data, "--catalog", "../catalog")
	b.process.Env = []string{"HOME=" + folder} // no setting of this machine
	stderr, err := b.process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.stop(t) })
	found := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			b.log.WriteString(lines.Text() + "\n")
			if match := listening.FindStringSubmatch(lines.Text()); match != nil {
				found <- match[1]
			}
		}
		b.ended <- b.process.Wait()
	}()
	select {
	case b.url = <-found:
	case err := <-b.ended:
		b.ended <- err
		t.Fatalf("the server ended: %v\n%s", err, b.log)
	}
	b.credentials = readCredentials(t, filepath.Join(data, "credentials.env"))
	return b
}

// noteSources reads the folders of the repository. "go test" takes an older result while
// nothing has changed that the test has read, and it does not see what "go build" reads:
// without this a broken server would go on passing.
func noteSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("../..", func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// stop ends the server with SIGTERM and wants exit status 0. It may be called again.
func (b *bailiwick) stop(t *testing.T) {
	t.Helper()
	if err := b.process.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	err := <-b.ended
	b.ended <- err
	if err != nil {
		t.Errorf("the server: %v\n%s", err, b.log)
	}
}

func readCredentials(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			values[name] = strings.Trim(value, "'")
		}
	}
	return values
}

// create makes an IAM object as the owner and returns its text members.
func (b *bailiwick) create(t *testing.T, kind string, body map[string]any) map[string]string {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", b.url+"/iam/v1alpha1/"+kind, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Auth-Token", b.credentials["SCW_SECRET_KEY"])
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("create %s: %d %s %v", kind, response.StatusCode, answer, err)
	}
	var members map[string]any
	if err := json.Unmarshal(answer, &members); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for name, value := range members {
		if s, ok := value.(string); ok {
			texts[name] = s
		}
	}
	return texts
}

// application makes an application that holds the permission sets by one policy with one
// rule, and returns an API key of it.
func (b *bailiwick) application(t *testing.T, name string, rule map[string]any) (accessKey, secretKey string) {
	t.Helper()
	id := b.create(t, "applications", map[string]any{"name": name})["id"]
	if rule != nil {
		b.create(t, "policies", map[string]any{"name": name, "application_id": id, "rules": []any{rule}})
	}
	key := b.create(t, "api-keys", map[string]any{"application_id": id})
	return key["access_key"], key["secret_key"]
}
