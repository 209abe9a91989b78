package server

import (
	"context"
	"strings"

	"bailiwick/catalog"
	"bailiwick/iam"
)

// Metadata is what the SDKs ask for to name resources: srn://iam.<domain>/...
type Metadata struct {
	Platform  string `json:"platform"`
	Partition string `json:"partition"`
	Domain    string `json:"domain"`
}

// getAPIMetadata answers the SDKs, which ask once for each client, and again after every
// call as long as they get no answer.
func (a *api) getAPIMetadata(context.Context, iam.Call, *struct{}) (*Metadata, error) {
	return &a.metadata, nil
}

// The catalogue of permissions, as GET /bailiwick/v1/catalog shows it.
type (
	catalogResponse struct {
		Services       []catalogService `json:"services"`
		PermissionSets []catalogSet     `json:"permission_sets"`
	}

	catalogService struct {
		Name      string            `json:"name"`
		Title     string            `json:"title"`
		Resources []catalogResource `json:"resources"`
	}

	catalogResource struct {
		Name    string   `json:"name"`
		Alias   string   `json:"alias,omitempty"`
		Actions []string `json:"actions"`
	}

	catalogSet struct {
		Name        string   `json:"name"`
		ScopeType   string   `json:"scope_type"`
		Category    string   `json:"category"`
		Description string   `json:"description"`
		Permissions []string `json:"permissions"`
	}
)

func toCatalog(c *catalog.Catalog) *catalogResponse {
	out := &catalogResponse{}
	for _, s := range c.Services() {
		service := catalogService{Name: s.Name, Title: s.Title}
		for _, r := range s.Resources {
			service.Resources = append(service.Resources, catalogResource{Name: r.Name, Alias: r.Alias, Actions: r.Actions})
		}
		out.Services = append(out.Services, service)
	}
	for _, s := range c.Sets() {
		out.PermissionSets = append(out.PermissionSets, catalogSet{
			Name:        s.Name,
			ScopeType:   string(s.ScopeType),
			Category:    strings.Join(s.Categories, ", "),
			Description: s.Description,
			Permissions: s.Permissions,
		})
	}
	return out
}

// getCatalog shows the catalogue to every caller: it is part of the installation, says
// nothing of any organization, and who writes a policy needs it.
func (a *api) getCatalog(context.Context, iam.Call, *struct{}) (*catalogResponse, error) {
	return toCatalog(a.authority.Catalog()), nil
}
