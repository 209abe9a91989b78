package server

import (
	"context"
	"fmt"

	"bailiwick/authority"
	"bailiwick/iam"
)

// POST /bailiwick/v1/conditions/check.
type (
	checkConditionRequest struct {
		Condition  string             `json:"condition"`
		Properties bool               `json:"properties,omitempty"` // for a product with attributes
		Samples    []*conditionSample `json:"samples,omitempty"`
	}

	conditionSample struct {
		Request  *authzenContext  `json:"request,omitempty"`
		Resource *sampledResource `json:"resource,omitempty"` // null: a list call
	}

	sampledResource struct {
		Name     *string `json:"name,omitempty"`
		ID       *string `json:"id,omitempty"`
		Locality *string `json:"locality,omitempty"`
	}

	checkConditionResponse struct {
		Valid    bool               `json:"valid"`
		Errors   []conditionIssue   `json:"errors"`
		Findings []conditionFinding `json:"findings"`
		Cost     uint64             `json:"cost"`
		Results  []*bool            `json:"results"`
	}

	conditionIssue struct {
		Message string `json:"message"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
	}

	conditionFinding struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
		Fix     string `json:"fix,omitempty"`
	}
)

// checkCondition says what a condition is worth. A condition that does not compile is an
// answer, not an error.
func (a *api) checkCondition(ctx context.Context, call iam.Call, in *checkConditionRequest) (*checkConditionResponse, error) {
	check := authority.ConditionCheck{Source: in.Condition, Properties: in.Properties}
	var v iam.Validator
	if in.Condition == "" {
		v.Required("condition", "value is required")
	}
	for i, s := range in.Samples {
		sample := value(s)
		request, place := value(sample.Request), fmt.Sprintf("samples[%d].request", i)
		input := authority.Sample{
			IP: parseIP(&v, place+".ip", request.IP), UserAgent: request.UserAgent, Time: parseTime(&v, place+".time", request.Time),
		}
		if r := sample.Resource; r != nil {
			input.Resource = &authority.SampleResource{ID: r.ID, Name: r.Name, Locality: r.Locality}
		}
		check.Samples = append(check.Samples, input)
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	report, err := a.authority.CheckCondition(ctx, call, check)
	if err != nil {
		return nil, err
	}
	out := &checkConditionResponse{Valid: report.Valid, Cost: report.Cost, Results: report.Results}
	for _, issue := range report.Issues {
		out.Errors = append(out.Errors, conditionIssue{issue.Message, issue.Line, issue.Column})
	}
	for _, f := range report.Findings {
		out.Findings = append(out.Findings, conditionFinding{f.Kind, f.Message, f.Fix})
	}
	return out, nil
}
