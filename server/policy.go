package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

func toPolicy(p iam.Policy) *sdk.Policy {
	out := &sdk.Policy{
		ID:               string(p.ID),
		Name:             p.Name,
		Description:      p.Description,
		OrganizationID:   string(p.OrganizationID),
		CreatedAt:        given(p.CreatedAt),
		UpdatedAt:        given(p.UpdatedAt),
		Editable:         !p.Managed,
		Deletable:        !p.Managed,
		Managed:          p.Managed,
		NbRules:          uint32(p.NbRules),
		NbScopes:         uint32(p.NbScopes),
		NbPermissionSets: uint32(p.NbPermissionSets),
		Tags:             p.Tags,
		UserID:           typed(p.Principal, iam.TypeUser),
		GroupID:          typed(p.Principal, iam.TypeGroup),
		ApplicationID:    typed(p.Principal, iam.TypeApplication),
	}
	if p.Principal.IsZero() {
		out.NoPrincipal = new(true)
	}
	return out
}

// noPrincipal is the fourth member of a policy's principal. False says nothing: it is what
// a client with the principal in another member may send.
func noPrincipal(set *bool) oneOf {
	m := oneOf{name: "no_principal", make: func(string) iam.Principal { return iam.Principal{} }}
	if value(set) {
		m.id = new("")
	}
	return m
}

func (a *api) listPolicies(ctx context.Context, call iam.Call, in *sdk.ListPoliciesRequest) (*sdk.ListPoliciesResponse, error) {
	policies, total, err := a.authority.ListPolicies(ctx, call, iam.PolicyFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		Name:           value(in.PolicyName),
		Editable:       in.Editable,
		NoPrincipal:    in.NoPrincipal,
		UserIDs:        ids[iam.UserID](in.UserIDs),
		GroupIDs:       ids[iam.GroupID](in.GroupIDs),
		ApplicationIDs: ids[iam.ApplicationID](in.ApplicationIDs),
		PolicyIDs:      ids[iam.PolicyID](in.PolicyIDs),
		Tag:            value(in.Tag),
		Order:          order(in.OrderBy, "policy_name"),
		Page:           page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListPoliciesResponse{Policies: each(policies, toPolicy), TotalCount: uint32(total)}, nil
}

func (a *api) getPolicy(ctx context.Context, call iam.Call, in *sdk.GetPolicyRequest) (*sdk.Policy, error) {
	policy, err := a.authority.GetPolicy(ctx, call, iam.PolicyID(in.PolicyID))
	return answer(policy, err, toPolicy)
}

// createPolicy takes a policy without a principal, too: it has no effect, and the published
// clients can send it.
func (a *api) createPolicy(ctx context.Context, call iam.Call, in *sdk.CreatePolicyRequest) (*sdk.Policy, string, error) {
	principal, err := choose(userMember(in.UserID), groupMember(in.GroupID), applicationMember(in.ApplicationID), noPrincipal(in.NoPrincipal))
	if err != nil {
		return nil, "", err
	}
	rules := fromRules(in.Rules)
	policy, err := a.authority.CreatePolicy(ctx, call, iam.NewPolicy{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		Name:           in.Name,
		Description:    in.Description,
		Tags:           in.Tags,
		Principal:      principal,
		Rules:          rules,
	})
	if err != nil {
		return nil, "", err
	}
	return toPolicy(policy), a.warnings(rules), nil
}

func (a *api) updatePolicy(ctx context.Context, call iam.Call, in *sdk.UpdatePolicyRequest) (*sdk.Policy, error) {
	principal, err := choose(userMember(in.UserID), groupMember(in.GroupID), applicationMember(in.ApplicationID), noPrincipal(in.NoPrincipal))
	if err != nil {
		return nil, err
	}
	update := iam.PolicyUpdate{Name: in.Name, Description: in.Description, Tags: in.Tags}
	if !principal.IsZero() || value(in.NoPrincipal) {
		update.Principal = &principal
	}
	policy, err := a.authority.UpdatePolicy(ctx, call, iam.PolicyID(in.PolicyID), update)
	return answer(policy, err, toPolicy)
}

func (a *api) deletePolicy(ctx context.Context, call iam.Call, in *sdk.DeletePolicyRequest) error {
	return a.authority.DeletePolicy(ctx, call, iam.PolicyID(in.PolicyID))
}

func (a *api) clonePolicy(ctx context.Context, call iam.Call, in *sdk.ClonePolicyRequest) (*sdk.Policy, error) {
	policy, err := a.authority.ClonePolicy(ctx, call, iam.PolicyID(in.PolicyID))
	return answer(policy, err, toPolicy)
}
