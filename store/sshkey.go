package store

import "bailiwick/iam"

const sshKeyColumns = "organization_id, id, project_id, name, public_key, fingerprint, disabled, created_at, updated_at"

func scanSSHKey(row scanner) (k iam.SSHKey, err error) {
	err = row.Scan(&k.OrganizationID, &k.ID, &k.ProjectID, &k.Name, &k.PublicKey, &k.Fingerprint, &k.Disabled,
		instant{&k.CreatedAt}, instant{&k.UpdatedAt})
	return k, err
}

// InsertSSHKey stores a new SSH key.
func (t *Tx) InsertSSHKey(k iam.SSHKey) error {
	return t.insert(k.OrganizationID, "ssh_keys", "INSERT INTO ssh_keys ("+sshKeyColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		string(k.OrganizationID), string(k.ID), string(k.ProjectID), k.Name, k.PublicKey, k.Fingerprint, k.Disabled,
		micros(k.CreatedAt), micros(k.UpdatedAt))
}

// UpdateSSHKey stores what may change of an SSH key that exists.
func (t *Tx) UpdateSSHKey(k iam.SSHKey) error {
	return touched(t.exec("UPDATE ssh_keys SET name = $3, disabled = $4, updated_at = $5 WHERE organization_id = $1 AND id = $2",
		string(k.OrganizationID), string(k.ID), k.Name, k.Disabled, micros(k.UpdatedAt)))
}

// DeleteSSHKey deletes an SSH key that exists.
func (t *Tx) DeleteSSHKey(organization iam.OrganizationID, id iam.SSHKeyID) error {
	return t.remove(organization, "ssh_keys", "DELETE FROM ssh_keys WHERE organization_id = $1 AND id = $2", string(organization), string(id))
}

// SSHKey returns one SSH key of an organization, or ErrNotFound.
func (t *Tx) SSHKey(organization iam.OrganizationID, id iam.SSHKeyID) (iam.SSHKey, error) {
	return one(t.row("SELECT "+sshKeyColumns+" FROM ssh_keys WHERE organization_id = $1 AND id = $2",
		string(organization), string(id)), scanSSHKey)
}

// SSHKeysOf returns the SSH keys of a project.
func (t *Tx) SSHKeysOf(organization iam.OrganizationID, project iam.ProjectID) ([]iam.SSHKey, error) {
	return collect(t, scanSSHKey, "SELECT "+sshKeyColumns+" FROM ssh_keys WHERE organization_id = $1 AND project_id = $2 ORDER BY created_at, id",
		string(organization), string(project))
}

// SSHKeys returns a page of an organization's SSH keys, and their number.
func (t *Tx) SSHKeys(f iam.SSHKeyFilter) ([]iam.SSHKey, int, error) {
	w := inOrganization(f.OrganizationID)
	w.whereName(f.Name)
	w.whereSearch(f.Search, "name")
	whereText(&w, "project_id = ?", f.ProjectID)
	w.whereBool("disabled = ?", f.Disabled)
	return list(t, listQuery{
		table: "ssh_keys", columns: sshKeyColumns, filter: w, key: "id", counter: "ssh_keys", order: f.Order, page: f.Page,
		orders: map[string]string{"created_at": "created_at", "updated_at": "updated_at", "name": "lower(name);name"},
	}, scanSSHKey)
}

// CountSSHKeys returns how many SSH keys an organization has.
func (t *Tx) CountSSHKeys(organization iam.OrganizationID) (int, error) {
	return t.counted(organization, "ssh_keys")
}
