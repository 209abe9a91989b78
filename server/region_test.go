package server_test

import (
	"net/http"
	"strings"
	"testing"

	"bailiwick/server"
)

// Every path with a region: an unknown one is refused, also to the owner, and a region that
// is not the home has nothing in it.
func TestRegions(t *testing.T) {
	e := start(t)
	lists := 0
	for _, line := range server.Lines() {
		if !strings.Contains(line.Path, "{region}") || !line.Implemented {
			continue
		}
		path := strings.NewReplacer("{region}", "xx-xyz", "{export_job_id}", "00000000-0000-4000-8000-000000000000", "{custom_alert_rule_id}", "00000000-0000-4000-8000-000000000000").Replace(line.Path)
		body := ""
		if line.Method != http.MethodGet && line.Method != http.MethodDelete {
			body = "{}"
		}
		got := e.send(t, line.Method, path, body, e.owner()...)
		if got.status != 400 || !strings.Contains(got.body, `"argument_name":"region"`) {
			t.Errorf("%s in an unknown region: %d %s", line.Name, got.status, got.body)
		}
		if !strings.HasSuffix(line.Path, "events") {
			continue
		}
		lists++
		for region, empty := range map[string]bool{"fr-par": line.Name != "ListEvents" && line.Name != "ListCombinedEvents", "nl-ams": true, "pl-waw": true} {
			got := e.send(t, line.Method, strings.Replace(line.Path, "{region}", region, 1), "", e.owner()...)
			if got.status != 200 || strings.HasPrefix(got.body, `{"events":[]`) != empty {
				t.Errorf("%s in %s: %d %s", line.Name, region, got.status, got.body)
			}
		}
	}
	if lists != 4 {
		t.Errorf("%d lists of events, want 4", lists)
	}
}
