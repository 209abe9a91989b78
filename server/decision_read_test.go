package server

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bailiwick/authority"
)

const plainQuestion = `{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},` +
	`"resource":{"type":"record","id":"1","properties":{"name":"a","project_id":"p"}},"context":{"ip":"192.0.2.1","user_agent":"curl/8.5.0","time":"2026-01-31T12:00Z"}}`

var plainBatch = `{"evaluations":[` + strings.Repeat(plainQuestion+",", 40) + `{}],"options":{"evaluations_semantic":"a"},` + plainQuestion[1:]

// What is written plainly does not need the library; all else does.
func TestReadPlain(t *testing.T) {
	for body, want := range map[string]bool{
		plainQuestion:                     true,
		" \t\r\n" + plainQuestion + "\n ": true,
		strings.NewReplacer(`:`, " :\n", `,`, "\t, ", `{`, "{ ", `}`, " }").Replace(`{"subject":{"type":"user","id":"alice"}}`): true,
		`{}`:                             true,
		`{"subject":{}}`:                 true,
		`{"resource":{"properties":{}}}`: true,

		``:                                    false,
		`[]`:                                  false,
		`{`:                                   false,
		`{}}`:                                 false,
		`{"subject":{"type":"a"},}`:           false,
		`{"subject":{"type":"a",}}`:           false,
		`{"subject" {"type":"a"}}`:            false,
		`{"subject":{"type":""}}`:             false,
		`{"subject":{"type":null}}`:           false,
		`{"subject":{"type":1}}`:              false,
		`{"subject":{"type":"é"}}`:            false,
		`{"subject":{"type":"\u0061"}}`:       false,
		"{\"subject\":{\"type\":\"a\x00\"}}":  false,
		`{"subject":{"type":"a","type":"b"}}`: false,
		`{"subject":{"type":"a"},"subject":{"type":"b"}}`: false,
		`{"subject":{"Type":"a"}}`:                        false,
		`{"subject":{"type":"a","other":"b"}}`:            false,
		`{"other":"b"}`:                                   false,
		`{"context":{"ip":"a","ip":"b"}}`:                 false,
		`{"context":null}`:                                false,
		`{"action":{"name":"a","properties":{}}}`:         false,
		`{"resource":{"properties":{"a":"b","a":"c"}}}`:   false,
		`{"resource":{"properties":{"a":1}}}`:             false,
		`{"resource":{"properties":{"a":{}}}}`:            false,
		`{"resource":{"properties":{}, "properties":{}}}`: false,
		`{"subject":{"properties":{"a":"b","":"c"}}}`:     false,
		`{"subject":{"properties":{"a":"b","c":"d"}},"resource":{"properties":{"a":"b","c":"d","e":"f","g":"h","i":"j"}}}`: true,
		`{"resource":{"properties":{` + properties(16) + `}}}`:                                                             true,
		`{"resource":{"properties":{` + properties(17) + `}}}`:                                                             false, // each is compared with all
	} {
		if got := new(evaluationRequest).readPlain(body); got != want {
			t.Errorf("%q: %v", body, got)
		}
		holdToLibrary(t, body)
	}
	many := strings.Repeat("{},", authority.MaxQuestions-1) + "{}"
	for body, want := range map[string]bool{
		`{"evaluations":[` + many + `]}`:    true,
		`{"evaluations":[{},` + many + `]}`: false, // the library refuses it for less
		`{"evaluations":[` + plainQuestion + `,{}],"options":{"evaluations_semantic":"deny_on_first_deny"},` + plainQuestion[1:]: true,
		`{"evaluations":[{"subject":{"id":"a"}} , {}]}`: true,
		plainQuestion:                             true,
		`{"options":{}}`:                          true,
		`{"evaluations":[]}`:                      false,
		`{"evaluations":[{},]}`:                   false,
		`{"evaluations":[null]}`:                  false,
		`{"evaluations":[{}],"evaluations":[{}]}`: false,
		`{"options":{},"options":{}}`:             false,
		`{"options":{"other":"a"}}`:               false,
		`{"evaluations":[{}}`:                     false,
		`{"evaluations":[{}`:                      false,
		`{"evaluations":[{},`:                     false,
		`{"evaluations":{}}`:                      false,
		`{"options":{"evaluations_semantic":"a","evaluations_semantic":"b"}}`: false,
	} {
		if got := new(evaluationsRequest).readPlain(body); got != want {
			t.Errorf("%q: %v", body, got)
		}
		holdToLibrary(t, body)
	}
}

// A request that is used again has nothing of the one before, also none that was not read to its end.
func TestRequestsAreCleaned(t *testing.T) {
	for _, body := range []string{plainQuestion, plainBatch, plainBatch + "}", plainQuestion + "}", `{"evaluations":[` + plainQuestion + `,`, `{"evaluations":[` + plainQuestion + `]}`} {
		one, many := new(evaluationRequest), new(evaluationsRequest)
		one.readPlain(body)
		many.readPlain(body)
		many.memory.questions.Asked = make([]authority.Asked, 3)
		many.memory.answers = append(many.memory.answers, evaluationResponse{Decision: true})
		many.memory.answer.Evaluations = append(many.memory.answer.Evaluations, &many.memory.answers[0])
		one.clean()
		many.clean()
		if !reflect.ValueOf(*one.memory).IsZero() {
			t.Errorf("%q leaves %+v", body, *one.memory)
		}
		m := many.memory
		for _, piece := range m.pieces {
			if !reflect.ValueOf(*piece).IsZero() {
				t.Errorf("%q leaves questions", body)
			}
		}
		for _, p := range m.list[:cap(m.list)] {
			if p != nil {
				t.Errorf("%q leaves a question", body)
			}
		}
		if len(m.list)+len(m.answers)+len(m.answer.Evaluations)+len(m.questions.Asked) != 0 || m.answers[:1][0].Decision || m.answer.Evaluations[:1][0] != nil {
			t.Errorf("%q leaves answers", body)
		}
	}
}

// properties are n members.
func properties(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"p%d":"v"`, i))
	}
	return strings.Join(list, ",")
}

func FuzzReadPlain(f *testing.F) {
	f.Add(plainQuestion)
	f.Add(`{"evaluations":[` + plainQuestion + `,{}],"options":{"evaluations_semantic":"a"},` + plainQuestion[1:])
	f.Add(`{"evaluations":[` + plainQuestion + `,` + plainQuestion + `]} `)
	f.Fuzz(func(t *testing.T, body string) { holdToLibrary(t, body) })
}

// holdToLibrary checks that what is read plainly is what the strict path makes of it.
func holdToLibrary(t *testing.T, body string) {
	t.Helper()
	hold(t, body, new(evaluationRequest), new(evaluationRequest))
	hold(t, body, new(evaluationsRequest), new(evaluationsRequest))
	// The same in the memory of another request, of which nothing may be left.
	one, many := new(evaluationRequest), new(evaluationsRequest)
	if !one.readPlain(plainQuestion) || !many.readPlain(plainBatch) {
		t.Fatal("plain requests are not read plainly")
	}
	one.clean()
	many.clean()
	hold(t, body, one, new(evaluationRequest))
	hold(t, body, many, new(evaluationsRequest))
}

func hold(t *testing.T, body string, got, want plainRequest) {
	t.Helper()
	if got.readPlain(body) {
		if err := scan([]byte(body)); err != nil {
			t.Fatalf("%q is read plainly, but is refused: %v", body, err)
		}
		if err := json.Unmarshal([]byte(body), want); err != nil {
			t.Fatalf("%q is read plainly, but is refused: %v", body, err)
		}
	}
	switch r := got.(type) {
	case *evaluationRequest:
		r.plainProperties()
	case *evaluationsRequest:
		for _, q := range append(r.Evaluations, &evaluationRequest{Subject: r.Subject, Resource: r.Resource}) {
			q.plainProperties()
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(authzenEntity{}, evaluationRequest{}, evaluationsRequest{})); diff != "" {
		t.Fatalf("%q (-library +plain):\n%s", body, diff)
	}
}

// plainProperties puts properties that were read plainly where the library puts them.
func (r *evaluationRequest) plainProperties() {
	for _, e := range []*authzenEntity{r.Subject, r.Resource} {
		if e != nil {
			e.Properties = e.properties()
		}
	}
}
