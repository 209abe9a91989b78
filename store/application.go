package store

import (
	"errors"

	"bailiwick/iam"
)

const (
	applicationColumns = "organization_id, id, name, description, tags, managed, created_at, updated_at"
	applicationKeys    = `(SELECT COUNT(*) FROM api_keys k WHERE k.organization_id = applications.organization_id
		AND k.bearer_type = 'application' AND k.bearer_id = applications.id)`
)

func scanApplication(row scanner) (a iam.Application, err error) {
	err = row.Scan(&a.OrganizationID, &a.ID, &a.Name, &a.Description, listOf[string]{&a.Tags}, &a.Managed,
		instant{&a.CreatedAt}, instant{&a.UpdatedAt}, &a.NbAPIKeys)
	return a, err
}

// InsertApplication stores a new application.
func (t *Tx) InsertApplication(a iam.Application) error {
	t.change(a.OrganizationID, KindApplication, string(a.ID))
	return t.insert(a.OrganizationID, "applications", "INSERT INTO applications ("+applicationColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		string(a.OrganizationID), string(a.ID), a.Name, a.Description, encodeList(a.Tags), a.Managed,
		micros(a.CreatedAt), micros(a.UpdatedAt))
}

// UpdateApplication stores the labels of an application that exists. Its tags are
// attributes that conditions read, so decisions follow them.
func (t *Tx) UpdateApplication(a iam.Application) error {
	t.change(a.OrganizationID, KindApplication, string(a.ID))
	return touched(t.exec(`UPDATE applications SET name = $3, description = $4, tags = $5, updated_at = $6
		WHERE organization_id = $1 AND id = $2`,
		string(a.OrganizationID), string(a.ID), a.Name, a.Description, encodeList(a.Tags), micros(a.UpdatedAt)))
}

// DeleteApplication deletes an application that exists and its group memberships.
func (t *Tx) DeleteApplication(organization iam.OrganizationID, id iam.ApplicationID) error {
	t.change(organization, KindApplication, string(id))
	if err := errors.Join(t.leaveGroups(organization, id.Principal()), t.forgetSetUses(organization, id.Principal())); err != nil {
		return err
	}
	return t.remove(organization, "applications", "DELETE FROM applications WHERE organization_id = $1 AND id = $2", string(organization), string(id))
}

// Application returns one application of an organization, or ErrNotFound.
func (t *Tx) Application(organization iam.OrganizationID, id iam.ApplicationID) (iam.Application, error) {
	return one(t.row("SELECT "+applicationColumns+", "+applicationKeys+" FROM applications WHERE organization_id = $1 AND id = $2",
		string(organization), string(id)), scanApplication)
}

// Applications returns a page of an organization's applications, and their number.
func (t *Tx) Applications(f iam.ApplicationFilter) ([]iam.Application, int, error) {
	w := inOrganization(f.OrganizationID)
	w.whereName(f.Name)
	w.whereSearch(f.Search, "name")
	w.whereBool("managed <> ?", f.Editable)
	whereIn(&w, "id IN (?)", f.ApplicationIDs)
	w.whereTag(f.Tag)
	return list(t, listQuery{
		table: "applications", columns: applicationColumns + ", " + applicationKeys, filter: w, key: "id", counter: "applications", order: f.Order, page: f.Page,
		orders: map[string]string{"created_at": "created_at", "updated_at": "updated_at", "name": "lower(name);name"},
	}, scanApplication)
}

// CountApplications returns how many applications an organization has.
func (t *Tx) CountApplications(organization iam.OrganizationID) (int, error) {
	return t.counted(organization, "applications")
}

// EachApplication gives every application of every organization to yield, without the
// number of its keys.
func (t *Tx) EachApplication(yield func(iam.Application) error) error {
	return eachObject(t, KindApplication, scanApplication, yield, "SELECT "+applicationColumns+", 0 FROM applications")
}
