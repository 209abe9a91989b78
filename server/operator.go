package server

import (
	"context"
	"time"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/authority"
	"bailiwick/iam"
)

// The requests and answers of who runs the installation.
type (
	createOrganizationRequest struct {
		Name          string `json:"name"`
		OwnerEmail    string `json:"owner_email"`
		OwnerPassword string `json:"owner_password"`
	}

	createOrganizationResponse struct {
		Organization   *tenantOrganization `json:"organization"`
		Owner          *sdk.User           `json:"owner"`
		DefaultProject *account.Project    `json:"default_project"`
		APIKey         *sdk.APIKey         `json:"api_key"`
	}

	// tenantOrganization is an organization as the operator sees it. A closed one keeps
	// its audit trail and can no longer be used.
	tenantOrganization struct {
		ID        string     `json:"id"`
		Name      string     `json:"name"`
		Alias     string     `json:"alias"`
		CreatedAt *time.Time `json:"created_at"`
		ClosedAt  *time.Time `json:"closed_at"`
	}

	listOrganizationsRequest struct {
		Page     *int32  `json:"-"`
		PageSize *uint32 `json:"-"`
	}

	listOrganizationsResponse struct {
		Organizations []*tenantOrganization `json:"organizations"`
		TotalCount    uint32                `json:"total_count"`
	}

	tenantOrganizationRequest struct {
		OrganizationID string `json:"-"`
	}
)

func toTenantOrganization(o iam.Organization) *tenantOrganization {
	return &tenantOrganization{
		ID:        string(o.ID),
		Name:      o.Name,
		Alias:     o.Alias,
		CreatedAt: given(o.CreatedAt),
		ClosedAt:  given(o.ClosedAt),
	}
}

func (a *api) createOrganization(ctx context.Context, call iam.Call, in *createOrganizationRequest) (*createOrganizationResponse, error) {
	created, err := a.authority.CreateOrganization(ctx, call, iam.NewOrganization{
		Name:          in.Name,
		OwnerEmail:    in.OwnerEmail,
		OwnerPassword: in.OwnerPassword,
	})
	return answer(created, err, func(c authority.CreatedOrganization) *createOrganizationResponse {
		return &createOrganizationResponse{
			Organization:   toTenantOrganization(c.Organization),
			Owner:          toUser(c.Owner),
			DefaultProject: toProject(c.DefaultProject),
			APIKey:         toCreatedAPIKey(c.APIKey),
		}
	})
}

func (a *api) listOrganizations(ctx context.Context, call iam.Call, in *listOrganizationsRequest) (*listOrganizationsResponse, error) {
	organizations, total, err := a.authority.ListOrganizations(ctx, call, page(in.Page, in.PageSize, iam.DefaultPageSize))
	if err != nil {
		return nil, err
	}
	return &listOrganizationsResponse{Organizations: each(organizations, toTenantOrganization), TotalCount: uint32(total)}, nil
}

func (a *api) operatorGetOrganization(ctx context.Context, call iam.Call, in *tenantOrganizationRequest) (*tenantOrganization, error) {
	organization, err := a.authority.OperatorGetOrganization(ctx, call, iam.OrganizationID(in.OrganizationID))
	return answer(organization, err, toTenantOrganization)
}

func (a *api) closeOrganization(ctx context.Context, call iam.Call, in *tenantOrganizationRequest) error {
	_, err := a.authority.CloseOrganization(ctx, call, iam.OrganizationID(in.OrganizationID))
	return err
}
