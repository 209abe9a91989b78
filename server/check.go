package server

import (
	"context"

	"bailiwick/authority"
	"bailiwick/iam"
)

// checkPermissionsRequest asks which permissions the caller has. It is not in the SDK.
type checkPermissionsRequest struct {
	Permissions []permissionCheck `json:"permissions"`
}

type permissionCheck struct {
	Service        string  `json:"service"`
	Name           string  `json:"name"`
	Action         string  `json:"action"`
	ProjectID      *string `json:"project_id,omitempty"`
	OrganizationID *string `json:"organization_id,omitempty"`
}

// checkPermissionsResponse holds one answer for each question, in their order.
type checkPermissionsResponse struct {
	Responses []permissionDecision `json:"responses"`
}

type permissionDecision struct {
	Decision string `json:"decision"` // allow or deny
}

func (a *api) checkPermissions(ctx context.Context, call iam.Call, in *checkPermissionsRequest) (*checkPermissionsResponse, error) {
	checks := make([]authority.PermissionCheck, len(in.Permissions))
	for i, p := range in.Permissions {
		checks[i] = authority.PermissionCheck{
			Permission:     p.Service + ":" + p.Name + ":" + p.Action,
			OrganizationID: optionalID[iam.OrganizationID](p.OrganizationID),
			ProjectID:      optionalID[iam.ProjectID](p.ProjectID),
		}
	}
	allowed, err := a.authority.CheckPermissions(ctx, call, checks)
	if err != nil {
		return nil, err
	}
	out := &checkPermissionsResponse{Responses: make([]permissionDecision, len(allowed))}
	for i, ok := range allowed {
		out.Responses[i].Decision = "deny"
		if ok {
			out.Responses[i].Decision = "allow"
		}
	}
	return out, nil
}
