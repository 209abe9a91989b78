package server

import (
	"context"
	"time"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/authority"
	"bailiwick/iam"
)

func toCustomAlertRule(r iam.CustomAlertRule) *trail.CustomAlertRule {
	status := trail.CustomAlertRuleStatusDisabled
	if r.Enabled {
		status = trail.CustomAlertRuleStatusEnabled
	}
	return &trail.CustomAlertRule{
		ID:               string(r.ID),
		Name:             r.Name,
		Description:      nonEmptyText(r.Description),
		Status:           status,
		Query:            r.Query,
		EvaluationWindow: toDuration(r.Window),
		Occurrences:      uint32(r.Occurrences),
		Severity:         trail.CustomAlertRuleSeverity(r.Severity),
		CreatedAt:        given(r.CreatedAt),
		UpdatedAt:        given(r.UpdatedAt),
		Region:           scw.Region(r.Region),
	}
}

// alertCondition returns when a rule of a request fires. Without a window it is five minutes.
func alertCondition(query string, window *scw.Duration, occurrences uint32) iam.AlertCondition {
	c := iam.AlertCondition{Query: query, Window: iam.DefaultAlertWindow, Occurrences: int(min(occurrences, iam.MaxAlertOccurrences+1))}
	if d := fromDuration(window); d != nil {
		c.Window = d.Truncate(time.Microsecond)
	}
	return c
}

func (a *api) listCustomAlertRules(ctx context.Context, call iam.Call, in *trail.ListCustomAlertRulesRequest) (*trail.ListCustomAlertRulesResponse, error) {
	enabled, none := enabledOnly(in.Status)
	rules, total, err := a.authority.ListCustomAlertRules(ctx, call, iam.AlertRuleFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Region: string(in.Region), Enabled: enabled,
		Page: page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	if none {
		rules, total = nil, 0
	}
	return &trail.ListCustomAlertRulesResponse{CustomAlertRules: each(rules, toCustomAlertRule), TotalCount: uint64(total)}, nil
}

func (a *api) createCustomAlertRule(ctx context.Context, call iam.Call, in *trail.CreateCustomAlertRuleRequest) (*trail.CustomAlertRule, error) {
	n := iam.NewCustomAlertRule{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		Region:         string(in.Region),
		Name:           in.Name,
		Description:    value(in.Description),
		Severity:       iam.AlertSeverity(in.Severity),
		AlertCondition: alertCondition(in.Query, in.EvaluationWindow, in.Occurrences),
	}
	if n.Severity == "" {
		n.Severity = iam.SeverityInfo
	}
	rule, err := a.authority.CreateCustomAlertRule(ctx, call, n)
	return answer(rule, err, toCustomAlertRule)
}

func (a *api) updateCustomAlertRule(ctx context.Context, call iam.Call, in *trail.UpdateCustomAlertRuleRequest) (*trail.CustomAlertRule, error) {
	rule, err := a.authority.UpdateCustomAlertRule(ctx, call, string(in.Region), iam.AlertRuleID(in.CustomAlertRuleID), iam.CustomAlertRuleUpdate{
		Name:        in.Name,
		Description: in.Description,
	})
	return answer(rule, err, toCustomAlertRule)
}

func (a *api) deleteCustomAlertRule(ctx context.Context, call iam.Call, in *trail.DeleteCustomAlertRuleRequest) error {
	return a.authority.DeleteCustomAlertRule(ctx, call, string(in.Region), iam.AlertRuleID(in.CustomAlertRuleID))
}

func (a *api) testCustomAlertRule(ctx context.Context, call iam.Call, in *trail.TestCustomAlertRuleRequest) (*trail.TestCustomAlertRuleResponse, error) {
	firing, err := a.authority.TestCustomAlertRule(ctx, call, iam.OrganizationID(in.OrganizationID), string(in.Region),
		alertCondition(in.Query, in.EvaluationWindow, in.Occurrences))
	return &trail.TestCustomAlertRuleResponse{Firing: firing}, err
}

// toAlertField says what can be done with a field of an event in a query.
func toAlertField(f authority.AlertField) *trail.CustomAlertRuleField {
	if f.Integer {
		return &trail.CustomAlertRuleField{
			Name: f.Name,
			Type: trail.CustomAlertRuleFieldFieldTypeFieldTypeInt,
			IntOperators: &trail.CustomAlertRuleFieldIntOperators{Operators: []trail.CustomAlertRuleFieldIntOperator{
				trail.CustomAlertRuleFieldIntOperatorIntEqual, trail.CustomAlertRuleFieldIntOperatorIntNotEqual,
				trail.CustomAlertRuleFieldIntOperatorIntLessThanOrEqual, trail.CustomAlertRuleFieldIntOperatorIntLessThan,
				trail.CustomAlertRuleFieldIntOperatorIntGreaterThanOrEqual, trail.CustomAlertRuleFieldIntOperatorIntGreaterThan,
			}},
		}
	}
	return &trail.CustomAlertRuleField{
		Name: f.Name,
		Type: trail.CustomAlertRuleFieldFieldTypeFieldTypeString,
		StringOperators: &trail.CustomAlertRuleFieldStringOperators{Operators: []trail.CustomAlertRuleFieldStringOperator{
			trail.CustomAlertRuleFieldStringOperatorStringContains, trail.CustomAlertRuleFieldStringOperatorStringMatches,
			trail.CustomAlertRuleFieldStringOperatorStringStartsWith, trail.CustomAlertRuleFieldStringOperatorStringEndsWith,
			trail.CustomAlertRuleFieldStringOperatorStringEqual, trail.CustomAlertRuleFieldStringOperatorStringNotEqual,
		}},
	}
}

func (a *api) listAlertFields(_ context.Context, call iam.Call, in *trail.RetrieveAvailableFieldsForCustomAlertRulesRequest) (*trail.RetrieveAvailableFieldsForCustomAlertRulesResponse, error) {
	fields, err := a.authority.AlertFields(call, iam.OrganizationID(in.OrganizationID))
	if err != nil {
		return nil, err
	}
	return &trail.RetrieveAvailableFieldsForCustomAlertRulesResponse{Fields: each(fields, toAlertField), TotalCount: uint64(len(fields))}, nil
}
