package server

import (
	"time"

	"bailiwick/authority"
	"bailiwick/decisionlog"
	"bailiwick/iam"
)

// decided counts and logs a decision and converts it for an answer. Every question of the
// decision API comes through here once: single ones, those of a batch, explained ones.
// Searches and lists are not decisions about one access and do not.
func (a *api) decided(call iam.Call, q *authority.Question, d *authority.Answer) evaluationResponse {
	if d.Allowed {
		a.decisions.allowed().Inc()
	} else {
		a.decisions.denied().Inc()
	}
	if !a.decisionLog.Off() {
		a.decisionLog.Log(toLogEntry(call, q, d))
	}
	return evaluationResponse{
		Decision: d.Allowed,
		Context:  decisionContext{DecisionID: d.DecisionID, Reasons: d.Reasons, Revision: d.Revision},
	}
}

func toLogEntry(call iam.Call, q *authority.Question, d *authority.Answer) decisionlog.Entry {
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
