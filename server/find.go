package server

import (
	"context"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

// GET /bailiwick/v1/users, applications, groups, policies, projects, ssh-keys and api-keys. They are the
// lists of the published API, which find a name as a whole or not at all, with a search for a part of
// it; without one they list everything.
type (
	searchUsersRequest struct {
		OrganizationID string                      `json:"-"`
		Search         string                      `json:"-"`
		Type           sdk.UserType                `json:"-"`
		Mfa            *bool                       `json:"-"`
		OrderBy        sdk.ListUsersRequestOrderBy `json:"-"`
		Page           *int32                      `json:"-"`
		PageSize       *uint32                     `json:"-"`
	}

	searchApplicationsRequest struct {
		OrganizationID string                             `json:"-"`
		Search         string                             `json:"-"`
		OrderBy        sdk.ListApplicationsRequestOrderBy `json:"-"`
		Page           *int32                             `json:"-"`
		PageSize       *uint32                            `json:"-"`
	}

	searchGroupsRequest struct {
		OrganizationID string                       `json:"-"`
		Search         string                       `json:"-"`
		OrderBy        sdk.ListGroupsRequestOrderBy `json:"-"`
		Page           *int32                       `json:"-"`
		PageSize       *uint32                      `json:"-"`
	}

	searchPoliciesRequest struct {
		OrganizationID string                         `json:"-"`
		Search         string                         `json:"-"`
		Editable       *bool                          `json:"-"`
		NoPrincipal    *bool                          `json:"-"`
		OrderBy        sdk.ListPoliciesRequestOrderBy `json:"-"`
		Page           *int32                         `json:"-"`
		PageSize       *uint32                        `json:"-"`
	}

	searchProjectsRequest struct {
		OrganizationID string                             `json:"-"`
		Search         string                             `json:"-"`
		OrderBy        account.ListProjectsRequestOrderBy `json:"-"`
		Page           *int32                             `json:"-"`
		PageSize       *uint32                            `json:"-"`
	}

	searchSSHKeysRequest struct {
		OrganizationID string                        `json:"-"`
		Search         string                        `json:"-"`
		ProjectID      *string                       `json:"-"`
		Disabled       *bool                         `json:"-"`
		OrderBy        sdk.ListSSHKeysRequestOrderBy `json:"-"`
		Page           *int32                        `json:"-"`
		PageSize       *uint32                       `json:"-"`
	}

	searchAPIKeysRequest struct {
		OrganizationID string                        `json:"-"`
		Search         string                        `json:"-"`
		Expired        *bool                         `json:"-"`
		BearerID       string                        `json:"-"`
		BearerType     sdk.BearerType                `json:"-"`
		OrderBy        sdk.ListAPIKeysRequestOrderBy `json:"-"`
		Page           *int32                        `json:"-"`
		PageSize       *uint32                       `json:"-"`
	}
)

func (a *api) searchUsers(ctx context.Context, call iam.Call, in *searchUsersRequest) (*sdk.ListUsersResponse, error) {
	users, total, err := a.authority.ListUsers(ctx, call, iam.UserFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Search: in.Search, Type: iam.UserType(in.Type), MFA: in.Mfa,
		Order: order(in.OrderBy, "username"), Page: page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListUsersResponse{Users: each(users, toUser), TotalCount: uint32(total)}, nil
}

func (a *api) searchApplications(ctx context.Context, call iam.Call, in *searchApplicationsRequest) (*sdk.ListApplicationsResponse, error) {
	applications, total, err := a.authority.ListApplications(ctx, call, iam.ApplicationFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Search: in.Search,
		Order: order(in.OrderBy, "name"), Page: page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListApplicationsResponse{Applications: each(applications, toApplication), TotalCount: uint32(total)}, nil
}

func (a *api) searchGroups(ctx context.Context, call iam.Call, in *searchGroupsRequest) (*sdk.ListGroupsResponse, error) {
	groups, total, err := a.authority.ListGroups(ctx, call, iam.GroupFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Search: in.Search,
		Order: order(in.OrderBy, "name"), Page: page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListGroupsResponse{Groups: each(groups, toGroup), TotalCount: uint32(total)}, nil
}

func (a *api) searchPolicies(ctx context.Context, call iam.Call, in *searchPoliciesRequest) (*sdk.ListPoliciesResponse, error) {
	policies, total, err := a.authority.ListPolicies(ctx, call, iam.PolicyFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Search: in.Search, Editable: in.Editable, NoPrincipal: in.NoPrincipal,
		Order: order(in.OrderBy, "policy_name"), Page: page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListPoliciesResponse{Policies: each(policies, toPolicy), TotalCount: uint32(total)}, nil
}

func (a *api) searchProjects(ctx context.Context, call iam.Call, in *searchProjectsRequest) (*account.ListProjectsResponse, error) {
	projects, total, err := a.authority.ListProjects(ctx, call, iam.ProjectFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Search: in.Search,
		Order: order(in.OrderBy, "name"), Page: page(in.Page, in.PageSize, iam.DefaultProjectPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &account.ListProjectsResponse{Projects: each(projects, toKnownProject), TotalCount: uint64(total)}, nil
}

func (a *api) searchSSHKeys(ctx context.Context, call iam.Call, in *searchSSHKeysRequest) (*sdk.ListSSHKeysResponse, error) {
	keys, total, err := a.authority.ListSSHKeys(ctx, call, iam.SSHKeyFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Search: in.Search, ProjectID: optionalID[iam.ProjectID](in.ProjectID), Disabled: in.Disabled,
		Order: order(in.OrderBy, "name"), Page: page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListSSHKeysResponse{SSHKeys: each(keys, toSSHKey), TotalCount: uint32(total)}, nil
}

func (a *api) searchAPIKeys(ctx context.Context, call iam.Call, in *searchAPIKeysRequest) (*sdk.ListAPIKeysResponse, error) {
	keys, total, err := a.authority.ListAPIKeys(ctx, call, iam.APIKeyFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Search: in.Search, Expired: in.Expired,
		BearerID: in.BearerID, BearerType: iam.PrincipalType(in.BearerType),
		Order: order(in.OrderBy, "created_at"), Page: page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListAPIKeysResponse{APIKeys: each(keys, toAPIKey), TotalCount: uint32(total)}, nil
}
