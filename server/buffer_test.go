package server_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bailiwick/bailiwicktest"
	"bailiwick/decisionlog"
	"bailiwick/iam"
	"bailiwick/server"
)

// Answers take turns in the memory that they are written in. Each holds what was asked for,
// and nothing of others, of whatever length.
func TestAnswersAreNotMixed(t *testing.T) {
	e := start(t)
	owner := e.As(t, e.Owner())
	var wait sync.WaitGroup
	for i := range 8 {
		description := strings.Repeat(string(rune('a'+i)), 1+25*i)
		app, err := owner.CreateApplication(iam.NewApplication{Name: "answers", Description: description})
		if err != nil {
			t.Fatal(err)
		}
		path := "/iam/v1alpha1/applications/" + string(app.ID)
		want := e.send(t, "GET", path, "", e.owner()...)
		if want.status != 200 || !strings.Contains(want.body, `"description":"`+description+`"`) {
			t.Fatalf("%d %s", want.status, want.body)
		}
		wait.Go(func() {
			for range 50 {
				if got := e.send(t, "GET", path, "", e.owner()...); got.status != 200 || got.body != want.body {
					t.Errorf("got  %s\nwant %s", got.body, want.body)
					return
				}
			}
		})
	}
	wait.Wait()
}

// Batches take turns in the memory of their questions and answers. Each gets the answers to its own
// questions, as many as it asked, however long others are and however they are written.
func TestBatchesAreNotMixed(t *testing.T) {
	e := start(t)
	blind := regexp.MustCompile(`"decision_id":"[0-9a-f-]{36}",`)
	var wait sync.WaitGroup
	for i := range 8 {
		resource := fmt.Sprintf(`"resource":{"type":"iam:application","id":"resource-%d","properties":{"name":"n%d"}}`, i, i)
		good := fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":"iam:application:get"},%s}`, e.Owner().Principal.ID, resource)
		nobody := fmt.Sprintf(`{"subject":{"type":"user","id":"nobody-%d"},"action":{"name":"iam:application:get"},%s,"context":{"ip":"192.0.2.%d"}}`, i, resource, i)
		bad := fmt.Sprintf(`{"subject":{"type":"kind-%d","id":"a"},"action":{"name":"iam:application:get"},%s}`, i, resource)
		list := strings.Repeat(good+","+nobody+","+bad+",", 1+9*i) + good
		body := `{"evaluations":[` + list + `]}`
		if i%2 == 1 {
			body = `{"ignored":1,"evaluations":[` + list + `]}` // which only the library reads
		}
		header := e.owner()
		want := e.send(t, "POST", "/access/v1/evaluations", body, header...)
		if want.status != 200 || strings.Count(want.body, `"decision":true`) != 2+9*i || strings.Count(want.body, `"decision":false`) != 2+18*i {
			t.Fatalf("%d %s", want.status, want.body)
		}
		wait.Go(func() {
			for range 40 {
				got := e.send(t, "POST", "/access/v1/evaluations", body, header...)
				if got.status != 200 || blind.ReplaceAllString(got.body, "") != blind.ReplaceAllString(want.body, "") {
					t.Errorf("got  %s\nwant %s", got.body, want.body)
					return
				}
			}
		})
	}
	wait.Wait()
}

// held takes nothing before it is let go.
type held struct {
	strings.Builder
	free chan struct{}
}

func (h *held) Write(p []byte) (int, error) {
	<-h.free
	return h.Builder.Write(p)
}

// Bodies take turns in one memory, and what waits when the next comes, for the decision log and for the
// list of last uses, is still what was asked.
func TestNothingWaitsInABody(t *testing.T) {
	out := &held{free: make(chan struct{})}
	log, err := decisionlog.New(decisionlog.Config{Mode: decisionlog.Full, Writer: out, Queue: 1000})
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
	owner := e.AsOwner(t)
	want := map[string]int{}
	const rounds = 6
	keys := map[string]bool{}
	for i := range rounds {
		app := owner.MustCreateApplication(fmt.Sprint("robot-", i))
		owner.MustCreatePolicy(fmt.Sprint("robot-", i), app.ID.Principal(), bailiwicktest.Everywhere(owner.Organization(), "IAMReadOnly"))
		key := string(owner.MustCreateAPIKey(app.ID.Principal()).AccessKey)
		keys[key] = true
		question := func(subject, resource string) string {
			want[subject+" "+resource]++
			return fmt.Sprintf(`{"subject":{"type":"api_key","id":%q},"action":{"name":"iam:group:list"},"resource":{"type":"iam:group","id":%q}}`, subject, resource)
		}
		single := question(key, fmt.Sprint("resource-", i, "-0"))
		batch := `{"evaluations":[` + question(key, fmt.Sprint("resource-", i, "-1")) + "," + question(fmt.Sprintf("SCWNOBODY0000000000%d", i), fmt.Sprint("resource-", i, "-2")) + `]}`
		for path, body := range map[string]string{"": single, "s": batch} {
			if r := e.send(t, "POST", "/access/v1/evaluation"+path, body, e.owner()...); r.status != 200 || strings.Count(r.body, `"decision":true`) != 1 {
				t.Fatalf("%d %s", r.status, r.body)
			}
		}
	}
	if err := e.Authority.StoreUses(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, k := range e.lastUsed(t, "page_size=100").LastUsed {
		if !k.LastDecisionAt.IsZero() {
			delete(keys, k.AccessKey)
		}
	}
	if len(keys) > 0 {
		t.Errorf("keys that were used and are not said to be: %v", keys)
	}
	close(out.free)
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for line := range strings.Lines(out.String()) {
		var entry struct {
			Subject, Resource struct{ ID string }
			Decision          bool
			Reasons           []string
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got[entry.Subject.ID+" "+entry.Resource.ID]++
		if reasons := strings.Join(entry.Reasons, ";"); entry.Decision != strings.Contains(reasons, " grants IAMReadOnly") {
			t.Errorf("%v because of %q", entry.Decision, reasons)
		}
	}
	if !cmp.Equal(got, want) {
		t.Errorf("the log (-want +got):\n%s", cmp.Diff(want, got))
	}
}
