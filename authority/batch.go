package authority

import (
	"context"
	"fmt"
	"slices"

	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/pdp"
)

// Semantic says when a batch of questions stops (AuthZEN 1.0 section 7.1.2.1).
type Semantic string

// The semantics.
const (
	ExecuteAll          Semantic = "execute_all"
	DenyOnFirstDeny     Semantic = "deny_on_first_deny"
	PermitOnFirstPermit Semantic = "permit_on_first_permit"
)

// MaxQuestions bounds the questions of one batch.
const MaxQuestions = 1000

// Asked is one question of a batch, or why it is none.
type Asked struct {
	Question Question
	Err      error
}

// Batch is questions with the memory that it takes to answer them. It may be used again, for one
// batch at a time.
type Batch struct {
	Asked []Asked

	answers []Answer
	places  []condition.Resource // what conditions read of the resources
	lines   sharedLines          // the reasons

	prepared [pdp.AheadMost]prepared
	requests [pdp.AheadMost]pdp.Request
	ahead    pdp.Ahead
}

// prepared is a question that is ready to be decided: what [inquiry.request] says of it, but the
// request.
type prepared struct {
	reason string
	err    error
}

// prepare makes requests of questions, and has the processor fetch what their decisions will read.
func (b *Batch) prepare(ctx context.Context, x *inquiry, part []Asked) error {
	for i := range part {
		p := &b.prepared[i]
		*p = prepared{err: part[i].Err}
		if p.err == nil {
			b.requests[i], p.reason, p.err = x.request(ctx, &part[i].Question)
		}
		if p.err != nil && iam.KindOf(p.err) == iam.KindInternal {
			return p.err
		}
	}
	if len(part) > 1 {
		b.ahead.Fetch(x.state, b.requests[:len(part)])
	}
	return nil
}

// Clean takes away everything of a batch but its memory, for the next one. Its answers must not be
// used any more.
func (b *Batch) Clean() {
	clear(b.Asked)
	clear(b.answers)
	clear(b.places)
	clear(b.prepared[:])
	clear(b.requests[:])
	b.lines.clean()
	b.Asked, b.answers, b.places = b.Asked[:0], b.answers[:0], b.places[:0]
}

// Evaluations answers a batch: all on one snapshot, at one moment, in the order of the
// questions. A question that cannot be judged is answered no, with its error; the others
// are answered all the same. The answers end where the semantic says so. They lie in the memory of
// the batch.
func (a *Authority) Evaluations(ctx context.Context, call iam.Call, batch *Batch, semantic Semantic) ([]Answer, error) {
	switch semantic {
	case "", ExecuteAll, DenyOnFirstDeny, PermitOnFirstPermit:
	default:
		return nil, iam.Invalid("options.evaluations_semantic", iam.ReasonUnknown, "value must be execute_all, deny_on_first_deny or permit_on_first_permit")
	}
	if len(batch.Asked) > MaxQuestions {
		return nil, iam.Invalid("evaluations", iam.ReasonConstraint, fmt.Sprintf("value must contain no more than %d item(s)", MaxQuestions))
	}
	x, err := a.inquire(call)
	if err != nil {
		return nil, err
	}
	asked := batch.Asked
	x.ids, x.lines.shared = identity.NewIDs(len(asked)), &batch.lines
	batch.places = slices.Grow(batch.places[:0], len(asked))
	x.places = batch.places
	answers := slices.Grow(batch.answers[:0], len(asked))
	defer func() { batch.answers, batch.places = answers, x.places }()
	step := pdp.AheadMost
	if semantic == DenyOnFirstDeny || semantic == PermitOnFirstPermit {
		step = 1 // nothing is prepared that may not be asked
	}
	for from := 0; from < len(asked); from += step {
		part := asked[from:min(from+step, len(asked))]
		if err := batch.prepare(ctx, x, part); err != nil {
			return nil, err
		}
		for i := range part {
			p := &batch.prepared[i]
			answer := Answer{Revision: x.state.Revision(), Err: p.err}
			if p.err == nil {
				answer = x.decide(&batch.requests[i], p.reason, &part[i].Question)
			}
			answers = append(answers, answer)
			if semantic == DenyOnFirstDeny && !answer.Allowed || semantic == PermitOnFirstPermit && answer.Allowed {
				return answers, nil
			}
		}
	}
	return answers, nil
}
