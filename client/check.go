package client

import (
	"context"
	"encoding/json"
	"fmt"

	"bailiwick/iam"
)

// Bounds of what the server takes and of what this client reads, in bytes.
const (
	maxBatch       = 1000 // questions in one request
	maxRequest     = 1 << 20
	maxAnswer      = 1 << 20
	maxBatchAnswer = 64 << 20
)

// Decision is the answer to a question. The zero value is "no".
type Decision struct {
	Allowed bool
	// ID names the decision in the server's records.
	ID string
	// Revision is the state of the server that the decision rests on; see WithMinRevision.
	Revision int64
	// Reasons say why, in lines for people who look after policies. They name policies and
	// groups: do not show them to the subject.
	Reasons []string
	// Err says why the server could not answer this one question of a batch. Allowed is
	// false then.
	Err error
}

type revisionKey struct{}

// WithMinRevision returns a context in which answers must rest on this revision or a later
// one. Keep the revision that the answer to a change names (X-Bailiwick-Revision) and ask
// with it: a node that has not seen the change yet, the removal of somebody from a group for
// one, then waits or refuses, and an answer from before the change is an error here.
func WithMinRevision(ctx context.Context, revision int64) context.Context {
	return context.WithValue(ctx, revisionKey{}, revision)
}

func minRevision(ctx context.Context) int64 {
	revision, _ := ctx.Value(revisionKey{}).(int64)
	return revision
}

// Check asks one question. A "no" is an answer, not an error. Every error is an *iam.Error:
// invalid_arguments for a question that cannot be asked, denied_authentication or
// permissions_denied if this client may not ask, unavailable if there is no answer (in time),
// internal for an answer that cannot be understood. Allowed is false with every error.
func (c *Client) Check(ctx context.Context, q Question) (Decision, error) {
	body, err := q.encode()
	if err != nil {
		return Decision{}, err
	}
	data, err := c.post(ctx, "/access/v1/evaluation", body, maxAnswer)
	if err != nil {
		return Decision{}, err
	}
	decision, err := readDecision(data, minRevision(ctx))
	if err == nil {
		err = decision.Err
	}
	if err != nil {
		return Decision{}, err
	}
	return decision, nil
}

// CheckAll asks many questions and returns one decision for each, in their order, also with
// an error: then all of them are "no". Up to 1,000 questions travel in one request and are
// decided on one state of the server; longer lists travel in several requests, one after the
// other, whose revisions may differ. A question that cannot be asked is an error and nothing
// is sent; one that the server alone refuses has its own Err.
func (c *Client) CheckAll(ctx context.Context, questions []Question) ([]Decision, error) {
	decisions, err := c.checkAll(ctx, questions)
	if err != nil {
		return make([]Decision, len(questions)), err
	}
	return decisions, nil
}

func (c *Client) checkAll(ctx context.Context, questions []Question) ([]Decision, error) {
	items := make([]json.RawMessage, len(questions))
	for i, q := range questions {
		item, err := q.encode()
		if err != nil {
			return nil, &iam.Error{Kind: iam.KindInvalidArguments, Detail: fmt.Sprintf("question %d", i), Err: err}
		}
		items[i] = item
	}
	decisions := make([]Decision, 0, len(questions))
	for len(items) > 0 {
		n := batch(items)
		some, err := c.evaluations(ctx, items[:n])
		if err != nil {
			return nil, err
		}
		decisions, items = append(decisions, some...), items[n:]
	}
	return decisions, nil
}

// batch returns how many of the items fit into one request, at least one.
func batch(items []json.RawMessage) int {
	size := len(`{"evaluations":[],"options":{"evaluations_semantic":"execute_all"}}`)
	for i, item := range items {
		size += len(item) + len(",")
		if i == maxBatch || i > 0 && size > maxRequest {
			return i
		}
	}
	return len(items)
}

func (c *Client) evaluations(ctx context.Context, items []json.RawMessage) ([]Decision, error) {
	type options struct {
		Semantic string `json:"evaluations_semantic"`
	}
	body, err := json.Marshal(struct {
		Evaluations []json.RawMessage `json:"evaluations"`
		Options     options           `json:"options"`
	}{items, options{"execute_all"}})
	if err != nil {
		return nil, &iam.Error{Kind: iam.KindInternal, Err: err}
	}
	data, err := c.post(ctx, "/access/v1/evaluations", body, maxBatchAnswer)
	if err != nil {
		return nil, err
	}
	return readDecisions(data, len(items), minRevision(ctx))
}
