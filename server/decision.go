package server

import (
	"context"
	"net/netip"
	"time"

	"bailiwick/authority"
	"bailiwick/iam"
)

// The AuthZEN Authorization API 1.0, section "Access Evaluation". Members that are not
// named here are ignored, as it requires.
type (
	evaluationRequest struct {
		Subject  *authzenEntity   `json:"subject"`
		Action   *authzenAction   `json:"action"`
		Resource *authzenResource `json:"resource"`
		Context  *authzenContext  `json:"context,omitempty"`
	}

	authzenEntity struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}

	authzenAction struct {
		Name string `json:"name"`
	}

	authzenResource struct {
		Type       string             `json:"type"`
		ID         string             `json:"id"`
		Properties *authzenProperties `json:"properties,omitempty"`
	}

	// authzenProperties places a resource and names it for conditions. The ids are texts: a
	// resource in a place that does not exist is denied, not refused.
	authzenProperties struct {
		OrganizationID string  `json:"organization_id,omitempty" id:"text"`
		ProjectID      string  `json:"project_id,omitempty" id:"text"`
		Name           *string `json:"name,omitempty"`
		Locality       *string `json:"locality,omitempty"`
	}

	// authzenContext holds the request variables of conditions, as the asking service saw
	// the request that it asks about.
	authzenContext struct {
		IP        *string    `json:"ip,omitempty"`
		UserAgent *string    `json:"user_agent,omitempty"`
		Time      *time.Time `json:"time,omitempty"`
	}

	evaluationResponse struct {
		Decision bool            `json:"decision"`
		Context  decisionContext `json:"context"`
	}

	decisionContext struct {
		DecisionID string   `json:"decision_id"`
		Reasons    []string `json:"reasons"`
		Revision   int64    `json:"revision"`
	}
)

// validate checks that everything is there that a decision needs.
func (r *evaluationRequest) validate() error {
	var v iam.Validator
	require := func(name, text string) {
		if text == "" {
			v.Required(name, "value is required")
		}
	}
	subject, action, resource := value(r.Subject), value(r.Action), value(r.Resource)
	require("subject.type", subject.Type)
	require("subject.id", subject.ID)
	require("action.name", action.Name)
	require("resource.type", resource.Type)
	require("resource.id", resource.ID)
	return v.Err()
}

// question returns what the request asks.
func (r *evaluationRequest) question() (authority.Question, error) {
	if err := r.validate(); err != nil {
		return authority.Question{}, err
	}
	properties, asked := value(r.Resource.Properties), value(r.Context)
	q := authority.Question{
		SubjectType: r.Subject.Type,
		SubjectID:   oneSpelling(r.Subject.ID),
		Action:      r.Action.Name,
		Resource: authority.Target{
			Type:           r.Resource.Type,
			ID:             oneSpelling(r.Resource.ID),
			OrganizationID: iam.OrganizationID(oneSpelling(properties.OrganizationID)),
			ProjectID:      iam.ProjectID(oneSpelling(properties.ProjectID)),
			Name:           properties.Name,
			Locality:       properties.Locality,
		},
		UserAgent: asked.UserAgent,
		Time:      value(asked.Time),
	}
	if asked.IP != nil {
		ip, err := netip.ParseAddr(*asked.IP)
		if err != nil {
			return q, iam.Invalid("context.ip", iam.ReasonFormat, "value must be an IPv4 or IPv6 address")
		}
		q.IP = plain(ip)
	}
	return q, nil
}

// evaluate answers one access question. A denial is an answer, not an error.
func (a *api) evaluate(ctx context.Context, call iam.Call, in *evaluationRequest) (*evaluationResponse, error) {
	question, err := in.question()
	if err != nil {
		return nil, err
	}
	decision, err := a.authority.Evaluate(ctx, call, question)
	if err != nil {
		return nil, err
	}
	outcome := "deny"
	if decision.Allowed {
		outcome = "allow"
	}
	a.decisions.WithLabelValues(outcome).Inc()
	return &evaluationResponse{
		Decision: decision.Allowed,
		Context:  decisionContext{DecisionID: decision.DecisionID, Reasons: decision.Reasons, Revision: decision.Revision},
	}, nil
}
