package server_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bailiwick/bailiwicktest"
	"bailiwick/decisionlog"
	"bailiwick/server"
)

// startLogged starts a server with a decision log. The function closes the log and returns
// what is in it.
func startLogged(t *testing.T, c decisionlog.Config) (*edge, func() []map[string]any) {
	t.Helper()
	var out strings.Builder
	c.Writer = &out
	log, err := decisionlog.New(c)
	if err != nil {
		t.Fatal(err)
	}
	e := &edge{Kit: bailiwicktest.New(t, bailiwicktest.Options{}), log: &lockedBuffer{}}
	s, err := server.New(server.Config{Authority: e.Authority, DecisionLog: log})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	e.url = ts.URL
	return e, func() []map[string]any {
		if err := log.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		var entries []map[string]any
		for line := range strings.Lines(out.String()) {
			var entry map[string]any
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			if text, _ := entry["time"].(string); !strings.HasPrefix(text, "20") {
				t.Errorf("no time of now: %s", line)
			}
			delete(entry, "time")
			entries = append(entries, entry)
		}
		return entries
	}
}

// TestEveryDecisionIsLogged asks in every way that gives a decision, and wants each in the
// log once, with the id, the revision and the reasons of its answer; and nothing else.
func TestEveryDecisionIsLogged(t *testing.T) {
	e, entries := startLogged(t, decisionlog.Config{Mode: decisionlog.Full})
	organization, project := string(e.First.Organization.ID), string(e.First.DefaultProject.ID)
	owner := string(e.First.Owner.ID)
	item := func(action, resource string) string {
		return fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":%q},"resource":{"type":"iam:user","id":%q,"properties":{"project_id":%q}},"context":{"user_agent":"hidden-agent"}}`,
			owner, action, resource, project)
	}
	type context struct {
		DecisionID string   `json:"decision_id"`
		Revision   float64  `json:"revision"`
		Reasons    []string `json:"reasons"`
	}
	var want []map[string]any
	expect := func(resource string, decision bool, c context, reasons ...any) {
		for _, reason := range c.Reasons {
			reasons = append(reasons, reason)
		}
		want = append(want, map[string]any{
			"decision_id": c.DecisionID, "revision": c.Revision, "organization_id": organization,
			"caller":  map[string]any{"type": "user", "id": owner},
			"subject": map[string]any{"type": "user", "id": owner}, "action": "iam:user:read",
			"resource": map[string]any{"type": "iam:user", "id": resource, "project_id": project},
			"decision": decision, "reasons": reasons,
		})
	}
	ask := func(path, body string, answer any) {
		t.Helper()
		got := e.send(t, "POST", path, body, e.owner()...)
		if got.status != 200 {
			t.Fatalf("%s: %d %s", path, got.status, got.body)
		}
		if err := json.Unmarshal([]byte(got.body), answer); err != nil {
			t.Fatal(err)
		}
	}

	var single struct{ Context context }
	ask("/access/v1/evaluation", item("iam:user:read", "one"), &single)
	expect("one", true, single.Context)

	var batch struct{ Evaluations []struct{ Context context } }
	ask("/access/v1/evaluations", `{"evaluations":[`+item("iam:user:read", "two")+`,`+item("iam:user:fly", "three")+`]}`, &batch)
	expect("two", true, batch.Evaluations[0].Context)
	expect("three", false, context{Revision: batch.Evaluations[1].Context.Revision}, "invalid argument(s); action.name: unknown permission")
	want[2]["action"] = "iam:user:fly"

	ask("/access/v1/evaluations", item("iam:user:read", "four"), &single)
	expect("four", true, single.Context)

	var explained context
	ask("/bailiwick/v1/explain", item("iam:user:read", "five"), &explained)
	expect("five", true, explained)

	var other map[string]any
	ask("/access/v1/search/action", fmt.Sprintf(`{"subject":{"type":"user","id":%q},"resource":{"type":"iam:user","id":"six"}}`, owner), &other)
	ask("/bailiwick/v1/who-can", `{"permission":"iam:user:read"}`, &other)
	if got := e.send(t, "POST", "/access/v1/evaluation", item("iam:user:fly", "seven"), e.owner()...); got.status != 400 {
		t.Errorf("a question that cannot be judged: %d", got.status)
	}
	if got := e.send(t, "POST", "/access/v1/evaluation", item("iam:user:read", "eight")); got.status != 401 {
		t.Errorf("a question of nobody: %d", got.status)
	}

	if diff := cmp.Diff(want, entries()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	metrics := e.send(t, "GET", "/metrics", "").body
	for _, line := range []string{"written_total 5", "dropped_total 0", "sampled_out_total 0"} {
		if !strings.Contains(metrics, "\nbailiwick_decision_log_"+line+"\n") {
			t.Errorf("/metrics has no %q", line)
		}
	}
}

// TestSampledLogKeepsDenials asks for allows, which the sample leaves out, and denials.
func TestSampledLogKeepsDenials(t *testing.T) {
	e, entries := startLogged(t, decisionlog.Config{Mode: decisionlog.Sampled, Sample: 0})
	for _, subject := range []string{string(e.First.Owner.ID), "nobody", string(e.First.Owner.ID), "nobody"} {
		body := fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":"iam:user:read"},"resource":{"type":"iam:user","id":"*"}}`, subject)
		if got := e.send(t, "POST", "/access/v1/evaluation", body, e.owner()...); got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	got := entries()
	if len(got) != 2 || got[0]["decision"] != false || got[1]["decision"] != false {
		t.Errorf("the log: %v", got)
	}
	metrics := e.send(t, "GET", "/metrics", "").body
	for _, line := range []string{"written_total 2", "dropped_total 0", "sampled_out_total 2"} {
		if !strings.Contains(metrics, "\nbailiwick_decision_log_"+line+"\n") {
			t.Errorf("/metrics has no %q", line)
		}
	}
}
