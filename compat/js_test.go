package compat

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"testing"
)

// TestJavaScript runs the tests in js/, which drive the same server with the official
// JavaScript SDK. Without Node.js it is skipped, but not where CI is set.
func TestJavaScript(t *testing.T) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing: the JavaScript SDK cannot be tested", tool)
			}
			t.Skipf("NOT TESTED: %s is missing, so nothing is known of the JavaScript SDK", tool)
		}
	}
	if _, err := os.Stat("js/node_modules"); errors.Is(err, fs.ErrNotExist) {
		inJS(t, installation, "npm", "ci")
	}
	inJS(t, installation, "node", "--test")
}

// inJS runs a command in js/ with what the tests there need to know of a server in its
// environment.
func inJS(t *testing.T, s *server, name string, arguments ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Dir = "js"
	command.Env = append(os.Environ(),
		"BAILIWICK_URL="+s.url,
		"BAILIWICK_OWNER_EMAIL="+s.credentials["BAILIWICK_OWNER_EMAIL"],
		"BAILIWICK_OWNER_PASSWORD="+s.credentials["BAILIWICK_OWNER_PASSWORD"],
		"BAILIWICK_OPERATOR_TOKEN="+s.credentials["BAILIWICK_OPERATOR_TOKEN"])
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, arguments, err, output)
	}
}
