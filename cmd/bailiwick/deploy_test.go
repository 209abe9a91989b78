package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// What the files for deployment set are settings, and what they watch are metrics.
func TestDeployFiles(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	flags := settingFlags(parser.Model.Node)
	p := start(t, t.TempDir())
	a := api{t, p, ""}
	a.call("GET", "/healthz", "") // requests are counted from the first on
	_, metrics := a.call("GET", "/metrics", "")
	files, err := filepath.Glob("../../docs/deploy/*")
	if err != nil || len(files) < 4 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(variablePrefix+`[A-Z_]*[A-Z]`).FindAllString(string(text), -1) {
			if !slices.ContainsFunc(flags, func(flag string) bool { return variable(flag) == name }) {
				t.Errorf("%s sets %s, which no flag reads", file, name)
			}
		}
		if !strings.HasSuffix(file, ".service") {
			for _, name := range regexp.MustCompile(`\b(?:bailiwick|process)_[a-z_]+`).FindAllString(string(text), -1) {
				if !strings.Contains(metrics, name) && !slices.Contains(countedLater(), name) {
					t.Errorf("%s watches %s, which is no metric", file, name)
				}
			}
		}
		if strings.HasSuffix(file, ".yaml") {
			decoder := yaml.NewDecoder(strings.NewReader(string(text)))
			documents := 0
			for value := any(nil); decoder.Decode(&value) == nil; documents++ {
			}
			if want := strings.Count(string(text), "\n---\n") + 1; documents != want {
				t.Errorf("%s: %d documents can be read, want %d", file, documents, want)
			}
		}
	}
}

// countedLater are the metrics that have no series before they count something.
func countedLater() []string { return []string{"bailiwick_shed_total", "bailiwick_decisions_total"} }
