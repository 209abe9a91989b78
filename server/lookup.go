package server

import (
	"context"
	"strings"

	"bailiwick/authority"
	"bailiwick/iam"
)

// POST /bailiwick/v1/who-can and what-can.
type (
	whoCanRequest struct {
		Permission     string          `json:"permission"`
		OrganizationID string          `json:"organization_id,omitempty"`
		ProjectID      *string         `json:"project_id,omitempty"`
		Context        *authzenContext `json:"context,omitempty"`
		PageToken      string          `json:"page_token,omitempty"`
		PageSize       *int32          `json:"page_size,omitempty"`
	}

	whoCanResponse struct {
		Revision      int64     `json:"revision"`
		Total         int       `json:"total"`
		Yes           []grantee `json:"yes"`
		Conditional   []grantee `json:"conditional"`
		NextPageToken string    `json:"next_page_token,omitempty"`
	}

	grantee struct {
		Type string `json:"type"`
		ID   string `json:"id"`
		Name string `json:"name"`
		Via  []via  `json:"via"`
		// Condition is what is left to be met; absent if nothing is.
		Condition string `json:"condition,omitempty"`
	}

	via struct {
		By            string `json:"by"`
		GroupID       string `json:"group_id,omitempty"`
		PolicyID      string `json:"policy_id,omitempty"`
		RuleID        string `json:"rule_id,omitempty"`
		PermissionSet string `json:"permission_set,omitempty"`
		Condition     string `json:"condition,omitempty"`
	}

	whatCanRequest struct {
		Principal      *chainPrincipal `json:"principal"`
		OrganizationID string          `json:"organization_id,omitempty"`
		ProjectID      *string         `json:"project_id,omitempty"`
	}

	whatCanResponse struct {
		Revision int64          `json:"revision"`
		Scopes   []whatCanScope `json:"scopes"`
	}

	// whatCanScope is what the principal may do everywhere in the organization, or in one
	// project beyond that.
	whatCanScope struct {
		OrganizationID string              `json:"organization_id,omitempty"`
		ProjectID      string              `json:"project_id,omitempty"`
		PermissionSets []string            `json:"permission_sets"`
		Permissions    []whatCanPermission `json:"permissions"`
	}

	whatCanPermission struct {
		Name        string `json:"name"`
		Conditional bool   `json:"conditional"`
		Condition   string `json:"condition,omitempty"`
	}
)

// whoCan lists everybody who may use a permission.
func (a *api) whoCan(ctx context.Context, call iam.Call, in *whoCanRequest) (*whoCanResponse, error) {
	var v iam.Validator
	if in.Permission == "" {
		v.Required("permission", "value is required")
	}
	asked := value(in.Context)
	q := authority.WhoQuestion{
		Permission: in.Permission, OrganizationID: iam.OrganizationID(in.OrganizationID), ProjectID: optionalID[iam.ProjectID](in.ProjectID),
		IP: parseIP(&v, "context.ip", asked.IP), UserAgent: asked.UserAgent, Time: parseTime(&v, "context.time", asked.Time),
		PageToken: in.PageToken, PageSize: authority.DefaultGranteePageSize,
	}
	if in.PageSize != nil {
		q.PageSize = int(*in.PageSize)
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	answer, err := a.authority.WhoCan(ctx, call, q)
	if err != nil {
		return nil, err
	}
	out := &whoCanResponse{Revision: answer.Revision, Total: answer.Total, Yes: []grantee{}, Conditional: []grantee{}, NextPageToken: answer.Next}
	for _, g := range answer.Grantees {
		line := grantee{Type: string(g.Principal.Type), ID: g.Principal.ID, Name: g.Name, Condition: anyOf(g.Conditions)}
		for _, w := range g.Via {
			line.Via = append(line.Via, via{w.By.String(), string(w.Group), string(w.Policy), string(w.Rule), w.Set, w.Condition})
		}
		if len(g.Conditions) > 0 {
			out.Conditional = append(out.Conditional, line)
		} else {
			out.Yes = append(out.Yes, line)
		}
	}
	return out, nil
}

// anyOf is the condition that is met when one of several is.
func anyOf(conditions []string) string {
	if len(conditions) < 2 {
		return strings.Join(conditions, "")
	}
	return "(" + strings.Join(conditions, ") || (") + ")"
}

// whatCan lists everything that a principal may do.
func (a *api) whatCan(ctx context.Context, call iam.Call, in *whatCanRequest) (*whatCanResponse, error) {
	p := value(in.Principal)
	var v iam.Validator
	if p.ID == "" {
		v.Required("principal.id", "value is required")
	}
	if p.Type != string(iam.TypeUser) && p.Type != string(iam.TypeApplication) {
		v.Add("principal.type", iam.ReasonUnknown, "value must be user or application")
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	principal := iam.Principal{Type: iam.PrincipalType(p.Type), ID: oneSpelling(p.ID)}
	answer, err := a.authority.WhatCan(ctx, call, iam.OrganizationID(in.OrganizationID), principal)
	if err != nil {
		return nil, err
	}
	out := &whatCanResponse{Revision: answer.Revision, Scopes: []whatCanScope{}}
	for _, s := range answer.Scopes {
		if only := value(in.ProjectID); only != "" && s.Project != "" && string(s.Project) != only {
			continue
		}
		scope := whatCanScope{ProjectID: string(s.Project), PermissionSets: s.Sets}
		if s.Project == "" {
			scope.OrganizationID = string(answer.OrganizationID)
		}
		for _, r := range s.Rights {
			scope.Permissions = append(scope.Permissions, whatCanPermission{
				Name: a.authority.Catalog().Name(r.Permission), Conditional: len(r.Conditions) > 0, Condition: anyOf(r.Conditions),
			})
		}
		out.Scopes = append(out.Scopes, scope)
	}
	return out, nil
}
