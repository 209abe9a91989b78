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
		Subject  *authzenEntity  `json:"subject"`
		Action   *authzenAction  `json:"action"`
		Resource *authzenEntity  `json:"resource"`
		Context  *authzenContext `json:"context,omitempty"`

		memory *singleMemory // kept for the next one
	}

	// authzenEntity is a subject or a resource. Of the properties of a resource, four place it
	// and name it for conditions: organization_id, project_id, name and locality.
	authzenEntity struct {
		Type       string         `json:"type"`
		ID         string         `json:"id"`
		Properties map[string]any `json:"properties,omitempty"`

		texts []authority.Text // instead of Properties, if they were read plainly; nil: absent
	}

	authzenAction struct {
		Name       string         `json:"name"`
		Properties map[string]any `json:"properties,omitempty"`
	}

	// authzenContext holds the request variables of conditions, as the asking service saw
	// the request that it asks about.
	authzenContext struct {
		IP        *string `json:"ip,omitempty"`
		UserAgent *string `json:"user_agent,omitempty"`
		Time      *string `json:"time,omitempty"`
	}

	evaluationResponse struct {
		Decision bool            `json:"decision"`
		Context  decisionContext `json:"context"`
	}

	decisionContext struct {
		DecisionID string         `json:"decision_id,omitempty"`
		Reasons    []string       `json:"reasons"`
		Revision   int64          `json:"revision"`
		Error      *questionError `json:"error,omitempty"`
	}

	// questionError says why a question of a batch could not be judged.
	questionError struct {
		Status  int    `json:"status"`
		Message string `json:"message"`
	}
)

// needs names the members that a question must have. A search leaves out what it looks for.
type needs struct{ subjectID, action, resourceID bool }

// everything is what a single question needs.
var everything = needs{true, true, true}

// validate checks that everything is there that a decision needs.
func (r *evaluationRequest) validate(n needs) error {
	var v iam.Validator
	require := func(name, text string, needed bool) {
		if text == "" && needed {
			v.Required(name, "value is required")
		}
	}
	subject, action, resource := value(r.Subject), value(r.Action), value(r.Resource)
	require("subject.type", subject.Type, true)
	require("subject.id", subject.ID, n.subjectID)
	require("action.name", action.Name, n.action)
	require("resource.type", resource.Type, true)
	require("resource.id", resource.ID, n.resourceID)
	return v.Err()
}

// question returns what the request asks.
func (r *evaluationRequest) question(n needs) (authority.Question, error) {
	if err := r.validate(n); err != nil {
		return authority.Question{}, err
	}
	subject, action, resource := value(r.Subject), value(r.Action), value(r.Resource)
	var v iam.Validator
	q := authority.Question{
		SubjectType:        subject.Type,
		SubjectID:          oneSpelling(subject.ID),
		Action:             action.Name,
		Resource:           target(&v, &resource),
		SubjectProperties:  subject.properties(),
		ActionProperties:   action.Properties,
		ResourceProperties: resource.Properties,
		ResourceTexts:      resource.texts,
	}
	if asked := r.Context; asked != nil {
		q.UserAgent = asked.UserAgent
		q.IP = parseIP(&v, "context.ip", asked.IP)
		q.Time = parseTime(&v, "context.time", asked.Time)
	}
	return q, v.Err()
}

// target places a resource. A place that does not exist is denied, not refused.
func target(v *iam.Validator, r *authzenEntity) authority.Target {
	return authority.Target{
		Type:           r.Type,
		ID:             oneSpelling(r.ID),
		OrganizationID: iam.OrganizationID(oneSpelling(r.text(v, "organization_id"))),
		ProjectID:      iam.ProjectID(oneSpelling(r.text(v, "project_id"))),
		Name:           r.optionalText(v, "name"),
		Locality:       r.optionalText(v, "locality"),
	}
}

// text returns a property that must be a string; empty if it is absent.
func (r *authzenEntity) text(v *iam.Validator, name string) string {
	text := r.optionalText(v, name)
	return value(text)
}

// optionalText is text for a property of which it matters whether it is there.
func (r *authzenEntity) optionalText(v *iam.Validator, name string) *string {
	for i := range r.texts {
		if t := &r.texts[i]; t.Name == name {
			return &t.Value
		}
	}
	switch t := r.Properties[name].(type) {
	case nil:
		return nil
	case string:
		return &t
	}
	v.Format("resource.properties."+name, "value must be a string")
	return new(string)
}

// properties returns all properties; nil if there are none.
func (r *authzenEntity) properties() map[string]any {
	if r.texts == nil {
		return r.Properties
	}
	all := make(map[string]any, len(r.texts))
	for _, t := range r.texts {
		all[t.Name] = t.Value
	}
	return all
}

func parseIP(v *iam.Validator, name string, text *string) netip.Addr {
	if text == nil {
		return netip.Addr{}
	}
	ip, err := netip.ParseAddr(*text)
	if err != nil {
		v.Format(name, "value must be an IPv4 or IPv6 address")
		return netip.Addr{}
	}
	return plain(ip)
}

// parseTime reads a time of RFC 3339, also without seconds, as the AuthZEN certification
// sends it.
func parseTime(v *iam.Validator, name string, text *string) time.Time {
	if text == nil {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, *text); err == nil {
			return t
		}
	}
	v.Format(name, "value must be a time of RFC 3339, such as 2026-01-31T12:00:00Z")
	return time.Time{}
}

// evaluate answers one access question. A denial is an answer, not an error.
func (a *api) evaluate(ctx context.Context, call iam.Call, in *evaluationRequest) (*evaluationResponse, error) {
	question, err := in.question(everything)
	if err != nil {
		return nil, err
	}
	decision, err := a.authority.Evaluate(ctx, call, question)
	if err != nil {
		return nil, err
	}
	out := a.decided(&call, &question, &decision)
	return &out, nil
}
