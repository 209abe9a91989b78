package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

func toRule(r iam.Rule) *sdk.Rule {
	out := &sdk.Rule{
		ID:                      string(r.ID),
		PermissionSetNames:      new(texts(r.PermissionSetNames)),
		PermissionSetsScopeType: sdk.PermissionSetScopeType(r.ScopeType),
		Condition:               r.Condition,
	}
	if r.Scope.Organization() {
		out.OrganizationID = new(string(r.Scope.OrganizationID))
	} else {
		out.ProjectIDs = new(texts(r.Scope.ProjectIDs))
	}
	return out
}

// fromRules returns the rules of a request.
func fromRules(in []*sdk.RuleSpecs) []iam.RuleSpec {
	out := make([]iam.RuleSpec, len(in))
	for i, r := range in {
		out[i] = iam.RuleSpec{
			PermissionSetNames: value(r.PermissionSetNames),
			Condition:          r.Condition,
			Scope: iam.Scope{
				OrganizationID: optionalID[iam.OrganizationID](r.OrganizationID),
				ProjectIDs:     ids[iam.ProjectID](value(r.ProjectIDs)),
			},
		}
	}
	return out
}

func (a *api) setRules(ctx context.Context, call iam.Call, in *sdk.SetRulesRequest) (*sdk.SetRulesResponse, string, error) {
	specs := fromRules(in.Rules)
	rules, err := a.authority.SetRules(ctx, call, iam.PolicyID(in.PolicyID), specs)
	if err != nil {
		return nil, "", err
	}
	return &sdk.SetRulesResponse{Rules: each(rules, toRule)}, a.warnings(specs), nil
}

func (a *api) listRules(ctx context.Context, call iam.Call, in *sdk.ListRulesRequest) (*sdk.ListRulesResponse, error) {
	if in.PolicyID == "" {
		return nil, iam.Invalid("policy_id", iam.ReasonRequired, "value is required")
	}
	rules, total, err := a.authority.ListRules(ctx, call, iam.PolicyID(in.PolicyID), page(in.Page, in.PageSize, iam.DefaultPageSize))
	if err != nil {
		return nil, err
	}
	return &sdk.ListRulesResponse{Rules: each(rules, toRule), TotalCount: uint32(total)}, nil
}
