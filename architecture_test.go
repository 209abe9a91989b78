package bailiwick_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the prefix of our own packages.
const module = "bailiwick/"

// rooms says which rooms each room may know, and why no others. A room that is missing here
// fails the test: a new one needs a line and a reason.
var rooms = map[string]struct {
	knows  []string
	reason string
}{
	"planted":       {nil, "defects to be caught by tests are constants and nothing else"},
	"iam":           {nil, "the glossary must be readable, and importable by services, without anything else"},
	"audit":         {[]string{"iam"}, "what verifies the trail must be readable alone, and must not share a fault with what writes it"},
	"catalog":       {[]string{"iam"}, "the catalogue is data; it decides nothing and stores nothing"},
	"condition":     {[]string{"iam", "planted"}, "an expression sees the values it is given and nothing else"},
	"identity":      {[]string{"iam"}, "credentials know no routing and no SQL, so they can be reviewed alone"},
	"mail":          {nil, "a letter carries what it is given; who gets one is decided where the rights are known"},
	"bucket":        {nil, "an object carries what it is given; what may be written where is decided where the rights are known"},
	"webhook":       {nil, "a message carries what it is given; who may send where, and again when, is decided where the rights are known"},
	"store":         {[]string{"iam", "planted"}, "rows, not rules: a store that knew policies would authorize twice, differently"},
	"decisionlog":   {[]string{"iam"}, "a log writes what it is given; it can look nothing up, so it can leak nothing"},
	"client":        {[]string{"iam"}, "what other services import must not bring the server with it"},
	"pdp":           {[]string{"catalog", "condition", "iam", "planted"}, "the decision core is pure: no store, no clock, no log"},
	"authority":     {[]string{"audit", "catalog", "condition", "iam", "identity", "pdp", "planted", "store"}, "use cases know no HTTP, so every door is the same door"},
	"pages":         {[]string{"authority", "iam"}, "a page asks the use cases that the API asks, and decides nothing"},
	"console":       {nil, "the build of the console is data; who may do what is decided where it calls"},
	"server":        {[]string{"authority", "catalog", "decisionlog", "iam", "pages", "planted"}, "HTTP has no rules: what it cannot import it cannot decide"},
	"cmd/bailiwick": {[]string{"audit", "authority", "bucket", "catalog", "client", "console", "decisionlog", "iam", "identity", "mail", "server", "store", "webhook"}, "main only wires"},
	"rig":           {nil, "who runs the program from outside must not reach into it"},
	"bailiwicktest": {[]string{"audit", "authority", "catalog", "iam", "identity", "server", "store"}, "the test kit wires the real things, like main"},
}

// imports are outside packages that only one room may import.
var imports = map[string]string{
	"database/sql":                "store",
	"github.com/jackc/pgx/v5":     "store",
	"modernc.org/sqlite":          "store",
	"cel.dev/cel-go":              "condition",
	"github.com/scaleway/":        "server",
	"github.com/prometheus/":      "server",
	"golang.org/x/crypto":         "identity",
	"golang.org/x/sys":            "identity",
	"golang.org/x/text":           "identity",
	"github.com/pquerna/otp":      "identity",
	"github.com/go-jose/":         "identity",
	"github.com/go-webauthn/":     "identity",
	"github.com/coreos/go-oidc":   "identity",
	"golang.org/x/oauth2":         "identity",
	"github.com/wneessen/":        "mail",
	"github.com/aws/":             "bucket",
	"github.com/goccy/go-yaml":    "catalog",
	"github.com/alecthomas/kong":  "cmd/bailiwick",
	"github.com/go-json-experime": "server",
}

func TestRoomsKnowOnlyTheRoomsBelow(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		room := strings.TrimPrefix(fields[0], module)
		if fields[0] == strings.TrimSuffix(module, "/") || strings.HasPrefix(room, "examples/") {
			continue
		}
		rule, ok := rooms[room]
		if !ok {
			t.Errorf("%s has no rule: say what it may know, and why", room)
			continue
		}
		seen[room] = true
		for _, imported := range fields[1:] {
			if below, own := strings.CutPrefix(imported, module); own && !slices.Contains(rule.knows, below) {
				t.Errorf("%s imports %s: %s", room, below, rule.reason)
			}
			for prefix, only := range imports {
				if strings.HasPrefix(imported, prefix) && room != only {
					t.Errorf("%s imports %s, which only %s may import", room, imported, only)
				}
			}
		}
	}
	for _, room := range []string{"iam", "audit", "catalog", "condition", "identity", "store", "pdp", "authority", "pages", "server", "cmd/bailiwick"} {
		if !seen[room] {
			t.Errorf("%s is gone: a rule without its room guards nothing", room)
		}
	}
}

// TestNoHiddenWiring refuses init functions: what a program is made of stands in main.
func TestNoHiddenWiring(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "git", "grep", "-nE", `^func init\(\)`, "--", "*.go").CombinedOutput()
	if len(out) > 0 {
		t.Errorf("init functions (%v):\n%s", err, out)
	}
}
