package catalog

import (
	"os"
	"strings"
	"testing"
)

// FuzzParse reads any bytes as an operator's file. It must never panic; what it takes must
// keep the rules of the catalogue, and what it refuses must be told in lines of one form.
func FuzzParse(f *testing.F) {
	example, err := os.ReadFile("../examples/catalog/library.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	for _, seed := range []string{
		"", "a: b", "services: [{name: s, resources: [{name: r, actions: [a]}]}]",
		"services: [{name: s, resources: [{name: r, actions: [a, b]}]}]\n" +
			"permission_sets: [{name: Aa, scope_type: projects, permissions: ['s:*:*']}]\n" +
			"unassigned: [{permission: 's:r:b', reason: x}]",
		"services: &a\n  - *a\n", "<<: {a: 1}", "? [a]\n: b", "a: |\n x\n", "---\n---\n", "services: {", "\t", "!!map {}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		var faults faults
		d := &document{file: "x.yaml", operator: true}
		parse(d, source, &faults)
		c, err := build([]*document{d}, &faults)
		if err != nil {
			if c != nil {
				t.Fatal("both a catalogue and an error")
			}
			for _, line := range strings.Split(err.Error(), "\n") {
				if !strings.HasPrefix(line, "x.yaml: ") {
					t.Fatalf("fault %q does not name the file", line)
				}
			}
			return
		}
		for _, set := range c.Sets() {
			if len(set.Permissions) == 0 || len(set.Permissions) != set.Bits.Count() || !set.Operator {
				t.Fatalf("set %+v", set)
			}
			for _, p := range set.Permissions {
				if _, unassigned := c.Unassigned(p); unassigned {
					t.Fatalf("%s holds %s, which is unassigned", set.Name, p)
				}
			}
		}
	})
}
