package main

import (
	"os"
	"path/filepath"
	"testing"
)

// Lines are appended, each on a line of its own, also behind one that was torn.
func TestAppendSynced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for _, step := range []struct{ before, add, after string }{
		{"", "a\n", "a\n"},
		{"a\n", "b\n", "a\nb\n"},
		{"a\n{\"tor", "b\n", "a\n{\"tor\nb\n"},
	} {
		if err := os.WriteFile(path, []byte(step.before), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := appendSynced(path, []byte(step.add)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != step.after {
			t.Errorf("%q and %q: %q, %v", step.before, step.add, got, err)
		}
	}
}
