package authority

import (
	"context"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

func applicationObject(id iam.ApplicationID, a iam.Application) object {
	return object{kind: "application", id: string(id), name: a.Name, named: a.ID != ""}
}

func applicationResource(a iam.Application) iam.EventResource {
	return iam.EventResource{ID: string(a.ID), Type: iam.ResourceApplication, Name: a.Name, CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt}
}

// ListApplications returns a page of the organization's applications, and their number.
func (a *Authority) ListApplications(ctx context.Context, call iam.Call, f iam.ApplicationFilter) ([]iam.Application, int, error) {
	org, err := a.mayList(call, f.OrganizationID)
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = org
	return listed(ctx, a, func(tx *store.Tx) ([]iam.Application, int, error) { return tx.Applications(f) })
}

// GetApplication returns one application.
func (a *Authority) GetApplication(ctx context.Context, call iam.Call, id iam.ApplicationID) (iam.Application, error) {
	return getCached(ctx, a, call, func(tx *store.Tx, org iam.OrganizationID) (iam.Application, error) { return tx.Application(org, id) },
		func(app iam.Application) object { return applicationObject(id, app) })
}

// CreateApplication creates an application.
func (a *Authority) CreateApplication(ctx context.Context, call iam.Call, n iam.NewApplication) (app iam.Application, err error) {
	err = a.mutate(ctx, call, object{}, n.Validate, func(m *mutation) error {
		org, err := m.within(n.OrganizationID)
		if err != nil {
			return err
		}
		if err := m.authorize(object{name: n.Name, named: true}); err != nil {
			return err
		}
		if err := m.quota(quotaApplications, m.CountApplications); err != nil {
			return err
		}
		app = iam.Application{
			ID: iam.ApplicationID(identity.NewID()), OrganizationID: org, Name: n.Name, Description: n.Description,
			Tags: n.Tags, CreatedAt: m.Now, UpdatedAt: m.Now,
		}
		m.did(iam.ActionCreated, applicationResource(app))
		return m.InsertApplication(app)
	})
	return only(app, err)
}

// UpdateApplication changes the labels of an application.
func (a *Authority) UpdateApplication(ctx context.Context, call iam.Call, id iam.ApplicationID, u iam.ApplicationUpdate) (app iam.Application, err error) {
	err = a.mutate(ctx, call, object{id: string(id)}, u.Validate, func(m *mutation) error {
		old, err := m.Application(m.organization, id)
		if err := m.authorizeFound(applicationObject(id, old), err); err != nil {
			return err
		}
		app = u.Apply(old)
		app.UpdatedAt = m.Now
		// The new name is judged as well: a grant on names that begin with "dev-" must not
		// let its holder take an application out of, or into, somebody else's names.
		if err := m.authorize(applicationObject(id, app)); err != nil {
			return err
		}
		if old.Managed {
			return managed("application")
		}
		m.did(iam.ActionUpdated, applicationResource(app))
		return m.UpdateApplication(app)
	})
	return only(app, err)
}

// DeleteApplication deletes an application with its API keys; its policies stay without
// principal.
func (a *Authority) DeleteApplication(ctx context.Context, call iam.Call, id iam.ApplicationID) error {
	return a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
		app, err := m.Application(m.organization, id)
		if err := m.authorizeFound(applicationObject(id, app), err); err != nil {
			return err
		}
		if app.Managed {
			return managed("application")
		}
		m.did(iam.ActionDeleted, applicationResource(app))
		if err := m.removePrincipal(id.Principal()); err != nil {
			return err
		}
		return m.DeleteApplication(m.organization, id)
	})
}

// removePrincipal deletes the API keys of a principal and takes it out of its policies.
func (m *mutation) removePrincipal(p iam.Principal) error {
	keys, err := m.APIKeysOf(m.organization, p)
	if err != nil {
		return err
	}
	for _, k := range keys {
		m.did(iam.ActionDeleted, apiKeyResource(k))
		if err := m.DeleteAPIKey(m.organization, k.AccessKey); err != nil {
			return err
		}
	}
	return m.orphanPolicies(p)
}

// orphanPolicies leaves the policies of a principal without one: they have no effect until
// somebody attaches them again.
func (m *mutation) orphanPolicies(p iam.Principal) error {
	policies, err := m.PoliciesOf(m.organization, p)
	if err != nil {
		return err
	}
	for _, policy := range policies {
		policy.Principal, policy.UpdatedAt = iam.Principal{}, m.Now
		m.did(iam.ActionUpdated, policyResource(policy))
		if err := m.Tx.UpdatePolicy(policy); err != nil {
			return err
		}
	}
	return nil
}

// managed refuses a change of what a product made.
func managed(resource string) error {
	return iam.Precondition(iam.PreconditionProtected, "this "+resource+" is managed by a product and cannot be changed")
}
