package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

func toApplication(a iam.Application) *sdk.Application {
	return &sdk.Application{
		ID:             string(a.ID),
		Name:           a.Name,
		Description:    a.Description,
		CreatedAt:      given(a.CreatedAt),
		UpdatedAt:      given(a.UpdatedAt),
		OrganizationID: string(a.OrganizationID),
		Editable:       !a.Managed,
		Deletable:      !a.Managed,
		Managed:        a.Managed,
		NbAPIKeys:      uint32(a.NbAPIKeys),
		Tags:           a.Tags,
	}
}

func (a *api) listApplications(ctx context.Context, call iam.Call, in *sdk.ListApplicationsRequest) (*sdk.ListApplicationsResponse, error) {
	applications, total, err := a.authority.ListApplications(ctx, call, iam.ApplicationFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		Name:           value(in.Name),
		Editable:       in.Editable,
		ApplicationIDs: ids[iam.ApplicationID](in.ApplicationIDs),
		Tag:            value(in.Tag),
		Order:          order(in.OrderBy, "created_at"),
		Page:           page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListApplicationsResponse{Applications: each(applications, toApplication), TotalCount: uint32(total)}, nil
}

func (a *api) getApplication(ctx context.Context, call iam.Call, in *sdk.GetApplicationRequest) (*sdk.Application, error) {
	application, err := a.authority.GetApplication(ctx, call, iam.ApplicationID(in.ApplicationID))
	return answer(application, err, toApplication)
}

func (a *api) createApplication(ctx context.Context, call iam.Call, in *sdk.CreateApplicationRequest) (*sdk.Application, error) {
	application, err := a.authority.CreateApplication(ctx, call, iam.NewApplication{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		Name:           in.Name,
		Description:    in.Description,
		Tags:           in.Tags,
	})
	return answer(application, err, toApplication)
}

func (a *api) updateApplication(ctx context.Context, call iam.Call, in *sdk.UpdateApplicationRequest) (*sdk.Application, error) {
	application, err := a.authority.UpdateApplication(ctx, call, iam.ApplicationID(in.ApplicationID), iam.ApplicationUpdate{
		Name:        in.Name,
		Description: in.Description,
		Tags:        in.Tags,
	})
	return answer(application, err, toApplication)
}

func (a *api) deleteApplication(ctx context.Context, call iam.Call, in *sdk.DeleteApplicationRequest) error {
	return a.authority.DeleteApplication(ctx, call, iam.ApplicationID(in.ApplicationID))
}
