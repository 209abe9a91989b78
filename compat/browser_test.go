package compat

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestBrowser runs js/pages.js, which uses the login pages with a real browser and its virtual
// authenticator. Without Node.js or Chromium it is skipped, but not where CI is set.
func TestBrowser(t *testing.T) {
	for _, tool := range []string{"node", "npm", "chromium"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing: the login pages cannot be tested in a browser", tool)
			}
			t.Skipf("NOT TESTED: %s is missing, so nothing is known of the login pages in a browser", tool)
		}
	}
	if _, err := os.Stat("js/node_modules/playwright-core"); errors.Is(err, fs.ErrNotExist) {
		inJS(t, installation, "npm", "ci")
	}
	s := startFor(t)
	// Browsers have passkeys at a name, and on this machine it is this one.
	s.url = strings.Replace(s.url, "127.0.0.1", "localhost", 1)
	inJS(t, s, "node", "pages.js")
}
