package server

import (
	"time"

	"bailiwick/authority"
	"bailiwick/decisionlog"
	"bailiwick/iam"
)

// tally counts decisions until they are added to the counters: those of a batch together, as
// two cores that add one by one wait for each other.
type tally struct{ allowed, denied int }

func (a *api) add(t tally) {
	if t.allowed > 0 {
		a.decisions.allowed().Add(float64(t.allowed))
	}
	if t.denied > 0 {
		a.decisions.denied().Add(float64(t.denied))
	}
}

// decided counts and logs a decision and converts it for an answer. Every question of the
// decision API comes through here once: single ones, those of a batch, explained ones.
// Searches and lists are not decisions about one access and do not.
func (a *api) decided(call *iam.Call, q *authority.Question, d *authority.Answer) evaluationResponse {
	var t tally
	answer := a.decidedOf(&t, call, q, d)
	a.add(t)
	return answer
}

// decidedOf is decided for one of many, which the caller adds to the counters together.
func (a *api) decidedOf(t *tally, call *iam.Call, q *authority.Question, d *authority.Answer) evaluationResponse {
	if d.Allowed {
		t.allowed++
	} else {
		t.denied++
	}
	if !a.decisionLog.Off() {
		a.decisionLog.Log(toLogEntry(call, q, d))
	}
	return evaluationResponse{
		Decision: d.Allowed,
		Context:  decisionContext{DecisionID: d.DecisionID, Reasons: d.Reasons, Revision: d.Revision},
	}
}

func toLogEntry(call *iam.Call, q *authority.Question, d *authority.Answer) decisionlog.Entry {
	e := decisionlog.Entry{
		Time:           time.Now(),
		DecisionID:     d.DecisionID,
		Revision:       d.Revision,
		OrganizationID: q.Resource.OrganizationID,
		Caller:         call.Caller.Principal,
		Subject:        decisionlog.Entity{Type: q.SubjectType, ID: q.SubjectID},
		Action:         q.Action,
		Resource:       decisionlog.Resource{Type: q.Resource.Type, ID: q.Resource.ID, ProjectID: q.Resource.ProjectID},
		Allowed:        d.Allowed,
		Reasons:        d.Reasons,
	}
	if e.OrganizationID == "" {
		e.OrganizationID = call.Caller.Organization
	}
	if d.Err != nil {
		// A question of a batch that could not be judged was answered no, so it is in the log.
		e.Reasons = []string{toQuestionError(d.Err).Message}
	}
	return e
}
