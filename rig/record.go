package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Outcome is what a client knows about a request after its answer, or after having waited for
// one in vain.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"    // answered 2xx: it happened, and stays
	Refused Outcome = "refused" // answered 4xx: it did not happen, and will not
	Unknown Outcome = "unknown" // no answer, or 5xx: it may have happened, or happen yet
)

// Request is what a client asks of a node.
type Request struct {
	Node   int
	Method string
	Path   string
	Secret string // of an API key; empty: none
	Bearer string // the operator token; empty: none
	Body   string // JSON
	// Least is the revision that the answer must not be older than; 0: any.
	Least int64
}

// Operation is a request and what came of it. Times are since the installation began, on one
// monotonic clock.
type Operation struct {
	Request
	Client     int // who asked: one after the other
	Start, End time.Duration
	Outcome    Outcome
	Status     int // 0: no answer
	Revision   int64
	Stale      bool // the answer says that it may be old
	Answer     []byte
	Err        error // of a request without an answer
}

// Decode reads a field of the answer, a text; "" if it is not there.
func (o Operation) Decode(field string) string {
	var values map[string]any
	_ = json.Unmarshal(o.Answer, &values) // what cannot be read has no fields
	text, _ := values[field].(string)
	return text
}

// Recorder keeps what was asked and answered. It is safe for concurrent use.
type Recorder struct {
	mu         sync.Mutex
	grown      chan struct{} // closed by the next operation, if somebody waits for it
	operations []Operation
}

// Await waits until so many operations more have ended as were recorded when it was called:
// how much happened between two faults must not depend on how fast the machine is.
func (r *Recorder) Await(more int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for wanted := len(r.operations) + more; len(r.operations) < wanted; {
		if r.grown == nil {
			r.grown = make(chan struct{})
		}
		grown := r.grown
		r.mu.Unlock()
		<-grown
		r.mu.Lock()
	}
}

func (r *Recorder) add(o Operation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.operations = append(r.operations, o)
	if r.grown != nil {
		close(r.grown)
		r.grown = nil
	}
}

// Operations returns what was recorded, in the order of the ends.
func (r *Recorder) Operations() []Operation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Operation(nil), r.operations...)
}

// Ask sends a request and returns what came of it.
func (in *Installation) Ask(ctx context.Context, r Request) Operation {
	o := Operation{Request: r, Start: time.Since(in.began)}
	o.Status, o.Err = in.send(ctx, &o)
	o.End = time.Since(in.began)
	switch {
	case o.Status/100 == 2:
		o.Outcome = Done
	case o.Status/100 == 4:
		o.Outcome = Refused
	default:
		o.Outcome = Unknown
	}
	return o
}

// AskAs is Ask for a client whose requests are recorded.
func (in *Installation) AskAs(ctx context.Context, recorder *Recorder, client int, r Request) Operation {
	o := in.Ask(ctx, r)
	o.Client = client
	recorder.add(o)
	return o
}

func (in *Installation) send(ctx context.Context, o *Operation) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, o.Method, in.Nodes[o.Node].URL()+o.Path, strings.NewReader(o.Body))
	if err != nil {
		return 0, err
	}
	// A transport sends what seems safe to repeat again by itself; then one request would be two.
	request.GetBody = nil
	if o.Body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if o.Secret != "" {
		request.Header.Set("X-Auth-Token", o.Secret)
	}
	if o.Bearer != "" {
		request.Header.Set("Authorization", "Bearer "+o.Bearer)
	}
	if o.Least > 0 {
		request.Header.Set("X-Bailiwick-Min-Revision", strconv.FormatInt(o.Least, 10))
	}
	answer, err := in.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err // what is cut off is no answer
	}
	o.Answer = bytes.Clone(body)
	o.Revision, _ = strconv.ParseInt(answer.Header.Get("X-Bailiwick-Revision"), 10, 64)
	o.Stale = answer.Header.Get("X-Bailiwick-Stale") != ""
	return answer.StatusCode, nil
}
