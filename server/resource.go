package server

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"bailiwick/iam"
)

// The registry of resources, /bailiwick/v1/resources.
type (
	putResourcesRequest struct {
		OrganizationID string               `json:"organization_id,omitempty"`
		Resources      []*registeredRequest `json:"resources"`
	}

	registeredRequest struct {
		Type       string         `json:"type"`
		ID         string         `json:"id"`
		ProjectID  *string        `json:"project_id,omitempty"`
		Name       string         `json:"name,omitempty"`
		Locality   string         `json:"locality,omitempty"`
		Properties map[string]any `json:"properties,omitempty"`
	}

	listResourcesRequest struct {
		OrganizationID string  `json:"-"`
		Type           *string `json:"-"`
		Page           *int32  `json:"-"`
		PageSize       *uint32 `json:"-"`
	}

	listResourcesResponse struct {
		Resources  []*registeredResource `json:"resources"`
		TotalCount uint32                `json:"total_count"`
	}

	registeredResource struct {
		Type       string         `json:"type"`
		ID         string         `json:"id"`
		ProjectID  *string        `json:"project_id"`
		Name       string         `json:"name"`
		Locality   string         `json:"locality"`
		Properties map[string]any `json:"properties"`
		CreatedAt  *time.Time     `json:"created_at"`
		UpdatedAt  *time.Time     `json:"updated_at"`
	}

	deleteResourceRequest struct {
		Type       string `json:"-"`
		ResourceID string `json:"-"`
	}
)

func toRegistered(r iam.Resource) (*registeredResource, error) {
	out := &registeredResource{
		Type: r.Type, ID: r.ID, ProjectID: nonEmptyText(string(r.ProjectID)), Name: r.Name, Locality: r.Locality,
		CreatedAt: given(r.CreatedAt), UpdatedAt: given(r.UpdatedAt),
	}
	if err := json.Unmarshal(r.Properties, &out.Properties); err != nil {
		return nil, fmt.Errorf("stored properties of %s %s: %w", r.Type, r.ID, err)
	}
	return out, nil
}

func (a *api) putResources(ctx context.Context, call iam.Call, in *putResourcesRequest) error {
	resources := make([]iam.Resource, len(in.Resources))
	for i, one := range in.Resources {
		r := value(one)
		properties, err := json.Marshal(r.Properties, json.Deterministic(true))
		if err != nil {
			return iam.Invalid(fmt.Sprintf("resources[%d].properties", i), iam.ReasonFormat, "value must be a JSON object")
		}
		resources[i] = iam.Resource{
			Type: r.Type, ID: oneSpelling(r.ID), ProjectID: optionalID[iam.ProjectID](r.ProjectID), Name: r.Name, Locality: r.Locality,
			Properties: properties,
		}
	}
	return a.authority.PutResources(ctx, call, iam.OrganizationID(in.OrganizationID), resources)
}

func (a *api) listResources(ctx context.Context, call iam.Call, in *listResourcesRequest) (*listResourcesResponse, error) {
	resources, total, err := a.authority.ListResources(ctx, call, iam.ResourceFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID), Type: value(in.Type),
		Page: page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	out := &listResourcesResponse{Resources: make([]*registeredResource, len(resources)), TotalCount: uint32(total)}
	for i, r := range resources {
		if out.Resources[i], err = toRegistered(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a *api) deleteResource(ctx context.Context, call iam.Call, in *deleteResourceRequest) error {
	return a.authority.DeleteResource(ctx, call, in.Type, oneSpelling(in.ResourceID))
}
