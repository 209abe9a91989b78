package authority

import (
	"context"
	"fmt"

	"bailiwick/iam"
	"bailiwick/identity"
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

// Evaluations answers a batch: all on one snapshot, at one moment, in the order of the
// questions. A question that cannot be judged is answered no, with its error; the others
// are answered all the same. The answers end where the semantic says so.
func (a *Authority) Evaluations(ctx context.Context, call iam.Call, batch []Asked, semantic Semantic) ([]Answer, error) {
	switch semantic {
	case "", ExecuteAll, DenyOnFirstDeny, PermitOnFirstPermit:
	default:
		return nil, iam.Invalid("options.evaluations_semantic", iam.ReasonUnknown, "value must be execute_all, deny_on_first_deny or permit_on_first_permit")
	}
	if len(batch) > MaxQuestions {
		return nil, iam.Invalid("evaluations", iam.ReasonConstraint, fmt.Sprintf("value must contain no more than %d item(s)", MaxQuestions))
	}
	x, err := a.inquire(call)
	if err != nil {
		return nil, err
	}
	x.ids, x.lines.together = identity.NewIDs(len(batch)), len(batch) > 1
	answers := make([]Answer, 0, len(batch))
	for i := range batch {
		answer, err := Answer{}, batch[i].Err
		if err == nil {
			answer, err = x.answer(ctx, &batch[i].Question)
		}
		if err != nil {
			if iam.KindOf(err) == iam.KindInternal {
				return nil, err
			}
			answer = Answer{Revision: x.state.Revision(), Err: err}
		}
		answers = append(answers, answer)
		if semantic == DenyOnFirstDeny && !answer.Allowed || semantic == PermitOnFirstPermit && answer.Allowed {
			break
		}
	}
	return answers, nil
}
