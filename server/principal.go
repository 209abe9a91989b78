package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/authority"
	"bailiwick/iam"
)

// GET /iam-private/v1/principals/{principal_id}/permission-sets. The path and the two members
// of the answer are those that the published console uses; what is in the list is not
// published, so it is written in the words of rules and policies.
type (
	listPrincipalPermissionSetsRequest struct {
		PrincipalID string  `json:"-"`
		Page        *int32  `json:"-"`
		PageSize    *uint32 `json:"-"`
	}

	listPrincipalPermissionSetsResponse struct {
		PrincipalPermissionSets []*principalPermissionSet `json:"principal_permission_sets"`
		TotalCount              uint32                    `json:"total_count"`
	}

	principalPermissionSet struct {
		PermissionSetID   string                     `json:"permission_set_id"`
		PermissionSetName string                     `json:"permission_set_name"`
		ScopeType         sdk.PermissionSetScopeType `json:"permission_sets_scope_type"`
		OrganizationID    *string                    `json:"organization_id,omitempty"` // scope: this or project_ids
		ProjectIDs        *[]string                  `json:"project_ids,omitempty"`
		Condition         string                     `json:"condition"`
		PolicyID          string                     `json:"policy_id"`
		PolicyName        string                     `json:"policy_name"`
		RuleID            string                     `json:"rule_id"`
		// The principal of the policy: the one asked for, or a group of it.
		UserID        *string `json:"user_id,omitempty"`
		GroupID       *string `json:"group_id,omitempty"`
		ApplicationID *string `json:"application_id,omitempty"`
	}
)

func toPrincipalPermissionSet(s authority.PrincipalSet) *principalPermissionSet {
	out := &principalPermissionSet{
		PermissionSetID:   s.Details.ID,
		PermissionSetName: s.Set,
		ScopeType:         sdk.PermissionSetScopeType(s.Details.ScopeType),
		Condition:         s.Condition,
		PolicyID:          string(s.Policy),
		PolicyName:        s.PolicyName,
		RuleID:            string(s.Rule),
		UserID:            typed(s.Principal, iam.TypeUser),
		GroupID:           typed(s.Principal, iam.TypeGroup),
		ApplicationID:     typed(s.Principal, iam.TypeApplication),
	}
	if s.Scope.Organization() {
		out.OrganizationID = new(string(s.Scope.OrganizationID))
	} else {
		out.ProjectIDs = new(texts(s.Scope.ProjectIDs))
	}
	return out
}

func (a *api) listPrincipalPermissionSets(ctx context.Context, call iam.Call, in *listPrincipalPermissionSetsRequest) (*listPrincipalPermissionSetsResponse, error) {
	id, ok := iam.ParseUUID(in.PrincipalID)
	if !ok {
		return nil, iam.Invalid("principal_id", iam.ReasonFormat, "value must be a UUID")
	}
	sets, total, err := a.authority.ListPrincipalPermissionSets(ctx, call, id, page(in.Page, in.PageSize, iam.DefaultPageSize))
	if err != nil {
		return nil, err
	}
	return &listPrincipalPermissionSetsResponse{PrincipalPermissionSets: each(sets, toPrincipalPermissionSet), TotalCount: uint32(total)}, nil
}
