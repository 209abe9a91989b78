package client_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"bailiwick/client"
	"bailiwick/iam"
)

func questions(n int) []client.Question {
	all := make([]client.Question, n)
	for i := range all {
		all[i] = question()
		all[i].Resource.ID = "r" + strconv.Itoa(i)
	}
	return all
}

// evaluator answers each question of a batch: yes if the number at the end of its resource
// id is even.
func evaluator(t *testing.T, sizes *[]int) func(http.ResponseWriter, string) {
	return func(w http.ResponseWriter, body string) {
		var in struct {
			Evaluations []struct {
				Resource struct {
					ID string `json:"id"`
				} `json:"resource"`
			} `json:"evaluations"`
			Options map[string]string `json:"options"`
		}
		if err := json.Unmarshal([]byte(body), &in); err != nil || in.Options["evaluations_semantic"] != "execute_all" || len(body) > 1<<20 {
			t.Errorf("a body of %d bytes, options %v: %v", len(body), in.Options, err)
		}
		*sizes = append(*sizes, len(in.Evaluations))
		answering(batchAnswer(len(in.Evaluations), func(i int) string {
			n, err := strconv.Atoi(in.Evaluations[i].Resource.ID[1:])
			if err != nil {
				t.Error(err)
			}
			return numbered(n)
		}))(w, body)
	}
}

func TestCheckAllSplits(t *testing.T) {
	long := questions(1200)
	for i := range long {
		long[i].Resource.Name = strings.Repeat("n", 1000)
	}
	for name, c := range map[string]struct {
		questions []client.Question
		sizes     []int
	}{
		"none":          {nil, nil},
		"one":           {questions(1), []int{1}},
		"a full batch":  {questions(1000), []int{1000}},
		"one more":      {questions(1001), []int{1000, 1}},
		"several":       {questions(2500), []int{1000, 1000, 500}},
		"large in size": {long, []int{847, 353}},
	} {
		t.Run(name, func(t *testing.T) {
			var sizes []int
			p := newPeer(t, evaluator(t, &sizes))
			got, err := connect(t, p.URL).CheckAll(t.Context(), c.questions)
			if err != nil {
				t.Fatal(err)
			}
			want := make([]client.Decision, len(c.questions))
			for i := range want {
				want[i] = client.Decision{Allowed: i%2 == 0, ID: "d" + strconv.Itoa(i), Revision: 7}
			}
			same(t, got, want)
			same(t, sizes, c.sizes)
			for _, r := range p.requests {
				same(t, r.URL.Path, "/access/v1/evaluations")
			}
		})
	}
}

func TestBatchOnTheWire(t *testing.T) {
	p := newPeer(t, answering(batchAnswer(1, numbered)))
	if _, err := connect(t, p.URL).CheckAll(t.Context(), []client.Question{question()}); err != nil {
		t.Fatal(err)
	}
	same(t, p.bodies, []string{`{"evaluations":[{"subject":{"type":"user","id":"` + alice + `"},"action":{"name":"library:record:read"},"resource":{"type":"library:record","id":"r1","properties":{"project_id":"` + project + `"}}}],"options":{"evaluations_semantic":"execute_all"}}`})
}

// One bad answer anywhere is a "no" to everything: there is always a decision for each
// question, so an index never runs off the end, and none of them allows.
func TestCheckAllFailsClosed(t *testing.T) {
	two := func(a, b string) string { return `{"evaluations":[` + a + `,` + b + `]}` }
	for name, c := range map[string]struct {
		body string
		kind iam.Kind
	}{
		"single answer":  {yes, iam.KindInternal},
		"short":          {batchAnswer(1, numbered), iam.KindInternal},
		"long":           {batchAnswer(3, numbered), iam.KindInternal},
		"empty":          {`{"evaluations":[]}`, iam.KindInternal},
		"null":           {`{"evaluations":null}`, iam.KindInternal},
		"not a list":     {`{"evaluations":{}}`, iam.KindInternal},
		"twice":          {`{"evaluations":[],"evaluations":[` + yes + `,` + yes + `]}`, iam.KindInternal},
		"null item":      {two(yes, "null"), iam.KindInternal},
		"malformed item": {two(yes, `{"decision":"true"}`), iam.KindInternal},
		"old item":       {two(yes, strings.Replace(yes, `"revision":7`, `"revision":4`, 1)), iam.KindUnavailable},
	} {
		p := newPeer(t, answering(c.body))
		got, err := connect(t, p.URL).CheckAll(client.WithMinRevision(t.Context(), 5), questions(2))
		if iam.KindOf(err) != c.kind || err == nil {
			t.Errorf("%s: %v, want kind %s", name, err, c.kind)
		}
		same(t, got, make([]client.Decision, 2))
	}
}

// The second of two requests fails: what the first one allowed is not given out.
func TestCheckAllSecondRequestFails(t *testing.T) {
	n := 0
	p := newPeer(t, func(w http.ResponseWriter, body string) {
		if n++; n == 2 {
			reply(503, "text/plain", "")(w, body)
			return
		}
		answering(batchAnswer(1000, numbered))(w, body)
	})
	got, err := connect(t, p.URL).CheckAll(t.Context(), questions(1500))
	wantError(t, err, iam.KindUnavailable)
	same(t, got, make([]client.Decision, 1500))
}

// One question that the server cannot answer does not take the others with it.
func TestCheckAllOneError(t *testing.T) {
	p := newPeer(t, answering(`{"evaluations":[`+yes+`,{"decision":false,"context":{"error":{"status":400,"message":"unknown\npermission"}}}]}`))
	got, err := connect(t, p.URL).CheckAll(client.WithMinRevision(t.Context(), 5), questions(2))
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, []client.Decision{
		{Allowed: true, ID: "d1", Revision: 7, Reasons: []string{"because"}},
		{Err: &iam.Error{Kind: iam.KindInvalidArguments}},
	})
	if text := got[1].Err.Error(); text != "invalid_arguments: unknown permission" {
		t.Errorf("error %q", text)
	}
}
