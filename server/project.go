package server

import (
	"context"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"

	"bailiwick/iam"
)

func toProject(p iam.Project) *account.Project {
	return &account.Project{
		ID:             string(p.ID),
		Name:           p.Name,
		OrganizationID: string(p.OrganizationID),
		CreatedAt:      given(p.CreatedAt),
		UpdatedAt:      given(p.UpdatedAt),
		Description:    p.Description,
	}
}

// toKnownProject is toProject for reads, where the API shows a qualification: nobody has
// given one here.
func toKnownProject(p iam.Project) *account.Project {
	out := toProject(p)
	out.Qualification = &account.Qualification{ArchitectureType: account.QualificationArchitectureTypeUnknownArchitectureType}
	return out
}

func (a *api) listProjects(ctx context.Context, call iam.Call, in *account.ProjectAPIListProjectsRequest) (*account.ListProjectsResponse, error) {
	projects, total, err := a.authority.ListProjects(ctx, call, iam.ProjectFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		Name:           value(in.Name),
		ProjectIDs:     ids[iam.ProjectID](in.ProjectIDs),
		Order:          order(in.OrderBy, "created_at"),
		Page:           page(in.Page, in.PageSize, iam.DefaultProjectPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &account.ListProjectsResponse{Projects: each(projects, toKnownProject), TotalCount: uint64(total)}, nil
}

func (a *api) getProject(ctx context.Context, call iam.Call, in *account.ProjectAPIGetProjectRequest) (*account.Project, error) {
	project, err := a.authority.GetProject(ctx, call, iam.ProjectID(in.ProjectID))
	return answer(project, err, toKnownProject)
}

func (a *api) createProject(ctx context.Context, call iam.Call, in *account.ProjectAPICreateProjectRequest) (*account.Project, error) {
	project, err := a.authority.CreateProject(ctx, call, iam.NewProject{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		Name:           in.Name,
		Description:    in.Description,
	})
	return answer(project, err, toProject)
}

func (a *api) updateProject(ctx context.Context, call iam.Call, in *account.ProjectAPIUpdateProjectRequest) (*account.Project, error) {
	project, err := a.authority.UpdateProject(ctx, call, iam.ProjectID(in.ProjectID), iam.ProjectUpdate{
		Name:        in.Name,
		Description: in.Description,
	})
	return answer(project, err, toProject)
}

func (a *api) deleteProject(ctx context.Context, call iam.Call, in *account.ProjectAPIDeleteProjectRequest) error {
	return a.authority.DeleteProject(ctx, call, iam.ProjectID(in.ProjectID))
}
