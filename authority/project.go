package authority

import (
	"context"
	"slices"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// resourceProject is how not_found names a project on the wire.
const resourceProject = "project_id"

func projectObject(id iam.ProjectID, p iam.Project) object {
	return object{kind: resourceProject, id: string(id), name: p.Name, named: p.ID != "", project: p.ID}
}

func projectResource(p iam.Project) iam.EventResource {
	return iam.EventResource{ID: string(p.ID), Type: iam.ResourceProject, Name: p.Name, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt}
}

// ListProjects returns a page of the organization's projects, and their number.
func (a *Authority) ListProjects(ctx context.Context, call iam.Call, f iam.ProjectFilter) ([]iam.Project, int, error) {
	org, err := a.mayList(call, f.OrganizationID)
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = org
	return listed(ctx, a, func(tx *store.Tx) ([]iam.Project, int, error) { return tx.Projects(f) })
}

// GetProject returns one project.
func (a *Authority) GetProject(ctx context.Context, call iam.Call, id iam.ProjectID) (iam.Project, error) {
	return getCached(ctx, a, call, func(tx *store.Tx, org iam.OrganizationID) (iam.Project, error) { return tx.Project(org, id) },
		func(p iam.Project) object { return projectObject(id, p) })
}

// CreateProject creates a project.
func (a *Authority) CreateProject(ctx context.Context, call iam.Call, n iam.NewProject) (p iam.Project, err error) {
	err = a.mutate(ctx, call, object{}, n.Validate, func(m *mutation) error {
		org, err := m.within(n.OrganizationID)
		if err != nil {
			return err
		}
		if err := m.authorize(object{name: n.Name, named: true}); err != nil {
			return err
		}
		if err := m.quota(quotaProjects, m.CountProjects); err != nil {
			return err
		}
		p = iam.Project{
			ID: iam.ProjectID(identity.NewID()), OrganizationID: org, Name: n.Name, Description: n.Description,
			CreatedAt: m.Now, UpdatedAt: m.Now,
		}
		m.project = p.ID
		m.did(iam.ActionCreated, projectResource(p))
		return m.InsertProject(p)
	})
	return only(p, err)
}

// UpdateProject changes the labels of a project.
func (a *Authority) UpdateProject(ctx context.Context, call iam.Call, id iam.ProjectID, u iam.ProjectUpdate) (p iam.Project, err error) {
	err = a.mutate(ctx, call, object{id: string(id)}, u.Validate, func(m *mutation) error {
		old, err := m.Project(m.organization, id)
		if err := m.authorizeFound(projectObject(id, old), err); err != nil {
			return err
		}
		p = u.Apply(old)
		p.UpdatedAt = m.Now
		if err := m.authorize(projectObject(id, p)); err != nil {
			return err
		}
		m.project = id
		m.did(iam.ActionUpdated, projectResource(p))
		return m.UpdateProject(p)
	})
	return only(p, err)
}

// DeleteProject deletes a project with its SSH keys and takes it out of the scopes of all
// rules. The default project cannot be deleted.
func (a *Authority) DeleteProject(ctx context.Context, call iam.Call, id iam.ProjectID) error {
	return a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
		p, err := m.Project(m.organization, id)
		if err := m.authorizeFound(projectObject(id, p), err); err != nil {
			return err
		}
		if p.IsDefault() {
			return iam.Precondition(iam.PreconditionProtected, "the default project cannot be deleted")
		}
		m.project = id
		m.did(iam.ActionDeleted, projectResource(p))
		if err := m.emptyProject(id); err != nil {
			return err
		}
		return m.DeleteProject(m.organization, id)
	})
}

// emptyProject deletes the SSH keys of a project and takes it out of scopes. A rule that is
// left without a project keeps its place, its id and its condition, and grants nothing.
func (m *mutation) emptyProject(id iam.ProjectID) error {
	keys, err := m.SSHKeysOf(m.organization, id)
	if err != nil {
		return err
	}
	for _, k := range keys {
		m.did(iam.ActionDeleted, sshKeyResource(k))
		if err := m.DeleteSSHKey(m.organization, k.ID); err != nil {
			return err
		}
	}
	policies, err := m.PoliciesWithProject(m.organization, id)
	if err != nil {
		return err
	}
	for _, policy := range policies {
		rules, err := m.Rules(m.organization, policy.ID)
		if err != nil {
			return err
		}
		for i := range rules {
			scope := &rules[i].Scope
			scope.ProjectIDs = slices.DeleteFunc(scope.ProjectIDs, func(p iam.ProjectID) bool { return p == id })
		}
		policy.CountRules(rules)
		policy.UpdatedAt = m.Now
		m.did(iam.ActionUpdated, policyResource(policy))
		if err := m.SetRules(policy, rules); err != nil {
			return err
		}
	}
	return nil
}
