package authority

import (
	"context"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

func sshKeyObject(id iam.SSHKeyID, k iam.SSHKey) object {
	return object{kind: "ssh_key", id: string(id), name: k.Name, named: k.ID != "", project: k.ProjectID, inProject: true}
}

func sshKeyResource(k iam.SSHKey) iam.EventResource {
	return iam.EventResource{ID: string(k.ID), Type: iam.ResourceSSHKey, Name: k.Name, CreatedAt: k.CreatedAt, UpdatedAt: k.UpdatedAt}
}

// ListSSHKeys returns a page of SSH keys, and their number: of one project, or of the whole
// organization for who may list there.
func (a *Authority) ListSSHKeys(ctx context.Context, call iam.Call, f iam.SSHKeyFilter) ([]iam.SSHKey, int, error) {
	org, err := a.mayListIn(call, f.OrganizationID, projectCollection(f.ProjectID))
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = org
	return listed(ctx, a, func(tx *store.Tx) ([]iam.SSHKey, int, error) { return tx.SSHKeys(f) })
}

// GetSSHKey returns one SSH key.
func (a *Authority) GetSSHKey(ctx context.Context, call iam.Call, id iam.SSHKeyID) (iam.SSHKey, error) {
	return getCached(ctx, a, call, func(tx *store.Tx, org iam.OrganizationID) (iam.SSHKey, error) { return tx.SSHKey(org, id) },
		func(k iam.SSHKey) object { return sshKeyObject(id, k) })
}

// CreateSSHKey stores an SSH key in a project.
func (a *Authority) CreateSSHKey(ctx context.Context, call iam.Call, n iam.NewSSHKey) (k iam.SSHKey, err error) {
	var parsed identity.SSHKey
	check := func() (err error) {
		if err = n.Validate(); err == nil {
			parsed, err = identity.ParseSSHKey(n.PublicKey)
		}
		return err
	}
	err = a.mutate(ctx, call, object{}, check, func(m *mutation) error {
		if !m.state.HasProject(m.organization, n.ProjectID) {
			nowhere := object{kind: resourceProject, id: string(n.ProjectID), inProject: true}
			return m.found(call.Operation.Permission, nowhere, store.ErrNotFound)
		}
		if err := m.authorize(object{name: n.Name, named: true, project: n.ProjectID}); err != nil {
			return err
		}
		if err := m.quota(quotaSSHKeys, m.CountSSHKeys); err != nil {
			return err
		}
		k = iam.SSHKey{
			ID: iam.SSHKeyID(identity.NewID()), OrganizationID: m.organization, ProjectID: n.ProjectID, Name: n.Name,
			PublicKey: parsed.PublicKey, Fingerprint: parsed.Fingerprint, CreatedAt: m.Now, UpdatedAt: m.Now,
		}
		m.project = k.ProjectID
		m.did(iam.ActionCreated, sshKeyResource(k))
		return m.InsertSSHKey(k)
	})
	return only(k, err)
}

// UpdateSSHKey renames, disables or enables an SSH key.
func (a *Authority) UpdateSSHKey(ctx context.Context, call iam.Call, id iam.SSHKeyID, u iam.SSHKeyUpdate) (k iam.SSHKey, err error) {
	err = a.mutate(ctx, call, object{id: string(id)}, u.Validate, func(m *mutation) error {
		old, err := m.SSHKey(m.organization, id)
		if err := m.authorizeFound(sshKeyObject(id, old), err); err != nil {
			return err
		}
		k = u.Apply(old)
		k.UpdatedAt = m.Now
		if err := m.authorize(sshKeyObject(id, k)); err != nil {
			return err
		}
		m.project = k.ProjectID
		m.did(iam.ActionUpdated, sshKeyResource(k))
		return m.UpdateSSHKey(k)
	})
	return only(k, err)
}

// DeleteSSHKey deletes an SSH key.
func (a *Authority) DeleteSSHKey(ctx context.Context, call iam.Call, id iam.SSHKeyID) error {
	return a.mutate(ctx, call, object{id: string(id)}, nil, func(m *mutation) error {
		k, err := m.SSHKey(m.organization, id)
		if err := m.authorizeFound(sshKeyObject(id, k), err); err != nil {
			return err
		}
		m.project = k.ProjectID
		m.did(iam.ActionDeleted, sshKeyResource(k))
		return m.DeleteSSHKey(m.organization, id)
	})
}
