package catalog

import (
	"fmt"
	"testing"
)

// TestTooManyPermissions: one more than a Number can count.
func TestTooManyPermissions(t *testing.T) {
	d := &document{file: "big.yaml", operator: true}
	service := serviceText{line: 1, name: text{"big", 1}}
	for i := range 257 {
		resource := resourceText{line: 2, name: text{fmt.Sprintf("r%d", i), 2}}
		for j := range 255 {
			resource.actions = append(resource.actions, text{fmt.Sprintf("a%d", j), 2})
		}
		service.resources = append(service.resources, resource)
	}
	service.resources[0].actions = append(service.resources[0].actions, text{"a255", 2})
	d.services = []serviceText{service}
	for _, test := range []struct{ name, extra, want string }{
		{"most", "", ""},
		{"one more", "a256", "big.yaml: the catalogue has 65537 permissions; 65536 is the most"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.extra != "" {
				actions := &d.services[0].resources[0].actions
				*actions = append(*actions, text{test.extra, 2})
			}
			var f faults
			c, err := build([]*document{d}, &f)
			switch {
			case test.want == "" && (err != nil || c.Len() != 65536):
				t.Fatalf("build: %v, %v", c, err)
			case test.want != "" && (err == nil || err.Error() != test.want):
				t.Fatalf("build: %v, want %s", err, test.want)
			}
		})
	}
}
