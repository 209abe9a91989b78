package server

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"bailiwick/authority"
	"bailiwick/iam"
)

// The AuthZEN Authorization API 1.0, section "Access Evaluations".
type (
	evaluationsRequest struct {
		Subject     *authzenEntity       `json:"subject,omitempty"`
		Action      *authzenAction       `json:"action,omitempty"`
		Resource    *authzenEntity       `json:"resource,omitempty"`
		Context     *authzenContext      `json:"context,omitempty"`
		Evaluations []*evaluationRequest `json:"evaluations,omitempty"`
		Options     *evaluationsOptions  `json:"options,omitempty"`

		memory *batchMemory // kept for the next one
	}

	evaluationsOptions struct {
		Semantic string `json:"evaluations_semantic"`
	}

	// evaluationsResponse is a list of decisions, or, when the request had no list, one.
	evaluationsResponse struct {
		Evaluations []*evaluationResponse `json:"evaluations,omitzero"`
		Decision    *bool                 `json:"decision,omitzero"`
		Context     *decisionContext      `json:"context,omitzero"`
	}
)

// inherit returns an item with the defaults of the batch: a member that the item has
// replaces the whole default, nothing is merged.
func (r *evaluationsRequest) inherit(item *evaluationRequest) evaluationRequest {
	full := evaluationRequest{Subject: r.Subject, Action: r.Action, Resource: r.Resource, Context: r.Context}
	if item == nil {
		return full
	}
	if item.Subject != nil {
		full.Subject = item.Subject
	}
	if item.Action != nil {
		full.Action = item.Action
	}
	if item.Resource != nil {
		full.Resource = item.Resource
	}
	if item.Context != nil {
		full.Context = item.Context
	}
	return full
}

// evaluations answers a batch. A bad item is answered no with its error; the others are
// answered all the same. Without items it is a single evaluation.
func (a *api) evaluations(ctx context.Context, call iam.Call, in *evaluationsRequest) (*evaluationsResponse, error) {
	if len(in.Evaluations) == 0 {
		full := in.inherit(nil)
		one, err := a.evaluate(ctx, call, &full)
		if err != nil {
			return nil, err
		}
		return &evaluationsResponse{Decision: &one.Decision, Context: &one.Context}, nil
	}
	if len(in.Evaluations) > authority.MaxQuestions {
		_, err := a.authority.Evaluations(ctx, call, &authority.Batch{Asked: make([]authority.Asked, len(in.Evaluations))}, authority.ExecuteAll)
		return nil, err
	}
	if in.memory == nil {
		in.memory = &batchMemory{}
	}
	m := in.memory
	batch := &m.questions
	batch.Asked = slices.Grow(batch.Asked[:0], len(in.Evaluations))[:len(in.Evaluations)]
	for i, item := range in.Evaluations {
		full := in.inherit(item)
		batch.Asked[i].Question, batch.Asked[i].Err = full.question(everything)
	}
	answers, err := a.authority.Evaluations(ctx, call, batch, authority.Semantic(value(in.Options).Semantic))
	if err != nil {
		return nil, err
	}
	var t tally
	m.answers = slices.Grow(m.answers[:0], len(answers))[:len(answers)]
	out := &m.answer
	out.Evaluations = slices.Grow(out.Evaluations[:0], len(answers))
	for i := range answers {
		m.answers[i] = a.decidedOf(&t, &call, &batch.Asked[i].Question, &answers[i])
		if err := answers[i].Err; err != nil {
			m.answers[i].Context.Error = toQuestionError(err)
		}
		out.Evaluations = append(out.Evaluations, &m.answers[i])
	}
	a.add(t)
	return out, nil
}

// encodeDecision appends an answer of the decision API. A batch has a hundred, and to look at
// each as a value of some type takes twice the time.
func encodeDecision(out []byte, v reflect.Value) (_ []byte, err error) {
	r := v.Interface().(*evaluationResponse)
	if r == nil {
		return append(out, "null"...), nil
	}
	out = append(out, `{"decision":`...)
	out = strconv.AppendBool(out, r.Decision)
	out = append(out, `,"context":{`...)
	if id := r.Context.DecisionID; id != "" {
		out = append(out, `"decision_id":`...)
		if out, err = appendText(out, id); err != nil {
			return out, err
		}
		out = append(out, ',')
	}
	out = append(out, `"reasons":[`...)
	for i, reason := range r.Context.Reasons {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendText(out, reason); err != nil {
			return out, err
		}
	}
	out = append(out, `],"revision":`...)
	out = strconv.AppendInt(out, r.Context.Revision, 10)
	if e := r.Context.Error; e != nil {
		out = append(out, `,"error":{"status":`...)
		out = strconv.AppendInt(out, int64(e.Status), 10)
		out = append(out, `,"message":`...)
		if out, err = appendText(out, e.Message); err != nil {
			return out, err
		}
		out = append(out, '}')
	}
	return append(out, "}}"...), nil
}

// toQuestionError shows what a caller may read of an error.
func toQuestionError(err error) *questionError {
	e, ok := errors.AsType[*iam.Error](err)
	if !ok || e.Kind != iam.KindInvalidArguments {
		return &questionError{Status: http.StatusBadRequest, Message: "the question cannot be judged"}
	}
	message := "invalid argument(s)"
	for _, argument := range e.Arguments {
		message += "; " + argument.Name + ": " + argument.Help
	}
	return &questionError{Status: http.StatusBadRequest, Message: message}
}
