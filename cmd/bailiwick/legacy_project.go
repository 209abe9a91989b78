package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"bailiwick/iam"
)

// legacySecret is a new API key with its secret, as a line of the file of secrets has it.
type legacySecret struct {
	Project     string `json:"project"`
	Description string `json:"description"`
	AccessKey   string `json:"access_key"`
	SecretKey   string `json:"secret_key"`
}

// projectApplication is the name of the application, and of the policy, that holds the keys of a
// project. A name has room for 64 characters, so a long one of a project is cut; the id tells it apart.
func projectApplication(name, id string) string {
	room := iam.MaxName - len("Project -  ()") - len(id)
	cut := []rune(name)
	return fmt.Sprintf("Project - %s (%s)", strings.TrimSpace(string(cut[:min(room, len(cut))])), id)
}

// project plans a project, and the application with the policy that holds its keys.
func (p *legacyPlan) project(ctx context.Context, want legacyProject) error {
	project, err := p.findProject(want)
	if err != nil {
		return err
	}
	if project == nil {
		project = &legacyObject{Name: want.name}
		p.add("create project", want.name, "", "/account/v3/projects", func() any {
			return map[string]string{"organization_id": p.organization, "name": want.name}
		}, project)
	}
	if len(want.keys) == 0 {
		return nil
	}
	name := func() string { return projectApplication(want.name, project.ID) }
	shown, rules := "Project - "+want.name, [][]string{{"AllProductsFullAccess"}}
	application := (*legacyObject)(nil)
	var keys []expiringKey
	if project.ID != "" {
		if application, err = namedLegacy(p.applications, name()); err != nil {
			return err
		}
	}
	if application != nil {
		if keys, err = list[expiringKey](ctx, p.remote, "/iam/v1alpha1/api-keys", "api_keys", url.Values{"organization_id": {p.organization}, "bearer_id": {application.ID}}); err != nil {
			return fmt.Errorf("cannot list API keys: %w", err)
		}
		if rules, err = p.missing(ctx, url.Values{"application_ids": {application.ID}}, project.ID, rules); err != nil {
			return err
		}
	} else {
		application = &legacyObject{}
		p.add("create application", shown, "", "/iam/v1alpha1/applications", func() any {
			return map[string]string{"organization_id": p.organization, "name": name(), "description": "API keys of the project from before IAM"}
		}, application)
	}
	if len(rules) > 0 {
		p.add("create policy", shown, "AllProductsFullAccess on the project", "/iam/v1alpha1/policies", func() any {
			return map[string]any{
				"organization_id": p.organization, "name": name(), "application_id": application.ID,
				"rules": []legacyRule{{Sets: rules[0], Projects: []string{project.ID}}},
			}
		}, &legacyObject{})
	}
	for _, k := range want.keys {
		if !slices.ContainsFunc(keys, func(held expiringKey) bool { return held.Description == k.description }) {
			p.key(project, application, k)
		}
	}
	return nil
}

// findProject returns the project of a file, or nil if it is to be made.
func (p *legacyPlan) findProject(want legacyProject) (*legacyObject, error) {
	if want.id == "" {
		return namedLegacy(p.projects, want.name)
	}
	for _, o := range p.projects {
		if o.ID == want.id {
			return o, nil
		}
	}
	return nil, fmt.Errorf("there is no project %s (%s): leave the id out to make one", want.id, want.name)
}

// key plans an API key. Its secret is kept before the next step begins.
func (p *legacyPlan) key(project, application *legacyObject, k legacyKey) {
	p.steps = append(p.steps, legacyStep{"create API key", k.description, "for " + project.Name, func(ctx context.Context) error {
		body := map[string]string{"application_id": application.ID, "description": k.description, "default_project_id": project.ID}
		if k.expiresAt != "" {
			body["expires_at"] = k.expiresAt
		}
		made := legacySecret{Project: project.ID}
		if _, err := p.remote.answer(ctx, "/iam/v1alpha1/api-keys", body, &made); err != nil {
			return err
		}
		made.Project = project.ID
		if err := p.keep(made); err != nil {
			return fmt.Errorf("the secret of the new key %s is lost, delete the key: %w", made.AccessKey, err)
		}
		return nil
	}})
}
