package server

import (
	"context"

	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/iam"
)

func toAlertRule(r iam.AlertRule) *trail.AlertRule {
	status := trail.AlertRuleStatusDisabled
	if r.Enabled {
		status = trail.AlertRuleStatusEnabled
	}
	return &trail.AlertRule{ID: string(r.ID), Name: r.Name, Description: r.Description, Status: status}
}

// enabledOnly returns which rules a status selects. No rule is ever on its way from one state
// to the other here, so the states between select none.
func enabledOnly[T ~string](status *T) (enabled *bool, none bool) {
	switch value(status) {
	case "enabled":
		return new(true), false
	case "disabled":
		return new(false), false
	case "enabling", "disabling":
		return nil, true
	}
	return nil, false
}

func (a *api) listAlertRules(ctx context.Context, call iam.Call, in *trail.ListAlertRulesRequest) (*trail.ListAlertRulesResponse, error) {
	enabled, none := enabledOnly(in.Status)
	rules, total, err := a.authority.ListAlertRules(ctx, call, iam.AlertRuleFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Region: string(in.Region), Enabled: enabled,
		Page: page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	if none {
		rules, total = nil, 0
	}
	return &trail.ListAlertRulesResponse{AlertRules: each(rules, toAlertRule), TotalCount: uint64(total)}, nil
}

// changeRules is one of the use cases that enable and disable rules.
type changeRules[R any] func(ctx context.Context, call iam.Call, organization iam.OrganizationID, region string, ids []iam.AlertRuleID) ([]R, error)

// changed runs a change of the enabled rules. Ids are compared in the one spelling that we give.
func changed[R, To any](ctx context.Context, call iam.Call, change changeRules[R], organization string, region scw.Region, named []string, convert func(R) *To) ([]*To, error) {
	list := make([]iam.AlertRuleID, len(named))
	for i, id := range named {
		list[i] = iam.AlertRuleID(oneSpelling(id))
	}
	rules, err := change(ctx, call, iam.OrganizationID(organization), string(region), list)
	if err != nil {
		return nil, err
	}
	return each(rules, convert), nil
}

func (a *api) enableAlertRules(ctx context.Context, call iam.Call, in *trail.EnableAlertRulesRequest) (*trail.EnableAlertRulesResponse, error) {
	rules, err := changed(ctx, call, a.authority.EnableAlertRules, in.OrganizationID, in.Region, in.AlertRuleIDs, toAlertRule)
	return &trail.EnableAlertRulesResponse{AlertRules: rules}, err
}

func (a *api) disableAlertRules(ctx context.Context, call iam.Call, in *trail.DisableAlertRulesRequest) (*trail.DisableAlertRulesResponse, error) {
	rules, err := changed(ctx, call, a.authority.DisableAlertRules, in.OrganizationID, in.Region, in.AlertRuleIDs, toAlertRule)
	return &trail.DisableAlertRulesResponse{AlertRules: rules}, err
}

func (a *api) setEnabledAlertRules(ctx context.Context, call iam.Call, in *trail.SetEnabledAlertRulesRequest) (*trail.SetEnabledAlertRulesResponse, error) {
	rules, err := changed(ctx, call, a.authority.SetEnabledAlertRules, in.OrganizationID, in.Region, in.EnabledAlertRuleIDs, toAlertRule)
	return &trail.SetEnabledAlertRulesResponse{AlertRules: rules}, err
}

func (a *api) enableCustomAlertRules(ctx context.Context, call iam.Call, in *trail.EnableCustomAlertRulesRequest) (*trail.EnableCustomAlertRulesResponse, error) {
	rules, err := changed(ctx, call, a.authority.EnableCustomAlertRules, in.OrganizationID, in.Region, in.CustomAlertRuleIDs, toCustomAlertRule)
	return &trail.EnableCustomAlertRulesResponse{CustomAlertRules: rules}, err
}

func (a *api) disableCustomAlertRules(ctx context.Context, call iam.Call, in *trail.DisableCustomAlertRulesRequest) (*trail.DisableCustomAlertRulesResponse, error) {
	rules, err := changed(ctx, call, a.authority.DisableCustomAlertRules, in.OrganizationID, in.Region, in.CustomAlertRuleIDs, toCustomAlertRule)
	return &trail.DisableCustomAlertRulesResponse{CustomAlertRules: rules}, err
}

func (a *api) setEnabledCustomAlertRules(ctx context.Context, call iam.Call, in *trail.SetEnabledCustomAlertRulesRequest) (*trail.SetEnabledCustomAlertRulesResponse, error) {
	rules, err := changed(ctx, call, a.authority.SetEnabledCustomAlertRules, in.OrganizationID, in.Region, in.EnabledCustomAlertRuleIDs, toCustomAlertRule)
	return &trail.SetEnabledCustomAlertRulesResponse{CustomAlertRules: rules}, err
}
