package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// root is the folder of the repository.
const root = "../.."

func readDocument(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryDirectDependencyHasAReason(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json", filepath.Join(root, "go.mod")).Output()
	if err != nil {
		t.Fatal(err)
	}
	var module struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	document := readDocument(t, "docs/dependencies.md")
	known := map[string]bool{}
	for _, require := range module.Require {
		known[require.Path] = true
		if !require.Indirect && !strings.Contains(document, "\n| `"+require.Path+"` | ") {
			t.Errorf("docs/dependencies.md has no line for %s", require.Path)
		}
	}
	lines := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]{8,} \\| [^|]{8,} \\|$").FindAllStringSubmatch(document, -1)
	if len(lines) == 0 {
		t.Error("docs/dependencies.md has no lines in the form | `module` | what for | why |")
	}
	for _, line := range lines {
		if !known[line[1]] {
			t.Errorf("docs/dependencies.md speaks of %s, which go.mod does not require", line[1])
		}
	}
}

func TestOperationsNamesEveryFlag(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	flags := slices.DeleteFunc(flagNames(parser.Model.Node), func(flag string) bool { return flag == "help" })
	document := readDocument(t, "docs/operations.md")
	for _, flag := range flags {
		if !strings.Contains(document, "\n| `--"+flag) {
			t.Errorf("docs/operations.md has no line for --%s", flag)
		}
	}
	for _, match := range regexp.MustCompile("`--([a-z0-9-]+)").FindAllStringSubmatch(document, -1) {
		if !slices.Contains(flags, match[1]) {
			t.Errorf("docs/operations.md speaks of --%s, which is no flag", match[1])
		}
	}
	for _, match := range regexp.MustCompile(variablePrefix+`[A-Z0-9_]+`).FindAllString(document, -1) {
		if !slices.Contains(notSettings(), match) && !slices.ContainsFunc(flags, func(flag string) bool { return variable(flag) == match }) {
			t.Errorf("docs/operations.md speaks of %s, which no flag reads", match)
		}
	}
}
